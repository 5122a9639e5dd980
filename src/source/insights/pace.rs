//! How fast we ask, and how much at once: both give way to throttling, and come back when all is well.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Requests of one kind: never more than [`BURST`] in the time that the rate has for them. While AWS throttles they are spaced evenly.
#[derive(Debug)]
pub(super) struct Pace {
    inner: Mutex<Rate>,
}

#[derive(Clone, Debug)]
struct Rate {
    per_second: f64,
    most: f64,
    /// The last turns that were given, the newest at the end; they may lie ahead.
    turns: VecDeque<Instant>,
    slowed: Option<Instant>,
}

/// As many as AWS's quotas allow in a second: a fetch begins with a handful of short questions, which need not wait for each other.
const BURST: usize = 10;
/// However AWS throttles, we ask so often.
const LEAST: f64 = 0.5;
/// Answers to requests that were under way when we slowed down do not slow us down again.
const SETTLES: Duration = Duration::from_secs(1);

impl Rate {
    /// When the next request may go.
    fn next(&self, now: Instant) -> Instant {
        let count = if self.per_second < self.most { 1 } else { BURST };
        let after = |turn: &Instant| *turn + Duration::from_secs_f64(count as f64 / self.per_second);
        let spaced = self.turns.len().checked_sub(count).and_then(|at| self.turns.get(at)).map(after);
        [spaced, self.turns.back().copied(), self.slowed.map(|at| at + Duration::from_secs_f64(1.0 / self.per_second))]
            .into_iter()
            .flatten()
            .fold(now, Instant::max)
    }
}

impl Pace {
    /// At most so many requests a second.
    pub(super) fn new(most: f64) -> Self {
        Self { inner: Mutex::new(Rate { per_second: most, most, turns: VecDeque::with_capacity(BURST), slowed: None }) }
    }

    /// How long the next request has to wait; its place is taken.
    fn take(&self, now: Instant) -> Duration {
        let mut rate = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let at = rate.next(now);
        if rate.turns.len() >= BURST {
            rate.turns.pop_front();
        }
        rate.turns.push_back(at);
        at - now
    }

    /// How long a request would have to wait now.
    fn busy(&self, now: Instant) -> Duration {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).next(now) - now
    }

    /// Waits for the next request's turn.
    pub(super) async fn turn(&self) {
        let wait = self.take(Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Waits until a request would not have to wait, and takes no turn: what is less urgent lets others go first.
    pub(super) async fn idle(&self) {
        loop {
            let wait = self.busy(Instant::now());
            if wait.is_zero() {
                return;
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// AWS throttles: half as fast.
    pub(super) fn slower(&self, now: Instant) {
        let mut rate = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if rate.slowed.is_some_and(|slowed| now.saturating_duration_since(slowed) < SETTLES) {
            return;
        }
        rate.slowed = Some(now);
        rate.per_second = (rate.per_second / 2.0).max(LEAST);
        rate.turns.clear();
    }

    /// A request went well: a little faster.
    pub(super) fn faster(&self) {
        let mut rate = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        rate.per_second = (rate.per_second + 0.1).min(rate.most);
    }
}

/// How many queries run at once.
#[derive(Debug)]
pub(super) struct Slots {
    inner: Mutex<Taken>,
    freed: Notify,
}

#[derive(Clone, Copy, Debug)]
struct Taken {
    running: usize,
    limit: usize,
    most: usize,
    well: usize,
}

/// A slot, given back on drop.
pub(super) struct Slot<'a>(&'a Slots);

impl Slots {
    pub(super) fn new(most: usize) -> Self {
        Self { inner: Mutex::new(Taken { running: 0, limit: most, most, well: 0 }), freed: Notify::new() }
    }

    fn try_take(&self) -> bool {
        let mut taken = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let free = taken.running < taken.limit;
        taken.running += usize::from(free);
        free
    }

    /// Waits until a query may run.
    pub(super) async fn take(&self) -> Slot<'_> {
        loop {
            let freed = self.freed.notified();
            if self.try_take() {
                return Slot(self);
            }
            freed.await;
        }
    }

    /// How many run.
    pub(super) fn running(&self) -> usize {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).running
    }

    /// All slots of the account are taken: half as many for us.
    pub(super) fn fewer(&self) {
        let mut taken = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        taken.limit = (taken.limit / 2).max(1);
        taken.well = 0;
    }

    /// A query was taken: after some, one more at once.
    pub(super) fn more(&self) {
        let mut taken = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        taken.well += 1;
        if taken.well >= 5 && taken.limit < taken.most {
            taken.limit += 1;
            taken.well = 0;
            self.freed.notify_one();
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner).running -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_go_at_once_and_the_next_when_their_second_is_over() {
        let (pace, start) = (Pace::new(10.0), Instant::now());
        let at = |millis| start + Duration::from_millis(millis);
        // Nine at once and one after half a second; then the second of the first nine is over before that of the tenth.
        let waits = |count: usize, now: Instant| (0..count).map(|_| pace.take(now).as_millis()).collect::<Vec<_>>();
        assert_eq!(waits(9, at(0)), [0; 9]);
        assert_eq!(waits(3, at(500)), [0, 500, 500]);
        assert_eq!(pace.busy(at(600)).as_millis(), 400);
        assert_eq!(pace.busy(at(1_000)).as_millis(), 0);
        assert_eq!(waits(8, at(1_000)), [0, 0, 0, 0, 0, 0, 0, 500]);
    }

    #[test]
    fn throttled_requests_are_spaced_and_slow_down_once_for_what_was_under_way() {
        let (pace, start) = (Pace::new(10.0), Instant::now());
        let later = start + Duration::from_secs(5);
        pace.slower(later);
        pace.slower(later + Duration::from_millis(900));
        // 5 a second: the first a fifth of a second after the refusal.
        assert_eq!([pace.take(later).as_millis(), pace.take(later).as_millis()], [200, 400]);
        for second in 10..30 {
            pace.slower(start + Duration::from_secs(second));
        }
        assert!((pace.inner.lock().unwrap().per_second - LEAST).abs() < 1e-9);
        (0..200).for_each(|_| pace.faster());
        assert!((pace.inner.lock().unwrap().per_second - 10.0).abs() < 1e-9);
    }

    #[test]
    fn slots_halve_and_come_back_one_by_one() {
        let slots = Slots::new(4);
        let taken: Vec<bool> = (0..5).map(|_| slots.try_take()).collect();
        assert_eq!(taken, [true, true, true, true, false]);
        slots.fewer();
        drop([Slot(&slots), Slot(&slots)]);
        assert!(!slots.try_take(), "two run, two are allowed");
        (0..5).for_each(|_| slots.more());
        assert!(slots.try_take() && !slots.try_take());
        (0..3).for_each(|_| slots.fewer());
        assert_eq!(slots.inner.lock().unwrap().limit, 1);
    }
}
