//! Rules to signals to leads.

mod block;
mod check;
mod detector;
mod entity;
mod facts;
mod frameworks;
mod leads;
mod lists;
mod load;
mod memory;
mod plan;
mod rule;
mod select;
mod sigma;
mod signal;
mod state;
mod view;
mod words;

pub use detector::{Detector, Findings};
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
