//! Controls over time: what was done to the defences, how they stand, when nobody saw what was done, and who went on
//! without a guardrail.
//!
//! [`controls`] reads it all out of a case; [`in_scope`] is what a scope shows of it; [`state_at`] the states at a moment.
//! A change in one Region says nothing about another. What was refused or failed is listed and moves nothing. The order
//! in which records were read does not matter.

mod actions;
mod blind;
mod exchanges;
mod facts;
mod fold;
mod logging;
mod look;
mod read;
mod state;
mod trail;
mod view;

#[cfg(test)]
mod tests;

pub use actions::{CONTROL_ACTIONS, ControlAction, INVOKE_ACTIONS, control_action, control_scope};
pub use blind::window_scope;
pub use read::{controls, logged, with_exchanges};
pub use state::state_at;
pub use view::{HOURS_AFTER, InScope, Overview, in_scope, overview, scope_after};
