//! Logged text inside Markdown: nothing of it may become a heading, a link, markup of HTML, or the end of its own quotation.

use super::words::{Piece, Words};

/// Words of a sentence: what Markdown or HTML would act on is escaped.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (at, character) in text.char_indices() {
        match character {
            '&' if is_reference(text.get(at + 1..).unwrap_or_default()) => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => out.extend(['\\', character]),
            _ => out.push(character),
        }
    }
    out
}

/// Would an ampersand before this begin a character reference? `ATT&CK` has none.
fn is_reference(rest: &str) -> bool {
    let name = rest.chars().take_while(|character| character.is_ascii_alphanumeric() || *character == '#').count();
    name > 0 && rest.chars().nth(name) == Some(';')
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// A code span, also inside a table.
pub fn span(text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(text) + 1);
    let text = text.replace(['\n', '\r'], " ").replace('|', "\\|");
    // A backtick at an end would join the fence; blanks there are taken off again.
    let pad = if text.starts_with('`') || text.ends_with('`') || text.starts_with(' ') && text.ends_with(' ') { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A fenced block, its fence longer than any run of backticks inside.
pub fn fence(text: &str) -> String {
    let ticks = "`".repeat((longest_run(text) + 1).max(3));
    format!("{ticks}text\n{}\n{ticks}", text.trim_end_matches('\n'))
}

/// A sentence.
pub fn sentence(words: &Words) -> String {
    let piece = |piece: &Piece| if piece.logged { span(&piece.text) } else { escaped(&piece.text) };
    words.0.iter().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotations_end_where_they_are_meant_to() {
        assert_eq!(span("a"), "`a`");
        assert_eq!(span("a`b"), "``a`b``");
        assert_eq!(span("``"), "``` `` ```");
        assert_eq!(span("a|b"), "`a\\|b`");
        assert_eq!(span(" "), "");
        assert_eq!(fence("x\n```\n# no heading\n"), "````text\nx\n```\n# no heading\n````");
        assert_eq!(escaped("ATT&CK &amp; &#60; & &;"), "ATT&CK &amp;amp; &amp;\\#60; & &;");
        assert_eq!(escaped("<b>*x*_y_[l](u) #1 a|b"), "&lt;b&gt;\\*x\\*\\_y\\_\\[l\\](u) \\#1 a\\|b");
    }

    proptest! {
        #[test]
        fn no_line_of_a_fenced_text_closes_its_fence(text in "[`~a #\n]{0,60}") {
            let block = fence(&text);
            let lines: Vec<&str> = block.lines().collect();
            let ticks = lines[0].trim_end_matches("text");
            let closing = |line: &&str| line.trim_start().starts_with(ticks);
            prop_assert_eq!(lines.iter().skip(1).filter(|line| closing(line)).count(), 1);
            prop_assert!(closing(lines.last().unwrap()));
        }

        #[test]
        fn no_run_inside_a_span_is_as_long_as_its_ticks(text in "[`a |]{1,30}") {
            let quoted = span(&text);
            if quoted.is_empty() { return Ok(()); }
            let ticks = quoted.len() - quoted.trim_start_matches('`').len();
            let inner = &quoted[ticks..quoted.len() - ticks];
            prop_assert!(longest_run(inner) < ticks);
            prop_assert!(!inner.starts_with('`') && !inner.ends_with('`'));
        }
    }
}
