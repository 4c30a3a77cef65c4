//! Sends batches: only what failed is sent again, with growing pauses.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rand::Rng;
use tokio::time::Instant;

use crate::batch::Record;
use crate::counts::Counts;
use crate::error::{Error, Result};

/// A record that could not be sent for this long has failed.
pub const RETRY_LIMIT: Duration = Duration::from_secs(60);
const FIRST_PAUSE_MS: u64 = 100;
const MAX_PAUSE_MS: u64 = 5_000;

/// Why a call failed as a whole.
#[derive(Debug)]
pub enum PutError {
    /// It may work later.
    Again(String),
    /// It never will.
    Fatal(Error),
}

/// The one call that sending needs.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// Puts records into the stream, in one request and without retries. For each, in order: nothing where it is
    /// stored, else why not.
    async fn put(&self, records: &[Record]) -> std::result::Result<Vec<Option<String>>, PutError>;
}

/// Sends the records of one call until all are stored, or [`RETRY_LIMIT`] has passed. Fails only where the run is to
/// end; records that could not be sent stay unconfirmed in `counts`.
pub async fn send(service: &dyn Service, mut records: Vec<Record>, counts: &Arc<Counts>) -> Result<()> {
    let until = Instant::now() + RETRY_LIMIT;
    let mut pause_ms = FIRST_PAUSE_MS;
    while !records.is_empty() {
        let count = records.len();
        let reason = match service.put(&records).await {
            Ok(results) => {
                let failed: Vec<bool> = results.iter().map(Option::is_some).collect();
                // A result that is missing counts as a failure: better twice than never.
                let mut place = 0..;
                records.retain(|_| {
                    place.next().and_then(|place: usize| failed.get(place).copied()).unwrap_or(true)
                });
                counts.sent(count - records.len());
                if records.len() < count {
                    pause_ms = FIRST_PAUSE_MS;
                }
                results
                    .into_iter()
                    .flatten()
                    .last()
                    .unwrap_or_else(|| "an answer without all results".to_owned())
            }
            Err(PutError::Again(reason)) => reason,
            Err(PutError::Fatal(error)) => {
                counts.refused(records.len(), false, &error.to_string());
                return Err(error);
            }
        };
        if records.is_empty() {
            break;
        }
        let pause = Duration::from_millis(rand::rng().random_range(pause_ms / 2..=pause_ms));
        pause_ms = (pause_ms * 2).min(MAX_PAUSE_MS);
        let again = Instant::now() + pause < until;
        counts.refused(records.len(), again, &reason);
        if !again {
            break;
        }
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::*;

    /// Refuses each record as often as its text says, and counts how often each was seen.
    #[derive(Default)]
    struct Refusing {
        seen: Mutex<BTreeMap<String, u32>>,
    }

    #[async_trait]
    impl Service for Refusing {
        async fn put(&self, records: &[Record]) -> std::result::Result<Vec<Option<String>>, PutError> {
            let mut seen = self.seen.lock().unwrap();
            let mut results = Vec::new();
            for record in records {
                let text = String::from_utf8(record.data.to_vec()).unwrap();
                let refusals: u32 = text.parse().unwrap();
                let times = seen.entry(text).or_default();
                *times += 1;
                results
                    .push((*times <= refusals).then(|| "ProvisionedThroughputExceededException".to_owned()));
            }
            Ok(results)
        }
    }

    fn records(texts: &[&str]) -> Vec<Record> {
        texts.iter().map(|text| Record::new(text.to_string().into())).collect()
    }

    fn taken(count: usize) -> Arc<Counts> {
        let counts = Arc::new(Counts::default());
        (0..count).for_each(|_| counts.take());
        counts
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_failed_records_are_sent_again() {
        let (service, counts) = (Refusing::default(), taken(4));
        send(&service, records(&["0", "2", "00", "1"]), &counts).await.unwrap();
        let seen = service.seen.lock().unwrap().clone();
        let expected = [("0", 1), ("00", 1), ("1", 2), ("2", 3)];
        assert_eq!(seen, expected.into_iter().map(|(text, times)| (text.to_owned(), times)).collect());
        let totals = counts.totals();
        assert_eq!((totals.sent, totals.retried, totals.open), (4, 3, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_record_that_is_always_refused_fails_in_the_end_and_pauses_grow() {
        let (service, counts) = (Refusing::default(), taken(2));
        let started = Instant::now();
        send(&service, records(&["0", "999999"]), &counts).await.unwrap();
        assert!(started.elapsed() <= RETRY_LIMIT);
        let totals = counts.totals();
        assert_eq!((totals.sent, totals.open), (1, 1));
        assert!((10..50).contains(&totals.retried), "{}", totals.retried);
        assert!(counts.last_reason().unwrap().contains("Throughput"));
    }

    struct Broken;

    #[async_trait]
    impl Service for Broken {
        async fn put(&self, _: &[Record]) -> std::result::Result<Vec<Option<String>>, PutError> {
            Err(PutError::Fatal(Error::NoStream { stream: "s".to_owned(), place: "p".to_owned() }))
        }
    }

    #[tokio::test]
    async fn a_missing_stream_ends_the_run() {
        let counts = taken(1);
        let error = send(&Broken, records(&["0"]), &counts).await.unwrap_err();
        assert!(error.to_string().contains("create-stream --stream s"));
        assert_eq!(counts.totals().open, 1);
    }
}
