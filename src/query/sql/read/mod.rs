//! From text to our own tree, by way of the `sqlparser` library, which nothing outside of this folder names.
//!
//! The library is given tokens whose places are their numbers, so that every node and every error of it tells the tokens it is
//! made of, and from them the bytes. It recurses, and so does dropping what it made: texts and their nesting are bounded first.

mod expr;
mod grouping;
mod statement;
mod tokens;

use sqlparser::dialect::SparkSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::ast::Query;
use crate::query::ql::{QueryError, Span};
use tokens::Tokens;

/// AWS takes no longer queries.
pub const MOST_CHARACTERS: usize = 10_000;
/// Brackets within brackets, as `(((`.
const MOST_NESTING: usize = 24;
/// Signs and words between values: each makes the library's tree one deeper.
const MOST_OPERATORS: usize = 600;

/// Reads a query.
///
/// # Errors
/// At the place where it stops making sense, or where it would do anything but read.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    let length = text.chars().count();
    if length > MOST_CHARACTERS {
        return Err(wrong(Span::default(), format!("{length} characters: AWS takes at most {MOST_CHARACTERS}")));
    }
    let mut tokens = Tokens::of(text)?;
    bounded(&tokens)?;
    only_reading(&tokens)?;
    let dialect = SparkSqlDialect {};
    let statements = Parser::new(&dialect).with_tokens_with_locations(tokens.take()).parse_statements();
    match statements {
        Ok(statements) => statement::read(statements, &tokens),
        Err(error) => Err(refused(&error, &tokens)),
    }
}

/// The text from its first word on.
pub(super) fn without_comments(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        rest = match (rest.strip_prefix("--"), rest.strip_prefix("/*")) {
            (Some(comment), _) => comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start(),
            (_, Some(comment)) => comment.split_once("*/").map_or("", |(_, rest)| rest).trim_start(),
            (None, None) => return rest.trim_start_matches('(').trim_start(),
        };
    }
}

fn wrong(span: Span, message: impl Into<String>) -> QueryError {
    QueryError { span, message: message.into(), expected: Vec::new(), suggestion: None }
}

fn bounded(tokens: &Tokens) -> Result<(), QueryError> {
    let (mut depth, mut operators) = (0_usize, 0_usize);
    for (at, token) in tokens.all().iter().enumerate() {
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            Token::Comma | Token::SemiColon | Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) => {}
            Token::Word(word) if word.quote_style.is_some() || !is_operator(&word.value) => {}
            _ => operators += 1,
        }
        if depth > MOST_NESTING {
            return Err(wrong(tokens.span(at), format!("brackets stand more than {MOST_NESTING} deep here: take some apart")));
        }
        if operators > MOST_OPERATORS {
            return Err(wrong(tokens.span(at), format!("more than {MOST_OPERATORS} operators: use IN (…) for many values")));
        }
    }
    Ok(())
}

fn is_operator(word: &str) -> bool {
    ["and", "or", "not", "div", "is", "like", "case", "when", "union", "except", "intersect", "select", "join"]
        .iter()
        .any(|operator| word.eq_ignore_ascii_case(operator))
}

/// A query begins with `SELECT`, and is one.
fn only_reading(tokens: &Tokens) -> Result<(), QueryError> {
    let all = tokens.all();
    let Some(first) = all.iter().position(|token| token.token != Token::LParen) else {
        return Err(QueryError { expected: vec!["SELECT"], ..wrong(Span::default(), "there is no query") });
    };
    let span = tokens.span(first);
    match all.get(first).map(|token| &token.token) {
        Some(Token::Word(word)) if word.quote_style.is_none() => {
            let upper = word.value.to_ascii_uppercase();
            match upper.as_str() {
                "SELECT" => Ok(()),
                "WITH" => Err(wrong(span, "AWS takes no common table expressions: put the query into FROM, as in FROM (SELECT …) AS name")),
                "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "CREATE" | "DROP" | "ALTER" | "TRUNCATE" | "REPLACE" | "GRANT" | "REVOKE" | "COPY"
                | "LOAD" | "SET" | "USE" | "ATTACH" | "DETACH" | "VACUUM" | "PRAGMA" | "CALL" | "EXECUTE" | "CACHE" | "REFRESH" | "MSCK"
                | "ANALYZE" => {
                    let message = format!("`{upper}` is refused: a query only reads");
                    Err(QueryError { expected: vec!["SELECT"], ..wrong(span, message) })
                }
                "EXPLAIN" | "DESCRIBE" | "DESC" | "SHOW" | "VALUES" | "FROM" | "TABLE" => {
                    let message = format!("AWS takes no `{upper}` as a query");
                    Err(QueryError { expected: vec!["SELECT"], ..wrong(span, message) })
                }
                _ => {
                    let near = strsim::osa_distance(&upper, "SELECT") <= 2;
                    let suggestion = near.then(|| "SELECT".to_owned());
                    Err(QueryError {
                        expected: vec!["SELECT"],
                        suggestion,
                        ..wrong(span, format!("a query in SQL does not begin with `{}`", word.value))
                    })
                }
            }
        }
        _ => Err(QueryError { expected: vec!["SELECT"], ..wrong(span, "a query in SQL does not begin so") }),
    }
}

/// The library's words: `Expected: an expression, found: FROM at Line: 1, Column: 8`; the column is the number of a token.
fn refused(error: &ParserError, tokens: &Tokens) -> QueryError {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
        ParserError::RecursionLimitExceeded => return wrong(Span::default(), "the query is nested too deeply: take it apart"),
    };
    let (what, number) = match text.rsplit_once(" at Line: ") {
        Some((what, place)) => (what, place.rsplit(' ').next().and_then(|number| number.parse::<usize>().ok())),
        None => (text, None),
    };
    let at = number.map_or(tokens.all().len(), |number| number.saturating_sub(1));
    let span = tokens.span(at);
    let found = tokens.all().get(at).map(|token| &token.token);
    // Names with signs of their own are the usual mistake.
    match found {
        Some(Token::AtSign | Token::Placeholder(_)) => return wrong(span, "a name that begins with `@` stands in backticks: `@timestamp`"),
        Some(Token::Pipe) => return wrong(span, "AWS takes no pipes in SQL: what is written with pipes is Logs Insights QL"),
        Some(Token::Minus | Token::Div | Token::Colon) if what.contains("end of statement") || what.contains("table") => {
            return wrong(span, "the name of a log group with other signs than letters and digits stands in backticks: `/aws/group-a`");
        }
        _ => {}
    }
    let message = match what.split_once(", found: ") {
        Some((expected, _)) => {
            let expected = expected.trim_start_matches("Expected: ");
            let found = if span.start >= tokens.text().len() { "the end of the query".to_owned() } else { format!("`{}`", span.of(tokens.text())) };
            format!("{found} cannot stand here, expected {expected}")
        }
        None => what.to_owned(),
    };
    wrong(span, message)
}
