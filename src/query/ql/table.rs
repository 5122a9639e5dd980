//! The words of the language as data: commands and functions, for reading, checking and completion.

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// In AWS's spelling.
    pub name: &'static str,
    /// What it is told.
    pub form: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Why only AWS can answer it, when a case cannot.
    pub at_aws: Option<&'static str>,
}

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// In AWS's spelling.
    pub name: &'static str,
    /// Where it may stand.
    pub kind: FunctionKind,
    /// The fewest arguments.
    pub least: usize,
    /// The most arguments; any number when there is none.
    pub most: Option<usize>,
    /// How it is called.
    pub form: &'static str,
    /// What it gives.
    pub doc: &'static str,
    /// Why only AWS can answer it, when a case cannot.
    pub at_aws: Option<&'static str>,
}

/// Where a function may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// Anywhere: it looks at one event.
    Scalar,
    /// In `stats`: it looks at all events of a group.
    Aggregate,
    /// In `stats … by bin(…)`: it looks at the groups in their order.
    Series,
}

const fn command(name: &'static str, form: &'static str, doc: &'static str) -> Command {
    Command { name, form, doc, at_aws: None }
}

const fn aws(name: &'static str, form: &'static str, doc: &'static str, why: &'static str) -> Command {
    Command { name, form, doc, at_aws: Some(why) }
}

/// All commands.
pub const COMMANDS: &[Command] = &[
    command("fields", "a, b + 1 as c", "choose fields, compute new ones"),
    command("display", "a, b", "show only these fields; of several the last counts"),
    command("filter", "a = \"x\" and b like /re/", "keep the events for which this holds"),
    command("where", "a = \"x\"", "the same as filter"),
    command("filterIndex", "a = \"x\"", "keep the events for which this holds, and scan only groups with an index of the field"),
    command("parse", "a \"glob *\" as b | /re (?<b>…)/", "take a text apart into new fields"),
    command("json", "field=a \"path\" as b", "take a value out of a field with JSON"),
    command("stats", "count(*) as n by a, bin(5m) as t", "work out numbers over groups of events"),
    command("sort", "a desc, b", "put in order, numbers within text by their value"),
    command("limit", "[any] 100", "at most so many; `any` stops at the first ones found"),
    command("dedup", "a, b", "the first event for each of these values; only limit may follow"),
    command("pattern", "@message", "group messages that differ only in their variable parts"),
    command("diff", "[previousDay | previousWeek | previousMonth]", "after pattern: compare with an earlier time"),
    aws("anomaly", "", "after pattern: unusual patterns, by AWS's model", "a model of AWS's decides what is unusual"),
    command("unnest", "list into item", "a row for each element of a list"),
    command("expand", "list", "a row for each element of a list, under the same name"),
    command("lookup", "table column as field OUTPUT column", "add columns of a table that was put into the case, or uploaded at AWS"),
    command("cidrlookup", "table ipField as column OUTPUT column", "add columns of a table by the range an address lies in"),
    command("join", "type=inner left=a right=b where a.id=b.id (SOURCE 'group')", "pair with the events of another log group"),
    aws(
        "relevantfields",
        "a, b where condition",
        "the fields that set apart the events for which this holds",
        "a model of AWS's weighs the fields, and how is not told",
    ),
    command("addtotals", "[fieldname=Total] [row=true] [col=false] a, b", "add totals of numbers"),
    command("autoregress", "a as b p=1-3", "add the values of earlier rows"),
    command("accum", "a as b", "add a running sum"),
    command("filldown", "a b*", "fill gaps with the last value before"),
    command("fillmissing", "with 0 for a", "after stats by bin(): add rows for empty bins"),
    command("logcompare", "timeshift 7d", "compare with an earlier time"),
    command("outlier", "[action=transform] [param=2.5] [uselower=false] [mark=false] a b", "find numbers far from the others"),
    command("appendcols", "[override=false] [max=10000] ( query )", "add the columns of another query, row by row"),
    command("sessionize", "a, b maxspan 30m as session_id", "number the sessions between silences"),
    command("countFrequent", "a, b", "the most frequent values, about how often each"),
    command("estimate", "", "last of all: how many bytes would be scanned; runs nothing, costs nothing"),
    command("head", "10", "an older word for limit"),
    command("tail", "10", "an older word for limit, from the other end"),
    command("SOURCE", "'group' | logGroups(namePrefix: ['a'])", "first of all: the log groups to read"),
];

const fn function(name: &'static str, kind: FunctionKind, least: usize, most: usize, form: &'static str, doc: &'static str) -> Function {
    Function { name, kind, least, most: if most == MANY { None } else { Some(most) }, form, doc, at_aws: None }
}

const MANY: usize = usize::MAX;

use FunctionKind::{Aggregate, Scalar, Series};

/// All functions.
pub const FUNCTIONS: &[Function] = &[
    function("abs", Scalar, 1, 1, "abs(n)", "without its sign"),
    function("ceil", Scalar, 1, 1, "ceil(n)", "the next whole number above"),
    function("floor", Scalar, 1, 1, "floor(n)", "the next whole number below"),
    function("greatest", Scalar, 1, MANY, "greatest(a, b, …)", "the largest"),
    function("least", Scalar, 1, MANY, "least(a, b, …)", "the smallest"),
    function("log", Scalar, 1, 1, "log(n)", "natural logarithm"),
    function("round", Scalar, 1, 2, "round(n[, digits])", "the nearest number with so many digits"),
    function("sqrt", Scalar, 1, 1, "sqrt(n)", "square root"),
    function("haversine", Scalar, 4, 4, "haversine(lat1, lon1, lat2, lon2)", "kilometres between two places"),
    function("toNumber", Scalar, 1, 1, "toNumber(a)", "as a number, or nothing"),
    function("toInt", Scalar, 1, 1, "toInt(a)", "as a whole number, cut off"),
    function("toLong", Scalar, 1, 1, "toLong(a)", "as a whole number, cut off"),
    function("toDouble", Scalar, 1, 1, "toDouble(a)", "as a number with a fraction"),
    function("bin", Scalar, 1, 1, "bin(5m)", "@timestamp, rounded down to the period"),
    function("datefloor", Scalar, 2, 2, "datefloor(t, 1h)", "a time, rounded down"),
    function("dateceil", Scalar, 2, 2, "dateceil(t, 1h)", "a time, rounded up"),
    function("fromMillis", Scalar, 1, 1, "fromMillis(n)", "milliseconds since 1970 as a time"),
    function("toMillis", Scalar, 1, 1, "toMillis(t)", "a time as milliseconds since 1970"),
    function("now", Scalar, 0, 0, "now()", "seconds since 1970 when the query runs"),
    function("parseDate", Scalar, 2, 3, "parseDate(text, \"yyyy-MM-dd\"[, zone])", "a text as milliseconds since 1970; a Java pattern"),
    function("formatDate", Scalar, 2, 3, "formatDate(t, \"%Y-%m-%d\"[, zone])", "a time as text; a strftime pattern"),
    function("strftime", Scalar, 2, 3, "strftime(t, \"%Y-%m-%d\"[, zone])", "the same as formatDate"),
    function("queryStartTime", Scalar, 0, 0, "queryStartTime()", "where the query's time range begins, in milliseconds"),
    function("queryEndTime", Scalar, 0, 0, "queryEndTime()", "where the query's time range ends, in milliseconds"),
    function("queryTimeRange", Scalar, 0, 0, "queryTimeRange()", "how long the query's time range is, in milliseconds"),
    function("isPresent", Scalar, 1, 1, "isPresent(a)", "does the event have this field?"),
    function("coalesce", Scalar, 1, MANY, "coalesce(a, b, …)", "the first that is there"),
    function("if", Scalar, 3, 3, "if(condition, a, b)", "a when it holds, otherwise b"),
    function("case", Scalar, 2, 21, "case(c1, v1, …[, otherwise])", "the value of the first condition that holds; at most ten"),
    function("isNumeric", Scalar, 1, 1, "isNumeric(a)", "is it a number?"),
    function("messageSize", Scalar, 1, 1, "messageSize(a)", "its length in bytes"),
    function("jsonParse", Scalar, 1, 1, "jsonParse(text)", "a text with JSON as map or list; read its members in the next command"),
    function("jsonStringify", Scalar, 1, 1, "jsonStringify(m)", "a map or list as text with JSON"),
    function("jsonArraySize", Scalar, 1, 1, "jsonArraySize(text)", "how many elements a JSON list has"),
    function("jsonArrayContains", Scalar, 2, 2, "jsonArrayContains(text, value)", "is it in a JSON list?"),
    function("isValidIp", Scalar, 1, 1, "isValidIp(a)", "is it an address?"),
    function("isValidIpV4", Scalar, 1, 1, "isValidIpV4(a)", "is it an IPv4 address?"),
    function("isValidIpV6", Scalar, 1, 1, "isValidIpV6(a)", "is it an IPv6 address?"),
    function("isIpInSubnet", Scalar, 2, 2, "isIpInSubnet(a, \"10.0.0.0/8\")", "does the address lie in the range?"),
    function("isIpv4InSubnet", Scalar, 2, 2, "isIpv4InSubnet(a, \"10.0.0.0/8\")", "does the IPv4 address lie in the range?"),
    function("isIpv6InSubnet", Scalar, 2, 2, "isIpv6InSubnet(a, \"fd00::/8\")", "does the IPv6 address lie in the range?"),
    function("ipv4ToNumber", Scalar, 1, 1, "ipv4ToNumber(a)", "an IPv4 address as a number"),
    function("isPrivateIP", Scalar, 1, 1, "isPrivateIP(a)", "is it an address of a private network?"),
    function("isPublicIP", Scalar, 1, 1, "isPublicIP(a)", "is it an address of the public network?"),
    function("isReservedIP", Scalar, 1, 1, "isReservedIP(a)", "is it an address set aside?"),
    function("isEmpty", Scalar, 1, 1, "isEmpty(a)", "1 when it is missing or empty"),
    function("isBlank", Scalar, 1, 1, "isBlank(a)", "1 when it is missing, empty or white space"),
    function("concat", Scalar, 1, MANY, "concat(a, b, …)", "one after the other"),
    function("trim", Scalar, 1, 2, "trim(a[, letters])", "without white space, or these letters, at both ends"),
    function("ltrim", Scalar, 1, 2, "ltrim(a[, letters])", "without white space, or these letters, at the start"),
    function("rtrim", Scalar, 1, 2, "rtrim(a[, letters])", "without white space, or these letters, at the end"),
    function("strlen", Scalar, 1, 1, "strlen(a)", "its length in characters"),
    function("toupper", Scalar, 1, 1, "toupper(a)", "in capitals"),
    function("tolower", Scalar, 1, 1, "tolower(a)", "in small letters"),
    function("substr", Scalar, 2, 3, "substr(a, from[, length])", "a part of it; the first letter is 0"),
    function("replace", Scalar, 3, 3, "replace(a, find, with)", "all occurrences replaced"),
    function("regexReplace", Scalar, 3, 3, "regexReplace(a, \"re\", with)", "all matches replaced; RE2"),
    function("strcontains", Scalar, 2, 3, "strcontains(a, part[, anyCase])", "1 when it contains the part"),
    function("startsWith", Scalar, 2, 2, "startsWith(a, part)", "1 when it begins with the part"),
    function("endsWith", Scalar, 2, 2, "endsWith(a, part)", "1 when it ends with the part"),
    function("urlencode", Scalar, 1, 1, "urlencode(a)", "percent-encoded"),
    function("urldecode", Scalar, 1, 1, "urldecode(a)", "percent-decoded"),
    function("base64encode", Scalar, 1, 1, "base64encode(a)", "in Base64"),
    function("base64decode", Scalar, 1, 1, "base64decode(a)", "out of Base64"),
    function("split", Scalar, 2, 2, "split(a, \",\")", "its parts as a list"),
    function("hexToAscii", Scalar, 1, 1, "hexToAscii(a)", "pairs of hex digits as letters"),
    function("hexToDec", Scalar, 1, 1, "hexToDec(a)", "a hex number in decimal"),
    function("decToHex", Scalar, 1, 1, "decToHex(a)", "a decimal number in hex"),
    function("md5", Scalar, 1, 1, "md5(a)", "its MD5"),
    function("sha256", Scalar, 1, 1, "sha256(a)", "its SHA-256"),
    Function {
        at_aws: Some("what was masked there is masked in the evidence, too"),
        ..function("unmask", Scalar, 1, 1, "unmask(@message)", "masked data in clear; needs logs:Unmask")
    },
    function("count", Aggregate, 0, 1, "count(*)", "how many events, or how many have the field"),
    function("count_distinct", Aggregate, 1, 1, "count_distinct(a)", "how many different values; about, when there are many"),
    function("sum", Aggregate, 1, 1, "sum(n)", "the sum"),
    function("avg", Aggregate, 1, 1, "avg(n)", "the mean"),
    function("min", Aggregate, 1, 1, "min(a)", "the smallest"),
    function("max", Aggregate, 1, 1, "max(a)", "the largest"),
    function("stddev", Aggregate, 1, 1, "stddev(n)", "the standard deviation"),
    function("variance", Aggregate, 1, 1, "variance(n)", "the variance"),
    function("pct", Aggregate, 2, 2, "pct(n, 95)", "the value that so many percent lie below"),
    function("values", Aggregate, 1, 1, "values(a)", "the different values"),
    function("topk", Aggregate, 2, 2, "topk(10, a)", "the most frequent values; stands alone"),
    function("earliest", Aggregate, 1, 1, "earliest(a)", "its value in the first event"),
    function("latest", Aggregate, 1, 1, "latest(a)", "its value in the last event"),
    function("sortsFirst", Aggregate, 1, 1, "sortsFirst(a)", "what sort would put first"),
    function("sortsLast", Aggregate, 1, 1, "sortsLast(a)", "what sort would put last"),
    function("rate", Series, 2, 2, "rate(n, 1m)", "change in each interval"),
    function("countOverTime", Series, 1, 1, "countOverTime(a)", "events in each bin"),
    function("sumOverTime", Series, 1, 1, "sumOverTime(n)", "the sum in each bin"),
    function("histogram", Series, 2, 2, "histogram(n, width)", "how the numbers spread; also behind by"),
];

fn letters(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(|b| *b != b'_').map(|b| b.to_ascii_lowercase())
}

/// Names are the same in any case, with and without underscores: `countDistinct` is `count_distinct`.
fn is_same(known: &str, written: &str) -> bool {
    letters(known).eq(letters(written))
}

/// The command of this name.
pub fn command_named(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| is_same(command.name, name))
}

/// The function of this name.
pub fn function_named(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| is_same(function.name, name))
}

/// Words of other query languages for what a command here does.
const FOREIGN: [(&str, &str); 12] = [
    ("select", "fields"),
    ("project", "fields"),
    ("eval", "fields"),
    ("extend", "fields"),
    ("table", "display"),
    ("search", "filter"),
    ("rex", "parse"),
    ("extract", "parse"),
    ("group", "stats"),
    ("summarize", "stats"),
    ("order", "sort"),
    ("top", "limit"),
];

/// The word that was probably meant.
pub(super) fn nearest(written: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let written = written.to_ascii_lowercase();
    let length = written.chars().count();
    if !(2..=32).contains(&length) {
        return None;
    }
    let distance = |name: &str| strsim::osa_distance(&written, &name.to_ascii_lowercase());
    let (name, distance) = names.map(|name| (name, distance(name))).min_by_key(|(_, distance)| *distance)?;
    (distance <= (length / 2).clamp(1, 3)).then_some(name)
}

/// The command that was probably meant.
pub fn nearest_command(written: &str) -> Option<&'static str> {
    let foreign = FOREIGN.iter().find(|(word, _)| word.eq_ignore_ascii_case(written)).map(|(_, name)| *name);
    foreign.or_else(|| nearest(written, COMMANDS.iter().map(|command| command.name)))
}

/// The function that was probably meant.
pub fn nearest_function(written: &str) -> Option<&'static str> {
    nearest(written, FUNCTIONS.iter().map(|function| function.name))
}
