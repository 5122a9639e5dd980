//! The case file: the interface first (skeleton), the rooms behind it follow.

mod answers;
mod error;
mod skeleton;

pub use answers::{Appended, CaseNote, Marked, Pending, Revision, Sealed, SearchReport, Side, StoredBodies, Totals, ValueCount};
pub use error::{CaseError, Result};
pub use skeleton::*;
