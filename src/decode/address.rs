//! What an ARN or an `s3://` address names.

use std::borrow::Cow;

use super::decoded::Text;
use super::invocation::model_key;
use crate::model::{EntityKind, fold_arn};

/// Things named, each with its kind.
pub(super) type Mentions<'a> = Vec<(EntityKind, Text<'a>)>;

/// The part of a text after `at` bytes, borrowed when the text is.
fn tail(text: Text<'_>, at: usize) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(at..).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(at..).unwrap_or_default().to_owned()),
    }
}

/// The part of a text before `at` bytes, borrowed when the text is.
fn head(text: Text<'_>, at: usize) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..at).unwrap_or(text)),
        Cow::Owned(mut text) => {
            if text.is_char_boundary(at) {
                text.truncate(at);
            }
            Cow::Owned(text)
        }
    }
}

/// `bucket/key` or `bucket`: the bucket, and the object when there is a key that is no mere prefix.
pub(super) fn bucket_and_key<'a>(path: Text<'a>, mentions: &mut Mentions<'a>) {
    let end = path.find('/').unwrap_or(path.len());
    if end == 0 {
        return;
    }
    if end + 1 < path.len() && !path.ends_with('/') {
        mentions.push((EntityKind::Object, path.clone()));
    }
    mentions.push((EntityKind::Bucket, head(path, end)));
}

/// The bucket of an `s3://` address: its first path segment.
pub(super) fn bucket_of_uri(uri: Text<'_>) -> Option<Text<'_>> {
    let path = s3_path(uri)?;
    let end = path.find('/').unwrap_or(path.len());
    (end > 0).then(|| head(path, end))
}

/// What an `s3://` address names.
pub(super) fn mention_uri<'a>(uri: Text<'a>, mentions: &mut Mentions<'a>) {
    if let Some(path) = s3_path(uri) {
        bucket_and_key(path, mentions);
    }
}

/// What stands after `s3://`.
pub(super) fn s3_path(uri: Text<'_>) -> Option<Text<'_>> {
    uri.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("s3://")).then(|| tail(uri, 5))
}

/// A bucket's name, also when its ARN stands in the name's place.
pub(super) fn last_bucket(name: Text<'_>) -> Text<'_> {
    match name.rfind(':') {
        Some(colon) if name.starts_with("arn:") => tail(name, colon + 1),
        _ => name,
    }
}

/// The last part of an id or ARN: `gr-abc` of `arn:…:guardrail/gr-abc`, without a version after a colon.
pub(super) fn last_part(id: Text<'_>) -> Text<'_> {
    if !id.starts_with("arn:") {
        return id;
    }
    let at = id.rfind('/').map_or(0, |slash| slash + 1);
    let last = tail(id, at);
    let end = last.find(':').unwrap_or(last.len());
    head(last, end)
}

/// What an ARN names, as far as it is a thing to pivot on.
pub(super) fn mention<'a>(arn: Text<'a>, mentions: &mut Mentions<'a>) {
    let mut parts = arn.splitn(6, ':');
    let (Some("arn"), Some(_), Some(service), Some(region), Some(_), Some(resource)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return;
    };
    match service {
        // Access points have a Region in their ARN, buckets and objects have none.
        "s3" if region.is_empty() => {
            let at = arn.len() - resource.len();
            bucket_and_key(tail(arn, at), mentions);
        }
        "iam" | "sts" => {
            if let Some(folded) = fold_arn(&arn) {
                mentions.push((EntityKind::Principal, folded.principal.into()));
                if let Some(session) = folded.session {
                    mentions.push((EntityKind::Session, session.into()));
                }
            }
        }
        "bedrock" => {
            let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
            let id_end = rest.find(['/', ':']).unwrap_or(rest.len());
            let at = arn.len() - rest.len();
            let entity = match kind {
                "guardrail" => EntityKind::Guardrail,
                "agent" | "agent-alias" => EntityKind::Agent,
                "knowledge-base" => EntityKind::KnowledgeBase,
                "foundation-model"
                | "inference-profile"
                | "application-inference-profile"
                | "provisioned-model"
                | "custom-model"
                | "custom-model-deployment"
                | "imported-model"
                | "default-prompt-router"
                | "prompt-router" => {
                    let model = model_key(&arn).into_owned();
                    mentions.push((EntityKind::Model, model.into()));
                    return;
                }
                _ => return,
            };
            let id = head(tail(arn, at), id_end);
            if !id.is_empty() {
                mentions.push((entity, id));
            }
        }
        // A runtime of AgentCore is an agent; it may stand with its endpoint.
        "bedrock-agentcore" => {
            if let Some(("runtime", rest)) = resource.split_once('/') {
                let at = arn.len() - rest.len();
                let id_end = rest.find(['/', ':']).unwrap_or(rest.len());
                let id = head(tail(arn, at), id_end);
                if !id.is_empty() {
                    mentions.push((EntityKind::Agent, id));
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arns_name() {
        use EntityKind::{Agent, Bucket, Guardrail, KnowledgeBase, Model, Object, Principal, Session};
        for (arn, expected) in [
            ("arn:aws:s3:::data-lake", vec![(Bucket, "data-lake")]),
            ("arn:aws:s3:::data-lake/a/b.csv", vec![(Object, "data-lake/a/b.csv"), (Bucket, "data-lake")]),
            ("arn:aws:s3:::data-lake/prefix/", vec![(Bucket, "data-lake")]),
            ("arn:aws:s3:us-east-1:111122223333:accesspoint/ap", vec![]),
            ("arn:aws:iam::111122223333:role/path/Dev", vec![(Principal, "111122223333/role/Dev")]),
            ("arn:aws:sts::111122223333:assumed-role/Dev/bob", vec![(Principal, "111122223333/role/Dev"), (Session, "bob")]),
            ("arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1", vec![(Guardrail, "gr1")]),
            ("arn:aws:bedrock:us-east-1:111122223333:agent-alias/AGENT1/ALIAS1", vec![(Agent, "AGENT1")]),
            ("arn:aws:bedrock:us-east-1:111122223333:knowledge-base/KB1", vec![(KnowledgeBase, "KB1")]),
            ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", vec![(Model, "amazon.nova-pro-v1:0")]),
            ("arn:aws:bedrock:us-east-1:111122223333:guardrail/", vec![]),
            ("arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/desk-h3Kq", vec![(Agent, "desk-h3Kq")]),
            ("arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/desk-h3Kq/runtime-endpoint/DEFAULT:DEFAULT", vec![(Agent, "desk-h3Kq")]),
            ("arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/gw-1", vec![]),
            ("arn:aws:kms:us-east-1:111122223333:key/1", vec![]),
            ("arn:aws", vec![]),
        ] {
            let mut mentions = Vec::new();
            mention(arn.into(), &mut mentions);
            let found: Vec<_> = mentions.iter().map(|(kind, value)| (*kind, value.as_ref())).collect();
            assert_eq!(found, expected, "{arn}");
        }
    }

    #[test]
    fn ids_and_addresses() {
        assert_eq!(last_part("gr1".into()), "gr1");
        assert_eq!(last_part("arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1:2".into()), "gr1");
        assert_eq!(bucket_of_uri("s3://b/p/q".into()).as_deref(), Some("b"));
        assert_eq!(bucket_of_uri("S3://b".into()).as_deref(), Some("b"));
        assert_eq!(bucket_of_uri("s3://".into()), None);
        assert_eq!(bucket_of_uri("https://b/p".into()), None);
    }
}
