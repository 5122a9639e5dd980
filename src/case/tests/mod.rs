//! Tests of the case as a whole, through its public face.

mod columns;
mod evidence;
mod fixture;
mod following;
mod lifetime;
mod said;
mod scopes;
