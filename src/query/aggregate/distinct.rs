//! How many different values there are: counted while they are few, estimated (HyperLogLog) from then on.

use hashbrown::HashSet;
use xxhash_rust::xxh3::xxh3_64;

use super::super::value::Value;
use super::{Aggregate, MOST_BYTES, MOST_DISTINCT, Note, present, same};

/// 2^14 registers: a standard error of 0.8 %.
const BITS: u32 = 14;

/// `count_distinct`. Values that print alike are one.
pub(super) enum Distinct {
    Exact {
        values: HashSet<Box<str>>,
        bytes: usize,
    },
    /// For each register the longest run of zeros seen, plus one.
    Estimated(Box<[u8]>),
}

impl Default for Distinct {
    fn default() -> Self {
        Self::Exact { values: HashSet::new(), bytes: 0 }
    }
}

impl Distinct {
    fn add(&mut self, text: &str) {
        match self {
            Self::Estimated(registers) => note(registers, text),
            Self::Exact { values, bytes } => {
                if !values.contains(text) {
                    values.insert(text.into());
                    *bytes += text.len();
                    if values.len() > MOST_DISTINCT || *bytes > MOST_BYTES {
                        self.estimate();
                    }
                }
            }
        }
    }

    /// From here on by estimate.
    fn estimate(&mut self) {
        if let Self::Exact { values, .. } = self {
            let mut registers = vec![0; 1 << BITS].into_boxed_slice();
            values.iter().for_each(|value| note(&mut registers, value));
            *self = Self::Estimated(registers);
        }
    }
}

fn note(registers: &mut [u8], text: &str) {
    let hash = xxh3_64(text.as_bytes());
    let run = (hash << BITS).leading_zeros().min(64 - BITS) as u8 + 1;
    if let Some(register) = registers.get_mut((hash >> (64 - BITS)) as usize) {
        *register = run.max(*register);
    }
}

fn estimate(registers: &[u8]) -> f64 {
    let count = registers.len() as f64;
    let zeros: f64 = registers.iter().map(|register| f64::from(u8::from(*register == 0))).sum();
    let sum: f64 = registers.iter().map(|register| (-f64::from(*register)).exp2()).sum();
    let raw = 0.7213 / (1.0 + 1.079 / count) * count * count / sum;
    // Where many registers are empty, their share tells more.
    if raw <= 2.5 * count && zeros > 0.0 { count * (count / zeros).ln() } else { raw }
}

impl Aggregate for Distinct {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        if let Some(value) = present(args) {
            self.add(&value.printed());
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        match same::<Self>(other) {
            Some(Self::Exact { values, .. }) => values.iter().for_each(|value| self.add(value)),
            Some(Self::Estimated(others)) => {
                self.estimate();
                if let Self::Estimated(registers) = self {
                    registers.iter_mut().zip(others).for_each(|(register, other)| *register = other.max(*register));
                }
            }
            None => {}
        }
    }

    fn finish(&self) -> Value {
        match self {
            Self::Exact { values, .. } => Value::count(values.len() as u64),
            Self::Estimated(registers) => Value::number(estimate(registers).round()),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Exact { values, bytes } => bytes + values.capacity() * 20 + 64,
            Self::Estimated(registers) => registers.len(),
        }
    }

    fn notes(&self) -> Vec<Note> {
        match self {
            Self::Exact { .. } => Vec::new(),
            Self::Estimated(_) => vec![Note::Approximate("more than 1,000,000 different values, or 64 MiB of them, are estimated within about 1 %")],
        }
    }
}
