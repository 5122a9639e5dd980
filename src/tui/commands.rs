//! Every command, once: name, one-line doc, where it applies. Palette, keymaps, help and hints come from this table.

use std::str::FromStr;

/// Where a command applies. A key is looked up in the focused context first: [`Context::chain`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere, unless a text field has the keys.
    Global,
    /// The Query pane has the focus: looked up before [`Self::List`].
    Query,
    /// A list of rows has the focus.
    List,
    /// The detail or reading view has the focus.
    Detail,
    /// A menu is open: pivot menu, palette, pickers.
    Menu,
}

impl Context {
    /// All of them, in the order help shows them.
    pub const ALL: [Self; 5] = [Self::Global, Self::Query, Self::List, Self::Detail, Self::Menu];

    /// The name of the table in a keymap file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Query => "query",
            Self::List => "list",
            Self::Detail => "detail",
            Self::Menu => "menu",
        }
    }

    /// Where a key is looked up, in this order.
    pub const fn chain(self) -> &'static [Self] {
        match self {
            Self::Global => &[Self::Global],
            Self::Query => &[Self::Query, Self::List, Self::Global],
            Self::List => &[Self::List, Self::Global],
            Self::Detail => &[Self::Detail, Self::Global],
            Self::Menu => &[Self::Menu, Self::Global],
        }
    }
}

macro_rules! commands {
    ($($variant:ident $name:literal [$($context:ident)+] $hint:literal $doc:literal)+) => {
        /// What the user can mean.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Command {
            $(
                #[doc = $doc]
                $variant
            ),+
        }

        /// One command: itself, its name, where it applies, a word for the hint line (empty: never hinted), its doc.
        #[derive(Clone, Copy, Debug)]
        pub struct Entry {
            /// The command.
            pub command: Command,
            /// Stable kebab-case name, used in keymap files.
            pub name: &'static str,
            /// Where it applies.
            pub contexts: &'static [Context],
            /// A word for the hint line; empty when it is not worth the room.
            pub hint: &'static str,
            /// One line for help and palette.
            pub doc: &'static str,
        }

        /// All commands.
        pub const TABLE: &[Entry] = &[
            $(Entry { command: Command::$variant, name: $name, contexts: &[$(Context::$context),+], hint: $hint, doc: $doc }),+
        ];
    };
}

commands! {
    Pivot "pivot" [List Detail] "pivot" "Pivot: pick an entity of the selected row and narrow the scope to it"
    PivotWho "pivot-principal" [List Detail] "" "Everything by the selected row's principal, in every strand, whatever else the scope held"
    PivotRequest "pivot-request" [List Detail] "" "The selected row's request alone: both sides of one call"
    OtherStrand "other-strand" [List Detail] "" "Go to the other side: CloudTrail event and invocation, command and its echo"
    Search "search" [List Detail] "search" "Search: jump between rows whose record matches a pattern"
    NextMatch "next-match" [List Detail] "" "Next match of the search"
    PreviousMatch "previous-match" [List Detail] "" "Previous match of the search"
    Filter "filter" [List Detail] "filter" "Filter: rows matching a pattern or x.tokens_in > 1000"
    Sort "sort" [List Detail] "sort" "Choose what the rows of Principals, Buckets and Signals are ordered by; the same again turns them round"
    Open "open" [List Detail] "open" "Open the selected row, or fold and unfold the selected node"
    Close "close" [Global] "" "Close what is on top; cancel what is running"
    Mark "mark" [List Detail] "mark" "Mark or unmark the selected row for the report"
    Note "note" [Global] "note" "Write a note on the selected row (in the Case pane: on the case)"
    Tag "tag" [List Detail] "" "Tag the selected row"
    Reviewed "reviewed" [List Detail] "" "Mark the exchange reviewed and go to the next"
    NextUnreviewed "next-unreviewed" [List Detail] "" "Go to the next exchange that is not reviewed"
    NextMarked "next-marked" [List Detail] "" "Go to the next row that is marked, tagged or has a note"
    Judge "judge" [List Detail] "judge" "Judge the selected signal or lead: new, open, confirmed, dismissed"
    ListEntity "match-list" [List Detail] "" "Match lists of the selected principal, bucket or address: put it on one, with reason and end, or take it off"
    MatchLists "match-lists" [List Detail] "" "See what is on match lists of this case; change its reason or end, or take it off"
    Copy "copy" [List Detail] "copy" "Copy the selected row or text, made safe, to the terminal's clipboard"
    CopyRecord "copy-record" [List Detail] "" "Copy the whole record as JSON, with control characters escaped"
    Export "export" [List Detail] "export" "Write the rows in scope to a file (.csv, .ndjson, .json), a table of Principals or Buckets (.csv), or a report about them or the selected lead (.md, .html)"
    Back "back" [Global] "back" "Back: the view before this one, as it was"
    Forward "forward" [Global] "" "Forward again"
    WidenScope "widen-scope" [List Detail] "" "Drop the last constraint of the scope"
    ClearScope "clear-scope" [List Detail] "" "Drop every constraint of the scope"
    TimeRange "time-range" [List Detail] "time" "Choose the time range"
    Around "around" [List Detail] "" "Show everything in the quarter of an hour around the selected row, by anyone"
    AfterChange "after-change" [List Detail] "after" "Show the exchanges in the hours after the selected change, or the calls in the blind window"
    ZoomIn "zoom-in" [List Detail] "zoom" "Zoom the time range in around the selected row"
    ZoomOut "zoom-out" [List Detail] "" "Zoom the time range out"
    Strands "strands" [List Detail] "" "Choose the strands to show"
    Down "down" [List Detail Menu] "" "Down"
    Up "up" [List Detail Menu] "" "Up"
    PageDown "page-down" [List Detail Menu] "" "A page down"
    PageUp "page-up" [List Detail Menu] "" "A page up"
    Top "top" [List Detail Menu] "" "To the first row"
    Bottom "bottom" [List Detail Menu] "" "To the last row"
    Accept "accept" [Menu] "" "Take the selected entry; an entity narrows the scope"
    AcceptAlone "accept-alone" [Menu] "" "Take the selected entity alone: it replaces the constraints of the scope"
    Focus "focus" [List Detail] "" "Move the focus between list and detail"
    ToggleDetail "toggle-detail" [List Detail] "" "Show or hide the preview of the selected row"
    FoldAll "fold-all" [Detail] "" "Fold everything"
    UnfoldAll "unfold-all" [Detail] "" "Unfold everything"
    RawJson "raw-json" [Detail] "" "Switch between the conversation and the record's JSON"
    RevealSecrets "reveal-secrets" [Global] "" "Show credentials as logged, or mask them again; raw records are never masked, copies are"
    Timeline "pane-timeline" [Global] "" "Timeline: all strands in time order"
    Prompts "pane-prompts" [Global] "" "Prompts: what was asked and answered"
    Guardrails "pane-guardrails" [Global] "" "Guardrails & logging: changes of the defences"
    Signals "pane-signals" [Global] "" "Signals: what the rules found"
    Principals "pane-principals" [Global] "" "Principals: who acted"
    Buckets "pane-buckets" [Global] "" "Buckets: the data that was touched"
    Cli "pane-cli" [Global] "" "CLI: command lines of endpoints"
    Query "pane-query" [Global] "" "Query & hunts"
    EditQuery "edit-query" [Query] "write" "Queries: write the query (esc leaves it, ctrl-s runs it)"
    NewQuery "new-query" [Query] "" "Queries: write a new one; what was run is kept among those of before"
    RunQuery "run-query" [Query] "run" "Queries: run the query on this case"
    RunAtAws "run-at-aws" [Query] "at AWS" "Queries: run the query at AWS, in CloudWatch Logs Insights; the price is asked first when it is beyond the budget"
    QueryGroups "query-groups" [Query] "" "Queries: choose the log groups that are asked at AWS"
    Hunts "hunts" [Query] "hunts" "Queries: choose a hunt"
    QueryHistory "query-history" [Query] "before" "Queries: those of before, with time, rows and bytes"
    ColumnLeft "column-left" [Query] "" "Queries: the column to the left"
    ColumnRight "column-right" [Query] "" "Queries: the column to the right"
    SortColumn "sort-column" [Query] "sort" "Queries: sort by the column: rising, falling, as it was"
    Columns "columns" [Query] "columns" "Queries: choose the columns that are shown"
    Wider "wider" [Query] "" "Queries: a wider column"
    Narrower "narrower" [Query] "" "Queries: a narrower column"
    Chart "chart" [Query] "chart" "Queries: draw the answer as bars, or write it as a table again"
    Case "pane-case" [Global] "" "Case: sources, what was skipped and why, notes"
    NextPane "next-pane" [Global] "" "The next pane"
    PreviousPane "previous-pane" [Global] "" "The pane before"
    Palette "palette" [Global] "palette" "Find any command by name"
    Help "help" [Global] "help" "Keys and commands"
    Theme "theme" [Global] "" "Choose a theme"
    Messages "messages" [Global] "" "What was reported in this session"
    Mouse "mouse" [Global] "" "Switch the mouse on or off (on takes the terminal's own text selection away)"
    AddSource "add-source" [Global] "add a source" "Add a source to the case: log groups at AWS, or files of this computer"
    FetchNewer "fetch-newer" [Global] "" "AWS: fetch what has happened since"
    FetchOlder "fetch-older" [Global] "" "AWS: fetch as much again from before; the price is asked first when it is beyond the budget"
    Follow "follow" [Global] "" "AWS: follow, new events come by themselves; again: stop following"
    MoreAtAws "more-at-aws" [List Detail] "" "AWS: look for more of an entity of the selected row, in all log groups and Regions of the case"
    Redraw "redraw" [Global] "" "Draw the whole screen again"
    Suspend "suspend" [Global] "" "Suspend to the shell"
    Quit "quit" [Global] "quit" "Save the view and leave"
}

impl Command {
    /// Its line in the table.
    pub fn entry(self) -> &'static Entry {
        // The macro makes one line for every variant, in order.
        TABLE.get(self as usize).unwrap_or(&FIRST)
    }
}

const FIRST: Entry = Entry { command: Command::Pivot, name: "pivot", contexts: &[Context::List], hint: "", doc: "" };

impl FromStr for Command {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, String> {
        TABLE.iter().find(|entry| entry.name == name).map(|entry| entry.command).ok_or_else(|| format!("there is no command “{name}”"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_line() {
        for (index, entry) in TABLE.iter().enumerate() {
            assert_eq!(entry.command as usize, index);
            assert_eq!(entry.name.parse(), Ok(entry.command));
            assert!(entry.doc.len() > 1 && entry.doc.chars().next().is_some_and(char::is_uppercase), "{}", entry.name);
            assert!(entry.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", entry.name);
        }
    }
}
