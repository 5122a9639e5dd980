//! A plain rule compiled: a condition over leaves, each a field compared with something. Leaves are asked for one by one and may be
//! unknown, so that most rules are answered by what is cheap to know of an event, and its record is read only where that decides.

use std::borrow::Cow;
use std::collections::HashMap;

use rsigma_eval::matcher::{ExpandPart, GroupMode};
use rsigma_eval::{CompiledDetection, CompiledDetectionItem, CompiledMatcher, CompiledRule, Event, EventValue};
use rsigma_parser::{ConditionExpr, Quantifier};

/// A value of an event, as a rule compares it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::detect) enum Field {
    Text(String),
    Whole(i64),
    Number(f64),
    Flag(bool),
    /// There, and null.
    Null,
    List(Vec<Field>),
    Map(Vec<(String, Field)>),
}

/// An event as a rule sees it.
pub(in crate::detect) trait Look {
    /// The value of a field; `None` when the event does not have it.
    fn field(&self, name: &str) -> Option<Field>;
    /// Calls with every text of the record, until `each` says yes.
    fn any_text(&self, each: &dyn Fn(&str) -> bool) -> bool;
}

/// Known or not.
pub(in crate::detect) type Truth = Option<bool>;

/// A compiled rule.
pub(in crate::detect) struct Selector {
    condition: Node,
    leaves: Vec<Leaf>,
}

enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    AtLeast(usize, Vec<Node>),
    /// Those that hold weigh so much together.
    Weighing(u32, Vec<(u32, Node)>),
    Not(Box<Node>),
    Leaf(usize),
    Never,
}

/// One comparison.
pub(in crate::detect) struct Leaf {
    /// The fields it looks at; empty when it looks at every text of the record.
    pub(in crate::detect) fields: Vec<String>,
    test: Test,
}

enum Test {
    Item(CompiledDetectionItem),
    /// What the library alone can evaluate: keywords, elements of lists.
    Rule(Box<CompiledRule>),
}

/// Comparisons in a rule at most.
const MOST_LEAVES: usize = 2_000;

impl Selector {
    pub(super) fn of(rule: &CompiledRule) -> Result<Self, String> {
        let mut compiling = Compiling { rule, leaves: Vec::new() };
        let conditions = rule.conditions.iter().map(|condition| compiling.condition(condition, &rule.detections)).collect();
        if compiling.leaves.len() > MOST_LEAVES {
            return Err(format!("it has more than {MOST_LEAVES} comparisons; split it"));
        }
        Ok(Self { condition: Node::Any(conditions), leaves: compiling.leaves })
    }

    /// The same with a weight for each of its comparisons: it holds where those that do weigh so much together.
    pub(super) fn weighed(self, weights: impl Iterator<Item = u32>, at_least: u32) -> Self {
        let parts = (0..self.leaves.len()).zip(weights).map(|(leaf, weight)| (weight, Node::Leaf(leaf))).collect();
        Self { condition: Node::Weighing(at_least, parts), leaves: self.leaves }
    }

    /// Both hold.
    pub(in crate::detect) fn and(mut self, mut other: Self) -> Self {
        other.condition.move_leaves(self.leaves.len());
        self.leaves.append(&mut other.leaves);
        Self { condition: Node::All(vec![self.condition, other.condition]), leaves: self.leaves }
    }

    /// Its comparisons, by number.
    pub(in crate::detect) fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// Does it hold, as far as `leaf` knows? Nothing is asked that cannot matter any more.
    pub(in crate::detect) fn holds(&self, leaf: &mut dyn FnMut(usize) -> Truth) -> Truth {
        self.condition.holds(leaf)
    }
}

impl Node {
    /// Its comparisons stand so many places further on.
    fn move_leaves(&mut self, by: usize) {
        match self {
            Self::Leaf(at) => *at += by,
            Self::Not(inner) => inner.move_leaves(by),
            Self::All(parts) | Self::Any(parts) | Self::AtLeast(_, parts) => parts.iter_mut().for_each(|part| part.move_leaves(by)),
            Self::Weighing(_, parts) => parts.iter_mut().for_each(|(_, part)| part.move_leaves(by)),
            Self::Never => {}
        }
    }

    fn holds(&self, leaf: &mut dyn FnMut(usize) -> Truth) -> Truth {
        match self {
            Self::Leaf(at) => leaf(*at),
            Self::Not(inner) => inner.holds(leaf).map(|truth| !truth),
            Self::Never => Some(false),
            Self::All(parts) => {
                let mut all = Some(true);
                for part in parts {
                    match part.holds(leaf) {
                        Some(false) => return Some(false),
                        None => all = None,
                        Some(true) => {}
                    }
                }
                all
            }
            Self::Any(parts) => {
                let mut any = Some(false);
                for part in parts {
                    match part.holds(leaf) {
                        Some(true) => return Some(true),
                        None => any = None,
                        Some(false) => {}
                    }
                }
                any
            }
            Self::Weighing(wanted, parts) => {
                let (mut yes, mut unknown) = (0_u32, 0_u32);
                for (weight, part) in parts {
                    match part.holds(leaf) {
                        Some(true) => yes = yes.saturating_add(*weight),
                        None => unknown = unknown.saturating_add(*weight),
                        Some(false) => {}
                    }
                }
                if yes >= *wanted {
                    Some(true)
                } else if yes.saturating_add(unknown) < *wanted {
                    Some(false)
                } else {
                    None
                }
            }
            Self::AtLeast(wanted, parts) => {
                let (mut yes, mut unknown) = (0, 0);
                for part in parts {
                    match part.holds(leaf) {
                        Some(true) => yes += 1,
                        None => unknown += 1,
                        Some(false) => {}
                    }
                }
                if yes >= *wanted {
                    Some(true)
                } else if yes + unknown < *wanted {
                    Some(false)
                } else {
                    None
                }
            }
        }
    }
}

impl Leaf {
    /// Does it hold for this event?
    pub(in crate::detect) fn holds(&self, event: &dyn Look) -> bool {
        let event = Seen(event);
        match &self.test {
            Test::Rule(rule) => rsigma_eval::evaluate_rule(rule, &event).is_some(),
            Test::Item(item) => {
                let Some(field) = &item.field else { return item.matcher.matches_keyword(&event) };
                let value = match event.0.field(field) {
                    // As it was logged: rules for tools that flatten records compare it so.
                    Some(map @ Field::Map(_)) if self.is_of_text() => Some(EventValue::Str(Cow::Owned(json(&map)))),
                    found => found.map(value),
                };
                if let Some(wanted) = item.exists {
                    return value.is_some_and(|value| !value.is_null()) == wanted;
                }
                match value {
                    Some(value) => item.matcher.matches(&value, &event),
                    None => matches!(item.matcher, CompiledMatcher::Null),
                }
            }
        }
    }

    /// The numbers that a number is compared with, when that is all: one is judged like another that lies alike between them.
    pub(in crate::detect) fn limits(&self) -> Option<Vec<f64>> {
        match &self.test {
            Test::Item(item) if item.exists.is_some() => Some(Vec::new()),
            Test::Item(item) => {
                let mut numbers = Vec::new();
                limits(&item.matcher, &mut numbers).then_some(numbers)
            }
            Test::Rule(_) => None,
        }
    }

    /// Names between percent signs that stand for values from elsewhere.
    pub(in crate::detect) fn placeholders(&self) -> Vec<&str> {
        let mut names = Vec::new();
        if let Test::Item(item) = &self.test {
            placeholders(&item.matcher, &mut names);
        }
        names
    }

    /// Does it compare the field with a text?
    pub(in crate::detect) fn is_of_text(&self) -> bool {
        matches!(&self.test, Test::Item(item) if item.exists.is_none() && is_of_text(&item.matcher))
    }

    /// A pattern that a text must contain somewhere for this to hold; `None` when nothing of the kind can be said.
    pub(in crate::detect) fn needle(&self) -> Option<String> {
        match &self.test {
            Test::Item(item) if item.exists.is_none() => needle(&item.matcher),
            _ => None,
        }
    }
}

/// Gathers the numbers of comparisons; says whether there is nothing else.
fn limits(matcher: &CompiledMatcher, numbers: &mut Vec<f64>) -> bool {
    match matcher {
        CompiledMatcher::NumericEq(number)
        | CompiledMatcher::NumericGt(number)
        | CompiledMatcher::NumericGte(number)
        | CompiledMatcher::NumericLt(number)
        | CompiledMatcher::NumericLte(number) => {
            numbers.push(*number);
            true
        }
        CompiledMatcher::Null | CompiledMatcher::Exists(_) => true,
        CompiledMatcher::Not(inner) => limits(inner, numbers),
        CompiledMatcher::AnyOf(children) | CompiledMatcher::AllOf(children) => children.iter().all(|child| limits(child, numbers)),
        _ => false,
    }
}

fn needle(matcher: &CompiledMatcher) -> Option<String> {
    // Without regard to case, whether or not it is asked for: the more is found.
    let plain = |text: &str| (!text.is_empty()).then(|| format!("(?i:{})", regex::escape(text)));
    let as_it_is = |pattern: &str| Some(format!("(?:{pattern})"));
    match matcher {
        CompiledMatcher::Exact { value, .. }
        | CompiledMatcher::Contains { value, .. }
        | CompiledMatcher::StartsWith { value, .. }
        | CompiledMatcher::EndsWith { value, .. } => plain(value),
        CompiledMatcher::AhoCorasickSet { needles, .. } => {
            needles.iter().map(|needle| plain(needle)).collect::<Option<Vec<_>>>().map(|all| all.join("|"))
        }
        CompiledMatcher::Regex(regex) => as_it_is(regex.as_str()),
        CompiledMatcher::RegexSetMatch { set, mode: GroupMode::Any } => {
            set.patterns().iter().map(|pattern| as_it_is(pattern)).collect::<Option<Vec<_>>>().map(|all| all.join("|"))
        }
        CompiledMatcher::RegexSetMatch { set, mode: GroupMode::All } => set.patterns().iter().find_map(|pattern| as_it_is(pattern)),
        CompiledMatcher::AnyOf(children) | CompiledMatcher::CaseInsensitiveGroup { children, mode: GroupMode::Any } => {
            children.iter().map(needle).collect::<Option<Vec<_>>>().map(|all| all.join("|"))
        }
        CompiledMatcher::AllOf(children) | CompiledMatcher::CaseInsensitiveGroup { children, mode: GroupMode::All } => {
            children.iter().find_map(needle)
        }
        _ => None,
    }
}

struct Compiling<'r> {
    rule: &'r CompiledRule,
    leaves: Vec<Leaf>,
}

type Detections = HashMap<String, CompiledDetection>;

impl Compiling<'_> {
    fn condition(&mut self, condition: &ConditionExpr, detections: &Detections) -> Node {
        match condition {
            ConditionExpr::And(parts) => Node::All(parts.iter().map(|part| self.condition(part, detections)).collect()),
            ConditionExpr::Or(parts) => Node::Any(parts.iter().map(|part| self.condition(part, detections)).collect()),
            ConditionExpr::Not(part) => Node::Not(Box::new(self.condition(part, detections))),
            ConditionExpr::Identifier(name) => detections.get(name).map_or(Node::Never, |detection| self.detection(detection)),
            ConditionExpr::Selector { quantifier, pattern } => {
                let mut named: Vec<&String> = detections.keys().filter(|name| pattern.matches_detection_name(name)).collect();
                named.sort();
                let parts: Vec<Node> = named.into_iter().filter_map(|name| detections.get(name)).map(|found| self.detection(found)).collect();
                match quantifier {
                    Quantifier::Any => Node::Any(parts),
                    Quantifier::All => Node::All(parts),
                    Quantifier::Count(wanted) => Node::AtLeast(*wanted as usize, parts),
                }
            }
        }
    }

    fn detection(&mut self, detection: &CompiledDetection) -> Node {
        match detection {
            CompiledDetection::AllOf(items) => Node::All(items.iter().map(|item| self.item(item)).collect()),
            CompiledDetection::AnyOf(parts) => Node::Any(parts.iter().map(|part| self.detection(part)).collect()),
            CompiledDetection::And(parts) => Node::All(parts.iter().map(|part| self.detection(part)).collect()),
            CompiledDetection::Conditional { named, condition } => self.condition(condition, named),
            CompiledDetection::Keywords(_) => self.whole(detection, Vec::new()),
            CompiledDetection::ArrayMatch { field, .. } => self.whole(detection, vec![field.clone()]),
        }
    }

    fn item(&mut self, item: &CompiledDetectionItem) -> Node {
        let mut fields: Vec<String> = item.field.iter().cloned().collect();
        if !fields.is_empty() {
            referred(&item.matcher, &mut fields);
        }
        self.leaf(Leaf { fields, test: Test::Item(item.clone()) })
    }

    fn whole(&mut self, detection: &CompiledDetection, fields: Vec<String>) -> Node {
        let name = "part".to_owned();
        let rule = CompiledRule {
            detections: HashMap::from([(name.clone(), detection.clone())]),
            conditions: vec![ConditionExpr::Identifier(name)],
            ..self.rule.clone()
        };
        self.leaf(Leaf { fields, test: Test::Rule(Box::new(rule)) })
    }

    fn leaf(&mut self, leaf: Leaf) -> Node {
        self.leaves.push(leaf);
        Node::Leaf(self.leaves.len() - 1)
    }
}

fn placeholders<'m>(matcher: &'m CompiledMatcher, names: &mut Vec<&'m str>) {
    match matcher {
        CompiledMatcher::Expand { template, .. } => names.extend(template.iter().filter_map(|part| match part {
            ExpandPart::Placeholder(name) => Some(name.as_str()),
            ExpandPart::Literal(_) => None,
        })),
        CompiledMatcher::Not(inner) => placeholders(inner, names),
        CompiledMatcher::AnyOf(children) | CompiledMatcher::AllOf(children) | CompiledMatcher::CaseInsensitiveGroup { children, .. } => {
            for child in children {
                placeholders(child, names);
            }
        }
        _ => {}
    }
}

fn is_of_text(matcher: &CompiledMatcher) -> bool {
    match matcher {
        CompiledMatcher::Exact { .. }
        | CompiledMatcher::Contains { .. }
        | CompiledMatcher::StartsWith { .. }
        | CompiledMatcher::EndsWith { .. }
        | CompiledMatcher::Regex(_)
        | CompiledMatcher::RegexSetMatch { .. }
        | CompiledMatcher::AhoCorasickSet { .. } => true,
        CompiledMatcher::Not(inner) => is_of_text(inner),
        CompiledMatcher::AnyOf(children) | CompiledMatcher::AllOf(children) | CompiledMatcher::CaseInsensitiveGroup { children, .. } => {
            children.iter().any(is_of_text)
        }
        _ => false,
    }
}

/// Other fields that a comparison looks at.
fn referred(matcher: &CompiledMatcher, fields: &mut Vec<String>) {
    match matcher {
        CompiledMatcher::FieldRef { field, .. } => fields.push(field.clone()),
        CompiledMatcher::Expand { template, .. } => fields.extend(template.iter().filter_map(|part| match part {
            ExpandPart::Placeholder(name) => Some(name.clone()),
            ExpandPart::Literal(_) => None,
        })),
        CompiledMatcher::Not(inner) | CompiledMatcher::TimestampPart { inner, .. } => referred(inner, fields),
        CompiledMatcher::AnyOf(children) | CompiledMatcher::AllOf(children) | CompiledMatcher::CaseInsensitiveGroup { children, .. } => {
            for child in children {
                referred(child, fields);
            }
        }
        _ => {}
    }
}

/// Our event as the library wants to see it.
struct Seen<'e>(&'e dyn Look);

impl Event for Seen<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        self.0.field(path).map(value)
    }

    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        self.0.any_text(pred)
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let texts = std::cell::RefCell::new(Vec::new());
        self.0.any_text(&|text| {
            texts.borrow_mut().push(Cow::Owned(text.to_owned()));
            false
        });
        texts.into_inner()
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

/// A value as JSON, without blanks between its parts.
fn json(field: &Field) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    match field {
        Field::Text(value) => text(value),
        Field::Whole(number) => number.to_string(),
        Field::Number(number) => number.to_string(),
        Field::Flag(flag) => flag.to_string(),
        Field::Null => "null".to_owned(),
        Field::List(list) => format!("[{}]", list.iter().map(json).collect::<Vec<_>>().join(",")),
        Field::Map(entries) => {
            let entries: Vec<String> = entries.iter().map(|(key, field)| format!("{}:{}", text(key), json(field))).collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}

fn value(field: Field) -> EventValue<'static> {
    match field {
        Field::Text(text) => EventValue::Str(Cow::Owned(text)),
        Field::Whole(number) => EventValue::Int(number),
        Field::Number(number) => EventValue::Float(number),
        Field::Flag(flag) => EventValue::Bool(flag),
        Field::Null => EventValue::Null,
        Field::List(list) => EventValue::Array(list.into_iter().map(value).collect()),
        Field::Map(entries) => EventValue::Map(entries.into_iter().map(|(key, field)| (Cow::Owned(key), value(field))).collect()),
    }
}
