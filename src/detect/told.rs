//! The reverse of an echo: calls of the AWS CLI that CloudTrail has, from a computer whose command lines are in the case, though none of
//! them made the call.

use crate::case::{Reader, Result};
use crate::model::{Entity, EntityKind, Event, EventId, Name, Strand, StrandSet, Timestamp};
use crate::stitch::echo::Echoes;

/// A person's other calls from the same address, this near, say from which computer.
const REACH_MS: i64 = 86_400_000;
/// So many of them are looked at.
const MOST: usize = 64;
/// The computer's log covers a moment with a line this near …
const NEAR_MS: i64 = 15 * 60 * 1000;
/// … and with lines on both sides this near.
const BETWEEN_MS: i64 = 2 * 60 * 60 * 1000;

/// A command tells of it.
const TOLD: &str = "told";
/// None does, on the computer where this person's commands from this address are told.
const UNTOLD: &str = "untold";

/// Is the call told by a command? `None` when nobody can say: no call of the CLI, or no computer is known from which it came.
pub(super) fn told(reader: &mut Reader, echoes: &mut Echoes, event: &Event) -> Result<Option<&'static str>> {
    if !is_cli(event) {
        return Ok(None);
    }
    if !echoes.commands_of(reader, event)?.is_empty() {
        return Ok(Some(TOLD));
    }
    let (Some(at), Some(ip), Some(actor)) = (event.time, &event.ip, &event.actor) else { return Ok(None) };
    for host in hosts(reader, echoes, at, ip, actor)? {
        if covers(reader, at, host)? {
            return Ok(Some(UNTOLD));
        }
    }
    Ok(None)
}

fn is_cli(event: &Event) -> bool {
    event.strand == Strand::Management && event.user_agent.as_deref().is_some_and(|agent| agent.starts_with("aws-cli/"))
}

/// Computers where commands were run that are surely this person's calls from this address.
fn hosts(reader: &mut Reader, echoes: &mut Echoes, at: Timestamp, ip: &Name, actor: &Name) -> Result<Vec<Name>> {
    let management = StrandSet::only(Strand::Management);
    let near = reader.near(at, REACH_MS, management, &[Entity { kind: EntityKind::Ip, value: ip.clone() }], MOST)?;
    let ids: Vec<EventId> = near.iter().map(|event| event.id).collect();
    let mut hosts: Vec<Name> = Vec::new();
    for call in reader.events(&ids)? {
        if !is_cli(&call) || call.actor.as_ref() != Some(actor) {
            continue;
        }
        let commands = echoes.commands_of(reader, &call)?;
        for host in commands.into_iter().filter(|command| command.sure).filter_map(|command| command.event.host) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
    }
    Ok(hosts)
}

/// Does the case hold the computer's command lines of this time?
fn covers(reader: &mut Reader, at: Timestamp, host: Name) -> Result<bool> {
    let host = Entity { kind: EntityKind::Host, value: host };
    let (before, after) = reader.nearest(at, BETWEEN_MS, StrandSet::only(Strand::Endpoint), Some(&host))?;
    let is_near = [before, after].into_iter().flatten().any(|event| (event.millis - at.as_millis()).abs() <= NEAR_MS);
    Ok(is_near || (before.is_some() && after.is_some()))
}
