//! Windows events as JSON: the shapes that exporters give them. The nested one of the event's own XML, winlogbeat's, and
//! flat ones.

use std::borrow::Cow;

use crate::decode::decoded::Text;
use crate::decode::json::Value;
use crate::model::Timestamp;

/// A Windows event in one of its shapes.
#[derive(Clone, Copy)]
pub(super) struct Logged<'a> {
    record: Value<'a>,
    system: Value<'a>,
    /// What the event's own fields stand in.
    data: Value<'a>,
}

impl<'a> Logged<'a> {
    pub(super) fn of(record: Value<'a>) -> Self {
        let event = record.get("Event");
        if event.is_object() {
            return Self { record, system: event.get("System"), data: event.get("EventData") };
        }
        let beat = record.get("winlog");
        if beat.is_object() {
            return Self { record, system: beat, data: beat.get("event_data") };
        }
        let nested = ["EventData", "ExtraEventData", "event_data"].iter().map(|key| record.get(key)).find(|data| data.is_object());
        Self { record, system: record, data: nested.unwrap_or(record) }
    }

    /// Is the event's number this one? It is a number, text, or an object that holds either.
    pub(super) fn has_id(&self, id: u64) -> bool {
        let written = ["EventID", "event_id", "EventId"].iter().map(|key| self.system.get(key)).find(|value| value.is_some());
        written.is_some_and(|value| if value.is_object() { value.get("#text") } else { value }.count() == Some(id))
    }

    /// Where it was logged: channel and provider.
    pub(super) fn came_from(&self, word: &str) -> bool {
        const NAMES: [&str; 7] = ["Channel", "channel", "Provider.#attributes.Name", "Provider.Name", "ProviderName", "provider_name", "SourceName"];
        NAMES.iter().any(|path| self.system.at(path).text().is_some_and(|name| name.contains(word)))
    }

    /// A field of the event.
    pub(super) fn field(&self, name: &str) -> Value<'a> {
        self.data.get(name)
    }

    /// A field that holds something; `-` is how Windows writes nothing.
    pub(super) fn filled(&self, name: &str) -> Option<Text<'a>> {
        self.field(name).scalar().filter(|text| !text.is_empty() && text != "-")
    }

    /// The computer.
    pub(super) fn computer(&self) -> Option<Text<'a>> {
        let named = ["Computer", "computer_name", "Hostname", "ComputerName"].iter().find_map(|key| self.system.get(key).text_some());
        named.or_else(|| self.record.at("host.name").text_some())
    }

    /// When it was logged.
    pub(super) fn logged_at(&self) -> Option<Timestamp> {
        const PATHS: [&str; 5] =
            ["TimeCreated.#attributes.SystemTime", "TimeCreated.SystemTime", "TimeCreated.@SystemTime", "TimeCreated", "EventTime"];
        let written = PATHS.iter().filter_map(|path| self.system.at(path).text());
        let copied = ["@timestamp", "p_event_time"].iter().filter_map(|key| self.record.get(key).text());
        written.chain(copied).find_map(|time| parse(&time))
    }
}

/// A time; `2024-01-15 10:30:45 +0000` is one, too.
fn parse(time: &str) -> Option<Timestamp> {
    let joined: Cow<'_, str> =
        if time.contains(" +") || time.contains(" -") { time.replace(" +", "+").replace(" -", "-").into() } else { time.into() };
    Timestamp::parse(&joined)
}
