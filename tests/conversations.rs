//! Conversations, from evidence to reading: the demo's forty-call loop, and what clients do to a history.

#![cfg(test)]

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use outcrop::case::{Reader, Writable};
use outcrop::model::{Entity, EntityKind, EventId, Part, Scope, Strand, StrandSet, Turn};
use outcrop::source::{Input, demo, ingest};
use outcrop::stitch::conversation::{self, Told};

struct Bench {
    _folder: tempfile::TempDir,
    reader: Reader,
}

impl Bench {
    /// Reads these files in this order, each in an ingest of its own.
    fn of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let case = Writable::open(&folder.path().join("case.outcrop")).expect("a case");
        for (name, bytes) in files {
            ingest([Input::Bytes { name, bytes }], &case, &|_| {}, &AtomicBool::new(false)).expect("evidence is read");
        }
        let reader = case.reader().expect("a reader");
        Self { _folder: folder, reader }
    }

    /// The conversations of all invocations, each as the request ids of its calls in order.
    fn conversations(&mut self) -> BTreeSet<Vec<String>> {
        let scope = Scope { strands: StrandSet::only(Strand::Invocation), ..Scope::all() };
        let refs = self.reader.refs(&scope).expect("a list");
        let (heads, members) = self.reader.conversations(&refs).expect("conversations");
        assert_eq!(members.len(), refs.len());
        heads.iter().map(|head| self.requests(head.id)).collect()
    }

    fn requests(&mut self, event: EventId) -> Vec<String> {
        let calls = self.reader.conversation(event).expect("a conversation");
        let ids: Vec<EventId> = calls.iter().map(|call| call.id).collect();
        self.reader.events(&ids).expect("events").into_iter().filter_map(|event| event.request_id).collect()
    }

    fn only(&mut self, request: &str) -> EventId {
        let found = self.reader.refs(&Scope::all().narrowed(Entity::new(EntityKind::Request, request))).expect("a list");
        found.iter().find(|event| event.strand() == Strand::Invocation).expect("an invocation").id
    }
}

fn demo_files(events: u64) -> Vec<(String, Vec<u8>)> {
    demo::files(&demo::Options { events, ..demo::Options::default() }).map(|file| (file.path, file.bytes)).collect()
}

/// A Converse call of one user; the turns alternate, the first is the user's.
fn call(second: usize, system: &str, turns: &[&str], answer: &str) -> String {
    let turns: Vec<String> = turns
        .iter()
        .enumerate()
        .map(|(n, text)| format!(r#"{{"role":"{}","content":[{{"text":"{text}"}}]}}"#, if n % 2 == 0 { "user" } else { "assistant" }))
        .collect();
    record(second, &format!(r#"{{"system":[{{"text":"{system}"}}],"messages":[{}],"inferenceConfig":{{}}}}"#, turns.join(",")), answer)
}

fn record(second: usize, request: &str, answer: &str) -> String {
    format!(
        r#"{{"schemaType":"ModelInvocationLog","timestamp":"2026-10-05T10:{:02}:{:02}Z","accountId":"111122223333","region":"us-east-1","requestId":"r{second}","operation":"Converse","modelId":"amazon.nova-pro-v1:0","identity":{{"arn":"arn:aws:iam::111122223333:user/ann"}},"input":{{"inputBodyJson":{request}}},"output":{{"outputBodyJson":{{"output":{{"message":{{"role":"assistant","content":[{{"text":"{answer}"}}]}}}},"stopReason":"end_turn"}}}}}}"#,
        second / 60,
        second % 60
    )
}

fn texts(turns: &[Turn]) -> Vec<&str> {
    turns.iter().flat_map(|turn| &turn.parts).filter_map(Part::text).collect()
}

#[test]
fn the_forty_call_loop_is_one_conversation() {
    let mut bench = Bench::of(demo_files(1500));
    let loops: Vec<Vec<String>> = bench.conversations().into_iter().filter(|calls| calls.len() >= 40).collect();
    assert_eq!(loops.iter().map(Vec::len).collect::<Vec<_>>(), [40]);
    let first = bench.only(&loops[0][0]);
    let conversation = conversation::read(&mut bench.reader, first).expect("it reads");
    assert_eq!(conversation.calls.len(), 40);
    for (number, call) in conversation.calls.iter().enumerate() {
        assert_eq!(call.event.request_id.as_deref(), Some(loops[0][number].as_str()));
        assert!(call.unlogged.is_empty(), "{number}");
        // Each shows one new turn: the request at first, then the result of the tool that the call before asked for.
        let new = match &call.told {
            Told::Itself(exchange, new) => exchange.turns[*new..].to_vec(),
            Told::Later(user, answer) => {
                assert_eq!(answer.len(), 1, "{number}");
                user.clone()
            }
            Told::Unreadable(why) => panic!("{number}: {why}"),
        };
        assert_eq!(new.len(), 1, "{number}");
        assert_eq!(new[0].parts.iter().any(|part| matches!(part, Part::ToolResult { .. })), number > 0, "{number}");
    }
    let at = conversation::position(&mut bench.reader, bench_id(&conversation, 6)).expect("it reads").expect("a place");
    assert_eq!((at.first.id, at.position, at.length), (first, 7, 40));
}

fn bench_id(conversation: &conversation::Conversation, call: usize) -> EventId {
    conversation.calls[call].event.id
}

#[test]
fn the_order_of_arrival_changes_nothing() {
    let mut files = demo_files(1500);
    let forwards = Bench::of(files.clone()).conversations();
    files.reverse();
    assert_eq!(Bench::of(files.clone()).conversations(), forwards);
    // All at once, on all cores.
    let folder = tempfile::tempdir().expect("a folder");
    let case = Writable::open(&folder.path().join("case.outcrop")).expect("a case");
    let inputs = files.into_iter().map(|(name, bytes)| Input::Bytes { name, bytes });
    ingest(inputs, &case, &|_| {}, &AtomicBool::new(false)).expect("evidence is read");
    let reader = case.reader().expect("a reader");
    assert_eq!(Bench { _folder: folder, reader }.conversations(), forwards);
}

#[test]
fn what_clients_do_to_a_history() {
    let long = "An answer of more than forty-eight characters, so that it is known by itself.";
    let records = [
        // A conversation: grows, its system text is edited, then only a window of the history is sent, then a call is missing.
        call(0, "one", &["a"], "A"),
        call(1, "one, edited", &["a", "A", "b"], "B"),
        call(2, "one", &["b", "B", "c"], "C"),
        call(4, "one", &["b", "B", "c", "C", "d", "D", "e"], "E"),
        // The same question and answer again: a conversation of its own, and the next call continues the latter.
        call(10, "", &["a"], "A"),
        call(11, "", &["a", "A", "z"], "Z"),
        // The prompt was made of what the user typed, and the history holds what he typed.
        call(20, "", &["Context: … Question: q"], long),
        call(21, "", &["q", long, "and?"], "Y"),
        // Alone.
        call(30, "", &["a question"], "X"),
        // The answer was tried again from the same history.
        call(40, "", &["u"], "U"),
        call(41, "", &["u", "U", "v"], "V"),
        call(42, "", &["u", "U", "v"], "W"),
    ];
    let expected: BTreeSet<Vec<String>> = [&["r0", "r1", "r2", "r4"][..], &["r10", "r11"], &["r20", "r21"], &["r30"], &["r40", "r41", "r42"]]
        .map(|ids| ids.iter().map(|id| (*id).to_owned()).collect())
        .into();
    let mut bench = Bench::of([("log".to_owned(), records.join("\n").into_bytes())]);
    assert_eq!(bench.conversations(), expected);
    let mut backwards: Vec<(String, Vec<u8>)> =
        records.iter().enumerate().map(|(n, record)| (format!("log{n}"), record.clone().into_bytes())).collect();
    backwards.reverse();
    assert_eq!(Bench::of(backwards).conversations(), expected);

    // Each shows only what is new; what no call was made for stands before the call that repeats it.
    let id = bench.only("r0");
    let conversation = conversation::read(&mut bench.reader, id).expect("it reads");
    let new: Vec<Vec<&str>> = conversation
        .calls
        .iter()
        .map(|call| match &call.told {
            Told::Itself(exchange, new) => texts(&exchange.turns[*new..]),
            Told::Later(user, _) => texts(user),
            Told::Unreadable(_) => Vec::new(),
        })
        .collect();
    assert_eq!(new, [["a"], ["b"], ["c"], ["e"]]);
    assert_eq!(conversation.calls.iter().map(|call| texts(&call.unlogged)).collect::<Vec<_>>(), [vec![], vec![], vec![], vec!["d", "D"]]);
}

#[test]
fn nobody_continues_what_another_one_began() {
    let theirs = call(1, "", &["a", "A", "b"], "B").replace("user/ann", "user/bob");
    let mut bench = Bench::of([("log".to_owned(), [call(0, "", &["a"], "A"), theirs].join("\n").into_bytes())]);
    assert_eq!(bench.conversations().len(), 2);
}
