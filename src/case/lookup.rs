//! The tables that `lookup` and `cidrlookup` read: CSV files that the analyst put into the case, kept beside views so that they travel with it
//! and survive a rebuild.

use super::error::Result;
use super::notebook::Notebook;
use super::reader::Reader;

/// What their names begin with where they are kept.
const PREFIX: &str = "lookup:";

impl Reader {
    /// The names of the tables, in order.
    pub fn lookup_tables(&mut self) -> Result<Vec<String>> {
        Ok(self.view_names()?.iter().filter_map(|name| name.strip_prefix(PREFIX)).map(str::to_owned).collect())
    }

    /// The CSV of a table.
    pub fn lookup_table(&mut self, name: &str) -> Result<Option<String>> {
        self.view(&format!("{PREFIX}{name}"))
    }
}

impl Notebook {
    /// Keeps a table, in place of the one of this name; an empty one is none.
    pub fn set_lookup_table(&mut self, name: &str, csv: &str) -> Result<()> {
        self.save_view(&format!("{PREFIX}{name}"), csv)
    }
}
