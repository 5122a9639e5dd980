//! Process telemetry of endpoints (FORMATS §5): who ran which command line where. A product's form is one file and one
//! line in the table below; the Linux audit log is text and has a door of its own.

mod auditd;
mod call;
mod crowdstrike;
mod defender;
mod jamf;
mod osquery;
mod plain;
mod security;
mod shell;
mod sysmon;
mod verb;
mod windows;
mod words;

use std::borrow::Cow;

pub(super) use auditd::{AuditId, id_of as audit_id, is_record as is_audit_record};
pub use call::CommandCall;
pub(super) use osquery::{Row, rows as osquery_rows};
pub use verb::VerbClass;

use super::address::Mentions;
use super::decoded::{Decoded, Searchable, Text};
use super::json::{Tape, Value};
use super::one_line::one_line;
use crate::model::{EntityKind, Outcome, Strand, Timestamp};

/// How one product writes a process start.
trait Form: Sync {
    /// Is the record of this form?
    fn is(&self, record: Value<'_>) -> bool;

    /// Reads it.
    fn read<'a>(&self, record: Value<'a>) -> Process<'a>;
}

/// Every form. The first that fits is taken.
const FORMS: &[&dyn Form] = &[
    &jamf::Telemetry,
    &jamf::Legacy,
    &osquery::Results,
    &sysmon::Sysmon,
    &security::ProcessCreation,
    &crowdstrike::ProcessRollup,
    &defender::ProcessEvents,
    &plain::Plain,
];

/// A process start, or what else an endpoint's log says.
#[derive(Default)]
struct Process<'a> {
    time: Option<Timestamp>,
    host: Option<Text<'a>>,
    user: Option<Text<'a>>,
    /// The address it came from, where a login says it.
    ip: Option<Text<'a>>,
    outcome: Outcome,
    what: What<'a>,
    /// Further text to search.
    more: Vec<Text<'a>>,
}

/// What happened.
enum What<'a> {
    /// Run: the arguments one by one, the program first.
    Arguments(Vec<Text<'a>>),
    /// Run: one line.
    Line(Text<'a>),
    /// Run: arguments joined by commas, which cannot be told from commas in them.
    Commas(Text<'a>),
    /// Run: several lines in one record, in order.
    Lines(Vec<Text<'a>>),
    /// Run, but the log kept the program only.
    Program(Text<'a>),
    /// No command was run.
    Other { action: Text<'a>, detail: Text<'a> },
}

impl Default for What<'_> {
    fn default() -> Self {
        Self::Line(Cow::Borrowed(""))
    }
}

impl<'a> What<'a> {
    /// The arguments of each command that was run.
    fn commands(&self) -> Vec<Vec<String>> {
        match self {
            Self::Arguments(arguments) => vec![arguments.iter().map(|word| word.clone().into_owned()).collect()],
            Self::Line(line) => vec![words::arguments(line)],
            Self::Commas(line) => vec![words::comma_joined(line)],
            Self::Lines(lines) => lines.iter().map(|line| words::arguments(line)).collect(),
            Self::Program(program) => vec![vec![program.clone().into_owned()]],
            Self::Other { .. } => Vec::new(),
        }
    }

    /// What was run as text: one line, or a line for each command.
    fn into_line(self) -> Text<'a> {
        match self {
            Self::Arguments(arguments) => words::quoted(&arguments).into(),
            Self::Line(line) | Self::Commas(line) | Self::Program(line) | Self::Other { detail: line, .. } => line,
            Self::Lines(lines) => lines.join("\n").into(),
        }
    }

    /// For a list: what was run, or what happened.
    fn detail(&self) -> String {
        match self {
            Self::Arguments(arguments) => one_line(&words::quoted(arguments), LONGEST),
            Self::Line(line) | Self::Commas(line) | Self::Other { detail: line, .. } => one_line(line, LONGEST),
            Self::Lines(lines) => one_line(&format!("{} commands: {}", lines.len(), lines.join("; ")), LONGEST),
            Self::Program(program) => one_line(&format!("{program} (its command line was not recorded)"), LONGEST),
        }
    }
}

/// The longest detail, in characters.
const LONGEST: usize = 400;

fn form_of(record: Value<'_>) -> Option<&'static dyn Form> {
    FORMS.iter().copied().find(|form| form.is(record))
}

/// Is the record process telemetry that we can read?
pub(super) fn is_known(record: Value<'_>) -> bool {
    form_of(record).is_some()
}

/// Decodes one JSON record.
pub(super) fn decode(record: Value<'_>) -> Decoded<'_> {
    match form_of(record) {
        Some(form) => assemble(form.read(record)),
        None => Decoded::undecodable("no known process telemetry"),
    }
}

/// Decodes a record of the Linux audit log: text, not JSON.
pub(super) fn decode_audit(record: &[u8]) -> Decoded<'_> {
    assemble(auditd::read(record))
}

/// The call of the AWS CLI that a record of process telemetry holds; of several the first, or the first that deletes.
pub fn command_call(record: &[u8]) -> Option<CommandCall> {
    let mut tape = Tape::new();
    let process = if is_audit_record(record) {
        auditd::read(record)
    } else {
        tape.parse(record);
        let root = tape.root(record);
        form_of(root)?.read(root)
    };
    let calls = process.what.commands().iter().flat_map(|words| shell::calls(words)).collect();
    Some(CommandCall { line: process.what.into_line().into_owned(), ..shell::foremost(calls)? })
}

/// The call of the AWS CLI in a command line, such as an endpoint event's detail; of several the first, or the first
/// that deletes.
pub fn command_call_of_line(line: &str) -> Option<CommandCall> {
    Some(CommandCall { line: line.to_owned(), ..shell::foremost(shell::calls(&words::arguments(line)))? })
}

/// An event from what a form has read.
fn assemble(process: Process<'_>) -> Decoded<'_> {
    let Process { time, host, user, ip, outcome, what, more } = process;
    let commands = what.commands();
    let action = match &what {
        What::Other { action, .. } => Some(action.clone()),
        _ => commands.first().and_then(|words| words.first()).map(|program| words::program_name(program).to_owned().into()),
    };
    let who = (host.as_deref(), user.as_deref());
    let mut decoded = Decoded {
        time,
        strand: Some(Strand::Endpoint),
        outcome,
        principal: match who {
            (Some(host), Some(user)) => Some(format!("{host}/{user}").into()),
            (Some(one), None) | (None, Some(one)) => Some(one.to_owned().into()),
            (None, None) => None,
        },
        actor: match who {
            (Some(host), Some(user)) => Some(format!("host/{host}/user/{user}").into()),
            (Some(host), None) => Some(format!("host/{host}").into()),
            (None, Some(user)) => Some(format!("user/{user}").into()),
            (None, None) => None,
        },
        action,
        ip,
        ..Decoded::default()
    };
    decoded.host = host;
    add_calls(&mut decoded, commands.iter().flat_map(|words| shell::calls(words)).collect());
    // Joined here, so that it is joined once.
    let what = if let What::Arguments(arguments) = what { What::Line(words::quoted(&arguments).into()) } else { what };
    decoded.detail = Some(what.detail()).filter(|detail| !detail.is_empty()).map(Cow::Owned);
    decoded.searchable.push(Searchable::Text(what.into_line()));
    decoded.searchable.extend(more.into_iter().map(Searchable::Text));
    decoded
}

/// Adds what the calls of the AWS CLI name: the foremost gives the columns, all of them are mentioned.
fn add_calls(decoded: &mut Decoded<'_>, calls: Vec<CommandCall>) {
    let mut mentions: Mentions<'_> = Vec::new();
    for call in &calls {
        call.mention(&mut mentions);
    }
    mentions.sort_unstable();
    mentions.dedup();
    let Some(call) = shell::foremost(calls) else { return };
    decoded.model = mentions.iter().find(|(kind, _)| *kind == EntityKind::Model).map(|(_, model)| model.clone());
    decoded.bucket = call.bucket().map(Cow::Owned);
    decoded.mentions = mentions;
    decoded.action = Some(call.verb().unwrap_or(AWS).to_owned().into());
    decoded.service = call.service.map(Cow::Owned);
    decoded.region = call.region.map(Cow::Owned);
}

/// The action of a call that names no operation.
const AWS: &str = "aws";

#[cfg(test)]
mod tests;
