//! The ordinary week: what happens whether or not somebody attacks. Its amount follows [`Options::events`](super::Options).

mod calls;
mod errands;

pub(super) use calls::{articles, inference_region, support_answer, tool_call, tool_result};

use super::calendar::{Rhythm, Week};
use super::draw::Draw;
use super::slot::Slot;
use crate::model::Timestamp;

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activity {
    Assistant,
    AssistantEurope,
    Notebook,
    NotebookWest,
    Embedding,
    OrderAgent,
    Pipeline,
    PipelineWest,
    Review,
    Objects,
    Tokens,
    Keys,
    Permissions,
    Console,
    Scanner,
    Operations,
    Retrieval,
    Laptops,
    CommandLine,
}

use Activity as A;

/// Each kind of work with its share of all events, in ten thousandths, and when it happens.
const WORK: [(Activity, u64, Rhythm); 19] = [
    (A::Assistant, 1500, Rhythm::Customers),
    (A::AssistantEurope, 700, Rhythm::Customers),
    (A::Notebook, 500, Rhythm::Office),
    (A::NotebookWest, 150, Rhythm::West),
    (A::Embedding, 900, Rhythm::Clock),
    (A::OrderAgent, 350, Rhythm::Office),
    (A::Pipeline, 350, Rhythm::Office),
    (A::PipelineWest, 200, Rhythm::West),
    (A::Review, 350, Rhythm::Office),
    (A::Objects, 1900, Rhythm::Customers),
    (A::Tokens, 700, Rhythm::Customers),
    (A::Keys, 700, Rhythm::Customers),
    (A::Permissions, 350, Rhythm::Office),
    (A::Console, 250, Rhythm::Office),
    (A::Scanner, 300, Rhythm::Night),
    (A::Operations, 250, Rhythm::Office),
    (A::Retrieval, 150, Rhythm::Customers),
    (A::Laptops, 250, Rhythm::Office),
    (A::CommandLine, 150, Rhythm::Office),
];

impl Activity {
    /// A model call makes two events, the CloudTrail event and the invocation record; so does a command with its echo.
    fn events(self) -> u64 {
        if self.is_call() || self == A::CommandLine { 2 } else { 1 }
    }

    fn is_call(self) -> bool {
        matches!(
            self,
            A::Assistant
                | A::AssistantEurope
                | A::Notebook
                | A::NotebookWest
                | A::Embedding
                | A::OrderAgent
                | A::Pipeline
                | A::PipelineWest
                | A::Review
        )
    }

    /// Longest conversation.
    fn turns(self) -> u32 {
        match self {
            A::Assistant | A::AssistantEurope => 6,
            A::OrderAgent => 7,
            A::Notebook | A::NotebookWest => 4,
            _ => 1,
        }
    }
}

/// One thing to be done at a time. A conversation's turns share a seed, from which its history is told again.
#[derive(Clone, Copy, Debug)]
struct Errand {
    at: Timestamp,
    activity: Activity,
    seed: u64,
    turn: u32,
}

/// How many background events the slot holds: arithmetic only.
pub(super) fn planned(total: u64, week: Week, slot: u64) -> u64 {
    WORK.iter().map(|work| units(work, total, week, slot) * work.0.events()).sum()
}

fn units((activity, share, rhythm): &(Activity, u64, Rhythm), total: u64, week: Week, slot: u64) -> u64 {
    rhythm.quota(total * share / 10_000 / activity.events(), u64::from(activity.turns()), slot, week.slots_an_hour)
}

/// Writes the slot's share of the week, in the order of time.
pub(super) fn write(total: u64, seed: u64, week: Week, number: u64, slot: &mut Slot) {
    let mut errands = Vec::with_capacity(planned(total, week, number) as usize);
    for (index, work) in WORK.iter().enumerate() {
        let mut draw = Draw::labelled("slot", index);
        // Mixed rather than added, so that neighbouring seeds do not share slots.
        let mut draw = Draw::new(draw.seed() ^ seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        schedule(work.0, units(work, total, week, number), week.bounds(number), &mut draw, &mut errands);
    }
    errands.sort_by_key(|errand| errand.at);
    for errand in &errands {
        if errand.activity.is_call() {
            calls::write(errand.activity, errand.at, errand.seed, errand.turn, slot);
        } else {
            errands::write(errand.activity, errand.at, &mut Draw::new(errand.seed), slot);
        }
    }
}

fn schedule(activity: Activity, mut left: u64, (start, end): (i64, i64), draw: &mut Draw, errands: &mut Vec<Errand>) {
    while left > 0 {
        let longest = activity.turns().min(u32::try_from(left).unwrap_or(u32::MAX));
        let turns = 1 + draw.below(longest);
        let room = (end - start).max(1);
        let first = start + i64::from(draw.below(u32::try_from(room).unwrap_or(u32::MAX)));
        // Turns follow each other within the slot, closer together when it is about to end.
        let pause = i64::from(draw.between(14_000, 70_000)).min((end - 1 - first) / i64::from(turns));
        let seed = draw.seed();
        for turn in 0..turns {
            errands.push(Errand { at: Timestamp::from_millis(first + pause * i64::from(turn)), activity, seed, turn });
        }
        left -= u64::from(turns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_make_a_whole() {
        assert_eq!(WORK.iter().map(|(_, share, _)| share).sum::<u64>(), 10_000);
    }

    #[test]
    fn the_week_holds_what_was_asked_for() {
        for total in [5_000_u64, 199_000, 1_000_000, 30_000_000] {
            let week = Week::for_events(total);
            let sum: u64 = (0..week.slots()).map(|slot| planned(total, week, slot)).sum();
            assert!(total - sum <= 36, "{total}: {sum}");
            let busiest = (0..week.slots()).map(|slot| planned(total, week, slot)).max().unwrap();
            assert!(busiest < 4_500, "{total}: {busiest} events in one slot");
        }
    }
}
