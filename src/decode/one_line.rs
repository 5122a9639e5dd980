//! A line for a list: white space folded, length bounded. Control characters are left for `SafeText` to show.

/// The text on one line of at most `limit` characters, the last one an ellipsis when something was left out.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let (mut line, cut) = fold(text, limit);
    if cut {
        line.pop();
        line.push('…');
    }
    line
}

/// The first `limit` characters of the text on one line.
pub(super) fn first_characters(text: &str, limit: usize) -> String {
    fold(text, limit).0
}

/// The same, when there are as many and more: whatever follows this text, they are its first ones.
pub(super) fn first_characters_if_filled(text: &str, limit: usize) -> Option<String> {
    let (line, cut) = fold(text, limit);
    cut.then_some(line)
}

/// Runs of blanks and line breaks become one blank; tells whether something was left out.
fn fold(text: &str, limit: usize) -> (String, bool) {
    let mut line = String::with_capacity(text.len().min(limit + 8));
    let (mut count, mut gap) = (0, false);
    for character in text.chars() {
        if character.is_whitespace() {
            gap = count > 0;
            continue;
        }
        let needed = 1 + usize::from(gap);
        if count + needed > limit {
            return (line, true);
        }
        if gap {
            line.push(' ');
            gap = false;
        }
        line.push(character);
        count += needed;
    }
    (line, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_and_bounded() {
        assert_eq!(one_line("  a\n\n b\t\u{a0}c  ", 10), "a b c");
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcde…");
        assert_eq!(first_characters("abcdefg", 6), "abcdef");
        assert_eq!(first_characters("世界 界", 3), "世界");
        assert_eq!(one_line("", 5), "");
    }
}
