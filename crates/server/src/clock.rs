//! The wall clock, as the API writes it.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat, Utc};

/// Microseconds since the epoch.
pub fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Now as `2023-08-23T19:03:04Z`.
pub fn now_text() -> String {
    text(now_us() / 1000)
}

/// Milliseconds since the epoch as `2023-08-23T19:03:04Z`.
pub fn text(ms: i64) -> String {
    let instant: DateTime<Utc> = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}
