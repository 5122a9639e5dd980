//! Story 3, Thursday afternoon: strangers try to talk the shop's public assistant out of its instructions.
//!
//! Plain, hidden in a tool's result, encoded, written in characters nobody sees, and aimed at whoever reads the log.
//! The guardrail blocks, masks or only notes; one attempt slips through, and one visitor finds a page without the guardrail.

use super::super::calendar::moment;
use super::super::callers::{CONCIERGE, ORDER_AGENT};
use super::attempts as text;
use super::{Act, InvokeDetails, Plot, Script};
use crate::model::Timestamp;

const SONNET: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const VISITOR: &str = r#"{"shop":"us","channel":"start-page","visitor":"web-48213"}"#;
const OTHERS: &str = r#"{"shop":"us","channel":"start-page","visitor":"web-51877"}"#;

fn at(hour: i64, minute: i64, second: i64) -> Timestamp {
    moment(3, hour, minute, second, 0)
}

/// Label, time of day, `requestMetadata`, what is said.
type Attempt = (&'static str, (i64, i64, i64), &'static str, Script);

/// Attempts in the order of the afternoon.
const ATTEMPTS: [Attempt; 16] = [
    ("inject-plain", (13, 2, 10), VISITOR, text::plain),
    ("inject-noted", (13, 4, 33), VISITOR, text::noted),
    ("inject-ignore", (13, 7, 2), VISITOR, text::ignore),
    ("inject-ignore", (13, 8, 47), VISITOR, text::ignore),
    ("inject-tool", (13, 11, 20), OTHERS, text::tool_result),
    ("inject-base64", (13, 15, 5), VISITOR, text::base64),
    ("inject-tags", (13, 18, 41), VISITOR, text::tags),
    ("inject-zero-width", (13, 21, 13), VISITOR, text::zero_width),
    ("inject-bidi", (13, 24, 58), VISITOR, text::bidi),
    ("inject-escapes", (13, 27, 30), VISITOR, text::escapes),
    ("inject-surrogate", (13, 30, 9), VISITOR, text::surrogate),
    ("inject-masked", (13, 34, 44), OTHERS, text::masked),
    ("inject-topic", (13, 38, 16), OTHERS, text::topic),
    ("inject-two-policies", (13, 41, 52), VISITOR, text::two_policies),
    ("inject-slip", (13, 45, 27), VISITOR, text::slip),
    ("inject-unguarded", (13, 52, 3), VISITOR, text::unguarded),
];

pub(super) fn tell(plot: &mut Plot) {
    for (label, (hour, minute, second), metadata, script) in ATTEMPTS {
        let details = InvokeDetails { metadata, ..InvokeDetails::default() };
        let act = Act::Invoke { caller: CONCIERGE, region: "us-east-1", operation: "Converse", model: SONNET, script, details };
        plot.step(label, at(hour, minute, second), act);
    }
    // Somebody lets a script try: a dozen refusals within a minute.
    for number in 0..12 {
        let details = InvokeDetails { metadata: OTHERS, ..InvokeDetails::default() };
        let act = Act::Invoke { caller: CONCIERGE, region: "us-east-1", operation: "Converse", model: SONNET, script: text::plain, details };
        plot.step("inject-rapid", at(14, 0, 2).plus_millis(number * 4_400), act);
    }
    // The agent's first step sorts requests, and says what it thinks of these.
    for number in 0..3 {
        let details = InvokeDetails::default();
        let act = Act::Invoke { caller: ORDER_AGENT, region: "us-east-1", operation: "InvokeModel", model: SONNET, script: text::sorted, details };
        plot.step("inject-sorted", at(14, 20, 11).plus_millis(number * 95_000), act);
    }
}
