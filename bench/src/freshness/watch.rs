//! Which documents are out, and which of them a query has seen.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rockhopper_client::{Client, Query};

use crate::answer;
use crate::error::{Error, Result};
use crate::runs::Spread;

/// Between two looks. A look itself takes about a millisecond; both are in the figures.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);
/// Documents that no query has seen after this time are lost.
const VISIBLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Documents that were sent together.
#[derive(Clone, Copy, Debug)]
struct Batch {
    documents: u64,
    scheduled: Instant,
    /// When it was accepted, as far as a client can see; none before.
    accepted: Option<Instant>,
}

/// What is out. Shared by those who send and the one who looks.
#[derive(Clone, Debug, Default)]
pub struct Outstanding(Arc<Mutex<BTreeMap<u64, Batch>>>);

impl Outstanding {
    /// Notes a batch before it is sent.
    pub fn send(&self, batch: u64, documents: u64, scheduled: Instant) {
        self.lock().insert(batch, Batch { documents, scheduled, accepted: None });
    }

    /// Notes that a batch was accepted.
    pub fn accept(&self, batch: u64, at: Instant) {
        if let Some(batch) = self.lock().get_mut(&batch) {
            batch.accepted.get_or_insert(at);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Batch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a query that ended at `at` saw documents of a batch. Its latencies once it saw them all.
    fn see(&self, number: u64, documents: u64, at: Instant) -> Result<Option<(Batch, Latency)>> {
        let mut batches = self.lock();
        let Some(&batch) = batches.get(&number) else { return Ok(None) };
        if documents > batch.documents {
            let sent = batch.documents;
            return Err(Error::Lost(format!("batch {number} of {sent} documents is there as {documents}")));
        }
        if documents < batch.documents {
            return Ok(None);
        }
        batches.remove(&number);
        let since = |instant: Instant| at.saturating_duration_since(instant).as_secs_f64() * 1000.0;
        // Where a query saw it before the sender could note it, it was accepted at that moment at the latest.
        let latency =
            Latency { scheduled_ms: since(batch.scheduled), accepted_ms: batch.accepted.map_or(0.0, since) };
        Ok(Some((batch, latency)))
    }
}

struct Latency {
    scheduled_ms: f64,
    accepted_ms: f64,
}

/// Latencies of all documents, in milliseconds.
#[derive(Debug, Default)]
pub struct Seen {
    /// Since the scheduled send.
    pub scheduled: Spread,
    /// Since the acceptance.
    pub accepted: Spread,
    /// How long a look took.
    pub look: Spread,
}

/// Looks until `sent` says that no more comes, and everything was seen. A batch counts as seen when all of its documents
/// are: each document gets that time.
///
/// # Errors
/// A query fails, or documents are not seen in time.
pub async fn look(
    client: Client,
    outstanding: Outstanding,
    mut sent: tokio::sync::watch::Receiver<bool>,
) -> Result<Seen> {
    let (mut scheduled, mut accepted, mut looks) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let is_over = *sent.borrow_and_update();
        let oldest = outstanding.lock().first_key_value().map(|(&number, &batch)| (number, batch.scheduled));
        let Some((oldest, since)) = oldest else {
            if is_over {
                break;
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
            continue;
        };
        if since.elapsed() > VISIBLE_TIMEOUT {
            return Err(Error::Lost(format!(
                "batch {oldest} was not seen as a whole within {VISIBLE_TIMEOUT:?}"
            )));
        }
        let started = Instant::now();
        let query =
            Query::new("SELECT t.batch, count(*) FROM tweets t WHERE t.batch >= :oldest GROUP BY t.batch")
                .parameter("oldest", "int", oldest.to_string());
        let rows = answer::rows(&client.query(&query).await?);
        let at = Instant::now();
        looks.push((at - started).as_secs_f64() * 1000.0);
        for row in rows {
            let (number, documents) =
                (row[0].as_u64().unwrap_or_default(), row[1].as_u64().unwrap_or_default());
            if let Some((batch, latency)) = outstanding.see(number, documents, at)? {
                scheduled.extend(std::iter::repeat_n(latency.scheduled_ms, batch.documents as usize));
                accepted.extend(std::iter::repeat_n(latency.accepted_ms, batch.documents as usize));
            }
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    Ok(Seen { scheduled: Spread::new(scheduled), accepted: Spread::new(accepted), look: Spread::new(looks) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_seen_when_all_of_its_documents_are_and_one_too_many_is_an_error() {
        let outstanding = Outstanding::default();
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        outstanding.send(7, 3, start);
        outstanding.accept(7, after(10));
        assert!(outstanding.see(7, 2, after(20)).is_ok_and(|seen| seen.is_none()));
        assert!(outstanding.see(8, 2, after(20)).is_ok_and(|seen| seen.is_none()));
        assert!(outstanding.see(7, 4, after(20)).is_err());
        let seen = outstanding.see(7, 3, after(30)).ok().flatten();
        let latency = seen.map(|(_, latency)| (latency.scheduled_ms, latency.accepted_ms));
        assert_eq!(latency, Some((30.0, 20.0)));
        assert!(outstanding.see(7, 3, after(40)).is_ok_and(|seen| seen.is_none()));
    }
}
