//! What the names of log groups mean in this case: the analyst's words, kept beside views so that they survive a rebuild.

use std::collections::BTreeMap;

use super::error::Result;
use super::notebook::Notebook;
use super::reader::Reader;

/// Under this name they are kept.
const VIEW: &str = "groups";

/// Names of log groups, and what each means: strands, or parts of the paths of sources.
pub type GroupAliases = BTreeMap<String, Vec<String>>;

impl Reader {
    /// What names of log groups were said to mean.
    pub fn group_aliases(&mut self) -> Result<GroupAliases> {
        let told = self.view(VIEW)?;
        // What cannot be read means nothing: it was written by a later version.
        Ok(told.and_then(|told| serde_json::from_str(&told).ok()).unwrap_or_default())
    }
}

impl Notebook {
    /// Keeps what names of log groups mean, in place of what they meant.
    pub fn set_group_aliases(&mut self, aliases: &GroupAliases) -> Result<()> {
        let told = if aliases.is_empty() { String::new() } else { serde_json::to_string(aliases).unwrap_or_default() };
        self.save_view(VIEW, &told)
    }
}
