//! Runs rules on made records.

use std::collections::BTreeMap;

use super::Fired;
use super::records::Made;

/// What a rule fires on these records.
pub fn fired(_rule: &str, _made: &[Made], _lists: &BTreeMap<String, Vec<String>>) -> Vec<Fired> {
    Vec::new()
}
