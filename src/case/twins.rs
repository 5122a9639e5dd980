//! The other side of a call: events of two strands that share a request id (FORMATS §3.4).

use rusqlite::OptionalExtension as _;

use super::error::{Doing as _, Result};
use super::reader::Reader;
use super::runs;
use crate::model::{EntityKind, EventRef, StrandSet};

const DOING: &str = "looking for the other side of a call";

impl Reader {
    /// Those of a list that no event of the strands shares a request id with. An event without one has no twin.
    pub fn without_twin(&mut self, refs: &[EventRef], strands: StrandSet) -> Result<Vec<EventRef>> {
        self.snapshot(|reader| {
            let mut alone = Vec::new();
            for event in refs {
                reader.cancel().check()?;
                if !reader.has_twin(*event, strands)? {
                    alone.push(*event);
                }
            }
            Ok(alone)
        })
    }

    fn has_twin(&self, event: EventRef, strands: StrandSet) -> Result<bool> {
        let connection = self.connection();
        let mut select = connection.prepare_cached("SELECT request_id, strand FROM event WHERE id = ?1").doing(DOING)?;
        let mut row = |id: u32| {
            let parts = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, u8>(1)?));
            select.query_row([id], parts).optional().doing(DOING)
        };
        let Some((Some(request), _)) = row(event.id.0)? else { return Ok(false) };
        for candidate in runs::candidates(connection, EntityKind::Request, &request)? {
            let Some((other, strand)) = row(candidate)? else { continue };
            let wanted = crate::model::Strand::from_code(strand).is_some_and(|strand| strands.contains(strand));
            if candidate != event.id.0 && wanted && other.as_deref() == Some(request.as_str()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
