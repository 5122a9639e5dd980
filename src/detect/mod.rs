//! Rules to signals to leads (docs/RULES.md says how rules are written).
//!
//! ```text
//! files ─ load ─> RuleSet ─ plan ─┐
//! events ─ select ─> memory (state/, by rule and group) ─ fire ─> drafts ─ signal ─> signals ─> leads
//!                └─ late rules wait for facts of the whole case ─┘      └─ feed rules that name them
//! ```
//!
//! Selecting is stateless: a rule's condition is asked of an event with more and more of it known, kind of call, columns, exchange,
//! record, and stops as soon as the answer is certain ([`select`], [`view`]). What is selected is remembered by rule and group in forms
//! that do not depend on the order of arrival, and what fires is a pure function of them ([`state`]): so late events are no special
//! case. [`sigma`] is the one module that names the library which parses rules and compares values; windows and baselines are ours,
//! because its own take time with the square of a window's events.
//!
//! No drawing, no AWS, no async. [`Detector`] only reads a case; [`follow`] keeps what it finds.

mod amounts;
mod block;
mod check;
mod coarse;
mod compare;
mod counted;
mod detector;
mod entity;
mod facts;
mod follow;
mod frameworks;
mod kinds;
mod leads;
mod lists;
mod load;
mod lookup;
mod memory;
mod place;
mod plan;
mod rule;
mod select;
mod sigma;
mod signal;
mod skew;
mod state;
mod told;
mod view;
mod wordlist;
mod words;

#[cfg(test)]
mod tests;

pub use counted::{Counted, learnt_from_counts};
pub use detector::{Detector, Findings};
pub use follow::{Follower, Pace, following, keep};
pub use leads::{LeadRules, leads, window_words};
pub use lists::Lists;
pub use load::{RuleInfo, RuleSet, Sources};
pub use rule::Problem;

/// The name that is nearest to one that nobody knows.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let likeness = |other: &str| strsim::jaro_winkler(name, other);
    let best = known.map(|other| (likeness(other), other)).max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 > 0.8).then_some(best.1)
}
