//! One event as a rule sees it, with as much of it known as was worth reading: what kind of call it was, its columns, what a list
//! shows of the exchange, its record, and what only the whole case tells.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use super::facts::{CaseFacts, Seat};
use super::place::{Call, Located, Place, Shape, Stored, Tier, place};
use super::sigma::{Field, Leaf, Look, Truth};
use crate::case::{Lean, LeanColumn, Reader, Result};
use crate::decode::json::{Kind, Tape, Value};
use crate::decode::{self, Bodies, Fields};
use crate::model::{BodyState, ExchangeFacts, ExchangeFlags, FieldValue, GuardrailAction, Name, Tokens};

/// Names by their numbers in the case.
#[derive(Default)]
pub(super) struct NameTable {
    names: Vec<Option<Name>>,
    known: usize,
}

/// Names remembered at most, between two pages of events.
const MOST_NAMES: usize = 200_000;

impl NameTable {
    /// Forgets all names when there are too many; says whether it did.
    pub(super) fn forget(&mut self) -> bool {
        let is_full = self.known > MOST_NAMES;
        if is_full {
            *self = Self::default();
        }
        is_full
    }

    /// Makes sure that the names of an event are known.
    pub(super) fn learn(&mut self, reader: &mut Reader, lean: &Lean) -> Result<()> {
        for number in *lean.columns() {
            if number == 0 || self.names.get(number as usize).is_some_and(Option::is_some) {
                continue;
            }
            let name = reader.name_of(number)?;
            if self.names.len() <= number as usize {
                self.names.resize(number as usize + 1, None);
            }
            if let Some(slot) = self.names.get_mut(number as usize) {
                *slot = Some(name);
                self.known += 1;
            }
        }
        Ok(())
    }

    pub(super) fn get(&self, number: u32) -> Option<&Name> {
        self.names.get(number as usize)?.as_ref()
    }
}

/// A record that was read, parsed once for paths and once, when asked for, for derived fields.
pub(super) struct Opened<'r> {
    record: &'r [u8],
    tape: Tape,
    bodies: &'r Bodies,
    scratch: RefCell<Option<&'r mut Tape>>,
    fields: OnceCell<Option<Fields<'r>>>,
}

impl<'r> Opened<'r> {
    pub(super) fn new(record: &'r [u8], bodies: &'r Bodies, scratch: &'r mut Tape) -> Self {
        let mut tape = Tape::new();
        tape.parse(record);
        Self { record, tape, bodies, scratch: RefCell::new(Some(scratch)), fields: OnceCell::new() }
    }

    fn root(&self) -> Value<'_> {
        self.tape.root(self.record)
    }

    fn derived(&self, name: &str) -> FieldValue {
        let fields = self.fields.get_or_init(|| self.scratch.take().map(|tape| Fields::of(self.record, tape, self.bodies)));
        fields.as_ref().map_or(FieldValue::Missing, |fields| fields.get(name))
    }
}

/// An event, and what is known of it.
pub(super) struct View<'v> {
    pub(super) lean: &'v Lean,
    pub(super) names: &'v NameTable,
    pub(super) upto: Tier,
    pub(super) exchange: Option<&'v ExchangeFacts>,
    pub(super) tokens: Option<[Option<u64>; 2]>,
    pub(super) message: Option<&'v str>,
    pub(super) request: Option<&'v str>,
    pub(super) record: Option<&'v Opened<'v>>,
    pub(super) case: Option<CaseFacts<'v>>,
}

impl<'v> View<'v> {
    /// An event of which no more than its row is known.
    pub(super) fn of(lean: &'v Lean, names: &'v NameTable, upto: Tier) -> Self {
        Self { lean, names, upto, exchange: None, tokens: None, message: None, request: None, record: None, case: None }
    }

    pub(super) fn shape(&self) -> Shape {
        Shape::of(self.lean.event)
    }

    fn knows(&self, name: &str) -> bool {
        if self.lacks(name) {
            return true;
        }
        match place(name, self.shape()) {
            Place::Case(field) => self.case.as_ref().is_some_and(|case| case.knows(field, Seat::of(self.lean))),
            place => place.tier() <= self.upto,
        }
    }

    /// Does the exchange's row say that a field of the record is not there? Flags were set when the whole record was read. What lies
    /// in a file beside it was not in the record.
    fn lacks(&self, name: &str) -> bool {
        let Some(facts) = self.exchange.filter(|facts| facts.body != BodyState::S3) else { return false };
        let without = |flag| !facts.flags.has(flag);
        match name {
            "x.guard_findings" | "x.guard_policies" => matches!(facts.guardrail, GuardrailAction::Unknown | GuardrailAction::None),
            "x.guardrail" => without(ExchangeFlags::GUARDED),
            "x.secrets" => without(ExchangeFlags::SECRET),
            "x.hidden" => without(ExchangeFlags::HIDDEN) && without(ExchangeFlags::ENCODED),
            "x.user_text" => facts.user_chars == 0,
            "x.completion" => facts.completion_chars == 0,
            "x.thinking" => without(ExchangeFlags::REASONING),
            _ => false,
        }
    }

    /// Does a comparison hold, as far as is known?
    pub(super) fn truth(&self, leaf: &Leaf) -> Truth {
        let is_known = if leaf.fields.is_empty() { self.upto >= Tier::Record } else { leaf.fields.iter().all(|name| self.knows(name)) };
        is_known.then(|| leaf.holds(self))
    }

    fn name(&self, column: LeanColumn) -> Option<&'v Name> {
        self.names.get(self.lean.column(column))
    }

    fn call(&self) -> Call<'v> {
        let text = |column| self.name(column).map_or("", |name: &'v Name| &**name);
        Call { outcome: self.lean.event.outcome(), service: text(LeanColumn::Service), action: text(LeanColumn::Action) }
    }

    /// The texts of a field: none when the event does not have it, several of a list.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.texts_at(place(name, self.shape()), name)
    }

    /// … whose place is known.
    pub(super) fn texts_at(&self, place: Place, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        if let Some(field) = self.at(place, name) {
            flatten(field, &mut texts);
        }
        texts.retain(|text| !text.is_empty());
        texts
    }

    /// The number of a field.
    pub(super) fn number(&self, field: &Located) -> Option<f64> {
        if let Place::Exchange(stored) = field.place(self.shape())
            && let Some(amount) = self.amount(stored)
        {
            return Some(i64::try_from(amount).unwrap_or(i64::MAX) as f64);
        }
        match self.at(field.place(self.shape()), &field.name)? {
            Field::Whole(number) => Some(number as f64),
            Field::Number(number) => Some(number),
            Field::Text(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }
}

fn flatten(field: Field, texts: &mut Vec<String>) {
    match field {
        Field::Text(text) => texts.push(text),
        Field::Whole(number) => texts.push(number.to_string()),
        Field::Number(number) => texts.push(number.to_string()),
        Field::Flag(flag) => texts.push(flag.to_string()),
        Field::List(list) => list.into_iter().for_each(|field| flatten(field, texts)),
        Field::Null | Field::Map(_) => {}
    }
}

impl Look for View<'_> {
    fn field(&self, name: &str) -> Option<Field> {
        self.at(place(name, self.shape()), name)
    }

    fn any_text(&self, each: &dyn Fn(&str) -> bool) -> bool {
        self.record.is_some_and(|record| any_text(record.root(), each))
    }
}

impl View<'_> {
    /// The value of a field whose place is known.
    pub(super) fn at(&self, place: Place, name: &str) -> Option<Field> {
        let text = |name: &Name| Field::Text(String::from(&**name));
        match place {
            Place::Nowhere => None,
            Place::Flag(is) => Some(Field::Flag(is(&self.call()))),
            Place::Strand => Some(Field::Text(self.lean.event.strand().name().to_owned())),
            Place::KeyKind => Some(Field::Text(self.lean.key_kind.name().to_owned())),
            Place::Source => self.name(LeanColumn::Service).map(|service| {
                // What has a dot had another domain, which was kept.
                Field::Text(if service.contains('.') { service.to_string() } else { format!("{service}.amazonaws.com") })
            }),
            Place::Column(column) => self.name(column).map(text),
            // What names no operation is told by its program.
            Place::Verb => self.name(LeanColumn::Action).filter(|verb| self.lean.column(LeanColumn::Service) != 0 && &***verb != "aws").map(text),
            Place::ModelFamily => self.name(LeanColumn::Model).map(|model| Field::Text(decode::model_family(model).to_owned())),
            Place::User => self.name(LeanColumn::Principal).and_then(|principal| decode::user_of(principal)).map(|user| Field::Text(user.to_owned())),
            Place::Request => self.request.map(|request| Field::Text(request.to_owned())),
            Place::Message => self.message.map(|message| Field::Text(message.to_owned())),
            Place::Exchange(stored) => self.of_exchange(stored),
            Place::Derived if self.lacks(name) => None,
            Place::Derived => derived(self.record?.derived(name)),
            Place::Raw => raw(self.record?.root(), name),
            Place::Case(field) => self.case.as_ref()?.field(field, Seat::of(self.lean)),
        }
    }

    /// What is stored, when it is an amount.
    pub(super) fn amount(&self, stored: Stored) -> Option<u64> {
        let sum = |counts: [Option<u64>; 2]| counts.into_iter().flatten().reduce(u64::saturating_add);
        // Counts are taken one by one: all of them are many bytes, and asked for by most rules of most calls.
        let tokens = |of: fn(&Tokens) -> Option<u64>| self.exchange.and_then(|facts| of(&facts.tokens));
        let chars = |of: fn(&ExchangeFacts) -> u32| self.exchange.map(|facts| of(facts).into());
        let [input, output] = match (self.exchange, self.tokens) {
            (None, Some(counted)) => counted,
            (None, None) => [None, None],
            (Some(facts), _) => [facts.tokens.input, facts.tokens.output],
        };
        match stored {
            Stored::TokensIn => input,
            Stored::TokensOut => output,
            Stored::TokensCache => sum([tokens(|tokens| tokens.cache_read), tokens(|tokens| tokens.cache_write)]),
            Stored::TokensTotal => sum([tokens(|tokens| tokens.total_input).or(input), output]),
            Stored::PromptChars => chars(|facts| facts.user_chars),
            Stored::PromptCharsAll => chars(|facts| facts.input_chars),
            Stored::CompletionChars => chars(|facts| facts.completion_chars),
            Stored::Turns => chars(|facts| facts.turns),
            Stored::Latency => self.exchange.and_then(|facts| facts.latency_ms),
            Stored::Family | Stored::Stop | Stored::Body | Stored::Guard | Stored::Guarded | Stored::SystemOpening | Stored::Tools => None,
        }
    }

    fn of_exchange(&self, stored: Stored) -> Option<Field> {
        if let Some(amount) = self.amount(stored) {
            return Some(Field::Whole(i64::try_from(amount).unwrap_or(i64::MAX)));
        }
        let facts = self.exchange?;
        match stored {
            Stored::Family => Some(Field::Text(facts.family.clone())),
            Stored::Stop => facts.stop_reason.clone().map(Field::Text),
            Stored::Body => Some(Field::Text(facts.body.name().to_owned())),
            Stored::Guard => Some(Field::Text(facts.guardrail.name().to_owned())),
            Stored::Guarded => facts.flags.guarded().map(Field::Flag),
            Stored::SystemOpening => facts.system_opening.clone().map(Field::Text),
            Stored::Tools if !facts.tools.is_empty() => Some(Field::List(facts.tools.iter().cloned().map(Field::Text).collect())),
            _ => None,
        }
    }
}

fn derived(value: FieldValue) -> Option<Field> {
    match value {
        FieldValue::Missing => None,
        FieldValue::Text(text) => Some(Field::Text(text)),
        FieldValue::Number(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => Some(Field::Whole(number as i64)),
        FieldValue::Number(number) => Some(Field::Number(number)),
        FieldValue::Flag(flag) => Some(Field::Flag(flag)),
        // An empty list is nothing that an event has: `|exists: true` means that there is an element.
        FieldValue::List(texts) if texts.is_empty() => None,
        FieldValue::List(texts) => Some(Field::List(texts.into_iter().map(Field::Text).collect())),
    }
}

/// The value at a path: a key with dots in it first, then step by step, into every element of a list on the way.
fn raw(root: Value<'_>, path: &str) -> Option<Field> {
    let flat = root.get(path);
    if flat.kind() != Kind::Missing {
        return Some(field(flat, 0));
    }
    let mut found = Vec::new();
    collect(root, path, &mut found);
    match found.len() {
        0 | 1 => found.pop(),
        _ => Some(Field::List(found)),
    }
}

fn collect(value: Value<'_>, path: &str, found: &mut Vec<Field>) {
    if value.is_array() {
        value.items().for_each(|item| collect(item, path, found));
        return;
    }
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let (key, index) = match step.strip_suffix(']').and_then(|step| step.split_once('[')) {
        Some((key, index)) => (key, index.parse::<usize>().ok()),
        None => (step, None),
    };
    let mut next = value.get(if index.is_some() { key } else { step });
    if let Some(index) = index {
        next = next.item(index);
    }
    if next.kind() == Kind::Missing {
        return;
    }
    match rest {
        Some(rest) => collect(next, rest, found),
        None => found.push(field(next, 0)),
    }
}

/// Lists and maps deeper than this are not looked into: no rule is.
const DEEPEST: usize = 32;

fn field(value: Value<'_>, depth: usize) -> Field {
    match value.kind() {
        Kind::Missing | Kind::Null | Kind::Deep => Field::Null,
        Kind::True => Field::Flag(true),
        Kind::False => Field::Flag(false),
        Kind::Text => Field::Text(value.text().unwrap_or_default().into_owned()),
        Kind::Number => {
            let written = value.scalar().unwrap_or_default();
            match (written.parse::<i64>(), written.parse::<f64>()) {
                (Ok(whole), _) => Field::Whole(whole),
                (Err(_), Ok(number)) => Field::Number(number),
                _ => Field::Text(written.into_owned()),
            }
        }
        _ if depth > DEEPEST => Field::Null,
        Kind::Array => Field::List(value.items().map(|item| field(item, depth + 1)).collect()),
        Kind::Object => Field::Map(value.entries().map(|(key, value)| (key.text().into_owned(), field(value, depth + 1))).collect()),
    }
}

fn any_text(root: Value<'_>, each: &dyn Fn(&str) -> bool) -> bool {
    let mut left = vec![root];
    while let Some(value) = left.pop() {
        match value.kind() {
            Kind::Text if value.text().is_some_and(|text| each(&text)) => return true,
            Kind::Array => left.extend(value.items()),
            Kind::Object => left.extend(value.entries().map(|(_, value)| value)),
            _ => {}
        }
    }
    false
}

/// Texts as numbers: groups and values of all rules, each stored once.
#[derive(Default)]
pub(super) struct Words {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
    /// Texts that were one too many.
    pub(super) overflow: u64,
}

/// Texts remembered at most.
const MOST_WORDS: usize = 1_500_000;

/// Longer texts are kept by their beginning and hash.
const LONGEST_WORD: usize = 400;

/// Between the values of one group.
pub(super) const BETWEEN: &str = "\u{1f}";

impl Words {
    /// The number of values, which count together; `None` when there are too many.
    pub(super) fn number(&mut self, values: &[&str]) -> Option<u32> {
        match values {
            [one] => self.number_of(one),
            many => self.number_of(&many.join(BETWEEN)),
        }
    }

    fn number_of(&mut self, text: &str) -> Option<u32> {
        if text.len() > LONGEST_WORD {
            // System prompts are values too. What is cut off counts all the same.
            let cut = text.floor_char_boundary(LONGEST_WORD / 2);
            let hash = xxhash_rust::xxh3::xxh3_128(text.as_bytes());
            return self.number_of(&format!("{}… ({} bytes, {hash:032x})", text.get(..cut).unwrap_or_default(), text.len()));
        }
        if let Some(number) = self.numbers.get(text) {
            return Some(*number);
        }
        if self.texts.len() >= MOST_WORDS {
            self.overflow += 1;
            return None;
        }
        let word: Arc<str> = Arc::from(text);
        self.texts.push(Arc::clone(&word));
        let number = self.texts.len() as u32;
        self.numbers.insert(word, number);
        Some(number)
    }

    /// The values of a number.
    pub(super) fn values(&self, number: u32) -> Vec<String> {
        let word = number.checked_sub(1).and_then(|at| self.texts.get(at as usize));
        word.map(|word| if word.is_empty() { Vec::new() } else { word.split(BETWEEN).map(str::to_owned).collect() }).unwrap_or_default()
    }
}
