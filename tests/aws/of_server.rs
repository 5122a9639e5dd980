//! The test server itself, asked without the SDK: what it says must be what AWS would say, or tests against it prove nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::faults::{Fault, always, on};
use crate::server::filter::Pattern;
use crate::server::seed::{HOME, INVOCATIONS, TRAIL};
use crate::server::{Options, Server};
use crate::worlds::{NOON, demo, spike};

/// Longer than any test.
const HOUR: Duration = Duration::from_hours(1);

/// A request as the SDK would send it; gives the status and the body, or nothing when there is no whole answer.
fn send(server: &Server, action: &str, body: &Value) -> Option<(u16, Value)> {
    send_and_wait(server, action, body, HOUR)
}

/// The same, waited for so long.
fn send_and_wait(server: &Server, action: &str, body: &Value, wait: Duration) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(server.address()).expect("a connection");
    stream.set_read_timeout(Some(wait)).expect("a time");
    let (body, date) = (body.to_string(), jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ"));
    let scope = "Credential=AKIARESPONDEREXAMPLE/20261120/us-east-1/logs/aws4_request";
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Logs_20140328.{action}\r\nX-Amz-Date: {date}\r\nAuthorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    let mut part = [0; 8192];
    loop {
        let text = String::from_utf8_lossy(&answer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length: usize = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length").parse().expect("a number");
            if body.len() == length {
                let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
                return Some((status, serde_json::from_str(body).unwrap_or_default()));
            }
        }
        match stream.read(&mut part) {
            Ok(count) if count > 0 => answer.extend_from_slice(&part[..count]),
            _ => return None,
        }
    }
}

#[track_caller]
fn ask(server: &Server, action: &str, body: &Value) -> Value {
    let (status, body) = send(server, action, body).expect("an answer");
    assert_eq!(status, 200, "{body}");
    body
}

#[track_caller]
fn refused(server: &Server, action: &str, body: &Value) -> (String, Value) {
    let (status, body) = send(server, action, body).expect("an answer");
    assert!(status >= 400, "{body}");
    (body["__type"].as_str().expect("a code").to_owned(), body)
}

/// Runs a query to its end and reads all pages.
#[track_caller]
fn query(server: &Server, text: &str, group: &str, (from, to): (i64, i64)) -> (Vec<Value>, Value) {
    let started =
        ask(server, "StartQuery", &json!({ "queryString": text, "logGroupNames": [group], "startTime": from / 1000, "endTime": to / 1000 }));
    let mut request = json!({ "queryId": started["queryId"], "maxItems": 50 });
    let mut rows = Vec::new();
    loop {
        let page = ask(server, "GetQueryResults", &request);
        match page["status"].as_str().expect("a status") {
            "Complete" => {
                rows.extend(page["results"].as_array().expect("rows").clone());
                match page.get("nextToken") {
                    Some(token) => request["nextToken"] = token.clone(),
                    None => return (rows, page["statistics"].clone()),
                }
            }
            "Running" | "Scheduled" => std::thread::sleep(Duration::from_millis(20)),
            other => panic!("{other}"),
        }
    }
}

fn value<'a>(row: &'a Value, name: &str) -> Option<&'a str> {
    row.as_array()?.iter().find(|field| field["field"] == name)?["value"].as_str()
}

fn generous() -> Options {
    Options { per_second: 1000, ..Options::default() }
}

#[test]
fn whole_seconds_are_asked_and_both_ends_are_inside() {
    let server = Server::start(spike(), generous());
    let text = "fields @timestamp, @message, @logStream, @log | sort @timestamp asc | limit 10000";
    let (rows, statistics) = query(&server, text, INVOCATIONS, (NOON + 10_000, NOON + 19_999));
    let times: Vec<&str> = rows.iter().filter_map(|row| value(row, "@timestamp")).collect();
    assert_eq!((times.len(), times[0], times[9]), (10, "2026-11-10 12:00:10.000", "2026-11-10 12:00:19.000"));
    assert_eq!(statistics["recordsScanned"], 10.0);
    assert_eq!(statistics["recordsMatched"], 10.0);
    assert_eq!(statistics["resultCount"], 10.0);
    assert_eq!(value(&rows[0], "@log"), Some("111122223333:/aws/bedrock/modelinvocations"));
    assert_eq!(value(&rows[0], "@logStream"), Some("aws/bedrock/modelinvocations-111122223333"));
    // The pointer comes unasked, and finds the record.
    let record = ask(&server, "GetLogRecord", &json!({ "logRecordPointer": value(&rows[0], "@ptr") }));
    assert_eq!(record["logRecord"]["@message"].as_str(), value(&rows[0], "@message"));
    assert!(value(&rows[0], "@message").is_some_and(|message| message.contains("question 10 of many")));
    // A second that is asked for is taken in whole, or only its beginning: servers differ.
    let (rows, _) = query(&server, "fields @timestamp", INVOCATIONS, (NOON + 100_000, NOON + 100_000));
    assert_eq!(rows.len(), 40);
    let strict = Server::start(spike(), Options { whole_last_second: false, ..generous() });
    let (rows, _) = query(&strict, "fields @timestamp", INVOCATIONS, (NOON + 100_000, NOON + 100_000));
    assert_eq!(rows.len(), 0);
}

#[test]
fn filters_counts_and_limits_are_real() {
    let server = Server::start(spike(), generous());
    let all = (NOON, NOON + 200_000);
    let (rows, statistics) =
        query(&server, "filter requestId = '00000007-0000-4000-8000-000000000007' | fields input.inputTokenCount as n, nothing", INVOCATIONS, all);
    assert_eq!(rows.len(), 1);
    assert_eq!((value(&rows[0], "n"), value(&rows[0], "nothing")), (Some("7"), None));
    assert_eq!((statistics["recordsScanned"].as_f64(), statistics["recordsMatched"].as_f64()), (Some(130.0), Some(1.0)));
    let (rows, _) = query(&server, "stats count(*) as n by bin(1m) as t | sort t asc", INVOCATIONS, all);
    let counts: Vec<_> = rows.iter().map(|row| (value(row, "t").unwrap_or_default(), value(row, "n").unwrap_or_default())).collect();
    assert_eq!(counts, [("2026-11-10 12:00:00.000", "60"), ("2026-11-10 12:01:00.000", "70")]);
    let (rows, statistics) = query(&server, "fields @timestamp | sort @timestamp desc | limit 7", INVOCATIONS, all);
    assert_eq!((rows.len(), statistics["resultCount"].as_f64(), statistics["recordsMatched"].as_f64()), (7, Some(7.0), Some(130.0)));
    // More rows than a page has: none twice, none missing.
    let (rows, _) = query(&server, "fields @timestamp | limit 10000", INVOCATIONS, all);
    let pointers: std::collections::BTreeSet<_> = rows.iter().filter_map(|row| value(row, "@ptr")).collect();
    assert_eq!((rows.len(), pointers.len()), (130, 130));
    let (rows, statistics) = query(&server, "fields @message | estimate", INVOCATIONS, all);
    let bytes: usize = server.world().events().iter().map(|event| event.message.len()).sum();
    assert_eq!(value(&rows[0], "bytesScanned"), Some(bytes.to_string().as_str()));
    assert_eq!(statistics["bytesScanned"], 0.0);
}

#[test]
fn what_is_only_listed_is_what_the_engine_finds() {
    let server = Server::start(spike(), generous());
    // A comment is not read as a list: the engine answers.
    for text in [
        "fields @timestamp, @message, @logStream, @log | sort @timestamp desc | limit 100",
        "fields @timestamp, @logStream | sort @timestamp asc | limit 10000",
        "fields @timestamp, @message | filter toMillis(@timestamp) >= 1794312100001 and toMillis(@timestamp) < 1794312100009 | sort @timestamp desc | limit 10000",
    ] {
        let ask = |text: &str| {
            let (mut rows, statistics) = query(&server, text, INVOCATIONS, (NOON + 5_000, NOON + 150_000));
            // Events of one millisecond stand in any order.
            rows.sort_by_key(ToString::to_string);
            (rows, statistics)
        };
        let (listed, found) = (ask(text), ask(&format!("{text} # as it is")));
        assert!(!listed.0.is_empty());
        let times = |rows: &[Value]| rows.iter().map(|row| value(row, "@timestamp").map(str::to_owned)).collect::<Vec<_>>();
        assert_eq!((times(&listed.0), &listed.1), (times(&found.0), &found.1), "{text}");
        if !text.ends_with("limit 100") {
            assert_eq!(listed.0, found.0, "{text}");
        }
    }
}

#[test]
fn the_demo_lies_in_groups_and_regions() {
    let server = Server::start(demo(), generous());
    let names: Vec<String> = ask(&server, "DescribeLogGroups", &json!({}))["logGroups"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| group["logGroupName"].to_string())
        .collect();
    assert_eq!(names, ["\"/aws/bedrock/modelinvocations\"", "\"/corp/jamf-protect\"", "\"aws-cloudtrail-logs-111122223333-acme\"", "\"aws/spans\""]);
    let week = (1_794_182_400_000, 1_794_182_400_000 + 7 * 86_400_000);
    let (rows, _) = query(&server, "filter eventName = 'DeleteModelInvocationLoggingConfiguration' | fields awsRegion", TRAIL, week);
    assert!(!rows.is_empty());
    let (rows, _) = query(&server, "stats count(*) as n by schemaType", INVOCATIONS, week);
    assert_eq!(rows.iter().filter_map(|row| value(row, "schemaType")).collect::<Vec<_>>(), ["ModelInvocationLog"]);
    let newest = ask(&server, "FilterLogEvents", &json!({ "logGroupName": TRAIL, "startFromHead": false, "limit": 3, "startTime": week.0 }));
    let times: Vec<i64> = newest["events"].as_array().expect("events").iter().filter_map(|event| event["timestamp"].as_i64()).collect();
    let last = server.world().region(HOME).expect("a Region").groups()[TRAIL].events.last().expect("an event").time;
    assert_eq!((times.len(), times[0]), (3, last));
    assert!(times.is_sorted_by(|one, other| one >= other));
    let streams = ask(&server, "DescribeLogStreams", &json!({ "logGroupName": TRAIL, "orderBy": "LastEventTime", "descending": true, "limit": 1 }));
    assert_eq!(streams["logStreams"][0]["lastEventTimestamp"], last);
    let fields = ask(&server, "GetLogGroupFields", &json!({ "logGroupName": TRAIL, "time": last / 1000 }));
    let named: Vec<&str> = fields["logGroupFields"].as_array().expect("fields").iter().filter_map(|field| field["name"].as_str()).collect();
    assert!(named.contains(&"@message") && named.contains(&"userIdentity.arn"), "{named:?}");
}

#[test]
fn events_are_filtered_and_paged_without_a_query() {
    let server = Server::start(spike(), generous());
    let mut request = json!({ "logGroupName": INVOCATIONS, "startTime": NOON + 5_000, "endTime": NOON + 14_000, "limit": 4 });
    let mut seen = Vec::new();
    loop {
        let page = ask(&server, "FilterLogEvents", &request);
        seen.extend(page["events"].as_array().expect("events").iter().map(|event| event["timestamp"].as_i64().expect("a time") - NOON));
        let Some(token) = page.get("nextToken") else { break };
        request["nextToken"] = token.clone();
    }
    assert_eq!(seen, (5..=14).map(|second| second * 1000).collect::<Vec<i64>>());
    let some = ask(&server, "FilterLogEvents", &json!({ "logGroupName": INVOCATIONS, "filterPattern": "\"question 12 of\" Converse -nothing" }));
    assert_eq!(some["events"].as_array().map(Vec::len), Some(1));
    let (code, _) = refused(&server, "FilterLogEvents", &json!({ "logGroupName": INVOCATIONS, "filterPattern": "{ $.a = 1 }" }));
    assert_eq!(code, "InvalidParameterException");
    let pattern = Pattern::parse("?one ?two -three").expect("a pattern");
    assert!(pattern.holds("two") && !pattern.holds("one three") && !pattern.holds("neither"));
}

#[test]
fn what_aws_refuses_is_refused() {
    let server = Server::start(spike(), generous());
    let start = |more: Value| {
        let mut body =
            json!({ "queryString": "fields @message", "logGroupNames": [INVOCATIONS], "startTime": NOON / 1000, "endTime": NOON / 1000 + 60 });
        for (name, value) in more.as_object().expect("members") {
            body[name] = value.clone();
        }
        refused(&server, "StartQuery", &body)
    };
    let (code, body) = start(json!({ "queryString": "fields @message | filtre x = 1" }));
    assert_eq!(code, "MalformedQueryException");
    assert_eq!(body["queryCompileError"]["location"], json!({ "startCharOffset": 18, "endCharOffset": 24 }));
    assert_eq!(body["message"], "unexpected symbol found filtre at line 1 and position 18");
    assert_eq!(start(json!({ "logGroupNames": ["/none"] })).0, "ResourceNotFoundException");
    assert_eq!(start(json!({ "logGroupNames": [] })).0, "InvalidParameterException");
    assert_eq!(start(json!({ "limit": 100_001 })).0, "InvalidParameterException");
    assert_eq!(start(json!({ "queryString": "fields @message | estimate", "limit": 10 })).0, "MalformedQueryException");
    let (code, body) = start(json!({ "startTime": 1_000_000_000, "endTime": 1_000_000_060 }));
    assert_eq!(code, "MalformedQueryException");
    assert!(body["message"].as_str().is_some_and(|told| told.starts_with("Query's end date and time is either before")), "{body}");
    assert_eq!(start(json!({ "queryString": "stats count(*) by @log" })).0, "MalformedQueryException", "not answered wrongly");
    assert_eq!(refused(&server, "GetQueryResults", &json!({ "queryId": "none" })).0, "ResourceNotFoundException");
    assert_eq!(refused(&server, "StopQuery", &json!({ "queryId": "none" })).0, "ResourceNotFoundException");
    assert_eq!(refused(&server, "DeleteLogGroup", &json!({ "logGroupName": INVOCATIONS })).0, "UnknownOperationException");
    assert_eq!(server.calls().last().map(|call| call.action.clone()).as_deref(), Some("DeleteLogGroup"), "and seen");
}

#[test]
fn quotas_hold() {
    let server = Server::start(spike(), Options { per_second: 3, second: HOUR, concurrent: 2, runs: HOUR, ..Options::default() });
    let body = json!({ "queryString": "fields @message", "logGroupNames": [INVOCATIONS], "startTime": NOON / 1000, "endTime": NOON / 1000 + 60 });
    let first = ask(&server, "StartQuery", &body);
    ask(&server, "StartQuery", &body);
    let (code, told) = refused(&server, "StartQuery", &body);
    assert_eq!(
        (code.as_str(), told["message"].as_str()),
        ("LimitExceededException", Some("Account maximum query concurrency limit of [2] reached."))
    );
    assert_eq!(refused(&server, "StartQuery", &body).0, "ThrottlingException", "the fourth within what counts as a second");
    assert_eq!(server.left_running().len(), 2);
    assert_eq!(ask(&server, "StopQuery", &json!({ "queryId": first["queryId"] })), json!({ "success": true }));
    assert_eq!(server.left_running().len(), 1);
    assert_eq!(refused(&server, "StopQuery", &json!({ "queryId": first["queryId"] })).0, "InvalidParameterException", "once is enough");
    let listed = |status: &str| ask(&server, "DescribeQueries", &json!({ "logGroupName": INVOCATIONS, "status": status }))["queries"].clone();
    assert_eq!(["Cancelled", "Scheduled", "Complete"].map(|status| listed(status).as_array().map(Vec::len)), [Some(1), Some(1), Some(0)]);
}

#[test]
fn rows_of_a_running_query_come_and_go() {
    let server = Server::start(spike(), Options { runs: HOUR, ..generous() });
    let started = ask(
        &server,
        "StartQuery",
        &json!({ "queryString": "fields @message", "logGroupNames": [INVOCATIONS], "startTime": NOON / 1000, "endTime": NOON / 1000 + 200 }),
    );
    let look = || ask(&server, "GetQueryResults", &json!({ "queryId": started["queryId"] }));
    server.wait_until("rows", |_| look()["results"].as_array().is_some_and(|rows| !rows.is_empty()));
    let pointers =
        |page: Value| page["results"].as_array().expect("rows").iter().map(|row| value(row, "@ptr").map(str::to_owned)).collect::<Vec<_>>();
    let (one, other) = (look(), look());
    assert_eq!((&one["status"], one.get("nextToken")), (&json!("Running"), None));
    let (one, other) = (pointers(one), pointers(other));
    assert!(!one.is_empty() && one.iter().all(|pointer| !other.contains(pointer)), "what was there is gone");
}

#[test]
fn faults_come_when_told_and_go() {
    let server = Server::start(spike(), generous());
    let described = |group: &str, wait| send_and_wait(&server, "DescribeLogStreams", &json!({ "logGroupName": group }), wait);
    let describe = |group: &str| described(group, HOUR);
    server.fault(on("DescribeLogStreams", Fault::Throttled).after(1).times(2));
    let codes: Vec<Value> = (0..4).map(|_| describe(INVOCATIONS).expect("an answer").1["__type"].clone()).collect();
    assert_eq!(codes, [Value::Null, json!("ThrottlingException"), json!("ThrottlingException"), Value::Null]);
    server.fault(always(Fault::Denied).of_group(INVOCATIONS));
    let (status, told) = describe(INVOCATIONS).expect("an answer");
    assert_eq!((status, told["__type"].as_str()), (400, Some("AccessDeniedException")));
    assert!(told["message"].as_str().is_some_and(|told| {
        told.contains("logs:DescribeLogStreams on resource: arn:aws:logs:us-east-1:111122223333:log-group:/aws/bedrock/modelinvocations:*")
    }));
    assert_eq!(send(&server, "DescribeLogGroups", &json!({})).map(|(status, _)| status), Some(200), "only of that group");
    server.heal();
    assert_eq!(describe(INVOCATIONS).map(|(status, _)| status), Some(200));
    for (fault, wait) in [(Fault::Cut, HOUR), (Fault::Closed, HOUR), (Fault::Silent, Duration::from_millis(200))] {
        server.fault(on("DescribeLogStreams", fault.clone()).times(1));
        assert_eq!(described(INVOCATIONS, wait), None, "{fault:?}");
        assert_eq!(describe(INVOCATIONS).map(|(status, _)| status), Some(200));
    }
    server.fault(on("StartQuery", Fault::Ends("Timeout")));
    let started = ask(
        &server,
        "StartQuery",
        &json!({ "queryString": "fields @message", "logGroupNames": [INVOCATIONS], "startTime": NOON / 1000, "endTime": NOON / 1000 + 60 }),
    );
    server.wait_until("the end", |server| ask(server, "GetQueryResults", &json!({ "queryId": started["queryId"] }))["status"] == "Timeout");
    // Another clock.
    let skewed = Server::start(spike(), Options { skew: Duration::from_mins(10), ..generous() });
    assert_eq!(refused(&skewed, "DescribeLogGroups", &json!({})).0, "InvalidSignatureException");
}
