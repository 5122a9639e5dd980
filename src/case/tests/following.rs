//! What a follower is handed is what it would read from the file.

use std::sync::mpsc::channel;

use regex::RegexSet;

use super::fixture::{Spec, digest, new_case};
use crate::case::{Batch, Lanes, Lean, News, Reader, TextSearch, Whose, Writable, Writer};
use crate::decode::{Decoded, Said, Searchable};
use crate::model::{ExchangeFacts, RecordPosition, SourceId, Strand, Tokens};

const WORDS: [&str; 3] = ["alpha", "be+ta", "gam.a"];

fn searches() -> Vec<TextSearch> {
    let search = |whose| TextSearch { whose, any: Lanes::new(&WORDS.join("|")).unwrap(), each: RegexSet::new(WORDS).unwrap() };
    [Whose::User, Whose::Answer, Whose::All].map(search).into()
}

/// Exchanges with these texts of the user; the model says the same backwards in order of words.
fn exchanges(mut batch: Batch, from: u32, texts: &[&str]) -> Batch {
    for (number, text) in (from..).zip(texts) {
        let answer = text.split(' ').rev().collect::<Vec<_>>().join(" ");
        let spec = Spec { time: Some(i64::from(number) * 1_000), account: Some(7), request: Some(number as u8), ..Spec::default() };
        let decoded = Decoded {
            strand: Some(Strand::Invocation),
            searchable: vec![Searchable::Text((*text).to_owned().into()), Searchable::Text(answer.into())],
            said: Said { user: 0..1, answer: 1..2 },
            exchange: (number % 5 != 3).then(|| facts(number, text)),
            ..spec.decoded()
        };
        let position = RecordPosition { offset: u64::from(number) * 10, length: 10, ..RecordPosition::default() };
        batch.push(SourceId(1), position, digest(number), None, &decoded);
    }
    batch
}

fn commit(case: &Writable, writer: &mut Writer, from: u32, texts: &[&str]) {
    writer.append(exchanges(case.batch(), from, texts)).unwrap();
    writer.commit().unwrap();
}

fn follower(case: &Writable) -> Reader {
    let mut reader = case.reader().unwrap();
    reader.follow(case, searches(), Box::new(|_| ()));
    reader
}

/// Rows as text, with the file's exchanges where none are at hand.
fn whole(case: &Writable, mut rows: Vec<Lean>) -> String {
    let facts = case.reader().unwrap().facts(&rows.iter().map(|row| row.event.id).collect::<Vec<_>>()).unwrap();
    for (row, facts) in rows.iter_mut().zip(facts) {
        row.facts = row.facts.take().or(facts.map(Box::new));
    }
    format!("{rows:?}")
}

/// What the file says of the rows behind one.
fn stored(case: &Writable, after: u32, most: usize) -> String {
    whole(case, case.reader().unwrap().lean(after, most).unwrap())
}

/// What a list would show of an exchange, with names of tools that no service allows.
fn facts(number: u32, text: &str) -> ExchangeFacts {
    let tools = [vec![], vec!["a\nb".to_owned(), "c\r".to_owned()], vec![String::new()], vec!["get_weather".to_owned()]];
    ExchangeFacts {
        family: "converse".to_owned(),
        preview: text.to_owned(),
        user_chars: number,
        tokens: Tokens { input: Some(u64::MAX), output: Some(u64::from(number)), ..Tokens::default() },
        stop_reason: number.is_multiple_of(2).then(|| "end_turn".to_owned()),
        tools: tools.into_iter().cycle().nth(number as usize).unwrap_or_default(),
        system_opening: Some(String::new()),
        ..ExchangeFacts::default()
    }
}

#[test]
fn rows_and_what_was_found_are_those_of_the_file() {
    let (_folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    commit(&case, &mut writer, 1, &["before anybody followed: alpha"]);
    let mut reader = follower(&case);
    assert_eq!((reader.last_event().unwrap(), reader.handed_over(0), reader.handed_over(1)), (1, None, None));
    assert!(reader.watched(0, 1, &searches()).is_none(), "nobody searched it");
    // 1 is known by now; the second entry of the next is its text without hidden characters.
    commit(&case, &mut writer, 1, &["before anybody followed: alpha", "al\u{200b}pha beeta", "nothing", "gamma\nalpha", "beta"]);
    commit(&case, &mut writer, 6, &["beta beta", "gamba"]);
    assert_eq!((reader.last_event().unwrap(), reader.handed_over(0), reader.handed_over(1), reader.handed_over(3)), (7, None, Some(7), Some(7)));
    assert!(reader.watched(0, 7, &searches()).is_none(), "the first row was not handed over");
    for last in 2..=7 {
        let mut expected = case.reader().unwrap().matching(1, &mut searches()).unwrap();
        expected.iter_mut().flatten().for_each(|rows| rows.retain(|row| *row <= last));
        assert_eq!(reader.watched(1, last, &searches()), Some(expected), "{last}");
    }
    // By hand: rows are 2 to 5, then 6 and 7.
    assert_eq!(reader.watched(1, 7, &searches()).unwrap()[0], [vec![4], vec![2, 5, 6], vec![4, 7]]);
    assert_eq!(reader.watched(1, 7, &searches()).unwrap()[2], [vec![2, 4], vec![2, 5, 6], vec![4, 7]]);
    assert!(reader.watched(1, 8, &searches()).is_none());
    // In pages, over the end of a commit, once; then they are read from the file.
    assert_eq!(reader.fresh(0, 9).map(|rows| rows.len()), None);
    let fresh = reader.fresh(2, 3).unwrap();
    assert_eq!(fresh.iter().map(|row| row.facts.is_some()).collect::<Vec<_>>(), [true, false, true], "the third has no exchange");
    assert_eq!(whole(&case, fresh), stored(&case, 1, 3));
    assert_eq!(reader.handed_over(4), Some(7));
    assert_eq!(whole(&case, reader.fresh(5, 3).unwrap()), stored(&case, 4, 1));
    assert_eq!(whole(&case, reader.lean(5, 3).unwrap()), stored(&case, 5, 3));
    assert!(reader.fresh(6, 3).is_none() && reader.handed_over(5).is_none());
    assert_eq!(whole(&case, reader.lean(0, 100).unwrap()), stored(&case, 0, 100));
}

#[test]
fn what_nobody_searched_is_handed_over_without() {
    let (_folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    let early = exchanges(case.batch(), 1, &["alpha"]);
    let mut reader = follower(&case);
    let late = exchanges(case.batch(), 2, &["beta"]);
    writer.append(early).unwrap();
    writer.append(late).unwrap();
    writer.commit().unwrap();
    assert_eq!((reader.last_event().unwrap(), reader.handed_over(0)), (2, Some(2)));
    assert!(reader.watched(0, 2, &searches()).is_none());
    assert_eq!(whole(&case, reader.fresh(1, 9).unwrap()), stored(&case, 0, 9));
    // Whoever asks last is told, and nobody once it has left.
    let late = exchanges(case.batch(), 3, &["gamma"]);
    let mut other = follower(&case);
    writer.append(late).unwrap();
    writer.commit().unwrap();
    assert_eq!((reader.last_event().unwrap(), reader.handed_over(2)), (3, None));
    assert_eq!((other.last_event().unwrap(), other.handed_over(2)), (3, Some(3)));
    assert!(other.watched(2, 3, &searches()).is_none(), "another searched it");
    drop(other);
    commit(&case, &mut writer, 4, &["alpha"]);
    assert_eq!(reader.lean(3, 9).unwrap().len(), 1);
}

#[test]
fn rows_of_another_derivation_are_not_taken_for_these() {
    let (_folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    let mut reader = follower(&case);
    commit(&case, &mut writer, 1, &["alpha", "beta"]);
    assert_eq!((reader.last_event().unwrap(), reader.handed_over(0)), (2, Some(2)));
    writer.clear_derived().unwrap();
    assert_eq!((reader.last_event().unwrap(), reader.handed_over(0)), (0, None));
    assert!(reader.watched(0, 2, &searches()).is_none() && reader.lean(0, 9).unwrap().is_empty());
    commit(&case, &mut writer, 5, &["gamma"]);
    assert_eq!((reader.last_event().unwrap(), reader.handed_over(0)), (1, Some(1)));
    assert_eq!(reader.watched(0, 1, &searches()).unwrap()[0], [vec![], vec![], vec![1]]);
    assert_eq!(whole(&case, reader.lean(0, 9).unwrap()), stored(&case, 0, 9));
}

#[test]
fn a_follower_that_is_slow_finds_the_rest_in_the_file() {
    let (_folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    let mut reader = follower(&case);
    reader.tail.as_ref().unwrap().hold_at_most(3);
    for from in [1, 3, 5] {
        commit(&case, &mut writer, from, &["alpha", "beta"]);
    }
    assert_eq!((reader.last_event().unwrap(), reader.handed_over(0), reader.handed_over(4)), (6, None, Some(6)));
    assert!(reader.watched(0, 6, &searches()).is_none());
    assert_eq!(whole(&case, reader.lean(0, 4).unwrap()), stored(&case, 0, 4));
    assert_eq!(whole(&case, reader.fresh(5, 4).unwrap()), stored(&case, 4, 4));
}

#[test]
fn a_commit_without_events_is_not_told() {
    let (_folder, case) = new_case();
    let (mut reader, mut writer) = (case.reader().unwrap(), case.writer().unwrap());
    let (tell, told) = channel();
    reader.follow(&case, searches(), Box::new(move |news| tell.send(news).unwrap()));
    commit(&case, &mut writer, 1, &["alpha", "delta"]);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [News::Committed]);
    // The same again: what is committed is that they were duplicates.
    commit(&case, &mut writer, 1, &["alpha", "delta"]);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), []);
    writer.finish().unwrap();
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [News::Finishing]);
}
