//! SQL on a case: the examples of AWS's pages, rows by hand, and queries made up at random, whose answers a plain evaluator in this
//! file works out as well.

#![cfg(test)]

mod evidence;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use outcrop::case::{CaseError, Interrupter, Reader, Writable};
use outcrop::model::{Scope, Timestamp};
use outcrop::query::run::{Answer, AnswerRow, Listener, Options, RunError, run_sql};
use outcrop::query::sql::{check, parse};
use outcrop::source::{Input, demo};
use proptest::prelude::*;

struct Deaf;

impl Listener for Deaf {}

struct Bench {
    folder: tempfile::TempDir,
    reader: Reader,
}

impl Bench {
    fn of(inputs: impl IntoIterator<Item = Input, IntoIter: Send>) -> Self {
        let (folder, case) = evidence::case_of(inputs);
        let reader = case.reader().expect("a reader");
        Self { folder, reader }
    }

    fn demo() -> Self {
        let options = demo::Options { events: 1500, ..demo::Options::default() };
        Self::of(demo::files(&options).map(Input::from))
    }

    fn groups(groups: &[(&str, Vec<String>)]) -> Self {
        Self::of(
            groups
                .iter()
                .map(|(name, lines)| Input::Bytes { name: format!("{name}.jsonl"), bytes: lines.join("\n").into_bytes() })
                .collect::<Vec<_>>(),
        )
    }

    fn try_with(&mut self, text: &str, push_down: bool, listener: &mut dyn Listener) -> Result<Answer, RunError> {
        let query = parse(text).unwrap_or_else(|error| panic!("{}", error.render(text)));
        let errors = check(&query);
        assert!(errors.is_empty(), "{text}: {errors:?}");
        // 2026-11-25 12:26:40
        let options = Options { scope: &Scope::all(), now: Timestamp::from_millis(1_795_609_600_000), push_down };
        run_sql(&mut self.reader, text, &query, &options, listener)
    }

    fn ask(&mut self, text: &str) -> Answer {
        self.try_with(text, true, &mut Deaf).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn rows(&mut self, text: &str) -> Vec<Vec<String>> {
        printed(&self.ask(text))
    }
}

fn printed(answer: &Answer) -> Vec<Vec<String>> {
    answer.rows.iter().map(|row| row.values.iter().map(ToString::to_string).collect()).collect()
}

/// An event of a group: a `CloudTrail` record with fields of its own beside.
fn event(at: u32, name: &str, rest: &str) -> String {
    let (minute, second) = (at / 60, at % 60);
    let comma = if rest.is_empty() { "" } else { "," };
    format!(
        r#"{{"eventVersion":"1.11","eventID":"e-{name}-{at}","eventTime":"2026-11-20T10:{minute:02}:{second:02}Z","eventSource":"s3.amazonaws.com","eventName":"{name}","awsRegion":"us-east-1","recipientAccountId":"111122223333","eventCategory":"Management"{comma}{rest}}}"#
    )
}

/// What the examples are about.
fn web() -> Bench {
    let a = [
        r#""Operation":"x","callId":"r1","status":200,"method":"GET","bytes":100,"Error":0,"scores":[90,10],"json_column":"{\"name\":\"ann\"}","field1":1,"field2":5,"field3":"Success","AWSAccountId":"1","id":60000"#,
        r#""Operation":"Put","callId":"r2","status":404,"method":"DELETE","bytes":30000,"Error":2,"scores":[10],"field1":2,"field2":7,"field3":"Failure","Column1":"ABC","Column2":"c2","id":1"#,
        r#""Operation":"x","callId":"r3","status":"416","method":"GET","bytes":300,"field1":3,"field2":5,"zone":"us-east-1""#,
    ];
    let b = [r#""callId":"r1","value":"b1""#, r#""callId":"r9","value":"b9""#];
    let lines = |rests: &[&str], name: &str, from: u32| rests.iter().zip(from..).map(|(rest, at)| event(at, name, rest)).collect::<Vec<_>>();
    Bench::groups(&[("LogGroupA", lines(&a, "A", 1)), ("LogGroupB", lines(&b, "B", 11))])
}

/// The examples of the page on SQL in Logs Insights and of the table of supported commands, what they say they do, and what that is
/// here. Not among them, because AWS's own tables say that CloudWatch Logs does not take them: WITH, EXPLAIN, LATERAL, PIVOT, map and
/// generator functions. (`region` and `requestId` of the examples are `zone` and `callId` here: a trail's record has neither, and the case knows that.)
#[test]
fn examples_of_the_documentation() {
    let mut bench = web();
    let page: &[(&str, &str, &[&[&str]])] = &[
        ("displays projected values", "SELECT `eventName`, Operation FROM `LogGroupA`", &[&["A", "x"], &["A", "Put"], &["A", "x"]]),
        ("filters by fields", "SELECT status FROM `LogGroupA` WHERE Operation = 'x'", &[&["416"], &["200"]]),
        ("filters by an index", "SELECT status FROM `filterIndex('zone' = 'us-east-1')` WHERE status = 416 LIMIT 10;", &[&["416"]]),
        ("groups", "SELECT Operation, COUNT(*) as log_count FROM `LogGroupA` GROUP BY Operation", &[&["Put", "1"], &["x", "2"]]),
        ("filters groups", "SELECT Operation, COUNT(*) as log_count FROM `LogGroupA` GROUP BY Operation HAVING log_count > 1", &[&["x", "2"]]),
        ("orders", "SELECT status FROM `LogGroupA` ORDER BY `@timestamp` DESC", &[&["416"], &["404"], &["200"]]),
        ("joins", "SELECT A.`callId`, B.`value` FROM `LogGroupA` as A INNER JOIN `LogGroupB` as B ON A.`callId` = B.`callId`", &[&["r1", "b1"]]),
        (
            "joins, keeping the left side",
            "SELECT A.`callId`, B.`value` FROM `LogGroupA` as A LEFT OUTER JOIN `LogGroupB` as B ON A.`callId` = B.`callId`",
            &[&["r3", ""], &["r2", ""], &["r1", "b1"]],
        ),
        ("limits", "Select status from `LogGroupA` limit 1", &[&["416"]]),
        (
            "string functions",
            "SELECT upper(Operation) , lower(Operation), Operation FROM `LogGroupA` LIMIT 2",
            &[&["X", "x", "x"], &["PUT", "put", "Put"]],
        ),
        (
            "date functions",
            "SELECT current_date() as today, date_add(current_date(), 30) as thirty_days_later, last_day(current_date()) as month_end FROM `LogGroupA` LIMIT 1",
            &[&["2026-11-25", "2026-12-25", "2026-11-30"]],
        ),
        (
            "conditional functions",
            "SELECT Operation, IF(Error > 0, 'High', 'Low') as error_category FROM `LogGroupA`;",
            &[&["x", "Low"], &["Put", "High"], &["x", "Low"]],
        ),
        ("aggregates", "SELECT AVG(bytes) as bytesWritten FROM `LogGroupA`", &[&["10133.333333333334"]]),
        ("JSON", "SELECT get_json_object(json_column, '$.name') as name FROM `LogGroupA`", &[&[""], &[""], &["ann"]]),
        (
            "arrays",
            "SELECT scores, size(scores) as length, array_contains(scores, 90) as has_90 FROM `LogGroupA`;",
            &[&["", "-1", ""], &["[10]", "1", "false"], &["[90,10]", "2", "true"]],
        ),
        (
            "windows",
            "SELECT field1, field2, RANK() OVER (ORDER BY field2 DESC) as field2Rank FROM `LogGroupA`;",
            &[&["3", "5", "2"], &["2", "7", "1"], &["1", "5", "2"]],
        ),
        (
            "conversion",
            "SELECT CAST('123' AS INT) as converted_number, CAST(123 AS STRING) as converted_string FROM `LogGroupA` LIMIT 1",
            &[&["123", "123"]],
        ),
        (
            "several groups",
            "SELECT lg1.field1, lg1.field2 from `logGroups( logGroupIdentifier: ['LogGroupA', 'LogGroupB'])` as lg1 where lg1.field3= \"Success\"",
            &[&["1", "5"]],
        ),
        (
            "several groups, filtered",
            "SELECT LG1.Column1, LG1.Column2 from `logGroups(\n    logGroupIdentifier: ['LogGroupA', 'LogGroupB']\n)` as LG1 WHERE LG1.Column1 = 'ABC'",
            &[&["ABC", "c2"]],
        ),
        ("data sources", "SELECT ds1.field1 from `dataSource(['LogGroupA', 'LogGroupB'])` as ds1 where ds1.field3= \"Success\"", &[&["1"]]),
        (
            "all at once",
            "SELECT field1 FROM `\n   logGroups(logGroupIdentifier: ['LogGroupA'])\n   filterIndex('status' = 200)\n   dataSource(['LogGroupA'])\n`;",
            &[&["1"]],
        ),
        ("an index of several values", "SELECT field1 FROM `filterIndex('status' = 416, 'zone' IN ['us-east-1', 'us-west-2'])`;", &[&["3"]]),
        (
            "fields with other signs",
            "SELECT `@SessionToken`, `@Operation`, `@StartTime`  FROM `LogGroupA` LIMIT 1000;",
            &[&["", "", ""], &["", "", ""], &["", "", ""]],
        ),
        ("functions of fields", "SELECT cos(field1) FROM LogGroupA LIMIT 1", &[&["-0.9899924966004454"]]),
        (
            "groups with sums",
            "SELECT method, status, COUNT(*) AS request_count, SUM(bytes) AS total_bytes FROM `LogGroupA` GROUP BY method, status HAVING COUNT(*) > 5",
            &[],
        ),
        (
            "CASE",
            "SELECT method, status, CASE WHEN status BETWEEN 100 AND 199 THEN 'Informational' WHEN status BETWEEN 200 AND 299 THEN 'Success' WHEN status BETWEEN 400 AND 499 THEN 'Client Error' \
             ELSE 'Unknown Status' END AS status_category, CASE method WHEN 'GET' THEN 'Read Operation' WHEN 'DELETE' THEN 'Delete Operation' ELSE 'Other Operation' END AS operation_type FROM `LogGroupA`",
            &[
                &["GET", "416", "Client Error", "Read Operation"],
                &["DELETE", "404", "Client Error", "Delete Operation"],
                &["GET", "200", "Success", "Read Operation"],
            ],
        ),
        ("LIKE", "SELECT method, status FROM `LogGroupA` WHERE method LIKE 'D%'", &[&["DELETE", "404"]]),
        ("LIMIT and OFFSET", "SELECT status FROM `LogGroupA` LIMIT 100 OFFSET 1", &[&["404"], &["200"]]),
        (
            "UNION",
            "SELECT method, status, bytes FROM `LogGroupA` WHERE status = '416' UNION SELECT method, status, bytes FROM `LogGroupA` WHERE bytes > 20000",
            &[&["GET", "416", "300"], &["DELETE", "404", "30000"]],
        ),
        (
            "SORT BY",
            "SELECT method, status, bytes FROM `LogGroupA` SORT BY bytes DESC",
            &[&["DELETE", "404", "30000"], &["GET", "416", "300"], &["GET", "200", "100"]],
        ),
        (
            "aggregates of all kinds",
            "SELECT COUNT(*) AS total_records, COUNT(DISTINCT method) AS unique_methods, SUM(bytes) AS total_bytes, MIN(bytes) AS min_bytes, MAX(bytes) AS max_bytes FROM `LogGroupA`",
            &[&["3", "2", "30400", "100", "30000"]],
        ),
        ("BETWEEN", "SELECT id FROM `LogGroupA` WHERE id BETWEEN 50000 AND 75000", &[&["60000"]]),
        (
            "arithmetic",
            "SELECT bytes, bytes + 1000 AS added, bytes / 1024 AS kilobytes, bytes % 1000 AS remainder FROM `LogGroupA` WHERE bytes = 100",
            &[&["100", "1100", "0.09765625", "100"]],
        ),
        ("FROM_JSON", "SELECT FROM_JSON(`@message`, 'STRUCT<host: STRING>').method AS m FROM `LogGroupA` LIMIT 1", &[&["GET"]]),
        (
            "times",
            "SELECT TO_TIMESTAMP(eventTime) AS t, TIMESTAMP_SECONDS(UNIX_TIMESTAMP(eventTime)) AS s, UNIX_TIMESTAMP(eventTime) AS u, FROM_UTC_TIMESTAMP(eventTime, '+02:00') AS z FROM `LogGroupB` LIMIT 1",
            &[&["2026-11-20 10:00:12.000", "2026-11-20 10:00:12.000", "1795168812", "2026-11-20 12:00:12.000"]],
        ),
    ];
    for (meaning, text, expected) in page {
        assert_eq!(bench.rows(text), *expected, "{meaning}: {text}");
    }
    // Restrictions that the page shows by example.
    for (text, place) in
        [("SELECT Column1 FROM 'LogGroup1', 'LogGroup2'", "'LogGroup2'"), ("SELECT a FROM b LIMIT 1; SELECT a FROM b", "b LIMIT 1; SELECT a FROM b")]
    {
        let error = parse(text).expect_err(text);
        assert!(place.contains(error.span.of(text)), "{error:?}");
    }
}

#[test]
fn functions_by_hand() {
    let mut bench = Bench::groups(&[(
        "g",
        vec![event(1, "A", r#""t":"Hello World","n":-2.5,"d":"2024-02-29 13:45:06","l":[3,1,2,1],"j":"{\"a\":{\"b\":[1,true,\"x\"]}}""#)],
    )]);
    for (expr, expected) in [
        ("initcap('ab cD')", "Ab Cd"),
        ("reverse(t)", "dlroW olleH"),
        ("length(t)", "11"),
        ("substring(t, 7)", "World"),
        ("substring(t, -5, 3)", "Wor"),
        ("substring(t, 0, 2)", "He"),
        ("left(t, 2)", "He"),
        ("right(t, 2)", "ld"),
        ("instr(t, 'o')", "5"),
        ("locate('o', t, 6)", "8"),
        ("position('o' IN t)", "5"),
        ("lpad('7', 3, '0')", "007"),
        ("rpad('ab', 1)", "a"),
        ("trim('  x ')", "x"),
        ("trim(BOTH 'x' FROM 'xxaxx')", "a"),
        ("trim(LEADING 'x' FROM 'xxaxx')", "axx"),
        ("replace(t, 'o', '0')", "Hell0 W0rld"),
        ("translate('abc', 'ab', 'x')", "xc"),
        ("split_part('a,b,c', ',', 2)", "b"),
        ("split_part('a,b,c', ',', -1)", "c"),
        ("substring_index('a.b.c', '.', 2)", "a.b"),
        ("substring_index('a.b.c', '.', -1)", "c"),
        ("concat('a', NULL)", ""),
        ("concat_ws('-', 'a', NULL, 'b')", "a-b"),
        ("'a' || 'b'", "ab"),
        ("contains(t, 'World')", "true"),
        ("startswith(t, 'World')", "false"),
        ("regexp_extract(t, '(W)(or)', 2)", "or"),
        ("regexp_extract(t, 'z(z)', 1)", ""),
        ("regexp_replace(t, '([a-z])([A-Z])|o', '<$0>')", "Hell<o> W<o>rld"),
        ("regexp_count(t, '[A-Z]')", "2"),
        ("t RLIKE '^Hel+'", "true"),
        (r"t RLIKE '\\bWorld$'", "true"),
        ("t LIKE 'Hello%'", "true"),
        ("t LIKE '%lo W%'", "true"),
        ("t LIKE 'hello%'", "false"),
        ("t ILIKE 'hello%'", "true"),
        ("'50%' LIKE '50\\%'", "true"),
        ("'50x' LIKE '50\\%'", "false"),
        ("'a_b' LIKE 'a!_b' ESCAPE '!'", "true"),
        ("'axb' LIKE 'a!_b' ESCAPE '!'", "false"),
        ("'a.b' LIKE 'a_b'", "true"),
        ("size(split('a1b2c', '[0-9]'))", "3"),
        ("base64('hi')", "aGk="),
        ("unbase64('aGk=')", "hi"),
        ("hex(255)", "FF"),
        ("conv('ff', 16, 2)", "11111111"),
        // Of the standard's test vectors.
        ("md5('abc')", "900150983cd24fb0d6963f7d28e17f72"),
        ("sha2('abc', 256)", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("crc32('123456789')", "3421780262"),
        ("parse_url('https://u@h.example:8/p/q?a=1&b=2#f', 'HOST')", "h.example"),
        ("parse_url('https://u@h.example:8/p/q?a=1&b=2#f', 'QUERY', 'b')", "2"),
        ("abs(n)", "2.5"),
        ("round(n)", "-3"),
        ("bround(n)", "-2"),
        ("ceil(n)", "-2"),
        ("floor(n)", "-3"),
        ("round(2.345, 2)", "2.35"),
        ("pow(2, 10)", "1024"),
        ("pmod(-7, 3)", "2"),
        ("-7 % 3", "-1"),
        ("7 DIV 2", "3"),
        ("1 / 0", ""),
        ("greatest(1, NULL, 3)", "3"),
        ("least('b', 'a')", "a"),
        ("sign(n)", "-1"),
        ("width_bucket(5, 0, 10, 5)", "3"),
        ("coalesce(NULL, missing, 'z')", "z"),
        ("nvl2(missing, 1, 2)", "2"),
        ("nullif(1, 1)", ""),
        ("isnull(missing)", "true"),
        ("get_json_object(j, '$.a.b[2]')", "x"),
        ("get_json_object(j, '$.a.b[1]')", "true"),
        ("get_json_object(j, '$.a')", r#"{"b":[1,true,"x"]}"#),
        ("get_json_object(j, '$.a.b[*]')", r#"[1,true,"x"]"#),
        ("get_json_object(j, '$.z')", ""),
        ("json_array_length('[1,2]')", "2"),
        ("from_json(j, 'x').a.b[0]", "1"),
        ("to_json(l)", "[3,1,2,1]"),
        ("array_contains(l, 2)", "true"),
        ("array_position(l, 2)", "3"),
        ("array_distinct(l)", "[3,1,2]"),
        ("array_join(l, '-')", "3-1-2-1"),
        ("array_max(l)", "3"),
        ("sort_array(l, false)", "[3,2,1,1]"),
        ("element_at(l, -1)", "1"),
        ("slice(l, 2, 2)", "[1,2]"),
        ("l[0]", "3"),
        ("array_intersect(l, array(1, 9))", "[1]"),
        ("sequence(1, 3)", "[1,2,3]"),
        ("year(d)", "2024"),
        ("month(d)", "2"),
        ("day(d)", "29"),
        ("hour(d)", "13"),
        ("extract(MINUTE FROM d)", "45"),
        // 29 February 2024 was a Thursday, the 60th day of its year.
        ("dayofweek(d)", "5"),
        ("weekday(d)", "3"),
        ("dayofyear(d)", "60"),
        ("quarter(d)", "1"),
        ("weekofyear(d)", "9"),
        ("date_add(d, 1)", "2024-03-01"),
        ("date_sub('2024-03-01', 1)", "2024-02-29"),
        ("datediff('2024-03-01', '2024-02-28')", "2"),
        ("add_months('2024-01-31', 1)", "2024-02-29"),
        ("months_between('2024-03-31', '2024-01-31')", "2"),
        ("last_day(d)", "2024-02-29"),
        ("date_trunc('HOUR', d)", "2024-02-29 13:00:00.000"),
        ("date_trunc('week', d)", "2024-02-26 00:00:00.000"),
        ("date_trunc('quarter', d)", "2024-01-01 00:00:00.000"),
        ("trunc(d, 'MONTH')", "2024-02-01"),
        ("date_format(d, \"EEE, d MMM yyyy HH:mm:ss.SSS 'x'\")", "Thu, 29 Feb 2024 13:45:06.000 x"),
        ("to_date('29.02.2024', 'dd.MM.yyyy')", "2024-02-29"),
        ("to_timestamp('2024-02-29T13:45:06Z')", "2024-02-29 13:45:06.000"),
        ("to_date('2024-02-30')", ""),
        ("unix_timestamp('1970-01-02 00:00:00')", "86400"),
        ("from_unixtime(86400)", "1970-01-02 00:00:00"),
        ("timestamp_millis(1)", "1970-01-01 00:00:00.001"),
        ("TIMESTAMP '2024-02-29 12:00:00' + INTERVAL 30 MINUTES", "2024-02-29 12:30:00.000"),
        ("CAST(d AS TIMESTAMP) - INTERVAL '1' DAY", "2024-02-28 13:45:06.000"),
        ("current_timestamp()", "2026-11-25 12:26:40.000"),
        ("CAST('12abc' AS INT)", ""),
        ("CAST('12.9' AS INT)", "12"),
        ("CAST(true AS STRING)", "true"),
        ("CAST('true' AS BOOLEAN)", "true"),
        ("CAST(d AS DATE)", "2024-02-29"),
        ("typeof(n)", "double"),
        // Three answers.
        ("missing = 1", ""),
        ("NOT (missing = 1)", ""),
        ("missing = 1 OR true", "true"),
        ("missing = 1 AND false", "false"),
        ("missing = 1 AND true", ""),
        ("missing <=> NULL", "true"),
        ("missing IS NULL", "true"),
        ("1 IN (1, NULL)", "true"),
        ("2 IN (1, NULL)", ""),
        ("2 NOT IN (1, NULL)", ""),
        ("missing BETWEEN 1 AND 2", ""),
        ("missing LIKE 'a'", ""),
        ("NOT true", "false"),
        ("'10' < '9'", "true"),
        ("10 < '9'", "false"),
        ("'200' = 200", "true"),
        ("'abc' = 200", ""),
        ("CASE WHEN missing THEN 'a' WHEN NULL THEN 'b' END", ""),
        ("`@timestamp` > '2026-11-20 10:00:00'", "true"),
        ("`@timestamp` = TIMESTAMP '2026-11-20 10:00:01'", "true"),
    ] {
        assert_eq!(bench.rows(&format!("SELECT {expr} FROM g")), [[expected]], "{expr}");
    }
}

/// By key and number, by key, and all: of the two groups of `b` without a number one is of the number that is missing.
const ROLLED_UP: &str = "a 10 1|a 20 2|a  3|b 30 1|b  1|b  2|c 50 1|c  1|  6";

#[test]
fn aggregates_and_windows_by_hand() {
    let rows = [(1, "a", "10"), (2, "a", "20"), (3, "b", "30"), (4, "b", "null"), (5, "c", "50"), (6, "a", "20")];
    let lines: Vec<String> = rows.iter().map(|(at, key, n)| event(*at, "E", &format!(r#""k":"{key}","n":{n},"i":{at}"#))).collect();
    let mut bench = Bench::groups(&[("g", lines)]);
    for (text, expected) in [
        (
            "SELECT k, count(*), count(n), sum(n), avg(n), min(n), max(n) FROM g GROUP BY k ORDER BY k",
            "a 3 3 50 16.666666666666668 10 20|b 2 1 30 30 30 30|c 1 1 50 50 50 50",
        ),
        ("SELECT count(DISTINCT n), count(DISTINCT k, n) FROM g", "4 4"),
        ("SELECT sum(DISTINCT n), avg(DISTINCT n), var_pop(DISTINCT n), sum(DISTINCT n) FILTER (WHERE n > 15) FROM g", "110 27.5 218.75 100"),
        ("SELECT k, sum(DISTINCT n), count(DISTINCT n), max(DISTINCT n) FROM g GROUP BY k ORDER BY k", "a 30 2 20|b 30 1 30|c 50 1 50"),
        ("SELECT k, n, count(*) c FROM g GROUP BY ROLLUP (k, n) ORDER BY k NULLS LAST, n NULLS LAST, c", ROLLED_UP),
        ("SELECT k, n, count(*) c FROM g GROUP BY k, n WITH ROLLUP ORDER BY k NULLS LAST, n NULLS LAST, c", ROLLED_UP),
        ("SELECT k, n, count(*) c FROM g GROUP BY GROUPING SETS ((k, n), (k), ()) ORDER BY k NULLS LAST, n NULLS LAST, c", ROLLED_UP),
        (
            "SELECT k, i > 3 AS late, sum(n) FROM g GROUP BY CUBE (k, i > 3) ORDER BY k NULLS LAST, late NULLS LAST",
            "a false 30|a true 20|a  50|b false 30|b true |b  30|c true 50|c  50| false 60| true 70|  130",
        ),
        ("SELECT k, sum(n) s FROM g GROUP BY GROUPING SETS ((k), ()) HAVING s > 45 ORDER BY s, k", "a 50|c 50| 130"),
        ("SELECT count(*), sum(DISTINCT k = 'a') FROM g GROUP BY GROUPING SETS (())", "6 1"),
        ("SELECT i, sum(n) OVER w FROM g WINDOW w AS (PARTITION BY k) ORDER BY i", "1 50|2 50|3 30|4 30|5 50|6 50"),
        ("SELECT first(n IGNORE NULLS), last(n) IGNORE NULLS, first(n, true) FROM g WHERE k = 'b'", "30 30 30"),
        ("SELECT i, b.n FROM g AS a INNER JOIN g AS b USING (i) WHERE i < 3 ORDER BY i", "1 10|2 20"),
        ("SELECT k, count(*) FROM g AS a LEFT JOIN g AS b USING (k, n) GROUP BY k ORDER BY k", "a 5|b 2|c 1"),
        ("SELECT sum(n) FILTER (WHERE k = 'a'), count(*) FILTER (WHERE n > 15), count_if(n > 15) FROM g", "50 4 4"),
        ("SELECT round(stddev_pop(n), 6), round(variance(n), 6), round(var_pop(i), 6) FROM g WHERE k = 'a'", "4.714045 33.333333 4.666667"),
        ("SELECT max_by(i, n), min_by(i, n) FROM g", "5 1"),
        ("SELECT collect_set(n), bool_and(n > 5), bool_or(n > 40) FROM g WHERE n IS NOT NULL", "[10,20,30,50] true true"),
        ("SELECT median(n), percentile(n, 0.5), percentile_approx(n, 1.0) FROM g", "20 20 50"),
        ("SELECT max(`@timestamp`) FROM g", "2026-11-20 10:00:06.000"),
        ("SELECT sum(n), count(*) FROM g WHERE k = 'z'", " 0"),
        ("SELECT k FROM g GROUP BY k HAVING sum(n) >= 50 ORDER BY sum(n) DESC, k", "a|c"),
        ("SELECT upper(k) u, sum(n) + 1 FROM g GROUP BY upper(k) ORDER BY 2 DESC, 1 LIMIT 2", "A 51|C 51"),
        ("SELECT k, sum(n) s FROM g GROUP BY 1 ORDER BY s NULLS LAST, k", "b 30|a 50|c 50"),
        ("SELECT DISTINCT k FROM g ORDER BY k DESC", "c|b|a"),
        ("SELECT i AS z FROM g ORDER BY -z LIMIT 2", "6|5"),
        ("SELECT k, sum(n) AS z FROM g GROUP BY k ORDER BY 0 - z, k DESC", "c 50|a 50|b 30"),
        ("SELECT k, count(*) AS n FROM g GROUP BY k HAVING sum(n) > 40 AND n > 2", "a 3"),
        ("SELECT i FROM g ORDER BY n, i", "4|1|2|6|3|5"),
        ("SELECT i FROM g ORDER BY n DESC, i", "5|3|2|6|1|4"),
        ("SELECT i FROM g ORDER BY n NULLS LAST, i LIMIT 2 OFFSET 1", "2|6"),
        ("SELECT i, row_number() OVER (PARTITION BY k ORDER BY i) FROM g ORDER BY i", "1 1|2 2|3 1|4 2|5 1|6 3"),
        ("SELECT i, rank() OVER (ORDER BY n DESC), dense_rank() OVER (ORDER BY n DESC) FROM g ORDER BY i", "1 5 4|2 3 3|3 2 2|4 6 5|5 1 1|6 3 3"),
        ("SELECT i, lag(i) OVER (ORDER BY i), lead(i, 2, 99) OVER (ORDER BY i) FROM g ORDER BY i", "1  3|2 1 4|3 2 5|4 3 6|5 4 99|6 5 99"),
        ("SELECT i, sum(n) OVER (ORDER BY i) FROM g ORDER BY i", "1 10|2 30|3 60|4 60|5 110|6 130"),
        ("SELECT i, sum(n) OVER (PARTITION BY k) FROM g ORDER BY i", "1 50|2 50|3 30|4 30|5 50|6 50"),
        ("SELECT i, sum(i) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM g ORDER BY i", "1 3|2 6|3 9|4 12|5 15|6 11"),
        ("SELECT i, count(*) OVER (ORDER BY k) FROM g ORDER BY i", "1 3|2 3|3 5|4 5|5 6|6 3"),
        (
            "SELECT i, first_value(i) OVER (PARTITION BY k ORDER BY i DESC), ntile(4) OVER (ORDER BY i) FROM g ORDER BY i",
            "1 6 1|2 6 1|3 4 2|4 4 2|5 5 3|6 6 4",
        ),
        ("SELECT k, rank() OVER (ORDER BY sum(n) DESC) r FROM g GROUP BY k ORDER BY k", "a 1|b 3|c 1"),
        ("SELECT k, s FROM (SELECT k, sum(n) AS s FROM g GROUP BY k) t WHERE s < 50", "b 30"),
        ("SELECT i FROM g WHERE n = (SELECT max(n) FROM g)", "5"),
        ("SELECT i FROM g WHERE k IN (SELECT k FROM g WHERE n = 20) ORDER BY i", "1|2|6"),
        ("SELECT i FROM g WHERE n NOT IN (SELECT n FROM g WHERE k = 'a') ORDER BY i", "3|5"),
        ("SELECT i FROM g WHERE n NOT IN (SELECT n FROM g WHERE k = 'b') ORDER BY i", ""),
        ("SELECT count(*) FROM g WHERE EXISTS (SELECT i FROM g WHERE n > 100)", "0"),
        ("SELECT k FROM g WHERE n > 25 UNION ALL SELECT k FROM g WHERE n > 45 ORDER BY k", "b|c|c"),
        ("SELECT k FROM g INTERSECT SELECT k FROM g WHERE n > 25 ORDER BY k", "b|c"),
        ("SELECT k FROM g EXCEPT SELECT k FROM g WHERE n > 25", "a"),
        ("SELECT a.i, b.i FROM g AS a INNER JOIN g AS b ON a.n = b.n AND a.i < b.i", "2 6"),
        ("SELECT a.i, count(b.i) c FROM g AS a LEFT JOIN g AS b ON a.k = b.k AND b.n > a.n GROUP BY a.i ORDER BY a.i", "1 2|2 0|3 0|4 0|5 0|6 0"),
        ("SELECT a.i FROM g AS a LEFT JOIN g AS b ON a.i = b.i AND b.k = 'b' WHERE b.i IS NULL ORDER BY 1", "1|2|5|6"),
        ("SELECT x.k, y.i FROM (SELECT k, max(i) AS m FROM g GROUP BY k) AS x INNER JOIN g AS y ON x.m = y.i ORDER BY 1", "a 6|b 4|c 5"),
        ("SELECT a.i, b.i FROM g a INNER JOIN g b ON a.i + 4 = b.i", "2 6|1 5"),
        ("SELECT k kk, count(*) FROM g GROUP BY kk ORDER BY kk LIMIT 1", "a 3"),
        ("SELECT GK, count(*) FROM (SELECT k AS gk FROM g) GROUP BY Gk ORDER BY gK LIMIT 1", "a 3"),
    ] {
        let rows: Vec<String> = bench.rows(text).iter().map(|row| row.join(" ")).collect();
        assert_eq!(rows.join("|"), expected, "{text}");
    }
    let tuple = web().ask(
        "SELECT callId, json_tuple(json_column, 'name', 'age'), json_tuple(json_column, 'name') AS who FROM LogGroupA WHERE json_column IS NOT NULL",
    );
    assert_eq!(
        (tuple.columns.clone(), printed(&tuple)),
        (["callId", "c0", "c1", "who"].map(str::to_owned).to_vec(), vec![["r1", "ann", "", "ann"].map(str::to_owned).to_vec()])
    );
    let tuple = web().ask("SELECT json_tuple(json_column, 'name', 'age') AS (who, age) FROM LogGroupA WHERE json_column IS NOT NULL");
    assert_eq!(tuple.columns, ["who", "age"]);
    let columns = bench.ask("SELECT a.i, b.i, sum(a.n), a.n AS n FROM g a INNER JOIN g b ON a.i = b.i GROUP BY a.i, b.i, a.n").columns;
    assert_eq!(columns, ["i", "b.i", "sum(a.n)", "n"]);
}

#[test]
fn what_cannot_be_answered_says_where_and_what_to_do() {
    let mut bench = web();
    for (text, place, remedy) in [
        ("SELECT a FROM nowhere", "nowhere", "management, data"),
        ("SELECT a FROM managment", "managment", "did you mean `management`"),
        ("SELECT a FROM signals", "a", "it gives @timestamp, id, rule"),
        ("SELECT uper(a) FROM LogGroupA", "uper", "did you mean `upper`"),
        ("SELECT toMillis(a) FROM LogGroupA", "toMillis", "did you mean `unix_millis`"),
        ("SELECT explode(scores) FROM LogGroupA", "explode", "unnest"),
        ("SELECT upper(a, b) FROM LogGroupA", "upper", "takes 1 arguments"),
        ("SELECT `x.denid` FROM LogGroupA", "`x.denid`", "x.denied"),
        ("SELECT a, count(*) FROM LogGroupA", "a", "GROUP BY"),
        ("SELECT * FROM LogGroupA GROUP BY a", "*", "name what is grouped by"),
        ("SELECT a FROM LogGroupA WHERE count(*) > 1", "count", "HAVING"),
        ("SELECT a FROM LogGroupA HAVING a > 1", "a > 1", "WHERE"),
        ("SELECT rank() FROM LogGroupA", "rank", "OVER"),
        ("SELECT rank() OVER () FROM LogGroupA", "rank", "ORDER BY"),
        ("SELECT a FROM LogGroupA WHERE rank() OVER (ORDER BY a) = 1", "rank", "put the query into FROM"),
        ("SELECT status FROM LogGroupA AS p INNER JOIN LogGroupB AS q ON p.callId = q.callId", "status", "write p.`status` or q.`status`"),
        ("SELECT z.a FROM (SELECT b FROM LogGroupA) z", "z.a", "it gives b"),
        ("SELECT statos FROM (SELECT status FROM LogGroupA) z", "statos", "did you mean `status`"),
        ("SELECT DISTINCT a FROM LogGroupA ORDER BY b", "b", "DISTINCT"),
        ("SELECT max_by(DISTINCT a, b) FROM LogGroupA", "max_by", "SELECT DISTINCT"),
        ("SELECT upper(json_tuple(a, 'b')) FROM LogGroupA", "json_tuple", "stands alone in SELECT"),
        ("SELECT a FROM LogGroupA UNION SELECT a, b FROM LogGroupA", "SELECT a, b FROM LogGroupA", "as many columns"),
        ("SELECT a FROM LogGroupA WHERE a IN (SELECT a, b FROM LogGroupA)", "SELECT a, b FROM LogGroupA", "one column"),
        ("SELECT (SELECT status FROM LogGroupA) FROM LogGroupA", "SELECT status FROM LogGroupA", "one row"),
        ("SELECT a FROM LogGroupA WHERE a RLIKE '('", "'('", "regular expression"),
        ("SELECT a FROM LogGroupA GROUP BY 5", "5", "no column"),
    ] {
        match bench.try_with(text, true, &mut Deaf) {
            Err(RunError::Query(error)) => {
                let (told, found) = (error.to_string(), error.span.of(text));
                assert!(told.contains(remedy), "{text}: {told}");
                assert_eq!(found, place, "{text}: {told}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

/// Queries of many kinds on the demo; each is asked twice.
const QUERIES: &[&str] = &[
    "SELECT `@timestamp`, eventName, awsRegion FROM management LIMIT 20",
    "SELECT eventName, COUNT(*) FROM events GROUP BY eventName",
    "SELECT eventName, errorCode, COUNT(*) AS n FROM `logGroups(logGroupIdentifier: ['management', 'data'])` WHERE eventSource = 'bedrock.amazonaws.com' GROUP BY eventName, errorCode HAVING n > 1",
    "SELECT COUNT(*) FROM management WHERE eventName = 'AssumeRole'",
    "SELECT COUNT(*) FROM data WHERE `requestParameters.bucketName` = 'acme-support-articles' AND eventName = 'GetObject'",
    "SELECT COUNT(*) FROM management WHERE eventName = 'AssumeRole' OR errorCode = 'AccessDenied'",
    "SELECT COUNT(*) FROM management WHERE NOT (eventName = 'AssumeRole')",
    "SELECT COUNT(*), MIN(`@timestamp`), MAX(`@timestamp`) FROM events WHERE `x.denied` = true",
    "SELECT `x.principal`, SUM(`x.tokens_in`) AS t FROM invocation WHERE `x.tokens_in` > 1000 GROUP BY `x.principal` ORDER BY t DESC",
    "SELECT accountId, date_trunc('day', `@timestamp`) AS d, SUM(`x.tokens_total`) FROM exchanges GROUP BY accountId, d ORDER BY 2, 1",
    "SELECT COUNT(*) FROM events WHERE `@timestamp` >= '2026-11-12' AND `@timestamp` < '2026-11-13'",
    "SELECT COUNT(*) FROM events WHERE `@timestamp` BETWEEN TIMESTAMP '2026-11-12 00:00:00' AND '2026-11-12 23:59:59'",
    "SELECT COUNT(*) FROM events WHERE '2026-11-12' > `@timestamp`",
    "SELECT a.eventName, COUNT(*) FROM management AS a INNER JOIN invocation AS b ON a.`requestID` = b.`requestId` GROUP BY a.eventName",
    "SELECT a.`requestID`, b.modelId FROM management AS a LEFT JOIN invocation AS b ON a.`requestID` = b.`requestId` AND b.`x.model_family` = 'opus' WHERE a.`x.invoke` = true AND a.awsRegion = 'us-east-1'",
    "SELECT b.modelId FROM management AS a INNER JOIN invocation AS b ON a.`requestID` = b.`requestId` WHERE a.eventName = 'Converse' AND b.region = 'us-east-1' LIMIT 30",
    "SELECT eventName FROM management WHERE `requestID` IN (SELECT requestId FROM invocation WHERE `x.tokens_in` > 5000)",
    "SELECT operation FROM invocation UNION SELECT eventName FROM management WHERE eventName LIKE 'Get%'",
    "SELECT eventName, n, RANK() OVER (ORDER BY n DESC) AS r FROM (SELECT eventName, COUNT(*) AS n FROM management GROUP BY eventName) AS t ORDER BY r, eventName",
    "SELECT DISTINCT awsRegion, eventSource FROM management ORDER BY 1, 2",
    "SELECT `x.user_text` FROM invocation WHERE `x.user_text` LIKE '%summar%'",
    "SELECT COUNT(*) FROM `filterIndex('eventName' IN ['GetObject', 'PutObject'])`",
    "SELECT `@log`, COUNT(*) FROM events WHERE `@message` LIKE '%AKIA%' GROUP BY `@log`",
    "SELECT `userIdentity.type`, COUNT(DISTINCT sourceIPAddress) FROM management GROUP BY 1",
];

#[test]
fn asking_the_lists_first_changes_no_answer() {
    let mut bench = Bench::demo();
    let mut empty = Vec::new();
    for text in QUERIES {
        let asked = bench.ask(text);
        let plain = bench.try_with(text, false, &mut Deaf).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!((&asked.columns, printed(&asked)), (&plain.columns, printed(&plain)), "{text}");
        assert!(asked.statistics.records <= plain.statistics.records, "{text}");
        if asked.rows.is_empty() {
            empty.push(*text);
        }
    }
    assert_eq!(empty, Vec::<&str>::new());
    // Columns answer without a record, lists without looking at every event.
    for (text, most) in [
        ("SELECT eventName, COUNT(*) FROM `logGroups(logGroupIdentifier: ['management', 'data'])` GROUP BY eventName", u64::MAX),
        ("SELECT accountId, date_trunc('hour', `@timestamp`), SUM(`x.tokens_total`) FROM exchanges GROUP BY 1, 2", u64::MAX),
        ("SELECT a.eventName FROM management a INNER JOIN invocation b ON a.`requestID` = b.`requestId` WHERE a.eventName = 'Converse'", 1000),
        ("SELECT COUNT(*) FROM management WHERE eventName = 'CreateAccessKey'", 10),
        ("SELECT COUNT(*) FROM events WHERE `@timestamp` >= '2026-11-10' AND `@timestamp` < '2026-11-14' AND `x.denied` = true", 100),
    ] {
        let statistics = bench.ask(text).statistics;
        assert!(statistics.records == 0 && statistics.scanned <= most && statistics.matched > 0, "{text}: {statistics:?}");
    }
}

#[test]
fn a_join_that_would_be_too_large_is_refused() {
    let lines: Vec<String> = (0..2300).map(|at| event(at % 3000, &format!("N{at}"), &format!(r#""same":"x","n":{at}"#))).collect();
    let mut bench = Bench::groups(&[("g", lines)]);
    for (text, told) in [
        ("SELECT count(*) FROM g AS a INNER JOIN g AS b ON a.same = b.same", "JOIN would make more than 1000000 rows"),
        (
            "SELECT count(*) FROM g AS a INNER JOIN g AS b ON a.n < b.n AND a.n + 1 > b.n",
            "without an equality JOIN would look at more than 5000000 pairs",
        ),
    ] {
        match bench.try_with(text, true, &mut Deaf) {
            Err(RunError::TooLarge(why)) => assert!(why.starts_with(told) && why.contains("narrow both"), "{why}"),
            other => panic!("{text}: {:?}", other.map(|answer| answer.rows.len())),
        }
    }
    assert_eq!(bench.rows("SELECT count(*) FROM g AS a INNER JOIN g AS b ON a.n = b.n"), [["2300"]]);
}

/// Hears when rows come, and cancels after so many.
struct Watching {
    seen: u64,
    of: u64,
    first_at: Option<(u64, u64)>,
    rows: usize,
    columns: Vec<String>,
    cancel: Option<Interrupter>,
}

impl Watching {
    fn new(cancel: Option<Interrupter>) -> Self {
        Self { seen: 0, of: 0, first_at: None, rows: 0, columns: Vec::new(), cancel }
    }
}

impl Listener for Watching {
    fn progress(&mut self, seen: u64, of: u64) {
        (self.seen, self.of) = (seen, of);
        if let Some(interrupter) = &self.cancel {
            interrupter.cancel();
        }
    }
    fn begins(&mut self, columns: &[String], _: &[Vec<String>]) {
        self.columns = columns.to_vec();
    }
    fn rows(&mut self, rows: &[AnswerRow]) {
        self.first_at.get_or_insert((self.seen, self.of));
        self.rows += rows.len();
    }
}

#[test]
fn first_rows_come_before_the_last() {
    let lines: Vec<String> = (0..2900).map(|at| event(at, "A", &format!(r#""n":{at}"#))).collect();
    let mut bench = Bench::groups(&[("g", lines)]);
    for (text, count, is_soon) in
        [("SELECT n FROM g WHERE n >= 0", 2900, true), ("SELECT n FROM g ORDER BY n", 2900, false), ("SELECT n FROM g LIMIT 3", 3, true)]
    {
        let mut watching = Watching::new(None);
        let answer = bench.try_with(text, true, &mut watching).expect("an answer");
        assert_eq!((watching.rows, answer.rows.len(), watching.columns.as_slice()), (count, count, ["n".to_owned()].as_slice()), "{text}");
        let (seen, of) = watching.first_at.expect("rows");
        assert_eq!(seen < of || of == 0, is_soon, "{text}: {seen} of {of}");
        assert_eq!(watching.columns, ["n"]);
    }
    // Whoever waits no longer is told so, and nothing is worked out to the end.
    let interrupter = bench.reader.interrupter();
    let mut watching = Watching::new(Some(interrupter));
    let ended = bench.try_with("SELECT n, count(*) OVER (ORDER BY n) FROM g ORDER BY n", true, &mut watching);
    assert!(matches!(ended, Err(RunError::Case(CaseError::Interrupted))) && watching.seen < 2900, "{:?}", ended.map(|answer| answer.rows.len()));
}

// ----------------------------------------------------------------------------------------------------------------------------
// The plain evaluator: values, three answers, and nested loops.

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum V {
    Null,
    Num(i64),
    Text(String),
}

impl V {
    fn json(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Num(number) => number.to_string(),
            Self::Text(text) => format!("\"{text}\""),
        }
    }
    fn sql(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Num(number) => number.to_string(),
            Self::Text(text) => format!("'{text}'"),
        }
    }
    fn printed(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Num(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
    /// Text beside a number is read as one; the texts of these tests are letters, or digits.
    fn cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, _) | (_, Self::Null) => None,
            (Self::Num(one), Self::Num(other)) => Some(one.cmp(other)),
            (Self::Text(one), Self::Text(other)) => Some(one.as_bytes().cmp(other.as_bytes())),
            (Self::Num(one), Self::Text(other)) => Some(one.cmp(&other.parse().ok()?)),
            (Self::Text(one), Self::Num(other)) => Some(one.parse::<i64>().ok()?.cmp(other)),
        }
    }
}

type Record = [V; 3];
const NAMES: [&str; 3] = ["p.a", "p.b", "p.c"];

#[derive(Clone, Debug)]
enum Condition {
    Compare(usize, &'static str, V),
    Fields(usize, &'static str, usize),
    Null(usize, bool),
    Among(usize, Vec<V>, bool),
    Between(usize, V, V, bool),
    Like(usize, String, bool),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

fn compares(how: &str, order: Ordering) -> bool {
    match how {
        "=" => order.is_eq(),
        "<>" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// `%` is anything, `_` one letter.
fn like(text: &[char], pattern: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('%', rest)) => (0..=text.len()).any(|skipped| like(&text[skipped..], rest)),
        Some(('_', rest)) => !text.is_empty() && like(&text[1..], rest),
        Some((letter, rest)) => text.first() == Some(letter) && like(&text[1..], rest),
    }
}

impl Condition {
    fn sql(&self, alias: &str) -> String {
        let field = |at: &usize| format!("{alias}`requestParameters.{}`", NAMES[*at]);
        let not = |negated: &bool| if *negated { "NOT " } else { "" };
        match self {
            Self::Compare(at, how, value) => format!("{} {how} {}", field(at), value.sql()),
            Self::Fields(one, how, other) => format!("{} {how} {}", field(one), field(other)),
            Self::Null(at, negated) => format!("{} IS {}NULL", field(at), not(negated)),
            Self::Among(at, values, negated) => {
                format!("{} {}IN ({})", field(at), not(negated), values.iter().map(V::sql).collect::<Vec<_>>().join(", "))
            }
            Self::Between(at, low, high, negated) => format!("{} {}BETWEEN {} AND {}", field(at), not(negated), low.sql(), high.sql()),
            Self::Like(at, pattern, negated) => format!("{} {}LIKE '{pattern}'", field(at), not(negated)),
            Self::Not(inner) => format!("NOT ({})", inner.sql(alias)),
            Self::And(all) => all.iter().map(|one| format!("({})", one.sql(alias))).collect::<Vec<_>>().join(" AND "),
            Self::Or(any) => any.iter().map(|one| format!("({})", one.sql(alias))).collect::<Vec<_>>().join(" OR "),
        }
    }

    fn holds(&self, record: &Record) -> Option<bool> {
        let not = |answer: Option<bool>, negated: bool| answer.map(|answer| answer != negated);
        let and = |answers: Vec<Option<bool>>| {
            if answers.contains(&Some(false)) {
                Some(false)
            } else if answers.contains(&None) {
                None
            } else {
                Some(true)
            }
        };
        match self {
            Self::Compare(at, how, value) => record[*at].cmp(value).map(|order| compares(how, order)),
            Self::Fields(one, how, other) => record[*one].cmp(&record[*other]).map(|order| compares(how, order)),
            Self::Null(at, negated) => Some((record[*at] == V::Null) != *negated),
            Self::Among(at, values, negated) => {
                let answers: Vec<Option<bool>> = values.iter().map(|value| record[*at].cmp(value).map(Ordering::is_eq)).collect();
                let found = if answers.contains(&Some(true)) {
                    Some(true)
                } else if answers.contains(&None) {
                    None
                } else {
                    Some(false)
                };
                not(found, *negated)
            }
            Self::Between(at, low, high, negated) => {
                let within = and(vec![record[*at].cmp(low).map(Ordering::is_ge), record[*at].cmp(high).map(Ordering::is_le)]);
                not(within, *negated)
            }
            Self::Like(at, pattern, negated) => match &record[*at] {
                V::Null => None,
                value => {
                    let (text, pattern): (Vec<char>, Vec<char>) = (value.printed().chars().collect(), pattern.chars().collect());
                    not(Some(like(&text, &pattern)), *negated)
                }
            },
            Self::Not(inner) => inner.holds(record).map(|holds| !holds),
            Self::And(all) => and(all.iter().map(|one| one.holds(record)).collect()),
            Self::Or(any) => {
                let none = and(any.iter().map(|one| one.holds(record).map(|holds| !holds)).collect());
                none.map(|none| !none)
            }
        }
    }
}

fn value() -> impl Strategy<Value = V> {
    prop_oneof![
        Just(V::Null),
        (-3..12_i64).prop_map(V::Num),
        "[abB]{0,2}".prop_map(V::Text),
        // Long enough to be looked for in the record before it is read.
        "[abB]{3,4}".prop_map(V::Text),
        "[0-9]{1,2}".prop_map(|digits| V::Text(digits.trim_start_matches('0').to_owned() + "0")),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let how = || prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        (0..3_usize, how(), value()).prop_map(|(at, how, value)| Condition::Compare(at, how, value)),
        (0..3_usize, how(), 0..3_usize).prop_map(|(one, how, other)| Condition::Fields(one, how, other)),
        (0..3_usize, any::<bool>()).prop_map(|(at, negated)| Condition::Null(at, negated)),
        (0..3_usize, prop::collection::vec(value(), 1..4), any::<bool>()).prop_map(|(at, values, negated)| Condition::Among(at, values, negated)),
        (0..3_usize, value(), value(), any::<bool>()).prop_map(|(at, low, high, negated)| Condition::Between(at, low, high, negated)),
        (0..3_usize, "[ab%_1]{0,4}|%[ab]{3}%", any::<bool>()).prop_map(|(at, pattern, negated)| Condition::Like(at, pattern, negated)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| Condition::Not(Box::new(one))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::And),
            prop::collection::vec(inner, 2..4).prop_map(Condition::Or),
        ]
    })
}

fn lines(records: &[Record], name: &str) -> Vec<String> {
    let line = |(at, record): (usize, &Record)| {
        let fields = NAMES.iter().zip(record).filter(|(_, value)| **value != V::Null);
        let fields: Vec<String> = fields.map(|(name, value)| format!("\"{}\":{}", &name[2..], value.json())).collect();
        event(u32::try_from(at).expect("few"), name, &format!(r#""requestParameters":{{"p":{{{}}}}},"requestID":"{name}-{at}""#, fields.join(",")))
    };
    records.iter().enumerate().map(line).collect()
}

fn sorted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort();
    rows
}

/// The order of `ORDER BY`.
fn by_order(one: &V, other: &V) -> Ordering {
    one.cmp_kind().cmp(&other.cmp_kind()).then_with(|| match (one, other) {
        (V::Num(one), V::Num(other)) => one.cmp(other),
        (one, other) => one.printed().cmp(&other.printed()),
    })
}

impl V {
    fn cmp_kind(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Num(_) => 1,
            Self::Text(_) => 2,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn answers_are_those_of_a_plain_evaluator(
        left in prop::collection::vec([value(), value(), value()], 0..25),
        right in prop::collection::vec([value(), value(), value()], 0..12),
        conditions in prop::collection::vec(condition(), 4),
        (one, other) in (0..3_usize, 0..3_usize),
        limit in 0..6_usize,
    ) {
        let mut bench = Bench::groups(&[("left-group", lines(&left, "L")), ("right-group", lines(&right, "R"))]);
        let (left_empty, right_empty) = (left.is_empty(), right.is_empty());
        prop_assume!(!left_empty && !right_empty);
        let field = |at: usize| format!("`requestParameters.{}`", NAMES[at]);
        for condition in &conditions {
            // WHERE, by rows.
            let text = format!("SELECT {}, {}, {} FROM `left-group` WHERE {}", field(0), field(1), field(2), condition.sql(""));
            let expected: Vec<Vec<String>> = left.iter().filter(|record| condition.holds(record) == Some(true)).map(|record| record.iter().map(V::printed).collect()).collect();
            prop_assert_eq!(sorted(bench.rows(&text)), sorted(expected.clone()), "{}", text);
            // The answer itself, which may be none.
            let text = format!("SELECT {}, `requestID` FROM `left-group`", condition.sql(""));
            let expected_answers: Vec<Vec<String>> = left.iter().enumerate()
                .map(|(at, record)| vec![condition.holds(record).map_or(String::new(), |holds| holds.to_string()), format!("L-{at}")]).collect();
            prop_assert_eq!(sorted(bench.rows(&text)), sorted(expected_answers), "{}", text);
            // GROUP BY, with conditions in FILTER and CASE.
            let text = format!(
                "SELECT {k}, count(*), count({n}), sum(CASE WHEN {c} THEN 1 ELSE 0 END), count(*) FILTER (WHERE {c}), count(DISTINCT {n}) FROM `left-group` GROUP BY {k}",
                k = field(one), n = field(other), c = condition.sql("")
            );
            let mut groups: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
            for record in &left {
                // What prints alike is one group, save for what is missing.
                let key = match &record[one] { V::Null => "null".to_owned(), value => format!("={}", value.printed()) };
                groups.entry(key).or_default().push(record);
            }
            let expected: Vec<Vec<String>> = groups.values().map(|records| {
                let passing = records.iter().filter(|record| condition.holds(record) == Some(true)).count().to_string();
                let mut values: Vec<String> = records.iter().filter(|record| record[other] != V::Null).map(|record| record[other].printed()).collect();
                let there = values.len().to_string();
                values.sort();
                values.dedup();
                vec![records[0][one].printed(), records.len().to_string(), there, passing.clone(), passing, values.len().to_string()]
            }).collect();
            prop_assert_eq!(sorted(bench.rows(&text)), sorted(expected), "{}", text);
        }
        // ORDER BY and LIMIT: the keys in order.
        let text = format!("SELECT {} FROM `left-group` ORDER BY 1 DESC LIMIT {limit}", field(one));
        let mut keys: Vec<&V> = left.iter().map(|record| &record[one]).collect();
        keys.sort_by(|one, other| by_order(other, one));
        let expected: Vec<Vec<String>> = keys.iter().take(limit).map(|value| vec![value.printed()]).collect();
        prop_assert_eq!(bench.rows(&text), expected, "{}", text);
        // JOIN by nested loops, with conditions of both sides.
        for (kind, is_left) in [("INNER JOIN", false), ("LEFT OUTER JOIN", true)] {
            let [on_right, on_left, filter, _] = conditions.as_slice() else { unreachable!() };
            let text = format!(
                "SELECT l.`requestID`, r.`requestID` FROM `left-group` AS l {kind} `right-group` AS r ON l.{} = r.{} AND ({}) AND ({}) WHERE {}",
                field(one), field(other), on_right.sql("r."), on_left.sql("l."), filter.sql("l.")
            );
            let mut expected = Vec::new();
            for (at, record) in left.iter().enumerate().filter(|(_, record)| filter.holds(record) == Some(true)) {
                let partners: Vec<usize> = right.iter().enumerate().filter(|(_, partner)| {
                    record[one].cmp(&partner[other]) == Some(Ordering::Equal) && on_right.holds(partner) == Some(true) && on_left.holds(record) == Some(true)
                }).map(|(at, _)| at).collect();
                if partners.is_empty() && is_left {
                    expected.push(vec![format!("L-{at}"), String::new()]);
                }
                expected.extend(partners.iter().map(|partner| vec![format!("L-{at}"), format!("R-{partner}")]));
            }
            prop_assert_eq!(sorted(bench.rows(&text)), sorted(expected), "{}", text);
        }
        // IN (SELECT …), with and without NOT.
        for negated in ["", "NOT "] {
            let text = format!(
                "SELECT `requestID` FROM `left-group` WHERE {} {negated}IN (SELECT {} FROM `right-group` WHERE {})",
                field(one), field(other), conditions[3].sql("")
            );
            let set: Vec<V> = right.iter().filter(|record| conditions[3].holds(record) == Some(true)).map(|record| record[other].clone()).collect();
            let expected: Vec<Vec<String>> = left.iter().enumerate().filter(|(_, record)| {
                let answers: Vec<Option<bool>> = set.iter().map(|value| record[one].cmp(value).map(Ordering::is_eq)).collect();
                let found = if answers.contains(&Some(true)) { Some(true) } else if answers.contains(&None) { None } else { Some(false) };
                found.is_some_and(|found| found != (negated == "NOT "))
            }).map(|(at, _)| vec![format!("L-{at}")]).collect();
            prop_assert_eq!(sorted(bench.rows(&text)), sorted(expected), "{}", text);
        }
    }
}

/// What the rules found is a table like any other; before they ran it is empty, and says so.
#[test]
fn signals_and_leads_are_tables() {
    let mut bench = Bench::demo();
    let empty = bench.ask("SELECT count(*) FROM signals");
    assert_eq!(printed(&empty), [["0"]]);
    assert!(empty.notes.iter().any(|note| note.contains("outcrop detect")), "{:?}", empty.notes);
    let case = Writable::open(&bench.folder.path().join("case.outcrop")).expect("a case");
    let rules = std::sync::Arc::new(outcrop::detect::RuleSet::load(&outcrop::detect::Sources::builtin(), false));
    let ((), detected) = outcrop::detect::following(&case, rules, || ());
    detected.expect("the rules ran");
    let key = demo::cast().leaked_user;
    let text = format!("SELECT rule, level FROM `signals` WHERE entity LIKE '%{key}' AND rule = 'S12' ORDER BY weight DESC LIMIT 1");
    assert_eq!(bench.rows(&text), [["S12", "high"]]);
    let leads =
        bench.rows("SELECT l.score > l.threshold AS told, s.rule FROM leads l INNER JOIN signals s ON s.entity = l.entity WHERE s.rule = 'P8'");
    assert_eq!(leads, [["true", "P8"]]);
    let answer = bench.try_with("SELECT a.rule FROM `logGroups(logGroupIdentifier: ['signals', 'data'])` AS a", true, &mut Deaf);
    assert!(matches!(answer, Err(RunError::Query(error)) if error.message.contains("stands alone")));
}
