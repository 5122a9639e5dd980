//! How many events there are, which values, and which most often.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;

use super::super::compare::natural;
use super::super::value::{LONGEST_LIST, Value};
use super::{Aggregate, MOST_BYTES, MOST_DISTINCT, Note, plain, present, same};

/// `count()`, `count(*)` without arguments; `count(field)` counts the events that have it.
#[derive(Default)]
pub(super) struct Count(u64);

impl Aggregate for Count {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        self.0 += u64::from(args.first().is_none_or(|value| !value.is_missing()));
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        self.0 += same::<Self>(other).map_or(0, |other| other.0);
    }

    fn finish(&self) -> Value {
        Value::count(self.0)
    }
}

/// A value in the order of `sort`.
#[derive(Clone, Debug)]
struct Sorted(Value);

impl PartialEq for Sorted {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Sorted {}

impl Ord for Sorted {
    fn cmp(&self, other: &Self) -> Ordering {
        natural(&self.0, &other.0)
    }
}

impl PartialOrd for Sorted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The values of a list take at most so many bytes.
const LIST_BYTES: usize = 4 << 20;

/// `values`: as many as there is room for, from the one that sorts first on. What was once beyond the room stays out, so that it
/// does not matter in which order values come.
#[derive(Default)]
pub(super) struct Values {
    kept: BTreeMap<Sorted, usize>,
    bytes: usize,
    first_left_out: Option<Sorted>,
}

impl Values {
    fn add(&mut self, value: Sorted, bytes: usize) {
        if self.first_left_out.as_ref().is_some_and(|left_out| *left_out <= value) || self.kept.contains_key(&value) {
            return;
        }
        self.kept.insert(value, bytes);
        self.bytes += bytes;
        while self.kept.len() > LONGEST_LIST || self.bytes > LIST_BYTES {
            let Some((last, bytes)) = self.kept.pop_last() else { break };
            self.bytes -= bytes;
            self.first_left_out = Some(last);
        }
    }
}

impl Aggregate for Values {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        if let Some(value) = present(args) {
            self.add(Sorted(plain(value)), value.printed().len());
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        let Some(other) = same::<Self>(other) else { return };
        if let Some(left_out) = other.first_left_out {
            self.bytes -= self.kept.split_off(&left_out).values().sum::<usize>();
            self.first_left_out = Some(self.first_left_out.take().map_or(left_out.clone(), |known| known.min(left_out)));
        }
        for (value, bytes) in other.kept {
            self.add(value, bytes);
        }
    }

    fn finish(&self) -> Value {
        Value::list(self.kept.keys().map(|sorted| sorted.0.clone()))
    }

    fn size(&self) -> usize {
        self.bytes + self.kept.len() * 64
    }

    fn notes(&self) -> Vec<Note> {
        if self.first_left_out.is_none() { Vec::new() } else { vec![Note::Cut("values lists the first 10,000 in sorting order, or 4 MiB of them")] }
    }
}

/// `topk(k, field)`: a map from the most frequent values to how often they were there, the most frequent first, then as sorted.
#[derive(Default)]
pub(super) struct Top {
    wanted: Option<usize>,
    counts: HashMap<Arc<str>, u64>,
    bytes: usize,
    is_pruned: bool,
}

impl Top {
    fn add(&mut self, text: &str, count: u64) {
        if let Some(known) = self.counts.get_mut(text) {
            *known += count;
            return;
        }
        self.counts.insert(text.into(), count);
        self.bytes += text.len();
        if self.counts.len() > MOST_DISTINCT || self.bytes > MOST_BYTES {
            self.prune();
        }
    }

    fn ranked(&self) -> Vec<(&Arc<str>, u64)> {
        let mut ranked: Vec<_> = self.counts.iter().map(|(text, count)| (text, *count)).collect();
        ranked.sort_by(|(left, left_count), (right, right_count)| right_count.cmp(left_count).then_with(|| left.cmp(right)));
        ranked
    }

    /// Forgets the rarer half of what there is, by bytes too.
    fn prune(&mut self) {
        self.is_pruned = true;
        let mut room = MOST_BYTES / 2;
        let kept: Vec<(Arc<str>, u64)> = self
            .ranked()
            .into_iter()
            .take(MOST_DISTINCT / 2)
            .map_while(|(text, count)| {
                room = room.checked_sub(text.len())?;
                Some((text.clone(), count))
            })
            .collect();
        self.bytes = kept.iter().map(|(text, _)| text.len()).sum();
        self.counts = kept.into_iter().collect();
    }
}

impl Aggregate for Top {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        self.wanted = self.wanted.or_else(|| args.first()?.as_number().filter(|wanted| *wanted >= 0.0).map(|wanted| wanted as usize));
        if let Some(value) = args.get(1).filter(|value| !value.is_missing()) {
            self.add(&value.printed(), 1);
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        let Some(other) = same::<Self>(other) else { return };
        self.wanted = self.wanted.or(other.wanted);
        self.is_pruned |= other.is_pruned;
        // In an order of their own, so that what is forgotten does not depend on chance.
        for (text, count) in other.ranked() {
            self.add(text, count);
        }
    }

    fn finish(&self) -> Value {
        let Some(wanted) = self.wanted else { return Value::Missing };
        Value::Map(self.ranked().into_iter().take(wanted.min(LONGEST_LIST)).map(|(text, count)| (text.clone(), Value::count(count))).collect())
    }

    fn size(&self) -> usize {
        self.bytes + self.counts.len() * 48
    }

    fn notes(&self) -> Vec<Note> {
        if self.is_pruned {
            vec![Note::Approximate("of more than 1,000,000 different values, or 64 MiB of them, rare ones were forgotten")]
        } else {
            Vec::new()
        }
    }
}
