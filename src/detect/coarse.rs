//! Expressions that match wherever another does, and perhaps elsewhere: without bounds of words and lines, and a coarser one with far
//! fewer states, which most text is looked at by alone.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

/// A repetition of at most so many is kept.
const FEW: u32 = 4;
/// One without end is kept of a class of at most so many characters that are no letters, such as blanks.
const BLANKS: usize = 32;

/// An expression without its bounds, and a coarser form of it; `None` when it matches everywhere, or is none.
pub(super) fn needle(pattern: &str) -> Option<(String, String)> {
    let hir = ParserBuilder::new().multi_line(true).dot_matches_new_line(true).build().parse(pattern).ok()?;
    let unbound = unbound(&hir);
    let coarse = coarse(&unbound).best();
    (least(&coarse) > 0).then(|| (unbound.to_string(), coarse.to_string()))
}

/// Bytes of the shortest match.
fn least(hir: &Hir) -> usize {
    hir.properties().minimum_len().unwrap_or(0)
}

/// What is bound to the ends of a field, or of a word, matches in the middle of a text that holds more when it is not.
fn unbound(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Hir::empty(),
        HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
        HirKind::Capture(capture) => unbound(&capture.sub),
        HirKind::Repetition(repetition) => Hir::repetition(Repetition { sub: Box::new(unbound(&repetition.sub)), ..repetition.clone() }),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(unbound).collect()),
        HirKind::Alternation(ways) => Hir::alternation(ways.iter().map(unbound).collect()),
    }
}

/// The coarser form of a part.
enum Coarse {
    /// The part itself.
    Same(Hir),
    /// Stands in each match of the part, but something may stand before and behind it.
    Within(Hir),
    /// Each match of the part begins with it and ends with it.
    Around(Hir),
}

impl Coarse {
    fn best(self) -> Hir {
        match self {
            Self::Same(hir) | Self::Within(hir) | Self::Around(hir) => hir,
        }
    }
}

fn coarse(hir: &Hir) -> Coarse {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => Coarse::Same(hir.clone()),
        HirKind::Capture(capture) => coarse(&capture.sub),
        HirKind::Repetition(repetition) => match coarse(&repetition.sub) {
            Coarse::Same(_) if repetition.max.is_some_and(|max| max <= FEW) || is_blank(&repetition.sub) => Coarse::Same(hir.clone()),
            _ if repetition.min == 0 => Coarse::Within(Hir::empty()),
            Coarse::Same(sub) => {
                let few = repetition.min.min(FEW);
                Coarse::Around(Hir::repetition(Repetition { min: few, max: Some(few), greedy: true, sub: Box::new(sub) }))
            }
            sub => Coarse::Within(sub.best()),
        },
        HirKind::Concat(parts) => {
            let (mut runs, mut run, mut is_same) = (Vec::new(), Vec::new(), true);
            for part in parts {
                let part = coarse(part);
                is_same &= matches!(part, Coarse::Same(_));
                match part {
                    Coarse::Same(part) => run.push(part),
                    Coarse::Within(part) => runs.extend([Hir::concat(std::mem::take(&mut run)), part]),
                    Coarse::Around(part) => {
                        run.push(part.clone());
                        runs.push(Hir::concat(std::mem::replace(&mut run, vec![part])));
                    }
                }
            }
            runs.push(Hir::concat(run));
            // Of several that are as long the first.
            let best = runs.into_iter().rev().max_by_key(least).unwrap_or_else(Hir::empty);
            if is_same { Coarse::Same(best) } else { Coarse::Within(best) }
        }
        HirKind::Alternation(ways) => {
            let ways: Vec<Coarse> = ways.iter().map(coarse).collect();
            let is_same = ways.iter().all(|way| matches!(way, Coarse::Same(_)));
            let hir = Hir::alternation(ways.into_iter().map(Coarse::best).collect());
            if is_same { Coarse::Same(hir) } else { Coarse::Within(hir) }
        }
    }
}

fn is_blank(hir: &Hir) -> bool {
    let HirKind::Class(Class::Unicode(class)) = hir.kind() else { return false };
    let few: Vec<char> = class.iter().flat_map(|range| range.start()..=range.end()).take(BLANKS + 1).collect();
    few.len() <= BLANKS && !few.iter().any(|character| character.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    /// Expressions such as rules have.
    const PATTERNS: [&str; 12] = [
        r"\bDAN\b",
        r"(?i)\bignore\s+(all\s+|any\s+)?(the\s+)?(previous|prior)\b",
        r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
        r"(?i)\b(print|show)\b.{0,40}\bsystem prompt\b",
        r"^\d{3}-\d{2}-\d{4}$",
        r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----",
        r"(?i)\b(curl|wget)\b[^\n|;]{1,200}\|\s*(ba|z)?sh\b",
        r"(ab{0,9}c|de*f)+g",
        r"(?i:model)s?",
        r"a.*b",
        r"x(y.{0,9}z){2,6}w",
        r"(?:(?:k|(?:l.+m))n)",
    ];

    #[test]
    fn what_is_kept_of_an_expression() {
        for (pattern, expected) in [
            (r"\bDAN\b", Some("DAN")),
            (r"a.{0,40}bcd", Some("bcd")),
            (r"abc.{0,40}bcd", Some("abc")),
            (r"(ab.{0,40}c)def", Some("cdef")),
            (r"(abc.{0,40}de|wxyz)fg", Some("abc|wxyz")),
            (r"[A-Z]{16}a", Some("[A-Z]{4}a")),
            (r"AK[A-Z]{16}", Some("AK[A-Z]{4}")),
            (r"3[47]\d{2}-?\d{6}-?\d{5}", Some(r"3[47]\d{2}-?\d{4}")),
            (r"(ab{9}c)d", Some("b{4}cd")),
            (r"(a.*)?", None),
            (r".*", None),
            (r"a|", None),
            ("(", None),
        ] {
            let coarse = needle(pattern).map(|(_, coarse)| Regex::new(&coarse).unwrap().to_string());
            let expected = expected.map(|expected| regex_syntax::parse(expected).unwrap().to_string());
            assert_eq!(coarse, expected, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn it_matches_wherever_the_expression_does(
            which in 0..PATTERNS.len(),
            before in "[ a-zA-Z0-9é\n-]{0,6}",
            filling in proptest::sample::select(vec!["", " ", "  \n", "xyz", "DAN", "é", "all ", " the previous", "AB12CD34EF56GH78", "12"]),
            after in "[ a-zA-Z0-9é\n|-]{0,6}",
            drawn in 0..u64::MAX,
        ) {
            let pattern = PATTERNS[which];
            let (unbound, coarse) = needle(pattern).expect(pattern);
            let full = Regex::new(pattern).unwrap();
            // A text that the expression matches, now and then: words of it with something between them.
            let words: Vec<&str> = pattern.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == ' ')).filter(|word| !word.is_empty()).collect();
            let mut text = before;
            for (at, word) in words.iter().enumerate() {
                if drawn >> (at % 60) & 1 == 1 {
                    text.push_str(word);
                    text.push_str(filling);
                }
            }
            text.push_str(&after);
            for text in [text.clone(), text.to_uppercase(), "123-45-6789".to_owned(), format!("AKIA{}", "Q".repeat(16)), "xyzyzw".to_owned()] {
                if full.is_match(&text) {
                    prop_assert!(Regex::new(&unbound).unwrap().is_match(&text), "{} in {:?}", unbound, text);
                    prop_assert!(Regex::new(&coarse).unwrap().is_match(&text), "{} in {:?}", coarse, text);
                }
            }
        }
    }
}
