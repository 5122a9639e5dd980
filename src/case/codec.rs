//! How lists of events are written: LEB128 variable-length integers, differences, and bitmaps where they are shorter.
//!
//! Nothing here trusts what it reads: a damaged blob gives `None`, never a panic or an allocation beyond its own size.

use super::idset::IdSet;
use crate::model::{EventId, EventRef};

/// Appends an integer, seven bits a byte.
pub(super) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed integer, small magnitudes short.
pub(super) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, zigzag(value));
}

const fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Names of tools, one a line; `None` without any.
pub(super) fn tools(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| names.join("\n"))
}

/// Reads them back.
pub(super) fn tools_of(lines: Option<&str>) -> Vec<String> {
    lines.into_iter().flat_map(str::lines).map(str::to_owned).collect()
}

/// Takes integers and bytes off the front of a blob.
pub(super) struct Take<'a>(pub(super) &'a [u8]);

impl<'a> Take<'a> {
    pub(super) fn int(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0_u64, 0);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        self.int().map(unzigzag)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes references that are sorted by time and row number.
pub(super) fn encode_refs(refs: &[EventRef]) -> Vec<u8> {
    let mut out = Vec::with_capacity(refs.len() * 5);
    let (mut millis, mut id) = (0, 0);
    for event in refs {
        put_signed(&mut out, event.millis.wrapping_sub(millis));
        put(&mut out, zigzag(i64::from(event.id.0) - id) << 6 | u64::from(event.bits & 0x3f));
        (millis, id) = (event.millis, i64::from(event.id.0));
    }
    out
}

/// Reads what [`encode_refs`] wrote, keeping those whose row number is above `after`.
pub(super) fn decode_refs(blob: &[u8], after: u32, out: &mut Vec<EventRef>) -> Option<()> {
    let mut take = Take(blob);
    let (mut millis, mut id) = (0_i64, 0_i64);
    while !take.is_empty() {
        millis = millis.wrapping_add(take.signed()?);
        let packed = take.int()?;
        id = id.checked_add(unzigzag(packed >> 6))?;
        let row = u32::try_from(id).ok()?;
        if row > after {
            out.push(EventRef { millis, id: EventId(row), bits: packed as u8 & 0x3f });
        }
    }
    Some(())
}

const DIFFERENCES: u8 = 0;
const BITMAP: u8 = 1;

/// Writes ascending row numbers, none of them below `base`.
pub(super) fn encode_ids(ids: &[u32], base: u32, out: &mut Vec<u8>) {
    out.clear();
    let aligned = base & !63;
    let last = ids.last().copied().unwrap_or(base);
    let words = (last.saturating_sub(aligned) / 64 + 1) as usize;
    if words * 8 < ids.len() {
        let mut bits = vec![0_u64; words];
        for id in ids {
            let place = id.saturating_sub(aligned);
            if let Some(word) = bits.get_mut(place as usize / 64) {
                *word |= 1 << (place % 64);
            }
        }
        out.push(BITMAP);
        out.extend(bits.iter().flat_map(|word| word.to_le_bytes()));
        return;
    }
    out.push(DIFFERENCES);
    let mut previous = base;
    for id in ids {
        put(out, u64::from(id.wrapping_sub(previous)));
        previous = *id;
    }
}

/// Reads what [`encode_ids`] wrote, one row number after the other.
pub(super) fn decode_ids(blob: &[u8], base: u32, mut each: impl FnMut(u32)) -> Option<()> {
    let (form, rest) = blob.split_first()?;
    match *form {
        BITMAP => {
            let mut start = base & !63;
            for bytes in rest.chunks(8) {
                let mut word = u64::from_le_bytes(bytes.try_into().ok()?);
                while word != 0 {
                    each(start.checked_add(word.trailing_zeros())?);
                    word &= word - 1;
                }
                start = start.saturating_add(64);
            }
        }
        DIFFERENCES => {
            let (mut take, mut id) = (Take(rest), base);
            while !take.is_empty() {
                id = id.checked_add(u32::try_from(take.int()?).ok()?)?;
                each(id);
            }
        }
        _ => return None,
    }
    Some(())
}

/// Reads what [`encode_ids`] wrote into a set; a bitmap is copied a word at a time.
pub(super) fn decode_ids_into(blob: &[u8], base: u32, set: &mut IdSet) -> Option<()> {
    let (form, rest) = blob.split_first()?;
    if *form == BITMAP {
        let mut start = base & !63;
        for bytes in rest.chunks(8) {
            set.insert_word(start, u64::from_le_bytes(bytes.try_into().ok()?));
            start = start.saturating_add(64);
        }
        return Some(());
    }
    decode_ids(blob, base, |id| set.insert(id))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn integers_as_leb128_defines_them() {
        // The examples of the DWARF standard, appendix C.
        for (value, bytes) in [(2, &[2][..]), (127, &[127]), (128, &[0x80, 1]), (129, &[0x81, 1]), (12857, &[0xb9, 0x64])] {
            let mut out = Vec::new();
            put(&mut out, value);
            assert_eq!(out, bytes, "{value}");
            assert_eq!(Take(bytes).int(), Some(value));
        }
        assert_eq!(Take(&[0x80]).int(), None);
        assert_eq!(Take(&[0xff; 12]).int(), None);
    }

    #[test]
    fn a_dense_list_takes_a_bit_an_event() {
        let mut out = Vec::new();
        encode_ids(&(1000..9000).collect::<Vec<_>>(), 1000, &mut out);
        assert_eq!(out.len(), 1 + (8000_usize + (1000 - 960)).div_ceil(64) * 8);
        encode_ids(&[1000, 1_000_000], 1000, &mut out);
        assert_eq!(out.len(), 1 + 1 + 3);
    }

    proptest! {
        #[test]
        fn references_round_trip(mut refs in prop::collection::vec((any::<i64>(), any::<u32>(), 0..64_u8), 0..200), after: u32) {
            refs.sort_unstable();
            let refs: Vec<_> = refs.into_iter().map(|(millis, id, bits)| EventRef { millis, id: EventId(id), bits }).collect();
            let mut back = Vec::new();
            prop_assert!(decode_refs(&encode_refs(&refs), after, &mut back).is_some());
            prop_assert_eq!(back, refs.into_iter().filter(|event| event.id.0 > after).collect::<Vec<_>>());
        }

        #[test]
        fn row_numbers_round_trip(base in 0..5000_u32, mut steps in prop::collection::vec(0..70_u32, 0..400), wide in any::<bool>()) {
            for step in &mut steps {
                *step = if wide { *step * 997 } else { *step / 10 };
            }
            let mut ids: Vec<u32> = steps.iter().scan(base, |at, step| { *at += step; Some(*at) }).collect();
            ids.dedup();
            let mut blob = Vec::new();
            encode_ids(&ids, base, &mut blob);
            let mut back = Vec::new();
            prop_assert!(decode_ids(&blob, base, |id| back.push(id)).is_some());
            prop_assert_eq!(&back, &ids);
            let mut set = IdSet::new(base, base + 80_000 * 400);
            prop_assert!(decode_ids_into(&blob, base, &mut set).is_some());
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), ids);
        }

        #[test]
        fn damaged_blobs_never_panic(blob in prop::collection::vec(any::<u8>(), 0..80), base: u32) {
            let _ = decode_refs(&blob, 0, &mut Vec::new());
            let _ = decode_ids(&blob, base, |_| ());
            let _ = decode_ids_into(&blob, base, &mut IdSet::new(0, 1000));
        }
    }
}
