//! Slots become files, named and packed as AWS delivers them (FORMATS §1.5, §3.6).

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::calendar::{DAYS, START, Week, moment};
use super::callers::{DATA, LAB, PROD};
use super::draw::Draw;
use super::slot::{Log, Shelf, Slot, hour_path, side_path};
use super::stories::{self, Step};
use super::{File, Options, background};
use crate::model::Timestamp;

/// A file before it is packed.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) path: String,
    pub(super) plain: Vec<u8>,
    pub(super) gzip: bool,
    /// Events inside.
    pub(super) events: u64,
    pub(super) modified: Timestamp,
}

impl Parcel {
    pub(super) fn pack(self) -> File {
        let bytes = if self.gzip { gzip(&self.plain) } else { self.plain };
        File { path: self.path, bytes, modified: self.modified }
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    // Level 1: the demo is written to be read at once. No name and no time in the header: the same bytes every time.
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 5 + 64), Compression::fast());
    // A `Vec` takes every write.
    encoder.write_all(plain).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// The week, slot by slot.
#[derive(Debug)]
pub(super) struct Parcels {
    week: Week,
    seed: u64,
    background: u64,
    steps: std::iter::Peekable<std::vec::IntoIter<Step>>,
    next_slot: u64,
    ready: std::vec::IntoIter<Parcel>,
    telemetry: Telemetry,
}

/// Endpoint telemetry collects over a day: one file, unless it grows too long.
#[derive(Debug, Default)]
struct Telemetry {
    bytes: Vec<u8>,
    events: u64,
    parts: u32,
}

/// A day's telemetry is cut into files of this size.
const TELEMETRY_PART: usize = 8 * 1024 * 1024;

impl Parcels {
    pub(super) fn new(options: &Options) -> Self {
        let steps = stories::steps();
        let planted: u64 = steps.iter().filter(|step| step.counts()).map(Step::events).sum();
        Self {
            week: Week::for_events(options.events),
            seed: options.seed,
            background: options.events.saturating_sub(planted),
            steps: steps.into_iter().peekable(),
            next_slot: 0,
            ready: markers().into_iter(),
            telemetry: Telemetry::default(),
        }
    }

    /// Writes the next slot; `None` after the week's last.
    fn slot(&mut self) -> Option<Vec<Parcel>> {
        let number = self.next_slot;
        if number >= self.week.slots() {
            return None;
        }
        self.next_slot += 1;
        let (start, end) = self.week.bounds(number);
        let mut slot = Slot::default();
        while let Some(step) = self.steps.next_if(|step| step.at.as_millis() < end) {
            step.write(&mut slot);
        }
        background::write(self.background, self.seed, self.week, number, &mut slot);
        let mut names = Draw::new(self.seed ^ number.wrapping_mul(0xd134_2543_de82_ef95));
        let (mut parcels, mut apart) = (Vec::new(), Vec::new());
        for side in slot.side {
            let path = side_path(side.account, side.region, &side.request, side.at);
            parcels.push(Parcel { path, plain: side.bytes, gzip: true, events: 0, modified: side.at.plus_millis(2_000) });
        }
        for shelf in slot.shelves {
            match shelf.log {
                Log::Trail => parcels.push(trail(&shelf, Timestamp::from_millis(end), &mut names)),
                Log::Insight | Log::Aggregated | Log::Network => {
                    // Names of their own, whatever the week holds.
                    let mut names = Draw::labelled(shelf.log.folder().unwrap_or_default(), number as usize);
                    apart.push(trail(&shelf, Timestamp::from_millis(end), &mut names));
                }
                Log::Spans => apart.push(export(shelf, number, Timestamp::from_millis(end))),
                Log::Invocations => parcels.push(invocations(shelf, Timestamp::from_millis(end), &mut names)),
                Log::Endpoint => {
                    self.telemetry.bytes.extend_from_slice(&shelf.bytes);
                    self.telemetry.events += shelf.events;
                }
            }
        }
        parcels.append(&mut apart);
        let day_ends = (end - START) % 86_400_000 == 0;
        if day_ends || self.telemetry.bytes.len() > TELEMETRY_PART {
            parcels.extend(self.telemetry.cut(Timestamp::from_millis(start), Timestamp::from_millis(end)));
        }
        if day_ends {
            self.telemetry.parts = 0;
        }
        Some(parcels)
    }
}

impl Iterator for Parcels {
    type Item = Parcel;

    fn next(&mut self) -> Option<Parcel> {
        loop {
            if let Some(parcel) = self.ready.next() {
                return Some(parcel);
            }
            self.ready = self.slot()?.into_iter();
        }
    }
}

impl Telemetry {
    fn cut(&mut self, day: Timestamp, modified: Timestamp) -> Option<Parcel> {
        if self.bytes.is_empty() {
            return None;
        }
        self.parts += 1;
        let part = if self.parts == 1 { String::new() } else { format!("-{}", self.parts) };
        let path = format!("endpoint/jamf-protect-{}{part}.ndjson", day.to_jiff().strftime("%Y%m%d"));
        let events = std::mem::take(&mut self.events);
        Some(Parcel { path, plain: std::mem::take(&mut self.bytes), gzip: false, events, modified })
    }
}

/// A CloudTrail file is named after its delivery, and filed under that day.
fn trail(shelf: &Shelf, delivered: Timestamp, names: &mut Draw) -> Parcel {
    let (account, region) = (shelf.account, shelf.region);
    let time = delivered.to_jiff();
    let unique = names.s3_request();
    let (folder, stamp) = (time.strftime("%Y/%m/%d"), time.strftime("%Y%m%dT%H%MZ"));
    let log = shelf.log.folder().unwrap_or_default();
    let path = format!("AWSLogs/{account}/{log}/{region}/{folder}/{account}_{log}_{region}_{stamp}_{unique}.json.gz");
    let mut plain = Vec::with_capacity(shelf.bytes.len() + 16);
    plain.extend_from_slice(br#"{"Records":["#);
    plain.extend_from_slice(&shelf.bytes);
    plain.extend_from_slice(b"]}");
    Parcel { path, plain, gzip: true, events: shelf.events, modified: delivered.plus_millis(95_000) }
}

/// A log group's export is filed under its task and the log stream.
fn export(shelf: Shelf, part: u64, exported: Timestamp) -> Parcel {
    let task = Draw::labelled("span-export", 0).uuid();
    let path = format!("exports/aws-spans/{task}/default/{part:06}.gz");
    Parcel { path, plain: shelf.bytes, gzip: true, events: shelf.events, modified: exported.plus_millis(240_000) }
}

/// A batch of invocation records is named after the moment it was closed, within its hour.
fn invocations(shelf: Shelf, slot_end: Timestamp, names: &mut Draw) -> Parcel {
    let closed = shelf.last.plus_millis(i64::from(names.between(800, 9_000))).min(slot_end.plus_millis(-1));
    let path =
        format!("{}/{}Z_{}.json.gz", hour_path(shelf.account, shelf.region, closed), closed.to_jiff().strftime("%Y%m%dT%H%M%S%3f"), names.hex(16));
    Parcel { path, plain: shelf.bytes, gzip: true, events: shelf.events, modified: closed.plus_millis(3_000) }
}

/// What lies beside the records and is none: permission checks of the log delivery, a digest of the trail.
fn markers() -> Vec<Parcel> {
    let mut parcels = Vec::new();
    for account in [PROD, LAB, DATA] {
        let path = format!("AWSLogs/{account}/BedrockModelInvocationLogs/amazon-bedrock-logs-permission-check");
        parcels.push(Parcel { path, plain: Vec::new(), gzip: false, events: 0, modified: moment(0, 0, 0, 1, 0) });
    }
    let at = moment(0, 0, 59, 50, 0);
    let path = format!(
        "AWSLogs/{PROD}/CloudTrail-Digest/us-east-1/2026/11/09/{PROD}_CloudTrail-Digest_us-east-1_acme-organisation_us-east-1_20261109T005950Z.json.gz"
    );
    let digest = format!(
        r#"{{"awsAccountId":"{PROD}","digestStartTime":"2026-11-08T23:59:50Z","digestEndTime":"2026-11-09T00:59:50Z","digestS3Bucket":"acme-trail-{PROD}","digestPublicKeyFingerprint":"00000000000000000000000000000000","digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":null,"oldestEventTime":null,"previousDigestS3Bucket":null,"previousDigestS3Object":null,"logFiles":[]}}"#
    );
    parcels.push(Parcel { path, plain: digest.into_bytes(), gzip: true, events: 0, modified: at });
    parcels
}

/// The week's last instant, exclusive.
pub(super) fn week_end() -> Timestamp {
    Timestamp::from_millis(START + i64::from(DAYS) * 86_400_000)
}
