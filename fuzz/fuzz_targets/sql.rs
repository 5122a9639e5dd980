//! Reads any text as a query in SQL, also behind words that make more of it one; what was read is printed and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use outcrop::query::sql::{MOST_CHARACTERS, check, groups, notes, parse};

fuzz_target!(|text: &str| {
    for text in [text.to_owned(), format!("SELECT {text}"), format!("SELECT a FROM b WHERE {text}")] {
        match parse(&text) {
            Ok(query) => {
                let _ = (check(&query), notes(&query));
                let printed = query.to_string();
                // Long forms may be spelled out.
                if printed.chars().count() <= MOST_CHARACTERS {
                    assert_eq!(parse(&printed).expect("what is printed is a query"), query);
                }
            }
            Err(error) => {
                assert!(error.span.end <= text.len());
                drop(error.render(&text));
            }
        }
    }
    let _ = groups(text, outcrop::query::ql::Span::default());
});
