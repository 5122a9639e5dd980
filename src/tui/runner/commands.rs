//! What the pane of commands asks: who ran what, and what CloudTrail says of it.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::case::{Reader, Result};
use crate::decode::{VerbClass, command_call_of_line};
use crate::model::{EntityKind, Event, EventId, EventRef, Secrets, Strand};
use crate::stitch::echo::{Command, Echo, Echoes};
use crate::tui::ask::{Echoed, Matrix, MatrixRow};
use crate::tui::panes::user_at_host;

/// Who ran what, of these events of endpoints.
pub fn matrix(reader: &mut Reader, refs: &[EventRef]) -> Result<Matrix> {
    let mut rows: HashMap<String, MatrixRow> = HashMap::new();
    for ([who, service, action], count) in reader.tally(refs, [EntityKind::Principal, EntityKind::Service, EntityKind::Action])? {
        let who = user_at_host(who.as_deref());
        let row = rows.entry(who.clone()).or_insert_with(|| MatrixRow { who, ..MatrixRow::default() });
        // Only calls of the AWS CLI have a service.
        let class = service.map(|_| VerbClass::of(action.as_deref().unwrap_or_default()));
        let cell = class.and_then(|class| VerbClass::ALL.iter().position(|known| *known == class)).and_then(|at| row.calls.get_mut(at));
        *cell.unwrap_or(&mut row.rest) += count;
    }
    let mut rows: Vec<MatrixRow> = rows.into_values().collect();
    rows.sort_by(|one, other| {
        let rank = |row: &MatrixRow| Reverse((row.calls.first().copied(), row.calls.iter().sum::<u64>(), row.rest));
        rank(one).cmp(&rank(other)).then_with(|| one.who.cmp(&other.who))
    });
    Ok(Matrix { rows })
}

/// The echoes of these commands.
pub fn echoes(reader: &mut Reader, ids: &[EventId], secrets: Secrets) -> Result<Vec<(EventId, Option<Echoed>)>> {
    let mut echoes = Echoes::default();
    let mut told = Vec::with_capacity(ids.len());
    for command in reader.events(ids)? {
        let echo = echoes.of(reader, &command)?;
        let brief = brief(&command).map(|brief| secrets.text(&brief).into_owned());
        told.push((command.id, echo.map(|echo| Echoed { brief, echo: leaving(echo, secrets) })));
    }
    Ok(told)
}

/// An echo as it may be shown.
pub fn leaving(echo: Echo, secrets: Secrets) -> Echo {
    match echo {
        Echo::Echoed { event, sure, why } => Echo::Echoed { event: Box::new(secrets.event(*event)), sure, why },
        other => other,
    }
}

/// The call in short, unless that would leave out what else the line does.
fn brief(command: &Event) -> Option<String> {
    let line = command.detail.as_deref()?;
    let program = line.split_whitespace().next()?.rsplit('/').next()?;
    let alone = program == "aws" && !line.contains(['|', ';', '&', '$', '`', '(', '>', '<', '…']);
    alone.then(|| command_call_of_line(line)).flatten().map(|call| call.brief())
}

/// A command's echo, and the commands that an event may be the echo of.
pub fn joined(reader: &mut Reader, event: &Event) -> Result<(Option<Echo>, Vec<Command>)> {
    let mut echoes = Echoes::default();
    Ok(match event.strand {
        Strand::Endpoint => (echoes.of(reader, event)?, Vec::new()),
        Strand::Management | Strand::Data | Strand::Network => (None, echoes.commands_of(reader, event)?),
        _ => (None, Vec::new()),
    })
}

/// From a command to its echo or back; or why there is none. `None` when it is neither.
pub fn other_side(reader: &mut Reader, event: &Event) -> Result<Option<std::result::Result<EventRef, String>>> {
    let (echo, commands) = joined(reader, event)?;
    Ok(match echo {
        Some(Echo::Echoed { event, .. }) => Some(Ok(event.as_ref().as_ref())),
        Some(none) => Some(Err(format!("this command {}", none.words()))),
        None if event.strand == Strand::Endpoint => Some(Err("this is no call of the AWS CLI".to_owned())),
        None => commands.first().map(|command| Ok(command.event.as_ref())),
    })
}
