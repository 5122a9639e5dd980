//! `stats`: rows into groups, and what each group gives.

use hashbrown::HashMap;

use super::super::error::RunError;
use super::super::expr::{Aggregated, Node};
use super::super::rows::{Row, set};
use super::{MOST_BYTES, MOST_ROWS, Work, in_order, key_of, stopped, too_many, values_of};
use crate::query::aggregate::{Aggregate, Note, size_of_value};
use crate::query::compare::natural;
use crate::query::functions::Context;
use crate::query::value::Value;

/// So many bytes of keys are held; they may be long texts.
const MOST_KEY_BYTES: usize = 256 << 20;
/// All groups are weighed whenever they were given so many bytes.
const WEIGHED_AFTER: usize = 32 << 20;

/// `stats`
pub(in crate::query::run) struct Group {
    /// What rows are grouped by, and where it goes.
    by: Vec<Node>,
    /// `GROUPING SETS`: a row is in a group of each, by these of the keys. None when there is one, by all.
    pub(in crate::query::run) sets: Vec<Vec<usize>>,
    by_slots: Vec<usize>,
    aggregates: Vec<Aggregated>,
    /// What a group gives, and where it goes.
    items: Vec<(usize, Node)>,
    slots: usize,
    groups: HashMap<Box<[u8]>, State>,
    key_bytes: usize,
    /// Bytes that were taken since the groups were last weighed.
    taken: usize,
    notes: Vec<Note>,
    /// What it is called in the query.
    command: &'static str,
}

/// A group as far as it has come.
pub(in crate::query::run) struct State {
    by: Vec<Value>,
    aggregates: Vec<Box<dyn Aggregate>>,
}

impl Group {
    /// One group for each combination of keys. `command`: what it is called in the query.
    pub(in crate::query::run) fn new(
        (by, by_slots): (Vec<Node>, Vec<usize>),
        aggregates: Vec<Aggregated>,
        items: Vec<(usize, Node)>,
        slots: usize,
        command: &'static str,
    ) -> Self {
        let groups = HashMap::new();
        Self { by, sets: Vec::new(), by_slots, aggregates, items, slots, groups, key_bytes: 0, taken: 0, notes: Vec::new(), command }
    }

    fn fresh(&self, by: Vec<Value>) -> State {
        State { by, aggregates: self.aggregates.iter().map(|aggregated| (aggregated.kind.new)()).collect() }
    }

    fn one(&mut self, row: &Row, count: u64, key: &mut Vec<u8>, context: &Context) -> Result<(), RunError> {
        let by = values_of(&self.by, &row.values, context);
        if self.sets.is_empty() {
            key_of(&by, key);
            return self.put(by, row, count, key, context);
        }
        for at in 0..self.sets.len() {
            let Some(set) = self.sets.get(at) else { break };
            let by: Vec<Value> =
                by.iter().enumerate().map(|(number, value)| if set.contains(&number) { value.clone() } else { Value::Missing }).collect();
            key_of(&by, key);
            // What is missing in a group is not what another does not ask for.
            key.extend_from_slice(&at.to_le_bytes());
            self.put(by, row, count, key, context)?;
        }
        Ok(())
    }

    fn put(&mut self, by: Vec<Value>, row: &Row, count: u64, key: &[u8], context: &Context) -> Result<(), RunError> {
        if !self.groups.contains_key(key) {
            self.key_bytes += key.len();
            if self.groups.len() >= MOST_ROWS || self.key_bytes > MOST_KEY_BYTES {
                return Err(too_many(self.command, "group by fewer fields or longer bins, or narrow the scope"));
            }
            let fresh = self.fresh(by);
            self.groups.insert(key.into(), fresh);
        }
        self.weigh()?;
        let Some(state) = self.groups.get_mut(key) else { return Ok(()) };
        for (aggregated, state) in self.aggregates.iter().zip(&mut state.aggregates) {
            let args = values_of(&aggregated.args, &row.values, context);
            self.taken += args.iter().map(size_of_value).sum::<usize>();
            for _ in 0..count {
                state.take(&args, row.millis);
            }
        }
        Ok(())
    }
}

impl Group {
    /// Each aggregate is bounded; so are all of them together. They cannot have grown by more than they were given, so they are
    /// weighed only now and then.
    fn weigh(&mut self) -> Result<(), RunError> {
        if self.taken < WEIGHED_AFTER {
            return Ok(());
        }
        self.taken = 0;
        let held: usize = self.groups.values().flat_map(|state| &state.aggregates).map(|aggregate| aggregate.size()).sum();
        if held > MOST_BYTES {
            let remedy = "group by fewer fields, or ask for fewer values, percentiles and distinct counts at once";
            return Err(RunError::TooLarge(format!("`{}` would hold more than 512 MB: {remedy}", self.command)));
        }
        Ok(())
    }
}

impl Work for Group {
    fn take(&mut self, rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        let mut key = Vec::new();
        for row in rows {
            stopped(context)?;
            self.one(&row, 1, &mut key, context)?;
        }
        Ok(Vec::new())
    }

    fn take_many(&mut self, row: &Row, count: u64, context: &Context) -> Result<(), RunError> {
        self.one(row, count, &mut Vec::new(), context)
    }

    fn finish(&mut self, context: &Context) -> Result<Vec<Row>, RunError> {
        if self.groups.is_empty() && self.by.is_empty() {
            // Nothing counts as nothing.
            let fresh = self.fresh(Vec::new());
            self.groups.insert(Box::default(), fresh);
        }
        let groups: Vec<State> = std::mem::take(&mut self.groups).into_values().collect();
        let by_keys = |one: &State, other: &State| {
            let orders = one.by.iter().zip(&other.by).map(|(one, other)| natural(one, other));
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        };
        let groups = in_order(groups, by_keys, context)?;
        let mut rows = Vec::with_capacity(groups.len());
        for group in groups {
            stopped(context)?;
            let mut row = Row { event: None, millis: None, values: vec![Value::Missing; self.slots] };
            for (slot, value) in self.by_slots.iter().zip(group.by) {
                set(&mut row, *slot, value);
            }
            let results: Vec<Value> = group.aggregates.iter().map(|aggregate| aggregate.finish()).collect();
            self.notes.extend(group.aggregates.iter().flat_map(|aggregate| aggregate.notes()));
            for (slot, node) in &self.items {
                let value = node.with(&row.values, &results, context);
                set(&mut row, *slot, value);
            }
            rows.push(row);
        }
        Ok(rows)
    }

    fn notes(&self) -> Vec<String> {
        let (mut rejected, mut untimed, mut texts) = (0_u64, 0_u64, std::collections::BTreeSet::new());
        for note in &self.notes {
            match note {
                Note::NotNumbers(count) => rejected += count,
                Note::Untimed(count) => untimed += count,
                other => {
                    texts.insert(other.to_string());
                }
            }
        }
        let counted = [Note::NotNumbers(rejected), Note::Untimed(untimed)].into_iter().zip([rejected, untimed]);
        texts.into_iter().chain(counted.filter(|(_, count)| *count > 0).map(|(note, _)| note.to_string())).collect()
    }
}
