//! The tables of Principals and Buckets: a row an entity, in an order that a person chooses; and the page of one of them.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::model::{Entity, EntityKind, Name, Scope, Secrets};
use crate::stitch::profiles::{COUNTS, Profile, Summary, titles};

/// What rows are ordered by. The first of each pane is what they come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// A place in what [`orders`] gives.
    pub by: u8,
    /// The other way round.
    pub reversed: bool,
}

/// Numbers that a table may be ordered by beside those of [`titles`].
const BEFORE: [&str; 5] = ["events", "name", "denied", "first seen", "last seen"];

/// What the rows of a kind may be ordered by, in words.
pub fn orders(kind: EntityKind) -> Vec<&'static str> {
    BEFORE.into_iter().chain(titles(kind)).chain(["signals"]).collect()
}

/// The place of a count in [`orders`].
pub const fn order_of_count(at: usize) -> u8 {
    (BEFORE.len() + at) as u8
}

/// The place of the signals in [`orders`].
pub const ORDER_OF_SIGNALS: u8 = (BEFORE.len() + COUNTS) as u8;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableRow {
    /// Its numbers.
    pub summary: Summary,
    /// The value as it may be shown.
    pub shown: Name,
    /// Signals about it.
    pub signals: u64,
}

/// All rows of a table, in no order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What it is the answer to: a kind and a scope; `None` of the empty one.
    pub of: Option<(EntityKind, Scope)>,
    /// Revision of the case.
    pub revision: u64,
    /// Masked or not.
    pub secrets: Secrets,
    /// The rows.
    pub rows: Vec<TableRow>,
    /// They were counted through; otherwise only what is known at once is there.
    pub whole: bool,
}

/// A table that was counted before, so that another order is not another count. Told apart by what it is of.
#[derive(Clone, Debug, Default)]
pub struct Counted(pub Arc<Table>);

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        (&self.0.of, self.0.revision, self.0.secrets, self.0.whole) == (&other.0.of, other.0.revision, other.0.secrets, other.0.whole)
    }
}

/// Places in the table in an order, of rows whose names hold a text.
pub fn ordered(table: &Table, order: Order, names: &str) -> Vec<u32> {
    let wanted = names.to_lowercase();
    let holds = |row: &TableRow| wanted.is_empty() || row.shown.to_lowercase().contains(&wanted);
    let mut places: Vec<u32> = (0_u32..).zip(&table.rows).filter(|(_, row)| holds(row)).map(|(at, _)| at).collect();
    let row = |at: &u32| table.rows.get(*at as usize);
    places.sort_by(|one, other| match (row(one), row(other)) {
        (Some(one), Some(other)) => {
            let way = compared(one, other, order.by);
            let way = if order.reversed { way.reverse() } else { way };
            way.then_with(|| one.summary.value.cmp(&other.summary.value))
        }
        _ => Ordering::Equal,
    });
    places
}

/// The most first; names and first times from the beginning.
fn compared(one: &TableRow, other: &TableRow, by: u8) -> Ordering {
    let (a, b) = (&one.summary, &other.summary);
    match by {
        0 => (b.events, b.named).cmp(&(a.events, a.named)),
        1 => a.value.cmp(&b.value),
        2 => b.denied.cmp(&a.denied),
        3 => a.first.cmp(&b.first),
        4 => b.last.cmp(&a.last),
        ORDER_OF_SIGNALS => other.signals.cmp(&one.signals),
        count => {
            let at = usize::from(count) - BEFORE.len();
            b.counts.get(at).cmp(&a.counts.get(at))
        }
    }
}

/// The page of one entity.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfilePage {
    /// The scope it is of.
    pub scope: Scope,
    /// Revision of the case.
    pub revision: u64,
    /// Masked or not.
    pub secrets: Secrets,
    /// What it tells.
    pub profile: Profile,
    /// Its lines.
    pub lines: Vec<PagePart>,
}

/// One line of the page.
#[derive(Clone, Debug, PartialEq)]
pub enum PagePart {
    /// A label and words.
    Fact(&'static str, String),
    /// A label, numbers over time, and what they come to.
    Picture(&'static str, Vec<u64>, String),
    /// A blank.
    Blank,
    /// The title of a section, how many values there are, and whether it warns.
    Title(&'static str, usize, bool),
    /// A value: its section, place in it, and how it may be shown.
    Value(usize, usize, Name),
    /// So many values are not told.
    More(usize),
}

impl ProfilePage {
    /// The pivot of a line.
    pub fn entity_at(&self, line: usize) -> Option<&Entity> {
        match self.lines.get(line)? {
            PagePart::Value(section, at, _) => Some(&self.profile.sections.get(*section)?.values.get(*at)?.entity),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn row(value: &str, events: u64, denied: u64, last: i64, tokens: u64) -> TableRow {
        let mut summary = Summary { value: value.into(), events, denied, last: Some(Timestamp::from_millis(last)), ..Summary::default() };
        summary.counts[COUNTS - 1] = tokens;
        TableRow { shown: summary.value.clone(), summary, signals: 0 }
    }

    #[test]
    fn rows_come_in_the_order_that_is_chosen() {
        let table = Table { rows: vec![row("b", 5, 0, 30, 7), row("a", 5, 2, 10, 9), row("C", 9, 1, 20, 0)], ..Table::default() };
        let names = |order, names: &str| ordered(&table, order, names).iter().map(|at| &*table.rows[*at as usize].shown).collect::<Vec<_>>();
        let by = |by| Order { by, reversed: false };
        assert_eq!(names(by(0), ""), ["C", "a", "b"], "the same number: by name");
        assert_eq!(names(Order { by: 0, reversed: true }, ""), ["a", "b", "C"]);
        assert_eq!(names(by(1), ""), ["C", "a", "b"]);
        assert_eq!(names(by(2), ""), ["a", "C", "b"]);
        assert_eq!(names(by(4), ""), ["b", "C", "a"]);
        assert_eq!(names(by(order_of_count(COUNTS - 1)), ""), ["a", "b", "C"]);
        assert_eq!(names(by(0), "c"), ["C"]);
        assert_eq!(names(by(200), "").len(), 3, "an order that there is none of harms nobody");
        for kind in [EntityKind::Principal, EntityKind::Bucket] {
            assert_eq!(orders(kind).len(), usize::from(ORDER_OF_SIGNALS) + 1);
        }
    }
}
