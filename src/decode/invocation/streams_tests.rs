//! Streams put together, tools called, and what else an answer holds (FORMATS §2.1 to §2.3).

use super::tests::{full, record};
use crate::decode::json::Tape;
use crate::decode::tests::searched;
use crate::decode::{Decoded, decode};
use crate::model::{Exchange, ExchangeFacts, ExchangeFlags, Part, Tokens};

fn facts(record: &[u8]) -> ExchangeFacts {
    let mut tape = Tape::new();
    let Decoded { exchange, .. } = decode(record, &mut tape);
    exchange.expect("an exchange")
}

/// Parts of the answer, each in a word or two.
fn beside(exchange: &Exchange) -> Vec<String> {
    exchange
        .answer_parts
        .iter()
        .map(|part| match part {
            Part::Media { kind, name, uri, text, .. } => {
                [Some(kind), name.as_ref(), uri.as_ref(), text.as_ref()].into_iter().flatten().cloned().collect::<Vec<_>>().join(" | ")
            }
            Part::ToolResult { text, .. } => format!("result | {text}"),
            Part::Json { text } => format!("json | {text}"),
            Part::Reasoning { redacted: true, .. } => "redacted".to_owned(),
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn streams_of_every_family() {
    const METRICS: &str =
        r#""amazon-bedrock-invocationMetrics":{"inputTokenCount":3,"outputTokenCount":4,"invocationLatency":50,"firstByteLatency":5}"#;
    for (request, chunks, answer, stop) in [
        // Claude's text completion.
        (
            r#"{"prompt":"\n\nHuman: q\n\nAssistant:"}"#,
            r#"{"completion":" a","stop_reason":null,"stop":null},{"completion":"b","stop_reason":"stop_sequence","stop":"x",METRICS}"#,
            " ab",
            "stop_sequence",
        ),
        // Claude's messages.
        (
            r#"{"anthropic_version":"x","messages":[{"role":"user","content":"q"}]}"#,
            r#"{"type":"message_start","message":{"role":"assistant","content":[],"usage":{"input_tokens":3,"output_tokens":1}}},{"type":"ping"},{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}},{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}},{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}},{"type":"content_block_stop","index":0},{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":4}},{"type":"message_stop",METRICS}"#,
            "ab",
            "end_turn",
        ),
        // Nova: a stop after every delta, a new index for each.
        (
            r#"{"schemaVersion":"messages-v1","messages":[{"role":"user","content":[{"text":"q"}]}]}"#,
            r#"{"messageStart":{"role":"assistant"}},{"contentBlockDelta":{"delta":{"text":"a"},"contentBlockIndex":0}},{"contentBlockStop":{"contentBlockIndex":0}},{"contentBlockDelta":{"delta":{"text":"b"},"contentBlockIndex":1}},{"contentBlockStop":{"contentBlockIndex":1}},{"messageStop":{"stopReason":"end_turn"}},{"metadata":{"usage":{"inputTokens":3,"outputTokens":4},"metrics":{},"trace":{}},METRICS}"#,
            "ab",
            "end_turn",
        ),
        // Converse: a text block has no contentBlockStart.
        (
            r#"{"messages":[{"role":"user","content":[{"text":"q"}]}]}"#,
            r#"{"messageStart":{"role":"assistant"}},{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"a"}}},{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"b"}}},{"contentBlockStop":{"contentBlockIndex":0}},{"messageStop":{"stopReason":"end_turn"}},{"metadata":{"usage":{"inputTokens":3,"outputTokens":4,"totalTokens":7},"metrics":{"latencyMs":50}}}"#,
            "ab",
            "end_turn",
        ),
        (
            r#"{"inputText":"q","textGenerationConfig":{}}"#,
            r#"{"outputText":"a","index":0,"totalOutputTextTokenCount":null,"completionReason":null,"inputTextTokenCount":3},{"outputText":"b","index":0,"totalOutputTextTokenCount":4,"completionReason":"FINISH","inputTextTokenCount":3,METRICS}"#,
            "ab",
            "FINISH",
        ),
        (
            r#"{"prompt":"q","max_gen_len":9}"#,
            r#"{"generation":"a","prompt_token_count":3,"generation_token_count":1,"stop_reason":null},{"generation":"b","prompt_token_count":null,"generation_token_count":4,"stop_reason":"stop",METRICS}"#,
            "ab",
            "stop",
        ),
        (
            r#"{"prompt":"q"}"#,
            r#"{"outputs":[{"text":"a","stop_reason":null}]},{"outputs":[{"text":"b","stop_reason":"stop"}],METRICS}"#,
            "ab",
            "stop",
        ),
        // Mistral chat: each chunk a choice with a piece of a message.
        (
            r#"{"messages":[{"role":"user","content":"q"}]}"#,
            r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"a"},"stop_reason":null}]},{"choices":[{"index":0,"message":{"role":"assistant","content":"b"},"stop_reason":"stop"}],METRICS}"#,
            "ab",
            "stop",
        ),
        (
            r#"{"prompt":"q","stream":true}"#,
            r#"{"text":"a","is_finished":false},{"text":"b","is_finished":false},{"text":"","is_finished":true,"finish_reason":"COMPLETE",METRICS}"#,
            "ab",
            "COMPLETE",
        ),
        // Cohere, older: the whole body as the only element; its last chunk may hold all once more.
        (r#"{"prompt":"q"}"#, r#"{"generations":[{"text":"ab","finish_reason":"COMPLETE"}],"prompt":"q",METRICS}"#, "ab", "COMPLETE"),
        (
            r#"{"prompt":"q"}"#,
            r#"{"text":"a","is_finished":false},{"text":"b","is_finished":false},{"is_finished":true,"finish_reason":"COMPLETE","response":{"generations":[{"text":"ab"}]},METRICS}"#,
            "ab",
            "COMPLETE",
        ),
        (
            r#"{"message":"q"}"#,
            r#"{"event_type":"stream-start","generation_id":"g"},{"event_type":"text-generation","text":"a"},{"event_type":"text-generation","text":"b"},{"event_type":"stream-end","finish_reason":"COMPLETE","response":{"text":"ab","generation_id":"g"},METRICS}"#,
            "ab",
            "COMPLETE",
        ),
        // J2, Jamba, DeepSeek, gpt-oss.
        (
            r#"{"prompt":"q","maxTokens":9}"#,
            r#"{"completions":[{"data":{"text":"a"},"finishReason":null}]},{"completions":[{"data":{"text":"b"},"finishReason":{"reason":"length"}}],METRICS}"#,
            "ab",
            "length",
        ),
        (
            r#"{"messages":[{"role":"user","content":"q"}]}"#,
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null}]},{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]},{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7},METRICS},"[DONE]""#,
            "ab",
            "stop",
        ),
        (
            r#"{"prompt":"q"}"#,
            r#"{"choices":[{"text":"a","stop_reason":null}]},{"choices":[{"text":"b","stop_reason":"stop"}],METRICS}"#,
            "ab",
            "stop",
        ),
    ] {
        let chunks = chunks.replace("METRICS", METRICS);
        let exchange = full(&record(request, &format!("[{chunks}]")));
        assert_eq!((exchange.completion.as_str(), exchange.stop_reason.as_deref()), (answer, Some(stop)), "{chunks}");
        assert_eq!(exchange.tokens, Tokens { input: Some(3), output: Some(4), total_input: Some(3), ..exchange.tokens }, "{chunks}");
        assert_eq!(exchange.latency_ms, Some(50), "{chunks}");
        assert_eq!((exchange.unknown_shape.as_ref(), beside(&exchange)), (None, vec![]), "{chunks}");
        // Words that the deltas cut in two are found.
        let bytes = record(request, &format!("[{chunks}]"));
        let mut tape = Tape::new();
        assert!(searched(&decode(&bytes, &mut tape)).contains(&answer.to_owned()), "{chunks}");
        // Each chunk as a text of its own, with the end of the stream among them.
        let quoted: Vec<String> = {
            let all = format!("[{chunks}]");
            let tape = Tape::of(all.as_bytes());
            let quote = |text: &str| serde_json::to_string(text).expect("a string");
            tape.root(all.as_bytes()).items().map(|chunk| quote(chunk.text().as_deref().unwrap_or(&chunk.json()))).collect()
        };
        assert_eq!(full(&record(request, &format!("[{}]", quoted.join(",")))).completion, answer, "{chunks}");
        // Cut off in the middle of the array: what came is shown, and that it is cut is said.
        let whole = record(request, &format!("[{chunks}]"));
        let cut = &whole[..whole.len() - chunks.len() / 3];
        let exchange = full(cut);
        assert!(answer.starts_with(&exchange.completion) && !exchange.unreadable.is_empty(), "{} of {chunks}", exchange.completion);
    }
}

#[test]
fn an_error_in_the_middle_of_a_stream_is_shown() {
    let request = r#"{"anthropic_version":"x","messages":[{"role":"user","content":"q"}]}"#;
    let exchange = full(&record(
        request,
        r#"[{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}},{"modelStreamErrorException":{"message":"broken","originalStatusCode":424}},"strange",7,null]"#,
    ));
    assert_eq!(exchange.completion, "a");
    assert_eq!(beside(&exchange), [r#"json | {"modelStreamErrorException":{"message":"broken","originalStatusCode":424}}"#, "json | strange"]);
    let alone = full(&record(request, r#"["[DONE]"]"#));
    assert_eq!(alone.unknown_shape.expect("as JSON").1, r#"["[DONE]"]"#);
}

#[test]
fn a_stream_that_breaks_off_says_so() {
    const CUT: &str = "the stream ends in the middle: no chunk says that it is the last";
    let claude = r#"{"anthropic_version":"x","messages":[{"role":"user","content":"q"}]}"#;
    let converse = r#"{"messages":[{"role":"user","content":[{"text":"q"}]}]}"#;
    let prompt = r#"{"prompt":"q"}"#;
    let text = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"#;
    let piece = r#"{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"a"}}}"#;
    let after = |chunk: &str, more: &str| format!("[{chunk},{more}]");
    for (request, response, expected) in [
        (claude, format!("[{text}]"), Some(CUT)),
        (claude, after(text, r#"{"type":"message_stop"}"#), None),
        (claude, after(text, r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#), None),
        (claude, after(text, r#"{"type":"message_delta","delta":{"stop_reason":null}}"#), Some(CUT)),
        // In the middle of a tool's input.
        (
            claude,
            r#"[{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}},{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}]"#.to_owned(),
            Some(CUT),
        ),
        (claude, after(text, r#"{"type":"content_block_stop","index":0,"amazon-bedrock-guardrailAction":"INTERVENED"}"#), None),
        (
            claude,
            after(text, r#"{"type":"error","error":{"type":"overloaded_error","message":"Over\nloaded"}}"#),
            Some("the stream ends with an error: overloaded_error: Over loaded"),
        ),
        (claude, r#"[{"throttlingException":{"message":"slow"}}]"#.to_owned(), Some("the stream ends with an error: throttlingException: slow")),
        (converse, format!("[{piece}]"), Some(CUT)),
        (converse, after(piece, r#"{"messageStop":{"stopReason":"end_turn"}}"#), None),
        (converse, after(piece, r#"{"internalServerException":{}}"#), Some("the stream ends with an error: internalServerException")),
        (
            converse,
            after(piece, r#"{"modelStreamErrorException":{"message":"m","originalStatusCode":424}}"#),
            Some("the stream ends with an error: modelStreamErrorException: m"),
        ),
        (converse, after(piece, r#"{"validationException":{"message":"v"}}"#), Some("the stream ends with an error: validationException: v")),
        (
            converse,
            after(piece, r#"{"serviceUnavailableException":{"message":"u"}}"#),
            Some("the stream ends with an error: serviceUnavailableException: u"),
        ),
        (prompt, r#"[{"generation":"a","stop_reason":null}]"#.to_owned(), Some(CUT)),
        (
            prompt,
            r#"[{"generation":"a","stop_reason":null,"amazon-bedrock-invocationMetrics":{"inputTokenCount":1,"outputTokenCount":1}}]"#.to_owned(),
            None,
        ),
        (prompt, r#"[{"text":"a","is_finished":false}]"#.to_owned(), Some(CUT)),
        (prompt, r#"[{"text":"a","is_finished":false},{"is_finished":true}]"#.to_owned(), None),
        (claude, r#"[{"choices":[{"delta":{"content":"a"}}]},"[DONE]"]"#.to_owned(), None),
        // Whole answers are no streams.
        (claude, r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"a"}]}"#.to_owned(), None),
        (r#"{"inputText":"q"}"#, r#"[{"embedding":[1,2],"inputTextTokenCount":1}]"#.to_owned(), None),
    ] {
        let bytes = record(request, &response);
        let exchange = full(&bytes);
        assert_eq!(exchange.remarks.iter().map(String::as_str).collect::<Vec<_>>(), Vec::from_iter(expected), "{response}");
        assert_eq!(facts(&bytes).flags.has(ExchangeFlags::UNREADABLE), expected.is_some(), "{response}");
        assert_eq!(exchange.unreadable, Vec::<String>::new(), "{response}");
    }
}

#[test]
fn tools_called_in_every_way() {
    let claude = r#"{"anthropic_version":"x","messages":[{"role":"user","content":"q"}]}"#;
    let converse = r#"{"messages":[{"role":"user","content":[{"text":"q"}]}]}"#;
    let chat = r#"{"messages":[{"role":"user","content":"q"}]}"#;
    for (request, response, calls, names) in [
        (
            claude,
            r#"{"type":"message","role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":1}},{"type":"tool_use","id":"u","name":"g","input":{}},{"type":"tool_use","id":"v","name":"f","input":null}]}"#,
            &[("f", r#"{"a":1}"#), ("g", "{}"), ("f", "")][..],
            &["f", "g"][..],
        ),
        // Fragments: the first may be empty, the last may be missing.
        (
            claude,
            r#"[{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}},{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"u","name":"g","input":{}}},{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}},{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"b\":2"}},{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}},{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}}]"#,
            &[("f", r#"{"a":1}"#), ("g", r#"{"b":2"#)],
            &["f", "g"],
        ),
        (
            claude,
            r#"{"type":"message","role":"assistant","content":[{"type":"server_tool_use","id":"t","name":"web_search","input":{"query":"x"}}]}"#,
            &[("web_search", r#"{"query":"x"}"#)],
            &["web_search"],
        ),
        (
            converse,
            r#"{"output":{"message":{"content":[{"toolUse":{"toolUseId":"t","name":"f","input":{"a":1},"type":"server_tool_use"}}]}},"stopReason":"tool_use"}"#,
            &[("f", r#"{"a":1}"#)],
            &["f"],
        ),
        (
            converse,
            r#"[{"contentBlockStart":{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"t","name":"f"}}}},{"contentBlockDelta":{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"a\""}}}},{"contentBlockDelta":{"contentBlockIndex":1,"delta":{"toolUse":{"input":":1}"}}}},{"messageStop":{"stopReason":"tool_use"}}]"#,
            &[("f", r#"{"a":1}"#)],
            &["f"],
        ),
        (
            chat,
            r#"{"choices":[{"message":{"content":"","tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},"finish_reason":"tool_calls"}]}"#,
            &[("f", r#"{"a":1}"#)],
            &["f"],
        ),
        (r#"{"message":"q"}"#, r#"{"text":"","generation_id":"g","tool_calls":[{"name":"f","parameters":{"a":1}}]}"#, &[("f", r#"{"a":1}"#)], &["f"]),
        (
            r#"{"message":"q"}"#,
            r#"[{"event_type":"tool-calls-chunk","tool_call_delta":{"index":0,"name":"f"}},{"event_type":"tool-calls-generation","tool_calls":[{"name":"f","parameters":{"a":1}}]},{"event_type":"stream-end","finish_reason":"COMPLETE"}]"#,
            &[("f", r#"{"a":1}"#)],
            &["f"],
        ),
        // In an agent's text, cut by its stop sequence, over the borders of deltas.
        (
            claude,
            r#"[{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"<function_calls><inv"}},{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"oke><tool_name>ns::f</tool_name><parameters><a>1</a></parameters>"}},{"type":"message_delta","delta":{"stop_reason":"stop_sequence"}}]"#,
            &[("ns::f", "<parameters><a>1</a></parameters>")],
            &["ns::f"],
        ),
        (claude, r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"no call"}]}"#, &[], &[]),
    ] {
        let bytes = record(request, response);
        let exchange = full(&bytes);
        let found: Vec<_> = exchange.tool_calls.iter().map(|call| (call.name.as_str(), call.input.as_str())).collect();
        assert_eq!(found, calls, "{response}");
        let facts = facts(&bytes);
        assert_eq!(
            (facts.tools.as_slice(), facts.flags.has(ExchangeFlags::TOOLS)),
            (&*names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), !names.is_empty()),
            "{response}"
        );
    }
}

#[test]
fn what_an_answer_holds_beside_its_text() {
    let claude = r#"{"anthropic_version":"x","messages":[{"role":"user","content":"q"}]}"#;
    let exchange = full(&record(
        claude,
        r#"{"type":"message","role":"assistant","content":[{"type":"redacted_thinking","data":"x"},{"type":"text","text":"a ","citations":[{"type":"web_search_result_location","cited_text":"c","title":"t","url":"https://example.com"}]},{"type":"text","text":"b"},{"type":"code_execution_tool_result","tool_use_id":"s","content":{"type":"code_execution_result","stdout":"42","return_code":0}},{"type":"hologram","of":"cat"}]}"#,
    ));
    assert_eq!(exchange.completion, "a b");
    assert_eq!(
        beside(&exchange),
        [
            "redacted",
            "citation | t | https://example.com | c",
            r#"result | {"type":"code_execution_result","stdout":"42","return_code":0}"#,
            r#"json | {"type":"hologram","of":"cat"}"#,
        ]
    );
    // A stream's citations and what was redacted; citations are no files.
    let bytes = record(
        r#"{"messages":[{"role":"user","content":[{"text":"q"}]}]}"#,
        r#"[{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"reasoningContent":{"redactedContent":"eA=="}}}},{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"reasoningContent":{"redactedContent":"eQ=="}}}},{"contentBlockDelta":{"contentBlockIndex":1,"delta":{"text":"a "}}},{"contentBlockDelta":{"contentBlockIndex":2,"delta":{"citation":{"title":"t","location":{"s3Location":{"uri":"s3://kb/doc.pdf"}},"sourceContent":[{"text":"c"}]}}}},{"contentBlockDelta":{"contentBlockIndex":2,"delta":{"text":"b"}}}]"#,
    );
    let exchange = full(&bytes);
    assert_eq!(
        (exchange.completion.as_str(), beside(&exchange)),
        ("a b", vec!["redacted".to_owned(), "citation | t | s3://kb/doc.pdf | c".to_owned()])
    );
    let flags = facts(&bytes).flags;
    assert!(flags.has(ExchangeFlags::REASONING) && !flags.has(ExchangeFlags::MEDIA));
}
