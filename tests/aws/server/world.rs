//! The logs there are: Regions, their groups and events. Each Region has a case made of the same records, over which its queries are
//! answered; a log stream is a source of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use outcrop::case::{Reader, Writable};
use outcrop::model::{EventId, Scope, SourceId};
use outcrop::source::{Input, ingest};
use tempfile::TempDir;

/// An event of a log.
#[derive(Clone, Debug)]
pub struct LogEvent {
    /// `@timestamp`, in milliseconds.
    pub time: i64,
    /// `@ingestionTime`, in milliseconds.
    pub ingested: i64,
    /// `@ptr`.
    pub ptr: String,
    /// The group's name.
    pub group: String,
    /// The stream's name.
    pub stream: String,
    /// `@message`.
    pub message: String,
}

/// A log group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its class.
    pub class: String,
    /// When it was made, in milliseconds.
    pub created: i64,
    /// For how many days it keeps events.
    pub retention_days: Option<i64>,
    /// Its events by time.
    pub events: Vec<Arc<LogEvent>>,
}

impl Group {
    /// The events of which the time lies within, both ends inside.
    pub fn between(&self, from: i64, to: i64) -> &[Arc<LogEvent>] {
        let start = self.events.partition_point(|event| event.time < from);
        let end = self.events.partition_point(|event| event.time <= to).max(start);
        &self.events[start..end]
    }

    /// The first instant of which it can hold events.
    pub fn keeps_from(&self, now: i64) -> i64 {
        self.created.max(self.retention_days.map_or(i64::MIN, |days| now - days * 86_400_000))
    }
}

/// Messages of one log stream.
#[derive(Clone, Debug)]
pub struct Lines {
    /// Region.
    pub region: String,
    /// Group.
    pub group: String,
    /// Stream. No stream's name of a Region may be part of another's: a case finds its sources so.
    pub stream: String,
    /// A record each.
    pub messages: Vec<String>,
}

/// The logs of a Region.
pub struct Region {
    /// By name.
    groups: RwLock<BTreeMap<String, Group>>,
    /// Which event of the case is which of the logs.
    places: RwLock<HashMap<EventId, Arc<LogEvent>>>,
    case: Writable,
    /// Events lie in the groups only, not in the case.
    is_bare: bool,
    _folder: TempDir,
}

/// All logs of an account.
#[derive(Default)]
pub struct World {
    regions: BTreeMap<String, Region>,
}

/// Long before any of the evidence: 2020-01-01.
const CREATED: i64 = 1_577_836_800_000;

impl World {
    /// A world of these.
    pub fn of(lines: Vec<Lines>) -> Self {
        let mut world = Self::default();
        let mut by_region: BTreeMap<String, Vec<Lines>> = BTreeMap::new();
        for lines in lines {
            by_region.entry(lines.region.clone()).or_default().push(lines);
        }
        for (region, lines) in by_region {
            world.regions.entry(region).or_insert_with(Region::new).take_in(&lines);
        }
        world
    }

    /// A world of very many events of one stream, with their times: it can be listed, and asked nothing else.
    pub fn bare(lines: Lines, times: &[i64]) -> Self {
        let mut region = Region::new();
        region.is_bare = true;
        let event = |(number, (message, time)): (usize, (String, &i64))| {
            let ptr = format!("Cmcmbare{number:08x}");
            Arc::new(LogEvent { time: *time, ingested: *time + 2_000, ptr, group: lines.group.clone(), stream: lines.stream.clone(), message })
        };
        let mut events: Vec<Arc<LogEvent>> = lines.messages.into_iter().zip(times).enumerate().map(event).collect();
        events.sort_by_key(|event| event.time);
        region.group(&lines.group, |group| group.events = events);
        Self { regions: BTreeMap::from([(lines.region, region)]) }
    }

    /// One more group, empty.
    pub fn with_group(mut self, region: &str, group: &str) -> Self {
        self.regions.entry(region.to_owned()).or_insert_with(Region::new).group(group, |_| ());
        self
    }

    /// Messages arrive.
    pub fn arrive(&self, lines: Lines) {
        self.regions[&lines.region].take_in(&[lines]);
    }

    /// The Regions.
    pub fn region_names(&self) -> Vec<String> {
        self.regions.keys().cloned().collect()
    }

    /// A Region's logs.
    pub fn region(&self, name: &str) -> Option<&Region> {
        self.regions.get(name)
    }

    /// Changes a group.
    pub fn change(&self, region: &str, group: &str, change: impl FnOnce(&mut Group)) {
        self.regions[region].group(group, change);
    }

    /// Every event there is.
    pub fn events(&self) -> Vec<Arc<LogEvent>> {
        self.regions.values().flat_map(|region| region.groups().values().flat_map(|group| group.events.clone()).collect::<Vec<_>>()).collect()
    }
}

impl Region {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let case = Writable::open(&folder.path().join("region.outcrop")).expect("a case");
        Self { groups: RwLock::default(), places: RwLock::default(), case, is_bare: false, _folder: folder }
    }

    fn group<T>(&self, name: &str, change: impl FnOnce(&mut Group) -> T) -> T {
        let mut groups = self.groups.write().unwrap_or_else(PoisonError::into_inner);
        let empty = || Group { class: "STANDARD".to_owned(), created: CREATED, retention_days: None, events: Vec::new() };
        change(groups.entry(name.to_owned()).or_insert_with(empty))
    }

    /// The groups by name.
    pub fn groups(&self) -> RwLockReadGuard<'_, BTreeMap<String, Group>> {
        self.groups.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The event of the logs that an event of the case is.
    pub fn places(&self) -> RwLockReadGuard<'_, HashMap<EventId, Arc<LogEvent>>> {
        self.places.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its events can be listed, and nothing else.
    pub fn is_bare(&self) -> bool {
        self.is_bare
    }

    /// A reader of the Region's case.
    pub fn reader(&self) -> Reader {
        self.case.reader().expect("a reader")
    }

    fn take_in(&self, lines: &[Lines]) {
        let inputs = lines.iter().map(|lines| Input::Bytes { name: lines.stream.clone(), bytes: (lines.messages.join("\n") + "\n").into_bytes() });
        let inputs: Vec<Input> = inputs.collect();
        ingest(inputs, &self.case, &|_| {}, &AtomicBool::new(false)).expect("records are read");
        let mut reader = self.reader();
        let names: HashMap<SourceId, String> = reader.sources().expect("sources").into_iter().map(|source| (source.id, source.path)).collect();
        let streams: HashMap<&str, &Lines> = lines.iter().map(|lines| (lines.stream.as_str(), lines)).collect();
        let mut starts: HashMap<&str, HashMap<u64, &String>> = HashMap::new();
        for lines in lines {
            let mut at = 0;
            let offsets = starts.entry(lines.stream.as_str()).or_default();
            for message in &lines.messages {
                offsets.insert(at, message);
                at += message.len() as u64 + 1;
            }
        }
        let mut places = self.places.write().unwrap_or_else(PoisonError::into_inner);
        let refs = reader.refs(&Scope::all()).expect("a list");
        let new: Vec<EventId> = refs.iter().map(|event| event.id).filter(|id| !places.contains_key(id)).collect();
        let mut by_group: BTreeMap<String, Vec<Arc<LogEvent>>> = BTreeMap::new();
        for event in new.chunks(4096).flat_map(|ids| reader.events(ids).expect("events")) {
            let stream = names[&event.source].as_str();
            let time = event.time.unwrap_or_else(|| panic!("a record without a time cannot be an event of a log: {event:?}")).as_millis();
            let made = Arc::new(LogEvent {
                time,
                ingested: time + 2_000,
                ptr: format!("Cmcm{}{:08x}", event.uid(), event.id.0),
                group: streams[stream].group.clone(),
                stream: stream.to_owned(),
                message: starts[stream][&event.position.offset].clone(),
            });
            places.insert(event.id, Arc::clone(&made));
            by_group.entry(made.group.clone()).or_default().push(made);
        }
        drop(places);
        for lines in lines {
            self.group(&lines.group, |_| ());
        }
        for (name, events) in by_group {
            self.group(&name, |group| {
                group.events.extend(events);
                group.events.sort_by(|one, other| (one.time, &one.ptr).cmp(&(other.time, &other.ptr)));
            });
        }
    }
}
