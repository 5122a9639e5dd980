//! Which pieces of which interval are asked for, in which order, and what follows when a piece has more rows than a query gives.
//! Pure: nothing is sent from here.
//!
//! A piece is asked for newest first, and is made small enough that its rows should fit into one query: what overflows is scanned, and
//! paid for, twice. When it does overflow, all that is newer than the second of the oldest row that came is complete; what is left,
//! that second included, is split by what AWS says is left, and asked for again. A single second that overflows is halved down to
//! milliseconds, and what cannot be split further is a hole that is named.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::Timestamp;
use crate::model::live::{AskedQuery, QueryState, Seconds};

/// Rows that one query in QL gives at most.
pub(super) const CAP: u64 = 100_000;
/// A query is planned to scan about so much, so that rows come soon and a budget can be kept …
const PIECE_BYTES: f64 = 200e6;
/// … and to give about so much of the rows that one can give: events are not spread evenly.
const FILLED: f64 = 0.75;
/// At most so many pieces of an interval.
const MOST_PIECES: f64 = 2_000.0;
/// What is left of a piece is split into so many at most: that there is a crowd in one second says nothing about the others.
const MOST_PARTS: i64 = 16;
/// Groups up to this size are fetched whole, before anything large.
pub(super) const SMALL_BYTES: f64 = 100e6;
/// AWS keeps results for seven days; a little less is safe.
const KEPT_MILLIS: i64 = 7 * 86_400_000 - 3_600_000;

/// A piece of work: one interval of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Which group of the plan.
    pub(super) group: usize,
    pub(super) span: Seconds,
    /// A query that was started before and whose results may still be there.
    pub(super) attach: Option<String>,
    /// Rows of the last second that have come already, by a hash of their `@ptr`.
    pub(super) came: Option<(i64, Arc<HashSet<u64>>)>,
}

impl Piece {
    pub(super) fn new(group: usize, span: Seconds) -> Self {
        Self { group, span, attach: None, came: None }
    }
}

/// What of an interval is missing, as pieces; newest first. `bytes` is what all of it would scan, `record` how long a record is, about.
pub(super) fn pieces(group: usize, missing: &[Seconds], bytes: Option<f64>, record: Option<f64>) -> Vec<Piece> {
    let whole: i64 = missing.iter().map(|span| span.length()).sum();
    let fitting = record.map_or(PIECE_BYTES, |record| (record.max(1.0) * CAP as f64 * FILLED).min(PIECE_BYTES));
    let mut pieces = Vec::new();
    for span in missing.iter().rev().filter(|span| !span.is_empty()) {
        let share = bytes.unwrap_or(0.0) * span.length() as f64 / whole.max(1) as f64;
        let count = (share / fitting).ceil().clamp(1.0, MOST_PIECES) as i64;
        let length = (span.length() / count).max(1);
        let mut to = span.to;
        while to > span.from {
            // The first is shorter: then the first rows are there sooner.
            let step = if to == span.to && count > 1 { (length / 4).max(1) } else { length };
            let from = if to - step - length / 2 < span.from { span.from } else { to - step };
            pieces.push(Piece::new(group, Seconds::new(from, to)));
            to = from;
        }
    }
    pieces
}

/// Queries asked before whose results are still to be had and whose interval is missing: their pieces, and what is missing
/// besides.
pub(super) fn attached(group: usize, missing: &[Seconds], asked: &[&AskedQuery], now: Timestamp) -> (Vec<Piece>, Vec<Seconds>) {
    let (mut pieces, mut taken): (Vec<Piece>, Vec<Seconds>) = (Vec::new(), Vec::new());
    for query in asked.iter().rev() {
        let may_be_there = matches!(query.state, QueryState::Running | QueryState::Complete)
            && now.as_millis().saturating_sub(query.started.as_millis()) < KEPT_MILLIS;
        let is_missing = missing.iter().any(|span| span.from <= query.span.from && query.span.to <= span.to);
        let is_free = taken.iter().all(|span| span.meet(query.span).is_empty());
        if may_be_there && is_missing && is_free && !query.span.is_empty() {
            taken.push(query.span);
            pieces.push(Piece { attach: Some(query.id.clone()), ..Piece::new(group, query.span) });
        }
    }
    let left = missing.iter().flat_map(|span| span.without(&taken)).collect();
    (pieces, left)
}

/// What came of a piece's query.
#[derive(Clone, Debug, Default)]
pub(super) struct Came {
    /// Rows, as many as the query gave.
    pub(super) rows: u64,
    /// Rows that the query matched, when AWS tells.
    pub(super) matched: f64,
    /// The time of the oldest row.
    pub(super) oldest: Option<Timestamp>,
    /// Rows of that second, by a hash of their `@ptr`.
    pub(super) last_second: HashSet<u64>,
}

impl Came {
    /// There may be more rows than came. A server with a lower limit than AWS shows by a round number: 10,000, as AWS gave in former
    /// times, or any with more that matched.
    pub(super) fn is_full(&self, cap: u64) -> bool {
        let is_round = self.rows > 0 && self.rows.is_multiple_of(1_000);
        self.rows >= cap || self.rows == 10_000 || (is_round && self.matched > self.rows as f64)
    }
}

/// What is to be done after a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Then {
    /// Complete.
    pub(super) covered: Option<Seconds>,
    /// Still to be asked for, newest first.
    pub(super) next: Vec<Piece>,
    /// A second with more rows than a query gives.
    pub(super) second: Option<i64>,
    /// Why that second is not complete even by milliseconds.
    pub(super) hole: Option<String>,
}

/// What follows when a piece's query is done.
pub(super) fn after(piece: &Piece, came: Came, cap: u64) -> Then {
    let span = piece.span;
    if !came.is_full(cap) {
        return Then { covered: Some(span), next: Vec::new(), second: None, hole: None };
    }
    let count = parts_left(&came);
    let whole = Then { covered: None, next: parts(piece.group, span, count, None), second: None, hole: None };
    if span.length() <= 1 {
        return Then { next: Vec::new(), second: Some(span.from), ..whole };
    }
    let Some(oldest) = came.oldest else { return whole };
    let second = oldest.as_millis().div_euclid(1000);
    // The server counts its interval otherwise than we, or gives its rows in another order.
    if second < span.from || second >= span.to {
        return whole;
    }
    let newer = Seconds::new(second + 1, span.to);
    let is_crowd = newer.is_empty() || came.last_second.len() as u64 > came.rows / 2;
    let has_come = Some((second, Arc::new(came.last_second)));
    let next = if is_crowd {
        // A crowd in one second is asked for by itself: whatever else is asked for with it would be scanned for nothing.
        let crowd = Piece { came: has_come, ..Piece::new(piece.group, Seconds::new(second, second + 1)) };
        std::iter::once(crowd).chain(parts(piece.group, Seconds::new(span.from, second), count - 1, None)).collect()
    } else {
        parts(piece.group, Seconds::new(span.from, second + 1), count, has_come)
    };
    Then { covered: (!newer.is_empty()).then_some(newer), next, second: None, hole: None }
}

/// How many queries what is left should take, by the rows that one gave and those that AWS says there are.
fn parts_left(came: &Came) -> i64 {
    let left = (came.matched - came.rows as f64) / (came.rows.max(1) as f64 * FILLED);
    (left.ceil() as i64).clamp(2, MOST_PARTS)
}

/// So many parts of the same length, newest first; of a few seconds as many as there are. What has come belongs to the newest.
pub(super) fn parts(group: usize, span: Seconds, count: i64, came: Option<(i64, Arc<HashSet<u64>>)>) -> Vec<Piece> {
    let count = count.max(1).min(span.length());
    let bound = |number: i64| span.from + span.length() * number / count;
    let mut pieces: Vec<Piece> = (0..count).rev().map(|number| Piece::new(group, Seconds::new(bound(number), bound(number + 1)))).collect();
    if let Some(newest) = pieces.first_mut() {
        newest.came = came;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn spans(pieces: &[Piece]) -> Vec<(i64, i64)> {
        pieces.iter().map(|piece| (piece.span.from, piece.span.to)).collect()
    }

    #[test]
    fn small_intervals_are_one_piece_and_large_ones_many_from_the_newest() {
        let missing = [Seconds::new(0, 100), Seconds::new(200, 1_000)];
        assert_eq!(spans(&pieces(0, &missing, Some(1e6), None)), [(200, 1_000), (0, 100)]);
        assert_eq!(spans(&pieces(0, &missing, None, Some(800.0))), [(200, 1_000), (0, 100)]);
        // 800 of 900 seconds scan about 0.8 GB: four pieces of 200 seconds, the first a quarter of that.
        let four = [(950, 1_000), (750, 950), (550, 750), (350, 550), (200, 350)];
        assert_eq!(spans(&pieces(0, &missing[1..], Some(0.8e9), Some(9_000.0))), four);
        // 75,000 records of 800 bytes are 60 MB: 240 MB are four pieces too.
        assert_eq!(spans(&pieces(0, &missing[1..], Some(0.24e9), Some(800.0))), four);
    }

    #[test]
    fn queries_of_before_are_attached_again_where_their_interval_is_missing() {
        let now = Timestamp::from_millis(10 * 86_400_000);
        let query = |id: &str, from, to, state, days_ago: i64| AskedQuery {
            id: id.into(),
            profile: None,
            region: String::new(),
            groups: String::new(),
            text: String::new(),
            span: Seconds::new(from, to),
            state,
            started: now.plus_millis(-days_ago * 86_400_000),
            rows: 0,
            statistics: crate::model::live::ScanStatistics::default(),
            reason: None,
        };
        let asked = [
            query("a", 10, 20, QueryState::Complete, 1),
            query("b", 15, 25, QueryState::Running, 1),
            query("old", 40, 50, QueryState::Complete, 8),
            query("stopped", 60, 70, QueryState::Stopped, 0),
            query("elsewhere", 90, 120, QueryState::Running, 0),
        ];
        let (pieces, left) = attached(3, &[Seconds::new(0, 100)], &asked.iter().collect::<Vec<_>>(), now);
        assert_eq!(pieces, [Piece { attach: Some("b".into()), ..Piece::new(3, Seconds::new(15, 25)) }]);
        assert_eq!(left, [Seconds::new(0, 15), Seconds::new(25, 100)]);
    }

    #[test]
    fn a_crowd_in_a_second_is_asked_for_by_itself_and_the_rest_in_as_many_parts_as_it_takes() {
        let full = |oldest: i64, matched: f64| Came { rows: 10, matched, oldest: Some(Timestamp::from_millis(oldest)), ..Came::default() };
        let next = |oldest: i64, matched: f64| spans(&after(&Piece::new(0, Seconds::new(0, 16)), full(oldest, matched), 10).next);
        assert_eq!(next(15_200, 0.0), [(15, 16), (0, 15)]);
        // So is one of which most rows are.
        let crowd = Came { last_second: (0..6).collect(), ..full(9_999, 0.0) };
        assert_eq!(spans(&after(&Piece::new(0, Seconds::new(0, 16)), crowd, 10).next), [(9, 10), (0, 9)]);
        // Elsewhere what is left is halved; rows from beyond the end tell nothing.
        assert_eq!(next(9_999, 0.0), [(5, 10), (0, 5)]);
        assert_eq!(next(16_000, 0.0), [(8, 16), (0, 8)]);
        // Of 36 rows 26 are left: as four times seven; of a million as many as there are seconds, or sixteen.
        assert_eq!(next(7_500, 36.0), [(6, 8), (4, 6), (2, 4), (0, 2)]);
        assert_eq!(next(1_500, 1e6), [(1, 2), (0, 1)]);
        assert_eq!(parts_left(&full(0, 1e6)), 16);
    }

    /// A server that gives the newest rows of an interval, `extra` seconds more than asked at its end, as some do.
    fn newest(events: &[i64], span: Seconds, cap: u64, extra: i64) -> Vec<i64> {
        let mut rows: Vec<i64> = events.iter().copied().filter(|at| (span.from * 1000..=span.to * 1000 + extra).contains(at)).collect();
        rows.sort_unstable_by_key(|at| std::cmp::Reverse(*at));
        rows.truncate(cap as usize);
        rows
    }

    proptest! {
        #[test]
        fn every_event_comes_once_or_its_second_is_named(
            mut events in prop::collection::vec(0..60_000_i64, 0..300),
            spike in prop::option::of((0..60_i64, 0..80_usize)),
            cap in 5..40_u64,
            extra in prop::sample::select(vec![0, 999]),
            tells in any::<bool>(),
        ) {
            if let Some((second, count)) = spike {
                events.extend((0..count as i64).map(|number| second * 1000 + number * 7 % 1000));
            }
            // Events are told apart by number: several share a millisecond.
            let mut work = vec![Piece::new(0, Seconds::new(0, 60))];
            let (mut got, mut covered, mut seconds) = (BTreeMap::<i64, usize>::new(), Vec::new(), Vec::new());
            let mut queries = 0;
            while let Some(piece) = work.pop() {
                queries += 1;
                prop_assert!(queries < 2_000);
                let rows = newest(&events, piece.span, cap, extra);
                let there = newest(&events, piece.span, u64::MAX, extra).len() as f64;
                let oldest = rows.last().copied();
                let in_it = rows.iter().filter(|at| oldest.is_some_and(|oldest| oldest / 1000 == **at / 1000)).count() as u64;
                let came = Came {
                    rows: rows.len() as u64,
                    matched: if tells { there } else { 0.0 },
                    oldest: oldest.map(Timestamp::from_millis),
                    last_second: (0..in_it).collect(),
                };
                let then = after(&piece, came, cap);
                if let Some(span) = then.covered {
                    for at in rows.iter().filter(|at| (span.from * 1000..span.to * 1000).contains(*at)) {
                        *got.entry(*at).or_default() += 1;
                    }
                    covered.push(span);
                }
                seconds.extend(then.second);
                work.extend(then.next);
            }
            let mut wanted = BTreeMap::<i64, usize>::new();
            for at in events.iter().filter(|at| !seconds.contains(&(*at / 1000))) {
                *wanted.entry(*at).or_default() += 1;
            }
            prop_assert_eq!(got, wanted);
            for second in 0..60 {
                let times = covered.iter().filter(|span| (span.from..span.to).contains(&second)).count() + seconds.iter().filter(|at| **at == second).count();
                prop_assert_eq!(times, 1, "second {}", second);
            }
            // Only a second that really has that many is given up.
            for second in seconds {
                let full = events.iter().filter(|at| (second * 1000..=(second + 1) * 1000 + extra).contains(*at)).count() as u64;
                prop_assert!(full >= cap);
            }
        }
    }
}
