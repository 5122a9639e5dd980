//! Command lines to words and back. Quotes may be unbalanced: telemetry is cut off and users mistype.

use std::borrow::Cow;

use crate::decode::json::{End, Tape};

/// The arguments in one line, however its writer joined them: as a shell would split them, as a JSON array, or with
/// commas (what Jamf's `args_compiled` and copies of it hold).
pub(super) fn arguments(line: &str) -> Vec<String> {
    json_array(line).unwrap_or_else(|| if is_comma_joined(line) { comma_joined(line) } else { split(line) })
}

/// The pieces between commas. A comma inside an argument cannot be told from one between two.
pub(super) fn comma_joined(line: &str) -> Vec<String> {
    line.split(',').map(str::to_owned).collect()
}

fn json_array(line: &str) -> Option<Vec<String>> {
    let line = line.trim();
    if !line.starts_with("[\"") {
        return None;
    }
    let mut tape = Tape::new();
    let whole = tape.parse(line.as_bytes()) == End::Complete(line.len());
    let root = tape.root(line.as_bytes());
    (whole && root.is_array()).then(|| root.items().filter_map(|item| item.scalar().map(Cow::into_owned)).collect())
}

/// A comma where the first blank would stand, behind a program that is of interest: nothing else is worth the doubt.
fn is_comma_joined(line: &str) -> bool {
    let first = line.split(char::is_whitespace).next().unwrap_or_default();
    let Some((program, _)) = first.split_once(',') else { return false };
    let name = program_name(program);
    matches!(name, "aws" | "sh" | "bash" | "zsh") || name.starts_with("python")
}

/// Splits a command line as a shell would: blanks, quotes, and backslashes outside Windows paths. What stands between
/// commands (`;`, `&&`, `|`, a line break, `$(`) is a word of its own, see [`is_operator`].
pub(super) fn split(line: &str) -> Vec<String> {
    let windows = is_windows(line);
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '"') => {
                quote = Some('"');
                word.get_or_insert_default();
            }
            (None, '\'') if !windows => {
                quote = Some('\'');
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') if !windows => match characters.next() {
                // A line that goes on in the next one.
                Some('\n') => {}
                Some('\r') => drop(characters.next_if_eq(&'\n')),
                escaped => word.get_or_insert_default().extend(escaped),
            },
            (None, ';' | '|' | '&' | '\n') => {
                words.extend(word.take());
                let mut operator = character.to_string();
                operator.extend(characters.next_if(|next| *next == character && character != '\n'));
                words.push(operator);
            }
            (None, '$') if !windows && characters.next_if_eq(&'(').is_some() => {
                words.extend(word.take());
                words.push("$(".to_owned());
            }
            (None, '(' | ')' | '`') if !windows => {
                words.extend(word.take());
                words.push(character.to_string());
            }
            (None, blank) if blank.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// Does another command begin behind this word?
pub(super) fn is_operator(word: &str) -> bool {
    matches!(word, ";" | ";;" | "&&" | "||" | "|" | "&" | "\n" | "$(" | "(" | ")" | "`")
}

/// In Windows command lines a backslash is a part of a path, not an escape.
fn is_windows(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.windows(4).any(|part| part.eq_ignore_ascii_case(b".exe"))
        || bytes.windows(3).take(4).any(|part| matches!(part, [drive, b':', b'\\'] if drive.is_ascii_alphabetic()))
}

/// The words as one line, quoted where a shell needs it: [`split`] gives the same words again.
pub(super) fn quoted(words: &[Cow<'_, str>]) -> String {
    let windows = words.iter().take(3).any(|word| is_windows(word));
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        let plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,~…".contains(c) || windows && c == '\\';
        if !word.is_empty() && word.chars().all(plain) {
            line.push_str(word);
        } else if windows {
            line.push('"');
            line.push_str(word);
            line.push('"');
        } else {
            line.push('\'');
            line.push_str(&word.replace('\'', r"'\''"));
            line.push('\'');
        }
    }
    line
}

/// The name of a program without its folder and without `.exe`.
pub(super) fn program_name(program: &str) -> &str {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    let end = name.len().saturating_sub(4);
    match name.get(end..) {
        Some(suffix) if [".exe", ".cmd", ".bat"].iter().any(|known| suffix.eq_ignore_ascii_case(known)) => name.get(..end).unwrap_or(name),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_of_a_line() {
        for (line, expected) in [
            ("aws s3 ls", vec!["aws", "s3", "ls"]),
            (r#"aws --query "a b" 'c d' e\ f"#, vec!["aws", "--query", "a b", "c d", "e f"]),
            (r#""C:\Program Files\Amazon\AWSCLIV2\aws.exe" s3 ls"#, vec![r"C:\Program Files\Amazon\AWSCLIV2\aws.exe", "s3", "ls"]),
            ("echo 'unbalanced end", vec!["echo", "unbalanced end"]),
            ("a && b;c|d", vec!["a", "&&", "b", ";", "c", "|", "d"]),
            (r#"x "" y"#, vec!["x", "", "y"]),
            ("a \\\n b\nc", vec!["a", "b", "\n", "c"]),
            ("x=$(aws s3 ls) `b`", vec!["x=", "$(", "aws", "s3", "ls", ")", "`", "b", "`"]),
            ("echo '$(not me)' \"nor ; me\"", vec!["echo", "$(not me)", "nor ; me"]),
            ("trailing\\", vec!["trailing"]),
            ("", vec![]),
        ] {
            assert_eq!(split(line), expected, "{line}");
        }
    }

    #[test]
    fn arguments_however_they_were_joined() {
        for (line, expected) in [
            ("aws,bedrock,list-agents", vec!["aws", "bedrock", "list-agents"]),
            ("/bin/zsh,-c,aws bedrock list-agents", vec!["/bin/zsh", "-c", "aws bedrock list-agents"]),
            (r#"["aws", "s3", "cp", "a b,c", "s3://b"]"#, vec!["aws", "s3", "cp", "a b,c", "s3://b"]),
            ("echo a,b", vec!["echo", "a,b"]),
            ("[\"aws\" broken", vec!["[aws", "broken"]),
            ("[ -f x ] && y", vec!["[", "-f", "x", "]", "&&", "y"]),
        ] {
            assert_eq!(arguments(line), expected, "{line}");
        }
    }

    #[test]
    fn names_of_programs() {
        for (program, name) in [("/usr/local/bin/aws", "aws"), (r"C:\x\AWS.EXE", "AWS"), ("aws", "aws"), ("", ""), ("世界", "世界")] {
            assert_eq!(program_name(program), name);
        }
    }

    #[test]
    fn a_line_of_words() {
        assert_eq!(quoted(&["aws".into(), "a b".into(), "it's".into(), "".into()]), r"aws 'a b' 'it'\''s' ''");
        assert_eq!(quoted(&[r"C:\a b\aws.exe".into(), "it's".into()]), r#""C:\a b\aws.exe" "it's""#);
    }

    proptest! {
        #[test]
        fn words_come_back(words in prop::collection::vec("[ -~\n]{0,12}", 1..6)) {
            // In a Windows line quotes cannot be quoted.
            prop_assume!(!words.iter().any(|word| is_windows(word)));
            let cows: Vec<Cow<'_, str>> = words.iter().map(|word| Cow::Borrowed(word.as_str())).collect();
            let line = quoted(&cows);
            prop_assume!(!is_windows(&line));
            prop_assert_eq!(split(&line), words);
        }
    }
}
