//! Reads any text as a query in SQL, also behind words that make more of it one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use outcrop::query::sql::{check, groups, notes, parse};

fuzz_target!(|text: &str| {
    for text in [text.to_owned(), format!("SELECT {text}"), format!("SELECT a FROM b WHERE {text}")] {
        match parse(&text) {
            Ok(query) => {
                let _ = (check(&query), notes(&query));
            }
            Err(error) => {
                assert!(error.span.end <= text.len());
                drop(error.render(&text));
            }
        }
    }
    let _ = groups(text, outcrop::query::ql::Span::default());
});
