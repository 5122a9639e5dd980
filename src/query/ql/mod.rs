//! CloudWatch Logs Insights QL: text to syntax tree and back.
//!
//! [`parse`] reads a query and fails at the place where it stops making sense; [`check`] then says what AWS would refuse,
//! [`notes`] what it would take to mean something else than it seems. Nothing here reads an event.

pub mod ast;
mod check;
mod error;
mod lexer;
mod parser;
mod print;
pub mod table;
mod token;

pub use check::{check, notes, only_at_aws};
pub use error::{Note, QueryError};
pub use lexer::{Lexed, lex};
pub use parser::{MAX_BYTES, MAX_DEPTH, parse};
pub use print::{regex_literal, string_literal};
pub use token::{Span, Token, TokenKind};

#[cfg(test)]
mod tests;
