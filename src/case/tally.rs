//! How often combinations of columns occur in a list of events, such as who did what. Exact: it reads the columns
//! themselves, where an event has each once, and not the lists of mentions.

use std::collections::HashMap;

use super::batch::COLUMNS;
use super::error::{CaseError, Doing as _, Result};
use super::reader::Reader;
use crate::model::{EntityKind, EventRef, Name};

/// Row numbers up to so far apart are read in one go: reading a row that nobody asked for is cheaper than looking one up.
const GAP: u32 = 16;

const DOING: &str = "counting what was done by whom";

impl Reader {
    /// How many events of a list have each combination of values in these columns, in no order. An event without a value
    /// counts as `None`. Kinds that are no column never have one.
    pub fn tally<const N: usize>(&mut self, refs: &[EventRef], kinds: [EntityKind; N]) -> Result<Vec<([Option<Name>; N], u64)>> {
        let columns = kinds.map(|kind| COLUMNS.iter().find(|(_, known)| *known == Some(kind)).map_or("NULL", |(name, _)| *name));
        let sql = format!("SELECT id, {} FROM event WHERE id BETWEEN ?1 AND ?2", columns.join(", "));
        self.snapshot(|reader| {
            let mut ids: Vec<u32> = refs.iter().map(|event| event.id.0).collect();
            ids.sort_unstable();
            let mut counts: HashMap<[Option<u32>; N], u64> = HashMap::new();
            let mut select = reader.connection().prepare_cached(&sql).doing(DOING)?;
            for run in ids.chunk_by(|one, next| next - one <= GAP) {
                reader.cancel().check()?;
                let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
                let mut wanted = run.iter().peekable();
                let mut rows = select.query((first, last)).doing(DOING)?;
                while let Some(row) = rows.next().doing(DOING)? {
                    let id: u32 = row.get(0).doing(DOING)?;
                    while wanted.next_if(|next| **next < id).is_some() {}
                    if wanted.next_if(|next| **next == id).is_none() {
                        continue;
                    }
                    let mut key = [None; N];
                    for (at, value) in key.iter_mut().enumerate() {
                        *value = row.get(1 + at).doing(DOING)?;
                    }
                    *counts.entry(key).or_default() += 1;
                }
            }
            drop(select);
            let mut tally = Vec::with_capacity(counts.len());
            for (key, count) in counts {
                let mut names = [const { None }; N];
                for (name, entity) in names.iter_mut().zip(key) {
                    *name = entity.map(|entity| reader.name(entity)).transpose()?.map(|(_, name)| name);
                }
                tally.push((names, count));
            }
            Ok::<_, CaseError>(tally)
        })
    }
}
