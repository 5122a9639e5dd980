//! What a source is, by its first bytes and its path: which form to read, or why there is nothing to read.

use std::path::Path;

use super::lines::stamp;
use super::table;
use super::window::Window;
use crate::decode::endpoint::is_audit_record;
use crate::decode::json::Tape;
use crate::model::HOLDS_NO_RECORDS;

/// How far into a source its form is looked for.
const HEAD: usize = 64 * 1024;

/// The form of a plain stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    ExportLines,
    LogLines,
    Csv,
    /// None that is known: why.
    Unknown(String),
}

/// Looks at the start of a stream; a byte order mark and blanks there are consumed.
pub(super) fn form_of(window: &mut Window<'_>) -> Form {
    loop {
        let bytes = window.bytes();
        let skipped = blanks(bytes);
        window.consume(skipped);
        if window.bytes().len() >= 3 && window.bytes().first() != Some(&0xEF) || !window.more() {
            break;
        }
    }
    let skipped = blanks(window.bytes());
    window.consume(skipped);
    // JSON shows itself at once, so that the first records of a slow stream are not waited for.
    if window.bytes().first() == Some(&b'{') && window.byte(1) == Some(b'"') {
        return Form::Json;
    }
    window.fill(HEAD);
    form(window.front(HEAD))
}

fn blanks(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..) {
        match rest {
            [b' ' | b'\t' | b'\r' | b'\n' | 0x1E, ..] => at += 1,
            [0xEF, 0xBB, 0xBF, ..] => at += 3,
            _ => break,
        }
    }
    at
}

fn form(head: &[u8]) -> Form {
    let head = head.get(blanks(head)..).unwrap_or_default();
    if head.is_empty() {
        return Form::Unknown("empty: nothing but blanks".into());
    }
    if begins_json(head) {
        return Form::Json;
    }
    if let Some(binary) = binary_kind(head) {
        return Form::Unknown(binary.into());
    }
    let mut first_line = None;
    for line in head.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if first_line.is_none() {
            first_line = Some(line);
            if table::columns(line).is_some() && (line.contains(&b',') || line.contains(&b'@')) {
                return Form::Csv;
            }
        }
        if stamp(line).is_some() {
            return Form::ExportLines;
        }
        if is_audit_record(line) {
            return Form::LogLines;
        }
        // Records behind something else: the file was cut at its start, or begins with a log line.
        if line.starts_with(b"{\"") && (line.ends_with(b"}") || line.len() > HEAD / 2) {
            return Form::Json;
        }
    }
    let first_line = first_line.unwrap_or_default();
    if first_line.contains(&0) {
        return Form::Unknown("binary data, not a log".into());
    }
    let shown: String = String::from_utf8_lossy(first_line.get(..40).unwrap_or(first_line)).escape_default().collect();
    Form::Unknown(if is_csv_of_lake(first_line) {
        "a CSV file without a column of raw records (@message, eventJson): export the query's result as JSON".into()
    } else {
        format!("not JSON, nor a log export: it begins with \"{shown}\"")
    })
}

/// Could a JSON document of interest begin here?
fn begins_json(head: &[u8]) -> bool {
    let Some((first, rest)) = head.split_first() else { return false };
    let next = rest.get(blanks(rest)..).unwrap_or_default().first();
    match first {
        b'{' => matches!(next, Some(b'"' | b'}') | None),
        b'[' => matches!(next, Some(b'{' | b'[' | b'"' | b']') | None) || rest.starts_with(b"null"),
        b'"' => super::documents::holds_object(head),
        _ => false,
    }
}

fn is_csv_of_lake(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line).to_ascii_lowercase();
    line.contains(',') && ["eventtime", "eventname", "eventsource", "@timestamp"].iter().any(|name| line.contains(name))
}

/// Formats that are told by their first bytes, and what to do about them.
fn binary_kind(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 17] = [
        (b"PK\x03\x04", "a ZIP archive: unpack it and add its files"),
        (b"7z\xBC\xAF\x27\x1C", "a 7z archive: unpack it and add its files"),
        (b"\xFD7zXZ", "xz-compressed: decompress it first"),
        (b"BZh", "bzip2-compressed: decompress it first"),
        (b"\x04\x22\x4D\x18", "lz4-compressed: decompress it first"),
        (b"SQLite format 3\0", "an SQLite database (a case file is opened with --case)"),
        (b"PAR1", "a Parquet file: export it as JSON first"),
        (b"Obj\x01", "an Avro file: export it as JSON first"),
        (b"ElfFile\0", "a Windows event log: export it as JSON first"),
        (b"\x7FELF", "a program, not a log"),
        (b"MZ", "a program, not a log"),
        (b"%PDF", "a PDF document, not a log"),
        (b"\x89PNG", "an image, not a log"),
        (b"\xFF\xD8\xFF", "an image, not a log"),
        (b"GIF8", "an image, not a log"),
        (b"\xFF\xFE", "UTF-16 text: convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)"),
        (b"\xFE\xFF", "UTF-16 text: convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)"),
    ];
    if head.get(257..262) == Some(b"ustar") {
        return Some("a tar archive: unpack it and add its files");
    }
    KINDS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, what)| *what)
}

/// Why a file is not read: it holds no records, by its path and its first plain bytes (64 KiB are enough). `None` when
/// it is to be read.
pub fn reason_to_skip(path: &str, first_plain_bytes: &[u8]) -> Option<String> {
    let name = file_name(path);
    if name == "amazon-bedrock-logs-permission-check" {
        return Some(format!("the marker by which Bedrock checks that it may write logs; {HOLDS_NO_RECORDS}"));
    }
    if name == "aws-logs-write-test" {
        return Some(format!("the test by which a log export checks that it may write; {HOLDS_NO_RECORDS}"));
    }
    if first_plain_bytes.is_empty() {
        return Some("empty".into());
    }
    if path.split(['/', '\\']).any(|segment| segment == "CloudTrail-Digest") || is_digest(first_plain_bytes) {
        return Some(format!("a CloudTrail digest: a list of log files and their hashes; {HOLDS_NO_RECORDS}"));
    }
    if name.contains("_input_media_") || name.contains("_output_media_") {
        return Some(format!("media of a prompt, which its record names; {HOLDS_NO_RECORDS}"));
    }
    match form(first_plain_bytes) {
        Form::Unknown(reason) => Some(reason),
        _ => None,
    }
}

/// A digest is told by keys at the top of the document, where nothing that a caller controls can stand.
fn is_digest(head: &[u8]) -> bool {
    if head.first() != Some(&b'{') || memchr::memmem::find(head, b"\"digestStartTime\"").is_none() {
        return false;
    }
    let head = head.get(..HEAD).unwrap_or(head);
    let tape = Tape::of(head);
    let root = tape.root(head);
    root.get("digestStartTime").is_text() && root.get("eventName").text().is_none() && root.get("schemaType").text().is_none()
}

/// Which half of an exchange a body file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodySide {
    /// The request's body.
    Input,
    /// The response's body.
    Output,
}

/// The request id and side of a body that Bedrock stored beside its records: `…/data/{requestId}_input.json.gz`
/// (FORMATS §1.5). Copies outside a folder `data` are known by the form of the id.
pub fn body_file(path: &str) -> Option<(String, BodySide)> {
    let name = file_name(path);
    let stem = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name).strip_suffix(".json")?;
    let (id, side) = match stem.strip_suffix("_input") {
        Some(id) => (id, BodySide::Input),
        None => (stem.strip_suffix("_output")?, BodySide::Output),
    };
    let folder = Path::new(path).parent().and_then(Path::file_name).and_then(std::ffi::OsStr::to_str);
    let is_uuid = id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() });
    (!id.is_empty() && (is_uuid || folder == Some("data"))).then(|| (id.to_owned(), side))
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
