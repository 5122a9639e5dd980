//! Events over time, as bars.

use super::commit::is_denied;
use crate::model::{EventRef, Timestamp};

/// One bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// Events, by `Strand as usize`.
    pub by_strand: [u32; 6],
    /// … of which denied.
    pub denied: u32,
}

impl Bin {
    /// Events of all strands.
    pub fn events(&self) -> u32 {
        self.by_strand.iter().sum()
    }
}

/// Counts a sorted list in equal parts of `since..until`; events outside, and those without a time, are left out.
/// A range of no length gives empty bars.
pub fn histogram(refs: &[EventRef], since: Timestamp, until: Timestamp, bins: usize) -> Vec<Bin> {
    let mut bars = vec![Bin::default(); bins];
    let (start, end) = (since.as_millis(), until.as_millis());
    let width = i128::from(end) - i128::from(start);
    if width <= 0 {
        return bars;
    }
    let from = refs.partition_point(|event| event.millis < start);
    let mut rest = refs.get(from..).unwrap_or_default();
    for (number, bar) in bars.iter_mut().enumerate() {
        // Rounded the same way for the end of one bar and the start of the next: each time has one bar, none is lost.
        let edge = i128::from(start) + (width * (number as i128 + 1)).div_euclid(bins as i128);
        let (here, after) = rest.split_at(rest.partition_point(|event| i128::from(event.millis) < edge));
        for event in here.iter().filter(|event| event.millis != 0) {
            if let Some(count) = bar.by_strand.get_mut(event.strand() as usize) {
                *count += 1;
            }
            bar.denied += u32::from(is_denied(*event));
        }
        rest = after;
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EventId, Outcome, Strand};

    #[test]
    fn every_event_in_one_bar() {
        let at = |millis| Timestamp::from_millis(millis);
        let event = |millis, strand, outcome| EventRef::new(Some(at(millis)), EventId(1), strand, outcome, false);
        let refs = [
            event(9, Strand::Data, Outcome::Ok),
            event(10, Strand::Data, Outcome::Denied),
            event(13, Strand::Invocation, Outcome::Ok),
            event(14, Strand::Data, Outcome::Error),
            event(19, Strand::Data, Outcome::Ok),
            event(20, Strand::Data, Outcome::Ok),
        ];
        // 10..20 in three bars: 10 11 12 | 13 14 15 | 16 17 18 19
        let bars = histogram(&refs, at(10), at(20), 3);
        assert_eq!(bars.iter().map(|bar| (bar.events(), bar.denied)).collect::<Vec<_>>(), [(1, 1), (2, 0), (1, 0)]);
        assert_eq!(bars[1].by_strand, [0, 1, 1, 0, 0, 0]);
        assert_eq!(histogram(&refs, at(10), at(10), 2), [Bin::default(); 2]);
        assert!(histogram(&refs, at(10), at(20), 0).is_empty());
        assert_eq!(histogram(&refs, at(i64::MIN), at(i64::MAX), 1)[0].events(), 6);
        let untimed = EventRef::new(None, EventId(1), Strand::Data, Outcome::Ok, false);
        assert_eq!(histogram(&[untimed], at(-5), at(5), 1), [Bin::default()]);
    }
}
