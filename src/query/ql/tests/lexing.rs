//! Where tokens begin and end.

use crate::query::ql::ast::{Step, Unit};
use crate::query::ql::lexer::steps;
use crate::query::ql::{TokenKind as Kind, lex};
use proptest::prelude::*;

/// The tokens but the end, as kind and text.
fn tokens(text: &str) -> Vec<(Kind, &str)> {
    let lexed = lex(text);
    let (end, rest) = lexed.tokens.split_last().expect("an end");
    assert_eq!((end.kind, end.span.start, end.span.end), (Kind::End, text.len(), text.len()));
    rest.iter().map(|token| (token.kind, token.span.of(text))).collect()
}

#[test]
fn each_kind_of_token() {
    for (text, kind) in [
        ("fields", Kind::Word),
        ("@timestamp", Kind::Word),
        ("userIdentity.sessionContext.0.x_y", Kind::Word),
        ("größe", Kind::Word),
        ("`detail-type`", Kind::Path),
        ("j.`user.id`", Kind::Path),
        ("`a`.b.`c d`[0][12].e", Kind::Path),
        ("@`aws.tag.aws:cloudformation:stack-name`", Kind::Path),
        ("l[0]", Kind::Path),
        ("\"a 'b' \\\" | # c\"", Kind::Text),
        ("'a \"b\" \\' \\\\'", Kind::Text),
        ("\"two\nlines\"", Kind::Text),
        ("/a\\/b # \"'/", Kind::Regex),
        ("//", Kind::Regex),
        ("10", Kind::Number),
        ("99.9", Kind::Number),
        ("123456789012345678901234567890", Kind::Number),
        ("5m", Kind::Period),
        ("500ms", Kind::Period),
        ("2hours", Kind::Period),
        ("1MO", Kind::Period),
        ("# to the end | of the \"line", Kind::Comment),
        ("=~", Kind::Matches),
        ("!=", Kind::NotEqual),
        ("<=", Kind::LessEqual),
        (">=", Kind::GreaterEqual),
        ("!", Kind::Bang),
        ("^", Kind::Caret),
    ] {
        assert_eq!(tokens(text), [(kind, text)], "{text}");
        assert!(lex(text).errors.is_empty(), "{text}");
    }
}

#[test]
fn a_slash_opens_a_regular_expression_only_where_a_value_may_begin() {
    let slash = |text| tokens(text).into_iter().find(|(_, token)| token.starts_with('/')).expect("a slash").0;
    for (text, kind) in [
        ("filter a like /x/", Kind::Regex),
        ("filter a LIKE/x/", Kind::Regex),
        ("filter a =~ /x/", Kind::Regex),
        ("parse /x/", Kind::Regex),
        ("parse @message /x/", Kind::Regex),
        ("fields a | PARSE `b c` /x/", Kind::Regex),
        ("filter a in (parse l[0] /x/ | fields b)", Kind::Regex),
        ("fields a / b", Kind::Slash),
        ("fields (a)/b", Kind::Slash),
        ("fields 1/2", Kind::Slash),
        ("fields `a b`/2", Kind::Slash),
        ("fields l[0]/2", Kind::Slash),
        ("parse a \"*\" as b | fields b/2", Kind::Slash),
        ("fields parse / 2", Kind::Slash),
        ("fields -(parse / 2), f(parse / 2)", Kind::Slash),
        ("appendcols max=10 (parse /x/ | fields b)", Kind::Regex),
    ] {
        assert_eq!(slash(text), kind, "{text}");
    }
}

#[test]
fn tokens_stand_next_to_each_other_without_spaces() {
    let kinds = |text| tokens(text).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
    assert_eq!(kinds("a-b"), [Kind::Word, Kind::Minus, Kind::Word]);
    assert_eq!(kinds("x in[200]"), [Kind::Word, Kind::Word, Kind::OpenList, Kind::Number, Kind::CloseList]);
    assert_eq!(kinds("cpu*"), [Kind::Word, Kind::Star]);
    assert_eq!(kinds("p=1-4"), [Kind::Word, Kind::Equal, Kind::Number, Kind::Minus, Kind::Number]);
    assert_eq!(kinds("a#b\n|c"), [Kind::Word, Kind::Comment, Kind::Pipe, Kind::Word]);
    assert_eq!(kinds("\u{feff}a\u{a0}b"), [Kind::Word, Kind::Word]);
    assert_eq!(kinds("a[b]"), [Kind::Word, Kind::OpenList, Kind::Word, Kind::CloseList]);
}

#[test]
fn what_is_no_token_says_why_and_the_rest_is_read_on() {
    for (text, broken, message) in [
        ("fields \"a | b\nfilter c", "\"a | b", "no closing quote"),
        ("filter a like /x | limit 1\n| limit 2", "/x | limit 1", "no closing `/`"),
        ("fields `a b\n| limit 2", "`a b", "no closing backtick"),
        ("fields a..b", "a..b", "empty part"),
        ("fields a.", "a.", "empty part"),
        ("fields ``", "``", "empty part"),
        ("fields f(x).y", ".y", "begin with a dot"),
        ("filter a == 1", "==", "`==` is written `=`"),
        ("filter a && b", "&&", "written `and`"),
        ("filter a || b", "||", "written `or`"),
        ("filter a <> b", "<>", "written `!=`"),
        ("filter a = 1e5", "1e5", "neither a number nor a period"),
        ("filter ip = 192.0.2.1", "192.0.2.1", "text stands in quotes"),
        ("stats x by bin(1.5h)", "1.5h", "must be whole"),
        ("filter a = “x”", "“", "straight quotes"),
        ("fields a; b", ";", "parted by `|`"),
        ("fields \u{200b}\u{200b}a", "\u{200b}\u{200b}", "U+200B"),
        ("fields a ~ b", "~", "only in `=~`"),
    ] {
        let lexed = lex(text);
        let error = lexed.errors.first().expect(text);
        assert_eq!(error.span.of(text), broken, "{text}");
        assert!(error.message.contains(message), "{text}: {}", error.message);
        let after = lexed.tokens.iter().filter(|token| token.span.start > error.span.start).count();
        assert!(after > 0, "{text}");
        assert_eq!(lexed.errors.len(), lexed.tokens.iter().filter(|token| token.kind == Kind::Broken).count());
    }
}

#[test]
fn names_are_parted_at_dots_outside_of_backticks() {
    let member = |text: &str| Step::Member(text.to_owned());
    for (text, expected) in [
        ("@message", vec![member("@message")]),
        ("a.b", vec![member("a"), member("b")]),
        ("`a.b`", vec![member("a.b")]),
        ("j.`user.id`.x", vec![member("j"), member("user.id"), member("x")]),
        ("@`aws.tag.k`", vec![member("@aws.tag.k")]),
        ("l[0].x[12]", vec![member("l"), Step::Index(0), member("x"), Step::Index(12)]),
        ("items.0.id", vec![member("items"), member("0"), member("id")]),
    ] {
        assert_eq!(steps(text), Some(expected), "{text}");
    }
    for text in ["", ".", "a.", ".a", "a..b", "``", "a.``", "[0]", "a[0]b", "`a`b"] {
        assert_eq!(steps(text), None, "{text}");
    }
}

#[test]
fn units_have_many_names() {
    for (name, unit) in [
        ("ms", Unit::Millisecond),
        ("msec", Unit::Millisecond),
        ("milliseconds", Unit::Millisecond),
        ("s", Unit::Second),
        ("secs", Unit::Second),
        ("m", Unit::Minute),
        ("Min", Unit::Minute),
        ("minutes", Unit::Minute),
        ("h", Unit::Hour),
        ("hrs", Unit::Hour),
        ("d", Unit::Day),
        ("w", Unit::Week),
        ("mo", Unit::Month),
        ("mon", Unit::Month),
        ("q", Unit::Quarter),
        ("qtr", Unit::Quarter),
        ("y", Unit::Year),
        ("years", Unit::Year),
    ] {
        assert_eq!(Unit::from_name(name), Some(unit), "{name}");
    }
    for name in ["", "x", "ss", "hs", "mi", "month s"] {
        assert_eq!(Unit::from_name(name), None, "{name}");
    }
}

proptest! {
    /// Whatever the text: the tokens stand in order, do not overlap, and between them is only white space.
    #[test]
    fn tokens_cover_any_text(text in "[a-z0-9@.`'\"/|#\\[\\]()=!<>~\\-+*%^,:{} \\n\\\\é“]{0,60}") {
        let mut at = 0;
        for token in lex(&text).tokens {
            prop_assert!(token.span.start >= at && token.span.end >= token.span.start && text.is_char_boundary(token.span.end));
            let between = text.get(at..token.span.start).expect("letter by letter");
            prop_assert!(between.chars().all(char::is_whitespace), "{between:?}");
            at = token.span.end;
        }
        prop_assert_eq!(at, text.len());
    }
}
