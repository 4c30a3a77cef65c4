//! Texts: their bytes one after another and their lengths; numbered ones as what they have in common and numbers.

use std::io::{self, Write};

use super::cursor::{Cursor, put, put_bytes};
use super::integers::{put_integers, take_integers};
use super::{BLOCK_VALUES, Compressor, Decoded, take_run};

/// Bytes of text in one block, unless a single text is longer.
const BLOCK_BYTES: usize = 64 * 1024;

const PLAIN: u8 = 0;
const NUMBERED: u8 = 1;

/// Digits that are taken for a number at the end of a text.
const MAX_DIGITS: usize = 18;
/// Texts that share what stands before their number, at least, for each time that it changes.
const MIN_SHARING: usize = 8;

/// How many of the texts, whose lengths these are, make up the next block.
pub(crate) fn block_values(lengths: impl Iterator<Item = usize>) -> usize {
    let mut bytes = 0;
    let fits = lengths.take(BLOCK_VALUES).take_while(|length| {
        let fits = bytes == 0 || bytes + length <= BLOCK_BYTES;
        bytes += length;
        fits
    });
    fits.count()
}

/// Appends the texts of one block.
pub(crate) fn put_texts(texts: &[&[u8]], compressor: &mut Compressor, out: &mut Vec<u8>) -> io::Result<()> {
    if let Some(numbered) = Numbered::find(texts) {
        out.push(NUMBERED);
        put(out, numbered.runs.len() as u64);
        for (prefix, count) in &numbered.runs {
            put_bytes(out, prefix);
            put(out, *count as u64);
        }
        return put_integers(&numbered.numbers, compressor, out);
    }
    out.push(PLAIN);
    let lengths: Vec<u32> = texts.iter().map(|text| text.len() as u32).collect();
    put_integers(&lengths, compressor, out)?;
    compressor.put_run(&texts.concat(), out)
}

/// The bytes of the `count` texts of a block, and where each begins and the last one ends.
pub(crate) fn take_texts(cursor: &mut Cursor<'_>, count: usize) -> Decoded<(Vec<i32>, Vec<u8>)> {
    let (mut offsets, mut bytes) = (Vec::with_capacity(count + 1), Vec::new());
    offsets.push(0);
    match cursor.byte()? {
        PLAIN => {
            let mut lengths: Vec<u32> = Vec::with_capacity(count.min(BLOCK_VALUES));
            take_integers(cursor, count, &mut lengths)?;
            take_run(cursor, &mut bytes)?;
            let mut end = 0u64;
            for length in lengths {
                end += u64::from(length);
                offsets.push(i32::try_from(end).map_err(|_| "a block of texts is too large")?);
            }
            if end != bytes.len() as u64 {
                return Err("a block of texts has not its size".to_owned());
            }
        }
        NUMBERED => {
            let mut prefixes = Vec::new();
            for _ in 0..cursor.number()? {
                let prefix = cursor.bytes()?;
                prefixes.extend(std::iter::repeat_n(prefix, cursor.number()?.min(count)));
                if prefixes.len() > count {
                    break;
                }
            }
            let mut numbers: Vec<i64> = Vec::with_capacity(count.min(BLOCK_VALUES));
            take_integers(cursor, count, &mut numbers)?;
            if prefixes.len() != count {
                return Err("a block of numbered texts has not its size".to_owned());
            }
            for (prefix, number) in prefixes.into_iter().zip(numbers) {
                bytes.extend_from_slice(prefix);
                write!(bytes, "{number}").map_err(|error| error.to_string())?;
                offsets.push(i32::try_from(bytes.len()).map_err(|_| "a block of texts is too large")?);
            }
        }
        other => return Err(format!("a block of texts is of an unknown kind {other}")),
    }
    Ok((offsets, bytes))
}

/// Texts of which each is a prefix and a number, where neighbours have the same prefix.
struct Numbered<'a> {
    runs: Vec<(&'a [u8], usize)>,
    numbers: Vec<i64>,
}

impl<'a> Numbered<'a> {
    fn find(texts: &[&'a [u8]]) -> Option<Numbered<'a>> {
        let mut numbered = Numbered { runs: Vec::new(), numbers: Vec::new() };
        let max_runs = texts.len() / MIN_SHARING + 1;
        for text in texts {
            let (prefix, number) = split_number(text)?;
            numbered.numbers.push(number);
            match numbered.runs.last_mut() {
                Some((last, count)) if *last == prefix => *count += 1,
                _ => numbered.runs.push((prefix, 1)),
            }
            if numbered.runs.len() > max_runs {
                return None;
            }
        }
        Some(numbered)
    }
}

/// What stands before the number that a text ends with, and the number, which has no zero in front.
fn split_number(text: &[u8]) -> Option<(&[u8], i64)> {
    let from = text.len().saturating_sub(MAX_DIGITS);
    let digits = text[from..].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let start = text.len() - digits;
    let zeros = text[start..].iter().take_while(|byte| **byte == b'0').count();
    let (prefix, digits) = text.split_at(start + zeros);
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((prefix, number))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check(texts: &[&str]) -> usize {
        let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        let mut bytes = Vec::new();
        put_texts(&texts, &mut Compressor::new().unwrap(), &mut bytes).unwrap();
        let mut cursor = Cursor::new(&bytes);
        let (offsets, found) = take_texts(&mut cursor, texts.len()).unwrap();
        assert!(cursor.is_at_end());
        let found: Vec<&[u8]> =
            offsets.windows(2).map(|pair| &found[pair[0] as usize..pair[1] as usize]).collect();
        assert_eq!(found, texts);
        for len in 0..bytes.len() {
            assert!(take_texts(&mut Cursor::new(&bytes[..len]), texts.len()).is_err());
        }
        bytes.len()
    }

    #[test]
    fn every_text_comes_back() {
        check(&[]);
        check(&[""]);
        check(&["a", "", "bb", "ü", ""]);
        check(&["a-1", "a-2", "b-0"]);
        check(&["7", "8", "007", "1000000000000000000000000"]);
    }

    #[test]
    fn numbered_ids_take_next_to_nothing() {
        let ids = |format: &dyn Fn(usize) -> String| -> usize {
            let ids: Vec<String> = (1..1500).map(format).collect();
            check(&ids.iter().map(String::as_str).collect::<Vec<_>>())
        };
        assert!(ids(&|n| format!("8d0cd6c4-6d2d-4e8f-a6d5-1c0f3d3b7a10-{n}")) < 100);
        assert!(ids(&|n| format!("shardId-000000000000:{n:056}")) < 500);
        assert!(ids(&|n| format!("shardId-000000000000:49590338271490256608559692{:030}", n * 1000)) < 500);
    }

    #[test]
    fn a_block_ends_before_it_is_too_large() {
        assert_eq!(block_values([].into_iter()), 0);
        assert_eq!(block_values([BLOCK_BYTES * 3, 1].into_iter()), 1);
        assert_eq!(block_values([10, BLOCK_BYTES, 1].into_iter()), 1);
        assert_eq!(block_values(std::iter::repeat(0)), BLOCK_VALUES);
    }
}
