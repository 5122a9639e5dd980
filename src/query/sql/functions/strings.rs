//! Functions of text.

use memchr::memmem;

use super::super::super::functions::{ANY, Context, Function, number_at, text_at, whole_at};
use super::super::super::value::Value;
use super::all_there;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("upper", 1, 1, "in capitals", |_, args| mapped(args, str::to_uppercase)),
    Function::new("ucase", 1, 1, "in capitals", |_, args| mapped(args, str::to_uppercase)),
    Function::new("lower", 1, 1, "in small letters", |_, args| mapped(args, str::to_lowercase)),
    Function::new("lcase", 1, 1, "in small letters", |_, args| mapped(args, str::to_lowercase)),
    Function::new("initcap", 1, 1, "each word with a capital", |_, args| mapped(args, capitals)),
    Function::new("reverse", 1, 1, "from its end to its beginning; also of a list", |_, args| match args.first() {
        Some(Value::List(values)) => Value::list(values.iter().rev().cloned()),
        _ => mapped(args, |text| text.chars().rev().collect()),
    }),
    Function::new("length", 1, 1, "how many characters it has", |_, args| length(args)),
    Function::new("len", 1, 1, "how many characters it has", |_, args| length(args)),
    Function::new("char_length", 1, 1, "how many characters it has", |_, args| length(args)),
    Function::new("character_length", 1, 1, "how many characters it has", |_, args| length(args)),
    Function::new("octet_length", 1, 1, "how many bytes it has", |_, args| text_at(args, 0).map(|text| Value::count(text.len() as u64)).into()),
    Function::new("bit_length", 1, 1, "how many bits it has", |_, args| text_at(args, 0).map(|text| Value::count(text.len() as u64 * 8)).into()),
    Function::new("ascii", 1, 1, "the number of its first character", |_, args| {
        text_at(args, 0).map(|text| text.chars().next().map_or(Value::Number(0.0), |first| Value::count(u64::from(u32::from(first))))).into()
    }),
    Function::new("char", 1, 1, "the character of a number", |_, args| character(args).into()),
    Function::new("chr", 1, 1, "the character of a number", |_, args| character(args).into()),
    Function::new("concat", 0, ANY, "the texts one after the other; of lists the elements", concat),
    Function::new("concat_ws", 1, ANY, "the texts with the first between them; missing ones are left out", |context, args| {
        concat_ws(context, args).into()
    }),
    Function::new("contains", 2, 2, "does it contain the text?", |_, args| {
        pair(args, |text, part| memmem::find(text.as_bytes(), part.as_bytes()).is_some())
    }),
    Function::new("startswith", 2, 2, "does it begin with the text?", |_, args| pair(args, |text, with| text.starts_with(with))),
    Function::new("endswith", 2, 2, "does it end with the text?", |_, args| pair(args, |text, with| text.ends_with(with))),
    Function::new("trim", 1, 2, "without blanks, or those characters, at both ends", |_, args| trim(args, true, true).into()),
    Function::new("btrim", 1, 2, "without blanks, or those characters, at both ends", |_, args| trim(args, true, true).into()),
    Function::new("ltrim", 1, 2, "without blanks, or those characters, at its beginning", |_, args| trim(args, true, false).into()),
    Function::new("rtrim", 1, 2, "without blanks, or those characters, at its end", |_, args| trim(args, false, true).into()),
    Function::new("substring", 2, 3, "from a position, counted from 1, or from the end when negative", |_, args| substring(args).into()),
    Function::new("substr", 2, 3, "from a position, counted from 1, or from the end when negative", |_, args| substring(args).into()),
    Function::new("left", 2, 2, "so many characters of its beginning", |_, args| ends(args, true).into()),
    Function::new("right", 2, 2, "so many characters of its end", |_, args| ends(args, false).into()),
    Function::new("instr", 2, 2, "where the text stands in it, from 1; 0 when nowhere", |_, args| {
        text_at(args, 0).zip(text_at(args, 1)).map(|(text, part)| position(&text, &part, 1)).into()
    }),
    Function::new("locate", 2, 3, "where the first text stands in the second, from 1; 0 when nowhere", |_, args| locate(args).into()),
    Function::new("position", 2, 3, "where the first text stands in the second, from 1; 0 when nowhere", |_, args| locate(args).into()),
    Function::new("lpad", 2, 3, "filled at its beginning to a length", |context, args| pad(context, args, true).into()),
    Function::new("rpad", 2, 3, "filled at its end to a length", |context, args| pad(context, args, false).into()),
    Function::new("repeat", 2, 2, "so many times", |context, args| repeat(context, args).into()),
    Function::new("space", 1, 1, "so many blanks", |context, args| repeat(context, &[" ".into(), args.first().cloned().unwrap_or_default()]).into()),
    Function::new("replace", 2, 3, "every occurrence of one text replaced by another, or taken out", |context, args| replace(context, args).into()),
    Function::new("translate", 3, 3, "each character of one text replaced by that of the other", |_, args| translate(args).into()),
    Function::new("split_part", 3, 3, "the part of that number between delimiters, from the end when negative", |_, args| split_part(args).into()),
    Function::new("substring_index", 3, 3, "what stands before the delimiter of that number, behind it when negative", |_, args| {
        substring_index(args).into()
    }),
    Function::new("find_in_set", 2, 2, "the number of the text in a list with commas; 0 when it is not there", |_, args| {
        let found = || {
            let (text, list) = (text_at(args, 0)?, text_at(args, 1)?);
            Some(Value::count(list.split(',').position(|one| *one == *text).map_or(0, |at| at as u64 + 1)))
        };
        found().into()
    }),
    Function::new("elt", 2, ANY, "the argument of that number", |_, args| {
        whole_at(args, 0).and_then(|at| usize::try_from(at).ok()).filter(|at| *at > 0).and_then(|at| args.get(at)).cloned().into()
    }),
    Function::new("levenshtein", 2, 2, "how many letters differ between two texts", |_, args| {
        let both = text_at(args, 0).zip(text_at(args, 1)).filter(|(one, other)| one.len().max(other.len()) <= 1000);
        both.map(|(one, other)| Value::count(strsim::levenshtein(&one, &other) as u64)).into()
    }),
    Function::new("format_number", 2, 2, "a number with commas and so many decimals", |_, args| format_number(args).into()),
];

fn mapped(args: &[Value], map: impl Fn(&str) -> String) -> Value {
    text_at(args, 0).map(|text| Value::text(map(&text))).into()
}

fn capitals(text: &str) -> String {
    let mut is_first = true;
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_first {
            out.extend(letter.to_uppercase());
        } else {
            out.extend(letter.to_lowercase());
        }
        is_first = letter.is_whitespace();
    }
    out
}

fn length(args: &[Value]) -> Value {
    text_at(args, 0).map(|text| Value::count(text.chars().count() as u64)).into()
}

fn character(args: &[Value]) -> Option<Value> {
    let number = whole_at(args, 0)?;
    Some(Value::text(u8::try_from(number.rem_euclid(256)).ok().filter(|_| number >= 0).map_or(String::new(), |byte| char::from(byte).to_string())))
}

fn concat(context: &Context, args: &[Value]) -> Value {
    if args.iter().any(Value::is_missing) {
        return Value::Missing;
    }
    if !args.is_empty() && args.iter().all(|value| matches!(value, Value::List(_))) {
        return super::lists::joined(context, args);
    }
    let mut text = String::new();
    for value in args {
        let Some(piece) = value.as_text() else { return Value::Missing };
        if !context.append(&mut text, &piece) {
            break;
        }
    }
    Value::text(text)
}

fn concat_ws(context: &Context, args: &[Value]) -> Option<Value> {
    let between = text_at(args, 0)?;
    let mut text = String::new();
    let mut is_first = true;
    let flat = args.iter().skip(1).flat_map(|value| match value {
        Value::List(values) => values.to_vec(),
        one => vec![one.clone()],
    });
    for value in flat {
        let Some(piece) = value.as_text() else { continue };
        if !is_first {
            context.append(&mut text, &between);
        }
        is_first = false;
        context.append(&mut text, &piece);
    }
    Some(Value::text(text))
}

fn pair(args: &[Value], holds: impl Fn(&str, &str) -> bool) -> Value {
    text_at(args, 0).zip(text_at(args, 1)).map(|(one, other)| Value::Flag(holds(&one, &other))).into()
}

/// `trim(text)`, `trim(letters, text)`
fn trim(args: &[Value], left: bool, right: bool) -> Option<Value> {
    all_there(args)?;
    let (letters, text) = if args.len() > 1 { (text_at(args, 0)?, text_at(args, 1)?) } else { (" ".into(), text_at(args, 0)?) };
    let is_cut = |letter: char| letters.contains(letter);
    let text = if left { text.trim_start_matches(is_cut) } else { &text };
    Some(Value::text(if right { text.trim_end_matches(is_cut) } else { text }))
}

fn substring(args: &[Value]) -> Option<Value> {
    all_there(args)?;
    let text = text_at(args, 0)?;
    let (from, length) = (whole_at(args, 1)?, if args.len() > 2 { whole_at(args, 2)? } else { i64::MAX });
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    // 0 is the beginning as well; before the beginning the length is used up.
    let start = match from {
        0 => 0,
        1.. => from - 1,
        _ => count.saturating_add(from),
    };
    let end = start.saturating_add(length.max(0)).min(count);
    let start = start.clamp(0, count);
    let take = usize::try_from(end - start).unwrap_or(0);
    Some(Value::text(text.chars().skip(usize::try_from(start).unwrap_or(0)).take(take).collect::<String>()))
}

fn ends(args: &[Value], left: bool) -> Option<Value> {
    let (text, length) = (text_at(args, 0)?, usize::try_from(whole_at(args, 1)?.max(0)).ok()?);
    let skip = if left { 0 } else { text.chars().count().saturating_sub(length) };
    Some(Value::text(text.chars().skip(skip).take(length).collect::<String>()))
}

fn position(text: &str, part: &str, from: usize) -> Value {
    let start = text.char_indices().nth(from.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
    let found = text.get(start..).and_then(|rest| rest.find(part)).map(|at| start + at);
    Value::count(found.map_or(0, |at| text.get(..at).map_or(0, |before| before.chars().count()) as u64 + 1))
}

fn locate(args: &[Value]) -> Option<Value> {
    let (part, text) = (text_at(args, 0)?, text_at(args, 1)?);
    let from = if args.len() > 2 { whole_at(args, 2)? } else { 1 };
    Some(if from < 1 { Value::Number(0.0) } else { position(&text, &part, usize::try_from(from).ok()?) })
}

fn pad(context: &Context, args: &[Value], left: bool) -> Option<Value> {
    all_there(args)?;
    let (text, length) = (text_at(args, 0)?, usize::try_from(whole_at(args, 1)?.max(0)).ok()?);
    let fill = if args.len() > 2 { text_at(args, 2)? } else { " ".into() };
    let count = text.chars().count();
    if count >= length || fill.is_empty() {
        return Some(Value::text(text.chars().take(length).collect::<String>()));
    }
    let missing = (length - count).min(super::super::super::value::LONGEST_TEXT);
    let fill: String = fill.chars().cycle().take(missing).collect();
    let mut out = String::new();
    for piece in if left { [&*fill, &*text] } else { [&*text, &*fill] } {
        context.append(&mut out, piece);
    }
    Some(Value::text(out))
}

fn repeat(context: &Context, args: &[Value]) -> Option<Value> {
    let (text, times) = (text_at(args, 0)?, whole_at(args, 1)?);
    let mut out = String::new();
    if !text.is_empty() {
        for _ in 0..times {
            if !context.append(&mut out, &text) {
                break;
            }
        }
    }
    Some(Value::text(out))
}

fn replace(context: &Context, args: &[Value]) -> Option<Value> {
    all_there(args)?;
    let (text, find) = (text_at(args, 0)?, text_at(args, 1)?);
    let with = if args.len() > 2 { text_at(args, 2)? } else { "".into() };
    if find.is_empty() {
        return Some(Value::text(text));
    }
    let mut out = String::new();
    let mut pieces = text.split(&*find);
    let mut is_whole = context.append(&mut out, pieces.next().unwrap_or_default());
    for piece in pieces {
        is_whole = is_whole && context.append(&mut out, &with) && context.append(&mut out, piece);
    }
    Some(Value::text(out))
}

fn translate(args: &[Value]) -> Option<Value> {
    let (text, from, to) = (text_at(args, 0)?, text_at(args, 1)?, text_at(args, 2)?);
    let to: Vec<char> = to.chars().collect();
    let out: String = text
        .chars()
        .filter_map(|letter| match from.chars().position(|known| known == letter) {
            Some(at) => to.get(at).copied(),
            None => Some(letter),
        })
        .collect();
    Some(Value::text(out))
}

fn split_part(args: &[Value]) -> Option<Value> {
    let (text, delimiter, number) = (text_at(args, 0)?, text_at(args, 1)?, whole_at(args, 2)?);
    if number == 0 {
        return None;
    }
    let parts: Vec<&str> = if delimiter.is_empty() { vec![&*text] } else { text.split(&*delimiter).collect() };
    let at = if number > 0 {
        usize::try_from(number - 1).ok()
    } else {
        usize::try_from(number.unsigned_abs()).ok().and_then(|back| parts.len().checked_sub(back))
    };
    Some(Value::text(at.and_then(|at| parts.get(at)).copied().unwrap_or_default()))
}

fn substring_index(args: &[Value]) -> Option<Value> {
    let (text, delimiter, count) = (text_at(args, 0)?, text_at(args, 1)?, whole_at(args, 2)?);
    if delimiter.is_empty() || count == 0 {
        return Some(Value::text(""));
    }
    let many = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let cut = if count > 0 {
        text.match_indices(&*delimiter).nth(many - 1).map(|(at, _)| text.get(..at))
    } else {
        text.rmatch_indices(&*delimiter).nth(many - 1).map(|(at, _)| text.get(at + delimiter.len()..))
    };
    Some(Value::text(cut.flatten().unwrap_or(&text)))
}

fn format_number(args: &[Value]) -> Option<Value> {
    let (number, decimals) = (number_at(args, 0)?, usize::try_from(whole_at(args, 1)?).ok()?.min(30));
    let plain = format!("{:.decimals$}", number.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if number < 0.0 { "-" } else { "" };
    Some(Value::text(if fraction.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{fraction}") }))
}
