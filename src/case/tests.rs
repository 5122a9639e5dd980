//! Tests of the case as a whole.
