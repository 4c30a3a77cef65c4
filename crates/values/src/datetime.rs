//! Dates and times: the proleptic Gregorian calendar, zones, texts and formats, units and intervals.
//!
//! Instants and civil times are microseconds since 1970; a day has 86,400 seconds, there are no leap seconds.

pub mod arithmetic;
pub mod civil;
pub mod construct;
pub mod format;
pub mod interval;
pub mod iso;
pub mod parse;
pub mod texts;
pub mod unit;
pub mod zone;

/// Microseconds in a millisecond.
pub const MICROS_PER_MILLI: i64 = 1_000;
/// Microseconds in a second.
pub const MICROS_PER_SECOND: i64 = 1_000_000;
/// Microseconds in a minute.
pub const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND;
/// Microseconds in an hour.
pub const MICROS_PER_HOUR: i64 = 60 * MICROS_PER_MINUTE;
/// Microseconds in a day.
pub const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;
