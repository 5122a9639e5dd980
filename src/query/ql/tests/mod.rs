//! Queries as people write them, as they should not, and as nobody would.

mod examples;
mod expressions;
mod lexing;
mod mistakes;
mod round_trip;
mod rules;

use super::ast::Query;
use super::{Span, parse};

/// The tree without places, as text.
fn shape(query: &Query) -> String {
    let lines = format!("{query:#?}");
    let is_place = |line: &str| ["span:", "word_span:", "name_span:"].iter().any(|name| line.trim_start().starts_with(name));
    lines.lines().filter(|line| !is_place(line)).collect::<Vec<_>>().join("\n")
}

/// A query without the marks, and the place between them.
fn marked(text: &str) -> (String, Span) {
    let start = text.find('«').expect("a mark");
    let end = text.find('»').expect("a mark") - '«'.len_utf8();
    (text.replace(['«', '»'], ""), Span::new(start, end))
}

#[track_caller]
fn parsed(text: &str) -> Query {
    match parse(text) {
        Ok(query) => query,
        Err(error) => panic!("{}", error.render(text)),
    }
}

/// In a thread whose stack is as small as that of any worker.
fn in_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(test).expect("a thread").join().expect("no panic, no overflow");
}
