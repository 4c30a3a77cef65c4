//! What became of the posts.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// So many skipped posts are reported one by one; the rest are only counted.
const MAX_REPORTS: u64 = 20;

/// Counters that the tasks of a run share.
#[derive(Debug, Default)]
pub struct Counts {
    taken: AtomicU64,
    sent: AtomicU64,
    retried: AtomicU64,
    skipped: AtomicU64,
    filtered: AtomicU64,
    reason: Mutex<Option<String>>,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Records that the service has confirmed.
    pub sent: u64,
    /// Records that were sent once more because the service did not take them; each time counts.
    pub retried: u64,
    /// Posts that are no JSON or too large.
    pub skipped: u64,
    /// Posts that `--track` left out.
    pub filtered: u64,
    /// Records taken on and not confirmed: at the end of a run, those that failed.
    pub open: u64,
}

impl Counts {
    /// A post becomes a record.
    pub fn take(&self) {
        self.taken.fetch_add(1, Ordering::Relaxed);
    }

    /// The service has confirmed records.
    pub fn sent(&self, count: usize) {
        self.sent.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Records are sent once more, or given up, because of this.
    pub fn refused(&self, count: usize, again: bool, reason: &str) {
        if again {
            self.retried.fetch_add(count as u64, Ordering::Relaxed);
        }
        *self.reason.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }

    /// A post is skipped: says so on standard error, unless that was said often.
    pub fn skip(&self, place: u64, reason: &str) {
        match self.skipped.fetch_add(1, Ordering::Relaxed) + 1 {
            count if count < MAX_REPORTS => eprintln!("post {place} is skipped: {reason}"),
            MAX_REPORTS => {
                eprintln!("post {place} is skipped: {reason} (more are skipped silently and counted)")
            }
            _ => {}
        }
    }

    /// `--track` left a post out.
    pub fn filter(&self) {
        self.filtered.fetch_add(1, Ordering::Relaxed);
    }

    /// The counters now.
    pub fn totals(&self) -> Totals {
        let sent = self.sent.load(Ordering::Relaxed);
        Totals {
            sent,
            retried: self.retried.load(Ordering::Relaxed),
            skipped: self.skipped.load(Ordering::Relaxed),
            filtered: self.filtered.load(Ordering::Relaxed),
            open: self.taken.load(Ordering::Relaxed).saturating_sub(sent),
        }
    }

    /// Why records were refused last.
    pub fn last_reason(&self) -> Option<String> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Totals {
    /// The line of a finished run.
    pub fn summary(&self) -> String {
        let Self { sent, retried, skipped, filtered, open } = self;
        format!("sent={sent} retried={retried} skipped={skipped} filtered={filtered} failed={open}")
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, retried, skipped, filtered, open } = self;
        write!(
            formatter,
            "sent {sent}, waiting {open}, retried {retried}, skipped {skipped}, filtered {filtered}"
        )
    }
}
