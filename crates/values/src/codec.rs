//! The binary form of a value, whose bytes sort as the values do.
//!
//! ```text
//! false 10 | true 11
//! number   20, 8 bytes nearest float, 2 bytes the int minus that float, 1 byte type
//! string   30, UTF-8 with 00 as 00 FF, 00            bytes 38 likewise
//! date..   40, 8 bytes instant in microseconds, 1 byte type   (date, datetime, timestamp)
//! time     48, 8 bytes                               intervals 50 (microseconds), 58 (months), 8 bytes
//! array    60, elements, 00
//! object   70, (01, name as string without its tag, value) sorted by name, 00
//! null F0 | undefined F8
//! ```
//!
//! No first byte of a value is 00, 01 or FF, so what follows a value never changes how it compares. All sizes but those
//! of texts, arrays and objects follow from the first byte: skipping is linear and copies nothing.

mod read;
mod write;

pub use read::{Elements, Members, decode, elements, member, members, str_of, type_of};
pub use write::{
    begin_array, begin_object, encode, encode_bool, encode_f64, encode_i64, encode_key, encode_key_of,
    encode_null, encode_str, encode_timestamp, encode_undefined, end, name,
};

/// How deep arrays and objects may lie in each other in bytes that are read.
pub const MAX_NESTING_LEVELS: usize = 512;

const END: u8 = 0x00;
const MEMBER: u8 = 0x01;
const FALSE: u8 = 0x10;
const TRUE: u8 = 0x11;
const NUMBER: u8 = 0x20;
const STRING: u8 = 0x30;
const BYTES: u8 = 0x38;
const INSTANT: u8 = 0x40;
const TIME: u8 = 0x48;
const MICROSECONDS: u8 = 0x50;
const MONTHS: u8 = 0x58;
const ARRAY: u8 = 0x60;
const OBJECT: u8 = 0x70;
const NULL: u8 = 0xF0;
const UNDEFINED: u8 = 0xF8;

/// After a 00 inside a text: the text goes on.
const ESCAPED: u8 = 0xFF;

const INT_TYPE: u8 = 0;
const FLOAT_TYPE: u8 = 1;

const DATE_TYPE: u8 = 0;
const DATETIME_TYPE: u8 = 1;
const TIMESTAMP_TYPE: u8 = 2;

const NUMBER_BYTES: usize = 12;
const INSTANT_BYTES: usize = 10;
const COUNT_BYTES: usize = 9;

const SIGN_BIT: u64 = 1 << 63;
/// Makes the two bytes of an int's rest unsigned.
const REST_BIAS: i32 = 1 << 15;
