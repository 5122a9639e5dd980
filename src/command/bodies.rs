//! `outcrop fetch --s3-bodies`: bodies that lie in S3, read into the case after their number, size and price were agreed to.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::AtomicBool;

use super::failure::Failure;
use crate::case::{Reader, Side, Writable};
use crate::decode::{self, Bodies};
use crate::model::live::usd_text;
use crate::model::{ExchangeFlags, SafeText, Scope, Strand, StrandSet};
use crate::report::{bytes, grouped};
use crate::source::insights::{Aws, NamedBody};
use crate::source::{Input, ingest};

/// What S3 charges for a request, and at most for a gigabyte on its way out of AWS: list prices of us-east-1. Within a Region the
/// way costs nothing.
const USD_PER_REQUEST: f64 = 0.0004 / 1000.0;
const USD_PER_GB_OUT: f64 = 0.09;
/// So many are held at once.
const AT_ONCE: usize = 8;

/// What came of it.
pub struct Read {
    /// What to know.
    pub notes: Vec<String>,
    /// Every body that could be named is in the case.
    pub is_complete: bool,
}

/// This build can read them.
pub const IS_HERE: bool = true;

/// Reads the bodies that records of the case name and the case does not have.
pub fn read(aws: &Aws, case: &Writable, is_agreed: bool, stop: &AtomicBool) -> Result<Read, Failure> {
    let (named, mut notes) = named(&mut case.reader()?)?;
    if named.is_empty() {
        notes.push("no record names a body in S3 that is not in the case".to_owned());
        return Ok(Read { is_complete: notes.len() == 1, notes });
    }
    let (mut wanted, mut size) = (Vec::new(), 0);
    for (body, told) in named.iter().zip(aws.sizes(&named, stop)) {
        match told {
            Ok(bytes) => {
                size += bytes;
                wanted.push(body.clone());
            }
            Err(error) => notes.push(error.to_string()),
        }
    }
    let mut is_complete = wanted.len() == named.len();
    if !wanted.is_empty() && may_read(&wanted, size, is_agreed, &mut notes) {
        let mut read = 0;
        for some in wanted.chunks(AT_ONCE) {
            let mut inputs = Vec::new();
            for (body, told) in some.iter().zip(aws.read_bodies(some, stop)) {
                match told {
                    Ok(bytes) => inputs.push(Input::Bytes { name: body.path(), bytes }),
                    Err(error) => notes.push(error.to_string()),
                }
            }
            read += inputs.len();
            ingest(inputs, case, &|_| {}, &AtomicBool::new(false)).map_err(|error| Failure::Error(error.to_string()))?;
        }
        is_complete &= read == wanted.len();
        notes.push(format!("{} bodies read from S3", grouped(read as u64)));
    } else {
        is_complete = false;
    }
    Ok(Read { notes, is_complete })
}

/// The bodies that are named and not there, and those that are refused.
fn named(reader: &mut Reader) -> Result<(Vec<NamedBody>, Vec<String>), Failure> {
    let refs = reader.refs(&Scope { strands: StrandSet::only(Strand::Invocation), ..Scope::all() })?;
    let flags = reader.exchange_flags(&refs)?;
    let offloaded = refs.iter().zip(flags).filter(|(_, flags)| flags.is_some_and(|flags| flags.has(ExchangeFlags::OFFLOADED)));
    let ids: Vec<_> = offloaded.map(|(event, _)| event.id).collect();
    let (mut named, mut refused, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for event in reader.events(&ids)? {
        let (request, region) = (event.request_id.as_deref().unwrap_or_default(), event.region.as_deref().unwrap_or_default());
        let there = reader.sides_stored(request).map_err(|error| Failure::Error(error.to_string()))?;
        // A record that cannot be read any more is told where records are shown.
        let Ok(record) = reader.record(&event) else { continue };
        for path in decode::exchange(&record, &Bodies::default()).body_paths {
            match NamedBody::of(request, region, &path) {
                Ok(body) => {
                    let side = if body.is_answer() { Side::Output } else { Side::Input };
                    if !there.contains(&side) && seen.insert(path) {
                        named.push(body);
                    }
                }
                Err(why) => refused.push(format!("not read: {why}")),
            }
        }
    }
    Ok((named, refused))
}

/// Says how much it is and what it costs; asks, unless it was agreed to before.
fn may_read(wanted: &[NamedBody], size: u64, is_agreed: bool, notes: &mut Vec<String>) -> bool {
    let buckets: BTreeSet<&str> = wanted.iter().map(|body| body.bucket.as_str()).collect();
    let buckets: Vec<&str> = buckets.into_iter().collect();
    // Each was looked at already, and will be read.
    let usd = wanted.len() as f64 * 2.0 * USD_PER_REQUEST + size as f64 / 1e9 * USD_PER_GB_OUT;
    let what = format!(
        "{} bodies, {}, lie in S3 ({}): reading them costs {} at most",
        grouped(wanted.len() as u64),
        bytes(size),
        buckets.join(", "),
        usd_text(usd)
    );
    if is_agreed {
        notes.push(what);
        return true;
    }
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        eprint!("{}. Read them? [y/N] ", SafeText::new(&what));
        let _ = std::io::stderr().flush();
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        if read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
            return true;
        }
        notes.push("the bodies were not read: nobody agreed".to_owned());
        return false;
    }
    notes.push(format!("{what}; they were not read: --yes agrees to it"));
    false
}
