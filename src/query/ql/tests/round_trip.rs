//! Any tree, written and read again, is the same tree.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::query::ql::Span;
use crate::query::ql::ast::*;

use super::shape;

fn here() -> Span {
    Span::default()
}

/// Letters that a name in backticks may have.
fn odd_name() -> impl Strategy<Value = String> {
    "[^`\n]{1,8}"
}

/// Names that are words of the language, or look like other tokens.
fn awkward_name() -> impl Strategy<Value = String> {
    let words = "by as in not and or like desc true where into output outputnew for with maxspan multi offset logfmt csv xml parse source limit row p 5m 10 1e5 @ \
         @a-b a.b event-name SELECT type Größe";
    proptest::sample::select(words.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>())
}

fn name_text() -> impl Strategy<Value = String> {
    prop_oneof![6 => "@?[a-zA-Z_][a-zA-Z0-9_]{0,6}", 1 => "[a-z]{1,3}(\\.[a-z0-9]{1,3}){1,2}", 1 => odd_name(), 2 => awkward_name()]
}

fn name() -> impl Strategy<Value = Name> {
    name_text().prop_map(|text| Name { text, span: here() })
}

fn field() -> impl Strategy<Value = Field> {
    let later = prop_oneof![3 => name_text().prop_map(Step::Member), 1 => (0u32..1_000_000_000).prop_map(Step::Index), 1 => "[0-9]{1,2}".prop_map(Step::Member)];
    (name_text(), vec(later, 0..3)).prop_map(|(first, later)| {
        let steps = std::iter::once(Step::Member(first)).chain(later).collect();
        Field { steps, span: here() }
    })
}

fn text() -> impl Strategy<Value = Text> {
    text_value().prop_map(|value| Text { value, span: here() })
}

fn text_value() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z ]{0,6}", 2 => "[\"'\\\\a#|/\n]{0,8}", 1 => any::<String>()]
}

/// No lone backslash at the end, and `\/` only as `/`.
fn regex() -> impl Strategy<Value = Text> {
    vec(prop_oneof![3 => "[^\\\\]", 1 => "\\\\[^/]", 1 => Just("/".to_owned())], 0..6).prop_map(|parts| Text { value: parts.concat(), span: here() })
}

fn period() -> impl Strategy<Value = Period> {
    (any::<u64>(), proptest::sample::select(Unit::ALL.to_vec())).prop_map(|(count, unit)| Period { count, unit, span: here() })
}

fn number() -> impl Strategy<Value = Number> {
    "[0-9]{1,20}(\\.[0-9]{1,4})?".prop_map(|text| Number::new(&text).expect("a number"))
}

fn expr_of(kind: ExprKind) -> Expr {
    Expr { kind, span: here() }
}

fn literal() -> impl Strategy<Value = Expr> {
    prop_oneof![
        number().prop_map(ExprKind::Number),
        number().prop_map(|number| ExprKind::Negate(Box::new(expr_of(ExprKind::Number(number))))),
        text_value().prop_map(ExprKind::Text),
        any::<bool>().prop_map(ExprKind::Bool),
    ]
    .prop_map(expr_of)
}

fn leaf() -> impl Strategy<Value = Expr> {
    prop_oneof![
        number().prop_map(ExprKind::Number),
        text_value().prop_map(ExprKind::Text),
        any::<bool>().prop_map(ExprKind::Bool),
        period().prop_map(ExprKind::Period),
        field().prop_map(ExprKind::Field),
        function_name().prop_map(|name| ExprKind::Call(Call { name, name_span: here(), arguments: Arguments::Star })),
    ]
    .prop_map(expr_of)
}

fn function_name() -> impl Strategy<Value = String> {
    let known = crate::query::ql::table::FUNCTIONS.iter().map(|function| function.name.to_owned()).collect::<Vec<_>>();
    prop_oneof![
        proptest::sample::select(known),
        "x[a-z]{3,5}y".prop_filter("made up", |name| crate::query::ql::table::function_named(name).is_none())
    ]
}

fn operators(sum: bool) -> impl Strategy<Value = Operator> {
    let all = [Operator::Add, Operator::Subtract, Operator::Multiply, Operator::Divide, Operator::Remainder];
    proptest::sample::select(all.into_iter().filter(|operator| operator.is_sum() == sum).collect::<Vec<_>>())
}

fn comparisons() -> impl Strategy<Value = Comparison> {
    use Comparison::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    proptest::sample::select(vec![Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual])
}

fn pattern() -> impl Strategy<Value = Pattern> {
    prop_oneof![text().prop_map(Pattern::Text), regex().prop_map(Pattern::Regex)]
}

fn expr() -> BoxedStrategy<Expr> {
    let tree = leaf().boxed().prop_recursive(4, 24, 4, |inner| {
        let chain = |sum| (inner.clone(), vec((operators(sum), inner.clone()), 1..3));
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(ExprKind::List),
            (function_name(), vec(inner.clone(), 0..3))
                .prop_map(|(name, list)| { ExprKind::Call(Call { name, name_span: here(), arguments: Arguments::List(list) }) }),
            inner.clone().prop_map(|inner| ExprKind::Negate(Box::new(inner))),
            inner.clone().prop_map(|inner| ExprKind::Not(Box::new(inner))),
            chain(true).prop_map(|(first, rest)| ExprKind::Arithmetic { first: Box::new(first), rest }),
            chain(false).prop_map(|(first, rest)| ExprKind::Arithmetic { first: Box::new(first), rest }),
            (inner.clone(), inner.clone()).prop_map(|(base, exponent)| ExprKind::Power(Box::new(base), Box::new(exponent))),
            (comparisons(), inner.clone(), inner.clone()).prop_map(|(how, left, right)| ExprKind::Compare(how, Box::new(left), Box::new(right))),
            (inner.clone(), pattern(), any::<bool>()).prop_map(|(value, pattern, negated)| ExprKind::Like {
                value: Box::new(value),
                pattern,
                negated
            }),
            (inner.clone(), vec(inner.clone(), 0..3), any::<bool>()).prop_map(|(value, list, negated)| ExprKind::In {
                value: Box::new(value),
                set: Set::List(list),
                negated
            }),
            vec(inner.clone(), 2..4).prop_map(ExprKind::And),
            vec(inner.clone(), 2..4).prop_map(ExprKind::Or),
        ]
        .prop_map(expr_of)
    });
    prop_oneof![
        12 => tree.clone(),
        1 => (tree, simple_query(), any::<bool>()).prop_map(|(value, query, negated)| {
            expr_of(ExprKind::In { value: Box::new(value), set: Set::Query(Box::new(query)), negated })
        }),
    ]
    .boxed()
}

/// A query that may stand within another.
fn simple_query() -> impl Strategy<Value = Query> {
    let stage = prop_oneof![
        vec(field(), 1..3).prop_map(StageKind::Dedup),
        (leaf(), option::of(name())).prop_map(|(expr, alias)| StageKind::Fields(vec![Item { expr, alias }])),
        leaf().prop_map(StageKind::Filter),
        parse_command(),
    ];
    (source(), vec(stage, 1..3)).prop_map(|(source, stages)| query_of(Some(source), stages))
}

fn query_of(source: Option<Source>, stages: Vec<StageKind>) -> Query {
    let stages = stages.into_iter().map(|kind| Stage { kind, word_span: here(), span: here() }).collect();
    Query { source, stages, span: here() }
}

fn moment() -> impl Strategy<Value = Moment> {
    prop_oneof![Just(Moment::Now), period().prop_map(Moment::Ago), any::<u64>().prop_map(Moment::At)]
}

fn source() -> impl Strategy<Value = Source> {
    let key = proptest::sample::select(vec![GroupKey::NamePrefix, GroupKey::Account, GroupKey::Class]);
    let filter = (key, vec(text(), 1..3)).prop_map(|(key, values)| GroupFilter { key, values, span: here() });
    let tag = (text(), vec(text(), 1..3)).prop_map(|(key, values)| TagFilter { key, values });
    let selector = prop_oneof![
        vec(filter, 0..3).prop_map(SelectorKind::LogGroups),
        vec(text(), 1..3).prop_map(SelectorKind::DataSource),
        vec(tag, 1..3).prop_map(SelectorKind::Tags),
    ];
    let group = (text(), option::of(moment()), option::of(moment())).prop_map(|(name, start, end)| Group { name, start, end });
    prop_oneof![
        2 => group.prop_map(Source::Group),
        1 => vec(selector.prop_map(|kind| Selector { kind, span: here() }), 1..3).prop_map(Source::Selection),
    ]
}

fn item() -> impl Strategy<Value = Item> {
    (expr(), option::of(name())).prop_map(|(expr, alias)| Item { expr, alias })
}

fn parse_command() -> impl Strategy<Value = StageKind> {
    let extraction = prop_oneof![
        (text(), vec(name(), 1..3)).prop_map(|(pattern, names)| Extraction::Glob { pattern, names }),
        (regex(), vec(name(), 0..3), any::<bool>()).prop_map(|(pattern, names, multi)| Extraction::Regex { pattern, names, multi }),
        name().prop_map(Extraction::Logfmt),
        vec(name(), 1..3).prop_map(Extraction::Csv),
        (text(), name()).prop_map(|(path, name)| Extraction::Xml { path, name }),
    ];
    (option::of(field()), extraction).prop_map(|(field, extraction)| StageKind::Parse(Parse { field, extraction }))
}

fn direction() -> impl Strategy<Value = Option<Direction>> {
    option::of(prop_oneof![Just(Direction::Ascending), Just(Direction::Descending)])
}

fn output() -> impl Strategy<Value = Vec<OutputColumn>> {
    vec((name(), option::of(name())).prop_map(|(column, alias)| OutputColumn { column, alias }), 1..3)
}

fn table() -> impl Strategy<Value = Name> {
    let text = prop_oneof![3 => name_text(), 2 => "[a-z]{1,3}(-[a-z_]{1,3}){1,2}", 1 => text_value()];
    text.prop_map(|text| Name { text, span: here() })
}

fn everyday() -> impl Strategy<Value = StageKind> {
    let stats = (vec(item(), 1..3), vec(item(), 0..3), option::of(period())).prop_map(|(items, by, offset)| Stats { items, by, offset });
    prop_oneof![
        vec(item(), 1..4).prop_map(StageKind::Fields),
        vec(item(), 1..4).prop_map(StageKind::Display),
        expr().prop_map(StageKind::Filter),
        (field(), literal()).prop_map(|(field, value)| StageKind::FilterIndex(FilterIndex { field, values: vec![value], is_list: false })),
        (field(), vec(literal(), 1..3)).prop_map(|(field, values)| StageKind::FilterIndex(FilterIndex { field, values, is_list: true })),
        parse_command(),
        (field(), text(), name()).prop_map(|(field, path, alias)| StageKind::Json(Json { field, path, alias })),
        stats.prop_map(StageKind::Stats),
        vec((field(), direction()).prop_map(|(field, direction)| SortKey { field, direction }), 1..3).prop_map(StageKind::Sort),
        (any::<bool>(), any::<u64>()).prop_map(|(any, count)| StageKind::Limit { any, count }),
        any::<u64>().prop_map(StageKind::Head),
        any::<u64>().prop_map(StageKind::Tail),
        vec(field(), 1..3).prop_map(StageKind::Dedup),
        expr().prop_map(StageKind::Pattern),
        proptest::sample::select(vec![DiffWindow::Previous, DiffWindow::PreviousDay, DiffWindow::PreviousWeek, DiffWindow::PreviousMonth])
            .prop_map(StageKind::Diff),
        Just(StageKind::Anomaly),
        Just(StageKind::Estimate),
        (field(), name()).prop_map(|(field, into)| StageKind::Unnest { field, into }),
        field().prop_map(StageKind::Expand),
    ]
}

fn rare() -> impl Strategy<Value = StageKind> {
    let flag = || option::of(any::<bool>());
    let target = prop_oneof![
        field().prop_map(FillTarget::Field),
        "[a-z]{0,2}\\*([a-z_]{1,3}\\*?)?".prop_map(|text| FillTarget::Wildcard(Name { text, span: here() }))
    ];
    let action = option::of(prop_oneof![Just(OutlierAction::Remove), Just(OutlierAction::Transform)]);
    let lookup_match = (name(), option::of(field())).prop_map(|(column, field)| LookupMatch { column, field });
    let kind = prop_oneof![Just(JoinKind::Inner), Just(JoinKind::Left)];
    prop_oneof![
        (table(), vec(lookup_match, 1..3), any::<bool>(), output()).prop_map(|(table, matches, only_new, output)| StageKind::Lookup(Lookup {
            table,
            matches,
            only_new,
            output
        })),
        (table(), field(), option::of(name()), any::<bool>(), output())
            .prop_map(|(table, field, column, only_new, output)| StageKind::CidrLookup(CidrLookup { table, field, column, only_new, output })),
        (kind, name(), name(), field(), field(), simple_query()).prop_map(|(kind, left, right, left_key, right_key, query)| {
            StageKind::Join(Join { kind, left, right, left_key, right_key, query: Box::new(query) })
        }),
        (vec(field(), 0..3), expr()).prop_map(|(fields, condition)| StageKind::RelevantFields(RelevantFields { fields, condition })),
        (option::of(name()), flag(), flag(), vec(field(), 0..3)).prop_map(|(name, row, column, fields)| StageKind::AddTotals(AddTotals {
            name,
            row,
            column,
            fields
        })),
        (field(), option::of(name()), option::of(any::<(u64, u64)>())).prop_map(|(field, alias, lags)| StageKind::Autoregress(Autoregress {
            field,
            alias,
            lags
        })),
        (field(), option::of(name())).prop_map(|(field, alias)| StageKind::Accum { field, alias }),
        vec(target, 0..3).prop_map(StageKind::FillDown),
        vec((literal(), field()).prop_map(|(value, field)| Fill { value, field }), 0..3).prop_map(StageKind::FillMissing),
        period().prop_map(StageKind::LogCompare),
        (action, option::of(number()), flag(), flag(), vec(field(), 1..3))
            .prop_map(|(action, parameter, use_lower, mark, fields)| { StageKind::Outlier(Outlier { action, parameter, use_lower, mark, fields }) }),
        (flag(), option::of(any::<u64>()), simple_query()).prop_map(|(overwrite, max, query)| StageKind::AppendCols(AppendCols {
            overwrite,
            max,
            query: Box::new(query)
        })),
        (vec(field(), 1..3), option::of(period()), option::of(name())).prop_map(|(fields, max_span, alias)| StageKind::Sessionize(Sessionize {
            fields,
            max_span,
            alias
        })),
        vec(field(), 1..3).prop_map(StageKind::CountFrequent),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    let stages = vec(prop_oneof![3 => everyday(), 2 => rare()], 1..4);
    (option::of(source()), stages).prop_map(|(source, stages)| query_of(source, stages))
}

proptest! {
    #[test]
    fn a_written_tree_is_read_as_the_same(query in query()) {
        let written = query.to_string();
        let again = match crate::query::ql::parse(&written) {
            Ok(again) => again,
            Err(error) => return Err(TestCaseError::fail(format!("{written}\n{}", error.render(&written)))),
        };
        prop_assert_eq!(shape(&again), shape(&query), "{}", written);
        prop_assert_eq!(&again.to_string(), &written);
        let _ = (crate::query::ql::check(&again), crate::query::ql::notes(&written, &again), crate::query::ql::only_at_aws(&again));
    }
}
