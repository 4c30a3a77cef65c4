//! `--stamp`: the moment of sending in a post that was recorded earlier.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::generate::CreatedAt;

/// Writes `timestamp_ms` (a string of digits) and `created_at` of a moment into posts, and leaves everything else as
/// it is written there.
#[derive(Clone, Debug, Default)]
pub struct Stamp {
    created_at: CreatedAt,
}

impl Stamp {
    /// The post with the moment in it: milliseconds since the epoch. Fails, with the reason, on what is no JSON object.
    pub fn apply(&mut self, post: &[u8], now_ms: i64) -> Result<Vec<u8>, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_slice(post);
        let members = deserializer.deserialize_map(Members)?;
        deserializer.end()?;
        let mut out = Vec::with_capacity(post.len() + 80);
        out.push(b'{');
        for (name, value) in members.iter().filter(|(name, _)| name != "timestamp_ms" && name != "created_at")
        {
            serde_json::to_writer(&mut out, name)?;
            out.push(b':');
            out.extend_from_slice(value.get().as_bytes());
            out.push(b',');
        }
        let created_at = self.created_at.of(now_ms);
        let stamp = format!("\"created_at\":\"{created_at}\",\"timestamp_ms\":\"{now_ms}\"}}");
        out.extend_from_slice(stamp.as_bytes());
        Ok(out)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn stamped(post: &str) -> String {
        String::from_utf8(Stamp::default().apply(post.as_bytes(), 1_539_202_764_123).unwrap()).unwrap()
    }

    #[test]
    fn the_moment_replaces_the_old_one_and_nothing_else_changes() {
        assert_eq!(
            stamped(
                r#"{"id": 12345678901234567890123, "created_at":"x","timestamp_ms":1, "a\"b" : {"created_at":"y"}, "f":1.0}"#
            ),
            r#"{"id":12345678901234567890123,"a\"b":{"created_at":"y"},"f":1.0,"created_at":"Wed Oct 10 20:19:24 +0000 2018","timestamp_ms":"1539202764123"}"#
        );
        assert_eq!(
            stamped("{}"),
            r#"{"created_at":"Wed Oct 10 20:19:24 +0000 2018","timestamp_ms":"1539202764123"}"#
        );
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for post in ["[1]", "7", "", "{", "{} x"] {
            assert!(Stamp::default().apply(post.as_bytes(), 0).is_err(), "{post}");
        }
    }
}
