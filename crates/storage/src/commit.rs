//! Group commit: appends that come at the same time are written by one of them and share one wait for the disk.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rockhopper_engine::{Error, Result};

use crate::collection::Collection;
use crate::ledger::Record;
use crate::piece::Piece;

/// Unsealed pieces at which the background work is told.
const WAKE_PIECES: usize = 8;

/// An append that is ready to be written.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) record: Record,
    pub(crate) piece: Arc<Piece>,
    /// The piece's bytes.
    pub(crate) bytes: Vec<u8>,
}

/// Appends that wait for their turn. No longer than there are threads that append.
#[derive(Debug, Default)]
pub(crate) struct Commits {
    queue: Mutex<Queue>,
    /// Told when a group is written.
    written: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<(u64, Pending)>,
    next_ticket: u64,
    /// Whether one of the waiting threads is writing for all.
    leading: bool,
    results: HashMap<u64, Result<u64>>,
}

impl Collection {
    /// Makes an append durable, then visible; gives its commit.
    pub(crate) fn commit(&self, pending: Pending) -> Result<u64> {
        let Commits { queue, written } = &self.commits;
        let mut waiting = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = waiting.next_ticket;
        waiting.next_ticket += 1;
        waiting.waiting.push((ticket, pending));
        loop {
            if let Some(result) = waiting.results.remove(&ticket) {
                return result;
            }
            if waiting.leading {
                waiting = written.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            waiting.leading = true;
            let group = std::mem::take(&mut waiting.waiting);
            drop(waiting);
            let results = self.write(group);
            waiting = queue.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.results.extend(results);
            waiting.leading = false;
            written.notify_all();
        }
    }

    fn write(&self, group: Vec<(u64, Pending)>) -> Vec<(u64, Result<u64>)> {
        match self.try_write(&group) {
            Ok(first) => {
                group.iter().zip(first..).map(|((ticket, _), commit)| (*ticket, Ok(commit))).collect()
            }
            Err(error) => group.iter().map(|(ticket, _)| (*ticket, Err(again(&error)))).collect(),
        }
    }

    /// Gives the commit of the first of the group.
    fn try_write(&self, group: &[(u64, Pending)]) -> Result<u64> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        self.check_open()?;
        let first = self.live().commit + 1;
        let frames: Vec<(&Record, &[u8])> =
            group.iter().map(|(_, pending)| (&pending.record, pending.bytes.as_slice())).collect();
        log.append(first, &frames)?;
        let mut live = self.live();
        for (_, pending) in group {
            live.commit += 1;
            live.ledger.add(&pending.record);
            live.add(Arc::clone(&pending.piece), pending.bytes.len());
        }
        self.publish(&live);
        if live.unsealed.len() >= WAKE_PIECES || live.unsealed_bytes() >= self.options.max_unsealed_bytes {
            self.wake();
        }
        Ok(first)
    }
}

/// The error for each of the appends that were written together.
fn again(error: &Error) -> Error {
    match error {
        Error::Io { action, path, source, remedy } => {
            let source = match source.raw_os_error() {
                Some(code) => std::io::Error::from_raw_os_error(code),
                None => std::io::Error::new(source.kind(), source.to_string()),
            };
            Error::Io { action, path: path.clone(), source, remedy }
        }
        Error::Internal(what) => Error::Internal(what.clone()),
        other => Error::Unavailable(other.to_string()),
    }
}
