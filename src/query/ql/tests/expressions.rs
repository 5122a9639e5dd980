//! What binds to what, and what is refused within values and conditions.

use crate::query::ql::ast::{Arguments, Expr, ExprKind, Pattern, Set, StageKind};
use crate::query::ql::{MAX_DEPTH, check, notes, parse};

use super::{in_small_stack, parsed};

/// A value with a bracket around each operation.
fn tree(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Number(number) => number.as_str().to_owned(),
        ExprKind::Text(text) => format!("{text:?}"),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Period(period) => format!("{}{}", period.count, period.unit.symbol()),
        ExprKind::List(values) => format!("[{}]", trees(values)),
        ExprKind::Field(field) => field.flat(),
        ExprKind::Call(call) => match &call.arguments {
            Arguments::Star => format!("{}(*)", call.name),
            Arguments::List(values) => format!("{}({})", call.name, trees(values)),
        },
        ExprKind::Negate(inner) => format!("(-{})", tree(inner)),
        ExprKind::Arithmetic { first, rest } => {
            rest.iter().fold(tree(first), |left, (operator, right)| format!("({left}{}{})", operator.symbol(), tree(right)))
        }
        ExprKind::Power(base, exponent) => format!("({}^{})", tree(base), tree(exponent)),
        ExprKind::Compare(comparison, left, right) => format!("({}{}{})", tree(left), comparison.symbol(), tree(right)),
        ExprKind::Like { value, pattern, negated } => {
            let pattern = match pattern {
                Pattern::Text(text) => format!("{:?}", text.value),
                Pattern::Regex(text) => format!("/{}/", text.value),
            };
            format!("({} {}like {pattern})", tree(value), if *negated { "not " } else { "" })
        }
        ExprKind::In { value, set, negated } => {
            let set = match set {
                Set::List(values) => format!("[{}]", trees(values)),
                Set::Query(query) => format!("<{query}>").replace('\n', " "),
            };
            format!("({} {}in {set})", tree(value), if *negated { "not " } else { "" })
        }
        ExprKind::Not(inner) => format!("(not {})", tree(inner)),
        ExprKind::And(parts) => format!("({})", parts.iter().map(tree).collect::<Vec<_>>().join(" and ")),
        ExprKind::Or(parts) => format!("({})", parts.iter().map(tree).collect::<Vec<_>>().join(" or ")),
    }
}

fn trees(values: &[Expr]) -> String {
    values.iter().map(tree).collect::<Vec<_>>().join(",")
}

fn filtered(condition: &str) -> Expr {
    let query = parsed(&format!("filter {condition}"));
    match query.stages.into_iter().next().expect("a stage").kind {
        StageKind::Filter(expr) => expr,
        other => panic!("{other:?}"),
    }
}

#[test]
fn tighter_operators_are_read_first() {
    for (text, expected) in [
        ("a + b * c", "(a+(b*c))"),
        ("a * b + c", "((a*b)+c)"),
        ("a - b - c", "((a-b)-c)"),
        ("a - (b - c)", "(a-(b-c))"),
        ("a / b * c % d", "(((a/b)*c)%d)"),
        ("a ^ b ^ c", "(a^(b^c))"),
        ("(a ^ b) ^ c", "((a^b)^c)"),
        ("-a ^ 2", "((-a)^2)"),
        ("2 ^ -a * 3", "((2^(-a))*3)"),
        ("a - -1", "(a-(-1))"),
        ("a -1", "(a-1)"),
        ("a = 1 and b = 2 or c = 3", "(((a=1) and (b=2)) or (c=3))"),
        ("a = 1 or b = 2 and c = 3", "((a=1) or ((b=2) and (c=3)))"),
        ("a and b and c", "(a and b and c)"),
        ("a and (b and c)", "(a and (b and c))"),
        ("not a = 1 and b", "((not (a=1)) and b)"),
        ("not (a = 1 and b)", "(not ((a=1) and b))"),
        ("!isPresent(a) or not not b", "((not isPresent(a)) or (not (not b)))"),
        ("a + 1 >= b * 2", "((a+1)>=(b*2))"),
        ("(a > 1) = (b > 1)", "((a>1)=(b>1))"),
        ("a like /x/ and b not like \"y\"", "((a like /x/) and (b not like \"y\"))"),
        ("a =~ /x\\/y/", "(a like /x/y/)"),
        ("a in [1, \"b\", -2, true] or c NOT IN []", "((a in [1,\"b\",(-2),true]) or (c not in []))"),
        ("a in (SOURCE 'g' | fields b)", "(a in <SOURCE 'g' | fields b>)"),
        ("if(a > 1 and b, case(c, 1, 2), [3, 4])", "if(((a>1) and b),case(c,1,2),[3,4])"),
        ("j.`x.y`[0].z = l[3]", "(j.x.y.0.z=l.3)"),
        ("event-name = 1", "((event-name)=1)"),
        ("`event-name` = 1", "(event-name=1)"),
    ] {
        assert_eq!(tree(&filtered(text)), expected, "{text}");
    }
}

#[test]
fn words_are_the_same_in_any_case_and_functions_in_any_spelling() {
    for (text, expected) in [
        ("A Like /x/ AND b IN [1] Or NOT c", "(((A like /x/) and (b in [1])) or (not c))"),
        ("isPRESENT(a)", "isPresent(a)"),
        ("is_present(a)", "isPresent(a)"),
        ("COUNT_DISTINCT(a) > countDistinct(b)", "(count_distinct(a)>count_distinct(b))"),
        ("regex_replace(a, 'b', 'c') = count_over_time(d)", "(regexReplace(a,\"b\",\"c\")=countOverTime(d))"),
        ("count ( * ) > count()", "(count(*)>count())"),
        ("madeUp(a)", "madeUp(a)"),
        ("a = TRUE", "(a=true)"),
    ] {
        assert_eq!(tree(&filtered(text)), expected, "{text}");
    }
}

#[test]
fn strings_mean_what_is_between_their_quotes() {
    for (text, expected) in [
        (r#""a""#, "a"),
        (r"'a'", "a"),
        (r#""a 'b'""#, "a 'b'"),
        (r#"'a "b"'"#, r#"a "b""#),
        (r#""a \"b\"""#, r#"a "b""#),
        (r"'it\'s'", "it's"),
        (r#""back\\slash""#, r"back\slash"),
        (r#""\d+\.""#, r"\d+\."),
        (r#""\\d""#, r"\d"),
        (r#""\n""#, r"\n"),
        (r#""""#, ""),
        ("\"é 漢\"", "é 漢"),
    ] {
        assert_eq!(filtered(text).kind, ExprKind::Text(expected.to_owned()), "{text}");
    }
}

#[test]
fn places_are_those_of_the_text() {
    let text = "filter  (a + 1) > f(b)";
    let StageKind::Filter(expr) = parsed(text).stages.remove(0).kind else { panic!("a filter") };
    assert_eq!(expr.span.of(text), "(a + 1) > f(b)");
    let parts: Vec<&str> = expr.parts().into_iter().map(|part| part.span.of(text)).collect();
    assert_eq!(parts, ["(a + 1)", "f(b)"]);
    let text = "stats count(*), avg( x ) as y, z by bin(5m)";
    let StageKind::Stats(stats) = parsed(text).stages.remove(0).kind else { panic!("stats") };
    let columns: Vec<String> = stats.items.iter().chain(&stats.by).map(|item| item.column(text)).collect();
    assert_eq!(columns, ["count(*)", "y", "z", "bin(5m)"]);
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    in_small_stack(|| {
        for (open, close) in [("(", ")"), ("abs(", ")"), ("not (", ")"), ("- ", ""), ("! ", ""), ("2 ^ ", ""), ("[", "]"), ("a in (fields ", ")")] {
            let deep = |depth: usize| format!("filter {}a{}", open.repeat(depth), close.repeat(depth));
            for depth in [MAX_DEPTH + 1, 1000, 50_000] {
                let error = parse(&deep(depth)).expect_err("too deep");
                assert!(error.message.contains("within each other"), "{open}: {error}");
            }
            let allowed = parse(&deep(20)).expect("deep enough for anybody");
            assert_eq!(super::shape(&parse(&allowed.to_string()).expect("as printed")), super::shape(&allowed));
        }
        let mixed = |depth: usize| format!("filter {}a{}", "not (a or a and a < - (a + a * (".repeat(depth), ")))".repeat(depth));
        let deepest = (1..MAX_DEPTH).map(mixed).take_while(|text| parse(text).is_ok()).last().expect("some");
        let query = parse(&deepest).expect("deepest");
        assert!(check(&query).is_empty() && notes(&deepest, &query).is_empty() && !query.to_string().is_empty());
    });
}

#[test]
fn long_chains_are_flat() {
    in_small_stack(|| {
        for (text, operator) in [("a", " + "), ("a", " * "), ("a = 1", " and "), ("a", " or "), ("a", ", ")] {
            let long = format!("fields {}", vec![text; 50_000].join(operator));
            let query = parse(&long).expect("long");
            assert_eq!(query.to_string().len(), long.len(), "{operator}");
            drop(check(&query));
        }
    });
}
