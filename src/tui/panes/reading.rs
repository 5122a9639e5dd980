//! An exchange laid out for reading: the new turn first, then the answer, then what led there, folded.

use crate::model::{BodyState, Event, Exchange, ExchangeFlags, GuardrailAction, Hidden, HiddenKind, Part, Secrets, Strand, Turn};
use crate::stitch::conversation::Position;
use crate::stitch::joins::Joined;
use crate::tui::ask::Row;
use crate::tui::widgets::{Block, BlockKind, Page};

/// The page of one exchange: by itself, or of a conversation the call that was opened alone.
pub fn page(row: &Row, exchange: &Exchange, flags: ExchangeFlags, joined: &Joined, place: Option<Position>, secrets: Secrets) -> Page {
    let (event, mark) = (&row.event, &row.mark);
    let mut blocks = Vec::new();
    if !mark.note.is_empty() {
        blocks.push(Block::new(BlockKind::Note, "note", mark.note.clone()));
    }
    let mut known = facts(event, exchange);
    let place = place.filter(|place| place.length > 1);
    let lines = place.map(|place| format!("call {} of {} of its conversation", place.position, place.length)).into_iter();
    for line in lines.chain(origin(joined)).chain(joined.orphan.map(|orphan| orphan.words().to_owned())) {
        known.push('\n');
        known.push_str(&line);
    }
    blocks.push(Block::new(BlockKind::Facts, title(event, exchange), known));
    blocks.extend(crate::report::flag_words(flags).map(|words| Block::new(BlockKind::Warning, format!("flags: {words}"), "")));
    warnings(exchange, secrets, &mut blocks);
    let hidden = hidden_blocks(&exchange.hidden);
    let (history, new) = split(&exchange.turns);
    let asked = |blocks: &mut Vec<Block>| new.iter().for_each(|turn| turn_blocks(turn, false, blocks));
    around(hidden, &mut blocks, asked);
    answer(exchange, &mut blocks);
    if let Some((request, response)) = &exchange.unknown_shape {
        blocks.push(Block::new(BlockKind::User, "request (unknown shape)", request.clone()));
        blocks.push(Block::new(BlockKind::Assistant, "response (unknown shape)", response.clone()));
    }
    for (index, system) in exchange.system.iter().enumerate() {
        let title = if exchange.system.len() == 1 { "system prompt".to_owned() } else { format!("system prompt {}", index + 1) };
        blocks.push(Block::new(BlockKind::System, title, system.clone()).folded());
    }
    if !history.is_empty() {
        blocks.push(Block::new(BlockKind::Facts, format!("history: {} turns before", history.len()), ""));
        for turn in history {
            turn_blocks(turn, true, &mut blocks);
        }
    }
    for suppressed in &exchange.guardrail.suppressed {
        blocks.push(Block::new(BlockKind::Warning, "the model's own text, suppressed by the guardrail", suppressed.clone()).folded());
    }
    Page::new(blocks)
}

/// What CloudTrail knows of a call and its record does not: the key, the address, the program.
pub(super) fn origin(joined: &Joined) -> Option<String> {
    let trail = joined.events.iter().find(|event| matches!(event.strand, Strand::Management | Strand::Data))?;
    let program = trail.user_agent.as_deref().map(|agent| agent.trim_start_matches('[').split(' ').next().unwrap_or(agent));
    let known = [("from", trail.ip.as_deref()), ("with key", trail.key.as_deref()), ("by", program)];
    let words: Vec<String> = known.into_iter().filter_map(|(word, value)| Some(format!("{word} {}", value?))).collect();
    (!words.is_empty()).then(|| format!("CloudTrail: {}", words.join(" ")))
}

/// The turns up to the last answer, and what came after it.
fn split(turns: &[Turn]) -> (&[Turn], &[Turn]) {
    let new = turns.iter().rposition(|turn| turn.role == "assistant").map_or(0, |index| index + 1);
    // A request that ends in the model's own words (a prefilled answer) has no turn after it: show from the last user turn.
    let new = if new == turns.len() { turns.iter().rposition(|turn| turn.role != "assistant").unwrap_or(0) } else { new };
    turns.split_at(new)
}

fn title(event: &Event, exchange: &Exchange) -> String {
    let model = event.model.as_deref().or(exchange.response_model.as_deref()).unwrap_or("unknown model");
    if exchange.family.is_empty() { model.to_owned() } else { format!("{model} · {}", exchange.family) }
}

fn facts(event: &Event, exchange: &Exchange) -> String {
    let count = |count: Option<u64>| count.map_or_else(|| "?".to_owned(), crate::tui::render::grouped);
    let tokens = exchange.tokens;
    let mut figures = vec![format!("tokens {} in, {} out", count(tokens.input), count(tokens.output))];
    if tokens.cache_read.is_some() || tokens.cache_write.is_some() {
        figures.push(format!("cache {} read, {} written", count(tokens.cache_read), count(tokens.cache_write)));
    }
    figures.extend(exchange.latency_ms.map(|latency| format!("{} ms", crate::tui::render::grouped(latency))));
    figures.extend(exchange.stop_reason.as_ref().map(|stop| format!("stopped: {stop}")));
    let time = event.time.map_or_else(|| "no time".to_owned(), |time| time.to_string());
    let mut lines = vec![time, event.actor.as_deref().unwrap_or("-").to_owned(), figures.join(" · ")];
    if !exchange.tools_offered.is_empty() {
        lines.push(format!("tools offered: {}", exchange.tools_offered.join(", ")));
    }
    if !exchange.metadata.is_empty() {
        lines.push(format!("metadata: {}", exchange.metadata.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")));
    }
    lines.extend(notes(event.model.as_deref(), exchange));
    if let Some(region) = &exchange.inference_region {
        lines.push(format!("inference in {region}"));
    }
    lines.join("\n")
}

/// What is to be known of the model and the figures. An id that says which model it is needs no second name.
fn notes(model: Option<&str>, exchange: &Exchange) -> Vec<String> {
    let named = exchange.response_model.as_deref().filter(|named| model.is_some_and(|id| !id.contains(named)));
    named.map(|model| format!("the response names the model {model}")).into_iter().chain(exchange.remarks.iter().cloned()).collect()
}

pub(super) fn warnings(exchange: &Exchange, secrets: Secrets, blocks: &mut Vec<Block>) {
    if let Some(code) = &exchange.error_code {
        blocks.push(Block::new(BlockKind::Warning, format!("the call failed: {code}"), "Only the CloudTrail event has the message: P goes there."));
    }
    match exchange.body {
        BodyState::S3 => blocks.push(Block::new(BlockKind::Warning, "the body is in S3", exchange.body_paths.join("\n"))),
        BodyState::Absent if exchange.error_code.is_none() => {
            blocks.push(Block::new(
                BlockKind::Warning,
                "the record holds no body",
                "Text delivery was off, or the body was too large and had no place to go.",
            ));
        }
        _ => {}
    }
    let guardrail = &exchange.guardrail;
    if guardrail.action != GuardrailAction::Unknown && guardrail.action != GuardrailAction::None {
        let findings: Vec<String> = guardrail
            .policies
            .iter()
            .map(|policy| {
                let confidence = policy.confidence.as_deref().map(|confidence| format!(" ({confidence})")).unwrap_or_default();
                format!("{} · {}: {}{confidence} → {}", policy.side.name(), policy.policy, policy.name, policy.action)
            })
            .collect();
        blocks.push(Block::new(BlockKind::Warning, format!("guardrail: {}", guardrail.action.name()), findings.join("\n")));
    }
    if !exchange.secrets.is_empty() {
        let masked = (secrets == Secrets::Masked).then(|| "masked here; ctrl-r shows them".to_owned());
        let found = exchange.secrets.iter().map(|found| format!("{}: {}, from byte {} on", found.place, found.kind.words(), found.at));
        let lines: Vec<String> = found.chain(masked).collect();
        blocks.push(Block::new(BlockKind::Warning, "credentials", lines.join("\n")));
    }
    if !exchange.unreadable.is_empty() {
        blocks.push(Block::new(BlockKind::Warning, "could not be read", exchange.unreadable.join("\n")));
    }
}

/// Lines of hidden content that may stand before a prompt; whoever hides more does not push it off the screen.
const BEFORE_PROMPT: usize = 2;
/// Characters of a line, about.
const LINE: usize = 80;
/// Passages of one kind that are told.
const TOLD: usize = 5;
/// Characters that are told of one kind.
const TOLD_CHARACTERS: usize = 2000;

/// The prompt with what is hidden in it: before it when it is short, else behind it.
pub(super) fn around(hidden: Vec<Block>, blocks: &mut Vec<Block>, prompt: impl FnOnce(&mut Vec<Block>)) {
    let lines = |block: &Block| block.text.lines().map(|line| line.chars().count().div_ceil(LINE)).sum::<usize>().max(1);
    let short = hidden.iter().map(lines).sum::<usize>() <= BEFORE_PROMPT;
    let (before, behind) = if short { (hidden, Vec::new()) } else { (Vec::new(), hidden) };
    blocks.extend(before);
    prompt(blocks);
    blocks.extend(behind);
}

/// What is hidden, a block for each kind.
pub(super) fn hidden_blocks(hidden: &[Hidden]) -> Vec<Block> {
    let mut kinds: Vec<(HiddenKind, Vec<&Hidden>)> = Vec::new();
    for one in hidden {
        match kinds.iter_mut().find(|(kind, _)| *kind == one.kind) {
            Some((_, same)) => same.push(one),
            None => kinds.push((one.kind, vec![one])),
        }
    }
    kinds.into_iter().map(|(kind, same)| Block::new(BlockKind::Warning, hidden_title(kind, &same), told(kind, &same))).collect()
}

/// What is hidden, how often and where first.
fn hidden_title(kind: HiddenKind, same: &[&Hidden]) -> String {
    let first = same.first();
    let how = first.filter(|_| same.len() == 1).and_then(|hidden| hidden.encoding.as_ref());
    let how = how.map(|encoding| format!(" ({encoding})")).unwrap_or_default();
    let place = first.and_then(|hidden| hidden.place.as_ref()).map(|place| format!(" in {place}")).unwrap_or_default();
    let at = first.map_or(0, |hidden| hidden.at);
    match same.len() {
        0 | 1 => format!("{}{how}{place}, from byte {at} on", hidden_words(kind)),
        count => format!("{} ×{}, first{place} at byte {at}", hidden_words(kind), crate::tui::render::grouped(count as u64)),
    }
}

/// What it says. Text in tag characters is one text, wherever it was cut; of other kinds a few, each once.
fn told(kind: HiddenKind, same: &[&Hidden]) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut more = 0;
    for hidden in same {
        let line = hidden.decoded.as_str();
        if kind == HiddenKind::TagCharacters || (lines.len() < TOLD && !lines.contains(&line)) {
            lines.push(line);
        } else if !lines.contains(&line) {
            more += 1;
        }
    }
    let joined = lines.join(if kind == HiddenKind::TagCharacters { "" } else { "\n" });
    let text = match joined.char_indices().nth(TOLD_CHARACTERS) {
        Some((end, _)) => format!("{}…", joined.get(..end).unwrap_or_default()),
        None => joined,
    };
    if more > 0 { format!("{text}\nand {} more", crate::tui::render::grouped(more)) } else { text }
}

/// What is hidden, in words.
const fn hidden_words(kind: HiddenKind) -> &'static str {
    match kind {
        HiddenKind::TagCharacters => "hidden tag characters",
        HiddenKind::ZeroWidth => "zero-width characters",
        HiddenKind::Bidi => "bidirectional controls",
        HiddenKind::Control => "control characters",
        HiddenKind::VariationSelectors => "bytes hidden in variation selectors",
        HiddenKind::MixedScripts => "letters of several scripts in one word",
        HiddenKind::Encoded => "an encoded passage",
    }
}

pub(super) fn turn_blocks(turn: &Turn, folded: bool, blocks: &mut Vec<Block>) {
    let side = match turn.role.as_str() {
        "assistant" => BlockKind::Assistant,
        "system" => BlockKind::System,
        "tool" => BlockKind::Tool,
        _ => BlockKind::User,
    };
    for part in &turn.parts {
        let block = part_block(part, side, &turn.role);
        let fold = folded || matches!(part, Part::ToolResult { text, .. } if text.len() > 2000);
        blocks.push(if fold { block.folded() } else { block });
        blocks.extend(inside(part));
    }
}

/// The words of a file, or of a source, folded below its line.
fn inside(part: &Part) -> Option<Block> {
    let Part::Media { kind, text: Some(text), .. } = part else { return None };
    Some(Block::new(BlockKind::Facts, format!("text of the {kind}"), text.clone()).folded())
}

fn part_block(part: &Part, side: BlockKind, role: &str) -> Block {
    match part {
        Part::Text { text } => Block::new(side, role, text.clone()),
        Part::Guarded { text, qualifiers } if qualifiers.is_empty() => Block::new(side, format!("{role}, handed to the guardrail"), text.clone()),
        Part::Guarded { text, qualifiers } => Block::new(side, format!("{role}, handed to the guardrail as {}", qualifiers.join(", ")), text.clone()),
        Part::Reasoning { redacted: true, .. } => Block::new(BlockKind::Reasoning, "reasoning, redacted", ""),
        Part::Reasoning { text, .. } => Block::new(BlockKind::Reasoning, "reasoning", text.clone()).folded(),
        Part::ToolCall { name, input, .. } => Block::new(BlockKind::Tool, format!("calls {name}"), input.clone()),
        Part::ToolResult { status, text, .. } => Block::new(
            BlockKind::Tool,
            status.as_deref().map_or_else(|| "tool result".to_owned(), |status| format!("tool result: {status}")),
            text.clone(),
        ),
        Part::Media { kind, format, name, bytes, uri, .. } => {
            let weight = bytes.map(crate::tui::render::bytes);
            let known = [Some(format.as_str()), name.as_deref(), weight.as_deref(), uri.as_deref()];
            let known: Vec<&str> = known.into_iter().flatten().filter(|word| !word.is_empty()).collect();
            Block::new(BlockKind::Facts, format!("{kind}: {}", known.join(" · ")), "")
        }
        Part::Json { text } => Block::new(side, format!("{role}, a block of an unknown shape"), text.clone()),
    }
}

pub(super) fn answer(exchange: &Exchange, blocks: &mut Vec<Block>) {
    if !exchange.reasoning.is_empty() {
        blocks.push(Block::new(BlockKind::Reasoning, "reasoning", exchange.reasoning.clone()).folded());
    }
    if !exchange.completion.is_empty() {
        blocks.push(Block::new(BlockKind::Assistant, "answer", exchange.completion.clone()));
    }
    for call in &exchange.tool_calls {
        blocks.push(Block::new(BlockKind::Tool, format!("answer calls {}", call.name), call.input.clone()));
    }
    for part in &exchange.answer_parts {
        blocks.push(part_block(part, BlockKind::Assistant, "answer"));
        blocks.extend(inside(part));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(role: &str, text: &str) -> Turn {
        Turn { role: role.to_owned(), parts: vec![Part::Text { text: text.to_owned() }] }
    }

    #[test]
    fn the_new_turn_comes_after_the_last_answer() {
        let turns = [turn("user", "one"), turn("assistant", "two"), turn("user", "three")];
        let (history, new) = split(&turns);
        assert_eq!((history.len(), new.len()), (2, 1));
        let prefilled = [turn("user", "one"), turn("assistant", "{")];
        assert_eq!(split(&prefilled).1.len(), 2);
        assert_eq!(split(&[]).1.len(), 0);
    }

    #[test]
    fn facts_say_what_is_to_be_known_of_the_figures() {
        let remark = "output tokens disagree: 90 in the record, 134 in the body".to_owned();
        let exchange = Exchange { remarks: vec![remark.clone()], response_model: Some("claude-3-haiku".to_owned()), ..Exchange::default() };
        let named = "the response names the model claude-3-haiku".to_owned();
        assert_eq!(notes(Some("application-inference-profile/ab12"), &exchange), [named, remark.clone()]);
        assert_eq!(notes(Some("anthropic.claude-3-haiku-20240307-v1:0"), &exchange), [remark]);
    }

    #[test]
    fn hidden_content_is_a_block_a_kind_and_does_not_push_the_prompt_away() {
        let many =
            |kind: HiddenKind, decoded: &str, count: usize| (0..count).map(|n| Hidden::new(kind, decoded.to_owned(), 4 * n + 1)).collect::<Vec<_>>();
        let titles = |blocks: &[Block]| blocks.iter().map(|block| (block.title.clone(), block.text.clone())).collect::<Vec<_>>();
        let pair = |title: &str, text: &str| (title.to_owned(), text.to_owned());
        let flood = many(HiddenKind::ZeroWidth, "ZWSP", 3000);
        assert_eq!(titles(&hidden_blocks(&flood)), [pair("zero-width characters ×3,000, first at byte 1", "ZWSP")]);
        let one = Hidden {
            place: Some("tool result 2".to_owned()),
            encoding: Some("hex".to_owned()),
            ..Hidden::new(HiddenKind::Encoded, "words".to_owned(), 7)
        };
        assert_eq!(titles(&hidden_blocks(&[one])), [pair("an encoded passage (hex) in tool result 2, from byte 7 on", "words")]);
        // Tag characters are told in full, and yet not without end.
        let letters: Vec<Hidden> = ["ig", "no", "re"].iter().map(|text| Hidden::new(HiddenKind::TagCharacters, (*text).to_owned(), 0)).collect();
        assert_eq!(hidden_blocks(&letters)[0].text, "ignore");
        assert_eq!(hidden_blocks(&many(HiddenKind::TagCharacters, "abcd", 3000))[0].text.chars().count(), TOLD_CHARACTERS + 1);
        let passages: Vec<Hidden> = (0..20).map(|n| Hidden::new(HiddenKind::Encoded, format!("passage {n}"), n)).collect();
        let block = &hidden_blocks(&passages)[0];
        assert_eq!((block.title.as_str(), block.text.lines().count()), ("an encoded passage ×20, first at byte 0", TOLD + 1));
        assert!(block.text.ends_with("and 15 more"));

        let order = |hidden: &[Hidden]| {
            let mut blocks = Vec::new();
            around(hidden_blocks(hidden), &mut blocks, |blocks| turn_blocks(&turn("user", "the prompt"), false, blocks));
            blocks.iter().position(|block| block.text == "the prompt").expect("the prompt")
        };
        let mix: Vec<Hidden> = [HiddenKind::ZeroWidth, HiddenKind::Bidi, HiddenKind::Control].map(|kind| Hidden::new(kind, "x".to_owned(), 0)).into();
        assert_eq!((order(&flood), order(&mix[..2]), order(&mix), order(&passages), order(&[])), (1, 2, 0, 0, 0));
    }

    #[test]
    fn the_words_of_a_file_and_the_rest_of_an_answer_are_shown() {
        let file = Part::Media {
            kind: "document".to_owned(),
            format: "txt".to_owned(),
            name: None,
            bytes: Some(5),
            uri: None,
            text: Some("words".to_owned()),
        };
        let turn = Turn { role: "user".to_owned(), parts: vec![file.clone()] };
        let mut blocks = Vec::new();
        turn_blocks(&turn, false, &mut blocks);
        answer(&Exchange { answer_parts: vec![file, Part::Json { text: "{}".to_owned() }], ..Exchange::default() }, &mut blocks);
        assert_eq!(blocks.len(), 5);
    }
}
