//! How fast we ask, and how much at once: both give way to throttling, and come back when all is well.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Requests a second of one kind, evenly spaced.
#[derive(Debug)]
pub(super) struct Pace {
    inner: Mutex<Rate>,
}

#[derive(Clone, Copy, Debug)]
struct Rate {
    per_second: f64,
    most: f64,
    /// The next request may go at this time.
    next: Option<Instant>,
    slowed: Option<Instant>,
}

/// However AWS throttles, we ask so often.
const LEAST: f64 = 0.5;
/// Answers to requests that were under way when we slowed down do not slow us down again.
const SETTLES: Duration = Duration::from_secs(1);

impl Pace {
    /// At most so many requests a second.
    pub(super) fn new(most: f64) -> Self {
        Self { inner: Mutex::new(Rate { per_second: most, most, next: None, slowed: None }) }
    }

    /// How long the next request has to wait; its place is taken.
    fn take(&self, now: Instant) -> Duration {
        let mut rate = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let at = rate.next.filter(|next| *next > now).unwrap_or(now);
        rate.next = Some(at + Duration::from_secs_f64(1.0 / rate.per_second));
        at - now
    }

    /// Waits for the next request's turn.
    pub(super) async fn turn(&self) {
        let wait = self.take(Instant::now());
        if !wait.is_zero() {
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
        rate.next = Some(now + Duration::from_secs_f64(1.0 / rate.per_second));
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
    fn requests_are_spaced_and_slow_down_once_for_what_was_under_way() {
        let (pace, start) = (Pace::new(10.0), Instant::now());
        let waits: Vec<u128> = (0..3).map(|_| pace.take(start).as_millis()).collect();
        assert_eq!(waits, [0, 100, 200]);
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
