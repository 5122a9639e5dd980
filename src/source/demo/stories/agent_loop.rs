//! The long loop, Thursday morning: one request that takes the order-desk agent forty calls, each telling all before it.

use super::super::background::{tool_call, tool_result};
use super::super::calendar::moment;
use super::super::callers::ORDER_AGENT;
use super::super::draw::Draw;
use super::super::phrases::agent;
use super::super::talk::{Message, Part, Talk};
use super::{Act, InvokeDetails, Plot};
use crate::model::Timestamp;

/// Calls in the loop: three for each order, and the summary.
pub(super) const CALLS: usize = 3 * agent::LONG_LIST.len() + 1;
/// The model it runs on.
pub(super) const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const LABEL: &str = "agent-loop";

/// When a call is made.
pub(super) fn at(number: i64) -> Timestamp {
    moment(3, 10, 5, 0, 0).plus_millis(number * 21_700)
}

/// The request id of a call.
pub(super) fn request(number: usize) -> String {
    Draw::labelled(LABEL, number).uuid()
}

pub(super) fn tell(plot: &mut Plot) {
    for number in 0..CALLS as i64 {
        let act = Act::Invoke {
            caller: ORDER_AGENT,
            region: "us-east-1",
            operation: "Converse",
            model: MODEL,
            script: call,
            details: InvokeDetails::default(),
        };
        plot.step(LABEL, at(number), act);
    }
}

/// What is said in a call.
pub(super) fn call(number: usize, _draw: &mut Draw) -> Talk {
    let mut talk = Talk {
        system: agent::SYSTEM.to_owned(),
        messages: vec![Message::user(format!("{}{}", agent::LONG_REQUEST, agent::LONG_LIST.join(", ")))],
        tools: agent::TOOLS,
        max_tokens: 4_096,
        cached: if number == 0 { 0 } else { 80 },
        ..Talk::default()
    };
    for step in 0..=number {
        // One stream of draws a step: the same history in every call.
        let mut draw = Draw::labelled("agent-loop-step", step);
        let order = agent::LONG_LIST.get(step / 3).copied().unwrap_or_default();
        let reply = tool_call(step, order, &mut draw);
        if step == number {
            (talk.reply, talk.stop) = (reply, "tool_use");
            break;
        }
        let result = tool_result(&reply, order, &mut draw);
        talk.messages.push(Message::assistant(reply));
        talk.messages.push(result);
    }
    if number + 1 == CALLS {
        let summary = "All thirteen orders on the list are done: each line that was to be picked in Tartu now ships from Ghent, Graz, Leeds or Boise. The orders are AC-610204 to AC-610356.";
        (talk.reply, talk.stop) = (vec![Part::Text(summary.to_owned())], "end_turn");
    }
    talk
}
