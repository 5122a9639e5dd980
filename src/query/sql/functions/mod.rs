//! The functions of SQL, a table each group, with Spark's names and meaning: what the page on supported commands and functions
//! names for CloudWatch Logs.
//!
//! As in QL a function never fails: what it cannot make sense of gives a missing value (`NULL`), and what it makes is bounded. A
//! function with a missing argument is missing, save for those whose business that is. Positions count from 1.

mod encodings;
mod general;
mod json;
mod lists;
mod numbers;
mod patterns;
mod strings;
pub mod time;

use super::super::functions::Function;

pub use patterns::like;

/// All that look at one row.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    [
        strings::FUNCTIONS,
        patterns::FUNCTIONS,
        encodings::FUNCTIONS,
        numbers::FUNCTIONS,
        time::FUNCTIONS,
        general::FUNCTIONS,
        json::FUNCTIONS,
        lists::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// The function of that name, in any case.
pub fn function(name: &str) -> Option<&'static Function> {
    functions().find(|function| function.name.eq_ignore_ascii_case(name))
}

/// What ranks rows, or looks at their neighbours: only with `OVER`.
pub const RANKS: &[(&str, &str)] = &[
    ("row_number", "the number of the row in its window"),
    ("rank", "its rank; rows that are alike share one, and the next is missing"),
    ("dense_rank", "its rank, without gaps"),
    ("percent_rank", "its rank from 0 to 1"),
    ("cume_dist", "which part of the rows comes no later"),
    ("ntile", "which of so many equal parts it lies in"),
    ("lag", "the value of an earlier row"),
    ("lead", "the value of a later row"),
    ("first_value", "the value of the first row"),
    ("last_value", "the value of the last row"),
    ("nth_value", "the value of the row of that number"),
];

/// Functions that AWS has and a case has not, and what to do.
pub const ELSEWHERE: &[(&str, &str)] = &[
    ("explode", "a row for each element of a list is `unnest` in Logs Insights QL"),
    ("posexplode", "a row for each element of a list is `unnest` in Logs Insights QL"),
    ("inline", "a row for each element of a list is `unnest` in Logs Insights QL"),
    ("stack", "write UNION ALL"),
    ("json_tuple", "it makes columns, and stands alone in SELECT: SELECT json_tuple(a, 'b', 'c')"),
    ("rand", "a query gives the same answer each time"),
    ("random", "a query gives the same answer each time"),
    ("uuid", "a query gives the same answer each time"),
    ("grouping", "ROLLUP and CUBE are not in this version"),
];

/// Every name that may stand before a bracket.
pub fn names() -> impl Iterator<Item = &'static str> {
    let aggregates = super::super::aggregate::sql::aggregates().map(|kind| kind.name);
    functions().map(|function| function.name).chain(aggregates).chain(RANKS.iter().map(|(name, _)| *name))
}

/// The name that was probably meant.
pub fn nearest(written: &str) -> Option<&'static str> {
    /// What other dialects, and QL, call it.
    const FOREIGN: [(&str, &str); 16] = [
        ("ispresent", "isnotnull"),
        ("strcontains", "contains"),
        ("strlen", "length"),
        ("toupper", "upper"),
        ("tolower", "lower"),
        ("tonumber", "double"),
        ("bin", "date_trunc"),
        ("datefloor", "date_trunc"),
        ("pct", "percentile"),
        ("count_distinct", "approx_count_distinct"),
        ("countdistinct", "approx_count_distinct"),
        ("values", "collect_set"),
        ("jsonparse", "from_json"),
        ("jsonstringify", "to_json"),
        ("frommillis", "timestamp_millis"),
        ("tomillis", "unix_millis"),
    ];
    let written = written.to_lowercase();
    if let Some((_, name)) = FOREIGN.iter().find(|(foreign, _)| *foreign == written) {
        return Some(name);
    }
    let length = written.chars().count();
    if !(2..=32).contains(&length) {
        return None;
    }
    let (name, distance) = names().map(|name| (name, strsim::osa_distance(&written, name))).min_by_key(|(_, distance)| *distance)?;
    (distance <= (length / 2).clamp(1, 3)).then_some(name)
}

/// The arguments, if none is missing.
fn all_there(args: &[super::super::value::Value]) -> Option<()> {
    args.iter().all(|value| !value.is_missing()).then_some(())
}
