//! Reading Sigma: the one module that names the library which parses and compares, because its interface still moves.
//!
//! Out of it come [`Document`]s in our own words: a [`Selector`] that says yes or no to one event, or a [`Correlation`] that says which
//! selectors are to come together how. Windows and baselines are not the library's: see the module text of [`detect`](super).

mod aggregation;
mod read;
mod selector;
mod wildcards;
mod wrong;

pub(super) use read::{lints, read};
pub(super) use selector::{Field, Leaf, Look, Selector, Truth};

/// One document of a file.
#[derive(Clone)]
pub(super) struct Document {
    /// What every document has.
    pub(super) head: Head,
    /// The block `outcrop:`, as JSON; null when there is none.
    pub(super) block: serde_json::Value,
    /// What it says.
    pub(super) body: Body,
}

/// What every document has.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    pub(super) title: String,
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) description: String,
    pub(super) level: Option<crate::model::Level>,
    pub(super) tags: Vec<String>,
    /// The line of its title, from 1.
    pub(super) line: u32,
}

/// What a document says.
#[derive(Clone)]
pub(super) enum Body {
    /// A plain rule. Its selector can be compiled with [`Plain::selector`], after filters are known.
    Plain(Box<Plain>),
    /// A correlation.
    Correlation(Box<Correlation>),
    /// A filter: changes plain rules.
    Filter(Box<Filter>),
}

/// A plain rule as it was read.
#[derive(Clone)]
pub(super) struct Plain {
    rule: rsigma_parser::SigmaRule,
}

/// A filter as it was read.
#[derive(Clone)]
pub(super) struct Filter {
    rule: rsigma_parser::FilterRule,
}

/// Which log a rule is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LogSource {
    pub(super) product: Option<String>,
    pub(super) service: Option<String>,
    pub(super) category: Option<String>,
}

impl Plain {
    /// Which log it is about.
    pub(super) fn log_source(&self) -> LogSource {
        let source = &self.rule.logsource;
        LogSource { product: source.product.clone(), service: source.service.clone(), category: source.category.clone() }
    }

    /// Compiles it, with the filters that are meant for it.
    ///
    /// # Errors
    /// What is wrong, in the library's words.
    pub(super) fn selector(&self, filters: &[&Filter]) -> Result<Selector, String> {
        let mut engine = rsigma_eval::Engine::new();
        engine.add_rule(&wildcards::widened(&self.rule)).map_err(|error| error.to_string())?;
        for filter in filters {
            engine.apply_filter(&filter.rule).map_err(|error| format!("the filter “{}”: {error}", filter.rule.title))?;
        }
        let compiled = engine.rules().first().ok_or("the rule is empty")?;
        Selector::of(compiled)
    }
}

/// A selector that holds where the patterns that a field matches weigh so much together.
///
/// # Errors
/// What is wrong, in the library's words.
pub(super) fn weighing(field: &str, patterns: &[(&str, u32)], at_least: u32) -> Result<Selector, String> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut text = "title: words\nlogsource: {product: aws}\ndetection:\n".to_owned();
    for (at, (pattern, _)) in patterns.iter().enumerate() {
        // Selections are taken in the order of their names.
        text.push_str(&format!("  w{at:06}: {{{}: {}}}\n", quoted(&format!("{field}|re|i")), quoted(pattern)));
    }
    text.push_str("  condition: 1 of w*\n");
    let (documents, wrongs) = read(&text);
    let (Some(Body::Plain(plain)), []) = (documents.into_iter().next().map(|document| document.body), wrongs.as_slice()) else {
        return Err(wrongs.first().map_or_else(|| "the list of words cannot be read".to_owned(), |wrong| wrong.text.clone()));
    };
    Ok(plain.selector(&[])?.weighed(patterns.iter().map(|(_, weight)| *weight), at_least))
}

/// How events of a correlation are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Count,
    Distinct,
    Sum,
    Average,
    Percentile,
    Steps { ordered: bool },
}

/// What a number is compared by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Limit {
    Below(f64),
    AtMost(f64),
    Above(f64),
    AtLeast(f64),
    Is(f64),
    IsNot(f64),
}

impl Limit {
    pub(super) fn holds(self, value: f64) -> bool {
        match self {
            Self::Below(limit) => value < limit,
            Self::AtMost(limit) => value <= limit,
            Self::Above(limit) => value > limit,
            Self::AtLeast(limit) => value >= limit,
            Self::Is(limit) => (value - limit).abs() < f64::EPSILON,
            Self::IsNot(limit) => (value - limit).abs() >= f64::EPSILON,
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Below(limit) => write!(f, "< {limit}"),
            Self::AtMost(limit) => write!(f, "<= {limit}"),
            Self::Above(limit) => write!(f, "> {limit}"),
            Self::AtLeast(limit) => write!(f, ">= {limit}"),
            Self::Is(limit) => write!(f, "= {limit}"),
            Self::IsNot(limit) => write!(f, "!= {limit}"),
        }
    }
}

/// What a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// Ends at each event.
    Sliding,
    /// Pieces of time as long as the timespan, counted from 1970.
    Tumbling,
    /// As long as no more than this passes between two events.
    Session { gap_ms: i64 },
}

/// Which steps must have been there, by their place among the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StepsWanted {
    Step(usize),
    All(Vec<StepsWanted>),
    Any(Vec<StepsWanted>),
    Not(Box<StepsWanted>),
}

/// A correlation.
#[derive(Clone, Debug)]
pub(super) struct Correlation {
    pub(super) kind: Kind,
    /// The rules it names, by id, name or title.
    pub(super) rules: Vec<String>,
    pub(super) group_by: Vec<String>,
    pub(super) timespan_ms: i64,
    pub(super) window: Window,
    pub(super) limits: Vec<Limit>,
    /// What is counted or summed.
    pub(super) fields: Vec<String>,
    pub(super) percentile: f64,
    pub(super) wanted: StepsWanted,
    /// Of a rule, by its name here: what a group-by field is called in its events.
    pub(super) aliases: Vec<(String, std::collections::HashMap<String, String>)>,
    /// The rules it names fire by themselves too.
    pub(super) generate: bool,
}
