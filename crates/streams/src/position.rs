//! Where a shard's reading stands, and its stored form.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};

/// The last stored record of a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its sequence number: decimal digits, too many for an integer type.
    pub sequence: Arc<str>,
    /// When it arrived in the stream: milliseconds since the epoch.
    pub arrived_ms: i64,
}

/// Where the reading of a shard stands. Its text ([`fmt::Display`]) is what an engine keeps; [`ShardPosition::parse`]
/// reads it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShardPosition {
    /// Nothing is stored: read from the oldest record. Text: `-`.
    Oldest,
    /// Nothing is stored: read what arrived at this time (milliseconds since the epoch) or later. Text: `@<ms>`.
    At(i64),
    /// Read what follows this record. Text: `<sequence>/<ms>`.
    After(Stored),
    /// The shard is closed and everything in it is stored. Text: `end` or `end/<sequence>/<ms>`.
    Ended(Option<Stored>),
}

impl ShardPosition {
    /// Reads a stored text back. `shard` is named in the error.
    pub fn parse(shard: &str, text: &str) -> Result<Self> {
        let error = |what| Error::Position {
            shard: shard.to_owned(),
            position: text.chars().take(80).collect(),
            what,
        };
        let stored = |text: &str| {
            let (sequence, arrived_ms) = text.split_once('/').ok_or_else(|| error("no `/`"))?;
            if sequence.is_empty() || !sequence.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(error("its sequence number is not made of digits"));
            }
            let arrived_ms = arrived_ms.parse().map_err(|_| error("its time is no integer"))?;
            Ok(Stored { sequence: sequence.into(), arrived_ms })
        };
        match text {
            "-" => Ok(Self::Oldest),
            "end" => Ok(Self::Ended(None)),
            _ => match (text.strip_prefix('@'), text.strip_prefix("end/")) {
                (Some(ms), _) => Ok(Self::At(ms.parse().map_err(|_| error("its time is no integer"))?)),
                (_, Some(rest)) => Ok(Self::Ended(Some(stored(rest)?))),
                _ => Ok(Self::After(stored(text)?)),
            },
        }
    }

    /// The same place, at the end of a closed shard.
    pub fn ended(&self) -> Self {
        Self::Ended(self.stored().cloned())
    }

    /// Whether the shard was read to its end.
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Ended(_))
    }

    /// The last stored record, if there is one.
    pub fn stored(&self) -> Option<&Stored> {
        match self {
            Self::After(stored) => Some(stored),
            Self::Ended(stored) => stored.as_ref(),
            Self::Oldest | Self::At(_) => None,
        }
    }
}

impl fmt::Display for ShardPosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oldest => formatter.write_str("-"),
            Self::At(ms) => write!(formatter, "@{ms}"),
            Self::After(stored) => write!(formatter, "{}/{}", stored.sequence, stored.arrived_ms),
            Self::Ended(None) => formatter.write_str("end"),
            Self::Ended(Some(stored)) => write!(formatter, "end/{}/{}", stored.sequence, stored.arrived_ms),
        }
    }
}

/// Orders sequence numbers as the numbers they are.
pub(crate) fn compare_sequences(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_position_is_read_back() {
        let stored = Stored {
            sequence: "49590338271490256608559692538361571095921575989136588898".into(),
            arrived_ms: 7,
        };
        for position in [
            ShardPosition::Oldest,
            ShardPosition::At(1_700_000_000_000),
            ShardPosition::After(stored.clone()),
            ShardPosition::Ended(None),
            ShardPosition::Ended(Some(stored)),
        ] {
            assert_eq!(ShardPosition::parse("s", &position.to_string()).unwrap(), position);
        }
    }

    #[test]
    fn a_foreign_position_says_what_to_do() {
        for text in ["", "x", "12", "12/", "/3", "@", "end/", "1x/2"] {
            let message = ShardPosition::parse("shardId-7", text).unwrap_err().to_string();
            assert!(
                message.contains("shardId-7") && message.contains("recreate the collection"),
                "{message}"
            );
        }
    }

    #[test]
    fn sequence_numbers_order_as_numbers() {
        assert_eq!(compare_sequences("9", "10"), Ordering::Less);
        assert_eq!(compare_sequences("0010", "9"), Ordering::Greater);
        assert_eq!(compare_sequences("12", "12"), Ordering::Equal);
    }
}
