//! Every example query of the pages of the guide on Logs Insights QL, page by page, as it stands there, so that none is forgotten: how
//! many a page has, and what each gives on events that have its fields. Where an example takes a log line apart, the log line is
//! JSON here and the result of the guide is that of an example in the file above, which reads it from a field.

use std::collections::BTreeMap;

use outcrop::case::Reader;
use outcrop::model::{Scope, Timestamp};
use outcrop::query::ql::{check, only_at_aws, parse};
use outcrop::query::run::{Answer, Options, run};
use outcrop::source::{Input, demo};

use super::{EXAMPLES, MORE, evidence};

/// What an example gives.
enum Outcome {
    /// These rows: of an event its number, then what is shown of it beside time and record.
    Gives(&'static str),
    /// So many rows.
    Rows(usize),
    /// What the example of this meaning gives.
    As(&'static str),
    /// The page says that it is not valid.
    Refused,
    /// It cannot be answered, or read, here.
    Not(&'static str),
}

use Outcome::{As, Gives, Not, Refused, Rows};

type Example = (&'static str, Outcome);

/// All events, newest first.
const ALL: &str = "15|14|13|12|11|10|9|8|7|6|5|4|3|2|1";
const NEWEST: Example = ("fields @timestamp, @message | sort @timestamp desc | limit 25", Gives(ALL));
const EXCEPTIONS: Example =
    ("filter @message like /Exception/ | stats count(*) as exceptionCount by bin(1h) | sort exceptionCount desc", Gives("2026-11-20 10:00:00.000 2"));
const TRANSFERS: Example = (
    "stats sum(packets) as packetsTransferred by srcAddr, dstAddr | sort packetsTransferred  desc | limit 15",
    Gives("192.0.2.1 10.0.0.2 30|192.0.2.1 10.0.0.1 10|"),
);
const BY_TYPE: Example = ("stats count(*) by queryType, bin(1h)", Gives(" 2026-11-20 10:00:00.000 14|A 2026-11-20 10:00:00.000 1"));
const GLOB: Example =
    ("parse @message \"user=*, method:*, latency := *\" as @user, @method, @latency | stats avg(@latency) by @method, @user", As("a glob"));
const GROUPS: Example = (
    "parse @message /user=(?<user2>.*?), method:(?<method2>.*?), latency := (?<latency2>.*?)/ | stats avg(latency2) by @method2, @user2",
    As("a regular expression"),
);
const LOGGED: Example = (
    "FIELDS @message | PARSE @message \"* [*] *\" as loggingTime, loggingType, loggingMessage | FILTER loggingType IN [\"ERROR\", \"INFO\"] | DISPLAY loggingMessage, loggingType = \"ERROR\" as isError",
    As("a condition as a column"),
);
const INTERFACE: Example = ("parse @message /(?<NetworkInterface>eni-.*?) / | display NetworkInterface, @message", As("a network interface"));
const MODEL: Outcome = Not("a model of AWS's");

/// Pages below `AmazonCloudWatch/latest/logs/`, how many examples each has, and they.
#[rustfmt::skip]
const PAGES: &[(&str, usize, &[Example])] = &[
    ("CWL_QuerySyntax-examples", 37, &[
        NEWEST,
        EXCEPTIONS,
        ("fields @message | filter @message not like /Exception/", Gives("15|14|12|11|10|9|8|6|5|4|3|2|1")),
        ("fields @timestamp, server, severity, message | sort @timestamp asc | dedup server", Gives("1|2|3|4|5|6|7|8|9|10|11 s1 high resuming normal operations|13|14|15")),
        ("fields @timestamp, server, severity, message | sort @timestamp desc | dedup server, severity", Gives("15|14|13|12 s1 low ERROR Failed to do: it|11 s1 high resuming normal operations|10|9|8|7|6|5|4|3|2|1")),
        ("filter @type = \"REPORT\" | stats max(@memorySize / 1000 / 1000) as provisonedMemoryMB, min(@maxMemoryUsed / 1000 / 1000) as smallestMemoryRequestMB, avg(@maxMemoryUsed / 1000 / 1000) as avgMemoryUsedMB, max(@maxMemoryUsed / 1000 / 1000) as maxMemoryUsedMB, provisonedMemoryMB - maxMemoryUsedMB as overProvisionedMB", Gives("128 32 48 64 64")),
        ("filter @type = \"REPORT\" | stats avg(@duration), max(@duration), min(@duration) by bin(5m)", Gives("2026-11-20 10:00:00.000 750 1200 300")),
        ("fields @timestamp, @requestId, @message, @logStream | filter @type = \"REPORT\" and @duration > 1000 | sort @timestamp desc | dedup @requestId | limit 20", Gives("3 q1")),
        TRANSFERS,
        ("filter isIpv4InSubnet(srcAddr, \"192.0.2.0/24\") | stats sum(bytes) as bytesTransferred by dstAddr | sort bytesTransferred desc | limit 15", Gives("10.0.0.2 300|10.0.0.1 100")),
        ("filter protocol=17 | stats count(*) by srcAddr", Gives("192.0.2.1 1")),
        ("filter logStatus=\"SKIPDATA\" | stats count(*) by bin(1h) as t | sort t", Gives("2026-11-20 10:00:00.000 1")),
        ("fields @timestamp, srcAddr, dstAddr, srcPort, dstPort, protocol, bytes | filter logStream = 'vpc-flow-logs' and interfaceId = 'eni-0123456789abcdef0' | sort @timestamp desc | dedup srcAddr, dstAddr, srcPort, dstPort, protocol | limit 20", Gives("1 192.0.2.1 10.0.0.1 1 53 17 100")),
        BY_TYPE,
        ("stats count(*) as numRequests by resolverIp | sort numRequests desc | limit 10", Gives(" 14|192.0.2.53 1")),
        ("filter responseCode=\"SERVFAIL\" | stats count(*) by queryName", Gives("x.example.com 1")),
        ("stats count(*) by eventSource, eventName, awsRegion", Gives("s3.amazonaws.com CreateUser us-east-1 1|s3.amazonaws.com E us-east-1 12|s3.amazonaws.com StartInstances us-east-2 1|s3.amazonaws.com UpdateTrail us-east-1 1")),
        ("filter (eventName=\"StartInstances\" or eventName=\"StopInstances\") and awsRegion=\"us-east-2\"", Gives("8")),
        ("filter eventName=\"CreateUser\" | fields awsRegion, requestParameters.userName, responseElements.user.arn", Gives("6 us-east-1 ann arn:u")),
        ("filter eventName=\"UpdateTrail\" and ispresent(errorCode) | stats count(*) by errorCode, errorMessage", Gives("TrailNotFoundException no trail 1")),
        ("filter tlsDetails.tlsVersion in [ \"TLSv1\", \"TLSv1.1\" ] | stats count(*) as numOutdatedTlsCalls by userIdentity.accountId, recipientAccountId, eventSource, eventName, awsRegion, tlsDetails.tlsVersion, tlsDetails.cipherSuite, userAgent | sort eventSource, eventName, awsRegion, tlsDetails.tlsVersion", Gives("1 111122223333 s3.amazonaws.com UpdateTrail us-east-1 TLSv1 c agent 1")),
        ("filter tlsDetails.tlsVersion in [ \"TLSv1\", \"TLSv1.1\" ] | stats count(*) as numOutdatedTlsCalls by eventSource | sort numOutdatedTlsCalls desc", Gives("s3.amazonaws.com 1")),
        ("fields @timestamp, status, ip, path, httpMethod | filter status>=400 and status<=499 | sort @timestamp desc | limit 10", Gives("9 404 192.0.2.9 /a GET")),
        ("fields @timestamp, status, ip, path, httpMethod, responseLatency | sort responseLatency desc | limit 10", Gives("10 200 192.0.2.9 /a GET 70|9 404 192.0.2.9 /a GET 50|15|14|13|12|11|8|7|6")),
        ("stats count(*) as requestCount by path | sort requestCount desc | limit 10", Gives(" 13|/a 2")),
        ("filter status=200 | stats avg(integrationLatency), max(integrationLatency), min(integrationLatency) by bin(1m)", Gives("2026-11-20 10:00:00.000 60 60 60")),
        ("filter (dstAddr like 'x.x.x.x' and srcAddr like 'y.y.') | stats sum(bytes) as bytesTransferred by srcAddr, dstAddr | sort bytesTransferred desc | limit 10", Gives("")),
        ("filter (dstAddr like 'x.x.x.x' and srcAddr like 'y.y.') or (srcAddr like 'xxx.xx.xx.xx' and dstAddr like 'y.y.') | stats sum(bytes) as bytesTransferred by srcAddr, dstAddr | sort bytesTransferred desc | limit 10", Gives("")),
        ("filter (srcAddr like 'x.x.x.x' and dstAddr not like 'y.y.') | stats sum(bytes) as bytesTransferred by srcAddr, dstAddr | sort bytesTransferred desc | limit 10", Gives("")),
        ("filter (dstAddr like 'x.x.x.x' and srcAddr not like 'y.y.') | stats sum(bytes) as bytesTransferred by srcAddr, dstAddr | sort bytesTransferred desc | limit 10", Gives("")),
        ("fields @timestamp, remoteIP, request, status, filename| sort @timestamp desc | filter filename=\"/var/www/html/admin\" | limit 20", Gives("11 192.0.2.7 GET /  /var/www/html/admin")),
        ("fields @timestamp, remoteIP, method, status | filter status=\"200\" and referrer= http://34.250.27.141/ and method= \"GET\" | stats count_distinct(remoteIP) as UniqueVisits | limit 10", Not("the address stands without quotes, a slip of the page")),
        ("fields @timestamp, function, process, message | filter message like \"resuming normal operations\" | sort @timestamp desc | limit 20", Gives("11   resuming normal operations")),
        ("fields @timestamp, @message | stats count(*) as numberOfEvents by `detail-type` | sort numberOfEvents desc", Gives(" 14|d 1")),
        GLOB, GROUPS, LOGGED,
    ]),
    ("CWL_QuerySyntax-Display", 1, &[
        ("fields @message | parse @message \"[*] *\" as loggingType, loggingMessage | filter loggingType = \"ERROR\" | display loggingMessage", As("what was taken out, and no more")),
    ]),
    ("CWL_QuerySyntax-Fields", 1, &[("fields @timestamp, @message | sort @timestamp desc | limit 20", Gives(ALL))]),
    ("CWL_QuerySyntax-Filter", 9, &[
        ("fields @timestamp, @message | filter (range>3000) | sort @timestamp desc | limit 20", Gives("13")),
        ("fields @timestamp, @message | filter (range>3000 and accountId=123456789012) | sort @timestamp desc | limit 20", Gives("")),
        ("fields @timestamp, @message | filter logGroup in [\"example_group\"]", Gives("13")),
        ("fields f1, f2, f3 | filter f1 like \"Exception\"", Gives("13 an Exception y 30")),
        ("fields f1, f2, f3 | filter f1 like /Exception/", Gives("13 an Exception y 30")),
        ("fields f1, f2, f3 | filter f1 =~ /Exception/", Gives("13 an Exception y 30")),
        ("fields f1, f2, f3 | filter f1 like /ServiceLog./", Gives("")),
        ("fields f1, f2, f3 | filter f1 not like \"Exception\"", Gives("14 10 x 3")),
        ("fields f1, f2, f3 | filter f1 like /(?i)Exception/", Gives("13 an Exception y 30")),
    ]),
    ("CWL_QuerySyntax (before it was one page a command)", 17, &[
        ("fields `foo-bar`, action, abs(f3-f4)", As("fields, a name in backticks, a function")),
        ("fields concat(Operation, '-', StatusCode) as opStatus", Rows(15)),
        ("fields f1, f2, f3 | filter (duration>2000)", Gives("13 an Exception y 30")),
        ("filter (duration>2000)", Gives("13")),
        ("fields f1, f2 | filter (f1=10 or f3>25)", Gives("14 10 x|13 an Exception y")),
        ("fields f1 | filter statusCode like /2\\d\\d/", Gives("13 an Exception")),
        ("fields f1 | filter statusCode not like /2\\d\\d/", Gives("14 10")),
        ("fields @timestamp, @message | filter statusCode in [300,400,500]", Gives("14")),
        ("fields @timestamp, @message | filter Type not in [\"foo\",\"bar\",1]", Gives("14")),
        ("stats avg (f1) by f2", Gives("|x 10|y")),
        ("fields f1, f2, f3 | sort f1 desc", Gives("14 10 x 3|13 an Exception y 30|15|12|11|10|9|8|7|6|5|4|3|2|1")),
        ("sort @timestamp desc | limit 25  |  display f1, f2", Gives("15|14 10 x|13 an Exception y|12|11|10|9|8|7|6|5|4|3|2|1")),
        ("parse @message \"[*] * The error was: *\" as level, config, exception", As("an error, by a glob")),
        ("parse @message /\\[(?<level>\\S+)\\]\\s+(?<config>\\{.*\\})\\s+The error was: (?<exception>\\S+)/", As("an error, by a regular expression")),
        ("fields f1, f2, f3 | filter f3 like /E*/", Gives("14 10 x 3|13 an Exception y 30")),
        ("fields abs(myField) as AbsoluteValuemyField, myField2", Gives("15|14|13 4 m|12|11|10|9|8|7|6|5|4|3|2|1")),
        ("stats avg(f1) as myAvgF1 | sort myAvgF1 desc", Gives("10")),
    ]),
    ("CWL_QuerySyntax-alias", 3, &[
        ("fields @timestamp, @message, accountId as ID | sort @timestamp desc | limit 20", Gives(ALL)),
        ("stats count(*) by duration as time | sort time desc", Gives("2500 1|10 1| 13")),
        ("fields @timestamp, @message, accountId\n# | filter accountId not like \"7983124201998\"\n| sort @timestamp desc\n| limit 20", Gives(ALL)),
    ]),
    ("CWL_QuerySyntax-Guidelines", 1, &[("filter @`aws.tag.aws:cloudformation:stack-name` = \"my-stack\"", Gives(""))]),
    ("CWL_QuerySyntax-FilterIndex", 4, &[
        ("fields @timestamp, @message | filterIndex IPaddress = \"198.51.100.0\" | limit 20", Gives("13")),
        ("fields @timestamp, @message | filterIndex IPaddress in [\"198.51.100.0\", \"198.51.100.1\"] | limit 20", Gives("14|13")),
        ("fields @timestamp, @message | filterIndex IPaddress = \"198.51.100.0\" | limit 20", Gives("13")),
        ("fields @timestamp, @message | filter IPaddress = \"198.51.100.0\" | limit 20", Gives("13")),
    ]),
    // What stands there without a command behind it is asked how many events it selects.
    ("CWL_QuerySyntax-Source", 8, &[
        ("SOURCE logGroups() | stats count(*)", Gives("15")),
        ("SOURCE logGroups(accountIdentifiers:['111122223333']) | stats count(*)", Gives("15")),
        ("SOURCE logGroups(namePrefix: ['namePrefix1', 'namePrefix2']) | stats count(*)", Gives("15")),
        ("SOURCE logGroups(class: ['INFREQUENT_ACCESS']) | stats count(*)", Gives("15")),
        ("SOURCE logGroups(accountIdentifiers:['111122223333'], namePrefix: ['namePrefix1', 'namePrefix2']", Not("its bracket is not closed, a slip of the page")),
        ("SOURCE logGroups(namePrefix: ['Query']) | fields @message | limit 5", Gives("15|14|13|12|11")),
        ("SOURCE dataSource(['amazon_vpc.flow']) | stats count(*)", Gives("15")),
        ("SOURCE dataSource(['amazon_vpc.flow']) logGroups(namePrefix: ['namePrefix1']) | stats count(*)", Gives("15")),
    ]),
    ("CWL_QuerySyntax-Pattern", 3, &[
        ("pattern @message", Rows(15)),
        ("filter @message like /ERROR/ | pattern @message", Rows(1)),
        ("filter @message like /ERROR/ | parse @message 'Failed to do: *' as cause | pattern cause | sort @sampleCount asc", Rows(1)),
    ]),
    ("CWL_QuerySyntax-Diff", 0, &[]),
    ("CWL_AnalyzeLogData_Compare", 0, &[]),
    ("CWL_QuerySyntax-Anomaly", 3, &[
        ("fields @timestamp, @message | pattern @message | anomaly", MODEL),
        ("fields @timestamp, @message | filter @type = \"REPORT\" | pattern @message | anomaly", MODEL),
        ("fields @timestamp, @message | filter @type = \"ERROR\" | pattern @message | anomaly | sort @timestamp desc", MODEL),
    ]),
    ("CWL_QuerySyntax-RelevantFields", 3, &[
        ("relevantfields where Time > 400", MODEL),
        ("relevantfields Controller, Path, Service where Time > 400", MODEL),
        ("relevantfields where Duration > 5000", MODEL),
    ]),
    ("CWL_QuerySyntax-Unmask", 0, &[]),
    ("mask-sensitive-log-data-viewunmasked", 1, &[
        ("fields @timestamp, @message, unmask(@message) | sort @timestamp desc | limit 20", Not("what AWS masked is not in the evidence")),
    ]),
    ("CWL_QuerySyntax-Parse", 12, &[
        GLOB,
        ("parse @logStream \"*/*/*/*\" as env, service, instance, shard | stats count(*) by env, service", As("parts of a stream's name")),
        ("parse @message \"url=*\" as url | parse url \"/api/*/users/*\" as apiVersion, userId | display apiVersion, userId", As("taken apart once more")),
        GROUPS,
        INTERFACE,
        ("parse @message /(\\d+\\.\\d+\\.\\d+\\.\\d+)/ as ip_addr multi | stats count(*) by ip_addr", As("each match a row")),
        ("parse @message logfmt as lf | filter lf.level = \"error\" | display lf.msg, lf.duration", As("logfmt")),
        ("parse @message logfmt as lf | stats count(*) by lf.host", As("logfmt")),
        ("parse @message csv as timestamp, level, message | filter level = \"ERROR\" | display timestamp, message", As("CSV")),
        ("parse @message csv as host, method, path, status, duration | stats avg(duration) by method", As("CSV")),
        ("parse @message /(?<payload>\\{.*\\})/ as payload | json field=payload \"user.name\" as username | display username", As("a member")),
        ("json field=requestContext \"identity.sourceIp\" as caller_ip | stats count(*) by caller_ip", Gives(" 14|192.0.2.3 1")),
    ]),
    ("CWL_QuerySyntax-Parse (before its modes)", 5, &[
        ("parse @message \"'fieldsA': '*', 'fieldsB': ['*']\" as fld, array", Gives(ALL)),
        INTERFACE, GLOB, GROUPS, LOGGED,
    ]),
    ("CWL_QuerySyntax-Sort", 1, &[TRANSFERS]),
    ("CWL_QuerySyntax-Stats", 14, &[
        BY_TYPE,
        ("stats avg(myfield1) by bin(5m)", Gives("2026-11-20 10:00:00.000 2")),
        ("stats avg(myfield1), min(myfield2), max(myfield3) by bin(5m)", Gives("2026-11-20 10:00:00.000 2 2 9")),
        ("stats avg(bytes) by dstAddr", Gives("|10.0.0.1 100|10.0.0.2 300")),
        ("stats avg(bytes), max(bytes) by dstAddr", Gives("|10.0.0.1 100 100|10.0.0.2 300 300")),
        ("stats count(*) by queryType", Gives(" 14|A 1")),
        ("FIELDS strlen(@message) AS message_length | STATS sum(message_length)/1024/1024 as logs_mb BY bin(5m) | STATS max(logs_mb) AS peak_ingest_mb, min(logs_mb) AS min_ingest_mb, avg(logs_mb) AS avg_ingest_mb", Rows(1)),
        ("STATS count_distinct(client_ip) AS session_ips, count(*) AS requests BY session_id, client_platform | FILTER session_ips > 1 | STATS count(*) AS multiple_ip_sessions, sum(requests) / count(*) AS avg_session_requests BY client_platform", Gives("p 1 2")),
        ("FIELDS strlen(@message) AS message_length | STATS sum(message_length) / 1024 / 1024 AS logs_mb BY BIN(5m) as @t | STATS max(logs_mb) AS peak_ingest_mb, min(logs_mb) AS min_ingest_mb, avg(logs_mb) AS avg_ingest_mb BY dateceil(@t, 10m)", Rows(1)),
        ("FIELDS @message | STATS SUM(Fault) by Operation | STATS MAX(strlen(@message)) AS MaxMessageSize", Refused),
        ("STATS sum(x) as sum_x by y, z | STATS max(sum_x) as max_x by z", Gives("|z 1")),
        ("FIELDS strlen(@message) AS message_length | STATS sum(message_length) AS ingested_bytes BY @logStream | STATS avg(ingested_bytes) BY bin(5m)", Refused),
        ("FIELDS strlen(@message) AS message_length | STATS sum(message_length) AS ingested_bytes, max(@timestamp) as @t BY @logStream | STATS avg(ingested_bytes) BY dateceil(@t, 5m)", Rows(1)),
        EXCEPTIONS,
    ]),
    ("CWL_QuerySyntax-Limit", 2, &[NEWEST, ("fields @message | limit any 1", Gives("15"))]),
    ("CWL_QuerySyntax-Dedup", 1, &[
        ("fields @timestamp, server, severity, message | sort @timestamp desc | dedup server", Gives("15|14|13|12 s1 low ERROR Failed to do: it|10|9|8|7|6|5|4|3|2|1")),
    ]),
    ("CWL_QuerySyntax-Unnest", 3, &[
        ("fields jsonParse(@message) as json_message | unnest json_message.events into event | display event.name", Gives("15 exception|15 user action|14|13|12|11|10|9|8|7|6|5|4|3|2|1")),
        ("fields jsonParse(@message) as js | unnest js.accounts into account | filter account.type = \"internal\"", Gives("15 {\"type\":\"internal\"}")),
        ("fields jsonParse(trimmedData) as accounts | unnest accounts into account | stats sum(account.droppedSpans) as n by account.accountId | sort n desc | limit 10", Gives("a 7|")),
    ]),
    ("CWL_QuerySyntax-Expand", 1, &[
        ("expand items | stats count(*) by items, host", Gives("  14|apple web-01 1|banana web-01 1|cherry web-01 1")),
    ]),
    ("CWL_QuerySyntax-Lookup", 6, &[
        ("fields action, status, name, email, department | lookup user_data id OUTPUT name, email, department", Gives("15|14|13 go  Ann a@x.org Sales|12|11|10  200|9  404|8|7|6|5|4|3|2|1")),
        ("fields user_id, action, username, email, department | lookup user_data user_id OUTPUT username, email, department | stats count(*) by email", Gives(" 14|a@x.org 1")),
        ("fields user_id, action | lookup user_data user_id OUTPUT username, email, department | filter department = \"Engineering\"", Gives("")),
        ("fields srcAddr, hostname | lookup known_hosts ip_address as srcAddr OUTPUTNEW hostname, region", Gives("15|14|13|12|11|10|9|8|7|6|5|4|3|2 192.0.2.1 own r1|1 192.0.2.1 h1 r1")),
        ("fields @timestamp, srcAddr, dstAddr, dstPort | lookup network_services ip_address as srcAddr, port as dstPort OUTPUT service_name, owner | filter ispresent(service_name)", Gives("1 192.0.2.1 10.0.0.1 53 dns ops")),
        ("fields @timestamp, department, role | lookup employees department, role OUTPUT office, manager", Gives("15|14|13 Sales lead Berlin Bob|12|11|10|9|8|7|6|5|4|3|2|1")),
    ]),
    ("CWL_QuerySyntax-Cidrlookup", 1, &[
        ("fields @timestamp, srcAddr | cidrlookup net_table srcAddr OUTPUT region, owner, datacenter", Gives("15|14|13|12|11|10|9|8|7|6|5|4|3|2 192.0.2.1 eu ops d1|1 192.0.2.1 eu ops d1")),
    ]),
    ("CWL_QuerySyntax-Join", 2, &[
        ("filter status >= 500 | join type=inner left=api right=lambda where api.requestId=lambda.requestId (SOURCE '/aws/lambda/my-function') | fields api.requestId, api.status, api.latency, lambda.duration, lambda.memoryUsed | sort api.latency desc", As("with another group")),
        ("filter eventType = \"ORDER_CREATED\" | join type=left left=order right=payment where order.transactionId=payment.transactionId (SOURCE '/aws/lambda/payment-service') | filter payment.eventType = \"PAYMENT_PROCESSED\" or !ispresent(payment.eventType) | fields order.transactionId, order.orderId, order.customerId, payment.paymentStatus, payment.amount | filter payment.paymentStatus != \"SUCCESS\" or !ispresent(payment.paymentStatus)", As("with another group")),
    ]),
    ("CWL_QuerySyntax-Subqueries", 2, &[
        ("filter requestId in ( SOURCE '/aws/lambda/database-service' | filter errorType = \"DatabaseConnectionTimeout\" | fields requestId ) | fields @timestamp, requestId, endpoint, userId, responseTime | sort @timestamp desc", As("what another query gives")),
        ("filter requestId in ( SOURCE '/aws/lambda/payment-processor' | filter status = \"FAILED\" | stats count(*) as failureCount by requestId | filter failureCount > 3 | fields requestId ) | fields @timestamp, requestId, customerId, amount, failureReason | sort @timestamp asc", As("what another query gives")),
    ]),
    ("CWL_QuerySyntax-Autoregress", 1, &[("fields @timestamp, bytes | autoregress bytes p=1-4", Gives("15|14|13|12|11|10|9|8|7|6|5|4|3|2 300|1 100 300"))]),
    ("CWL_QuerySyntax-Accum", 1, &[("fields @timestamp, bytes | accum bytes AS totalBytes", Gives("15  0|14  0|13  0|12  0|11  0|10  0|9  0|8  0|7  0|6  0|5  0|4  0|3  0|2 300 300|1 100 400"))]),
    // A row without numbers has a sum of 0 here; the page does not say.
    ("CWL_QuerySyntax-Addtotals", 4, &[
        ("# Row totals (default) - adds a Total column summing all numeric fields\nfields a, b\n| addtotals", Gives("15   0|14   0|13 1 2 3|12   0|11   0|10   0|9   0|8   0|7   0|6   0|5   0|4   0|3   0|2   0|1   0")),
        ("# Sum only specific fields\nfields price, tax, qty\n| addtotals price, tax", Gives("15    0|14    0|13 10 2 3 12|12    0|11    0|10    0|9    0|8    0|7    0|6    0|5    0|4    0|3    0|2    0|1    0")),
        ("# Custom total column name\nfields val\n| addtotals fieldname=RowSum", Gives("15  0|14  0|13 7 7|12  0|11  0|10  0|9  0|8  0|7  0|6  0|5  0|4  0|3  0|2  0|1  0")),
        ("# Column totals - adds a Summary row at the bottom\nfields x\n| addtotals col=true x", Gives("15  0|14  0|13 1 1|12  0|11  0|10  0|9  0|8  0|7  0|6  0|5  0|4  0|3  0|2  0|1  0|1 1")),
    ]),
    ("CWL_QuerySyntax-Filldown", 1, &[
        ("fields @timestamp, host, cpu_user, cpu_system | filldown host cpu*", Gives("15 web-01|14 web-01 5|13 web-01 5|12 web-01 5|11 web-01 5|10 web-01 5|9 web-01 5|8 web-01 5|7 web-01 5|6 web-01 5|5 web-01 5|4 web-01 5|3 web-01 5|2 web-01 5|1 web-01 5")),
    ]),
    ("CWL_QuerySyntax-Fillmissing", 1, &[
        ("fields @timestamp, latency | stats avg(latency) as avg_latency by bin(1m) | fillmissing with 0 for avg_latency", Gives("2026-11-20 10:00:00.000 5")),
    ]),
    ("CWL_QuerySyntax-Logcompare", 1, &[("SOURCE lg start=-1d end=now | logcompare timeshift 7d", Rows(0))]),
    ("CWL_QuerySyntax-Outlier", 1, &[("fields @timestamp, cpu, memory | outlier action=remove param=3.0 uselower=true mark=true cpu memory", Rows(15))]),
    ("CWL_QuerySyntax-Appendcols", 1, &[
        ("fields svc | stats count(*) as cnt by svc | appendcols override=true ( SOURCE lg | stats avg(latency) as avgLat by svc )", Gives(" 14 6|a 1 4")),
    ]),
    ("CWL_QuerySyntax-Sessionize", 1, &[
        ("fields @timestamp, userId, deviceId | sessionize userId, deviceId maxspan 1h as my_session", Gives("15|14|13 u d 1|12|11|10|9|8|7|6|5|4|3|2|1")),
    ]),
    ("CWL_QuerySyntax-CountFrequent", 1, &[
        ("fields method, status | countFrequent method, status", Gives("  12| 200 1| 404 1|GET  1")),
    ]),
    ("CWL_QuerySyntax-Estimate", 1, &[("fields @timestamp, @message | filter @message like /error/ | estimate", Rows(1))]),
    ("CWL_QuerySyntax-operations-functions", 17, &[
        ("fields jsonParse(@message) as json_message", Gives(ALL)),
        ("fields jsonParse(@message) as json_message | stats count() by json_message.status_code", Gives(" 14|200 1")),
        ("fields jsonParse(@message) as json_message | filter json_message.users[1].action = \"PutData\"", Gives("15")),
        ("fields jsonParse(@message) as json_message | filter json_message.`user.id` = \"123\"", Gives("15")),
        ("fields jsonParse(@message) as json_message | display toupper(json_message)", Gives(ALL)),
        EXCEPTIONS,
        ("parse @message \"Status Code: *;\" as statusCode\n| filter statusCode >= 400 and statusCode <= 499\n| filter toMillis(@timestamp) >= (now() * 1000 - 7200000)", Gives("")),
        ("fields @timestamp, @message | filter @message like /(?i)(error|failure)/ | filter toMillis(@timestamp) >= (now() * 1000 - 18000000)", Gives("")),
        ("fields parseDate(field, \"yyyy-MM-dd\", \"UTC\") as epoch", Gives("15|14|13 1795132800000|12|11|10|9|8|7|6|5|4|3|2|1")),
        ("fields formatDate(@timestamp, \"%Y-%m-%d\", \"UTC\") as date | limit 2", Gives("15 2026-11-20|14 2026-11-20")),
        ("filter isNumeric(@duration)", Gives("4|3")),
        ("fields messageSize(@message) as size", Rows(15)),
        ("fields jsonArraySize(Operation) as arrayLen", Gives("15|14|13 2|12|11|10|9|8|7|6|5|4|3|2|1")),
        ("filter jsonArrayContains(@roles, \"admin\")", Gives("13")),
        ("fields hexToAscii(\"48656c6c6f\") as text | limit 1", Gives("15 Hello")),
        ("fields hexToDec(\"0xff\") as dec | limit 1", Gives("15 255")),
        ("fields decToHex(255) as hex | limit 1", Gives("15 0xff")),
    ]),
    ("CWL_QuerySyntax-hash-functions", 0, &[]),
    ("CWL_QuerySyntax-timeseries-functions", 2, &[
        ("stats count(*) by bin(5m) offset 1h", Gives("2026-11-20 11:00:00.000 15")),
        ("stats avg(latency) by bin(1m) offset 1d", Gives("2026-11-21 10:00:00.000 5")),
    ]),
];

/// What each event has beside what all have; its number is its second.
const EVENTS: &[(&str, &str, &str)] = &[
    (
        "E",
        "us-east-1",
        r#""srcAddr":"192.0.2.1","dstAddr":"10.0.0.1","packets":10,"bytes":100,"protocol":17,"logStatus":"SKIPDATA","srcPort":1,"dstPort":53,"interfaceId":"eni-0123456789abcdef0","logStream":"vpc-flow-logs""#,
    ),
    ("E", "us-east-1", r#""srcAddr":"192.0.2.1","dstAddr":"10.0.0.2","packets":30,"bytes":300,"protocol":6,"logStatus":"OK","hostname":"own""#),
    ("E", "us-east-1", r#""@type":"REPORT","@duration":1200,"@memorySize":128000000,"@maxMemoryUsed":64000000,"@requestId":"q1""#),
    ("E", "us-east-1", r#""@type":"REPORT","@duration":300,"@memorySize":128000000,"@maxMemoryUsed":32000000,"@requestId":"q2""#),
    ("E", "us-east-1", r#""queryType":"A","resolverIp":"192.0.2.53","responseCode":"SERVFAIL","queryName":"x.example.com""#),
    ("CreateUser", "us-east-1", r#""requestParameters":{"userName":"ann"},"responseElements":{"user":{"arn":"arn:u"}}"#),
    (
        "UpdateTrail",
        "us-east-1",
        r#""errorCode":"TrailNotFoundException","errorMessage":"no trail","userAgent":"agent","userIdentity":{"accountId":"1"},"tlsDetails":{"tlsVersion":"TLSv1","cipherSuite":"c"}"#,
    ),
    ("StartInstances", "us-east-2", r#""instances":1"#),
    ("E", "us-east-1", r#""status":404,"ip":"192.0.2.9","path":"/a","httpMethod":"GET","responseLatency":50,"integrationLatency":40"#),
    ("E", "us-east-1", r#""status":200,"ip":"192.0.2.9","path":"/a","httpMethod":"GET","responseLatency":70,"integrationLatency":60"#),
    (
        "E",
        "us-east-1",
        r#""server":"s1","severity":"high","message":"resuming normal operations","remoteIP":"192.0.2.7","request":"GET /","filename":"/var/www/html/admin","method":"GET","session_id":"s","client_platform":"p","client_ip":"192.0.2.7""#,
    ),
    (
        "E",
        "us-east-1",
        r#""server":"s1","severity":"low","message":"ERROR Failed to do: it","session_id":"s","client_platform":"p","client_ip":"192.0.2.8""#,
    ),
    (
        "E",
        "us-east-1",
        r#""f1":"an Exception","f2":"y","f3":30,"f4":5,"foo-bar":"fb","action":"go","duration":2500,"statusCode":204,"Operation":"[1,2]","StatusCode":200,"myField":-4,"myField2":"m","myfield1":1,"myfield2":4,"myfield3":5,"range":4000,"logGroup":"example_group","Type":"foo","IPaddress":"198.51.100.0","detail-type":"d","x":1,"y":1,"z":"z","id":"7","user_id":"7","department":"Sales","role":"lead","latency":4,"svc":"a","userId":"u","deviceId":"d","a":1,"b":2,"price":10,"tax":2,"qty":3,"val":7,"field":"2026-11-20","@roles":"[\"admin\"]""#,
    ),
    (
        "E",
        "us-east-1",
        r#""f1":10,"f2":"x","f3":3,"duration":10,"statusCode":300,"Type":"baz","myfield1":3,"myfield2":2,"myfield3":9,"IPaddress":"198.51.100.1","latency":6,"cpu_user":5"#,
    ),
    (
        "E",
        "us-east-1",
        r#""items":["apple","banana","cherry"],"host":"web-01","trimmedData":"[{\"accountId\":\"a\",\"droppedSpans\":3},{\"accountId\":\"a\",\"droppedSpans\":4}]","events":[{"name":"exception"},{"name":"user action"}],"accounts":[{"type":"internal"},{"type":"other"}],"status_code":200,"users":[{"action":"GetData"},{"action":"PutData"}],"user.id":"123","requestContext":{"identity":{"sourceIp":"192.0.2.3"}}"#,
    ),
];

/// The other log groups and data sources of the examples: in this case they are these events, too.
const OTHERS: &[&str] = &[
    "lg",
    "/aws/lambda/my-function",
    "/aws/lambda/database-service",
    "/aws/lambda/payment-processor",
    "/aws/lambda/payment-service",
    "namePrefix1",
    "namePrefix2",
    "Query",
    "amazon_vpc.flow",
];

const TABLES: &[(&str, &str)] = &[
    ("user_data", "id,user_id,name,username,email,department\n7,7,Ann,ann,a@x.org,Sales\n8,8,Bob,bob,b@x.org,Engineering\n"),
    ("known_hosts", "ip_address,hostname,region\n192.0.2.1,h1,r1\n"),
    ("network_services", "ip_address,port,service_name,owner\n192.0.2.1,53,dns,ops\n192.0.2.1,80,web,ops\n"),
    ("employees", "department,role,office,manager\nSales,lead,Berlin,Bob\nSales,clerk,Bonn,Eve\n"),
    ("net_table", "cidr,region,owner,datacenter\n192.0.0.0/8,all,net,d0\n192.0.2.0/24,eu,ops,d1\n"),
];

struct Desk {
    _folder: tempfile::TempDir,
    reader: Reader,
}

impl Desk {
    fn of(inputs: Vec<Input>) -> Self {
        let (folder, case) = evidence::case_of(inputs);
        let mut notebook = case.notebook().expect("a notebook");
        let groups: BTreeMap<String, Vec<String>> = OTHERS.iter().map(|name| ((*name).to_owned(), vec!["events".to_owned()])).collect();
        notebook.set_group_aliases(&groups).expect("names");
        for (name, csv) in TABLES {
            notebook.set_lookup_table(name, csv).expect("a table");
        }
        let reader = case.reader().expect("a reader");
        Self { _folder: folder, reader }
    }

    fn examples() -> Self {
        let line = |(at, (name, region, rest)): (usize, &(&str, &str, &str))| {
            let at = at + 1;
            format!(
                r#"{{"eventVersion":"1.11","eventID":"e-{at}","eventTime":"2026-11-20T10:00:{at:02}Z","eventSource":"s3.amazonaws.com","eventName":"{name}","awsRegion":"{region}","recipientAccountId":"111122223333","eventCategory":"Management",{rest}}}"#
            )
        };
        let lines: Vec<String> = EVENTS.iter().enumerate().map(line).collect();
        Self::of(vec![Input::Bytes { name: "events.jsonl".to_owned(), bytes: lines.join("\n").into_bytes() }])
    }

    fn demo() -> Self {
        let options = demo::Options { events: 1500, ..demo::Options::default() };
        Self::of(demo::files(&options).map(Input::from).collect())
    }

    fn ask(&mut self, text: &str) -> Result<Answer, String> {
        let query = parse(text).map_err(|error| error.render(text))?;
        let errors = check(&query);
        if let Some(error) = errors.first().map(|error| error.render(text)).or_else(|| only_at_aws(&query).first().map(|note| note.render(text))) {
            return Err(error);
        }
        let options = Options { scope: &Scope::all(), now: Timestamp::from_millis(1_795_609_600_000), push_down: true };
        run(&mut self.reader, text, &query, &options, &mut |_, _| ()).map_err(|error| format!("{text}: {error}"))
    }

    /// The rows, without what is long: the number of an event says which it is.
    fn rows(&mut self, answer: &Answer) -> String {
        const LONG: [&str; 6] = ["@timestamp", "@message", "@logStream", "js", "json_message", "accounts"];
        let mut rows = Vec::new();
        for row in &answer.rows {
            let event = row.event.and_then(|id| self.reader.events(&[id]).expect("an event").pop());
            let number = event.and_then(|event| event.time).map(|time| (time.as_millis() / 1000 % 60).to_string());
            let shown = answer.columns.iter().zip(&row.values).filter(|(name, _)| !LONG.contains(&name.as_str())).map(|(_, value)| value.to_string());
            rows.push(number.into_iter().chain(shown).collect::<Vec<_>>().join(" ").trim_end().to_owned());
        }
        rows.join("|")
    }
}

#[test]
fn every_example_of_every_page_is_answered_or_named() {
    let (mut bench, mut demo) = (Desk::examples(), Desk::demo());
    let mut wrong = Vec::new();
    for (page, count, examples) in PAGES {
        assert_eq!(examples.len(), *count, "{page}");
        for (text, outcome) in *examples {
            let answer = bench.ask(text);
            // The demo has other fields: there it only has to run.
            let on_demo = demo.ask(text);
            let found = match (outcome, &answer) {
                (Not(why), Err(_)) => Ok(!why.is_empty() && on_demo.is_err()),
                (Refused, Err(_)) => Ok(true),
                (_, Err(error)) => Err(error.clone()),
                (Gives(expected), Ok(answer)) => {
                    let rows = bench.rows(answer);
                    if rows == *expected { Ok(on_demo.is_ok()) } else { Err(format!("{rows}\ninstead of\n{expected}")) }
                }
                (Rows(count), Ok(answer)) if answer.rows.len() == *count => Ok(on_demo.is_ok()),
                (Rows(_), Ok(answer)) => Err(format!("{} rows", answer.rows.len())),
                (As(meaning), Ok(_)) => Ok(on_demo.is_ok() && EXAMPLES.iter().chain(MORE).any(|(_, known, ..)| known == meaning)),
                (Not(_) | Refused, Ok(_)) => Err("is answered".to_owned()),
            };
            if found != Ok(true) {
                wrong.push(format!("{page}: {text}\n{found:?}\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
