//! What a user is told about a source.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::ShardInfo;

/// How many problems are kept for the message; of more, the first by name are shown.
const MAX_PROBLEMS: usize = 100;
/// A problem that lasted this many tries makes the state [`SourceState::Error`].
const LASTING_FAILURES: u32 = 3;

/// The state of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceState {
    /// The shards are not known yet.
    #[default]
    Initializing,
    /// Some shard has records that are not stored yet.
    Processing,
    /// Everything is stored; new records are waited for.
    Watching,
    /// Something keeps failing; it is tried again. The message says what and what to do.
    Error,
}

/// What a user is told about a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceStatus {
    /// The state.
    pub state: SourceState,
    /// What is wrong, or was: the newest gap.
    pub message: Option<String>,
    /// When a record was last stored: milliseconds since the epoch.
    pub last_processed_at_ms: Option<i64>,
    /// Records stored since the source was started.
    pub total_processed_items: u64,
    /// For each shard that is read: how far it is behind its newest record, in milliseconds, where known.
    pub lag_ms: BTreeMap<Arc<str>, Option<i64>>,
    /// Calls that failed and were made again, since the source was started.
    pub retries: u64,
    /// Times that records were, or may have been, dropped by the stream before they were read.
    pub gaps: u64,
}

/// The status, shared by the tasks of a source.
#[derive(Debug, Default)]
pub(crate) struct StatusBoard(Mutex<Board>);

#[derive(Debug, Default)]
struct Board {
    status: SourceStatus,
    listed: bool,
    problems: BTreeMap<Arc<str>, Problem>,
    last_gap: Option<String>,
}

#[derive(Debug)]
struct Problem {
    message: String,
    failures: u32,
}

impl StatusBoard {
    /// The status now.
    pub fn read(&self) -> SourceStatus {
        let board = self.lock();
        let lasting = board.problems.values().any(|problem| problem.failures >= LASTING_FAILURES);
        let state = match (lasting, board.listed) {
            (true, _) => SourceState::Error,
            (false, false) => SourceState::Initializing,
            _ if board.status.lag_ms.values().all(|lag_ms| *lag_ms == Some(0)) => SourceState::Watching,
            _ => SourceState::Processing,
        };
        SourceStatus { state, message: board.message(), ..board.status.clone() }
    }

    /// The shards are known: problems of others are over, but for those of the stream as a whole (`name`).
    pub fn listed(&self, name: &Arc<str>, listing: &[ShardInfo]) {
        let mut board = self.lock();
        board.listed = true;
        let ids: HashSet<&str> = listing.iter().map(|shard| &*shard.id).collect();
        board.problems.retain(|who, _| who == name || ids.contains(&**who));
    }

    /// `who` (a shard, or the stream) failed for the `failures`-th time. `retried`: it is a call that is made again.
    pub fn problem(&self, who: &Arc<str>, message: &str, failures: u32) {
        let mut board = self.lock();
        board.status.retries += 1;
        if board.problems.len() < MAX_PROBLEMS || board.problems.contains_key(who) {
            board.problems.insert(who.clone(), Problem { message: message.to_owned(), failures });
        }
    }

    /// Like [`StatusBoard::problem`], for what waiting does not mend: the state is an error at once.
    pub fn lasting_problem(&self, who: &Arc<str>, message: &str) {
        self.problem(who, message, LASTING_FAILURES);
    }

    /// `who` works.
    pub fn works(&self, who: &Arc<str>) {
        self.lock().problems.remove(who);
    }

    /// Records of a shard were lost, or may have been.
    pub fn gap(&self, message: String) {
        let mut board = self.lock();
        board.status.gaps += 1;
        board.last_gap = Some(message);
    }

    /// `count` records were stored.
    pub fn stored(&self, count: usize, now_ms: i64) {
        let mut board = self.lock();
        board.status.total_processed_items += count as u64;
        board.status.last_processed_at_ms = Some(now_ms);
    }

    /// How far a shard is behind.
    pub fn lag(&self, shard: &Arc<str>, lag_ms: Option<i64>) {
        self.lock().status.lag_ms.insert(shard.clone(), lag_ms);
    }

    /// A shard is read no more. Where it was lost, its problem stays until the shards are listed or it is read again.
    pub fn left(&self, shard: &Arc<str>, lost: bool) {
        let mut board = self.lock();
        board.status.lag_ms.remove(shard);
        if !lost {
            board.problems.remove(shard);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        // A panic between two plain assignments leaves nothing that a reader of the status could not bear.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    fn message(&self) -> Option<String> {
        let worst = self.problems.iter().max_by_key(|(_, problem)| problem.failures);
        match (worst, self.problems.len()) {
            (None, _) => self.last_gap.clone(),
            (Some((who, problem)), 1) => Some(format!("{who}: {}", problem.message)),
            (Some((who, problem)), count) => {
                Some(format!("{who}: {} (and {} more with problems)", problem.message, count - 1))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_becomes_an_error_when_it_lasts_and_goes_when_it_is_over() {
        let board = StatusBoard::default();
        let shard: Arc<str> = "shardId-1".into();
        assert_eq!(board.read().state, SourceState::Initializing);
        let info = ShardInfo { id: shard.clone(), parents: vec![], starting_sequence: None, closed: false };
        board.listed(&"source".into(), std::slice::from_ref(&info));
        board.lag(&shard, Some(20));
        assert_eq!(board.read().state, SourceState::Processing);
        board.problem(&shard, "slow down", 1);
        assert_eq!(board.read().state, SourceState::Processing);
        assert_eq!(board.read().message.as_deref(), Some("shardId-1: slow down"));
        board.problem(&shard, "slow down", 3);
        assert_eq!(board.read().state, SourceState::Error);
        board.works(&shard);
        board.lag(&shard, Some(0));
        assert_eq!(board.read().state, SourceState::Watching);
        assert_eq!(board.read().retries, 2);
    }
}
