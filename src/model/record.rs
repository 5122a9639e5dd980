//! Where a record's bytes are, and their hash.

use std::fmt;

use serde::{Serialize, Serializer};

/// SHA-256 of a record's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// 64 lower-case hex digits.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }

    /// The first 16 hex digits.
    pub fn short(&self) -> String {
        hex(self.0.get(..8).unwrap_or_default())
    }

    /// A digest of stored bytes; `None` when they are not 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

/// How the record's own bytes are wrapped in the bytes at its position (FORMATS §1.5, §3.6, §4). Unwrapping is
/// deterministic, so a record can be found again from position and wrap alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Wrap {
    /// The bytes at the position are the record.
    #[default]
    None,
    /// The JSON string under `message` of an object (filter-log-events, subscription data).
    Message,
    /// The JSON string under `CloudTrailEvent` (lookup-events).
    CloudTrailEvent,
    /// The object under `detail` (EventBridge).
    Detail,
    /// The `value` of the `@message` field in Logs Insights results, API or flattened form.
    InsightsField,
    /// That column (counted from 0) of one CSV record.
    CsvColumn(u16),
    /// A row of one-key objects or a flat row, as CloudTrail Lake gives them.
    LakeRow,
    /// A JSON string that holds the record.
    JsonString,
    /// That row (counted from 0) of an osquery result that holds many.
    ResultRow(u32),
}

/// Stored numbers from here on are rows, counted up from it.
const ROWS: u32 = 1 << 20;

impl Wrap {
    /// The number stored in a case file.
    pub const fn code(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Message => 1,
            Self::CloudTrailEvent => 2,
            Self::Detail => 3,
            Self::InsightsField => 4,
            Self::LakeRow => 5,
            Self::JsonString => 6,
            Self::CsvColumn(column) => 16 + column as u32,
            Self::ResultRow(row) => ROWS + row,
        }
    }

    /// The wrap of a stored number.
    pub const fn from_code(code: u32) -> Self {
        match code {
            1 => Self::Message,
            2 => Self::CloudTrailEvent,
            3 => Self::Detail,
            4 => Self::InsightsField,
            5 => Self::LakeRow,
            6 => Self::JsonString,
            ROWS.. => Self::ResultRow(code - ROWS),
            16.. => Self::CsvColumn((code - 16) as u16),
            _ => Self::None,
        }
    }
}

/// Where a record lies in the plain (decompressed) bytes of its source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RecordPosition {
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub length: u32,
    /// What to undo to get the record.
    pub wrap: Wrap,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_round_trip() {
        for wrap in [
            Wrap::None,
            Wrap::Message,
            Wrap::CloudTrailEvent,
            Wrap::Detail,
            Wrap::InsightsField,
            Wrap::LakeRow,
            Wrap::JsonString,
            Wrap::CsvColumn(0),
            Wrap::CsvColumn(41),
            Wrap::CsvColumn(u16::MAX),
            Wrap::ResultRow(0),
            Wrap::ResultRow(100_000),
        ] {
            assert_eq!(Wrap::from_code(wrap.code()), wrap);
        }
    }
}
