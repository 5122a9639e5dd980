//! Rules to signals to leads.
