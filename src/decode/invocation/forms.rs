//! The ways to write text as other text, undone: base64, hexadecimal, escapes, percent-encoding, character references.
//! Finds what may be such and gives its bytes; whether they say anything is judged elsewhere. One walk, no backtracking.

use std::ops::Range;

use super::runs::holds_pairs;

/// Shorter runs of base64 are words, ids and numbers.
pub(super) const SHORTEST_BASE64: usize = 20;
/// Shorter runs of hexadecimal digits are numbers.
const SHORTEST_HEX: usize = 24;
/// Fewer pairs of digits are a time, an address, a number.
const FEWEST_PAIRS: usize = 12;
/// Fewer written-out letters are an accident of quoting.
pub(super) const FEWEST_ESCAPES: usize = 6;
/// Fewer percent escapes are nothing to look at.
pub(super) const FEWEST_PERCENT: usize = 3;
/// No more of one passage is read.
const LONGEST: usize = 1 << 20;
/// A longer run is one thing: an image, an archive.
const LONGEST_GLUED: usize = 8192;
/// Bytes decoded to see whether it goes on being text.
const SAMPLE: usize = 768;

/// What may be an encoded passage.
pub(super) struct Candidate {
    /// Where it begins.
    pub(super) at: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// How it is written.
    pub(super) form: &'static str,
    /// What it stands for.
    pub(super) bytes: Vec<u8>,
    /// Ordinary text is not written so: a passage when it reads. Otherwise only when it says something bad.
    pub(super) odd: bool,
}

/// Hands on every candidate, form by form. `reads` tells from a beginning whether it is worth the whole; when it gives
/// false, other readings of the same run are tried.
pub(super) fn candidates(text: &str, each: &mut dyn FnMut(Candidate) -> bool) {
    let bytes = text.as_bytes();
    runs(bytes, each);
    if holds_pairs(bytes) {
        pairs(bytes, each);
    }
    for form in [&BACKSLASH, &REFERENCE, &PREFIXED] {
        escapes(bytes, form, each);
    }
    percent(bytes, each);
}

/// Letters of both base64 alphabets; hexadecimal digits are among them.
pub(super) const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// Runs of base64 or hexadecimal letters, across line breaks where the lines are nothing else.
fn runs(bytes: &[u8], each: &mut dyn FnMut(Candidate) -> bool) {
    let mut at = 0;
    for Range { start, end } in super::runs::base64(bytes) {
        // The line of a run that began before.
        if start < at {
            continue;
        }
        let mut lines = vec![(start, end)];
        while let Some(next) = next_line(bytes, lines.last().map_or(end, |line| line.1)).filter(|(from, to)| to - from <= end - start) {
            lines.push(next);
        }
        let last = lines.last().map_or(end, |line| line.1);
        let pieces: Vec<&[u8]> = lines.iter().filter_map(|(from, to)| bytes.get(*from..*to)).collect();
        at = last;
        if run(&pieces, start, last, each) {
            continue;
        }
        if let [first, second, ..] = lines.as_slice() {
            // A line of another kind may stand above a block; below it, its own end does not decode.
            run(pieces.get(..1).unwrap_or_default(), first.0, first.1, each);
            run(pieces.get(1..).unwrap_or_default(), second.0, last, each);
        } else if end - start <= LONGEST_GLUED {
            // Something may be glued to it: a path before it, a key and a dash.
            let mut from = start;
            for part in pieces.first().copied().unwrap_or_default().split(|byte| !byte.is_ascii_alphanumeric()) {
                if part.len() >= SHORTEST_BASE64 && part.len() < end - start {
                    run(&[part], from, from + part.len(), each);
                }
                from += part.len() + 1;
            }
        }
    }
}

fn run_end(bytes: &[u8], start: usize) -> usize {
    bytes.iter().skip(start).position(|byte| !is_base64(*byte)).map_or(bytes.len(), |length| start + length)
}

/// The run that is the whole of the next line, when this one ends where its line does.
fn next_line(bytes: &[u8], end: usize) -> Option<(usize, usize)> {
    let rest = bytes.get(end..)?;
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
    let indent = rest.iter().take(16).take_while(|byte| **byte == b' ' || **byte == b'\t').count();
    let start = bytes.len() - rest.len() + indent;
    let end = run_end(bytes, start);
    let closed = matches!(bytes.get(end), None | Some(b'\r' | b'\n' | b'=' | b'"' | b'\'' | b'`' | b'<'));
    (end > start && closed).then_some((start, end))
}

fn run(pieces: &[&[u8]], at: usize, end: usize, each: &mut dyn FnMut(Candidate) -> bool) -> bool {
    hexadecimal(pieces).is_some_and(|bytes| each(Candidate { at, end, form: "hex", bytes, odd: true }))
        || base64(pieces).is_some_and(|bytes| each(Candidate { at, end, form: "base64", bytes, odd: true }))
}

fn hexadecimal(pieces: &[&[u8]]) -> Option<Vec<u8>> {
    let digits = |piece: &&[u8]| piece.iter().all(u8::is_ascii_hexdigit);
    let first = pieces.first()?;
    let first = first.strip_prefix(b"0x").or_else(|| first.strip_prefix(b"0X")).unwrap_or(first);
    let count = first.len() + pieces.iter().skip(1).map(|piece| piece.len()).sum::<usize>();
    if !digits(&first) || !pieces.iter().skip(1).all(digits) || count < SHORTEST_HEX || !count.is_multiple_of(2) {
        return None;
    }
    let all = first.iter().chain(pieces.iter().skip(1).copied().flatten()).copied();
    let mut decoded = Vec::with_capacity(count.min(2 * LONGEST) / 2);
    let mut high = None;
    for digit in all.take(2 * LONGEST).filter_map(hex) {
        match high.take() {
            Some(high) => decoded.push(high << 4 | digit),
            None => high = Some(digit),
        }
    }
    Some(decoded)
}

/// Standard and URL-safe letters alike, with or without padding. `None` when its beginning is no text: most runs are not.
fn base64(pieces: &[&[u8]]) -> Option<Vec<u8>> {
    let letters: usize = pieces.iter().map(|piece| piece.len()).sum();
    let mut decoded = Vec::with_capacity(letters.min(LONGEST) * 3 / 4);
    let (mut bits, mut held): (u32, u32) = (0, 0);
    let mut looked = false;
    for letter in pieces.iter().copied().flatten() {
        bits = bits << 6 | sextet(*letter);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held) as u8);
        }
        if decoded.len() == SAMPLE && !looked {
            looked = true;
            super::readable::text_of(&decoded)?;
        }
        if decoded.len() >= LONGEST {
            break;
        }
    }
    Some(decoded)
}

/// What a letter of base64 stands for.
const fn sextet(letter: u8) -> u32 {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' | b'-' => 62,
        _ => 63,
    };
    value as u32
}

/// May a run of at most 64 letters that begins so be digits, or base64 of text? Never no when it is.
pub(super) fn may_begin(letters: &[u8]) -> bool {
    let Some(letters) = letters.get(..SHORTEST_BASE64) else { return false };
    if letters.iter().all(u8::is_ascii_hexdigit) || letters.starts_with(b"0x") || letters.starts_with(b"0X") {
        return true;
    }
    let mut bytes = [0; SHORTEST_BASE64 / 4 * 3];
    for (three, letters) in bytes.as_chunks_mut().0.iter_mut().zip(letters.as_chunks::<4>().0) {
        let [_, decoded @ ..] = letters.iter().fold(0, |bits, letter| bits << 6 | sextet(*letter)).to_be_bytes();
        *three = decoded;
    }
    super::readable::may_begin(&bytes)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

/// `69 67 6e 6f`: pairs of digits with one sign between them.
fn pairs(bytes: &[u8], each: &mut dyn FnMut(Candidate) -> bool) {
    let mut at = 0;
    while let Some(length) = bytes.get(at..).and_then(|rest| rest.windows(3).position(is_pair)) {
        let start = at + length;
        let fresh = start == 0 || !bytes.get(start - 1).is_some_and(u8::is_ascii_alphanumeric);
        let (mut decoded, mut end, separator) = (Vec::new(), start, bytes.get(start + 2).copied());
        while let Some([high, low]) = bytes.get(end..end + 2)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            decoded.push(high << 4 | low);
            end += 2;
            if bytes.get(end).copied() != separator {
                break;
            }
            end += 1;
        }
        if fresh && decoded.len() >= FEWEST_PAIRS {
            each(Candidate { at: start, end: end.min(bytes.len()), form: "hex", bytes: decoded, odd: true });
        }
        at = end.max(start + 1);
    }
}

fn is_pair(window: &[u8]) -> bool {
    matches!(window, [high, low, b' ' | b':' | b',' | b'-'] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// A way to write one character out.
struct Escape {
    name: &'static str,
    /// The first byte of every unit.
    first: u8,
    /// Length of a unit at the beginning of these bytes, and its character.
    unit: fn(&[u8]) -> Option<(usize, char)>,
    /// What may stand between two units.
    between: &'static [u8],
}

/// `\x69`, `\u0069`; with two backslashes where a quotation was quoted.
const BACKSLASH: Escape = Escape {
    name: "escapes",
    first: b'\\',
    unit: |bytes| {
        let slashes = if bytes.get(1) == Some(&b'\\') { 2 } else { 1 };
        let digits = match bytes.get(slashes)? {
            b'x' => 2,
            b'u' => 4,
            _ => return None,
        };
        let digits = bytes.get(slashes + 1..slashes + 1 + digits)?;
        Some((slashes + 1 + digits.len(), number(digits, 16)?))
    },
    between: b"",
};

/// `&#105;`, `&#x69;`.
const REFERENCE: Escape = Escape {
    name: "character references",
    first: b'&',
    unit: |bytes| {
        let rest = bytes.strip_prefix(b"&#")?;
        let (digits, base, before) = match rest.first()? {
            b'x' | b'X' => (rest.get(1..)?, 16, 3),
            _ => (rest, 10, 2),
        };
        let length = digits.iter().take(8).position(|byte| *byte == b';')?;
        Some((before + length + 1, number(digits.get(..length)?, base)?))
    },
    between: b" ",
};

/// `0x69, 0x67`.
const PREFIXED: Escape = Escape {
    name: "hex",
    first: b'0',
    unit: |bytes| {
        let digits = bytes.strip_prefix(b"0x").or_else(|| bytes.strip_prefix(b"0X"))?.get(..2)?;
        let more = bytes.get(4).is_some_and(u8::is_ascii_alphanumeric) && bytes.get(4) != Some(&b'0');
        (!more).then(|| Some((4, number(digits, 16)?))).flatten()
    },
    between: b", ;\n",
};

fn number(digits: &[u8], base: u32) -> Option<char> {
    let text = std::str::from_utf8(digits).ok().filter(|text| !text.is_empty() && !text.starts_with('+'))?;
    char::from_u32(u32::from_str_radix(text, base).ok()?)
}

fn escapes(bytes: &[u8], form: &Escape, each: &mut dyn FnMut(Candidate) -> bool) {
    let mut at = 0;
    while let Some(start) = memchr::memchr(form.first, bytes.get(at..).unwrap_or_default()).map(|skipped| at + skipped) {
        let (mut decoded, mut units, mut letters, mut end, mut next) = (Vec::new(), 0, 0, start, start);
        while let Some((length, character)) = bytes.get(next..).and_then(form.unit) {
            decoded.extend(bytes.get(end..next).filter(|between| *between == b" " && form.first == b'&').unwrap_or_default());
            units += 1;
            // Letters beyond ASCII are written so by many programs; plain ones by nobody without a reason.
            letters += usize::from(character.is_ascii_alphanumeric());
            // Bytes above 0x7f are pieces of UTF-8 when written as \x and 0x.
            match u32::from(character) {
                code @ 0x80..=0xFF if form.first != b'&' => decoded.push(code as u8),
                _ => decoded.extend(character.encode_utf8(&mut [0; 4]).bytes()),
            }
            end = next + length;
            next = end + bytes.iter().skip(end).take(3).take_while(|byte| form.between.contains(byte)).count();
        }
        if units >= FEWEST_ESCAPES {
            each(Candidate { at: start, end, form: form.name, bytes: decoded, odd: letters >= FEWEST_ESCAPES });
        }
        at = end.max(start + 1);
    }
}

/// Percent-encoding. Ordinary where it stands for what a URL cannot hold; odd where it hides plain letters.
fn percent(bytes: &[u8], each: &mut dyn FnMut(Candidate) -> bool) {
    let mut at = 0;
    while let Some(sign) = memchr::memchr(b'%', bytes.get(at..).unwrap_or_default()).map(|skipped| at + skipped) {
        let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'%' | b'+' | b'.' | b'_' | b'~' | b'-' | b'\'' | b'!');
        let before = bytes.get(at..sign).unwrap_or_default().iter().rev().take_while(|byte| belongs(byte)).count();
        let (start, mut next) = (sign - before, sign - before);
        let (mut decoded, mut escapes, mut letters) = (Vec::new(), 0, 0);
        while let Some(byte) = bytes.get(next).filter(|byte| belongs(byte)) {
            let code = bytes.get(next + 1..next + 3).filter(|_| *byte == b'%').and_then(|pair| match pair {
                [high, low] => Some(hex(*high)? << 4 | hex(*low)?),
                _ => None,
            });
            match code {
                Some(code) => {
                    escapes += 1;
                    letters += usize::from(code.is_ascii_alphanumeric());
                    decoded.push(code);
                    next += 3;
                }
                None => {
                    decoded.push(if *byte == b'+' { b' ' } else { *byte });
                    next += 1;
                }
            }
        }
        if escapes >= FEWEST_PERCENT {
            each(Candidate { at: start, end: next, form: "percent-encoding", bytes: decoded, odd: letters >= FEWEST_ESCAPES });
        }
        at = next.max(sign + 1);
    }
}
