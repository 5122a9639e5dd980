//! Logs Insights QL and SQL on a case.
//!
//! - [`ql`], [`sql`]: text to syntax tree, what is wrong with it and where.
//! - [`value`], [`compare`], [`functions`], [`aggregate`], [`pattern`]: what values are, how they compare, and what every function,
//!   aggregate and pattern means. They do not know how a query is written or where its events are kept.
//! - [`run`]: a query of either language answered from a case, by one engine.

pub mod aggregate;
pub mod compare;
pub mod functions;
pub mod lookup;
pub mod numeric;
mod patient;
pub mod pattern;
pub mod period;
pub mod ql;
pub mod run;
pub mod sql;
pub mod value;
