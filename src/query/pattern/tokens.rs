//! Cutting a message into what may belong to a pattern and what looks made up for this one message.
//!
//! Numbers, times, addresses and identifiers are recognised by their form alone, so that a message is cut the same way
//! whatever other messages there are. Short words with a digit or two (`s3`, `us-east-1`, `sha256`) stay words.

use std::net::{IpAddr, SocketAddr};

use super::super::numeric::Numeric;

/// What a token stands for, as its name in a pattern says. `Token` is one of which nothing more is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Date,
    Time,
    IpAddress,
    Uuid,
    Arn,
    AccessKeyId,
    Email,
    Url,
    Number,
    Token,
}

impl Class {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Date => "Date",
            Self::Time => "Time",
            Self::IpAddress => "IPAddress",
            Self::Uuid => "UUID",
            Self::Arn => "ARN",
            Self::AccessKeyId => "AccessKeyId",
            Self::Email => "Email",
            Self::Url => "URL",
            Self::Number => "Number",
            Self::Token => "Token",
        }
    }

    /// Of a word between blanks, quotes and brackets.
    fn of_chunk(word: &str) -> Option<Self> {
        if word.starts_with("arn:aws") {
            return Some(Self::Arn);
        }
        if word.split_once("://").is_some_and(|(scheme, rest)| !rest.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
            return Some(Self::Url);
        }
        if is_email(word) {
            return Some(Self::Email);
        }
        if !word.bytes().any(|byte| byte.is_ascii_digit()) {
            return Self::of_part(word);
        }
        time(word).or_else(|| word.parse::<SocketAddr>().is_ok().then_some(Self::IpAddress)).or_else(|| Self::of_part(word))
    }

    /// Of a piece of such a word.
    fn of_part(part: &str) -> Option<Self> {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        if digits == 0 {
            return (part.len() >= LONG).then_some(Self::Token);
        }
        let number = part.strip_suffix('%').unwrap_or(part);
        if Numeric::parse(number).is_some() || number.strip_prefix("0x").is_some_and(is_hex) {
            Some(Self::Number)
        } else if part.parse::<IpAddr>().is_ok() {
            Some(Self::IpAddress)
        } else if is_uuid(part) {
            Some(Self::Uuid)
        } else if part.len() == 20 && (part.starts_with("AKIA") || part.starts_with("ASIA")) && is_upper(part) {
            Some(Self::AccessKeyId)
        } else {
            is_made_up(part, digits).then_some(Self::Token)
        }
    }
}

/// No word of a language is so long.
const LONG: usize = 40;

/// Does a word with digits look like an identifier rather than a name?
fn is_made_up(part: &str, digits: usize) -> bool {
    digits >= 4
        || part.len() >= 5 && digits * 2 > part.len()
        || part.len() >= 8 && is_hex(part)
        || part.len() >= 16 && is_upper(part)
        || part.len() >= LONG
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_upper(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.split('-').all(is_hex)
}

fn is_email(text: &str) -> bool {
    let is_name = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte));
    text.split_once('@').is_some_and(|(local, domain)| is_name(local) && is_name(domain) && domain.trim_matches('.').contains('.'))
}

/// A text with its digits as `d` and its letters as `a`.
fn shape(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '0'..='9' => 'd',
            'a'..='z' | 'A'..='Z' => 'a',
            other => other,
        })
        .collect()
}

/// A date, a time of day, or both.
fn time(text: &str) -> Option<Class> {
    // The longest there is: 2026-11-20T14:02:11.123456789+01:00.
    if text.len() > 40 {
        return None;
    }
    let shape = shape(text);
    let dates = ["dddd-dd-dd", "dddd/dd/dd", "dd/dd/dddd", "dd-dd-dddd", "dd/aaa/dddd", "d/aaa/dddd", "dd-aaa-dddd"];
    let after_date = dates.into_iter().find_map(|date| shape.strip_prefix(date));
    match after_date {
        Some("") => Some(Class::Date),
        Some(rest) => rest.strip_prefix(['a', '_', ':']).is_some_and(is_clock).then_some(Class::Time),
        None => is_clock(&shape).then_some(Class::Time),
    }
}

/// The shape of a time of day, with a fraction and a zone if it has them.
fn is_clock(shape: &str) -> bool {
    let Some(rest) = shape.strip_prefix("dd:dd").or_else(|| shape.strip_prefix("d:dd")) else { return false };
    let rest = rest.strip_prefix(":dd").unwrap_or(rest);
    let rest = rest.strip_prefix('.').map_or(rest, |fraction| fraction.trim_start_matches('d'));
    matches!(rest, "" | "a" | "+dd:dd" | "-dd:dd" | "+dddd" | "-dddd" | "+dd" | "-dd")
}

/// A piece of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Blanks and punctuation.
    Gap(&'a str),
    /// A word.
    Word(&'a str),
    /// What looks made up for this message.
    Hole(Class, &'a str),
}

/// Messages are looked at up to this many bytes and pieces; what follows is one token.
const LONGEST: usize = 16 << 10;
const MOST_PIECES: usize = 1000;

/// Cuts a message. The pieces together are the message, as far as it is looked at.
pub(super) fn cut<'a>(message: &'a str, pieces: &mut Vec<Piece<'a>>) {
    pieces.clear();
    let (mut rest, mut beyond) = message.split_at_checked(message.floor_char_boundary(LONGEST)).unwrap_or((message, ""));
    while !rest.is_empty() && pieces.len() < MOST_PIECES {
        let (gap, after) = split(rest, |c| !is_between(c));
        let (chunk, after) = split(after, is_between);
        rest = after;
        push_gap(pieces, gap);
        let core = chunk.trim_matches(['.', ':', '!', '?', '-', '*', '#', '/']);
        let start = chunk.find(core).unwrap_or_default();
        push_gap(pieces, chunk.get(..start).unwrap_or_default());
        push_chunk(pieces, core);
        push_gap(pieces, chunk.get(start + core.len()..).unwrap_or_default());
    }
    if !rest.is_empty() {
        beyond = message.get(message.len() - beyond.len() - rest.len()..).unwrap_or(rest);
    }
    if !beyond.is_empty() {
        pieces.push(Piece::Hole(Class::Token, beyond));
    }
}

fn split(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at_checked(text.find(ends).unwrap_or(text.len())).unwrap_or((text, ""))
}

/// Stands between words: blanks, quotes, brackets and what separates fields.
fn is_between(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '\'' | '`' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | ',' | ';' | '|' | '=' | '\\')
}

/// Stands within words, but between the parts of a path or an address.
fn is_within(character: char) -> bool {
    matches!(character, ':' | '/' | '&' | '?' | '@' | '+' | '#' | '~' | '*' | '$' | '^' | '!')
}

fn push_gap<'a>(pieces: &mut Vec<Piece<'a>>, gap: &'a str) {
    if !gap.is_empty() {
        pieces.push(Piece::Gap(gap));
    }
}

fn push_chunk<'a>(pieces: &mut Vec<Piece<'a>>, chunk: &'a str) {
    if chunk.is_empty() {
        return;
    }
    if let Some(class) = Class::of_chunk(chunk) {
        pieces.push(Piece::Hole(class, chunk));
        return;
    }
    let mut rest = chunk;
    while !rest.is_empty() && pieces.len() < MOST_PIECES {
        let (gap, after) = split(rest, |c| !is_within(c));
        let (part, after) = split(after, is_within);
        rest = after;
        push_gap(pieces, gap);
        match Class::of_part(part) {
            Some(class) => pieces.push(Piece::Hole(class, part)),
            None if part.is_empty() => {}
            None => pieces.push(Piece::Word(part)),
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Hole(Class::Token, rest));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masked(message: &str) -> String {
        let mut pieces = Vec::new();
        cut(message, &mut pieces);
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Gap(text) | Piece::Word(text) => (*text).to_owned(),
                Piece::Hole(class, _) => format!("<{}>", class.name()),
            })
            .collect()
    }

    #[test]
    fn what_is_masked() {
        for (message, expected) in [
            ("2023-01-01 19:00:01 [INFO] id 12342342k124-12345", "<Date> <Time> [INFO] id <Token>"),
            ("at 2026-11-20T14:02:11.320Z, done.", "at <Time>, done."),
            ("2026-11-20T14:02:11+01:00", "<Time>"),
            ("[20/Nov/2026:14:02:11 +0000] \"GET / HTTP/1.1\" 200 1042", "[<Time> <Number>] \"GET / HTTP/<Number>\" <Number> <Number>"),
            ("from 192.0.2.1:443 to 2001:db8::1", "from <IPAddress> to <IPAddress>"),
            ("request 6a1f3b52-0c1d-4f6e-9a57-1b2c3d4e5f60 took 12.5 ms", "request <UUID> took <Number> ms"),
            ("arn:aws:iam::111122223333:role/admin may not", "<ARN> may not"),
            ("key AKIAIOSFODNN7EXAMPLE used", "key <AccessKeyId> used"),
            ("mail to jane.doe@example.com!", "mail to <Email>!"),
            ("see https://example.com/a?b=c now", "see <URL>=c now"),
            ("path /api/v1/users/42/edit", "path /api/v1/users/<Number>/edit"),
            ("user-12345: 45% of 0x1F", "<Token>: <Number> of <Number>"),
            // Names, not identifiers.
            ("s3 in us-east-1, sha256 and ec2 on x86", "s3 in us-east-1, sha256 and ec2 on x86"),
            ("deadbeefcafe1 abc", "<Token> abc"),
            ("level:INFO a:b", "level:INFO a:b"),
            ("{\"a\":1,\"b\":\"x\",\"c\":true}", "{\"a\":<Number>,\"b\":\"x\",\"c\":true}"),
            ("größe é 👍 …", "größe é 👍 …"),
            ("", ""),
        ] {
            assert_eq!(masked(message), expected, "{message}");
        }
    }

    #[test]
    fn long_messages_are_looked_at_in_part() {
        let message = "word ".repeat(100_000);
        let masked = masked(&message);
        assert!(masked.len() < LONGEST + 10 && masked.ends_with("<Token>"));
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_message(message in prop_oneof![any::<String>(), "[a-z0-9:/@.=, \"-]{0,60}", "([a-z][ :]){0,1200}"]) {
            let mut pieces = Vec::new();
            cut(&message, &mut pieces);
            let together: String = pieces.iter().map(|piece| match piece { Piece::Gap(text) | Piece::Word(text) | Piece::Hole(_, text) => *text }).collect();
            prop_assert_eq!(&together, &message);
            prop_assert!(pieces.len() <= MOST_PIECES + 8);
        }
    }
}
