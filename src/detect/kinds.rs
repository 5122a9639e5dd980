//! Which rules events of one kind may be selected by, worked out once for each kind: by what kind of call it is, and of exchanges once
//! more by what is alike of very many of them.

use std::rc::Rc;

use hashbrown::HashMap;

use super::compare::Comparisons;
use super::place::{Shape, Tier};
use super::plan::Plan;
use super::rule::Rule;
use super::sigma::{Selector, Truth};
use super::view::{NameTable, View};
use crate::case::{Lean, LeanColumn};
use crate::model::{BodyState, ExchangeFacts, GuardrailAction};

/// Kinds remembered at most.
const MOST_KINDS: usize = 20_000;
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
}

/// The rules of one kind of call.
pub(super) struct Kind {
    number: u32,
    pub(super) candidates: Rc<[Candidate]>,
}

/// What is alike of very many exchanges: what their rows tell without their numbers.
#[derive(PartialEq, Eq, Hash)]
struct ExchangeKind {
    call: u32,
    guardrail: GuardrailAction,
    body: BodyState,
    flags: u32,
    family: u16,
    stop: u16,
    is_empty: [bool; 3],
    is_wordless: bool,
}

#[derive(Default)]
pub(super) struct Kinds {
    calls: HashMap<CallKind, Rc<Kind>>,
    exchanges: HashMap<ExchangeKind, Rc<[Candidate]>>,
    words: HashMap<String, u16>,
    last: u32,
}

impl Kinds {
    /// The rules that an event of this kind may be selected by.
    pub(super) fn of_call(&mut self, rules: &[Rule], plan: &Plan, comparisons: &Comparisons, names: &NameTable, lean: &Lean) -> Rc<Kind> {
        let number = |column| lean.column(column);
        let kind = (lean.event.bits, lean.key_kind as u8, number(LeanColumn::Service), number(LeanColumn::Action), number(LeanColumn::ErrorCode));
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
        if self.calls.len() + self.exchanges.len() >= MOST_KINDS {
            self.calls.clear();
            self.exchanges.clear();
        }
        self.last += 1;
        let found = Rc::new(Kind { number: self.last, candidates: rules.iter().enumerate().filter_map(candidate).collect() });
        self.calls.insert(kind, Rc::clone(&found));
        found
    }

    /// What the row of an exchange tells of the same rules, in the same order; `is_wordless`: no expression of theirs was found in what
    /// was said. The view shows the kind of call and the row. `None` when there are too many kinds.
    pub(super) fn of_exchange(
        &mut self,
        rules: &[Rule],
        plan: &Plan,
        comparisons: &Comparisons,
        call: &Kind,
        view: &View<'_>,
        is_wordless: bool,
    ) -> Option<Rc<[Candidate]>> {
        let facts: &ExchangeFacts = view.exchange?;
        let kind = ExchangeKind {
            call: call.number,
            guardrail: facts.guardrail,
            body: facts.body,
            flags: facts.flags.0,
            family: self.word(&facts.family)?,
            stop: facts.stop_reason.as_deref().map_or(Some(0), |stop| self.word(stop))?,
            is_empty: [facts.user_chars == 0, facts.completion_chars == 0, facts.tools.is_empty()],
            is_wordless,
        };
        if let Some(known) = self.exchanges.get(&kind) {
            return Some(Rc::clone(known));
        }
        let refined = |candidate: &Candidate| {
            let leaves = rules.get(candidate.rule).and_then(|rule| rule.selector.as_ref()).map(Selector::leaves).unwrap_or_default();
            let more = |(at, known): (usize, &Truth)| known.or_else(|| comparisons.of_kind(candidate.rule, at, leaves.get(at)?, view, is_wordless));
            let truths = candidate.truths.iter().enumerate().map(more).collect();
            Candidate::new(rules, plan, comparisons, view.shape(), candidate.rule, truths)
        };
        let found: Rc<[Candidate]> = call.candidates.iter().map(refined).collect();
        self.exchanges.insert(kind, Rc::clone(&found));
        Some(found)
    }

    /// A number for a family or stop reason; `None` when there are too many.
    fn word(&mut self, word: &str) -> Option<u16> {
        if let Some(known) = self.words.get(word) {
            return Some(*known);
        }
        let next = u16::try_from(self.words.len() + 1).ok().filter(|next| usize::from(*next) <= MOST_WORDS)?;
        self.words.insert(word.to_owned(), next);
        Some(next)
    }
}

impl Candidate {
    fn new(rules: &[Rule], plan: &Plan, comparisons: &Comparisons, shape: Shape, rule: usize, truths: Box<[Truth]>) -> Self {
        let selector = rules.get(rule).and_then(|rule| rule.selector.as_ref());
        let truth = selector.and_then(|selector| selector.holds(&mut |leaf| truths.get(leaf).copied().flatten()));
        let needs = if truth == Some(true) { plan.tier(rule, shape) } else { comparisons.cheapest(rule, &truths, shape) };
        Self { rule, truths, holds: truth == Some(true), fails: truth == Some(false), needs }
    }
}
