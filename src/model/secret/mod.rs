//! Credentials in text: where they are, and the text without them.
//!
//! Screens, tables, copies and derived fields show [`masked`] text; only the raw record shows what was logged. A masked
//! secret keeps a few first characters, which tell its kind, and says how long it is. Access key ids are located like
//! everything else and stay readable: they are no secret by themselves, and how an analyst goes from one event to all
//! others of the same key.

mod doors;
mod known;
mod lone;
mod patterns;
mod quick;
mod tags;

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;

pub use doors::Together;
pub use quick::{holds_run, may_hold, may_hold_with};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretKind {
    /// `AKIA…`, `ASIA…`: located, never masked.
    AccessKeyId,
    /// The forty characters that belong to an access key id.
    SecretAccessKey,
    /// The token of temporary credentials.
    SessionToken,
    /// `ABSK…`, `bedrock-api-key-…`.
    BedrockApiKey,
    /// What follows `Authorization: Bearer` or `Basic`.
    Authorization,
    /// The inside of a PEM private key.
    PrivateKey,
    /// A signed token in three parts.
    Jwt,
    /// A token of another vendor, known by its beginning.
    VendorToken,
    /// The password in `scheme://user:password@host`.
    UrlPassword,
    /// Signature and credential scope of a presigned request.
    PresignedRequest,
}

impl SecretKind {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessKeyId => "access-key-id",
            Self::SecretAccessKey => "secret-access-key",
            Self::SessionToken => "session-token",
            Self::BedrockApiKey => "bedrock-api-key",
            Self::Authorization => "authorization",
            Self::PrivateKey => "private-key",
            Self::Jwt => "jwt",
            Self::VendorToken => "vendor-token",
            Self::UrlPassword => "url-password",
            Self::PresignedRequest => "presigned-request",
        }
    }

    /// In words, with an article.
    pub const fn words(self) -> &'static str {
        match self {
            Self::AccessKeyId => "an access key id",
            Self::SecretAccessKey => "a secret access key",
            Self::SessionToken => "a session token",
            Self::BedrockApiKey => "a Bedrock API key",
            Self::Authorization => "an authorization header",
            Self::PrivateKey => "a private key",
            Self::Jwt => "a signed token (JWT)",
            Self::VendorToken => "a vendor's token",
            Self::UrlPassword => "a password in a URL",
            Self::PresignedRequest => "the signature of a presigned request",
        }
    }

    /// In words, as the mask says it.
    const fn mask_words(self) -> &'static str {
        match self {
            Self::AccessKeyId => "access key id",
            Self::SecretAccessKey => "secret access key",
            Self::SessionToken => "session token",
            Self::BedrockApiKey => "bedrock api key",
            Self::Authorization => "authorization",
            Self::PrivateKey => "private key",
            Self::Jwt => "signed token",
            Self::VendorToken => "vendor token",
            Self::UrlPassword => "url password",
            Self::PresignedRequest => "presigned request",
        }
    }

    /// It is shown as it is.
    pub const fn stays_readable(self) -> bool {
        matches!(self, Self::AccessKeyId)
    }

    /// First characters that stay: where they tell the kind, and only of what is long enough to spare them.
    const fn kept(self, length: usize) -> usize {
        match self {
            Self::PrivateKey | Self::UrlPassword => 0,
            _ if length < 16 => 0,
            _ => 4,
        }
    }
}

/// One secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// What it is.
    pub kind: SecretKind,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

/// Where a secret was found, without the secret: what JSON and the reading view list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Located {
    /// What it is.
    pub kind: SecretKind,
    /// Byte offset in the text that `place` names.
    pub at: usize,
    /// `system prompt`, `turn 3, tool result`, `answer` …
    #[serde(rename = "where")]
    pub place: String,
}

/// Are secrets shown?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// Masked, as everywhere unless somebody asks.
    #[default]
    Masked,
    /// As logged.
    Revealed,
}

/// Signs around a mask, in place of `‹` and `›`. Two characters of the corner of Unicode that no text uses, as in
/// [`lenient`](super::lenient): on the screen a mask has the look of a mark, which logged text that spells one has not.
pub const MASK_OPEN: char = '\u{10F000}';
/// See [`MASK_OPEN`].
pub const MASK_CLOSE: char = '\u{10F001}';

/// All secrets of a text, in order, apart from each other. Linear.
pub fn find(text: &str) -> Vec<Secret> {
    let found = patterns::find(text.as_bytes());
    let Some(folded) = tags::fold(text) else { return found };
    // By itself a run of tag characters begins and ends words; with what is visible it may be the value of a name.
    let run = |run: &Range<usize>| {
        let found = patterns::find(folded.text.get(run.clone()).unwrap_or_default().as_bytes()).into_iter();
        found.map(|secret| Secret { range: secret.range.start + run.start..secret.range.end + run.start, ..secret }).collect::<Vec<_>>()
    };
    let hidden = folded.runs.iter().flat_map(run).chain(patterns::find(folded.text.as_bytes()));
    patterns::together(found, hidden.map(|secret| folded.back(&secret)).collect())
}

/// All secrets of a value that has a name: under `sessionToken` and the like the whole is one, whatever it looks like.
pub fn find_value(name: &str, value: &str) -> Vec<Secret> {
    match patterns::kind_of_name(name).filter(|_| patterns::may_be_value(value)) {
        Some(kind) => vec![Secret { kind, range: 0..value.len() }],
        None => find(value),
    }
}

/// The text with secrets masked; borrowed when there are none.
pub fn masked(text: &str) -> Cow<'_, str> {
    without(text, find(text))
}

/// A value masked in the light of the name it has.
pub fn masked_value<'t>(name: &str, value: &'t str) -> Cow<'t, str> {
    without(value, find_value(name, value))
}

fn without(text: &str, secrets: Vec<Secret>) -> Cow<'_, str> {
    let mut out = String::new();
    let mut from = 0;
    for secret in secrets.into_iter().filter(|secret| !secret.kind.stays_readable()) {
        let Some(hidden) = text.get(secret.range.clone()) else { continue };
        out.push_str(text.get(from..secret.range.start).unwrap_or_default());
        push_mask(&mut out, secret.kind, hidden);
        from = secret.range.end;
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

fn push_mask(out: &mut String, kind: SecretKind, hidden: &str) {
    let length = hidden.chars().count();
    out.extend(hidden.chars().take(kind.kept(length)));
    out.push_str(&format!("{MASK_OPEN}{}, {length} characters{MASK_CLOSE}", kind.mask_words()));
}

/// The text for a place that has no look for marks: signs of masks as the characters they stand for.
pub fn plain_masks(text: &str) -> Cow<'_, str> {
    if text.contains([MASK_OPEN, MASK_CLOSE]) { Cow::Owned(text.replace(MASK_OPEN, "‹").replace(MASK_CLOSE, "›")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests;
