//! A Logs service in memory: it answers what the client sends, and goes wrong as scripted. Queries are understood as far as
//! this room writes them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use serde_json::{Value, json};

use super::super::client;
use super::super::link::{Link, Manners};
use super::super::session::Aws;
use crate::model::Timestamp;
use crate::model::live::Site;

/// What happens in place of an answer.
#[derive(Clone, Debug)]
pub(super) enum Mishap {
    /// This status, error code and message.
    Code(u16, &'static str, &'static str),
    /// This status and body, with no error code.
    Page(u16, &'static str),
    /// The connection ends.
    Cut,
    /// Nobody answers.
    Refused,
    /// Nothing comes.
    Silent,
    /// The query is in this state from now on.
    State(&'static str),
    /// It is done, and afterwards this happens.
    After(Box<Mishap>),
}

#[derive(Debug, Default)]
pub(super) struct Service {
    pub(super) groups: BTreeMap<String, Vec<(i64, String)>>,
    /// Rows that a query gives at most, whatever it asks for.
    pub(super) cap: usize,
    /// Looks before a query is complete.
    pub(super) looks: u32,
    /// The server gives more milliseconds at the end of an interval than it should.
    pub(super) extra: i64,
    /// It does not understand conditions, as emulators do.
    pub(super) is_blind: bool,
    pub(super) script: HashMap<&'static str, VecDeque<Mishap>>,
    pub(super) calls: Vec<String>,
    pub(super) queries: BTreeMap<String, Query>,
    /// Queries that run, and the most there were.
    pub(super) running: (usize, usize),
}

#[derive(Debug, Default)]
pub(super) struct Query {
    rows: Vec<Value>,
    matched: usize,
    looks: u32,
    pub(super) state: &'static str,
    pub(super) text: String,
    pub(super) span: (i64, i64),
}

/// The service, shared with the client that talks to it.
#[derive(Clone, Debug)]
pub(super) struct Fake(pub(super) Arc<Mutex<Service>>);

impl Fake {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Service { cap: 100_000, ..Service::default() })))
    }

    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Service) -> T) -> T {
        work(&mut self.0.lock().unwrap())
    }

    pub(super) fn put(&self, group: &str, events: impl IntoIterator<Item = (i64, String)>) {
        self.with(|service| service.groups.entry(group.to_owned()).or_default().extend(events));
    }

    pub(super) fn script(&self, action: &'static str, mishaps: impl IntoIterator<Item = Mishap>) {
        self.with(|service| service.script.entry(action).or_default().extend(mishaps));
    }

    /// How often an action was sent.
    pub(super) fn count(&self, action: &str) -> usize {
        self.with(|service| service.calls.iter().filter(|call| *call == action).count())
    }

    pub(super) fn states(&self) -> Vec<&'static str> {
        self.with(|service| service.queries.values().map(|query| query.state).collect())
    }

    pub(super) fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(SharedHttpClient::new(self.clone()))
            .build()
    }

    pub(super) fn client(&self) -> Client {
        client::reading(&self.config())
    }

    pub(super) fn link(&self, manners: Manners) -> Link {
        Link::with(Site::default(), self.config(), self.client(), manners).unwrap()
    }

    pub(super) fn aws(&self) -> Aws {
        Aws::of(vec![self.link(hurried())])
    }
}

/// In a hurry, so that tests are.
pub(super) fn hurried() -> Manners {
    let ms = Duration::from_millis;
    Manners {
        per_second: 1e6,
        queries: 4,
        attempts: 4,
        pause: ms(1),
        throttled: Duration::from_secs(20),
        login: ms(0),
        login_every: ms(1),
        poll: ms(1),
        ..Manners::default()
    }
}

impl HttpConnector for Fake {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default().rsplit('.').next().unwrap_or_default().to_owned();
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or(Value::Null);
        let answer = self.with(|service| service.answer(&target, &body));
        match answer {
            Ok(response) => HttpConnectorFuture::ready(Ok(response)),
            Err(Some(error)) => HttpConnectorFuture::ready(Err(error)),
            Err(None) => HttpConnectorFuture::new(async {
                tokio::time::sleep(Duration::from_mins(10)).await;
                Err(ConnectorError::timeout("nothing came".into()))
            }),
        }
    }
}

impl HttpClient for Fake {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

type Answered = Result<HttpResponse, Option<ConnectorError>>;

fn response(status: u16, body: String, code: Option<&str>) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), body.into());
    response.headers_mut().insert("x-amzn-requestid", "r-1");
    if let Some(code) = code {
        response.headers_mut().insert("x-amzn-errortype", code.to_owned());
    }
    response
}

fn refusal(code: &str, message: &str) -> HttpResponse {
    response(400, json!({"__type": code, "message": message}).to_string(), Some(code))
}

impl Service {
    fn answer(&mut self, action: &str, body: &Value) -> Answered {
        self.calls.push(action.to_owned());
        let mishap = self.script.iter_mut().find(|(name, _)| **name == action).and_then(|(_, script)| script.pop_front());
        match mishap {
            Some(Mishap::State(state)) => {
                let id = body["queryId"].as_str().unwrap_or_default().to_owned();
                if let Some(query) = self.queries.get_mut(&id) {
                    query.state = state;
                    self.running.0 = self.running.0.saturating_sub(usize::from(!matches!(state, "Running" | "Scheduled" | "Odd")));
                }
                Ok(self.ordinary(action, body))
            }
            Some(Mishap::After(then)) => {
                self.ordinary(action, body);
                mishappened(&then)
            }
            Some(mishap) => mishappened(&mishap),
            None => Ok(self.ordinary(action, body)),
        }
    }

    fn ordinary(&mut self, action: &str, body: &Value) -> HttpResponse {
        let ok = |value: Value| response(200, value.to_string(), None);
        match action {
            "StartQuery" => self.start(body),
            "GetQueryResults" => self.results(body),
            "StopQuery" => {
                let id = body["queryId"].as_str().unwrap_or_default();
                match self.queries.get_mut(id) {
                    Some(query) if query.state == "Running" => {
                        query.state = "Cancelled";
                        self.running.0 -= 1;
                        ok(json!({"success": true}))
                    }
                    _ => refusal("InvalidParameterException", "the query has ended"),
                }
            }
            "DescribeLogGroups" => {
                let prefix = body["logGroupNamePrefix"].as_str().unwrap_or_default();
                let named = self.groups.keys().filter(|name| name.starts_with(prefix));
                let groups: Vec<Value> = named
                    .map(|name| json!({"logGroupName": name, "logGroupArn": format!("arn:aws:logs:us-east-1:111122223333:log-group:{name}"), "creationTime": 0, "storedBytes": 5, "logGroupClass": "STANDARD"}))
                    .collect();
                ok(json!({"logGroups": groups}))
            }
            "FilterLogEvents" => {
                let events = self.groups.get(body["logGroupName"].as_str().unwrap_or_default()).cloned().unwrap_or_default();
                let from = body["startTime"].as_i64().unwrap();
                let events: Vec<Value> = events
                    .iter()
                    .filter(|(at, _)| *at >= from)
                    .rev()
                    .take(10)
                    .map(|(at, message)| json!({"timestamp": at, "message": message}))
                    .collect();
                ok(json!({"events": events}))
            }
            _ => refusal("UnknownOperationException", action),
        }
    }

    fn start(&mut self, body: &Value) -> HttpResponse {
        let text = body["queryString"].as_str().unwrap_or_default().to_owned();
        let (from, to) = (body["startTime"].as_i64().unwrap(), body["endTime"].as_i64().unwrap());
        let name = body["logGroupNames"][0].as_str().unwrap_or_default();
        let Some(events) = self.groups.get(name) else { return refusal("ResourceNotFoundException", "The specified log group does not exist.") };
        let bound = |word: &str| text.split(word).nth(1).and_then(|rest| rest.trim().split([' ', ')']).next()?.parse::<i64>().ok());
        let (least, most) = if self.is_blind { (None, None) } else { (bound("toMillis(@timestamp) >="), bound("toMillis(@timestamp) <")) };
        let mut rows: Vec<(usize, &(i64, String))> = events
            .iter()
            .enumerate()
            .filter(|(_, (at, _))| (from * 1000..=to * 1000 + self.extra).contains(at))
            .filter(|(_, (at, _))| least.is_none_or(|least| *at >= least) && most.is_none_or(|most| *at < most))
            .collect();
        rows.sort_by_key(|(_, (at, _))| std::cmp::Reverse(*at));
        let matched = rows.len();
        let limit = bound("limit").map_or(10_000, |limit| limit as usize);
        rows.truncate(limit.min(self.cap));
        let size: usize = rows.iter().map(|(_, (_, message))| message.len()).sum();
        let rows = if text.ends_with("| estimate") {
            vec![json!([{"field": "estimatedBytesScanned", "value": size.to_string()}])]
        } else {
            rows.iter().map(|(number, (at, message))| row(name, *number, *at, message)).collect()
        };
        let id = format!("q-{}", self.queries.len() + 1);
        self.running.0 += 1;
        self.running.1 = self.running.1.max(self.running.0);
        self.queries.insert(id.clone(), Query { rows, matched, looks: self.looks, state: "Running", text, span: (from, to) });
        response(200, json!({"queryId": id}).to_string(), None)
    }

    fn results(&mut self, body: &Value) -> HttpResponse {
        let id = body["queryId"].as_str().unwrap_or_default();
        let Some(query) = self.queries.get_mut(id) else { return refusal("ResourceNotFoundException", "no such query") };
        if query.state == "Running" && query.looks == 0 {
            query.state = "Complete";
            self.running.0 -= 1;
        }
        query.looks = query.looks.saturating_sub(1);
        let first = body["nextToken"].as_str().map_or(0, |token| token.parse::<usize>().unwrap());
        let most = body["maxItems"].as_u64().unwrap() as usize;
        let page: Vec<Value> = if query.state == "Complete" { query.rows.iter().skip(first).take(most).cloned().collect() } else { Vec::new() };
        let next = first + page.len();
        let bytes: usize = query.rows.iter().map(|row| row.to_string().len()).sum();
        let statistics =
            json!({"recordsMatched": query.matched, "recordsScanned": query.matched * 2, "bytesScanned": bytes, "resultCount": query.rows.len()});
        let mut answer = json!({"status": query.state, "results": page, "statistics": statistics});
        if query.state == "Complete" && next < query.rows.len() {
            answer["nextToken"] = json!(next.to_string());
        }
        response(200, answer.to_string(), None)
    }
}

fn row(group: &str, number: usize, at: i64, message: &str) -> Value {
    let time = Timestamp::from_millis(at).to_jiff().strftime("%Y-%m-%d %H:%M:%S%.3f").to_string();
    json!([
        {"field": "@timestamp", "value": time},
        {"field": "@message", "value": message},
        {"field": "@logStream", "value": "s"},
        {"field": "@log", "value": format!("111122223333:{group}")},
        {"field": "@ptr", "value": format!("{group}-{number}")},
    ])
}

fn mishappened(mishap: &Mishap) -> Answered {
    match mishap {
        Mishap::Code(status, code, message) => Ok(response(*status, json!({"__type": code, "message": message}).to_string(), Some(code))),
        Mishap::Page(status, body) => Ok(response(*status, (*body).to_owned(), None)),
        Mishap::Cut => Err(Some(ConnectorError::other("connection closed before message completed".into(), None))),
        Mishap::Refused => Err(Some(ConnectorError::io("tcp connect error: Connection refused".into()))),
        Mishap::Silent => Err(None),
        Mishap::State(_) | Mishap::After(_) => unreachable!("handled before"),
    }
}
