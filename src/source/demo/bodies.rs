//! A call's request and response in the shape of its model family (FORMATS §2). One function a family and direction.

use super::draw::Draw;
use super::json::Json;
use super::talk::{Counts, Guard, Message, Part, Side, Talk};

/// Shapes the demo writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Converse,
    Claude,
    ClaudeStream,
    Llama,
    Mistral,
}

impl Family {
    /// The shape that operation and model give.
    pub(super) fn of(operation: &str, model: &str) -> Self {
        match operation {
            "Converse" | "ConverseStream" => Self::Converse,
            _ if model.contains("llama") => Self::Llama,
            _ if model.contains("mistral") => Self::Mistral,
            "InvokeModelWithResponseStream" => Self::ClaudeStream,
            _ => Self::Claude,
        }
    }
}

/// What the response says beside its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reply<'a> {
    pub(super) model: &'a str,
    pub(super) counts: Counts,
    pub(super) latency: u64,
    /// Makes message ids.
    pub(super) seed: u64,
}

/// Appends the request body.
pub(super) fn request(family: Family, talk: &Talk, out: &mut Vec<u8>) {
    let mut json = Json::new(out);
    json.object();
    match family {
        Family::Converse => converse_request(talk, &mut json),
        Family::Claude | Family::ClaudeStream => claude_request(talk, &mut json),
        Family::Llama => {
            json.field("prompt", &llama_prompt(talk)).field_number("max_gen_len", u64::from(talk.max_tokens)).field_raw("temperature", "0.3");
        }
        Family::Mistral => {
            json.field("prompt", &mistral_prompt(talk)).field_number("max_tokens", u64::from(talk.max_tokens)).field_raw("temperature", "0.3");
        }
    }
    json.end_object();
}

/// Appends the response body.
pub(super) fn response(family: Family, talk: &Talk, reply: Reply<'_>, out: &mut Vec<u8>) {
    let mut json = Json::new(out);
    match family {
        Family::Converse => converse_response(talk, reply, &mut json),
        Family::Claude => claude_response(talk, reply, &mut json),
        Family::ClaudeStream => claude_stream(talk, reply, &mut json),
        Family::Llama => {
            json.object().field("generation", &plain(&talk.reply)).field_number("prompt_token_count", reply.counts.input);
            json.field_number("generation_token_count", reply.counts.output).field("stop_reason", "stop").end_object();
        }
        Family::Mistral => {
            json.object().key("outputs").array().object().field("text", &plain(&talk.reply)).field("stop_reason", "stop");
            json.end_object().end_array().end_object();
        }
    }
}

fn converse_request(talk: &Talk, json: &mut Json<'_>) {
    json.key("messages").array();
    for message in &talk.messages {
        json.object().field("role", role(message)).key("content");
        converse_content(&message.parts, json);
        json.end_object();
    }
    json.end_array();
    if !talk.system.is_empty() {
        json.key("system").array().object().field("text", &talk.system).end_object();
        if !talk.context.is_empty() {
            json.object().field("text", &talk.context).end_object();
        }
        json.end_array();
    }
    json.key("inferenceConfig").object().field_number("maxTokens", u64::from(talk.max_tokens)).field_raw("temperature", "0.2").end_object();
    if !talk.tools.is_empty() {
        json.key("toolConfig").object().field_raw("tools", talk.tools).end_object();
    }
    if let Some(guard) = &talk.guard {
        json.key("guardrailConfig").object().field("guardrailIdentifier", guard.id).field("guardrailVersion", guard.version);
        json.field("trace", if guard.traced { "enabled" } else { "disabled" }).end_object();
    }
}

fn converse_content(parts: &[Part], json: &mut Json<'_>) {
    json.array();
    for part in parts {
        json.object();
        match part {
            Part::Text(text) => {
                json.field("text", text);
            }
            Part::Escaped(inside) => {
                json.key("text").escaped(inside);
            }
            Part::Guarded(text) => {
                json.key("guardContent").object().key("text").object().field("text", text);
                json.key("qualifiers").array().text("guard_content").end_array().end_object().end_object();
            }
            Part::ToolUse { id, name, input } => {
                json.key("toolUse").object().field("toolUseId", id).field("name", name).field_raw("input", input).end_object();
            }
            Part::ToolResult { id, json: result } => {
                json.key("toolResult").object().field("toolUseId", id).key("content").array().object().field_raw("json", result);
                json.end_object().end_array().field("status", "success").end_object();
            }
        }
        json.end_object();
    }
    json.end_array();
}

fn converse_response(talk: &Talk, reply: Reply<'_>, json: &mut Json<'_>) {
    json.object().key("output").object().key("message").object().field("role", "assistant").key("content");
    converse_content(&talk.reply, json);
    json.end_object().end_object();
    let intervened = talk.guard.as_ref().is_some_and(|g| g.intervened);
    json.field("stopReason", if intervened { "guardrail_intervened" } else { talk.stop });
    json.key("metrics").object().field_number("latencyMs", reply.latency).end_object();
    let counts = reply.counts;
    json.key("usage").object().field_number("inputTokens", counts.input).field_number("outputTokens", counts.output);
    json.field_number("totalTokens", counts.input + counts.output + counts.cache_read);
    if counts.cache_read > 0 {
        json.field_number("cacheReadInputTokens", counts.cache_read).field_number("cacheWriteInputTokens", 0);
    }
    json.end_object();
    if let Some(guard) = talk.guard.as_ref().filter(|g| g.traced) {
        json.key("trace").object().key("guardrail").object();
        let assessments = match guard.side {
            Side::Input => "inputAssessment",
            Side::Output => "outputAssessments",
        };
        guardrail_trace(guard, assessments, talk, json);
        json.end_object().end_object();
    }
    json.end_object();
}

/// The members of a guardrail trace; the names of the assessments differ between Converse and InvokeModel.
fn guardrail_trace(guard: &Guard, assessments: &str, talk: &Talk, json: &mut Json<'_>) {
    json.field("actionReason", guard.reason);
    let many = guard.side == Side::Output;
    // Converse lists an output's assessments below the id, InvokeModel the ids below a list.
    let outer_list = many && assessments == "outputs";
    json.key(assessments);
    if outer_list {
        json.array();
    }
    json.object().key(guard.id);
    if many && !outer_list {
        json.array();
    }
    let guarded: usize = talk.messages.last().map_or(0, |m| m.parts.iter().map(Part::len).sum());
    let metrics = format!(
        r#""invocationMetrics":{{"guardrailProcessingLatency":{},"usage":{{"topicPolicyUnits":1,"contentPolicyUnits":1,"wordPolicyUnits":0,"sensitiveInformationPolicyUnits":1,"sensitiveInformationPolicyFreeUnits":0,"contextualGroundingPolicyUnits":0}},"guardrailCoverage":{{"textCharacters":{{"guarded":{guarded},"total":{guarded}}}}}}}"#,
        180 + guarded % 170
    );
    let comma = if guard.findings.is_empty() { "" } else { "," };
    json.raw(format!("{{{}{comma}{metrics}}}", guard.findings).as_bytes());
    if many && !outer_list {
        json.end_array();
    }
    json.end_object();
    if outer_list {
        json.end_array();
    }
    if !guard.original.is_empty() {
        json.key("modelOutput").array().text(&guard.original).end_array();
    }
}

fn claude_request(talk: &Talk, json: &mut Json<'_>) {
    json.field("anthropic_version", "bedrock-2023-05-31").field_number("max_tokens", u64::from(talk.max_tokens));
    if !talk.system.is_empty() {
        json.field("system", &talk.system);
    }
    json.key("messages").array();
    for message in &talk.messages {
        json.object().field("role", role(message)).key("content");
        match message.parts.as_slice() {
            // A lone text may be a plain string, and mostly is.
            [Part::Text(text)] => {
                json.text(text);
            }
            parts => claude_content(parts, json),
        }
        json.end_object();
    }
    json.end_array();
}

fn claude_content(parts: &[Part], json: &mut Json<'_>) {
    json.array();
    for part in parts {
        json.object();
        match part {
            Part::Text(text) | Part::Guarded(text) => {
                json.field("type", "text").field("text", text);
            }
            Part::Escaped(inside) => {
                json.field("type", "text").key("text").escaped(inside);
            }
            Part::ToolUse { id, name, input } => {
                json.field("type", "tool_use").field("id", id).field("name", name).field_raw("input", input);
            }
            Part::ToolResult { id, json: result } => {
                json.field("type", "tool_result").field("tool_use_id", id).field("content", result);
            }
        }
        json.end_object();
    }
    json.end_array();
}

fn role(message: &Message) -> &'static str {
    if message.assistant { "assistant" } else { "user" }
}

/// `claude-sonnet-4-5-20250929` of `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, as the response names it.
fn claude_name(model: &str) -> &str {
    let name = model.rsplit_once("anthropic.").map_or(model, |(_, name)| name);
    name.rsplit_once("-v").map_or(name, |(name, _)| name)
}

fn message_id(seed: u64) -> String {
    format!("msg_bdrk_01{}", Draw::new(seed).hex(22))
}

fn claude_usage(counts: Counts, json: &mut Json<'_>) {
    json.key("usage").object().field_number("input_tokens", counts.input).field_number("cache_creation_input_tokens", 0);
    json.field_number("cache_read_input_tokens", counts.cache_read).field_number("output_tokens", counts.output).end_object();
}

/// The guardrail's members of an InvokeModel response: its verdict always, its trace when asked for.
fn claude_guard(talk: &Talk, json: &mut Json<'_>) {
    let Some(guard) = &talk.guard else { return };
    if guard.traced {
        json.key("amazon-bedrock-trace").object().key("guardrail").object();
        let assessments = match guard.side {
            Side::Input => "input",
            Side::Output => "outputs",
        };
        guardrail_trace(guard, assessments, talk, json);
        json.end_object().end_object();
    }
    json.field("amazon-bedrock-guardrailAction", if guard.intervened { "INTERVENED" } else { "NONE" });
}

fn claude_response(talk: &Talk, reply: Reply<'_>, json: &mut Json<'_>) {
    json.object();
    // A body blocked at the input has no id, model, usage or stop reason (FORMATS §2.4).
    let blocked = talk.guard.as_ref().is_some_and(|g| g.blocked_at_input);
    if !blocked {
        json.field("model", claude_name(reply.model)).field("id", &message_id(reply.seed));
    }
    json.field("type", "message").field("role", "assistant").key("content");
    claude_content(&talk.reply, json);
    if !blocked {
        json.field("stop_reason", talk.stop).field_raw("stop_sequence", "null");
        claude_usage(reply.counts, json);
    }
    claude_guard(talk, json);
    json.end_object();
}

fn claude_stream(talk: &Talk, reply: Reply<'_>, json: &mut Json<'_>) {
    let counts = reply.counts;
    json.array().object().field("type", "message_start").key("message").object();
    json.field("model", claude_name(reply.model)).field("id", &message_id(reply.seed)).field("type", "message").field("role", "assistant");
    json.key("content").array().end_array().field_raw("stop_reason", "null");
    claude_usage(Counts { output: 1, ..counts }, json);
    json.end_object().end_object();
    for (index, part) in (0_u64..).zip(&talk.reply) {
        let (opening, delta, field, text) = match part {
            Part::ToolUse { id, name, input } => {
                let opening = format!(r#"{{"type":"tool_use","id":"{id}","name":"{name}","input":{{}}}}"#);
                (opening, "input_json_delta", "partial_json", input.as_str())
            }
            Part::Text(text) | Part::Guarded(text) | Part::Escaped(text) | Part::ToolResult { json: text, .. } => {
                (r#"{"type":"text","text":""}"#.to_owned(), "text_delta", "text", text.as_str())
            }
        };
        json.object().field("type", "content_block_start").field_number("index", index).field_raw("content_block", &opening).end_object();
        let mut rest = text;
        let mut draw = Draw::new(reply.seed);
        while !rest.is_empty() {
            let wanted = draw.between(18, 70) as usize;
            let at = (wanted..rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
            let (piece, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
            json.object().field("type", "content_block_delta").field_number("index", index);
            json.key("delta").object().field("type", delta).field(field, piece).end_object().end_object();
            rest = tail;
        }
        json.object().field("type", "content_block_stop").field_number("index", index).end_object();
    }
    json.object()
        .field("type", "message_delta")
        .key("delta")
        .object()
        .field("stop_reason", talk.stop)
        .field_raw("stop_sequence", "null")
        .end_object();
    json.key("usage").object().field_number("output_tokens", counts.output).end_object().end_object();
    json.object().field("type", "message_stop");
    claude_guard(talk, json);
    json.key("amazon-bedrock-invocationMetrics").object().field_number("inputTokenCount", counts.input);
    json.field_number("outputTokenCount", counts.output).field_number("invocationLatency", reply.latency);
    json.field_number("firstByteLatency", reply.latency / 5 + 120).end_object().end_object().end_array();
}

/// The texts of the parts, one after another.
fn plain(parts: &[Part]) -> String {
    let mut all = String::new();
    for part in parts {
        match part {
            Part::Text(text) | Part::Guarded(text) | Part::Escaped(text) => all.push_str(text),
            Part::ToolUse { input: json, .. } | Part::ToolResult { json, .. } => all.push_str(json),
        }
    }
    all
}

fn llama_prompt(talk: &Talk) -> String {
    let mut prompt = format!("<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n{}<|eot_id|>", talk.system);
    for message in &talk.messages {
        let text = plain(&message.parts);
        prompt.extend(["<|start_header_id|>", role(message), "<|end_header_id|>\n\n", &text, "<|eot_id|>"]);
    }
    prompt.push_str("<|start_header_id|>assistant<|end_header_id|>\n\n");
    prompt
}

fn mistral_prompt(talk: &Talk) -> String {
    let mut prompt = String::from("<s>");
    for (index, message) in talk.messages.iter().enumerate() {
        let text = plain(&message.parts);
        if message.assistant {
            prompt.extend([" ", &text, "</s>"]);
        } else if index == 0 {
            prompt.extend(["[INST] ", &talk.system, "\n\n", &text, " [/INST]"]);
        } else {
            prompt.extend(["[INST] ", &text, " [/INST]"]);
        }
    }
    prompt
}

/// Appends request and response of an embedding call.
pub(super) fn embedding(texts: &[String], cohere: bool, seed: u64, request: &mut Vec<u8>, response: &mut Vec<u8>) -> Counts {
    let tokens = texts.iter().map(|t| t.len() as u64 / 4 + 2).sum();
    let mut ask = Json::new(request);
    let mut answer = Json::new(response);
    let mut draw = Draw::new(seed);
    ask.object();
    answer.object();
    if cohere {
        ask.key("texts").array();
        answer.field("id", &draw.uuid()).key("embeddings").array();
        for text in texts {
            ask.text(text);
            vector(&mut draw, 128, &mut answer);
        }
        ask.end_array().field("input_type", "search_document").field("truncate", "END");
        answer.end_array().field("response_type", "embeddings_floats").key("texts").array();
        for text in texts {
            answer.text(text);
        }
        answer.end_array();
    } else {
        ask.field("inputText", texts.first().map_or("", String::as_str)).field_number("dimensions", 256).field_bool("normalize", true);
        answer.key("embedding");
        vector(&mut draw, 256, &mut answer);
        answer.field_number("inputTextTokenCount", tokens);
    }
    ask.end_object();
    answer.end_object();
    Counts { input: tokens, output: 0, cache_read: 0 }
}

fn vector(draw: &mut Draw, dimensions: u32, json: &mut Json<'_>) {
    json.array();
    let mut number = Vec::with_capacity(16);
    for _ in 0..dimensions {
        number.clear();
        let bits = draw.between(100_000, 1_000_000);
        number.extend_from_slice(if bits.is_multiple_of(2) { b"-0.0" } else { b"0.0" });
        super::json::push_number(u64::from(bits), &mut number);
        json.raw(&number);
    }
    json.end_array();
}
