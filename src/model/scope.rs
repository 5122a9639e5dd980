//! What is being looked at: one scope is in force, every pane is a view of it.

use super::{Entity, FieldFilter, StrandSet, TimeRange};

/// A regular expression over the text of records, as typed. Literal text is escaped by whoever builds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TextFilter {
    /// The expression (regex crate syntax), case-insensitive unless it holds an upper-case letter.
    pub pattern: String,
}

/// Time range, constraints that must all hold, strands, and a text filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Only events inside.
    pub range: TimeRange,
    /// Only events that mention every one of these. An event has one action: several actions mean any of them.
    pub entities: Vec<Entity>,
    /// Only these strands.
    pub strands: StrandSet,
    /// Only events whose searchable text matches.
    pub text: Option<TextFilter>,
    /// Only events for which all of these hold.
    pub fields: Vec<FieldFilter>,
}

impl Scope {
    /// Everything in the case.
    pub fn all() -> Self {
        Self::default()
    }

    /// This scope with one more constraint; the same one twice is once.
    #[must_use]
    pub fn narrowed(&self, entity: Entity) -> Self {
        let mut scope = self.clone();
        if !scope.entities.contains(&entity) {
            scope.entities.push(entity);
        }
        scope
    }

    /// Nothing is constrained.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }
}
