//! Bodies that contradict themselves, are of wrong types or enormous: what can be read is shown, and what could not be is
//! said.

use super::tests::{full, record};
use crate::decode::decode;
use crate::decode::json::Tape;
use crate::decode::tests::searched;
use crate::model::{BodyState, Part};

#[test]
fn keys_written_twice_hide_neither() {
    for (request, response, user, answer) in [
        (r#"{"inputText":"one","inputText":"two","textGenerationConfig":{}}"#, r#"{"outputText":"a","outputText":"b"}"#, "two", "ab"),
        (r#"{"prompt":"one","prompt":"two"}"#, r#"{"completion":"a","completion":"b"}"#, "two", "ab"),
        (
            r#"{"anthropic_version":"x","messages":[{"role":"user","content":"one"}],"messages":[{"role":"user","content":"two"}]}"#,
            r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"a","text":"b"}],"content":[{"type":"text","text":"c"}]}"#,
            "two",
            "abc",
        ),
        (r#"{"message":"one","message":"two","chat_history":[]}"#, r#"{"text":"a","text":"b","generation_id":"g"}"#, "one\ntwo", "ab"),
        (
            r#"{"messages":[{"role":"user","content":"one","content":"two"}]}"#,
            r#"{"choices":[{"message":{"content":"a","content":"b"}}]}"#,
            "one\ntwo",
            "ab",
        ),
        (
            r#"{"messages":[{"role":"user","content":[{"text":"one","text":"two"}]}]}"#,
            r#"{"output":{"message":{"content":[{"text":"a"},{"text":"b"}]}}}"#,
            "one\ntwo",
            "ab",
        ),
    ] {
        let exchange = full(&record(request, response));
        assert_eq!((exchange.user_text.as_str(), exchange.completion.as_str()), (user, answer), "{request}");
        let parts: Vec<&str> = exchange.turns.iter().flat_map(|turn| &turn.parts).filter_map(Part::text).collect();
        assert_eq!(parts, ["one", "two"], "{request}");
    }
    // Two bodies on one side: the first is read, the other is searched, and that there are two is said.
    let twice = br#"{"schemaType":"ModelInvocationLog","input":{"inputBodyJson":{"prompt":"one","max_gen_len":1},"inputBodyJson":{"prompt":"two"}}}"#;
    let exchange = full(twice);
    assert_eq!((exchange.user_text.as_str(), exchange.remarks.as_slice()), ("one", &["text beside the input body: inputBodyJson".to_owned()][..]));
    let mut tape = Tape::new();
    assert!(searched(&decode(twice, &mut tape)).contains(&"two".to_owned()));
}

#[test]
fn text_under_strange_keys_is_found_and_said() {
    let bytes = record(
        r#"{"anthropic_version":"x","messages":[{"role":"user","content":"q"}],"prompt":"hidden","temperature":1,"stop_sequences":["x"]}"#,
        r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"a"}],"warning":{"text":"odd"}}"#,
    );
    let exchange = full(&bytes);
    assert_eq!((exchange.user_text.as_str(), exchange.completion.as_str()), ("q", "a"));
    assert_eq!(exchange.remarks, ["text under keys that claude-messages bodies do not have: prompt, warning"]);
    let mut tape = Tape::new();
    let searched = searched(&decode(&bytes, &mut tape));
    assert!(["hidden", "odd"].iter().all(|word| searched.contains(&(*word).to_owned())), "{searched:?}");
}

#[test]
fn wrong_types_are_shown_as_they_are() {
    let turns = |messages: &str| -> Vec<String> {
        let exchange = full(&record(&format!(r#"{{"anthropic_version":"x","messages":{messages}}}"#), "null"));
        let parts = exchange.turns.iter().flat_map(|turn| turn.parts.iter().map(move |part| (turn.role.as_str(), part)));
        parts
            .map(|(role, part)| match part {
                Part::Text { text } => format!("{role}: {text}"),
                Part::Json { text } => format!("{role} json: {text}"),
                other => format!("{role} {other:?}"),
            })
            .collect()
    };
    for (messages, expected) in [
        (r#"["hello"]"#, &["?: hello"][..]),
        (r#"[{"content":"no role"}]"#, &["?: no role"]),
        (r#"[{"role":7,"content":"a number"}]"#, &["7: a number"]),
        (r#"[{"role":"user"}]"#, &[]),
        (r#"[{"role":"user","content":null}]"#, &[]),
        (r#"[{"role":"user","content":42}]"#, &["user json: 42"]),
        (r#"[{"role":"user","content":{"type":"text","text":"bare"}}]"#, &["user: bare"]),
        (r#"[{"role":"user","content":[["deep"]]}]"#, &[r#"user json: ["deep"]"#]),
        (r#"[{"role":"user","content":[{"type":"text","text":{"a":"b"}}]}]"#, &[r#"user: {"a":"b"}"#]),
        (r#"[{"role":"user","content":[{"type":"text","txt":"b"}]}]"#, &["user json: b"]),
        (r#"[{"role":"user","content":[{"type":"text"}]}]"#, &[r#"user json: {"type":"text"}"#]),
        (r#"[{"role":"user","text":"misplaced"}]"#, &["user json: misplaced"]),
        ("[7,null,[]]", &["? json: 7"]),
    ] {
        assert_eq!(turns(messages), expected, "{messages}");
    }
    // The sides themselves: a body where its object should be.
    for record in [
        r#"{"schemaType":"ModelInvocationLog","input":{"anthropic_version":"x"},"output":"said"}"#,
        r#"{"schemaType":"ModelInvocationLog","input":[],"output":"said"}"#,
        r#"{"schemaType":"ModelInvocationLog","input":"{\"prompt\":\"q\",\"max_gen_len\":1}","output":["said"]}"#,
        r#"{"schemaType":"ModelInvocationLog","requestMetadata":"said","identity":[],"timestamp":{},"modelId":[1]}"#,
    ] {
        super::agreement::of_list_and_exchange(record.as_bytes());
        let mut tape = Tape::new();
        let decoded = decode(record.as_bytes(), &mut tape);
        assert!(searched(&decoded).contains(&"said".to_owned()), "{record}");
    }
    assert_eq!(full(br#"{"schemaType":"ModelInvocationLog","input":"{\"prompt\":\"q\",\"max_gen_len\":1}"}"#).user_text, "q");
}

#[test]
fn bodies_cut_off_say_so() {
    for cut in [r#"{"prompt":"one two"#, r#"{"prompt":"one two","max_gen_len":"#, r#"{"prompt":"one two" oops"#] {
        let bytes = record(&serde_json::to_string(cut).expect("a string"), r#"{"generation":"a"}"#);
        let exchange = full(&bytes);
        assert_eq!((exchange.user_text.as_str(), exchange.body), ("one two", BodyState::Inline), "{cut}");
        assert!(exchange.unreadable[0].starts_with("the request body is damaged"), "{:?}", exchange.unreadable);
    }
}

/// What a turn or a chunk repeated many times gives, read both ways.
fn repeated(request: &str, response: &str) -> crate::model::Exchange {
    full(&record(request, response))
}

#[test]
fn enormous_bodies_are_linear() {
    let array = |item: &dyn Fn(usize) -> String, count: usize| format!("[{}]", (0..count).map(item).collect::<Vec<_>>().join(","));
    // Ten thousand turns, half of them tool calls and their answers, half of an agent's.
    let turns = array(
        &|index| match index % 4 {
            0 => r#"{"role":"user","content":"<input>hello</input> [INST]"}"#.to_owned(),
            1 => format!(r#"{{"role":"assistant","content":[{{"type":"tool_use","id":"t{index}","name":"f{index}","input":{{"a":1}}}}]}}"#),
            2 => format!(r#"{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"t{index}","content":"<function_results>1"}}]}}"#),
            _ => r#"{"role":"user","content":"<function_results>1</function_results>"}"#.to_owned(),
        },
        10_000,
    );
    let exchange = repeated(&format!(r#"{{"anthropic_version":"x","messages":{turns}}}"#), "null");
    assert_eq!(exchange.turns.len(), 10_000);

    // Five thousand tools of different names in one answer: in blocks, in a stream's fragments, in an agent's text.
    let calls = array(&|index| format!(r#"{{"type":"tool_use","id":"t{index}","name":"f{index}","input":{{}}}}"#), 5_000);
    let claude = r#"{"anthropic_version":"x","messages":[]}"#;
    assert_eq!(repeated(claude, &format!(r#"{{"type":"message","role":"assistant","content":{calls}}}"#)).tool_calls.len(), 5_000);
    let stream = array(
        &|index| match index % 2 {
            0 => format!(r#"{{"type":"content_block_start","index":{index},"content_block":{{"type":"tool_use","id":"t","name":"f{index}"}}}}"#),
            _ => format!(r#"{{"type":"content_block_delta","index":{},"delta":{{"type":"input_json_delta","partial_json":"{{}}"}}}}"#, index - 1),
        },
        10_000,
    );
    assert_eq!(repeated(claude, &stream).tool_calls.len(), 5_000);
    let text: String = (0..5_000).map(|index| format!("<invoke><tool_name>f{index}</tool_name>")).collect();
    assert_eq!(
        repeated(claude, &format!(r#"{{"type":"message","role":"assistant","content":[{{"type":"text","text":"{text}"}}]}}"#)).tool_calls.len(),
        5_000
    );

    // Tens of thousands of deltas, of thinking tags, of answers, of Java's blocks, of keys nobody knows.
    let deltas = array(&|_| r#"{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"<thinking>a</thinking>b"}}}"#.to_owned(), 20_000);
    assert_eq!(repeated(r#"{"messages":[]}"#, &deltas).completion.len(), 20_000);
    let answers = array(&|_| r#"{"text":""}"#.to_owned(), 20_000);
    repeated(r#"{"prompt":"q"}"#, &format!(r#"{{"outputs":{answers}}}"#));
    let java = format!("[{{{}}}]", vec!["text=a, type=text"; 20_000].join("}, {"));
    let exchange = repeated(&format!(r#"{{"anthropic_version":"x","messages":[{{"role":"user","content":"{java}"}}]}}"#), "null");
    assert_eq!(exchange.turns[0].parts.len(), 20_000);
    let keys: String = (0..20_000).map(|index| format!(r#","k{index}":"v""#)).collect();
    assert_eq!(repeated(&format!(r#"{{"anthropic_version":"x","messages":[]{keys}}}"#), "null").remarks.len(), 1);
    let quoted = array(&|_| r#""{\"completion\":\"a\"}""#.to_owned(), 20_000);
    assert_eq!(repeated(r#"{"prompt":"q"}"#, &quoted).completion.len(), 20_000);
}
