//! Clocks that differ from log to log: what cannot be believed because of them is told.

use crate::model::{EventRef, Strand};
use crate::stitch::echo::Skew;

/// Requests looked at.
const ENOUGH: usize = 2_000;
/// Fewer say nothing.
const FEWEST: usize = 3;
/// Both logs name the beginning of a call, and a call lasts minutes at most.
const USUAL_MS: i64 = 5 * 60 * 1000;

/// What to tell of requests that both logs hold, given by hash and in its order: how far invocation records are from CloudTrail's
/// events, when most agree.
pub(super) fn of_requests(pairs: &[(u64, EventRef)]) -> Option<String> {
    let mut apart: Vec<i64> = Vec::new();
    let step = (pairs.len() / (4 * ENOUGH)).max(1);
    for at in (0..pairs.len()).step_by(step) {
        // The whole group, from its first.
        let Some([one, two]) = pairs.get(at..at + 2) else { break };
        let is_record = |(_, event): &(u64, EventRef)| event.strand() == Strand::Invocation;
        if one.0 != two.0 || is_record(one) == is_record(two) || one.1.millis == 0 || two.1.millis == 0 {
            continue;
        }
        let (record, event) = if is_record(one) { (one, two) } else { (two, one) };
        apart.push(record.1.millis - event.1.millis);
        if apart.len() >= ENOUGH {
            break;
        }
    }
    apart.sort_unstable();
    let middle = *apart.get(apart.len() / 2)?;
    let agreeing = apart.iter().filter(|apart| (**apart - middle).abs() <= USUAL_MS).count();
    if apart.len() < FEWEST || middle.abs() < 2 * USUAL_MS || agreeing * 10 < apart.len() * 8 {
        return None;
    }
    Some(format!(
        "invocation records are {} than CloudTrail's events of the same requests ({agreeing} of {} that were compared): the clock or the time zone \
         of one log is wrong, and what rests on the time between the two logs is not to be believed",
        distance(middle, "later", "earlier"),
        apart.len(),
    ))
}

/// What to tell of a computer.
pub(super) fn of_host(skew: &Skew) -> String {
    format!(
        "the clock of {} seems to be {} of CloudTrail's: {} of {} commands have their events at that distance. Commands without an echo (G10) and \
         the order of what was done there are not to be believed",
        skew.host,
        distance(skew.ahead_ms, "ahead", "behind"),
        skew.agreeing,
        skew.commands,
    )
}

fn distance(millis: i64, over: &str, under: &str) -> String {
    let minutes = (millis.abs() + 30_000) / 60_000;
    let time = match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    };
    format!("{time} {}", if millis > 0 { over } else { under })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EventId, Outcome, Timestamp};

    /// Requests with the times of both sides, in minutes.
    fn told(requests: &[(i64, i64)]) -> Option<String> {
        let event = |id: usize, minute: i64, strand| {
            EventRef::new(Some(Timestamp::from_millis(1_790_000_000_000 + minute * 60_000)), EventId(id as u32), strand, Outcome::Ok, false)
        };
        let pair = |(at, (trail, record)): (usize, &(i64, i64))| {
            [(at as u64, event(2 * at + 1, *trail, Strand::Data)), (at as u64, event(2 * at + 2, *record, Strand::Invocation))]
        };
        of_requests(&requests.iter().enumerate().flat_map(pair).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_far_apart_again_and_again_is_told() {
        let skewed = told(&[(0, 180), (10, 190), (20, 201), (30, 210), (40, 220)]).expect("three hours");
        assert!(skewed.starts_with("invocation records are 3 h later than") && skewed.contains("(5 of 5 that were compared)"), "{skewed}");
        assert!(told(&[(0, -90), (10, -80), (20, -70)]).is_some_and(|told| told.contains(" 1 h 30 min earlier ")));
        for usual in [
            &[(0, 0), (10, 10), (20, 24), (30, 30)][..],
            // Two are no clock, and one among many is an accident.
            &[(0, 180), (10, 190)],
            &[(0, 0), (10, 10), (20, 20), (30, 230), (40, 40)],
            &[(0, 20), (10, 300), (20, 90), (30, 700)],
            &[],
        ] {
            assert_eq!(told(usual), None, "{usual:?}");
        }
    }
}
