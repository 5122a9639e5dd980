//! Counting without rows: events that are alike in all that a query looks at are counted together, by the case's columns.

use super::Statistics;
use super::error::RunError;
use super::field::{Base, Known, is_foreign};
use super::plan::Plan;
use super::rows::{Row, set};
use crate::case::Reader;
use crate::model::{EntityKind, EventRef, Strand};
use crate::query::functions::Context;
use crate::query::value::Value;

/// So many columns are told apart at once.
const COLUMNS: usize = 3;

/// Counts what columns can tell, where the query allows it. Gives back the events that have to be looked at.
pub(super) fn tallied(
    reader: &mut Reader,
    plan: &mut Plan,
    refs: &[EventRef],
    context: &Context,
    counts: &mut Statistics,
) -> Result<Vec<EventRef>, RunError> {
    let known: Option<Vec<(usize, &'static Known, EntityKind)>> = plan
        .bases
        .iter()
        .map(|(slot, base)| match base {
            Base::Known(known, _) => Some((*slot, *known, known.tallied()?)),
            _ => None,
        })
        .collect();
    let (Some(at), Some(known)) = (plan.tally_at, known.filter(|known| known.len() <= COLUMNS)) else { return Ok(refs.to_vec()) };
    let (foreign, own): (Vec<EventRef>, Vec<EventRef>) = refs.iter().partition(|event| is_foreign(event.strand(), event.is_undecodable()));
    let (calls, trail): (Vec<EventRef>, Vec<EventRef>) = own.into_iter().partition(|event| event.strand() == Strand::Invocation);
    for (events, strand) in [(trail, Strand::Management), (calls, Strand::Invocation)] {
        if events.is_empty() {
            continue;
        }
        // A request id is no column: it stands for none.
        let mut kinds = [EntityKind::Request; COLUMNS];
        for (kind, (_, known, column)) in kinds.iter_mut().zip(&known) {
            if known.is_of(strand) {
                *kind = *column;
            }
        }
        for (names, count) in reader.tally(&events, kinds)? {
            let mut row = Row { event: None, millis: None, values: vec![Value::Missing; plan.slots] };
            for ((slot, known, column), name) in known.iter().zip(names) {
                let value = match column {
                    EntityKind::Service => Known::source(name.as_deref()),
                    _ => name.map(Value::Text).into(),
                };
                if known.is_of(strand) {
                    set(&mut row, *slot, value);
                }
            }
            counts.scanned += count;
            let Some((group, filters)) = plan.work.get_mut(..=at).and_then(<[_]>::split_last_mut) else { continue };
            let mut rows = vec![row];
            for filter in filters {
                rows = filter.take(rows, context)?;
            }
            for row in rows {
                counts.matched += count;
                group.take_many(&row, count, context)?;
            }
        }
    }
    Ok(foreign)
}
