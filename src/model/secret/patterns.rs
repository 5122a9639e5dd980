//! What secrets look like. Regular expressions on bytes, linear whatever the text; a cheap look at the bytes first ([`quick`]).
//!
//! Text may be cut off (previews are), and may be the inside of a JSON string within a JSON string: an incomplete secret at
//! the end counts, and so do `\/` and `\u003d` within one.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

use super::{MASK_CLOSE, MASK_OPEN, Secret, SecretKind, lone, quick};
use crate::model::effort;

/// One letter of a token in base64: also escaped, also percent-encoded.
pub(super) const LETTER: &str = r"(?:[A-Za-z0-9+/=_%-]|\\+/|\\+u00[0-9A-Fa-f]{2})";
/// Between a name and its value: quotes, signs, blanks, an empty default in brackets as `aws configure` prints.
const IS: &str = r#"(?P<is>(?:\s?\[[^\]\n]{0,40}\])?[\\"'`*\s:=>,|<]{1,16})"#;
/// Names as people and programs write them, and no other mixture of cases: what they begin with is looked for literally.
const SECRET_NAME: &str = r"[sS]ecret_[aA]ccess_[kK]ey|[sS]ecretAccessKey|[sS]ecret-[aA]ccess-[kK]ey|[sS]ecret Access Key|[sS]ecret access key|SECRET[_ -]ACCESS[_ -]KEY|aws_secret_key|AWS_SECRET_KEY|awsSecretKey";
const TOKEN_NAME: &str =
    r"[sS]ession_[tT]oken|[sS]essionToken|[sS]ession-[tT]oken|Session Token|SESSION[_ -]TOKEN|[sS]ecurity-[tT]oken|SECURITY-TOKEN";

/// A look of a secret.
struct Pattern {
    kind: SecretKind,
    /// The group `s` is the secret.
    regex: Regex,
    /// A shorter one only counts where the text is cut off.
    shortest: usize,
    /// Is this really one?
    is_one: Check,
}

type Check = fn(&Found<'_>) -> bool;

/// What a pattern matched.
struct Found<'t> {
    secret: &'t [u8],
    /// What stands between name and value.
    is: &'t [u8],
    /// The text ends here.
    cut: bool,
}

/// The most particular first: where two overlap, the first names the whole.
static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    use SecretKind as Kind;
    let any: Check = |_| true;
    let table: [(SecretKind, String, usize, Check); 14] = [
        (Kind::AccessKeyId, r"\b(?P<s>(?:AKIA|ASIA|ABIA)[A-Z0-9]{16})\b".to_owned(), 20, any),
        (Kind::BedrockApiKey, format!(r"\b(?P<s>ABSK[A-Za-z0-9+]{LETTER}{{4,}})"), 24, any),
        (Kind::BedrockApiKey, format!(r"\b(?P<s>bedrock-api-key-{LETTER}{{4,}})"), 36, any),
        (Kind::Jwt, r"\b(?P<s>eyJ[A-Za-z0-9_-]{7,}(?:\.{1,2}[A-Za-z0-9_-]+){1,4})".to_owned(), 40, any),
        (
            Kind::VendorToken,
            r"\b(?P<s>gh[opsur]_[A-Za-z0-9]{6,}|github_pat_[A-Za-z0-9_]{6,}|glpat-[A-Za-z0-9_-]{6,}|xox[abeoprs]-[A-Za-z0-9-]{6,}|xapp-[0-9]-[A-Za-z0-9-]{6,}|[rs]k_(?:live|test)_[A-Za-z0-9]{6,}|AIza[A-Za-z0-9_-]{16,}|hf_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{16,}|SG\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})".to_owned(),
            20,
            |found| found.secret.iter().any(u8::is_ascii_digit),
        ),
        // Classes of style sheets begin like this too.
        (
            Kind::VendorToken,
            r"\b(?P<s>sk-[A-Za-z0-9_-]{6,})".to_owned(),
            23,
            |found| found.secret.starts_with(b"sk-ant-") || mixed(found.secret, 3),
        ),
        (
            Kind::SessionToken,
            format!(r"\b(?P<s>(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz|FwoDYXdz|FQoDYXdz|AQoDYXdz){LETTER}{{4,}})"),
            28,
            any,
        ),
        (Kind::SecretAccessKey, format!("(?:{SECRET_NAME}){IS}(?P<s>{LETTER}{{5,}})"), 16, is_value),
        (Kind::SessionToken, format!("(?:{TOKEN_NAME}){IS}(?P<s>{LETTER}{{5,}})"), 16, is_value),
        (Kind::Authorization, r"\b(?:[bB]earer|BEARER)\s+(?P<s>[A-Za-z0-9._~+/=-]{5,})".to_owned(), 16, is_random),
        (
            Kind::Authorization,
            r#"(?:[aA]uthorization|AUTHORIZATION)["'\s:=\\]{1,8}Basic\s+(?P<s>[A-Za-z0-9._~+/=-]{5,})"#.to_owned(),
            8,
            |found| mixed(found.secret, 2),
        ),
        (Kind::UrlPassword, r#"://[^\s/:@"'<>]*:(?P<s>[^\s/@"'<>\\]+)@"#.to_owned(), 1, any),
        (
            Kind::PresignedRequest,
            format!(r"[xX]-[aA]mz-[sS]ignature{IS}(?P<s>[0-9A-Fa-f]{{5,}})|\bSignature=(?P<t>[0-9a-f]{{5,}})"),
            16,
            any,
        ),
        (
            Kind::PresignedRequest,
            r"\b[cC]redential\W{1,6}(?:AKIA|ASIA|ABIA)[A-Z0-9]{16}(?P<s>(?:/|%2F|\\+/)[0-9]{8}(?:/|%2F|\\+/)[A-Za-z0-9%/_\\-]{4,})".to_owned(),
            8,
            any,
        ),
    ];
    let built = table.into_iter().filter_map(|(kind, pattern, shortest, is_one)| Some(Pattern { kind, regex: build(&pattern)?, shortest, is_one }));
    built.collect()
});

/// Cut off within the password: no `@` behind it, and no port number.
static CUT_PASSWORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| build(r#"://[^\s/:@"'<>]+:(?P<s>[^\s/@:"'<>\\]*?[^\s/@:"'<>\\0-9][^\s/@:"'<>\\]*?)(?:\z|…)"#));
/// Forty characters, or fewer where the text is cut off, that nothing of their kind touches.
static FORTY: LazyLock<Option<Regex>> = LazyLock::new(|| build(r"[A-Za-z0-9+/]{5,}"));
/// The first line of a PEM private key, and headers of it. BEGIN and END lines stay: they say what kind of key it is.
static PEM: LazyLock<Option<Regex>> =
    LazyLock::new(|| build(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:(?:\s|\\+[nr])+[A-Za-z-]{1,30}: [^\n\\]*)*"));
static SECRET_NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| build(&format!("(?:{SECRET_NAME})$")));
static TOKEN_NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| build(&format!("(?:{TOKEN_NAME})$")));

pub(super) fn build(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).size_limit(1 << 22).build().ok()
}

/// All secrets, in order, apart from each other.
pub(super) fn find(text: &[u8]) -> Vec<Secret> {
    let named = |range| (PATTERNS.len(), Secret { kind: SecretKind::SecretAccessKey, range });
    let mut found = if quick::is_signed(text) { by_patterns(text) } else { Vec::new() };
    if lone::may_hold(text) {
        found.extend(lone::find(text).into_iter().map(named));
    }
    let found = apart(found.into_iter().map(|(rank, secret)| (rank, to_the_words_end(text, secret))).collect());
    let besides = beside_keys(text, &found);
    if besides.is_empty() {
        return found;
    }
    apart(found.into_iter().map(|secret| (usize::MIN, secret)).chain(besides.into_iter().map(named)).collect())
}

/// What looks like a secret by itself or by its name, with a rank.
pub(super) fn by_patterns(text: &[u8]) -> Vec<(usize, Secret)> {
    let mut found = Vec::new();
    for (rank, pattern) in PATTERNS.iter().enumerate() {
        let mut at = 0;
        while let Some(captures) = pattern.regex.captures_at(text, at) {
            let Some(secret) = captures.name("s").or_else(|| captures.name("t")) else { break };
            effort::looked_at(secret.end() - at);
            let cut = is_cut_at(text, secret.end());
            let is = captures.name("is").map(|is| is.as_bytes()).unwrap_or_default();
            let is_one = (secret.len() >= pattern.shortest || cut) && (pattern.is_one)(&Found { secret: secret.as_bytes(), is, cut });
            if is_one {
                found.push((rank, Secret { kind: pattern.kind, range: secret.range() }));
            }
            // What is no value may be the name of the next one.
            at = if is_one || is.is_empty() { secret.end() } else { secret.start() };
        }
    }
    let first = |kind| move |range| (usize::MIN, Secret { kind, range });
    found.extend(private_keys(text).into_iter().map(first(SecretKind::PrivateKey)));
    for password in CUT_PASSWORD.as_ref().into_iter().flat_map(|cut| cut.captures_iter(text)).filter_map(|captures| captures.name("s")) {
        found.push((PATTERNS.len(), Secret { kind: SecretKind::UrlPassword, range: password.range() }));
    }
    found
}

/// Bodies of PEM private keys: lines of base64, not prose behind a BEGIN line.
fn private_keys(text: &[u8]) -> Vec<Range<usize>> {
    let begins = PEM.as_ref().into_iter().flat_map(|begin| begin.find_iter(text));
    begins.filter_map(|begin| pem_body(text, begin.end())).collect()
}

fn pem_body(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut start = None;
    let (mut at, mut end) = (from, from);
    loop {
        let line = at + between_lines(text.get(at..)?);
        let length = text.get(line..)?.iter().take_while(|byte| is_of_forty(**byte) || **byte == b'=').count();
        let next = line + length;
        effort::looked_at(next - at);
        let rest = text.get(next..)?;
        let last = rest.get(between_lines(rest)..).is_some_and(|rest| rest.starts_with(b"-----END")) || is_cut_at(text, next);
        if length == 0 || (length < 16 && (!last || start.is_none())) {
            break;
        }
        (start, at, end) = (start.or(Some(line)), next, next);
    }
    start.map(|start| start..end)
}

/// Line breaks, also as a string spells them, and the quotes of strings put together.
fn between_lines(bytes: &[u8]) -> usize {
    let mut length = 0;
    loop {
        let rest = bytes.get(length..).unwrap_or_default();
        let slashes = rest.iter().take_while(|byte| **byte == b'\\').count();
        length += match rest.get(slashes) {
            Some(b'n' | b'r') if slashes > 0 => slashes + 1,
            Some(byte) if slashes == 0 && (byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b',')) => 1,
            _ => return length,
        };
    }
}

/// A secret that goes over into other letters is told with them: where it ended could not be told once it is masked.
pub(super) fn to_the_words_end(text: &[u8], mut secret: Secret) -> Secret {
    let of_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let ends_in_word = secret.range.end.checked_sub(1).and_then(|last| text.get(last)).is_some_and(of_word);
    if ends_in_word && !secret.kind.stays_readable() {
        secret.range.end += text.get(secret.range.end..).unwrap_or_default().iter().take_while(|byte| of_word(byte)).count();
    }
    secret
}

/// Those found in one way and in another, apart; the first name what both found.
pub(super) fn together(found: Vec<Secret>, others: Vec<Secret>) -> Vec<Secret> {
    apart(found.into_iter().map(|secret| (0, secret)).chain(others.into_iter().map(|secret| (1, secret))).collect())
}

/// Overlapping ones as one, named by the one that begins first, and of those that begin together by the first in rank.
fn apart(mut found: Vec<(usize, Secret)>) -> Vec<Secret> {
    found.sort_by_key(|(rank, secret)| (secret.range.start, *rank));
    let mut apart: Vec<Secret> = Vec::with_capacity(found.len());
    for (_, secret) in found {
        match apart.last_mut().filter(|last| secret.range.start < last.range.end) {
            Some(last) => {
                last.range.end = last.range.end.max(secret.range.end);
                if last.kind.stays_readable() {
                    last.kind = secret.kind;
                }
            }
            None => apart.push(secret),
        }
    }
    apart
}

/// The text ends here, or was cut here.
pub(super) fn is_cut_at(text: &[u8], end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    rest.is_empty() || rest.starts_with("…".as_bytes())
}

/// How far from an access key id its secret is looked for.
const BESIDE: usize = 160;
/// Fewer letters at the end of a text are a word, not the beginning of a secret.
const FEWEST_CUT: usize = 8;

/// Forty characters of the look of a secret access key near an access key id, with no other secret between: what is
/// masked already must not bring farther ones near.
fn beside_keys(text: &[u8], secrets: &[Secret]) -> Vec<Range<usize>> {
    let Some(forty) = FORTY.as_ref() else { return Vec::new() };
    let mut found: Vec<Range<usize>> = Vec::new();
    for (index, key) in secrets.iter().enumerate().filter(|(_, secret)| secret.kind == SecretKind::AccessKeyId) {
        let ended = index.checked_sub(1).and_then(|index| secrets.get(index)).map_or(0, |secret| secret.range.end);
        let after = secrets.get(index + 1).map_or(text.len(), |secret| secret.range.start);
        let (before, after) = (ended.max(key.range.start.saturating_sub(BESIDE)), after.min(key.range.end + BESIDE));
        let before = before + mask_ends(text.get(before..key.range.start).unwrap_or_default()).last().map_or(0, |at| at + 1);
        let after = mask_ends(text.get(key.range.end..after).unwrap_or_default()).next().map_or(after, |at| key.range.end + at);
        let mut look = |from: usize, to: usize, behind: bool| {
            for run in forty.find_iter(text.get(from..to).unwrap_or_default()) {
                let range = run.start() + from..run.end() + from;
                // The window's edge is no edge of a run, but where another secret ends there is one.
                let touches = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|byte| is_of_forty(*byte));
                let touched = (range.start != ended && touches(range.start.checked_sub(1))) || touches(Some(range.end));
                let cut = behind && range.len() >= FEWEST_CUT && range.len() < 40 && is_cut_at(text, range.end);
                let random = run.as_bytes().iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b'/' | b'+')) && mixed(run.as_bytes(), 2);
                if (range.len() == 40 || cut) && !touched && random && !run.as_bytes().iter().all(u8::is_ascii_hexdigit) {
                    found.push(range);
                }
            }
        };
        look(before, key.range.start, false);
        look(key.range.end, after, true);
    }
    found
}

/// Where masks begin and end.
pub(super) fn mask_ends(bytes: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(bytes, b"\xF4\x8F\x80")
}

pub(super) const fn is_of_forty(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Of small letters, capitals and digits at least so many kinds.
pub(super) fn mixed(bytes: &[u8], kinds: usize) -> bool {
    let has = |of: fn(&u8) -> bool| usize::from(bytes.iter().any(of));
    has(u8::is_ascii_lowercase) + has(u8::is_ascii_uppercase) + has(u8::is_ascii_digit) >= kinds
}

/// Is what follows a name its value? After a sign whatever is no plain word; after blanks only what looks random.
fn is_value(found: &Found<'_>) -> bool {
    let signed = found.is.iter().any(|byte| matches!(byte, b':' | b'=' | b'>' | b',' | b'|' | b'"' | b'\''));
    let value = found.secret;
    let word = value.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'));
    if signed { !word || value.len() >= 32 || is_random(found) } else { mixed(value, 3) && value.len() >= 16 || mixed(value, 2) && value.len() == 40 }
}

/// With a digit; at the end of a text, where a digit may have been cut off, with capitals inside.
fn is_random(found: &Found<'_>) -> bool {
    found.secret.iter().any(u8::is_ascii_digit) || found.cut && mixed(found.secret.get(1..).unwrap_or_default(), 2)
}

/// The kind of secret that a name says it is the name of.
pub(super) fn kind_of_name(name: &str) -> Option<SecretKind> {
    let ends = |names: &LazyLock<Option<Regex>>| names.as_ref().is_some_and(|names| names.is_match(name.as_bytes()));
    if ends(&SECRET_NAMES) {
        Some(SecretKind::SecretAccessKey)
    } else if ends(&TOKEN_NAMES) {
        Some(SecretKind::SessionToken)
    } else {
        None
    }
}

/// A value under such a name: neither empty, nor withheld, nor masked already.
pub(super) fn may_be_value(value: &str) -> bool {
    value.len() >= 8 && !value.contains([MASK_OPEN, MASK_CLOSE]) && !value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}
