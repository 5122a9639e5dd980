//! Products that write JSON: the samples, and what the samples lack in records of our own.

use super::*;

#[test]
fn jamf_samples_read_by_eye() {
    for record in samples("endpoint/jamf_protect_telemetry.ndjson") {
        let [time, host, principal, action, service, detail] = seen(&record);
        assert_eq!([time, host, principal, action, service], ["2024-05-31T09:47:12.436Z", "MacBookPro", "MacBookPro/502", "zsh", ""]);
        assert!(detail.starts_with("/bin/zsh -c /var/folders/"));
    }
    let expected = [
        ["2024-02-06T16:01:34.442Z", "Mac mini", "Mac mini/root", "profiles", "", "/usr/bin/profiles status -type enrollment"],
        [
            "2024-02-06T16:01:34.427Z",
            "Mac mini",
            "Mac mini/root",
            "EdgeUpdater",
            "",
            "EdgeUpdater --server --service=update --enable-logging '--vmodule=*/components/update_client/*=2,*/chrome/updater/*=2' --system",
        ],
    ];
    for (record, expected) in samples("endpoint/jamf_protect_telemetry_legacy.ndjson").iter().zip(expected) {
        assert_eq!(seen(record), expected);
    }
}

#[test]
fn legacy_arguments_are_sorted_as_numbers() {
    let numbered: Vec<String> = [10, 2, 1, 11, 3, 9, 8, 7, 6, 5, 4]
        .map(|number| {
            let words = [
                "aws",
                "--profile",
                "p",
                "bedrock",
                "delete-guardrail",
                "--guardrail-identifier",
                "g,1",
                "--region",
                "eu-west-1",
                "--output",
                "text",
            ];
            format!("\"{number}\":\"{}\"", words[number - 1])
        })
        .to_vec();
    let record = format!(
        r#"{{"exec_args":{{"args":{{{}}},"args_compiled":"x"}},"header":{{"event_name":"AUE_EXECVE","time_seconds_epoch":1700000000,"time_milliseconds_offset":5}},"host_info":{{"host_name":"mac"}},"return":{{"error":2}},"subject":{{"effective_user_name":"","user_name":"bob"}}}}"#,
        numbered.join(",")
    );
    let expected = "aws --profile p bedrock delete-guardrail --guardrail-identifier g,1 --region eu-west-1 --output text";
    assert_eq!(seen(record.as_bytes()), ["2023-11-14T22:13:20.005Z", "mac", "mac/bob", "delete", "bedrock", expected]);
    assert_eq!(outcome(record.as_bytes()), Outcome::Error);
}

#[test]
fn legacy_without_numbers_is_read_from_the_joined_line() {
    let record = br#"{"exec_args":{"args_compiled":"/usr/local/bin/aws,--profile,p,bedrock-agent,delete-agent,--agent-id,AG1"},"header":{"event_name":"AUE_POSIX_SPAWN"},"subject":{}}"#;
    let [_, _, _, action, service, detail] = seen(record);
    assert_eq!((action.as_str(), service.as_str()), ("delete", "bedrock-agent"));
    assert_eq!(detail, "/usr/local/bin/aws,--profile,p,bedrock-agent,delete-agent,--agent-id,AG1");
    assert_eq!(command_call(record).expect("a call").option("--agent-id"), Some("AG1"));
}

#[test]
fn osquery_samples_read_by_eye() {
    let expected = [
        ("get", "sts", "aws sts get-caller-identity"),
        ("ls", "s3", "aws s3 ls"),
        ("tail", "", "tail -f /var/log/all"),
        ("git", "", "git commit -m 'all done'"),
        ("unopened", "", "unopened '"),
    ];
    for (record, (action, service, detail)) in samples("endpoint/osquery_shell_history.ndjson").iter().zip(expected) {
        assert_eq!(seen(record), ["", "", "ubuntu", action, service, detail]);
    }
}

#[test]
fn osquery_rows() {
    for unix in ["1700000000", "\"1700000000\""] {
        let record = format!(
            r#"{{"name":"pack/process_events","hostIdentifier":"web-1","calendarTime":"x","unixTime":{unix},"action":"added","columns":{{"cmdline":"/usr/bin/aws bedrock list-guardrails","pid":"7","parent":"6","uid":"1000","path":"/usr/bin/aws","cwd":"/root","time":"1699999990"}}}}"#
        );
        // The row's own time comes first; a shell's history has 0 there when the shell did not note it.
        assert_eq!(
            seen(record.as_bytes()),
            ["2023-11-14T22:13:10.000Z", "web-1", "web-1/1000", "list", "bedrock", "/usr/bin/aws bedrock list-guardrails"]
        );
        assert_eq!(seen(record.replace("1699999990", "0").as_bytes())[0], "2023-11-14T22:13:20.000Z");
    }
    let calendar = br#"{"name":"q","hostIdentifier":"h","calendarTime":"Tue Jan  6 03:04:05 2026 UTC","action":"added","columns":{"command":"ls"}}"#;
    assert_eq!(seen(calendar)[0], "2026-01-06T03:04:05.000Z");
}

#[test]
fn a_row_that_was_removed_was_not_run() {
    let record = br#"{"name":"h","hostIdentifier":"w","unixTime":1700000000,"action":"removed","columns":{"command":"aws bedrock delete-guardrail","uid":"0"}}"#;
    assert_eq!(seen(record), ["2023-11-14T22:13:20.000Z", "w", "w/0", "removed", "", "aws bedrock delete-guardrail"]);
    assert_eq!(command_call(record), None);
}

#[test]
fn rows_that_were_not_cut_apart_are_counted() {
    let snapshot = br#"{"name":"h","hostIdentifier":"w","unixTime":1700000000,"action":"snapshot","snapshot":[{"command":"ls"},{"command":"aws s3 ls","uid":"5"}]}"#;
    assert_eq!(seen(snapshot), ["2023-11-14T22:13:20.000Z", "w", "w", "ls", "s3", "2 commands: ls; aws s3 ls"]);
    let batch = br#"{"name":"h","hostIdentifier":"w","unixTime":1700000000,"diffResults":{"removed":[{"command":"gone"}],"added":[{"command":"a"},{"command":"b"}]}}"#;
    assert_eq!(seen(batch)[5], "2 commands: a; b");
    let other = br#"{"name":"usb","hostIdentifier":"w","unixTime":1700000000,"snapshot":[]}"#;
    assert_eq!(seen(other)[3..], ["usb", "", "no rows"]);
    let table = br#"{"name":"pack/usb","hostIdentifier":"w","unixTime":1,"action":"added","columns":{"model":"Stick","serial":""}}"#;
    assert_eq!(seen(table)[3..], ["pack/usb", "", "model=Stick"]);
}

#[test]
fn sysmon_samples_read_by_eye() {
    for (file, expected) in [
        (
            "endpoint/sysmon_curl_custom_user_agent.json",
            [
                "2025-12-11T06:17:19.636Z",
                "swachchhanda",
                r"swachchhanda/swachchhanda\xodih",
                "curl",
                "",
                r#"curl.exe -H "User-Agent: EvilAgent" http://example.com"#,
            ],
        ),
        (
            "endpoint/sysmon_certutil_download.json",
            [
                "2025-10-25T17:02:36.894Z",
                "ar-win-dc.attackrange.local",
                r"ar-win-dc.attackrange.local/ATTACKRANGE\Administrator",
                "certutil",
                "",
                "certutil.exe -urlcache -f https://raw.githubusercontent.com/redcanaryco/atomic-red-team/refs/heads/master/atomics/T1001.002/T1001.002.yaml atomic.yaml",
            ],
        ),
        (
            "endpoint/sysmon_cmd_dir_execution.json",
            [
                "2025-10-25T13:13:54.622Z",
                "ar-win-dc.attackrange.local",
                r"ar-win-dc.attackrange.local/ATTACKRANGE\Administrator",
                "cmd",
                "",
                r#"cmd /c "dir /s""#,
            ],
        ),
    ] {
        for record in samples(file) {
            assert_eq!(seen(&record), expected);
        }
    }
}

#[test]
fn flat_windows_forms() {
    let line =
        r#""C:\\Program Files\\Amazon\\AWSCLIV2\\aws.exe\" --profile p bedrock delete-guardrail --guardrail-identifier g1"#.replace("\"C:", "\\\"C:");
    let beat = format!(
        r#"{{"@timestamp":"2026-01-02T03:04:06.000Z","host":{{"name":"win"}},"winlog":{{"event_id":1,"channel":"Microsoft-Windows-Sysmon/Operational","computer_name":"WIN-1","event_data":{{"UtcTime":"2026-01-02 03:04:05.678","User":"CORP\\bob","CommandLine":"{line}"}}}}}}"#
    );
    let flat = format!(
        r#"{{"EventID":"1","Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"WIN-1","UtcTime":"2026-01-02 03:04:05.678","User":"CORP\\bob","Image":"C:\\aws.exe","CommandLine":"{line}"}}"#
    );
    for record in [beat, flat] {
        let detail = r#""C:\Program Files\Amazon\AWSCLIV2\aws.exe" --profile p bedrock delete-guardrail --guardrail-identifier g1"#;
        assert_eq!(seen(record.as_bytes()), ["2026-01-02T03:04:05.678Z", "WIN-1", r"WIN-1/CORP\bob", "delete", "bedrock", detail]);
    }
    // Event 1 of another provider.
    let mut tape = Tape::new();
    assert!(decode(br#"{"EventID":1,"Channel":"System","CommandLine":"x"}"#, &mut tape).undecodable.is_some());
}

#[test]
fn security_samples_read_by_eye() {
    let expected = [
        ["2024-01-15T10:30:45.000Z", "mimikatz", "mimikatz.exe privilege::debug sekurlsa::logonpasswords"],
        // The fixture's author doubled the backslashes.
        ["2024-01-15T09:00:00.000Z", "chrome", r#""C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe""#],
    ];
    for (record, [time, action, detail]) in samples("endpoint/windows_4688_panther.ndjson").iter().zip(expected) {
        assert_eq!(seen(record), [time, "WIN-WORKSTATION-01", "WIN-WORKSTATION-01/jdoe", action, "", detail]);
    }
}

#[test]
fn security_without_command_lines() {
    let nested = br##"{"Event":{"System":{"EventID":{"#text":4688},"TimeCreated":{"#attributes":{"SystemTime":"2026-01-02T03:04:05.678901Z"}},"Computer":"WIN-1"},"EventData":{"SubjectUserName":"bob","NewProcessName":"C:\\Program Files\\Amazon\\AWSCLIV2\\aws.exe","NewProcessId":"0x1a4","CommandLine":""}}}"##;
    assert_eq!(
        seen(nested),
        [
            "2026-01-02T03:04:05.678Z",
            "WIN-1",
            "WIN-1/bob",
            "aws",
            "",
            r"C:\Program Files\Amazon\AWSCLIV2\aws.exe (its command line was not recorded)"
        ]
    );
}

#[test]
fn crowdstrike_samples_read_by_eye() {
    let shell = r#""C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe" -EncodedCommand "#;
    let windows = "877761efa8db44d792ddc2redacted";
    let user = "S-1-5-21-239183934-720705223-383019856-500";
    let expected = [
        ("2023-04-24T20:33:34.719Z", windows, user, "powershell", format!(r#"{shell}"aGVsbG93b3JsZA==" -SomeExtraCommand "HelloWorld""#)),
        ("2023-04-24T20:33:34.719Z", windows, user, "powershell", format!(r#"{shell}c29tZXRoaW5n -SomeExtraCommand "HelloWorld""#)),
        ("2023-05-26T17:59:17.068Z", "1234abcdefghijklmnop", "501", "osascript", "osascript test.osa with administrator privileges".into()),
        ("2023-05-26T17:59:17.068Z", "1234abcdefghijklmnop", "501", "osascript", "osascript test.osa".into()),
        ("2023-05-26T17:59:17.068Z", "1234abcdefghijklmnop", "501", "plutil", "plutil -insert somekey -string somevalue test.app.plist".into()),
        (
            "2023-05-26T17:59:17.068Z",
            "1234abcdefghijklmnop",
            "501",
            "plutil",
            "plutil -convert binary1 /Library/Preferences/com.tinyspeck.slackmacgap.plist".into(),
        ),
    ];
    for (record, (time, host, user, action, detail)) in samples("endpoint/crowdstrike_fdr_processrollup2.ndjson").iter().zip(expected) {
        assert_eq!(seen(record), [time, host, &format!("{host}/{user}"), action, "", &detail]);
    }
}

#[test]
fn crowdstrike_bare() {
    let record = br#"{"event_simpleName":"ProcessRollup2","aid":"a1","ComputerName":"web-1","UserName":"bob","timestamp":"1700000000123","RawProcessId":"7","CommandLine":"aws bedrock list-guardrails","ImageFileName":"/usr/bin/aws"}"#;
    assert_eq!(seen(record), ["2023-11-14T22:13:20.123Z", "web-1", "web-1/bob", "list", "bedrock", "aws bedrock list-guardrails"]);
}

#[test]
fn defender_sample_read_by_eye() {
    for record in samples("endpoint/defender_device_process_events.json") {
        assert_eq!(
            seen(&record),
            ["2021-04-14T18:49:17.784Z", "bobslaptop.example.com", "bobslaptop.example.com/system", "whoami", "", r#""whoami.exe" /user"#]
        );
    }
    let flat = br#"{"Timestamp":"2026-01-02T03:04:05.1234567Z","DeviceName":"d","AccountName":"bob","ProcessCommandLine":"aws.exe s3 ls","InitiatingProcessCommandLine":"aws s3 rm s3://x"}"#;
    assert_eq!(seen(flat), ["2026-01-02T03:04:05.123Z", "d", "d/bob", "ls", "s3", "aws.exe s3 ls"]);
}
