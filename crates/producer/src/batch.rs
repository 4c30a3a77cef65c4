//! Records together in one call, within the limits of the service.

use bytes::Bytes;

/// A call takes so many records.
pub const MAX_RECORDS: usize = 500;
/// A call takes so many bytes, partition keys included. (The service takes 10 MiB today; this is safe everywhere.)
pub const MAX_BATCH_BYTES: usize = 5 * 1024 * 1024;
/// A record takes so many bytes, its partition key included.
pub const MAX_RECORD_BYTES: usize = 1024 * 1024;
/// The bytes of a partition key: see [`Record::new`].
const KEY_BYTES: usize = 16;

/// A record to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Random, so that records spread over the shards evenly.
    pub key: String,
    /// A JSON document.
    pub data: Bytes,
}

impl Record {
    /// A record with a random partition key.
    pub fn new(data: Bytes) -> Self {
        Self { key: format!("{:016x}", rand::random::<u64>()), data }
    }

    /// What it counts for against the limits: bytes.
    pub fn size_bytes(&self) -> usize {
        self.data.len() + self.key.len()
    }

    /// Whether data of this length fits a record.
    pub fn fits(data: &[u8]) -> bool {
        data.len() + KEY_BYTES <= MAX_RECORD_BYTES
    }
}

/// Collects records until a call is full.
#[derive(Debug, Default)]
pub struct Batch {
    records: Vec<Record>,
    bytes: usize,
}

impl Batch {
    /// Adds a record. Where it does not fit any more: the batch before it, to be sent, and the record begins the next.
    pub fn add(&mut self, record: Record) -> Option<Vec<Record>> {
        let full = self.records.len() == MAX_RECORDS || self.bytes + record.size_bytes() > MAX_BATCH_BYTES;
        let sent = full.then(|| self.take());
        self.bytes += record.size_bytes();
        self.records.push(record);
        sent
    }

    /// What was collected; nothing is left.
    pub fn take(&mut self) -> Vec<Record> {
        self.bytes = 0;
        std::mem::take(&mut self.records)
    }

    /// Whether nothing was collected.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_call_has_at_most_500_records() {
        let mut batch = Batch::default();
        for _ in 0..MAX_RECORDS {
            assert_eq!(batch.add(Record::new("{}".into())), None);
        }
        assert_eq!(batch.add(Record::new("{}".into())).unwrap().len(), MAX_RECORDS);
        assert_eq!(batch.take().len(), 1);
        assert!(batch.is_empty());
    }

    #[test]
    fn a_call_has_at_most_5_mib_with_the_keys() {
        let mut batch = Batch::default();
        let large = Bytes::from(vec![b'1'; MAX_RECORD_BYTES - KEY_BYTES]);
        assert!(Record::fits(&large));
        assert!(!Record::fits(&vec![b'1'; MAX_RECORD_BYTES - KEY_BYTES + 1]));
        for _ in 0..5 {
            assert_eq!(batch.add(Record::new(large.clone())), None);
        }
        assert_eq!(batch.add(Record::new("1".into())).unwrap().len(), 5);
    }

    #[test]
    fn keys_differ() {
        assert_ne!(Record::new("1".into()).key, Record::new("1".into()).key);
    }
}
