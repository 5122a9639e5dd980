//! Queries that cannot be read: the place, and what is said.

use crate::query::ql::{MAX_BYTES, QueryError, Span, parse};
use proptest::prelude::*;

use super::{in_small_stack, marked};

fn mistake(text: &str) -> QueryError {
    match parse(text) {
        Ok(query) => panic!("{text} was read as {query}"),
        Err(error) => error,
    }
}

/// The query with the place marked, and all that is said.
const MISTAKES: &[(&str, &str)] = &[
    // Commands.
    ("«»", "the query is empty, expected a command such as fields, filter or stats"),
    ("  # nothing but this\n«»", "the query is empty, expected a command such as fields, filter or stats"),
    ("«filtr» a = 1", "`filtr` is no command; did you mean `filter`?"),
    ("fields a | «lmit» 3", "`lmit` is no command; did you mean `limit`?"),
    ("«select» a", "`select` is no command; did you mean `fields`?"),
    ("«xyzzy» a", "`xyzzy` is no command"),
    ("«count»(*)", "`count` is a function, no command: stats count(*)"),
    ("fields a |«»", "found the end of the query, expected a command"),
    ("fields a | «|» limit 3", "found `|`, expected a command"),
    ("«|» fields a", "found `|`, expected a command"),
    ("«\"text\"»", "found \"text\", expected a command"),
    ("fields a | «SOURCE» 'g'", "`SOURCE` stands only at the start of a query"),
    ("fields a «)»", "found `)`, expected an operator, `and`, `or`, `as`, `,` or `|`"),
    // Lists of names and values.
    ("fields«»", "found the end of the query, expected a value"),
    ("fields a,«»", "found the end of the query, expected a value"),
    ("fields a, «|» limit 1", "found `|`, expected a value"),
    ("fields a «b»", "found `b`, expected an operator, `and`, `or`, `as`, `,` or `|`"),
    ("fields a as«»", "found the end of the query, expected a name"),
    ("fields a as «by»", "found `by`, expected a name (in backticks when it is a word of the language)"),
    ("fields a as «'b'»", "found 'b', expected a name"),
    ("fields a as «b[0]»", "a name that is given has no index"),
    ("fields «*»", "`*` does not stand for all fields: name them, or leave the command out"),
    ("display a as b «c»", "found `c`, expected `,` or `|`"),
    ("dedup «5»", "found `5`, expected a name"),
    // Conditions.
    ("filter a =«»", "found the end of the query, expected a value"),
    ("filter (a = 1«»", "found the end of the query, expected an operator, `and`, `or` or `)`"),
    ("filter a not «b»", "found `b`, expected `like` or `in`"),
    ("filter a «liek» /x/", "found `liek`, expected an operator, `and`, `or` or `|`; did you mean `like`?"),
    ("stats count(*) «bye» a", "found `bye`, expected an operator, `and`, `or`, `as`, `,`, `by`, `offset` or `|`; did you mean `by`?"),
    ("unnest a «inot» b", "found `inot`, expected `into`; did you mean `into`?"),
    ("filter a like «5»", "found `5`, expected a string or a regular expression"),
    ("filter a like /x/«i»", "a regular expression takes no flags behind it: write /(?i)…/"),
    ("filter a in «\"b\"»", "found \"b\", expected `[`, `(` or a list"),
    ("filter a in («\"b\"», \"c\")", "a list stands in square brackets, [\"a\", \"b\"]; round ones hold a sub-query"),
    ("filter a in [1, 2«»", "found the end of the query, expected an operator, `and`, `or`, `,` or `]`"),
    ("filter a in (SOURCE 'g' | fields a«»", "found the end of the query, expected an operator, `and`, `or`, `as`, `,`, `|` or `)`"),
    ("filter a in (SOURCE 'g' | «fild» a)", "`fild` is no command; did you mean `fields`?"),
    ("filter a = «/x/»", "a regular expression stands only after `like`, `=~` or `parse`"),
    ("filter a «==» 1", "`==` is written `=`"),
    ("filter a = 1 «&&» b = 2", "`&&` is written `and`"),
    ("filter a = 1 «||» b = 2", "`||` is written `or`"),
    ("filter a = «\"b»", "this string has no closing quote"),
    ("filter a = «\"b»\n| limit 3", "this string has no closing quote"),
    ("filter a like «/b»", "this regular expression has no closing `/`"),
    ("fields «`a»", "this name has no closing backtick"),
    ("fields abs(a«»", "found the end of the query, expected an operator, `and`, `or`, `,` or `)`"),
    ("fields abs(a«]»", "found `]`, expected an operator, `and`, `or`, `,` or `)`"),
    ("fields split(a, ',')«[»0]", "an element is read from a name: give the value one in a `fields` command of its own"),
    ("stats count(*) by bin(5 «m»)", "a period is written without a space: 5m"),
    ("stats count(*) by bin(«1.5h»)", "`1.5h` is no period: its number must be whole"),
    ("stats count(*) by bin(«99999999999999999999s»)", "this period is too long"),
    // Single commands.
    ("sort «bin(5m)» desc", "sort takes names: write `bin(5m) as t` in fields or stats, then sort by t"),
    ("sort a desc «asc»", "found `asc`, expected `,` or `|`"),
    ("limit«»", "found the end of the query, expected `any` or a whole number"),
    ("limit «ten»", "found `ten`, expected `any` or a whole number"),
    ("limit «1.5»", "found `1.5`, expected a whole number"),
    ("limit any 5 «6»", "found `6`, expected `|`"),
    ("filterIndex a «like» /x/", "found `like`, expected `=` or `in`"),
    ("filterIndex a = «b»", "found `b`, expected a string, number, true or false"),
    ("parse @message«»", "found the end of the query, expected a string or a regular expression"),
    ("parse @message \"*\"«»", "found the end of the query, expected `as`"),
    ("parse @message /x/«g»", "a regular expression takes no flags behind it: write /(?g)…/"),
    ("parse @message /(?<n>x)/ «many»", "found `many`, expected `as`, `multi` or `|`"),
    ("json «payload» \"a\" as b", "found `payload`, expected `field`"),
    ("stats count(*) by«»", "found the end of the query, expected a value"),
    ("stats count(*) offset «5»", "found `5`, expected a period such as 5m"),
    ("pattern @message | diff «lastWeek»", "found `lastWeek`, expected `previousDay`, `previousWeek`, `previousMonth` or `|`"),
    ("anomaly «x»", "found `x`, expected `|`"),
    ("unnest a «b»", "found `b`, expected `into`"),
    ("lookup t a as b «c»", "found `c`, expected `,`, `OUTPUT` or `OUTPUTNEW`"),
    ("cidrlookup t a «b»", "found `b`, expected `as`, `OUTPUT` or `OUTPUTNEW`"),
    ("join type=«outer» left=a right=b where a.x=b.x (SOURCE 'g')", "found `outer`, expected `inner` or `left`"),
    ("join left=a «where» a.x=b.x (SOURCE 'g')", "found `where`, expected `type` or `right`"),
    ("join left=a right=b where a.x=b.x «and» a.y=b.y (SOURCE 'g')", "a join compares one pair of fields"),
    ("join left=a right=b where a.x «>» b.x (SOURCE 'g')", "found `>`, expected `=`"),
    ("relevantfields a, b«»", "found the end of the query, expected `,` or `where`"),
    ("addtotals col=«maybe»", "found `maybe`, expected `true` or `false`"),
    ("autoregress a p=«x»", "found `x`, expected a whole number"),
    ("fillmissing with 0 «a»", "found `a`, expected `for`"),
    ("logcompare «7d»", "found `7d`, expected `timeshift`"),
    ("outlier action=remove«»", "found the end of the query, expected `param`, `uselower`, `mark` or a name"),
    ("appendcols «fields» a", "found `fields`, expected `override`, `max` or `(`"),
    ("sessionize a maxspan «30»", "found `30`, expected a period such as 5m"),
    ("estimate «now»", "found `now`, expected `|`"),
    ("SOURCE «|» fields a", "found `|`, expected a log group in quotes"),
    ("SOURCE «/»aws/lambda/x | fields a", "found `/`, expected a log group in quotes"),
    ("SOURCE 'g' «fields» a", "found `fields`, expected `start`, `end` or `|`"),
    (
        "SOURCE logGroups(«prefix»: ['a'])",
        "found `prefix`, expected `namePrefix`, `accountIdentifiers`, `accountIdentifier`, `class` or `logGroupClass`",
    ),
    ("SOURCE logGroups(namePrefix: «'a'»)", "found 'a', expected `[`"),
    ("SOURCE logGroupTags([{\"key\": 'k', «\"key\"»: 'l'}])", "found \"key\", expected a member \"key\" or \"values\", each once"),
];

#[test]
fn each_mistake_is_found_where_it_is() {
    let mut wrong = Vec::new();
    for (text, expected) in MISTAKES {
        let (text, span) = marked(text);
        let error = mistake(&text);
        if error.to_string() != *expected || error.span != span {
            wrong.push(format!("{text}\n  {error}\n  {expected}\n  {:?} {span:?}", error.span));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_comparison_has_two_sides() {
    for text in ["filter a = b = c", "filter a < b < c", "filter a = b like /c/", "filter a in [1] in [2]", "filter a like /b/ =~ /c/"] {
        assert!(mistake(text).message.contains("two sides"), "{text}");
    }
}

#[test]
fn the_first_mistake_from_the_left_is_told() {
    let error = mistake("filtr a = 'x | limit 3");
    assert_eq!(error.span, Span::new(0, 5));
    let error = mistake("filter a = 'x | lmit 3");
    assert!(error.message.contains("closing quote"));
}

#[test]
fn mistakes_are_shown_under_their_line() {
    let text = "fields a\n| filtr b = 1\n| limit 3";
    assert_eq!(mistake(text).render(text), "| filtr b = 1\n  ^^^^^\nline 2, column 3: `filtr` is no command; did you mean `filter`?");
    let text = "limit ten";
    assert_eq!(mistake(text).render(text), "limit ten\n      ^^^\nfound `ten`, expected `any` or a whole number");
    let text = "filter a = \"漢字\" é";
    assert_eq!(mistake(text).render(text).lines().nth(1), Some("                ^"));
    let text = "filter\ta = \"b\n| limit 1";
    assert_eq!(mistake(text).render(text), "filter a = \"b\n           ^^\nline 1, column 12: this string has no closing quote");
    let text = "fields a |";
    assert_eq!(mistake(text).render(text), "fields a |\n          ^\nfound the end of the query, expected a command");
    let text = format!("fields {}, b c{}", "a, ".repeat(100), " ".repeat(200)).replace(", ,", ",");
    let shown = mistake(&text).render(&text);
    let mut lines = shown.lines().map(|line| line.chars().collect::<Vec<_>>());
    let (line, carets) = (lines.next().expect("a line"), lines.next().expect("carets"));
    assert!(line.len() <= 122, "{shown}");
    let caret = carets.iter().position(|letter| *letter == '^').expect("a caret");
    assert_eq!(line.get(caret), Some(&'c'), "{shown}");
}

#[test]
fn what_is_too_long_is_refused() {
    let long = format!("fields {}", "a".repeat(MAX_BYTES));
    assert!(mistake(&long).message.contains("bytes long"));
    assert!(parse(&format!("fields {}", "a".repeat(MAX_BYTES - 7))).is_ok());
}

#[test]
fn hostile_texts_end_in_a_small_stack() {
    in_small_stack(|| {
        for part in [
            "\\\"\n",
            "'\\\n",
            "`",
            "/",
            "(",
            "[0]",
            "a[0]",
            "#\n",
            "|",
            "| fields a ",
            "!",
            "“",
            "f(",
            ",",
            "a.",
            "x in (",
            "parse /",
            "🦀",
            "\"\\",
            "{",
        ] {
            for before in ["", "filter ", "parse ", "fields a, "] {
                let text: String = before.chars().chain(part.chars().cycle()).take(100_000 / part.len()).collect();
                if let Err(error) = parse(&text) {
                    assert!(!error.render(&text).is_empty());
                }
            }
        }
    });
}

proptest! {
    #[test]
    fn no_text_crashes_the_parser(text in any::<String>()) {
        if let Err(error) = parse(&text) {
            prop_assert!(error.span.end <= text.len() && error.span.start <= error.span.end);
            prop_assert!(!error.render(&text).is_empty());
        }
    }

    /// Words of the language in any order reach further into the parser than letters do.
    #[test]
    fn no_row_of_words_crashes_the_parser(words in proptest::collection::vec(word(), 0..40)) {
        let text = words.join(" ");
        match parse(&text) {
            Ok(query) => {
                let written = query.to_string();
                let again = parse(&written);
                prop_assert!(again.is_ok(), "{} was written as {}", text, written);
                prop_assert_eq!(super::shape(&again.expect("just looked")), super::shape(&query));
                let _ = (super::super::check(&query), super::super::notes(&text, &query), super::super::only_at_aws(&query));
            }
            Err(error) => {
                prop_assert!(text.get(error.span.start..error.span.end).is_some());
                prop_assert!(!error.render(&text).is_empty());
            }
        }
    }
}

fn word() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(
        "fields display filter parse stats sort limit dedup pattern diff unnest lookup join filldown outlier fillmissing relevantfields appendcols \
         SOURCE as by in like and or not ( ) [ ] { } | | | | , , = != < > + - * / ^ % =~ ! 1 5m 'g' \"*\" /x/ @message a b `c` d.e l[0] any with for where \
         into multi asc offset type= left= right= count(*) bin(5m) f( true # \n"
            .split(' ')
            .collect::<Vec<_>>(),
    )
}
