//! How well an event fits a command: the user agent, what both name, where, and how far apart.

use super::names::{is_global, named_by, sources};
use crate::decode::CommandCall;
use crate::model::{Entity, EntityKind, Event, Name};

/// A command has its echo within so many milliseconds, before or after: clocks of computers are wrong, and calls take time.
pub(super) const REACH: i64 = 5 * 60 * 1000;
/// Beyond this nothing is sure.
const NEAR: i64 = 90 * 1000;

/// An event that may be a command's echo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// The higher, the better.
    pub(super) score: i64,
    /// Nothing else is likely.
    pub(super) sure: bool,
    /// In words, without an end.
    pub(super) why: String,
    /// Milliseconds from the command to the event.
    pub(super) after: i64,
}

/// Things that a command and its echo name alike. A role or a model may be written in ways that do not compare.
const TELLING: [EntityKind; 5] = [EntityKind::Guardrail, EntityKind::Agent, EntityKind::KnowledgeBase, EntityKind::Bucket, EntityKind::Key];

/// Points for an event at the same moment; it loses one a second.
const MOMENT: i64 = 300;
const COMMAND: i64 = 500;
const CLI: i64 = 200;
const SAME: i64 = 300;

/// The most points that an event this far away can have, when the call names so many things.
pub(super) fn at_most(named: usize, away: i64) -> i64 {
    MOMENT + COMMAND + CLI + SAME * named.min(3) as i64 - away / 1000
}

/// What rules an event out without a look at what it mentions: another command, another Region.
pub(super) fn is_ruled_out(call: &CommandCall, event: &Event) -> bool {
    let (Some(service), Some(operation)) = (call.service.as_deref(), call.operation.as_deref()) else { return true };
    let differs = |named: &Option<String>, found: &Option<Name>| named.as_deref().zip(found.as_deref()).is_some_and(|(named, found)| named != found);
    let other_region = !is_global(service) && differs(&call.region, &event.region);
    other_region || named_by(event.user_agent.as_deref().unwrap_or_default()).is_some_and(|told| *told != format!("{service}.{operation}"))
}

/// How the event fits the command; `None` when it cannot be its echo. `named` is what the call names, `mentions` what the
/// event does.
pub(super) fn fit(call: &CommandCall, named: &[(EntityKind, String)], command: &Event, event: &Event, mentions: &[Entity]) -> Option<Fit> {
    let after = event.time?.as_millis() - command.time?.as_millis();
    let service = call.service.as_deref()?;
    if after.abs() > REACH || is_ruled_out(call, event) {
        return None;
    }
    let mut same: Vec<&(EntityKind, String)> = Vec::new();
    for entity in named {
        let mut of_kind = mentions.iter().filter(|mention| mention.kind == entity.0).peekable();
        let is_any = of_kind.peek().is_some();
        if of_kind.any(|mention| *mention.value == *entity.1) {
            same.push(entity);
        } else if is_any && TELLING.contains(&entity.0) {
            // Both name a guardrail, and not the same one. A copy has two buckets: one must fit.
            let other_fits = named.iter().any(|(kind, value)| *kind == entity.0 && mentions.iter().any(|m| m.kind == *kind && *m.value == **value));
            if !other_fits {
                return None;
            }
        }
    }
    let user_agent = event.user_agent.as_deref().unwrap_or_default();
    let is_cli = user_agent.contains("aws-cli");
    // Another command was ruled out.
    let is_command = named_by(user_agent).is_some();
    let is_telling = same.iter().any(|(kind, _)| TELLING.contains(kind) || *kind == EntityKind::Object);
    // Another program made this call; only what it names can make it the same.
    if !user_agent.is_empty() && !is_cli && !is_telling {
        return None;
    }
    let is_source = event.service.as_deref().is_some_and(|source| sources(service).map_or(source == service, |known| known.contains(&source)));
    if !is_source && (sources(service).is_some() || !(is_command || is_telling)) {
        return None;
    }
    let mut why = Vec::new();
    if is_command {
        why.push("the user agent names this command".to_owned());
    } else if is_cli {
        why.push("made with the AWS CLI".to_owned());
    } else if !user_agent.is_empty() {
        why.push("made with another program".to_owned());
    }
    why.extend(same.iter().take(2).map(|(kind, value)| format!("same {kind} {value}")));
    why.push(apart(after));
    let mut score = MOMENT - after.abs() / 1000;
    if after < -10_000 {
        score -= 60;
    }
    score += COMMAND * i64::from(is_command) + CLI * i64::from(is_cli) + SAME * same.len().min(3) as i64;
    if !user_agent.is_empty() && !is_cli {
        score -= 400;
    }
    let sure = after.abs() <= NEAR && (is_command || (is_cli && is_telling));
    Some(Fit { score, sure, why: why.join(", "), after })
}

/// `2 s later`.
fn apart(after: i64) -> String {
    let seconds = (after.abs() + 500) / 1000;
    let length = if seconds < 120 { format!("{seconds} s") } else { format!("{} min", (seconds + 30) / 60) };
    match after {
        _ if seconds == 0 => "at the same moment".into(),
        1.. => format!("{length} later"),
        _ => format!("{length} before"),
    }
}
