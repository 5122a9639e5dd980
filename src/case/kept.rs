//! A source's bytes that are kept inside the case, read from the first to the last: for deriving everything again.

use std::io::{self, Read};

use rusqlite::{Connection, OptionalExtension as _};

use super::error::{CaseError, Doing as _, Result};
use super::reader::Reader;
use super::writer::Block;
use crate::model::SourceId;

const DOING: &str = "reading evidence kept inside";

/// In which form the bytes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptForm {
    /// Plain bytes, whatever the source was.
    Plain = 0,
    /// The bytes as they were stored, compressed or not.
    Stored = 1,
}

/// The bytes of one source, as a stream; memory is one block.
pub struct Kept<'c> {
    connection: &'c Connection,
    source: SourceId,
    form: KeptForm,
    next: u64,
    block: io::Cursor<Vec<u8>>,
}

impl Reader {
    /// The bytes of a source that are kept inside the case; `None` when there are none.
    pub fn kept(&self, source: SourceId) -> Result<Option<Kept<'_>>> {
        let sql = "SELECT MAX(form) FROM block WHERE source = ?1";
        let form: Option<u8> = self.connection().query_row(sql, [source.0], |row| row.get(0)).doing(DOING)?;
        let form = form.map(|form| if form == KeptForm::Stored as u8 { KeptForm::Stored } else { KeptForm::Plain });
        Ok(form.map(|form| Kept { connection: self.connection(), source, form, next: 0, block: io::Cursor::default() }))
    }
}

impl Kept<'_> {
    /// In which form they are.
    pub fn form(&self) -> KeptForm {
        self.form
    }

    /// The block that holds the byte `next`, from there on. Reading a source again after an interrupted ingest may have
    /// stored blocks twice, so they may overlap.
    fn following(&self) -> Result<Option<Vec<u8>>> {
        let damaged = || CaseError::Damaged { doing: DOING, what: "a block of evidence" };
        let sql = "SELECT position, length, data FROM block WHERE source = ?1 AND form = ?2 AND position <= ?3 AND position > ?3 - ?4
                   AND position + length > ?3 ORDER BY position DESC LIMIT 1";
        let mut select = self.connection.prepare_cached(sql).doing(DOING)?;
        let longest = (Block::BYTES as i64).max(1 << 20);
        let at = (self.source.0, self.form as u8, self.next as i64, longest);
        let found = select.query_row(at, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?, row.get::<_, Vec<u8>>(2)?)));
        let Some((position, length, data)) = found.optional().doing(DOING)? else { return Ok(None) };
        if u64::from(length) / 255 > data.len() as u64 + 16 {
            return Err(damaged());
        }
        let bytes = match self.form {
            KeptForm::Plain => lz4_flex::block::decompress(&data, length as usize).map_err(|_| damaged())?,
            KeptForm::Stored => data,
        };
        let skipped = usize::try_from(self.next - position as u64).map_err(|_| damaged())?;
        Ok(Some(bytes.get(skipped..).ok_or_else(damaged)?.to_vec()))
    }
}

impl Read for Kept<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.block.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.following().map_err(io::Error::other)? {
                Some(bytes) if !bytes.is_empty() => {
                    self.next += bytes.len() as u64;
                    self.block = io::Cursor::new(bytes);
                }
                _ => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Writable;

    #[test]
    fn blocks_come_back_as_one_stream_though_some_are_stored_twice() {
        let dir = tempfile::tempdir().unwrap();
        let case = Writable::open(&dir.path().join("case.outcrop")).unwrap();
        let mut writer = case.writer().unwrap();
        let plain: Vec<u8> = (0..700_000u32).map(|number| (number % 253) as u8).collect();
        let source = SourceId(3);
        // An interrupted reading, and then the whole.
        for (from, to) in [(0, 100), (100, 300_000), (0, 262_144), (262_144, 524_288), (524_288, 700_000)] {
            writer.store_block(source, from as u64, &plain[from..to]);
        }
        writer.store_block(SourceId(4), 0, b"another");
        writer.commit().unwrap();
        let reader = case.reader().unwrap();
        let mut kept = reader.kept(source).unwrap().unwrap();
        assert_eq!(kept.form(), KeptForm::Plain);
        let mut bytes = Vec::new();
        kept.read_to_end(&mut bytes).unwrap();
        assert!(bytes == plain);
        assert!(reader.kept(SourceId(9)).unwrap().is_none());
    }
}
