//! Reading SQL: what is read, what is refused, and where.

use proptest::prelude::*;

use super::ast::{Body, ExprKind, Item};
use super::{check, functions, is_likely, parse};

/// The texts of the items of a `SELECT`, by their places.
fn items(text: &str) -> Vec<String> {
    let query = parse(text).unwrap_or_else(|error| panic!("{}", error.render(text)));
    let Body::Select(select) = query.body else { panic!("{text}") };
    let place = |item: Item| match item {
        Item::Value { expr, .. } => expr.span.0.of(text).to_owned(),
        Item::All { span, .. } => span.0.of(text).to_owned(),
    };
    select.items.into_iter().map(place).collect()
}

#[test]
fn places_of_expressions() {
    for expr in [
        "a",
        "`a.b`",
        "x.`a.b`",
        "count(*)",
        "COUNT(DISTINCT a)",
        "sum(a) FILTER (WHERE b > 1)",
        "rank() OVER (PARTITION BY a ORDER BY (b) DESC)",
        "CAST(a AS INT)",
        "CAST((a) AS INT)",
        "(a + b) * 2",
        "2 * (a + b)",
        "(a)",
        "substring(a, 1, 2)",
        "trim(BOTH 'x' FROM a)",
        "extract(YEAR FROM a)",
        "floor(a)",
        "lower(upper((a)))",
        "a[0]",
        "CASE WHEN a = 1 THEN 'x' ELSE 'y' END",
        "a IN (1, 2)",
        "a BETWEEN 1 AND (2)",
        "EXISTS (SELECT b FROM d)",
        "a LIKE 'b%'",
        "a - INTERVAL 4 HOURS",
        "a - INTERVAL '4' HOUR",
    ] {
        let text = format!("SELECT  {expr} , {expr}  AS z FROM `é` WHERE 1 = 1");
        let without_outer = expr.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|inner| !inner.contains('('));
        let expected = without_outer.unwrap_or(expr);
        assert_eq!(items(&text), [expected, expected], "{text}");
    }
}

#[test]
fn what_is_refused_says_where_and_what_to_do() {
    for (text, place, remedy) in [
        ("", "", "SELECT"),
        ("(", "", "SELECT"),
        ("SELEC a FROM b", "SELEC", "did you mean `SELECT`"),
        ("DELETE FROM b", "DELETE", "only reads"),
        ("insert into b values (1)", "insert", "only reads"),
        ("UPDATE b SET a = 1", "UPDATE", "only reads"),
        ("CREATE TABLE b (a INT)", "CREATE", "only reads"),
        ("DROP TABLE b", "DROP", "only reads"),
        ("PRAGMA journal_mode", "PRAGMA", "only reads"),
        ("ATTACH DATABASE 'x' AS y", "ATTACH", "only reads"),
        ("EXPLAIN SELECT a FROM b", "EXPLAIN", "SELECT"),
        ("WITH x AS (SELECT a FROM b) SELECT a FROM x", "WITH", "put the query into FROM"),
        ("SELECT a FROM b; DROP TABLE b", "b", "one query at a time"),
        ("SELECT a INTO c FROM b", "SELECT", "INTO"),
        ("SELECT a", "SELECT a", "FROM"),
        ("SELECT a FROM", "", "expected"),
        ("SELECT a FROM b WHERE", "", "expected"),
        ("SELECT a FROM b, c", "c", "INNER JOIN"),
        ("SELECT a FROM b CROSS JOIN c", "c", "which belong together"),
        ("SELECT a FROM b RIGHT JOIN c ON b.x = c.x", "c", "LEFT OUTER JOIN"),
        ("SELECT a FROM b FULL OUTER JOIN c ON b.x = c.x", "c", "UNION"),
        ("SELECT a FROM b INNER JOIN c ON b.x = c.x INNER JOIN d ON d.x = c.x", "d", "one JOIN"),
        ("SELECT a FROM b INNER JOIN c", "c", "ON"),
        ("SELECT a FROM b NATURAL JOIN c", "c", "ON"),
        ("SELECT a FROM b OFFSET 10", "10", "LIMIT 100 OFFSET 10"),
        ("SELECT a FROM b LIMIT x", "x", "number of rows"),
        ("SELECT @timestamp FROM b", "@timestamp", "backticks"),
        ("SELECT a FROM /aws/b", "/", "expected"),
        ("SELECT a FROM log-group-a", "-", "backticks"),
        ("SELECT 'a FROM b", "'", "quote"),
        ("SELECT a FROM `b", "`", "quote"),
        ("SELECT DISTINCT ON (a) a FROM b", "SELECT", "SELECT DISTINCT"),
        ("SELECT CAST(a AS STRUCT<b INT>) FROM b", "CAST(a", "INT"),
        ("SELECT a FROM `logGroups(names: ['b'])`", "`logGroups(names: ['b'])`", "logGroupIdentifier"),
        ("SELECT a FROM b |> LIMIT 1", "", "pipes"),
    ] {
        let error = parse(text).expect_err(text);
        let told = error.to_string();
        assert!(told.contains(remedy), "{text}: {told}");
        let found = error.span.of(text);
        let is_there = found.contains(place) || (!found.is_empty() && place.contains(found));
        assert!(is_there, "{text}: {found:?} instead of {place:?}");
        assert!(!error.render(text).is_empty());
    }
}

#[test]
fn what_the_service_refuses_is_refused() {
    for (text, place) in [
        ("SELECT a FROM (SELECT a FROM (SELECT a FROM b) c) d", "SELECT a FROM b"),
        ("SELECT a FROM b WHERE a IN (SELECT a FROM c WHERE a IN (SELECT a FROM d))", "SELECT a FROM d"),
        ("SELECT a FROM b AS x WHERE EXISTS (SELECT c FROM d WHERE d.id = x.id)", "x.id"),
        ("SELECT a FROM `dataSource(['s'])` AS x INNER JOIN b AS y ON x.id = y.id", "`dataSource(['s'])`"),
    ] {
        let errors = check(&parse(text).expect("is read"));
        let places: Vec<&str> = errors.iter().map(|error| error.span.of(text)).collect();
        assert_eq!(places, [place], "{text}");
    }
    let two_levels = "SELECT a.x FROM (SELECT p.x, q.y FROM b AS p INNER JOIN c AS q ON p.id = q.id) AS a INNER JOIN d ON d.y = a.y";
    assert_eq!(check(&parse(two_levels).expect("is read")), []);
}

#[test]
fn selections_need_no_backticks() {
    let with = parse("SELECT a FROM `logGroups(logGroupIdentifier: ['b', 'c'])` AS g").expect("is read");
    let without = parse("SELECT a FROM logGroups(logGroupIdentifier: ['b', 'c']) AS g").expect("is read");
    assert_eq!(with, without);
}

#[test]
fn which_texts_look_like_sql() {
    for (text, expected) in [
        ("SELECT a", true),
        ("  select\na", true),
        ("-- what\nSELECT a", true),
        ("/* what */ (select a)", true),
        ("with a as", true),
        ("selection", false),
        ("fields a", false),
        ("filter a = 'select'", false),
        ("SOURCE 'a' | fields b", false),
        ("", false),
    ] {
        assert_eq!(is_likely(text), expected, "{text}");
    }
}

#[test]
fn chains_are_flat() {
    let text = format!("SELECT a FROM b WHERE {}", vec!["a = 1"; 200].join(" OR "));
    let Body::Select(select) = parse(&text).expect("is read").body else { panic!() };
    let Some(ExprKind::Or(any)) = select.filter.map(|filter| filter.kind) else { panic!() };
    assert_eq!(any.len(), 200);
}

#[test]
fn names_of_functions_are_once() {
    let mut names: Vec<&str> = functions::functions().map(|function| function.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(names.iter().all(|name| *name == name.to_lowercase()));
}

/// Words of the language, and signs.
fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP",
        "BY",
        "ORDER",
        "HAVING",
        "LIMIT",
        "OFFSET",
        "JOIN",
        "INNER",
        "LEFT",
        "ON",
        "AS",
        "AND",
        "OR",
        "NOT",
        "IN",
        "LIKE",
        "BETWEEN",
        "IS",
        "NULL",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "CAST",
        "(",
        ")",
        "(",
        ")",
        ",",
        "*",
        "=",
        "<",
        "+",
        "-",
        "a",
        "b",
        "`a.b`",
        "'x'",
        "\"y\"",
        "1",
        "2.5",
        "count",
        "rank",
        "OVER",
        "PARTITION",
        "EXISTS",
        "UNION",
        "ALL",
        "DISTINCT",
        "[",
        "]",
        ".",
        ";",
        "@",
        "INTERVAL",
        "HOUR",
        "logGroups",
        "filterIndex",
        "'",
        "`",
        "--",
        "/*",
        "é",
        "\u{0}",
        "|>",
        "DIV",
        "::",
        "<=>",
        "RLIKE",
        "WITH",
        "VALUES",
        "TRIM",
        "EXTRACT",
        "ARRAY",
    ])
}

/// Texts that are nearly queries.
fn nearly() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 0..40).prop_map(|words| words.join(" "))
}

/// Queries in which a few words were put, or letters were lost.
fn changed() -> impl Strategy<Value = String> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, word()), 0..4);
    (prop::sample::select(FORMS), changes).prop_map(|(text, changes)| {
        let mut letters: Vec<char> = text.chars().collect();
        for (at, lost, word) in changes {
            let at = at.index(letters.len() + 1);
            let end = (at + lost).min(letters.len());
            letters.splice(at..end, format!(" {word} ").chars());
        }
        letters.into_iter().collect()
    })
}

/// Prints a query and reads it again.
fn again(text: &str) -> (super::ast::Query, super::ast::Query) {
    let query = parse(text).unwrap_or_else(|error| panic!("{}", error.render(text)));
    let printed = query.to_string();
    let read = parse(&printed).unwrap_or_else(|error| panic!("{text}\nbecame\n{}", error.render(&printed)));
    assert_eq!(read.to_string(), printed, "{text}");
    (query, read)
}

/// Every form that is read.
const FORMS: &[&str] = &[
    "SELECT * FROM g",
    "SELECT DISTINCT a.*, `b c`, d AS `e``f` FROM `/aws/x` AS a INNER JOIN `logGroups(logGroupIdentifier: ['p', 'q'])` AS b ON a.x = b.y",
    "SELECT a FROM `filterIndex('r' = 'x', 's' IN ['1', 2]) dataSource(['n.t'])` LEFT OUTER JOIN (SELECT b FROM c) AS d ON TRUE",
    "SELECT a FROM `odd (name)`",
    "SELECT a FROM logGroups(logGroupIdentifier: ['plain'])",
    "SELECT a FROM logGroups(logGroupIdentifier: [' blank'])",
    "SELECT a FROM `\"y\" filterIndex('r' = 'x')`",
    "SELECT a FROM g WHERE NOT NOT a = 1 AND (b OR c) OR NOT (d AND e)",
    "SELECT a FROM g WHERE a AND (b AND c) AND d OR (e OR f)",
    "SELECT (a + b) * c - d / (e - f) % 2 || 'x' || (g || h) DIV 3 FROM g",
    "SELECT a - (b - c), a - b - c, (a * b) + c, a + b * c, - a * b, - (a * b), - - a, a - -5, (-5) FROM g",
    "SELECT (a = b) = c, (a IS NULL) IS NOT TRUE, (a LIKE 'x') IN (TRUE), NOT a IS FALSE FROM g",
    r#"SELECT 'it''s', 'a\\b', '10\%', 'line\nbreak', "quoted", NULL, TRUE, 1e300, 0.001, 12345678901234567890, -2.5 FROM g"#,
    "SELECT a LIKE 'x!%' ESCAPE '!', a NOT ILIKE 'b', a RLIKE 'c+', a NOT BETWEEN 1 AND 2 + 3, a NOT IN (1, 'b'), a <=> NULL FROM g",
    "SELECT a FROM g WHERE a IN (SELECT b FROM h LIMIT 3 OFFSET 1) AND EXISTS (SELECT 1 FROM h) AND b > (SELECT max(c) FROM h)",
    "SELECT CASE WHEN a > 1 THEN 'x' ELSE 'y' END, CASE a WHEN 1 THEN 2 END, CAST(a AS BIGINT), TRY_CAST(a AS DECIMAL(3, 1)), a::STRING FROM g",
    "SELECT count(*), count(DISTINCT a), sum(a) FILTER (WHERE b > 1 OR c), rank() OVER (PARTITION BY a, b ORDER BY c DESC NULLS LAST, d) FROM g",
    "SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 3 PRECEDING AND CURRENT ROW), sum(a) OVER (ORDER BY b RANGE UNBOUNDED PRECEDING), sum(a) OVER () FROM g",
    "SELECT a[0].b['x.y'], f(a)[1][2], (a || b)[0], a[-1], a[b], `p.q`.r, from_json(a).x FROM g",
    "SELECT substring(a FROM 2 FOR 3), substr(a, 2), trim(LEADING 'x' FROM a), extract(HOUR FROM a), position('x' IN a), ceil(a), array(1, 2) FROM g",
    "SELECT a - INTERVAL 4 HOURS, a + INTERVAL '30' MINUTE, TIMESTAMP '2026-11-20 14:00:00.250', DATE '2026-11-20', current_timestamp FROM g",
    "SELECT a, count(*) AS n FROM g GROUP BY a, bin HAVING n > 1 ORDER BY n DESC, a NULLS LAST LIMIT 5 OFFSET 2",
    "SELECT a FROM g UNION ALL SELECT a FROM h INTERSECT SELECT a FROM i EXCEPT SELECT a FROM j ORDER BY a LIMIT 3",
    "(SELECT a FROM g UNION SELECT a FROM h) INTERSECT (SELECT a FROM i ORDER BY a LIMIT 1)",
    "SELECT a FROM g UNION (SELECT a FROM h UNION SELECT a FROM i)",
    "SELECT a, sum(DISTINCT b) FROM g GROUP BY ROLLUP (a, (b, c)) ORDER BY a",
    "SELECT a FROM g GROUP BY a, b + 1 WITH CUBE HAVING count(*) > 1",
    "SELECT a FROM g GROUP BY GROUPING SETS ((), (a), a), b",
    "SELECT a FROM g GROUP BY a, b GROUPING SETS ((b), (a, b))",
    "SELECT a FROM g GROUP BY w, GROUPING SETS (b, (c, b)), CUBE (c)",
    "SELECT json_tuple(a, 'b c', 'd') AS (e, f), first(a IGNORE NULLS), last(a) RESPECT NULLS FROM g",
    "SELECT id, b.x FROM g AS a LEFT JOIN `h` AS b USING (id, `p.q`) WHERE id > 1 GROUP BY id ORDER BY id",
    "SELECT rank() OVER w, sum(a) OVER V FROM g WINDOW w AS (PARTITION BY b ORDER BY c), v AS ()",
];

#[test]
fn ways_to_group_are_those_of_the_guide() {
    for (short, long) in [
        ("ROLLUP (w, p, (w, l))", "(`w`, `p`, `l`), (`w`, `p`), (`w`), ()"),
        ("w, p WITH ROLLUP", "(`w`, `p`), (`w`), ()"),
        ("CUBE (w, p)", "(`w`, `p`), (`w`), (`p`), ()"),
        ("w, p WITH CUBE", "(`w`, `p`), (`w`), (`p`), ()"),
        ("w, GROUPING SETS ((p), ()), GROUPING SETS ((l, s), (l), (s), ())", MIXED),
        ("w, ROLLUP (p), CUBE (l, s)", MIXED),
    ] {
        let printed = parse(&format!("SELECT count(*) FROM g GROUP BY {short}")).expect("is read").to_string();
        assert_eq!(printed.split_once("GROUPING SETS (").map(|(_, sets)| sets.trim_end_matches(')')), Some(long.trim_end_matches(')')), "{short}");
    }
    for (text, why) in [
        ("SELECT a FROM g GROUP BY CUBE (a, b, c, d, e, f, h)", "more than 64 ways"),
        ("SELECT a FROM g GROUP BY ROLLUP (a) WITH CUBE", "behind plain names"),
        ("SELECT a FROM g GROUP BY GROUPING SETS (ROLLUP (a, b), c)", "are written out"),
        ("SELECT a FROM g GROUP BY a WITH TOTALS", "ROLLUP, CUBE and GROUPING SETS"),
        ("SELECT rank() OVER w FROM g", "no WINDOW names `w`"),
        ("SELECT upper(a IGNORE NULLS) FROM g", "IGNORE NULLS stands in first"),
        ("SELECT json_tuple(a) FROM g", "json_tuple takes a text with JSON and the names"),
        ("SELECT json_tuple(a, 'b') AS (c, d) FROM g", "makes 1 columns here"),
        ("SELECT id FROM (SELECT id FROM g) INNER JOIN h AS b USING (id)", "with USING both sides have names"),
    ] {
        let error = parse(text).expect_err(text);
        assert!(error.to_string().contains(why), "{text}: {error}");
    }
}

/// Of a warehouse, a product, a location and a size.
const MIXED: &str = "(`w`, `p`, `l`, `s`), (`w`, `p`, `l`), (`w`, `p`, `s`), (`w`, `p`), (`w`, `l`, `s`), (`w`, `l`), (`w`, `s`), (`w`)";

#[test]
fn what_is_printed_is_read_as_the_same_query() {
    for text in FORMS {
        let (query, read) = again(text);
        assert_eq!(read, query, "{text}\nbecame\n{query}");
    }
}

#[test]
fn what_is_printed_can_be_read_by_a_person() {
    for (text, printed) in [
        (
            "select eventName, count(*) n from management where `x.denied` = true group by eventName order by n desc limit 5",
            "SELECT `eventName`, count(*) AS `n` FROM `management` AS `management` WHERE `x.denied` = TRUE GROUP BY `eventName` ORDER BY `n` DESC NULLS LAST LIMIT 5",
        ),
        (
            "select a from g where (((a = 1))) or ((b + c) * 2 > 3 and not (d))",
            "SELECT `a` FROM `g` AS `g` WHERE `a` = 1 OR (`b` + `c`) * 2 > 3 AND NOT `d`",
        ),
    ] {
        assert_eq!(parse(text).expect("is read").to_string(), printed);
    }
}

#[test]
fn a_limit_within_brackets_is_not_lost() {
    for text in ["(SELECT a FROM b LIMIT 5) LIMIT 10", "(SELECT a FROM b LIMIT 5) ORDER BY a", "((SELECT a FROM b LIMIT 5 OFFSET 1)) LIMIT 1"] {
        let error = parse(text).expect_err(text);
        assert!(error.to_string().contains("goes into FROM"), "{text}: {error}");
    }
    assert!(parse("(SELECT a FROM b LIMIT 5)").is_ok() && parse("(SELECT a FROM b ORDER BY a) LIMIT 5").is_ok());
}

proptest! {
        #[test]
    fn any_text_is_read_or_refused(text in prop_oneof![nearly(), any::<String>(), changed(), nearly().prop_map(|text| format!("SELECT {text}")), nearly().prop_map(|text| format!("SELECT a FROM b WHERE {text}"))]) {
        match parse(&text) {
            Ok(query) => {
                drop(check(&query));
                let printed = query.to_string();
                // Long forms may be spelled out.
                if printed.chars().count() <= super::MOST_CHARACTERS {
                    let read = parse(&printed).unwrap_or_else(|error| panic!("{text}\nbecame\n{}", error.render(&printed)));
                    prop_assert_eq!(&read, &query, "{} became {}", text, printed);
                }
            }
            Err(error) => {
                prop_assert!(error.span.start <= error.span.end && error.span.end <= text.len());
                drop(error.render(&text));
            }
        }
    }
}

#[test]
fn nesting_neither_hangs_nor_overflows() {
    for unit in [
        "(",
        "NOT ",
        "-",
        "a + (",
        "CASE WHEN ",
        "a IN (",
        "SELECT (",
        "EXISTS (SELECT ",
        "f(",
        "[",
        "a[",
        "CAST(",
        "((a, ",
        "a = ",
        "a AND ",
        "INTERVAL ",
        "TRIM(",
    ] {
        for count in [5, 24, 25, 100, 1000] {
            let text = format!("SELECT a FROM b WHERE {}", unit.repeat(count));
            drop(parse(&text));
            drop(parse(&format!("{text}a{}", ")".repeat(count))));
        }
    }
}
