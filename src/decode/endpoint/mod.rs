//! Process telemetry of endpoints (FORMATS §5): who ran which command line where. A product's form is one file and one
//! line in the table below.

mod aws_cli;
mod jamf;
mod plain;
mod words;

use std::borrow::Cow;

use super::address::Mentions;
use super::decoded::{Decoded, Searchable, Text};
use super::json::Value;
use super::one_line::one_line;
use crate::model::{EntityKind, Outcome, Strand, Timestamp};

/// How one product writes a process start.
trait Form: Sync {
    /// Is the record of this form?
    fn is(&self, record: Value<'_>) -> bool;

    /// Reads it.
    fn read<'a>(&self, record: Value<'a>) -> Process<'a>;
}

/// Every form.
const FORMS: &[&dyn Form] = &[&jamf::Telemetry, &plain::Plain];

/// A process start.
struct Process<'a> {
    time: Option<Timestamp>,
    host: Option<Text<'a>>,
    user: Option<Text<'a>>,
    command: Command<'a>,
}

/// What was run.
enum Command<'a> {
    /// The arguments one by one, the program first.
    Arguments(Vec<Text<'a>>),
    /// One line.
    Line(Text<'a>),
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

/// Decodes one process start.
pub(super) fn decode(record: Value<'_>) -> Decoded<'_> {
    let Some(form) = form_of(record) else { return Decoded::undecodable("no known process telemetry") };
    let process = form.read(record);
    let (line, arguments) = match process.command {
        Command::Arguments(arguments) => (Cow::Owned(words::quoted(&arguments)), arguments.into_iter().map(Cow::into_owned).collect()),
        Command::Line(line) => {
            let arguments = words::split(&line);
            (line, arguments)
        }
    };
    let who = (process.host.as_deref(), process.user.as_deref());
    let mut decoded = Decoded {
        time: process.time,
        strand: Some(Strand::Endpoint),
        outcome: Outcome::Ok,
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
        detail: Some(one_line(&line, LONGEST).into()),
        ..Decoded::default()
    };
    match aws_cli::Call::of(&arguments) {
        Some(call) => add_call(&mut decoded, call),
        None => decoded.action = arguments.first().map(|program| words::program_name(program).to_owned().into()),
    }
    decoded.host = process.host;
    decoded.searchable.push(Searchable::Text(line));
    decoded
}

fn add_call<'a>(decoded: &mut Decoded<'a>, call: aws_cli::Call) {
    let mut mentions: Mentions<'a> = Vec::new();
    call.mention(&mut mentions);
    mentions.sort_unstable();
    mentions.dedup();
    decoded.model = mentions.iter().find(|(kind, _)| *kind == EntityKind::Model).map(|(_, model)| model.clone());
    decoded.bucket = call.bucket().map(Cow::Owned);
    decoded.mentions = mentions;
    decoded.action = Some(call.verb().map_or("aws".to_owned(), str::to_owned).into());
    decoded.service = call.service.map(Cow::Owned);
    decoded.region = call.region.map(Cow::Owned);
}

#[cfg(test)]
mod tests;
