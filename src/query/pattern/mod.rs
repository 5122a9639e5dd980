//! `pattern` and `diff`: messages of one form as one row.
//!
//! Logs Insights finds patterns by methods it does not document; these are our own, and the same messages give the same patterns.
//! A message is cut into words and made-up tokens (`tokens.rs`); messages with the same words are of one pattern. At the end, patterns
//! that differ in one word only, and of which there are eight or more, become one with a token in its place. Tokens are shown as the
//! documentation shows them: `<IPAddress-2>` where the kind is known, else `<Token-3>`, numbered in the order of the pattern.
//! One pass over the messages; memory is bounded, and messages that are too many to tell apart count as [`OTHERS`].

mod template;
mod tokens;

use hashbrown::HashMap;

use super::value::Value;
use template::{Part, Template, token_weight, weight};
use tokens::{Class, Piece};

/// So many patterns that differ in one word are one.
const ENOUGH: u32 = 8;
/// Words that vary are looked for so many times over: a pattern may have several.
const ROUNDS: usize = 4;
/// At most so many patterns are told apart,
const MOST_TEMPLATES: usize = 20_000;
/// of so many parts
const MOST_PARTS: usize = 1_000_000;
/// and so many bytes in all.
const MOST_BYTES: usize = 64 << 20;
/// The pattern of messages that are too many to tell apart.
pub const OTHERS: &str = "<*>";

/// The columns of `pattern`.
pub const COLUMNS: [&str; 4] = ["@pattern", "@ratio", "@sampleCount", "@severityLabel"];
/// The columns of `diff`: our own names, as the documentation gives none.
pub const DIFF_COLUMNS: [&str; 6] = ["@pattern", "@sampleCount", "@previousSampleCount", "@difference", "@change", "@severityLabel"];

/// Messages sorted into patterns. Takes them one by one; parts can be merged.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    templates: HashMap<u128, Template>,
    parts: usize,
    bytes: usize,
    others: [u64; 2],
    is_closed: bool,
}

/// A pattern and the messages that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// The text that they share, with tokens for what varies.
    pub pattern: String,
    /// Their share of all messages, 0 to 1.
    pub ratio: f64,
    /// How many they are.
    pub count: u64,
    /// How severe they say they are: Error, Warning, Info or Debug.
    pub severity: Option<&'static str>,
}

impl Pattern {
    /// Its row, by [`COLUMNS`].
    pub fn row(&self) -> [Value; 4] {
        [self.pattern.as_str().into(), Value::number(self.ratio), Value::count(self.count), self.severity.into()]
    }
}

/// What became of a pattern between two sets of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The text that they share, with tokens for what varies.
    pub pattern: String,
    /// How many there are now.
    pub now: u64,
    /// How many there were before.
    pub before: u64,
    /// How severe they say they are.
    pub severity: Option<&'static str>,
}

impl Difference {
    /// What became of it, in a word.
    pub fn change(&self) -> &'static str {
        match (self.now, self.before) {
            (_, 0) => "new",
            (0, _) => "gone",
            (now, before) if now > before => "more",
            (now, before) if now < before => "fewer",
            _ => "same",
        }
    }

    /// Its row, by [`DIFF_COLUMNS`].
    pub fn row(&self) -> [Value; 6] {
        let difference = Value::Number(self.now as f64 - self.before as f64);
        [self.pattern.as_str().into(), Value::count(self.now), Value::count(self.before), difference, self.change().into(), self.severity.into()]
    }
}

impl Patterns {
    /// Takes a message.
    pub fn take(&mut self, message: &str) {
        let mut pieces = Vec::new();
        tokens::cut(message, &mut pieces);
        let key = pieces.iter().enumerate().fold(0_u128, |key, (place, piece)| key.wrapping_add(weight(*piece, place)));
        if let Some(template) = self.templates.get_mut(&key) {
            template.take(&pieces);
        } else if self.is_closed {
            self.take_closed(key, &pieces);
        } else {
            self.add(Template { key, parts: pieces.iter().copied().map(Part::of).collect(), counts: [1, 0] });
        }
    }

    /// Takes all that another one has taken.
    pub fn merge(&mut self, other: Self) {
        for (count, more) in self.others.iter_mut().zip(other.others) {
            *count += more;
        }
        self.is_closed |= other.is_closed;
        // In an order of their own, so that what is told apart does not depend on chance.
        let mut templates: Vec<Template> = other.templates.into_values().collect();
        templates.sort_unstable_by_key(|template| template.key);
        for template in templates {
            self.add(template);
        }
    }

    /// The patterns, the most frequent first.
    pub fn finish(mut self) -> Vec<Pattern> {
        self.settle();
        let total: u64 = self.rows().map(|(_, _, [count, _])| count).sum();
        let mut patterns: Vec<Pattern> = self
            .rows()
            .map(|(pattern, severity, [count, _])| Pattern { pattern, ratio: count as f64 / total.max(1) as f64, count, severity })
            .collect();
        patterns.sort_by(|left, right| right.count.cmp(&left.count).then_with(|| left.pattern.cmp(&right.pattern)));
        patterns
    }

    /// What differs between these messages and earlier ones, the largest difference first.
    pub fn diff(mut self, mut before: Self) -> Vec<Difference> {
        before.others.reverse();
        before.templates.values_mut().for_each(|template| template.counts.reverse());
        self.merge(before);
        self.settle();
        let mut differences: Vec<Difference> =
            self.rows().map(|(pattern, severity, [now, before])| Difference { pattern, now, before, severity }).collect();
        differences.sort_by(|left, right| {
            right.now.abs_diff(right.before).cmp(&left.now.abs_diff(left.before)).then_with(|| left.pattern.cmp(&right.pattern))
        });
        differences
    }

    /// What a person should know about the patterns.
    pub fn note(&self) -> Option<&'static str> {
        self.is_closed.then_some("there were too many patterns to tell all of them apart; the rest is counted as <*>")
    }

    /// Patterns that show alike are one row: a token in one may be what is a word in another.
    fn rows(&self) -> impl Iterator<Item = (String, Option<&'static str>, [u64; 2])> + use<> {
        let mut rows: HashMap<String, (Option<&'static str>, [u64; 2])> = HashMap::new();
        let others = (OTHERS.to_owned(), None, self.others);
        let shown = self.templates.values().map(|template| (template.shown(), template.severity(), template.counts));
        for (pattern, severity, counts) in shown.chain((self.others != [0, 0]).then_some(others)) {
            let (_, [now, before]) = rows.entry(pattern).or_insert((severity, [0, 0]));
            let [more, earlier] = counts;
            (*now, *before) = (*now + more, *before + earlier);
        }
        rows.into_iter().map(|(pattern, (severity, counts))| (pattern, severity, counts))
    }

    /// A message when no more patterns are kept: of one that has a token where it has a word, or of none.
    fn take_closed(&mut self, key: u128, pieces: &[Piece<'_>]) {
        for (place, piece) in pieces.iter().enumerate().filter(|(_, piece)| !matches!(piece, Piece::Gap(_))) {
            let opened = key.wrapping_sub(weight(*piece, place)).wrapping_add(token_weight(place));
            if let Some(template) = self.templates.get_mut(&opened) {
                template.take(pieces);
                return;
            }
        }
        let [others, _] = &mut self.others;
        *others += 1;
    }

    fn add(&mut self, template: Template) {
        if let Some(known) = self.templates.get_mut(&template.key) {
            known.join(&template);
            return;
        }
        if self.is_closed {
            for (count, more) in self.others.iter_mut().zip(template.counts) {
                *count += more;
            }
            return;
        }
        self.parts += template.parts.len();
        self.bytes += template.bytes();
        self.templates.insert(template.key, template);
        if self.fill() >= 1.0 {
            self.settle();
            self.is_closed = self.fill() > 0.75;
        }
    }

    /// How much of what may be kept there is.
    fn fill(&self) -> f64 {
        let share = |count: usize, most: usize| count as f64 / most as f64;
        share(self.templates.len(), MOST_TEMPLATES).max(share(self.parts, MOST_PARTS)).max(share(self.bytes, MOST_BYTES))
    }

    /// Puts a token where many patterns differ in one word. What comes of it does not depend on the order of the patterns.
    fn settle(&mut self) {
        for _ in 0..ROUNDS {
            let variety = self.variety();
            let mut is_changed = false;
            let old = std::mem::take(&mut self.templates);
            for mut template in old.into_values() {
                if let Some(place) = most_varied(&template, &variety) {
                    template.open(place);
                    is_changed = true;
                }
                match self.templates.get_mut(&template.key) {
                    Some(known) => known.join(&template),
                    None => drop(self.templates.insert(template.key, template)),
                }
            }
            if !is_changed {
                break;
            }
        }
        self.parts = self.templates.values().map(|template| template.parts.len()).sum();
        self.bytes = self.templates.values().map(Template::bytes).sum();
    }

    /// For each template with a token in place of a word: how many there are that have something in that place.
    fn variety(&self) -> HashMap<u128, u32> {
        let mut variety = HashMap::new();
        for template in self.templates.values() {
            for key in openings(template).map(|(_, key)| key) {
                let count: &mut u32 = variety.entry(key).or_default();
                *count = count.saturating_add(1);
            }
            if template.parts.iter().any(|part| matches!(part, Part::Hole(Class::Token, _))) {
                let count: &mut u32 = variety.entry(template.key).or_default();
                *count = count.saturating_add(ENOUGH);
            }
        }
        variety
    }
}

/// The places of a template where a token could stand for what is there, and the key it had then.
fn openings(template: &Template) -> impl Iterator<Item = (usize, u128)> + '_ {
    template
        .parts
        .iter()
        .enumerate()
        .filter(|(_, part)| !matches!(part, Part::Gap(_) | Part::Hole(Class::Token, _)))
        .map(|(place, part)| (place, template.key.wrapping_sub(weight(part.piece(), place)).wrapping_add(token_weight(place))))
}

/// The place where most templates differ, the first of several.
fn most_varied(template: &Template, variety: &HashMap<u128, u32>) -> Option<usize> {
    let mut best: Option<(usize, u32)> = None;
    for (place, key) in openings(template) {
        let count = variety.get(&key).copied().unwrap_or_default();
        if count >= ENOUGH && best.is_none_or(|(_, most)| count > most) {
            best = Some((place, count));
        }
    }
    best.map(|(place, _)| place)
}

#[cfg(test)]
mod tests;
