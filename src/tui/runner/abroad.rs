//! Questions to AWS, each on a thread of its own: whoever waits for AWS keeps nobody else waiting.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use tokio::sync::mpsc::error::TrySendError;

use super::Replies;
use crate::hunt::Language;
use crate::query::ql;
use crate::query::run::Answer as Found;
use crate::query::sql;
use crate::query::value::Value;
use crate::tui::ask::{Answer, Ask, Asking, Slot};
use crate::tui::message::Event;
use crate::tui::oracle::{AtAws, FromAws, OnTheWay, Oracle};
use crate::tui::results::{Results, kind_of_field};

/// The threads that ask AWS.
pub struct Abroad {
    oracle: Arc<dyn Oracle>,
    replies: Replies,
    jobs: Vec<Job>,
}

struct Job {
    slot: Slot,
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

impl Abroad {
    /// Asks through this oracle.
    pub fn new(oracle: Arc<dyn Oracle>, replies: Replies) -> Self {
        Self { oracle, replies, jobs: Vec::new() }
    }

    /// Is it a question for AWS?
    pub const fn concerns(ask: &Ask) -> bool {
        match ask {
            Ask::Query(asking) => asking.at_aws.is_some(),
            Ask::Groups(_) | Ask::Find(_) | Ask::Price(..) => true,
            _ => false,
        }
    }

    /// Begins to answer; a question of the same slot is given up.
    pub fn ask(&mut self, ask: Ask, generation: u64) {
        self.cancel(ask.slot());
        self.jobs.retain(|job| !job.thread.is_finished());
        let (slot, stop) = (ask.slot(), Arc::new(AtomicBool::new(false)));
        let (oracle, replies, stopped) = (Arc::clone(&self.oracle), self.replies.clone(), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            answer(&*oracle, &ask, &stopped, &mut |answer| {
                let is_on_the_way = matches!(answer, Answer::Going(_) | Answer::Results { done: false, .. });
                let event = Event::Reply { slot, generation, answer };
                // What is told on the way is told from inside of whoever asks, which must not wait; it may be left out, the answer may not.
                let is_gone = if is_on_the_way {
                    matches!(replies.try_send(event), Err(TrySendError::Closed(_)))
                } else {
                    replies.blocking_send(event).is_err()
                };
                if is_gone {
                    stopped.store(true, Ordering::Relaxed);
                }
            });
        });
        self.jobs.push(Job { slot, stop, thread });
    }

    /// Stops answering a slot, here and at AWS.
    pub fn cancel(&self, slot: Slot) {
        self.jobs.iter().filter(|job| job.slot == slot).for_each(|job| job.stop.store(true, Ordering::Relaxed));
    }

    /// Stops everything, and waits until it is stopped at AWS too.
    pub fn finish(self) {
        self.jobs.iter().for_each(|job| job.stop.store(true, Ordering::Relaxed));
        for job in self.jobs {
            let _ = job.thread.join();
        }
    }
}

/// Answers one question. Tests call it directly.
pub fn answer(oracle: &dyn Oracle, ask: &Ask, stop: &AtomicBool, reply: &mut dyn FnMut(Answer)) {
    match ask {
        Ask::Query(asking) => {
            if let Some(at) = &asking.at_aws {
                query(oracle, asking, at, stop, reply);
            }
        }
        Ask::Find(wish) => reply(Answer::Found(oracle.find(wish, stop))),
        Ask::Price(wish, groups) => reply(Answer::GroupsPriced(oracle.price(wish, groups, stop))),
        Ask::Groups(revision) => reply(Answer::Groups(Arc::new(oracle.groups()), *revision)),
        _ => {}
    }
}

fn query(oracle: &dyn Oracle, asking: &Asking, at: &AtAws, stop: &AtomicBool, reply: &mut dyn FnMut(Answer)) {
    let started = Instant::now();
    let is_sql = asking.hunt.as_ref().map_or_else(|| sql::is_likely(&asking.text), |(hunt, _)| hunt.language == Language::Sql);
    let carried = if is_sql { BTreeMap::new() } else { ql::parse(&asking.text).map(|query| query.carried(&asking.text)).unwrap_or_default() };
    let shown = |mut found: Found| {
        if let Some((hunt, bound)) = &asking.hunt {
            hunt.arrange(&mut found, bound.every);
        }
        typed(&mut found, &carried);
        let chart = asking.hunt.as_ref().and_then(|(hunt, _)| hunt.chart.as_ref());
        let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Results::of(Arc::new(found), chart, &carried, millis, asking.secrets)
    };
    let answered = oracle.query(asking, at, stop, &mut |told| {
        reply(match told {
            OnTheWay::Going(words) => Answer::Going(words),
            OnTheWay::Rows(found) => Answer::Results { results: Arc::new(shown(found)), done: false },
        });
    });
    reply(match answered {
        // Nobody waits for it any more.
        _ if stop.load(Ordering::Relaxed) => return,
        Ok(FromAws::Priced(question)) => Answer::Priced(question),
        Ok(FromAws::Answered(found, billed)) => {
            let results = Results { billed: Some(billed), ..shown(*found) };
            Answer::Results { results: Arc::new(results), done: true }
        }
        Err(problem) => Answer::Wrong(problem),
    });
}

/// AWS gives texts. What a whole column shows to be a time or a number becomes one, where it is printed as it came.
fn typed(answer: &mut Found, carried: &BTreeMap<String, Vec<String>>) {
    for (at, column) in answer.columns.iter().enumerate() {
        // Account numbers and the like are names.
        let is_name =
            carried.get(column).map_or_else(|| kind_of_field(column).is_some(), |fields| fields.iter().any(|field| kind_of_field(field).is_some()));
        if is_name {
            continue;
        }
        for read in [time, number] {
            let values = answer.rows.iter().filter_map(|row| row.values.get(at)).filter(|value| !value.is_missing());
            let read_all: Option<Vec<Value>> = values.map(read).collect();
            if let Some(values) = read_all.filter(|values| !values.is_empty()) {
                let mut values = values.into_iter();
                for value in answer.rows.iter_mut().filter_map(|row| row.values.get_mut(at)).filter(|value| !value.is_missing()) {
                    *value = values.next().unwrap_or_default();
                }
                break;
            }
        }
    }
}

fn time(value: &Value) -> Option<Value> {
    let Value::Text(text) = value else { return None };
    let read = Value::Time(crate::model::Timestamp::parse(text)?.as_millis());
    (*read.printed() == **text).then_some(read)
}

fn number(value: &Value) -> Option<Value> {
    let Value::Text(text) = value else { return matches!(value, Value::Number(_)).then(|| value.clone()) };
    let read = Value::Number(text.parse().ok()?);
    (*read.printed() == **text).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::run::AnswerRow;

    #[test]
    fn columns_of_times_and_numbers_are_known_and_names_stay_names() {
        let row = |cells: [&str; 5]| AnswerRow {
            event: None,
            values: cells.map(|cell| if cell.is_empty() { Value::Missing } else { Value::text(cell) }).into(),
        };
        let columns = ["bin(1h)", "n", "recipientAccountId", "mixed", "zeros"];
        let mut answer = Found {
            columns: columns.map(str::to_owned).into(),
            rows: vec![
                row(["2026-11-10 12:00:00.000", "3", "111122223333", "7", "007"]),
                row(["2026-11-10 13:00:00.000", "1.5", "111122223333", "x", "8"]),
                row(["2026-11-10 14:00:00.000", "", "", "", ""]),
            ],
            ..Found::default()
        };
        typed(&mut answer, &BTreeMap::new());
        assert_eq!(
            answer.rows[1].values,
            [Value::Time(1_794_315_600_000), Value::Number(1.5), Value::text("111122223333"), Value::text("x"), Value::text("8")]
        );
        assert_eq!(answer.rows[2].values[1..], [const { Value::Missing }; 4]);
    }
}
