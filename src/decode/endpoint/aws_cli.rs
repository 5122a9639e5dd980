//! The AWS CLI in a command line: service, operation and what its options name (DETECTIONS §0.2 `x.cli.*`).

use std::borrow::Cow;

use super::words::{program_name, split};
use crate::decode::address::{self, Mentions};
use crate::decode::invocation::model_key;
use crate::model::EntityKind;

/// One call of the AWS CLI.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Call {
    pub(super) service: Option<String>,
    pub(super) operation: Option<String>,
    pub(super) region: Option<String>,
    /// Options with their values, in order.
    options: Vec<(String, String)>,
    /// Words after service and operation.
    operands: Vec<String>,
}

/// Options of the CLI itself that take no value; they may stand before the service.
const GLOBAL_FLAGS: [&str; 8] =
    ["--debug", "--no-verify-ssl", "--no-paginate", "--no-sign-request", "--no-cli-pager", "--cli-auto-prompt", "--no-cli-auto-prompt", "--version"];

impl Call {
    /// The first call of the AWS CLI in these words, also inside `sh -c "…"` and after other commands.
    pub(super) fn of(words: &[String]) -> Option<Self> {
        Self::find(words, 0)
    }

    fn find(words: &[String], depth: usize) -> Option<Self> {
        // A shell in a shell in a shell is as deep as anybody looks.
        const DEEPEST: usize = 3;
        if depth > DEEPEST {
            return None;
        }
        words.split(|word| matches!(word.as_str(), ";" | "&&" | "||" | "|" | "&")).find_map(|command| {
            let (region, command) = without_prefix(command);
            let (program, rest) = command.split_first()?;
            let program = program_name(program).to_ascii_lowercase();
            match program.as_str() {
                "aws" => Some(Self::read(rest, region)),
                "sh" | "bash" | "zsh" | "dash" | "ksh" | "cmd" | "powershell" | "pwsh" => {
                    let at = rest.iter().position(|word| is_command_option(word))?;
                    let script = rest.get(at + 1..)?;
                    // One word is a script; several are the command itself (cmd /c aws s3 ls).
                    match script {
                        [one, ..] if program != "cmd" => Self::find(&split(one), depth + 1),
                        several => Self::find(several, depth + 1),
                    }
                }
                python if python.starts_with("python") => {
                    let at = rest.iter().position(|word| program_name(word) == "aws" || word == "awscli")?;
                    Some(Self::read(rest.get(at + 1..)?, region))
                }
                _ => None,
            }
        })
    }

    fn read(words: &[String], region: Option<String>) -> Self {
        let mut call = Self { region, ..Self::default() };
        let mut words = words.iter().peekable();
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
                None if GLOBAL_FLAGS.contains(&word.as_str()) => (word.as_str(), None),
                None => (word.as_str(), words.next_if(|next| !next.starts_with("--")).cloned()),
            };
            if name == "--region" && value.is_some() {
                call.region.clone_from(&value);
            }
            call.options.push((name.to_owned(), value.unwrap_or_default()));
        }
        call
    }

    /// The first word of the operation: `delete` of `delete-guardrail`.
    pub(super) fn verb(&self) -> Option<&str> {
        let operation = self.operation.as_deref()?;
        operation.split('-').next().filter(|verb| !verb.is_empty())
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(option, value)| option == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The bucket that is written or read.
    pub(super) fn bucket(&self) -> Option<String> {
        let named = self.option("--bucket").map(|bucket| Cow::Borrowed(bucket.strip_prefix("s3://").unwrap_or(bucket)));
        named.or_else(|| self.operands.iter().find_map(|word| address::bucket_of_uri(Cow::Borrowed(word)))).map(Cow::into_owned)
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

/// `-c`, `-lc`, `/c`, `-Command`.
fn is_command_option(word: &str) -> bool {
    matches!(word.to_ascii_lowercase().as_str(), "-c" | "/c" | "-command")
        || (word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'))
}

/// Leaves out `NAME=value`, `sudo`, `env` and the like before a program; tells the Region such a setting names.
fn without_prefix(mut command: &[String]) -> (Option<String>, &[String]) {
    let mut region = None;
    while let Some((first, rest)) = command.split_first() {
        match first.split_once('=') {
            Some((name, value)) if !name.starts_with('-') && !name.contains('/') => {
                if matches!(name, "AWS_REGION" | "AWS_DEFAULT_REGION") {
                    region = Some(value.to_owned());
                }
            }
            _ if matches!(program_name(first), "sudo" | "env" | "nohup" | "time" | "exec" | "command") => {}
            _ => break,
        }
        command = rest;
    }
    (region, command)
}
