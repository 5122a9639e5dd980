//! Finding events by what people have in hand: the start of an id, or a request id.

use super::error::{Doing as _, Result};
use super::reader::Reader;
use super::runs;
use crate::model::{Entity, EntityKind, EventId};

/// Hex digits needed at least.
const SHORTEST: usize = 4;
/// Events given back at most: a prefix that fits more is no id.
const MOST: usize = 1000;

impl Reader {
    /// The events whose id (the record's SHA-256 in hex) starts so, at least four digits of it, or that name this
    /// request id; at most 1,000.
    pub fn find(&mut self, id: &str) -> Result<Vec<EventId>> {
        let id = id.trim();
        self.snapshot(|reader| {
            let mut found = reader.by_prefix(id)?;
            found.extend(reader.wide_events(&Entity::new(EntityKind::Request, id))?);
            found.sort_unstable();
            found.dedup();
            Ok(found.into_iter().map(EventId).collect())
        })
    }

    fn by_prefix(&mut self, prefix: &str) -> Result<Vec<u32>> {
        let prefix = prefix.to_ascii_lowercase();
        if !(SHORTEST..=64).contains(&prefix.len()) || !prefix.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Vec::new());
        }
        let head = prefix.get(..16).unwrap_or(&prefix);
        let bound = |fill: &str| u64::from_str_radix(&format!("{head}{}", fill.repeat(16 - head.len())), 16).unwrap_or(0);
        let mut found = runs::find(self.connection(), runs::DIGESTS, bound("0"), bound("f"), MOST)?;
        if prefix.len() > 16 {
            let doing = "finding an event";
            let mut select = self.connection().prepare_cached("SELECT lower(hex(digest)) FROM event WHERE id = ?1").doing(doing)?;
            let mut failed = Ok(());
            found.retain(|id| match select.query_row([id], |row| row.get::<_, String>(0)).doing(doing) {
                Ok(digest) => digest.starts_with(&prefix),
                Err(error) => {
                    failed = Err(error);
                    false
                }
            });
            failed?;
        }
        Ok(found)
    }
}
