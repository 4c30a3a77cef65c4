//! The numbers that a segment file is made with.
//!
//! ```text
//! header, 64 bytes: magic, version, rows, bytes of JSON, where the tree begins, its bytes, all bytes, checksum
//! blocks, one behind the other: each encoded alone, its checksum in the tree
//! tree: for each node its slots, its parts with their blocks and statistics, its elements, its members
//! ```
//!
//! Fixed numbers are little-endian, the others have seven bits in each byte. The checksum of the header covers header
//! and tree, which are checked when the file is opened. A block is checked whenever it is read.

use rockhopper_sql::Type;

/// That of a piece of the log too, so that the version of either is named where it is not the one that is read.
pub(crate) const MAGIC: &[u8; 8] = b"RHPIECE\0";
pub(crate) const VERSION: u32 = 2;
pub(crate) const HEADER_BYTES: usize = 64;

// Where the header's fields are.
pub(crate) const VERSION_AT: usize = 8;
pub(crate) const ROWS_AT: usize = 16;
pub(crate) const JSON_BYTES_AT: usize = 24;
pub(crate) const TREE_AT: usize = 32;
pub(crate) const TREE_BYTES_AT: usize = 40;
pub(crate) const TOTAL_BYTES_AT: usize = 48;
pub(crate) const CHECKSUM_AT: usize = 56;

pub(crate) const ABSENT: u8 = 0;
pub(crate) const PRESENT: u8 = 1;

pub(crate) const PRESENCE_ALL: u8 = 0;
pub(crate) const PRESENCE_BITS: u8 = 1;
pub(crate) const PRESENCE_ROWS: u8 = 2;

pub(crate) const VALUES_MARKS: u8 = 0;
pub(crate) const VALUES_BOOLS: u8 = 1;
pub(crate) const VALUES_INTS: u8 = 2;
pub(crate) const VALUES_FLOATS: u8 = 3;
pub(crate) const VALUES_TEXT: u8 = 4;
pub(crate) const VALUES_WORDS: u8 = 5;
pub(crate) const VALUES_DIGITS: u8 = 6;
pub(crate) const VALUES_ENCODED: u8 = 7;
pub(crate) const VALUES_ARRAY: u8 = 8;

/// The types of values in codec form, by their number in a file.
pub(crate) const TYPED: [Type; 15] = [
    Type::Undefined,
    Type::Null,
    Type::Bool,
    Type::Int,
    Type::Float,
    Type::String,
    Type::Bytes,
    Type::Timestamp,
    Type::Date,
    Type::DateTime,
    Type::Time,
    Type::MicrosecondInterval,
    Type::MonthInterval,
    Type::Array,
    Type::Object,
];

/// Bytes of posting lists that one checksum covers.
pub(crate) const PAGE_BYTES: usize = 16 * 1024;

/// The checksum of header and tree, the field of the checksum itself left out.
pub(crate) fn checksum(header: &[u8], tree: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&header[..CHECKSUM_AT]);
    hasher.update(&header[CHECKSUM_AT + 4..]);
    hasher.update(tree);
    hasher.finalize()
}
