//! CloudWatch Logs Insights: the only room that names the AWS SDK, and it can only read.
//!
//! [`ReadAction`] is the one list of API actions outcrop may send. [`client`] puts a guard in front of every request that
//! refuses anything else before it is signed, so a mistake elsewhere cannot change anything at AWS. What is built on the
//! client (discovery, estimates, fetching, following) is in the files beside this one as it arrives.

mod actions;
mod client;

pub use actions::ReadAction;
pub use client::{ReadOnly, client};
