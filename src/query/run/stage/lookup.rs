//! `lookup`, `cidrlookup`: columns of a table beside each row.

use std::sync::Arc;

use hashbrown::HashMap;

use super::super::error::RunError;
use super::super::expr::Node;
use super::super::rows::{Row, set};
use super::{Work, key_of, stopped, values_of};
use crate::query::functions::Context;
use crate::query::lookup::{LookupTable, Networks};
use crate::query::value::Value;

/// How the row of a table is found.
pub(in crate::query::run) enum Finder {
    /// Its columns are equal to these, letter by letter; of several rows the first is found.
    Equal { keys: Vec<Node>, rows: HashMap<Box<[u8]>, usize> },
    /// It has the narrowest network that this address lies in.
    Within { address: Node, networks: Networks },
}

impl Finder {
    /// Rows by what is in some of their columns.
    pub(in crate::query::run) fn equal(keys: Vec<Node>, columns: &[usize], table: &LookupTable) -> Self {
        let (mut rows, mut key) = (HashMap::new(), Vec::new());
        for (at, row) in table.rows.iter().enumerate() {
            let values: Vec<Value> = columns.iter().filter_map(|column| row.get(*column).cloned()).collect();
            key_of(&values, &mut key);
            rows.entry(key.as_slice().into()).or_insert(at);
        }
        Self::Equal { keys, rows }
    }

    fn row(&self, values: &[Value], context: &Context) -> Option<usize> {
        match self {
            Self::Equal { keys, rows } => {
                let values = values_of(keys, values, context);
                let mut key = Vec::new();
                key_of(&values, &mut key);
                // What is missing is like nothing.
                if values.iter().any(Value::is_missing) { None } else { rows.get(key.as_slice()).copied() }
            }
            Self::Within { address, networks } => networks.row(&address.of(values, context).as_text()?),
        }
    }
}

/// A column that is put beside a row.
pub(in crate::query::run) struct Shown {
    /// Which column of the table.
    pub(in crate::query::run) column: usize,
    /// What is there already, and stays when it is not empty (`OUTPUTNEW`).
    pub(in crate::query::run) before: Option<Node>,
    /// Where it goes.
    pub(in crate::query::run) slot: usize,
}

/// `lookup` and `cidrlookup`
pub(in crate::query::run) struct Lookup {
    pub(in crate::query::run) name: String,
    pub(in crate::query::run) table: Arc<LookupTable>,
    pub(in crate::query::run) finder: Finder,
    pub(in crate::query::run) shown: Vec<Shown>,
}

impl Work for Lookup {
    fn take(&mut self, mut rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        for row in &mut rows {
            stopped(context)?;
            let found = self.finder.row(&row.values, context).and_then(|at| self.table.rows.get(at));
            for Shown { column, before, slot } in &self.shown {
                let before = before.as_ref().map(|node| node.of(&row.values, context)).unwrap_or_default();
                let is_empty = before.is_missing() || matches!(&before, Value::Text(text) if text.is_empty());
                let value = match found.and_then(|found| found.get(*column)) {
                    Some(value) if is_empty => value.clone(),
                    _ => before,
                };
                set(row, *slot, value);
            }
        }
        Ok(rows)
    }

    fn notes(&self) -> Vec<String> {
        match &self.finder {
            Finder::Within { networks, .. } if networks.others > 0 => {
                vec![format!("{} rows of the table `{}` name no network", networks.others, self.name)]
            }
            _ => Vec::new(),
        }
    }
}
