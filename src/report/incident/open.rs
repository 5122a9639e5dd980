//! What is open: what is not known, how things stand as far as the case tells, and what to look at next. It stands behind the summary.
//! Each sentence rests on records of the case, or on their absence; nothing is advised that they do not carry.

use std::collections::HashSet;

use serde::Serialize;

use super::chosen::Chosen;
use super::contact::Used;
use super::controls::{Defences, later_words, short};
use super::words::{Words, counted};
use super::{Options, seconds};
use crate::case::{Reader, Result};
use crate::model::{
    BodyState, ControlChange, ControlKind, Entity, EntityKind, Event, EventId, EventRef, Name, Outcome, Scope, Standing, Strand, StrandSet, TimeRange,
};
use crate::report::{control_words, grouped};

/// Changes of one kind by IAM that are looked at, and exchanges whose bodies are looked for.
const LOOKED_AT: usize = 20_000;
/// Rights told.
const RIGHTS: usize = 12;
/// Callers named of an address's other events.
const NAMED: usize = 3;

/// What gives somebody rights, and what takes them back.
const RIGHTS_GIVEN: [(&str, &[&str]); 15] = [
    ("CreateUser", &["DeleteUser"]),
    ("CreateRole", &["DeleteRole"]),
    ("CreateAccessKey", &["DeleteAccessKey", "UpdateAccessKey"]),
    ("CreateLoginProfile", &["DeleteLoginProfile"]),
    ("CreateServiceSpecificCredential", &["DeleteServiceSpecificCredential", "UpdateServiceSpecificCredential"]),
    ("AttachUserPolicy", &["DetachUserPolicy"]),
    ("AttachRolePolicy", &["DetachRolePolicy"]),
    ("AttachGroupPolicy", &["DetachGroupPolicy"]),
    ("PutUserPolicy", &["DeleteUserPolicy"]),
    ("PutRolePolicy", &["DeleteRolePolicy"]),
    ("PutGroupPolicy", &["DeleteGroupPolicy"]),
    ("AddUserToGroup", &["RemoveUserFromGroup"]),
    ("CreatePolicyVersion", &["DeletePolicyVersion", "SetDefaultPolicyVersion"]),
    ("UpdateAssumeRolePolicy", &["UpdateAssumeRolePolicy"]),
    ("UpdateLoginProfile", &["UpdateLoginProfile", "DeleteLoginProfile"]),
];

/// What is open.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Open {
    /// What is not known.
    pub unknown: Vec<Words>,
    /// How things stand when the evidence ends.
    pub standing: Vec<Words>,
    /// What to look at next.
    pub next: Vec<Words>,
}

pub(super) fn tell(reader: &mut Reader, chosen: &Chosen, options: &Options, defences: &Defences, used: &[Used]) -> Result<Open> {
    let mut open = Open::default();
    if chosen.refs.is_empty() {
        return Ok(open);
    }
    unknown(reader, chosen, options, defences, used, &mut open)?;
    keys(reader, options, used, &mut open)?;
    rights(reader, chosen, options, &mut open)?;
    controls(defences, &mut open);
    next(reader, chosen, options, used, &mut open)?;
    Ok(open)
}

fn unknown(reader: &mut Reader, chosen: &Chosen, options: &Options, defences: &Defences, used: &[Used], open: &mut Open) -> Result<()> {
    for contact in used.iter().flat_map(|used| &used.contacts) {
        let is_key = contact.credential.kind == EntityKind::Key;
        let said = Words::new("Who called from ").value(options.secrets.text(&contact.address));
        let said = said.say(if is_key { ", and how they came by " } else { " as " }).value(options.secrets.text(&contact.credential.value));
        open.unknown.push(said.say(": no record of the case tells."));
    }
    let own: HashSet<EventId> = chosen.refs.iter().map(|event| event.id).collect();
    let mut unseen: HashSet<EventId> = HashSet::new();
    for window in defences.windows() {
        let calls = window.invocations.iter().filter(|event| own.contains(&event.id)).count() as u64;
        if calls == 0 {
            continue;
        }
        let until = window.to.map(|to| format!(" until {} UTC", seconds(to))).unwrap_or_default();
        let (what, off) = if window.control.kind == ControlKind::Trail {
            ("Who made ", "the trail")
        } else {
            unseen.extend(window.invocations.iter().map(|event| event.id));
            ("What was asked and answered in ", "invocation logging")
        };
        let mut said = Words::new(format!("{what}{}: {off} ", counted(calls, "model call")));
        if let Some(region) = window.place.region.as_deref() {
            said = said.say("of ").value(region).say(" ");
        }
        open.unknown.push(said.say(format!("was off from {}{until}.", seconds(window.from))));
    }
    let others: Vec<&EventRef> = chosen.unrecorded.iter().filter(|event| !unseen.contains(&event.id)).collect();
    if !others.is_empty() {
        let failed = others.iter().filter(|event| event.outcome() != Outcome::Ok).count();
        let calls = counted(others.len() as u64, if unseen.is_empty() { "model call" } else { "further model call" });
        let which = match (others.len(), failed) {
            (_, 0) => String::new(),
            (1, _) => ", which failed".to_owned(),
            (all, failed) if all == failed => ", all of which failed".to_owned(),
            (_, failed) => format!(", of which {} failed", grouped(failed as u64)),
        };
        let has = if others.len() == 1 { "it has" } else { "they have" };
        open.unknown.push(Words::new(format!("What was asked in {calls}{which}: {has} no invocation record.")));
    }
    let (elsewhere, nowhere) = bodies(reader, chosen)?;
    if elsewhere > 0 {
        let said = format!("The full text of {}: it lies in S3, in files that the case does not hold.", counted(elsewhere, "exchange"));
        open.unknown.push(Words::new(said));
    }
    if nowhere > 0 {
        let (records, hold) = (counted(nowhere, "invocation record"), if nowhere == 1 { "holds" } else { "hold" });
        open.unknown.push(Words::new(format!("What was said in calls that succeeded, where the record has no text: {records} {hold} none.")));
    }
    let totals = reader.totals()?;
    for missing in super::coverage::absent(&totals) {
        open.unknown.push(Words::new(format!("What {missing} would tell: the case holds none.")));
    }
    Ok(())
}

/// How many exchanges have bodies in S3 that are not in the case, and how many that succeeded have none at all.
fn bodies(reader: &mut Reader, chosen: &Chosen) -> Result<(u64, u64)> {
    let records = chosen.refs.iter().filter(|event| event.strand() == Strand::Invocation && event.outcome() == Outcome::Ok);
    let ids: Vec<EventId> = records.take(LOOKED_AT).map(|event| event.id).collect();
    let facts = reader.facts(&ids)?;
    let of = |state: BodyState| ids.iter().zip(&facts).filter(move |(_, facts)| facts.as_ref().is_some_and(|facts| facts.body == state));
    let nowhere = of(BodyState::Absent).count() as u64;
    let in_s3: Vec<EventId> = of(BodyState::S3).map(|(id, _)| *id).collect();
    let mut elsewhere = 0;
    for event in reader.events(&in_s3)? {
        let is_stored = event.request_id.as_deref().is_some_and(|request| reader.sides_stored(request).is_ok_and(|sides| !sides.is_empty()));
        elsewhere += u64::from(!is_stored);
    }
    Ok((elsewhere, nowhere))
}

/// The long-term keys that were used: whether somebody switched them off.
fn keys(reader: &mut Reader, options: &Options, used: &[Used], open: &mut Open) -> Result<()> {
    for Used { credential, last, .. } in used.iter().filter(|used| used.credential.kind == EntityKind::Key) {
        let when = last.map(|time| format!(" was last used {}", seconds(time))).unwrap_or_default();
        let said = Words::new("Access key ").value(options.secrets.text(&credential.value)).say(when);
        let about = changes(reader, &["UpdateAccessKey", "DeleteAccessKey"], Some(credential), TimeRange::default(), &|_| true)?;
        // Not every call that names the key is about it: it may have been made with it.
        let names = |event: &&Event| event.detail.as_deref().is_some_and(|detail| detail.split(' ').any(|word| *word == *credential.value));
        open.standing.push(match about.iter().rfind(names) {
            Some(event) => then(reader, said.say(if event.time < *last { "; " } else { "; then " }), event, options),
            None => said.say("; no record shows that it was switched off."),
        });
    }
    Ok(())
}

/// What was done to it: `UpdateAccessKey (Inactive) … by …`.
fn then(reader: &mut Reader, said: Words, event: &Event, options: &Options) -> Words {
    let status = status(reader, event).map(|status| format!(" ({status})")).unwrap_or_default();
    let what = format!("{}{status}", event.action.as_deref().unwrap_or_default());
    by(said.value(options.secrets.text(&what)), event, options).say(".")
}

/// What `UpdateAccessKey` set.
fn status(reader: &mut Reader, event: &Event) -> Option<String> {
    let record: serde_json::Value = serde_json::from_slice(&reader.record(event).ok()?).ok()?;
    Some(record.get("requestParameters")?.get("status")?.as_str()?.to_owned())
}

/// Users, keys and rights that were made or given, and what became of them.
fn rights(reader: &mut Reader, chosen: &Chosen, options: &Options, open: &mut Open) -> Result<()> {
    let own: HashSet<EventId> = chosen.refs.iter().map(|event| event.id).collect();
    let mut given: Vec<(Event, &[&str])> = Vec::new();
    for (action, undone) in RIGHTS_GIVEN {
        let done = changes(reader, &[action], None, TimeRange::default(), &|event| own.contains(&event.id))?.into_iter();
        given.extend(done.map(|event| (event, undone)));
    }
    given.sort_by_key(|(event, _)| (event.time, event.id));
    for (event, undone) in given.iter().take(RIGHTS) {
        let safe = options.secrets.event(event.clone());
        let said = Words::default().value(safe.action.as_deref().unwrap_or_default()).say(" ");
        let said = by(said.value(safe.detail.as_deref().unwrap_or_default()), event, options);
        let since = TimeRange { since: event.time, until: None };
        let later = changes(reader, undone, None, since, &|later| later.id != event.id)?.into_iter().rfind(|later| is_about(event, later));
        open.standing.push(match later {
            Some(later) => then(reader, said.say("; then "), &later, options),
            None => said.say("; no record shows that it was taken back."),
        });
    }
    if given.len() > RIGHTS {
        open.standing.push(Words::new("More users, keys or rights were made or given: the timeline has them."));
    }
    Ok(())
}

/// `user alice policy Admin`: two of these are about the same when they agree in what both name.
fn is_about(given: &Event, undone: &Event) -> bool {
    let pairs = |event: &Event| {
        let words: Vec<String> = event.detail.as_deref().unwrap_or_default().split(' ').map(str::to_owned).collect();
        words.chunks_exact(2).filter_map(|pair| Some((pair.first()?.clone(), pair.get(1)?.clone()))).collect::<Vec<_>>()
    };
    let (given, undone) = (pairs(given), pairs(undone));
    let mut common = 0;
    for (kind, name) in &given {
        if let Some((_, other)) = undone.iter().find(|(known, _)| known == kind) {
            if other != name {
                return false;
            }
            common += 1;
        }
    }
    common > 0
}

/// Changes by IAM that succeeded, in order of time.
fn changes(
    reader: &mut Reader,
    actions: &[&str],
    about: Option<&Entity>,
    range: TimeRange,
    wanted: &dyn Fn(&EventRef) -> bool,
) -> Result<Vec<Event>> {
    let mut found: Vec<Event> = Vec::new();
    for action in actions {
        let mut scope = Scope { range, strands: StrandSet::only(Strand::Management), ..Scope::all() };
        scope = scope.narrowed(Entity::new(EntityKind::Action, *action));
        if let Some(entity) = about {
            scope = scope.narrowed(entity.clone());
        }
        let refs = reader.refs(&scope)?;
        let ids: Vec<EventId> =
            refs.iter().filter(|event| event.outcome() == Outcome::Ok && wanted(event)).map(|event| event.id).take(LOOKED_AT).collect();
        found.extend(reader.events(&ids)?.into_iter().filter(|event| event.service.as_deref() == Some("iam")));
    }
    found.sort_by_key(|event| (event.time, event.id));
    Ok(found)
}

fn by(said: Words, event: &Event, options: &Options) -> Words {
    let time = event.time.map(|time| format!(" {}", seconds(time))).unwrap_or_default();
    match event.actor.as_deref() {
        Some(actor) => said.say(format!("{time} by ")).value(options.secrets.text(short(actor))),
        None => said.say(time),
    }
}

/// Defences that the report's events moved, and access to models that they opened.
fn controls(defences: &Defences, open: &mut Open) {
    let region = |change: &ControlChange| change.place.region.clone();
    let mut access: Vec<(String, Vec<Name>)> = Vec::new();
    for change in defences.left() {
        let later = defences.later(&change.place, &change.control, change.time());
        let Some((standing, state)) = &change.state else { continue };
        if change.control.kind == ControlKind::ModelAccess && later.is_none() && *standing != Standing::Down {
            let words = format!("{} ({state})", control_words(&change.control));
            match access.iter_mut().find(|(known, _)| *known == words) {
                Some((_, regions)) => regions.extend(region(change)),
                None => access.push((words, region(change).into_iter().collect())),
            }
        } else if matches!(standing, Standing::Down | Standing::Weak) {
            let mut said = Words::default().value(control_words(&change.control));
            if let Some(region) = region(change) {
                said = said.say(" of ").value(region);
            }
            let since = change.time().map(|time| format!(" since {}", seconds(time))).unwrap_or_default();
            open.standing.push(match later {
                Some((later, more)) => said.say(format!(": {state}{since}; then {}.", later_words(later, more))),
                None => said.say(format!(": {state}{since}; no later change is in the case.")),
            });
        }
    }
    for (what, regions) in access {
        let said = Words::default().value(what).say(if regions.is_empty() { "" } else { " in " }).values(regions);
        open.standing.push(said.say(": no record shows that it was given up."));
    }
}

fn next(reader: &mut Reader, chosen: &Chosen, options: &Options, used: &[Used], open: &mut Open) -> Result<()> {
    let own: HashSet<EventId> = chosen.refs.iter().map(|event| event.id).collect();
    let mut asked: HashSet<&Name> = HashSet::new();
    for contact in used.iter().flat_map(|used| &used.contacts).filter(|contact| asked.insert(&contact.address)) {
        let all = reader.refs(&Scope::all().narrowed(Entity { kind: EntityKind::Ip, value: contact.address.clone() }))?;
        let others: Vec<EventRef> = all.iter().filter(|event| !own.contains(&event.id)).copied().collect();
        let address = options.secrets.text(&contact.address).into_owned();
        if others.is_empty() {
            open.next.push(Words::new("The case has nothing else from ").value(address).say("; other accounts and logs may."));
            continue;
        }
        let mut who = reader.tally(&others, [EntityKind::Actor])?;
        who.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        let mut said = Words::new(format!("{} from ", counted(others.len() as u64, "more event"))).value(address).say(" ");
        said = said.say(if others.len() == 1 { "is not told here: by " } else { "are not told here: by " });
        for (at, ([actor], count)) in who.iter().take(NAMED).enumerate() {
            let actor = actor.as_deref().unwrap_or("somebody not named");
            said = said.say(if at == 0 { "" } else { ", " }).value(options.secrets.text(actor)).say(format!(" ×{}", grouped(*count)));
        }
        open.next.push(said.say(if who.len() > NAMED { " and others." } else { "." }));
    }
    for Used { credential, after, .. } in used.iter().filter(|used| used.after > 0) {
        let come = if *after == 1 { "comes" } else { "come" };
        let said = Words::new(format!("{} by ", counted(*after, "call"))).value(options.secrets.text(&credential.value));
        open.next.push(said.say(format!(" {come} after the last event told here.")));
    }
    if let Some((_, end)) = reader.totals()?.span {
        let what = if open.standing.is_empty() { "what came later" } else { "what came later, and whether the above is still so" };
        open.next.push(Words::new(format!("The evidence ends {} UTC: {what}, only newer logs and the account itself tell.", seconds(end))));
    }
    Ok(())
}
