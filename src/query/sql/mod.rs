//! SQL as CloudWatch Logs Insights takes it (`OpenSearch` SQL, which is Spark's): text to syntax tree, what is wrong with it
//! and where, and what its functions mean.
//!
//! [`parse`] reads a query; a library does the reading (`read`, the only place that names it) and our own tree ([`ast`]) holds
//! what was read. The tree has no node for anything that writes. [`check`] says what AWS would refuse. Nothing here reads an event.

pub mod ast;
mod check;
pub mod functions;
mod groups;
mod print;
mod read;
mod values;

pub use check::{check, notes};
pub use groups::groups;
pub use read::{MOST_CHARACTERS, parse};
pub use values::{cast, compared, equal, holds, order, truth};

/// Does a text look like SQL rather than Logs Insights QL?
pub fn is_likely(text: &str) -> bool {
    let text = read::without_comments(text);
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    ["select", "with"].iter().any(|first| word.eq_ignore_ascii_case(first))
}

#[cfg(test)]
mod tests;
