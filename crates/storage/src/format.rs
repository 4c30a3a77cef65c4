//! A piece as bytes, as it is in a log.
//!
//! ```text
//! header, 64 bytes: magic, version, rows, bytes of JSON, where the tree begins, all bytes, checksum of all else
//! buffers, each at a multiple of 64 bytes, as Arrow has them in memory
//! tree: for each node its slots, its parts with where their buffers are, its members
//! ```
//!
//! Numbers are little-endian. A mapped file is used where it lies: nothing is copied.

mod read;
mod write;

pub(crate) use read::decode;
pub(crate) use write::encode;

/// What buffers and pieces are aligned to: a cache line, and what Arrow recommends.
pub(crate) const ALIGNMENT: usize = 64;

const MAGIC: &[u8; 8] = b"RHPIECE\0";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 64;

// Where the header's fields are.
const VERSION_AT: usize = 8;
const ROWS_AT: usize = 16;
const JSON_BYTES_AT: usize = 24;
const TREE_AT: usize = 32;
const TREE_BYTES_AT: usize = 40;
const TOTAL_BYTES_AT: usize = 48;
const CHECKSUM_AT: usize = 56;

const PRESENCE_ALL: u8 = 0;
const PRESENCE_BITS: u8 = 1;
const PRESENCE_ROWS: u8 = 2;

const VALUES_MARKS: u8 = 0;
const VALUES_BOOLS: u8 = 1;
const VALUES_INTS: u8 = 2;
const VALUES_FLOATS: u8 = 3;
const VALUES_TEXT: u8 = 4;
const VALUES_WORDS: u8 = 5;
const VALUES_DIGITS: u8 = 6;
const VALUES_ENCODED: u8 = 7;
const VALUES_ARRAY: u8 = 8;

/// The checksum of a piece's bytes, the field of the checksum itself left out.
fn checksum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..CHECKSUM_AT]);
    hasher.update(&bytes[CHECKSUM_AT + 4..]);
    hasher.finalize()
}
