//! Which rules events of one kind may be selected by, worked out once for each kind: by what kind of call it is, then by its columns,
//! and of exchanges once more by what is alike of very many of them.

use std::cell::OnceCell;
use std::hash::{BuildHasher as _, Hash};
use std::rc::Rc;

use hashbrown::{DefaultHashBuilder, HashMap};

use super::amounts::Lies;
use super::compare::Comparisons;
use super::memory::Portion;
use super::place::{Shape, Tier};
use super::plan::Plan;
use super::rule::Rule;
use super::sigma::{Leaf, Selector, Truth};
use super::view::{NameTable, View};
use crate::case::{Lean, LeanColumn};
use crate::model::{BodyState, ExchangeFacts, GuardrailAction};

/// Kinds of calls remembered at most.
const MOST_CALLS: usize = 20_000;
/// Kinds of rows, and of exchanges, remembered at most.
const MOST_ROWS: usize = 1 << 12;
/// Families and stop reasons told apart at most.
const MOST_WORDS: usize = 1_000;

/// What kind of call an event is: all that the first look goes by.
type CallKind = (u8, u8, u32, u32, u32);

/// A rule that events of some kind may be selected by.
pub(super) struct Candidate {
    pub(super) rule: usize,
    /// By comparison: what the kind tells.
    pub(super) truths: Box<[Truth]>,
    /// The kind alone says that the rule holds …
    pub(super) holds: bool,
    /// … or that it does not.
    pub(super) fails: bool,
    /// No less has to be known to know more of it.
    pub(super) needs: Tier,
    /// What its feeds take of each event of the kind, with the places of the feeds; `None` where one event differs from the next.
    pub(super) portions: Option<Portions>,
}

/// What feeds take of events that are alike, once it was asked for.
pub(super) type Portions = OnceCell<Rc<[(u32, Portion)]>>;

/// The rules that events of one kind may be selected by.
pub(super) struct Kind {
    number: u64,
    pub(super) candidates: Box<[Candidate]>,
    /// The columns that tell more of them, as bits.
    columns: u16,
    /// One of them asks for the request id.
    pub(super) asks_request: bool,
    /// Nothing but the kind of call is alike: names of the columns may be asked for.
    pub(super) is_of_call: bool,
}

/// What is alike in a row: the kind of call, and the columns that matter for it.
type RowKind = (u64, [u32; 15]);

/// What is alike of very many exchanges: what their rows tell, and of their amounts between which limits they lie.
#[derive(PartialEq, Eq, Hash)]
struct ExchangeKind {
    row: u64,
    guardrail: GuardrailAction,
    body: BodyState,
    flags: u32,
    family: u16,
    stop: u16,
    is_empty: [bool; 3],
    amounts: Lies,
    is_wordless: bool,
}

/// Kinds by what they go by. There are so many places and no more: the newer one takes the place of an older. What was met only once is
/// not worth a kind.
struct Places<K> {
    kinds: Vec<Option<(K, Rc<Kind>)>>,
    /// Of what was met last, by hash, some of the hash.
    met: Vec<u32>,
    hasher: DefaultHashBuilder,
}

/// What is known of a kind.
enum Met {
    Known(Rc<Kind>),
    Again,
    New,
}

impl<K> Default for Places<K> {
    fn default() -> Self {
        let kinds = std::iter::repeat_with(|| None).take(MOST_ROWS).collect();
        Self { kinds, met: vec![0; 4 * MOST_ROWS], hasher: DefaultHashBuilder::default() }
    }
}

impl<K: Hash + Eq> Places<K> {
    fn meet(&mut self, key: &K) -> Met {
        let hash = self.hasher.hash_one(key);
        match self.kinds.get(hash as usize % MOST_ROWS) {
            Some(Some((known, kind))) if known == key => Met::Known(Rc::clone(kind)),
            _ => {
                let (place, print) = (hash as usize % (4 * MOST_ROWS), (hash >> 32) as u32);
                let before = self.met.get_mut(place).map(|met| std::mem::replace(met, print));
                if before == Some(print) { Met::Again } else { Met::New }
            }
        }
    }

    fn put(&mut self, key: K, kind: &Rc<Kind>) {
        let place = self.hasher.hash_one(&key) as usize % MOST_ROWS;
        if let Some(slot) = self.kinds.get_mut(place) {
            *slot = Some((key, Rc::clone(kind)));
        }
    }
}

#[derive(Default)]
pub(super) struct Kinds {
    calls: HashMap<CallKind, Rc<Kind>>,
    rows: Places<RowKind>,
    exchanges: Places<ExchangeKind>,
    words: HashMap<String, u16>,
    /// The last family and the last stop reason: most exchanges are like the one before.
    recent: [(String, u16); 2],
    last: u64,
}

impl Kinds {
    /// The rules that an event may be selected by, as far as its kind of call tells, or its columns when such a row was met before.
    /// `None`: it is to be [learnt](Self::learn).
    pub(super) fn of(&mut self, lean: &Lean) -> Option<Rc<Kind>> {
        let call = self.calls.get(&call_kind(lean))?;
        if call.candidates.is_empty() {
            return Some(Rc::clone(call));
        }
        match self.rows.meet(&row_kind(call, lean)) {
            Met::Known(kind) => Some(kind),
            Met::New => Some(Rc::clone(call)),
            Met::Again => None,
        }
    }

    /// The same, worked out. All names of the event are known.
    pub(super) fn learn(&mut self, rules: &[Rule], plan: &Plan, comparisons: &mut Comparisons, names: &NameTable, lean: &Lean) -> Rc<Kind> {
        let call = self.of_call(rules, plan, comparisons, names, lean);
        if call.candidates.is_empty() {
            return call;
        }
        let view = View::of(lean, names, Tier::Column);
        let learnt = |candidate: &Candidate| {
            let leaves = leaves(rules, candidate.rule);
            let more = |(at, known): (usize, &Truth)| known.or_else(|| comparisons.of_row(candidate.rule, at, leaves.get(at)?, &view));
            let truths = candidate.truths.iter().enumerate().map(more).collect();
            Candidate::new(rules, plan, comparisons, view.shape(), candidate.rule, truths).alike(plan, view.shape())
        };
        let candidates = call.candidates.iter().map(learnt).filter(|candidate| !candidate.fails).collect();
        let kind = Rc::new(self.kind(candidates, &call));
        self.rows.put(row_kind(&call, lean), &kind);
        kind
    }

    fn of_call(&mut self, rules: &[Rule], plan: &Plan, comparisons: &Comparisons, names: &NameTable, lean: &Lean) -> Rc<Kind> {
        let kind = call_kind(lean);
        if let Some(known) = self.calls.get(&kind) {
            return Rc::clone(known);
        }
        let view = View::of(lean, names, Tier::Call);
        let (strand, shape) = (lean.event.strand(), view.shape());
        let candidate = |(at, rule): (usize, &Rule)| {
            let selector = rule.selector.as_ref().filter(|_| rule.strands.contains(strand))?;
            let truths = selector.leaves().iter().map(|leaf| view.truth(leaf)).collect();
            Some(Candidate::new(rules, plan, comparisons, shape, at, truths)).filter(|candidate| !candidate.fails)
        };
        let candidates: Box<[Candidate]> = rules.iter().enumerate().filter_map(candidate).collect();
        let columns =
            |candidate: &Candidate| comparisons.columns(candidate.rule, &candidate.truths, shape) | plan.needs(candidate.rule, shape).columns;
        let columns = candidates.iter().map(columns).fold(0, std::ops::BitOr::bitor);
        let asks =
            |candidate: &Candidate| comparisons.asks_request(candidate.rule, &candidate.truths, shape) || plan.needs(candidate.rule, shape).request;
        let asks_request = candidates.iter().any(asks);
        if self.calls.len() >= MOST_CALLS {
            self.calls.clear();
        }
        self.last += 1;
        let found = Rc::new(Kind { number: self.last, candidates, columns, asks_request, is_of_call: true });
        self.calls.insert(kind, Rc::clone(&found));
        found
    }

    /// A kind of some events of another.
    fn kind(&mut self, candidates: Box<[Candidate]>, of: &Kind) -> Kind {
        self.last += 1;
        Kind { number: self.last, candidates, columns: 0, asks_request: of.asks_request, is_of_call: false }
    }

    /// What the row of an exchange tells of the rules that its columns leave, in the same order; `is_wordless`: no expression of theirs was
    /// found in what was said. The view shows the kind of call and the row. `None` when there are too many kinds, or this one is new.
    pub(super) fn of_exchange(
        &mut self,
        rules: &[Rule],
        plan: &Plan,
        comparisons: &Comparisons,
        row: &Kind,
        view: &View<'_>,
        is_wordless: bool,
    ) -> Option<Rc<Kind>> {
        let facts: &ExchangeFacts = view.exchange?;
        let kind = ExchangeKind {
            row: row.number,
            guardrail: facts.guardrail,
            body: facts.body,
            flags: facts.flags.0,
            family: self.word(0, &facts.family)?,
            stop: facts.stop_reason.as_deref().map_or(Some(0), |stop| self.word(1, stop))?,
            is_empty: [facts.user_chars == 0, facts.completion_chars == 0, facts.tools.is_empty()],
            amounts: comparisons.amounts(view),
            is_wordless,
        };
        match self.exchanges.meet(&kind) {
            Met::Known(known) => return Some(known),
            Met::New => return None,
            Met::Again => {}
        }
        let refined = |candidate: &Candidate| {
            let leaves = leaves(rules, candidate.rule);
            let more = |(at, known): (usize, &Truth)| known.or_else(|| comparisons.of_kind(candidate.rule, at, leaves.get(at)?, view, is_wordless));
            let truths = candidate.truths.iter().enumerate().map(more).collect();
            let candidate = Candidate::new(rules, plan, comparisons, view.shape(), candidate.rule, truths);
            if row.is_of_call { candidate } else { candidate.alike(plan, view.shape()) }
        };
        let candidates = row.candidates.iter().map(refined).collect();
        let found = Rc::new(self.kind(candidates, row));
        self.exchanges.put(kind, &found);
        Some(found)
    }

    /// Forgets which rows are alike: what was kept of names is not known any more.
    pub(super) fn forget_rows(&mut self) {
        (self.rows, self.exchanges) = (Places::default(), Places::default());
    }

    /// A number for a family or stop reason; `None` when there are too many.
    fn word(&mut self, which: usize, word: &str) -> Option<u16> {
        let recent = self.recent.get_mut(which)?;
        if recent.1 == 0 || recent.0 != word {
            let next = u16::try_from(self.words.len() + 1).ok().filter(|next| usize::from(*next) <= MOST_WORDS);
            let number = self.words.get(word).copied().or(next)?;
            self.words.entry_ref(word).or_insert(number);
            *recent = (word.to_owned(), number);
        }
        Some(recent.1)
    }
}

fn call_kind(lean: &Lean) -> CallKind {
    let number = |column| lean.column(column);
    (lean.event.bits, lean.key_kind as u8, number(LeanColumn::Service), number(LeanColumn::Action), number(LeanColumn::ErrorCode))
}

fn row_kind(call: &Kind, lean: &Lean) -> RowKind {
    let mut columns = *lean.columns();
    for (_, column) in columns.iter_mut().enumerate().filter(|(at, _)| call.columns >> at & 1 == 0) {
        *column = 0;
    }
    (call.number, columns)
}

fn leaves(rules: &[Rule], rule: usize) -> &[Leaf] {
    rules.get(rule).and_then(|rule| rule.selector.as_ref()).map(Selector::leaves).unwrap_or_default()
}

impl Candidate {
    fn new(rules: &[Rule], plan: &Plan, comparisons: &Comparisons, shape: Shape, rule: usize, truths: Box<[Truth]>) -> Self {
        let selector = rules.get(rule).and_then(|rule| rule.selector.as_ref());
        let truth = selector.and_then(|selector| selector.holds(&mut |leaf| truths.get(leaf).copied().flatten()));
        let needs = if truth == Some(true) { plan.needs(rule, shape).tier } else { comparisons.cheapest(rule, &truths, shape) };
        Self { rule, truths, holds: truth == Some(true), fails: truth == Some(false), needs, portions: None }
    }

    /// The kind has the same columns in each event, so the same may be taken of each.
    fn alike(self, plan: &Plan, shape: Shape) -> Self {
        Self { portions: (plan.needs(self.rule, shape).tier <= Tier::Column).then(OnceCell::new), ..self }
    }
}
