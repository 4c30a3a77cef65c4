//! The documents of an open loop: made ahead of their time, each with a number, a batch and the time it is sent at.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::machine;
use crate::tweets::Tweets;

/// Batches that are made ahead.
const AHEAD: usize = 50;

/// Documents that are sent together.
#[derive(Debug)]
pub struct Scheduled {
    /// Its number, from 0.
    pub batch: u64,
    /// The documents, each a JSON object.
    pub documents: Vec<Vec<u8>>,
    /// When it is to be sent.
    pub at: Instant,
}

/// Makes `batches` of documents, one each `interval`, the first a second from now. A batch is full when `is_full` says
/// so of its documents and their bytes.
pub fn start(
    batches: u64,
    interval: Duration,
    is_full: fn(usize, usize) -> bool,
) -> mpsc::Receiver<Scheduled> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let (first, first_ms) = (Instant::now() + Duration::from_secs(1), machine::now_ms() + 1000);
    tokio::task::spawn_blocking(move || {
        let mut number = 0_u64;
        // Only the text of the tweets is used: their time is that of the batch.
        let mut tweets = Tweets::unending();
        for batch in 0..batches {
            let since_first = interval * u32::try_from(batch).unwrap_or(u32::MAX);
            let (mut documents, mut bytes) = (Vec::new(), 0);
            while !is_full(documents.len(), bytes) {
                let mut document = Vec::with_capacity(1024);
                tweets.write_at(first_ms + since_first.as_millis() as i64, &mut document);
                document.pop();
                document.extend_from_slice(format!(",\"number\":{number},\"batch\":{batch}}}").as_bytes());
                number += 1;
                bytes += document.len();
                documents.push(document);
            }
            if sender.blocking_send(Scheduled { batch, documents, at: first + since_first }).is_err() {
                return;
            }
        }
    });
    receiver
}
