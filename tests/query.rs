//! Queries on a case: what they give is counted here by other means, and asking the case's lists first changes nothing.

#![cfg(test)]

mod evidence;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use outcrop::case::{Reader, Writable};
use outcrop::model::{EntityKind, EventId, Scope, Strand, StrandSet, TimeRange, Timestamp};
use outcrop::query::ql::{check, parse};
use outcrop::query::run::{Answer, AnswerRow, Listener, Options, RunError, run, run_heard};
use outcrop::source::{Input, demo, ingest};
use proptest::prelude::*;

struct Bench {
    _folder: tempfile::TempDir,
    reader: Reader,
}

impl Bench {
    fn of(inputs: impl IntoIterator<Item = Input, IntoIter: Send>) -> Self {
        let (folder, case) = evidence::case_of(inputs);
        let reader = case.reader().expect("a reader");
        Self { _folder: folder, reader }
    }

    fn demo() -> Self {
        let options = demo::Options { events: 1500, ..demo::Options::default() };
        Self::of(demo::files(&options).map(Input::from))
    }

    fn lines(lines: &[String]) -> Self {
        Self::of([Input::Bytes { name: "records.jsonl".to_owned(), bytes: lines.join("\n").into_bytes() }])
    }

    fn try_with(&mut self, text: &str, scope: &Scope, push_down: bool) -> Result<Answer, RunError> {
        let query = parse(text).unwrap_or_else(|error| panic!("{}", error.render(text)));
        let errors = check(&query);
        assert!(errors.is_empty(), "{text}: {errors:?}");
        let options = Options { scope, now: Timestamp::from_millis(1_795_000_000_000), push_down };
        run(&mut self.reader, text, &query, &options, &mut |_, _| ())
    }

    fn ask(&mut self, text: &str) -> Answer {
        self.try_with(text, &Scope::all(), true).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn rows(&mut self, text: &str) -> Vec<Vec<String>> {
        printed(&self.ask(text))
    }
}

fn printed(answer: &Answer) -> Vec<Vec<String>> {
    answer.rows.iter().map(|row| row.values.iter().map(ToString::to_string).collect()).collect()
}

/// Hears after how many events each batch of rows came.
#[derive(Default)]
struct Hearing {
    looked: u64,
    of: u64,
    columns: Vec<String>,
    rows: Vec<AnswerRow>,
    first_at: Option<u64>,
}

impl Listener for Hearing {
    fn progress(&mut self, seen: u64, of: u64) {
        (self.looked, self.of) = (seen, of);
    }

    fn begins(&mut self, columns: &[String], _names: &[Vec<String>]) {
        self.columns = columns.to_vec();
    }

    fn rows(&mut self, rows: &[AnswerRow]) {
        if !rows.is_empty() {
            self.first_at.get_or_insert(self.looked);
            self.rows.extend(rows.iter().cloned());
        }
    }
}

/// The rows that are heard are those of the answer, and the first are there before all events have been looked at.
#[test]
fn first_rows_come_before_the_end() {
    let mut bench = Bench::demo();
    for (text, early) in [("fields @timestamp, eventName", true), ("filter x.ok = true | fields @ptr", true), ("stats count(*) by eventName", false)]
    {
        let query = parse(text).expect("a query");
        let options = Options { scope: &Scope::all(), now: Timestamp::from_millis(1_795_000_000_000), push_down: true };
        let mut heard = Hearing::default();
        let answer = run_heard(&mut bench.reader, text, &query, &options, &mut heard).expect("an answer");
        assert_eq!(heard.columns, answer.columns);
        assert_eq!(heard.rows, answer.rows, "{text}");
        let at = heard.first_at.expect("rows");
        assert_eq!(at < heard.of, early, "{text}: heard after {at} of {}", heard.of);
    }
}

/// By the first column the number in the last.
fn counts(rows: Vec<Vec<String>>) -> BTreeMap<String, u64> {
    rows.into_iter().map(|row| (row[0].clone(), row.last().expect("a column").parse().expect("a count"))).collect()
}

const FOUR_HOURS: i64 = 4 * 3_600_000;

/// Queries of many kinds; each is asked twice.
const QUERIES: &[&str] = &[
    "fields @timestamp, @message",
    "fields @timestamp, @log, @logStream, @ptr, @aws.account, @aws.region | limit 50",
    "filter eventName = \"InvokeModel\"",
    "filter eventName = \"InvokeModel\" and errorCode = \"AccessDenied\" | fields @timestamp, errorMessage",
    "filter \"GetObject\" = eventName | stats count(*) by requestParameters.bucketName",
    "filter eventName = \"Converse\" or operation = \"Converse\" | stats count(*) by eventName, operation",
    "filter eventName != \"Converse\" | stats count(*) by eventName",
    "filter eventName = \"200\" | stats count(*)",
    "filter eventName = \"\" | stats count(*)",
    "filter not (eventName = \"Converse\") | stats count(*)",
    "filter eventName in [\"Converse\", \"InvokeModel\"] | stats count(*) by eventName",
    "filter eventSource = \"bedrock.amazonaws.com\" | stats count(*) by eventName",
    "filter eventSource = \"bedrock\" | stats count(*)",
    "filter sourceIPAddress like /^2/ | stats count(*) as n by sourceIPAddress",
    "filter userIdentity.accessKeyId = \"AKIALEAKDEMO7EXAMPLE\" | stats count(*) by eventName, errorCode",
    "filter userIdentity.arn like /svc-ml/ | stats count(*), min(@timestamp), max(@timestamp) by userIdentity.arn",
    "filter ispresent(errorCode) | stats count(*) as n by errorCode | filter n > 2 | sort n desc",
    "filter awsRegion = \"us-east-1\" | stats count(*) by awsRegion",
    "filter region = \"us-east-1\" | stats count(*) by region",
    "filter requestParameters.bucketName like /./ | fields requestParameters.bucketName as b, requestParameters.key as k | sort b, k | limit 30",
    "filter modelId like /opus/ | stats sum(input.inputTokenCount) as i, sum(output.outputTokenCount) as o by modelId",
    "filter modelId = \"us.anthropic.claude-opus-4-1-20250805-v1:0\" | stats count(*)",
    "filter x.denied = true | stats count(*) by x.principal",
    "filter x.denied = \"true\" and x.invoke = true | fields @timestamp, x.actor, x.model | sort @timestamp",
    "filter x.tokens_in > 1000 | stats count(*), sum(x.tokens_in), max(x.tokens_total) by x.model_family",
    "filter x.tokens_in >= 1000.5 and x.tokens_out < 500 | stats count(*)",
    "filter x.principal = \"111122223333/user/svc-ml-reporting\" | stats count(*) by eventName",
    "filter x.joined = true | stats count(*) by @log",
    "filter x.calls > 3 | stats count(*), max(x.calls)",
    "filter x.user_text like /(?i)summar/ | fields @timestamp, x.user_text",
    "filter x.stop = \"end_turn\" | stats avg(x.latency_ms), pct(x.latency_ms, 90) by x.family",
    "filter x.cli.service = \"bedrock\" | fields @timestamp, x.cli.operation, x.cli.verb",
    "filter x.key_kind = \"long_term\" | stats count(*) by x.key",
    "filter toMillis(@timestamp) >= 1794355200000 and toMillis(@timestamp) < 1794441600000 | stats count(*) by bin(6h)",
    "filter @timestamp > 1794360000000 | filter @timestamp <= 1794370000000 | fields @timestamp, eventName",
    "filter 1794370000000 > @timestamp | stats count(*)",
    "filter @message like /AKIA/ | stats count(*) by eventName",
    "filter @message like \"SubscriptionRequired\" | stats count(*)",
    "parse userIdentity.arn \"arn:aws:*::*:*\" as service, account, rest | stats count(*) by service, account",
    "parse @message /\"eventName\":\"(?<n>[A-Z][a-z]+)/ | stats count(*) by n",
    "parse @message /\"text\":\"(?<word>[a-z]+)/ multi | stats count(*) as n by word | sort n desc, word | limit 20",
    "fields strlen(@message) as size | sort size desc, @ptr | limit 10 | display size, @ptr",
    "stats count(*) by bin(1h) as t, eventSource | sort t, eventSource",
    "stats count(*) as n by eventName, awsRegion | stats max(n), sum(n) by awsRegion",
    "stats earliest(eventName), latest(eventName), count_distinct(sourceIPAddress) by userIdentity.type",
    "filter eventSource = \"s3.amazonaws.com\" | dedup requestParameters.bucketName, eventName",
    "filter operation = \"Converse\" | unnest input.inputBodyJson.messages into m | stats count(*) by m.role",
    "filter ispresent(errorMessage) | pattern errorMessage",
    "filter eventName in (SOURCE \"data\" | fields eventName) | stats count(*) by eventName",
    "SOURCE \"invocation\" | stats count(*) by bin(24h) as d | fillmissing with 0 for d",
    "SOURCE \"endpoint\" | fields @timestamp, x.cli.program, x.cli.options",
    "stats count(*) by x.is_bedrock, x.agentic, x.enum, x.ok",
    "filterIndex eventName in [\"GetObject\", \"PutObject\"] | stats count(*) by eventName",
    "filter eventName like /^List/ | stats count(*) as n by eventName | sort n desc | accum n as total | limit 5",
    "countFrequent eventName",
];

#[test]
fn asking_the_lists_first_changes_no_answer() {
    let mut bench = Bench::demo();
    let mut empty = Vec::new();
    for text in QUERIES {
        let asked = bench.ask(text);
        let plain = bench.try_with(text, &Scope::all(), false).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(asked.columns, plain.columns, "{text}");
        assert_eq!(printed(&asked), printed(&plain), "{text}");
        assert_eq!(asked.statistics.matched, plain.statistics.matched, "{text}");
        assert!(asked.statistics.records <= plain.statistics.records, "{text}");
        let events = |answer: &Answer| answer.rows.iter().map(|row| row.event).collect::<Vec<_>>();
        assert_eq!(events(&asked), events(&plain), "{text}");
        if asked.rows.is_empty() {
            empty.push(*text);
        }
    }
    // A query that finds nothing compares nothing.
    assert_eq!(empty, Vec::<&str>::new());
}

#[test]
fn asking_the_lists_first_changes_no_answer_of_real_records() {
    let folder = std::env::var_os("OUTCROP_SAMPLES").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples"), PathBuf::from);
    if !folder.is_dir() {
        let _ = writeln!(std::io::stderr(), "skipped: there are no samples at {}", folder.display());
        return;
    }
    let mut bench = Bench::of([Input::Path(folder)]);
    let own = [
        "stats count(*) by eventName, eventSource, errorCode",
        "filter eventSource = \"s3.amazonaws.com\" | stats count(*) by requestParameters.bucketName",
        "filter requestParameters.bucketName = \"my-bucket\" | stats count(*)",
        "stats count(*) as n by requestParameters.bucketName | sort n desc",
        "stats count(*) by modelId, operation, region",
        "stats sum(x.tokens_in), sum(x.tokens_out), count(x.tokens_total) by x.model",
        "filter x.ok = false | stats count(*) by errorCode, errorMessage",
    ];
    for text in QUERIES.iter().chain(&own).filter(|text| !text.starts_with("fields @timestamp, @message")) {
        let answers = [true, false].map(|push_down| bench.try_with(text, &Scope::all(), push_down).unwrap_or_else(|error| panic!("{text}: {error}")));
        let [asked, plain] = answers.each_ref().map(printed);
        assert!(asked == plain, "{text}: {} and {} rows", asked.len(), plain.len());
    }
    // Every value of a name that the lists are asked for.
    for field in ["eventName", "eventSource", "errorCode", "requestParameters.bucketName", "modelId", "userIdentity.accessKeyId", "requestID"] {
        for row in bench.rows(&format!("stats count(*) as n by {field} | sort n desc | limit 25")) {
            let [value, count] = row.as_slice() else { panic!("{row:?}") };
            if value.is_empty() || value.contains(['"', '\\']) {
                continue;
            }
            let found = bench.rows(&format!("filter {field} = \"{value}\" | stats count(*)"));
            assert_eq!(found, [[count.clone()]], "{field} = {value}");
        }
    }
}

#[test]
fn columns_spare_the_records() {
    let mut bench = Bench::demo();
    for text in [
        "stats count(*) by eventName",
        "filter x.invoke = true | stats sum(x.tokens_in) by x.principal",
        "fields @timestamp, eventName, awsRegion",
        "filter errorCode = \"AccessDenied\" | stats count(*) by bin(1h)",
    ] {
        let scope = Scope { strands: StrandSet::ALL.toggled(Strand::Endpoint).toggled(Strand::Span), ..Scope::all() };
        let answer = bench.try_with(text, &scope, true).expect("an answer");
        assert!(answer.statistics.records == 0 && answer.statistics.matched > 0, "{text}: {:?}", answer.statistics);
    }
    // Only the records that the condition leaves are read.
    let answer = bench.ask("filter eventName = \"CreateAccessKey\" | fields userIdentity.arn");
    assert!(answer.statistics.records < 200, "{:?}", answer.statistics);
}

#[test]
fn counts_are_those_of_the_case() {
    let mut bench = Bench::demo();
    let trail = [Strand::Management, Strand::Data, Strand::Network].iter().fold(StrandSet::NONE, |set, strand| set.with(*strand));
    let scope = Scope { strands: trail, ..Scope::all() };
    // By name: as `outcrop pivot` counts them, which also counts what an event about many calls names.
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for value in bench.reader.values_in(&scope, EntityKind::Action).expect("values") {
        expected.insert(value.value.to_string(), value.count);
    }
    let about_many = bench.rows("filter eventName = \"AggregatedEvent\" | stats count(*)")[0][0].parse::<u64>().expect("a count");
    assert!(about_many > 0);
    *expected.get_mut("PutObject").expect("the demo's aggregated event is of PutObject") -= about_many;
    let mut found = counts(bench.rows("stats count(*) by eventName"));
    let nameless = found.remove("").expect("records of other strands have no eventName");
    let differing: Vec<_> = found.iter().filter(|(name, count)| expected.get(*name) != Some(*count)).collect();
    assert_eq!((differing, found.len()), (Vec::new(), expected.len()));
    let refs = bench.reader.refs(&Scope::all()).expect("a list");
    let others = refs.iter().filter(|event| !trail.contains(event.strand())).count();
    assert_eq!(nameless, others as u64);

    // Of the leaked key, one by one.
    let ids: Vec<EventId> = refs.iter().map(|event| event.id).collect();
    let events = bench.reader.events(&ids).expect("events");
    let leaked = events.iter().filter(|event| trail.contains(event.strand) && event.key.as_deref() == Some("AKIALEAKDEMO7EXAMPLE")).count();
    assert!(leaked > 50, "{leaked}");
    let rows = bench.rows("filter userIdentity.accessKeyId = \"AKIALEAKDEMO7EXAMPLE\" | stats count(*)");
    assert_eq!(rows, [[leaked.to_string()]]);

    // Tokens by account and four hours.
    let facts = bench.reader.facts(&ids).expect("facts");
    let mut sums: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (event, facts) in events.iter().zip(facts) {
        let Some(facts) = facts else { continue };
        let at = event.time.expect("a time").as_millis() / FOUR_HOURS * FOUR_HOURS;
        let at = Timestamp::from_millis(at).to_string().replace('T', " ").replace('Z', "");
        let account = event.account.as_deref().unwrap_or_default().to_owned();
        *sums.entry((at, account)).or_default() += facts.tokens.input.unwrap_or(0);
    }
    let rows = bench.rows("SOURCE \"exchanges\" | stats sum(x.tokens_in) as n by bin(4h) as t, accountId");
    let found: BTreeMap<(String, String), u64> =
        rows.into_iter().map(|row| ((row[0].clone(), row[1].clone()), row[2].parse().unwrap_or(0))).collect();
    assert_eq!(found, sums);
}

fn trail(at: u32, name: &str, rest: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventID":"e-{at}","eventTime":"2026-11-20T10:{:02}:{:02}Z","eventSource":"s3.amazonaws.com","eventName":"{name}","awsRegion":"us-east-1","recipientAccountId":"111122223333","eventCategory":"Management","requestParameters":{{{rest}}}}}"#,
        at / 60,
        at % 60
    )
}

#[test]
fn rows_by_hand() {
    let lines = [
        trail(1, "A", r#""n":9,"who":"user=ann role=dev","tags":["x","y"],"a.b":{"c":1}"#),
        trail(2, "B", r#""n":"10","who":"user=bob role=ops","flag":true"#),
        trail(3, "A", r#""n":2.5,"who":"nobody""#),
        trail(4, "C", r#""who":"user=ann role=ops","csv":"1,\"two, three\",4","log":"level=info msg=\"two words\"""#),
    ];
    let mut bench = Bench::lines(&lines);
    let p = "requestParameters";
    for (query, expected) in [
        (format!("fields {p}.n as n | sort n | display n"), vec![vec![""], vec!["2.5"], vec!["9"], vec!["10"]]),
        (format!("filter {p}.n >= 9 | display eventName"), vec![vec!["B"], vec!["A"]]),
        (format!("filter {p}.n != 9 | display eventName"), vec![vec!["A"], vec!["B"]]),
        (format!("filter not ({p}.n = 9) | display eventName"), vec![vec!["C"], vec!["A"], vec!["B"]]),
        (format!("filter {p}.flag = \"true\" | display {p}.flag"), vec![vec!["true"]]),
        (
            format!("stats sum({p}.n) as s, min({p}.n), max({p}.n), count({p}.n), count(*) by eventName"),
            vec![vec!["A", "11.5", "2.5", "9", "2", "2"], vec!["B", "10", "10", "10", "1", "1"], vec!["C", "", "", "", "0", "1"]],
        ),
        (format!("stats sum({p}.n) / count(*) as mean"), vec![vec!["5.375"]]),
        ("stats count(*) as n by eventName | filter n > 1 | stats sum(n)".to_owned(), vec![vec!["2"]]),
        ("filter eventName = \"Z\" | stats count(*), sum(x)".to_owned(), vec![vec!["0", ""]]),
        (
            format!("parse {p}.who \"user=* role=*\" as u, r | stats count(*) by u, r"),
            vec![vec!["", "", "1"], vec!["ann", "dev", "1"], vec!["ann", "ops", "1"], vec!["bob", "ops", "1"]],
        ),
        (format!("parse {p}.who /(?<k>[a-z]+)=/ multi | stats count(*) by k"), vec![vec!["", "1"], vec!["role", "3"], vec!["user", "3"]]),
        (format!("parse {p}.who /user=([a-z]+)/ as u | filter ispresent(u) | display u"), vec![vec!["ann"], vec!["bob"], vec!["ann"]]),
        (format!("parse {p}.csv csv as a, b | filter ispresent(b) | display a, b"), vec![vec!["1", "two, three"]]),
        (format!("parse {p}.log logfmt as l | filter ispresent(l) | display l.level, l.msg"), vec![vec!["info", "two words"]]),
        (format!("display {p}.a.b.c, {p}.tags.1 | filter ispresent({p}.tags.1)"), vec![vec!["1", "y"]]),
        (format!("filter eventName = \"A\" | unnest {p}.tags into t | display t"), vec![vec![""], vec!["x"], vec!["y"]]),
        ("dedup eventName | limit 2".to_owned(), vec![]),
        ("display eventName | sort @timestamp | limit 3".to_owned(), vec![vec!["A"], vec!["B"], vec!["A"]]),
        ("display eventName | sort @timestamp | accum eventName as s | tail 1".to_owned(), vec![vec!["C", "0"]]),
        (
            format!("display {p}.n as n | sort @timestamp | accum n as s"),
            vec![vec!["9", "9"], vec!["10", "19"], vec!["2.5", "21.5"], vec!["", "21.5"]],
        ),
        (
            format!("display {p}.n as n | sort @timestamp | autoregress n as b"),
            vec![vec!["9", ""], vec!["10", "9"], vec!["2.5", "10"], vec!["", "2.5"]],
        ),
        (format!("display {p}.n as n | sort @timestamp desc | filldown n"), vec![vec![""], vec!["2.5"], vec!["10"], vec!["9"]]),
        (format!("display {p}.n as n | sort @timestamp | filldown n"), vec![vec!["9"], vec!["10"], vec!["2.5"], vec!["2.5"]]),
        (
            "stats count(*) as n by bin(1s) as t | fillmissing with 0 for n | sort t | limit 2".to_owned(),
            vec![vec!["2026-11-20 10:00:01.000", "1"], vec!["2026-11-20 10:00:02.000", "1"]],
        ),
        (
            "filter eventName != \"B\" | stats count(*) as n by bin(1s) as t | fillmissing with 0 for n | display n".to_owned(),
            vec![vec!["1"], vec!["0"], vec!["1"], vec!["1"]],
        ),
        (
            "stats count(*) as n by eventName | addtotals col=true n".to_owned(),
            vec![vec!["A", "2", "2"], vec!["B", "1", "1"], vec!["C", "1", "1"], vec!["", "4", "4"]],
        ),
        (
            format!("display {p}.n as n | sort @timestamp | outlier param=0.5 uselower=true mark=true n"),
            // The middle half of 2.5, 9, 10 is from 5.75 to 9.5, so far is beyond 3.875 and 11.375.
            vec![vec!["9", "0"], vec!["10", "0"], vec!["3.875", "1"], vec!["", ""]],
        ),
        (format!("display {p}.n as n | sort @timestamp | outlier action=remove param=0 n"), vec![vec!["9"], vec!["2.5"], vec![""]]),
        // Two seconds between events of one name are a silence when one is the longest.
        ("display eventName | sort @timestamp | sessionize eventName maxspan 1s".to_owned(), vec![vec!["A", "1"], vec!["B", "2"], vec!["A", "3"], vec!["C", "4"]]),
        ("display eventName | sort @timestamp desc | sessionize eventName maxspan 2s as s".to_owned(), vec![vec!["C", "3"], vec!["A", "1"], vec!["B", "2"], vec!["A", "1"]]),
        (format!("display eventName | sort @timestamp | sessionize {p}.n"), vec![vec!["A", "1"], vec!["B", "2"], vec!["A", "3"], vec!["C", ""]]),
        (
            "stats count(*) as n by eventName | appendcols (SOURCE 'events' | filter eventName != 'C' | stats max(requestParameters.n) as m, count(*) * 10 as n by eventName)".to_owned(),
            vec![vec!["A", "2", "9"], vec!["B", "1", "10"], vec!["C", "1", ""]],
        ),
        (
            "stats count(*) as n by eventName | appendcols override=true max=1 (SOURCE 'events' | stats count(*) * 10 as n by eventName)".to_owned(),
            vec![vec!["A", "20"], vec!["B", "1"], vec!["C", "1"]],
        ),
        (
            "stats count(*) as n by bin(1s) as t offset 1h | sort t | limit 1".to_owned(),
            vec![vec!["2026-11-20 11:00:01.000", "1"]],
        ),
        (
            "filter eventName != \"B\" | stats count(*) as n by bin(1s) as t offset 1500ms | fillmissing with 0 for n".to_owned(),
            vec![
                vec!["2026-11-20 10:00:02.500", "1"],
                vec!["2026-11-20 10:00:03.500", "0"],
                vec!["2026-11-20 10:00:04.500", "1"],
                vec!["2026-11-20 10:00:05.500", "1"],
            ],
        ),
        (format!("json field={p} \"tags[0]\" as t | filter ispresent(t) | display t"), vec![vec!["x"]]),
        ("limit 1 | display eventName".to_owned(), vec![vec!["C"]]),
        ("display upper".to_owned(), vec![vec![""]; 4]),
        ("stats count(*) as n by eventName | sort n desc, eventName desc | head 2".to_owned(), vec![vec!["A", "2"], vec!["C", "1"]]),
    ] {
        if query.starts_with("dedup") {
            // The newest of each name, with the columns that a query without any shows.
            let answer = bench.ask(&query);
            assert_eq!(answer.columns, ["@timestamp", "@message"]);
            assert!(printed(&answer)[0][1].contains("\"C\"") && printed(&answer)[1][1].contains("\"n\":2.5"), "{answer:?}");
            continue;
        }
        assert_eq!(bench.rows(&query), expected, "{query}");
    }
}

#[test]
fn both_sides_of_a_join() {
    let call = |at: u32, request: &str, model: &str| {
        format!(
            r#"{{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-11-20T11:00:{at:02}Z","accountId":"111122223333","region":"us-east-1","requestId":"{request}","operation":"Converse","modelId":"{model}","input":{{"inputContentType":"application/json"}},"output":{{"outputContentType":"application/json"}}}}"#
        )
    };
    let lines = [trail(1, "A", r#""id":"r-1""#), trail(2, "B", r#""id":"r-2""#), trail(3, "C", ""), call(4, "r-1", "m1"), call(5, "r-1", "m2")];
    let mut bench = Bench::lines(&lines);
    for (kind, expected) in
        [("inner", vec![vec!["A", "m1"], vec!["A", "m2"]]), ("left", vec![vec!["A", "m1"], vec!["A", "m2"], vec!["B", ""], vec!["C", ""]])]
    {
        let text = format!(
            "filter ispresent(eventName) | join type={kind} left=a right=b where a.requestParameters.id = b.requestId (SOURCE 'invocation') \
             | display a.eventName as name, b.modelId as model | sort name, model"
        );
        assert_eq!(bench.rows(&text), expected, "{kind}");
    }
    // What stands before a join may be asked of the lists, what stands behind it not of the wrong side.
    let text = "SOURCE 'events' | join type=inner left=a right=b where a.requestParameters.id = b.requestId (SOURCE 'invocation') \
                | filter b.modelId = \"m2\" and a.eventName = \"A\" | display eventName, b.modelId";
    assert_eq!(bench.rows(text), [["A", "m2"]]);
}

#[test]
fn patterns_now_and_before() {
    let before = |at: u32| trail(at, "Old", r#""who":"login of ann failed""#);
    let now = |at: u32| trail(at, "New", r#""who":"disk is full""#);
    let mut bench = Bench::lines(&[before(1), before(2), now(61), before(62)]);
    let at = |text: &str| Timestamp::parse(text);
    let range = TimeRange { since: at("2026-11-20T10:01:00Z"), until: at("2026-11-20T10:02:00Z") };
    let scope = Scope { range, ..Scope::all() };
    let answer = bench.try_with("pattern requestParameters.who | diff | sort @change", &scope, true).expect("an answer");
    let column = |name: &str| answer.columns.iter().position(|column| column == name).expect("a column");
    let rows = printed(&answer);
    let told: Vec<[&str; 3]> =
        rows.iter().map(|row| [&*row[column("@change")], &*row[column("@sampleCount")], &*row[column("@previousSampleCount")]]).collect();
    assert_eq!(told, [["fewer", "1", "2"], ["new", "1", "0"]]);
    // The same, told the distance.
    let answer = bench.try_with("logcompare timeshift 1m", &scope, true).expect("an answer");
    let samples: Vec<[String; 2]> =
        printed(&answer).iter().map(|row| [row[column("@sampleCount")].clone(), row[column("@previousSampleCount")].clone()]).collect();
    assert_eq!(samples.iter().map(|[now, _]| now.parse::<u32>().expect("a count")).sum::<u32>(), 2);
    assert_eq!(samples.iter().map(|[_, before]| before.parse::<u32>().expect("a count")).sum::<u32>(), 2);
}

#[test]
fn a_query_without_limit_ends_at_ten_thousand() {
    let lines: Vec<String> = (0..10_003).map(|at| trail(at % 3000, "A", &format!(r#""n":{at}"#))).collect();
    let mut bench = Bench::lines(&lines);
    for (text, count, is_cut) in [
        ("fields eventName", 10_000, true),
        ("fields eventName | sort @timestamp", 10_000, true),
        ("fields eventName | limit 10002", 10_002, false),
        ("stats count(*) by requestParameters.n", 10_003, false),
        ("filter requestParameters.n >= 3 | fields eventName", 10_000, false),
    ] {
        let answer = bench.ask(text);
        assert_eq!((answer.rows.len(), answer.is_incomplete), (count, is_cut), "{text}");
    }
}

#[test]
fn a_row_that_is_an_event_says_which() {
    let mut bench = Bench::demo();
    let answer = bench.ask("filter eventName = \"CreateAccessKey\" | fields @ptr");
    assert!(!answer.rows.is_empty());
    let ids: Vec<EventId> = answer.rows.iter().map(|row| row.event.expect("an event")).collect();
    for (event, row) in bench.reader.events(&ids).expect("events").iter().zip(&answer.rows) {
        assert_eq!((event.uid(), event.action.as_deref()), (row.values[0].to_string(), Some("CreateAccessKey")));
    }
    assert!(bench.ask("stats count(*) by eventName").rows.iter().all(|row| row.event.is_none()));
}

#[test]
fn groups_and_scopes() {
    let mut bench = Bench::demo();
    let all = bench.reader.refs(&Scope::all()).expect("a list").len().to_string();
    for (source, expected) in [("events", all.clone()), ("CloudTrail", String::new()), ("no-such-group", String::new())] {
        let text = format!("SOURCE \"{source}\" | stats count(*)");
        match bench.try_with(&text, &Scope::all(), true) {
            Ok(answer) if source == "CloudTrail" => {
                let count: u64 = printed(&answer)[0][0].parse().expect("a count");
                assert!(count > 0 && count < all.parse().expect("a count"), "{count}");
            }
            Ok(answer) => assert_eq!(printed(&answer), [[expected]]),
            Err(error) => assert!(source == "no-such-group" && error.to_string().contains("management, data"), "{error}"),
        }
    }
    assert_eq!(bench.rows("SOURCE logGroups() | stats count(*)"), [[all]]);
    let only = Scope { strands: StrandSet::only(Strand::Data), ..Scope::all() };
    let answer = bench.try_with("SOURCE \"invocation\" | stats count(*)", &only, true).expect("an answer");
    assert_eq!(printed(&answer), [["0"]], "a source lies within the scope");
    let estimate = bench.ask("filter @message like /x/ | estimate");
    assert_eq!(estimate.columns, ["events", "records", "bytes"]);
    assert_eq!(estimate.statistics.records, 0);
}

#[test]
fn hostile_queries_end_within_bounds() {
    let mut bench = Bench::demo();
    let deep = format!("filter {}1=1{} | stats count(*)", "(".repeat(50), ")".repeat(50));
    bench.ask(&deep);
    let long = format!("filter {} | stats count(*)", vec!["eventName = \"x\""; 5000].join(" or "));
    assert_eq!(bench.rows(&long), [["0"]]);
    // A regular expression that others would try for ever.
    bench.ask("filter @message like /(a*)*(b*)*(a|b)*$/ | stats count(*)");
    for text in ["filter @message like /(a{1000}){1000}/", "filter @message like /(?=a)/", "parse @message /(/ as x"] {
        let query = parse(text).expect("it can be read");
        let options = Options { scope: &Scope::all(), now: Timestamp::from_millis(0), push_down: true };
        let error = run(&mut bench.reader, text, &query, &options, &mut |_, _| ()).expect_err(text);
        assert!(matches!(error, RunError::Query(_)) && error.to_string().contains("regular expression"), "{error}");
    }
    // Rows times rows.
    let text = "parse @message /(?<a>.)/ multi | parse @message /(?<b>.)/ multi | stats count(*)";
    let error = bench.try_with(text, &Scope::all(), true).expect_err("too much");
    assert!(matches!(&error, RunError::TooLarge(why) if why.contains("narrow the scope")), "{error}");
    bench.reader.interrupter().cancel();
    let error = bench.try_with("stats count(*) by @message", &Scope::all(), true).expect_err("it was cancelled");
    assert!(matches!(error, RunError::Case(outcrop::case::CaseError::Interrupted)), "{error}");
    bench.reader.rearm();
    bench.ask("stats count(*) by eventName");
}

#[test]
fn a_case_does_without_its_evidence() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("records.jsonl");
    std::fs::write(&file, [trail(1, "A", ""), trail(2, "B", "")].join("\n")).expect("a file");
    let case = Writable::open(&folder.path().join("case.outcrop")).expect("a case");
    ingest([Input::Path(file.clone())], &case, &|_| {}, &AtomicBool::new(false)).expect("evidence is read");
    std::fs::remove_file(&file).expect("it was there");
    let mut bench = Bench { _folder: folder, reader: case.reader().expect("a reader") };
    let answer = bench.ask("filter eventName = \"A\" | fields eventName, eventVersion");
    assert_eq!(printed(&answer), [["A", ""]]);
    assert!(answer.is_incomplete && answer.notes.iter().any(|note| note.contains("1 records could not be read")), "{:?}", answer.notes);
}

// An evaluator of its own for a part of the language: records as plain maps, nothing of the engine.

#[derive(Clone, Debug)]
struct Plain {
    at: u32,
    fields: BTreeMap<&'static str, String>,
}

/// Names in queries by names here.
const FIELDS: [(&str, &str); 4] = [("name", "eventName"), ("code", "errorCode"), ("n", "requestParameters.n"), ("who", "requestParameters.who")];

fn path(name: &str) -> &'static str {
    FIELDS.iter().find(|(known, _)| *known == name).map_or("", |(_, path)| path)
}

fn record(plain: &Plain) -> String {
    let get = |name: &str| plain.fields.get(name);
    let mut parameters = Vec::new();
    if let Some(n) = get("n") {
        // Numbers stand in records both ways.
        parameters.push(if plain.at.is_multiple_of(2) { format!("\"n\":{n}") } else { format!("\"n\":\"{n}\"") });
    }
    parameters.extend(get("who").map(|who| format!("\"who\":\"{who}\"")));
    let line = trail(plain.at, get("name").map_or("", String::as_str), &parameters.join(","));
    match get("code") {
        Some(code) => format!("{{\"errorCode\":\"{code}\",{}", &line[1..]),
        None => line,
    }
}

#[derive(Clone, Debug)]
enum Condition {
    Compare(&'static str, &'static str, String),
    Present(&'static str, bool),
    Like(&'static str, String),
    Any(Vec<Condition>),
}

impl Condition {
    fn text(&self) -> String {
        match self {
            Self::Compare(field, sign, value) => format!("{} {sign} \"{value}\"", path(field)),
            Self::Present(field, yes) => format!("{}ispresent({})", if *yes { "" } else { "not " }, path(field)),
            Self::Like(field, part) => format!("{} like \"{part}\"", path(field)),
            Self::Any(conditions) => format!("({})", conditions.iter().map(Self::text).collect::<Vec<_>>().join(" or ")),
        }
    }

    fn holds(&self, plain: &Plain) -> bool {
        match self {
            Self::Present(field, yes) => plain.fields.contains_key(field) == *yes,
            Self::Like(field, part) => plain.fields.get(field).is_some_and(|value| value.contains(part)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(plain)),
            Self::Compare(field, sign, value) => {
                let Some(own) = plain.fields.get(field) else { return false };
                let order = match (own.parse::<f64>(), value.parse::<f64>()) {
                    (Ok(own), Ok(value)) => own.partial_cmp(&value),
                    (Err(_), Err(_)) => Some(own.cmp(value)),
                    // Both are texts in the record, or one is a number: only inequality is sure.
                    _ => return *sign == "!=",
                };
                match *sign {
                    "=" => order.is_some_and(Ordering::is_eq),
                    "!=" => order.is_some_and(Ordering::is_ne),
                    "<" => order.is_some_and(Ordering::is_lt),
                    _ => order.is_some_and(Ordering::is_ge),
                }
            }
        }
    }
}

fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    let names = prop::sample::select(vec!["GetObject", "PutObject", "7", "get"]).prop_map(str::to_owned);
    let numbers = (0..12_u32).prop_map(|number| number.to_string());
    let equality = prop::sample::select(vec!["=", "!="]);
    let one = prop_oneof![
        (prop::sample::select(vec!["name", "code"]), equality, names).prop_map(|(field, sign, value)| Condition::Compare(field, sign, value)),
        (prop::sample::select(vec!["=", "!=", "<", ">="]), numbers).prop_map(|(sign, value)| Condition::Compare("n", sign, value)),
        (prop::sample::select(vec!["name", "code", "n", "who"]), any::<bool>()).prop_map(|(field, yes)| Condition::Present(field, yes)),
        (prop::sample::select(vec!["name", "who"]), "[a-tO]{1,2}|ann|bob|home|jec|none").prop_map(|(field, part)| Condition::Like(field, part)),
    ];
    prop::collection::vec(prop_oneof![3 => one.clone(), 1 => prop::collection::vec(one, 1..3).prop_map(Condition::Any)], 0..3)
}

fn records() -> impl Strategy<Value = Vec<Plain>> {
    let name = prop::sample::select(vec!["GetObject", "PutObject", "7", "07"]);
    let code = prop::option::of(prop::sample::select(vec!["AccessDenied", "NoSuchKey", "7"]));
    let number = prop::option::of((0..12_u32).prop_map(|number| number.to_string()));
    let who = prop::option::of(prop::sample::select(vec!["user=ann at=home", "user=bob at=work", "user=ann", "none"]));
    prop::collection::vec((name, code, number, who), 1..12).prop_map(|rows| {
        rows.into_iter()
            .zip(0..)
            .map(|((name, code, n, who), at)| {
                let mut fields = BTreeMap::from([("name", name.to_owned())]);
                fields.extend(code.map(|code| ("code", code.to_owned())));
                fields.extend(n.map(|n| ("n", n)));
                fields.extend(who.map(|who| ("who", who.to_owned())));
                Plain { at, fields }
            })
            .collect()
    })
}

fn number(plain: &Plain) -> Option<f64> {
    plain.fields.get("n").and_then(|n| n.parse().ok())
}

fn cell(plain: &Plain, field: &str) -> String {
    plain.fields.get(field).cloned().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn as_a_plain_reading_of_the_records_says(plains in records(), conditions in conditions(), by in prop::sample::select(vec!["name", "code", "who"]), limit in 1..6_usize) {
        let lines: Vec<String> = plains.iter().map(record).collect();
        let mut bench = Bench::lines(&lines);
        let filter: String = conditions.iter().map(|condition| format!("filter {} | ", condition.text())).collect();
        let mut kept: Vec<&Plain> = plains.iter().filter(|plain| conditions.iter().all(|condition| condition.holds(plain))).collect();
        kept.reverse();

        let mut groups: BTreeMap<String, Vec<&Plain>> = BTreeMap::new();
        for plain in &kept {
            groups.entry(cell(plain, by)).or_default().push(plain);
        }
        let grouped: BTreeSet<Vec<String>> = groups.iter().map(|(key, plains)| {
            let numbers: Vec<f64> = plains.iter().filter_map(|plain| number(plain)).collect();
            let of = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
            vec![
                key.clone(),
                plains.len().to_string(),
                of((!numbers.is_empty()).then(|| numbers.iter().sum())),
                of(numbers.iter().copied().reduce(f64::min)),
                of(numbers.iter().copied().reduce(f64::max)),
            ]
        }).collect();
        let deduped: Vec<String> = {
            let mut seen = BTreeSet::new();
            kept.iter().filter(|plain| plain.fields.get(by).is_none_or(|value| seen.insert(value.clone()))).map(|plain| plain.at.to_string()).collect()
        };
        let mut sorted = kept.clone();
        // What is missing comes first, then by value; the newest first among equals.
        sorted.sort_by(|one, other| number(one).unwrap_or(-1.0).total_cmp(&number(other).unwrap_or(-1.0)));
        let parsed: BTreeMap<String, u64> = kept.iter().fold(BTreeMap::new(), |mut counts, plain| {
            let who = cell(plain, "who");
            let name = who.strip_prefix("user=").and_then(|rest| rest.split_once(" at=")).map_or("", |(name, _)| name);
            *counts.entry(name.to_owned()).or_default() += 1;
            counts
        });
        let at = "eventID as e | parse e \"e-*\" as at | display at";
        for push_down in [true, false] {
            let mut ask = |text: &str| printed(&bench.try_with(text, &Scope::all(), push_down).expect(text));
            let n = path("n");
            let stats = format!("{filter}stats count(*), sum({n}), min({n}), max({n}) by {}", path(by));
            prop_assert_eq!(ask(&stats).into_iter().collect::<BTreeSet<_>>(), grouped.clone(), "{}", stats);
            let dedup = format!("{filter}fields {at} | dedup {}", path(by));
            prop_assert_eq!(ask(&dedup).concat(), deduped.clone(), "{}", dedup);
            let sort = format!("{filter}fields {at} | sort {n} | limit {limit}");
            let expected: Vec<String> = sorted.iter().take(limit).map(|plain| plain.at.to_string()).collect();
            prop_assert_eq!(ask(&sort).concat(), expected, "{}", sort);
            let parse = format!("{filter}parse {} \"user=* at=*\" as u, v | stats count(*) by u", path("who"));
            prop_assert_eq!(counts(ask(&parse)), parsed.clone(), "{}", parse);
        }
    }
}
