//! What an event names in its parameters, its response and its resources. A table of keys, and the look of the values.

use std::borrow::Cow;

use super::{Subject, detail};
use crate::decode::Text;
use crate::decode::address::{self, Mentions};
use crate::decode::invocation::model_key;
use crate::decode::json::{Kind, Value};
use crate::model::EntityKind;

/// What was found.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) model: Option<Text<'a>>,
    pub(super) bucket: Option<Text<'a>>,
    pub(super) mentions: Mentions<'a>,
    pub(super) detail: Option<Text<'a>>,
    /// A Bedrock API key was used.
    pub(super) bearer: bool,
    /// Input and output tokens.
    pub(super) tokens: [Option<u64>; 2],
    /// The HTTP status with which AgentCore refused a call. Such events have no error code.
    pub(super) refusal: Option<Text<'a>>,
    /// What it said.
    pub(super) answer: Option<Text<'a>>,
}

impl Found<'_> {
    /// The same, on its own memory.
    pub(super) fn into_owned(self) -> Found<'static> {
        let own = |text: Text<'_>| Cow::Owned(text.into_owned());
        Found {
            model: self.model.map(own),
            bucket: self.bucket.map(own),
            mentions: self.mentions.into_iter().map(|(kind, text)| (kind, own(text))).collect(),
            detail: self.detail.map(own),
            bearer: self.bearer,
            tokens: self.tokens,
            refusal: self.refusal.map(own),
            answer: self.answer.map(own),
        }
    }
}

/// Reads parameters, response and additional data of one event.
pub(super) fn read<'a>(subject: &Subject<'_>, request: Value<'a>, response: Value<'a>, additional: Value<'a>) -> Found<'a> {
    let mut found = Found::default();
    walk(subject, b"", request, &mut found.mentions);
    let asked = found.mentions.len();
    walk(subject, b"", response, &mut found.mentions);

    if is_bedrock(subject.service) {
        found.model = ["modelId", "model", "modelIdentifier", "baseModelIdentifier", "foundationModel"]
            .into_iter()
            .find_map(|key| text(request.get(key)))
            .map(|id| model_of(&id));
    }
    found.bucket = bucket(request).or_else(|| {
        let named = found.mentions.get(..asked).unwrap_or_default();
        named.iter().find(|(kind, _)| *kind == EntityKind::Bucket).map(|(_, name)| name.clone())
    });
    if subject.service == "s3"
        && let (Some(bucket), Some(key)) = (&found.bucket, text(first(request.get("key"))))
    {
        found.mentions.push((EntityKind::Object, format!("{bucket}/{key}").into()));
    }
    found.bearer = [additional, request].into_iter().any(|place| place.get("callWithBearerToken").boolean() == Some(true));
    if subject.service.starts_with("bedrock-agentcore") && response.get("statusCode").count().is_some_and(|status| status >= 400) {
        found.refusal = response.get("statusCode").scalar();
        found.answer = text(response.at("body.error.message"));
    }
    found.tokens = ["inputTokens", "outputTokens"].map(|key| additional.get(key).count());
    found.detail = detail::of(subject, request, response, additional).map(Cow::Owned);
    found
}

/// The bucket that an event is about. Jobs name several: the data they read comes first.
fn bucket(request: Value<'_>) -> Option<Text<'_>> {
    text(first(request.get("bucketName"))).map(address::last_bucket).or_else(|| {
        ["trainingDataConfig.s3Uri", "inputDataConfig.s3InputDataConfig.s3Uri"]
            .into_iter()
            .find_map(|path| text(request.at(path)).and_then(address::bucket_of_uri))
            .or_else(|| text(request.at("loggingConfig.s3Config.bucketName")))
    })
}

/// A single value of an array of one, as old events write them (FORMATS §3.3).
pub(super) fn first(value: Value<'_>) -> Value<'_> {
    if value.is_array() { value.item(0) } else { value }
}

/// A string that says something: not empty, not withheld.
pub(super) fn text(value: Value<'_>) -> Option<Text<'_>> {
    value.text_some().filter(|text| !matches!(text.as_ref(), "HIDDEN_DUE_TO_SECURITY_REASONS" | "REDACTED"))
}

/// Bedrock and its siblings (DETECTIONS §0.2 `x.is_bedrock`).
pub(super) fn is_bedrock(service: &str) -> bool {
    service.starts_with("bedrock") || service == "aws-external-anthropic"
}

fn model_of<'a>(id: &str) -> Text<'a> {
    Cow::Owned(model_key(id).into_owned())
}

/// Depth is bounded by the tape.
fn walk<'a>(subject: &Subject<'_>, key: &[u8], value: Value<'a>, mentions: &mut Mentions<'a>) {
    match value.kind() {
        Kind::Object => value.entries().for_each(|(key, value)| walk(subject, key.raw(), value, mentions)),
        Kind::Array => value.items().for_each(|value| walk(subject, key, value, mentions)),
        Kind::Text => {
            if let Some(text) = text(value) {
                named(subject, key, text, mentions);
            }
        }
        _ => {}
    }
}

fn named<'a>(subject: &Subject<'_>, key: &[u8], text: Text<'a>, mentions: &mut Mentions<'a>) {
    match key {
        b"bucketName" | b"s3BucketName" | b"destinationBucketName" => mentions.push((EntityKind::Bucket, address::last_bucket(text))),
        b"modelId"
        | b"model"
        | b"modelIdentifier"
        | b"baseModelIdentifier"
        | b"foundationModel"
        | b"modelArn"
        | b"foundationModelArn"
        | b"embeddingModelArn"
            if is_bedrock(subject.service) =>
        {
            mentions.push((EntityKind::Model, model_of(&text)));
        }
        b"guardrailIdentifier" | b"guardrailId" | b"guardrailArn" => mentions.push((EntityKind::Guardrail, address::last_part(text))),
        b"agentId" if is_bedrock(subject.service) => mentions.push((EntityKind::Agent, text)),
        // An agent's session: its spans bear the same id.
        b"sessionId" | b"runtimeSessionId" if is_bedrock(subject.service) => mentions.push((EntityKind::Session, text)),
        b"knowledgeBaseId" => mentions.push((EntityKind::KnowledgeBase, text)),
        b"accessKeyId" => mentions.push((EntityKind::Key, text)),
        b"x-amz-copy-source" => copy_source(&text, mentions),
        b"userName" if subject.service == "iam" => mentions.push((EntityKind::Principal, format!("{}/user/{text}", subject.account).into())),
        b"roleName" if subject.service == "iam" => mentions.push((EntityKind::Principal, format!("{}/role/{text}", subject.account).into())),
        _ if text.starts_with("arn:") => address::mention(text, mentions),
        _ => address::mention_uri(text, mentions),
    }
}

/// `bucket/key`, `/bucket/key` or an access point's ARN, percent-encoded, perhaps with `?versionId=`.
pub(super) fn copy_path(source: &str) -> String {
    let decoded = crate::decode::invocation::percent_decoded(source);
    let path = decoded.split_once("?versionId=").map_or(decoded.as_ref(), |(path, _)| path);
    path.strip_prefix("arn:aws:s3:::").unwrap_or(path).trim_start_matches('/').to_owned()
}

fn copy_source(source: &str, mentions: &mut Mentions<'_>) {
    let path = copy_path(source);
    if !path.starts_with("arn:") {
        address::bucket_and_key(path.into(), mentions);
    }
}

/// Denied calls often have no parameters; the message names what was asked for.
pub(super) fn refused_resource(message: &str, found: &mut Found<'_>) {
    if let Some((_, resource)) = message.split_once(" on resource: ") {
        let arn = resource.split_whitespace().next().unwrap_or_default().trim_end_matches(['.', ',', '"']);
        address::mention(arn.to_owned().into(), &mut found.mentions);
    }
}

/// One element of `resources[]`: an object with `ARN` or `arn`, an ARN as a string, or an object that an exporter
/// printed into a string (`{'arn': 'arn:aws:…'}`).
pub(super) fn resource<'a>(value: Value<'a>, found: &mut Found<'a>) {
    if value.is_object() {
        let arn = ["ARN", "arn"].into_iter().find_map(|key| value.get(key).text_some());
        if let Some(arn) = arn {
            address::mention(arn, &mut found.mentions);
        }
    } else if let Some(text) = value.text_some() {
        let Some(at) = text.find("arn:") else { return };
        let arn: String = text.get(at..).unwrap_or_default().chars().take_while(|c| !matches!(c, '\'' | '"' | ',' | '}' | ' ')).collect();
        address::mention(arn.into(), &mut found.mentions);
    }
}
