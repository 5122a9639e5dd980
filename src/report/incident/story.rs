//! What happened, in order of time: events alike and near each other are one step, and beside a step stands what is worth
//! saying of it: which signals it raised, what it changed, what was new, what the analyst noted.

use std::collections::{HashMap, HashSet};

use super::chosen::Chosen;
use super::contact::{Contact, Used};
use super::controls::{Defences, after_words, opened, short, window_words};
use super::words::{NAME, Words, counted, cut, line};
use super::{Day, Incident, Marked, Options, Step, seconds};
use crate::case::{Reader, Result};
use crate::decode;
use crate::model::{self, EntityKind, EventId, EventRef, Mark, Outcome, Signal, Strand, Timestamp, TriageState};
use crate::report::control_words;

/// Of a selection up to so large every event is told; of a larger one those that matter.
const ALL_OF: usize = 5_000;
/// Denied events of a large selection that are told at most.
const DENIED: usize = 500;
/// Steps told at most.
const STEPS: usize = 300;
/// Steps that a like event may still join.
const OPEN: usize = 4;
/// … when it happens within so many milliseconds.
const NEAR: i64 = 30 * 60 * 1000;
/// Ids named beside a step.
const IDS: usize = 3;

/// The events that the story is made of, in order of time.
pub(super) struct Told {
    events: Vec<model::Event>,
    marks: HashMap<EventId, Mark>,
    left_out: u64,
}

/// Reads them.
pub(super) fn events(reader: &mut Reader, chosen: &Chosen, defences: &Defences) -> Result<Told> {
    let refs = &chosen.refs;
    let marks: HashMap<EventId, Mark> = reader.all_marks()?.into_iter().filter_map(|marked| Some((marked.event?, marked.mark))).collect();
    let wanted: Vec<EventRef> = if refs.len() <= ALL_OF {
        refs.to_vec()
    } else {
        let mut matter: HashSet<EventId> = chosen.signals.iter().flat_map(|signal| signal.events.iter().copied()).collect();
        matter.extend(defences.changes().map(|change| change.evidence.event.id));
        matter.extend(marks.keys());
        // A record is told with its call.
        let calls: Vec<EventId> = matter.iter().filter_map(|id| chosen.twins.get(id)).copied().collect();
        matter.extend(calls);
        matter.extend(refs.iter().filter(|event| event.outcome() == Outcome::Denied).take(DENIED).map(|event| event.id));
        refs.iter().filter(|event| matter.contains(&event.id)).copied().take(ALL_OF).collect()
    };
    let ids: Vec<EventId> = wanted.iter().map(|event| event.id).collect();
    let left_out = (refs.len() - wanted.len()) as u64;
    Ok(Told { events: reader.events(&ids)?, marks, left_out })
}

/// What makes two events alike.
type Alike = ([Option<model::Name>; 5], Outcome, bool);

/// A step while it grows.
struct Growing {
    alike: Alike,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    ids: Vec<(EventId, String)>,
    /// The same, and the invocation records of its calls.
    records: Vec<EventId>,
    count: u64,
    example: model::Event,
}

/// Puts the story, and what was marked, into the report.
pub(super) fn tell(
    reader: &mut Reader,
    chosen: &Chosen,
    options: &Options,
    defences: &Defences,
    used: &[Used],
    told: &Told,
    incident: &mut Incident,
) -> Result<()> {
    let steps = steps(chosen, defences, told);
    let fired = fired(chosen, &steps);
    let by_event: HashMap<EventId, &model::Event> = told.events.iter().map(|event| (event.id, event)).collect();
    let mut known = Known::default();
    let all = steps.len();
    for (at, step) in steps.iter().enumerate() {
        let mut notes = notes(defences, options, &told.marks, step, fired.get(&at).map(Vec::as_slice).unwrap_or_default());
        notes.extend(used.iter().filter_map(|used| contact(used, by_event.get(&step.ids.first()?.0)?, options)));
        // What is there from the beginning is not new.
        notes.extend(step.ids.iter().filter_map(|(id, _)| known.first(by_event.get(id)?, at > 0, options)));
        if at < STEPS {
            let (day, step) = step_told(step, notes, &by_event, options);
            match incident.story.last_mut().filter(|last| last.day == day) {
                Some(last) => last.steps.push(step),
                None => incident.story.push(Day { day, steps: vec![step] }),
            }
        }
    }
    if told.left_out > 0 {
        incident.story_note = format!(
            "The selection is large: of its events {} are told here, those that raised signals, changed defences, were denied or marked; {} are not.",
            crate::report::grouped(told.events.len() as u64),
            crate::report::grouped(told.left_out)
        );
    }
    if all > STEPS {
        let more = format!("{} more are not told; the timeline has them.", counted((all - STEPS) as u64, "step"));
        incident.story_note = if incident.story_note.is_empty() { more } else { format!("{} {more}", incident.story_note) };
    }
    marks(reader, chosen, options, told, incident)
}

/// An event is the first with which a credential came from an address.
fn contact(used: &Used, event: &model::Event, options: &Options) -> Option<Words> {
    let whose = if used.credential.kind == EntityKind::Key { event.key.as_ref() } else { event.actor.as_ref() };
    let is_it = |contact: &&Contact| event.time == Some(contact.first) && event.ip.as_ref() == Some(&contact.address);
    let contact = used.contacts.iter().find(is_it).filter(|_| whose == Some(&used.credential.value))?;
    let said = Words::new("first contact: ").value(options.secrets.text(&used.credential.value)).say(" comes from ");
    Some(said.value(options.secrets.text(&contact.address)).say(" for the first time in this case"))
}

/// Puts events that are alike and near each other together. An invocation record is the other side of its call, no further thing
/// that happened.
fn steps(chosen: &Chosen, defences: &Defences, told: &Told) -> Vec<Growing> {
    let there: HashSet<EventId> = told.events.iter().map(|event| event.id).collect();
    let mut records: HashMap<EventId, Vec<EventId>> = HashMap::new();
    for (record, call) in chosen.twins.iter().filter(|(_, call)| there.contains(call)) {
        records.entry(*call).or_default().push(*record);
    }
    let is_marked = |id: &EventId| told.marks.get(id).is_some_and(|mark| !mark.is_empty());
    let mut steps: Vec<Growing> = Vec::new();
    for event in &told.events {
        if chosen.twins.get(&event.id).is_some_and(|call| there.contains(call)) {
            continue;
        }
        let mut both = vec![event.id];
        both.extend(records.remove(&event.id).unwrap_or_default());
        let alone = both.iter().any(is_marked) || defences.of(event.id).next().is_some();
        let traits = [&event.principal, &event.action, &event.region, &event.key, &event.ip].map(Clone::clone);
        let alike = (traits, event.outcome, event.undecodable.is_some());
        // What was done before a control changed and what was done after it are two steps.
        let near = |step: &&mut Growing| {
            step.alike == alike
                && !alone
                && step.last.zip(event.time).is_some_and(|(last, time)| {
                    time.as_millis() - last.as_millis() <= NEAR
                        && !defences.moved_between(last, time, event.account.as_deref(), event.region.as_deref())
                })
        };
        let recent = steps.len().saturating_sub(OPEN);
        let found = steps.get_mut(recent..).and_then(|steps| steps.iter_mut().rev().find(near));
        if let Some(step) = found {
            step.last = event.time;
            step.count += 1;
            step.ids.push((event.id, event.uid()));
            step.records.extend(both);
        } else {
            // A step that must stand alone takes nobody in.
            let alike = if alone { (Default::default(), event.outcome, true) } else { alike };
            let ids = vec![(event.id, event.uid())];
            steps.push(Growing { alike, first: event.time, last: event.time, ids, records: both, count: 1, example: event.clone() });
        }
    }
    steps
}

/// The signals of each step. A signal stands where it fired: at the step with the record that crossed the line, whichever side
/// of a request that is.
fn fired<'a>(chosen: &'a Chosen, steps: &[Growing]) -> HashMap<usize, Vec<&'a Signal>> {
    let at: HashMap<EventId, usize> = steps.iter().enumerate().flat_map(|(at, step)| step.records.iter().map(move |id| (*id, at))).collect();
    let times: HashMap<EventId, Option<Timestamp>> = chosen.refs.iter().map(|event| (event.id, event.time())).collect();
    let mut fired: HashMap<usize, Vec<&Signal>> = HashMap::new();
    for signal in chosen.signals.iter().filter(|signal| signal.triage.state != TriageState::Dismissed) {
        let told = || signal.events.iter().filter_map(|id| Some((times.get(id).copied().flatten(), *at.get(id)?)));
        let crossed = told().filter(|(time, _)| *time <= Some(signal.time)).max().or_else(|| told().min());
        if let Some((_, step)) = crossed {
            fired.entry(step).or_default().push(signal);
        }
    }
    fired
}

/// Addresses, keys, clients and Regions that were seen.
#[derive(Default)]
struct Known(HashSet<(&'static str, String)>);

impl Known {
    /// What an event shows for the first time.
    fn first(&mut self, event: &model::Event, tells: bool, options: &Options) -> Option<Words> {
        let shown = [("address", &event.ip), ("access key", &event.key), ("client", &event.user_agent), ("Region", &event.region)];
        let mut words: Option<Words> = None;
        for (what, value) in shown {
            let Some(value) = value.as_deref() else { continue };
            if self.0.insert((what, value.to_owned())) && tells {
                let before = words.map_or_else(|| Words::new("first here: "), |words| words.say(", "));
                words = Some(before.say(format!("{what} ")).value(cut(&options.secrets.text(value), NAME)));
            }
        }
        words
    }
}

fn step_told(step: &Growing, notes: Vec<Words>, events: &HashMap<EventId, &model::Event>, options: &Options) -> (String, Step) {
    let time = |time: Option<Timestamp>| time.map(seconds).unwrap_or_default();
    let (day, from) =
        time(step.first).split_once(' ').map_or_else(|| ("no time".to_owned(), String::new()), |(day, time)| (day.to_owned(), time.to_owned()));
    let to = if step.count == 1 || step.first == step.last {
        String::new()
    } else {
        let whole = time(step.last);
        whole.strip_prefix(&format!("{day} ")).map_or(whole.clone(), str::to_owned)
    };
    let event = &step.example;
    let who = event.principal.as_deref().or(event.actor.as_deref()).unwrap_or("somebody");
    let who = short(who);
    let outcome = if event.undecodable.is_some() { "undecodable" } else { event.outcome.name() };
    let ids = step.ids.iter().take(IDS).map(|(_, uid)| uid.clone()).collect();
    (day, Step { from, to, who: line(&cut(&options.secrets.text(who), NAME)), what: what(step, events, options), notes, outcome, events: ids })
}

/// What a step did, in words.
fn what(step: &Growing, events: &HashMap<EventId, &model::Event>, options: &Options) -> Words {
    let event = options.secrets.event(step.example.clone());
    let action = event.action.as_deref().unwrap_or("something");
    let service = event.service.as_deref().unwrap_or_default();
    let times = if step.count > 1 { format!(" {} times", crate::report::grouped(step.count)) } else { String::new() };
    let mut said = if event.undecodable.is_some() {
        Words::new(format!("{} could not be decoded: ", counted(step.count, "record"))).value(event.summary())
    } else if event.strand == Strand::Endpoint {
        Words::new("ran ").value(cut(event.detail.as_deref().unwrap_or(action), 200)).say(times)
    } else if decode::is_invoke(service, action) {
        let models = distinct(step, events, options, |event| event.model.as_deref());
        Words::new(if event.outcome == Outcome::Ok { "called " } else { "tried to call " })
            .values(models.iter().take(3))
            .say(if models.is_empty() { "a model with " } else { " with " })
            .value(action)
            .say(times)
    } else {
        let details = distinct(step, events, options, |event| event.detail.as_deref());
        let verb = match event.outcome {
            Outcome::Denied | Outcome::Error => "tried ",
            Outcome::Ok => "called ",
        };
        let mut said = Words::new(verb).value(action).say(&times);
        let about: Vec<&String> = details.iter().take(2).collect();
        if !about.is_empty() {
            said = said.say(": ").values(about);
            if details.len() > 2 {
                said = said.say(format!(" and {} more", details.len() - 2));
            }
        }
        if event.detail.is_none()
            && let Some(bucket) = event.bucket.as_deref()
        {
            said = said.say(" of ").value(bucket);
        }
        said
    };
    if let Some(region) = event.region.as_deref() {
        said = said.say(" in ").value(region);
    }
    match event.outcome {
        Outcome::Ok => said,
        Outcome::Denied => said.say(" – denied"),
        Outcome::Error => said.say(" – failed: ").value(event.error_code.as_deref().unwrap_or("no code")),
    }
}

/// The values that events of a step have, each once, as they may be shown.
fn distinct(step: &Growing, events: &HashMap<EventId, &model::Event>, options: &Options, of: impl Fn(&model::Event) -> Option<&str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for event in step.ids.iter().filter_map(|(id, _)| events.get(id)) {
        if let Some(value) = of(&options.secrets.event((*event).clone())) {
            let_in(&mut found, value);
        }
    }
    found
}

fn let_in(found: &mut Vec<String>, value: &str) {
    if !found.iter().any(|known| known == value) && found.len() < 50 {
        found.push(value.to_owned());
    }
}

fn notes(defences: &Defences, options: &Options, marks: &HashMap<EventId, Mark>, step: &Growing, fired: &[&Signal]) -> Vec<Words> {
    let mut notes = Vec::new();
    for id in &step.records {
        for change in defences.of(*id) {
            let before = change.before.as_deref().unwrap_or("not known");
            notes.push(Words::new(format!("{}: before: {before}; after: {}", control_words(&change.control), after_words(change))));
        }
        for window in defences.windows().filter(|window| opened(window).id == *id) {
            notes.push(window_words(window, options));
        }
        if let Some(mark) = marks.get(id).filter(|mark| !mark.note.is_empty()) {
            notes.push(Words::new(format!("note: {}", mark.note)));
        }
    }
    for signal in fired {
        notes.push(Words::new(format!("signal {} {} ({}, weight {})", signal.rule, signal.title, signal.level, signal.weight)));
    }
    notes
}

fn marks(reader: &mut Reader, chosen: &Chosen, options: &Options, told: &Told, incident: &mut Incident) -> Result<()> {
    let ids: Vec<EventId> = chosen
        .refs
        .iter()
        .map(|event| event.id)
        .filter(|id| told.marks.get(id).is_some_and(|mark| mark.marked || !mark.tags.is_empty() || !mark.note.is_empty()))
        .collect();
    for event in reader.events(&ids)? {
        let Some(mark) = told.marks.get(&event.id) else { continue };
        let event = super::coverage::event_told(reader, &event, options)?;
        incident.marks.push(Marked { event, tags: line(&mark.tags.join(" ")), note: super::words::lines(&mark.note) });
    }
    Ok(())
}
