//! What a collection knows besides its documents: positions and counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use rockhopper_engine::{Position, SourceStatistics};
use serde::{Deserialize, Serialize};

/// Partitions that positions are kept for, of all sources of a collection together.
pub(crate) const MAX_POSITIONS: usize = 100_000;

/// What one append adds, stored in the same frame as its documents.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Source, partition and position.
    pub(crate) position: Option<(Arc<str>, Arc<str>, Arc<str>)>,
    pub(crate) documents: u64,
    pub(crate) json_bytes: u64,
    pub(crate) bad: u64,
    pub(crate) last_bad: Option<String>,
    /// When it was taken in: milliseconds since the epoch.
    pub(crate) time_ms: i64,
}

/// The sum of all records up to a commit.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    positions: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Arc<str>>>,
    sources: BTreeMap<Arc<str>, Source>,
    pub(crate) ingested_bytes: u64,
    pub(crate) last_updated_ms: Option<i64>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Source {
    documents: u64,
    json_bytes: u64,
    bad: u64,
    last_bad: Option<String>,
}

impl Record {
    /// The form in which a position is stored.
    pub(crate) fn position(position: Position) -> (Arc<str>, Arc<str>, Arc<str>) {
        (position.source, position.partition, position.position)
    }
}

impl Ledger {
    /// Adds what one append adds.
    pub(crate) fn add(&mut self, record: &Record) {
        self.ingested_bytes += record.json_bytes;
        self.last_updated_ms = Some(record.time_ms);
        let Some((source, partition, position)) = &record.position else { return };
        self.positions
            .entry(Arc::clone(source))
            .or_default()
            .insert(Arc::clone(partition), Arc::clone(position));
        let counts = self.sources.entry(Arc::clone(source)).or_default();
        counts.documents += record.documents;
        counts.json_bytes += record.json_bytes;
        counts.bad += record.bad;
        if record.last_bad.is_some() {
            counts.last_bad.clone_from(&record.last_bad);
        }
    }

    /// The last position of every partition of a source.
    pub(crate) fn positions(&self, source: &str) -> BTreeMap<Arc<str>, Arc<str>> {
        self.positions.get(source).cloned().unwrap_or_default()
    }

    /// Whether a position can be kept.
    pub(crate) fn has_room_for(&self, position: &Position) -> bool {
        let known =
            self.positions.get(&position.source).is_some_and(|known| known.contains_key(&position.partition));
        known || self.positions.values().map(BTreeMap::len).sum::<usize>() < MAX_POSITIONS
    }

    /// Counts for each source.
    pub(crate) fn sources(&self) -> BTreeMap<String, SourceStatistics> {
        let statistics = |source: &Source| SourceStatistics {
            document_count: source.documents,
            ingested_bytes: source.json_bytes,
            bad_count: source.bad,
            last_bad: source.last_bad.clone(),
        };
        self.sources.iter().map(|(name, source)| (name.to_string(), statistics(source))).collect()
    }
}
