//! A query that nobody waits for any longer ends, wherever it is. Counted in looks at whether it was cancelled, so that no test depends on
//! who was faster.

#![cfg(test)]

mod evidence;

use outcrop::case::{CaseError, Reader};
use outcrop::model::{Scope, Timestamp};
use outcrop::query::run::{Answer, AnswerRow, Listener, Options, RunError, run_heard, run_sql};
use outcrop::query::{ql, sql};
use outcrop::source::{Input, demo};

/// Kinds of work: lists, columns, records, expressions, groups, order, joins, queries within queries, windows.
const QUERIES: &[&str] = &[
    "stats count(*) by eventName",
    "fields @message | filter @message like /no such (thing|words)/",
    "filter userIdentity.type = \"Nobody\" | stats count(*)",
    "fields jsonParse(@message) as j | fields j.eventName as n | stats count(*) by n | sort n",
    "parse @message /(?<a>[a-z])/ multi | limit 50000 | stats count(*) by a",
    "fields x.user_text, x.completion | sort x.user_text | limit 5",
    "pattern @message | limit 10",
    "stats count(*) as n by bin(1m) as t, eventName | fillmissing with 0 for n",
    "fields eventID | dedup eventID | sort eventID desc",
    "filter requestID in (SOURCE 'invocation' | fields requestId) | stats count(*)",
    "join type=inner left=l right=r where l.requestID=r.requestId (SOURCE 'invocation') | stats count(*)",
    "fields x.actor | sessionize x.actor maxspan 1h as s | stats count(*) by s",
    "SELECT eventName, COUNT(*) FROM events GROUP BY eventName ORDER BY 2 DESC",
    "SELECT a.eventName, b.modelId FROM management AS a INNER JOIN invocation AS b ON a.requestID = b.requestId",
    "SELECT a.eventName FROM management AS a INNER JOIN invocation AS b ON length(a.eventName) < length(b.modelId) - 1000",
    "SELECT eventName, rank() OVER (PARTITION BY awsRegion ORDER BY eventID) FROM management LIMIT 5",
    "SELECT eventName FROM management UNION SELECT operation FROM invocation",
    "SELECT upper(`@message`) FROM events WHERE `@message` RLIKE 'no (such|other) words' ORDER BY 1",
    "SELECT eventName FROM management WHERE eventID IN (SELECT eventID FROM data)",
    "SELECT m, count(*) FROM (SELECT modelId AS m FROM invocation) AS i GROUP BY m",
];

struct Counting(usize);

impl Listener for Counting {
    fn rows(&mut self, rows: &[AnswerRow]) {
        self.0 += rows.len();
    }
}

fn ask(reader: &mut Reader, text: &str, heard: &mut Counting) -> Result<Answer, RunError> {
    let options = Options { scope: &Scope::all(), now: Timestamp::from_millis(1_795_000_000_000), push_down: true };
    if sql::is_likely(text) {
        run_sql(reader, text, &sql::parse(text).expect("is read"), &options, heard)
    } else {
        run_heard(reader, text, &ql::parse(text).expect("is read"), &options, heard)
    }
}

#[test]
fn a_query_ends_wherever_it_is() {
    let options = demo::Options { events: 1500, ..demo::Options::default() };
    let (_folder, case) = evidence::case_of(demo::files(&options).map(Input::from));
    for text in QUERIES {
        let mut reader = case.reader().expect("a reader");
        let interrupter = reader.interrupter();
        interrupter.cancel_after(u64::MAX - 1);
        let answer = ask(&mut reader, text, &mut Counting(0)).unwrap_or_else(|error| panic!("{text}: {error}"));
        let looks = u64::MAX - 1 - interrupter.looks().0;
        let handled = answer.statistics.scanned;
        assert!(looks >= 3 && looks * 512 >= handled, "{text}: {looks} looks at {handled} events");
        // Two threads share records out as it happens: the last looks may be others the next time.
        for part in [1, looks / 4, looks / 2, looks * 9 / 10] {
            let mut reader = case.reader().expect("a reader");
            let interrupter = reader.interrupter();
            interrupter.cancel_after(part.max(1));
            let ended = ask(&mut reader, text, &mut Counting(0));
            assert!(
                matches!(ended, Err(RunError::Case(CaseError::Interrupted))),
                "{text}, cancelled at look {part} of {looks}: {:?}",
                ended.map(|answer| answer.rows.len())
            );
            // Each of the places that were at work looks once more, and those that wait for them.
            let late = interrupter.looks().1;
            assert!(late <= 8, "{text}, cancelled at look {part} of {looks}, was looked at {late} times more");
        }
    }
}
