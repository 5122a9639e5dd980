//! Functions by the descriptions of the documentation; expected values by hand, from RFCs, FIPS and Java's own examples.

use proptest::prelude::*;

use super::super::value::tests::any_value;
use super::super::value::{LONGEST_LIST, LONGEST_TEXT};
use super::*;

/// 2026-11-20 14:02:11.320 UTC.
const NOW: i64 = 1_795_183_331_320;

fn context() -> Context {
    Context::new(NOW, NOW - 3_600_000, NOW)
}

fn call(name: &str, args: &[Value]) -> Value {
    let function = function(name).unwrap_or_else(|| panic!("no function {name}"));
    (function.call)(&context(), args)
}

/// Arguments as a person would write them: text, and numbers without quotes.
fn args(written: &[&str]) -> Vec<Value> {
    written
        .iter()
        .map(|text| match *text {
            "MISSING" => Value::Missing,
            "LIST" => Value::list([Value::from("a")]),
            text => Value::from(text),
        })
        .collect()
}

fn check(table: &[(&str, &[&str], &str)]) {
    for (name, written, expected) in table {
        let value = call(name, &args(written));
        let expected = args(&[expected]).remove(0);
        assert_eq!((value.is_missing(), value.printed()), (expected.is_missing(), expected.printed()), "{name}{written:?}");
    }
}

#[test]
fn names_in_any_spelling() {
    for (written, name) in [
        ("isPresent", "isPresent"),
        ("ispresent", "isPresent"),
        ("ISPRESENT", "isPresent"),
        ("regex_replace", "regexReplace"),
        ("is_valid_ip_v4", "isValidIpV4"),
        ("from_millis", "fromMillis"),
        ("bin", "bin"),
    ] {
        assert_eq!(function(written).map(|function| function.name), Some(name), "{written}");
    }
    for unknown in ["", "_bin", "bin_", "binn", "count", "ago"] {
        assert!(function(unknown).is_none(), "{unknown}");
    }
    let names: Vec<&str> = functions().map(|function| function.name).collect();
    for (at, name) in names.iter().enumerate() {
        assert!(!names.iter().skip(at + 1).any(|other| is_named(other, name)), "{name} is there twice");
    }
    assert!(functions().all(|function| function.least <= function.most && !function.doc.is_empty()));
}

/// INSIGHTS §4.5, group by group.
#[test]
fn every_documented_function_is_there() {
    let documented = "abs ceil floor greatest least log round sqrt haversine toNumber toInt toLong toDouble \
        bin datefloor dateceil fromMillis toMillis now parseDate formatDate strftime queryStartTime queryEndTime queryTimeRange \
        isPresent coalesce if case isNumeric messageSize jsonParse jsonStringify jsonArraySize jsonArrayContains \
        isValidIp isValidIpV4 isValidIpV6 isIpInSubnet isIpv4InSubnet isIpv6InSubnet ipv4ToNumber isPrivateIP isPublicIP isReservedIP \
        isEmpty isBlank concat trim ltrim rtrim strlen toupper tolower substr replace regexReplace strcontains startsWith endsWith \
        urlencode urldecode base64encode base64decode split hexToAscii hexToDec decToHex md5 sha256 unmask";
    for name in documented.split_whitespace() {
        assert_eq!(function(name).map(|function| function.name), Some(name));
    }
}

#[test]
fn numbers() {
    check(&[
        ("abs", &["-2.5"], "2.5"),
        ("abs", &["x"], "MISSING"),
        ("abs", &["LIST"], "MISSING"),
        ("ceil", &["1.2"], "2"),
        ("ceil", &["-1.2"], "-1"),
        ("floor", &["-1.2"], "-2"),
        ("greatest", &["3", "20", "1"], "20"),
        ("greatest", &["3", "MISSING"], "MISSING"),
        ("least", &["3", "20", "1"], "1"),
        ("log", &["1"], "0"),
        ("log", &["0"], "MISSING"),
        ("sqrt", &["16"], "4"),
        ("sqrt", &["-1"], "MISSING"),
        ("round", &["2.5"], "3"),
        ("round", &["-2.5"], "-3"),
        ("round", &["2.345", "1"], "2.3"),
        ("round", &["1234", "-2"], "1200"),
        ("round", &["2.5", "x"], "MISSING"),
        ("round", &["2.5", "999"], "2.5"),
        ("toNumber", &["12.5"], "12.5"),
        ("toNumber", &["12.5s"], "MISSING"),
        ("toInt", &["12.9"], "12"),
        ("toInt", &["-12.9"], "-12"),
        ("toLong", &["abc"], "MISSING"),
        ("toDouble", &["1e2"], "100"),
        ("histogram", &["37", "10"], "30"),
        ("histogram", &["-1", "10"], "-10"),
        ("histogram", &["37", "0"], "MISSING"),
        ("haversine", &["0", "0", "0", "0"], "0"),
        ("haversine", &["91", "0", "0", "0"], "MISSING"),
    ]);
    let distance = |written: [&str; 4]| call("haversine", &args(&written)).as_number().expect("a distance");
    // A quarter of a meridian; Paris to London.
    assert!((distance(["0", "0", "90", "0"]) - 10_007.557).abs() < 0.01);
    assert!((distance(["48.8566", "2.3522", "51.5074", "-0.1278"]) - 343.5).abs() < 1.0);
    assert!((distance(["0", "-180", "0", "180"])).abs() < 0.01);
}

#[test]
fn arithmetic() {
    use Operator::{Divide, Minus, Plus, Power, Remainder, Times};
    for (left, operator, right, expected) in [
        ("2", Plus, "3", "5"),
        ("2", Minus, "3", "-1"),
        ("2", Times, "3.5", "7"),
        ("7", Divide, "2", "3.5"),
        ("7", Divide, "0", "MISSING"),
        ("2", Power, "3", "8"),
        ("10", Remainder, "3", "1"),
        ("-10", Remainder, "3", "-1"),
        ("10", Remainder, "0", "MISSING"),
        ("1", Plus, "MISSING", "MISSING"),
        ("a", Plus, "b", "MISSING"),
    ] {
        let expected = args(&[expected]).remove(0);
        assert_eq!(operator.apply(&left.into(), &args(&[right]).remove(0)).printed(), expected.printed(), "{left} {operator:?} {right}");
    }
    assert_eq!(Plus.apply(&Value::Flag(true), &Value::Time(1000)), Value::Number(1001.0));
    assert_eq!(negated(&"4".into()), Value::Number(-4.0));
    assert_eq!(negated(&Value::Missing), Value::Missing);
}

#[test]
fn time() {
    let time = Value::Time(NOW);
    let with = |name: &str, rest: &[&str]| call(name, &[std::slice::from_ref(&time), &*args(rest)].concat()).to_string();
    assert!(function("bin").is_some_and(|bin| bin.on_event_time));
    assert!(function("datefloor").is_some_and(|floor| !floor.on_event_time));
    assert_eq!(with("bin", &["5m"]), "2026-11-20 14:00:00.000");
    // The number is clamped: 300s is one minute.
    assert_eq!(with("bin", &["300s"]), "2026-11-20 14:02:00.000");
    assert_eq!(with("datefloor", &["1h"]), "2026-11-20 14:00:00.000");
    assert_eq!(with("dateceil", &["1h"]), "2026-11-20 15:00:00.000");
    assert_eq!(with("dateceil", &["1mo"]), "2026-12-01 00:00:00.000");
    assert_eq!(with("datefloor", &["1 parsec"]), "");
    assert_eq!(call("datefloor", &args(&["1795183331320", "1h"])).to_string(), "2026-11-20 14:00:00.000");
    assert_eq!(call("datefloor", &args(&["2026-11-20 14:02:11.320", "1h"])), Value::Missing);
    assert_eq!(call("fromMillis", &args(&["0"])), Value::Time(0));
    assert_eq!(call("toMillis", &[time]), Value::Number(NOW as f64));
    assert_eq!(call("now", &[]), Value::Number(1_795_183_331.0));
    assert_eq!(call("queryStartTime", &[]), Value::Number((NOW - 3_600_000) as f64));
    assert_eq!(call("queryEndTime", &[]), Value::Number(NOW as f64));
    assert_eq!(call("queryTimeRange", &[]), Value::Number(3_600_000.0));
}

/// Patterns and examples of Java's documentation (`SimpleDateFormat`, `DateTimeFormatter`).
#[test]
fn dates_as_java_reads_them() {
    check(&[
        ("parseDate", &["2001-07-04T12:08:56.235-0700", "yyyy-MM-dd'T'HH:mm:ss.SSSZ"], "994273736235"),
        ("parseDate", &["2001-07-04T12:08:56.235-07:00", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"], "994273736235"),
        ("parseDate", &["010704120856-0700", "yyMMddHHmmssZ"], "994273736000"),
        ("parseDate", &["Wed, 4 Jul 2001 12:08:56 -0700", "EEE, d MMM yyyy HH:mm:ss Z"], "994273736000"),
        ("parseDate", &["Wednesday, July 04, 2001 12:08 PM GMT", "EEEE, MMMM dd, yyyy hh:mm a z"], "994248480000"),
        ("parseDate", &["2022-01-14T13:18:31.000-08:00", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"], "1642195111000"),
        ("parseDate", &["1970-01-01T00:00:01Z", "yyyy-MM-dd'T'HH:mm:ssX"], "1000"),
        ("parseDate", &["12 o'clock AM", "hh 'o''clock' a"], "0"),
        ("parseDate", &["11 o'clock PM", "hh 'o''clock' a"], "82800000"),
        ("parseDate", &["24", "kk"], "0"),
        ("parseDate", &["1970 032", "yyyy DDD"], "2678400000"),
        ("parseDate", &["02/01/1970", "dd/MM/yyyy"], "86400000"),
        ("parseDate", &["2/1/1970", "d/M/y"], "86400000"),
        ("parseDate", &["2026-07-01 12:00", "yyyy-MM-dd HH:mm", "Europe/Berlin"], "1782900000000"),
        ("parseDate", &["2026-01-01 12:00", "yyyy-MM-dd HH:mm", "Europe/Berlin"], "1767265200000"),
        ("parseDate", &["2026-01-01 12:00", "yyyy-MM-dd HH:mm", "+01:00"], "1767265200000"),
        ("parseDate", &["2026-01-01 12:00", "yyyy-MM-dd HH:mm", "Nowhere/None"], "MISSING"),
        ("parseDate", &["2026-02-30", "yyyy-MM-dd"], "MISSING"),
        ("parseDate", &["2026-02-03 more", "yyyy-MM-dd"], "MISSING"),
        ("parseDate", &["2026-2-3", "yyyy-MM-dd"], "MISSING"),
        ("parseDate", &["2026", "YYYY"], "MISSING"),
        ("parseDate", &["2026", "yyyy'"], "MISSING"),
        ("parseDate", &["", "yyyy"], "MISSING"),
        ("parseDate", &["MISSING", "yyyy"], "MISSING"),
    ]);
}

#[test]
fn dates_as_text() {
    check(&[
        ("formatDate", &["1795183331320", "%Y-%m-%d %H:%M:%S"], "2026-11-20 14:02:11"),
        ("strftime", &["1795183331320", "%d/%b/%Y %j %a"], "20/Nov/2026 324 Fri"),
        ("formatDate", &["1795183331320", "%H:%M %z", "America/New_York"], "09:02 -0500"),
        ("formatDate", &["1795183331320", "%H", "+05:30"], "19"),
        ("formatDate", &["1795183331320", "%H", "UTC"], "14"),
        ("formatDate", &["1795183331320", "100%%"], "100%"),
        ("formatDate", &["1795183331320", "%"], "MISSING"),
        ("formatDate", &["1795183331320", "%!"], "MISSING"),
        ("formatDate", &["2026-11-20", "%Y"], "MISSING"),
        ("formatDate", &["9e17", "%Y"], "MISSING"),
    ]);
}

#[test]
fn choosing_and_asking() {
    check(&[
        ("isPresent", &["x"], "1"),
        ("isPresent", &[""], "1"),
        ("isPresent", &["MISSING"], "0"),
        ("coalesce", &["MISSING", "b", "c"], "b"),
        ("coalesce", &["MISSING"], "MISSING"),
        ("if", &["1", "yes", "no"], "yes"),
        ("if", &["MISSING", "yes", "no"], "no"),
        ("case", &["0", "a", "1", "b", "c"], "b"),
        ("case", &["0", "a", "0", "b", "c"], "c"),
        ("case", &["0", "a", "0", "b"], "MISSING"),
        ("isNumeric", &["-1.5e3"], "1"),
        ("isNumeric", &["12 MB"], "0"),
        ("messageSize", &["größe"], "7"),
        ("messageSize", &["MISSING"], "MISSING"),
        ("unmask", &["***"], "***"),
    ]);
}

#[test]
fn json() {
    check(&[
        ("jsonParse", &["{\"a\": [1, 2]}"], "{\"a\":[1,2]}"),
        ("jsonParse", &[" [1]"], "[1]"),
        ("jsonParse", &["\"text\""], "MISSING"),
        ("jsonParse", &["12"], "MISSING"),
        ("jsonParse", &["{\"a\": "], "MISSING"),
        ("jsonParse", &["MISSING"], "MISSING"),
        ("jsonStringify", &["LIST"], "[\"a\"]"),
        ("jsonStringify", &["a"], "MISSING"),
        ("jsonArraySize", &["[1, [2, 3], null]"], "3"),
        ("jsonArraySize", &["LIST"], "1"),
        ("jsonArraySize", &["{}"], "MISSING"),
        ("jsonArrayContains", &["[\"a\", 2]", "a"], "1"),
        ("jsonArrayContains", &["[\"a\", 2]", "2"], "1"),
        ("jsonArrayContains", &["[\"a\", true]", "true"], "1"),
        ("jsonArrayContains", &["[\"a\", 2]", "b"], "0"),
        ("jsonArrayContains", &["a", "a"], "MISSING"),
    ]);
}

#[test]
fn addresses() {
    check(&[
        ("isValidIp", &["192.0.2.1"], "1"),
        ("isValidIp", &["2001:db8::1"], "1"),
        ("isValidIp", &["192.0.2.256"], "0"),
        ("isValidIp", &["bedrock.amazonaws.com"], "0"),
        ("isValidIp", &["MISSING"], "0"),
        ("isValidIpV4", &["2001:db8::1"], "0"),
        ("isValidIpV6", &["2001:db8::1"], "1"),
        ("isIpInSubnet", &["192.0.2.77", "192.0.2.0/24"], "1"),
        ("isIpInSubnet", &["192.0.3.77", "192.0.2.0/24"], "0"),
        ("isIpInSubnet", &["192.0.2.77", "192.0.2.64/26"], "1"),
        ("isIpInSubnet", &["203.0.113.9", "0.0.0.0/0"], "1"),
        ("isIpInSubnet", &["192.0.2.77", "192.0.2.77/32"], "1"),
        ("isIpInSubnet", &["192.0.2.77", "192.0.2.0/33"], "0"),
        ("isIpInSubnet", &["192.0.2.77", "192.0.2.0"], "0"),
        ("isIpInSubnet", &["2001:db8:1::1", "2001:db8::/32"], "1"),
        ("isIpInSubnet", &["2001:db9::1", "2001:db8::/32"], "0"),
        ("isIpInSubnet", &["2001:db9::1", "::/0"], "1"),
        ("isIpInSubnet", &["192.0.2.77", "::/0"], "0"),
        ("isIpv4InSubnet", &["192.0.2.77", "192.0.2.0/24"], "1"),
        ("isIpv4InSubnet", &["2001:db8::1", "2001:db8::/32"], "0"),
        ("isIpv6InSubnet", &["2001:db8::1", "2001:db8::/32"], "1"),
        ("isIpv6InSubnet", &["192.0.2.77", "192.0.2.0/24"], "0"),
        ("ipv4ToNumber", &["192.0.2.1"], "3221225985"),
        ("ipv4ToNumber", &["::1"], "MISSING"),
    ]);
    for (address, private, public, reserved) in [
        ("10.1.2.3", "1", "0", "0"),
        ("172.31.0.1", "1", "0", "0"),
        ("172.32.0.1", "0", "1", "0"),
        ("192.168.1.1", "1", "0", "0"),
        ("::ffff:10.0.0.1", "1", "0", "0"),
        ("fd00::1", "1", "0", "0"),
        ("8.8.8.8", "0", "1", "0"),
        ("2600:1f18::1", "0", "1", "0"),
        ("127.0.0.1", "0", "0", "1"),
        ("169.254.169.254", "0", "0", "1"),
        ("100.64.0.1", "0", "0", "1"),
        ("198.51.100.1", "0", "0", "1"),
        ("224.0.0.1", "0", "0", "1"),
        ("255.255.255.255", "0", "0", "1"),
        ("::1", "0", "0", "1"),
        ("fe80::1", "0", "0", "1"),
        ("2001:db8::1", "0", "0", "1"),
        ("no address", "0", "0", "0"),
    ] {
        check(&[("isPrivateIP", &[address], private), ("isPublicIP", &[address], public), ("isReservedIP", &[address], reserved)]);
    }
}

#[test]
fn strings() {
    check(&[
        ("isEmpty", &[""], "1"),
        ("isEmpty", &["MISSING"], "1"),
        ("isEmpty", &[" "], "0"),
        ("isEmpty", &["LIST"], "0"),
        ("isBlank", &[" \t"], "1"),
        ("isBlank", &["MISSING"], "1"),
        ("isBlank", &["x"], "0"),
        ("concat", &["a", "MISSING", "b", "1"], "ab1"),
        ("concat", &["MISSING", "MISSING"], "MISSING"),
        ("concat", &["a", "LIST"], "MISSING"),
        ("trim", &["  a b \n"], "a b"),
        ("trim", &["xxaxbxx", "x"], "axb"),
        ("trim", &["[(a)]", "[]()"], "a"),
        ("ltrim", &["  a "], "a "),
        ("rtrim", &["  a "], "  a"),
        ("strlen", &["größe"], "5"),
        ("strlen", &["👍"], "1"),
        ("strlen", &["MISSING"], "MISSING"),
        ("toupper", &["straße"], "STRASSE"),
        ("tolower", &["ÄB"], "äb"),
        ("substr", &["hello world", "6"], "world"),
        ("substr", &["größe", "2", "2"], "öß"),
        ("substr", &["abc", "5"], ""),
        ("substr", &["abc", "-1"], "MISSING"),
        ("substr", &["abc", "x"], "MISSING"),
        ("replace", &["a-b-c", "-", "+"], "a+b+c"),
        ("replace", &["aaa", "aa", "b"], "ba"),
        ("replace", &["abc", "", "x"], "abc"),
        ("replace", &["abc", "x", "y"], "abc"),
        ("regexReplace", &["user-42 and user-7", r"user-(\d+)", "u$1"], "u42 and u7"),
        ("regexReplace", &["john smith", r"(?<first>\w+) (?<last>\w+)", r"${last}, ${first}"], "smith, john"),
        ("regexReplace", &["ab", "(a)(b)", r"\2\1"], "ba"),
        ("regexReplace", &["ab", "(a)", r"\\1$$x"], r"\1$xb"),
        ("regexReplace", &["ab", "a", "$9${none}$"], "$b"),
        ("regexReplace", &["abc", "x*", "-"], "-a-b-c-"),
        ("regexReplace", &["abc", "(", "-"], "MISSING"),
        ("strcontains", &["an Exception", "Exception"], "1"),
        ("strcontains", &["an Exception", "exception"], "0"),
        ("strcontains", &["an Exception", "exception", "true"], "1"),
        ("strcontains", &["MISSING", "x"], "MISSING"),
        ("startsWith", &["bedrock", "bed"], "1"),
        ("startsWith", &["bedrock", "rock"], "0"),
        ("endsWith", &["bedrock", "rock"], "1"),
        ("split", &["a,b,,c", ","], "[\"a\",\"b\",\"\",\"c\"]"),
        ("split", &["abc", ""], "MISSING"),
    ]);
}

#[test]
fn encodings_and_digests() {
    check(&[
        ("urlencode", &["a b/ä?&=~"], "a%20b%2F%C3%A4%3F%26%3D~"),
        ("urldecode", &["a+b%2F%C3%A4%zz%"], "a b/ä%zz%"),
        ("urldecode", &["%ff"], "\u{FFFD}"),
        // RFC 4648, section 10.
        ("base64encode", &["foobar"], "Zm9vYmFy"),
        ("base64encode", &["foob"], "Zm9vYg=="),
        ("base64encode", &[""], ""),
        ("base64decode", &["Zm9vYmFy"], "foobar"),
        ("base64decode", &["Zm9vYg=="], "foob"),
        ("base64decode", &["Zm9vYg"], "foob"),
        ("base64decode", &["Pz8_"], "???"),
        ("base64decode", &["Pz8/"], "???"),
        ("base64decode", &["no base64!"], "MISSING"),
        ("hexToAscii", &["48656c6C6f"], "Hello"),
        ("hexToAscii", &["0x41"], "A"),
        ("hexToAscii", &["414"], "MISSING"),
        ("hexToAscii", &["zz"], "MISSING"),
        ("hexToDec", &["ff"], "255"),
        ("hexToDec", &["0xFF"], "255"),
        ("hexToDec", &["ffffffffffffffff"], "18446744073709551615"),
        ("hexToDec", &[""], "MISSING"),
        ("decToHex", &["255"], "0xff"),
        ("decToHex", &["255.9"], "0xff"),
        ("decToHex", &["18446744073709551615"], "0xffffffffffffffff"),
        ("decToHex", &["-10"], "-0xa"),
        ("decToHex", &["x"], "MISSING"),
        // RFC 1321, section A.5; FIPS 180-4, examples.
        ("md5", &[""], "d41d8cd98f00b204e9800998ecf8427e"),
        ("md5", &["abc"], "900150983cd24fb0d6963f7d28e17f72"),
        ("sha256", &["abc"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("sha256", &["MISSING"], "MISSING"),
    ]);
}

#[test]
fn what_functions_make_is_bounded_and_said() {
    let large = Value::text("é".repeat(LONGEST_TEXT / 3));
    for (name, args) in [
        ("concat", vec![large.clone(), large.clone()]),
        ("replace", vec![large.clone(), "é".into(), "ab€".into()]),
        ("regexReplace", vec![large.clone(), "(é)".into(), "$1$1$1".into()]),
        ("urlencode", vec![large.clone()]),
        ("split", vec![large, "é".into()]),
    ] {
        let context = context();
        let function = function(name).expect(name);
        match (function.call)(&context, &args) {
            Value::Text(text) => assert!(text.len() <= LONGEST_TEXT && text.len() > LONGEST_TEXT - 4, "{name}"),
            Value::List(values) => assert_eq!(values.len(), LONGEST_LIST),
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(context.notes().len(), 1, "{name}");
    }
}

#[test]
fn regular_expressions_are_compiled_once() {
    let context = context();
    let first = context.regex("a+").expect("a regex");
    assert_eq!(context.regex("a+").map(|regex| regex.as_str().as_ptr()), Some(first.as_str().as_ptr()));
    assert!(context.regex("(").is_none());
    assert!(context.regex("(").is_none());
    assert_eq!(context.notes().len(), 1);
    // A pattern from a field: there may be any number of them.
    for number in 0..1000 {
        assert!(context.regex(&number.to_string()).is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_arguments_make_a_function_panic(arguments in prop::collection::vec(any_value(), 0..5)) {
        let context = Context::new(i64::MIN, i64::MAX, i64::MIN);
        for function in functions() {
            let value = (function.call)(&context, &arguments);
            // Numbers that a function computes are numbers; what it only hands on may be anything.
            prop_assert!(!matches!(value, Value::Number(number) if !number.is_finite()) || arguments.iter().any(|argument| argument.to_json() == value.to_json()));
        }
    }

    #[test]
    fn any_pattern_of_a_date_is_read_without_panic(text in "\\PC{0,24}", pattern in "[yMdHhmsSnAaEXxZzVOkKDuL' :.-]{0,12}") {
        let _ = call("parseDate", &[Value::text(text.clone()), Value::text(pattern)]);
        let _ = call("formatDate", &[Value::Time(NOW), Value::text(format!("%{text}"))]);
    }

    #[test]
    fn encoding_is_undone_by_decoding(text: String) {
        let value = Value::text(text.clone());
        for (encode, decode) in [("urlencode", "urldecode"), ("base64encode", "base64decode")] {
            prop_assert_eq!(call(decode, &[call(encode, std::slice::from_ref(&value))]), value.clone());
        }
    }

    #[test]
    fn a_date_written_is_read_again(millis in 0..250_000_000_000_000_i64) {
        let text = call("formatDate", &[Value::Time(millis), "%Y-%m-%dT%H:%M:%S.%3f%:z".into(), "Asia/Kolkata".into()]);
        let again = call("parseDate", &[text, "yyyy-MM-dd'T'HH:mm:ss.SSSXXX".into()]);
        prop_assert_eq!(again, Value::Number(millis as f64));
    }
}
