//! Agent spans and the logged calls they belong to.
//!
//! A span that made a call to AWS bears the call's request id, and so do the invocation record and the CloudTrail event.
//! The rest of its trace was done for the same request to the agent; spans of one session belong to one conversation with it.
//! The three say less and less, so each answer says which one it is. Nothing here guesses by time.

use std::collections::HashMap;

use crate::case::{Reader, Result};
use crate::model::{Entity, EntityKind, EventId, EventRef, Scope, Strand, StrandSet};

/// What joins two events, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tie {
    /// Both name one request id: the same call, or two spans of it.
    Request,
    /// Both were done for one request to the agent: one is a span of the trace, the other too, or a call made in it.
    Trace,
    /// Both name one session of an agent.
    Session,
}

impl Tie {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Trace => "trace",
            Self::Session => "session",
        }
    }
}

/// An event, and what ties it to the one that was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tied {
    /// The event.
    pub event: EventRef,
    /// The surest tie.
    pub tie: Tie,
}

/// The spans that belong to an event of any strand, in order of time; not the event itself. Of an invocation or a
/// CloudTrail event: those of its request, the rest of their traces, those of the session it names. Of a span: its
/// siblings in the same way.
///
/// # Errors
/// When the case cannot be read.
pub fn spans_of(reader: &mut Reader, event: EventId) -> Result<Vec<Tied>> {
    let spans = StrandSet::only(Strand::Span);
    let named = Named::by(reader, event)?;
    let mut found = Found::default();
    for request in &named.requests {
        found.add(Tie::Request, &reader.refs(&within(request, spans))?);
    }
    // The whole trace of each of them: what the agent did before and after the call.
    let mut traces = named.traces;
    for span in found.events() {
        traces.extend(Named::by(reader, span)?.traces);
    }
    traces.sort_unstable();
    traces.dedup();
    for trace in &traces {
        found.add(Tie::Trace, &reader.refs(&within(trace, spans))?);
    }
    for session in &named.sessions {
        found.add(Tie::Session, &reader.refs(&within(session, spans))?);
    }
    Ok(found.into_sorted(event))
}

/// The reverse: logged calls that a span belongs to, in order of time. Those of its own request, those that its trace
/// made, those that name its session. Of an event that is no span: nothing.
///
/// # Errors
/// When the case cannot be read.
pub fn calls_of(reader: &mut Reader, span: EventId) -> Result<Vec<Tied>> {
    let calls = StrandSet::ALL.toggled(Strand::Span);
    if reader.events(&[span])?.first().is_none_or(|event| event.strand != Strand::Span) {
        return Ok(Vec::new());
    }
    let named = Named::by(reader, span)?;
    let mut found = Found::default();
    for request in &named.requests {
        found.add(Tie::Request, &reader.refs(&within(request, calls))?);
    }
    let mut requests = Vec::new();
    for trace in &named.traces {
        for sibling in reader.refs(&within(trace, StrandSet::only(Strand::Span)))?.iter() {
            requests.extend(Named::by(reader, sibling.id)?.requests);
        }
    }
    requests.sort_unstable();
    requests.dedup();
    for request in requests.iter().filter(|request| !named.requests.contains(request)) {
        found.add(Tie::Trace, &reader.refs(&within(request, calls))?);
    }
    for session in &named.sessions {
        found.add(Tie::Session, &reader.refs(&within(session, calls))?);
    }
    Ok(found.into_sorted(span))
}

/// Spans and calls that belong to an event, the surest first, of the same tie in order of time.
///
/// # Errors
/// When the case cannot be read.
pub fn related(reader: &mut Reader, event: EventId) -> Result<Vec<Tied>> {
    let mut tied = calls_of(reader, event)?;
    tied.extend(spans_of(reader, event)?);
    tied.sort_unstable_by_key(|tied| (tied.tie, tied.event));
    Ok(tied)
}

fn within(entity: &Entity, strands: StrandSet) -> Scope {
    Scope { entities: vec![entity.clone()], strands, ..Scope::all() }
}

/// What an event names that can tie it.
#[derive(Default)]
struct Named {
    requests: Vec<Entity>,
    traces: Vec<Entity>,
    sessions: Vec<Entity>,
}

impl Named {
    fn by(reader: &mut Reader, event: EventId) -> Result<Self> {
        let mut named = Self::default();
        for entity in reader.mentions(event)? {
            match entity.kind {
                EntityKind::Request => named.requests.push(entity),
                EntityKind::Trace => named.traces.push(entity),
                EntityKind::Session => named.sessions.push(entity),
                _ => {}
            }
        }
        Ok(named)
    }
}

/// Events found, each with its surest tie.
#[derive(Default)]
struct Found(HashMap<EventId, Tied>);

impl Found {
    fn add(&mut self, tie: Tie, events: &[EventRef]) {
        for event in events {
            let known = self.0.entry(event.id).or_insert(Tied { event: *event, tie });
            known.tie = known.tie.min(tie);
        }
    }

    fn events(&self) -> Vec<EventId> {
        self.0.keys().copied().collect()
    }

    fn into_sorted(self, without: EventId) -> Vec<Tied> {
        let mut tied: Vec<Tied> = self.0.into_values().filter(|tied| tied.event.id != without).collect();
        tied.sort_unstable_by_key(|tied| tied.event);
        tied
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Batch, Writable};
    use crate::decode::{decode, json::Tape};
    use crate::model::{Digest, RecordPosition, SourceId};

    const TRACE: &str = "6a5b0e94f1c24d7e8f0a1b2c3d4e5f60";
    const OTHER: &str = "6a5b0e94f1c24d7e8f0a1b2c3d4e5f61";

    fn span(second: u32, trace: &str, attributes: &str) -> String {
        format!(
            r#"{{"traceId":"{trace}","spanId":"a{second}","name":"n","startTimeUnixNano":17949099{second:02}000000000,"attributes":{{{attributes}}}}}"#
        )
    }

    fn call(second: u32, rest: &str) -> String {
        format!(
            r#"{{"eventVersion":"1.11","eventTime":"2026-11-17T10:05:{second:02}Z","eventSource":"bedrock.amazonaws.com","eventName":"Converse",{rest}}}"#
        )
    }

    /// A case of these records; the event of the nth is n + 1.
    fn case(records: &[String]) -> (tempfile::TempDir, Reader) {
        let folder = tempfile::tempdir().expect("a folder");
        let case = Writable::open(&folder.path().join("a.case")).expect("a case");
        let mut batch = Batch::new();
        for (number, record) in (1..).zip(records) {
            let mut tape = Tape::new();
            let position = RecordPosition { offset: number * 1000, ..RecordPosition::default() };
            let digest = Digest([number as u8; 32]);
            batch.push(SourceId(1), position, digest, None, &decode(record.as_bytes(), &mut tape));
        }
        let mut writer = case.writer().expect("a writer");
        writer.append(batch).expect("appended");
        writer.commit().expect("committed");
        drop(writer);
        let reader = case.reader().expect("a reader");
        (folder, reader)
    }

    fn told(tied: Vec<Tied>) -> Vec<(u32, &'static str)> {
        tied.into_iter().map(|tied| (tied.event.id.0, tied.tie.name())).collect()
    }

    #[test]
    fn from_a_call_to_its_spans_and_back() {
        let (_folder, mut reader) = case(&[
            // 1: the root knows the session; 2 and 3: two spans of one call; 4: a tool; 5: another call of the trace.
            span(1, TRACE, r#""session.id":"desk-7""#),
            span(2, TRACE, r#""aws.request_id":"r1","session.id":"desk-7""#),
            span(3, TRACE, r#""aws.request.id":"r1""#),
            span(4, TRACE, r#""gen_ai.tool.name":"get_order""#),
            span(5, TRACE, r#""aws.request_id":"r2""#),
            // 6: a later request of the same session. 7: somebody else's.
            span(6, OTHER, r#""session.id":"desk-7","aws.request_id":"r3""#),
            span(7, "", r#""aws.request_id":"r9""#),
            // 8, 9: CloudTrail and the invocation record of the first call; 10: of the second; 11: the call to the agent.
            call(10, r#""requestID":"r1","requestParameters":{"modelId":"m.x"}"#),
            r#"{"schemaType":"ModelInvocationLog","timestamp":"2026-11-17T10:05:09Z","requestId":"r1","operation":"Converse","modelId":"m.x"}"#
                .to_owned(),
            call(11, r#""requestID":"r2""#),
            call(12, r#""requestID":"r7","requestParameters":{"sessionId":"desk-7"}"#),
        ]);
        let of_call = [(1, "trace"), (2, "request"), (3, "request"), (4, "trace"), (5, "trace")];
        for event in [8, 9] {
            assert_eq!(told(spans_of(&mut reader, EventId(event)).expect("read")), of_call, "{event}");
        }
        let of_session = [(1, "session"), (2, "session"), (6, "session")];
        assert_eq!(told(spans_of(&mut reader, EventId(11)).expect("read")), of_session);
        // A span's siblings, itself left out; the other trace by the session only.
        let siblings = [(1, "trace"), (3, "request"), (4, "trace"), (5, "trace"), (6, "session")];
        assert_eq!(told(spans_of(&mut reader, EventId(2)).expect("read")), siblings);
        assert_eq!(told(spans_of(&mut reader, EventId(7)).expect("read")), []);

        assert_eq!(told(calls_of(&mut reader, EventId(2)).expect("read")), [(9, "request"), (8, "request"), (10, "trace"), (11, "session")]);
        assert_eq!(told(calls_of(&mut reader, EventId(4)).expect("read")), [(9, "trace"), (8, "trace"), (10, "trace")]);
        assert_eq!(told(calls_of(&mut reader, EventId(6)).expect("read")), [(11, "session")]);
        for event in [7, 8, 99] {
            assert_eq!(told(calls_of(&mut reader, EventId(event)).expect("read")), [], "{event}");
        }
    }
}
