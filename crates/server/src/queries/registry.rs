//! Queries that run, and the last ones that ended.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rand::Rng;
use rand::distr::Alphanumeric;
use rockhopper_api::{QueryErrorInfo, QueryInfo, QueryInfoStats, QueryStatus};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Outcome;
use crate::{Error, Result, clock};

/// How many ended queries are remembered.
pub const MAX_REMEMBERED: usize = 256;
/// How much of a statement is remembered, in bytes.
const MAX_SQL_BYTES: usize = 16 << 10;

/// A new query id in Rockset's form: a UUID, seven letters or digits, a zero.
pub fn new_query_id() -> String {
    let middle: String = rand::rng().sample_iter(Alphanumeric).take(7).map(char::from).collect();
    format!("{}:{middle}:0", Uuid::new_v4())
}

/// Queries that run, and the last ones that ended. Running ones are bounded by the limit of requests.
#[derive(Debug, Default)]
pub struct Registry {
    queries: Mutex<Queries>,
}

#[derive(Debug, Default)]
struct Queries {
    running: Vec<RunningQuery>,
    ended: VecDeque<QueryInfo>,
}

#[derive(Debug)]
struct RunningQuery {
    info: QueryInfo,
    started: Instant,
    cancel: CancellationToken,
}

/// A query that runs. Dropping it, as when the client goes away, ends it.
#[derive(Debug)]
pub struct Running {
    registry: Arc<Registry>,
    query_id: String,
    cancel: CancellationToken,
}

impl Registry {
    /// Notes that a query begins.
    pub fn begin(self: &Arc<Registry>, query_id: &str, sql: &str) -> Running {
        let cancel = CancellationToken::new();
        let info = QueryInfo {
            query_id: query_id.to_string(),
            status: QueryStatus::Running,
            executed_by: None,
            submitted_at: Some(clock::now_text()),
            expires_at: None,
            stats: QueryInfoStats::default(),
            query_errors: Vec::new(),
            sql: sql[..sql.floor_char_boundary(MAX_SQL_BYTES)].to_string(),
        };
        let running = RunningQuery { info, started: Instant::now(), cancel: cancel.clone() };
        self.lock().running.push(running);
        Running { registry: self.clone(), query_id: query_id.to_string(), cancel }
    }

    /// The queries that run.
    pub fn running(&self) -> Vec<QueryInfo> {
        self.lock().running.iter().map(RunningQuery::now).collect()
    }

    /// How many queries run.
    pub fn running_count(&self) -> usize {
        self.lock().running.len()
    }

    /// The queries that run and the last ones that ended, newest first.
    pub fn recent(&self) -> Vec<QueryInfo> {
        let queries = self.lock();
        let running = queries.running.iter().rev().map(RunningQuery::now);
        running.chain(queries.ended.iter().rev().cloned()).collect()
    }

    /// One query that runs or ended lately.
    pub fn find(&self, query_id: &str) -> Option<QueryInfo> {
        self.recent().into_iter().find(|info| info.query_id == query_id)
    }

    /// Ends a query that runs.
    pub fn cancel(&self, query_id: &str) -> Option<QueryInfo> {
        let queries = self.lock();
        let query = queries.running.iter().find(|query| query.info.query_id == query_id)?;
        query.cancel.cancel();
        Some(QueryInfo { status: QueryStatus::Cancelled, ..query.now() })
    }

    fn end(&self, query_id: &str, change: impl FnOnce(&mut QueryInfo)) {
        let mut queries = self.lock();
        let Some(at) = queries.running.iter().position(|query| query.info.query_id == query_id) else {
            return;
        };
        let query = queries.running.swap_remove(at);
        let mut info = query.now();
        change(&mut info);
        if queries.ended.len() == MAX_REMEMBERED {
            queries.ended.pop_front();
        }
        queries.ended.push_back(info);
    }

    fn lock(&self) -> MutexGuard<'_, Queries> {
        // Entries are moved as a whole, so a panic cannot leave one half done.
        self.queries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunningQuery {
    fn now(&self) -> QueryInfo {
        let mut info = self.info.clone();
        info.stats.elapsed_time_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        info
    }
}

impl Running {
    /// Waits until a request cancels the query.
    pub async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    /// Notes how the query ended.
    pub fn end(self, result: &Result<Outcome>) {
        self.registry.end(&self.query_id, |info| match result {
            Ok(outcome) => {
                info.status = QueryStatus::Completed;
                info.stats.result_set_document_count = Some(outcome.answer.row_count() as u64);
                info.stats.throttled_time_ms =
                    u64::try_from(outcome.answer.throttled.as_millis()).unwrap_or(u64::MAX);
            }
            Err(Error::Cancelled) => info.status = QueryStatus::Cancelled,
            Err(error) => {
                let (status_code, kind) = error.status();
                info.status = QueryStatus::Error;
                let message = error.to_string();
                info.query_errors.push(QueryErrorInfo {
                    kind: kind.name().to_string(),
                    message,
                    status_code,
                });
            }
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After `end` there is nothing left to note.
        self.registry.end(&self.query_id, |info| info.status = QueryStatus::Cancelled);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ids_have_the_recorded_form() {
        let id = new_query_id();
        let parts: Vec<&str> = id.split(':').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [36, 7, 1], "{id}");
    }

    #[test]
    fn a_dropped_query_is_cancelled_and_old_ones_are_forgotten() {
        let registry = Arc::new(Registry::default());
        for number in 0..=MAX_REMEMBERED {
            drop(registry.begin(&number.to_string(), "SELECT 1"));
        }
        assert_eq!(registry.running_count(), 0);
        assert_eq!(registry.recent().len(), MAX_REMEMBERED);
        assert!(registry.find("0").is_none());
        assert_eq!(registry.find("1").unwrap().status, QueryStatus::Cancelled);
    }

    #[test]
    fn only_a_running_query_can_be_cancelled() {
        let registry = Arc::new(Registry::default());
        let running = registry.begin("a", "SELECT 1");
        assert!(registry.cancel("b").is_none());
        assert_eq!(registry.cancel("a").unwrap().status, QueryStatus::Cancelled);
        assert!(running.cancel.is_cancelled());
    }
}
