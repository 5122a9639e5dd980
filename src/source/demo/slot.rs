//! The slot being written: records are shelved by log, account and Region, as AWS delivers them.

use super::bodies::{self, Family, Reply};
use super::callers::{Caller, second};
use super::draw::Draw;
use super::json::Json;
use super::talk::{Counts, Talk};
use super::trail::Call;
use crate::model::Timestamp;

/// Which log a shelf belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Log {
    Trail,
    /// What a trail delivers into folders of their own: Insights, summaries of data events, network activity.
    Insight,
    Aggregated,
    Network,
    Invocations,
    Endpoint,
    /// Agent telemetry, exported from its log group.
    Spans,
}

impl Log {
    /// The folder of a trail's log, which is part of its files' names too.
    pub(super) fn folder(self) -> Option<&'static str> {
        match self {
            Self::Trail => Some("CloudTrail"),
            Self::Insight => Some("CloudTrail-Insight"),
            Self::Aggregated => Some("CloudTrail-Aggregated"),
            Self::Network => Some("CloudTrail-NetworkActivity"),
            _ => None,
        }
    }
}

/// The records of one log, account and Region.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) log: Log,
    pub(super) account: &'static str,
    pub(super) region: &'static str,
    /// Records as lines, or the inside of `{"Records":[…]}`.
    pub(super) bytes: Vec<u8>,
    pub(super) events: u64,
    pub(super) last: Timestamp,
}

/// An oversized body, which AWS keeps beside the log.
#[derive(Debug)]
pub(super) struct SideBody {
    pub(super) account: &'static str,
    pub(super) region: &'static str,
    pub(super) request: String,
    pub(super) at: Timestamp,
    pub(super) bytes: Vec<u8>,
}

/// Everything of one slot.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) shelves: Vec<Shelf>,
    pub(super) side: Vec<SideBody>,
    input: Vec<u8>,
    output: Vec<u8>,
}

/// What a model call carries.
#[derive(Debug)]
pub(super) enum Payload<'a> {
    Talk(&'a Talk),
    Embedding { texts: &'a [String], cohere: bool },
}

/// One model call. It becomes a CloudTrail event and, if logging was on, an invocation record with the same request id.
#[derive(Debug)]
pub(super) struct Invoke<'a> {
    pub(super) at: Timestamp,
    pub(super) caller: &'a Caller,
    pub(super) region: &'static str,
    /// Where the model ran, when a profile chose that.
    pub(super) inference: &'a str,
    pub(super) operation: &'a str,
    pub(super) model: &'a str,
    pub(super) request: &'a str,
    pub(super) payload: Payload<'a>,
    pub(super) error: Option<(&'a str, &'a str)>,
    /// Was invocation logging on?
    pub(super) recorded: bool,
    /// Called with a Bedrock API key.
    pub(super) bearer: bool,
    /// `requestMetadata` as JSON; empty when the caller sent none.
    pub(super) metadata: &'a str,
    pub(super) seed: u64,
}

/// Bodies longer than this lie in S3 (FORMATS §1.4).
const INLINE_LIMIT: usize = 100 * 1024;

impl Slot {
    fn shelf_for(&mut self, log: Log, account: &'static str, region: &'static str, at: Timestamp) -> Option<&mut Shelf> {
        let known = self.shelves.iter().position(|s| s.log == log && s.account == account && s.region == region);
        let index = known.unwrap_or_else(|| {
            self.shelves.push(Shelf { log, account, region, bytes: Vec::new(), events: 0, last: at });
            self.shelves.len() - 1
        });
        let place = self.shelves.get_mut(index)?;
        place.events += 1;
        place.last = place.last.max(at);
        Some(place)
    }

    /// A CloudTrail event in the trail of `account`.
    pub(super) fn trail(&mut self, account: &'static str, region: &'static str, call: &Call<'_>) {
        let Some(place) = self.shelf_for(Log::Trail, account, region, call.at) else { return };
        if !place.bytes.is_empty() {
            place.bytes.push(b',');
        }
        Call { account, region, ..*call }.write(&mut place.bytes);
    }

    /// A record that is ready: in a trail's list, or as a line with its time as log groups are exported.
    pub(super) fn ready(&mut self, log: Log, account: &'static str, region: &'static str, at: Timestamp, json: &str) {
        let Some(place) = self.shelf_for(log, account, region, at) else { return };
        if log.folder().is_none() {
            place.bytes.extend_from_slice(format!("{at} {json}\n").as_bytes());
            return;
        }
        if !place.bytes.is_empty() {
            place.bytes.push(b',');
        }
        place.bytes.extend_from_slice(json.as_bytes());
    }

    /// A line of endpoint telemetry.
    pub(super) fn endpoint(&mut self, at: Timestamp, write: impl FnOnce(&mut Vec<u8>)) {
        let Some(place) = self.shelf_for(Log::Endpoint, "", "", at) else { return };
        write(&mut place.bytes);
        place.bytes.push(b'\n');
    }

    /// A model call in both logs.
    pub(super) fn invoke(&mut self, invoke: &Invoke<'_>) {
        let mut draw = Draw::new(invoke.seed ^ 0x5eed);
        self.input.clear();
        self.output.clear();
        let counts = self.bodies(invoke, &mut draw);
        let blocked = matches!(&invoke.payload, Payload::Talk(talk) if talk.guard.as_ref().is_some_and(|g| g.blocked_at_input));
        // The twin bears the time of completion, a second to three later.
        let done = invoke.at.plus_millis(i64::from(draw.between(1000, 3000)));
        let parameters = format!(r#"{{"modelId":"{}"}}"#, invoke.model);
        let mut additional = String::new();
        if invoke.error.is_none() {
            let inference =
                if invoke.inference.is_empty() || blocked { String::new() } else { format!(r#""inferenceRegion":"{}","#, invoke.inference) };
            let bearer = if invoke.bearer { r#""callWithBearerToken":true,"# } else { "" };
            additional = format!(r#"{{{bearer}{inference}"inputTokens":{},"outputTokens":{}}}"#, counts.input, counts.output);
        } else if invoke.bearer {
            r#"{"callWithBearerToken":true}"#.clone_into(&mut additional);
        }
        let host = format!("bedrock-runtime.{}.amazonaws.com", invoke.region);
        let event = draw.uuid();
        let call = Call {
            error: invoke.error,
            parameters: &parameters,
            additional: &additional,
            request: invoke.request,
            event: &event,
            host: &host,
            ..Call::new(done, invoke.caller, invoke.region, "bedrock", invoke.operation)
        };
        self.trail(invoke.caller.account, invoke.region, &call);
        if invoke.recorded {
            self.record(invoke, counts, blocked);
        }
    }

    fn bodies(&mut self, invoke: &Invoke<'_>, draw: &mut Draw) -> Counts {
        if invoke.error.is_some() {
            return Counts::default();
        }
        match &invoke.payload {
            Payload::Talk(talk) => {
                let family = Family::of(invoke.operation, invoke.model);
                let counts = talk.counts();
                let latency = 280 + counts.output * 11 + counts.input / 9 + u64::from(draw.below(400));
                bodies::request(family, talk, &mut self.input);
                bodies::response(family, talk, Reply { model: invoke.model, counts, latency, seed: invoke.seed }, &mut self.output);
                counts
            }
            Payload::Embedding { texts, cohere } => bodies::embedding(texts, *cohere, invoke.seed, &mut self.input, &mut self.output),
        }
    }

    fn record(&mut self, invoke: &Invoke<'_>, counts: Counts, blocked: bool) {
        let (account, region) = (invoke.caller.account, invoke.region);
        let input = std::mem::take(&mut self.input);
        let output = std::mem::take(&mut self.output);
        let offloaded = input.len() > INLINE_LIMIT;
        if let Some(place) = self.shelf_for(Log::Invocations, account, region, invoke.at) {
            let mut json = Json::new(&mut place.bytes);
            json.object().field("timestamp", &second(invoke.at)).field("accountId", account).field("region", region);
            json.field("requestId", invoke.request).field("operation", invoke.operation).field("modelId", invoke.model);
            let failed = invoke.error.is_some();
            if let Some((code, _)) = invoke.error {
                // The two logs spell the refusal of model access differently (FORMATS §3.2).
                json.field("errorCode", if code == "AccessDenied" { "AccessDeniedException" } else { code });
            }
            json.key("input").object();
            if !failed {
                json.field("inputContentType", "application/json");
                if offloaded {
                    json.field("inputBodyS3Path", &format!("s3://{}/{}", bucket(account), side_path(account, region, invoke.request, invoke.at)));
                } else {
                    json.key("inputBodyJson").raw(&input);
                }
                if !blocked {
                    json.field_number("inputTokenCount", counts.input);
                    if counts.cache_read > 0 {
                        json.field_number("cacheReadInputTokenCount", counts.cache_read).field_number("cacheWriteInputTokenCount", 0);
                    }
                }
            }
            json.end_object().key("output").object();
            if !failed {
                json.field("outputContentType", "application/json").key("outputBodyJson").raw(&output);
                if !blocked && matches!(invoke.payload, Payload::Talk(_)) {
                    json.field_number("outputTokenCount", counts.output);
                }
            }
            json.end_object();
            if !invoke.metadata.is_empty() {
                json.field_raw("requestMetadata", invoke.metadata);
            }
            json.key("identity").object().field("arn", &invoke.caller.arn(invoke.at)).end_object();
            if !invoke.inference.is_empty() && !blocked && !failed {
                json.field("inferenceRegion", invoke.inference);
            }
            json.field("schemaType", "ModelInvocationLog").field("schemaVersion", "1.0").end_object();
            place.bytes.push(b'\n');
        }
        self.output = output;
        if offloaded {
            self.side.push(SideBody { account, region, request: invoke.request.to_owned(), at: invoke.at, bytes: input });
        } else {
            self.input = input;
        }
    }
}

/// The bucket an account's invocation records are delivered to.
pub(super) fn bucket(account: &str) -> String {
    format!("acme-bedrock-logs-{account}")
}

/// Folder of an hour's invocation records.
pub(super) fn hour_path(account: &str, region: &str, at: Timestamp) -> String {
    format!("AWSLogs/{account}/BedrockModelInvocationLogs/{region}/{}", at.to_jiff().strftime("%Y/%m/%d/%H"))
}

/// Where an oversized request body lies.
pub(super) fn side_path(account: &str, region: &str, request: &str, at: Timestamp) -> String {
    format!("{}/data/{request}_input.json.gz", hour_path(account, region, at))
}
