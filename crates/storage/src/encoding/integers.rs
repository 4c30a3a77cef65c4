//! Integers, and what can be written as such: codes, offsets, slots, bits of floats.

use std::io;

use super::cursor::{Cursor, put_signed};
use super::{Compressor, Decoded, take_run};

/// In the first byte of a block: differences of neighbours are kept. The rest of the byte is the number of planes.
const DIFFERENCES: u8 = 0x80;

/// A number as the 64 bits that are encoded.
pub(crate) trait Number: Copy {
    /// The bits; small values must have a small distance from each other.
    fn to_i64(self) -> i64;
    /// The number again.
    fn from_i64(bits: i64) -> Self;
}

macro_rules! number {
    ($($type:ty: $to:expr, $from:expr;)*) => {
        $(impl Number for $type {
            fn to_i64(self) -> i64 {
                $to(self)
            }

            fn from_i64(bits: i64) -> Self {
                $from(bits)
            }
        })*
    };
}

number! {
    i64: |value| value, |bits| bits;
    i32: i64::from, |bits| bits as i32;
    u32: i64::from, |bits| bits as u32;
    f64: |value: f64| value.to_bits() as i64, |bits| f64::from_bits(bits as u64);
}

/// Least and greatest of some values.
#[derive(Clone, Copy)]
struct Span {
    least: i64,
    greatest: i64,
}

impl Span {
    fn of(values: impl Iterator<Item = i64>) -> Span {
        let (least, greatest) = values
            .fold((i64::MAX, i64::MIN), |(least, greatest), value| (least.min(value), greatest.max(value)));
        if least > greatest { Span { least: 0, greatest: 0 } } else { Span { least, greatest } }
    }

    fn bits(self) -> u32 {
        u64::BITS - (self.greatest.wrapping_sub(self.least) as u64).leading_zeros()
    }
}

/// Appends the values of one block.
pub(crate) fn put_integers<T: Number>(
    values: &[T],
    compressor: &mut Compressor,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let differences = || values.windows(2).map(|pair| pair[1].to_i64().wrapping_sub(pair[0].to_i64()));
    let plain = Span::of(values.iter().map(|value| value.to_i64()));
    let steps = Span::of(differences());
    let (span, distances): (Span, Vec<u64>) = if steps.bits() < plain.bits() {
        (steps, differences().map(|step| step.wrapping_sub(steps.least) as u64).collect())
    } else {
        let distance = |value: &T| value.to_i64().wrapping_sub(plain.least) as u64;
        (plain, values.iter().map(distance).collect())
    };
    let planes = span.bits().div_ceil(8) as u8;
    let is_differences = distances.len() < values.len();
    out.push(planes | if is_differences { DIFFERENCES } else { 0 });
    put_signed(out, span.least);
    if let (true, Some(first)) = (is_differences, values.first()) {
        put_signed(out, first.to_i64());
    }
    let mut plane = Vec::with_capacity(distances.len());
    for shift in (0..u32::from(planes) * 8).step_by(8) {
        plane.clear();
        plane.extend(distances.iter().map(|distance| (distance >> shift) as u8));
        compressor.put_run(&plane, out)?;
    }
    Ok(())
}

/// Appends the `count` values of the block at the cursor to others.
pub(crate) fn take_integers<T: Number>(
    cursor: &mut Cursor<'_>,
    count: usize,
    out: &mut Vec<T>,
) -> Decoded<()> {
    let head = cursor.byte()?;
    let (planes, is_differences) = ((head & !DIFFERENCES) as usize, head & DIFFERENCES != 0);
    if planes > 8 || (is_differences && count == 0) {
        return Err("a block of numbers is wrong".to_owned());
    }
    let least = cursor.signed()?;
    let first = if is_differences { Some(cursor.signed()?) } else { None };
    let distances = take_planes(cursor, planes, count - usize::from(is_differences))?;
    match first {
        Some(first) => {
            let mut value = first;
            out.push(T::from_i64(value));
            out.extend(distances.iter().map(|distance| {
                value = value.wrapping_add(least).wrapping_add(*distance as i64);
                T::from_i64(value)
            }));
        }
        None => {
            out.extend(distances.iter().map(|distance| T::from_i64(least.wrapping_add(*distance as i64))))
        }
    }
    Ok(())
}

fn take_planes(cursor: &mut Cursor<'_>, planes: usize, count: usize) -> Decoded<Vec<u64>> {
    if count > super::BLOCK_VALUES {
        return Err("a block of numbers is too large".to_owned());
    }
    let mut distances = vec![0; count];
    let mut plane = Vec::with_capacity(count);
    for shift in (0..planes * 8).step_by(8) {
        plane.clear();
        take_run(cursor, &mut plane)?;
        if plane.len() != count {
            return Err("a block of numbers has not its size".to_owned());
        }
        for (distance, byte) in distances.iter_mut().zip(&plane) {
            *distance |= u64::from(*byte) << shift;
        }
    }
    Ok(distances)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check<T: Number + PartialEq + std::fmt::Debug>(values: &[T]) -> usize {
        let mut bytes = Vec::new();
        put_integers(values, &mut Compressor::new().unwrap(), &mut bytes).unwrap();
        let mut found: Vec<T> = Vec::new();
        let mut cursor = Cursor::new(&bytes);
        take_integers(&mut cursor, values.len(), &mut found).unwrap();
        assert!(cursor.is_at_end());
        assert_eq!(found, values);
        bytes.len()
    }

    #[test]
    fn every_number_comes_back() {
        check::<i64>(&[]);
        check(&[7i64]);
        check(&[i64::MIN, i64::MAX, 0, -1, 1]);
        check(&[i32::MIN, i32::MAX]);
        check(&[u32::MAX, 0]);
        check(&[0.0, -0.0, f64::INFINITY, 1.5, f64::MIN_POSITIVE]);
        check(&(0..5000).map(|n| n * n * n * 7919 % 100_003).collect::<Vec<i64>>());
    }

    #[test]
    fn what_is_regular_takes_next_to_nothing() {
        assert!(check(&vec![42i64; 60_000]) < 10);
        assert!(check(&(0..60_000).map(|n| 1_457_651_532_000 + 86 * n).collect::<Vec<i64>>()) < 20);
        assert!(check(&(0..60_000).map(|n| (n % 3) as u32).collect::<Vec<u32>>()) < 100);
    }

    #[test]
    fn bytes_that_are_cut_off_are_an_error() {
        let mut bytes = Vec::new();
        put_integers(&[1i64, 700, 5], &mut Compressor::new().unwrap(), &mut bytes).unwrap();
        for len in 0..bytes.len() {
            assert!(take_integers::<i64>(&mut Cursor::new(&bytes[..len]), 3, &mut Vec::new()).is_err());
        }
        assert!(take_integers::<i64>(&mut Cursor::new(&bytes), 4, &mut Vec::new()).is_err());
    }
}
