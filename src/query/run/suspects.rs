//! Names that are probably slips: fields that no row had, and whose names are nearly those of well-known fields.

use super::field::{Base, nearest};
use super::rows::Row;
use crate::query::ql::ast::Step;

/// The names that are left to be suspected.
pub(super) struct Suspects(Vec<(usize, String, &'static str)>);

impl Suspects {
    /// Among the fields that a query reads.
    pub(super) fn of(bases: &[(usize, Base)]) -> Self {
        let suspect = |(slot, base): &(usize, Base)| {
            let Base::Path(steps) = base else { return None };
            let parts: Vec<&str> = steps.iter().filter_map(|step| if let Step::Member(name) = step { Some(name.as_str()) } else { None }).collect();
            let name = parts.join(".");
            nearest(&name).map(|near| (*slot, name, near))
        };
        Self(bases.iter().filter_map(suspect).collect())
    }

    /// A name that a row has a value of is none.
    pub(super) fn see(&mut self, rows: &[Row]) {
        if !self.0.is_empty() {
            self.0.retain(|(slot, ..)| rows.iter().all(|row| row.values.get(*slot).is_none_or(crate::query::value::Value::is_missing)));
        }
    }

    pub(super) fn notes(self) -> impl Iterator<Item = String> {
        self.0.into_iter().map(|(_, name, near)| format!("nothing that was found has a field `{name}`: did you mean `{near}`?"))
    }
}
