//! How long a fetch takes against a server with latency and AWS's quotas, beside the best that any client could do: one that knows
//! what to ask, asks it at once, and does nothing with the rows.
//!
//! `cargo run --release --example fetch_speed [EVENTS]`, after `cargo build --release`: the binary beside this one is measured.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be made should stop; the server is a test's"
)]

#[expect(dead_code, reason = "its tests use the rest")]
#[path = "../../tests/aws/server/mod.rs"]
mod server;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use outcrop::case::open_read_only;
use serde_json::{Value, json};

use server::seed::{Crowd, INVOCATIONS, invocation, many};
use server::{Options, Server};

/// 2026-11-10T12:00:00Z
const NOON: i64 = 1_794_312_000_000;
const DAY: i64 = 86_400_000;
/// A request to AWS and back, from the same continent.
const LATENCY: Duration = Duration::from_millis(60);
/// A query over a few hundred megabytes.
const RUNS: Duration = Duration::from_millis(2_500);

fn main() {
    let events: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(90_000);
    let binary = std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().join("outcrop");
    assert!(binary.is_file(), "{} is not there: cargo build --release", binary.display());
    let options = Options { latency: LATENCY, runs: RUNS, ..Options::default() };
    let server = Server::start(many(NOON, NOON + DAY, events, Crowd::default(), invocation), options);
    println!("{events} events; {} ms a request, {:.1} s a query, 10 requests a second", LATENCY.as_millis(), RUNS.as_secs_f64());
    let (first, all) = best(&server, 10_000);
    println!("best client, pages of 10,000:  first rows {:.2} s   all rows {:.2} s", first.as_secs_f64(), all.as_secs_f64());
    for run in 1..=3 {
        let (our_first, our_all, calls) = ours(&server, &binary);
        println!(
            "outcrop fetch, run {run}:          first rows {:.2} s ({:.2}x)   all rows {:.2} s ({:.2}x)   {calls}",
            our_first.as_secs_f64(),
            our_first.as_secs_f64() / first.as_secs_f64(),
            our_all.as_secs_f64(),
            our_all.as_secs_f64() / all.as_secs_f64()
        );
    }
}

/// A client that only reads: time to the first and to the last page, in as many queries as the limit of rows asks for, side by side.
fn best(server: &Server, page: usize) -> (Duration, Duration) {
    let count = server.world().events().len();
    let queries = count.div_ceil(100_000);
    let began = Instant::now();
    let mut connection = Connection::new(server);
    let text = "fields @timestamp, @message, @logStream, @log | sort @timestamp desc | limit 100000";
    let part = DAY / 1000 / queries as i64 + 1;
    let start = |number: usize| NOON / 1000 + part * number as i64;
    let mut asked = Vec::new();
    for number in 0..queries {
        let body = json!({ "queryString": text, "logGroupNames": [INVOCATIONS], "startTime": start(number), "endTime": start(number) + part - 1 });
        asked.push((connection.send("StartQuery", &body)["queryId"].clone(), Value::Null));
    }
    sleep(RUNS.saturating_sub(began.elapsed()));
    let (mut first, mut paced) = (None, Instant::now());
    while !asked.is_empty() {
        for (id, token) in &mut asked {
            let mut body = json!({ "queryId": id, "maxItems": page });
            if token.is_string() {
                body["nextToken"] = token.take();
            }
            // A little more than a tenth of a second: the quota counts what comes within any second.
            sleep((paced + Duration::from_millis(105)).saturating_duration_since(Instant::now()));
            paced = Instant::now();
            let answer = connection.send("GetQueryResults", &body);
            if answer["status"] == "Complete" {
                first.get_or_insert_with(|| began.elapsed());
                *token = answer.get("nextToken").cloned().unwrap_or(Value::Bool(false));
            }
        }
        asked.retain(|(_, token)| *token != Value::Bool(false));
    }
    (first.unwrap(), began.elapsed())
}

/// The binary: until the first rows can be read in the case, and until it has ended.
fn ours(server: &Server, binary: &Path) -> (Duration, Duration, String) {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("c.outcrop");
    let before = server.calls().len();
    let began = Instant::now();
    let mut child = Command::new(binary)
        .args(["fetch", "--since", "2026-11-10T12:00:00Z", "--until", "2026-11-11T12:00:00Z", "--log-group", INVOCATIONS, "--case"])
        .arg(&case)
        .envs(server.environment())
        .env("XDG_DATA_HOME", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = None;
    while child.try_wait().unwrap().is_none() {
        if first.is_none() && open_read_only(&case).and_then(|mut reader| reader.totals()).is_ok_and(|totals| totals.events() > 0) {
            first = Some(began.elapsed());
        }
        sleep(Duration::from_millis(10));
    }
    let all = began.elapsed();
    let found = open_read_only(&case).unwrap().totals().unwrap().events();
    assert_eq!(found, server.world().events().len() as u64, "not all of them");
    let calls = server.calls().split_off(before);
    let count = |action: &str| calls.iter().filter(|call| call.action == action).count();
    (first.unwrap_or(all), all, format!("{} StartQuery, {} GetQueryResults", count("StartQuery"), count("GetQueryResults")))
}

/// One connection that stays.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn new(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&mut self, action: &str, body: &Value) -> Value {
        let (body, date) = (body.to_string(), jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ"));
        let head = format!(
            "POST / HTTP/1.1\r\nX-Amz-Target: Logs_20140328.{action}\r\nX-Amz-Date: {date}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIABESTEXAMPLE/20261110/us-east-1/logs/aws4_request\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.get_mut().write_all(head.as_bytes()).unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            if let Some(text) = line.strip_prefix("Content-Length: ") {
                length = text.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        assert!(answer.get("__type").is_none(), "{answer}");
        answer
    }
}
