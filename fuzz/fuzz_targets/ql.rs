//! Reads any text as a query in Logs Insights QL; what was read is printed and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use outcrop::query::ql::{check, notes, only_at_aws, parse};

fuzz_target!(|text: &str| {
    match parse(text) {
        Ok(query) => {
            let _ = (check(&query), notes(text, &query), only_at_aws(&query));
            let printed = query.to_string();
            let again = parse(&printed).expect("what is printed is a query");
            assert_eq!(again.to_string(), printed);
        }
        Err(error) => drop(error.render(text)),
    }
});
