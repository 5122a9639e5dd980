//! The envelope of an invocation record (FORMATS §1.1–1.4): everything around the two bodies.

use std::borrow::Cow;

use super::reading::Reading;
use super::{blocks, ending, tokens};
use crate::decode::Text;
use crate::decode::json::{Key, Value};
use crate::model::{BodyState, Tokens};

/// So many keys or strange counts a remark names.
const NAMED: usize = 12;

/// The envelope's values; missing where the record has none.
pub(super) struct Envelope<'a> {
    pub(super) timestamp: Value<'a>,
    pub(super) account: Option<Text<'a>>,
    pub(super) region: Option<Text<'a>>,
    pub(super) inference_region: Option<Text<'a>>,
    pub(super) request_id: Option<Text<'a>>,
    pub(super) operation: Option<Text<'a>>,
    pub(super) model_id: Option<Text<'a>>,
    pub(super) identity_arn: Option<Text<'a>>,
    pub(super) error_code: Option<Text<'a>>,
    pub(super) metadata: Value<'a>,
    pub(super) input: Body<'a>,
    pub(super) output: Body<'a>,
}

/// One side: the body, or where it is.
pub(super) struct Body<'a> {
    pub(super) json: Value<'a>,
    /// `s3://…` of a body that was too large, or of a video.
    pub(super) path: Option<Text<'a>>,
    /// What else holds text, such as a second body: searched, and said.
    pub(super) unread: Vec<(Key<'a>, Value<'a>)>,
    count: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    miscounted: Vec<(Key<'a>, Value<'a>)>,
}

impl<'a> Envelope<'a> {
    /// One walk over the record's keys.
    pub(super) fn of(record: Value<'a>) -> Self {
        let none = Value::default();
        let mut envelope = Self {
            timestamp: none,
            account: None,
            region: None,
            inference_region: None,
            request_id: None,
            operation: None,
            model_id: None,
            identity_arn: None,
            error_code: None,
            metadata: none,
            input: Body::of(none),
            output: Body::of(none),
        };
        for (key, value) in record.entries() {
            match key.raw() {
                b"timestamp" => envelope.timestamp = value,
                b"accountId" => envelope.account = scalar(value),
                b"region" => envelope.region = scalar(value),
                b"inferenceRegion" => envelope.inference_region = scalar(value),
                b"requestId" => envelope.request_id = scalar(value),
                b"operation" => envelope.operation = scalar(value),
                b"modelId" => envelope.model_id = scalar(value),
                b"identity" => envelope.identity_arn = if value.is_text() { value } else { value.get("arn") }.text_some(),
                b"errorCode" => envelope.error_code = scalar(value),
                b"requestMetadata" => envelope.metadata = value,
                b"input" => envelope.input = Body::of(value),
                b"output" => envelope.output = Body::of(value),
                _ => {}
            }
        }
        envelope
    }

    /// A body is in S3.
    pub(super) fn is_offloaded(&self) -> bool {
        self.input.path.is_some() || self.output.path.is_some()
    }

    /// Where the bodies are. One in S3 makes the exchange one whose text is not all here.
    pub(super) fn body_state(&self, reading: &Reading<'_>) -> BodyState {
        if self.is_offloaded() {
            BodyState::S3
        } else if reading.unknown_request.is_some() || reading.unknown_response.is_some() {
            BodyState::Unknown
        } else if reading.family.is_empty() {
            BodyState::Absent
        } else {
            BodyState::Inline
        }
    }

    /// Counts of the envelope, the body and the stream put together.
    pub(super) fn tokens(&self, reading: &Reading<'_>) -> Tokens {
        tokens::tokens(self.counts(), reading)
    }

    /// What a reader should know of the counts, and of what was not read.
    pub(super) fn remarks(&self, reading: &Reading<'_>) -> Vec<String> {
        let mut remarks: Vec<String> = ending::remark(reading).into_iter().collect();
        remarks.extend(tokens::remarks(self.counts(), reading));
        let miscounted = [&self.input, &self.output].into_iter().flat_map(|side| &side.miscounted).chain(&reading.miscounted);
        remarks.extend(miscounted.map(tokens::no_count).take(NAMED));
        if !reading.unread.is_empty() {
            remarks.push(format!("text under keys that {} bodies do not have: {}", reading.family, names(&reading.unread)));
        }
        for (side, body) in [("input", &self.input), ("output", &self.output)] {
            if !body.unread.is_empty() {
                remarks.push(format!("text beside the {side} body: {}", names(&body.unread)));
            }
        }
        remarks
    }

    fn counts(&self) -> Tokens {
        Tokens {
            input: self.input.count,
            output: self.output.count,
            cache_read: self.input.cache_read,
            cache_write: self.input.cache_write,
            total_input: None,
        }
    }
}

impl<'a> Body<'a> {
    fn of(side: Value<'a>) -> Self {
        let mut body =
            Self { json: Value::default(), path: None, unread: Vec::new(), count: None, cache_read: None, cache_write: None, miscounted: Vec::new() };
        if side.is_some() && !side.is_object() {
            // Something else than the log writes: perhaps the body itself.
            body.json = side;
        }
        for (key, value) in side.entries() {
            let count = match key.raw() {
                b"inputBodyJson" | b"outputBodyJson" if !body.json.is_some() => {
                    body.json = value;
                    continue;
                }
                b"inputBodyS3Path" | b"outputBodyS3Path" => {
                    body.path = value.text_some();
                    continue;
                }
                b"outputVideoS3Path" if body.path.is_none() => {
                    body.path = value.text_some();
                    continue;
                }
                b"inputTokenCount" | b"outputTokenCount" => &mut body.count,
                b"cacheReadInputTokenCount" => &mut body.cache_read,
                b"cacheWriteInputTokenCount" => &mut body.cache_write,
                b"inputContentType" | b"outputContentType" => continue,
                _ => {
                    if blocks::holds_text(value) {
                        body.unread.push((key, value));
                    }
                    continue;
                }
            };
            *count = value.count();
            if count.is_none() && value.is_some() {
                body.miscounted.push((key, value));
            }
        }
        body
    }
}

/// The first few keys by their names, and how many more there are.
fn names(unread: &[(Key<'_>, Value<'_>)]) -> String {
    let mut names: Vec<String> = unread.iter().take(NAMED).map(|(key, _)| key.text().chars().take(40).collect()).collect();
    if unread.len() > NAMED {
        names.push(format!("{} more", unread.len() - NAMED));
    }
    names.join(", ")
}

fn scalar(value: Value<'_>) -> Option<Cow<'_, str>> {
    value.scalar().filter(|text| !text.is_empty())
}
