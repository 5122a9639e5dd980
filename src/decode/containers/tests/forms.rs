//! Each container as people meet it, with its records counted and placed by hand.

use super::*;

#[test]
fn cloudtrail_files() {
    let text = r#"{"Records":[{"eventName":"A"},{"eventName":"B","x":[1,{"y":"]}"}]}]}"#;
    let (got, report) = read(text);
    assert_eq!(report.container, Container::CloudTrailFile);
    assert_eq!(
        got,
        [
            Got::Record { text: r#"{"eventName":"A"}"#.into(), outer: (12, 17), wrap: Wrap::None, logged_at: None, compact: true },
            Got::Record { text: r#"{"eventName":"B","x":[1,{"y":"]}"}]}"#.into(), outer: (30, 36), wrap: Wrap::None, logged_at: None, compact: true },
        ]
    );
    for (text, count) in [
        (r#"{"Records":[]}"#, 0),
        (r#"{"v":1,"w":{"Records":[1]},"Records":[{"a":1}],"more":[2],"z":{}}"#, 1),
        ("\u{FEFF}\r\n{\r\n  \"Records\": [\r\n    {\r\n      \"a\": 1\r\n    },\r\n    {\r\n      \"a\": 2\r\n    }\r\n  ]\r\n}\r\n", 2),
        ("{\"Records\":[{\"a\":1}]}\n{\"Records\":[{\"a\":2},{\"a\":3}]}", 3),
        (r#"[{"Records":[{"a":1}]},{"Records":[{"a":2}]}]"#, 2),
        (r#"{"Records":[{"a":1}],"Records":[{"a":2}]}"#, 2),
    ] {
        assert_eq!(records(text).len(), count, "{text}");
    }
}

#[test]
fn a_list_under_another_name_is_part_of_its_record() {
    for text in [
        r#"{"resources":[{"a":1}],"eventName":"x"}"#,
        r#"{"results":[{"outputText":"x"}]}"#,
        r#"{"Records":["x"]}"#,
        r#"{"events":7}"#,
        r#"{"results":{"Records":[{}]}}"#,
    ] {
        assert_eq!(records(text), [text]);
    }
}

#[test]
fn the_events_of_a_span_are_part_of_it() {
    for text in [
        r#"{"traceId":"5b","spanId":"a1","events":[{"name":"gen_ai.user.message","attributes":{"content":"hi"}}],"status":{"code":"OK"}}"#,
        r#"{"traceId":"5b","spanId":"a1","events":[],"status":{"code":"OK"}}"#,
        // Its own keys behind the list, as sorted ones are.
        r#"{"attributes":{},"events":[{"attributes":{"content":"hi"},"name":"x"}],"traceId":"5b"}"#,
        r#"{"attributes":{},"events":[],"traceId":"5b"}"#,
        "{ \"events\": [\n { \"timeUnixNano\": 1 } ], \"traceId\": \"5b\" }",
    ] {
        assert_eq!(records(text), [text]);
        let two = format!("{text}\n{text}");
        assert_eq!(records(&two), [text, text]);
    }
    // What filter-log-events gives is none, whatever its messages say.
    let text = r#"{"events":[{"timestamp":1760000000000,"message":"{\"traceId\":\"5b\"}"}],"searchedLogStreams":[]}"#;
    assert_eq!(records(text), [r#"{"traceId":"5b"}"#]);
    assert!(records(r#"{"events":[],"searchedLogStreams":[]}"#).is_empty());
}

#[test]
fn documents_one_after_another() {
    for (text, expected) in [
        ("{\"a\":1}\n{\"a\":2}\n", vec!["{\"a\":1}", "{\"a\":2}"]),
        ("{\"a\":1}\r\n\r\n\u{FEFF}{\"a\":2}", vec!["{\"a\":1}", "{\"a\":2}"]),
        ("{\"a\":1}{\"a\":2}{\"a\":3}", vec!["{\"a\":1}", "{\"a\":2}", "{\"a\":3}"]),
        ("{\n  \"a\": 1\n}\n{\n  \"a\": [\n    {\n    }\n  ]\n}\n", vec!["{\n  \"a\": 1\n}", "{\n  \"a\": [\n    {\n    }\n  ]\n}"]),
        ("  { \"a\" : 1 }  ", vec!["{ \"a\" : 1 }"]),
        ("{\"a\":1},\n{\"a\":2}", vec!["{\"a\":1}", "{\"a\":2}"]),
        ("[{\"a\":1},{\"a\":2}]", vec!["{\"a\":1}", "{\"a\":2}"]),
        ("[\n  {\"a\":1},\n  {\"a\":2}\n]\n[{\"a\":3}]", vec!["{\"a\":1}", "{\"a\":2}", "{\"a\":3}"]),
        ("[[{\"a\":1,\"b\":1},{\"a\":2}],[{\"a\":3}]]", vec!["{\"a\":1,\"b\":1}", "{\"a\":2}", "{\"a\":3}"]),
        ("[]", vec![]),
        ("[[],[]]", vec![]),
    ] {
        assert_eq!(records(text), expected, "{text}");
    }
}

#[test]
fn white_space_in_a_record_is_noticed() {
    for (text, compact) in [("{\"a\":\"x y\"}", true), ("{\"a\": 1}", false), ("{\"a\":1\n}", false)] {
        let (got, _) = read(text);
        assert!(matches!(got.as_slice(), [Got::Record { compact: found, .. }] if *found == compact), "{text}");
    }
}

#[test]
fn lookup_events() {
    let text = r#"{"Events":[{"EventId":"1","ReadOnly":"true","EventTime":1737481787.5,"CloudTrailEvent":"{\"eventName\":\"A\",\"x\":\"\\u0041\\\"\"}"},{"EventId":"2","CloudTrailEvent":"{\"eventName\":\"B\"}"}],"NextToken":"n"}"#;
    let (got, report) = read(text);
    assert_eq!(report.container, Container::LookupEvents);
    assert_eq!(
        got[0],
        Got::Record {
            text: r#"{"eventName":"A","x":"\u0041\""}"#.into(),
            outer: (11, 122),
            wrap: Wrap::CloudTrailEvent,
            logged_at: Some(1_737_481_787_500),
            compact: false
        }
    );
    assert_eq!(got[1].text(), r#"{"eventName":"B"}"#);
    assert_eq!(got.len(), 2);
}

#[test]
fn log_events_of_every_kind() {
    let filter = r#"{"events":[{"logStreamName":"s","timestamp":1760000000123,"message":"{\"schemaType\":\"ModelInvocationLog\"}","ingestionTime":1,"eventId":"e"}],"searchedLogStreams":[]}"#;
    let (got, report) = read(filter);
    assert_eq!(report.container, Container::LogEvents);
    assert_eq!(
        got,
        [Got::Record {
            text: r#"{"schemaType":"ModelInvocationLog"}"#.into(),
            outer: (11, 131),
            wrap: Wrap::Message,
            logged_at: Some(1_760_000_000_123),
            compact: false
        }]
    );
    assert_eq!(
        records("{\"timestamp\":1,\"message\":\"{\\\"a\\\":1}\"}\n{\"timestamp\":2,\"message\":\"{\\\"a\\\":2}\"}"),
        ["{\"a\":1}", "{\"a\":2}"]
    );
    assert_eq!(records(r#"[{"message":"{\"a\":1}"},{"message":"{\"a\":2}"}]"#), ["{\"a\":1}", "{\"a\":2}"]);
    assert_eq!(records(r#"{"events":[{"message":{"a":1}}]}"#), ["{\"a\":1}"]);

    let data = r#"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","subscriptionFilters":["f"],"logEvents":[{"id":"1","timestamp":5,"message":"{\"a\":1}"},{"id":"2","timestamp":6,"message":"{\"a\":2}"}]}"#;
    let control = r#"{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logEvents":[{"id":"","timestamp":5,"message":"CWL CONTROL MESSAGE: Checking health of destination"}]}"#;
    let late = r#"{"logEvents":[{"id":"","timestamp":5,"message":"CWL CONTROL MESSAGE: Checking health"}],"messageType":"CONTROL_MESSAGE"}"#;
    let (got, report) = read(format!("{data}{control}{data}{late}"));
    assert_eq!(got.iter().map(Got::text).collect::<Vec<_>>(), ["{\"a\":1}", "{\"a\":2}", "{\"a\":1}", "{\"a\":2}"]);
    assert_eq!((report.control_messages, report.problem), (2, None));
}

#[test]
fn a_record_is_not_a_wrapper_because_of_what_it_says() {
    for text in [
        r#"{"eventName":"X","userIdentity":{"arn":"a"},"message":"{\"a\":1}"}"#,
        r#"{"message":"plain text, not a record","host":"h"}"#,
        r#"{"detail":{"a":1},"eventName":"X"}"#,
        r#"{"requestParameters":{"detail-type":"x","detail":{"a":1},"CloudTrailEvent":"{}"},"eventName":"X"}"#,
    ] {
        assert_eq!(records(text), [text]);
    }
}

#[test]
fn logs_insights_results() {
    let text = r#"{"results":[[{"field":"@timestamp","value":"2025-08-22 09:41:06.000"},{"field":"@message","value":"{\"a\":1}"},{"field":"@ptr","value":"p"}],[{"field":"n","value":"7"},{"field":"@timestamp","value":"2025-08-22 09:41:07.000"}]],"statistics":{"recordsMatched":2.0},"status":"Complete"}"#;
    let (got, report) = read(text);
    assert_eq!(report.container, Container::InsightsResults);
    assert_eq!(got.len(), 2);
    assert_eq!(
        got[0],
        Got::Record { text: "{\"a\":1}".into(), outer: (12, 128), wrap: Wrap::InsightsField, logged_at: Some(1_755_855_666_000), compact: false }
    );
    assert_eq!(got[1].text(), r#"{"n":"7","@timestamp":"2025-08-22 09:41:07.000"}"#, "a row without @message is a record of its fields");
    assert_eq!(records(r#"{"results":[],"status":"Running"}"#), [] as [&str; 0]);
}

#[test]
fn logs_insights_results_flattened() {
    let text = "\u{FEFF}[\r\n  {\r\n    \"field\": \"@message\",\r\n    \"value\": \"{\\\"a\\\":1}\"\r\n  },\r\n  {\"field\": \"n\",\"value\": null},\r\n  {\"field\": \"@message\", \"value\": \"{\\\"a\\\":2}\"},\r\n  {\"field\":\"@timestamp\",\"value\":\"2025-08-22 09:41:06.000\"}\r\n]";
    let (got, report) = read(text);
    assert_eq!(report.container, Container::InsightsFields);
    assert_eq!(got.iter().map(Got::text).collect::<Vec<_>>(), ["{\"a\":1}", "{\"a\":2}"]);
    assert!(matches!(got[1], Got::Record { logged_at: Some(1_755_855_666_000), wrap: Wrap::InsightsField, .. }), "{got:?}");
    assert_eq!(
        records(r#"{"results":[{"field":"@message","value":"{\"a\":1}"},{"field":"@message","value":"{\"a\":2}"}]}"#),
        ["{\"a\":1}", "{\"a\":2}"]
    );
}

#[test]
fn logs_insights_csv() {
    let text = "\u{FEFF}@timestamp,@message,n\r\n2025-08-22 09:41:06.000,\"{\"\"a\"\":\"\"x, y\"\"}\",1\r\n\r\n2025-08-22 09:41:07.000,\"{\"\"a\"\":\n2}\",1\r\n2025-08-22 09:41:08.000,,1\r\n";
    let (got, report) = read(text);
    assert_eq!(report.container, Container::Csv);
    assert_eq!(
        got,
        [
            Got::Record {
                text: "{\"a\":\"x, y\"}".into(),
                outer: (26, 44),
                wrap: Wrap::CsvColumn(1),
                logged_at: Some(1_755_855_666_000),
                compact: false
            },
            Got::Record { text: "{\"a\":\n2}".into(), outer: (74, 38), wrap: Wrap::CsvColumn(1), logged_at: Some(1_755_855_667_000), compact: false },
            Got::Broken { text: "2025-08-22 09:41:08.000,,1".into(), offset: 114, reason: "this CSV row has no record in its column".into() },
        ]
    );
    assert_eq!(records("\"eventTime\",\"eventJson\"\n\"x\",\"{\"\"a\"\":1}\"\n"), ["{\"a\":1}"]);
}

#[test]
fn cloudwatch_exports() {
    let text = "2026-10-05T10:00:00.000Z {\"a\":1}\n2026-10-05T10:00:01.250Z {\n  \"a\": 2\n}\r\n2026-10-05T10:00:02.000Z START RequestId\n2026-10-05T10:00:03.000Z type=EXECVE msg=audit(1.2:3): argc=1\n2026-10-05T10:00:04.000Z {\"detail-type\":\"AWS API Call via CloudTrail\",\"detail\":{\"a\":3}}";
    let (got, report) = read(text);
    assert_eq!(report.container, Container::ExportLines);
    assert_eq!(
        got[0],
        Got::Record { text: "{\"a\":1}".into(), outer: (25, 7), wrap: Wrap::None, logged_at: Some(1_791_194_400_000), compact: false }
    );
    assert_eq!(got[1].text(), "{\n  \"a\": 2\n}");
    assert_eq!(got[2], Got::Broken { text: "START RequestId".into(), offset: 97, reason: "an exported message that is not JSON".into() });
    assert_eq!(got[3].text(), "type=EXECVE msg=audit(1.2:3): argc=1");
    assert_eq!(got[4].text(), "{\"a\":3}");
    assert!(got[3].is_record() && got.len() == 5);
}

#[test]
fn cloudtrail_lake() {
    let row = r#"[{"eventVersion":"1.09"},{"userIdentity":"{\"type\":\"IAMUser\",\"arn\":\"a\"}"},{"eventTime":"2025-01-21 17:49:47.000"},{"readOnly":"true"}]"#;
    let expected = r#"{"eventVersion":"1.09","userIdentity":{"type":"IAMUser","arn":"a"},"eventTime":"2025-01-21 17:49:47.000","readOnly":"true"}"#;
    assert_eq!(records(row), [expected]);
    assert_eq!(records(format!("[{row},{row}]")), [expected, expected]);
    let (got, report) = read(format!("{{\"QueryResultRows\":[{row}],\"QueryStatus\":\"FINISHED\"}}"));
    assert_eq!((got.len(), got[0].text(), report.container), (1, expected, Container::LakeRows));
    for list in [
        r#"[{"eventName":"A"},{"eventName":"B"}]"#,
        r#"[{"eventName":"A"},{"a":1,"b":2}]"#,
        r#"[{"eventName":"A"},[{"eventName":"B"},{"eventName":"C"}]]"#,
        r#"[{"eventName":"A"},[{"eventVersion":"1.08","eventName":"B"}]]"#,
    ] {
        assert!(records(list).len() > 1, "only begins like a row: {list}");
    }
    // Of an event data store for Insights.
    let row = r#"[{"insightState":"Start"},{"insightEventName":"CreateUser"},{"insightContext":"{\"insightAverage\":90}"}]"#;
    assert_eq!(records(row), [r#"{"insightState":"Start","insightEventName":"CreateUser","insightContext":{"insightAverage":90}}"#]);
    let flat =
        r#"{"eventVersion":"1.09","userIdentity":"{\"type\":\"IAMUser\",\"arn\":\"a\"}","eventTime":"2025-01-21 17:49:47.000","readOnly":"true"}"#;
    assert_eq!(records(flat), [expected]);
    assert_eq!(records(format!("[{flat},\n{flat}]")), [expected, expected]);
}

#[test]
fn event_bridge_and_strings() {
    let event = r#"{"version":"0","detail-type":"AWS API Call via CloudTrail","time":"2025-01-21T17:49:47Z","detail":{"eventName":"A"}}"#;
    let (got, _) = read(event);
    assert_eq!(
        got,
        [Got::Record {
            text: r#"{"eventName":"A"}"#.into(),
            outer: (0, 116),
            wrap: Wrap::Detail,
            logged_at: Some(1_737_481_787_000),
            compact: false
        }]
    );
    let quoted = serde_json::to_string(event).unwrap();
    assert_eq!(records(format!("{quoted}\n\"{{\\\"a\\\":1}}\"")), [r#"{"eventName":"A"}"#, "{\"a\":1}"]);
    assert_eq!(records(format!("{{\"events\":[{{\"timestamp\":1,\"message\":{quoted}}}]}}")), [r#"{"eventName":"A"}"#], "wraps in wraps");
    let twice = serde_json::to_string(&quoted).unwrap();
    assert_eq!(records(&twice), [r#"{"eventName":"A"}"#]);
}

#[test]
fn audit_lines() {
    let text = "type=SYSCALL msg=audit(1492037289.295:58): arch=c000003e\r\nnode=web type=EXECVE msg=audit(1492037289.295:58): argc=1\n";
    let (got, report) = read(text);
    assert_eq!(report.container, Container::LogLines);
    assert_eq!(
        got.iter().map(Got::text).collect::<Vec<_>>(),
        ["type=SYSCALL msg=audit(1492037289.295:58): arch=c000003e", "node=web type=EXECVE msg=audit(1492037289.295:58): argc=1"]
    );
    // Lines of one serial are one record, whatever stands between them; what is no line of the log is broken.
    let text = "type=A msg=audit(1.2:1): x\ntype=B msg=audit(1.2:2): y\n\nnonsense\ntype=C msg=audit(1.2:1): z\n";
    let (got, report) = read(text);
    let expected =
        ["type=A msg=audit(1.2:1): x\ntype=B msg=audit(1.2:2): y\n\nnonsense\ntype=C msg=audit(1.2:1): z", "type=B msg=audit(1.2:2): y", "nonsense"];
    assert_eq!(got.iter().map(Got::text).collect::<Vec<_>>(), expected);
    assert_eq!((report.records, report.broken), (2, 1));
    // A line that is too long ends what stands before it.
    let long = format!("type=A msg=audit(1.2:1): x\ntype=L msg=audit(1.2:9): {}\ntype=B msg=audit(1.2:1): y\n", "z".repeat(200));
    for size in [1, 7, 1 << 16] {
        let (got, report) = read_in_pieces(long.as_bytes(), &[size], &Limits { max_record: 60, ..Limits::default() });
        assert_eq!((got[0].text(), got[2].text(), report.refused), ("type=A msg=audit(1.2:1): x", "type=B msg=audit(1.2:1): y", 1));
        assert!(matches!(got[1], Got::Refused { offset: 27, length: 226, .. }), "{:?}", got[1]);
    }
}

#[test]
fn results_of_many_rows() {
    let snapshot = r#"{"snapshot":[{"command":"a"},{"command":"b"}],"action":"snapshot","name":"q","hostIdentifier":"h","unixTime":1}"#;
    let (got, report) = read(snapshot);
    assert_eq!(report.records, 2);
    let row = |command: &str| format!(r#"{{"name":"q","hostIdentifier":"h","unixTime":1,"action":"snapshot","columns":{{"command":"{command}"}}}}"#);
    assert_eq!(got.iter().map(Got::text).collect::<Vec<_>>(), [row("a"), row("b")]);
    assert!(matches!(got[1], Got::Record { outer, wrap: Wrap::ResultRow(1), .. } if outer == (0, snapshot.len() as u32)), "{:?}", got[1]);
    let batch = r#"[{"name":"q","diffResults":{"removed":[{"command":"c"}],"added":[{"command":"a"}]}}]"#;
    assert_eq!(
        records(batch),
        [r#"{"name":"q","action":"added","columns":{"command":"a"}}"#, r#"{"name":"q","action":"removed","columns":{"command":"c"}}"#]
    );
    // No rows, or copies that would be much more than the whole: one record.
    for whole in [r#"{"name":"q","snapshot":[]}"#.to_owned(), format!(r#"{{"name":"{}","snapshot":[{}0]}}"#, "n".repeat(1000), "0,".repeat(100))] {
        assert_eq!(records(&whole), [whole]);
    }
}

#[test]
fn what_is_no_evidence_says_so() {
    for (path, bytes, expected) in [
        ("a/amazon-bedrock-logs-permission-check", &b""[..], Some("Bedrock checks")),
        ("a/x.json", b"", Some("empty")),
        ("a/x.json", b" \r\n", Some("empty")),
        ("AWSLogs/1/CloudTrail-Digest/us-east-1/x.json", b"{}", Some("digest")),
        ("x.json", b"{\"awsAccountId\":\"1\",\"digestStartTime\":\"2025-01-01T00:00:00Z\",\"logFiles\":[", Some("digest")),
        ("x.json", b"{\"eventName\":\"X\",\"requestParameters\":{\"digestStartTime\":\"x\"}}", None),
        ("x.json", b"{\"schemaType\":\"ModelInvocationLog\",\"digestStartTime\":\"x\"}", None),
        ("x.zip", b"PK\x03\x04rest", Some("ZIP")),
        ("x.txt", b"\xFF\xFE{\0", Some("UTF-16")),
        ("README.md", b"# Evidence\n\nRead me.\n", Some("not JSON, nor a log export: it begins with \"# Evidence\"")),
        ("lake.csv", b"eventTime,eventName\nx,y\n", Some("CSV")),
        ("export.csv", b"@timestamp,@message\n", None),
        ("data/x_input_media_00.png", b"\x89PNG", Some("media")),
        ("audit.log", b"type=SYSCALL msg=audit(1.2:3): a=b\n", None),
        ("cut.ndjson", b"the rest of a record\"}\n{\"a\":1}\n", None),
        ("x.json", b"\xEF\xBB\xBF[\r\n{\"a\":1}]", None),
        ("x.json", b"[1,2,3]", Some("not JSON")),
        ("x.txt", b"[INFO] starting\n", Some("not JSON")),
        ("x.bin", b"\x01\x02\0\0\0", Some("binary")),
    ] {
        let reason = reason_to_skip(path, bytes);
        match expected {
            Some(part) => assert!(reason.as_deref().is_some_and(|reason| reason.contains(part)), "{path}: {reason:?}"),
            None => assert_eq!(reason, None, "{path}"),
        }
    }
    let (got, report) = read("# Evidence\n");
    assert!(got.is_empty() && report.problem.is_some());
}

#[test]
fn body_files_are_known_by_their_names() {
    let id = "3f0c8a1e-1111-4222-8333-abcdefabcdef";
    for (path, expected) in [
        (format!("b/10/data/{id}_input.json.gz"), Some((id, BodySide::Input))),
        (format!("b/10/data/{id}_output.json"), Some((id, BodySide::Output))),
        (format!("{id}_output.json.gz"), Some((id, BodySide::Output))),
        ("data/abc_input.json.gz".into(), Some(("abc", BodySide::Input))),
        ("logs/abc_input.json.gz".into(), None),
        ("data/_input.json.gz".into(), None),
        (format!("data/{id}.json.gz"), None),
        (format!("data/{id}_input_media_00.png"), None),
        ("20251005T100000123Z_0123456789abcdef.json.gz".into(), None),
    ] {
        assert_eq!(body_file(&path), expected.map(|(id, side)| (id.to_owned(), side)), "{path}");
    }
}

#[test]
fn deep_records_are_records() {
    for depth in [63, 64, 65, 70, 200, 256, 300] {
        for (open, close) in [(r#"{"a":"#, "}"), ("[", "]"), (r#"[{"a":"#, "}]"), (r#"{"a":[["#, "]]}")] {
            let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let record = format!(r#"{{"eventName":"x","deep":{deep},"after":2}}"#);
            let both = [record.clone(), record.clone()];
            for file in [
                format!("{record}\n{record}\n"),
                format!("[{record},{record}]"),
                format!(r#"{{"Records":[{record},{record}]}}"#),
                format!(r#"{{"before":{deep},"Records":[{record},{record}],"after":{deep}}}"#),
            ] {
                assert_eq!(records(file), both, "{depth} of {open}");
            }
        }
    }
}
