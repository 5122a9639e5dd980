//! The built-in incident: every planted story raises the rules it is meant for, at its records; ordinary work raises nothing but
//! what is named here with the reason. docs/DETECTIONS.md says the same in words.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use outcrop::case::{Reader, Writable};
use outcrop::detect::{Detector, RuleSet, Sources};
use outcrop::model::{EventId, Scope, Signal, Strand};
use outcrop::source::{Input, demo, ingest};

/// What was planted, from what the stories say: rule, weight, entity (its end), records by the label of their step with counts. `…` at the
/// end: and others of that hour. First seen rules know three and a half days here, which makes them weigh 1.
const PLANTED: &[(&str, u8, &str, &str)] = &[
    // The leaked key looks round, …
    ("S5", 1, "svc-ml-reporting", "leak-models 3, leak-availability 6"),
    ("P5", 5, "svc-ml-reporting", "leak-availability 6, leak-use-case-read 1, leak-offers 1, leak-use-case 2, leak-agreement 2, leak-entitlement 2"),
    // … is refused (twice in both logs, in Tokyo in one), tries itself out in three Regions, …
    ("S7", 2, "svc-ml-reporting", "leak-refused 5"),
    ("G8", 5, "svc-ml-reporting", "leak-refused 3, leak-probe 1, leak-first-use 3, leak-blind 4"),
    ("P24", 4, "svc-ml-reporting", "leak-probe 1"),
    // … opens a model and uses it, …
    ("P1", 3, "svc-ml-reporting", "leak-use-case 2, leak-agreement 2, leak-entitlement 2"),
    ("P4", 5, "svc-ml-reporting", "leak-models 1, leak-first-use 3"),
    ("P28", 6, "svc-ml-reporting", "leak-entitlement 1, leak-first-use 3, leak-blind 2"),
    (
        "P8",
        8,
        "svc-ml-reporting",
        "leak-models 3, leak-logging-read 2, leak-availability 6, leak-use-case-read 1, leak-offers 1, leak-refused 3, leak-probe 1, \
         leak-use-case 2, leak-agreement 2, leak-entitlement 2, leak-first-use 3, leak-blind 12, leak-burst 60",
    ),
    (
        "S6",
        1,
        "svc-ml-reporting",
        "leak-models 3, leak-profiles 1, leak-logging-read 2, leak-availability 6, leak-use-case-read 1, leak-offers 1, leak-refused 3, \
         leak-probe 1, leak-use-case 2, leak-agreement 2, leak-entitlement 2, leak-first-use 3, leak-logging-refused 1, leak-logging-off 1, \
         leak-blind 8, leak-guardrail 1, leak-burst 60",
    ),
    // … grants itself the run of Bedrock, switches the log off, works unseen, removes a guardrail, …
    ("S12", 3, "svc-ml-reporting", "leak-logging-refused 1"),
    ("P50", 2, "svc-ml-reporting", "leak-attach 1"),
    ("S12", 5, "svc-ml-reporting", "leak-logging-off 1"),
    ("G1", 4, "svc-ml-reporting", "leak-blind 12"),
    ("S11", 4, "svc-ml-reporting", "leak-guardrail 1"),
    // … and sells on. Three of the sixty prompts lie beside the log, and are not measured.
    ("S19", 1, "svc-ml-reporting", "leak-burst 57"),
    // Twelve of them are larger than the limit.
    ("P69", 2, "svc-ml-reporting", "leak-burst 12"),
    ("P67", 3, "svc-ml-reporting", "leak-first-use 3, leak-burst 60"),
    ("S20", 2, "111122223333", "leak-first-use 3, leak-burst 60"),
    // An administrator puts things right: a change of the log all the same.
    ("S12", 3, "n.okafor@example.com", "repair-logging 1"),
    // Tuning as it should be, and as it should not.
    ("S17", 2, "acme-ml-training", "tuning-put 3, tuning-job 1"),
    ("S17", 3, "acme-ml-training-data", "poison-upload 7, poison-replace 2, poison-job 1"),
    ("S3", 1, "tuning-scheduler", "poison-status 1"),
    // Injection.
    ("S3", 1, "acme-web-concierge-chat", "inject-plain 1"),
    ("P52", 2, "acme-web-concierge-chat", "inject-plain 1, inject-rapid 12, inject-topic 1, inject-two-policies 1"),
    ("P52", 1, "acme-web-concierge-chat", "inject-masked 1"),
    ("P54", 2, "acme-web-concierge-chat", "inject-plain 1, inject-noted 1, inject-ignore 2, inject-topic 1, inject-two-policies 1, inject-rapid 12"),
    ("P55", 2, "acme-web-concierge-chat", "inject-two-policies 1"),
    ("P57", 2, "acme-web-concierge-chat", "inject-two-policies 1"),
    ("P60", 2, "acme-web-concierge-chat", "inject-plain 1, inject-rapid 12"),
    ("P60", 4, "acme-web-concierge-chat", "inject-noted 1"),
    ("P61", 3, "acme-web-concierge-chat", "inject-ignore 2, inject-surrogate 1, inject-unguarded 1"),
    // Of the script's twelve three say “from now on” and no more.
    ("P62", 1, "acme-web-concierge-chat", "inject-plain 1, inject-ignore 2, inject-surrogate 1, inject-unguarded 1, inject-rapid 9"),
    ("S14", 1, "acme-web-concierge-chat", "inject-rapid 3"),
    ("P58", 3, "acme-web-concierge-chat", "inject-plain 1, inject-two-policies 1, inject-rapid 12"),
    ("P53", 3, "acme-web-concierge-chat", "inject-rapid 12"),
    ("G7", 3, "acme-web-concierge-chat", "inject-slip 1, inject-unguarded 1"),
    (
        "S6",
        1,
        "acme-web-concierge-chat",
        "inject-plain 1, inject-noted 1, inject-ignore 2, inject-tool 1, inject-base64 1, inject-tags 1, inject-zero-width 1, inject-bidi 1, \
         inject-escapes 1, inject-surrogate 1, inject-masked 1, inject-topic 1, inject-two-policies 1, inject-slip 1, inject-unguarded 1",
    ),
    // The long loop, and the agent's sorting, which is a call of a kind it never made.
    ("S6", 1, "BedrockAgents-ORDERDESK1", "agent-loop 40, …"),
    ("S3", 1, "BedrockAgents-ORDERDESK1", "inject-sorted 1"),
    ("P20", 1, "BedrockAgents-ORDERDESK1", "inject-sorted 1"),
    ("P21", 4, "BedrockAgents-ORDERDESK1", "agent-loop 40, inject-sorted 1, …"),
    // The API key.
    ("P16", 3, "priya.raman@example.com", "api-key-user 1"),
    ("P50", 2, "priya.raman@example.com", "api-key-policy 1"),
    ("P15", 3, "priya.raman@example.com", "api-key-credential 1"),
    ("P12", 1, "BedrockAPIKey-k7dp", "api-key-use 3"),
    ("P12", 1, "BedrockAPIKey-k7dp", "api-key-use 5, api-key-mantle 1"),
    ("P11", 5, "BedrockAPIKey-k7dp", "api-key-use 3"),
    ("G9", 1, "BedrockAPIKey-k7dp", "api-key-use 1"),
    ("G3", 1, "BedrockAPIKey-k7dp", "api-key-mantle 1"),
    ("S3", 1, "BedrockAPIKey-k7dp", "api-key-mantle 1"),
    ("P20", 1, "BedrockAPIKey-k7dp", "api-key-mantle 1"),
    ("P20", 1, "BedrockAPIKey-k7dp", "api-key-mantle 1"),
    ("P20", 4, "BedrockAPIKey-k7dp", "api-key-mantle 1"),
    // Deletions from a laptop: four commands, of which one has no echo.
    ("S25", 3, "503", "laptop-command 4"),
    ("G10", 4, "503", "laptop-command 1"),
    ("S11", 4, "a.kessler@example.com", "laptop-echo 1"),
    ("P41", 2, "a.kessler@example.com", "laptop-echo 1"),
    ("P39", 1, "a.kessler@example.com", "laptop-echo 1"),
    ("S3", 1, "a.kessler@example.com", "laptop-echo 1"),
    ("S3", 1, "a.kessler@example.com", "laptop-echo 1"),
    ("S3", 1, "a.kessler@example.com", "laptop-echo 1"),
    // The pilot: Tuesday's run is its habit. On Thursday the agent does five things that it never did, and its role reads an object,
    // which is no business of a runtime; the two refusals elsewhere are a hunt's. A guest and the root user were never here, either.
    ("S3", 1, "anonymous", "pilot-refused 1"),
    ("S3", 1, "BedrockAgentCore-returns_pilot", "pilot-memory 1"),
    ("S3", 1, "BedrockAgentCore-returns_pilot", "pilot-token 1"),
    ("S3", 1, "BedrockAgentCore-returns_pilot", "pilot-sandbox 1"),
    ("S3", 1, "BedrockAgentCore-returns_pilot", "pilot-flow 1"),
    ("S3", 1, "BedrockAgentCore-returns_pilot", "pilot-documents 1"),
    ("P44", 3, "BedrockAgentCore-returns_pilot", "pilot-object 1"),
    ("S3", 1, "root@444455556666", "pilot-root 2"),
    // Changes that are as they should be are changes all the same; and a key that somebody pasted.
    ("S12", 3, "n.okafor@example.com", "routine-logging 3"),
    ("S9", 1, "n.okafor@example.com", "routine-agent 1"),
    ("P29", 2, "a.kessler@example.com", "routine-guardrail 1"),
    ("P56", 3, "tomas.berger@example.com", "routine-pasted-key 1"),
];

/// What ordinary work raises, and why.
const BACKGROUND: &[(&str, &str, &str)] = &[
    ("S1 S3 P20", "priya.raman@example.com", "a scientist's first look at the models, and first use of one, in the second half of the week"),
    ("S3 P20", "maya.lindqvist@example.com", "likewise"),
    ("S3", "a.kessler@example.com", "an administrator's first look at an agent"),
    ("S3", "acme-posture-scanner", "of a scanner's many looks the small demo shows a few each night, now and then a new one"),
    ("S7 S8", "tomas.berger@example.com", "a model that the laboratory's account may not use"),
    ("S19", "acme-doc-pipeline", "documents; in its first days a principal is measured by what all principals write"),
];

fn demo_signals(reader: &mut Reader) -> Vec<Signal> {
    let set = RuleSet::load(&Sources::builtin(), true);
    assert!(set.problems().is_empty(), "{:?}", set.problems());
    let mut detector = Detector::new(Arc::new(set), reader).expect("rules are ready");
    let findings = detector.catch_up(reader).expect("rules run");
    assert!(findings.detected.problems.is_empty(), "{:?}", findings.detected.problems);
    detector.signals()
}

/// By event the label of the step that made it.
fn labels(reader: &mut Reader) -> HashMap<EventId, &'static str> {
    let cast = demo::cast();
    let by_request: HashMap<&str, &'static str> = cast.steps.iter().map(|step| (step.request.as_str(), step.label)).collect();
    let ids: Vec<EventId> = reader.refs(&Scope::all()).expect("a list").iter().map(|event| event.id).collect();
    let events = reader.events(&ids).expect("events");
    let label = |event: &outcrop::model::Event| match event.request_id.as_deref().filter(|request| !request.is_empty()) {
        Some(request) => by_request.get(request).copied(),
        // Commands have no request; their times have milliseconds.
        None if event.strand == Strand::Endpoint => cast.steps.iter().find(|step| Some(step.at) == event.time).map(|step| step.label),
        None => None,
    };
    events.iter().filter_map(|event| Some((event.id, label(event)?))).collect()
}

fn counted(wanted: &str) -> (BTreeMap<&str, usize>, bool) {
    let open = wanted.ends_with('…');
    let parts = wanted.split(", ").filter(|part| *part != "…").map(|part| {
        let (label, count) = part.rsplit_once(' ').expect("a label and a count");
        (label.trim(), count.parse().expect("a count"))
    });
    (parts.collect(), open)
}

#[test]
fn every_story_raises_its_rules_at_its_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = Writable::open(&folder.path().join("case.outcrop")).expect("a case");
    let inputs = demo::files(&demo::Options::default()).map(Input::from);
    ingest(inputs, &case, &|_| {}, &AtomicBool::new(false)).expect("evidence is read");
    let mut reader = case.reader().expect("a reader");
    let labels = labels(&mut reader);

    let mut missing: Vec<&(&str, u8, &str, &str)> = PLANTED.iter().collect();
    let mut unexpected = Vec::new();
    for signal in demo_signals(&mut reader) {
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for event in &signal.events {
            *found.entry(labels.get(event).copied().unwrap_or("…")).or_default() += 1;
        }
        let about = |entity: &str| signal.entity.value.rsplit('/').next() == Some(entity);
        let fits = |planted: &&(&str, u8, &str, &str)| {
            let (rule, weight, entity, records) = **planted;
            let (wanted, open) = counted(records);
            let mut found = found.clone();
            if open {
                found.remove("…");
            }
            rule == signal.rule && weight == signal.weight && about(entity) && wanted == found && (open || signal.total == signal.events.len() as u64)
        };
        if let Some(at) = missing.iter().position(fits) {
            missing.remove(at);
            continue;
        }
        let is_named = BACKGROUND.iter().any(|(rules, entity, _)| rules.split(' ').any(|rule| rule == signal.rule) && about(entity));
        // What is planted must be at its place: only signals of ordinary work are excused.
        if !is_named || found.keys().any(|label| *label != "…") {
            unexpected.push(format!("{} @{} {} {found:?} {}", signal.rule, signal.weight, signal.entity.value, signal.summary));
        }
    }
    assert!(missing.is_empty() && unexpected.is_empty(), "missing: {missing:#?}\nunexpected: {unexpected:#?}");
}

#[test]
fn the_documents_name_every_rule_and_every_story() {
    let text = std::fs::read_to_string(super::folder("docs/DETECTIONS.md")).expect("text");
    let set = RuleSet::load(&Sources::builtin(), true);
    for rule in set.catalogue() {
        let line = format!("| {} | {} |", rule.id, rule.title);
        let row = text.lines().find(|row| row.starts_with(&line)).unwrap_or_else(|| panic!("docs/DETECTIONS.md has no line {line}"));
        assert!(row.contains(&format!(" | {} | ", rule.weight)), "{row}: the weight is {}", rule.weight);
    }
    let planted: BTreeSet<&str> = PLANTED.iter().map(|(rule, ..)| *rule).collect();
    for rule in planted {
        let shown = text.lines().any(|row| row.starts_with(&format!("| {rule} |")) && !row.ends_with("| – |"));
        assert!(shown, "docs/DETECTIONS.md does not say which story shows {rule}");
    }
}
