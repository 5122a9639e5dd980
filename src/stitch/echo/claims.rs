//! Which of several commands an event belongs to: to one, that nearest to it which fits it best. A command that finds the
//! event of its own taken may have the next one, but only from a command run at the same moment: of two that were run apart
//! the nearer one made all the calls around it.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::fit::{Fit, REACH, fit};
use super::{AT_ONCE, Asked, Echoes, MOST, TRAIL, asked, call_of, fitting, ids, names};
use crate::case::{Reader, Result};
use crate::decode::CommandCall;
use crate::model::{Entity, EntityKind, Event, EventId, Strand, StrandSet};

/// A shell and the program that it starts, or two logs of one start, are this near to each other.
const SAME_RUN: i64 = 1_000;
/// So many rivals are asked for events of their own, for one command.
const MOST_ASKED: usize = 32;
/// Events whose claims are kept for the next question: those around a page of commands.
const KEPT: usize = 192;

/// A command that an event may belong to.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) command: Event,
    pub(super) call: CommandCall,
    pub(super) found: Fit,
}

/// Pairs of command and event in the order in which they are joined, the last one first. No two are alike.
type Rank = (i64, Reverse<i64>, bool, Reverse<EventId>, Reverse<EventId>);

fn rank(command: EventId, event: EventId, found: &Fit) -> Rank {
    // A call follows its command, so of two commands as near the earlier one made it.
    (found.score, Reverse(found.after.abs()), found.after >= 0, Reverse(command), Reverse(event))
}

impl Claim {
    fn rank(&self, event: EventId) -> Rank {
        rank(self.command.id, event, &self.found)
    }

    /// Makes several calls, also of one name.
    fn is_many(&self) -> bool {
        // A call of `s3api` may go by two names.
        self.call.service.as_deref() != Some("s3api") && asked(&self.call).names().len() > 1
    }

    fn is_apart(&self, command: &Event) -> bool {
        apart(&self.command, command).is_none_or(|apart| apart > AT_ONCE)
    }

    /// Is this the other command, told twice?
    pub(super) fn is_run_of(&self, command: &Event, call: &CommandCall) -> bool {
        let told = |event: &Event| (event.source, event.detail.clone());
        let what = |call: &CommandCall| (call.service.clone(), call.operation.clone(), call.region.clone(), call.operands.clone());
        self.command.host == command.host
            && apart(&self.command, command).is_some_and(|apart| apart <= SAME_RUN)
            // One log that has one line twice saw two runs.
            && told(&self.command) != told(command)
            && what(&self.call) == what(call)
            && self.call.options == call.options
    }
}

fn apart(one: &Event, other: &Event) -> Option<i64> {
    Some((one.time?.as_millis() - other.time?.as_millis()).abs())
}

/// The commands around events, the best first.
pub(super) type Claims = HashMap<EventId, Arc<[Claim]>>;

/// What was learnt while one question is answered.
pub(super) struct Search {
    claims: Claims,
    /// Has the command an event that fits it better than this one?
    better: HashMap<(EventId, EventId), bool>,
    /// Rivals that may still be asked.
    left: usize,
}

impl Search {
    /// Begins with what the last one learnt.
    pub(super) fn new(known: Claims) -> Self {
        let claims = if known.len() > KEPT { HashMap::new() } else { known };
        Self { claims, better: HashMap::new(), left: MOST_ASKED }
    }

    /// What the next one may begin with.
    pub(super) fn end(self) -> Claims {
        self.claims
    }

    /// The commands that an event may belong to, the best first.
    pub(super) fn claims(&mut self, reader: &mut Reader, event: &Event) -> Result<Arc<[Claim]>> {
        if let Some(known) = self.claims.get(&event.id) {
            return Ok(Arc::clone(known));
        }
        let mut claims = Vec::new();
        if let (Some(at), Some(action)) = (event.time, event.action.as_deref())
            && TRAIL.contains(event.strand)
        {
            let verbs = std::iter::once(names::verb(action)).chain(names::s3_verbs(action).iter().map(|verb| (*verb).to_owned()));
            let verbs: Vec<Entity> = verbs.map(|verb| Entity::new(EntityKind::Action, verb)).collect();
            let near = reader.near(at, REACH, StrandSet::only(Strand::Endpoint), &verbs, MOST)?;
            let mentions = if near.is_empty() { Vec::new() } else { reader.mentions(event.id)? };
            for command in reader.events(&ids(&near))? {
                let Some(call) = call_of(&command) else { continue };
                if asked(&call).names().iter().any(|name| names::is_named(action, name))
                    && let Some(found) = fit(&call, &call.entities(), &command, event, &mentions)
                {
                    claims.push(Claim { command, call, found });
                }
            }
        }
        claims.sort_by_key(|claim| Reverse(claim.rank(event.id)));
        let claims: Arc<[Claim]> = claims.into();
        self.claims.insert(event.id, Arc::clone(&claims));
        Ok(claims)
    }
}

/// An event that belongs to a command, and the others that would fit it, the best first.
pub(super) struct Own {
    pub(super) event: Event,
    pub(super) found: Fit,
    pub(super) others: Vec<(Event, Fit)>,
}

impl Echoes {
    /// The best event that belongs to the command; with `above`, only if it is better than that.
    pub(super) fn own(
        &mut self,
        reader: &mut Reader,
        command: &Event,
        call: &CommandCall,
        above: Option<&Rank>,
        search: &mut Search,
    ) -> Result<Option<Own>> {
        let (Asked::Any(names), Some(at)) = (asked(call), command.time) else { return Ok(None) };
        let actions = self.actions(reader, &names)?;
        // When others have all that is near, the rest is looked at.
        for all in [false, true] {
            let (mut fits, is_all) = fitting(reader, call, command, at, &actions, all)?;
            fits.sort_by_key(|(event, found)| Reverse(rank(command.id, event.id, found)));
            let mut fits = fits.into_iter();
            while let Some((event, found)) = fits.next() {
                let own = rank(command.id, event.id, &found);
                if above.is_some_and(|above| own <= *above) {
                    return Ok(None);
                }
                if !self.is_taken(reader, command, call, &event, &own, search)? {
                    return Ok(Some(Own { event, found, others: fits.collect() }));
                }
            }
            if is_all {
                break;
            }
        }
        Ok(None)
    }

    /// Does the event belong to another command? Only those that fit it better are asked, so that this comes to an end.
    fn is_taken(&mut self, reader: &mut Reader, command: &Event, call: &CommandCall, event: &Event, own: &Rank, search: &mut Search) -> Result<bool> {
        for other in search.claims(reader, event)?.iter().take_while(|other| other.rank(event.id) > *own) {
            if other.command.id == command.id || other.is_run_of(command, call) {
                continue;
            }
            if other.is_apart(command) || other.is_many() || !self.has_better(reader, other, event, search)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Has the command an event that fits it better than this one?
    fn has_better(&mut self, reader: &mut Reader, claim: &Claim, event: &Event, search: &mut Search) -> Result<bool> {
        let pair = (claim.command.id, event.id);
        if let Some(known) = search.better.get(&pair) {
            return Ok(*known);
        }
        let Some(left) = search.left.checked_sub(1) else { return Ok(false) };
        search.left = left;
        let has = self.own(reader, &claim.command, &claim.call, Some(&claim.rank(event.id)), search)?.is_some();
        search.better.insert(pair, has);
        Ok(has)
    }

    /// The place, in the list of its claims, of the command that an event belongs to.
    pub(super) fn owner(&mut self, reader: &mut Reader, event: &Event, search: &mut Search) -> Result<Option<usize>> {
        let claims = search.claims(reader, event)?;
        for (at, claim) in claims.iter().enumerate() {
            let is_free = !self.is_taken(reader, &claim.command, &claim.call, event, &claim.rank(event.id), search)?;
            if is_free && (claim.is_many() || !self.has_better(reader, claim, event, search)?) {
                return Ok(Some(at));
            }
        }
        // Nobody needs it: it is one more call of the command that fits it best.
        Ok(Some(0).filter(|_| !claims.is_empty()))
    }
}
