//! A line of the Linux audit log: its type, the id that it shares with the other lines of its record, and its fields.

use std::borrow::Cow;

use crate::decode::decoded::Text;
use crate::model::{Timestamp, text_from_bytes};

/// Behind this byte stand the names that `log_format = ENRICHED` adds.
pub(super) const ENRICHED: u8 = 0x1D;

/// What the lines of one record share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::decode) struct AuditId<'a> {
    /// `node=…`, where logs of several computers come together.
    pub(in crate::decode) node: &'a [u8],
    /// `1492037289.295:58`: seconds, milliseconds, serial.
    pub(in crate::decode) stamp: &'a [u8],
}

/// A line taken apart.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) kind: &'a [u8],
    pub(super) node: &'a [u8],
    /// The inside of `audit(…)`; empty when there is none.
    pub(super) stamp: &'a [u8],
    /// What stands behind it.
    pub(super) rest: &'a [u8],
}

impl<'a> Line<'a> {
    /// Takes a line apart; `None` when it is none of the audit log.
    pub(super) fn of(line: &'a [u8]) -> Option<Self> {
        let line = line.trim_ascii();
        let (node, line) = match line.strip_prefix(b"node=") {
            Some(named) => named.split_at_checked(memchr::memchr(b' ', named)?)?,
            None => (&b""[..], line),
        };
        let line = line.trim_ascii_start().strip_prefix(b"type=")?;
        let (kind, line) = line.split_at_checked(memchr::memchr(b' ', line)?)?;
        let rest = line.trim_ascii_start().strip_prefix(b"msg=")?;
        let Some(stamped) = rest.strip_prefix(b"audit(") else { return Some(Self { kind, node, stamp: b"", rest }) };
        let (stamp, rest) = stamped.split_at_checked(memchr::memchr(b')', stamped)?)?;
        let rest = rest.strip_prefix(b")").unwrap_or(rest).trim_ascii_start();
        Some(Self { kind, node, stamp, rest: rest.strip_prefix(b":").unwrap_or(rest).trim_ascii() })
    }

    /// What it shares with other lines of its record; a line without a serial stands alone.
    pub(super) fn id(&self) -> Option<AuditId<'a>> {
        (!self.stamp.is_empty()).then_some(AuditId { node: self.node, stamp: self.stamp })
    }

    /// When it was logged.
    pub(super) fn time(&self) -> Option<Timestamp> {
        let stamp = std::str::from_utf8(self.stamp).ok()?;
        let (time, _) = stamp.split_once(':')?;
        let (seconds, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
        Some(Timestamp::from_millis(seconds.parse::<i64>().ok()?.checked_mul(1000)?.checked_add(millis)?))
    }

    /// Its fields, those inside `msg='…'` among them.
    pub(super) fn fields(&self) -> Fields<'a> {
        Fields(self.rest)
    }

    /// A field by its name.
    pub(super) fn field(&self, name: &[u8]) -> Option<Field<'a>> {
        self.fields().find(|field| field.name == name)
    }
}

/// A field of a line.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) name: &'a [u8],
    /// As written, without its quotes.
    pub(super) raw: &'a [u8],
    quoted: bool,
}

impl<'a> Field<'a> {
    /// As written.
    pub(super) fn written(&self) -> Text<'a> {
        text_from_bytes(self.raw)
    }

    /// Its bytes: what is quoted stands for itself, what is not is hexadecimal.
    pub(super) fn bytes(&self) -> Cow<'a, [u8]> {
        if self.quoted { self.raw.into() } else { unhex(self.raw).map_or(Cow::Borrowed(self.raw), Cow::Owned) }
    }

    /// Its bytes as text.
    pub(super) fn text(&self) -> Text<'a> {
        match self.bytes() {
            Cow::Borrowed(bytes) => text_from_bytes(bytes),
            Cow::Owned(bytes) => Cow::Owned(text_from_bytes(&bytes).into_owned()),
        }
    }

    /// Bytes that hide behind hexadecimal digits.
    pub(super) fn is_hidden(&self) -> bool {
        matches!(self.bytes(), Cow::Owned(_))
    }
}

/// The fields of a line, one by one. Words that are no fields (`auditd start, ver=2.4.1`) are passed over.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        loop {
            let start = self.0.iter().position(|byte| !is_gap(*byte))?;
            let rest = self.0.get(start..)?;
            let end = rest.iter().position(|byte| is_gap(*byte) || *byte == b'=').unwrap_or(rest.len());
            let (name, behind) = rest.split_at_checked(end)?;
            let Some(value) = behind.strip_prefix(b"=") else {
                self.0 = behind;
                continue;
            };
            let (raw, quoted, behind) = match value.first() {
                Some(b'"') => {
                    let inside = value.get(1..)?;
                    // A quote that was never closed reaches to the end.
                    let end = memchr::memchr(b'"', inside).unwrap_or(inside.len());
                    let (raw, behind) = inside.split_at_checked(end)?;
                    (raw, true, behind.get(1..).unwrap_or_default())
                }
                // Inside are fields of their own.
                Some(b'\'') => {
                    self.0 = value;
                    continue;
                }
                _ => {
                    let end = value.iter().position(|byte| is_gap(*byte)).unwrap_or(value.len());
                    let (raw, behind) = value.split_at_checked(end)?;
                    (raw, false, behind)
                }
            };
            self.0 = behind;
            return Some(Field { name, raw, quoted });
        }
    }
}

fn is_gap(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\'' | b'\r' | b'\n' | ENRICHED)
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    digits.chunks_exact(2).map(|pair| Some((digit(pair.first()?)? << 4 | digit(pair.get(1)?)?) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_taken_apart() {
        let line = Line::of(
            b"node=web type=USER_CMD msg=audit(1481077231.363:475): pid=1 uid=0 msg='cwd=\"/home/a b\" cmd=6C73 res=success'\x1dUID=\"root\"",
        )
        .expect("a line");
        assert_eq!((line.kind, line.node, line.stamp), (&b"USER_CMD"[..], &b"web"[..], &b"1481077231.363:475"[..]));
        assert_eq!(line.time(), Some(Timestamp::from_millis(1_481_077_231_363)));
        let fields: Vec<(Text<'_>, Text<'_>)> = line.fields().map(|field| (text_from_bytes(field.name), field.written())).collect();
        let expected = [("pid", "1"), ("uid", "0"), ("cwd", "/home/a b"), ("cmd", "6C73"), ("res", "success"), ("UID", "root")];
        assert_eq!(fields, expected.map(|(name, value)| (name.into(), value.into())));
        assert_eq!(line.field(b"cmd").expect("a command").text(), "ls");
    }

    #[test]
    fn lines_of_other_forms() {
        for (line, kind, stamp) in [
            ("type=UNKNOWN[1329] msg=?", "UNKNOWN[1329]", ""),
            ("type=DAEMON_END msg=audit(1481078697.892:7799): auditd normal halt, sending auid=?", "DAEMON_END", "1481078697.892:7799"),
            ("type=DAEMON_CONFIG msg=audit(1490239800.477:34) config changed, auid=0", "DAEMON_CONFIG", "1490239800.477:34"),
        ] {
            let found = Line::of(line.as_bytes()).expect("a line");
            assert_eq!((found.kind, found.stamp), (kind.as_bytes(), stamp.as_bytes()), "{line}");
        }
        for line in ["", "type=", "node=x", "type=A b", "{\"type\":1}", "type=X msg=audit(1.2"] {
            assert!(Line::of(line.as_bytes()).is_none(), "{line}");
        }
    }

    #[test]
    fn what_is_not_quoted_is_hexadecimal_when_it_can_be() {
        for (written, text) in [("x=\"6C73\"", "6C73"), ("x=6C73", "ls"), ("x=6c7", "6c7"), ("x=grep", "grep"), ("x=", ""), ("x=\"open", "open")] {
            assert_eq!(Fields(written.as_bytes()).next().expect("a field").text(), text, "{written}");
        }
    }
}
