//! Comparisons of rules, each done once for each value of a column, and those with prompts and answers answered by one search of
//! all text.

use regex::RegexSetBuilder;

use super::amounts::{Amounts, Lies};
use super::coarse;
use super::facts::Seat;
use super::kinds::Candidate;
use super::place::{CaseField, Located, Place, Shape, Stored, Tier, case_field};
use super::rule::Rule;
use super::sigma::{Field, Leaf, Look, Selector, Truth};
use super::view::View;
use crate::case::{Lanes, LeanColumn, Reader, Result, TextSearch, Whose};
use crate::model::{BodyState, Strand};

/// Fewer new events than this are looked at without searching the text first: the smallest block of text is of about as many.
const FEW: u32 = 200;
/// The answer for a name whose number is above this is not kept.
const MOST_KEPT: usize = 1 << 16;
/// Fields that hold what was asked and answered, and which text that stands in.
const TEXTS: [(&str, Whose); 4] =
    [("x.user_text", Whose::User), ("x.completion", Whose::Answer), ("x.thinking", Whose::All), ("x.system", Whose::All)];

/// What is known of the comparisons of all rules.
#[derive(Default)]
pub(super) struct Comparisons {
    /// By rule and comparison.
    of: Vec<Vec<Comparison>>,
    amounts: Amounts,
    searches: Vec<TextSearch>,
    /// By search and expression: row numbers, sorted.
    hits: Vec<Vec<Vec<u32>>>,
    /// All of them.
    found: Vec<u32>,
    /// Events up to here were searched, from …
    after: u32,
    upto: u32,
}

struct Comparison {
    fields: Vec<Located>,
    /// How dear the dearest of its fields is, by shape.
    tiers: [Tier; Shape::COUNT],
    /// The column that alone tells the answer, by shape.
    columns: [Option<LeanColumn>; Shape::COUNT],
    /// What of the case as a whole it alone asks for, and the answer for yes, where it was asked for.
    case: Option<CaseField>,
    if_so: Truth,
    /// Nothing but an amount of an exchange is compared, with limits that are known.
    is_by_amount: bool,
    /// It asks for what is derived of a record: the row may say that there is no such thing.
    is_derived: bool,
    /// By shape and the number of a name: the answer, where it was asked for.
    answers: Vec<Vec<u8>>,
    /// Which search and expression.
    needle: Option<(usize, usize)>,
}

impl Comparison {
    fn new(leaf: &Leaf, amounts: &mut Amounts) -> Self {
        let fields = Located::all(&leaf.fields);
        let mut comparison = Self {
            // What looks at every text needs the record.
            tiers: [if fields.is_empty() { Tier::Record } else { Tier::Call }; Shape::COUNT],
            columns: [None; Shape::COUNT],
            case: if let [one] = leaf.fields.as_slice() { case_field(one) } else { None },
            if_so: None,
            is_by_amount: match fields.as_slice() {
                [one] => is_by_amount(one, leaf, amounts),
                _ => false,
            },
            is_derived: leaf.fields.iter().any(|field| field.starts_with("x.")),
            answers: vec![Vec::new(); Shape::COUNT],
            needle: None,
            fields,
        };
        let fields = &comparison.fields;
        for shape in Shape::all() {
            if let Some(tier) = comparison.tiers.get_mut(shape.number()).filter(|_| !fields.is_empty()) {
                *tier = Located::tier(fields.iter(), shape);
            }
            if let (Some(slot), [field]) = (comparison.columns.get_mut(shape.number()), fields.as_slice()) {
                *slot = field.column(shape);
            }
        }
        comparison
    }

    fn tier(&self, shape: Shape) -> Tier {
        self.tiers.get(shape.number()).copied().unwrap_or(Tier::Record)
    }

    /// The answer of the case as far as it is known.
    fn of_case(&mut self, leaf: &Leaf, view: &View<'_>) -> Truth {
        let (Some(field), Some(case)) = (self.case, &view.case) else { return view.truth(leaf) };
        let seat = Seat::of(view.lean);
        match case.flag(field, seat) {
            Some(true) => Some(*self.if_so.get_or_insert_with(|| leaf.holds(view))),
            _ => case.knows(field, seat).then(|| leaf.holds(view)),
        }
    }

    /// The answer, which is the same for all events with that name in the column.
    fn of_column(&mut self, column: LeanColumn, leaf: &Leaf, view: &View<'_>) -> bool {
        let number = view.lean.column(column) as usize;
        if number >= MOST_KEPT {
            return leaf.holds(view);
        }
        let Some(answers) = self.answers.get_mut(view.shape().number()) else { return leaf.holds(view) };
        if answers.len() <= number {
            answers.resize((number + 1).next_power_of_two(), 0);
        }
        match answers.get_mut(number) {
            Some(1) => false,
            Some(2) => true,
            Some(slot) => {
                let holds = leaf.holds(view);
                *slot = 1 + u8::from(holds);
                holds
            }
            None => leaf.holds(view),
        }
    }
}

/// Is the field an amount of exchanges, compared with numbers there is room for?
fn is_by_amount(field: &Located, leaf: &Leaf, amounts: &mut Amounts) -> bool {
    match (field.place(Shape::EXCHANGE), leaf.limits()) {
        (Place::Exchange(stored), Some(limits)) => amounts.add(stored, &limits),
        _ => false,
    }
}

/// An event whose fields were located before.
struct Placed<'v, 'w> {
    view: &'v View<'w>,
    fields: &'v [Located],
}

impl Look for Placed<'_, '_> {
    fn field(&self, name: &str) -> Option<Field> {
        match self.fields.iter().find(|field| field.name == name) {
            Some(field) => self.view.at(field.place(self.view.shape()), name),
            None => self.view.field(name),
        }
    }

    fn any_text(&self, each: &dyn Fn(&str) -> bool) -> bool {
        self.view.any_text(each)
    }
}

impl Comparisons {
    pub(super) fn new(rules: &[Rule]) -> Self {
        let mut amounts = Amounts::default();
        let leaves = |rule: &Rule| rule.selector.iter().flat_map(Selector::leaves).map(|leaf| Comparison::new(leaf, &mut amounts)).collect();
        let of = rules.iter().map(leaves).collect();
        let mut all = Self { of, amounts, ..Self::default() };
        for whose in [Whose::User, Whose::Answer, Whose::All] {
            all.look_for(rules, whose);
        }
        all
    }

    /// Puts the comparisons with some text into one search.
    fn look_for(&mut self, rules: &[Rule], whose: Whose) {
        let leaves = rules.iter().map(|rule| rule.selector.iter().flat_map(Selector::leaves));
        let all = self.of.iter_mut().zip(leaves).flat_map(|(comparisons, leaves)| comparisons.iter_mut().zip(leaves));
        let own = all.filter(|(_, leaf)| matches!(leaf.fields.as_slice(), [one] if TEXTS.contains(&(one.as_str(), whose))));
        let (comparisons, needles): (Vec<&mut Comparison>, Vec<(String, String)>) =
            own.filter_map(|(comparison, leaf)| Some((comparison, coarse::needle(&leaf.needle()?)?))).unzip();
        let (each, any): (Vec<String>, Vec<String>) = needles.into_iter().map(|(each, any)| (each, format!("(?:{any})"))).unzip();
        if each.is_empty() {
            return;
        }
        let each = RegexSetBuilder::new(each).size_limit(64 << 20).dfa_size_limit(32 << 20).build();
        let (Some(any), Ok(each)) = (Lanes::new(&any.join("|")), each) else { return };
        for (at, comparison) in comparisons.into_iter().enumerate() {
            comparison.needle = Some((self.searches.len(), at));
        }
        self.searches.push(TextSearch { whose, any, each });
    }

    /// Searches the text of the events that are to be looked at.
    pub(super) fn search(&mut self, reader: &mut Reader, after: u32, last: u32) -> Result<()> {
        (self.after, self.upto) = (after, after);
        let watched = reader.watched(after, last, &self.searches);
        self.hits = match watched {
            Some(hits) => hits,
            None if last.saturating_sub(after) >= FEW && !self.searches.is_empty() => reader.matching(after, &mut self.searches)?,
            None => {
                self.hits.clear();
                return Ok(());
            }
        };
        self.found = self.hits.iter().flatten().flatten().copied().collect();
        self.found.sort_unstable();
        self.found.dedup();
        self.upto = last;
        Ok(())
    }

    /// The searches, for whoever is to do them sooner.
    pub(super) fn searches(&self) -> Option<Vec<TextSearch>> {
        self.searches.iter().map(TextSearch::another).collect()
    }

    /// Does a rule's condition hold, as far as is known? What the text search did not find is not there.
    pub(super) fn truth(&mut self, rules: &[Rule], candidate: &Candidate, view: &View<'_>) -> Truth {
        let selector = rules.get(candidate.rule)?.selector.as_ref()?;
        let Self { of, hits, after, upto, .. } = self;
        let searched = (*after, *upto);
        let comparisons = of.get_mut(candidate.rule)?;
        let shape = view.shape();
        selector.holds(&mut |number| {
            if let Some(truth) = candidate.truths.get(number).copied().flatten() {
                return Some(truth);
            }
            let (leaf, comparison) = (selector.leaves().get(number)?, comparisons.get_mut(number)?);
            if let Some(column) = comparison.columns.get(shape.number()).copied().flatten() {
                return (view.upto >= Tier::Column).then(|| comparison.of_column(column, leaf, view));
            }
            if let Some((search, needle)) = comparison.needle
                && was_searched(searched, view)
                && hits.get(search).and_then(|hits| hits.get(needle)).is_some_and(|hits| hits.binary_search(&view.lean.event.id.0).is_err())
            {
                return Some(false);
            }
            match comparison.tier(shape) {
                tier if tier <= view.upto => Some(leaf.holds(&Placed { view, fields: &comparison.fields })),
                // What is stored of the exchange may say that the record has no such thing.
                Tier::Record if comparison.is_derived && view.exchange.is_some() => view.truth(leaf),
                Tier::Case => comparison.of_case(leaf, view),
                _ => None,
            }
        })
    }

    /// What the columns tell of a comparison, which the view shows.
    pub(super) fn of_row(&mut self, rule: usize, at: usize, leaf: &Leaf, view: &View<'_>) -> Truth {
        let (comparison, shape) = (self.of.get_mut(rule)?.get_mut(at)?, view.shape());
        match comparison.columns.get(shape.number()).copied().flatten() {
            Some(column) => Some(comparison.of_column(column, leaf, view)),
            None if comparison.tier(shape) <= Tier::Column => Some(leaf.holds(&Placed { view, fields: &comparison.fields })),
            None => None,
        }
    }

    /// The columns that tell of comparisons of a rule that are not decided by these truths, as bits.
    pub(super) fn columns(&self, rule: usize, told: &[Truth], shape: Shape) -> u16 {
        let open = self.of.get(rule).into_iter().flatten().zip(told).filter(|(_, told)| told.is_none());
        open.fold(0, |bits, (comparison, _)| bits | Located::columns(comparison.fields.iter(), shape))
    }

    /// Does a comparison of a rule that is not decided by these truths ask for the request id?
    pub(super) fn asks_request(&self, rule: usize, told: &[Truth], shape: Shape) -> bool {
        let mut open = self.of.get(rule).into_iter().flatten().zip(told).filter(|(_, told)| told.is_none());
        open.any(|(comparison, _)| comparison.fields.iter().any(|field| matches!(field.place(shape), Place::Request)))
    }

    /// What the kind of an exchange tells of a comparison (see [`super::kinds`]); the view shows no more than that.
    pub(super) fn of_kind(&self, rule: usize, at: usize, leaf: &Leaf, view: &View<'_>, is_wordless: bool) -> Truth {
        let comparison = self.of.get(rule)?.get(at)?;
        if is_wordless && comparison.needle.is_some() {
            return Some(false);
        }
        let (shape, has_tools) = (view.shape(), view.exchange.is_some_and(|facts| !facts.tools.is_empty()));
        let is_alike = |field: &Located| match field.place(shape) {
            Place::Exchange(Stored::Family | Stored::Stop | Stored::Body | Stored::Guard | Stored::Guarded) => true,
            Place::Exchange(Stored::Tools) => !has_tools,
            Place::Exchange(_) => comparison.is_by_amount,
            place => place.tier() == Tier::Call,
        };
        if !comparison.fields.is_empty() && comparison.fields.iter().all(is_alike) {
            return Some(leaf.holds(&Placed { view, fields: &comparison.fields }));
        }
        view.truth(leaf)
    }

    /// How much has to be known at least to know more of a rule than these truths.
    pub(super) fn cheapest(&self, rule: usize, told: &[Truth], shape: Shape) -> Tier {
        let unknown = self.of.get(rule).into_iter().flatten().zip(told).filter(|(_, told)| told.is_none());
        let tier = |comparison: &Comparison| match comparison.tier(shape) {
            // What the row of an exchange or the search says of the record.
            Tier::Record if shape.is_exchange() => Tier::Exchange,
            // What was seen may be known for good.
            Tier::Case => Tier::Column,
            tier => tier,
        };
        unknown.map(|(comparison, _)| tier(comparison)).min().unwrap_or(Tier::Call)
    }

    /// Where the amounts of an exchange lie between the numbers that they are compared with.
    pub(super) fn amounts(&self, view: &View<'_>) -> Lies {
        self.amounts.of(view)
    }

    /// Was an event's text searched, and nothing found?
    pub(super) fn is_wordless(&self, view: &View<'_>) -> bool {
        was_searched((self.after, self.upto), view) && self.found.binary_search(&view.lean.event.id.0).is_err()
    }

    /// Is there a comparison of the rule that needs the record?
    pub(super) fn reads_record(&self, rule: usize, shape: Shape) -> bool {
        self.of.get(rule).into_iter().flatten().any(|comparison| comparison.tier(shape) == Tier::Record)
    }
}

fn was_searched((after, upto): (u32, u32), view: &View<'_>) -> bool {
    (after + 1..=upto).contains(&view.lean.event.id.0)
        && view.lean.event.strand() == Strand::Invocation
        // A body that lies in a file of its own was not searched.
        && view.exchange.is_some_and(|facts| facts.body != BodyState::S3)
}
