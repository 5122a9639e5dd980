//! What belongs together across strands, read from a case when somebody asks.

pub mod spans;
