//! Any bytes as the bodies of one family, which the first byte chooses: the bytes stand where its texts are. The list and
//! the exchange in full must tell the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use outcrop::decode::{Bodies, decode, exchange, json::Tape};
use outcrop::model::ExchangeFlags;

/// What stands around the bytes of the request, and around those of the response.
const FAMILIES: &[([&str; 2], [&str; 2])] = &[
    ([r#"{"messages":["#, r#"],"inferenceConfig":{}}"#], [r#"{"output":{"message":{"content":["#, r#"]}},"stopReason":"end_turn"}"#]),
    ([r#"{"messages":[{"role":"user","content":["#, r#"]}],"toolConfig":{}}"#], [r#"[{"messageStart":{}},{"contentBlockDelta":{"delta":"#, r#"}}]"#]),
    ([r#"{"anthropic_version":"x","messages":["#, r#"]}"#], [r#"{"type":"message","role":"assistant","content":["#, r#"]}"#]),
    (
        [r#"{"anthropic_version":"x","messages":[{"role":"user","content":["#, r#"]}]}"#],
        [r#"[{"type":"message_start"},{"type":"content_block_delta","index":0,"delta":"#, r#"}]"#],
    ),
    ([r#"{"schemaVersion":"messages-v1","messages":["#, r#"]}"#], [r#"{"output":{"message":{"content":["#, r#"]}},"trace":{}}"#]),
    ([r#"{"max_tokens_to_sample":1,"prompt":""#, r#""}"#], [r#"[{"completion":""#, r#""}]"#]),
    ([r#"{"inputText":""#, r#"","textGenerationConfig":{}}"#], [r#"{"results":[{"outputText":"a"},"#, "]}"]),
    ([r#"{"prompt":"<s>[INST] "#, r#"","max_gen_len":1}"#], [r#"{"generation":""#, r#""}"#]),
    ([r#"{"prompt":"<|im_start|>user\n"#, r#""}"#], [r#"{"outputs":[{"text":"a"},"#, "]}"]),
    ([r#"{"prompt":""#, r#"<think>"}"#], [r#"{"choices":[{"text":""#, r#""}]}"#]),
    ([r#"{"prompt":""#, r#""}"#], [r#"[{"text":"a","is_finished":false},"#, "]"]),
    ([r#"{"message":"m","chat_history":["#, "]}"], [r#"[{"event_type":"stream-start"},"#, "]"]),
    ([r#"{"prompt":"\n\nHuman: "#, r#"","maxTokens":1}"#], [r#"{"completions":[{"data":{"text":"a"}},"#, "]}"]),
    ([r#"{"messages":["#, "]}"], [r#"{"choices":["#, "]}"]),
    ([r#"{"texts":["#, r#"],"input_type":"x"}"#], [r#"{"embeddings":["#, "]}"]),
    ([r#"{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"a","x":"#, "}}"], [r#"{"images":["QUJD","#, "]}"]),
    ([r#"{"source":"INPUT","content":["#, "]}"], [r#"{"action":"NONE","assessments":["#, "]}"]),
    (
        [r#"{"anthropic_version":"x","messages":[{"role":"assistant","content":"<invoke>"},{"role":"user","content":""#, r#""}]}"#],
        [r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"<function_calls>"#, r#""}]}"#],
    ),
    (["{", "}"], ["[", "]"]),
];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let (request, response) = &FAMILIES[usize::from(*first) % FAMILIES.len()];
    let (input, output) = rest.split_at(rest.len() / 2);
    let record = [
        br#"{"schemaType":"ModelInvocationLog","input":{"inputBodyJson":"#,
        request[0].as_bytes(),
        input,
        request[1].as_bytes(),
        br#"},"output":{"outputBodyJson":"#,
        response[0].as_bytes(),
        output,
        response[1].as_bytes(),
        b"}}",
    ]
    .concat();
    let mut tape = Tape::new();
    let decoded = decode(&record, &mut tape);
    let full = exchange(&record, &Bodies::default());
    let Some(facts) = decoded.exchange else { return };
    let characters = |text: &str| text.chars().count();
    assert_eq!(facts.user_chars as usize, characters(&full.user_text));
    assert_eq!(facts.completion_chars as usize, characters(&full.completion));
    assert_eq!(facts.turns as usize, full.turns.len());
    assert_eq!((facts.tokens, &facts.stop_reason), (full.tokens, &full.stop_reason));
    assert_eq!((facts.guardrail, facts.body), (full.guardrail.action, full.body));
    assert_eq!(facts.flags.has(ExchangeFlags::TOOLS), !full.tool_calls.is_empty());
    assert!(facts.tools.iter().all(|name| full.tool_calls.iter().any(|call| call.name == *name)));
});
