//! Searchable text in blocks: entries one after the other, a line break between them, and an index of whose they are.

use std::ops::Range;

use super::codec::{Take, put, put_signed};
use super::fold::folded;
use super::following::{Hit, Watch};

/// A block is closed when it holds this much.
pub(super) const BLOCK_BYTES: usize = 256 << 10;

/// Text being gathered. Entries name a row; what a row number means is the caller's (a row of a batch, an event).
#[derive(Default)]
pub(super) struct Gather {
    pub(super) text: String,
    entries: Vec<(u32, u32)>,
    said: Vec<SaidIn>,
}

/// Where in an entry's text stands what the user and the model said: bytes from its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SaidIn {
    /// Which entry of the block.
    pub(super) entry: u32,
    pub(super) user: Range<u32>,
    pub(super) answer: Range<u32>,
}

/// A block of text, compressed. Made in worker threads.
pub(super) struct TextBlock {
    /// Row and length of each entry, in the order of the text.
    pub(super) entries: Vec<(u32, u32)>,
    /// Of those that are exchanges.
    pub(super) said: Vec<SaidIn>,
    /// Bytes of text.
    pub(super) plain: u32,
    /// The text, lz4.
    pub(super) data: Vec<u8>,
    /// What was found in it, by row; `None` when it was not searched.
    pub(super) hits: Option<Vec<Hit>>,
}

impl Gather {
    /// Ends the entry that starts at `start` (all that was pushed to `text` since), and adds its folded form.
    pub(super) fn end_entry(&mut self, row: u32, start: usize) {
        let fold = folded(self.text.get(start..).unwrap_or_default());
        self.close(row, start);
        if let Some(fold) = fold {
            self.push(row, &fold);
        }
    }

    /// Adds an entry as it is.
    pub(super) fn push(&mut self, row: u32, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.close(row, start);
    }

    fn close(&mut self, row: u32, start: usize) {
        if self.text.len() > start {
            self.entries.push((row, (self.text.len() - start) as u32));
            self.text.push('\n');
        }
    }

    /// Of the entry that comes next: where in it stands what was said.
    pub(super) fn say(&mut self, user: Range<u32>, answer: Range<u32>) {
        if !(user.is_empty() && answer.is_empty()) {
            self.said.push(SaidIn { entry: self.entries.len() as u32, user, answer });
        }
    }

    /// Adds the entries of a block that was closed; `None` when one of them has no text.
    pub(super) fn again<'t>(&mut self, entries: impl Iterator<Item = (u32, Option<&'t str>)>, said: &[SaidIn]) -> Option<()> {
        let mut said = said.iter().peekable();
        for (at, (row, text)) in entries.enumerate() {
            if let Some(said) = said.next_if(|said| said.entry as usize == at) {
                self.say(said.user.clone(), said.answer.clone());
            }
            self.push(row, text?);
        }
        Some(())
    }

    /// Is it time to close the block?
    pub(super) fn is_full(&self) -> bool {
        self.text.len() >= BLOCK_BYTES
    }

    /// Compresses what was gathered, searches it for whoever wants to know, and starts anew; nothing when there is nothing.
    pub(super) fn seal(&mut self, watch: Option<&Watch>) -> Option<TextBlock> {
        if self.entries.is_empty() {
            return None;
        }
        let hits = watch.and_then(|watch| watch.look(&self.text, &self.entries, &self.said));
        let block = TextBlock {
            hits,
            entries: std::mem::take(&mut self.entries),
            said: std::mem::take(&mut self.said),
            plain: self.text.len() as u32,
            data: lz4_flex::block::compress(self.text.as_bytes()),
        };
        self.text.clear();
        Some(block)
    }
}

/// Writes an index. Row 0 is nobody: text of a record that was in the case already.
pub(super) fn encode_entries(entries: impl Iterator<Item = (u32, u32)>) -> Vec<u8> {
    let (mut out, mut previous) = (Vec::new(), 0_i64);
    for (event, length) in entries {
        put_signed(&mut out, i64::from(event) - previous);
        put(&mut out, u64::from(length));
        previous = i64::from(event);
    }
    out
}

/// Writes where in the entries stands what was said.
pub(super) fn encode_said(said: &[SaidIn]) -> Vec<u8> {
    let (mut out, mut previous) = (Vec::with_capacity(said.len() * 8), 0);
    for SaidIn { entry, user, answer } in said {
        for number in [entry - previous, user.start, user.end - user.start, answer.start, answer.end - answer.start] {
            put(&mut out, u64::from(number));
        }
        previous = *entry;
    }
    out
}

/// Reads it.
pub(super) fn decode_said(blob: &[u8]) -> Option<Vec<SaidIn>> {
    let (mut take, mut entry, mut said) = (Take(blob), 0_u32, Vec::with_capacity(blob.len() / 6));
    while !take.is_empty() {
        let mut number = || u32::try_from(take.int()?).ok();
        entry = entry.checked_add(number()?)?;
        let mut range = || {
            let start = number()?;
            Some(start..start.checked_add(number()?)?)
        };
        said.push(SaidIn { entry, user: range()?, answer: range()? });
    }
    Some(said)
}

/// What is to be taken for said where an earlier version did not note it: everything.
pub(super) fn said_anywhere(entries: &[(u32, Range<usize>)]) -> Vec<SaidIn> {
    let all = entries.iter().map(|(_, range)| 0..range.len() as u32);
    all.zip(0..).map(|(all, entry)| SaidIn { entry, user: all.clone(), answer: all }).collect()
}

/// Reads an index: event and the range of its text.
pub(super) fn decode_entries(blob: &[u8]) -> Option<Vec<(u32, Range<usize>)>> {
    let (mut take, mut event, mut start) = (Take(blob), 0_i64, 0_usize);
    let mut entries = Vec::with_capacity(blob.len() / 2);
    while !take.is_empty() {
        event = event.checked_add(take.signed()?)?;
        let end = start.checked_add(usize::try_from(take.int()?).ok()?)?;
        entries.push((u32::try_from(event).ok()?, start..end));
        start = end.checked_add(1)?;
    }
    Some(entries)
}

/// The text of a stored block, into `room`, which is reused.
pub(super) fn expand<'a>(data: &[u8], plain: usize, room: &'a mut Vec<u8>) -> Option<&'a str> {
    // lz4 cannot shrink more than 255 times: a damaged length asks for no more memory than that.
    if plain / 255 > data.len() + 16 {
        return None;
    }
    if room.len() < plain {
        room.resize(plain, 0);
    }
    let length = lz4_flex::block::decompress_into(data, room.get_mut(..plain)?).ok()?;
    std::str::from_utf8(room.get(..length).filter(|text| text.len() == plain)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_their_index() {
        let mut gather = Gather::default();
        gather.text.push_str("pass\u{200b}word");
        gather.end_entry(7, 0);
        gather.end_entry(8, gather.text.len());
        gather.say(0..1, 1..1);
        gather.push(9, "x");
        gather.say(0..0, 0..0);
        let block = gather.seal(None).expect("text");
        assert_eq!(block.entries, [(7, 11), (7, 8), (9, 1)]);
        let mut room = Vec::new();
        let text = expand(&block.data, block.plain as usize, &mut room).expect("a block");
        assert_eq!(text, "pass\u{200b}word\npassword\nx\n");
        let entries = decode_entries(&encode_entries(block.entries.iter().copied())).expect("an index");
        assert_eq!(entries, [(7, 0..11), (7, 12..20), (9, 21..22)]);
        let said = [SaidIn { entry: 2, user: 0..1, answer: 1..1 }];
        assert_eq!(block.said, said);
        let more = [&said[..], &[SaidIn { entry: 300, user: 5..70_000, answer: 70_001..70_001 }]].concat();
        assert_eq!(decode_said(&encode_said(&more)).expect("what was said"), more);
        assert!(decode_said(&[1, 0]).is_none());
        assert!(gather.seal(None).is_none());
        assert!(decode_entries(&[1]).is_none());
        assert!(expand(&block.data, usize::MAX, &mut room).is_none());
        assert!(expand(b"\xff\xff\xff", 100, &mut room).is_none());
    }
}
