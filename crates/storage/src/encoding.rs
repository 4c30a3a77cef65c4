//! Columns as small bytes: what the files of sealed segments are made of.
//!
//! A region holds one run of values (integers, bits or texts) in blocks. A block is encoded alone and knows nothing of
//! the others, so that a few values are read by reading few blocks. Numbers of a block become differences or distances
//! from the least of them, and these are split into planes of one byte each; planes, bits and texts are compressed with
//! zstd where that makes them smaller.

pub(crate) mod cursor;
pub(crate) mod integers;
pub(crate) mod packed;
pub(crate) mod texts;

use std::io;

use cursor::{Cursor, put};

/// What is wrong with bytes that are read.
pub(crate) type Decoded<T> = Result<T, String>;

/// Values of one block, of numbers and bits.
pub(crate) const BLOCK_VALUES: usize = 65_536;

/// How hard zstd tries: the level that costs least. Level 3 makes texts 7 % smaller and takes a fifth longer.
const LEVEL: i32 = 1;

/// Compressed bytes that save less than this share, as a divisor, are not worth their decompression.
const MIN_SAVING: usize = 16;

/// Bytes that one compressed run may have when it is decompressed: a defence against damage, above what is written.
const MAX_RUN_BYTES: usize = 1 << 31;

/// Compresses; keeps its memory from one run to the next.
pub(crate) struct Compressor {
    zstd: zstd::bulk::Compressor<'static>,
    scratch: Vec<u8>,
}

impl Compressor {
    /// Fails only where memory is out.
    pub(crate) fn new() -> io::Result<Compressor> {
        Ok(Compressor { zstd: zstd::bulk::Compressor::new(LEVEL)?, scratch: Vec::new() })
    }

    /// Appends a run of bytes, smaller if it can be, in front of it its size.
    pub(crate) fn put_run(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        self.scratch.clear();
        self.scratch.reserve(zstd::zstd_safe::compress_bound(bytes.len()));
        let compressed = self.zstd.compress_to_buffer(bytes, &mut self.scratch)?;
        let pays = compressed + bytes.len() / MIN_SAVING < bytes.len();
        let run = if pays { &self.scratch } else { bytes };
        put(out, (run.len() as u64) << 1 | u64::from(pays));
        if pays {
            put(out, bytes.len() as u64);
        }
        out.extend_from_slice(run);
        Ok(())
    }
}

/// Appends the run of bytes at the cursor to others.
pub(crate) fn take_run(cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Decoded<()> {
    thread_local! {
        static ZSTD: std::cell::RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { std::cell::RefCell::new(None) };
    }
    let head = cursor.number()?;
    if head & 1 == 0 {
        out.extend_from_slice(cursor.take(head >> 1)?);
        return Ok(());
    }
    let size = cursor.number()?;
    let run = cursor.take(head >> 1)?;
    if size > MAX_RUN_BYTES {
        return Err("a compressed run is too large".to_owned());
    }
    let start = out.len();
    out.resize(start + size, 0);
    let written = ZSTD.with_borrow_mut(|zstd| -> io::Result<usize> {
        let zstd = match zstd {
            Some(zstd) => zstd,
            None => zstd.insert(zstd::bulk::Decompressor::new()?),
        };
        zstd.decompress_to_buffer(run, &mut out[start..])
    });
    match written {
        Ok(written) if written == size => Ok(()),
        Ok(_) => Err("a compressed run has not its size".to_owned()),
        Err(error) => Err(format!("a compressed run: {error}")),
    }
}
