//! A stream of bytes to records, whatever they are wrapped in (FORMATS §1.5, §3.6, §4).
//!
//! Everything streams: memory is bounded by the largest record, never by the file. Nothing is lost in silence: what is
//! no record is an [`Item::Broken`] with its bytes, what is too large is an [`Item::Refused`] with its place, and after
//! either reading goes on with the next good record. The same bytes give the same items however they arrive.
//!
//! - `window`: the unread part of the stream. `scan`: the end of one JSON value.
//! - `documents`: JSON in all its containers; `damage`: how reading goes on after damaged JSON.
//! - `lines`: log exports. `audit`: the Linux audit log, whose records are scattered lines. `table`: CSV.
//! - `unwrap`: from the bytes at a position to the record, now and years later.
//! - `compression`, `sniff`: what a source is, by content.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use std::ops::ControlFlow;

use crate::model::{RecordPosition, Timestamp};

mod audit;
mod compression;
mod damage;
mod documents;
mod lines;
mod minify;
mod out;
mod rows;
mod scan;
mod sniff;
mod table;
mod unwrap;
mod window;

#[cfg(test)]
mod tests;

pub(in crate::decode) use compression::grouped;
pub use compression::{Plain, compression_of, plain};
pub use minify::minified_key;
pub use sniff::{BodySide, body_file, reason_to_skip};
pub use unwrap::unwrap;

/// What is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A record with more bytes than this is refused (below 4 GiB: positions are 32 bits long).
    pub max_record: usize,
    /// So many plain bytes for one stored byte make a compression bomb …
    pub bomb_ratio: u64,
    /// … once there are more plain bytes than this.
    pub bomb_floor: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_record: 64 << 20, bomb_ratio: 250, bomb_floor: 64 << 20 }
    }
}

impl Limits {
    fn too_large(&self) -> String {
        format!("larger than {} bytes", grouped(self.max_record as u64))
    }
}

/// One thing found in a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Item<'a> {
    /// A record.
    Record {
        /// Its bytes, unwrapped.
        bytes: Cow<'a, [u8]>,
        /// Where its wrapper lies in the plain stream, and how to undo that.
        position: RecordPosition,
        /// When the wrapper says that it was logged.
        logged_at: Option<Timestamp>,
        /// It is known to hold no insignificant white space: [`minified_key`] need not be asked.
        compact: bool,
    },
    /// A piece that is no record, or half of one.
    Broken {
        /// Its bytes.
        bytes: &'a [u8],
        /// Where it lies in the plain stream.
        position: RecordPosition,
        /// What is wrong with it.
        reason: String,
    },
    /// Bytes that were not kept, such as a record beyond [`Limits::max_record`].
    Refused {
        /// Where they begin in the plain stream.
        offset: u64,
        /// How many.
        length: u64,
        /// Why.
        reason: String,
    },
}

/// What a source turned out to be: the first thing found in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Container {
    /// Nothing that could be read.
    #[default]
    Unknown,
    /// JSON documents one after another, a line each or not.
    Documents,
    /// A JSON array of records.
    Array,
    /// `{"Records":[…]}`
    CloudTrailFile,
    /// `{"Events":[…]}` of `lookup-events`.
    LookupEvents,
    /// `{"events":[…]}` of `filter-log-events`.
    LogEvents,
    /// `{"logEvents":[…]}` of a subscription.
    Subscription,
    /// `{"results":[[…]]}` of Logs Insights.
    InsightsResults,
    /// Logs Insights results flattened into one list of fields.
    InsightsFields,
    /// A CSV file with a column of records.
    Csv,
    /// Rows of CloudTrail Lake.
    LakeRows,
    /// Lines of time and message, as CloudWatch Logs exports them.
    ExportLines,
    /// Plain lines of an endpoint log (auditd).
    LogLines,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Documents => "JSON documents",
            Self::Array => "JSON array",
            Self::CloudTrailFile => "CloudTrail file",
            Self::LookupEvents => "lookup-events output",
            Self::LogEvents => "filter-log-events output",
            Self::Subscription => "log subscription data",
            Self::InsightsResults => "Logs Insights results",
            Self::InsightsFields => "Logs Insights results, flattened",
            Self::Csv => "CSV",
            Self::LakeRows => "CloudTrail Lake rows",
            Self::ExportLines => "CloudWatch export",
            Self::LogLines => "log lines",
        })
    }
}

/// How a reading went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What the source was.
    pub container: Container,
    /// Plain bytes read.
    pub plain_bytes: u64,
    /// Records delivered.
    pub records: u64,
    /// Broken pieces delivered.
    pub broken: u64,
    /// Pieces refused.
    pub refused: u64,
    /// Subscription control messages, which hold no records.
    pub control_messages: u64,
    /// What is wrong with the source as a whole, such as `gzip ended early after 12,345 plain bytes`.
    pub problem: Option<String>,
    /// The receiver asked to stop.
    pub stopped: bool,
}

/// Reads all records of a plain stream and calls `each` for every item; stops when it breaks. An error of `source` ends
/// the reading and is [`Report::problem`]; what came before it has been delivered.
pub fn read_records(source: &mut dyn Read, limits: &Limits, each: &mut dyn FnMut(Item<'_>) -> ControlFlow<()>) -> Report {
    let mut window = window::Window::new(source);
    let mut out = out::Out::new(*limits, each);
    let flow = match sniff::form_of(&mut window) {
        sniff::Form::Json => documents::Documents::new(&mut window, &mut out).read(),
        sniff::Form::ExportLines => lines::read_export(&mut window, &mut out),
        sniff::Form::LogLines => audit::read(&mut window, &mut out),
        sniff::Form::Csv => {
            out.report.container = Container::Csv;
            table::read(&mut window, &mut out)
        }
        sniff::Form::Unknown(reason) => {
            out.problem(|| reason);
            ControlFlow::Continue(())
        }
    };
    let mut report = out.report;
    report.stopped = flow.is_break();
    if let Some(problem) = window.take_problem() {
        report.problem = Some(problem);
    }
    report.plain_bytes = window.seen();
    report
}
