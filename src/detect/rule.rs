//! A rule as it runs: one document of a file, with what its block says and the defaults where it says nothing.

use std::fmt;

use super::block::{Block, Full, Kind, LONGEST_MS, Names, NewGroup, Span, Use, Word};
use super::lists::Lists;
use super::sigma::{Body, Correlation, Document, Filter, LogSource, Selector};
use super::wordlist::WordList;
use crate::model::{Framework, Level, Strand, StrandSet};

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// From 1; 0 when it is about the whole file.
    pub line: u32,
    /// The rule, or the whole file, does not run.
    pub is_error: bool,
    /// What, and what to do.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_error { "error" } else { "warning" };
        if self.line == 0 {
            write!(f, "{}: {kind}: {}", self.file, self.text)
        } else {
            write!(f, "{}:{}: {kind}: {}", self.file, self.line, self.text)
        }
    }
}

/// A rule.
pub(super) struct Rule {
    /// In the catalogue, or the document's own.
    pub(super) id: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) file: String,
    pub(super) line: u32,
    /// The document's id, by which a user's file takes the place of a built-in one, and what correlations call it.
    pub(super) uuid: Option<String>,
    pub(super) name: Option<String>,
    pub(super) weight: u8,
    pub(super) entity: Vec<String>,
    pub(super) summary: Option<String>,
    pub(super) collapse_ms: i64,
    pub(super) collapse_by: Vec<String>,
    /// Does it make signals, or is it a building block only?
    pub(super) signals: bool,
    /// … said so itself, whatever names it.
    pub(super) signals_said: bool,
    pub(super) lists: Vec<ListUse>,
    pub(super) tags: Vec<String>,
    pub(super) frameworks: Vec<Framework>,
    pub(super) tactics: Vec<String>,
    /// Strands that its log source names.
    pub(super) strands: StrandSet,
    /// Selects events; none of a correlation.
    pub(super) selector: Option<Selector>,
    pub(super) how: How,
    /// Words that it looks for, out of a list.
    pub(super) words: Option<WordList>,
}

/// What makes it fire.
pub(super) enum How {
    /// Each record selected.
    Match,
    FirstSeen(FirstSeen),
    Outlier(Outlier),
    Together(Together),
}

pub(super) struct FirstSeen {
    pub(super) value: Vec<String>,
    pub(super) group_by: Vec<String>,
    pub(super) baseline_ms: i64,
    pub(super) retention_ms: i64,
    /// Lengths of history with weights, the shortest first.
    pub(super) tiers: Vec<(i64, u8)>,
    pub(super) new_group: NewGroup,
    pub(super) services: bool,
}

pub(super) struct Outlier {
    pub(super) group_by: Vec<String>,
    pub(super) bucket_ms: i64,
    pub(super) aggregate: Aggregate,
    pub(super) baseline_ms: i64,
    pub(super) k: f64,
    pub(super) floor: f64,
    pub(super) services: bool,
}

/// What is measured in a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Aggregate {
    Count,
    Sum(String),
    Max(String),
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.write_str("count"),
            Self::Sum(field) => write!(f, "sum {field}"),
            Self::Max(field) => write!(f, "max {field}"),
        }
    }
}

pub(super) struct Together {
    pub(super) correlation: Correlation,
    /// The rules it names, by their places in the set.
    pub(super) sources: Vec<usize>,
    pub(super) distinct: Vec<String>,
}

/// How a rule uses a match list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListUse {
    pub(super) list: String,
    /// What is compared; the entity when none is named.
    pub(super) field: Option<String>,
    pub(super) how: ListHow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListHow {
    Exclude,
    Require,
    Weight { listed: Option<u8>, otherwise: Option<u8> },
}

/// How long a repeat belongs to the signal before it.
const COLLAPSE_MS: i64 = 3_600_000;
/// Whom a rule is about when it does not say so.
const ENTITY: [&str; 5] = ["x.actor", "x.principal", "x.key", "x.ip", "x.host"];

/// Why a document is no rule.
pub(super) enum NoRule {
    /// It is switched off.
    Disabled,
    /// It is wrong.
    Wrong(String),
}

impl From<String> for NoRule {
    fn from(why: String) -> Self {
        Self::Wrong(why)
    }
}

impl Rule {
    /// The rule of a document. `warn` takes what is odd and does not keep it from running.
    pub(super) fn of(document: Document, file: &str, filters: &[&Filter], lists: &Lists, warn: &mut dyn FnMut(String)) -> Result<Self, NoRule> {
        let Document { head, block, body } = document;
        let block: Block =
            if block.is_null() { Block::default() } else { serde_json::from_value(block).map_err(|error| format!("the block outcrop: {error}"))? };
        if block.enabled == Some(false) {
            return Err(NoRule::Disabled);
        }
        let weight = block.weight.unwrap_or_else(|| head.level.map_or(Level::Medium.weight(), Level::weight));
        if weight > 10 {
            return Err(format!("the weight {weight} is above 10").into());
        }
        if let Some(level) = head.level.filter(|level| block.weight.is_some() && *level != Level::of(weight)) {
            warn(format!("level {level} and weight {weight}, which is {}, disagree: the weight counts", Level::of(weight)));
        }
        let words = block.words.as_ref().map(|words| WordList::of(words, lists)).transpose()?;
        if let Some(named) = block.words.as_ref().filter(|_| words.as_ref().is_some_and(WordList::is_empty)) {
            warn(format!("the list {} holds no words, so it never fires: put some into lists/{}.toml", named.list, named.list));
        }
        let (strands, selector, how) = match body {
            Body::Plain(plain) => {
                let source = plain.log_source();
                let strands = strands_of(&source).unwrap_or_else(|| {
                    warn(format!("no strand of a case holds the log source {}: it never fires", in_words(&source)));
                    StrandSet::NONE
                });
                let how = match block.kind.unwrap_or(Kind::Match) {
                    Kind::Match => How::Match,
                    Kind::FirstSeen => How::FirstSeen(FirstSeen::of(&block)?),
                    Kind::Outlier => How::Outlier(Outlier::of(&block)?),
                };
                let selector = plain.selector(filters)?;
                let selector = match &words {
                    None => selector,
                    Some(words) => selector.and(words.selector()?),
                };
                (strands, Some(selector), how)
            }
            Body::Correlation(correlation) => {
                if words.is_some() {
                    return Err("a correlation looks for no words; put `words` into a rule that it names".to_owned().into());
                }
                if block.kind.is_some() {
                    return Err("a correlation says its kind by its type; leave `kind` out".to_owned().into());
                }
                for (what, millis) in [("timespan", correlation.timespan_ms)] {
                    if millis == 0 || millis > LONGEST_MS {
                        return Err(format!("its {what} must be above nothing and at most 400 days").into());
                    }
                }
                let distinct = block.distinct.clone().map(Names::into_vec).unwrap_or_default();
                (StrandSet::ALL, None, How::Together(Together { correlation: *correlation, sources: Vec::new(), distinct }))
            }
            Body::Filter(_) => return Err("a filter is no rule".to_owned().into()),
        };
        let entity = block.entity.map_or_else(|| ENTITY.map(str::to_owned).to_vec(), Names::into_vec);
        if entity.is_empty() {
            return Err("`entity` names no field".to_owned().into());
        }
        Ok(Self {
            id: block.rule.clone().or_else(|| head.id.clone()).unwrap_or_else(|| head.title.clone()),
            title: head.title,
            description: head.description,
            file: file.to_owned(),
            line: head.line,
            uuid: head.id,
            name: head.name,
            weight,
            entity,
            summary: block.summary,
            collapse_ms: block.collapse.map_or(COLLAPSE_MS, |span| span.0),
            collapse_by: block.collapse_by.map(Names::into_vec).unwrap_or_default(),
            signals: block.signal.unwrap_or(true),
            signals_said: block.signal.is_some() || block.rule.is_some(),
            lists: block.match_list.into_iter().map(|(list, how)| ListUse::of(list, how)).collect::<Result<_, _>>()?,
            tags: head.tags,
            frameworks: Vec::new(),
            tactics: Vec::new(),
            strands,
            selector,
            how,
            words,
        })
    }

    /// The names by which a correlation may name it.
    pub(super) fn is_called(&self, name: &str) -> bool {
        [self.uuid.as_deref(), self.name.as_deref(), Some(&self.title), Some(&self.id)].into_iter().flatten().any(|own| own == name)
    }

    /// Does its condition ask for a field?
    pub(super) fn asks(&self, field: &str) -> bool {
        self.selector.iter().flat_map(Selector::leaves).flat_map(|leaf| &leaf.fields).any(|asked| asked == field)
    }

    /// The fields that the reason of a signal shows.
    pub(super) fn shown(&self) -> impl Iterator<Item = &str> {
        let named = self.summary.iter().flat_map(|summary| placeholders(summary));
        named.chain(self.words.iter().map(|words| words.field.as_str()))
    }

    /// Every field that it looks at, names, or shows.
    pub(super) fn fields(&self) -> Vec<&str> {
        let mut fields: Vec<&str> = self.selector.iter().flat_map(Selector::leaves).flat_map(|leaf| &leaf.fields).map(String::as_str).collect();
        fields.extend(self.entity.iter().chain(&self.collapse_by).map(String::as_str));
        fields.extend(self.lists.iter().filter_map(|list| list.field.as_deref()));
        fields.extend(self.shown());
        match &self.how {
            How::Match => {}
            How::FirstSeen(how) => fields.extend(how.value.iter().chain(&how.group_by).map(String::as_str)),
            How::Outlier(how) => {
                fields.extend(how.group_by.iter().map(String::as_str));
                if let Aggregate::Sum(field) | Aggregate::Max(field) = &how.aggregate {
                    fields.push(field);
                }
            }
            How::Together(how) => {
                let aliases = &how.correlation.aliases;
                let alias = |name: &&str| aliases.iter().any(|(alias, _)| alias == name);
                fields.extend(how.correlation.group_by.iter().map(String::as_str).filter(|name| !alias(name)));
                fields.extend(aliases.iter().flat_map(|(_, fields)| fields.values()).map(String::as_str));
                fields.extend(how.correlation.fields.iter().map(String::as_str).filter(|name| !alias(name)));
                fields.extend(how.distinct.iter().map(String::as_str));
            }
        }
        fields
    }
}

/// The fields that a summary names, with those that stand in for others; not what was found.
fn placeholders(summary: &str) -> impl Iterator<Item = &str> {
    let inside = summary.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(names, _)| names));
    inside.flat_map(|names| names.split('|')).map(str::trim).filter(|name| !FOUND.contains(name))
}

/// What a summary may name besides fields.
const FOUND: [&str; 7] = ["count", "value", "threshold", "window", "observed", "group", "words"];

impl FirstSeen {
    fn of(block: &Block) -> Result<Self, String> {
        let value = block.value.clone().map(Names::into_vec).filter(|value| !value.is_empty());
        let baseline = block.baseline.map_or(30 * 86_400_000, |span| span.0);
        let mut tiers: Vec<(i64, u8)> = block.tiers.iter().map(|tier| (tier.baseline.0, tier.weight)).collect();
        tiers.sort_unstable();
        if tiers.iter().any(|(span, weight)| *span == 0 || *weight > 10) {
            return Err("a tier needs a baseline above nothing and a weight of at most 10".to_owned());
        }
        let retention = block.retention.unwrap_or(Span(90 * 86_400_000)).0;
        if baseline == 0 || retention == 0 {
            return Err("baseline and retention must be above nothing".to_owned());
        }
        Ok(Self {
            value: value.ok_or("first_seen needs `value`: the field of what may be new")?,
            group_by: block.group_by.clone().map(Names::into_vec).unwrap_or_default(),
            baseline_ms: baseline,
            retention_ms: retention,
            tiers,
            new_group: block.new_group.unwrap_or_default(),
            services: block.services.unwrap_or(false),
        })
    }
}

impl Outlier {
    fn of(block: &Block) -> Result<Self, String> {
        let aggregate = match block.aggregate.as_deref().unwrap_or("count").split_once(':') {
            None if block.aggregate.as_deref().is_none_or(|word| word == "count") => Aggregate::Count,
            Some(("sum", field)) if !field.is_empty() => Aggregate::Sum(field.to_owned()),
            Some(("max", field)) if !field.is_empty() => Aggregate::Max(field.to_owned()),
            _ => return Err("`aggregate` is count, sum:FIELD or max:FIELD".to_owned()),
        };
        let bucket_ms = block.bucket.map_or(3_600_000, |span| span.0);
        let baseline_ms = block.baseline.map_or(30 * 86_400_000, |span| span.0);
        if bucket_ms < 60_000 || baseline_ms < bucket_ms.saturating_mul(24) {
            return Err("`bucket` must be a minute or more, and `baseline` 24 buckets or more".to_owned());
        }
        if baseline_ms / bucket_ms > 10_000 {
            return Err("`baseline` has more than 10,000 buckets: make them longer".to_owned());
        }
        let k = block.k.unwrap_or(2.0);
        if !k.is_finite() || k < 0.0 {
            return Err("`k` is a number of deviations, 0 or more".to_owned());
        }
        Ok(Self {
            group_by: block.group_by.clone().map_or_else(|| vec!["x.actor".to_owned()], Names::into_vec),
            bucket_ms,
            aggregate,
            baseline_ms,
            k,
            floor: block.floor.unwrap_or(0.0),
            services: block.services.unwrap_or(false),
        })
    }
}

impl ListUse {
    fn of(list: String, how: Use) -> Result<Self, String> {
        let full = match how {
            Use::Word(Word::Exclude) => Full { exclude: Some(true), ..Full::default() },
            Use::Word(Word::Require) => Full { require: Some(true), ..Full::default() },
            Use::Full(full) => full,
        };
        let how = match (full.exclude.unwrap_or(false), full.require.unwrap_or(false), full.weight.or(full.otherwise)) {
            (true, false, None) => ListHow::Exclude,
            (false, true, None) => ListHow::Require,
            (false, false, Some(weight)) if weight <= 10 && full.otherwise.is_none_or(|weight| weight <= 10) => {
                ListHow::Weight { listed: full.weight, otherwise: full.otherwise }
            }
            _ => return Err(format!("the match list {list}: say one of exclude, require, weight (at most 10)")),
        };
        Ok(Self { list, field: full.field, how })
    }
}

/// The strands of a log source; `None` when no case holds such logs.
fn strands_of(source: &LogSource) -> Option<StrandSet> {
    let trail = StrandSet::only(Strand::Management).with(Strand::Data).with(Strand::Network);
    match (source.product.as_deref(), source.service.as_deref(), source.category.as_deref()) {
        (_, _, Some("process_creation")) => Some(StrandSet::only(Strand::Endpoint)),
        (None | Some("aws"), Some("cloudtrail"), _) => Some(trail),
        (None | Some("aws"), Some("bedrock"), _) => Some(StrandSet::only(Strand::Invocation)),
        (None | Some("aws"), Some("spans"), _) => Some(StrandSet::only(Strand::Span)),
        (None | Some("aws"), None, None) => Some(StrandSet::ALL),
        _ => None,
    }
}

fn in_words(source: &LogSource) -> String {
    let parts = [("product", &source.product), ("service", &source.service), ("category", &source.category)];
    parts.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.as_deref()?))).collect::<Vec<_>>().join(", ")
}
