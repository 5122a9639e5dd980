//! A view: everything that `[` and `]` bring back, and what a case remembers between sessions.

use serde::{Deserialize, Serialize};

use super::tables::Order;
use crate::model::{Entity, EntityKind, EventId, EventRef, Scope, StrandSet, TextFilter, TimeRange, Timestamp, parse_field_filters};

/// The panes, in the order of their number keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pane {
    /// All strands in time order.
    #[default]
    Timeline,
    /// Exchanges.
    Prompts,
    /// Changes of the defences.
    Guardrails,
    /// What the rules found.
    Signals,
    /// Who acted.
    Principals,
    /// The data that was touched.
    Buckets,
    /// Command lines of endpoints.
    Cli,
    /// Queries and hunts.
    Query,
    /// Sources, skips, notes.
    Case,
}

/// What a pane's list is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Events.
    Events,
    /// Exchanges with a reading view beside them.
    Exchanges,
    /// Changes of the defences and blind windows, below the state of each account and Region.
    Controls,
    /// A table of the entities of a kind.
    Values(EntityKind),
    /// The case's own page.
    Page,
    /// Nothing yet.
    Empty,
}

impl Pane {
    /// All panes.
    pub const ALL: [Self; 9] =
        [Self::Timeline, Self::Prompts, Self::Guardrails, Self::Signals, Self::Principals, Self::Buckets, Self::Cli, Self::Query, Self::Case];

    /// Its title, long and short.
    pub const fn titles(self) -> (&'static str, &'static str) {
        match self {
            Self::Timeline => ("Timeline", "Time"),
            Self::Prompts => ("Prompts", "Prompts"),
            Self::Guardrails => ("Guardrails", "Guard"),
            Self::Signals => ("Signals", "Signals"),
            Self::Principals => ("Principals", "Princ"),
            Self::Buckets => ("Buckets", "Buckets"),
            Self::Cli => ("CLI", "CLI"),
            Self::Query => ("Query", "Query"),
            Self::Case => ("Case", "Case"),
        }
    }

    /// What its list is made of.
    pub const fn shape(self) -> Shape {
        match self {
            Self::Timeline | Self::Cli => Shape::Events,
            Self::Guardrails => Shape::Controls,
            Self::Prompts => Shape::Exchanges,
            Self::Principals => Shape::Values(EntityKind::Principal),
            Self::Buckets => Shape::Values(EntityKind::Bucket),
            Self::Case => Shape::Page,
            Self::Signals | Self::Query => Shape::Empty,
        }
    }

    /// What fills it, shown while it is empty.
    pub const fn when_empty(self) -> &'static str {
        match self {
            Self::Timeline => "No event is in scope.",
            Self::Prompts => "No model invocation record is in scope. They come from Bedrock's model invocation logging (CloudWatch Logs or S3).",
            Self::Guardrails => "No change of a guardrail, of invocation logging, of model access or of a trail is in scope.",
            Self::Signals => {
                "No signals. Detection rules are not part of this version; what they would point at is in the Timeline and in Guardrails."
            }
            Self::Principals => "No principal is named in this scope.",
            Self::Buckets => "No bucket is named in this scope. S3 data events and customisation jobs name them.",
            Self::Cli => {
                "No command line is in scope. They come from endpoint telemetry: Jamf Protect, osquery, auditd, Sysmon, Windows 4688, CrowdStrike, Defender."
            }
            Self::Query => "No queries or hunts in this version. f filters by a pattern, p pivots by anything.",
            Self::Case => "",
        }
    }

    /// Its place in [`Pane::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Where the keys go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The list.
    #[default]
    List,
    /// Detail or reading view.
    Detail,
}

/// The place in one pane's list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The selected event; the truth of lists of events, since rows may arrive before it.
    pub at: Option<EventRef>,
    /// The selected row.
    pub index: usize,
    /// The first row shown.
    pub top: usize,
}

/// One view of the case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// What is looked at.
    pub scope: Scope,
    /// Through which pane.
    pub pane: Pane,
    /// Where in each pane's list.
    pub positions: [Position; 9],
    /// What the rows of each pane are ordered by.
    pub orders: [Order; 9],
    /// Only rows whose names hold this, by pane.
    pub names: [String; 9],
    /// Where the keys go.
    pub focus: Focus,
    /// The detail fills the body.
    pub open: bool,
    /// One call of a conversation is open, alone.
    pub call: Option<EventRef>,
    /// The reading view filled the body before that call was opened.
    pub was_open: bool,
    /// Show an exchange's record instead of its conversation.
    pub raw: bool,
    /// Selected line and first line of the detail.
    pub detail: (usize, usize),
}

impl View {
    /// The place in the pane shown.
    pub fn position(&self) -> Position {
        self.positions.get(self.pane.index()).copied().unwrap_or_default()
    }

    /// The order in the pane shown.
    pub fn order(&self) -> Order {
        self.orders.get(self.pane.index()).copied().unwrap_or_default()
    }

    /// What the names of rows have to hold in the pane shown.
    pub fn names(&self) -> &str {
        self.names.get(self.pane.index()).map_or("", String::as_str)
    }

    /// The place in the pane shown, changed.
    pub fn set_position(&mut self, position: Position) {
        if let Some(place) = self.positions.get_mut(self.pane.index()) {
            *place = position;
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Saved {
    pane: Pane,
    since: Option<i64>,
    until: Option<i64>,
    entities: Vec<(String, String)>,
    strands: u8,
    text: Option<String>,
    #[serde(default)]
    fields: String,
    open: bool,
    raw: bool,
    places: Vec<(usize, i64, u32, usize)>,
    #[serde(default)]
    orders: Vec<(u8, bool)>,
    #[serde(default)]
    names: Vec<String>,
}

impl View {
    /// As JSON, for the case file.
    pub fn save(&self) -> String {
        let saved = Saved {
            pane: self.pane,
            since: self.scope.range.since.map(Timestamp::as_millis),
            until: self.scope.range.until.map(Timestamp::as_millis),
            entities: self.scope.entities.iter().map(|entity| (entity.kind.name().to_owned(), entity.value.to_string())).collect(),
            strands: self.scope.strands.bits(),
            text: self.scope.text.as_ref().map(|text| text.pattern.clone()),
            fields: self.scope.fields.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "),
            open: self.open,
            raw: self.raw,
            places: self
                .positions
                .iter()
                .map(|place| (place.index, place.at.map_or(0, |at| at.millis), place.at.map_or(0, |at| at.id.0), place.top))
                .collect(),
            orders: self.orders.iter().map(|order| (order.by, order.reversed)).collect(),
            names: self.names.to_vec(),
        };
        serde_json::to_string(&saved).unwrap_or_default()
    }

    /// From JSON; `None` when it is none of ours (an older version's), which only costs the place.
    pub fn restore(text: &str) -> Option<Self> {
        let saved: Saved = serde_json::from_str(text).ok()?;
        let mut view = Self {
            scope: Scope {
                range: TimeRange { since: saved.since.map(Timestamp::from_millis), until: saved.until.map(Timestamp::from_millis) },
                entities: saved.entities.into_iter().filter_map(|(kind, value)| Some(Entity::new(kind.parse().ok()?, value))).collect(),
                strands: StrandSet::from_bits(saved.strands),
                text: saved.text.map(|pattern| TextFilter { pattern }),
                fields: parse_field_filters(&saved.fields).unwrap_or_default(),
            },
            pane: saved.pane,
            open: saved.open,
            raw: saved.raw,
            ..Self::default()
        };
        if view.open {
            view.focus = Focus::Detail;
        }
        for (position, (index, millis, id, top)) in view.positions.iter_mut().zip(saved.places) {
            let at = (millis != 0 || id != 0).then_some(EventRef { millis, id: EventId(id), bits: 0 });
            *position = Position { at, index, top };
        }
        for (order, (by, reversed)) in view.orders.iter_mut().zip(saved.orders) {
            *order = Order { by, reversed };
        }
        for (names, saved) in view.names.iter_mut().zip(saved.names) {
            *names = saved;
        }
        Some(view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_comes_back_as_it_was() {
        let mut view = View { pane: Pane::Prompts, open: true, focus: Focus::Detail, ..View::default() };
        view.scope = view.scope.narrowed(Entity::new(EntityKind::Key, "AKIAEXAMPLE"));
        view.scope.range.since = Some(Timestamp::from_millis(5));
        view.scope.text = Some(TextFilter { pattern: "a|b".to_owned() });
        view.scope.fields = parse_field_filters("x.denied and x.stop = end_turn").expect("sound");
        view.orders[4] = Order { by: 2, reversed: true };
        view.names[5] = "acme".to_owned();
        view.set_position(Position { at: Some(EventRef { millis: 7, id: EventId(9), bits: 0 }), index: 4, top: 3 });
        assert_eq!(View::restore(&view.save()), Some(view));
        assert_eq!(View::restore("{}"), None);
    }
}
