//! CloudWatch Logs Insights: the only room that names the AWS SDK, and it can only read.
//!
//! [`ReadAction`] is the one list of API actions outcrop may send; a guard in front of every request refuses anything else before it
//! is signed, so a mistake elsewhere cannot change anything at AWS.
//!
//! - `session`: what others use, [`Aws`]: sites connected, questions asked of all of them; `merge`: their rows as one answer.
//! - `link`: one site: every request goes through it. `pace`: how fast and how much at once. `query`: one query from start to end.
//! - `fault`: what can go wrong and what to do; `classify`: how it is told from the SDK's errors.
//! - `bodies` (feature `s3-bodies`): bodies in S3 that a record names.
//! - `groups`: which log groups there are and what they hold. `rows`: rows of results.

mod actions;
#[cfg(feature = "s3-bodies")]
mod bodies;
mod bundle;
mod classify;
mod client;
mod doctor;
mod fault;
mod fetch;
mod groups;
mod into_case;
mod link;
mod merge;
mod pace;
mod plan;
mod planning;
mod query;
mod rows;
mod session;
#[cfg(test)]
mod tests;

pub use actions::ReadAction;
#[cfg(feature = "s3-bodies")]
pub use bodies::NamedBody;
pub use client::ReadOnly;
pub use doctor::{Allowed, Checkup, Finding, Identity, NEEDED, Weight, examine, policy};
pub use fault::{AwsError, Fault};
pub use fetch::{BEYOND_BUDGET, FetchOutcome, FetchProgress, Seen};
pub use groups::{FoundGroup, Look, named};
pub use into_case::fetch_into;
pub use link::SiteState;
pub use merge::AwsAnswer;
pub use planning::{FetchPlan, PlannedGroup, Wanted, mentions};
pub use query::AwsLanguage;
pub use rows::ResultRow;
pub use session::{Asking, Aws, Question};
