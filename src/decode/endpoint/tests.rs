//! Command lines read by eye.

use super::aws_cli::Call;
use super::words;
use crate::decode::decode;
use crate::decode::json::Tape;
use crate::decode::tests::{samples, searched};
use crate::model::{Strand, Timestamp};

#[test]
fn calls_of_the_aws_cli() {
    for (line, service, operation, region) in [
        ("aws bedrock delete-guardrail --guardrail-identifier gr1", "bedrock", "delete-guardrail", ""),
        ("/usr/local/bin/aws --profile p --region eu-west-1 bedrock list-guardrails", "bedrock", "list-guardrails", "eu-west-1"),
        ("aws --no-cli-pager --debug --endpoint-url https://x --output json bedrock-runtime invoke-model out", "bedrock-runtime", "invoke-model", ""),
        ("aws --region=us-west-2 bedrock --output text get-guardrail", "bedrock", "get-guardrail", "us-west-2"),
        (r#""C:\Program Files\Amazon\AWSCLIV2\aws.exe" s3 cp a s3://b/k"#, "s3", "cp", ""),
        ("python3 /usr/bin/aws sts get-caller-identity", "sts", "get-caller-identity", ""),
        ("python -m awscli s3 ls", "s3", "ls", ""),
        ("sudo AWS_DEFAULT_REGION=eu-north-1 aws s3 ls", "s3", "ls", "eu-north-1"),
        (r#"/bin/bash -c "cd /tmp && aws bedrock list-foundation-models | jq .""#, "bedrock", "list-foundation-models", ""),
        ("cmd.exe /c aws s3 ls", "s3", "ls", ""),
        ("aws", "", "", ""),
        ("aws --version", "", "", ""),
        ("aws s3", "s3", "", ""),
    ] {
        let call = Call::of(&words::split(line)).unwrap_or_else(|| panic!("{line} is a call"));
        let texts = [&call.service, &call.operation, &call.region].map(|text| text.as_deref().unwrap_or_default());
        assert_eq!(texts, [service, operation, region], "{line}");
    }
    for line in ["", "ls aws", "awsome s3 ls", "cat /etc/aws/config", "git commit -m 'aws s3 rm'"] {
        assert_eq!(Call::of(&words::split(line)), None, "{line}");
    }
}

#[test]
fn a_plain_record() {
    let record = br#"{"time":"2026-11-20T14:02:11Z","host":"bastion","user":"bob","command_line":"aws --profile x --region us-east-1 s3api put-object --bucket data --key a/b.csv --body b.csv\n"}"#;
    let mut tape = Tape::new();
    let decoded = decode(record, &mut tape);
    assert_eq!(decoded.strand, Some(Strand::Endpoint));
    assert_eq!(decoded.time, Timestamp::parse("2026-11-20T14:02:11Z"));
    let columns = [&decoded.host, &decoded.principal, &decoded.actor, &decoded.action, &decoded.service, &decoded.region, &decoded.bucket];
    assert_eq!(
        columns.map(|column| column.as_deref().unwrap_or_default()),
        ["bastion", "bastion/bob", "host/bastion/user/bob", "put", "s3api", "us-east-1", "data"]
    );
    let mentions: Vec<String> = decoded.mentions.iter().map(|(kind, value)| format!("{kind} {value}")).collect();
    assert_eq!(mentions, ["bucket data", "object data/a/b.csv"]);
    assert_eq!(decoded.detail.as_deref(), Some("aws --profile x --region us-east-1 s3api put-object --bucket data --key a/b.csv --body b.csv"));
    assert_eq!(searched(&decoded).len(), 1);
}

#[test]
fn what_options_name() {
    for (line, expected) in [
        ("aws bedrock delete-guardrail --guardrail-identifier arn:aws:bedrock:us-east-1:1:guardrail/gr1", vec!["guardrail gr1"]),
        ("aws bedrock-runtime converse --model-id us.amazon.nova-pro-v1:0", vec!["model amazon.nova-pro-v1:0"]),
        ("aws bedrock-agent delete-agent --agent-id AG1", vec!["agent AG1"]),
        ("aws bedrock-agent get-knowledge-base --knowledge-base-id=KB1", vec!["knowledge-base KB1"]),
        ("aws s3 cp s3://src/a s3://dst/", vec!["bucket dst", "bucket src", "object src/a"]),
        (
            "aws bedrock create-model-customization-job --training-data-config s3Uri=s3://t/a.jsonl --role-arn arn:aws:iam::1:role/R",
            vec!["principal 1/role/R", "bucket t", "object t/a.jsonl"],
        ),
    ] {
        let mut mentions = Vec::new();
        Call::of(&words::split(line)).expect("a call").mention(&mut mentions);
        mentions.sort_unstable();
        mentions.dedup();
        let found: Vec<String> = mentions.iter().map(|(kind, value)| format!("{kind} {value}")).collect();
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn other_programs_keep_their_name() {
    let record = br#"{"time":1700000000,"host":"h","user":"u","command_line":["/usr/bin/curl","-s","https://x/a b"]}"#;
    let mut tape = Tape::new();
    let decoded = decode(record, &mut tape);
    assert_eq!(decoded.time, Some(Timestamp::from_millis(1_700_000_000_000)));
    assert_eq!((decoded.action.as_deref(), decoded.service.as_deref()), (Some("curl"), None));
    assert_eq!(decoded.detail.as_deref(), Some("/usr/bin/curl -s 'https://x/a b'"));
}

#[test]
fn jamf_sample_read_by_eye() {
    for record in samples("endpoint/jamf_protect_telemetry.ndjson") {
        let mut tape = Tape::new();
        let decoded = decode(&record, &mut tape);
        assert_eq!(decoded.undecodable, None);
        assert_eq!(decoded.time, Timestamp::parse("2024-05-31T09:47:12.436Z"));
        let columns = [&decoded.host, &decoded.principal, &decoded.action].map(|column| column.as_deref().unwrap_or_default());
        assert_eq!(columns, ["MacBookPro", "MacBookPro/502", "zsh"]);
        assert!(decoded.detail.is_some_and(|detail| detail.starts_with("/bin/zsh -c /var/folders/")));
    }
}
