//! All spellings of one model's id folded to one key (FORMATS §1.6).

use std::borrow::Cow;

/// Prefixes of cross-Region inference profiles.
const PROFILE_PREFIXES: [&str; 8] = ["us.", "eu.", "apac.", "jp.", "au.", "ca.", "global.", "us-gov."];

/// Folds a model id or ARN: `us.anthropic.claude-…`, the ARN of its profile and of the foundation model, and their
/// percent-encoded forms give `anthropic.claude-…`. A version (`-v1:0`) stays, a context suffix (`:28k`) goes. What
/// hides its model (application profiles, provisioned, imported and custom models, endpoints) keeps `type/id`.
pub fn model_key(id: &str) -> Cow<'_, str> {
    match percent_decoded(id) {
        Cow::Borrowed(id) => Cow::Borrowed(fold(id)),
        Cow::Owned(id) => Cow::Owned(fold(&id).to_owned()),
    }
}

fn fold(id: &str) -> &str {
    let id = id.trim();
    if !id.starts_with("arn:") {
        return without_context(without_prefix(id));
    }
    let resource = id.splitn(6, ':').nth(5).filter(|resource| !resource.is_empty()).unwrap_or(id);
    match resource.split_once('/') {
        Some(("foundation-model" | "inference-profile", model)) if !model.is_empty() => without_context(without_prefix(model)),
        _ => resource,
    }
}

fn without_prefix(id: &str) -> &str {
    PROFILE_PREFIXES.into_iter().find_map(|prefix| id.strip_prefix(prefix)).filter(|rest| rest.contains('.')).unwrap_or(id)
}

/// `-v1:0:28k` without `:28k`.
fn without_context(id: &str) -> &str {
    let second = id.match_indices(':').nth(1).map(|(at, _)| at);
    second.and_then(|at| id.get(..at)).unwrap_or(id)
}

/// The text with `%3A` and the like undone; as it is when something in it is no percent-encoding.
pub(in crate::decode) fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else { return Cow::Borrowed(text) };
        bytes.push((high << 4 | low) as u8);
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling() {
        // FORMATS §1.6, and model ids as AWS lists them.
        for (id, expected) in [
            ("anthropic.claude-3-5-sonnet-20240620-v1:0", "anthropic.claude-3-5-sonnet-20240620-v1:0"),
            ("us.anthropic.claude-3-5-sonnet-20240620-v1:0", "anthropic.claude-3-5-sonnet-20240620-v1:0"),
            ("us-gov.anthropic.claude-3-5-sonnet-20240620-v1:0", "anthropic.claude-3-5-sonnet-20240620-v1:0"),
            ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
            ("apac.amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0"),
            ("us.anthropic.claude-sonnet-5", "anthropic.claude-sonnet-5"),
            ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2:1", "anthropic.claude-v2:1"),
            ("arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.titan-text-express-v1", "amazon.titan-text-express-v1"),
            (
                "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0",
                "anthropic.claude-haiku-4-5-20251001-v1:0",
            ),
            ("arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/ab12cd", "application-inference-profile/ab12cd"),
            ("arn:aws:bedrock:us-east-1:111122223333:provisioned-model/pm1", "provisioned-model/pm1"),
            ("arn:aws:bedrock:us-east-1:111122223333:imported-model/im1", "imported-model/im1"),
            ("arn:aws:bedrock:us-east-1:111122223333:custom-model-deployment/cd1", "custom-model-deployment/cd1"),
            ("arn:aws:bedrock:us-east-1:111122223333:prompt/P1:3", "prompt/P1:3"),
            ("arn:aws:bedrock:us-east-1:111122223333:default-prompt-router/anthropic.claude:1", "default-prompt-router/anthropic.claude:1"),
            ("arn:aws:sagemaker:us-east-1:111122223333:endpoint/my-llm", "endpoint/my-llm"),
            ("anthropic.claude-3-haiku-20240307-v1:0:28k", "anthropic.claude-3-haiku-20240307-v1:0"),
            ("anthropic.claude-v2:0:18k", "anthropic.claude-v2:0"),
            ("arn%3Aaws%3Abedrock%3Aus-east-1%3A111122223333%3Ainference-profile%2Fus.amazon.nova-lite-v1%3A0", "amazon.nova-lite-v1:0"),
            ("us.anthropic.claude-3-haiku-20240307-v1%3A0", "anthropic.claude-3-haiku-20240307-v1:0"),
            // No model behind the prefix; a percent sign that encodes nothing; an ARN cut short.
            ("us.x", "us.x"),
            ("100%", "100%"),
            ("arn:aws:bedrock:us-east-1::", "arn:aws:bedrock:us-east-1::"),
            ("arn:aws:bedrock:us-east-1::foundation-model/", "foundation-model/"),
            ("", ""),
        ] {
            assert_eq!(model_key(id), expected, "{id}");
        }
        assert!(matches!(model_key("us.amazon.nova-pro-v1:0"), Cow::Borrowed(_)));
    }
}
