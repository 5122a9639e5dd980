//! Hand-written records, and a case made of them.

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::case::{Batch, Reader, Writable};
use crate::decode::{decode, json::Tape};
use crate::model::{
    Change, ControlChange, Controls, Digest, Outcome, RecordPosition, SourceEntry, SourceId, SourceKind, SourceState, Timestamp, Wrap,
};
use crate::stitch::controls::controls;

pub(super) const WEST: &str = "us-west-2";
pub(super) const EAST: &str = "us-east-1";

/// A CloudTrail record in the making.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) at: &'static str,
    pub(super) region: &'static str,
    service: &'static str,
    action: &'static str,
    request: String,
    response: String,
    error: &'static str,
    message: String,
    pub(super) event_id: String,
    pub(super) request_id: String,
}

impl Written {
    /// `at` is a time of day of 11 November 2026.
    pub(super) fn new(at: &'static str, action: &'static str, request: &str) -> Self {
        let service = match action {
            "InvokeModel" | "Converse" | "InvokeAgent" => "bedrock",
            _ => super::super::CONTROL_ACTIONS.iter().find(|line| line.action == action).map_or("bedrock", |line| line.service),
        };
        let own = format!("{at} {action} {request}");
        Self {
            at,
            region: WEST,
            service,
            action,
            request: request.to_owned(),
            response: "null".to_owned(),
            error: "",
            message: String::new(),
            event_id: own.clone(),
            request_id: own,
        }
        .renamed()
    }

    /// Ids that hold no JSON of the parameters.
    fn renamed(mut self) -> Self {
        let id = hex(self.event_id.as_bytes());
        (self.event_id, self.request_id) = (id.clone(), id);
        self
    }

    pub(super) fn answered(mut self, response: &str) -> Self {
        response.clone_into(&mut self.response);
        self
    }

    pub(super) fn in_region(mut self, region: &'static str) -> Self {
        self.region = region;
        self
    }

    pub(super) fn refused(mut self, code: &'static str, message: &str) -> Self {
        self.error = code;
        message.clone_into(&mut self.message);
        self
    }

    pub(super) fn of_service(mut self, service: &'static str) -> Self {
        self.service = service;
        self
    }

    pub(super) fn json(&self) -> String {
        let Self { at, region, service, action, request, response, error, message, event_id, request_id } = self;
        let failed = if error.is_empty() { String::new() } else { format!(r#""errorCode":"{error}","errorMessage":"{message}","#) };
        format!(
            r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/mallory","accountId":"111122223333"}},"eventTime":"2026-11-11T{at}Z","eventSource":"{service}.amazonaws.com","eventName":"{action}","awsRegion":"{region}",{failed}"requestParameters":{request},"responseElements":{response},"requestID":"{request_id}","eventID":"{event_id}","eventCategory":"Management","managementEvent":true,"recipientAccountId":"111122223333"}}"#
        )
    }
}

/// An invocation record of a day in November; `guardrail` as the answer's trace tells it.
pub(super) fn invocation(at: &str, request: &str, rest: &str) -> String {
    format!(
        r#"{{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-11-11T{at}Z","accountId":"111122223333","identity":{{"arn":"arn:aws:iam::111122223333:user/app"}},"region":"us-west-2","requestId":"{request}",{rest}}}"#
    )
}

fn hex(bytes: &[u8]) -> String {
    Digest(Sha256::digest(bytes).into()).short()
}

/// A case with these records, each source a list of them, inside the case.
pub(super) fn case_of(sources: &[Vec<String>]) -> (TempDir, Reader) {
    let folder = tempfile::tempdir().unwrap();
    let case = Writable::open(&folder.path().join("a.outcrop")).unwrap();
    let mut writer = case.writer().unwrap();
    for records in sources {
        let source = writer.next_source();
        writer.begin_source(&entry(source, &format!("{}.json", source.0)));
        let (mut batch, mut plain) = (Batch::new(), Vec::new());
        for record in records {
            let position = RecordPosition { offset: plain.len() as u64, length: record.len() as u32, wrap: Wrap::None };
            plain.extend_from_slice(record.as_bytes());
            plain.push(b'\n');
            let mut tape = Tape::new();
            batch.push(source, position, Digest(Sha256::digest(record).into()), None, &decode(record.as_bytes(), &mut tape));
        }
        writer.store_block(source, 0, &plain);
        writer.append(batch).unwrap();
    }
    writer.finish().unwrap();
    let reader = case.reader().unwrap();
    (folder, reader)
}

fn entry(id: SourceId, path: &str) -> SourceEntry {
    SourceEntry { state: SourceState::Complete, sealed: true, ..SourceEntry::new(id, SourceKind::Stdin, path) }
}

/// The controls of CloudTrail records in one source.
pub(super) fn of(records: &[Written]) -> Controls {
    of_sources(&[records.iter().map(Written::json).collect()])
}

pub(super) fn of_sources(sources: &[Vec<String>]) -> Controls {
    let (_folder, mut reader) = case_of(sources);
    controls(&mut reader).unwrap()
}

pub(super) fn clock(time: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-11-11T{time}Z")).unwrap()
}

/// What a change says, for comparing: kind and id, word, outcome, before, after.
pub(super) fn told(change: &ControlChange) -> (String, Change, Outcome, Option<&str>, Option<&str>) {
    let control = format!("{} {}", change.control.kind, change.control.id);
    (control, change.change, change.outcome, change.before.as_deref(), change.after.as_deref())
}
