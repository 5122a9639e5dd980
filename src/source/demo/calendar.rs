//! The week of the demo: five working days, the rhythm of each kind of work, and how many events an hour gets.

use crate::model::Timestamp;

/// Monday 2026-11-09T00:00:00Z. The week does not depend on the options: only the crowd in it does.
pub(super) const START: i64 = 1_794_182_400_000;
/// Monday to Friday.
pub(super) const DAYS: u32 = 5;
const HOUR: i64 = 3_600_000;

/// An instant of the week: day 0 is Monday the 9th.
pub(super) const fn moment(day: i64, hour: i64, minute: i64, second: i64, milli: i64) -> Timestamp {
    Timestamp::from_millis(START + ((day * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + milli)
}

/// When a kind of work happens, in UTC: weight by hour of the day.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rhythm {
    /// Two offices, Europe first, then the American east.
    Office,
    /// Shoppers: awake longer, never all asleep.
    Customers,
    /// Work on a timer.
    Clock,
    /// The American west only. Nothing at night, and the blind window of the leaked-key story lies in that night.
    West,
    /// Nightly jobs.
    Night,
}

impl Rhythm {
    fn weights(self) -> &'static [u32; 24] {
        match self {
            Self::Office => &[4, 2, 1, 1, 1, 3, 12, 40, 72, 90, 96, 88, 70, 90, 100, 100, 92, 78, 58, 44, 34, 24, 12, 6],
            Self::Customers => &[30, 24, 20, 18, 18, 22, 30, 44, 58, 70, 76, 80, 86, 90, 94, 98, 100, 100, 96, 92, 84, 70, 54, 40],
            Self::Clock => &[60, 90, 100, 90, 80, 60, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 60, 60],
            Self::West => &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 40, 70, 90, 100, 100, 90, 80, 40, 0],
            Self::Night => &[0, 10, 100, 40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        }
    }

    /// The weight of all slots before this one.
    fn before(self, slot: u64, slots_an_hour: u64) -> u64 {
        let day: u64 = self.weights().iter().map(|w| u64::from(*w)).sum();
        let hours = slot / slots_an_hour;
        let whole: u64 = (hours / 24) * day + self.weights().iter().take((hours % 24) as usize).map(|w| u64::from(*w)).sum::<u64>();
        let current = self.weights().get((hours % 24) as usize).copied().unwrap_or(0);
        whole * slots_an_hour + u64::from(current) * (slot % slots_an_hour)
    }

    /// How many of `total` fall into the slot: whole grains, and what is left over in the last slot that has any weight.
    /// Over the week they add up to `total` exactly. The grain keeps a conversation from being cut up by small quotas.
    pub(super) fn quota(self, total: u64, grain: u64, slot: u64, slots_an_hour: u64) -> u64 {
        let all = self.before(u64::from(DAYS) * 24 * slots_an_hour, slots_an_hour).max(1);
        let upto = |slot| {
            let weight = self.before(slot, slots_an_hour);
            let share = (u128::from(total) * u128::from(weight) / u128::from(all)) as u64;
            if weight >= all { total } else { share - share % grain.max(1) }
        };
        upto(slot + 1).saturating_sub(upto(slot))
    }
}

/// The week cut into slots: an hour or a part of one. What is written of a slot is all that is in memory at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Week {
    pub(super) slots_an_hour: u64,
}

impl Week {
    /// Slots short enough that a busy one holds a few thousand events.
    pub(super) fn for_events(events: u64) -> Self {
        let wanted = events / 100_000;
        let slots_an_hour = [1, 2, 4, 6, 12, 30, 60, 180, 720].into_iter().find(|slots| *slots >= wanted).unwrap_or(3600);
        Self { slots_an_hour }
    }

    pub(super) fn slots(self) -> u64 {
        u64::from(DAYS) * 24 * self.slots_an_hour
    }

    fn slot_millis(self) -> i64 {
        HOUR / self.slots_an_hour as i64
    }

    /// First instant of the slot, and the first after it.
    pub(super) fn bounds(self, slot: u64) -> (i64, i64) {
        let start = START + slot as i64 * self.slot_millis();
        (start, start + self.slot_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!(moment(0, 0, 0, 0, 0).to_string(), "2026-11-09T00:00:00.000Z");
        assert_eq!(moment(2, 2, 14, 7, 31).to_string(), "2026-11-11T02:14:07.031Z");
    }

    #[test]
    fn quotas_add_up() {
        for rhythm in [Rhythm::Office, Rhythm::Customers, Rhythm::Clock, Rhythm::West, Rhythm::Night] {
            for (total, events) in [(0, 1), (1, 1), (997, 6_000), (123_457, 1_000_000)] {
                let week = Week::for_events(events);
                let sum: u64 = (0..week.slots()).map(|slot| rhythm.quota(total, 5, slot, week.slots_an_hour)).sum();
                assert_eq!(sum, total, "{rhythm:?}");
            }
        }
        assert!((0..14).all(|hour| Rhythm::West.quota(1_000_000, 1, hour, 1) == 0));
    }
}
