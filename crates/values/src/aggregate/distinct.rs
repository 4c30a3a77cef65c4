//! APPROX_DISTINCT: exact while there are few values, then HyperLogLog.

use std::collections::HashSet;

use rockhopper_sql::{Function, Value};

use super::not_a_state;
use crate::codec::encode_key;
use crate::error::{Error, Result};
use crate::math::float;

/// Up to so many different values the count is exact.
const EXACT_VALUES_LIMIT: usize = 512;
/// A standard error of 0.023.
const DEFAULT_PRECISION: u8 = 11;
/// The standard error of HyperLogLog is this by the square root of the number of registers.
const ERROR_FACTOR: f64 = 1.04;

/// The set of values, by their hashes.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    /// There are two to the power of this registers.
    precision: u8,
    /// All hashes, as long as they are few; then none.
    hashes: HashSet<u64>,
    /// Empty as long as the hashes are few.
    registers: Vec<u8>,
}

impl Default for Sketch {
    fn default() -> Sketch {
        Sketch { precision: DEFAULT_PRECISION, hashes: HashSet::new(), registers: Vec::new() }
    }
}

impl Sketch {
    pub(super) fn add(&mut self, value: &Value) {
        let mut key = Vec::new();
        encode_key(value, &mut key);
        self.add_hash(hash(&key));
    }

    /// The second argument. It is the same for all rows, so only the first counts.
    pub(super) fn set_error(&mut self, error: &Value) -> Result<()> {
        let error = float(error).filter(|error| (0.0040625..=0.26).contains(error)).ok_or_else(|| {
            Error::invalid_argument("The error of APPROX_DISTINCT must be a number from 0.0040625 to 0.26")
        })?;
        if self.is_empty() {
            // 4 to 16 in the range of errors.
            self.precision = (2.0 * (ERROR_FACTOR / error).log2()).ceil().clamp(4.0, 16.0) as u8;
        }
        Ok(())
    }

    pub(super) fn estimate(&self) -> i64 {
        if self.registers.is_empty() {
            return self.hashes.len() as i64;
        }
        let count = self.registers.len() as f64;
        let sum: f64 = self.registers.iter().map(|rank| 2_f64.powi(-i32::from(*rank))).sum();
        let alpha = match self.registers.len() {
            16 => 0.673,
            32 => 0.697,
            64 => 0.709,
            _ => 0.7213 / (1.0 + 1.079 / count),
        };
        let raw = alpha * count * count / sum;
        let empty = self.registers.iter().filter(|rank| **rank == 0).count();
        // With many empty registers counting those is the better estimate.
        let estimate =
            if raw <= 2.5 * count && empty > 0 { count * (count / empty as f64).ln() } else { raw };
        estimate.round() as i64
    }

    /// The precision, a mark, and then registers, or hashes of 8 bytes.
    pub(super) fn state(&self) -> Value {
        let mut bytes = vec![self.precision];
        if self.registers.is_empty() {
            bytes.push(HASHES_MARK);
            let mut sorted: Vec<u64> = self.hashes.iter().copied().collect();
            sorted.sort_unstable();
            bytes.extend(sorted.into_iter().flat_map(u64::to_be_bytes));
        } else {
            bytes.push(REGISTERS_MARK);
            bytes.extend_from_slice(&self.registers);
        }
        Value::Bytes(bytes)
    }

    pub(super) fn merge(&mut self, state: &[u8]) -> Result<()> {
        let wrong = || not_a_state(Function::ApproxDistinct);
        let [precision, mark, rest @ ..] = state else { return Err(wrong()) };
        if rest.is_empty() {
            return Ok(());
        }
        if self.is_empty() {
            self.precision = *precision;
        }
        if self.precision != *precision || !(4..=16).contains(precision) {
            return Err(wrong());
        }
        if *mark == HASHES_MARK {
            let (hashes, []) = rest.as_chunks::<8>() else { return Err(wrong()) };
            hashes.iter().for_each(|hash| self.add_hash(u64::from_be_bytes(*hash)));
            return Ok(());
        }
        self.use_registers();
        if self.registers.len() != rest.len() {
            return Err(wrong());
        }
        self.registers.iter_mut().zip(rest).for_each(|(mine, other)| *mine = (*mine).max(*other));
        Ok(())
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.hashes.capacity() * (size_of::<u64>() + 1) + self.registers.len()
    }

    fn is_empty(&self) -> bool {
        self.registers.is_empty() && self.hashes.is_empty()
    }

    fn add_hash(&mut self, hash: u64) {
        if !self.registers.is_empty() {
            return enter(&mut self.registers, self.precision, hash);
        }
        self.hashes.insert(hash);
        if self.hashes.len() > EXACT_VALUES_LIMIT {
            self.use_registers();
        }
    }

    fn use_registers(&mut self) {
        if self.registers.is_empty() {
            self.registers = vec![0; 1 << self.precision];
            for hash in std::mem::take(&mut self.hashes) {
                enter(&mut self.registers, self.precision, hash);
            }
        }
    }
}

const HASHES_MARK: u8 = 0;
const REGISTERS_MARK: u8 = 1;

fn enter(registers: &mut [u8], precision: u8, hash: u64) {
    let index = (hash >> (64 - precision)) as usize;
    // The mark bit bounds the rank where all others are zero.
    let rank = ((hash << precision) | 1 << (precision - 1)).leading_zeros() as u8 + 1;
    registers[index] = registers[index].max(rank);
}

/// The same in every process and version, as states are kept: FNV-1a, then MurmurHash3's finish for the high bits.
fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}
