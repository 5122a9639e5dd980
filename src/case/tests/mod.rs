//! Tests of the case as a whole, through its public face.

mod evidence;
mod fixture;
mod lifetime;
mod scopes;
