//! One call of the AWS CLI: service, operation and what its options name (DETECTIONS §0.2 `x.cli.*`).

use std::borrow::Cow;

use super::shell::Setting;
use super::verb::{VerbClass, verb_of};
use super::words::quoted;
use crate::decode::address::{self, Mentions};
use crate::decode::invocation::model_key;
use crate::model::EntityKind;

/// One call of the AWS CLI. All text in it is untrusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandCall {
    /// The program as written: `aws`, with its folder, or what ran it (`python3`, `docker`).
    pub program: String,
    /// The service as the CLI names it: `bedrock-agent`, `s3api`.
    pub service: Option<String>,
    /// The operation: `delete-guardrail`, `cp`.
    pub operation: Option<String>,
    /// The Region that the line names.
    pub region: Option<String>,
    /// The profile that the line names.
    pub profile: Option<String>,
    /// Options with their values, in order, wherever they stand; a flag has an empty value.
    pub options: Vec<(String, String)>,
    /// Words behind service and operation that are no options.
    pub operands: Vec<String>,
    /// The whole line it was found in; empty while nobody asked for it.
    pub line: String,
}

/// Options that take no value: those of the CLI itself, which may stand before the service, and those of `aws s3`, behind
/// which an operand may stand. `--no-…` never takes one.
const FLAGS: [&str; 17] = [
    "--debug",
    "--cli-auto-prompt",
    "--version",
    "--recursive",
    "--dryrun",
    "--quiet",
    "--delete",
    "--follow-symlinks",
    "--only-show-errors",
    "--exact-timestamps",
    "--size-only",
    "--human-readable",
    "--summarize",
    "--force",
    "--force-glacier-transfer",
    "--ignore-glacier-warnings",
    "--help",
];

/// Options of the CLI itself.
const GENERAL: [&str; 10] = [
    "--profile",
    "--region",
    "--output",
    "--query",
    "--endpoint-url",
    "--debug",
    "--color",
    "--cli-binary-format",
    "--cli-read-timeout",
    "--cli-connect-timeout",
];

impl CommandCall {
    /// Reads the words behind the program.
    pub(super) fn read(program: &str, words: &[String], setting: Setting) -> Self {
        let mut call = Self { program: program.to_owned(), region: setting.region, profile: setting.profile, ..Self::default() };
        let mut words = words.iter().take_while(|word| !is_redirection(word)).peekable();
        while let Some(word) = words.next() {
            if !word.starts_with("--") {
                let slot = if call.service.is_none() { &mut call.service } else { &mut call.operation };
                match slot {
                    None => *slot = Some(word.clone()),
                    Some(_) => call.operands.push(word.clone()),
                }
                continue;
            }
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None if word.starts_with("--no-") || FLAGS.contains(&word.as_str()) => (word.as_str(), None),
                None => (word.as_str(), words.next_if(|next| !next.starts_with("--")).cloned()),
            };
            match name {
                "--region" if value.is_some() => call.region.clone_from(&value),
                "--profile" if value.is_some() => call.profile.clone_from(&value),
                _ => {}
            }
            call.options.push((name.to_owned(), value.unwrap_or_default()));
        }
        call
    }

    /// The first word of the operation: `delete` of `delete-guardrail`, and of `batch-delete-…`.
    pub fn verb(&self) -> Option<&str> {
        verb_of(self.operation.as_deref()?)
    }

    /// What it does; nothing falls into an empty bucket.
    pub fn class(&self) -> VerbClass {
        self.verb().map_or(VerbClass::Other, VerbClass::of)
    }

    /// A service of the Bedrock family: `bedrock`, `bedrock-runtime`, `bedrock-agent`, `bedrock-agentcore-control` …
    pub fn is_bedrock(&self) -> bool {
        self.service.as_deref().is_some_and(|service| service == "bedrock" || service.starts_with("bedrock-"))
    }

    /// The value of an option that has one.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(option, value)| option == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// An option stands there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(option, _)| option == name)
    }

    /// The call in short, what it does first: `bedrock delete-guardrail --guardrail-identifier g1 --profile prod`. Options
    /// that say how and as whom stand last.
    pub fn brief(&self) -> String {
        let (general, own): (Vec<_>, Vec<_>) =
            self.options.iter().partition(|(name, _)| GENERAL.contains(&name.as_str()) || name.starts_with("--no-"));
        let words = self.service.iter().chain(&self.operation).chain(&self.operands);
        let options = own.into_iter().chain(general).flat_map(|(name, value)| std::iter::once(name).chain((!value.is_empty()).then_some(value)));
        quoted(&words.chain(options).map(|word| Cow::Borrowed(word.as_str())).collect::<Vec<_>>())
    }

    /// The bucket that is written or read.
    pub fn bucket(&self) -> Option<String> {
        let named = self.option("--bucket").map(|bucket| Cow::Borrowed(bucket.strip_prefix("s3://").unwrap_or(bucket)));
        named.or_else(|| self.operands.iter().find_map(|word| address::bucket_of_uri(Cow::Borrowed(word)))).map(Cow::into_owned)
    }

    /// What options and operands name, each once.
    pub fn entities(&self) -> Vec<(EntityKind, String)> {
        let mut mentions: Mentions<'_> = Vec::new();
        self.mention(&mut mentions);
        mentions.sort_unstable();
        mentions.dedup();
        mentions.into_iter().map(|(kind, value)| (kind, value.into_owned())).collect()
    }

    /// What options and operands name.
    pub(super) fn mention(&self, mentions: &mut Mentions<'_>) {
        for (option, value) in &self.options {
            let own = || Cow::Owned(value.clone());
            match option.as_str() {
                _ if value.is_empty() => {}
                "--guardrail-identifier" | "--guardrail-id" => mentions.push((EntityKind::Guardrail, address::last_part(own()))),
                "--model-id" | "--model-identifier" | "--base-model-identifier" | "--foundation-model" => {
                    mentions.push((EntityKind::Model, Cow::Owned(model_key(value).into_owned())));
                }
                "--agent-id" => mentions.push((EntityKind::Agent, own())),
                "--knowledge-base-id" => mentions.push((EntityKind::KnowledgeBase, own())),
                "--access-key-id" => mentions.push((EntityKind::Key, own())),
                "--bucket" => {}
                "--copy-source" => address::bucket_and_key(Cow::Owned(value.trim_start_matches('/').to_owned()), mentions),
                _ => names(value, mentions),
            }
        }
        self.operands.iter().for_each(|word| names(word, mentions));
        if let Some(bucket) = self.bucket() {
            if let Some(key) = self.option("--key") {
                mentions.push((EntityKind::Object, Cow::Owned(format!("{bucket}/{key}"))));
            }
            mentions.push((EntityKind::Bucket, Cow::Owned(bucket)));
        }
    }
}

/// ARNs and `s3://` addresses, also inside a shorthand or JSON value (`s3Uri=s3://b/k,…`).
fn names(value: &str, mentions: &mut Mentions<'_>) {
    for word in value.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '{' | '}' | '[' | ']' | '=')) {
        if word.starts_with("arn:") {
            address::mention(Cow::Owned(word.to_owned()), mentions);
        } else {
            address::mention_uri(Cow::Owned(word.to_owned()), mentions);
        }
    }
}

/// `>`, `2>`, `<file`: the shell's, not the CLI's.
fn is_redirection(word: &str) -> bool {
    word.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['>', '<'])
}
