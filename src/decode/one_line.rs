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
    let (mut count, mut gap, mut rest) = (0, false, text);
    while let Some(first) = rest.chars().next() {
        let mut taken = first.len_utf8();
        if first.is_whitespace() {
            gap = count > 0;
        } else {
            if count + usize::from(gap) >= limit {
                return (line, true);
            }
            if gap {
                line.push(' ');
                (count, gap) = (count + 1, false);
            }
            let plain = plain_words(rest.as_bytes(), limit - count);
            taken = taken.max(plain);
            count += plain.max(1);
            line.push_str(rest.get(..taken).unwrap_or_default());
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    (line, false)
}

/// How many bytes at the beginning are words of ASCII with one blank between two: they stand on a line as they are.
fn plain_words(bytes: &[u8], most: usize) -> usize {
    const BLOCK: usize = 16;
    let bytes = bytes.get(..most).unwrap_or(bytes);
    // Whole blocks first: the compiler makes wide comparisons of this.
    let is_odd = |byte: u8, next: u8| u8::from(byte.wrapping_sub(b' ') > b'~' - b' ') | u8::from(byte == b' ') & u8::from(next == b' ');
    let blocks = bytes.as_chunks::<BLOCK>().0.iter().zip(bytes.get(1..).unwrap_or_default().as_chunks::<BLOCK>().0);
    let is_plain = |block: &[u8; BLOCK], after: &[u8; BLOCK]| block.iter().zip(after).fold(0, |odd, (byte, next)| odd | is_odd(*byte, *next)) == 0;
    let (done, rest) = bytes.split_at(blocks.take_while(|(block, after)| is_plain(block, after)).count() * BLOCK);
    let mut before = done.last().copied().unwrap_or(b' ');
    let mut end = done.len() - usize::from(before == b' ' && !done.is_empty());
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'!'..=b'~' => end = done.len() + at + 1,
            b' ' if before != b' ' => {}
            _ => break,
        }
        before = *byte;
    }
    end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_character_by_character(text in "[ab \n\u{a0}é世\u{1}~]{0,24}([a-d~]{3} ?){0,20}[a ~]{0,3}", limit in 1usize..60) {
            let words: Vec<&str> = text.split_whitespace().collect();
            let all = words.join(" ");
            let cut = all.chars().count() > limit;
            // A blank at the end of the line is no more than the end of it.
            let line: String = all.chars().take(limit).collect();
            prop_assert_eq!(first_characters(&text, limit), line.trim_end_matches(' '));
            prop_assert_eq!(first_characters_if_filled(&text, limit).is_some(), cut);
        }
    }

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
