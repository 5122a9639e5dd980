//! What may come next in a query: commands after a bar, fields and functions elsewhere, log groups after SOURCE, tables after lookup.

use super::oracle::KnownGroup;
use super::results::FieldUse;
use crate::model::FIELDS;
use crate::query::ql::table::{COMMANDS, FUNCTIONS};
use crate::query::run::PSEUDO_GROUPS;
use crate::query::sql;

/// Words that are offered at once.
const MOST: usize = 60;

/// The words offered at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offers {
    /// Where the word begins that they take the place of, in bytes.
    pub from: usize,
    /// The words, best first.
    pub items: Vec<Offer>,
    /// The selected one.
    pub cursor: usize,
}

/// What a query of a case can name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Fields, the most frequent first.
    pub fields: Vec<FieldUse>,
    /// Log groups that mean something in this case.
    pub groups: Vec<Offer>,
    /// Tables that rows are looked up in, and their columns.
    pub tables: Vec<(String, Vec<String>)>,
}

/// A word that may come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What is written.
    pub word: String,
    /// What it is: how often a field is there, how a function is called.
    pub about: String,
}

/// What is offered at a place of a text. Nothing where no word has been begun, but where a log group is to be named.
pub fn offers(text: &str, cursor: usize, named: &Named, groups: &[KnownGroup]) -> Option<Offers> {
    let before = text.get(..cursor)?;
    let stage_from = before.rfind('|').map_or(0, |at| at + 1);
    if let Some(quote) = before.get(stage_from..).and_then(open_quote) {
        return group_offers(text, before, stage_from + quote, named, groups);
    }
    let from = before.char_indices().rev().take_while(|(_, letter)| is_word(*letter)).last().map_or(before.len(), |(at, _)| at);
    let (lead, word) = before.split_at_checked(from)?;
    if word.is_empty() {
        return None;
    }
    let stage = lead.rsplit('|').next().unwrap_or_default();
    let mut found: Vec<(u8, Offer)> = Vec::new();
    let mut add = |name: &str, written: String, about: String| {
        if let Some(rank) = rank(name, word) {
            found.push((rank, Offer { word: written, about }));
        }
    };
    if stage.trim().is_empty() {
        let is_first = !lead.contains('|');
        for command in COMMANDS.iter().filter(|command| is_first || command.name != "SOURCE") {
            let place = if command.at_aws.is_some() { " (only at AWS)" } else { "" };
            add(command.name, command.name.to_owned(), format!("{}{place}", command.doc));
        }
    } else if is_table_next(stage) {
        for (table, columns) in &named.tables {
            add(table, table.clone(), format!("table with {}", columns.join(", ")));
        }
    } else {
        let words: Vec<&str> = stage.split_whitespace().take(2).collect();
        for (table, columns) in named.tables.iter().filter(|(table, _)| looks_up(words.first()) && words.get(1) == Some(&table.as_str())) {
            for column in columns {
                add(column, quoted(column), format!("column of {table}"));
            }
        }
        for field in &named.fields {
            add(&field.name, quoted(&field.name), format!("in {} % of records", field.percent));
        }
        for field in FIELDS {
            add(field.name, field.name.to_owned(), field.doc.to_owned());
        }
        for (name, about) in SYSTEM {
            add(name, (*name).to_owned(), (*about).to_owned());
        }
        for function in FUNCTIONS {
            add(function.name, format!("{}(", function.name), format!("{}: {}", function.form, function.doc));
        }
    }
    best(found, from, word)
}

/// Is it a command that reads a table?
fn looks_up(command: Option<&&str>) -> bool {
    command.is_some_and(|command| ["lookup", "cidrlookup"].iter().any(|known| known.eq_ignore_ascii_case(command)))
}

/// Does the name of a table come next?
fn is_table_next(stage: &str) -> bool {
    let mut words = stage.split_whitespace();
    looks_up(words.next().as_ref()) && words.next().is_none()
}

/// The best of what was found.
fn best(mut found: Vec<(u8, Offer)>, from: usize, word: &str) -> Option<Offers> {
    // Of equal rank they stay in their order, which is by frequency.
    found.sort_by_key(|(rank, _)| *rank);
    let mut items: Vec<Offer> = found.into_iter().map(|(_, offer)| offer).collect();
    items.truncate(MOST);
    // A word that is written out already is no offer.
    (items.first().is_some_and(|first| first.word != word)).then_some(Offers { from, items, cursor: 0 })
}

/// Where a string or a quoted name begins that is still open.
fn open_quote(text: &str) -> Option<usize> {
    let mut open: Option<(usize, char)> = None;
    for (at, letter) in text.char_indices().filter(|(_, letter)| matches!(letter, '"' | '\'' | '`')) {
        open = match open {
            Some((_, quote)) if quote == letter => None,
            None => Some((at, letter)),
            still => still,
        };
    }
    open.map(|(at, _)| at)
}

/// Log groups, inside of quotes, where one is to be named: after `SOURCE`, and in SQL after `FROM`, `JOIN` and `logGroupIdentifier`.
fn group_offers(text: &str, before: &str, quote: usize, named: &Named, groups: &[KnownGroup]) -> Option<Offers> {
    let (lead, word) = (before.get(..quote)?.to_lowercase(), before.get(quote + 1..)?);
    let is_sql = sql::is_likely(text);
    let is_source = lead.rsplit('|').next().unwrap_or_default().trim_start().starts_with("source");
    let last_word = lead.split_whitespace().next_back().unwrap_or_default();
    let in_list = lead.rfind("loggroupidentifier").is_some_and(|at| !lead.get(at..).unwrap_or_default().contains(')'));
    if !(is_source || is_sql && (matches!(last_word, "from" | "join") || in_list)) {
        return None;
    }
    let of_case = PSEUDO_GROUPS.iter().map(|group| Offer { word: (*group).to_owned(), about: "events of a case".to_owned() });
    let at_aws = groups.iter().map(|group| {
        let what = crate::tui::update::strand_words(group.holds);
        Offer { word: group.group.name.clone(), about: format!("log group in {}{}{what}", group.site, if what.is_empty() { "" } else { ": " }) }
    });
    let at_aws: Vec<Offer> = at_aws.collect();
    // What is known of a group at AWS tells more than that it was fetched.
    let in_case = named.groups.iter().map(|offer| at_aws.iter().find(|known| known.word == offer.word).unwrap_or(offer));
    let mut found: Vec<(u8, Offer)> = Vec::new();
    for offer in in_case.cloned().chain(of_case).chain(at_aws.iter().cloned()) {
        let rank = if word.is_empty() { Some(0) } else { rank_of_path(&offer.word, word) };
        if let Some(rank) = rank.filter(|_| found.iter().all(|(_, other)| other.word != offer.word)) {
            found.push((rank, offer));
        }
    }
    best(found, quote + 1, word)
}

/// How well the name of a log group fits: any of its parts may be begun.
fn rank_of_path(name: &str, typed: &str) -> Option<u8> {
    let (name, typed) = (name.to_lowercase(), typed.to_lowercase());
    if name.starts_with(&typed) {
        Some(0)
    } else if name.split(['/', '-', '_', '.']).any(|part| part.starts_with(&typed)) {
        Some(1)
    } else {
        name.contains(&typed).then_some(2)
    }
}

const SYSTEM: &[(&str, &str)] = &[
    ("@timestamp", "the event's time"),
    ("@message", "the record as it was logged"),
    ("@ptr", "the event's id"),
    ("@log", "account and strand"),
    ("@logStream", "the path it was read from"),
    ("@aws.account", "account of the event"),
    ("@aws.region", "Region of the event"),
];

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '@' | '.')
}

/// How well a name fits what was typed; none when it does not.
fn rank(name: &str, typed: &str) -> Option<u8> {
    let (name, typed) = (name.to_lowercase(), typed.to_lowercase());
    if name.starts_with(&typed) {
        Some(0)
    } else if name.split('.').any(|part| part.starts_with(&typed)) {
        Some(1)
    } else if typed.len() > 2 && name.contains(&typed) {
        Some(2)
    } else {
        None
    }
}

/// A path as a query writes it.
fn quoted(name: &str) -> String {
    let part = |part: &str| {
        if !part.is_empty() && part.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '@')) {
            part.to_owned()
        } else {
            format!("`{part}`")
        }
    };
    name.split('.').map(part).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let field = |name: &str, percent| FieldUse { name: name.to_owned(), percent };
        let named = Named {
            fields: vec![field("eventName", 90), field("responseElements.x-amz-version-id", 2)],
            groups: vec![Offer { word: "org-trail".to_owned(), about: "means management in this case".to_owned() }],
            tables: vec![("known_hosts".to_owned(), vec!["address".to_owned(), "host name".to_owned()])],
        };
        offers(text, text.len(), &named, &[]).map(|offers| offers.items.into_iter().map(|offer| offer.word).collect()).unwrap_or_default()
    }

    #[test]
    fn commands_fields_functions_and_groups_at_their_places() {
        assert_eq!(words("fil")[..2], ["filter", "filterIndex"]);
        assert_eq!(words("fields a\n| so"), ["sort"]);
        assert_eq!(words("filter even")[0], "eventName");
        assert_eq!(words("filter version")[0], "responseElements.`x-amz-version-id`");
        assert!(words("filter x.tok").contains(&"x.tokens_in".to_owned()));
        assert!(words("stats cou").contains(&"count_distinct(".to_owned()));
        assert!(words("filter @t").contains(&"@timestamp".to_owned()));
        assert_eq!(words("SOURCE \"inv"), ["invocation"]);
        assert_eq!(words("SOURCE \"tra"), ["org-trail"]);
        assert_eq!(words("SELECT eventName FROM `org"), ["org-trail"]);
        assert_eq!(words("fields a | lookup kn"), ["known_hosts"]);
        assert_eq!(words("lookup known_hosts add")[0], "address");
        assert_eq!(words("lookup known_hosts address as sourceIPAddress OUTPUT name")[0], "`host name`");
        assert_eq!(words("lookup other add"), Vec::<String>::new());
        for none in ["", "filter ", "filter a = \"even", "filter eventName"] {
            assert_eq!(words(none), Vec::<String>::new(), "{none}");
        }
    }
}
