//! Joins: what no single event says, put together from many.

pub mod controls;
