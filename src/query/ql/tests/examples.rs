//! Queries as they are written, and the commands they consist of.

use crate::query::ql::ast::{
    DiffWindow, Extraction, Field, FillTarget, GroupKey, JoinKind, Moment, OutlierAction, SelectorKind, Source, Stage, StageKind, Step, Unit,
};
use crate::query::ql::{check, notes, only_at_aws, table};

use super::{parsed, shape};

/// Each query, and its commands as we write them.
const QUERIES: &[(&str, &[&str])] = &[
    // Fields, filters, order.
    ("fields @timestamp, @message", &["fields @timestamp, @message"]),
    (
        "fields @timestamp, @message, @logStream, @log\n| sort @timestamp desc\n| limit 20",
        &["fields @timestamp, @message, @logStream, @log", "sort @timestamp desc", "limit 20"],
    ),
    (
        "fields @timestamp, accountId as ID # who\n# | filter accountId not like \"1111\"\n| sort @timestamp DESC | LIMIT 20 # enough",
        &["fields @timestamp, accountId as ID", "sort @timestamp desc", "limit 20"],
    ),
    (
        "filter @type = 'REPORT' | fields @requestId | sort by @billedDuration desc",
        &["filter @type = \"REPORT\"", "fields @requestId", "sort @billedDuration desc"],
    ),
    ("fields a | sort a, b asc, c desc", &["fields a", "sort a, b asc, c desc"]),
    ("fields abs(lat) as north, strlen(@message), 2 ^ 10 as k", &["fields abs(lat) as north, strlen(@message), 2 ^ 10 as k"]),
    ("fields `detail-type`, j.`user.id`, @`aws.tag.aws:stack` as s", &["fields `detail-type`, j.`user.id`, @`aws.tag.aws:stack` as s"]),
    ("fields responseElements.instancesSet.items.0.instanceId", &["fields responseElements.instancesSet.items.0.instanceId"]),
    ("display a | display b, c as d", &["display a", "display b, c as d"]),
    ("filter range > 3000", &["filter range > 3000"]),
    ("where range>3000 and accountId = \"123456789012\"", &["filter range > 3000 and accountId = \"123456789012\""]),
    ("FILTER status in [400, 404 , 'x'] or latency <= -0.5", &["filter status in [400, 404, \"x\"] or latency <= -0.5"]),
    ("filter @message like /(?i)exception/", &["filter @message like /(?i)exception/"]),
    ("filter f =~ /a\\/b/ and not (g not like 'x')", &["filter f like /a\\/b/ and not g not like \"x\""]),
    ("filter errorCode != \"AccessDenied\" or !ispresent(errorCode)", &["filter errorCode != \"AccessDenied\" or not isPresent(errorCode)"]),
    ("filter toMillis(@timestamp) >= 1718020800000", &["filter toMillis(@timestamp) >= 1718020800000"]),
    ("filter isIpv4InSubnet(srcAddr, '192.0.2.0/24')", &["filter isIpv4InSubnet(srcAddr, \"192.0.2.0/24\")"]),
    ("filterIndex requestId = 'r-1'", &["filterIndex requestId = \"r-1\""]),
    ("fields a | filterindex requestId IN ['r-1', 2, -3]", &["fields a", "filterIndex requestId in [\"r-1\", 2, -3]"]),
    ("fields @timestamp, unmask(@message) | limit any 3", &["fields @timestamp, unmask(@message)", "limit any 3"]),
    ("fields a | head 10 | tail 5", &["fields a", "head 10", "tail 5"]),
    (
        "fields server, severity | sort @timestamp asc | dedup server, severity",
        &["fields server, severity", "sort @timestamp asc", "dedup server, severity"],
    ),
    // Aggregation.
    ("stats count(*)", &["stats count(*)"]),
    ("STATS Count(*) AS n BY BIN(5min) | sort n", &["stats count(*) as n by bin(5m)", "sort n"]),
    ("stats count() by bin(30s), eventSource, eventName as e", &["stats count() by bin(30s), eventSource, eventName as e"]),
    ("stats avg(x), min(x), max(x) , pct(x, 99.9) as p by bin(1h) as t", &["stats avg(x), min(x), max(x), pct(x, 99.9) as p by bin(1h) as t"]),
    ("stats countDistinct(a) as n, sum(strcontains(m, 'x')) as k", &["stats count_distinct(a) as n, sum(strcontains(m, \"x\")) as k"]),
    (
        "filter @type = \"REPORT\" | stats max(@memorySize / 1000 / 1000) as have, max(@maxMemoryUsed / 1000 / 1000) as used, have - used as spare",
        &[
            "filter @type = \"REPORT\"",
            "stats max(@memorySize / 1000 / 1000) as have, max(@maxMemoryUsed / 1000 / 1000) as used, have - used as spare",
        ],
    ),
    (
        "stats sum(bytes) as total by ip | stats max(total) as most, avg(total) | filter most > 10",
        &["stats sum(bytes) as total by ip", "stats max(total) as most, avg(total)", "filter most > 10"],
    ),
    (
        "stats max(@timestamp) as t, count(*) as n by bin(1m) | stats sum(n) by dateceil(t, 5m)",
        &["stats max(@timestamp) as t, count(*) as n by bin(1m)", "stats sum(n) by dateceil(t, 5m)"],
    ),
    ("stats topk(10, userIdentity.arn)", &["stats topk(10, userIdentity.arn)"]),
    (
        "stats earliest(a), latest(b), sortsFirst(c), sorts_last(d), values(e)",
        &["stats earliest(a), latest(b), sortsFirst(c), sortsLast(d), values(e)"],
    ),
    ("stats count(*) by bin(5m) offset 1h", &["stats count(*) by bin(5m) offset 1h"]),
    ("stats rate(bytes, 1m), sum_over_time(bytes) as s by bin(1m)", &["stats rate(bytes, 1m), sumOverTime(bytes) as s by bin(1m)"]),
    ("stats count(*) by histogram(latency, 100)", &["stats count(*) by histogram(latency, 100)"]),
    (
        "stats avg(l) as a by bin(1m) | fillmissing with 0 for a, 'x' for b",
        &["stats avg(l) as a by bin(1m)", "fillmissing with 0 for a, \"x\" for b"],
    ),
    ("stats avg(l) as a by bin(1m) | fill_missing", &["stats avg(l) as a by bin(1m)", "fillmissing"]),
    // Taking texts apart.
    (
        "parse @message \"user=*, method:*\" as @user, @method | stats count(*) by @method",
        &["parse @message \"user=*, method:*\" as @user, @method", "stats count(*) by @method"],
    ),
    ("parse 'Init Duration: * ms' as init", &["parse \"Init Duration: * ms\" as init"]),
    ("parse @message '\"user\":\"*\"' as u", &["parse @message '\"user\":\"*\"' as u"]),
    (
        "parse @message /user=(?<user>.*?), took (?<took>\\d+)/ | display user, took",
        &["parse @message /user=(?<user>.*?), took (?<took>\\d+)/", "display user, took"],
    ),
    ("parse /(\\d+) (\\w+)/ as n, w", &["parse /(\\d+) (\\w+)/ as n, w"]),
    ("parse url /(?<k>\\w+)=(?<v>\\w+)/ multi", &["parse url /(?<k>\\w+)=(?<v>\\w+)/ multi"]),
    ("parse @message logfmt as kv | parse LOGFMT as kw", &["parse @message logfmt as kv", "parse logfmt as kw"]),
    ("parse @message csv as a, b, c | parse csv as d", &["parse @message csv as a, b, c", "parse csv as d"]),
    ("parse @message XML \"a/b\" as x | parse xml 'c' as y", &["parse @message XML \"a/b\" as x", "parse XML \"c\" as y"]),
    ("parse csv csv as a | parse `xml` \"*\" as b", &["parse `csv` csv as a", "parse `xml` \"*\" as b"]),
    ("json field=payload \"user.name\" as u", &["json field=payload \"user.name\" as u"]),
    (
        "fields jsonParse(@message) as j | fields j.a.b as b, j.list[0] as first | unnest j.list into item",
        &["fields jsonParse(@message) as j", "fields j.a.b as b, j.list[0] as first", "unnest j.list into item"],
    ),
    ("fields jsonParse(@message) as j | expand j", &["fields jsonParse(@message) as j", "expand j"]),
    // Patterns and comparisons.
    ("fields @message | pattern @message", &["fields @message", "pattern @message"]),
    ("pattern tolower(@message) | diff", &["pattern tolower(@message)", "diff"]),
    ("pattern @message | diff PreviousWeek | sort @ratio desc", &["pattern @message", "diff previousWeek", "sort @ratio desc"]),
    ("pattern @message | anomaly", &["pattern @message", "anomaly"]),
    ("relevantfields where latency > 400", &["relevantfields where latency > 400"]),
    ("relevantfields Controller, Path where latency > 400 and ok", &["relevantfields Controller, Path where latency > 400 and ok"]),
    (
        "fields cpu, memory | outlier action=remove param=3.0 uselower=true mark=true cpu memory",
        &["fields cpu, memory", "outlier action=remove param=3.0 uselower=true mark=true cpu memory"],
    ),
    ("fields a | outlier a, b", &["fields a", "outlier a b"]),
    ("SOURCE lg start=-1d end=now | logcompare timeshift 7d", &["logcompare timeshift 7d"]),
    ("fields a, b | countFrequent a, b | limit 3", &["fields a, b", "countFrequent a, b", "limit 3"]),
    ("count_frequent a", &["countFrequent a"]),
    // Along the rows.
    (
        "fields price, tax | addtotals fieldname=RowSum col=true row=FALSE price, tax",
        &["fields price, tax", "addtotals fieldname=RowSum row=false col=true price, tax"],
    ),
    ("fields row, col | addtotals | addtotals row, col", &["fields row, col", "addtotals", "addtotals row, col"]),
    (
        "fields bytes | autoregress bytes p=1-4 | autoregress bytes AS before p=2 | autoregress bytes as b",
        &["fields bytes", "autoregress bytes p=1-4", "autoregress bytes as before p=2", "autoregress bytes as b"],
    ),
    ("fields bytes | accum bytes AS total | accum bytes", &["fields bytes", "accum bytes as total", "accum bytes"]),
    ("fields host | filldown host cpu* *x* | filldown a, b | filldown", &["fields host", "filldown host cpu* *x*", "filldown a b", "filldown"]),
    ("fields userId | sessionize userId, deviceId maxspan 1h as s", &["fields userId", "sessionize userId, deviceId maxspan 1h as s"]),
    ("sessionize userId", &["sessionize userId"]),
    // Other sources.
    ("lookup users id as userId, dept OUTPUT name, email", &["lookup users id as userId, dept OUTPUT name, email"]),
    ("lookup my-users id as userId output name", &["lookup my-users id as userId OUTPUT name"]),
    ("cidrlookup nets srcAddr AS cidr OUTPUTNEW region as r, owner", &["cidrlookup nets srcAddr as cidr OUTPUTNEW region as r, owner"]),
    ("cidrlookup nets srcAddr OUTPUT region", &["cidrlookup nets srcAddr OUTPUT region"]),
    (
        "filter status >= 500\n| join type=inner left=api right=fn\n where api.requestId=fn.requestId\n (SOURCE '/aws/lambda/fn')\n| fields api.status, fn.duration",
        &[
            "filter status >= 500",
            "join type=inner left=api right=fn where api.requestId=fn.requestId (SOURCE '/aws/lambda/fn')",
            "fields api.status, fn.duration",
        ],
    ),
    ("join left=a right=b where a.x=b.`y z` (SOURCE 'g')", &["join type=inner left=a right=b where a.x=b.`y z` (SOURCE 'g')"]),
    (
        "filter requestId in ( SOURCE '/db' | filter errorType = \"Timeout\" | fields requestId ) | sort @timestamp desc",
        &["filter requestId in (SOURCE '/db' | filter errorType = \"Timeout\" | fields requestId)", "sort @timestamp desc"],
    ),
    (
        "stats count(*) as n by svc | appendcols override=true max=10 ( SOURCE lg | stats avg(l) as a by svc )",
        &["stats count(*) as n by svc", "appendcols override=true max=10 (SOURCE 'lg' | stats avg(l) as a by svc)"],
    ),
    ("fields a | appendcols (fields b)", &["fields a", "appendcols (fields b)"]),
    ("filter a = 1 | estimate", &["filter a = 1", "estimate"]),
    ("SOURCE logGroups(namePrefix: ['a', 'b'], class: ['INFREQUENT_ACCESS']) | fields a", &["fields a"]),
];

#[test]
fn each_query_is_read_command_by_command() {
    for (text, expected) in QUERIES {
        let query = parsed(text);
        let stages: Vec<String> = query.stages.iter().map(ToString::to_string).collect();
        assert_eq!(stages, *expected, "{text}");
    }
}

#[test]
fn what_is_written_is_read_as_the_same() {
    for (text, _) in QUERIES {
        let query = parsed(text);
        let written = query.to_string();
        let again = parsed(&written);
        assert_eq!(shape(&again), shape(&query), "{text}");
        assert_eq!(again.to_string(), written);
    }
}

#[test]
fn every_command_of_the_table_is_read() {
    let mut seen: Vec<&str> =
        QUERIES.iter().flat_map(|(text, _)| parsed(text).stages.into_iter().map(|stage| stage.kind.name()).collect::<Vec<_>>()).collect();
    seen.extend(["where", "SOURCE"]);
    for command in table::COMMANDS {
        assert!(seen.contains(&command.name), "{}", command.name);
        assert_eq!(table::command_named(&command.name.to_uppercase()), Some(command));
    }
    for name in &seen {
        assert!(table::command_named(name).is_some(), "{name}");
    }
}

#[test]
fn stages_stand_where_they_are_written() {
    let text = "fields a # x\n|  filter  b = 1 | limit 2";
    let query = parsed(text);
    let spans: Vec<&str> = query.stages.iter().map(|stage| stage.span.of(text)).collect();
    assert_eq!(spans, ["fields a", "filter  b = 1", "limit 2"]);
    let words: Vec<&str> = query.stages.iter().map(|stage| stage.word_span.of(text)).collect();
    assert_eq!(words, ["fields", "filter", "limit"]);
    assert_eq!(query.span.of(text), text);
}

#[test]
fn sources() {
    let source = |text: &str| parsed(text).source.expect("a source");
    let Source::Group(group) = source("SOURCE '/aws/lambda/fn' | fields a") else { panic!("a group") };
    assert_eq!((group.name.value.as_str(), &group.start), ("/aws/lambda/fn", &None));
    let Source::Group(group) = source("source lg start=-1d end=now") else { panic!("a group") };
    assert_eq!(group.name.value, "lg");
    assert!(matches!(group.start, Some(Moment::Ago(period)) if period.count == 1 && period.unit == Unit::Day));
    assert_eq!(group.end, Some(Moment::Now));

    let text = "SOURCE logGroups(accountIdentifier: ['111122223333'], namePrefix: ['a'], logGroupClass: ['STANDARD']) dataSource(['d.e'])\
        logGroupTags([{\"key\": \"team\", \"values\": [\"sec*\", \"!x\"]}, {\"values\": ['y'], \"key\": 'k'}]) | fields a";
    let Source::Selection(selectors) = source(text) else { panic!("a selection") };
    let [groups, data, tags] = selectors.as_slice() else { panic!("{selectors:?}") };
    let SelectorKind::LogGroups(filters) = &groups.kind else { panic!("groups") };
    let keys: Vec<_> = filters.iter().map(|filter| (filter.key, filter.values[0].value.as_str())).collect();
    assert_eq!(keys, [(GroupKey::Account, "111122223333"), (GroupKey::NamePrefix, "a"), (GroupKey::Class, "STANDARD")]);
    assert!(matches!(&data.kind, SelectorKind::DataSource(names) if names[0].value == "d.e"));
    let SelectorKind::Tags(tags) = &tags.kind else { panic!("tags") };
    assert_eq!((tags[0].key.value.as_str(), tags[0].values[1].value.as_str(), tags[1].key.value.as_str()), ("team", "!x", "k"));
    let written = parsed(text).to_string();
    assert_eq!(
        written,
        "SOURCE logGroups(accountIdentifiers: [\"111122223333\"], namePrefix: [\"a\"], class: [\"STANDARD\"]) dataSource([\"d.e\"]) \
         logGroupTags([{\"key\": \"team\", \"values\": [\"sec*\", \"!x\"]}, {\"key\": \"k\", \"values\": [\"y\"]}])\n| fields a"
    );
    assert!(matches!(source("SOURCE logGroups() | fields a"), Source::Selection(selectors) if selectors.len() == 1));
}

/// The tree itself for commands whose text could be right while the tree is wrong.
#[test]
fn trees_of_single_commands() {
    let kind = |text: &str| parsed(text).stages.remove(0).kind;
    assert!(matches!(kind("limit any 5"), StageKind::Limit { any: true, count: 5 }));
    assert!(matches!(kind("diff previousmonth"), StageKind::Diff(DiffWindow::PreviousMonth)));
    let StageKind::Parse(parse) = kind("parse a.b /(?<n>x)\\/y/ as m multi") else { panic!("parse") };
    assert_eq!(parse.field.expect("a field").steps, [Step::Member("a".into()), Step::Member("b".into())]);
    let Extraction::Regex { pattern, names, multi } = parse.extraction else { panic!("a regular expression") };
    assert_eq!((pattern.value.as_str(), names[0].text.as_str(), multi), ("(?<n>x)/y", "m", true));
    let StageKind::Autoregress(lags) = kind("autoregress x p=2-4") else { panic!("autoregress") };
    assert_eq!((lags.lags, lags.alias), (Some((2, 4)), None));
    let StageKind::FillDown(targets) = kind("filldown a b* `c*`") else { panic!("filldown") };
    assert!(
        matches!(targets.as_slice(), [FillTarget::Field(_), FillTarget::Wildcard(name), FillTarget::Field(field)] if name.text == "b*" && field.flat() == "c*")
    );
    let StageKind::Outlier(told) = kind("outlier mark=false action=transform x") else { panic!("outlier") };
    assert_eq!((told.action, told.mark, told.use_lower, told.fields.len()), (Some(OutlierAction::Transform), Some(false), None, 1));
    let StageKind::Join(join) = kind("join right=r type=left left=l where l.a=r.b (SOURCE 'g')") else { panic!("join") };
    assert_eq!((join.kind, join.left.text.as_str(), join.right_key.flat()), (JoinKind::Left, "l", "r.b".to_owned()));
    let StageKind::Stats(stats) = kind("stats count(*) by bin(5m) as t, offset offset 1d") else { panic!("stats") };
    assert_eq!((stats.by.len(), stats.offset.expect("an offset").millis()), (2, Some(86_400_000)));
    let StageKind::Lookup(lookup) = kind("lookup t-1 a as b OUTPUT c as d") else { panic!("lookup") };
    assert!(!lookup.only_new);
    assert_eq!((lookup.table.text.as_str(), lookup.output[0].alias.as_ref().expect("an alias").text.as_str()), ("t-1", "d"));
    let StageKind::Lookup(lookup) = kind("lookup hosts address as srcAddr, port OUTPUTNEW name, zone") else { panic!("lookup") };
    assert!(lookup.only_new);
    assert_eq!((lookup.matches.len(), lookup.matches[1].field.is_none(), lookup.output.len()), (2, true, 2));
}

#[test]
fn what_reads_and_gives_what() {
    let query = parsed("fields a + f(b.c) as d | parse e \"*\" as g | stats count(h) as i by j | sort k | filter l in (SOURCE 'x' | fields m)");
    let reads: Vec<String> = query.stages.iter().flat_map(Stage::reads).map(Field::flat).collect();
    assert_eq!(reads, ["a", "b.c", "e", "h", "j", "k", "l"]);
    let gives: Vec<&str> = query.stages.iter().flat_map(Stage::gives).map(|name| name.text.as_str()).collect();
    assert_eq!(gives, ["d", "g", "i"]);
    assert_eq!(query.stages.iter().map(|stage| stage.queries().len()).collect::<Vec<_>>(), [0, 0, 0, 0, 1]);
}

#[test]
fn what_only_aws_can_answer() {
    for (text, expected) in [
        ("fields a | filter b like /x/ | stats count(*) by bin(5m)", vec![]),
        ("pattern @message | diff", vec![]),
        ("pattern @message | anomaly", vec!["anomaly"]),
        ("lookup t a OUTPUT b | cidrlookup t a OUTPUT c", vec![]),
        ("fields unmask(@message) | pattern @message | anomaly", vec!["unmask", "anomaly"]),
        ("filter a in (SOURCE 'g' | pattern a | anomaly | fields a)", vec!["anomaly"]),
        ("fields a | appendcols (SOURCE 'g' | relevantfields a where a > 1)", vec!["relevantfields"]),
    ] {
        let query = parsed(text);
        let found: Vec<&str> = only_at_aws(&query).iter().map(|note| note.span.of(text)).collect();
        assert_eq!(found, expected, "{text}");
    }
}

/// Queries of the kind the tool writes itself: nothing to say about them.
#[test]
fn plain_queries_have_no_errors_and_no_notes() {
    for text in [
        "fields @timestamp, @message, @logStream, @log | filter requestId = \"r\" | sort @timestamp asc | limit 100000",
        "filter modelId like /(?i)claude/ and isPresent(errorCode) | stats count(*) as n, sum(input.inputTokenCount) as tokens by bin(5m) as t, identity.arn as who | sort t asc | limit 1000",
        "filter eventSource in [\"bedrock.amazonaws.com\"] and toMillis(@timestamp) >= 1718020800000 | display eventName, userIdentity.arn",
        "stats max(@timestamp) as t, count(*) as n by bin(1m) | stats sum(n) as m by dateceil(t, 5m) as five | filter m > 3 | sort five",
        "fields jsonParse(@message) as j | fields j.a as a, j.list[0].b as b | dedup a | limit 10",
        "parse @message \"* *\" as a, b | filter a = 1 | display a, b",
        "filter requestId in (SOURCE 'g' | filter x = 1 | fields requestId) | fields @timestamp | sort @timestamp desc",
        "filter a = 1 | join type=left left=l right=r where l.id=r.id (SOURCE 'g') | fields l.x, r.y | sort l.x",
        "stats avg(l) as a by bin(1m) | fillmissing with 0 for a",
        "pattern @message | diff previousDay | sort @ratio desc | limit 5",
        "filter x = 1 | estimate",
    ] {
        let query = parsed(text);
        assert_eq!(check(&query), [], "{text}");
        assert_eq!(notes(text, &query), [], "{text}");
    }
}
