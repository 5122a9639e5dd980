//! Questions in words of a query language: what may be asked, how it is read, and how it is said again.
//!
//! This room knows languages, not where the answer comes from.

pub mod ql;
