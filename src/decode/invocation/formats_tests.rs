//! FORMATS §2 statement by statement: where each family's texts are, how streams are put together, what counts.

use super::tests::{full, record};
use crate::decode::json::Tape;
use crate::decode::tests::samples;
use crate::decode::{Decoded, decode};
use crate::model::{BodyState, ExchangeFacts, Part, Tokens};

fn facts(record: &[u8]) -> ExchangeFacts {
    let mut tape = Tape::new();
    let Decoded { exchange, .. } = decode(record, &mut tape);
    exchange.expect("an exchange")
}

/// Request, response, family, system, the user's text, answer, reasoning, stop, input and output tokens.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str, Option<u64>, Option<u64>);

#[test]
fn whole_bodies_of_every_family() {
    let rows: [Row; 24] = [
        // §2.1: system may be `[]`; text, guarded text, thinking in both spellings, citations in order.
        (
            r#"{"system":[],"messages":[{"role":"user","content":[{"text":"p"}]},{"role":"user","content":[{"text":"q"}]}],"inferenceConfig":{"stopSequences":["x"]}}"#,
            r#"{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"r","signature":"s"}}},{"text":"a "},{"citationsContent":{"content":[{"text":"b"}],"citations":[]}},{"text":" c"}]}},"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":4,"totalTokens":7}}"#,
            "converse",
            "",
            "q",
            "a b c",
            "r",
            "end_turn",
            Some(3),
            Some(4),
        ),
        (
            r#"{"system":[{"text":"s"},{"guardContent":{"text":{"text":"t"}}},{"cachePoint":{"type":"default"}}],"messages":[{"role":"user","content":[{"guardContent":{"text":{"text":"q","qualifiers":["query"]}}}]}]}"#,
            r#"{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":"r"}},{"text":"a"}]}},"stopReason":"model_context_window_exceeded","usage":{"inputTokens":3.0,"outputTokens":4.0,"cacheReadInputTokens":0}}"#,
            "converse",
            "s\nt",
            "q",
            "a",
            "r",
            "model_context_window_exceeded",
            Some(3),
            Some(4),
        ),
        // Claude's text completion.
        (
            r#"{"prompt":"\n\nHuman: q\n\nAssistant:","max_tokens_to_sample":9}"#,
            r#"{"type":"completion","completion":" a","stop_reason":"stop_sequence","stop":"\n\nHuman:"}"#,
            "claude-text",
            "",
            "q",
            " a",
            "",
            "stop_sequence",
            None,
            None,
        ),
        // Claude's messages: system and content as strings, or as blocks.
        (
            r#"{"anthropic_version":"x","system":"s","messages":[{"role":"user","content":"q"}]}"#,
            r#"{"type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":4,"cache_creation":{"ephemeral_5m_input_tokens":0}}}"#,
            "claude-messages",
            "s",
            "q",
            "a",
            "",
            "end_turn",
            Some(3),
            Some(4),
        ),
        // Nova: its limits in either spelling; thinking in tags.
        (
            r#"{"schemaVersion":"messages-v1","system":[{"text":"s"}],"messages":[{"role":"user","content":[{"text":"q"}]}],"inferenceConfig":{"maxTokens":9}}"#,
            r#"{"output":{"message":{"role":"assistant","content":[{"text":"<thinking> r </thinking>\n\na"}]}},"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":4,"totalTokens":7,"cacheReadInputTokenCount":0,"cacheWriteInputTokenCount":0}}"#,
            "nova",
            "s",
            "q",
            "a",
            "r",
            "end_turn",
            Some(3),
            Some(4),
        ),
        (
            r#"{"messages":[{"role":"user","content":[{"text":"q"}]}],"inferenceConfig":{"max_new_tokens":9}}"#,
            r#"{"output":{"message":{"role":"assistant","content":[{"text":"a"}]}},"stopReason":"max_tokens"}"#,
            "nova",
            "",
            "q",
            "a",
            "",
            "max_tokens",
            None,
            None,
        ),
        (
            r#"{"inputText":"q","textGenerationConfig":{"maxTokenCount":9}}"#,
            r#"{"inputTextTokenCount":3,"results":[{"tokenCount":4,"outputText":"a","completionReason":"FINISH"}]}"#,
            "titan-text",
            "",
            "q",
            "a",
            "",
            "FINISH",
            Some(3),
            Some(4),
        ),
        (
            r#"{"inputText":"q"}"#,
            r#"{"embedding":[0.1,0.2],"embeddingsByType":{"float":[0.1]},"inputTextTokenCount":3}"#,
            "embeddings",
            "",
            "q",
            "",
            "",
            "",
            Some(3),
            None,
        ),
        (
            r#"{"taskType":"INPAINTING","inPaintingParams":{"image":"QUJD","text":"q","maskPrompt":"m","outPaintingMode":"DEFAULT"},"imageGenerationConfig":{}}"#,
            r#"{"images":["QUJD"],"error":"filtered"}"#,
            "images",
            "",
            "q\nm",
            "",
            "",
            "filtered",
            None,
            None,
        ),
        (
            r#"{"prompt":"q","max_gen_len":9}"#,
            r#"{"generation":"a","prompt_token_count":3,"generation_token_count":4,"stop_reason":"length"}"#,
            "llama",
            "",
            "q",
            "a",
            "",
            "length",
            Some(3),
            Some(4),
        ),
        (
            r#"{"prompt":"<s>[INST] q [/INST]"}"#,
            r#"{"outputs":[{"text":"a","stop_reason":"stop"}]}"#,
            "mistral-text",
            "",
            "q",
            "a",
            "",
            "stop",
            None,
            None,
        ),
        // Mistral chat: tools by function; its stop reason has Mistral's name.
        (
            r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f"}}]}"#,
            r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"a"},"stop_reason":"stop"}]}"#,
            "chat",
            "s",
            "q",
            "a",
            "",
            "stop",
            None,
            None,
        ),
        // Cohere Command repeats the prompt; that is no answer.
        (
            r#"{"prompt":"q"}"#,
            r#"{"id":"i","prompt":"q","generations":[{"id":"g","text":"a","finish_reason":"COMPLETE"}]}"#,
            "cohere-command",
            "",
            "q",
            "a",
            "",
            "COMPLETE",
            None,
            None,
        ),
        // Command R repeats its history; that is no answer.
        (
            r#"{"message":"q","chat_history":[{"role":"USER","message":"p"},{"role":"CHATBOT","message":"o"}],"preamble":"s","documents":[{"title":"t","snippet":"d"}]}"#,
            r#"{"response_id":"r","text":"a","generation_id":"g","chat_history":[{"role":"USER","message":"p"}],"finish_reason":"COMPLETE","meta":{"billed_units":{"input_tokens":3,"output_tokens":4}}}"#,
            "cohere-command-r",
            "s",
            "q",
            "a",
            "",
            "COMPLETE",
            Some(3),
            Some(4),
        ),
        // Cohere's embeddings: by type; texts repeated; images.
        (
            r#"{"texts":["p","q"],"input_type":"search_query"}"#,
            r#"{"id":"i","texts":["p","q"],"embeddings":{"int8":[[1]]},"response_type":"embeddings_by_type"}"#,
            "embeddings",
            "",
            "p\nq",
            "",
            "",
            "",
            None,
            None,
        ),
        (
            r#"{"input_type":"image","images":["data:image/png;base64,QUJD"]}"#,
            r#"{"embeddings":{"float":[[1]]}}"#,
            "embeddings",
            "",
            "",
            "",
            "",
            "",
            None,
            None,
        ),
        // Jurassic repeats the prompt token by token.
        (
            r#"{"prompt":"q","maxTokens":9}"#,
            r#"{"id":1,"prompt":{"text":"q","tokens":[{"generatedToken":{"token":"q"}}]},"completions":[{"data":{"text":"a","tokens":[{"generatedToken":{"token":"a"}}]},"finishReason":{"reason":"endoftext"}}]}"#,
            "ai21-j2",
            "",
            "q",
            "a",
            "",
            "endoftext",
            None,
            None,
        ),
        // Jamba.
        (
            r#"{"messages":[{"role":"user","content":"q"}],"max_tokens":9}"#,
            r#"{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#,
            "chat",
            "",
            "q",
            "a",
            "",
            "stop",
            Some(3),
            Some(4),
        ),
        // DeepSeek: its prompt ends in `<think>`.
        (
            "{\"prompt\":\"<｜begin▁of▁sentence｜><｜User｜>q<｜Assistant｜><think>\\n\"}",
            r#"{"choices":[{"text":"r\n</think>\n\na","stop_reason":"stop"}]}"#,
            "chat",
            "",
            "q",
            "a",
            "r",
            "stop",
            None,
            None,
        ),
        // gpt-oss: system and developer; reasoning first, in tags.
        (
            r#"{"messages":[{"role":"system","content":"s"},{"role":"developer","content":"d"},{"role":"user","content":"q"},{"role":"assistant","content":"o"},{"role":"tool","tool_call_id":"t","content":"42"}]}"#,
            r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"<reasoning>r</reasoning>a","refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#,
            "chat",
            "s\nd",
            "q",
            "a",
            "r",
            "stop",
            Some(3),
            Some(4),
        ),
        // Writer, Qwen and the like; an older imported model.
        (
            r#"{"messages":[{"role":"user","content":[{"type":"text","text":"q"}]}]}"#,
            r#"{"choices":[{"message":{"role":"assistant","content":"a","reasoning_content":"r"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"total_tokens":7}}"#,
            "chat",
            "",
            "q",
            "a",
            "r",
            "stop",
            Some(3),
            Some(4),
        ),
        (
            r#"{"prompt":"q","topP":2}"#,
            r#"{"choices":[{"index":0,"text":"a","logprobs":null,"finish_reason":"length"}]}"#,
            "chat",
            "",
            "q",
            "a",
            "",
            "length",
            None,
            None,
        ),
        // Stability, old and new.
        (
            r#"{"text_prompts":[{"text":"q"},{"text":"p","weight":-1}]}"#,
            r#"{"result":"success","artifacts":[{"seed":1,"base64":"QUJD","finishReason":"SUCCESS"}]}"#,
            "images",
            "",
            "q\np",
            "",
            "",
            "SUCCESS",
            None,
            None,
        ),
        (
            r#"{"prompt":"q","mode":"text-to-image","output_format":"png"}"#,
            r#"{"seeds":[1],"finish_reasons":["Filter reason: prompt"],"images":["QUJD"]}"#,
            "images",
            "",
            "q",
            "",
            "",
            "Filter reason: prompt",
            None,
            None,
        ),
    ];
    for (request, response, family, system, user, answer, reasoning, stop, input, output) in rows {
        let exchange = full(&record(request, response));
        assert_eq!(exchange.family, family, "{request}");
        assert_eq!((exchange.system.join("\n").as_str(), exchange.user_text.as_str()), (system, user), "{request}");
        assert_eq!((exchange.completion.as_str(), exchange.reasoning.as_str()), (answer, reasoning), "{request}");
        assert_eq!(exchange.stop_reason.as_deref().unwrap_or_default(), stop, "{request}");
        assert_eq!((exchange.tokens.input, exchange.tokens.output), (input, output), "{request}");
        assert_eq!((exchange.body, &exchange.unknown_shape, &exchange.unreadable), (BodyState::Inline, &None, &vec![]), "{request}");
        assert_eq!(exchange.remarks, Vec::<String>::new(), "{request}");
        // Rule (a): the family is told by the keys found, also when only one body is there.
        assert_eq!(
            full(&record("null", response)).completion,
            if family == "chat" && reasoning == "r" && response.contains("</think>") { "r\n</think>\n\na" } else { answer },
            "{response}"
        );
    }
}

#[test]
fn files_in_every_spelling() {
    let media = |content: &str| {
        let exchange = full(&record(&format!(r#"{{"messages":[{{"role":"user","content":[{content}]}}],"inferenceConfig":{{}}}}"#), "null"));
        let Part::Media { kind, format, name, bytes, uri, text } = exchange.turns[0].parts[0].clone() else { panic!("{:?}", exchange.turns) };
        let words = [Some(kind), Some(format), name, bytes.map(|bytes| bytes.to_string()), uri, text];
        words.into_iter().flatten().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    };
    for (content, expected) in [
        (r#"{"image":{"format":"png","source":{"bytes":"QUJDRA=="}}}"#, "image png 4"),
        (r#"{"image":{"format":"png","source":{"s3Uri":"s3://m/i_01.png"}}}"#, "image png s3://m/i_01.png"),
        (r#"{"image":{"format":"png","source":{"s3Location":{"uri":"s3://m/i.png","bucketOwner":"111122223333"}}}}"#, "image png s3://m/i.png"),
        (r#"{"document":{"format":"pdf","name":"n","source":{"bytes":"QUJD"}}}"#, "document pdf n 3"),
        (r#"{"document":{"format":"txt","name":"n","source":{"text":"words é"},"context":"c"}}"#, "document txt n 8 words é\nc"),
        (r#"{"document":{"format":"txt","name":"n","source":{"content":[{"text":"one"},{"text":"two"}]}}}"#, "document txt n one\ntwo"),
        (r#"{"video":{"format":"mp4","source":{"s3Location":{"uri":"s3://m/v.mp4"}}}}"#, "video mp4 s3://m/v.mp4"),
        (r#"{"audio":{"format":"wav","source":{"bytes":"QUJD"}}}"#, "audio wav 3"),
        (r#"{"guardContent":{"image":{"format":"png","source":{"bytes":"QUJD"}}}}"#, "image png 3"),
        (
            r#"{"searchResult":{"source":"https://example.com","title":"t","content":[{"text":"words"}]}}"#,
            "search result t https://example.com words",
        ),
        (r#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}}"#, "image image/png 3"),
        (r#"{"type":"image","source":{"type":"url","url":"https://example.com/i.png"}}"#, "image https://example.com/i.png"),
        (r#"{"type":"image","source":{"type":"file","file_id":"file_1"}}"#, "image file_1"),
        (r#"{"type":"document","title":"t","source":{"type":"text","media_type":"text/plain","data":"words"}}"#, "document text/plain t 5 words"),
        (r#"{"type":"document","source":{"type":"content","content":"words"}}"#, "document words"),
        (r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}"#, "image image/png 3"),
        (r#"{"type":"image_url","image_url":{"url":"https://example.com/i.png"}}"#, "image https://example.com/i.png"),
        (r#"{"type":"image_url","image_url":"https://example.com/i.png"}"#, "image https://example.com/i.png"),
    ] {
        assert_eq!(media(content), expected, "{content}");
    }
}

#[test]
fn the_whole_input_is_counted() {
    for (request, count) in [
        // System 2, turns 3 + 1 + 2 with an emoji, a tool's input 7, its answer 2, a document's text 4.
        (
            r#"{"anthropic_version":"x","system":"s\n","messages":[{"role":"user","content":"one"},{"role":"assistant","content":[{"type":"thinking","thinking":"r"},{"type":"tool_use","id":"t","name":"f","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"42"},{"type":"text","text":"\ud83d\ude42é"},{"type":"document","source":{"type":"text","data":"four"}}]}]}"#,
            2 + 3 + 1 + 7 + 2 + 2 + 4,
        ),
        // Tokens of a template are no text.
        (r#"{"prompt":"<s>[INST] <<SYS>>\nsys\n<</SYS>>\n\nhello [/INST]","max_gen_len":9}"#, 3 + 5),
        (r#"{"prompt":"hello"}"#, 5),
        ("null", 0),
    ] {
        assert_eq!(facts(&record(request, "null")).input_chars, count, "{request}");
    }
}

#[test]
fn counts_from_envelope_body_and_stream() {
    let record = |input: &str, output: &str, response: &str| {
        format!(
            r#"{{"schemaType":"ModelInvocationLog","input":{{"inputBodyJson":{{"anthropic_version":"x","messages":[{{"role":"user","content":"q"}}]}}{input}}},"output":{{"outputBodyJson":{response}{output}}}}}"#
        )
        .into_bytes()
    };
    // One recorded tool call told 134 in its delta and 90 in its metrics; the envelope is first.
    let stream = r#"[{"type":"message_start","message":{"usage":{"input_tokens":14,"output_tokens":1}}},{"type":"message_delta","delta":{},"usage":{"output_tokens":134}},{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":14,"outputTokenCount":90,"cacheReadInputTokenCount":5}}]"#;
    let exchange = full(&record(r#","inputTokenCount":14"#, r#","outputTokenCount":90"#, stream));
    assert_eq!(exchange.tokens, Tokens { input: Some(14), output: Some(90), cache_read: Some(5), cache_write: None, total_input: Some(19) });
    assert_eq!(exchange.remarks, ["output tokens disagree: 90 in the record, 134 in the body, 90 in the stream's metrics"]);
    assert_eq!(full(&record("", "", stream)).tokens.output, Some(134));
    // A zero beside a number is not trusted.
    let exchange = full(&record(r#","inputTokenCount":0"#, r#","outputTokenCount":0"#, stream));
    assert_eq!((exchange.tokens.input, exchange.tokens.output), (Some(14), Some(134)));
    // Blocked: nothing was counted anywhere.
    let blocked = r#"[{"type":"message_start","message":{"usage":{"input_tokens":0,"output_tokens":0}}},{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":0}}]"#;
    let exchange = full(&record(r#","inputTokenCount":0"#, r#","outputTokenCount":0"#, blocked));
    assert_eq!((exchange.tokens.input, exchange.tokens.output, exchange.remarks), (Some(0), Some(0), vec![]));
    // Wrong types: said, not guessed.
    let exchange = full(&record(
        r#","inputTokenCount":"many","cacheReadInputTokenCount":-3"#,
        r#","outputTokenCount":28.0"#,
        r#"{"type":"message","role":"assistant","content":[],"usage":{"input_tokens":NaN,"output_tokens":"28"}}"#,
    ));
    assert_eq!(exchange.tokens, Tokens { output: Some(28), ..Tokens::default() });
    assert_eq!(
        exchange.remarks,
        ["inputTokenCount is no count: \"many\"", "cacheReadInputTokenCount is no count: -3", "input_tokens is no count: NaN"]
    );
}

#[test]
fn several_answers_are_told_apart() {
    for (request, response) in [
        (r#"{"prompt":"q"}"#, r#"{"generations":[{"text":"a"},{"text":"b"}]}"#),
        (r#"{"prompt":"q"}"#, r#"{"outputs":[{"text":"a"},{"text":"b"}]}"#),
        (r#"{"prompt":"q"}"#, r#"{"completions":[{"data":{"text":"a"}},{"data":{"text":"b"}}]}"#),
        (r#"{"inputText":"q"}"#, r#"{"results":[{"outputText":"a"},{"outputText":"b"}]}"#),
        (
            r#"{"messages":[{"role":"user","content":"q"}]}"#,
            r#"{"choices":[{"index":0,"message":{"content":"a"}},{"index":1,"message":{"content":"b"}}]}"#,
        ),
    ] {
        assert_eq!(full(&record(request, response)).completion, "a\n\nb", "{response}");
    }
}

#[test]
fn agents_of_every_age() {
    // An older template: everything in one prompt, the user's words in `<input>`.
    let old = full(&record(
        r#"{"prompt":"\n\nHuman: You sort inputs.\n<functions><function>f</function></functions>\n<conversation_history>User: a</conversation_history>\nThe input is <input>\nsay hi\n</input> Think.\n\nAssistant:","max_tokens_to_sample":9}"#,
        r#"{"completion":"<thinking>easy</thinking>\n<category>D","stop_reason":"stop_sequence"}"#,
    ));
    assert_eq!((old.user_text.as_str(), old.reasoning.as_str(), old.completion.as_str()), ("say hi", "easy", "<category>D"));
    // A tool's answer in a user's turn; the user's words stand before it. First words are never taken for an answer.
    let results = |before: &str| {
        full(&record(
            &format!(
                r#"{{"anthropic_version":"x","messages":[{{"role":"user","content":"q"}},{{"role":"assistant","content":"{before}"}},{{"role":"user","content":"\n<function_results><result>42</result></function_results>\nand more"}}]}}"#
            ),
            "null",
        ))
    };
    let called = results("<function_calls><invoke><tool_name>f</tool_name>");
    assert_eq!(called.user_text, "and more");
    let Part::ToolResult { text, .. } = &called.turns[2].parts[0] else { panic!("{:?}", called.turns[2]) };
    assert_eq!(text, "<function_results><result>42</result></function_results>");
    assert_eq!(results("hello").user_text, "\n<function_results><result>42</result></function_results>\nand more");
    // A body in a string, with blocks as Java prints them.
    let body = r#"{"system":"s","anthropic_version":"x","messages":[{"content":"[{text=Add 1 and 2, type=text}]","role":"user"},{"content":"[{text=so, type=text}, {input={n=1}, name=f, id=t, type=tool_use}]","role":"assistant"},{"content":"[{tool_use_id=t, type=tool_result, content=[Content{type=text, text=3}]}]","role":"user"}]}"#;
    let java = full(&record(&serde_json::to_string(body).expect("a string"), "null"));
    assert_eq!((java.user_text.as_str(), java.system.as_slice()), ("Add 1 and 2", &["s".to_owned()][..]));
    assert!(matches!(&java.turns[2].parts[0], Part::ToolResult { .. }));
}

#[test]
fn agent_traces_are_no_log_records() {
    for trace in samples("invocation/agent_traces_openinference.ndjson") {
        let mut tape = Tape::new();
        let decoded = decode(&trace, &mut tape);
        assert!(decoded.undecodable.as_deref().is_some_and(|reason| reason.contains("neither invocation record")), "{:?}", decoded.undecodable);
        assert!(decoded.exchange.is_none() && !decoded.searchable.is_empty());
    }
}

#[test]
fn a_response_names_the_model_that_a_profile_hides() {
    for (response, model) in [
        (r#"{"type":"message","role":"assistant","model":"claude-3-5-sonnet-20240620","content":[]}"#, Some("claude-3-5-sonnet-20240620")),
        (r#"[{"type":"message_start","message":{"model":"claude-2.0"}}]"#, Some("claude-2.0")),
        (r#"{"model":"openai.gpt-oss-120b-1:0","choices":[]}"#, Some("openai.gpt-oss-120b-1:0")),
        (r#"{"choices":[]}"#, None),
    ] {
        assert_eq!(full(&record(r#"{"messages":[{"role":"user","content":"q"}]}"#, response)).response_model.as_deref(), model, "{response}");
    }
}
