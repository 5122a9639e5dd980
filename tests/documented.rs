//! The examples of AWS's pages on Logs Insights QL: what each is said to do, and what it gives here. Names of fields are AWS's; the events
//! are ours. Texts of log lines are in a field `text`, since evidence is JSON.

#![cfg(test)]

mod evidence;
#[path = "documented/pages.rs"]
mod pages;

use outcrop::case::Reader;
use outcrop::model::{Scope, Timestamp};
use outcrop::query::ql::{check, only_at_aws, parse};
use outcrop::query::run::{Options, run};
use outcrop::source::Input;

fn event(second: u32, rest: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventID":"e-{second}","eventTime":"2026-11-20T10:00:{second:02}Z","eventSource":"s3.amazonaws.com","eventName":"E{}","awsRegion":"us-east-1","recipientAccountId":"111122223333","eventCategory":"Management",{rest}}}"#,
        second % 3
    )
}

struct Bench {
    _folder: tempfile::TempDir,
    reader: Reader,
}

fn bench() -> Bench {
    Bench::of(&[
        event(1, r#""@type":"REPORT","@duration":100,"@billedDuration":200,"@memorySize":128000000,"@maxMemoryUsed":64000000,"@requestId":"q1""#),
        event(
            2,
            r#""@type":"REPORT","@duration":300,"@billedDuration":300,"@memorySize":128000000,"@maxMemoryUsed":32000000,"@requestId":"q2","@initDuration":5"#,
        ),
        event(3, r#""srcAddr":"10.0.0.1","dstAddr":"10.0.0.2","bytes":100,"packets":1,"protocol":6,"action":"ACCEPT""#),
        event(4, r#""srcAddr":"10.0.0.1","dstAddr":"10.0.0.3","bytes":300,"packets":2,"protocol":6,"action":"REJECT""#),
        event(5, r#""srcAddr":"192.0.2.9","dstAddr":"10.0.0.3","bytes":50,"packets":4,"protocol":17,"action":"REJECT""#),
        event(6, r#""queryType":"A","resolverIp":"192.0.2.1","responseCode":"SERVFAIL","level":"ERROR","statusCode":500,"details":["one","two"]"#),
        event(7, r#""text":"user=ann, method:GET, latency := 5","level":"an Exception","server":"s1","statusCode":"404""#),
        event(
            8,
            r#""text":"user=bob, method:GET, latency := 7","server":"s1","userIdentity":{"type":"Root","userName":"root"},"json":"{\"a\":{\"b\":[1,2]},\"user.id\":\"u1\"}""#,
        ),
    ])
}

impl Bench {
    fn of(events: &[String]) -> Self {
        let inputs = [Input::Bytes { name: "lg.jsonl".to_owned(), bytes: events.join("\n").into_bytes() }];
        let (folder, case) = evidence::case_of(inputs);
        let reader = case.reader().expect("a reader");
        Self { _folder: folder, reader }
    }

    fn rows(&mut self, text: &str) -> String {
        let query = parse(text).unwrap_or_else(|error| panic!("{}", error.render(text)));
        assert_eq!(check(&query), [], "{text}");
        let options = Options { scope: &Scope::all(), now: Timestamp::from_millis(1_795_609_600_000), push_down: true };
        let answer = run(&mut self.reader, text, &query, &options, &mut |_, _| ()).unwrap_or_else(|error| panic!("{text}: {error}"));
        let row = |values: &[outcrop::query::value::Value]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        answer.rows.iter().map(|values| row(&values.values)).collect::<Vec<_>>().join("|")
    }
}

/// Page of the guide, what the example is said to do, the example, its answer.
const EXAMPLES: &[(&str, &str, &str, &str)] = &[
    ("examples: general", "the most recent events", "fields eventID | sort @timestamp desc | limit 2", "e-8|e-7"),
    (
        "examples: general",
        "exceptions an hour",
        "filter level like /Exception/ | stats count(*) as exceptionCount by bin(1h) | sort exceptionCount desc",
        "2026-11-20 10:00:00.000 1",
    ),
    ("examples: general", "what is no exception", "fields eventID | filter level not like /Exception/", "e-6"),
    (
        "examples: general",
        "the newest event of each",
        "fields eventID, server | sort @timestamp asc | filter ispresent(server) | dedup server",
        "e-7 s1",
    ),
    (
        "examples: Lambda",
        "overprovisioned memory",
        "filter @type = \"REPORT\" | stats max(@memorySize / 1000 / 1000) as provisonedMemoryMB, min(@maxMemoryUsed / 1000 / 1000) as smallest, avg(@maxMemoryUsed / 1000 / 1000) as avgMB, provisonedMemoryMB - avgMB as over",
        "128 32 48 80",
    ),
    (
        "examples: Lambda",
        "a latency report",
        "filter @type = \"REPORT\" | stats avg(@duration), max(@duration), min(@duration) by bin(5m)",
        "2026-11-20 10:00:00.000 200 300 100",
    ),
    (
        "examples: Lambda",
        "slow invocations, one each",
        "fields @timestamp, @requestId, @billedDuration | filter @type = \"REPORT\" and @duration > 100 | sort @timestamp desc | limit 20 | display @requestId",
        "q2",
    ),
    (
        "examples: Lambda",
        "cold starts",
        "filter @type = \"REPORT\" | fields strcontains(@type, \"REP\") as isReport, @initDuration > 0 as cold | stats sum(isReport), sum(cold)",
        "2 1",
    ),
    (
        "examples: VPC flow logs",
        "top talkers",
        "stats sum(bytes) as bytesTransferred by srcAddr, dstAddr | filter ispresent(srcAddr) | sort bytesTransferred desc | limit 10",
        "10.0.0.1 10.0.0.3 300|10.0.0.1 10.0.0.2 100|192.0.2.9 10.0.0.3 50",
    ),
    (
        "examples: VPC flow logs",
        "bytes of a subnet",
        "filter isIpv4InSubnet(srcAddr, \"10.0.0.0/24\") | stats sum(bytes) as n by dstAddr | sort n asc",
        "10.0.0.2 100|10.0.0.3 300",
    ),
    ("examples: VPC flow logs", "addresses by protocol", "filter protocol=17 | stats count_distinct(srcAddr) as unique by dstAddr", "10.0.0.3 1"),
    (
        "examples: VPC flow logs",
        "rejected",
        "filter action=\"REJECT\" | stats count(*) as numRejections by srcAddr | sort numRejections desc, srcAddr | limit 20",
        "10.0.0.1 1|192.0.2.9 1",
    ),
    ("examples: Route 53", "records by type", "stats count(*) by queryType | filter ispresent(queryType)", "A 1"),
    ("examples: Route 53", "resolvers with errors", "filter responseCode=\"SERVFAIL\" | stats count(*) as numRequests by resolverIp", "192.0.2.1 1"),
    (
        "examples: CloudTrail",
        "entries by service, event and Region",
        "stats count(*) by eventSource, eventName, awsRegion",
        "s3.amazonaws.com E0 us-east-1 2|s3.amazonaws.com E1 us-east-1 3|s3.amazonaws.com E2 us-east-1 3",
    ),
    (
        "examples: CloudTrail",
        "of some kind in a Region",
        "filter (eventName=\"E1\" or eventName=\"E2\") and awsRegion=\"us-east-1\" | stats count(*)",
        "6",
    ),
    ("examples: CloudTrail", "who is root", "filter userIdentity.type=\"Root\" | fields userIdentity.userName", "root"),
    (
        "examples: API Gateway",
        "4XX errors",
        "fields statusCode | filter statusCode >= 400 and statusCode <= 499 | sort @timestamp desc | limit 10",
        "404",
    ),
    (
        "examples: parse",
        "a glob",
        "parse text \"user=*, method:*, latency := *\" as @user, @method, @latency | filter ispresent(@user) | stats avg(@latency) by @method",
        "GET 6",
    ),
    (
        "examples: parse",
        "a regular expression",
        "parse text /user=(?<user2>.*?), method:(?<method2>.*?), latency := (?<latency2>.*?)$/ | filter ispresent(user2) | stats avg(latency2) by method2, user2",
        "GET ann 5|GET bob 7",
    ),
    (
        "parse",
        "taken apart twice",
        "parse text \"user=*\" as u | parse u \"*, method:*\" as name, rest | filter ispresent(name) | display name | sort name",
        "ann|bob",
    ),
    ("parse", "a group with a name", "parse text /latency := (?<l>\\d)/ | filter ispresent(l) | stats sum(l)", "12"),
    ("display", "only these", "fields eventID | display server, eventID | limit 1", "s1 e-8"),
    ("fields", "computed", "fields bytes * 8 as bits | filter bits > 800 | display bits", "2400"),
    ("fields", "a name with other signs", "fields `srcAddr` as s | filter ispresent(s) | sort s | limit 1 | display s", "10.0.0.1"),
    ("filter", "a number", "fields eventID | filter bytes > 100", "e-4"),
    ("filter", "in a list", "fields eventID | filter queryType in [\"A\", \"AAAA\"]", "e-6"),
    ("filter", "not in a list", "fields eventID | filter srcAddr not in [\"10.0.0.1\"]", "e-5"),
    ("filter", "matched, as =~", "fields eventID | filter level =~ /(?i)exception/", "e-7"),
    ("filter", "matched, as a text", "fields eventID | filter level like \"Exception\"", "e-7"),
    ("filterIndex", "by an index", "fields eventID | filterIndex queryType = \"A\"", "e-6"),
    ("stats", "a field that may be missing", "stats count(bytes) as n, count(*) as all", "3 8"),
    ("stats", "two in a row", "stats count(*) as n by eventName | stats avg(n)", "2.6666666666666665"),
    (
        "stats",
        "by a time kept",
        "stats max(@timestamp) as t, sum(bytes) as b by bin(2s) | filter b > 0 | stats sum(b) as s by dateceil(t, 1m) as m | display s",
        "450",
    ),
    ("stats", "percentiles", "stats pct(bytes, 50), pct(bytes, 100), stddev(packets) > 1 as spread", "100 300 1"),
    (
        "stats",
        "first and last",
        "stats earliest(srcAddr), latest(srcAddr), sortsFirst(dstAddr), sortsLast(dstAddr)",
        "10.0.0.1 192.0.2.9 10.0.0.2 10.0.0.3",
    ),
    ("stats", "bins shifted", "filter ispresent(bytes) | stats count(*) by bin(5m) offset 1h", "2026-11-20 11:00:00.000 3"),
    ("stats", "values and the most frequent", "filter ispresent(action) | stats values(action)", "[\"ACCEPT\",\"REJECT\"]"),
    ("stats", "the most frequent", "filter ispresent(action) | stats topk(1, action)", "{\"REJECT\":2}"),
    (
        "sort",
        "numbers in texts by their value",
        "fields concat(\"v\", packets) as v | filter ispresent(packets) | sort v desc | display v",
        "v4|v2|v1",
    ),
    ("limit", "stop at any", "fields eventID | filter action = \"REJECT\" | limit any 2 | stats count(*)", ""),
    ("dedup", "the newest of each", "fields eventName, eventID | dedup eventName", "E2 e-8|E1 e-7|E0 e-6"),
    (
        "pattern",
        "what differs only in its variable parts",
        "filter ispresent(bytes) | pattern concat(\"took \", bytes, \" ms\") | display @sampleCount",
        "3",
    ),
    (
        "pattern",
        "two messages, then compared",
        "filter ispresent(bytes) | pattern concat(\"took \", bytes, \" ms\") | diff | display @sampleCount",
        "3",
    ),
    ("logcompare", "with a week earlier", "SOURCE 'lg' | filter ispresent(text) | logcompare timeshift 7d | stats sum(@sampleCount)", "2"),
    ("unnest", "a row an element", "fields jsonParse(json) as j | filter ispresent(j.a.b) | unnest j.a.b into x | display x", "1|2"),
    ("expand", "a row an element", "fields details | filter ispresent(details) | expand details | display details", "one|two"),
    ("json", "a member", "json field=json \"a.b[1]\" as second | filter ispresent(second) | display second", "2"),
    ("functions", "JSON with dots in keys", "fields jsonParse(json) as j | fields j.`user.id` as u | filter ispresent(u) | display u", "u1"),
    (
        "functions",
        "strings",
        "filter ispresent(queryType) | fields toupper(level), substr(level, 0, 3), strlen(level), replace(level, \"R\", \"r\") | display toupper(level), substr(level, 0, 3), strlen(level)",
        "ERROR ERR 5",
    ),
    (
        "functions",
        "numbers",
        "filter packets = 4 | fields sqrt(packets) as a, packets ^ 2 as b, packets % 3 as c, greatest(packets, 9) as d | display a, b, c, d",
        "2 16 1 9",
    ),
    (
        "functions",
        "conditions",
        "filter ispresent(action) | fields if(action = \"REJECT\", 1, 0) as r, case(bytes > 200, \"large\", bytes > 80, \"middle\", \"small\") as s | sort @timestamp | display r, s",
        "0 middle|1 large|1 small",
    ),
    ("functions", "addresses", "filter ispresent(srcAddr) | fields isPrivateIP(srcAddr) as p | sort @timestamp | display p", "1|1|0"),
    (
        "functions",
        "times",
        "filter bytes = 50 | fields datefloor(@timestamp, 1m) as f, dateceil(@timestamp, 1m) as c, toMillis(@timestamp) as m | display f, c, m",
        "2026-11-20 10:00:00.000 2026-11-20 10:01:00.000 1795168805000",
    ),
    ("functions", "hashes", "filter bytes = 50 | fields md5(\"abc\") as m | display m", "900150983cd24fb0d6963f7d28e17f72"),
    ("accum", "a running sum", "fields bytes | filter ispresent(bytes) | sort @timestamp | accum bytes as total | display total", "100|400|450"),
    (
        "autoregress",
        "values before",
        "fields bytes | filter ispresent(bytes) | sort @timestamp | autoregress bytes as before | display before",
        "|100|300",
    ),
    ("filldown", "gaps filled", "fields server | sort @timestamp desc | filldown server | limit 3 | display server", "s1|s1|s1"),
    (
        "fillmissing",
        "empty bins",
        "filter bytes = 100 or bytes = 50 | stats count(*) as n by bin(1s) as t | fillmissing with 0 for n | display n",
        "1|0|1",
    ),
    ("addtotals", "totals", "filter bytes = 300 | fields bytes, packets | addtotals bytes, packets | display Total", "302"),
    (
        "sessionize",
        "sessions by identity",
        "filter ispresent(srcAddr) | fields srcAddr | sort @timestamp | sessionize srcAddr maxspan 1h as my_session | display my_session",
        "1|1|2",
    ),
    (
        "outlier",
        "far from the others",
        "filter ispresent(bytes) | fields bytes | outlier action=remove param=0.5 uselower=true bytes | sort bytes | display bytes",
        "50|100",
    ),
    (
        "appendcols",
        "columns of another group",
        "filter ispresent(srcAddr) | stats count(*) as cnt by srcAddr | appendcols override=true ( SOURCE 'lg' | filter ispresent(srcAddr) | stats sum(packets) as p by srcAddr )",
        "10.0.0.1 2 3|192.0.2.9 1 4",
    ),
    ("countFrequent", "the most frequent", "filter ispresent(action) | countFrequent action", "REJECT 2|ACCEPT 1"),
    (
        "join",
        "with another group",
        "filter ispresent(server) | join type=inner left=l right=r where l.eventID=r.eventID (SOURCE 'lg') | fields l.server as s, r.eventName as n | sort n | display s, n",
        "s1 E1|s1 E2",
    ),
    ("sub-queries", "what another query gives", "filter eventID in (SOURCE 'lg' | filter ispresent(server) | fields eventID) | stats count(*)", "2"),
    ("SOURCE", "a group", "SOURCE logGroups(namePrefix: ['lg']) | stats count(*)", "8"),
    ("estimate", "what would be read", "filter bytes > 0 | estimate", ""),
];

#[test]
fn examples_give_what_the_guide_says() {
    let mut bench = bench();
    let mut others = Vec::new();
    for (page, meaning, text, expected) in EXAMPLES {
        // Said to be refused, or of a size that is not told by hand.
        match *page {
            "limit" => {
                let query = parse(text).expect("is read");
                assert!(!check(&query).is_empty(), "`limit` stands only behind the last `stats`");
                assert_eq!(bench.rows("fields eventID | filter action = \"REJECT\" | limit any 2"), "e-5|e-4");
            }
            "estimate" => assert!(bench.rows(text).starts_with("8 8 "), "{text}"),
            _ => {
                let found = bench.rows(text);
                if found != *expected {
                    others.push(format!("{page}, {meaning}: {text}: {found} instead of {expected}"));
                }
            }
        }
    }
    assert_eq!(others, Vec::<String>::new());
}

/// Events for the examples of the pages on syntax and on parsing.
fn more() -> Bench {
    let of = |second: u32, name: &str, rest: &str| event(second, rest).replacen(&format!("\"E{}\"", second % 3), &format!("\"{name}\""), 1);
    Bench::of(&[
        of(0, "A", r#""text":"10:00 [ERROR] {foo=2, bar=data} The error was: DataIntegrityException""#),
        of(1, "CreateUser", r#""requestParameters":{"userName":"ann"},"responseElements":{"user":{"arn":"arn:aws:iam::111122223333:user/ann"}}"#),
        of(2, "UpdateTrail", r#""errorCode":"TrailNotFoundException","errorMessage":"no trail""#),
        of(3, "UpdateTrail", r#""requestParameters":{"name":"t"}"#),
        of(4, "StartInstances", r#""zone":"us-east-2","foo-bar":"fb","action":"a","f3":3,"f4":10,"f1":"an EXCEPTION","f2":"x","myField":-4"#),
        of(5, "StopInstances", r#""zone":"us-east-1","duration":2500,"f1":10,"f2":"y","statusCode":"204""#),
        of(6, "A", r#""duration":1500,"f1":"Exception","f3":26,"f2":"x","statusCode":"404""#),
        of(
            7,
            "A",
            r#""srcAddr":"192.0.2.7","dstAddr":"198.51.100.1","packets":7,"logStatus":"SKIPDATA","queryType":"AAAA","resolverIp":"192.0.2.53","responseCode":"SERVFAIL","queryName":"x.example.com""#,
        ),
        of(
            8,
            "A",
            r#""srcAddr":"192.0.2.8","dstAddr":"198.51.100.1","packets":9,"logStatus":"OK","queryType":"AAAA","resolverIp":"192.0.2.53","responseCode":"NOERROR""#,
        ),
        of(9, "A", r#""text":"1286536309.450 180 192.0.2.4 TCP_MISS/200 example.com:443 -""#),
        of(10, "A", r#""text":"url=/api/v2/users/u-17 id=1""#),
        of(11, "A", r#""text":"2 111122223333 eni-0a1b2c3d 192.0.2.1 - OK""#),
        of(12, "A", r#""text":"ids a1 and b2 and c3""#),
        of(13, "A", r#""text":"level=warn msg=\"two words\" code=7""#),
        of(14, "A", r#""text":"ann,\"Berlin, Mitte\",42""#),
        of(15, "A", r#""stream":"prod/web/i-9/shard-3""#),
    ])
}

const MORE: &[(&str, &str, &str, &str)] = &[
    (
        "examples: CloudTrail",
        "created users",
        "filter eventName=\"CreateUser\" | fields awsRegion, requestParameters.userName, responseElements.user.arn",
        "us-east-1 ann arn:aws:iam::111122223333:user/ann",
    ),
    (
        "examples: CloudTrail",
        "exceptions of one call",
        "filter eventName=\"UpdateTrail\" and ispresent(errorCode) | stats count(*) by errorCode, errorMessage",
        "TrailNotFoundException no trail 1",
    ),
    (
        "examples: CloudTrail",
        "started or stopped in a Region",
        "filter (eventName=\"StartInstances\" or eventName=\"StopInstances\") and zone=\"us-east-2\" | fields eventID",
        "e-4",
    ),
    (
        "examples: VPC flow logs",
        "most packets",
        "stats sum(packets) as packetsTransferred by srcAddr, dstAddr | filter ispresent(srcAddr) | sort packetsTransferred  desc | limit 15",
        "192.0.2.8 198.51.100.1 9|192.0.2.7 198.51.100.1 7",
    ),
    ("examples: VPC flow logs", "a network is no address", "filter srcAddr= \"192.0.2.0/24\" | stats sum(packets) as n by dstAddr", ""),
    (
        "examples: VPC flow logs",
        "skipped records an hour",
        "filter logStatus=\"SKIPDATA\" | stats count(*) by bin(1h) as t | sort t",
        "2026-11-20 10:00:00.000 1",
    ),
    ("examples: Route 53", "types an hour", "filter ispresent(queryType) | stats count(*) by queryType, bin(1h)", "AAAA 2026-11-20 10:00:00.000 2"),
    (
        "examples: Route 53",
        "busy resolvers",
        "stats count(*) as numRequests by resolverIp | filter ispresent(resolverIp) | sort numRequests desc | limit 10",
        "192.0.2.53 2",
    ),
    ("examples: Route 53", "names that failed", "filter responseCode=\"SERVFAIL\" | stats count(*) by queryName", "x.example.com 1"),
    ("syntax", "fields, a name in backticks, a function", "fields `foo-bar`, action, abs(f3-f4) | filter ispresent(`foo-bar`)", "fb a 7"),
    ("syntax", "filter in brackets", "fields duration | filter (duration>2000)", "2500"),
    ("syntax", "either of two", "fields f1, f3 | filter (f1=10 or f3>25) | sort f3", "10 |Exception 26"),
    ("syntax", "a range by its digits", "fields statusCode | filter statusCode like /2\\d\\d/", "204"),
    ("syntax", "a blank before the bracket", "stats avg (f3) by f2 | filter ispresent(f2)", "x 14.5|y "),
    ("syntax", "sorted, the largest first", "fields duration | filter ispresent(duration) | sort duration desc", "2500|1500"),
    ("syntax", "in any case", "fields eventID | filter f1 like /(?i)Exception/", "e-6|e-4"),
    ("syntax", "exactly the word, in any case", "fields eventID | filter f1 =~ /^(?i)Exception$/", "e-6"),
    ("syntax", "an alias of a function", "fields abs(myField) as AbsoluteValuemyField, f2 | filter ispresent(myField)", "4 x"),
    ("syntax", "an alias that is sorted by", "stats avg(duration) as myAvg | sort myAvg desc", "2000"),
    ("operations", "power and remainder", "fields 2 ^ 3 as p, 10 % 3 as r | limit 1 | display p, r", "8 1"),
    (
        "operations",
        "white space and letters taken off",
        "fields ltrim(\"xyZfooxyZ\",\"xyZ\") as l, rtrim(\"xyZfooxyZ\",\"xyZ\") as r, trim(\"xyZfooxyZ\",\"xyZ\") as t, trim(\" a \") as w | limit 1 | display l, r, t, w",
        "fooxyZ xyZfoo foo a",
    ),
    (
        "operations",
        "parts of texts",
        "fields substr(\"xyZfooxyZ\",3, 3) as s, replace(\"foo\",\"o\",\"0\") as z, strcontains(\"abc\",\"b\") as c | limit 1 | display s, z, c",
        "foo f00 1",
    ),
    (
        "operations",
        "what is missing is empty",
        "fields isempty(nothing) as e, isblank(\"  \") as b, coalesce(nothing, eventName) as c | limit 1 | display e, b, c",
        "1 1 A",
    ),
    (
        "parse",
        "an access log of squid",
        "parse text /(?<time>[0-9]{10}\\.[0-9]{1,3}) .* (?<code>[A-Z_]+\\/[0-9]{3}) (?<url>[a-zA-Z.]+:[0-9]{1,5})/ | filter ispresent(code) | display time, code, url",
        "1286536309.450 TCP_MISS/200 example.com:443",
    ),
    (
        "parse",
        "taken apart once more",
        "parse text \"url=* \" as url | parse url \"/api/*/users/*\" as apiVersion, userId | filter ispresent(userId) | display apiVersion, userId",
        "v2 u-17",
    ),
    (
        "parse",
        "parts of a stream's name",
        "parse stream \"*/*/*/*\" as env, service, instance, shard | filter ispresent(env) | stats count(*) by env, service",
        "prod web 1",
    ),
    (
        "parse",
        "a network interface",
        "parse text /(?<NetworkInterface>eni-.*?) / | filter ispresent(NetworkInterface) | display NetworkInterface",
        "eni-0a1b2c3d",
    ),
    ("parse", "each match a row", "filter text like /^ids/ | parse text /(?<id>[a-c]\\d)/ multi | stats count(*) by id", "a1 1|b2 1|c3 1"),
    (
        "parse",
        "logfmt",
        "filter text like /^level/ | parse text logfmt as kv | fields kv.level, kv.msg, kv.code | display kv.level, kv.msg, kv.code",
        "warn two words 7",
    ),
    ("parse", "CSV", "filter text like /^ann/ | parse text csv as name, place, number | display name, place, number", "ann Berlin, Mitte 42"),
    (
        "examples: parse",
        "a condition as a column",
        "PARSE text \"* [*] *\" as loggingTime, loggingType, loggingMessage | FILTER loggingType IN [\"ERROR\", \"INFO\"] | DISPLAY loggingTime, loggingType = \"ERROR\" as isError",
        "10:00 1",
    ),
    (
        "display",
        "what was taken out, and no more",
        "parse text \"[*] *\" as loggingType, loggingMessage | filter loggingType = \"ERROR\" | display loggingMessage",
        "{foo=2, bar=data} The error was: DataIntegrityException",
    ),
    (
        "parse",
        "an error, by a glob",
        "parse text \"[*] * The error was: *\" as lvl, config, exception | filter ispresent(lvl) | display lvl, config, exception",
        "ERROR {foo=2, bar=data} DataIntegrityException",
    ),
    (
        "parse",
        "an error, by a regular expression",
        "parse text /\\[(?<lvl>\\S+)\\]\\s+(?<config>\\{.*\\})\\s+The error was: (?<exception>\\S+)/ | filter ispresent(lvl) | display lvl, config, exception",
        "ERROR {foo=2, bar=data} DataIntegrityException",
    ),
    (
        "comments",
        "a stage behind a sign is not there",
        "fields eventID # what comes\n| sort eventID desc\n# | filter eventID = \"none\"\n| limit 1",
        "e-15",
    ),
];

#[test]
fn examples_of_syntax_and_parsing_give_what_the_guide_says() {
    let mut bench = more();
    let mut others = Vec::new();
    for (page, meaning, text, expected) in MORE {
        let found = bench.rows(text);
        if found != *expected {
            others.push(format!("{page}, {meaning}: {text}: {found} instead of {expected}"));
        }
    }
    assert_eq!(others, Vec::<String>::new());
}

/// What the guide shows and nobody could run: it names a field that its own `parse` did not make.
#[test]
fn an_example_with_a_slip_is_answered_for_what_it_says() {
    let text = "parse text /user=(?<user2>.*?), method:(?<method2>.*?), latency := (?<latency2>.*?)$/ | stats avg(latency2) by @method2, @user2";
    assert_eq!(bench().rows(text), "  6");
}

/// What AWS alone can answer, and why.
#[test]
fn examples_that_only_aws_answers() {
    for (why, text) in [
        ("a model", "fields @message | pattern @message | anomaly"),
        ("a model", "relevantfields Controller, Path where Time > 400"),
        ("what AWS masked is not in the evidence", "fields @timestamp, unmask(@message)"),
    ] {
        let query = parse(text).unwrap_or_else(|error| panic!("{}", error.render(text)));
        assert!(check(&query).is_empty() && !only_at_aws(&query).is_empty(), "{why}: {text}");
    }
}
