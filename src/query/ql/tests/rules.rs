//! What AWS would refuse, and what it would take otherwise.

use crate::query::ql::table::{self, FunctionKind};
use crate::query::ql::{check, notes};

use super::{marked, parsed};

/// The query with the place marked, and a part of what is said.
type Rule = (&'static str, &'static str);

const REFUSED: &[Rule] = &[
    // Order.
    ("fields a | «sort» a | stats count(*)", "only after the last `stats`"),
    ("stats count(*) as n by a | «limit» 5 | stats max(n)", "only after the last `stats`"),
    ("fields a | «head» 3 | stats count(*)", "only after the last `stats`"),
    ("fields a | dedup a | «sort» a", "after `dedup` only `limit`"),
    ("fields a | dedup a | limit 3 | «filter» a = 1", "after `dedup` only `limit`"),
    ("fields a | «diff»", "only directly after `pattern`"),
    ("pattern @message | limit 3 | «diff» previousDay", "only directly after `pattern`"),
    ("fields a | «anomaly»", "only after `pattern`"),
    ("stats count(*) by a | «fillmissing»", "only after `stats … by bin(…)`"),
    ("«estimate» | fields a", "`estimate` is the last command"),
    (
        "stats count(*) as a | stats max(a) as b | stats max(b) as c | stats max(c) as d | stats max(d) as e | stats max(e) as f | stats max(f) as g \
         | stats max(g) as h | stats max(h) as i | stats max(i) as j | «stats» max(j) as k",
        "at most 10 `stats`",
    ),
    // Numbers.
    ("fields a | «limit 0»", "1 to 100000, not 0"),
    ("fields a | «limit 100001»", "1 to 100000"),
    ("fields a | «autoregress a p=3-2»", "the smaller number comes first"),
    ("fields a | «autoregress a p=0»", "from 1 on"),
    ("fields a | «appendcols» max=0 (SOURCE 'g' | fields b)", "`max` is 1 to 100000"),
    ("stats pct(a, «101»)", "0 to 100"),
    ("SOURCE logGroups(«namePrefix: ['a','b','c','d','e','f']») | fields a", "at most 5 prefixes"),
    ("SOURCE «dataSource(['1','2','3','4','5','6','7','8','9','10','11'])» | fields a", "at most 10 data sources"),
    ("SOURCE logGroupTags([{\"key\": «\"k\"», \"values\": ['a','b','c','d','e','f']}]) | fields a", "at most 5 values"),
    // Names.
    ("fields a as b, c as «b»", "`b` is already defined"),
    ("fields a as b | parse @message \"*\" as «b»", "`b` is already defined"),
    ("fields a as b | parse @message «/(?<b>x)/»", "`b` is already defined"),
    ("fields a as «@timestamp»", "`@timestamp` is already defined"),
    ("fields a as «a»", "the field's own name"),
    ("stats count(*) as n, max(x) as «n»", "`n` is already defined"),
    ("parse @message \"*\" as x | stats sum(x) as «x»", "`x` is already defined"),
    ("fields jsonParse(@message) as j, «j.a» as b", "only in the next command"),
    ("fields jsonParse(a) as j | dedup «j»", "a map or list, which `dedup`"),
    ("fields split(a, ',') as l | sort «l»", "a map or list, which `sort`"),
    ("fields jsonParse(a) as j | stats count(*) by «j»", "a map or list, which `stats`"),
    ("fields jsonParse(a) as j | pattern «j»", "a map or list, which `pattern`"),
    ("fields split(a, ',') as l | unnest «l» into x", "refuses one out of split"),
    ("parse @message \"*\" as x | relevantfields «x», y where z = 1", "does not weigh fields out of `parse`"),
    // Functions.
    ("fields «lenght»(a)", "there is no function `lenght`"),
    ("fields «strlne»(a)", "did you mean `strlen`?"),
    ("fields «abs»()", "given 0 values, it takes 1: abs(n)"),
    ("fields «round»(a, 1, 2)", "given 3 values, it takes 1 to 2"),
    ("fields «now»(a)", "it takes none"),
    ("fields «concat»()", "it takes at least 1"),
    ("fields «abs»(*)", "is not given `*`"),
    ("filter «count»(*) > 3", "it stands only in `stats`"),
    ("fields «sum»(a) as s", "it stands only in `stats`"),
    ("stats sum(«count»(*))", "within another aggregate"),
    ("stats count(*) by «max»(a)", "cannot make the groups"),
    ("stats «a» by b", "`stats` works out numbers over many events"),
    ("stats count(*), «@message»", "`stats` works out numbers over many events"),
    ("stats «topk(3, a)», count(*)", "stands alone"),
    ("stats «topk(3, a)» by b", "stands alone"),
    ("stats count(*) by bin(«5»)", "given a period"),
    ("stats count(*) by bin(«a»)", "given a period"),
    // Taking apart.
    ("parse @message «\"* *\"» as a", "2 `*`, but 1 names"),
    ("parse @message «\"x\"» as a", "0 `*`, but 1 names"),
    ("parse @message «/x/»", "nothing here has a name"),
    ("parse @message «/(x)/» multi", "nothing here has a name"),
    ("parse @message /(?<a>x)/ as b, a, «a»", "`a` is already defined"),
    ("stats count(*) as n by a | stats max(n) by «bin(5m)»", "write dateceil(t, 5m)"),
    ("stats count(*) as n by a | stats max(«b») by a", "`b` is gone: the `stats` above left a, n"),
    // Queries within.
    ("filter a in («SOURCE 'g' | fields a, b»)", "gives one column, as by `fields name`; here are 2"),
    ("filter a in («SOURCE 'g' | filter b = 1»)", "it names none"),
    ("filter a in (SOURCE 'g' | filter b in («SOURCE 'h' | fields b») | fields a)", "no sub-query or join of its own"),
    ("join left=a right=b where «x.y»=b.x (SOURCE 'g')", "begins with its name: a.field"),
    ("join left=a right=b where a.x=«x» (SOURCE 'g')", "begins with its name: b.field"),
    ("join left=a right=b where a.x=b.x (SOURCE 'g' | «filter» y = 1)", "without commands"),
    ("join left=a right=b where a.x=b.x («SOURCE logGroups()»)", "is one log group"),
    ("join left=a right=«a» where a.x=a.x (SOURCE 'g')", "both sides have the same name"),
    ("join left=a right=b where a.x=b.x (SOURCE 'g') | «join» left=c right=d where c.x=d.x (SOURCE 'g')", "a query has one `join`"),
];

const NOTED: &[Rule] = &[
    ("stats count(*) by bin(«300s»)", "bin(300s) is bin(60s) at AWS: write bin(5m)"),
    ("stats count(*) by bin(«90m»)", "bin(90m) is bin(60m) at AWS"),
    ("stats count(*) by bin(«48h»)", "bin(48h) is bin(24h) at AWS: write bin(2d)"),
    ("stats count(*) by bin(«5000ms»)", "bin(5000ms) is bin(1000ms) at AWS: write bin(5s)"),
    ("filter «event-name» = 1", "event-name is `event` minus `name`"),
    ("filter a = «null»", "`null` is read as a field's name"),
    ("filter @timestamp > «\"2026-01-01T00:00:00Z\"»", "a time is never like a string"),
    ("filter «\"2026-01-01\"» < @timestamp", "a time is never like a string"),
    ("filter @message like «\"a.*b\"»", "for a pattern write /…/"),
    ("filter arn = «\"arn:aws:*\"»", "`=` takes `*` letter by letter"),
    ("«display» a | display b", "only the last one counts"),
    ("fields a | «head» 3", "an older word"),
    ("sort a | «limit» any 3", "not the first ones of the order"),
    ("stats count(*) as n by a | filter «b» = 1", "`b` is gone: the `stats` above left a, n"),
    ("stats count(*) by bin(5m) | sort «@timestamp»", "nothing with a name"),
    ("parse @message \"*\" as x | fields «x»", "list what `parse` took out with `display`"),
    ("fields split(a, ',') as l | expand «l»", "leaves a list out of split"),
    ("stats «rate»(a, 1m)", "add `by bin(5m)`"),
    ("stats count(*) offset «1h»", "add `by bin(5m)`"),
    ("parse @message «/(?<a>x)(?=y)/»", "looks around"),
    ("filter a in («fields a»)", "names its log group"),
];

#[test]
fn what_aws_refuses_is_found_where_it_is() {
    for (text, expected) in REFUSED {
        let (text, place) = marked(text);
        let errors = check(&parsed(&text));
        let said: Vec<String> = errors.iter().map(|error| format!("{} @ {}", error, error.span.of(&text))).collect();
        assert!(errors.iter().any(|error| error.to_string().contains(expected) && error.span == place), "{text}: {said:#?}");
        assert_eq!(errors.len(), 1, "{text}: {said:#?}");
    }
}

#[test]
fn what_surprises_is_noted_where_it_is() {
    for (text, expected) in NOTED {
        let (text, place) = marked(text);
        let notes = notes(&text, &parsed(&text));
        let said: Vec<String> = notes.iter().map(|note| format!("{} @ {}", note, note.span.of(&text))).collect();
        assert!(notes.iter().any(|note| note.message.contains(expected) && note.span == place), "{text}: {said:#?}");
        assert_eq!(notes.len(), 1, "{text}: {said:#?}");
    }
}

#[test]
fn what_is_fine_is_not_refused() {
    for text in [
        "fields a | sort a | limit 5 | fields b as c",
        "stats count(*) as n by a | sort n | limit 3",
        "fields a | dedup a | limit 3 | estimate",
        "stats count(*) as a by b | stats max(a) as b2",
        "stats count(*) as n by x | fields n + 1 as x2",
        "fields jsonParse(a) as j | dedup j.x",
        "fields jsonParse(a) as j | fields j.x as b | unnest j.l into c",
        "stats count(*) by bin(60m), bin(60s), bin(24h), bin(1000ms), bin(1d), bin(2w)",
        "stats count(*) as n, sum(x) as s, s / n as mean",
        "stats count(*) + 1, abs(max(x)) by tolower(y) | limit 1",
        "filter a in (SOURCE 'g' | fields a, b | display a)",
        "filter a in (SOURCE 'g' | stats count(*) by x | display x)",
        "fields a - b, (a)-b, a -b",
        "parse @message /(x)/ as a",
        "parse @message /(x)/ as a multi",
        "parse @message /(?<a>x)/ as a",
        "filter a in (SOURCE 'g' | stats count(*) as n by x | filter n > 3 | fields x)",
        "parse @message /(?P<a>x)[(?<b>]\\(?<c>/",
        "lookup t a as b OUTPUT c, c",
    ] {
        assert_eq!(check(&parsed(text)), [], "{text}");
    }
}

#[test]
fn a_long_query_is_noted_not_refused() {
    let long = format!("fields a # {}", "é".repeat(10_000));
    let said = notes(&long, &parsed(&long));
    assert_eq!(said.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10011 characters: AWS takes at most 10000"]);
    let short = format!("fields a # {}", "é".repeat(9_989));
    assert_eq!(notes(&short, &parsed(&short)), []);
}

#[test]
fn there_is_an_end_to_errors() {
    let text = format!("fields {}", vec!["wrong(a), event-name"; 5000].join(", "));
    let query = parsed(&text);
    assert!((50..=200).contains(&check(&query).len()));
    assert!((50..=200).contains(&notes(&text, &query).len()));
}

#[test]
fn the_table_of_functions_is_sound() {
    let mut names: Vec<String> = table::FUNCTIONS.iter().map(|function| function.name.replace('_', "").to_lowercase()).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "a name twice");
    for function in table::FUNCTIONS {
        assert!(function.most.is_none_or(|most| most >= function.least), "{}", function.name);
        assert!(function.form.starts_with(function.name) && function.form.contains('('), "{}", function.name);
        assert!(!function.doc.is_empty());
        assert_eq!(table::function_named(&function.name.to_uppercase()), Some(function));
        assert_eq!(table::nearest_function(function.name), Some(function.name));
    }
    let kind = |name: &str| table::function_named(name).map(|function| function.kind);
    assert_eq!(kind("count_distinct"), Some(FunctionKind::Aggregate));
    assert_eq!(kind("isIpv4InSubnet"), Some(FunctionKind::Scalar));
    assert_eq!(kind("count_over_time"), Some(FunctionKind::Series));
    assert_eq!(kind("counts"), None);
}

/// Each function with as few and as many arguments as it takes is accepted where it may stand.
#[test]
fn every_function_is_accepted_where_it_may_stand() {
    for function in table::FUNCTIONS {
        for count in [function.least, function.most.unwrap_or(function.least + 3)] {
            let argument = if function.name == "bin" { "5m" } else { "a" };
            let call = format!("{}({})", function.name, vec![argument; count].join(", "));
            let text = match function.kind {
                FunctionKind::Scalar => format!("fields {call}"),
                FunctionKind::Aggregate => format!("stats {call}"),
                FunctionKind::Series => format!("stats {call} by bin(5m)"),
            };
            assert_eq!(check(&parsed(&text)), [], "{text}");
        }
    }
}
