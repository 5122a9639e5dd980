//! The Linux audit log (FORMATS §5): the lines of a record share its time and serial, and other records' lines may stand
//! between them. What was run is in EXECVE, who did it in SYSCALL, what was typed in TTY; every other type is an event
//! with its type as the action.

mod fields;

use std::collections::BTreeMap;

pub(in crate::decode) use fields::AuditId;
use fields::{ENRICHED, Field, Line};

use super::{Process, What};
use crate::decode::decoded::Text;
use crate::model::{Outcome, text_from_bytes};

/// The audit user id of a process that nobody logged in for, and how it is written otherwise.
const NO_LOGIN: [&[u8]; 5] = [b"4294967295", b"-1", b"unset", b"?", b""];
/// A process title of this length was cut.
const TITLE_CUT: usize = 127;
/// System calls that start a program, by architecture: x86-64, x86, ARM.
const STARTS: [(&[u8], &[u8], &[u8]); 4] =
    [(b"c000003e", b"59", b"322"), (b"40000003", b"11", b"358"), (b"c00000b7", b"221", b"281"), (b"40000028", b"11", b"387")];

/// Is this a record, or a line, of the audit log?
pub(in crate::decode) fn is_record(bytes: &[u8]) -> bool {
    let head = bytes.get(..512).unwrap_or(bytes);
    let line = if head.starts_with(b"node=") { memchr::memchr(b' ', head).and_then(|at| head.get(at + 1..)).unwrap_or_default() } else { head };
    line.starts_with(b"type=") && memchr::memmem::find(line, b" msg=").is_some()
}

/// What a line shares with the other lines of its record, and whether the record ends with it.
pub(in crate::decode) fn id_of(line: &[u8]) -> Option<(AuditId<'_>, bool)> {
    let line = Line::of(line)?;
    Some((line.id()?, line.kind == b"EOE"))
}

/// Reads a record: the lines that share the first line's id. What stands between them belongs to other records.
pub(super) fn read(record: &[u8]) -> Process<'_> {
    let mut lines = record.split(|byte| *byte == b'\n').filter_map(Line::of);
    let Some(first) = lines.next() else {
        return Process { what: What::Other { action: "audit".into(), detail: text_from_bytes(record) }, ..Process::default() };
    };
    let id = first.id();
    let own: Vec<Line<'_>> = std::iter::once(first).chain(lines.filter(|line| id.is_some() && line.id() == id)).collect();
    let field = |name: &[u8]| own.iter().find_map(|line| line.field(name));
    let failed = field(b"success").is_some_and(|field| field.raw == b"no")
        || [&b"res"[..], b"result"].into_iter().filter_map(field).any(|field| matches!(field.raw, b"failed" | b"0" | b"no" | b"fail"));
    let what = what(&own);
    let more = match &what {
        What::Other { .. } => own.iter().skip(1).map(|line| told(line).into()).collect(),
        _ => [&b"exe"[..], b"cwd"].into_iter().filter_map(|name| field(name).map(|field| field.text())).collect(),
    };
    Process {
        time: first.time(),
        host: (!first.node.is_empty()).then(|| text_from_bytes(first.node)),
        user: user(&own),
        ip: field(b"addr").map(|field| field.written()).filter(|address| address.parse::<std::net::IpAddr>().is_ok()),
        outcome: if failed { Outcome::Error } else { Outcome::Ok },
        what,
        more,
    }
}

/// Who logged in (it stays through `su` and `sudo`), by name where the log was enriched; else whose process it is.
fn user<'a>(own: &[Line<'a>]) -> Option<Text<'a>> {
    let line = own.iter().find(|line| line.field(b"auid").is_some()).or_else(|| own.iter().find(|line| line.field(b"uid").is_some()))?;
    [(&b"auid"[..], &b"AUID"[..]), (b"uid", b"UID")].into_iter().find_map(|(number, name)| {
        let number = line.field(number).filter(|field| !NO_LOGIN.contains(&field.raw))?;
        let name = line.field(name).filter(|field| !NO_LOGIN.contains(&field.raw) && !field.raw.starts_with(b"unknown("));
        Some(name.unwrap_or(number).written())
    })
}

fn what<'a>(own: &[Line<'a>]) -> What<'a> {
    let of_kind = |kind: &'static [u8]| own.iter().filter(move |line| line.kind == kind);
    let arguments = arguments(of_kind(b"EXECVE"));
    if !arguments.is_empty() {
        return What::Arguments(arguments);
    }
    if let Some(command) = of_kind(b"USER_CMD").find_map(|line| line.field(b"cmd")) {
        return What::Line(command.text());
    }
    let call = of_kind(b"SYSCALL").next();
    let starts = call.is_some_and(|line| {
        let (arch, number) = (line.field(b"arch"), line.field(b"syscall"));
        let named = line.field(b"SYSCALL").or(number).is_some_and(|name| matches!(name.raw, b"execve" | b"execveat"));
        named
            || arch
                .zip(number)
                .is_some_and(|(arch, number)| STARTS.iter().any(|(of, one, two)| arch.raw == *of && [*one, *two].contains(&number.raw)))
    });
    let title = of_kind(b"PROCTITLE").find_map(|line| line.field(b"proctitle")).map(title);
    match (title, call) {
        // A title alone tells of a command; beside another system call it only names the process that made it.
        (Some(title), None) => return What::Arguments(title),
        (Some(title), Some(_)) if starts => return What::Arguments(title),
        (None, Some(line)) if starts => {
            if let Some(program) = line.field(b"exe").or_else(|| line.field(b"comm")) {
                return What::Program(program.text());
            }
        }
        _ => {}
    }
    let first = own.iter().find(|line| matches!(line.kind, b"TTY" | b"USER_TTY")).or(own.first());
    let action = first.map(|line| text_from_bytes(line.kind)).unwrap_or_default();
    let typed = first.filter(|line| line.kind.ends_with(b"TTY")).and_then(|line| line.field(b"data")).map(|data| data.text());
    What::Other { action, detail: typed.or_else(|| first.map(|line| told(line).into())).unwrap_or_default() }
}

/// The arguments of EXECVE in the order of their numbers. Long ones come in pieces (`a1[0]=`, `a1[1]=`), over several
/// lines; without the first argument there is no command.
fn arguments<'a, 'l>(lines: impl Iterator<Item = &'l Line<'a>>) -> Vec<Text<'a>>
where
    'a: 'l,
{
    let mut pieces: BTreeMap<(u32, u32), Field<'a>> = BTreeMap::new();
    for field in lines.flat_map(Line::fields) {
        if let Some(place) = place(field.name) {
            pieces.entry(place).or_insert(field);
        }
    }
    if pieces.keys().next().is_none_or(|(number, _)| *number != 0) {
        return Vec::new();
    }
    let mut arguments: Vec<(u32, Vec<Field<'a>>)> = Vec::new();
    for ((number, _), field) in pieces {
        match arguments.last_mut().filter(|(last, _)| *last == number) {
            Some((_, pieces)) => pieces.push(field),
            None => arguments.push((number, vec![field])),
        }
    }
    let text = |pieces: Vec<Field<'a>>| match pieces.as_slice() {
        [whole] => whole.text(),
        // A character may be cut between two pieces: they are text only together.
        pieces => text_from_bytes(&pieces.iter().flat_map(|piece| piece.bytes().into_owned()).collect::<Vec<u8>>()).into_owned().into(),
    };
    arguments.into_iter().map(|(_, pieces)| text(pieces)).collect()
}

/// The number of an argument and of its piece: `a7`, `a7[2]`; `a7_len` is neither.
fn place(name: &[u8]) -> Option<(u32, u32)> {
    let name = std::str::from_utf8(name).ok()?.strip_prefix('a')?;
    match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some((number, piece)) => Some((number.parse().ok()?, piece.parse().ok()?)),
        None => Some((name.parse().ok()?, 0)),
    }
}

/// A process title: arguments with NUL between them; what was cut off is marked.
fn title<'a>(field: Field<'a>) -> Vec<Text<'a>> {
    let bytes = field.bytes();
    let cut = bytes.len() >= TITLE_CUT;
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
    let mut words: Vec<Text<'a>> = bytes.split(|byte| *byte == 0).map(|word| text_from_bytes(word).into_owned().into()).collect();
    words.extend(cut.then(|| "…".into()));
    words
}

/// Fields that hold text, written in hexadecimal when it has blanks, quotes or control characters.
const TEXTS: [&[u8]; 9] = [b"exe", b"comm", b"cwd", b"name", b"cmd", b"data", b"acct", b"proctitle", b"key"];

/// What a system call's line says about it.
const CALL: [&[u8]; 8] = [b"exe", b"comm", b"syscall", b"SYSCALL", b"success", b"key", b"pid", b"ppid"];

/// What a line says, with its hidden text readable; names that were added stay behind.
fn told(line: &Line<'_>) -> String {
    if line.kind == b"SYSCALL" {
        // Not its registers.
        let named = CALL.iter().filter_map(|name| Some((name, line.field(name)?)));
        let shown = |field: Field<'_>| if TEXTS.contains(&field.name) { field.text().into_owned() } else { field.written().into_owned() };
        return named.map(|(name, field)| format!("{}={}", text_from_bytes(name), shown(field))).collect::<Vec<_>>().join(" ");
    }
    let rest = line.rest.split(|byte| *byte == ENRICHED).next().unwrap_or_default();
    // What a program wrote to the log stands in quotes behind what the kernel knows of it.
    let rest = memchr::memmem::find(rest, b"msg='").and_then(|at| rest.get(at + 5..)).map_or(rest, |said| said.strip_suffix(b"'").unwrap_or(said));
    let mut text = text_from_bytes(rest).into_owned();
    for field in line.fields().filter(|field| TEXTS.contains(&field.name) && field.is_hidden()) {
        let name = text_from_bytes(field.name);
        let shown = field.text().replace('\0', " ");
        text = text.replacen(&format!("{name}={}", field.written()), &format!("{name}=“{shown}”"), 1);
    }
    text
}
