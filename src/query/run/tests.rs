//! Running queries.
