//! A lenient JSON reader: the shape of a document as a flat tape over its bytes.
//!
//! Why not a JSON value type of a library: these logs legally hold lone surrogate escapes (`"\ud800"`), which every
//! such type refuses, so that an attacker could make a record vanish by prompting one (STORAGE, "What follows" 4);
//! evidence is cut off in the middle and must be shown as far as it goes; the screen needs positions for folding; and
//! building a tree of strings costs four times the parse. So: one pass, no recursion, no copy, nothing refused.
//!
//! What it accepts beyond RFC 8259: invalid UTF-8, raw control characters in strings, unknown escapes, `NaN` and
//! `Infinity`, duplicate keys (all kept), and a document that ends early: everything before the damage is readable and
//! [`Tape::problem`] says where and what.

mod marks;
mod parse;
mod survey;
mod text;
mod value;

pub(super) use marks::quote_or_backslash;
pub use parse::{End, Kind, Problem, Tape};
pub use survey::Survey;
pub use text::unescape;
pub use value::{Key, Value};

#[cfg(test)]
mod tests;
