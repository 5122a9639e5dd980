//! What stands in backticks behind `FROM`: the name of a log group, or
//! `logGroups(logGroupIdentifier: ['a', 'b']) filterIndex('status' = 200) dataSource(['name.type'])`, any of them in any order.

use super::ast::Groups;
use crate::query::ql::{QueryError, Span};
use crate::query::value::Value;

/// AWS takes so many log groups …
const MOST_GROUPS: usize = 50;
/// … and data sources.
const MOST_SOURCES: usize = 10;
const FORMS: [&str; 3] = ["logGroups", "filterIndex", "dataSource"];

/// Reads a name; `span` is its place, with or without the backticks.
///
/// # Errors
/// When it has the form of a selection and cannot be read as one.
pub fn groups(name: &str, span: Span) -> Result<Groups, QueryError> {
    let mut chosen = Groups::default();
    let trimmed = name.trim();
    let is_selection = FORMS.iter().any(|form| {
        let begins = trimmed.get(..form.len()).is_some_and(|word| word.eq_ignore_ascii_case(form));
        begins && trimmed.get(form.len()..).is_some_and(|rest| rest.trim_start().starts_with('('))
    });
    if !is_selection {
        // A name of the catalogue's tables has a point; the last part is the group.
        chosen.names.push(trimmed.to_owned());
        return Ok(chosen);
    }
    let mut reader = Letters { rest: trimmed, span };
    while !reader.rest.trim_start().is_empty() {
        let form = reader.word();
        match FORMS.iter().find(|known| known.eq_ignore_ascii_case(form)) {
            Some(&"logGroups") => {
                reader.sign('(')?;
                let key = reader.word();
                if !key.eq_ignore_ascii_case("logGroupIdentifier") {
                    return Err(reader.wrong(format!("`{key}` cannot stand in `logGroups(…)`"), &["logGroupIdentifier: ['group']"]));
                }
                reader.sign(':')?;
                chosen.names.extend(reader.texts()?);
                reader.sign(')')?;
            }
            Some(&"dataSource") => {
                reader.sign('(')?;
                chosen.sources.extend(reader.texts()?);
                reader.sign(')')?;
            }
            Some(_) => {
                reader.sign('(')?;
                loop {
                    chosen.index.push(reader.condition()?);
                    if !reader.has(',') {
                        break;
                    }
                }
                reader.sign(')')?;
            }
            None => return Err(reader.wrong(format!("`{form}` chooses no events"), &FORMS)),
        }
    }
    if chosen.names.len() > MOST_GROUPS {
        return Err(reader.wrong(format!("at most {MOST_GROUPS} log groups, not {}", chosen.names.len()), &[]));
    }
    if chosen.sources.len() > MOST_SOURCES {
        return Err(reader.wrong(format!("at most {MOST_SOURCES} data sources, not {}", chosen.sources.len()), &[]));
    }
    Ok(chosen)
}

/// Is a name of a group plain enough to be the name of the relation as well?
pub(super) fn is_own_name(name: &str) -> bool {
    name.chars().all(|letter| letter.is_alphanumeric() || "_-/.".contains(letter))
}

struct Letters<'t> {
    rest: &'t str,
    span: Span,
}

impl<'t> Letters<'t> {
    fn wrong(&self, message: impl Into<String>, expected: &[&'static str]) -> QueryError {
        QueryError { span: self.span, message: message.into(), expected: expected.to_vec(), suggestion: None }
    }

    fn word(&mut self) -> &'t str {
        let rest = self.rest.trim_start();
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        let (word, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        self.rest = rest;
        word
    }

    fn has(&mut self, sign: char) -> bool {
        let Some(rest) = self.rest.trim_start().strip_prefix(sign) else { return false };
        self.rest = rest;
        true
    }

    fn sign(&mut self, sign: char) -> Result<(), QueryError> {
        if self.has(sign) {
            return Ok(());
        }
        let found: String = self.rest.trim_start().chars().take(1).collect();
        let found = if found.is_empty() { "the end".to_owned() } else { format!("`{found}`") };
        Err(self.wrong(format!("{found} cannot stand within the backticks here, `{sign}` can"), &[]))
    }

    fn text(&mut self) -> Result<String, QueryError> {
        let rest = self.rest.trim_start();
        let quote = rest.chars().next().filter(|first| matches!(first, '\'' | '"'));
        let found = quote.and_then(|quote| rest.get(1..)?.split_once(quote));
        let Some((text, rest)) = found else { return Err(self.wrong("a text in quotes is missing within the backticks", &["'text'"])) };
        self.rest = rest;
        Ok(text.to_owned())
    }

    fn texts(&mut self) -> Result<Vec<String>, QueryError> {
        self.sign('[')?;
        let mut texts = Vec::new();
        loop {
            texts.push(self.text()?);
            if !self.has(',') {
                break;
            }
        }
        self.sign(']')?;
        Ok(texts)
    }

    fn value(&mut self) -> Result<Value, QueryError> {
        let rest = self.rest.trim_start();
        if rest.starts_with(['\'', '"']) {
            return self.text().map(Value::text);
        }
        let end = rest.find([',', ')', ']']).unwrap_or(rest.len());
        let (number, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let number = number.trim();
        let value = Value::of_json_number(number);
        if value.numeric().is_none() {
            return Err(self.wrong(format!("`{number}` is neither a number nor a text in quotes"), &[]));
        }
        self.rest = rest;
        Ok(value)
    }

    /// `'region' = 'us-east-1'`, `'region' IN ['a', 'b']`
    fn condition(&mut self) -> Result<(String, Vec<Value>), QueryError> {
        let field = self.text()?;
        if self.has('=') {
            return Ok((field, vec![self.value()?]));
        }
        if !self.word().eq_ignore_ascii_case("in") {
            return Err(self.wrong("`filterIndex` compares by = and IN", &["'field' = 'value'", "'field' IN ['a', 'b']"]));
        }
        self.sign('[')?;
        let mut values = Vec::new();
        loop {
            values.push(self.value()?);
            if !self.has(',') {
                break;
            }
        }
        self.sign(']')?;
        Ok((field, values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_selections() {
        let read = |name| groups(name, Span::default()).map_err(|error| error.to_string());
        let named = |names: &[&str]| Groups { names: names.iter().map(|name| (*name).to_owned()).collect(), ..Groups::default() };
        assert_eq!(read("/aws/lambda/my-function"), Ok(named(&["/aws/lambda/my-function"])));
        assert_eq!(read(" logGroups(\n logGroupIdentifier: ['LogGroup1', \"LogGroup2\"]\n)"), Ok(named(&["LogGroup1", "LogGroup2"])));
        assert_eq!(read("loggroups-of-mine"), Ok(named(&["loggroups-of-mine"])));
        let all = read("logGroups(logGroupIdentifier: ['a']) filterIndex('status' = 200, 'region' IN ['x', 'y']) dataSource(['s.t'])").unwrap();
        assert_eq!((all.names, all.sources), (vec!["a".to_owned()], vec!["s.t".to_owned()]));
        let values = |values: &[Value]| values.to_vec();
        assert_eq!(all.index, [("status".to_owned(), values(&[Value::Number(200.0)])), ("region".to_owned(), values(&["x".into(), "y".into()]))]);
        for broken in [
            "logGroups(",
            "logGroups(names: ['a'])",
            "logGroups(logGroupIdentifier: [a])",
            "filterIndex('a' > 1)",
            "filterIndex('a' = b)",
            "dataSource(['a'",
            "dataSource(['a']) x",
        ] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }
}
