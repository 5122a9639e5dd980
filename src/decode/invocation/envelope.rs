//! The envelope of an invocation record (FORMATS §1.1–1.4): everything around the two bodies.

use std::borrow::Cow;

use super::reading::{Reading, known_tokens};
use crate::decode::Text;
use crate::decode::json::Value;
use crate::model::{BodyState, Tokens};

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
    count: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
}

impl<'a> Envelope<'a> {
    /// One walk over the record's keys.
    pub(super) fn of(record: Value<'a>) -> Self {
        let none = record.item(usize::MAX);
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
                b"identity" => envelope.identity_arn = value.get("arn").text_some(),
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

    /// First known of the envelope's counts, the body's usage, the stream's metrics.
    pub(super) fn tokens(&self, reading: &Reading<'_>) -> Tokens {
        let own = Tokens {
            input: self.input.count,
            output: self.output.count,
            cache_read: self.input.cache_read,
            cache_write: self.input.cache_write,
            total_input: None,
        };
        let mut tokens = known_tokens(own, known_tokens(reading.usage, reading.metrics));
        tokens.total_input = [tokens.input, tokens.cache_read, tokens.cache_write].into_iter().flatten().reduce(u64::saturating_add);
        tokens
    }
}

impl<'a> Body<'a> {
    fn of(side: Value<'a>) -> Self {
        let mut body = Self { json: side.item(usize::MAX), path: None, count: None, cache_read: None, cache_write: None };
        for (key, value) in side.entries() {
            match key.raw() {
                b"inputBodyJson" | b"outputBodyJson" => body.json = value,
                b"inputBodyS3Path" | b"outputBodyS3Path" => body.path = value.text_some(),
                b"outputVideoS3Path" if body.path.is_none() => body.path = value.text_some(),
                b"inputTokenCount" | b"outputTokenCount" => body.count = value.count(),
                b"cacheReadInputTokenCount" => body.cache_read = value.count(),
                b"cacheWriteInputTokenCount" => body.cache_write = value.count(),
                _ => {}
            }
        }
        body
    }
}

fn scalar(value: Value<'_>) -> Option<Cow<'_, str>> {
    value.scalar().filter(|text| !text.is_empty())
}
