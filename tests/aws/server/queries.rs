//! The life of queries: started, run, read in pages, stopped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::answer::{Answered, Plan, Refusal, answer, plan};
use super::{Outcome, Shared};

/// A query.
#[derive(Debug)]
pub struct Query {
    /// Its id.
    pub id: String,
    /// Its Region.
    pub region: String,
    /// Its text.
    pub text: String,
    /// Its groups.
    pub groups: Vec<String>,
    began: Instant,
    created: i64,
    runs: Duration,
    ends: &'static str,
    is_due: AtomicBool,
    stopped: Mutex<Option<Instant>>,
    looks: Mutex<usize>,
    answered: Arc<OnceLock<Answered>>,
}

impl Query {
    /// Its status now.
    pub fn status(&self) -> &'static str {
        if self.stopped.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return "Cancelled";
        }
        let since = self.began.elapsed();
        match self.answered.get() {
            Some(answered) if since >= self.runs || self.is_due.load(Ordering::Relaxed) => {
                if answered.failed.is_some() {
                    "Failed"
                } else {
                    self.ends
                }
            }
            // Until somebody looks.
            _ if *self.looks.lock().unwrap_or_else(PoisonError::into_inner) == 0 => "Scheduled",
            _ => "Running",
        }
    }

    /// It was stopped before its end.
    pub fn was_stopped(&self) -> bool {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// It comes to its end now, however long it was to run.
    pub fn end(&self) {
        self.is_due.store(true, Ordering::Relaxed);
    }

    fn is_running(&self) -> bool {
        matches!(self.status(), "Scheduled" | "Running")
    }
}

fn refusal(refusal: Refusal) -> Outcome {
    let mut more = json!({});
    if let Some((from, to)) = refusal.place {
        more = json!({ "queryCompileError": { "location": { "startCharOffset": from, "endCharOffset": to }, "message": refusal.message } });
    }
    Outcome::Error { code: refusal.code, message: refusal.message, more }
}

/// `StartQuery`
pub fn start(shared: &Arc<Shared>, region: &str, body: &Value, runs: Option<Duration>, ends: Option<&'static str>) -> Outcome {
    let now = shared.now();
    let Some(logs) = shared.world.region(region) else {
        return Outcome::error("ResourceNotFoundException", "The specified log group does not exist.");
    };
    let plan = match plan(logs, body, shared.options.whole_last_second, now) {
        Ok(plan) => plan,
        Err(refused) => return refusal(refused),
    };
    let mut queries = shared.queries.lock().unwrap_or_else(PoisonError::into_inner);
    if queries.iter().filter(|query| query.region == region && query.is_running()).count() >= shared.options.concurrent {
        let told = format!("Account maximum query concurrency limit of [{}] reached.", shared.options.concurrent);
        return Outcome::error("LimitExceededException", &told);
    }
    let number = shared.number();
    let query = Arc::new(Query {
        id: format!("{number:08x}-51ab-4c0d-9e1f-{number:012x}"),
        region: region.to_owned(),
        text: body["queryString"].as_str().unwrap_or_default().to_owned(),
        groups: plan.groups.clone(),
        began: Instant::now(),
        created: now,
        // An estimate runs nothing.
        runs: if plan.is_estimate { Duration::ZERO } else { runs.unwrap_or(shared.options.runs) },
        ends: ends.unwrap_or("Complete"),
        is_due: AtomicBool::default(),
        stopped: Mutex::default(),
        looks: Mutex::default(),
        answered: Arc::default(),
    });
    queries.push(Arc::clone(&query));
    drop(queries);
    let id = query.id.clone();
    run(shared, query, plan);
    Outcome::ok(json!({ "queryId": id }))
}

fn run(shared: &Arc<Shared>, query: Arc<Query>, plan: Plan) {
    let shared = Arc::clone(shared);
    std::thread::spawn(move || {
        let Some(logs) = shared.world.region(&query.region) else { return };
        let answered = answer(logs, &plan, shared.options.most_rows, shared.now());
        let _ = query.answered.set(answered);
    });
}

fn found(shared: &Shared, region: &str, body: &Value) -> Result<Arc<Query>, Outcome> {
    let id = body["queryId"].as_str().unwrap_or_default();
    let queries = shared.queries.lock().unwrap_or_else(PoisonError::into_inner);
    let query = queries.iter().find(|query| query.id == id && query.region == region).cloned();
    query.ok_or_else(|| Outcome::error("ResourceNotFoundException", "Query does not exist."))
}

/// Names of a query's groups, for rules about groups.
pub fn groups_of(shared: &Shared, id: &str) -> Vec<String> {
    let queries = shared.queries.lock().unwrap_or_else(PoisonError::into_inner);
    queries.iter().find(|query| query.id == id).map(|query| query.groups.clone()).unwrap_or_default()
}

/// `GetQueryResults`
pub fn results(shared: &Shared, region: &str, body: &Value) -> Outcome {
    let query = match found(shared, region, body) {
        Ok(query) => query,
        Err(outcome) => return outcome,
    };
    let items = body["maxItems"].as_u64().map_or(10_000, |items| items as usize);
    if items > 10_000 {
        return Outcome::error("InvalidParameterException", "maxItems: at most 10000");
    }
    let status = query.status();
    *query.looks.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    let nothing = Answered::default();
    let answered = query.answered.get().unwrap_or(&nothing);
    let (rows, next) = match (status, body["nextToken"].as_str()) {
        ("Complete", token) => {
            let from = match token.map(|token| place(token, &query.id)) {
                None => 0,
                Some(Some(from)) => from,
                Some(None) => return Outcome::error("InvalidParameterException", "The specified nextToken is invalid."),
            };
            let to = (from + items.max(1)).min(answered.rows.len());
            let rows: Vec<String> = (from..to).map(|number| answered.rows.json(number)).collect();
            (rows, (to < answered.rows.len()).then(|| BASE64_STANDARD.encode(format!("{}:{to}", query.id))))
        }
        ("Running", _) => {
            // Rows that are there now, and others the next time.
            let looks = *query.looks.lock().unwrap_or_else(PoisonError::into_inner);
            let rows = (0..answered.rows.len()).filter(|number| (number + looks).is_multiple_of(3)).take(items);
            (rows.map(|number| answered.rows.json(number)).collect(), None)
        }
        _ => (Vec::new(), None),
    };
    // Running queries have looked at a part.
    let part =
        if status == "Complete" || query.runs.is_zero() { 1.0 } else { (query.began.elapsed().as_secs_f64() / query.runs.as_secs_f64()).min(1.0) };
    let statistics = json!({
        "recordsMatched": (answered.matched as f64 * part).floor(),
        "recordsScanned": (answered.scanned.0 as f64 * part).floor(),
        "estimatedRecordsSkipped": 0.0,
        "bytesScanned": (answered.scanned.1 as f64 * part).floor(),
        "estimatedBytesSkipped": 0.0,
        "logGroupsScanned": query.groups.len() as f64,
        "resultCount": if status == "Complete" { answered.rows.len() as f64 } else { 0.0 },
    });
    let next = next.map(|token| format!(r#","nextToken":"{token}""#)).unwrap_or_default();
    Outcome::Ok(format!(r#"{{"queryLanguage":"CWLI","status":"{status}","statistics":{statistics},"results":[{}]{next}}}"#, rows.join(",")))
}

fn place(token: &str, id: &str) -> Option<usize> {
    let plain = String::from_utf8(BASE64_STANDARD.decode(token).ok()?).ok()?;
    let (of, from) = plain.split_once(':')?;
    (of == id).then(|| from.parse().ok()).flatten()
}

/// `StopQuery`
pub fn stop(shared: &Shared, region: &str, body: &Value) -> Outcome {
    let query = match found(shared, region, body) {
        Ok(query) => query,
        Err(outcome) => return outcome,
    };
    if !query.is_running() {
        return Outcome::error("InvalidParameterException", "Query is not running.");
    }
    *query.stopped.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    Outcome::ok(json!({ "success": true }))
}

/// `DescribeQueries`
pub fn list(shared: &Shared, region: &str, body: &Value) -> Outcome {
    let queries = shared.queries.lock().unwrap_or_else(PoisonError::into_inner);
    let is = |wanted: &Value, found: &str| wanted.as_str().is_none_or(|wanted| wanted == found);
    let chosen = queries.iter().rev().filter(|query| query.region == region && is(&body["status"], query.status()));
    let chosen = chosen.filter(|query| body["logGroupName"].as_str().is_none_or(|name| query.groups.iter().any(|group| group == name)));
    let told: Vec<Value> = chosen
        .take(1_000)
        .map(|query| {
            let bytes = query.answered.get().map_or(0, |answered| answered.scanned.1);
            json!({
                "queryId": query.id, "queryString": query.text, "status": query.status(), "createTime": query.created, "queryLanguage": "CWLI",
                "logGroupName": query.groups.first(), "bytesScanned": bytes as f64, "queryDuration": query.began.elapsed().as_millis() as u64,
            })
        })
        .collect();
    Outcome::ok(json!({ "queries": told }))
}
