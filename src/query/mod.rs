//!
//! Nothing here knows how a query is written or where its events are kept.

pub mod compare;
pub mod functions;
pub mod numeric;
pub mod period;
pub mod value;
