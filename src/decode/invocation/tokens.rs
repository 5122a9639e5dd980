//! Token counts from the three places that tell them, and what is to be said where these disagree (DETECTIONS §0.2
//! `x.tokens_*`).

use super::reading::Reading;
use crate::decode::json::{Key, Value};
use crate::model::Tokens;

/// The first known of two counts; a known number wins over zero.
pub(super) fn known(first: Option<u64>, second: Option<u64>) -> Option<u64> {
    match first {
        None | Some(0) => second.filter(|count| *count > 0).or(first).or(second),
        some => some,
    }
}

/// Field by field the first known of the envelope's counts, the body's usage, the stream's metrics. A count that only
/// follows from the body's total is taken from there.
pub(super) fn tokens(envelope: Tokens, reading: &Reading<'_>) -> Tokens {
    let first = |field: fn(&Tokens) -> Option<u64>| known(field(&envelope), known(field(&reading.usage), field(&reading.metrics)));
    let mut tokens = Tokens {
        input: first(|tokens| tokens.input),
        output: first(|tokens| tokens.output),
        cache_read: first(|tokens| tokens.cache_read),
        cache_write: first(|tokens| tokens.cache_write),
        total_input: None,
    };
    match (tokens.input, tokens.output, total_without_cache(&tokens, reading)) {
        (None, Some(output), Some(total)) => tokens.input = total.checked_sub(output),
        (Some(input), None, Some(total)) => tokens.output = total.checked_sub(input),
        _ => {}
    }
    tokens.total_input = [tokens.input, tokens.cache_read, tokens.cache_write].into_iter().flatten().reduce(u64::saturating_add);
    tokens
}

/// The body's total, unless cached tokens make it unclear what was added up.
fn total_without_cache(tokens: &Tokens, reading: &Reading<'_>) -> Option<u64> {
    let cached = [tokens.cache_read, tokens.cache_write].into_iter().flatten().any(|count| count > 0);
    reading.usage_total.filter(|total| *total > 0 && !cached)
}

/// What a reader of the counts should know.
pub(super) fn remarks(envelope: Tokens, reading: &Reading<'_>) -> Vec<String> {
    type Field = fn(&Tokens) -> Option<u64>;
    let fields: [(&str, Field); 4] = [
        ("input tokens", |tokens| tokens.input),
        ("output tokens", |tokens| tokens.output),
        ("tokens read from the cache", |tokens| tokens.cache_read),
        ("tokens written to the cache", |tokens| tokens.cache_write),
    ];
    let mut remarks = Vec::new();
    for (name, field) in fields {
        let told = [("the record", field(&envelope)), ("the body", field(&reading.usage)), ("the stream's metrics", field(&reading.metrics))];
        let told: Vec<(&str, u64)> = told.into_iter().filter_map(|(place, count)| Some((place, count.filter(|count| *count > 0)?))).collect();
        if told.windows(2).any(|pair| matches!(pair, [(_, one), (_, other)] if one != other)) {
            let counts: Vec<String> = told.iter().map(|(place, count)| format!("{count} in {place}")).collect();
            remarks.push(format!("{name} disagree: {}", counts.join(", ")));
        }
    }
    let tokens = tokens(envelope, reading);
    if let Some(total) = reading.usage_total.filter(|total| *total > 0) {
        if tokens.input.is_none() && tokens.output.is_none() {
            remarks.push(format!("the body tells a total of {total} tokens and no more"));
        }
        // The body is held to its own counts, as far as it has them.
        let or_zero = |own: Option<u64>, other: Option<u64>| own.or(other).unwrap_or_default();
        let (input, output) = (or_zero(reading.usage.input, tokens.input), or_zero(reading.usage.output, tokens.output));
        // Models differ in whether cached tokens are a part of the total.
        let cached = [tokens.cache_read, tokens.cache_write].into_iter().flatten().fold(0, u64::saturating_add);
        let sum = input.saturating_add(output);
        if sum > 0 && total != sum && total != sum.saturating_add(cached) {
            remarks.push(format!("the body's total of {total} tokens is not its input and output ({input} and {output})"));
        }
    }
    remarks
}

/// What stands where a count should.
pub(super) fn no_count((key, value): &(Key<'_>, Value<'_>)) -> String {
    let text: String = value.json().chars().take(40).collect();
    format!("{} is no count: {text}", key.text())
}

/// A body's count; what stands in its place and is no count is kept to be said.
pub(super) fn count<'a>(counts: Value<'a>, name: &'static str, reading: &mut Reading<'a>) -> Option<u64> {
    let (key, value) = counts.entries().find(|(key, _)| key.is(name))?;
    let count = value.count();
    if count.is_none() && value.is_some() {
        reading.miscounted.push((key, value));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_known_and_unknown() {
        for (first, second, expected) in [
            (None, None, None),
            (Some(0), None, Some(0)),
            (None, Some(0), Some(0)),
            (Some(0), Some(7), Some(7)),
            (Some(5), Some(7), Some(5)),
            (None, Some(7), Some(7)),
        ] {
            assert_eq!(known(first, second), expected);
        }
    }

    fn of(input: Option<u64>, output: Option<u64>) -> Tokens {
        Tokens { input, output, ..Tokens::default() }
    }

    fn told(usage: Tokens, metrics: Tokens, total: Option<u64>) -> Reading<'static> {
        let mut reading = Reading::default();
        (reading.usage, reading.metrics, reading.usage_total) = (usage, metrics, total);
        reading
    }

    #[test]
    fn first_known_of_three_places() {
        // Envelope, body, metrics, the body's total; counts expected, remarks expected.
        for (envelope, usage, metrics, total, expected, said) in [
            (of(Some(9), Some(90)), of(Some(9), Some(134)), of(Some(9), Some(90)), None, (Some(9), Some(90)), 1),
            (of(Some(0), Some(0)), of(Some(3), Some(4)), of(None, None), Some(7), (Some(3), Some(4)), 0),
            (of(None, None), of(None, None), of(Some(3), Some(4)), None, (Some(3), Some(4)), 0),
            (of(None, None), of(Some(3), None), of(None, None), Some(10), (Some(3), Some(7)), 0),
            (of(None, Some(4)), of(None, None), of(None, None), Some(10), (Some(6), Some(4)), 0),
            // A total that cannot be, and one that is not the sum.
            (of(None, Some(40)), of(None, None), of(None, None), Some(10), (None, Some(40)), 1),
            (of(Some(3), Some(4)), of(None, None), of(None, None), Some(10), (Some(3), Some(4)), 1),
            (of(None, None), of(None, None), of(None, None), Some(10), (None, None), 1),
            (of(None, None), of(None, None), of(None, None), None, (None, None), 0),
        ] {
            let reading = told(usage, metrics, total);
            let counted = tokens(envelope, &reading);
            assert_eq!((counted.input, counted.output), expected, "{envelope:?} {usage:?} {metrics:?} {total:?}");
            assert_eq!(remarks(envelope, &reading).len(), said, "{envelope:?} {usage:?} {metrics:?} {total:?}");
        }
        let reading = told(of(None, Some(134)), of(None, Some(90)), None);
        assert_eq!(remarks(of(None, Some(90)), &reading), ["output tokens disagree: 90 in the record, 134 in the body, 90 in the stream's metrics"]);
    }

    #[test]
    fn cached_tokens_in_a_total() {
        let usage = Tokens { input: Some(4), output: Some(50), cache_read: Some(100), ..Tokens::default() };
        for total in [54, 154] {
            assert_eq!(remarks(Tokens::default(), &told(usage, Tokens::default(), Some(total))), Vec::<String>::new());
        }
        // What the total is made of is not clear: nothing is derived.
        let usage = Tokens { input: Some(4), cache_read: Some(100), ..Tokens::default() };
        assert_eq!(tokens(Tokens::default(), &told(usage, Tokens::default(), Some(154))).output, None);
    }
}
