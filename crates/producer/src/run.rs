//! A run: posts in, calls out, progress and counts.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::batch::{Batch, Record};
use crate::counts::{Counts, Totals};
use crate::error::{Error, Result};
use crate::send::{Service, send};

/// A record waits at most so long for others to share its call.
pub const FLUSH_INTERVAL: Duration = Duration::from_millis(100);
/// So many calls are under way at once.
pub const MAX_CALLS: usize = 8;
/// After a signal, calls that are under way may take so long.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(20);
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// Sends what comes until it ends or `stop` is cancelled; then sends what was taken on. Returns the counts, which are
/// exact, and how the run ended.
pub async fn run(
    service: Arc<dyn Service>,
    posts: Receiver<Result<Bytes>>,
    counts: Arc<Counts>,
    stop: CancellationToken,
) -> (Totals, Result<()>) {
    let mut run = Run {
        service,
        counts: counts.clone(),
        batch: Batch::default(),
        calls: JoinSet::new(),
        flush_at: Instant::now(),
    };
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_TIMEOUT).await;
    };
    let result = tokio::select! {
        result = run.send_all(posts, &stop) => result,
        () = patience => Ok(()),
    };
    // What is under way now was given up.
    run.calls.shutdown().await;
    let totals = counts.totals();
    let failed = match totals.open {
        0 => Ok(()),
        count => {
            let reason =
                counts.last_reason().unwrap_or_else(|| "stopped before the service confirmed".to_owned());
            Err(Error::Failed { count, reason })
        }
    };
    (totals, result.and(failed))
}

struct Run {
    service: Arc<dyn Service>,
    counts: Arc<Counts>,
    batch: Batch,
    calls: JoinSet<Result<()>>,
    flush_at: Instant,
}

impl Run {
    /// Sends everything and waits for the calls, or until one fails for good.
    async fn send_all(&mut self, posts: Receiver<Result<Bytes>>, stop: &CancellationToken) -> Result<()> {
        // A failing input does not take back what it gave before.
        let taken = self.take_posts(posts, stop).await;
        let last = self.batch.take();
        self.dispatch(last).await?;
        while let Some(call) = self.calls.join_next().await {
            joined(call)?;
        }
        taken
    }

    async fn take_posts(
        &mut self,
        mut posts: Receiver<Result<Bytes>>,
        stop: &CancellationToken,
    ) -> Result<()> {
        let mut progress = Progress::new();
        let mut stopped = false;
        loop {
            tokio::select! {
                biased;
                // What was read before the signal is still sent: the channel ends after it.
                () = stop.cancelled(), if !stopped => {
                    stopped = true;
                    posts.close();
                }
                () = tokio::time::sleep_until(self.flush_at), if !self.batch.is_empty() => {
                    let records = self.batch.take();
                    self.dispatch(records).await?;
                }
                () = tokio::time::sleep_until(progress.next) => progress.print(&self.counts),
                Some(call) = self.calls.join_next() => joined(call)?,
                post = posts.recv() => match post {
                    Some(post) => self.take(post?).await?,
                    None => return Ok(()),
                },
            }
        }
    }

    async fn take(&mut self, post: Bytes) -> Result<()> {
        self.counts.take();
        if self.batch.is_empty() {
            self.flush_at = Instant::now() + FLUSH_INTERVAL;
        }
        if let Some(full) = self.batch.add(Record::new(post)) {
            self.flush_at = Instant::now() + FLUSH_INTERVAL;
            self.dispatch(full).await?;
        }
        Ok(())
    }

    /// Starts a call; waits for another to end where too many are under way.
    async fn dispatch(&mut self, records: Vec<Record>) -> Result<()> {
        while self.calls.len() >= MAX_CALLS {
            if let Some(call) = self.calls.join_next().await {
                joined(call)?;
            }
        }
        if !records.is_empty() {
            let (service, counts) = (self.service.clone(), self.counts.clone());
            self.calls.spawn(async move { send(&*service, records, &counts).await });
        }
        Ok(())
    }
}

fn joined(call: std::result::Result<Result<()>, tokio::task::JoinError>) -> Result<()> {
    match call {
        Ok(result) => result,
        // Its records stay unconfirmed, and so count as failed.
        Err(error) => {
            eprintln!("a call ended unexpectedly: {error}; please report it");
            Ok(())
        }
    }
}

struct Progress {
    next: Instant,
    sent: u64,
}

impl Progress {
    fn new() -> Self {
        Self { next: Instant::now() + PROGRESS_INTERVAL, sent: 0 }
    }

    fn print(&mut self, counts: &Counts) {
        let totals = counts.totals();
        let rate = (totals.sent - self.sent) as f64 / PROGRESS_INTERVAL.as_secs_f64();
        let reason = match totals.open {
            0 => None,
            _ => counts.last_reason(),
        };
        match reason {
            Some(reason) => eprintln!("{totals}, {rate:.0}/s; last refusal: {reason}"),
            None => eprintln!("{totals}, {rate:.0}/s"),
        }
        self.sent = totals.sent;
        self.next = Instant::now() + PROGRESS_INTERVAL;
    }
}
