//! Searching the text of records: every block is expanded and matched, the newest first, on two cores.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use regex::{Regex, RegexBuilder};
use rusqlite::{Connection, OptionalExtension as _};

use super::answers::SearchReport;
use super::error::{CaseError, Doing as _, Result};
use super::idset::IdSet;
use super::reader::{Interrupter, Reader};
use super::{commit, text};
use crate::model::{EventId, EventRef, Scope, TextFilter};

const DOING: &str = "searching";

impl Reader {
    /// Searches the text of the events in a scope: as logged, and as it reads without hidden characters. `on_hits` is
    /// called with each block's events as they are found, the newest blocks first, each event once. The answer is
    /// remembered: [`Reader::refs`] of the scope with this text is then at hand.
    ///
    /// The expression is matched without regard to case unless it holds an upper-case letter; `^` and `$` match at
    /// lines.
    ///
    /// # Errors
    /// [`CaseError::Pattern`]; [`CaseError::Interrupted`] when cancelled: hits reported before that are good.
    pub fn search(&mut self, scope: &Scope, pattern: &str, on_hits: &mut dyn FnMut(&[EventId])) -> Result<SearchReport> {
        let regex = compile(pattern)?;
        self.snapshot(|reader| {
            reader.bring_up_to_date()?;
            let refs = reader.list(scope)?;
            let members = reader.members_of(&refs, 0);
            let (hits, report) = reader.scan(&regex, members.as_ref(), 0, on_hits)?;
            if scope.text.is_none() {
                let found = refs.iter().filter(|event| hits.contains(event.id.0)).copied().collect();
                let narrowed = Scope { text: Some(TextFilter { pattern: pattern.to_owned() }), ..scope.clone() };
                reader.remember(&narrowed, std::sync::Arc::new(found));
            }
            Ok(report)
        })
    }

    /// Which of these events, all above `after`, match.
    pub(super) fn hits(&mut self, refs: &[EventRef], after: u32, pattern: &str) -> Result<IdSet> {
        let regex = compile(pattern)?;
        let members = self.members_of(refs, after);
        Ok(self.scan(&regex, members.as_ref(), after, &mut |_| ())?.0)
    }

    /// A list as a set; `None` when it is everything above `after`.
    fn members_of(&self, refs: &[EventRef], after: u32) -> Option<IdSet> {
        if refs.len() as u64 == u64::from(self.lists.last - after) {
            return None;
        }
        let mut members = IdSet::new(after.saturating_add(1), self.lists.last);
        for event in refs {
            members.insert(event.id.0);
        }
        Some(members)
    }

    fn scan(&mut self, regex: &Regex, members: Option<&IdSet>, after: u32, on_hits: &mut dyn FnMut(&[EventId])) -> Result<(IdSet, SearchReport)> {
        let mut hits = IdSet::new(after.saturating_add(1), self.lists.last);
        let mut report = SearchReport::default();
        let blocks = self.blocks(members, after)?;
        if blocks.len() > 1 {
            self.open_helper()?;
        }
        let (cancel, last, epoch) = (self.cancel().clone(), self.lists.last, commit::revision(self.connection())?.epoch);
        let (connection, helper) = self.connections();
        let next = AtomicUsize::new(0);
        let plan = Plan { blocks: &blocks, next: &next, regex, members, after, last, epoch, cancel: &cancel };
        let mut deliver = |found: &Found| {
            report.bytes += found.bytes;
            let fresh: Vec<EventId> = found.events.iter().filter(|id| !hits.contains(id.0)).copied().collect();
            if !fresh.is_empty() {
                for id in &fresh {
                    hits.insert(id.0);
                }
                report.events += fresh.len() as u64;
                on_hits(&fresh);
            }
        };
        std::thread::scope(|threads| {
            let (send, receive) = mpsc::channel();
            let other = helper.filter(|_| blocks.len() > 1).map(|helper| {
                let plan = &plan;
                threads.spawn(move || {
                    // Nobody listens any more when the other half failed.
                    plan.help(helper, &mut |found| drop(send.send(found)))
                })
            });
            let mine = plan.work(connection, false, &mut |found| {
                for found in receive.try_iter().chain([found]) {
                    deliver(&found);
                }
            });
            if mine.is_err() {
                next.store(usize::MAX / 2, Ordering::Relaxed);
            }
            let theirs = other.map_or(Ok(Vec::new()), |thread| thread.join().unwrap_or_else(|_| Ok((0..blocks.len()).collect())));
            for found in receive.try_iter() {
                deliver(&found);
            }
            mine?;
            // Blocks the other connection could not see, because its view of the case is newer.
            for at in theirs? {
                let found = blocks.get(at).map(|block| plan.one(connection, *block, &mut Room::default())).transpose()?.flatten();
                deliver(&found.ok_or(CaseError::Damaged { doing: DOING, what: "a block of text" })?);
            }
            Ok::<(), CaseError>(())
        })?;
        Ok((hits, report))
    }

    /// The blocks to look at, the newest first.
    pub(super) fn blocks(&self, members: Option<&IdSet>, after: u32) -> Result<Vec<i64>> {
        let sql = "SELECT id, first_event, last_event FROM text_block WHERE last_event > ?1 ORDER BY latest DESC, id DESC";
        let mut select = self.connection().prepare_cached(sql).doing(DOING)?;
        let mut rows = select.query([after]).doing(DOING)?;
        let mut blocks = Vec::new();
        while let Some(row) = rows.next().doing(DOING)? {
            let (first, last) = (row.get(1).doing(DOING)?, row.get(2).doing(DOING)?);
            if members.is_none_or(|members| members.any_in(first, last)) {
                blocks.push(row.get(0).doing(DOING)?);
            }
        }
        Ok(blocks)
    }
}

/// What both threads work through together.
struct Plan<'a> {
    blocks: &'a [i64],
    next: &'a AtomicUsize,
    regex: &'a Regex,
    members: Option<&'a IdSet>,
    after: u32,
    last: u32,
    epoch: u32,
    cancel: &'a Interrupter,
}

/// What one block held.
struct Found {
    events: Vec<EventId>,
    bytes: u64,
}

/// Memory that is used again for the next block.
#[derive(Default)]
struct Room {
    text: Vec<u8>,
}

impl Plan<'_> {
    /// The part of the second connection. It may see a newer state of the case: one with more events, which are none of
    /// this search's, and with other blocks. After a rebuild it can be of no help at all.
    fn help(&self, connection: &Connection, deliver: &mut dyn FnMut(Found)) -> Result<Vec<usize>> {
        connection.execute_batch("BEGIN").doing(DOING)?;
        let missed = commit::revision(connection)
            .and_then(|revision| if revision.epoch == self.epoch { self.work(connection, true, deliver) } else { Ok(Vec::new()) });
        // An interrupt may have ended the transaction by itself.
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK").doing(DOING)?;
        }
        missed
    }

    /// Takes blocks until none is left. Gives back the places of those that this connection does not see; only a
    /// `helper` may miss any.
    fn work(&self, connection: &Connection, helper: bool, deliver: &mut dyn FnMut(Found)) -> Result<Vec<usize>> {
        let (mut room, mut missed) = (Room::default(), Vec::new());
        loop {
            self.cancel.check()?;
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(id) = self.blocks.get(at) else { return Ok(missed) };
            match self.one(connection, *id, &mut room)? {
                Some(found) => deliver(found),
                None if helper => missed.push(at),
                None => return Err(CaseError::Damaged { doing: DOING, what: "a block of text" }),
            }
        }
    }

    fn one(&self, connection: &Connection, id: i64, room: &mut Room) -> Result<Option<Found>> {
        let mut select = connection.prepare_cached("SELECT length, entries, data FROM text_block WHERE id = ?1").doing(DOING)?;
        let read = |row: &rusqlite::Row<'_>| {
            let plain: u32 = row.get(0)?;
            let text = text::expand(row.get_ref(2)?.as_blob()?, plain as usize, &mut room.text);
            let entries = text::decode_entries(row.get_ref(1)?.as_blob()?);
            Ok(text.zip(entries).map(|(text, entries)| {
                let wanted = |event: u32| event > self.after && event <= self.last && self.members.is_none_or(|members| members.contains(event));
                Found { events: matches(self.regex, text, &entries, wanted), bytes: u64::from(plain) }
            }))
        };
        match select.query_row([id], read).optional().doing(DOING)? {
            None => Ok(None),
            Some(None) => Err(CaseError::Damaged { doing: DOING, what: "a block of text" }),
            Some(found) => Ok(found),
        }
    }
}

/// The events whose text matches, each once.
fn matches(regex: &Regex, text: &str, entries: &[(u32, Range<usize>)], wanted: impl Fn(u32) -> bool) -> Vec<EventId> {
    let mut found: Vec<EventId> = Vec::new();
    let mut at = 0;
    // The block is matched as one text, which is many times faster than entry by entry. A match that reaches beyond
    // its entry is no answer by itself: then that entry is matched alone.
    while let Some((_, range)) = entries.get(at) {
        let Some(hit) = regex.find_at(text, range.start.min(text.len())) else { break };
        at += entries.get(at..).unwrap_or_default().partition_point(|(_, range)| range.end < hit.start());
        let Some((event, range)) = entries.get(at) else { break };
        let alone = || text.get(range.clone()).is_some_and(|text| regex.is_match(text));
        if wanted(*event) && found.last().is_none_or(|last| last.0 != *event) && (hit.end() <= range.end || alone()) {
            found.push(EventId(*event));
        }
        at += 1;
    }
    let mut seen = HashSet::new();
    found.retain(|event| seen.insert(*event));
    found
}

fn compile(pattern: &str) -> Result<Regex> {
    let build = RegexBuilder::new(pattern).case_insensitive(!has_upper_case(pattern)).multi_line(true).size_limit(4 << 20).build();
    build.map_err(|error| {
        // The engine draws the pattern with a caret over several lines; its last line says what is wrong.
        let why = error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        CaseError::Pattern { pattern: pattern.to_owned(), why }
    })
}

/// Does the expression hold an upper-case letter, other than in an escape such as `\S` or `\pL`?
fn has_upper_case(pattern: &str) -> bool {
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character.is_uppercase() {
            return true;
        }
        // The letter of an escape, and of what a class or code point escape names, is no letter of the text.
        if character == '\\'
            && let Some('p' | 'P' | 'x' | 'u' | 'U') = characters.next()
            && let Some('{') = characters.next()
        {
            let _ = characters.find(|character| *character == '}');
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn smart_case() {
        for (pattern, text, expected) in [
            ("password", "PassWord", true),
            ("Password", "password", false),
            (r"\Sassword", "PASSWORD", true),
            (r"\pLb", "aB", true),
            (r"\p{Greek}b", "\u{3b1}B", true),
            ("^b", "a\nB", true),
        ] {
            assert_eq!(compile(pattern).unwrap().is_match(text), expected, "{pattern}");
        }
        let message = compile("a(b").unwrap_err().to_string();
        assert!(message.contains("“a(b”") && message.contains("unclosed group"), "{message}");
    }

    #[test]
    fn a_match_does_not_reach_into_the_next_record() {
        let entries = [(1, 0..3), (2, 4..7), (3, 8..8 + 3)];
        let text = "abc\ndef\nabc\n";
        let find = |pattern: &str| matches(&compile(pattern).unwrap(), text, &entries, |_| true).iter().map(|id| id.0).collect::<Vec<_>>();
        assert_eq!(find(r"c\sd"), [0_u32; 0]);
        assert_eq!(find(r"c\s?"), [1, 3]);
        assert_eq!(find("(?s).*"), [1, 2, 3]);
        assert_eq!(find("^a"), [1, 3]);
        assert_eq!(find("f$"), [2]);
    }

    proptest! {
        #[test]
        fn the_same_as_matching_each_alone(
            texts in prop::collection::vec("[ab \n]{0,6}", 1..8),
            pattern in prop::sample::select(vec!["a", "ab", r"a\s+b", r"\bb", "^b", "a$", "(?s)a.b", "a*", r"b\Bb", "[^a]b", r"\s"]),
        ) {
            let (mut text, mut entries) = (String::new(), Vec::new());
            for (number, piece) in texts.iter().enumerate().filter(|(_, piece)| !piece.is_empty()) {
                entries.push((number as u32 + 1, text.len()..text.len() + piece.len()));
                text.push_str(piece);
                text.push('\n');
            }
            let regex = compile(pattern).unwrap();
            let expected: Vec<_> = texts.iter().enumerate().filter(|(_, piece)| !piece.is_empty() && regex.is_match(piece)).map(|(n, _)| EventId(n as u32 + 1)).collect();
            prop_assert_eq!(matches(&regex, &text, &entries, |_| true), expected);
        }
    }
}
