//! Commands and events of our own, joined by hand.

use super::*;
use crate::case::{Batch, Writable};
use crate::decode::{decode, json::Tape};
use crate::model::{Digest, RecordPosition, SourceId};

/// A command at so many seconds after noon.
fn command(second: i64, line: &str) -> String {
    format!(r#"{{"time":"{}","host":"mac","user":"bob","command_line":"{line}"}}"#, noon(second))
}

/// An event of CloudTrail.
fn event(second: i64, source: &str, action: &str, agent: &str, parameters: &str) -> String {
    event_in("us-east-1", second, source, action, agent, parameters)
}

fn event_in(region: &str, second: i64, source: &str, action: &str, agent: &str, parameters: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventTime":"{}","eventSource":"{source}.amazonaws.com","eventName":"{action}","awsRegion":"{region}","userAgent":"{agent}","requestParameters":{{{parameters}}},"eventCategory":"{}","eventID":"{second}{action}{parameters}"}}"#,
        noon(second),
        if action.contains("Object") { "Data" } else { "Management" }
    )
    .replace('\'', "\"")
}

fn noon(second: i64) -> Timestamp {
    Timestamp::parse("2026-11-17T12:00:00Z").expect("a time").plus_millis(second * 1000)
}

const CLI: &str = "[aws-cli/2.31.32 md/awscrt#0.28.4 ua/2.1 os/macos#25 md/command#SERVICE]";

fn cli(service: &str) -> String {
    CLI.replace("SERVICE", service)
}

struct Bench {
    _folder: tempfile::TempDir,
    reader: Reader,
}

impl Bench {
    /// A case of these records; the event of the nth is n, counted from 0.
    fn of(records: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let case = Writable::open(&folder.path().join("a.case")).expect("a case");
        let mut batch = Batch::new();
        for (number, record) in (0_u32..).zip(records) {
            let mut tape = Tape::new();
            let mut digest = [0; 32];
            digest[..4].copy_from_slice(&number.to_be_bytes());
            batch.push(SourceId(1), RecordPosition::default(), Digest(digest), None, &decode(record.as_bytes(), &mut tape));
        }
        let mut writer = case.writer().expect("a writer");
        writer.append(batch).expect("appended");
        writer.commit().expect("committed");
        drop(writer);
        let reader = case.reader().expect("a reader");
        Self { _folder: folder, reader }
    }

    fn event(&mut self, number: u32) -> Event {
        self.reader.events(&[EventId(number + 1)]).expect("an event").remove(0)
    }

    fn echo(&mut self, number: u32) -> Option<Echo> {
        let command = self.event(number);
        echo_of(&mut self.reader, &command).expect("an answer")
    }

    /// The number of the event that echoes, and whether it is sure.
    fn echoed(&mut self, number: u32) -> Option<(u32, bool)> {
        match self.echo(number) {
            Some(Echo::Echoed { event, sure, .. }) => Some((event.id.0 - 1, sure)),
            _ => None,
        }
    }

    fn commands(&mut self, number: u32) -> Vec<u32> {
        let event = self.event(number);
        Echoes::default().commands_of(&mut self.reader, &event).expect("an answer").iter().map(|command| command.event.id.0 - 1).collect()
    }
}

#[test]
fn an_event_that_names_the_command_is_its_echo() {
    let mut bench = Bench::of(&[
        command(0, "aws bedrock delete-guardrail --guardrail-identifier g1"),
        event(2, "bedrock", "DeleteGuardrail", &cli("bedrock.delete-guardrail"), "'guardrailIdentifier':'g1'"),
        event(1, "bedrock", "DeleteGuardrail", &cli("bedrock.delete-guardrail"), "'guardrailIdentifier':'g2'"),
        event(0, "bedrock", "ListGuardrails", &cli("bedrock.list-guardrails"), ""),
    ]);
    // The other guardrail's is nearer, and another's.
    assert_eq!(bench.echoed(0), Some((1, true)));
    let Some(Echo::Echoed { why, .. }) = bench.echo(0) else { panic!("an echo") };
    assert_eq!(why, "the user agent names this command, same guardrail g1, 2 s later");
    assert_eq!(bench.commands(1), [0]);
    assert_eq!(bench.commands(2), [] as [u32; 0]);
    assert_eq!(bench.commands(3), [] as [u32; 0]);
    assert_eq!(bench.commands(0), [] as [u32; 0], "a command has no commands");
    assert_eq!(bench.echo(3), None, "an event has no echo");
}

#[test]
fn what_may_be_an_echo_and_what_cannot() {
    let line = "aws --region us-east-1 bedrock-agent delete-agent --agent-id A1";
    let agent = "'agentId':'A1'";
    for (what, event, expected) in [
        ("names it", event(60, "bedrock", "DeleteAgent", &cli("bedrock-agent.delete-agent"), ""), Some(true)),
        ("before it, clocks differ", event(-60, "bedrock", "DeleteAgent", &cli("bedrock-agent.delete-agent"), ""), Some(true)),
        ("far from it", event(250, "bedrock", "DeleteAgent", &cli("bedrock-agent.delete-agent"), agent), Some(false)),
        ("too far", event(301, "bedrock", "DeleteAgent", &cli("bedrock-agent.delete-agent"), agent), None),
        ("an older CLI, the same agent", event(2, "bedrock", "DeleteAgent", "aws-cli/1.22.34 Python/3.10.12", agent), Some(true)),
        ("an older CLI", event(2, "bedrock", "DeleteAgent", "aws-cli/1.22.34 Python/3.10.12", ""), Some(false)),
        ("no user agent", event(2, "bedrock", "DeleteAgent", "", ""), Some(false)),
        ("another program", event(2, "bedrock", "DeleteAgent", "Boto3/1.35.50", ""), None),
        ("another program, the same agent", event(2, "bedrock", "DeleteAgent", "Boto3/1.35.50", agent), Some(false)),
        ("another agent", event(2, "bedrock", "DeleteAgent", &cli("bedrock-agent.delete-agent"), "'agentId':'A2'"), None),
        ("another command", event(2, "bedrock", "DeleteAgent", &cli("bedrock-agent.delete-agent-version"), agent), None),
        ("another Region", event_in("us-west-2", 2, "bedrock", "DeleteAgent", &cli("bedrock-agent.delete-agent"), agent), None),
        ("another service", event(2, "connect", "DeleteAgent", &cli("bedrock-agent.delete-agent"), agent), None),
    ] {
        let mut bench = Bench::of(&[command(0, line), event]);
        assert_eq!(bench.echoed(0).map(|(_, sure)| sure), expected, "{what}");
        assert_eq!(bench.commands(1).len(), usize::from(expected.is_some()), "{what}");
    }
}

#[test]
fn two_callers_at_once_are_not_told_apart() {
    let with_key =
        |record: String, key: &str| record.replace("\"eventVersion\"", &format!("\"userIdentity\":{{\"accessKeyId\":\"{key}\"}},\"eventVersion\""));
    let one = with_key(event(2, "bedrock", "ListAgents", &cli("bedrock-agent.list-agents"), ""), "AKIA1EXAMPLE");
    let other = with_key(event(3, "bedrock", "ListAgents", &cli("bedrock-agent.list-agents"), ""), "AKIA2EXAMPLE");
    let line = command(0, "aws bedrock-agent list-agents");
    assert_eq!(Bench::of(&[line.clone(), one.clone(), other]).echoed(0), Some((1, false)));
    let again = with_key(event(3, "bedrock", "ListAgents", &cli("bedrock-agent.list-agents"), ""), "AKIA1EXAMPLE");
    assert_eq!(Bench::of(&[line, one, again]).echoed(0), Some((1, true)));
}

#[test]
fn an_event_belongs_to_the_command_nearest_to_it() {
    let mut bench = Bench::of(&[
        command(0, "aws bedrock list-guardrails"),
        command(60, "aws bedrock list-guardrails"),
        event(61, "bedrock", "ListGuardrails", &cli("bedrock.list-guardrails"), ""),
    ]);
    assert_eq!((bench.echo(0), bench.echoed(1)), (Some(Echo::Missing), Some((2, true))));
    assert_eq!(bench.commands(2), [1]);
}

/// Commands and events at these seconds, all of the same call; which event each command has, by its place among the events.
fn shared(commands: &[i64], events: &[i64]) -> Vec<Option<usize>> {
    let line = "aws bedrock-agent delete-agent --agent-id A1";
    let records = commands.iter().map(|at| command(*at, line));
    let events = events.iter().map(|at| event(*at, "bedrock", "DeleteAgent", &cli("bedrock-agent.delete-agent"), "'agentId':'A1'"));
    let mut bench = Bench::of(&records.chain(events).collect::<Vec<_>>());
    let count = commands.len() as u32;
    let echoed: Vec<Option<u32>> = (0..count).map(|number| bench.echoed(number).map(|(event, _)| event)).collect();
    for (number, event) in (0..).zip(&echoed) {
        // There and back again.
        assert!(event.is_none_or(|event| bench.commands(event) == [number]), "{commands:?} {number} {event:?}");
    }
    echoed.iter().map(|event| event.map(|event| (event - count) as usize)).collect()
}

#[test]
fn one_event_echoes_one_command() {
    for (commands, events, expected) in [
        (&[4, 6][..], &[5][..], vec![Some(0), None]),
        (&[6, 4], &[5], vec![None, Some(0)]),
        (&[4, 6], &[6], vec![None, Some(0)]),
        (&[4, 6], &[4], vec![Some(0), None]),
        (&[4, 6], &[5, 7], vec![Some(0), Some(1)]),
        // The nearest pair first; the other command has what is left.
        (&[0, 2], &[3, 4], vec![Some(1), Some(0)]),
        (&[0, 1, 2], &[3, 4], vec![None, Some(1), Some(0)]),
        (&[0, 0], &[1], vec![Some(0), None]),
        // Run apart: two calls of the second, which is nearer to both, leave none for the first.
        (&[0, 60], &[61, 62], vec![None, Some(0)]),
        (&[0, 60], &[1, 2], vec![Some(0), None]),
        (&[0, 60], &[1, 61], vec![Some(0), Some(1)]),
    ] {
        assert_eq!(shared(commands, events), expected, "{commands:?} {events:?}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]
    #[test]
    fn no_event_echoes_two_commands(
        commands in proptest::collection::vec(0_i64..30, 1..5),
        events in proptest::collection::vec(0_i64..30, 1..5),
    ) {
        let mut taken: Vec<usize> = shared(&commands, &events).into_iter().flatten().collect();
        taken.sort_unstable();
        let before = taken.len();
        taken.dedup();
        proptest::prop_assert_eq!(before, taken.len());
        proptest::prop_assert!(!taken.is_empty());
    }
}

#[test]
fn a_run_told_twice_is_one_run() {
    let line = "aws bedrock-agent delete-agent --agent-id A1";
    let deleted = event(2, "bedrock", "DeleteAgent", &cli("bedrock-agent.delete-agent"), "'agentId':'A1'");
    let mut bench = Bench::of(&[command(0, &format!("sh -c '{line}'")), command(0, line), deleted.clone()]);
    assert_eq!((bench.echoed(0), bench.echoed(1)), (Some((2, true)), Some((2, true))));
    assert_eq!(bench.commands(2), [0, 1]);
    // Another computer's is another run, and so is another agent's.
    let elsewhere = command(0, line).replace("mac", "pc");
    let mut bench = Bench::of(&[command(1, &format!("sh -c '{line}'")), elsewhere, command(1, &line.replace("A1", "A2")), deleted]);
    assert_eq!([0, 1, 2].map(|number| bench.echoed(number).is_some()), [true, false, false]);
}

#[test]
fn several_events_belong_to_one_command() {
    let put = |second: i64, key: &str| event(second, "s3", "PutObject", &cli("s3.sync"), &format!("'bucketName':'acme','key':'{key}'"));
    let list = |second: i64| event(second, "bedrock", "ListAgents", &cli("bedrock-agent.list-agents"), &format!("'nextToken':'{second}'"));
    let sync = "aws s3 sync . s3://acme";
    let mut bench = Bench::of(&[
        command(0, sync),
        put(1, "a"),
        put(2, "b"),
        put(3, "c"),
        command(8, sync),
        command(100, "aws bedrock-agent list-agents"),
        list(101),
        list(102),
    ]);
    assert_eq!([1, 2, 3].map(|number| bench.commands(number)), [[0], [0], [0]]);
    assert_eq!((bench.echoed(0), bench.echo(4)), (Some((1, true)), Some(Echo::NotLogged)));
    assert_eq!((bench.echoed(5), bench.commands(6), bench.commands(7)), (Some((6, true)), vec![5], vec![5]));
    // Two ways to say it, one event, and a user agent that names neither.
    let mut bench = Bench::of(&[
        command(0, "aws s3 rm s3://acme/k"),
        command(2, "aws s3api delete-object --bucket acme --key k"),
        event(3, "s3", "DeleteObject", "aws-cli/1.22.34 Python/3.10.12", "'bucketName':'acme','key':'k'"),
    ]);
    assert_eq!((bench.echoed(0), bench.echoed(1), bench.commands(2)), (None, Some((2, true)), vec![1]));
}

#[test]
fn why_there_is_none() {
    let other = |second: i64, region: &str| event_in(region, second, "ec2", "DescribeVpcs", "x", "");
    let delete = "aws bedrock delete-guardrail --guardrail-identifier g1 --region us-west-2";
    for (line, others, expected) in [
        (delete, vec![other(600, "us-west-2")], Echo::Missing),
        // An hour away on both sides; nothing near.
        (delete, vec![other(-3600, "us-west-2"), other(3600, "us-east-1")], Echo::Missing),
        (delete, vec![other(-3600, "us-west-2")], Echo::NoTrail),
        (delete, vec![other(60, "us-east-1")], Echo::NoTrail),
        (delete, vec![], Echo::NoTrail),
        ("aws bedrock delete-guardrail --guardrail-identifier g1", vec![other(60, "us-east-1")], Echo::Missing),
        // A global service answers from one Region whatever a command names.
        ("aws sts get-caller-identity --region us-west-2", vec![other(60, "us-east-1")], Echo::Missing),
        ("aws s3 rm s3://b/k", vec![other(60, "us-east-1")], Echo::NotLogged),
        ("aws bedrock-agent-runtime invoke-agent --agent-id A1", vec![], Echo::NotLogged),
        ("aws configure list", vec![other(60, "us-east-1")], Echo::Local),
        ("aws s3 presign s3://b/k", vec![], Echo::Local),
    ] {
        let mut bench = Bench::of(&[vec![command(0, line)], others].concat());
        assert_eq!(bench.echo(0), Some(expected), "{line}");
    }
    let mut bench = Bench::of(&[command(0, "rm -rf /"), r#"{"host":"h","command_line":"aws s3 ls"}"#.to_owned()]);
    assert_eq!((bench.echo(0), bench.echo(1)), (None, Some(Echo::NoTrail)));
    // A record that could not be decoded is no trail.
    let mut bench = Bench::of(&[command(0, delete), "{\"x\":1}".to_owned()]);
    assert_eq!(bench.echo(0), Some(Echo::NoTrail));
}

#[test]
fn objects_and_buckets() {
    let mut bench = Bench::of(&[
        command(0, "aws s3 rm s3://acme/returns/ --recursive"),
        event(1, "s3", "DeleteObject", &cli("s3.rm"), "'bucketName':'acme','key':'returns/1'"),
        event(1, "s3", "DeleteObject", &cli("s3.rm"), "'bucketName':'acme','key':'returns/2'"),
        event(1, "s3", "DeleteObject", &cli("s3.rm"), "'bucketName':'other','key':'returns/2'"),
        command(10, "aws s3 cp s3://src/a s3://dst/b"),
        event(11, "s3", "CopyObject", &cli("s3.cp"), "'bucketName':'dst','key':'b','x-amz-copy-source':'src/a'"),
    ]);
    assert_eq!(bench.echoed(0), Some((1, true)));
    assert_eq!((bench.commands(2), bench.commands(3)), (vec![0], vec![]));
    assert_eq!((bench.echoed(4), bench.commands(5)), (Some((5, true)), vec![4]));
}

#[test]
fn names_with_versions_and_other_letter_case() {
    let mut bench = Bench::of(&[
        command(0, "aws lambda list-functions"),
        event(1, "lambda", "ListFunctions20150331", &cli("lambda.list-functions"), ""),
        command(5, "aws iam create-open-id-connect-provider"),
        event(6, "iam", "CreateOpenIDConnectProvider", &cli("iam.create-open-id-connect-provider"), ""),
    ]);
    assert_eq!((bench.echoed(0), bench.echoed(2)), (Some((1, true)), Some((3, true))));
    assert_eq!((bench.commands(1), bench.commands(3)), (vec![0], vec![2]));
}

#[test]
fn what_is_remembered_is_forgotten_with_the_next_commit() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = Writable::open(&folder.path().join("a.case")).expect("a case");
    let add = |number: u8, record: &str| {
        let mut batch = Batch::new();
        let mut tape = Tape::new();
        batch.push(SourceId(1), RecordPosition::default(), Digest([number; 32]), None, &decode(record.as_bytes(), &mut tape));
        let mut writer = case.writer().expect("a writer");
        writer.append(batch).expect("appended");
        writer.commit().expect("committed");
    };
    add(1, &command(0, "aws bedrock list-guardrails"));
    let mut reader = case.reader().expect("a reader");
    let mut echoes = Echoes::default();
    let asked = reader.events(&[EventId(1)]).expect("an event").remove(0);
    assert_eq!(echoes.of(&mut reader, &asked).expect("an answer"), Some(Echo::NoTrail));
    add(2, &event(1, "bedrock", "ListGuardrails", &cli("bedrock.list-guardrails"), ""));
    assert!(matches!(echoes.of(&mut reader, &asked).expect("an answer"), Some(Echo::Echoed { sure: true, .. })));
}

#[test]
fn a_clock_that_is_another_is_told_by_commands_at_one_distance() {
    let run = |ahead: i64, commands: usize| {
        let mut records = Vec::new();
        for number in 0..commands as i64 {
            let (second, id) = (number * 700, number);
            records.push(command(second + ahead, &format!("aws bedrock delete-guardrail --guardrail-identifier g{id}")));
            records.push(event(second + 2, "bedrock", "DeleteGuardrail", &cli("bedrock"), &format!("'guardrailIdentifier':'g{id}'")));
        }
        let mut bench = Bench::of(&records);
        let commands: Vec<Event> = (0..commands as u32).map(|number| bench.event(number * 2)).collect();
        let skews = Echoes::default().skews(&mut bench.reader, &commands).expect("an answer");
        skews.iter().map(|skew| (skew.host.to_string(), skew.ahead_ms / 60_000, skew.agreeing, skew.commands)).collect::<Vec<_>>()
    };
    assert_eq!(run(3 * 3600, 5), [("mac".to_owned(), 180, 5, 5)]);
    assert_eq!(run(-5400, 5), [("mac".to_owned(), -90, 5, 5)]);
    // Usual delays, and fewer commands than tell chance from a clock.
    assert_eq!(run(20, 5), []);
    assert_eq!(run(3 * 3600, 2), []);
}
