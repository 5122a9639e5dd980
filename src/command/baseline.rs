//! `outcrop baseline`: what is usual, learnt from evidence of another time and kept in a case for its rules.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::cli::{BaselineArgs, Language};
use super::detect::rule_set;
use super::failure::Failure;
use super::{Done, ask_aws, ingest, place};
use crate::case::{Learnt, Reader, Writable, open_read_only};
use crate::decode::json::Tape;
use crate::decode::{Bodies, Fields};
use crate::detect::{Counted, Detector, learnt_from_counts};
use crate::model::{Digest, FieldValue, SafeText, TimeRange, Timestamp, parse_when};
use crate::report::grouped;
use crate::source::ingest as read;

/// Runs the command.
pub fn run(args: &BaselineArgs) -> Result<Done, Failure> {
    if args.list {
        list(&open_read_only(&args.case)?.baselines()?);
        return Ok(Done::Complete);
    }
    if !args.case.exists() {
        let case = args.case.display();
        return Err(Failure::Error(format!("there is no case {case}: read evidence into one first (`outcrop ingest PATH --case {case}`)")));
    }
    let case = Writable::open(&args.case)?;
    if let Some(name) = &args.forget {
        let mut findings = case.findings()?;
        if !findings.forget_baseline(name)? {
            return Err(Failure::Usage(format!("nothing was learnt under the name {}; `--list` prints the names", SafeText::new(name))));
        }
        findings.clear()?;
        return Ok(Done::Complete);
    }
    let mut done = Done::Complete;
    let learnt = if args.on.is_some() {
        counted(args)?
    } else {
        ingest::some_there(&args.paths)?;
        // The evidence is read into a case of its own, which is thrown away: only what was learnt stays.
        let aside = Aside::new()?;
        learn(args, &case, &aside.0.join("baseline.outcrop"), &mut done)?
    };
    if learnt.events == 0 {
        return Err(Failure::Error("there is no event in that evidence, so nothing was learnt; name evidence of an ordinary time".to_owned()));
    }
    let mut findings = case.findings()?;
    findings.keep_baseline(&learnt)?;
    // What was found without it may be otherwise with it.
    findings.clear()?;
    println!(
        "learnt {} facts from {} events ({}), kept as “{}”",
        grouped(learnt.rows.len() as u64),
        grouped(learnt.events),
        span(&learnt),
        SafeText::new(&learnt.name)
    );
    Ok(done)
}

/// Prints what was learnt before.
fn list(baselines: &[Learnt]) {
    for learnt in baselines {
        let (name, facts, events) = (SafeText::new(&learnt.name), grouped(learnt.rows.len() as u64), grouped(learnt.events));
        println!("{name}: {facts} facts from {events} events ({})", span(learnt));
    }
}

fn span(learnt: &Learnt) -> String {
    [learnt.since, learnt.until].map(|time| time.map(Timestamp::date).unwrap_or_default()).join(" to ")
}

/// How many events of one case are in another.
fn shared(one: &mut Reader, other: &mut Reader) -> Result<u64, Failure> {
    let mut known = HashSet::new();
    each_digest(one, &mut |digest| {
        known.insert(digest);
    })?;
    let mut count = 0;
    each_digest(other, &mut |digest| count += u64::from(known.contains(&digest)))?;
    Ok(count)
}

fn each_digest(reader: &mut Reader, each: &mut dyn FnMut(Digest)) -> Result<(), Failure> {
    const PAGE: usize = 4_096;
    let mut after = 0;
    loop {
        let page = reader.lean(after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.event.id.0;
        for lean in &page {
            each(lean.digest);
        }
    }
}

fn learn(args: &BaselineArgs, case: &Writable, path: &Path, done: &mut Done) -> Result<Learnt, Failure> {
    let aside = Writable::open(path)?;
    let bar = ingest::progress_bar();
    let read = read(ingest::inputs(&args.paths), &aside, &|progress| ingest::show(&bar, progress), &AtomicBool::new(false));
    bar.finish_and_clear();
    let read = read.map_err(|error| Failure::Error(error.to_string()))?;
    for skipped in read.skipped.iter().filter(|skipped| !skipped.is_harmless()) {
        eprintln!("outcrop: not read: {}: {}", SafeText::new(&skipped.file), SafeText::new(&skipped.reason));
        *done = Done::Incomplete;
    }
    let mut reader = aside.reader()?;
    let in_both = shared(&mut reader, &mut case.reader()?)?;
    if in_both > 0 {
        let forget = format!("`outcrop baseline --forget {}`", SafeText::new(&args.name));
        let events = if in_both == 1 { "1 event".to_owned() } else { format!("{} events", grouped(in_both)) };
        eprintln!(
            "outcrop: the case itself has {events} of this evidence: what began in them will not be told as new. Name evidence of another time, or \
             take this back with {forget}"
        );
        *done = Done::Incomplete;
    }
    let mut detector = Detector::new(Arc::new(rule_set(None)), &mut reader)?;
    detector.catch_up(&mut reader)?;
    Ok(detector.learnt(&args.name, &mut reader)?)
}

/// What AWS is asked: the history itself stays there, and one row comes for each hour in which somebody did something.
const COUNTS: &str = "filter eventSource like /bedrock/ and ispresent(eventName)
| stats count(*) as calls, min(@timestamp) as first by userIdentity.type as kind, userIdentity.arn as arn, userIdentity.principalId as principal, \
userIdentity.accountId as account, userIdentity.invokedBy as service, eventSource as source, eventName as action, bin(1h) as hour
| limit 100000";

/// Learns from counts that AWS made.
fn counted(args: &BaselineArgs) -> Result<Learnt, Failure> {
    let now = place::now();
    let time = |text: &str| parse_when(text, now).map_err(Failure::Usage);
    let range = TimeRange { since: Some(time(&args.since)?), until: args.until.as_deref().map(time).transpose()? };
    let answer = ask_aws::rows(COUNTS, Language::Ql, &args.aws, &range)?;
    for note in &answer.notes {
        eprintln!("outcrop: {}", SafeText::new(note));
    }
    let of_row = |row: &crate::query::run::AnswerRow| {
        let cell = |name: &str| {
            let at = answer.columns.iter().position(|column| column == name)?;
            row.values.get(at).filter(|value| !value.is_missing()).map(ToString::to_string)
        };
        let (service, action) = (cell("source")?, cell("action")?);
        Some(Counted {
            actor: actor(&cell)?,
            service,
            action,
            hour: instant(&cell("hour")?)?,
            earliest: instant(&cell("first")?)?,
            count: cell("calls")?.parse::<f64>().ok()? as u64,
        })
    };
    let rows: Vec<Counted> = answer.rows.iter().filter_map(of_row).collect();
    if rows.len() < answer.rows.len() {
        eprintln!("outcrop: {} of {} counts name nobody, or no time, and teach nothing", answer.rows.len() - rows.len(), answer.rows.len());
    }
    let set = rule_set(None);
    let (learnt, beyond) = learnt_from_counts(&set, &args.name, &rows);
    if !beyond.is_empty() {
        eprintln!("outcrop: {} rules need more than counts and learn nothing from them: {}", beyond.len(), beyond.join("; "));
    }
    Ok(learnt)
}

/// Who that is, by the same reading as of a whole record.
fn actor(cell: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let record = serde_json::json!({
        "eventVersion": "1.11", "eventSource": cell("source"), "eventName": cell("action"), "recipientAccountId": cell("account"),
        "userIdentity": {
            "type": cell("kind"), "arn": cell("arn"), "principalId": cell("principal"), "accountId": cell("account"), "invokedBy": cell("service"),
        },
    });
    let record = record.to_string();
    let (mut tape, bodies) = (Tape::default(), Bodies::default());
    match Fields::of(record.as_bytes(), &mut tape, &bodies).get("x.actor") {
        FieldValue::Text(actor) => Some(actor),
        _ => None,
    }
}

/// A time as Logs Insights writes it: text of `bin`, milliseconds of `min`.
fn instant(text: &str) -> Option<Timestamp> {
    text.parse::<f64>().map_or_else(|_| Timestamp::parse(text), |millis| Some(Timestamp::from_millis(millis as i64)))
}

/// A folder that is gone when this is.
struct Aside(PathBuf);

impl Aside {
    fn new() -> Result<Self, Failure> {
        let folder = place::cases()?.join(format!("baseline-{}", std::process::id()));
        fs::create_dir(&folder)
            .map_err(|error| Failure::Error(format!("cannot make the folder {}: {error}; remove it if it is left over", folder.display())))?;
        Ok(Self(folder))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // It may be gone already; nothing depends on it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
