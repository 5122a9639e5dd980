//! Controls as JSON (the command line's contract) and as cells of tables.

use serde::Serialize;

use crate::model::{BlindWindow, Change, Control, ControlChange, ControlKind, ControlState, Outcome, Timestamp};

/// The JSON of `controls`. Field names are a contract.
#[derive(Debug, Serialize)]
pub struct ControlsJson<'a> {
    /// Changes and attempts, in order of time.
    pub changes: Vec<ChangeJson<'a>>,
    /// The state of each control at the end.
    pub state: Vec<StateJson<'a>>,
    /// When logs were off.
    pub blind_windows: Vec<WindowJson<'a>>,
}

/// One change.
#[derive(Debug, Serialize)]
pub struct ChangeJson<'a> {
    time: Option<Timestamp>,
    account: Option<&'a str>,
    region: Option<&'a str>,
    control: &'a Control,
    change: Change,
    actor: Option<&'a str>,
    outcome: Outcome,
    before: Option<&'a str>,
    after: Option<&'a str>,
    event: String,
}

impl<'a> ChangeJson<'a> {
    /// The JSON of a change.
    pub fn new(change: &'a ControlChange) -> Self {
        Self {
            time: change.time(),
            account: change.place.account.as_deref(),
            region: change.place.region.as_deref(),
            control: &change.control,
            change: change.change,
            actor: change.actor.as_deref(),
            outcome: change.outcome,
            before: change.before.as_deref(),
            after: change.after.as_deref(),
            event: change.evidence.uid(),
        }
    }
}

/// The state of one control.
#[derive(Debug, Serialize)]
pub struct StateJson<'a> {
    account: Option<&'a str>,
    region: Option<&'a str>,
    control: &'a Control,
    state: &'a str,
    since: Option<Timestamp>,
}

impl<'a> StateJson<'a> {
    /// The JSON of a state.
    pub fn new(state: &'a ControlState) -> Self {
        Self {
            account: state.place.account.as_deref(),
            region: state.place.region.as_deref(),
            control: &state.control,
            state: &state.state,
            since: state.since,
        }
    }
}

/// One blind window.
#[derive(Debug, Serialize)]
pub struct WindowJson<'a> {
    control: &'a Control,
    account: Option<&'a str>,
    region: Option<&'a str>,
    from: Timestamp,
    to: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    still_open: Option<&'static str>,
    opened_by: String,
    closed_by: Option<String>,
    invocations: Vec<String>,
}

impl<'a> WindowJson<'a> {
    /// The JSON of a window; the ids of the events inside come from the case.
    pub fn new(window: &'a BlindWindow, invocations: Vec<String>) -> Self {
        Self {
            control: &window.control,
            account: window.place.account.as_deref(),
            region: window.place.region.as_deref(),
            from: window.from,
            to: window.to,
            still_open: open_words(window),
            opened_by: window.opened_by.uid(),
            closed_by: window.closed_by.map(|evidence| evidence.uid()),
            invocations,
        }
    }
}

/// Why a window is open at the end of the evidence; `None` when it is not.
pub const fn open_words(window: &BlindWindow) -> Option<&'static str> {
    match (window.to, window.mute) {
        (Some(_), _) => None,
        (None, true) => Some("still open: logging is on, but text is not delivered"),
        (None, false) => Some("still open"),
    }
}

/// A control in a few words: `invocation logging`, `guardrail gr1`, `log group /g`.
pub fn control_words(control: &Control) -> String {
    let kind = match control.kind {
        // The Region stands beside it.
        ControlKind::InvocationLogging => return "invocation logging".to_owned(),
        ControlKind::ModelAccess if control.id == "use case" => return "use case form".to_owned(),
        ControlKind::Enforcement => "enforcement",
        ControlKind::ReasoningPolicy => "reasoning policy",
        ControlKind::ModelAccess => "model",
        ControlKind::LogBucket => "log bucket",
        ControlKind::LogGroup => "log group",
        ControlKind::EventDataStore => "data store",
        ControlKind::Guardrail | ControlKind::Trail => control.kind.name(),
    };
    format!("{kind} {}", control.id).trim_end().to_owned()
}

/// The word of a change for a person: what did not happen is told so.
pub fn change_words(change: &ControlChange) -> String {
    match (change.outcome, change.change) {
        (Outcome::Ok, word) | (_, word @ Change::Attempted) => word.name().to_owned(),
        (_, word) => format!("not {word}"),
    }
}
