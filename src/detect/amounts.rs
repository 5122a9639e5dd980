//! Between which of the rules' numbers the amounts of an exchange lie: what lies alike is judged alike, so that numbers are compared
//! once for very many exchanges.

use super::place::Stored;
use super::view::View;

/// Numbers of all rules that one amount is compared with, at most; other comparisons are made for each exchange.
const MOST: usize = 60;

/// The numbers that rules compare amounts with, sorted, by the place of the amount in [`Stored::AMOUNTS`].
#[derive(Default)]
pub(super) struct Amounts {
    limits: [Vec<f64>; Stored::AMOUNTS.len()],
}

/// Where the amounts lie: nowhere, where there is none; else the places between the limits, and the limits themselves, in order.
pub(super) type Lies = [u8; Stored::AMOUNTS.len()];

impl Amounts {
    /// Adds the numbers that an amount is compared with; says whether there was room for them.
    pub(super) fn add(&mut self, stored: Stored, numbers: &[f64]) -> bool {
        let place = Stored::AMOUNTS.iter().position(|amount| *amount == stored);
        let Some(limits) = place.and_then(|place| self.limits.get_mut(place)) else { return false };
        let mut all: Vec<f64> = limits.iter().chain(numbers).copied().collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        let has_room = all.len() <= MOST;
        if has_room {
            *limits = all;
        }
        has_room
    }

    /// Where the amounts of an exchange lie.
    pub(super) fn of(&self, view: &View<'_>) -> Lies {
        let mut lies = Lies::default();
        for ((lies, stored), limits) in lies.iter_mut().zip(Stored::AMOUNTS).zip(&self.limits) {
            *lies = view.amount(stored).map_or(0, |amount| lie(limits, amount as f64));
        }
        lies
    }
}

fn lie(limits: &[f64], amount: f64) -> u8 {
    let below = limits.partition_point(|limit| *limit < amount);
    let is_limit = limits.get(below).is_some_and(|limit| *limit <= amount);
    (1 + 2 * below + usize::from(is_limit)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_limits_and_on_them_are_places_of_their_own() {
        let limits = [10.0, 20.0];
        assert_eq!([0.0, 9.0, 10.0, 11.0, 19.9, 20.0, 21.0, 1e18].map(|amount| lie(&limits, amount)), [1, 1, 2, 3, 3, 4, 5, 5]);
        assert_eq!(lie(&[], 5.0), 1);
    }

    #[test]
    fn there_is_an_end_to_the_limits() {
        let mut amounts = Amounts::default();
        let many: Vec<f64> = (0..MOST).map(|number| number as f64).collect();
        assert!(amounts.add(Stored::TokensIn, &many) && amounts.add(Stored::TokensIn, &[3.0]));
        assert!(!amounts.add(Stored::TokensIn, &[-1.0]) && amounts.add(Stored::TokensOut, &[-1.0]));
        assert!(!amounts.add(Stored::Family, &[]), "no amount");
        assert_eq!(lie(&amounts.limits[0], 1e9), 2 * MOST as u8 + 1);
    }
}
