//! A window onto a stream: the bytes not yet consumed, and where in the plain stream they lie. It grows to the largest
//! record and no further; what is consumed is forgotten.

use std::io::{ErrorKind, Read};

/// Log files are small: what is cleared and moved for each should be, too.
const CHUNK: usize = 64 * 1024;
const SHRINK_ABOVE: usize = 4 * 1024 * 1024;

/// The unread part of a stream.
pub(super) struct Window<'r> {
    source: &'r mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    filled: usize,
    offset: u64,
    ended: bool,
    problem: Option<String>,
}

impl<'r> Window<'r> {
    pub(super) fn new(source: &'r mut dyn Read) -> Self {
        Self { source, buffer: Vec::new(), start: 0, filled: 0, offset: 0, ended: false, problem: None }
    }

    /// What was read and not consumed.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.filled).unwrap_or_default()
    }

    /// The first `length` unread bytes, or fewer.
    pub(super) fn front(&self, length: usize) -> &[u8] {
        let bytes = self.bytes();
        bytes.get(..length).unwrap_or(bytes)
    }

    /// Where in the plain stream [`Self::bytes`] begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// All plain bytes read so far, consumed or not.
    pub(super) fn seen(&self) -> u64 {
        self.offset + (self.filled - self.start) as u64
    }

    /// Why the stream ended before its end.
    pub(super) fn take_problem(&mut self) -> Option<String> {
        self.problem.take()
    }

    /// Forgets the first `length` unread bytes.
    pub(super) fn consume(&mut self, length: usize) {
        let length = length.min(self.filled - self.start);
        self.start += length;
        self.offset += length as u64;
    }

    /// Reads on; false when nothing more comes.
    pub(super) fn more(&mut self) -> bool {
        if self.ended {
            return false;
        }
        self.make_room();
        loop {
            let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
            match self.source.read(room) {
                Ok(0) => {
                    self.ended = true;
                    return false;
                }
                Ok(count) => {
                    self.filled += count;
                    return true;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.problem = Some(error.to_string());
                    return false;
                }
            }
        }
    }

    /// Reads on until at least `length` bytes are unread; false when the stream ends before.
    pub(super) fn fill(&mut self, length: usize) -> bool {
        while self.bytes().len() < length {
            if !self.more() {
                return false;
            }
        }
        true
    }

    /// The unread byte at `index`, read if need be; `None` at the end of the stream.
    pub(super) fn byte(&mut self, index: usize) -> Option<u8> {
        if self.bytes().len() <= index {
            self.fill(index + 1);
        }
        self.bytes().get(index).copied()
    }

    fn make_room(&mut self) {
        if self.buffer.len() - self.filled >= CHUNK / 4 {
            return;
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.filled, 0);
            self.filled -= self.start;
            self.start = 0;
        }
        if self.buffer.len() > SHRINK_ABOVE && self.filled < CHUNK {
            self.buffer.truncate(CHUNK * 2);
            self.buffer.shrink_to_fit();
        } else if self.buffer.len() - self.filled < CHUNK / 4 {
            self.buffer.resize((self.buffer.len() * 2).max(CHUNK), 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_those_of_the_stream_whatever_was_consumed() {
        let data: Vec<u8> = (0..1_000_000u32).map(|number| (number % 251) as u8).collect();
        let mut source = data.as_slice();
        let mut window = Window::new(&mut source);
        let mut at = 0usize;
        while window.byte(0).is_some() {
            let length = window.bytes().len().min(70_001);
            assert_eq!(window.offset(), at as u64);
            assert_eq!(window.bytes()[..length], data[at..at + length]);
            window.consume(length);
            at += length;
        }
        assert_eq!(at, data.len());
        assert_eq!(window.seen(), data.len() as u64);
    }

    #[test]
    fn memory_is_given_back_after_a_large_record() {
        let data = vec![b'x'; 20 << 20];
        let mut source = data.as_slice();
        let mut window = Window::new(&mut source);
        assert!(window.fill(12 << 20));
        window.consume(12 << 20);
        while window.byte(0).is_some() {
            let length = window.bytes().len();
            window.consume(length);
        }
        assert!(window.buffer.len() <= 2 * CHUNK, "{}", window.buffer.len());
    }
}
