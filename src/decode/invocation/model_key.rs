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

/// Words of model names and the family they stand for. A word of a name may go on: `llama3`, `qwen3`.
const FAMILIES: [(&str, &str); 31] = [
    ("haiku", "haiku"),
    ("sonnet", "sonnet"),
    ("opus", "opus"),
    ("claude", "claude"),
    ("nova", "nova"),
    ("titan", "titan"),
    ("deepseek", "deepseek"),
    ("llama", "llama"),
    ("mistral", "mistral"),
    ("mixtral", "mistral"),
    ("ministral", "mistral"),
    ("magistral", "mistral"),
    ("pixtral", "mistral"),
    ("voxtral", "mistral"),
    ("devstral", "mistral"),
    ("cohere", "cohere"),
    ("jamba", "jamba"),
    ("jurassic", "jurassic"),
    ("j2", "jurassic"),
    ("gpt", "gpt-oss"),
    ("qwen", "qwen"),
    ("writer", "writer"),
    ("palmyra", "writer"),
    ("stability", "stability"),
    ("stable", "stability"),
    ("gemma", "gemma"),
    ("kimi", "kimi"),
    ("minimax", "minimax"),
    ("nemotron", "nemotron"),
    ("glm", "glm"),
    ("twelvelabs", "twelvelabs"),
];

/// The family of a model, in any spelling of its id or as a response names it (DETECTIONS §0.2 `x.model_family`): Claude's
/// by their sizes (`haiku`, `sonnet`, `opus`; `claude` before there were sizes), others by name. What hides its model,
/// and what we do not know, is `other`.
pub fn model_family(model: &str) -> &'static str {
    const CLAUDE: usize = 4;
    let key = model_key(model).to_ascii_lowercase();
    let words = || key.split(|character: char| !character.is_ascii_alphanumeric());
    let family = |known: &[(&str, &'static str)], word: &str| known.iter().find(|(name, _)| word.starts_with(name)).map(|(_, family)| *family);
    // A size says more than `claude`, which may stand before it; other names are told by their first known word.
    let (claude, others) = FAMILIES.split_at(CLAUDE);
    let sized = claude.iter().find(|(name, _)| words().any(|word| word.starts_with(name))).map(|(_, family)| *family);
    sized.or_else(|| words().find_map(|word| family(others, word))).unwrap_or("other")
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

    #[test]
    fn families_of_models() {
        // Model ids as AWS lists them, spellings of FORMATS §1.6, names in responses and of imported models.
        for (model, expected) in [
            ("anthropic.claude-3-haiku-20240307-v1:0", "haiku"),
            ("arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0", "sonnet"),
            ("us.anthropic.claude-opus-4-1-20250805-v1%3A0", "opus"),
            ("claude-3-5-sonnet-20240620", "sonnet"),
            ("anthropic.claude-v2:1", "claude"),
            ("anthropic.claude-instant-v1", "claude"),
            ("eu.amazon.nova-micro-v1:0", "nova"),
            ("amazon.titan-embed-text-v2:0", "titan"),
            ("us.meta.llama3-1-70b-instruct-v1:0", "llama"),
            ("mistral.mixtral-8x7b-instruct-v0:1", "mistral"),
            ("us.mistral.pixtral-large-2502-v1:0", "mistral"),
            ("cohere.command-r-plus-v1:0", "cohere"),
            ("cohere.embed-english-v3", "cohere"),
            ("ai21.jamba-1-5-large-v1:0", "jamba"),
            ("ai21.j2-ultra-v1", "jurassic"),
            ("us.deepseek.r1-v1:0", "deepseek"),
            ("openai.gpt-oss-120b-1:0", "gpt-oss"),
            ("qwen.qwen3-coder-480b-a35b-v1:0", "qwen"),
            ("us.writer.palmyra-x5-v1:0", "writer"),
            ("stability.sd3-5-large-v1:0", "stability"),
            ("google.gemma-3-12b-it", "gemma"),
            ("zai.glm-4.6", "glm"),
            ("arn:aws:bedrock:us-east-1:111122223333:custom-model/meta.llama3-1-8b-instruct-v1:0:128k/ab12", "llama"),
            ("DeepSeek-R1-Distill-Llama-8B", "deepseek"),
            // The model is not in the id; a word only contains a name.
            ("arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/ab12cd", "other"),
            ("arn:aws:bedrock:us-east-1:111122223333:imported-model/innovation", "other"),
            ("amazon.rerank-v1:0", "other"),
            ("", "other"),
        ] {
            assert_eq!(model_family(model), expected, "{model}");
        }
    }
}
