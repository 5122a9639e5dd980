//! What happened, in a few sentences: who, from where, with what, how much, what was switched off, and what is not known.

use std::collections::BTreeMap;

use super::chosen::Chosen;
use super::contact::{Used, contact_words};
use super::controls::Defences;
use super::words::{NAME, Words, counted, cut, times};
use super::{Incident, Options, Selection, seconds};
use crate::case::{Reader, Result};
use crate::decode;
use crate::model::{ControlKind, EntityKind, EventRef, Lead, Name, Outcome, Strand, StrandSet};
use crate::report::{control_words, grouped};

/// Values named in a sentence.
const NAMED: usize = 4;

pub(super) fn tell(
    reader: &mut Reader,
    chosen: &Chosen,
    options: &Options,
    defences: &Defences,
    used: &[Used],
    incident: &mut Incident,
) -> Result<()> {
    let refs = &chosen.refs;
    about(reader, chosen, options, incident)?;
    let timed = refs.get(refs.partition_point(|event| event.millis == 0)..).unwrap_or_default();
    let (Some(first), Some(last)) = (timed.first().and_then(|event| event.time()), timed.last().and_then(|event| event.time())) else {
        incident.summary.push(Words::new(if refs.is_empty() { "No event is in this selection." } else { "No event of this selection has a time." }));
        return Ok(());
    };
    let requests = chosen.requests();
    let of = |outcome: Outcome| requests.iter().filter(|event| event.outcome() == outcome).count() as u64;
    let all = requests.len() as u64;
    let mut said = Words::new(format!("Between {} and {} UTC there are {}", seconds(first), seconds(last), counted(all, "event")));
    let (denied, failed) = (of(Outcome::Denied), of(Outcome::Error));
    if denied + failed > 0 {
        let (denied_were, ok) = (if denied == 1 { "was" } else { "were" }, all - denied - failed);
        said = said.say(format!(": {} succeeded, {} {denied_were} denied, {} failed", grouped(ok), grouped(denied), grouped(failed)));
    }
    if !chosen.twins.is_empty() {
        let both = chosen.twins.len() as u64;
        let (stand, are) = if both == 1 { ("stands", "is") } else { ("stand", "are") };
        said = said.say(format!(
            ". They are told by {}: {} {stand} in CloudTrail and in the invocation log, and {are} counted once",
            counted(refs.len() as u64, "record"),
            counted(both, "model call")
        ));
    }
    // An incident begins with the first contact.
    incident.summary.extend(used.iter().flat_map(|used| &used.contacts).map(|contact| contact_words(contact, options)));
    incident.summary.push(said.say("."));
    let trail: Vec<EventRef> = requests.iter().filter(|event| event.strand() != Strand::Invocation).copied().collect();
    let who = counts(reader, &requests, EntityKind::Principal, options)?;
    if let [(one, _)] = who.as_slice() {
        incident.summary.push(Words::new("All were made by ").value(one).say("."));
    } else if !who.is_empty() {
        incident.summary.push(named(Words::new(format!("They were made by {}: ", counted(who.len() as u64, "principal"))), &who).say("."));
    }
    let mut from = Words::default();
    for (kind, words) in [(EntityKind::Key, "access key"), (EntityKind::Ip, "address"), (EntityKind::UserAgent, "client")] {
        let values = counts(reader, &trail, kind, options)?;
        if values.is_empty() {
            continue;
        }
        let begin = if from.0.is_empty() { "CloudTrail names " } else { "; " };
        let intro = if values.len() == 1 { format!("{begin}the {words} ") } else { format!("{begin}{}: ", counted(values.len() as u64, words)) };
        from = named(from.say(intro), &values);
    }
    if !from.0.is_empty() {
        incident.summary.push(from.say("."));
    }
    models(reader, chosen, &requests, options, incident)?;
    access(reader, &trail, &requests, options, incident)?;
    defended(defences, options, incident);
    if !chosen.signals.is_empty() {
        let rules: std::collections::BTreeSet<&str> = chosen.signals.iter().map(|signal| signal.rule.as_str()).collect();
        let fired = format!("{} of {} fired", counted(chosen.signals.len() as u64, "signal"), counted(rules.len() as u64, "rule"));
        incident.summary.push(leads(Words::new(fired), chosen, options).say("."));
    }
    Ok(())
}

/// The leads that signals belong to. Only those of the lead that was chosen are known to add up to it: of a scope's signals some may
/// stand alone, and others of the lead may lie outside of it.
fn leads(said: Words, chosen: &Chosen, options: &Options) -> Words {
    let Some(first) = chosen.leads.first() else { return said };
    let value = |said: Words, lead: &Lead| said.value(cut(&options.secrets.text(&lead.entity.value), NAME));
    if matches!(chosen.selection, Selection::Lead(_)) {
        let adds = format!("; they add up to a lead with a score of {} (a lead is told above {}) about ", first.score, first.threshold);
        return value(said.say(adds), first);
    }
    let count = chosen.leads.len();
    let part = chosen.signals.iter().filter(|signal| chosen.leads.iter().any(|lead| lead.signals.contains(&signal.id))).count() as u64;
    let (part, belong) = (grouped(part), if part == 1 { "belongs" } else { "belong" });
    let mut said = said.say(format!("; {part} of them {belong} to {} (told above a score of {}): ", counted(count as u64, "lead"), first.threshold));
    for (at, lead) in chosen.leads.iter().take(NAMED).enumerate() {
        said = value(said.say(if at == 0 { "" } else { ", " }), lead).say(format!(" with {}", lead.score));
    }
    if count > NAMED { said.say(format!(" and {} more", count - NAMED)) } else { said }
}

fn about(reader: &mut Reader, chosen: &Chosen, options: &Options, incident: &mut Incident) -> Result<()> {
    let safe = |text: &str| options.secrets.text(text).into_owned();
    let mut what = Words::default();
    let mut title = String::from("Incident report");
    // A page that lies among others says in its title what it is of.
    let about_one = match &chosen.selection {
        Selection::Marked => false,
        Selection::Lead(_) => !chosen.leads.is_empty(),
        Selection::Scope(scope) => scope.entities.len() == 1,
    };
    match &chosen.selection {
        Selection::Marked => what = what.say("what the analyst marked, tagged or noted"),
        Selection::Lead(_) => {
            if let Some(lead) = chosen.leads.first() {
                what = what
                    .say(format!("the lead about {} ", lead.entity.kind))
                    .value(safe(&lead.entity.value))
                    .say(": its signals, and what was done by it in their time");
                title = format!("{title}: {} {}", lead.entity.kind, safe(&lead.entity.value));
            }
        }
        Selection::Scope(scope) => {
            for (at, entity) in scope.entities.iter().enumerate() {
                what = what.say(if at == 0 { "" } else { " and " }).say(format!("{} ", entity.kind)).value(safe(&entity.value));
            }
            if let [entity] = scope.entities.as_slice() {
                title = format!("{title}: {} {}", entity.kind, safe(&entity.value));
            }
            if what.0.is_empty() {
                what = what.say("all of the case");
            }
            if scope.strands != StrandSet::ALL {
                let strands = Strand::ALL.into_iter().filter(|strand| scope.strands.contains(*strand)).map(Strand::name);
                what = what.say(format!(", only {}", strands.collect::<Vec<_>>().join(", ")));
            }
            for filter in &scope.fields {
                what = what.say(", where ").value(safe(&filter.to_string()));
            }
            if let Some(text) = &scope.text {
                what = what.say(", with a text that matches ").value(safe(&text.pattern));
            }
            if let Some(since) = scope.range.since {
                what = what.say(format!(", since {} UTC", seconds(since)));
            }
            if let Some(until) = scope.range.until {
                what = what.say(format!(", until {} UTC", seconds(until)));
            }
        }
    }
    if let (earlier @ 1.., left_out) = chosen.earlier {
        let more = if left_out > 0 { format!(" (the first of them; {} more are not told)", grouped(left_out)) } else { String::new() };
        what = what.say(format!("; with {} by the same credential from the same address before the first signal{more}", counted(earlier, "call")));
    }
    if chosen.joined > 0 {
        what = what.say(format!("; with {} of the other side of the same requests", counted(chosen.joined, "record")));
    }
    let case = reader.title()?.or_else(|| reader.path().file_name().map(|name| name.to_string_lossy().into_owned())).unwrap_or_default();
    let title = match (options.title.as_str(), about_one) {
        ("", true) => title,
        ("", false) => format!("{title}: {case}"),
        (given, _) => given.to_owned(),
    };
    incident.title = super::words::line(&title);
    incident.about = vec![
        ("About", what),
        ("Case", Words::default().value(case)),
        ("Written", Words::new(format!("{} UTC by {}", seconds(options.now), incident.program))),
        (
            "Secrets",
            Words::new(match options.secrets {
                crate::model::Secrets::Masked => "masked, with their kind and length; record digests are of the records as logged",
                crate::model::Secrets::Revealed => "SHOWN AS LOGGED: do not pass this report on without need",
            }),
        ),
    ];
    Ok(())
}

fn models(reader: &mut Reader, chosen: &Chosen, requests: &[EventRef], options: &Options, incident: &mut Incident) -> Result<()> {
    let refs = &chosen.refs;
    let (calls, without) = chosen.calls;
    let records: Vec<EventRef> = refs.iter().filter(|event| event.strand() == Strand::Invocation).copied().collect();
    if calls == 0 && records.is_empty() {
        return Ok(());
    }
    let mut tokens = [0_u64; 2];
    reader.each_tokens(refs, &mut |_, counts| {
        for (sum, count) in tokens.iter_mut().zip(counts) {
            *sum = sum.saturating_add(count);
        }
    })?;
    let mut said = Words::default();
    if calls > 0 {
        said = said.say(format!("CloudTrail tells of {}", counted(calls, "model call")));
        said = said.say(match without {
            0 => ", each with its invocation record".to_owned(),
            without if without == calls => "; no invocation record tells what was asked".to_owned(),
            without => format!(
                "; {} of them {} no invocation record that would tell what was asked",
                grouped(without),
                if without == 1 { "has" } else { "have" }
            ),
        });
    } else {
        said = said.say(format!("There are {} of model calls", counted(records.len() as u64, "invocation record")));
    }
    let [input, output] = tokens;
    if input.saturating_add(output) > 0 {
        said = said.say(format!(". The records count {} input and {} output tokens", grouped(input), grouped(output)));
    }
    let models = called(reader, requests, EntityKind::Model, options)?;
    if !models.is_empty() {
        said = named(said.say(if models.len() == 1 { ". The model was " } else { ". The models were " }), &models);
    }
    let regions = called(reader, requests, EntityKind::Region, options)?;
    if !regions.is_empty() {
        said = named(said.say(", in "), &regions);
    }
    incident.summary.push(said.say("."));
    Ok(())
}

/// The values of a column of model calls with counts.
fn called(reader: &mut Reader, requests: &[EventRef], kind: EntityKind, options: &Options) -> Result<Vec<(Name, u64)>> {
    let mut counts: BTreeMap<Name, u64> = BTreeMap::new();
    for ([service, action, value], count) in reader.tally(requests, [EntityKind::Service, EntityKind::Action, kind])? {
        if let (Some(service), Some(action), Some(value)) = (service, action, value)
            && decode::is_invoke(&service, &action)
        {
            *counts.entry(options.secrets.name(&value)).or_default() += count;
        }
    }
    Ok(ranked(counts.into_iter().collect()))
}

/// What was looked at, and what was tried in vain.
fn access(reader: &mut Reader, trail: &[EventRef], requests: &[EventRef], options: &Options, incident: &mut Incident) -> Result<()> {
    let mut looked: Vec<(Name, u64)> = Vec::new();
    for ([service, action], count) in reader.tally(trail, [EntityKind::Service, EntityKind::Action])? {
        if let (Some(service), Some(action)) = (service, action)
            && decode::is_enumeration(&service, &action)
        {
            looked.push((action, count));
        }
    }
    let looked = ranked(looked);
    let sum: u64 = looked.iter().map(|(_, count)| count).sum();
    if sum > 0 {
        incident.summary.push(named(Words::new(format!("{} looked at models, access and defences: ", counted(sum, "call"))), &looked).say("."));
    }
    let refused: Vec<EventRef> = requests.iter().filter(|event| event.outcome() == Outcome::Denied).copied().collect();
    let refused = counts(reader, &refused, EntityKind::Action, options)?;
    if !refused.is_empty() {
        incident.summary.push(named(Words::new("Denied were "), &refused).say("."));
    }
    let buckets: Vec<EventRef> = trail.iter().filter(|event| matches!(event.strand(), Strand::Data | Strand::Network)).copied().collect();
    let buckets = counts(reader, &buckets, EntityKind::Bucket, options)?;
    if !buckets.is_empty() {
        incident.summary.push(named(Words::new(format!("Objects of {} were touched: ", counted(buckets.len() as u64, "bucket"))), &buckets).say("."));
    }
    Ok(())
}

fn defended(defences: &Defences, options: &Options, incident: &mut Incident) {
    // Access to a model is no defence: it is told apart.
    for (access, what) in [(false, "The defences were"), (true, "Access to models was")] {
        let of = || defences.changes().filter(|change| (change.control.kind == ControlKind::ModelAccess) == access);
        let done = of().filter(|change| change.outcome == Outcome::Ok).count() as u64;
        let tried = of().count() as u64 - done;
        if done + tried == 0 {
            continue;
        }
        let mut said = Words::new(what).say(if done == 0 { " not changed".to_owned() } else { format!(" changed {}", times(done)) });
        let mut moved: Vec<(Name, u64)> = Vec::new();
        for change in of().filter(|change| change.outcome == Outcome::Ok) {
            let region = change.place.region.as_deref().map(|region| format!(" in {region}")).unwrap_or_default();
            let name: Name = format!("{}{region}", control_words(&change.control)).into();
            match moved.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => moved.push((name, 1)),
            }
        }
        if !moved.is_empty() {
            said = named(said.say(": "), &moved);
        }
        if tried > 0 {
            let attempts = if done == 0 { counted(tried, "attempt") } else { counted(tried, "more attempt") };
            said = said.say(format!("; {attempts} failed"));
        }
        incident.summary.push(said.say(" (see Controls)."));
    }
    for window in defences.windows() {
        incident.summary.push(super::controls::window_words(window, options));
    }
}

/// The values of a column with counts, as they may be shown.
fn counts(reader: &mut Reader, refs: &[EventRef], kind: EntityKind, options: &Options) -> Result<Vec<(Name, u64)>> {
    Ok(ranked(reader.tally(refs, [kind])?.into_iter().filter_map(|([name], count)| Some((options.secrets.name(&name?), count))).collect()))
}

/// The most frequent first.
fn ranked(mut counts: Vec<(Name, u64)>) -> Vec<(Name, u64)> {
    counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    counts
}

/// The first values with their counts, and how many more there are.
fn named(words: Words, values: &[(Name, u64)]) -> Words {
    let mut words = words;
    let counts = values.len() > 1 && values.iter().any(|(_, count)| *count > 1);
    for (at, (name, count)) in values.iter().take(NAMED).enumerate() {
        words = words.say(if at == 0 { "" } else { ", " }).value(cut(name, NAME));
        if counts {
            words = words.say(format!(" ×{}", grouped(*count)));
        }
    }
    match values.len().saturating_sub(NAMED) {
        0 => words,
        more => words.say(format!(" and {more} more")),
    }
}
