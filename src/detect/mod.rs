//! Rules to signals to leads.

mod sigma;
