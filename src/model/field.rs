//! Derived fields of an event (`x.…`): what they are called, what they hold, and filters on them. They are the same in filters,
//! queries and rules; docs/FIELDS.md explains each.

use regex::{Regex, RegexBuilder};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Flag,
    /// Several texts; a comparison holds when it holds for one of them.
    List,
}

/// One derived field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// One line.
    pub doc: &'static str,
}

macro_rules! fields {
    ($($name:literal $kind:ident $doc:literal)+) => {
        /// Every derived field (DETECTIONS §0.2, and some more).
        pub const FIELDS: &[Field] = &[$(Field { name: $name, kind: FieldKind::$kind, doc: $doc }),+];
    };
}

fields! {
    "x.principal" Text "who, folded: account and user, or account and role with all its sessions"
    "x.actor" Text "who, for baselines: the principal, and the session where it names a person"
    "x.role" Text "role name, when a role acted"
    "x.user" Text "name of an IAM user, when one acted"
    "x.session" Text "role session name"
    "x.key" Text "access key id"
    "x.key_kind" Text "none, long_term, temporary, bearer or console"
    "x.ok" Flag "no error code"
    "x.denied" Flag "refused for want of authority"
    "x.is_bedrock" Flag "an event of Bedrock, its mantle endpoint or AgentCore"
    "x.invoke" Flag "a model was called, or would have been"
    "x.agentic" Flag "an agent, flow or knowledge base was called"
    "x.enum" Flag "models, guardrails, agents or their settings were listed or looked at"
    "x.model" Text "model, all spellings folded to one"
    "x.model_family" Text "haiku, sonnet, opus, nova, llama …; other"
    "x.family" Text "shape of the bodies: converse, claude-messages, titan-text …"
    "x.body" Text "where the bodies are: inline, s3, absent, unknown"
    "x.user_text" Text "the last user turn's own text"
    "x.prompt_chars" Number "characters of x.user_text"
    "x.prompt_chars_all" Number "characters of the whole input"
    "x.completion" Text "the answer's text"
    "x.completion_chars" Number "characters of x.completion"
    "x.thinking" Text "the answer's reasoning"
    "x.turns" Number "turns in the request"
    "x.tokens_in" Number "input tokens that were not cached"
    "x.tokens_out" Number "output tokens"
    "x.tokens_cache" Number "tokens read from or written to the prompt cache"
    "x.tokens_total" Number "all input and output tokens"
    "x.latency_ms" Number "milliseconds from request to answer"
    "x.stop" Text "stop reason as logged"
    "x.guard" Text "verdict of the guardrail: blocked, masked, detected, none, unknown"
    "x.guard_findings" List "its findings: side, policy, name, action, confidence, with blanks between"
    "x.guard_policies" List "its policies that found something: content, topic, word, sensitive, grounding"
    "x.guardrail" List "ids of guardrails in the request or the trace"
    "x.guarded" Flag "a guardrail was named or gave a verdict"
    "x.secrets" List "kinds of credentials in request and answer"
    "x.system" Text "system prompts"
    "x.system_opening" Text "the first sentence of the system prompts"
    "x.tools" List "names of the tools that the answer called"
    "x.hidden" List "kinds of hidden content: tag-characters, zero-width, bidi, encoded …"
    "x.bucket" Text "bucket that is read or written; of a job the first part of its s3:// address"
    "x.prefix" Text "the rest of the s3:// address, or the object's key"
    "x.output_bucket" Text "bucket that a job writes to"
    "x.strand" Text "management, data, invocation, endpoint, network, span"
    "x.request" Text "request id, whichever log it stands in"
    "x.account" Text "account"
    "x.region" Text "Region"
    "x.service" Text "bedrock, s3, iam …: the event source without its domain"
    "x.action" Text "eventName, operation, or the command's verb"
    "x.ip" Text "source address"
    "x.user_agent" Text "user agent"
    "x.host" Text "computer of an endpoint event"
    "x.command" Text "command line of an endpoint event"
    "x.cli.program" Text "program of an endpoint's command line"
    "x.cli.service" Text "service of the AWS CLI: bedrock, bedrock-runtime, s3 …"
    "x.cli.operation" Text "operation: delete-guardrail"
    "x.cli.verb" Text "first word of the operation: delete"
    "x.cli.class" Text "class of the verb: delete, create, put, update, invoke, list, get … other"
    "x.cli.options" List "options with their values: --region us-east-1"
    "x.cli.command" Text "the whole command line"
    "x.cli.host" Text "host it was run on"
    "x.cli.user" Text "user who ran it, as the telemetry names it"
    "x.joined" Flag "the other side of its request is in the case"
    "x.calls" Number "calls of the conversation it belongs to"
}

/// Finds a field by its name.
///
/// # Errors
/// A sentence that names the nearest field.
pub fn field(name: &str) -> Result<&'static Field, String> {
    FIELDS.iter().find(|field| field.name == name).ok_or_else(|| {
        let likeness = |field: &&Field| strsim::jaro_winkler(field.name.trim_start_matches("x."), name.trim_start_matches("x."));
        match FIELDS.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other))) {
            Some(near) if likeness(&near) > 0.7 => format!("there is no field {name}: did you mean {}?", near.name),
            _ => format!("there is no field {name}: docs/FIELDS.md lists them"),
        }
    })
}

/// A value of a field.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FieldValue {
    /// The event has none.
    #[default]
    Missing,
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// Several texts.
    List(Vec<String>),
}

impl From<Option<String>> for FieldValue {
    fn from(text: Option<String>) -> Self {
        text.filter(|text| !text.is_empty()).map_or(Self::Missing, Self::Text)
    }
}

impl From<Option<u64>> for FieldValue {
    fn from(number: Option<u64>) -> Self {
        number.map_or(Self::Missing, |number| Self::Number(number as f64))
    }
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Is,
    /// `!=`: also when the event has no such field.
    IsNot,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `~`: a regular expression.
    Matches,
    /// `!~`
    MatchesNot,
}

impl Comparison {
    /// The longer ones first, so that a beginning is not taken for the whole.
    const SIGNS: [(&str, Self); 8] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("!=", Self::IsNot),
        ("!~", Self::MatchesNot),
        ("=", Self::Is),
        (">", Self::Above),
        ("<", Self::Below),
        ("~", Self::Matches),
    ];

    fn sign(self) -> &'static str {
        Self::SIGNS.into_iter().find(|(_, comparison)| *comparison == self).map_or("=", |(sign, _)| sign)
    }
}

/// One condition on a derived field: `x.tokens_in > 1000`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldFilter {
    /// Name of the field.
    pub name: &'static str,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub value: String,
}

impl std::fmt::Display for FieldFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let needs_quotes = self.value.is_empty() || self.value.contains(" and ") || self.value.starts_with('"') || self.value.trim() != self.value;
        if needs_quotes {
            write!(f, "{} {} \"{}\"", self.name, self.comparison.sign(), self.value.replace('\\', r"\\").replace('"', "\\\""))
        } else {
            write!(f, "{} {} {}", self.name, self.comparison.sign(), self.value)
        }
    }
}

/// Reads conditions as a person writes them: `x.denied and x.model_family = opus and x.tokens_out >= 1000`. A flag by itself
/// means yes. A value goes on to the next ` and ` before a field, or stands in quotes.
///
/// # Errors
/// A sentence that says where and what.
pub fn parse_field_filters(text: &str) -> Result<Vec<FieldFilter>, String> {
    let mut filters = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let field = field(name)?;
        let after = after.trim_start();
        let sign = Comparison::SIGNS.into_iter().find_map(|(sign, comparison)| Some((comparison, after.strip_prefix(sign)?)));
        let (comparison, value, left) = match sign {
            None if field.kind == FieldKind::Flag => (Comparison::Is, "true".to_owned(), after),
            None => return Err(format!("after {name} comes one of = != > >= < <= ~ !~")),
            Some((comparison, after)) => {
                let (value, left) = value(after.trim_start())?;
                (comparison, value, left)
            }
        };
        let filter = FieldFilter { name: field.name, comparison, value };
        FieldTest::new(&filter)?;
        filters.push(filter);
        let left = left.trim_start();
        rest = match left.strip_prefix("and ") {
            Some(next) => next.trim_start(),
            None if left.is_empty() => "",
            None if left.starts_with("or ") => return Err(NO_OR.to_owned()),
            None => return Err(format!("conditions are joined with “and”; this is not clear: {left}")),
        };
    }
    if filters.is_empty() { Err("a condition is wanted, such as x.tokens_in > 1000".to_owned()) } else { Ok(filters) }
}

const NO_OR: &str = "conditions are joined with “and”; “or” is not supported";

/// The field that a condition may mean which begins with its name alone: `tokens_in > 5`.
pub fn field_without_x(text: &str) -> Option<&'static str> {
    let text = text.trim_start();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
    let (name, after) = text.split_at(end);
    let after = after.trim_start();
    let compared = Comparison::SIGNS.iter().any(|(sign, _)| after.starts_with(sign));
    FIELDS.iter().map(|field| field.name).find(|known| compared && known.strip_prefix("x.") == Some(name))
}

/// A value, in quotes or up to the next condition; and what is left.
fn value(text: &str) -> Result<(String, &str), String> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (mut value, mut escaped) = (String::new(), false);
        for (at, character) in quoted.char_indices() {
            match character {
                _ if escaped => {
                    value.push(character);
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => return Ok((value, quoted.get(at + 1..).unwrap_or_default())),
                other => value.push(other),
            }
        }
        return Err("a quotation mark is missing at the end".to_owned());
    }
    let end = text.match_indices(" and ").find(|(at, and)| text.get(at + and.len()..).is_some_and(|next| next.trim_start().starts_with("x.")));
    let (value, left) = text.split_at(end.map_or(text.len(), |(at, _)| at));
    let value = value.trim();
    if value.match_indices(" or ").any(|(at, or)| value.get(at + or.len()..).is_some_and(|next| next.trim_start().starts_with("x."))) {
        return Err(NO_OR.to_owned());
    }
    if let Some(name) = value.match_indices(" and ").find_map(|(at, and)| field_without_x(value.get(at + and.len()..)?)) {
        return Err(format!("did you mean {name}? A value that goes on after “and” stands in quotes"));
    }
    if value.is_empty() { Err("a value is missing".to_owned()) } else { Ok((value.to_owned(), left)) }
}

/// A condition ready to be asked of many events.
#[derive(Debug)]
pub struct FieldTest {
    comparison: Comparison,
    value: String,
    number: Option<f64>,
    regex: Option<Regex>,
}

impl FieldTest {
    /// Makes a condition ready.
    ///
    /// # Errors
    /// A sentence: no number where one is needed, no regular expression, no such comparison.
    pub fn new(filter: &FieldFilter) -> Result<Self, String> {
        use Comparison::{Above, AtLeast, AtMost, Below, Matches, MatchesNot};
        let field = field(filter.name)?;
        let value = filter.value.as_str();
        let pattern = matches!(filter.comparison, Matches | MatchesNot);
        let ordered = matches!(filter.comparison, Above | AtLeast | Below | AtMost);
        let mut number = None;
        match field.kind {
            FieldKind::Number if pattern => return Err(format!("{} is a number: compare it with = != > >= < <=", field.name)),
            FieldKind::Number => {
                number = Some(value.replace(['_', ','], "").parse().map_err(|_| format!("{} is a number, {value} is none", field.name))?);
            }
            FieldKind::Flag if pattern || ordered || !matches!(value, "true" | "false") => {
                return Err(format!("{} is yes or no: write {0} or {0} = false", field.name));
            }
            FieldKind::Text | FieldKind::List if ordered => return Err(format!("{} is text: compare it with = != ~ !~", field.name)),
            _ => {}
        }
        let sensitive = value.chars().any(char::is_uppercase);
        let build = || RegexBuilder::new(value).case_insensitive(!sensitive).size_limit(4 << 20).build();
        let regex =
            pattern.then(build).transpose().map_err(|error| error.to_string().lines().last().unwrap_or("no regular expression").to_owned())?;
        Ok(Self { comparison: filter.comparison, value: filter.value.clone(), number, regex })
    }

    /// Does the condition hold? Of a missing field only what is denied holds.
    pub fn holds(&self, value: &FieldValue) -> bool {
        let denies = matches!(self.comparison, Comparison::IsNot | Comparison::MatchesNot);
        match value {
            FieldValue::Missing => denies,
            FieldValue::Text(text) => self.is_like(text) != denies,
            FieldValue::Flag(flag) => (*flag == (self.value == "true")) != denies,
            FieldValue::List(texts) => texts.iter().any(|text| self.is_like(text)) != denies,
            FieldValue::Number(number) => self.number.is_some_and(|with| match self.comparison {
                Comparison::Is | Comparison::Matches => number.total_cmp(&with).is_eq(),
                Comparison::IsNot | Comparison::MatchesNot => number.total_cmp(&with).is_ne(),
                Comparison::Above => *number > with,
                Comparison::AtLeast => *number >= with,
                Comparison::Below => *number < with,
                Comparison::AtMost => *number <= with,
            }),
        }
    }

    fn is_like(&self, text: &str) -> bool {
        self.regex.as_ref().map_or_else(|| text == self.value, |regex| regex.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filter(name: &'static str, comparison: Comparison, value: &str) -> FieldFilter {
        FieldFilter { name, comparison, value: value.to_owned() }
    }

    #[test]
    fn conditions_as_people_write_them() {
        use Comparison::{AtLeast, Is, IsNot, Matches};
        for (text, expected) in [
            ("x.denied", vec![filter("x.denied", Is, "true")]),
            ("x.denied=false", vec![filter("x.denied", Is, "false")]),
            ("x.tokens_in>=1,000", vec![filter("x.tokens_in", AtLeast, "1,000")]),
            ("x.model_family = opus and x.denied", vec![filter("x.model_family", Is, "opus"), filter("x.denied", Is, "true")]),
            ("x.user_text ~ salt and pepper", vec![filter("x.user_text", Matches, "salt and pepper")]),
            (r#"x.user_text ~ "a and x.b" and x.ok"#, vec![filter("x.user_text", Matches, "a and x.b"), filter("x.ok", Is, "true")]),
            ("x.cli.verb != list", vec![filter("x.cli.verb", IsNot, "list")]),
        ] {
            assert_eq!(parse_field_filters(text), Ok(expected), "{text}");
        }
        for (text, part) in [
            ("", "condition is wanted"),
            ("x.tokens_im > 1", "did you mean x.tokens_in?"),
            ("x.tokens_in", "comes one of"),
            ("x.tokens_in > many", "is a number"),
            ("x.tokens_in ~ 1", "is a number"),
            ("x.user_text > 5", "is text"),
            ("x.denied = perhaps", "yes or no"),
            ("x.user_text ~ (", "unclosed"),
            ("x.user_text = ", "value is missing"),
            (r#"x.user_text = "a"#, "quotation mark"),
            ("x.denied x.ok", "joined with"),
            ("x.denied or x.ok", "is not supported"),
            ("x.stop = end_turn or x.ok", "is not supported"),
            ("x.stop = end_turn and tokens_in > 5", "did you mean x.tokens_in?"),
        ] {
            let wrong = parse_field_filters(text).expect_err(text);
            assert!(wrong.contains(part), "{text}: {wrong}");
        }
    }

    #[test]
    fn what_holds() {
        use Comparison::{Above, Below, Is, IsNot, Matches, MatchesNot};
        let text = |text: &str| FieldValue::Text(text.to_owned());
        let list = |texts: &[&str]| FieldValue::List(texts.iter().map(|text| (*text).to_owned()).collect());
        for (filter, value, expected) in [
            (filter("x.stop", Is, "end_turn"), text("end_turn"), true),
            (filter("x.stop", Is, "end"), text("end_turn"), false),
            (filter("x.stop", Matches, "END"), text("end_turn"), false),
            (filter("x.stop", Matches, "end"), text("The END"), true),
            (filter("x.stop", IsNot, "end"), FieldValue::Missing, true),
            (filter("x.stop", Is, "end"), FieldValue::Missing, false),
            (filter("x.tools", Is, "b"), list(&["a", "b"]), true),
            (filter("x.tools", MatchesNot, "^b"), list(&["a", "b"]), false),
            (filter("x.tools", MatchesNot, "^b"), list(&[]), true),
            (filter("x.turns", Above, "3"), FieldValue::Number(3.0), false),
            (filter("x.turns", Below, "3"), FieldValue::Number(2.0), true),
            (filter("x.turns", Below, "3"), FieldValue::Missing, false),
            (filter("x.ok", IsNot, "true"), FieldValue::Flag(false), true),
        ] {
            assert_eq!(FieldTest::new(&filter).expect("sound").holds(&value), expected, "{filter} of {value:?}");
        }
    }

    proptest! {
        #[test]
        fn written_and_read_again(value in "[a-z\"\\\\ .=]{0,20}|a and x\\.ok", comparison in prop::sample::select(vec![Comparison::Is, Comparison::IsNot])) {
            let filters = vec![filter("x.stop", comparison, &value), filter("x.ok", Comparison::Is, "true")];
            let text = filters.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
            prop_assert_eq!(parse_field_filters(&text), Ok(filters));
        }
    }
}
