//! Valid records of every family, changed in every way a record can be wrong: nodes gone, doubled, replaced, wrapped,
//! renamed, bytes cut off. Nothing panics, list and exchange agree, and every word that is still in the bodies is found.

use proptest::prelude::*;

use super::agreement;
use crate::decode::json::{Kind, Tape, Value};

/// Bodies of every family, as their documentation has them. Words to be found are `w` and a number.
const SEEDS: &[(&str, &str)] = &[
    // Converse, with every kind of block.
    (
        r#"{"system":[{"text":"w1w"},{"guardContent":{"text":{"text":"w2w","qualifiers":["query"]}}},{"cachePoint":{"type":"default"}}],"messages":[{"role":"user","content":[{"text":"w3w"},{"guardContent":{"text":{"text":"w4w","qualifiers":["guard_content"]}}},{"image":{"format":"png","source":{"bytes":"QUJD"}}},{"document":{"format":"txt","name":"w5w","source":{"text":"w6w"},"context":"w7w"}},{"searchResult":{"source":"https://example.com","title":"w8w","content":[{"text":"w9w"}]}}]},{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"w10w","signature":"x"}}},{"text":"w11w"},{"toolUse":{"toolUseId":"t","name":"f","input":{"a":"w12w"}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"t","status":"success","content":[{"text":"w13w"},{"json":{"b":"w14w"}},{"document":{"format":"txt","name":"n","source":{"content":[{"text":"w15w"}]}}}]}},{"text":"w16w"}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"f"}}]},"guardrailConfig":{"guardrailIdentifier":"g1"},"promptVariables":{"p":{"text":"w17w"}}}"#,
        r#"{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"w20w"}}},{"text":"w21w"},{"citationsContent":{"content":[{"text":"w22w"}],"citations":[{"title":"w23w","sourceContent":[{"text":"w24w"}],"location":{"documentChar":{"start":0}}}]}},{"toolUse":{"toolUseId":"u","name":"g","input":{"c":"w25w"}}}]}},"stopReason":"guardrail_intervened","usage":{"inputTokens":3,"outputTokens":4,"totalTokens":7},"metrics":{"latencyMs":5},"trace":{"guardrail":{"modelOutput":["said"],"actionReason":"Guardrail blocked.","inputAssessment":{"g1":{"topicPolicy":{"topics":[{"name":"n","type":"DENY","action":"BLOCKED"}]}}},"outputAssessments":{"g1":[{"wordPolicy":{"customWords":[{"match":"m","action":"NONE"}]}}]}}}}"#,
    ),
    // Its event stream.
    (
        r#"{"messages":[{"role":"user","content":[{"text":"w1w"}]}],"inferenceConfig":{"maxTokens":5}}"#,
        r#"[{"messageStart":{"role":"assistant"}},{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"w2w"}}}},{"contentBlockDelta":{"contentBlockIndex":1,"delta":{"text":"w3w"}}},{"contentBlockDelta":{"contentBlockIndex":1,"delta":{"citation":{"title":"w4w","sourceContent":[{"text":"w5w"}]}}}},{"contentBlockStart":{"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"t","name":"f"}}}},{"contentBlockDelta":{"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"a\":\"w6w\"}"}}}},{"contentBlockStop":{"contentBlockIndex":2}},{"messageStop":{"stopReason":"tool_use"}},{"metadata":{"usage":{"inputTokens":3,"outputTokens":4},"metrics":{"latencyMs":9}}}]"#,
    ),
    // Claude's messages, and their stream.
    (
        r#"{"anthropic_version":"bedrock-2023-05-31","system":[{"type":"text","text":"w1w","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"w2w"},{"role":"assistant","content":[{"type":"thinking","thinking":"w3w","signature":"x"},{"type":"redacted_thinking","data":"x"},{"type":"text","text":"w4w"},{"type":"tool_use","id":"t","name":"f","input":{"a":"w5w"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","is_error":false,"content":[{"type":"text","text":"w6w"}]},{"type":"text","text":"w7w"},{"type":"document","title":"w8w","context":"w9w","source":{"type":"text","media_type":"text/plain","data":"w10w and more"}},{"type":"search_result","source":"x","title":"w11w","content":[{"type":"text","text":"w12w"}]}]}],"tools":[{"name":"f","input_schema":{}}]}"#,
        r#"{"id":"m","type":"message","role":"assistant","model":"claude-3","content":[{"type":"thinking","thinking":"w20w","signature":"x"},{"type":"text","text":"w21w","citations":[{"type":"char_location","cited_text":"w22w","document_title":"w23w"}]},{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"w24w"}},{"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","title":"w25w","url":"https://example.com"}]},{"type":"tool_use","id":"u","name":"g","input":{"b":"w26w"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":4,"output_tokens":5},"amazon-bedrock-guardrailAction":"INTERVENED","amazon-bedrock-trace":{"guardrail":{"modelOutput":["{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"said\"}]}"],"outputs":[{"g1":{"sensitiveInformationPolicy":{"piiEntities":[{"type":"NAME","match":"m","action":"ANONYMIZED"}]}}}]}}}"#,
    ),
    (
        r#"{"anthropic_version":"bedrock-2023-05-31","system":"w1w","messages":[{"role":"user","content":[{"type":"text","text":"w2w"}]}]}"#,
        r#"[{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"claude-3","content":[],"usage":{"input_tokens":4,"output_tokens":1}}},{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}},{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"w3w"}},{"type":"content_block_start","index":1,"content_block":{"type":"text","text":"w4w"}},{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"w5w"}},{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"w6w","document_title":"w7w"}}},{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}},{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":\"w8w\"}"}},{"type":"content_block_stop","index":2},{"type":"error","error":{"type":"overloaded_error","message":"w9w"}},"[DONE]",{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}},{"type":"message_stop","amazon-bedrock-guardrailAction":"NONE","amazon-bedrock-invocationMetrics":{"inputTokenCount":4,"outputTokenCount":7,"invocationLatency":9,"firstByteLatency":2}}]"#,
    ),
    // Agents, in both forms.
    (
        r#"{"anthropic_version":"bedrock-2023-05-31","system":"w1w","messages":[{"role":"user","content":"<input>w2w</input>"},{"role":"assistant","content":"<function_calls><invoke><tool_name>f</tool_name><parameters><a>w3w</a>"},{"role":"user","content":"<function_results><result><stdout>w4w</stdout></result></function_results> w5w"},{"role":"user","content":"[{text=w6w, type=text}, {tool_use_id=t, type=tool_result, content=[Content{type=text, text=w7w}]}]"}]}"#,
        r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"<thinking>w8w</thinking><function_calls><invoke><tool_name>f</tool_name><parameters><a>w9w"}],"stop_reason":"stop_sequence"}"#,
    ),
    // Text completions.
    (
        r#"{"prompt":"w1w\n\nHuman: w2w\n\nAssistant:","max_tokens_to_sample":5}"#,
        r#"[{"completion":"w3w","stop_reason":null,"stop":null},{"completion":" w4w","stop_reason":"stop_sequence","amazon-bedrock-invocationMetrics":{"inputTokenCount":4}}]"#,
    ),
    (
        r#"{"prompt":"<s>[INST] <<SYS>>w1w<</SYS>> w2w [/INST] w3w </s><s>[INST] w4w [/INST]","max_gen_len":5,"images":["QUJD"]}"#,
        r#"[{"generation":"w5w","prompt_token_count":4,"generation_token_count":1,"stop_reason":null},{"generation":"w6w","prompt_token_count":null,"generation_token_count":2,"stop_reason":"stop"}]"#,
    ),
    (
        r#"{"prompt":"<s>[INST] w1w [/INST]","max_tokens":5}"#,
        r#"{"outputs":[{"text":"w2w","stop_reason":"stop"},{"text":"w3w","stop_reason":"length"}]}"#,
    ),
    (
        r#"{"inputText":"User: w1w\nBot:","textGenerationConfig":{"maxTokenCount":5}}"#,
        r#"{"inputTextTokenCount":4.0,"results":[{"tokenCount":2.0,"outputText":"w2w","completionReason":"FINISH"}]}"#,
    ),
    (
        r#"{"inputText":"w1w","textGenerationConfig":{"maxTokenCount":5}}"#,
        r#"[{"outputText":"w2w","index":0,"totalOutputTextTokenCount":3,"completionReason":"FINISH","inputTextTokenCount":4}]"#,
    ),
    (r#"{"prompt":"w1w","max_tokens":5,"stream":true}"#, r#"[{"text":"w2w","is_finished":false},{"is_finished":true,"finish_reason":"COMPLETE"}]"#),
    (r#"{"prompt":"w1w","max_tokens":5}"#, r#"{"id":"i","generations":[{"id":"g","text":"w2w","finish_reason":"COMPLETE"}]}"#),
    (r#"{"prompt":"w1w","maxTokens":5}"#, r#"{"id":1,"completions":[{"data":{"text":"w2w","tokens":[]},"finishReason":{"reason":"endoftext"}}]}"#),
    // Command R.
    (
        r#"{"message":"w1w","chat_history":[{"role":"USER","message":"w2w"},{"role":"CHATBOT","message":"w3w"}],"preamble":"w4w","documents":[{"title":"w5w","snippet":"w6w"}],"tool_results":[{"call":{"name":"f","parameters":{}},"outputs":[{"a":"w7w"}]}]}"#,
        r#"{"response_id":"r","generation_id":"g","text":"w8w","finish_reason":"COMPLETE","tool_calls":[{"name":"f","parameters":{"a":"w9w"}}],"citations":[{"start":0,"end":3,"text":"w10w","document_ids":["d"]}],"meta":{"billed_units":{"input_tokens":4,"output_tokens":5}}}"#,
    ),
    (
        r#"{"message":"w1w","chat_history":[]}"#,
        r#"[{"event_type":"stream-start","generation_id":"g"},{"event_type":"text-generation","text":"w2w"},{"event_type":"citation-generation","citations":[{"text":"w3w"}]},{"event_type":"tool-calls-generation","tool_calls":[{"name":"f","parameters":{"a":"w4w"}}]},{"event_type":"stream-end","finish_reason":"COMPLETE"}]"#,
    ),
    // Chat completions: whole, and as a stream.
    (
        r#"{"messages":[{"role":"system","content":"w1w"},{"role":"developer","content":"w2w"},{"role":"user","content":[{"type":"text","text":"w3w"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"a\":\"w4w\"}"}}]},{"role":"tool","tool_call_id":"t","content":"w5w"}],"tools":[{"type":"function","function":{"name":"f"}}]}"#,
        r#"{"id":"c","object":"chat.completion","model":"gpt-oss","choices":[{"index":0,"message":{"role":"assistant","content":"<reasoning>w6w</reasoning>w7w","reasoning_content":"w8w","tool_calls":[{"id":"u","type":"function","function":{"name":"g","arguments":"{\"b\":\"w9w\"}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":4,"completion_tokens":5,"total_tokens":9}}"#,
    ),
    (
        r#"{"messages":[{"role":"user","content":"w1w"}]}"#,
        r#"[{"choices":[{"index":0,"delta":{"role":"assistant","content":"w2w"}}]},{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","function":{"name":"f","arguments":"{\"a\":"}}]}}]},{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"w3w\"}"}}]},"finish_reason":"tool_calls"}]},"[DONE]"]"#,
    ),
    (r#"{"prompt":"<｜User｜>w1w<｜Assistant｜><think>\n","max_tokens":5}"#, r#"{"choices":[{"text":"w2w</think>w3w","stop_reason":"stop"}]}"#),
    // Nova, with its thinking in tags.
    (
        r#"{"schemaVersion":"messages-v1","system":[{"text":"w1w"}],"messages":[{"role":"user","content":[{"text":"w2w"}]}],"inferenceConfig":{"max_new_tokens":5}}"#,
        r#"[{"messageStart":{"role":"assistant"}},{"contentBlockDelta":{"delta":{"text":"<think"},"contentBlockIndex":0}},{"contentBlockStop":{"contentBlockIndex":0}},{"contentBlockDelta":{"delta":{"text":"ing>w3w</thinking>w4w"},"contentBlockIndex":1}},{"contentBlockStop":{"contentBlockIndex":1}},{"messageStop":{"stopReason":"end_turn"}},{"metadata":{"usage":{"inputTokens":5},"metrics":{},"trace":{}},"amazon-bedrock-invocationMetrics":{"inputTokenCount":5}}]"#,
    ),
    // Embeddings and pictures.
    (r#"{"inputText":"w1w","inputImage":"QUJD"}"#, r#"{"embedding":[0.1],"inputTextTokenCount":1}"#),
    (r#"{"texts":["w1w","w2w"],"input_type":"search_document"}"#, r#"{"embeddings":[[0.1]],"id":"i","response_type":"embeddings_floats"}"#),
    (
        r#"{"taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"text":{"truncationMode":"END","value":"w1w"}}}"#,
        r#"{"embeddings":[{"embeddingType":"TEXT","embedding":[0.1]}]}"#,
    ),
    (
        r#"{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"w1w","negativeText":"w2w"},"imageGenerationConfig":{"quality":"standard"}}"#,
        r#"{"images":["QUJD"],"error":null}"#,
    ),
    (
        r#"{"text_prompts":[{"text":"w1w","weight":1}],"cfg_scale":5}"#,
        r#"{"result":"success","artifacts":[{"seed":1,"base64":"QUJD","finishReason":"SUCCESS"}]}"#,
    ),
    (r#"{"prompt":"w1w","negative_prompt":"w2w","mode":"text-to-image"}"#, r#"{"seeds":[1],"finish_reasons":[null],"images":["QUJD"]}"#),
    // A guardrail by itself.
    (
        r#"{"source":"INPUT","content":[{"text":{"text":"w1w","qualifiers":["query"]}}],"outputScope":"FULL"}"#,
        r#"{"action":"GUARDRAIL_INTERVENED","actionReason":"Guardrail blocked.","outputs":[{"text":"w2w"}],"assessments":[{"appliedGuardrailDetails":{"guardrailId":"g1"},"topicPolicy":{"topics":[{"name":"n","type":"DENY","action":"BLOCKED"}]}}]}"#,
    ),
    // A shape that nobody knows.
    (r#"{"query":"w1w","documents":["w2w"]}"#, r#"{"results":[{"index":0,"document":{"text":"w3w"}}]}"#),
];

/// A document that can be changed, with its keys in order and as often as they are there.
#[derive(Clone, Debug)]
enum Node {
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
    Leaf(String),
}

impl Node {
    fn of(value: Value<'_>) -> Self {
        match value.kind() {
            Kind::Object => Self::Object(value.entries().map(|(key, value)| (key.text().into_owned(), Self::of(value))).collect()),
            Kind::Array => Self::Array(value.items().map(Self::of).collect()),
            _ => Self::Leaf(value.json().into_owned()),
        }
    }

    fn json(&self) -> String {
        match self {
            Self::Object(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{}:{}", serde_json::to_string(key).expect("a key"), value.json())).collect();
                format!("{{{}}}", entries.join(","))
            }
            Self::Array(items) => format!("[{}]", items.iter().map(Self::json).collect::<Vec<_>>().join(",")),
            Self::Leaf(json) => json.clone(),
        }
    }

    fn size(&self) -> usize {
        1 + match self {
            Self::Object(entries) => entries.iter().map(|(_, value)| value.size()).sum(),
            Self::Array(items) => items.iter().map(Self::size).sum(),
            Self::Leaf(_) => 0,
        }
    }

    /// Changes the child that is the `at`-th node below this one, counted in the order of the document.
    fn change(&mut self, mut at: usize, change: &Change) {
        match self {
            Self::Object(entries) => {
                for index in 0..entries.len() {
                    let size = entries[index].1.size();
                    if at == 0 {
                        match change {
                            Change::Delete => drop(entries.remove(index)),
                            Change::Double => entries.insert(index, entries[index].clone()),
                            Change::Rename => entries[index].0.push('X'),
                            change => entries[index].1.become_other(change),
                        }
                        return;
                    }
                    if at < size {
                        return entries[index].1.change(at - 1, change);
                    }
                    at -= size;
                }
            }
            Self::Array(items) => {
                for index in 0..items.len() {
                    let size = items[index].size();
                    if at == 0 {
                        match change {
                            Change::Delete => drop(items.remove(index)),
                            Change::Double => items.insert(index, items[index].clone()),
                            change => items[index].become_other(change),
                        }
                        return;
                    }
                    if at < size {
                        return items[index].change(at - 1, change);
                    }
                    at -= size;
                }
            }
            Self::Leaf(_) => {}
        }
    }

    fn become_other(&mut self, change: &Change) {
        let old = std::mem::replace(self, Self::Leaf("null".to_owned()));
        *self = match change {
            Change::Replace(json) => Self::Leaf((*json).to_owned()),
            Change::InArray => Self::Array(vec![old]),
            Change::InObject => Self::Object(vec![("value".to_owned(), old)]),
            Change::AsText => Self::Leaf(serde_json::to_string(&old.json()).expect("a string")),
            Change::Unwrap => match old {
                Self::Object(mut entries) if !entries.is_empty() => entries.remove(0).1,
                Self::Array(mut items) if !items.is_empty() => items.remove(0),
                old => old,
            },
            Change::Delete | Change::Double | Change::Rename => old,
        };
    }
}

#[derive(Clone, Debug)]
enum Change {
    Delete,
    Double,
    Rename,
    Replace(&'static str),
    InArray,
    InObject,
    AsText,
    Unwrap,
}

fn change() -> impl Strategy<Value = Change> {
    let values = ["null", "true", "NaN", "-1", "28.0", "1e999", "\"\"", "\"text\"", "[]", "{}", "[[]]", "{\"type\":\"text\"}", "\"\\ud800\""];
    prop_oneof![
        Just(Change::Delete),
        Just(Change::Double),
        Just(Change::Rename),
        prop::sample::select(values.to_vec()).prop_map(Change::Replace),
        Just(Change::InArray),
        Just(Change::InObject),
        Just(Change::AsText),
        Just(Change::Unwrap),
    ]
}

fn record(input: &str, output: &str) -> String {
    format!(
        r#"{{"schemaType":"ModelInvocationLog","timestamp":"2026-01-02T03:04:05Z","requestId":"r1","operation":"InvokeModel","modelId":"m.x","input":{{"inputBodyJson":{input}}},"output":{{"outputBodyJson":{output}}}}}"#
    )
}

/// The numbers of the words in a text: `w`, a number, `w`. The texts of a stream follow each other without a blank.
fn words(text: &str) -> Vec<&str> {
    let parts: Vec<&str> = text.split('w').collect();
    let between = parts.get(1..parts.len() - 1).unwrap_or_default();
    between.iter().filter(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())).copied().collect()
}

#[test]
fn every_seed_is_known_and_found() {
    for (index, (input, output)) in SEEDS.iter().enumerate() {
        let record = record(input, output);
        let exchange = super::tests::full(record.as_bytes());
        assert_eq!(exchange.family == "unknown", index == SEEDS.len() - 1, "{record}");
        let error = output.contains("overloaded_error").then(|| "the stream ends with an error: overloaded_error: w9w".to_owned());
        assert_eq!((&exchange.remarks, &exchange.unreadable), (&error.into_iter().collect(), &vec![]), "{record}");
        let found = agreement::of_list_and_exchange(record.as_bytes()).join("\n");
        for word in words(&record) {
            assert_eq!(words(&found).iter().filter(|found| **found == word).count(), 1, "{word} of {record}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn what_is_still_there_is_found(
        seed in 0..SEEDS.len(),
        changes in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>(), change()), 0..4),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let (input, output) = SEEDS[seed];
        let mut bodies = [input, output].map(|body| Node::Array(vec![Node::of(Tape::of(body.as_bytes()).root(body.as_bytes()))]));
        for (side, at, change) in &changes {
            let body = &mut bodies[usize::from(*side)];
            let at = at.index(body.size());
            body.change(at, change);
        }
        let [input, output] = bodies.map(|body| match body {
            Node::Array(items) => items.first().map_or_else(|| "null".to_owned(), Node::json),
            _ => "null".to_owned(),
        });
        let mut record = record(&input, &output).into_bytes();
        if let Some(cut) = cut {
            record.truncate(cut.index(record.len()).max(40));
        }
        let found = agreement::of_list_and_exchange(&record).join("\n");
        let found: std::collections::HashSet<&str> = words(&found).into_iter().collect();
        let text = String::from_utf8_lossy(&record);
        for word in words(&text) {
            prop_assert!(found.contains(word), "{} of {}", word, text);
        }
    }
}
