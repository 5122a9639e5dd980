//! The top of a span or log record, whatever case and form its keys have.

use std::borrow::Cow;

use crate::decode::Text;
use crate::decode::folded_key::FoldedKey;
use crate::decode::json::Value;
use crate::model::Timestamp;

/// The values that are read; missing where the record has none.
#[derive(Clone, Copy, Default)]
pub(super) struct Fields<'a> {
    pub(super) trace: Value<'a>,
    pub(super) span: Value<'a>,
    pub(super) parent: Value<'a>,
    pub(super) name: Value<'a>,
    pub(super) event_name: Value<'a>,
    /// Name of the instrumentation scope.
    pub(super) scope: Value<'a>,
    pub(super) attributes: Value<'a>,
    /// Attributes of the resource.
    pub(super) resource: Value<'a>,
    pub(super) status: Value<'a>,
    pub(super) events: Value<'a>,
    pub(super) body: Value<'a>,
    pub(super) severity: Value<'a>,
    start: Value<'a>,
    end: Value<'a>,
    logged: Value<'a>,
    observed: Value<'a>,
    duration: Value<'a>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(record: Value<'a>) -> Self {
        let mut fields = Self::default();
        for (key, value) in record.entries() {
            let (slot, value) = match FoldedKey::of(key).as_bytes() {
                b"traceid" | b"trace_id" => (&mut fields.trace, value),
                b"spanid" | b"span_id" => (&mut fields.span, value),
                b"parentspanid" | b"parent_span_id" => (&mut fields.parent, value),
                b"name" => (&mut fields.name, value),
                b"eventname" | b"event_name" => (&mut fields.event_name, value),
                b"scope" => (&mut fields.scope, value.get("name")),
                b"attributes" => (&mut fields.attributes, value),
                b"resource" => (&mut fields.resource, value.get("attributes")),
                b"status" => (&mut fields.status, value),
                b"events" => (&mut fields.events, value),
                b"body" => (&mut fields.body, value),
                b"severitynumber" | b"severity_number" => (&mut fields.severity, value),
                b"starttimeunixnano" | b"start_time_unix_nano" => (&mut fields.start, value),
                b"endtimeunixnano" | b"end_time_unix_nano" => (&mut fields.end, value),
                b"timeunixnano" | b"time_unix_nano" => (&mut fields.logged, value),
                b"observedtimeunixnano" | b"observed_time_unix_nano" => (&mut fields.observed, value),
                b"durationnano" | b"duration_nano" => (&mut fields.duration, value),
                _ => continue,
            };
            if !slot.is_some() {
                *slot = value;
            }
        }
        fields
    }

    /// A log record, not a span: it has one time, and no end.
    pub(super) fn is_log(&self) -> bool {
        !self.start.is_some() && !self.end.is_some() && (self.body.is_some() || self.logged.is_some() || self.observed.is_some())
    }

    /// When it began, or was written. Instrumentation writes 0 where it does not know.
    pub(super) fn time(&self) -> Option<Timestamp> {
        [self.start, self.logged, self.observed, self.end].into_iter().find_map(instant)
    }

    /// How long it took, in milliseconds.
    pub(super) fn millis(&self) -> Option<u64> {
        let nanos = self.duration.count().or_else(|| {
            let (start, end) = (self.start.scalar()?.parse::<u64>().ok()?, self.end.scalar()?.parse::<u64>().ok()?);
            end.checked_sub(start)
        });
        nanos.map(|nanos| (nanos + 500_000) / 1_000_000)
    }

    /// The trace in W3C's spelling; X-Ray's `1-5759e988-bd862e3fe1be46a994272793` is the same id.
    pub(super) fn trace_id(&self) -> Option<Text<'a>> {
        let id = self.trace.text_some()?;
        let nothing = id.bytes().all(|byte| byte == b'0');
        if nothing {
            return None;
        }
        let is_xray = id.len() == 35 && id.starts_with("1-");
        if is_xray || id.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let rest = if is_xray { id.get(2..).unwrap_or_default() } else { &*id };
            return Some(Cow::Owned(rest.replace('-', "").to_ascii_lowercase()));
        }
        Some(id)
    }
}

/// An instant in nanoseconds since the epoch, as a number or in quotes. Smaller numbers are micro- and milliseconds and
/// seconds: the ranges do not meet between 1973 and 5138.
fn instant(value: Value<'_>) -> Option<Timestamp> {
    let text = value.scalar()?;
    let millis = match text.parse::<u64>() {
        Ok(0) => return None,
        Ok(number @ 100_000_000_000_000_000..) => number / 1_000_000,
        Ok(number @ 100_000_000_000_000..) => number / 1_000,
        Ok(number @ 100_000_000_000..) => number,
        Ok(number) => number * 1_000,
        Err(_) => match text.parse::<f64>() {
            Ok(number) if number >= 1e17 => (number / 1e6) as u64,
            Ok(number) if number >= 1e14 => (number / 1e3) as u64,
            Ok(number) if number >= 1e11 => number as u64,
            Ok(number) if number > 0.0 => (number * 1e3) as u64,
            Ok(_) => return None,
            Err(_) => return Timestamp::parse(&text),
        },
    };
    (millis < 1_000_000_000_000_000).then(|| Timestamp::from_millis(millis as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::json::Tape;

    fn fields<T>(record: &str, look: impl FnOnce(Fields<'_>) -> T) -> T {
        let tape = Tape::of(record.as_bytes());
        look(Fields::of(tape.root(record.as_bytes())))
    }

    #[test]
    fn every_spelling_of_a_time() {
        for time in [
            "1763590155895947177",
            "\"1763590155895947177\"",
            "1763590155895947",
            "1763590155895",
            "1.763590155895947e18",
            "1763590155.895",
            "\"2025-11-19T22:09:15.895Z\"",
        ] {
            let found = fields(&format!(r#"{{"startTimeUnixNano":{time}}}"#), |fields| fields.time());
            assert_eq!(found, Some(Timestamp::from_millis(1_763_590_155_895)), "{time}");
        }
        for time in ["0", "\"\"", "null", "-5", "{}", "1e40", "NaN", "\"soon\""] {
            assert_eq!(fields(&format!(r#"{{"startTimeUnixNano":{time}}}"#), |fields| fields.time()), None, "{time}");
        }
        // A log record of which only the collector's time is known.
        let found = fields(r#"{"timeUnixNano":0,"observedTimeUnixNano":1776808993619475646}"#, |fields| (fields.time(), fields.is_log()));
        assert_eq!(found, (Some(Timestamp::from_millis(1_776_808_993_619)), true));
    }

    #[test]
    fn lengths_and_traces() {
        for (record, millis) in [
            (r#"{"durationNano":9309012269}"#, Some(9309)),
            (r#"{"durationNano":"2500000"}"#, Some(3)),
            (r#"{"startTimeUnixNano":"1763590155895947177","endTimeUnixNano":"1763590165204959446"}"#, Some(9309)),
            (r#"{"startTimeUnixNano":5,"endTimeUnixNano":4}"#, None),
            (r#"{"startTimeUnixNano":5}"#, None),
        ] {
            assert_eq!(fields(record, |fields| fields.millis()), millis, "{record}");
        }
        for (id, expected) in [
            ("5759e988bd862e3fe1be46a994272793", Some("5759e988bd862e3fe1be46a994272793")),
            ("5759E988BD862E3FE1BE46A994272793", Some("5759e988bd862e3fe1be46a994272793")),
            ("1-5759e988-bd862e3fe1be46a994272793", Some("5759e988bd862e3fe1be46a994272793")),
            ("00000000000000000000000000000000", None),
            ("", None),
        ] {
            let found = fields(&format!(r#"{{"traceId":"{id}"}}"#), |fields| fields.trace_id().map(Cow::into_owned));
            assert_eq!(found.as_deref(), expected, "{id}");
        }
    }
}
