//! Ascending numbers in as few bits as the largest step of some of them needs: posting lists.

use super::Decoded;
use super::cursor::{Cursor, put};

/// Steps that are packed with the same number of bits.
const GROUP: usize = 128;
/// Bytes that may be read behind a step's first one.
const WORD_BYTES: usize = 8;

/// Appends numbers that ascend.
pub(crate) fn put_ascending(numbers: &[u32], out: &mut Vec<u8>) {
    // The first number is the step from -1 less one, the others are the steps less one.
    let mut before = u32::MAX;
    let steps: Vec<u32> = numbers
        .iter()
        .map(|number| {
            let step = number.wrapping_sub(before).wrapping_sub(1);
            before = *number;
            step
        })
        .collect();
    for group in steps.chunks(GROUP) {
        let bits = u32::BITS - group.iter().fold(0, |all, step| all | step).leading_zeros();
        put(out, u64::from(bits));
        let (mut word, mut filled) = (0u64, 0);
        for step in group {
            word |= u64::from(*step) << filled;
            filled += bits;
            while filled >= 8 {
                out.push(word as u8);
                word >>= 8;
                filled -= 8;
            }
        }
        if filled > 0 {
            out.push(word as u8);
        }
    }
}

/// The `count` numbers at the cursor.
pub(crate) fn take_ascending(cursor: &mut Cursor<'_>, count: usize) -> Decoded<Vec<u32>> {
    // Every group has at least its number of bits, so a wrong count cannot make this reserve much.
    let mut numbers: Vec<u32> = Vec::with_capacity(count);
    let mut next = 0u64;
    while numbers.len() < count {
        let group = GROUP.min(count - numbers.len());
        let bits = cursor.byte()? as usize;
        if bits > 32 {
            return Err("a posting list is wrong".to_owned());
        }
        let packed = cursor.take((bits * group).div_ceil(8))?;
        // Words are read whole, also where the last steps end.
        let mut padded = [0u8; GROUP * 4 + WORD_BYTES];
        padded[..packed.len()].copy_from_slice(packed);
        let mask = (1u64 << bits) - 1;
        for at in (0..group).map(|step| step * bits) {
            let word = padded[at / 8..].first_chunk().copied().map_or(0, u64::from_le_bytes);
            let number = next + (word >> (at % 8) & mask);
            numbers.push(number as u32);
            next = number + 1;
        }
    }
    if next > u64::from(u32::MAX) + 1 {
        return Err("a posting list is wrong".to_owned());
    }
    Ok(numbers)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_list_comes_back() {
        let lists = [
            vec![],
            vec![0],
            vec![u32::MAX],
            vec![0, u32::MAX],
            (0..1000).collect(),
            (0..1000).map(|n| n * n * 3 + 7).collect(),
            (0..128).collect(),
            (5..134).collect::<Vec<u32>>(),
        ];
        for list in lists {
            let mut bytes = Vec::new();
            put_ascending(&list, &mut bytes);
            let mut cursor = Cursor::new(&bytes);
            assert_eq!(take_ascending(&mut cursor, list.len()).unwrap(), list);
            assert!(cursor.is_at_end());
            for len in 0..bytes.len() {
                assert!(take_ascending(&mut Cursor::new(&bytes[..len]), list.len()).is_err());
            }
        }
    }
}
