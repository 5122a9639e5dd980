//! Functions of text. Positions and lengths count characters (code points), not bytes.

use memchr::memmem;
use regex::Captures;

use super::super::compare::is_true;
use super::super::value::{LONGEST_LIST, Value};
use super::{ANY, Context, Function, or_default, text_at, whole_at, yes_no};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("isEmpty", 1, 1, "is it missing or empty? 1 or 0", |_, args| blank(args, str::is_empty)),
    Function::new("isBlank", 1, 1, "is it missing, empty or white space? 1 or 0", |_, args| blank(args, |text| text.trim().is_empty())),
    Function::new("concat", 1, ANY, "the texts one after the other; missing ones are left out", concat),
    Function::new("trim", 1, 2, "without white space, or without those characters, at both ends", |_, args| trim(args, true, true).into()),
    Function::new("ltrim", 1, 2, "without white space, or without those characters, at its beginning", |_, args| trim(args, true, false).into()),
    Function::new("rtrim", 1, 2, "without white space, or without those characters, at its end", |_, args| trim(args, false, true).into()),
    Function::new("strlen", 1, 1, "how many characters it has", |_, args| {
        text_at(args, 0).map(|text| Value::count(text.chars().count() as u64)).into()
    }),
    Function::new("toupper", 1, 1, "in capitals", |_, args| text_at(args, 0).map(|text| Value::text(text.to_uppercase())).into()),
    Function::new("tolower", 1, 1, "in small letters", |_, args| text_at(args, 0).map(|text| Value::text(text.to_lowercase())).into()),
    Function::new("substr", 2, 3, "from a position, counted from 0, to the end or for a length", |_, args| substr(args).into()),
    Function::new("replace", 3, 3, "every occurrence of one text replaced by another", |context, args| replace(context, args).into()),
    Function::new("regexReplace", 3, 3, "every match of a regular expression replaced; $1 and \\1 are its groups", |context, args| {
        regex_replace(context, args).into()
    }),
    Function::new("strcontains", 2, 3, "does it contain the text? 1 or 0; a third argument that is true ignores case", |_, args| {
        contains(args).into()
    }),
    Function::new("startsWith", 2, 2, "does it begin with the text? 1 or 0", |_, args| pair(args, |text, with| text.starts_with(with))),
    Function::new("endsWith", 2, 2, "does it end with the text? 1 or 0", |_, args| pair(args, |text, with| text.ends_with(with))),
    Function::new("split", 2, 2, "the list of what stands between the delimiters", |context, args| split(context, args).into()),
];

fn blank(args: &[Value], is_blank: impl Fn(&str) -> bool) -> Value {
    let value = args.first().unwrap_or(&Value::Missing);
    yes_no(value.is_missing() || value.as_text().is_some_and(|text| is_blank(&text)))
}

fn pair(args: &[Value], holds: impl Fn(&str, &str) -> bool) -> Value {
    let both = || Some(yes_no(holds(&text_at(args, 0)?, &text_at(args, 1)?)));
    both().into()
}

fn concat(context: &Context, args: &[Value]) -> Value {
    if args.iter().any(Value::is_structure) || args.iter().all(Value::is_missing) {
        return Value::Missing;
    }
    let mut text = String::new();
    for value in args {
        if !context.append(&mut text, &value.printed()) {
            break;
        }
    }
    Value::text(text)
}

fn trim(args: &[Value], left: bool, right: bool) -> Option<Value> {
    let text = text_at(args, 0)?;
    let set = if args.len() > 1 { Some(text_at(args, 1)?) } else { None };
    let is_cut = |character: char| set.as_ref().map_or_else(|| character.is_whitespace(), |set| set.contains(character));
    let text = if left { text.trim_start_matches(is_cut) } else { &text };
    Some(Value::text(if right { text.trim_end_matches(is_cut) } else { text }))
}

fn substr(args: &[Value]) -> Option<Value> {
    let text = text_at(args, 0)?;
    let from = usize::try_from(whole_at(args, 1)?).ok()?;
    let length = usize::try_from(or_default(args, 2, i64::MAX, whole_at)?).ok()?;
    Some(Value::text(text.chars().skip(from).take(length).collect::<String>()))
}

fn replace(context: &Context, args: &[Value]) -> Option<Value> {
    let (text, find, with) = (text_at(args, 0)?, text_at(args, 1)?, text_at(args, 2)?);
    // Nothing is found nowhere, as in no language the same.
    if find.is_empty() {
        return Some(Value::text(text));
    }
    let mut out = String::new();
    let mut from = 0;
    for at in memmem::find_iter(text.as_bytes(), find.as_bytes()) {
        if !(context.append(&mut out, text.get(from..at)?) && context.append(&mut out, &with)) {
            return Some(Value::text(out));
        }
        from = at + find.len();
    }
    if from == 0 {
        return Some(Value::text(text));
    }
    context.append(&mut out, text.get(from..)?);
    Some(Value::text(out))
}

fn regex_replace(context: &Context, args: &[Value]) -> Option<Value> {
    let (text, with) = (text_at(args, 0)?, text_at(args, 2)?);
    let regex = context.regex(&text_at(args, 1)?)?;
    let mut out = String::new();
    let mut from = 0;
    for groups in regex.captures_iter(&text) {
        let found = groups.get_match();
        if !(context.append(&mut out, text.get(from..found.start())?) && insert(context, &mut out, &with, &groups)) {
            return Some(Value::text(out));
        }
        from = found.end();
    }
    context.append(&mut out, text.get(from..)?);
    Some(Value::text(out))
}

/// Writes a replacement, its groups filled in: `$1`, `${1}`, `${name}` and `\1`; `$$`, `\$` and `\\` are the second character.
fn insert(context: &Context, out: &mut String, with: &str, groups: &Captures) -> bool {
    let mut rest = with;
    while let Some((plain, after)) = rest.find(['$', '\\']).and_then(|at| rest.split_at_checked(at)) {
        if !context.append(out, plain) {
            return false;
        }
        let mut next = after.chars();
        let (sign, second) = (next.next().unwrap_or('$'), next.next());
        let (piece, left) = match second {
            Some(digit @ '0'..='9') => {
                let group = groups.get(digit as usize - '0' as usize).map_or("", |group| group.as_str());
                (group, next.as_str())
            }
            Some('{') if sign == '$' => match next.as_str().split_once('}') {
                Some((name, left)) => {
                    let group = name.parse().ok().map_or_else(|| groups.name(name), |number: usize| groups.get(number));
                    (group.map_or("", |group| group.as_str()), left)
                }
                None => after.split_at_checked(1).unwrap_or_default(),
            },
            Some(second @ ('$' | '\\')) => (after.get(1..=second.len_utf8()).unwrap_or_default(), next.as_str()),
            _ => after.split_at_checked(1).unwrap_or_default(),
        };
        if !context.append(out, piece) {
            return false;
        }
        rest = left;
    }
    context.append(out, rest)
}

fn contains(args: &[Value]) -> Option<Value> {
    let (text, part) = (text_at(args, 0)?, text_at(args, 1)?);
    let is_found = if args.get(2).is_some_and(is_true) {
        memmem::find(text.to_lowercase().as_bytes(), part.to_lowercase().as_bytes()).is_some()
    } else {
        memmem::find(text.as_bytes(), part.as_bytes()).is_some()
    };
    Some(yes_no(is_found))
}

fn split(context: &Context, args: &[Value]) -> Option<Value> {
    let (text, delimiter) = (text_at(args, 0)?, text_at(args, 1).filter(|delimiter| !delimiter.is_empty())?);
    let mut pieces = text.split(&*delimiter);
    let list: Vec<Value> = pieces.by_ref().take(LONGEST_LIST).map(Value::from).collect();
    if pieces.next().is_some() {
        context.note("a list that split made was cut at 10,000 elements");
    }
    Some(Value::list(list))
}
