//! The queue before the engine: how many queries run, and how many wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::Failure;

/// Lets queries in, first come, first served.
#[derive(Debug)]
pub(crate) struct Admission {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
    max_running: usize,
}

/// A query's place. Dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Admitted {
    _permit: OwnedSemaphorePermit,
    /// How long the query waited.
    pub(crate) waited: Duration,
}

/// Counts a query as waiting until it is dropped, also by a caller who gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Admission {
    /// So many may run and so many more wait; at least one runs.
    pub(crate) fn new(max_running: usize, max_waiting: usize) -> Admission {
        let max_running = max_running.max(1);
        Admission {
            running: Arc::new(Semaphore::new(max_running)),
            waiting: AtomicUsize::new(0),
            max_waiting,
            max_running,
        }
    }

    /// Waits for a place. Fails at once if too many wait already.
    pub(crate) async fn enter(&self) -> Result<Admitted, Failure> {
        if let Ok(permit) = self.running.clone().try_acquire_owned() {
            return Ok(Admitted { _permit: permit, waited: Duration::ZERO });
        }
        let start = Instant::now();
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        let _waiting = Waiting(&self.waiting);
        if before >= self.max_waiting {
            return Err(Failure::limit(
                "the queue of queries",
                format!("{} waiting behind {} running", self.max_waiting, self.max_running),
                "try again in a moment, or refresh dashboards less often",
            ));
        }
        match self.running.clone().acquire_owned().await {
            Ok(permit) => Ok(Admitted { _permit: permit, waited: start.elapsed() }),
            Err(_) => Err(Failure::internal("the queue of queries was closed")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn one_too_many_is_refused_and_a_place_is_given_on() {
        let admission = Arc::new(Admission::new(1, 1));
        let first = admission.enter().await.unwrap();
        let queue = admission.clone();
        let second = tokio::spawn(async move { queue.enter().await.unwrap() });
        tokio::task::yield_now().await;
        let refused = admission.enter().await.unwrap_err().to_string();
        assert!(refused.contains("1 waiting behind 1 running"), "{refused}");
        drop(first);
        assert!(second.await.unwrap().waited > Duration::ZERO);
        assert!(admission.enter().await.is_ok());
    }
}
