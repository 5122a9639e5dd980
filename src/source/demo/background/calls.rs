//! Model calls of an ordinary week, each telling its conversation again from its seed.

use super::super::callers::{ASSISTANT, ASSISTANT_EU, Caller, DEPLOYER, EMBEDDER, ORDER_AGENT, PIPELINE, SCIENTISTS};
use super::super::draw::Draw;
use super::super::phrases::{agent, code, documents, fill, filled, prose, support};
use super::super::slot::{Invoke, Payload, Slot};
use super::super::stories::{GUARDRAIL, GUARDRAIL_EU};
use super::super::talk::{Guard, Message, Part, Talk};
use super::Activity as A;
use crate::model::Timestamp;

const SONNET_US: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const SONNET_GLOBAL: &str = "global.anthropic.claude-sonnet-4-5-20250929-v1:0";
const SONNET_ARN: &str = "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const LAB_PROFILE: &str = "arn:aws:bedrock:us-east-1:444455556666:application-inference-profile/n7x2lab40qke";
const OPUS: &str = "us.anthropic.claude-opus-4-1-20250805-v1:0";
const HAIKU_EU: &str = "eu.anthropic.claude-haiku-4-5-20251001-v1:0";
const HAIKU_3: &str = "anthropic.claude-3-haiku-20240307-v1:0";
const NOVA: &str = "us.amazon.nova-pro-v1:0";
const NOVA_EU: &str = "eu.amazon.nova-lite-v1:0";
const LLAMA: &str = "us.meta.llama3-3-70b-instruct-v1:0";
const MISTRAL: &str = "mistral.mistral-large-2402-v1:0";
const TITAN: &str = "amazon.titan-embed-text-v2:0";
const COHERE: &str = "cohere.embed-multilingual-v3";

/// Who calls what, where and how.
#[derive(Clone, Copy)]
struct Line {
    caller: Caller,
    region: &'static str,
    operation: &'static str,
    model: &'static str,
    metadata: &'static str,
}

fn line(activity: A, draw: &mut Draw) -> Line {
    let plain = |caller, region, operation, model| Line { caller, region, operation, model, metadata: "" };
    match activity {
        A::AssistantEurope => Line {
            metadata: r#"{"shop":"eu","channel":"web","release":"2026.45.2"}"#,
            ..plain(ASSISTANT_EU, "eu-west-1", "ConverseStream", draw.pick(&[HAIKU_EU, HAIKU_EU, NOVA_EU]))
        },
        A::Notebook | A::NotebookWest => {
            let region = if activity == A::Notebook { "us-east-1" } else { "us-west-2" };
            let models = if activity == A::Notebook { [SONNET_GLOBAL, LAB_PROFILE, OPUS, HAIKU_3] } else { [SONNET_US, OPUS, SONNET_US, HAIKU_3] };
            let operation = draw.pick(&["InvokeModel", "InvokeModel", "InvokeModelWithResponseStream"]);
            plain(draw.pick(&SCIENTISTS), region, operation, draw.pick(&models))
        }
        A::Embedding => plain(EMBEDDER, "us-west-2", "InvokeModel", draw.pick(&[TITAN, TITAN, TITAN, COHERE])),
        A::OrderAgent => plain(ORDER_AGENT, "us-east-1", "Converse", SONNET_US),
        A::Pipeline => {
            let (operation, model) = draw.pick(&[("Converse", NOVA_EU), ("InvokeModel", MISTRAL), ("Converse", HAIKU_EU)]);
            plain(PIPELINE, "eu-west-1", operation, model)
        }
        A::PipelineWest => {
            let (operation, model) = draw.pick(&[("InvokeModel", LLAMA), ("Converse", NOVA)]);
            plain(PIPELINE, "us-west-2", operation, model)
        }
        A::Review => plain(DEPLOYER, draw.pick(&["us-east-1", "eu-central-1"]), "InvokeModel", SONNET_GLOBAL),
        _ => Line {
            metadata: r#"{"shop":"us","channel":"web","release":"2026.45.2"}"#,
            ..plain(ASSISTANT, "us-east-1", "ConverseStream", draw.pick(&[SONNET_US, SONNET_US, SONNET_US, SONNET_ARN, NOVA]))
        },
    }
}

/// Where a profile may send the call; empty for a model called by its own id.
pub(in super::super) fn inference_region(model: &str, draw: &mut Draw) -> &'static str {
    let profile = model.rsplit('/').next().unwrap_or(model);
    if profile.starts_with("us.") || model.contains("application-inference-profile") {
        draw.pick(&["us-east-1", "us-east-2", "us-west-2"])
    } else if profile.starts_with("eu.") {
        draw.pick(&["eu-west-1", "eu-central-1", "eu-north-1"])
    } else if profile.starts_with("global.") {
        draw.pick(&["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1", "us-east-2"])
    } else {
        ""
    }
}

/// Writes the call: turn `turn` of the conversation that the seed stands for.
pub(super) fn write(activity: A, at: Timestamp, seed: u64, turn: u32, slot: &mut Slot) {
    let mut draw = Draw::new(seed);
    let line = line(activity, &mut draw);
    let mut own = Draw::new(seed.rotate_left(17) ^ u64::from(turn));
    let request = own.uuid();
    let inference = inference_region(line.model, &mut own);
    let error = fault(activity, &mut own);
    let embedding = (activity == A::Embedding).then(|| catalogue(line.model == COHERE, &mut draw));
    let talk = if embedding.is_none() { talk(activity, turn, &mut draw) } else { Talk::default() };
    let payload = match &embedding {
        Some(texts) => Payload::Embedding { texts, cohere: line.model == COHERE },
        None => Payload::Talk(&talk),
    };
    slot.invoke(&Invoke {
        at,
        caller: &line.caller,
        region: line.region,
        inference,
        operation: line.operation,
        model: line.model,
        request: &request,
        payload,
        error,
        recorded: true,
        bearer: false,
        metadata: line.metadata,
        seed: own.seed(),
    });
}

/// What goes wrong on a good day.
fn fault(activity: A, draw: &mut Draw) -> Option<(&'static str, &'static str)> {
    let denied = if matches!(activity, A::Notebook | A::NotebookWest) { 4 } else { 0 };
    match draw.below(1000) {
        0..8 => Some(("ThrottlingException", "Too many requests, please wait before trying again.")),
        8..11 => Some(("ValidationException", "messages.2.content: text content blocks must be non-empty")),
        11..12 => Some(("ModelTimeoutException", "Model has timed out in processing the request. Try your request again.")),
        roll if roll < 12 + denied => Some((
            "AccessDeniedException",
            "User is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1:444455556666:provisioned-model/4k2wq9z7m1xc because no identity-based policy allows the bedrock:InvokeModel action",
        )),
        _ => None,
    }
}

fn catalogue(cohere: bool, draw: &mut Draw) -> Vec<String> {
    let count = if cohere { draw.between(2, 7) } else { 1 };
    let mut texts = Vec::new();
    for _ in 0..count {
        let mut text = filled(draw.pick(documents::CATALOGUE), draw);
        text.push(' ');
        let length = draw.between(200, 1400) as usize;
        prose(documents::CATALOGUE, length, draw, &mut text);
        texts.push(text);
    }
    texts
}

fn talk(activity: A, turn: u32, draw: &mut Draw) -> Talk {
    match activity {
        A::Assistant => support_talk(turn, GUARDRAIL, "3", draw),
        A::AssistantEurope => support_talk(turn, GUARDRAIL_EU, "1", draw),
        A::OrderAgent => agent_talk(turn, draw),
        A::Notebook | A::NotebookWest => notebook_talk(turn, draw),
        A::Review => review_talk(draw),
        _ => document_talk(draw),
    }
}

/// An answer of the support assistant.
pub(in super::super) fn support_answer(draw: &mut Draw) -> String {
    let mut text = filled(draw.pick(support::ANSWERS), draw);
    for _ in 0..=draw.below(2) {
        text.push(' ');
        fill(draw.pick(support::ANSWERS), draw, &mut text);
    }
    text.push(' ');
    fill(draw.pick(support::CLOSINGS), draw, &mut text);
    text
}

/// What the search finds for a question.
pub(in super::super) fn articles(count: u32, draw: &mut Draw) -> String {
    let mut text = String::from("<articles>\n");
    for _ in 0..count {
        fill(draw.pick(support::ARTICLES), draw, &mut text);
        text.push('\n');
    }
    text.push_str("</articles>");
    text
}

fn support_talk(turn: u32, guardrail: &'static str, version: &'static str, draw: &mut Draw) -> Talk {
    let traced = draw.per_mille(250);
    let mut talk = Talk { system: support::SYSTEM.to_owned(), stop: "end_turn", max_tokens: 800, ..Talk::default() };
    for number in 0..=turn {
        let question = filled(draw.pick(if number == 0 { support::QUESTIONS } else { support::FOLLOW_UPS }), draw);
        let found = draw.between(3, 8);
        talk.context = articles(found, draw);
        talk.messages.push(Message::user(question));
        let answer = vec![Part::Text(support_answer(draw))];
        if number == turn {
            talk.reply = answer;
        } else {
            talk.messages.push(Message::assistant(answer));
        }
    }
    talk.guard = Some(Guard::silent(guardrail, version, traced));
    talk
}

fn agent_talk(turn: u32, draw: &mut Draw) -> Talk {
    let mut talk = Talk { system: agent::SYSTEM.to_owned(), tools: agent::TOOLS, max_tokens: 2048, cached: 40, ..Talk::default() };
    let mut order = String::new();
    for call in 0..=turn {
        // A request takes three tools and a last word; then comes the next.
        let phase = call % 4;
        if phase == 0 {
            order = filled("{order}", draw);
            talk.messages.push(Message::user(filled(draw.pick(agent::REQUESTS), draw).replace("<order>", &order)));
        }
        let (reply, ending) = if phase < 3 {
            (tool_call(phase as usize, &order, draw), "tool_use")
        } else {
            let done = filled("Done: one line of <order> now ships from {city}, the rest stays as planned.", draw);
            (vec![Part::Text(done.replace("<order>", &order))], "end_turn")
        };
        if call == turn {
            (talk.reply, talk.stop) = (reply, ending);
            break;
        }
        let result = (phase < 3).then(|| tool_result(&reply, &order, draw));
        talk.messages.push(Message::assistant(reply));
        talk.messages.extend(result);
    }
    talk
}

/// A thought and the call of a tool: reading, looking up and moving in turn.
pub(in super::super) fn tool_call(step: usize, order: &str, draw: &mut Draw) -> Vec<Part> {
    let (name, thoughts) = agent::STEPS.get(step % agent::STEPS.len()).copied().unwrap_or_default();
    let id = format!("tooluse_{}", draw.hex(22));
    let input = match name {
        "get_stock" => format!(r#"{{"sku":"SKU-{}"}}"#, draw.between(10_000, 99_999)),
        "move_line" => format!(r#"{{"order_id":"{order}","line":{},"warehouse":"{}"}}"#, draw.between(1, 6), draw.pick(agent::WAREHOUSES)),
        _ => format!(r#"{{"order_id":"{order}"}}"#),
    };
    vec![Part::Text(draw.pick(thoughts).to_owned()), Part::ToolUse { id, name, input }]
}

/// What the tool of such a call returns.
pub(in super::super) fn tool_result(call: &[Part], order: &str, draw: &mut Draw) -> Message {
    let mut parts = Vec::new();
    for part in call {
        let Part::ToolUse { id, name, .. } = part else { continue };
        let json = match *name {
            "get_stock" => {
                let mut rows = Vec::new();
                for warehouse in agent::WAREHOUSES {
                    rows.push(format!(r#"{{"warehouse":"{warehouse}","on_hand":{},"reserved":{}}}"#, draw.below(120), draw.below(9)));
                }
                format!(r#"{{"stock":[{}]}}"#, rows.join(","))
            }
            "move_line" => format!(r#"{{"state":"moved","order_id":"{order}","ships_on":"{}"}}"#, filled("{date}", draw)),
            _ => {
                let mut lines = Vec::new();
                for number in 1..=draw.between(2, 6) {
                    let line = r#""sku":"SKU-{number}","article":"{product}","price":"{amount}","picked_in":"Tartu""#;
                    lines.push(format!(r#"{{"line":{number},{}}}"#, filled(line, draw)));
                }
                let head = filled(r#""state":"picking","customer":"{name}","city":"{city}","ordered":"{date}""#, draw);
                format!(r#"{{"order_id":"{order}",{head},"lines":[{}]}}"#, lines.join(","))
            }
        };
        parts.push(Part::ToolResult { id: id.clone(), json });
    }
    Message { assistant: false, parts }
}

fn notebook_talk(turn: u32, draw: &mut Draw) -> Talk {
    let mut talk = Talk { system: code::NOTEBOOK.to_owned(), stop: "end_turn", max_tokens: 4096, ..Talk::default() };
    for number in 0..=turn {
        talk.messages.push(Message::user(filled(draw.pick(code::SQL_QUESTIONS), draw)));
        let mut text = filled(draw.pick(code::SQL_ANSWERS), draw);
        if draw.below(2) == 0 {
            fill(draw.pick(code::SQL_ANSWERS), draw, &mut text);
        }
        let answer = vec![Part::Text(text)];
        if number == turn {
            talk.reply = answer;
        } else {
            talk.messages.push(Message::assistant(answer));
        }
    }
    talk
}

fn review_talk(draw: &mut Draw) -> Talk {
    let mut diff = String::from("Please review this change.\n\n");
    for _ in 0..draw.between(2, 12) {
        diff.push_str(draw.pick(code::DIFFS));
    }
    let mut remarks = String::new();
    for _ in 0..draw.between(2, 6) {
        remarks.push_str(draw.pick(code::REMARKS));
    }
    Talk::simple(code::REVIEWER, diff, remarks)
}

fn document_talk(draw: &mut Draw) -> Talk {
    let mut document = String::from("<document>\n");
    let length = draw.heavy_tail(4_000);
    prose(documents::SENTENCES, length, draw, &mut document);
    document.push_str("\n</document>");
    let mut answer = String::new();
    for _ in 0..draw.between(4, 9) {
        fill(draw.pick(documents::FINDINGS), draw, &mut answer);
    }
    Talk::simple(draw.pick(documents::JOBS), document, answer)
}
