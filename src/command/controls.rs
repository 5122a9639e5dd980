//! `outcrop controls`: what was done to guardrails and logs, how they stand, and when nobody saw what was done.

use super::Done;
use super::cli::{ControlsArgs, Format};
use super::failure::Failure;
use super::output::Output;
use super::{place, unknown};
use crate::case::{Reader, open_read_only};
use crate::model::{BlindWindow, Change, ControlChange, ControlKind, ControlState, Controls, EventId, Place, Timestamp};
use crate::report::{ChangeJson, ControlsJson, StateJson, WindowJson, change_words, control_words, grouped, open_words};
use crate::stitch::controls::{InScope, controls, in_scope};

/// Events whose ids are read at once.
const PAGE: usize = 1000;

/// Runs the command.
pub fn run(args: &ControlsArgs) -> Result<Done, Failure> {
    let scope = args.question.scope.scope(place::now()).map_err(Failure::Usage)?;
    let mut reader = open_read_only(&place::named_or_last(args.question.case.case.as_deref())?)?;
    let found = controls(&mut reader)?;
    let mut shown = in_scope(&mut reader, &found, &scope)?;
    let secrets = args.question.reveal.secrets();
    if shown.changes.is_empty() && shown.windows.is_empty() {
        unknown::say(&mut reader, &scope, secrets)?;
    }
    let found = secrets.controls(found);
    shown.state.iter_mut().for_each(|state| secrets.state(state));
    let all = shown.changes.len();
    shown.changes.truncate(args.question.scope.limit.unwrap_or(usize::MAX));
    let mut output = Output::new(args.question.output);
    match output.format() {
        Format::Table => tables(&found, &shown, &mut output)?,
        Format::Csv => rows(&mut reader, &found, &shown, &mut output)?,
        Format::Json | Format::Ndjson => {
            let windows =
                windows(&found, &shown).map(|window| Ok(WindowJson::new(window, ids(&mut reader, window)?))).collect::<Result<_, Failure>>();
            let changes = changes(&found, &shown).map(ChangeJson::new).collect();
            output.object(&ControlsJson { changes, state: shown.state.iter().map(StateJson::new).collect(), blind_windows: windows? })?;
        }
    }
    let mut done = Done::Complete;
    if shown.changes.len() < all {
        eprintln!("outcrop: {} of {all} changes shown; --limit raises it", shown.changes.len());
        done = Done::Incomplete;
    }
    if found.unreadable > 0 {
        eprintln!(
            "outcrop: {} records could not be read again, so what was before and after them is not known; `outcrop show ID` says why",
            grouped(found.unreadable)
        );
        done = Done::Incomplete;
    }
    place::unless_rebuilding(&reader, done)
}

fn changes<'a>(found: &'a Controls, shown: &'a InScope) -> impl Iterator<Item = &'a ControlChange> {
    shown.changes.iter().filter_map(|index| found.changes.get(*index))
}

fn windows<'a>(found: &'a Controls, shown: &'a InScope) -> impl Iterator<Item = &'a BlindWindow> {
    shown.windows.iter().filter_map(|index| found.windows.get(*index))
}

/// The ids of the calls in a window.
fn ids(reader: &mut Reader, window: &BlindWindow) -> Result<Vec<String>, Failure> {
    let mut ids = Vec::with_capacity(window.invocations.len());
    for page in window.invocations.chunks(PAGE) {
        let events: Vec<EventId> = page.iter().map(|event| event.id).collect();
        ids.extend(reader.events(&events)?.iter().map(crate::model::Event::uid));
    }
    Ok(ids)
}

fn name(name: Option<&str>) -> String {
    name.unwrap_or_default().to_owned()
}

fn time(time: Option<Timestamp>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}

/// `111122223333 us-west-2`
fn where_is(place: &Place) -> String {
    [place.account.as_deref(), place.region.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn tables(found: &Controls, shown: &InScope, output: &mut Output) -> Result<(), Failure> {
    output.line(&format!("State ({})", shown.state.len()))?;
    let state = |state: &ControlState| {
        [where_is(&state.place), control_words(&state.control), state.state.clone(), time(state.since), time(state.unknown_before)]
    };
    output.rows(&["where", "control", "state", "since", "unknown before"], shown.state.iter().map(state))?;
    output.line("")?;
    output.line(&format!("Blind windows ({})", shown.windows.len()))?;
    let window = |window: &BlindWindow| {
        let count = window.invocations.len() as u64;
        let what = if window.control.kind == ControlKind::Trail { "without a CloudTrail event" } else { "without an invocation record" };
        let callers: Vec<String> = window.callers.iter().take(3).map(|(caller, count)| format!("{caller} ×{}", grouped(*count))).collect();
        let to = open_words(window).map_or_else(|| time(window.to), str::to_owned);
        let calls = format!("{} {what}", grouped(count));
        [where_is(&window.place), control_words(&window.control), window.from.to_string(), to, calls, callers.join(", "), window.opened_by.uid()]
    };
    output.rows(&["where", "off", "from", "to", "calls", "by", "opened by"], windows(found, shown).map(window))?;
    output.line("")?;
    output.line(&format!("Changes ({})", shown.changes.len()))?;
    let change = |change: &ControlChange| {
        let nothing = if change.change == Change::Created { "-" } else { "?" };
        let before = change.before.as_deref().unwrap_or(nothing).to_owned();
        let moved = change.state.is_some() || change.inferred;
        let after = if moved { change.after.as_deref().unwrap_or("?").to_owned() } else { "as before".to_owned() };
        let result = change.outcome.name().to_owned();
        let actor = name(change.actor.as_deref());
        [
            change.evidence.uid(),
            time(change.time()),
            where_is(&change.place),
            control_words(&change.control),
            change_words(change),
            actor,
            result,
            before,
            after,
        ]
    };
    output.rows(&["event", "time", "where", "control", "change", "who", "result", "before", "after"], changes(found, shown).map(change))?;
    output.flush()
}

/// Everything as rows of one table: what a row is stands first.
fn rows(reader: &mut Reader, found: &Controls, shown: &InScope, output: &mut Output) -> Result<(), Failure> {
    let titles = [
        "row",
        "time",
        "until",
        "account",
        "region",
        "kind",
        "id",
        "change",
        "actor",
        "outcome",
        "before",
        "after",
        "event",
        "closed_by",
        "invocations",
    ];
    let empty = String::new;
    let mut rows: Vec<[String; 15]> = Vec::new();
    for change in changes(found, shown) {
        let (account, region) = (name(change.place.account.as_deref()), name(change.place.region.as_deref()));
        let (kind, id) = (change.control.kind.name().to_owned(), change.control.id.clone());
        let (before, after) = (name(change.before.as_deref()), name(change.after.as_deref()));
        let (word, actor, outcome) = (change.change.name().to_owned(), name(change.actor.as_deref()), change.outcome.name().to_owned());
        let event = change.evidence.uid();
        let row = "change".to_owned();
        rows.push([row, time(change.time()), empty(), account, region, kind, id, word, actor, outcome, before, after, event, empty(), empty()]);
    }
    for state in &shown.state {
        let (account, region) = (name(state.place.account.as_deref()), name(state.place.region.as_deref()));
        let (kind, id) = (state.control.kind.name().to_owned(), state.control.id.clone());
        let (row, since, after) = ("state".to_owned(), time(state.since), state.state.clone());
        rows.push([row, since, empty(), account, region, kind, id, empty(), empty(), empty(), empty(), after, empty(), empty(), empty()]);
    }
    for window in windows(found, shown) {
        let (account, region) = (name(window.place.account.as_deref()), name(window.place.region.as_deref()));
        let (kind, id) = (window.control.kind.name().to_owned(), window.control.id.clone());
        let (event, closed) = (window.opened_by.uid(), window.closed_by.map(|evidence| evidence.uid()).unwrap_or_default());
        let (row, from, to, calls) = ("blind-window".to_owned(), window.from.to_string(), time(window.to), ids(reader, window)?.join(" "));
        rows.push([row, from, to, account, region, kind, id, empty(), empty(), empty(), empty(), empty(), event, closed, calls]);
    }
    output.rows(&titles, rows)?;
    output.flush()
}
