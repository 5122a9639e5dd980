//! The families beyond Claude and Converse: recorded calls read by eye, and bodies from the documentation where no call
//! was recorded (FORMATS §2.2).

use super::tests::{full, record, wire};
use crate::model::Part;

/// File, call, family, user's text, beginning of the answer, stop reason, tokens in and out.
type Call = (&'static str, usize, &'static str, &'static str, &'static str, &'static str, Option<u64>, Option<u64>);

#[test]
fn recorded_calls_read_by_eye() {
    const MODEL: &str = "wire_openllmetry_invoke_model.ndjson";
    const OTEL: &str = "wire_otel_invoke_model.ndjson";
    const STREAM: &str = "wire_otel_invoke_model_stream.ndjson";
    let test = "Say this is a test";
    let calls: [Call; 13] = [
        (
            MODEL,
            3,
            "llama",
            "There's a llama in my garden  What should I do?",
            "  Oh my gosh, a llama in your garden?",
            "length",
            Some(158),
            Some(128),
        ),
        (MODEL, 4, "chat", "Explain quantum mechanics.", " I'm a high school student.", "length", None, None),
        (MODEL, 8, "nova", "A camping trip", "We set off into the dense forest", "end_turn", None, None),
        ("wire_openinference_nova.ndjson", 0, "nova", "What is the weather in Seattle?", "", "tool_use", Some(408), Some(54)),
        ("wire_openinference_nova.ndjson", 1, "nova", "Hello! Who are you?", "Hello! I'm an AI assistant", "end_turn", Some(16), Some(27)),
        (
            "wire_openllmetry_guardrails.ndjson",
            2,
            "titan-text",
            "Tell me a joke about opentelemetry",
            "\nOnce upon a time",
            "FINISH",
            Some(28),
            Some(197),
        ),
        ("wire_openllmetry_guardrails.ndjson", 3, "titan-text", "How do I play tennis in Japan?", "Input blocked", "", Some(6), Some(3)),
        (OTEL, 3, "cohere-command-r", test, "This is a test. How are you doing today", "MAX_TOKENS", None, None),
        (OTEL, 4, "cohere-command", test, " Let it be a test of knowledge, skills,", "MAX_TOKENS", None, None),
        (OTEL, 5, "llama", test, " post. This is a test post. This is", "length", Some(5), Some(10)),
        (OTEL, 6, "mistral-text", test, "\n\nA man stands before a crowd of people", "length", None, None),
        (STREAM, 0, "nova", test, "It sounds like", "max_tokens", None, None),
        (STREAM, 1, "titan-text", test, "\nHello! I am a computer program designed to", "LENGTH", Some(5), Some(10)),
    ];
    for (file, index, family, user, answer, stop, input, output) in calls {
        let Some(record) = wire(file, index) else { continue };
        let exchange = full(&record);
        assert_eq!(exchange.family, family, "{file} {index}");
        assert!(exchange.user_text.starts_with(user), "{file} {index}: {}", exchange.user_text);
        assert!(exchange.completion.starts_with(answer), "{file} {index}: {}", exchange.completion);
        assert_eq!(exchange.stop_reason.as_deref().unwrap_or_default(), stop, "{file} {index}");
        if input.is_some() {
            assert_eq!((exchange.tokens.input, exchange.tokens.output), (input, output), "{file} {index}");
        }
    }
    if let Some(record) = wire(MODEL, 0) {
        let exchange = full(&record);
        assert_eq!(exchange.family, "ai21-j2");
        assert!(exchange.user_text.starts_with("Translate to spanish: 'Amazon Bedrock is the easiest way to "));
    }
    if let Some(record) = wire("wire_newrelic_embeddings.ndjson", 0) {
        let exchange = full(&record);
        assert_eq!((exchange.family.as_str(), exchange.tokens.input, exchange.unknown_shape), ("embeddings", Some(6), None));
    }
}

#[test]
fn bodies_from_the_documentation() {
    for (request, response, family, user, answer, stop) in [
        (
            r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}],"max_completion_tokens":5}"#,
            r#"{"choices":[{"message":{"role":"assistant","content":"<reasoning>r</reasoning>a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
            "chat",
            "q",
            "a",
            "stop",
        ),
        (
            r#"{"messages":[{"role":"user","content":"q"},{"role":"tool","tool_call_id":"t","content":"42"}]}"#,
            r#"[{"choices":[{"delta":{"content":"a"}}]},{"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]},"[DONE]"]"#,
            "chat",
            "q",
            "ab",
            "stop",
        ),
        (r#"{"prompt":"q<think>"}"#, r#"{"choices":[{"text":"a","stop_reason":"stop"}]}"#, "chat", "q<think>", "a", "stop"),
        (
            r#"{"message":"q","chat_history":[{"role":"USER","message":"p"},{"role":"CHATBOT","message":"o"}],"preamble":"s"}"#,
            r#"[{"event_type":"stream-start"},{"event_type":"text-generation","text":"a"},{"event_type":"text-generation","text":"b"},{"event_type":"stream-end","finish_reason":"COMPLETE","response":{"text":"ab","generation_id":"g"}}]"#,
            "cohere-command-r",
            "q",
            "ab",
            "COMPLETE",
        ),
        (
            r#"{"prompt":"q","stream":true}"#,
            r#"[{"text":"a","is_finished":false},{"text":"b","is_finished":false},{"is_finished":true,"finish_reason":"COMPLETE"}]"#,
            "cohere-command",
            "q",
            "ab",
            "COMPLETE",
        ),
        (
            r#"{"prompt":"q","max_gen_len":9}"#,
            r#"[{"generation":"a","prompt_token_count":4,"generation_token_count":1,"stop_reason":null},{"generation":"b","prompt_token_count":null,"generation_token_count":2,"stop_reason":"stop"}]"#,
            "llama",
            "q",
            "ab",
            "stop",
        ),
    ] {
        let exchange = full(&record(request, response));
        let texts = [&exchange.family, &exchange.user_text, &exchange.completion];
        assert_eq!(texts, [family, user, answer], "{request}");
        assert_eq!(exchange.stop_reason.as_deref(), Some(stop), "{request}");
        assert_eq!(exchange.unknown_shape, None, "{request}");
    }
    let streamed = full(&record(
        r#"{"messages":[{"role":"user","content":"q"}]}"#,
        r#"[{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"t","function":{"name":"ls","arguments":"{\"a\""}}]}}]},{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]},"finish_reason":"tool_calls"}]}]"#,
    ));
    assert_eq!((streamed.tool_calls[0].name.as_str(), streamed.tool_calls[0].input.as_str()), ("ls", r#"{"a":1}"#));
}

#[test]
fn pictures_are_listed() {
    let drawn = full(&record(
        r#"{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"a cat","negativeText":"dogs"},"imageGenerationConfig":{}}"#,
        r#"{"images":["QUJDRA=="],"error":null}"#,
    ));
    assert_eq!((drawn.family.as_str(), drawn.user_text.as_str(), drawn.completion.as_str()), ("images", "a cat\ndogs", ""));
    let stable = full(&record(r#"{"text_prompts":[{"text":"a cat"}]}"#, r#"{"artifacts":[{"base64":"QUJD","finishReason":"CONTENT_FILTERED"}]}"#));
    assert_eq!((stable.user_text.as_str(), stable.stop_reason.as_deref()), ("a cat", Some("CONTENT_FILTERED")));
    let embedded = full(&record(r#"{"inputText":"words","inputImage":"QUJDRA=="}"#, r#"{"embedding":[0.1],"inputTextTokenCount":1}"#));
    assert_eq!(embedded.user_text, "words");
    assert!(matches!(&embedded.turns[0].parts[1], Part::Media { kind, bytes: Some(4), .. } if kind == "image"));
}
