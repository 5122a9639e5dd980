//! Logs Insights QL on a case: what values are, how they compare, and what every function, aggregate and pattern means.
//!
//! Nothing here knows how a query is written or where its events are kept.

pub mod aggregate;
pub mod compare;
pub mod functions;
pub mod numeric;
pub mod pattern;
pub mod period;
pub mod value;
