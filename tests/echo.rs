//! The demo's laptop: an administrator deletes command by command, CloudTrail echoes each, but one.

#![cfg(test)]

mod evidence;

use std::collections::BTreeMap;

use outcrop::case::Reader;
use outcrop::model::{Entity, EntityKind, Event, EventId, Scope, Strand, StrandSet};
use outcrop::source::{Input, demo};
use outcrop::stitch::echo::{Echo, Echoes};

fn demo_case() -> (tempfile::TempDir, Reader) {
    let inputs = demo::files(&demo::Options::default()).map(Input::from);
    let (folder, case) = evidence::case_of(inputs);
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
    let (_folder, mut reader) = demo_case();
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
