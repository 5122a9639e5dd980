//! A server that speaks the CloudWatch Logs API over our own query engine, and goes wrong when told to.
//!
//! It stands for AWS in tests of the real binary: groups hold records ([`seed`]), queries are answered with real filters, times and
//! limits ([`answer`]), quotas hold, and whatever may happen at AWS can be made to happen ([`faults`]). Everything that it is sent is
//! kept ([`calls`]), so that a test can say what was asked and what was left running.
//!
//! What it cannot do it refuses: a server that lets everything through proves nothing. It knows one account and those linked to it, no signatures but their
//! names and times, no SQL, no Live Tail; of S3 only objects that somebody may look at.

pub mod answer;
pub mod calls;
mod describe;
pub mod faults;
pub mod filter;
pub mod http;
mod listing;
mod objects;
mod queries;
pub mod seed;
pub mod world;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use calls::{Call, Calls};
use faults::{Asked, Fault, Faults, Rule};
use http::{Answer, Reply, Request};
use queries::Query;
use world::World;

/// The one account.
pub const ACCOUNT: &str = "111122223333";

/// How the server behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Every answer comes so late.
    pub latency: Duration,
    /// A query runs so long at least.
    pub runs: Duration,
    /// `StartQuery`, and `GetQueryResults`, in a second and Region.
    pub per_second: usize,
    /// How long that second is.
    pub second: Duration,
    /// Queries at once in a Region.
    pub concurrent: usize,
    /// Rows of a query at most, whatever limit it names.
    pub most_rows: usize,
    /// Does an end time take in the whole of its second? Servers differ.
    pub whole_last_second: bool,
    /// Its clock is ahead by so much.
    pub skew: Duration,
    /// Objects in S3: bucket and key, and bytes.
    pub objects: BTreeMap<String, Vec<u8>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            runs: Duration::ZERO,
            per_second: 10,
            second: Duration::from_secs(1),
            concurrent: 100,
            most_rows: 100_000,
            whole_last_second: true,
            skew: Duration::ZERO,
            objects: BTreeMap::new(),
        }
    }
}

/// What all threads of the server share.
pub struct Shared {
    options: Options,
    world: Arc<World>,
    calls: Calls,
    faults: Faults,
    queries: Mutex<Vec<Arc<Query>>>,
    rates: Mutex<HashMap<(String, String), VecDeque<Instant>>>,
    numbers: AtomicU64,
    is_over: AtomicBool,
}

impl Shared {
    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn now(&self) -> i64 {
        jiff::Timestamp::now().as_millisecond() + self.options.skew.as_millis() as i64
    }
}

/// What an action comes to.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A JSON body.
    Ok(String),
    /// An error of the service.
    Error {
        /// Its code.
        code: &'static str,
        /// What it says.
        message: String,
        /// Further members.
        more: Value,
    },
}

impl Outcome {
    fn ok(body: Value) -> Self {
        Self::Ok(without_nulls(body).to_string())
    }

    fn error(code: &'static str, message: &str) -> Self {
        Self::Error { code, message: message.to_owned(), more: json!({}) }
    }
}

fn without_nulls(mut body: Value) -> Value {
    if let Value::Object(members) = &mut body {
        members.retain(|_, value| !value.is_null());
    }
    body
}

/// The server, on a port of its own on loopback. It ends when dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// Starts one over this world.
    pub fn start(world: impl Into<Arc<World>>, options: Options) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            options,
            world: world.into(),
            calls: Calls::default(),
            faults: Faults::default(),
            queries: Mutex::default(),
            rates: Mutex::default(),
            numbers: AtomicU64::new(1),
            is_over: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if accepting.is_over.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                thread::spawn(move || {
                    let id = || format!("{:08x}-7e57-4000-8000-000000000000", shared.number());
                    http::serve(stream, &id, &|request| reply(&shared, request), &|| shared.is_over.load(Ordering::Relaxed));
                });
            }
        });
        Self { address, shared }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a client's environment has to say.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_REGION", seed::HOME.to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKIARESPONDEREXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
        ]
    }

    /// Something goes wrong from now on.
    pub fn fault(&self, rule: Rule) {
        self.shared.faults.add(rule);
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.shared.faults.heal();
    }

    /// The logs.
    pub fn world(&self) -> &World {
        &self.shared.world
    }

    /// Objects in S3.
    #[cfg(feature = "s3-bodies")]
    pub fn objects(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.shared.options.objects
    }

    /// What was sent so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.all()
    }

    /// What was sent of an action.
    pub fn calls_of(&self, action: &str) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.action == action).collect()
    }

    /// The queries so far.
    pub fn queries(&self) -> Vec<Arc<Query>> {
        self.shared.queries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Queries that have neither ended nor been stopped.
    pub fn left_running(&self) -> Vec<String> {
        self.queries().iter().filter(|query| matches!(query.status(), "Running" | "Scheduled")).map(|query| query.text.clone()).collect()
    }

    /// Waits until something holds; fails after five minutes.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let until = Instant::now() + Duration::from_mins(5);
        while !holds(self) {
            assert!(Instant::now() < until, "in vain: {what}; calls: {:#?}", self.calls());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        // Whoever waits for a connection looks up.
        let _ = std::net::TcpStream::connect(self.address);
    }
}

/// Who asks: key, Region and service, as the signature names them.
fn signed(request: &Request) -> Option<(String, String, String)> {
    let scope = request.header("authorization").split("Credential=").nth(1)?.split(',').next()?;
    let mut parts = scope.split('/');
    let (key, _date, region, service) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some((key.to_owned(), region.to_owned(), service.to_owned()))
}

fn reply(shared: &Arc<Shared>, request: &Request) -> Reply {
    let (key, region, service) = signed(request).unwrap_or_default();
    let is_sts = request.header("content-type").starts_with("application/x-www-form-urlencoded");
    let (action, body) = if is_sts {
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let action = text.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default().to_owned();
        (action, Value::String(text))
    } else if service == "s3" {
        (objects::action(request), Value::String(request.path.clone()))
    } else {
        let action = request.header("x-amz-target").rsplit('.').next().unwrap_or_default().to_owned();
        (action, serde_json::from_slice(&request.body).unwrap_or_default())
    };
    let call = Call { service: service.clone(), region: region.clone(), action: action.clone(), body: body.clone(), outcome: String::new() };
    let number = shared.calls.begin(call);
    let groups = groups_of(shared, &body);
    let fault = shared.faults.of(&Asked { action: &action, groups: &groups });
    thread::sleep(shared.options.latency);
    let outcome = match &fault {
        Some(Fault::Silent) => {
            shared.calls.end(number, "silent");
            return Reply::Silent;
        }
        Some(Fault::Closed) => {
            shared.calls.end(number, "closed");
            return Reply::Closed;
        }
        Some(Fault::Html) => {
            shared.calls.end(number, "html");
            let body = b"<html><body>Bad gateway</body></html>".to_vec();
            return Reply::Whole(Answer { status: 502, kind: "text/html", body });
        }
        Some(fault) => wrong(fault, &action, &region, &groups),
        None => None,
    };
    if service == "s3" {
        let (answer, told) = objects::answer(shared, request, outcome.or_else(|| refused_before(shared, request, &key, &action, &region)));
        shared.calls.end(number, told);
        return Reply::Whole(answer);
    }
    let outcome = outcome
        .or_else(|| refused_before(shared, request, &key, &action, &region))
        .unwrap_or_else(|| if is_sts { Outcome::Ok(String::new()) } else { act(shared, &action, &region, &body, fault.as_ref()) });
    let is_cut = fault == Some(Fault::Cut);
    shared.calls.end(
        number,
        match &outcome {
            _ if is_cut => "cut",
            Outcome::Ok(_) => "ok",
            Outcome::Error { code, .. } => code,
        },
    );
    let answer = if is_sts { sts(&outcome, &action) } else { logs(outcome) };
    if is_cut { Reply::Half(answer) } else { Reply::Whole(answer) }
}

fn groups_of(shared: &Shared, body: &Value) -> Vec<String> {
    if let Some(id) = body["queryId"].as_str() {
        return queries::groups_of(shared, id);
    }
    let mut groups: Vec<String> = describe::group_named(body).map(str::to_owned).into_iter().collect();
    for list in ["logGroupNames", "logGroupIdentifiers"] {
        groups.extend(body[list].as_array().into_iter().flatten().filter_map(Value::as_str).map(|name| answer::plain_name(name).to_owned()));
    }
    groups
}

/// The error that a fault is; none when it is of another kind.
fn wrong(fault: &Fault, action: &str, region: &str, groups: &[String]) -> Option<Outcome> {
    let group = groups.first().map_or("*", String::as_str);
    Some(match fault {
        Fault::Throttled => Outcome::error("ThrottlingException", "Rate exceeded"),
        Fault::NoSlots => Outcome::error("LimitExceededException", "Account maximum query concurrency limit of [100] reached."),
        Fault::Expired => Outcome::error("ExpiredTokenException", "The security token included in the request is expired"),
        Fault::Denied => Outcome::error(
            "AccessDeniedException",
            &format!(
                "User: arn:aws:iam::{ACCOUNT}:user/responder is not authorized to perform: logs:{action} on resource: arn:aws:logs:{region}:{ACCOUNT}:log-group:{group}:* because no identity-based policy allows the logs:{action} action"
            ),
        ),
        Fault::Missing => Outcome::error("ResourceNotFoundException", "The specified resource does not exist."),
        Fault::Unavailable => Outcome::error("ServiceUnavailableException", "The service cannot complete the request."),
        Fault::Skewed => Outcome::error(
            "InvalidSignatureException",
            "Signature expired: 20261120T100000Z is now earlier than 20261120T101500Z (20261120T102000Z - 5 min.)",
        ),
        Fault::Slow(time) => {
            thread::sleep(*time);
            return None;
        }
        Fault::Silent | Fault::Closed | Fault::Html | Fault::Cut | Fault::Ends(_) | Fault::Runs(_) => return None,
    })
}

/// What any request may be refused for.
fn refused_before(shared: &Shared, request: &Request, key: &str, action: &str, region: &str) -> Option<Outcome> {
    if key.is_empty() {
        return Some(Outcome::error("MissingAuthenticationTokenException", "Missing Authentication Token"));
    }
    let signed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", request.header("x-amz-date")).ok();
    let signed = signed.and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC).ok()).map(|time| time.timestamp().as_millisecond());
    if signed.is_none_or(|signed| (shared.now() - signed).abs() > 300_000) {
        let told = format!("Signature expired: {} is now earlier than the server's time", request.header("x-amz-date"));
        return Some(Outcome::error("InvalidSignatureException", &told));
    }
    if matches!(action, "StartQuery" | "GetQueryResults") {
        let mut rates = shared.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let times = rates.entry((region.to_owned(), action.to_owned())).or_default();
        while times.front().is_some_and(|time| time.elapsed() >= shared.options.second) {
            times.pop_front();
        }
        if times.len() >= shared.options.per_second {
            return Some(Outcome::error("ThrottlingException", "Rate exceeded"));
        }
        times.push_back(Instant::now());
    }
    None
}

fn act(shared: &Arc<Shared>, action: &str, region: &str, body: &Value, fault: Option<&Fault>) -> Outcome {
    let logs = shared.world.region(region);
    match action {
        "DescribeLogGroups" => describe::groups(logs, region, body),
        "DescribeLogStreams" => describe::streams(logs, body),
        "DescribeFieldIndexes" => describe::indexes(logs, body),
        "GetLogGroupFields" => describe::fields(logs, body, shared.now()),
        "GetLogRecord" => describe::record(logs, body),
        "FilterLogEvents" => describe::events(shared, logs, body),
        "StartQuery" => {
            let runs = if let Some(Fault::Runs(time)) = fault { Some(*time) } else { None };
            let ends = if let Some(Fault::Ends(status)) = fault { Some(*status) } else { None };
            queries::start(shared, region, body, runs, ends)
        }
        "GetQueryResults" => queries::results(shared, region, body),
        "StopQuery" => queries::stop(shared, region, body),
        "DescribeQueries" => queries::list(shared, region, body),
        "StartLiveTail" => Outcome::error("InvalidOperationException", "this test server has no live tail"),
        _ => Outcome::error("UnknownOperationException", &format!("no action {action}")),
    }
}

/// An outcome as the Logs API tells it.
fn logs(outcome: Outcome) -> Answer {
    const KIND: &str = "application/x-amz-json-1.1";
    match outcome {
        Outcome::Ok(body) => Answer { status: 200, kind: KIND, body: body.into_bytes() },
        Outcome::Error { code, message, mut more } => {
            more["__type"] = json!(code);
            more["message"] = json!(message);
            let status = if code == "ServiceUnavailableException" { 503 } else { 400 };
            Answer { status, kind: KIND, body: more.to_string().into_bytes() }
        }
    }
}

/// An outcome as STS tells it, of the one action we know.
fn sts(outcome: &Outcome, action: &str) -> Answer {
    let told = |status, body: String| Answer { status, kind: "text/xml", body: body.into_bytes() };
    let unknown = ("InvalidAction", format!("no action {action}"));
    let (code, message) = match outcome {
        Outcome::Ok(_) if action == "GetCallerIdentity" => {
            return told(
                200,
                format!(
                    r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/responder</Arn><UserId>AIDARESPONDEREXAMPLE</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>00000000-7e57-4000-8000-000000000000</RequestId></ResponseMetadata></GetCallerIdentityResponse>"#
                ),
            );
        }
        Outcome::Ok(_) => unknown,
        // STS spells it without the last word.
        Outcome::Error { code, message, .. } => (if *code == "ExpiredTokenException" { "ExpiredToken" } else { code }, message.clone()),
    };
    told(
        403,
        format!(
            r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>00000000-7e57-4000-8000-000000000000</RequestId></ErrorResponse>"#
        ),
    )
}
