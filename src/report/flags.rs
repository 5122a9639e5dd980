//! The flags of exchanges: a letter for a list, words for a person.

use crate::model::ExchangeFlags;

/// Each flag's letter, from the gravest; shown in the list, explained in the reading view.
pub const FLAGS: [(ExchangeFlags, char, &str); 14] = [
    (ExchangeFlags::HIDDEN, 'H', "hidden characters or disguised words"),
    (ExchangeFlags::ENCODED, 'E', "encoded passage"),
    (ExchangeFlags::SECRET, 'S', "looks like a credential"),
    (ExchangeFlags::INJECTION, 'I', "words of prompt injection"),
    (ExchangeFlags::BLOCKED, 'B', "guardrail blocked"),
    (ExchangeFlags::MASKED, 'M', "guardrail masked"),
    (ExchangeFlags::DETECTED, 'D', "guardrail detected"),
    (ExchangeFlags::FAILED, 'F', "call failed"),
    (ExchangeFlags::LONG, 'L', "long prompt"),
    (ExchangeFlags::OFFLOADED, '3', "body in S3"),
    (ExchangeFlags::NO_BODY, '0', "no body"),
    (ExchangeFlags::UNKNOWN, '?', "unknown shape"),
    (ExchangeFlags::UNREADABLE, '!', "partly unreadable"),
    (ExchangeFlags::TOOLS, 't', "calls tools"),
];

/// The flags that are set, in words; `None` when none is.
pub fn flag_words(flags: ExchangeFlags) -> Option<String> {
    let words: Vec<&str> = FLAGS.iter().filter(|(flag, ..)| flags.has(*flag)).map(|(.., words)| *words).collect();
    (!words.is_empty()).then(|| words.join(", "))
}
