//! The controls of a case as the pane shows them. The case is read once a revision; another scope only chooses.

use std::sync::Arc;

use super::revision_number;
use crate::case::{Reader, Result};
use crate::model::{Controls, EventRef, Scope, Strand};
use crate::stitch::controls::{controls, in_scope, logged, overview, with_exchanges};
use crate::tui::ask::{Answer, ControlRow, ControlsPage, Known};
use crate::tui::widgets::Histogram;

/// With so many exchanges what CloudTrail says is shown before they have been looked through.
const MANY_EXCHANGES: u64 = 50_000;

/// Answers [`Ask::Controls`](crate::tui::ask::Ask::Controls).
pub fn answer(reader: &mut Reader, scope: &Scope, bins: usize, known: &Known, reply: &mut dyn FnMut(Answer)) -> Result<Answer> {
    let revision = revision_number(reader.revision()?);
    if let Some((of, controls)) = &known.0
        && *of == revision
    {
        return page(reader, Arc::clone(controls), scope, bins, revision, true);
    }
    let logged = logged(reader)?;
    let exchanges = reader.totals()?.by_strand.get(Strand::Invocation as usize).copied().unwrap_or(0);
    if exchanges > MANY_EXCHANGES {
        let early = page(reader, Arc::new(logged.clone()), scope, bins, revision, false)?;
        reply(early);
    }
    let controls = with_exchanges(reader, logged)?;
    page(reader, Arc::new(controls), scope, bins, revision, true)
}

/// The events of the rows in a scope, each once, in order of time.
pub fn events(reader: &mut Reader, scope: &Scope) -> Result<Vec<EventRef>> {
    let controls = controls(reader)?;
    let shown = in_scope(reader, &controls, scope)?;
    let mut refs: Vec<EventRef> = shown.changes.iter().filter_map(|index| controls.changes.get(*index)).map(|change| change.evidence.event).collect();
    refs.sort_unstable();
    refs.dedup();
    Ok(refs)
}

fn page(reader: &mut Reader, controls: Arc<Controls>, scope: &Scope, bins: usize, revision: u64, done: bool) -> Result<Answer> {
    let shown = in_scope(reader, &controls, scope)?;
    let (mut rows, mut refs) = (Vec::new(), Vec::new());
    for (row, event) in interleaved(&controls, &shown.changes, &shown.windows) {
        rows.push(row);
        refs.push(event);
    }
    let histogram = Histogram::of(&refs, bins);
    let places = overview(&shown.state, &controls);
    Ok(Answer::Controls { page: Arc::new(ControlsPage { controls, rows, places }), refs: Arc::new(refs), histogram, revision, done })
}

/// Changes and windows in order of time: where a window opens or closes its row follows that of the change.
fn interleaved(controls: &Controls, changes: &[usize], windows: &[usize]) -> Vec<(ControlRow, EventRef)> {
    let changes = changes.iter().filter_map(|index| Some((ControlRow::Change(*index), controls.changes.get(*index)?.evidence.event)));
    let mut rows: Vec<(ControlRow, EventRef)> = changes.collect();
    for index in windows {
        let Some(window) = controls.windows.get(*index) else { continue };
        let ends = [(ControlRow::Opened(*index), Some(window.opened_by)), (ControlRow::Closed(*index), window.closed_by)];
        for (row, evidence) in ends {
            let Some(event) = evidence.map(|evidence| evidence.event) else { continue };
            let at = rows
                .iter()
                .rposition(|(_, other)| other.id == event.id)
                .map_or_else(|| rows.partition_point(|(_, other)| other.millis <= event.millis), |place| place + 1);
            rows.insert(at, (row, event));
        }
    }
    rows
}
