//! Reasoning that a model writes into its text: Nova and agents in `<thinking>`, gpt-oss in `<reasoning>`, DeepSeek and
//! Qwen in `<think>` (FORMATS §2.2).

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::snippet::{Snippet, joined, may_hold_tag, run};

pub(super) const TAGS: [&str; 3] = ["thinking", "reasoning", "think"];

/// A tag as it may stand in a JSON string.
static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| {
    const OPEN: &str = r"(?:<|\\u003[cC])(?:/|\\/)?";
    const CLOSE: &str = r"(?:>|\\u003[eE])";
    Regex::new(&format!("{OPEN}(?:{}){CLOSE}", TAGS.join("|"))).ok()
});

/// How an answer began and ended.
#[derive(Clone, Copy, Default)]
pub(super) struct Course {
    /// The prompt ended in `<think>`: the answer begins with reasoning.
    pub(super) opened: bool,
    /// The answer stopped because it was long enough.
    pub(super) cut: bool,
}

/// The text outside of an answer's reasoning tags, and what stands inside; `None` when there are none.
pub(super) fn apart(pieces: &[Snippet<'_>], course: Course) -> Option<(String, String)> {
    let tagged = may_hold_tag(pieces) && TAG.as_ref().is_some_and(|tag| tag.is_match(&run(pieces)));
    let all_of_it = course.opened && course.cut;
    if !tagged && !all_of_it {
        return None;
    }
    let text = joined(pieces, "");
    if course.opened && !text.contains("<think>") {
        return match text.split_once("</think>") {
            Some((inside, outside)) => Some((outside.trim().to_owned(), inside.trim().to_owned())),
            None if all_of_it => Some((String::new(), text.trim().to_owned())),
            None => None,
        };
    }
    tags_apart(&text)
}

/// By the tags of the kind that comes first; an opening tag without its end reaches to the end.
pub(super) fn tags_apart(text: &str) -> Option<(String, String)> {
    let (_, tag) = TAGS.into_iter().filter_map(|tag| Some((text.find(&format!("<{tag}>"))?, tag))).min()?;
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let (mut outside, mut inside) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some((before, tagged)) = rest.split_once(&open) {
        outside.push_str(before);
        let (content, after) = tagged.split_once(&close).unwrap_or((tagged, ""));
        inside.push(content.trim());
        rest = after;
    }
    outside.push_str(rest);
    Some((outside.trim().to_owned(), inside.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart_of(pieces: &[&str], opened: bool, cut: bool) -> Option<(String, String)> {
        let pieces: Vec<Snippet<'_>> = pieces.iter().map(|piece| Snippet::raw(piece.as_bytes(), piece.contains('\\'))).collect();
        apart(&pieces, Course { opened, cut })
    }

    #[test]
    fn reasoning_in_tags() {
        for (pieces, expected) in [
            (&["plain"][..], None),
            (&["<thinking> a </thinking>\nb"], Some(("b", "a"))),
            (&["x <thinking>a</thinking> y <thinking>b</thinking>z"], Some(("x  y z", "a\nb"))),
            (&["<reasoning>a</reasoning>b"], Some(("b", "a"))),
            (&["<think>a</think>b"], Some(("b", "a"))),
            (&["<thinking>cut off"], Some(("", "cut off"))),
            (&["</thinking> stray"], None),
            // A stream's deltas cut a tag anywhere; an exporter escapes its brackets.
            (&["<", "thin", "king>a</think", "ing>b"], Some(("b", "a"))),
            (&[r"\u003cthinking\u003ea\u003c/thinking\u003eb"], Some(("b", "a"))),
            (&["I think > you"], None),
        ] {
            let expected = expected.map(|(outside, inside)| (outside.to_owned(), inside.to_owned()));
            assert_eq!(apart_of(pieces, false, false), expected, "{pieces:?}");
        }
    }

    #[test]
    fn reasoning_that_the_prompt_opened() {
        for (text, cut, expected) in [
            ("hm</think>\n\nb", false, Some(("b", "hm"))),
            ("hm, so", true, Some(("", "hm, so"))),
            // Stopped by itself without ever closing: it answered.
            ("b", false, None),
            ("<think>hm</think>b", false, Some(("b", "hm"))),
        ] {
            let expected = expected.map(|(outside, inside)| (outside.to_owned(), inside.to_owned()));
            assert_eq!(apart_of(&[text], true, cut), expected, "{text}");
        }
    }
}
