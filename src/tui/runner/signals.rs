//! Signals and leads as the pane shows them, and the page of one of them.

use std::collections::HashSet;
use std::sync::Arc;

use super::revision_number;
use crate::case::{Reader, Result};
use crate::model::{EventId, EventRef, Lead, Scope, Secrets, Signal};
use crate::tui::ask::Answer;
use crate::tui::panes;
use crate::tui::signals::{Flagged, SignalPage, SignalRow, SignalsPage, rows};
use crate::tui::tables::Order;

/// Records named on a page.
const RECORDS: usize = 60;

/// Answers [`Ask::Signals`](crate::tui::ask::Ask::Signals): signals with a record in the scope, and leads with such a signal.
pub fn signals(reader: &mut Reader, scope: &Scope, order: Order, secrets: Secrets) -> Result<Answer> {
    let revision = revision_number(reader.revision()?);
    let (mut signals, mut leads) = (reader.signals()?, reader.leads()?);
    if !scope.is_all() {
        let inside: HashSet<EventId> = reader.refs(scope)?.iter().map(|event| event.id).collect();
        signals.retain(|signal| signal.events.iter().any(|event| inside.contains(event)));
        let ids: HashSet<&str> = signals.iter().map(|signal| signal.id.as_str()).collect();
        leads.retain(|lead| lead.signals.iter().any(|id| ids.contains(id.as_str())));
    }
    let signals: Vec<Signal> = signals.into_iter().map(|signal| secrets.signal(signal)).collect();
    let rows = rows(&leads, &signals, order.by, order.reversed);
    let wanted: Vec<EventId> = rows.iter().map(|row| first_record(&leads, &signals, *row)).collect();
    let refs: Vec<EventRef> = refs_of(reader, &wanted)?;
    let page = SignalsPage { leads, signals, detected: reader.detected()?, events: reader.totals()?.events(), secrets, rows };
    Ok(Answer::Signals { page: Arc::new(page), refs: Arc::new(refs), order, revision })
}

/// The records in a scope that signals touch, in order of time.
pub fn records(reader: &mut Reader, scope: &Scope) -> Result<Vec<EventRef>> {
    let touched: HashSet<EventId> = reader.signals()?.into_iter().flat_map(|signal| signal.events).collect();
    Ok(reader.refs(scope)?.iter().filter(|event| touched.contains(&event.id)).copied().collect())
}

/// The record that stands for a row: that of the moment when it fired.
fn first_record(leads: &[Lead], signals: &[Signal], row: SignalRow) -> EventId {
    let of_signal = |signal: &Signal| signal.events.last().copied().unwrap_or(EventId(0));
    match row {
        SignalRow::Signal(at) => signals.get(at).map_or(EventId(0), of_signal),
        SignalRow::Lead(at) => {
            let closing = leads.get(at).and_then(|lead| signals.iter().find(|signal| signal.id == lead.closed_by));
            closing.map_or(EventId(0), of_signal)
        }
    }
}

/// The small forms of events, in the order asked; one that is gone has none of its own.
fn refs_of(reader: &mut Reader, ids: &[EventId]) -> Result<Vec<EventRef>> {
    let found = reader.events(ids)?;
    let by_id: std::collections::HashMap<EventId, EventRef> = found.iter().map(|event| (event.id, event.as_ref())).collect();
    Ok(ids.iter().map(|id| by_id.get(id).copied().unwrap_or(EventRef { millis: 0, id: *id, bits: 0 })).collect())
}

/// Answers [`Ask::Flagged`](crate::tui::ask::Ask::Flagged).
pub fn flagged(reader: &mut Reader) -> Result<Answer> {
    let revision = revision_number(reader.revision()?);
    Ok(Answer::Flagged(Flagged::of(&reader.signals()?, revision)))
}

/// Answers [`Ask::SignalPage`](crate::tui::ask::Ask::SignalPage); nothing when the signal is gone.
pub fn page(reader: &mut Reader, id: &str, width: u16, secrets: Secrets) -> Result<Answer> {
    let revision = revision_number(reader.revision()?);
    let signals: Vec<Signal> = reader.signals()?.into_iter().map(|signal| secrets.signal(signal)).collect();
    let leads = reader.leads()?;
    let (judged, lines) = if let Some(signal) = signals.iter().find(|signal| signal.id == id) {
        let events = reader.events(&signal.events.iter().take(RECORDS).copied().collect::<Vec<_>>())?;
        let events: Vec<_> = events.into_iter().map(|event| secrets.event(event)).collect();
        let lead = leads.iter().find(|lead| lead.signals.contains(&signal.id));
        (signal.triage.clone(), panes::signal_lines(signal, lead, &events, width))
    } else if let Some(lead) = leads.iter().find(|lead| lead.id == id) {
        (lead.triage.clone(), panes::lead_lines(lead, &signals, secrets, width))
    } else {
        return Ok(Answer::Failed("this signal is gone: later records showed that it was none".to_owned()));
    };
    let judged = (judged.state, judged.note);
    Ok(Answer::SignalPage(Box::new(SignalPage { id: id.to_owned(), revision, width, secrets, judged, lines })))
}
