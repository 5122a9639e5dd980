//! How rules hang together when they run: what a selected event feeds, under which group and value, and what a firing feeds in turn.

use super::place::{Located, Place, Shape, Tier, case_field};
use super::rule::{Aggregate, How, Rule};
use super::sigma::{Correlation, Kind};
use super::state::buckets::Buckets;
use super::state::plain::Plain;
use super::state::sightings::Sightings;
use super::state::steps::Sequences;
use super::state::window::{Windows, only_grows};
use crate::case::LeanColumn;

/// What one rule remembers.
pub(super) enum State {
    /// Nothing: it only feeds others.
    None,
    Plain(Plain),
    Windows(Windows),
    Sequences(Sequences),
    Sightings(Sightings),
    Buckets(Buckets),
}

/// Which fields an event is grouped by.
#[derive(Clone)]
pub(super) enum GroupBy {
    /// All of them together; an event that lacks one does not count. None is one group.
    All(Vec<Located>),
    /// The first that the event has.
    First(Vec<Located>),
}

/// One way from an event into the memory of a rule.
#[derive(Clone)]
pub(super) struct Feed {
    /// The rule that remembers.
    pub(super) rule: usize,
    /// Which step of it, for sequences.
    pub(super) step: u8,
    pub(super) group: GroupBy,
    pub(super) value: Vec<Located>,
    pub(super) number: Option<Located>,
    /// Not for events of AWS services.
    pub(super) people_only: bool,
}

impl Feed {
    /// Every field that it needs.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Located> {
        let (GroupBy::All(group) | GroupBy::First(group)) = &self.group;
        group.iter().chain(&self.value).chain(&self.number)
    }
}

/// The plan of a set of rules; all by the place of the rule.
pub(super) struct Plan {
    /// Where events that a rule selects go.
    pub(super) selected: Vec<Vec<Feed>>,
    /// Where its firings go.
    pub(super) fired: Vec<Vec<Feed>>,
    /// Does its selector ask for what only the case tells?
    pub(super) late: Vec<bool>,
    /// It does nothing but count for correlations that fire when there is much of it: so its records are not read before there is.
    pub(super) lazy: Vec<bool>,
    /// What its feeds need, by shape.
    needs: Vec<[Needs; Shape::COUNT]>,
}

impl Plan {
    pub(super) fn of(rules: &[Rule]) -> Self {
        let mut plan = Self {
            selected: vec![Vec::new(); rules.len()],
            fired: vec![Vec::new(); rules.len()],
            late: Vec::with_capacity(rules.len()),
            lazy: Vec::new(),
            needs: Vec::new(),
        };
        for (at, rule) in rules.iter().enumerate() {
            let leaves = rule.selector.iter().flat_map(super::sigma::Selector::leaves);
            plan.late.push(leaves.flat_map(|leaf| &leaf.fields).any(|field| case_field(field).is_some()));
            let all = |fields: &[String]| GroupBy::All(Located::all(fields));
            let feed =
                |group, value: &[String], number, people_only| Feed { rule: at, step: 0, group, value: Located::all(value), number, people_only };
            match &rule.how {
                How::Match if rule.signals => {
                    let group = if rule.collapse_by.is_empty() { GroupBy::First(Located::all(&rule.entity)) } else { all(&rule.collapse_by) };
                    plan.select(at, feed(group, &[], None, false));
                }
                How::Match => {}
                How::FirstSeen(how) => plan.select(at, feed(all(&how.group_by), &how.value, None, !how.services)),
                How::Outlier(how) => {
                    let number = match &how.aggregate {
                        Aggregate::Count => None,
                        Aggregate::Sum(field) | Aggregate::Max(field) => Some(Located::new(field)),
                    };
                    plan.select(at, feed(all(&how.group_by), &[], number, !how.services));
                }
                How::Together(how) => {
                    for (step, (source, name)) in how.sources.iter().zip(&how.correlation.rules).enumerate() {
                        let feed = together(at, step, name, &how.correlation, &how.distinct);
                        let is_plain = rules.get(*source).is_some_and(|source| matches!(source.how, How::Match));
                        if is_plain {
                            plan.select(*source, feed);
                        } else if let Some(fired) = plan.fired.get_mut(*source) {
                            fired.push(feed);
                        }
                    }
                }
            }
        }
        let only_grows = |feed: &Feed| matches!(rules.get(feed.rule).map(|rule| &rule.how), Some(How::Together(how)) if only_grows(&how.correlation));
        let lazy = |(feeds, late): (&Vec<Feed>, &bool)| !late && !feeds.is_empty() && feeds.iter().all(only_grows);
        plan.lazy = plan.selected.iter().zip(&plan.late).map(lazy).collect();
        plan.needs = plan.selected.iter().map(|feeds| Shape::all().map(|shape| Needs::of(feeds, shape))).collect();
        plan
    }

    /// What is needed of an event by what takes a rule's events.
    pub(super) fn needs(&self, rule: usize, shape: Shape) -> Needs {
        self.needs.get(rule).and_then(|needs| needs.get(shape.number())).copied().unwrap_or(Needs::NOTHING)
    }

    /// Rules that late rules feed, in order.
    pub(super) fn fed_late(&self) -> Vec<usize> {
        let feeds = self.late.iter().zip(&self.selected).filter(|(late, _)| **late).flat_map(|(_, feeds)| feeds);
        let mut fed: Vec<usize> = feeds.map(|feed| feed.rule).collect();
        fed.sort_unstable();
        fed.dedup();
        fed
    }

    fn select(&mut self, rule: usize, feed: Feed) {
        if let Some(feeds) = self.selected.get_mut(rule) {
            feeds.push(feed);
        }
    }

    /// The memory that each rule needs.
    pub(super) fn states(rules: &[Rule]) -> Vec<State> {
        let state = |rule: &Rule| match &rule.how {
            How::Match if rule.signals => State::Plain(Plain::default()),
            How::Match => State::None,
            How::FirstSeen(_) => State::Sightings(Sightings::default()),
            How::Outlier(_) => State::Buckets(Buckets::default()),
            How::Together(how) if matches!(how.correlation.kind, Kind::Steps { .. }) => State::Sequences(Sequences::default()),
            How::Together(how) => State::Windows(Windows::new(how.correlation.kind)),
        };
        rules.iter().map(state).collect()
    }
}

/// What the feeds of a rule need of an event.
#[derive(Clone, Copy)]
pub(super) struct Needs {
    /// How dear the dearest field is.
    pub(super) tier: Tier,
    /// One of them is in the record.
    pub(super) record: bool,
    /// The columns among them, as bits.
    pub(super) columns: u16,
    /// One of them is the request id.
    pub(super) request: bool,
}

impl Needs {
    const NOTHING: Self = Self { tier: Tier::Call, record: false, columns: 0, request: false };

    fn of(feeds: &[Feed], shape: Shape) -> Self {
        let fields = || feeds.iter().flat_map(Feed::fields);
        let places = || fields().map(|field| field.place(shape));
        let actor = if feeds.iter().any(|feed| feed.people_only) { 1 << LeanColumn::Actor as u16 } else { 0 };
        Self {
            tier: places().map(Place::tier).max().unwrap_or(Tier::Call),
            record: places().any(|place| place.tier() == Tier::Record),
            columns: Located::columns(fields(), shape) | actor,
            request: places().any(|place| matches!(place, Place::Request)),
        }
    }
}

/// The way of a step's events into a correlation, with its fields by the names they have there.
fn together(rule: usize, step: usize, name: &str, correlation: &Correlation, distinct: &[String]) -> Feed {
    let own = |field: &String| {
        let alias = correlation.aliases.iter().find(|(alias, _)| alias == field);
        Located::new(alias.and_then(|(_, fields)| fields.get(name)).unwrap_or(field))
    };
    let fields: Vec<Located> = correlation.fields.iter().map(own).collect();
    let (value, number) = match correlation.kind {
        Kind::Distinct => (fields, None),
        Kind::Sum | Kind::Average | Kind::Percentile => (Vec::new(), fields.into_iter().next()),
        Kind::Count => (Vec::new(), None),
        Kind::Steps { .. } => (distinct.iter().map(own).collect(), None),
    };
    let group = GroupBy::All(correlation.group_by.iter().map(own).collect());
    Feed { rule, step: step.min(usize::from(u8::MAX)) as u8, group, value, number, people_only: false }
}
