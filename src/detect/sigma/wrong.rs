//! The parser's errors in our own words, with the line of the file.

use super::read::Lint;

/// An error of the parser.
pub(super) fn wrong(text: &str, error: &str) -> Lint {
    if let Some(lint) = of_condition(text, error) {
        return lint;
    }
    let named = error.split("line ").nth(1).and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
    // What is wrong stands in quotes, and where it is written is where it is wrong.
    let quoted = error.split_once('\'').and_then(|(_, rest)| rest.split_once('\'')).map(|(wrong, _)| wrong).filter(|wrong| wrong.len() > 1);
    let named = named.or_else(|| text.lines().position(|line| quoted.is_some_and(|wrong| line.contains(wrong))).map(|at| at as u32 + 1));
    let only = || text.matches("\ntitle:").count() + usize::from(text.starts_with("title:")) == 1;
    let line =
        named.unwrap_or_else(|| if only() { text.lines().position(|line| line.starts_with("title:")).map_or(0, |at| at as u32 + 1) } else { 0 });
    Lint { line, is_error: true, text: error.to_owned() }
}

/// A condition that is no condition. The parser draws it: place, the condition after a bar, an arrow below, what it expected.
fn of_condition(text: &str, error: &str) -> Option<Lint> {
    let drawn = error.split_once("Condition parse error at ")?.1;
    let place = drawn.split([' ', '\n']).next()?.trim_end_matches(':');
    let mut place = place.split(':').map(|number| number.parse::<usize>().ok());
    let (row, column) = (place.next()??, place.next()??);
    let bar = format!("{row} | ");
    let condition = drawn.lines().find_map(|line| line.trim_start().strip_prefix(&bar))?.trim_end();
    let rest: String = condition.chars().skip(column - 1).collect();
    let expected = drawn.lines().find_map(|line| line.trim().strip_prefix("= expected ")).map(in_words).unwrap_or_default();
    let line = line_of(text, condition);
    let text = if rest.starts_with('|') {
        "the condition counts in the old form, of which only `… | count(field) by group > 10` is read, with a `timeframe` on a line of its own; write a \
         correlation (type, rules, group-by, timespan, condition) below the rule instead"
            .to_owned()
    } else {
        let at = if rest.is_empty() { "its end".to_owned() } else { format!("“{rest}”") };
        format!("the condition “{condition}” cannot be read at {at}: expected {expected}")
    };
    Some(Lint { line, is_error: true, text })
}

/// The parser's names of what it expected.
fn in_words(expected: &str) -> String {
    let parts = expected.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty() && *part != "or");
    let mut words: Vec<&str> = parts
        .map(|part| match part {
            "quantifier" => "`1 of` or `all of`",
            "ident" => "the name of a selection",
            "not_op" => "`not`",
            "and_op" => "`and`",
            "or_op" => "`or`",
            "EOI" => "its end",
            other => other,
        })
        .collect();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last.to_owned() } else { format!("{} or {last}", words.join(", ")) }
}

/// The line of the file on which a condition, or the part of it that stands on one line, is written.
fn line_of(text: &str, condition: &str) -> u32 {
    let lines = || text.lines().enumerate();
    let is_key = |line: &str| line.trim_start().starts_with("condition:") || line.trim_start().starts_with("- ");
    let exact = lines().find(|(_, line)| is_key(line) && line.contains(condition)).or_else(|| lines().find(|(_, line)| line.contains(condition)));
    // A condition on several lines is one line to the parser.
    let head: String = condition.chars().take(16).collect();
    let found = exact.or_else(|| lines().find(|(_, line)| line.contains(&head))).or_else(|| lines().find(|(_, line)| is_key(line)));
    found.map_or(0, |(at, _)| at as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::super::read::read;

    #[test]
    fn what_is_quoted_is_told_where_it_is_written() {
        let text = "title: A\nlogsource: {product: aws}\ndetection:\n  s:\n    eventName|fancymod: A\n  condition: s\n";
        let (documents, wrongs) = read(text);
        assert!(documents.is_empty());
        assert_eq!(wrongs.iter().map(|lint| lint.line).collect::<Vec<_>>(), [5], "{wrongs:?}");
    }

    #[test]
    fn conditions_that_are_none_are_told_at_their_line() {
        let rule = |title: &str, condition: &str| {
            format!("title: {title}\nlogsource: {{product: aws}}\ndetection:\n  selection:\n    eventName: A\n  condition: {condition}\n")
        };
        for (condition, expected) in [
            (
                "selection and and other",
                "the condition “selection and and other” cannot be read at “and other”: expected `1 of` or `all of`, the name of a selection or `not`",
            ),
            (
                "selection and",
                "the condition “selection and” cannot be read at its end: expected `1 of` or `all of`, the name of a selection or `not`",
            ),
            (
                "selection | sum(a) by b > 3",
                "the condition counts in the old form, of which only `… | count(field) by group > 10` is read, with a `timeframe` on a line of its own; write a correlation (type, rules, group-by, timespan, condition) below the rule instead",
            ),
        ] {
            let text = format!("{}---\n{}", rule("First", "selection"), rule("Second", condition));
            let (_, wrongs) = read(&text);
            assert_eq!(
                wrongs.iter().map(|lint| (lint.line, lint.is_error, lint.text.as_str())).collect::<Vec<_>>(),
                [(13, true, expected)],
                "{condition}"
            );
        }
    }

    #[test]
    fn what_stands_on_several_lines_is_told_at_the_first() {
        let text = "title: A\nlogsource: {product: aws}\ndetection:\n  selection:\n    eventName: A\n  condition: >-\n    selection and selection and\n    or\n";
        let (_, wrongs) = read(text);
        assert_eq!(wrongs.iter().map(|lint| lint.line).collect::<Vec<_>>(), [7]);
    }
}
