//! `LIKE` and functions of regular expressions. The expressions are those of QL: without backtracking, and bounded.

use super::super::super::compare::{BadPattern, compile};
use super::super::super::functions::{Context, Function, text_at, whole_at};
use super::super::super::value::{LONGEST_LIST, Value};
use super::all_there;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("regexp", 2, 2, "is the expression found in it?", |context, args| found(context, args).into()),
    Function::new("regexp_like", 2, 2, "is the expression found in it?", |context, args| found(context, args).into()),
    Function::new("rlike", 2, 2, "is the expression found in it?", |context, args| found(context, args).into()),
    Function::new("regexp_count", 2, 2, "how often it is found", |context, args| {
        text_at(args, 0).zip(regex(context, args)).map(|(text, regex)| Value::count(regex.find_iter(&text).count() as u64)).into()
    }),
    Function::new(
        "regexp_extract",
        2,
        3,
        "the group of that number of its first match, else an empty text; group 1 when none is written",
        |context, args| extract(context, args).into(),
    ),
    Function::new("regexp_extract_all", 2, 3, "the group of that number of each match", |context, args| extract_all(context, args).into()),
    Function::new("regexp_substr", 2, 2, "what the expression matches first", |context, args| {
        text_at(args, 0).zip(regex(context, args)).and_then(|(text, regex)| Some(Value::text(regex.find(&text)?.as_str()))).into()
    }),
    Function::new("regexp_instr", 2, 2, "where it is found first, from 1; 0 when nowhere", |context, args| {
        let place = |(text, regex): (std::borrow::Cow<'_, str>, regex::Regex)| {
            let at = regex.find(&text).map(|found| found.start());
            Value::count(at.map_or(0, |at| text.get(..at).map_or(0, |before| before.chars().count()) as u64 + 1))
        };
        text_at(args, 0).zip(regex(context, args)).map(place).into()
    }),
    Function::new("regexp_replace", 3, 3, "every match replaced; $1 is its first group", |context, args| replace(context, args).into()),
    Function::new("split", 2, 3, "the list of what stands between matches of the expression", |context, args| split(context, args).into()),
];

fn regex(context: &Context, args: &[Value]) -> Option<regex::Regex> {
    context.regex(&text_at(args, 1)?)
}

fn found(context: &Context, args: &[Value]) -> Option<Value> {
    Some(Value::Flag(regex(context, args)?.is_match(&text_at(args, 0)?)))
}

fn group(args: &[Value]) -> Option<usize> {
    if args.len() > 2 { usize::try_from(whole_at(args, 2)?).ok() } else { Some(1) }
}

fn extract(context: &Context, args: &[Value]) -> Option<Value> {
    all_there(args)?;
    let (text, regex, group) = (text_at(args, 0)?, regex(context, args)?, group(args)?);
    if group >= regex.captures_len() {
        return None;
    }
    Some(Value::text(regex.captures(&text).and_then(|found| found.get(group)).map_or("", |found| found.as_str())))
}

fn extract_all(context: &Context, args: &[Value]) -> Option<Value> {
    all_there(args)?;
    let (text, regex, group) = (text_at(args, 0)?, regex(context, args)?, group(args)?);
    if group >= regex.captures_len() {
        return None;
    }
    let all = regex.captures_iter(&text).take(LONGEST_LIST);
    Some(Value::list(all.map(|found| Value::text(found.get(group).map_or("", |found| found.as_str())))))
}

fn replace(context: &Context, args: &[Value]) -> Option<Value> {
    let (text, with) = (text_at(args, 0)?, text_at(args, 2)?);
    let regex = regex(context, args)?;
    let mut out = String::new();
    let mut from = 0;
    for groups in regex.captures_iter(&text) {
        let found = groups.get_match();
        let mut put = String::new();
        // `$1` is a group; `$12` is group 12, and a name needs braces.
        groups.expand(&with, &mut put);
        if !(context.append(&mut out, text.get(from..found.start())?) && context.append(&mut out, &put)) {
            return Some(Value::text(out));
        }
        from = found.end();
    }
    context.append(&mut out, text.get(from..)?);
    Some(Value::text(out))
}

fn split(context: &Context, args: &[Value]) -> Option<Value> {
    all_there(args)?;
    let (text, regex) = (text_at(args, 0)?, regex(context, args)?);
    let most = if args.len() > 2 { whole_at(args, 2)? } else { -1 };
    let most = usize::try_from(most).ok().filter(|most| *most > 0).unwrap_or(LONGEST_LIST).min(LONGEST_LIST);
    Some(Value::list(regex.splitn(&text, most).map(Value::from)))
}

/// A pattern of `LIKE` as a regular expression: `%` is any text, `_` one character, what follows the escape is itself.
///
/// # Errors
/// When it is longer than a regular expression may be.
pub fn like(pattern: &str, escape: char, any_case: bool) -> Result<regex::Regex, BadPattern> {
    let mut regex = String::from(if any_case { "(?is)^" } else { "(?s)^" });
    let mut letters = pattern.chars();
    let mut plain = String::new();
    while let Some(letter) = letters.next() {
        let wild = match letter {
            _ if letter == escape => {
                plain.push(letters.next().unwrap_or(escape));
                continue;
            }
            '%' => ".*",
            '_' => ".",
            _ => {
                plain.push(letter);
                continue;
            }
        };
        regex.push_str(&regex::escape(&plain));
        plain.clear();
        regex.push_str(wild);
    }
    regex.push_str(&regex::escape(&plain));
    regex.push('$');
    compile(&regex)
}
