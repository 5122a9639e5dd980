//! Records in brief: one line a record, from which a whole one is made.
//!
//! ```text
//! NAME AT BASE [KEY=VALUE …] [-KEY …]
//! a       0s   invoke by=alice error=AccessDenied
//! b*10/5s 2m   invocation say="hello there"
//! ```
//!
//! `b*10/5s` makes ten records, five seconds apart, named `b.1` to `b.10`; `$i` in a value is the number. A record that nobody asks
//! for is called `_`. AT counts from noon of 2026-11-09 and may be negative. BASE is one of [`base`]. KEY is a path in the record, or one
//! of the short names below; VALUE is JSON, or text without blanks. `-KEY` removes.

use serde_json::{Map, Value, json};

/// Noon of the day on which every case plays, in seconds.
const NOON: i64 = 1_794_225_600;

/// A made record.
pub struct Made {
    /// The name by which a case expects it.
    pub name: String,
    /// Which file it belongs into.
    pub log: Log,
    /// The record.
    pub json: Value,
}

/// The log of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Log {
    /// CloudTrail.
    Trail,
    /// Model invocations.
    Invocation,
    /// Endpoint telemetry.
    Endpoint,
}

/// Makes the records that the lines describe.
pub fn make(lines: &str) -> Vec<Made> {
    let mut made = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words = words(line);
        let [name, at, base, settings @ ..] = words.as_slice() else { panic!("a record is NAME AT BASE …: {line}") };
        let (name, count, step) = repeated(name);
        for number in 1..=count {
            let time = NOON + seconds(at) + step * (number - 1);
            let (log, mut json) = self::base(base, time);
            let serial = made.len();
            identify(&mut json, log, serial);
            for setting in settings {
                set(&mut json, log, &setting.replace("$i", &number.to_string()));
            }
            let name = if count > 1 { format!("{name}.{number}") } else { name.to_owned() };
            // Found again by a key that no log has.
            json["testRecord"] = Value::from(format!("{name}#{serial}"));
            made.push(Made { name, log, json });
        }
    }
    made
}

/// Words of a line; blanks inside of quotes do not part them.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for character in line.chars() {
        if character == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = character == '\\' && !escaped;
        if character.is_whitespace() && !quoted { words.push(String::new()) } else { words.last_mut().expect("one").push(character) }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `b*10/5s`
fn repeated(name: &str) -> (&str, i64, i64) {
    let Some((name, times)) = name.split_once('*') else { return (name, 1, 0) };
    let (count, step) = times.split_once('/').unwrap_or((times, "0s"));
    (name, count.parse().expect("a count"), seconds(step))
}

/// `-1d12h`, `90s`
pub fn seconds(text: &str) -> i64 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (mut total, mut number) = (0, 0);
    for character in digits.chars() {
        number = match character {
            '0'..='9' => number * 10 + i64::from(character as u8 - b'0'),
            unit => {
                total += number
                    * match unit {
                        's' => 1,
                        'm' => 60,
                        'h' => 3_600,
                        'd' => 86_400,
                        _ => panic!("no unit of time: {text}"),
                    };
                0
            }
        };
    }
    sign * total
}

fn clock(time: i64) -> String {
    jiff::Timestamp::from_second(time).expect("a time").strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The records that lines start from.
fn base(name: &str, time: i64) -> (Log, Value) {
    let trail = |source: &str, action: &str, request: Value| {
        let data = matches!(name, "s3" | "mantle" | "platform");
        let json = json!({
            "eventVersion": "1.11", "eventTime": clock(time), "eventSource": format!("{source}.amazonaws.com"), "eventName": action,
            "awsRegion": "us-east-1", "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.31.0", "userIdentity": who("alice"),
            "requestParameters": request, "responseElements": null, "readOnly": false, "eventType": "AwsApiCall", "managementEvent": !data,
            "eventCategory": if data { "Data" } else { "Management" }, "recipientAccountId": "111122223333",
        });
        (Log::Trail, json)
    };
    match name {
        "bedrock" => trail("bedrock", "ListGuardrails", Value::Null),
        "invoke" => trail("bedrock", "InvokeModel", json!({"modelId": "anthropic.claude-3-haiku-20240307-v1:0"})),
        "mantle" => trail("bedrock-mantle", "CreateInference", json!({"model": "anthropic.claude-opus-4-1"})),
        "platform" => trail("aws-external-anthropic", "CreateInference", json!({"model": "claude-opus-4-1"})),
        "iam" => trail("iam", "GetUser", Value::Null),
        "sts" => trail("sts", "GetCallerIdentity", Value::Null),
        "s3" => trail("s3", "PutObject", json!({"bucketName": "training-data", "key": "batch-1.jsonl"})),
        "cloudtrail" | "logs" | "s3api" => trail(if name == "s3api" { "s3" } else { name }, "DescribeTrails", Value::Null),
        "invocation" => {
            let json = json!({
                "schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": clock(time), "accountId": "111122223333",
                "identity": {"arn": who("alice")["arn"]}, "region": "us-east-1", "operation": "Converse",
                "modelId": "anthropic.claude-3-haiku-20240307-v1:0",
                "input": {
                    "inputContentType": "application/json", "inputTokenCount": 12,
                    "inputBodyJson": {"messages": [{"role": "user", "content": [{"text": "Which tent is the lightest?"}]}]},
                },
                "output": {
                    "outputContentType": "application/json", "outputTokenCount": 9,
                    "outputBodyJson": {
                        "output": {"message": {"role": "assistant", "content": [{"text": "The Ridgeline, at 1.2 kg."}]}},
                        "stopReason": "end_turn", "metrics": {"latencyMs": 812},
                    },
                },
            });
            (Log::Invocation, json)
        }
        "command" => {
            let json = json!({
                "name": "process_events", "hostIdentifier": "laptop-1", "unixTime": time, "action": "added",
                "columns": {"cmdline": "aws bedrock list-guardrails", "username": "kim", "pid": "4711", "time": time.to_string()},
            });
            (Log::Endpoint, json)
        }
        other => panic!("no base record {other}"),
    }
}

/// `userIdentity` of the people of the cases.
fn who(name: &str) -> Value {
    let user = |name: &str, key: &str| {
        json!({
            "type": "IAMUser", "principalId": format!("AIDA{}", name.to_uppercase()), "arn": format!("arn:aws:iam::111122223333:user/{name}"),
            "accountId": "111122223333", "accessKeyId": key, "userName": name,
        })
    };
    let role = |role: &str, session: &str, key: &str| {
        json!({
            "type": "AssumedRole", "principalId": format!("AROA{}:{session}", role.to_uppercase()),
            "arn": format!("arn:aws:sts::111122223333:assumed-role/{role}/{session}"), "accountId": "111122223333", "accessKeyId": key,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role", "principalId": format!("AROA{}", role.to_uppercase()),
                    "arn": format!("arn:aws:iam::111122223333:role/{role}"), "accountId": "111122223333", "userName": role,
                },
                "attributes": {"mfaAuthenticated": "false"},
            },
        })
    };
    match name {
        "alice" => user("alice", "AKIAALICEALICEALICE1"),
        "bob" => user("bob", "AKIABOBBOBBOBBOBBOB1"),
        // The silent users of API keys have no access key of their own.
        "apikey" => without_key(user("BedrockAPIKey-k7dp", "")),
        "apikey2" => without_key(user("BedrockAPIKey-zz99", "")),
        "aeakey" => without_key(user("AeaApiKey-w3fs", "")),
        "app" => role("app", "i-0f1e2d3c4b5a69788", "ASIAAPPAPPAPPAPPAPP1"),
        "worker" => role("worker", "i-0a1b2c3d4e5f60718", "ASIAWORKERWORKERWRK1"),
        "service" => json!({"type": "AWSService", "invokedBy": "bedrock.amazonaws.com"}),
        "root" => json!({
            "type": "Root", "principalId": "111122223333", "arn": "arn:aws:iam::111122223333:root", "accountId": "111122223333",
            "accessKeyId": "ASIAROOTROOTROOTROO1",
        }),
        "stranger" => json!({"type": "AWSAccount", "principalId": "AROASTRANGER:sync", "accountId": "999900001111"}),
        other => match other.split_once('/') {
            Some((named, session)) => role(named, session, "ASIAOTHEROTHEROTHER1"),
            None => user(other, &format!("AKIA{:X<16}", other.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), ""))),
        },
    }
}

fn without_key(mut who: Value) -> Value {
    who.as_object_mut().expect("an identity").remove("accessKeyId");
    who
}

/// Ids of its own for each record.
fn identify(json: &mut Value, log: Log, serial: usize) {
    let id = |kind: u32| format!("{kind:08x}-0000-4000-8000-{serial:012x}");
    match log {
        Log::Trail => {
            json["eventID"] = Value::from(id(1));
            json["requestID"] = Value::from(id(2));
        }
        Log::Invocation => json["requestId"] = Value::from(id(3)),
        Log::Endpoint => json["columns"]["pid"] = Value::from((4_000 + serial).to_string()),
    }
}

/// Applies one setting.
fn set(json: &mut Value, log: Log, setting: &str) {
    if let Some(path) = setting.strip_prefix('-') {
        let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
        let object = if parent.is_empty() { json } else { at(json, parent) };
        object.as_object_mut().map(|object| object.remove(last));
        return;
    }
    let (key, text) = setting.split_once('=').unwrap_or_else(|| panic!("a setting is KEY=VALUE: {setting}"));
    let value: Value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    let trail = log == Log::Trail;
    match key {
        "by" if trail => json["userIdentity"] = who(text),
        "by" => json["identity"]["arn"] = who(text)["arn"].clone(),
        "name" => json[if trail { "eventName" } else { "operation" }] = value,
        "source" => json["eventSource"] = Value::from(format!("{text}.amazonaws.com")),
        "region" => json[if trail { "awsRegion" } else { "region" }] = value,
        "ip" => json["sourceIPAddress"] = value,
        "agent" => json["userAgent"] = value,
        "key" => json["userIdentity"]["accessKeyId"] = value,
        "model" if trail => json["requestParameters"]["modelId"] = value,
        "model" => json["modelId"] = value,
        "account" if trail => {
            json["recipientAccountId"] = value.as_str().map_or_else(|| Value::from(text), Value::from);
            json["userIdentity"]["accountId"] = Value::from(text);
            let arn = json["userIdentity"]["arn"].as_str().unwrap_or_default().replace("111122223333", text);
            json["userIdentity"]["arn"] = Value::from(arn);
        }
        "account" => {
            json["accountId"] = Value::from(text);
            let arn = json["identity"]["arn"].as_str().unwrap_or_default().replace("111122223333", text);
            json["identity"]["arn"] = Value::from(arn);
        }
        "request" => json[if trail { "requestID" } else { "requestId" }] = value,
        "error" => {
            json["errorCode"] = value;
            if !trail {
                json["input"].as_object_mut().map(|input| input.remove("inputBodyJson"));
                json["output"] = json!({});
            }
        }
        "message" => json["errorMessage"] = value,
        // A Bedrock API key: where the endpoint says so (FORMATS §3.1, §3.2).
        "bearer" if json["eventSource"] == "bedrock.amazonaws.com" => json["additionalEventData"]["callWithBearerToken"] = value,
        "bearer" => json["requestParameters"]["callWithBearerToken"] = value,
        "console" => json["sessionCredentialFromConsole"] = value,
        "say" => json["input"]["inputBodyJson"]["messages"][0]["content"][0]["text"] = value,
        "long" => {
            let length = value.as_u64().expect("a length");
            json["input"]["inputBodyJson"]["messages"][0]["content"][0]["text"] = "x".repeat(usize::try_from(length).expect("small")).into();
        }
        "system" => json["input"]["inputBodyJson"]["system"] = json!([{"text": value}]),
        "answer" => json["output"]["outputBodyJson"]["output"]["message"]["content"][0]["text"] = value,
        "calls" => {
            let calls = text.split(',').enumerate().map(|(at, name)| json!({"toolUse": {"toolUseId": format!("t{at}"), "name": name, "input": {}}}));
            json["output"]["outputBodyJson"]["output"]["message"]["content"] = calls.collect();
            json["output"]["outputBodyJson"]["stopReason"] = "tool_use".into();
        }
        "stop" => json["output"]["outputBodyJson"]["stopReason"] = value,
        "in" => json["input"]["inputTokenCount"] = value,
        "out" => json["output"]["outputTokenCount"] = value,
        "guardrail" => {
            json["input"]["inputBodyJson"]["guardrailConfig"] = json!({"guardrailIdentifier": value, "guardrailVersion": "1", "trace": "enabled"});
            json["output"]["outputBodyJson"]["trace"] = json!({"guardrail": {"inputAssessment": {text: {"invocationMetrics": {}}}}});
        }
        "finding" => findings(json, text),
        "run" => json["columns"]["cmdline"] = value,
        "host" => json["hostIdentifier"] = value,
        "user" => json["columns"]["username"] = value,
        _ => {
            let path = [("p.", "requestParameters."), ("r.", "responseElements."), ("body.", "input.inputBodyJson.")];
            let long = path.into_iter().find_map(|(short, long)| Some(format!("{long}{}", key.strip_prefix(short)?)));
            *at(json, long.as_deref().unwrap_or(key)) = value;
        }
    }
}

/// The place of a path; objects are made on the way.
fn at<'a>(json: &'a mut Value, path: &str) -> &'a mut Value {
    path.split('.').fold(json, |place, key| {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        &mut place[key]
    })
}

/// `finding=content:PROMPT_ATTACK:BLOCKED:HIGH,sensitive:EMAIL:ANONYMIZED`: what the guardrail `gr1` found in the input of a Converse call.
fn findings(json: &mut Value, text: &str) {
    let mut policies = Map::new();
    let mut blocked = false;
    let mut push = |policy: &str, list: &str, found: Value| {
        let policy = policies.entry(policy).or_insert_with(|| json!({}));
        if !policy[list].is_array() {
            policy[list] = json!([]);
        }
        policy[list].as_array_mut().expect("a list").push(found);
    };
    let mut intervened = false;
    for finding in text.split(',') {
        let parts: Vec<&str> = finding.split(':').collect();
        let [policy, name, action, ..] = parts.as_slice() else { panic!("policy:name:action[:confidence]: {finding}") };
        blocked |= *action == "BLOCKED";
        intervened |= *action != "NONE";
        match *policy {
            "content" => {
                let confidence = parts.get(3).copied().unwrap_or("HIGH");
                push(
                    "contentPolicy",
                    "filters",
                    json!({"type": name, "confidence": confidence, "filterStrength": "HIGH", "action": action, "detected": true}),
                );
            }
            "topic" => push("topicPolicy", "topics", json!({"name": name, "type": "DENY", "action": action, "detected": true})),
            "word" => push("wordPolicy", "customWords", json!({"match": name, "action": action, "detected": true})),
            "sensitive" => push("sensitiveInformationPolicy", "piiEntities", json!({"type": name, "match": "x", "action": action, "detected": true})),
            other => panic!("no policy {other}"),
        }
    }
    json["input"]["inputBodyJson"]["guardrailConfig"] = json!({"guardrailIdentifier": "gr1", "guardrailVersion": "1", "trace": "enabled"});
    let reason = match (intervened, blocked) {
        (_, true) => "Guardrail blocked.",
        (true, false) => "Guardrail masked.",
        (false, false) => "No action.",
    };
    json["output"]["outputBodyJson"]["trace"] = json!({"guardrail": {"inputAssessment": {"gr1": policies}, "actionReason": reason}});
    if intervened {
        json["output"]["outputBodyJson"]["stopReason"] = "guardrail_intervened".into();
    }
}
