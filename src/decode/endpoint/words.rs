//! Command lines to words and back. Quotes may be unbalanced: telemetry is cut off and users mistype.

/// Splits a command line as a shell would: blanks, quotes, and backslashes outside Windows paths. Operators between
/// commands (`;`, `&&`, `|`) are words of their own.
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
            (None | Some('"'), '\\') if !windows => word.get_or_insert_default().extend(characters.next()),
            (None, ';' | '|' | '&') => {
                words.extend(word.take());
                let mut operator = character.to_string();
                operator.extend(characters.next_if_eq(&character));
                words.push(operator);
            }
            (None, blank) if blank.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// In Windows command lines a backslash is a part of a path, not an escape.
fn is_windows(line: &str) -> bool {
    let bytes = line.as_bytes();
    line.to_ascii_lowercase().contains(".exe")
        || bytes.windows(3).take(4).any(|part| matches!(part, [drive, b':', b'\\'] if drive.is_ascii_alphabetic()))
}

/// The words as one line, quoted where a shell needs it.
pub(super) fn quoted(words: &[std::borrow::Cow<'_, str>]) -> String {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        let plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,~\\".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            line.push_str(word);
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
            ("trailing\\", vec!["trailing"]),
            ("", vec![]),
        ] {
            assert_eq!(split(line), expected, "{line}");
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
    }
}
