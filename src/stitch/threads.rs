//! Exchanges stitched into conversations: which call continues which, as calls come in, whatever the order.
//!
//! A call repeats the history of those before it, so the key of an earlier call's round is found among the keys of the
//! rounds it repeats ([`ThreadKeys`](crate::model::ThreadKeys)). It continues the newest round that some call of the same
//! principal was answered with; of several such calls (the same question, the same answer) the last one before it. That is
//! a rule about the set of all calls, so the order in which they arrive changes nothing: each arrival is looked at both
//! as one that continues and as one that is continued.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use crate::case::{Result, Writer};
use crate::model::{Link, RoundKeys, ThreadRow};

/// An exchange's place in time, by which those with the same key are ordered: time, tie, number of the node.
type Place = (i64, u64, u32);
const FIRST: Place = (i64::MIN, 0, 0);
const LAST: Place = (i64::MAX, u64::MAX, u32::MAX);

struct Node {
    millis: i64,
    tie: u64,
    event: u32,
    /// Where its keys begin, and how many rounds of history it has.
    keys: u32,
    rounds: u8,
    /// The node it continues.
    parent: Option<u32>,
}

impl Node {
    fn place(&self, number: u32) -> Place {
        (self.millis, self.tie, number)
    }
}

/// The conversations of a case while it is being written.
#[derive(Default)]
pub struct Threads {
    nodes: Vec<Node>,
    /// The rounds each node repeats, the newest first.
    history: Vec<RoundKeys>,
    /// Nodes by the keys of their own round.
    owners: Index,
    /// Nodes by the keys of rounds they repeat.
    followers: Index,
}

impl Threads {
    /// The conversations of what the case holds already.
    ///
    /// # Errors
    /// The case could not be read.
    pub fn of(writer: &Writer) -> Result<Self> {
        let mut threads = Self::default();
        let links = writer.threads(&mut |row| {
            threads.insert(&row);
        })?;
        let numbers: HashMap<u32, u32> = threads.nodes.iter().zip(0..).map(|(node, number)| (node.event, number)).collect();
        for link in links {
            if let Some(node) = numbers.get(&link.child).and_then(|child| threads.nodes.get_mut(*child as usize)) {
                node.parent = numbers.get(&link.parent).copied();
            }
        }
        Ok(threads)
    }

    /// Takes exchanges in; gives the links that are new or now lead elsewhere.
    pub fn add(&mut self, rows: &[ThreadRow]) -> Vec<Link> {
        let mut unsettled = Vec::new();
        for row in rows {
            let number = self.insert(row);
            if !row.keys.before.is_empty() {
                unsettled.push(number);
            }
            for key in [row.keys.own.pair, row.keys.own.answer] {
                self.followed(key, number, &mut unsettled);
            }
        }
        unsettled.sort_unstable();
        unsettled.dedup();
        let mut links = Vec::new();
        for number in unsettled {
            let parent = self.continued_by(number);
            if let Some(node) = self.nodes.get_mut(number as usize)
                && node.parent != parent
            {
                node.parent = parent;
                let child = node.event;
                links.push(Link { child, parent: parent.and_then(|parent| self.nodes.get(parent as usize)).map_or(0, |node| node.event) });
            }
        }
        links
    }

    fn insert(&mut self, row: &ThreadRow) -> u32 {
        let number = self.nodes.len() as u32;
        let rounds = row.keys.before.len().min(usize::from(u8::MAX)) as u8;
        self.nodes.push(Node { millis: row.millis, tie: row.tie, event: row.event, keys: self.history.len() as u32, rounds, parent: None });
        self.history.extend(row.keys.before.iter().take(usize::from(rounds)));
        let place = (row.millis, row.tie, number);
        for key in [row.keys.own.pair, row.keys.own.answer] {
            self.owners.insert(key, place, &self.nodes);
        }
        for key in sought(&row.keys.before) {
            self.followers.insert(key, place, &self.nodes);
        }
        number
    }

    /// The nodes that might now continue this one: those that repeat its key, from its time on, up to the next call with the
    /// same key, which may itself continue this one and takes over from there.
    fn followed(&self, key: u64, number: u32, found: &mut Vec<u32>) {
        let Some(node) = self.nodes.get(number as usize) else { return };
        let taken_over = self.owners.next_after(key, node.place(number), &self.nodes).map(|(millis, ..)| millis);
        self.followers.from(key, node.millis, taken_over, &self.nodes, found);
    }

    /// The node that this one continues.
    fn continued_by(&self, number: u32) -> Option<u32> {
        let node = self.nodes.get(number as usize)?;
        let history = self.history.get(node.keys as usize..node.keys as usize + usize::from(node.rounds))?;
        sought(history).find_map(|key| self.owners.latest(key, node.millis, number, &self.nodes))
    }
}

/// The keys by which a call looks for the one it continues, the best first.
fn sought(history: &[RoundKeys]) -> impl Iterator<Item = u64> {
    let newest = history.first().map(|round| round.answer);
    let pairs = history.iter().map(|round| round.pair);
    pairs.clone().take(1).chain(newest).chain(pairs.skip(1)).filter(|key| *key != 0)
}

/// Nodes by key, in order of time. Nearly every key has one node.
#[derive(Default)]
struct Index {
    one: HashMap<u64, u32>,
    /// Those of keys that several nodes have; in `one` they have [`SEVERAL`]. In one set, since most are few.
    several: BTreeSet<(u64, Place)>,
}

const SEVERAL: u32 = u32::MAX;

impl Index {
    fn insert(&mut self, key: u64, place: Place, nodes: &[Node]) {
        if key == 0 {
            return;
        }
        let slot = self.one.entry(key).or_insert(place.2);
        if *slot == place.2 {
            return;
        }
        if *slot != SEVERAL {
            self.several.extend(nodes.get(*slot as usize).map(|node| (key, node.place(*slot))));
            *slot = SEVERAL;
        }
        self.several.insert((key, place));
    }

    /// The places with a key of several, from one on and up to another, in order.
    fn places(&self, key: u64, from: Place, to: Place) -> impl DoubleEndedIterator<Item = Place> + '_ {
        self.several.range((key, from)..=(key, to)).map(|(_, place)| *place)
    }

    /// The last node with the key at or before a time, other than `not`.
    fn latest(&self, key: u64, millis: i64, not: u32, nodes: &[Node]) -> Option<u32> {
        match *self.one.get(&key)? {
            SEVERAL => self.places(key, FIRST, (millis, u64::MAX, u32::MAX)).rev().map(|place| place.2).find(|node| *node != not),
            one => (one != not && nodes.get(one as usize)?.millis <= millis).then_some(one),
        }
    }

    /// The first place with the key behind this one.
    fn next_after(&self, key: u64, place: Place, nodes: &[Node]) -> Option<Place> {
        match *self.one.get(&key)? {
            SEVERAL => self.places(key, place, LAST).find(|other| *other > place),
            one => nodes.get(one as usize).map(|node| node.place(one)).filter(|other| *other > place),
        }
    }

    /// The nodes with the key from a time on up to another time, both included.
    fn from(&self, key: u64, millis: i64, until: Option<i64>, nodes: &[Node], found: &mut Vec<u32>) {
        match self.one.get(&key) {
            None => {}
            Some(&SEVERAL) => {
                let places = self.places(key, (millis, 0, 0), LAST);
                found.extend(places.take_while(|place| until.is_none_or(|until| place.0 <= until)).map(|place| place.2));
            }
            Some(one) => {
                let inside = |node: &Node| node.millis >= millis && until.is_none_or(|until| node.millis <= until);
                found.extend(nodes.get(*one as usize).is_some_and(inside).then_some(*one));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::model::ThreadKeys;

    fn round(pair: u64) -> RoundKeys {
        RoundKeys { pair, answer: 0 }
    }

    fn row(event: u32, millis: i64, own: RoundKeys, before: &[RoundKeys]) -> ThreadRow {
        ThreadRow { event, millis, tie: u64::from(event), keys: ThreadKeys { own, before: before.to_vec() } }
    }

    /// The links that stand after all rows came in, in parcels of a size.
    fn links(rows: &[ThreadRow], parcel: usize) -> BTreeMap<u32, u32> {
        let mut threads = Threads::default();
        let mut stands = BTreeMap::new();
        for rows in rows.chunks(parcel) {
            stands.extend(threads.add(rows).into_iter().map(|link| (link.child, link.parent)));
        }
        stands.retain(|_, parent| *parent != 0);
        stands
    }

    #[test]
    fn a_chain_in_any_order() {
        // Five calls, each repeating all rounds before it.
        let rows: Vec<ThreadRow> =
            (1..=5).map(|n| row(n, i64::from(n), round(u64::from(n)), &(1..n).rev().map(|m| round(u64::from(m))).collect::<Vec<_>>())).collect();
        let expected: BTreeMap<u32, u32> = (2..=5).map(|n| (n, n - 1)).collect();
        let mut backwards = rows.clone();
        backwards.reverse();
        for parcel in [1, 2, 5] {
            assert_eq!(links(&rows, parcel), expected);
            assert_eq!(links(&backwards, parcel), expected);
        }
        // The third call is not in the logs: the fourth goes on from the second.
        let without: Vec<ThreadRow> = rows.into_iter().filter(|row| row.event != 3).collect();
        assert_eq!(links(&without, 1), BTreeMap::from([(2, 1), (4, 2), (5, 4)]));
    }

    #[test]
    fn of_calls_alike_the_last_one_before() {
        let rows = [
            row(1, 10, round(7), &[]),
            row(2, 20, round(7), &[]),
            row(3, 15, round(8), &[round(7)]),
            row(4, 25, round(9), &[round(7)]),
            // Before any call that could have been answered so.
            row(5, 5, round(9), &[round(7)]),
        ];
        let expected = BTreeMap::from([(3, 1), (4, 2)]);
        assert_eq!(links(&rows, 5), expected);
        let mut backwards = rows.to_vec();
        backwards.reverse();
        assert_eq!(links(&backwards, 1), expected);
    }

    #[test]
    fn an_answer_finds_its_call_when_the_question_was_kept_otherwise() {
        let own = RoundKeys { pair: 1, answer: 100 };
        let kept = RoundKeys { pair: 2, answer: 100 };
        assert_eq!(links(&[row(1, 1, own, &[]), row(2, 2, round(3), &[kept])], 1), BTreeMap::from([(2, 1)]));
        // The same pair an older round has is worth less than the newest answer.
        let older = row(3, 1, round(9), &[]);
        assert_eq!(links(&[row(1, 1, own, &[]), older, row(2, 2, round(3), &[kept, round(9)])], 3), BTreeMap::from([(2, 1)]));
    }

    #[test]
    fn many_alike_stay_cheap() {
        // The same example turns before every call, and the same answers: nothing here may grow with the square.
        let rows: Vec<ThreadRow> = (1..=60_000).rev().map(|n| row(n, i64::from(n), round(5), &[round(5)])).collect();
        let found = links(&rows, 1000);
        assert_eq!(found.len(), 59_999);
        assert!(found.iter().all(|(child, parent)| child - 1 == *parent));
    }

    proptest! {
        /// The rule, told plainly over all rows, whatever the order and the parcels.
        #[test]
        fn as_the_rule_says(
            calls in prop::collection::vec((0..20_i64, 1..6_u64, prop::collection::vec(0..6_u64, 0..4)), 1..40),
            order in any::<prop::sample::Index>(),
            parcel in 1..9_usize,
        ) {
            let mut rows: Vec<ThreadRow> = calls
                .iter()
                .zip(1..)
                .map(|((at, own, before), event)| row(event, *at, round(*own), &before.iter().map(|key| round(*key)).collect::<Vec<_>>()))
                .collect();
            let mut expected = BTreeMap::new();
            for child in &rows {
                let parent = child.keys.before.iter().filter(|round| round.pair != 0).find_map(|round| {
                    let candidates = rows.iter().filter(|row| row.event != child.event && row.millis <= child.millis && row.keys.own.pair == round.pair);
                    candidates.max_by_key(|row| (row.millis, row.tie))
                });
                expected.extend(parent.map(|parent| (child.event, parent.event)));
            }
            let middle = order.index(rows.len());
            rows.rotate_left(middle);
            rows[..middle].reverse();
            prop_assert_eq!(links(&rows, parcel), expected);
        }
    }
}
