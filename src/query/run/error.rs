//! Why a query could not be answered.

use std::fmt;

use crate::case::CaseError;
use crate::query::ql::QueryError;

/// Why a query could not be answered.
#[derive(Debug)]
pub enum RunError {
    /// The query itself: it has a place.
    Query(QueryError),
    /// The case could not be read, or the query was cancelled.
    Case(CaseError),
    /// The answer would be larger than this program holds.
    TooLarge(String),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Query(error) => write!(f, "{error}"),
            Self::Case(error) => write!(f, "{error}"),
            Self::TooLarge(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for RunError {}

impl From<QueryError> for RunError {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl From<CaseError> for RunError {
    fn from(error: CaseError) -> Self {
        Self::Case(error)
    }
}
