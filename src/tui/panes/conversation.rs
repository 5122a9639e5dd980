//! A conversation laid out for reading: call after call, each with only what it added.

use std::collections::BTreeSet;

use super::{exchanges, reading};
use crate::model::{ExchangeFlags, Secrets, Timestamp};
use crate::stitch::conversation::{Call, Conversation, Told};
use crate::stitch::joins::Joined;
use crate::tui::render::grouped;
use crate::tui::widgets::{Block, BlockKind, Page};

/// The page of a conversation, and the number of the first block of each call. `joined`: the other sides of its calls, or of
/// some of them when there are many.
pub fn page(conversation: &Conversation, joined: &[Joined], secrets: Secrets) -> (Page, Vec<usize>) {
    let calls = &conversation.calls;
    let all = calls.len() + conversation.left_out.0 + conversation.left_out.1;
    let mut blocks = vec![facts(conversation, joined, all)];
    let flags = calls.iter().filter_map(|call| call.facts.as_ref()).fold(ExchangeFlags::default(), |mut all, facts| {
        all.set(facts.flags, true);
        all
    });
    blocks.extend(crate::report::flag_words(flags).map(|words| Block::new(BlockKind::Warning, format!("flags: {words}"), "")));
    let mut system: Option<&[String]> = None;
    let mut places = Vec::with_capacity(calls.len());
    let mut day = None;
    for (number, call) in (conversation.left_out.0 + 1..).zip(calls) {
        if !call.unlogged.is_empty() {
            let what = "turns for which the case holds no call: the logs begin later, or lack it";
            blocks.push(Block::new(BlockKind::Facts, format!("{} {what}", call.unlogged.len()), ""));
            call.unlogged.iter().for_each(|turn| reading::turn_blocks(turn, true, &mut blocks));
        }
        places.push(blocks.len());
        blocks.push(heading(call, number, all, &mut day));
        if !call.changed.is_empty() {
            let what = "turns of the history it sent are not those of the calls before: the caller changed them";
            blocks.push(Block::new(BlockKind::Warning, format!("{} {what}", call.changed.len()), ""));
            call.changed.iter().for_each(|turn| reading::turn_blocks(turn, true, &mut blocks));
        }
        if !call.mark.note.is_empty() {
            blocks.push(Block::new(BlockKind::Note, "note", call.mark.note.clone()));
        }
        match &call.told {
            Told::Itself(exchange, new) => {
                if !exchange.system.is_empty() && system != Some(&exchange.system) {
                    let title = if system.is_some() { "system prompt, edited" } else { "system prompt" };
                    blocks.push(Block::new(BlockKind::System, title, exchange.system.join("\n\n")).folded());
                    system = Some(&exchange.system);
                }
                reading::warnings(exchange, secrets, &mut blocks);
                let turns = exchange.turns.get(*new..).unwrap_or_default();
                let asked = |blocks: &mut Vec<Block>| turns.iter().for_each(|turn| reading::turn_blocks(turn, false, blocks));
                reading::around(reading::hidden_blocks(&exchange.hidden), &mut blocks, asked);
                reading::answer(exchange, &mut blocks);
            }
            Told::Later(user, answer) => user.iter().chain(answer).for_each(|turn| reading::turn_blocks(turn, false, &mut blocks)),
            Told::Unreadable(why) => blocks.push(Block::new(BlockKind::Warning, "the record cannot be had", why.clone())),
        }
    }
    (Page::new(blocks), places)
}

/// What holds for the whole: who, when, how much, from where.
fn facts(conversation: &Conversation, joined: &[Joined], all: usize) -> Block {
    let calls = &conversation.calls;
    let models: BTreeSet<&str> = calls.iter().filter_map(|call| call.event.model.as_deref()).collect();
    let actors: BTreeSet<&str> = calls.iter().filter_map(|call| call.event.actor.as_deref()).collect();
    let time = |call: Option<&Call>| call.and_then(|call| call.event.time).map_or_else(|| "no time".to_owned(), |time| time.to_string());
    let sum = |count: fn(&Call) -> Option<u64>| grouped(calls.iter().filter_map(count).sum());
    let input = sum(|call| call.facts.as_ref().and_then(|facts| facts.tokens.total_input.or(facts.tokens.input)));
    let output = sum(|call| call.facts.as_ref().and_then(|facts| facts.tokens.output));
    let of = if conversation.left_out == (0, 0) { "all calls" } else { "the calls shown" };
    let mut lines = vec![
        format!("{} to {}", time(calls.first()), time(calls.last())),
        actors.into_iter().collect::<Vec<_>>().join(", "),
        format!("tokens {input} in, {output} out, of {of} together"),
    ];
    lines.extend(joined.iter().filter_map(reading::origin).collect::<BTreeSet<_>>());
    let orphans = joined.iter().filter(|joined| joined.orphan.is_some()).count();
    if orphans > 0 {
        let of = if joined.len() == calls.len() { "calls have".to_owned() } else { format!("of {} calls looked at have", joined.len()) };
        lines.push(format!("{orphans} {of} no CloudTrail event"));
    }
    match conversation.left_out {
        (0, 0) => {}
        (before, after) => lines.push(format!("{} calls before and {} after these are not shown", grouped(before as u64), grouped(after as u64))),
    }
    let title = format!("conversation of {} calls · {}", grouped(all as u64), models.into_iter().collect::<Vec<_>>().join(", "));
    Block::new(BlockKind::Facts, title, lines.join("\n"))
}

fn heading(call: &Call, number: usize, all: usize, day: &mut Option<String>) -> Block {
    let clock = call.event.time.map_or_else(|| "no time".to_owned(), |time| clock(time, day));
    let mut words = vec![format!("{clock}  call {number} of {all}")];
    words.extend(call.continues.map(|before| format!("goes on from call {before}")));
    words.extend(call.cut_to.map(|turns| format!("history cut to {turns} turns")));
    if let Some(facts) = &call.facts {
        words.push(format!("{} tokens", exchanges::tokens(facts)));
        words.extend(facts.stop_reason.clone());
        words.extend(crate::report::flag_words(facts.flags));
    }
    words.extend(call.event.error_code.as_deref().map(str::to_owned));
    let signs = [(call.mark.marked, "marked"), (call.mark.reviewed, "reviewed")];
    words.extend(signs.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned()));
    words.extend(call.mark.tags.iter().map(|tag| format!("#{tag}")));
    Block::new(BlockKind::Call, words.join(" · "), "")
}

/// The time of day, with the date where it is another than before.
fn clock(time: Timestamp, day: &mut Option<String>) -> String {
    let zoned = time.to_jiff();
    let today = zoned.strftime("%Y-%m-%d").to_string();
    let format = if day.as_ref() == Some(&today) { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    *day = Some(today);
    zoned.strftime(format).to_string()
}
