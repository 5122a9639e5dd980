//! Queries on a gigabyte of evidence, and the same questions asked of others that read the same files, in one run.
//!
//! ```text
//! cargo bench --bench query --no-default-features              420,000 events; OUTCROP_BENCH_EVENTS=… for fewer
//! OUTCROP_BENCH_PYTHON=python3 cargo bench …                   with DuckDB, when that python can import it
//! ```
//!
//! Each question is asked a few times; printed are the best and the median wall time and the CPU seconds of all threads of the best run,
//! because cores are often shared. Peers run once, as processes of their own. Nothing asserts a time; docs/BENCHMARKS.md has the figures.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot run should stop")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use outcrop::case::{Reader, Writable, open_read_only};
use outcrop::model::{Scope, Timestamp};
use outcrop::query::run::{Answer, AnswerRow, Listener, Options, run_heard, run_sql};
use outcrop::query::{ql, sql};

mod corpus;

/// How often we are asked.
const TIMES: usize = 5;

/// A question, and how others are asked it. `DIR` stands for the folder.
struct Question {
    name: &'static str,
    text: &'static str,
    duckdb: Option<&'static str>,
    /// A line for the shell; it prints what it found, or a digest of it.
    shell: Option<&'static str>,
}

const fn own(name: &'static str, text: &'static str) -> Question {
    Question { name, text, duckdb: None, shell: None }
}

const QUESTIONS: &[Question] = &[
    Question {
        name: "count by eventName",
        text: "stats count(*) by eventName",
        duckdb: Some(
            "SELECT r.eventName, count(*) FROM (SELECT unnest(Records) AS r FROM read_json('DIR/AWSLogs/*/CloudTrail/*/*/*/*/*.json.gz', \
             columns={'Records': 'STRUCT(eventName VARCHAR)[]'}, maximum_object_size=268435456)) GROUP BY 1",
        ),
        shell: Some(
            "find DIR -path '*/CloudTrail/*' -name '*.json.gz' -print0 | xargs -0 zcat | jq -r '.Records[].eventName' | sort | uniq -c | wc -l",
        ),
    },
    own("the same in SQL", "SELECT eventName, COUNT(*) FROM events GROUP BY eventName"),
    Question {
        name: "tokens by account and 4 h, columns",
        text: "SOURCE 'exchanges' | stats sum(x.tokens_total) by accountId, bin(4h)",
        duckdb: Some(
            "SELECT accountId, time_bucket(INTERVAL '4 hours', timestamp::TIMESTAMP), sum(input.inputTokenCount), sum(output.outputTokenCount) \
             FROM read_json('DIR/AWSLogs/*/BedrockModelInvocationLogs/*/*/*/*/*/*.json.gz', format='newline_delimited', columns={'accountId': 'VARCHAR', 'timestamp': 'VARCHAR', \
             'input': 'STRUCT(inputTokenCount BIGINT)', 'output': 'STRUCT(outputTokenCount BIGINT)'}, maximum_object_size=268435456, ignore_errors=true) \
             WHERE accountId IS NOT NULL GROUP BY 1, 2",
        ),
        shell: Some(
            "find DIR -path '*/BedrockModelInvocationLogs/*' -name '*.json.gz' -not -path '*/data/*' -print0 | xargs -0 zcat | \
             jq -r '[.accountId, .timestamp[0:13], .input.inputTokenCount, .output.outputTokenCount] | @tsv' | \
             awk -F'\\t' '{ s[$1\" \"int(substr($2,12,2)/4)\" \"substr($2,1,10)] += $3 + $4; n += 1 } END { print length(s), n }'",
        ),
    },
    own("… from records", "SOURCE 'exchanges' | stats sum(input.inputTokenCount), sum(output.outputTokenCount) by accountId, bin(4h)"),
    Question {
        name: "a path without a column, nothing found",
        text: "filter userIdentity.invokedBy = 'nobody.example.com' | stats count(*)",
        duckdb: Some(
            "SELECT count(*) FROM (SELECT unnest(Records) AS r FROM read_json('DIR/AWSLogs/*/CloudTrail/*/*/*/*/*.json.gz', \
             columns={'Records': 'STRUCT(userIdentity STRUCT(invokedBy VARCHAR))[]'}, maximum_object_size=268435456)) WHERE r.userIdentity.invokedBy = 'nobody.example.com'",
        ),
        shell: Some(
            "find DIR -path '*/CloudTrail/*' -name '*.json.gz' -print0 | xargs -0 zcat | \
             jq -c '.Records[] | select(.userIdentity.invokedBy == \"nobody.example.com\")' | wc -l",
        ),
    },
    own("… by a number, each record read", "filter userIdentity.sessionContext.level > 5 | stats count(*)"),
    own("… each record parsed", "filter userIdentity.type != 'AWSService' | stats count(*) by userIdentity.type"),
    own("… many rows", "fields eventID, userIdentity.type | filter userIdentity.type = 'AssumedRole' | limit 100000"),
    own("@message like /…/", "filter @message like /no such (thing|words) here/ | stats count(*)"),
    Question {
        name: "both logs of a day by request, counted",
        text: "SELECT COUNT(*) FROM events AS a INNER JOIN invocation AS b ON a.`requestID` = b.`requestId` WHERE a.`@timestamp` >= '2026-11-12' \
               AND a.`@timestamp` < '2026-11-13' AND b.`@timestamp` >= '2026-11-12' AND b.`@timestamp` < '2026-11-13'",
        duckdb: Some(
            "SELECT count(*) FROM (SELECT unnest(Records) AS r FROM read_json('DIR/AWSLogs/*/CloudTrail/*/2026/11/1[23]/*.json.gz', \
             columns={'Records': 'STRUCT(requestID VARCHAR, eventTime VARCHAR)[]'}, maximum_object_size=268435456)) AS a \
             JOIN read_json('DIR/AWSLogs/*/BedrockModelInvocationLogs/*/2026/11/1[23]/*/*.json.gz', format='newline_delimited', \
             columns={'requestId': 'VARCHAR', 'timestamp': 'VARCHAR'}, maximum_object_size=268435456, ignore_errors=true) AS b \
             ON a.r.requestID = b.requestId WHERE a.r.eventTime LIKE '2026-11-12%' AND b.timestamp LIKE '2026-11-12%'",
        ),
        shell: None,
    },
    own(
        "… its rows",
        "SELECT a.eventName, a.`x.principal`, b.modelId FROM events AS a INNER JOIN invocation AS b ON a.`requestID` = b.`requestId` WHERE a.`@timestamp` >= '2026-11-12' \
         AND a.`@timestamp` < '2026-11-13' AND b.`@timestamp` >= '2026-11-12' AND b.`@timestamp` < '2026-11-13' LIMIT 100000",
    ),
    own("a denied call, by lists", "SELECT `@timestamp`, eventName FROM management WHERE `x.denied` = true AND eventName = 'InvokeModel'"),
];

/// Hears when the first rows come.
struct First {
    since: Instant,
    first: Option<Duration>,
}

impl Listener for First {
    fn rows(&mut self, _: &[AnswerRow]) {
        self.first.get_or_insert_with(|| self.since.elapsed());
    }
}

fn ask(reader: &mut Reader, text: &str) -> (Answer, Option<Duration>) {
    let scope = Scope::all();
    let options = Options { scope: &scope, now: Timestamp::from_millis(1_795_000_000_000), push_down: true };
    let mut first = First { since: Instant::now(), first: None };
    let answer = if sql::is_likely(text) {
        run_sql(reader, text, &sql::parse(text).unwrap(), &options, &mut first)
    } else {
        run_heard(reader, text, &ql::parse(text).unwrap(), &options, &mut first)
    };
    (answer.unwrap(), first.first)
}

/// CPU seconds of this process and of the children that have ended: the two pairs of fields 14 to 17.
fn cpu() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: Vec<f64> = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(4).filter_map(|field| field.parse().ok()).collect();
    let of = |at: usize| ticks.get(at).copied().unwrap_or_default() / 100.0;
    (of(0) + of(1), of(2) + of(3))
}

fn main() {
    let events = std::env::var("OUTCROP_BENCH_EVENTS").ok().and_then(|events| events.parse().ok()).unwrap_or(420_000);
    let folder = corpus::folder(events);
    let path = case(events, &folder);
    println!("{events} events; wall: best / median of {TIMES}; CPU of the best, all threads");
    for question in QUESTIONS {
        let mut runs = Vec::new();
        let mut told = String::new();
        for _ in 0..TIMES {
            // As a new process would: nothing is remembered from the question before.
            let mut reader = open_read_only(&path).unwrap();
            let (begun, before) = (Instant::now(), cpu().0);
            let (answer, first) = ask(&mut reader, question.text);
            runs.push((begun.elapsed(), cpu().0 - before, first));
            told = format!("{} rows, {} records read", answer.rows.len(), answer.statistics.records);
        }
        runs.sort_by_key(|(wall, ..)| *wall);
        let (best, seconds, first) = runs[0];
        let (median, ..) = runs[TIMES / 2];
        println!("{}: {best:.3?} / {median:.3?}, CPU {seconds:.2} s, first row {first:.3?}; {told}", question.name);
        if let (Some(text), Ok(python)) = (question.duckdb, std::env::var("OUTCROP_BENCH_PYTHON")) {
            let program = "import sys, duckdb; c = duckdb.connect(); c.execute('SET threads = 2'); c.execute('SET enable_progress_bar = false'); print(len(c.execute(sys.argv[1]).fetchall()), 'rows')";
            peer("DuckDB", best, Command::new(python).args(["-c", program, &within(text, &folder)]));
        }
        if let Some(line) = question.shell {
            peer("jq behind zcat", best, Command::new("sh").args(["-c", &within(line, &folder)]));
        }
    }
}

fn within(text: &str, folder: &Path) -> String {
    text.replace("DIR", &folder.to_string_lossy())
}

/// Asks another program once.
fn peer(name: &str, ours: Duration, command: &mut Command) {
    let (begun, before) = (Instant::now(), cpu().1);
    let Ok(output) = command.stdin(Stdio::null()).output() else { return println!("    {name}: not here") };
    let wall = begun.elapsed();
    let told = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let wrong = String::from_utf8_lossy(&output.stderr).trim().lines().last().unwrap_or_default().chars().take(160).collect::<String>();
    let ratio = wall.as_secs_f64() / ours.as_secs_f64();
    println!("    {name}: {:.2} s, CPU {:.2} s, {ratio:.0} times ours; {told} {wrong}", wall.as_secs_f64(), cpu().1 - before);
}

/// A case of the built-in incident. Delete it when the schema has changed.
fn case(events: u64, folder: &Path) -> PathBuf {
    let case = corpus::kept(&format!("query-{events}.outcrop"));
    if !case.exists() {
        let half = corpus::kept(&format!("query-{events}-half.outcrop"));
        let _ = std::fs::remove_file(&half);
        let writable = Writable::open(&half).unwrap();
        let input = [outcrop::source::Input::Path(folder.to_owned())];
        outcrop::source::ingest(input, &writable, &|_| {}, &std::sync::atomic::AtomicBool::new(false)).unwrap();
        drop(writable);
        std::fs::rename(&half, &case).unwrap();
    }
    case
}
