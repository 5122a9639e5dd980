//! Rows of query results: which arrays are rows, and rows that an exporter flattened into one list of fields.

use std::collections::HashSet;

use super::documents::{Documents, Flow, MAX_FRAMES};
use super::scan::{Keys, Scan, Step};
use crate::decode::json::Tape;
use crate::model::{RecordPosition, Wrap};

/// An array whose first object is longer than this is no row.
const PEEK: usize = 64 * 1024;
/// A row with more fields than this is two.
const MAX_FIELDS: usize = 1024;

impl Documents<'_, '_, '_, '_> {
    /// What the array at the start of the window is: a list of records ([`Wrap::None`]), or a row in that wrap; `None`
    /// when it is neither.
    pub(super) fn kind_of_array(&mut self) -> Option<Wrap> {
        if self.frames.len() >= MAX_FRAMES {
            return None;
        }
        match self.first_behind(1) {
            Some(b'{') => {}
            // Empty or cut off, nested, of strings that may be records, or with a `null` in place of one.
            None | Some(b']' | b'[' | b'"' | b'n') => return Some(Wrap::None),
            Some(b'0'..=b'9' | b'-' | b't' | b'f') if !self.frames.is_empty() => return Some(Wrap::None),
            _ => return None,
        }
        let Some(scan) = self.peek_object(1) else { return Some(Wrap::None) };
        let bytes = self.window.bytes();
        let key = bytes.get(scan.start + scan.scan.last_key.0..scan.start + scan.scan.last_key.1).unwrap_or_default();
        Some(if scan.scan.count == 1 && is_cloudtrail_field(key) {
            Wrap::LakeRow
        } else if !self.frames.is_empty() && scan.scan.keys.has(&[Keys::FIELD, Keys::VALUE]) {
            Wrap::InsightsField
        } else {
            Wrap::None
        })
    }

    /// Is the object behind `at` one field of a row?
    pub(super) fn begins_with_field(&mut self, at: usize) -> bool {
        self.peek_object(at).is_some_and(|peeked| peeked.scan.count == 2 && peeked.scan.keys.has(&[Keys::FIELD, Keys::VALUE]))
    }

    /// Looks at the object that follows at `at` behind blanks, without consuming it.
    fn peek_object(&mut self, at: usize) -> Option<Peeked> {
        if self.damage.exhausted(self.window.offset()) {
            return None;
        }
        let line_end = self.line_end();
        self.first_behind(at)?;
        let start = at + self.window.bytes().get(at..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.window.fill(start + PEEK);
        let bytes = self.window.front(line_end.unwrap_or(usize::MAX).min(start + PEEK)).get(start..)?;
        let mut scan = Scan::watching();
        let step = scan.run(bytes);
        self.damage.spend(scan.at);
        (step == Step::Done).then_some(Peeked { start, scan })
    }

    /// A row that was flattened: field objects up to the first whose field the row has already.
    pub(super) fn flattened_row(&mut self) -> Flow {
        let mut names: Vec<Vec<u8>> = Vec::new();
        let (mut start, mut end) = (0, 0);
        while names.len() < MAX_FIELDS {
            let mut scan = Scan::keyed();
            let step = loop {
                match scan.run(self.window.bytes().get(start..).unwrap_or_default()) {
                    Step::More if self.window.bytes().len() <= self.out.limits.max_record && self.window.more() => {}
                    step => break step,
                }
            };
            if step != Step::Done || !scan.keys.has(&[Keys::FIELD, Keys::VALUE]) {
                break;
            }
            let object = self.window.bytes().get(start..start + scan.at).unwrap_or_default();
            let tape = Tape::of(object);
            let name = tape.root(object).get("field").raw_text().to_vec();
            if names.contains(&name) || (end > 0 && start + scan.at > self.out.limits.max_record) {
                break;
            }
            names.push(name);
            end = start + scan.at;
            let Some(next) = self.next_in_list(end) else { break };
            start = next;
        }
        let position = RecordPosition { offset: self.window.offset(), length: end as u32, wrap: Wrap::InsightsField };
        let flow = self.out.wrapped(self.window.front(end), position, None);
        self.take(end.max(1));
        flow
    }

    /// Where the next object of the list begins, behind blanks and a comma; `None` when something else follows.
    fn next_in_list(&mut self, mut at: usize) -> Option<usize> {
        loop {
            match self.window.byte(at)? {
                byte if byte.is_ascii_whitespace() || byte == b',' => at += 1,
                b'{' => return Some(at),
                _ => return None,
            }
        }
    }
}

struct Peeked {
    start: usize,
    scan: Scan,
}

/// Is an array that begins like a row one to its end? A Lake row names each column once.
pub(super) fn is_row(array: &[u8], wrap: Wrap) -> bool {
    let tape = Tape::of(array);
    let root = tape.root(array);
    if wrap == Wrap::InsightsField {
        return root.items().all(|item| item.get("field").is_text());
    }
    let mut names = HashSet::new();
    root.items().all(|item| item.is_object() && item.len() == 1 && item.entries().all(|(key, _)| names.insert(key.text().into_owned())))
}

/// Names of the columns that a CloudTrail Lake query may ask for: the fields of a record (FORMATS §3.1).
fn is_cloudtrail_field(name: &[u8]) -> bool {
    const FIELDS: [&[u8]; 34] = [
        b"eventVersion",
        b"userIdentity",
        b"eventTime",
        b"eventSource",
        b"eventName",
        b"awsRegion",
        b"sourceIPAddress",
        b"userAgent",
        b"errorCode",
        b"errorMessage",
        b"requestParameters",
        b"responseElements",
        b"additionalEventData",
        b"requestID",
        b"eventID",
        b"readOnly",
        b"resources",
        b"eventType",
        b"apiVersion",
        b"managementEvent",
        b"recipientAccountId",
        b"sharedEventID",
        b"vpcEndpointId",
        b"vpcEndpointAccountId",
        b"eventCategory",
        b"serviceEventDetails",
        b"tlsDetails",
        // Columns of an event data store for Insights.
        b"insightSource",
        b"insightState",
        b"insightEventSource",
        b"insightEventName",
        b"insightErrorCode",
        b"insightType",
        b"insightContext",
    ];
    FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))
}
