//! Command lines and records of every product, read by eye.

use super::shell::calls;
use super::{CommandCall, VerbClass, command_call, command_call_of_line, words};
use crate::decode::decode;
use crate::decode::json::Tape;
use crate::decode::tests::{samples, searched};
use crate::model::{EntityKind, Outcome, Strand, Timestamp};

mod audit;
mod products;

fn call(line: &str) -> CommandCall {
    command_call_of_line(line).unwrap_or_else(|| panic!("{line} is a call"))
}

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
        ("/usr/bin/python3 -s /usr/local/bin/aws bedrock-agent list-agents", "bedrock-agent", "list-agents", ""),
        ("sudo AWS_DEFAULT_REGION=eu-north-1 aws s3 ls", "s3", "ls", "eu-north-1"),
        ("sudo -u deploy -E env -u X AWS_REGION=eu-north-1 aws s3 ls", "s3", "ls", "eu-north-1"),
        ("timeout -s KILL 30 nice -n 5 aws s3 ls", "s3", "ls", ""),
        ("aws-vault exec prod --duration=1h -- aws bedrock list-guardrails", "bedrock", "list-guardrails", ""),
        ("docker run --rm -e AWS_REGION amazon/aws-cli:2.17 bedrock list-guardrails", "bedrock", "list-guardrails", ""),
        (r#"/bin/bash -c "cd /tmp && aws bedrock list-foundation-models | jq .""#, "bedrock", "list-foundation-models", ""),
        ("for r in a b; do aws bedrock list-guardrails --region us-east-1; done", "bedrock", "list-guardrails", "us-east-1"),
        ("id=$(aws bedrock-agent list-agents --query 'x[0]')", "bedrock-agent", "list-agents", ""),
        (
            "AWS_REGION=eu-west-1 sh -c 'aws bedrock-agentcore-control list-agent-runtimes'",
            "bedrock-agentcore-control",
            "list-agent-runtimes",
            "eu-west-1",
        ),
        ("cmd.exe /c aws s3 ls", "s3", "ls", ""),
        (r#"powershell.exe -NoProfile -Command "aws bedrock list-guardrails""#, "bedrock", "list-guardrails", ""),
        ("aws,bedrock-data-automation-runtime,invoke-data-automation-async", "bedrock-data-automation-runtime", "invoke-data-automation-async", ""),
        (r#"["aws","--profile","p","bedrock-agent-runtime","retrieve"]"#, "bedrock-agent-runtime", "retrieve", ""),
        ("aws bedrock list-guardrails > out.json 2>&1", "bedrock", "list-guardrails", ""),
        ("aws", "", "", ""),
        ("aws --version", "", "", ""),
        ("aws s3", "s3", "", ""),
    ] {
        let call = call(line);
        let texts = [&call.service, &call.operation, &call.region].map(|text| text.as_deref().unwrap_or_default());
        assert_eq!(texts, [service, operation, region], "{line}");
        assert_eq!(call.is_bedrock(), service.starts_with("bedrock"), "{line}");
        assert_eq!(call.line, line);
        assert!(call.operands.iter().all(|word| !word.contains('>')), "{line}");
    }
    for line in [
        "",
        "ls aws",
        "awsome s3 ls",
        "cat /etc/aws/config",
        "git commit -m 'aws s3 rm'",
        "# aws s3 rm",
        "python3 tool.py aws s3 ls",
        "sudo -u aws ls",
    ] {
        assert_eq!(command_call_of_line(line), None, "{line}");
    }
}

#[test]
fn options_are_pairs_wherever_they_stand() {
    let call = call("aws --profile ops bedrock-agent delete-agent --skip-resource-in-use-check --agent-id=AG1 --no-cli-pager --region eu-west-1");
    assert_eq!(
        (call.program.as_str(), call.profile.as_deref(), call.region.as_deref(), call.verb(), call.class()),
        ("aws", Some("ops"), Some("eu-west-1"), Some("delete"), VerbClass::Delete)
    );
    let pairs: Vec<(&str, &str)> = call.options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        pairs,
        [("--profile", "ops"), ("--skip-resource-in-use-check", ""), ("--agent-id", "AG1"), ("--no-cli-pager", ""), ("--region", "eu-west-1")]
    );
    assert_eq!((call.option("--agent-id"), call.option("--no-cli-pager"), call.has("--no-cli-pager")), (Some("AG1"), None, true));
    assert_eq!(call.entities(), [(EntityKind::Agent, "AG1".to_owned())]);
    assert_eq!(
        call.brief(),
        "bedrock-agent delete-agent --skip-resource-in-use-check --agent-id AG1 --profile ops --no-cli-pager --region eu-west-1"
    );
    assert_eq!(super::tests::call("aws --debug s3 cp 'a b' s3://b --recursive").brief(), "s3 cp 'a b' s3://b --recursive --debug");
    // What a flag is followed by is not its value.
    assert_eq!(super::tests::call("aws s3 rm --recursive s3://b/p").bucket().as_deref(), Some("b"));
    assert_eq!(super::tests::call("AWS_PROFILE=x aws-vault exec prod -- aws s3 ls").profile.as_deref(), Some("prod"));
}

#[test]
fn every_family_of_bedrock_is_one() {
    for service in [
        "bedrock",
        "bedrock-runtime",
        "bedrock-agent",
        "bedrock-agent-runtime",
        "bedrock-agentcore",
        "bedrock-agentcore-control",
        "bedrock-data-automation",
        "bedrock-data-automation-runtime",
        "bedrock-mantle",
    ] {
        assert!(call(&format!("aws {service} list-things")).is_bedrock(), "{service}");
    }
    assert!(!call("aws s3 ls").is_bedrock() && !call("aws bedrocks ls").is_bedrock());
}

#[test]
fn a_line_is_known_by_what_it_deletes() {
    let line = "aws bedrock get-guardrail --guardrail-identifier g1 && aws bedrock delete-guardrail --guardrail-identifier g2; aws s3 ls";
    assert_eq!(calls(&words::split(line)).len(), 3);
    assert_eq!(call(line).operation.as_deref(), Some("delete-guardrail"));
    let record = serde_json::json!({"command_line": line}).to_string();
    let mut tape = Tape::new();
    let decoded = decode(record.as_bytes(), &mut tape);
    assert_eq!(decoded.action.as_deref(), Some("delete"));
    let named: Vec<&str> = decoded.mentions.iter().map(|(_, value)| value.as_ref()).collect();
    assert_eq!(named, ["g1", "g2"]);
    assert_eq!(call("aws s3 ls; aws s3 cp a s3://b").operation.as_deref(), Some("ls"));
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
    let call = command_call(record).expect("a call");
    assert_eq!((call.operation.as_deref(), call.option("--key")), (Some("put-object"), Some("a/b.csv")));
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
        let found: Vec<String> = call(line).entities().iter().map(|(kind, value)| format!("{kind} {value}")).collect();
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
    assert_eq!(command_call(record), None);
    assert_eq!(command_call(b"{\"eventName\":\"x\"}"), None);
}

/// What is looked at in a record: time, host, principal, action, service, detail, outcome.
fn seen(record: &[u8]) -> [String; 6] {
    let mut tape = Tape::new();
    let decoded = decode(record, &mut tape);
    assert_eq!(decoded.undecodable, None, "{}", String::from_utf8_lossy(record));
    assert_eq!(decoded.strand, Some(Strand::Endpoint));
    let time = decoded.time.map(|time| time.to_string()).unwrap_or_default();
    let columns =
        [&decoded.host, &decoded.principal, &decoded.action, &decoded.service, &decoded.detail].map(|text| text.clone().unwrap_or_default());
    let [host, principal, action, service, detail] = columns.map(std::borrow::Cow::into_owned);
    [time, host, principal, action, service, detail]
}

fn outcome(record: &[u8]) -> Outcome {
    let mut tape = Tape::new();
    decode(record, &mut tape).outcome
}
