//! The demo's laptop: an administrator deletes command by command, CloudTrail echoes each, but one.

#![cfg(test)]

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use outcrop::case::{Reader, Writable};
use outcrop::model::{Entity, EntityKind, Event, EventId, Scope, Strand, StrandSet};
use outcrop::source::{Input, demo, ingest};
use outcrop::stitch::echo::{Echo, Echoes};

fn demo_case(events: Option<u64>) -> (tempfile::TempDir, Reader) {
    let folder = tempfile::tempdir().expect("a folder");
    let case = Writable::open(&folder.path().join("case.outcrop")).expect("a case");
    let options = demo::Options::default();
    let options = demo::Options { events: events.unwrap_or(options.events), ..options };
    let inputs = demo::files(&options).map(|file| Input::Bytes { name: file.path, bytes: file.bytes });
    ingest(inputs, &case, &|_| {}, &AtomicBool::new(false)).expect("evidence is read");
    let reader = case.reader().expect("a reader");
    (folder, reader)
}

fn commands(reader: &mut Reader, scope: &Scope) -> Vec<Event> {
    let scope = Scope { strands: StrandSet::only(Strand::Endpoint), ..scope.clone() };
    let ids: Vec<EventId> = reader.refs(&scope).expect("a list").iter().map(|event| event.id).collect();
    reader.events(&ids).expect("events")
}

#[test]
fn the_laptops_story() {
    let (_folder, mut reader) = demo_case(None);
    let of_laptop = Scope::all().narrowed(Entity::new(EntityKind::Host, demo::cast().laptop));
    let mut echoes = Echoes::default();
    let mut told = BTreeMap::new();
    for command in commands(&mut reader, &of_laptop) {
        let line = command.detail.clone().expect("a line");
        // Friday afternoon, from 16:41 on (src/source/demo/stories/deletions.rs); the background has other programs run.
        if command.time.expect("a time").to_string().as_str() < "2026-11-13T16:40" || ["curl", "jq"].iter().any(|other| line.starts_with(other)) {
            continue;
        }
        let echo = echoes.of(&mut reader, &command).expect("an answer");
        if let Some(Echo::Echoed { event, .. }) = &echo {
            let commands = echoes.commands_of(&mut reader, event).expect("commands");
            assert_eq!(commands.first().map(|first| first.event.id), Some(command.id), "{line}");
        }
        told.insert(
            line,
            echo.map(|echo| match echo {
                Echo::Echoed { event, sure, .. } => format!("{} {sure}", event.action.as_deref().unwrap_or_default()),
                other => other.word().to_owned(),
            }),
        );
    }
    let expected = [
        (
            "aws --profile prod --region us-east-1 bedrock-agent delete-knowledge-base --knowledge-base-id KBRETURNS1",
            Some("DeleteKnowledgeBase true"),
        ),
        ("aws --profile prod bedrock-agent delete-agent --agent-id RETURNSBOT --skip-resource-in-use-check", Some("DeleteAgent true")),
        ("aws --profile prod bedrock-agent list-agents --region us-east-1", Some("ListAgents true")),
        ("aws --profile sandbox bedrock delete-model-invocation-logging-configuration --region us-west-2", Some("missing")),
        ("aws bedrock delete-guardrail --guardrail-identifier gr2returnbot --region us-east-1 --profile prod", Some("DeleteGuardrail true")),
        ("aws bedrock list-guardrails --region us-east-1 --profile prod", Some("ListGuardrails true")),
        ("aws s3 rm s3://acme-support-articles/returns/ --recursive --profile prod", Some("DeleteObject true")),
        ("aws sts get-caller-identity --profile prod", Some("GetCallerIdentity true")),
        ("rm -f /Users/akessler/.aws/cli/history/history.db", None),
    ];
    let told: Vec<(&str, Option<&str>)> = told.iter().map(|(line, echo)| (line.as_str(), echo.as_deref())).collect();
    assert_eq!(told, expected);
}

/// Not a timed test: says what a page of commands costs. `cargo test --release --test echo -- --ignored --nocapture`
#[test]
#[ignore = "makes a case of a million events"]
fn a_page_in_a_large_case() {
    let events = std::env::var("OUTCROP_EVENTS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let (_folder, mut reader) = demo_case(Some(events));
    let commands: Vec<Event> = commands(&mut reader, &Scope::all()).into_iter().filter(|event| event.service.is_some()).collect();
    println!("{events} events, {} calls of the AWS CLI", commands.len());
    let refs = reader.refs(&Scope { strands: StrandSet::only(Strand::Endpoint), ..Scope::all() }).expect("a list");
    let started = Instant::now();
    let tally = reader.tally(&refs, [EntityKind::Principal, EntityKind::Service, EntityKind::Action]).expect("a tally");
    println!("{} events of endpoints counted in {:?}: {} combinations", refs.len(), started.elapsed(), tally.len());
    let mut echoes = Echoes::default();
    for page in commands.chunks(40).take(5).chain(commands.chunks(40).skip(commands.len() / 80).take(5)) {
        let started = Instant::now();
        let mut words: BTreeMap<&str, usize> = BTreeMap::new();
        for command in page {
            let echo = echoes.of(&mut reader, command).expect("an answer").expect("a call");
            *words.entry(echo.word()).or_default() += 1;
        }
        println!("{} rows in {:?}: {words:?}", page.len(), started.elapsed());
    }
}
