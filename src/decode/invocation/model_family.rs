//! The family of a model, by what its id or ARN says (DETECTIONS §0.2 `x.model_family`).

/// Words in model ids and the family each tells, the more particular first.
const FAMILIES: [(&str, &str); 24] = [
    ("haiku", "haiku"),
    ("sonnet", "sonnet"),
    ("opus", "opus"),
    ("claude", "claude"),
    ("nova", "nova"),
    ("titan", "titan"),
    ("llama", "llama"),
    ("deepseek", "deepseek"),
    ("pixtral", "mistral"),
    ("mixtral", "mistral"),
    ("magistral", "mistral"),
    ("mistral", "mistral"),
    ("cohere", "cohere"),
    ("jamba", "jamba"),
    ("ai21", "jurassic"),
    ("gpt-oss", "gpt-oss"),
    ("openai", "openai"),
    ("qwen", "qwen"),
    ("palmyra", "writer"),
    ("writer", "writer"),
    ("stability", "stability"),
    ("stable-", "stability"),
    ("twelvelabs", "twelvelabs"),
    ("luma", "luma"),
];

/// The family of a model: `haiku`, `sonnet`, `opus`, `claude` (older ones), `nova`, `llama` …; `other` for ids that hide it,
/// as those of application profiles and imported models do.
pub fn model_family(model: &str) -> &'static str {
    let model = model.to_ascii_lowercase();
    FAMILIES.into_iter().find(|(word, _)| model.contains(word)).map_or("other", |(_, family)| family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_of_ids() {
        for (model, family) in [
            ("anthropic.claude-3-5-haiku-20241022-v1:0", "haiku"),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "sonnet"),
            ("anthropic.claude-opus-4-20250514-v1:0", "opus"),
            ("anthropic.claude-v2:1", "claude"),
            ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", "nova"),
            ("amazon.titan-embed-text-v2:0", "titan"),
            ("meta.llama3-1-70b-instruct-v1:0", "llama"),
            ("mistral.mixtral-8x7b-instruct-v0:1", "mistral"),
            ("cohere.command-r-plus-v1:0", "cohere"),
            ("ai21.jamba-1-5-large-v1:0", "jamba"),
            ("ai21.j2-ultra-v1", "jurassic"),
            ("deepseek.r1-v1:0", "deepseek"),
            ("openai.gpt-oss-120b-1:0", "gpt-oss"),
            ("qwen.qwen3-coder-480b-a35b-v1:0", "qwen"),
            ("writer.palmyra-x5-v1:0", "writer"),
            ("stability.stable-image-ultra-v1:1", "stability"),
            ("application-inference-profile/ab12cd", "other"),
        ] {
            assert_eq!(model_family(model), family, "{model}");
        }
    }
}
