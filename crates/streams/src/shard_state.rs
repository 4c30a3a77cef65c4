//! The reading of one shard: what to do next, and what an answer changes. No I/O.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::backoff::{Backoff, MAX_BACKOFF_MS};
use crate::client::{Answer, ClientError, ClientErrorKind, IteratorStart, Record, ShardInfo};
use crate::position::{ShardPosition, Stored};

/// The service allows five reads a second of each shard.
pub const POLL_INTERVAL_MS: i64 = 200;
/// A batch holds at most this many records.
pub const MAX_BATCH_RECORDS: usize = 5_000;
/// A batch holds at most this many bytes of data, or one record that is larger.
pub const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Get an iterator, then call [`ShardState::iterator_arrived`].
    GetIterator(IteratorStart),
    /// Get records, then call [`ShardState::answer_arrived`].
    GetRecords(String),
    /// Store a chunk, then call [`ShardState::appended`].
    Append(Chunk),
    /// Ask the engine for the stored position, then call [`ShardState::reloaded`]: an append failed, and it is not
    /// known whether it was stored.
    Reload,
    /// The shard is stored to its end.
    Finished,
    /// The stream has the shard no more, or the stream is gone: list the shards again.
    Lost,
}

/// Records to store in one commit with the position after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The records, in order. None where only the end of the shard is to be stored.
    pub records: Vec<Record>,
    /// Where the shard stands after them.
    pub position: ShardPosition,
}

/// The reading of one shard.
#[derive(Debug)]
pub struct ShardState {
    committed: ShardPosition,
    phase: Phase,
    pending: VecDeque<Record>,
    children: Vec<ShardInfo>,
    behind_ms: Option<i64>,
    /// Not before this time is anything done: the back-off after a failure.
    retry_at_ms: i64,
    /// Not before this time are records asked for.
    poll_at_ms: i64,
    backoff: Backoff,
    problem: Option<Problem>,
    /// Where reading was taken up, until the first records after it are seen.
    resumed_after: Option<Stored>,
    gap: Option<String>,
    horizon_ms: Option<i64>,
}

/// What keeps a shard from being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub message: String,
    /// Waiting will hardly mend it.
    pub lasting: bool,
}

#[derive(Debug)]
enum Phase {
    NoIterator,
    Iterator(String),
    /// The last answer was the shard's last.
    AtEnd,
    Doubtful,
    Lost,
}

impl ShardState {
    /// Takes the reading up at a stored position. `horizon_ms`, where known, is the time before which the stream keeps
    /// no records (milliseconds since the epoch): it tells whether records between the position and the next ones may
    /// have been dropped. The seed makes waits repeatable in tests.
    pub fn new(position: ShardPosition, horizon_ms: Option<i64>, seed: u64) -> Self {
        Self {
            resumed_after: position.stored().cloned(),
            committed: position,
            phase: Phase::NoIterator,
            pending: VecDeque::new(),
            children: Vec::new(),
            behind_ms: None,
            retry_at_ms: 0,
            poll_at_ms: 0,
            backoff: Backoff::new(seed),
            problem: None,
            gap: None,
            horizon_ms,
        }
    }

    /// The next thing to do, and the time before which not to do it (in the same clock as the `now_ms` handed in).
    pub fn next(&self) -> (i64, Action) {
        let action = match &self.phase {
            Phase::Lost => return (0, Action::Lost),
            _ if self.committed.is_ended() => return (0, Action::Finished),
            Phase::Doubtful => Action::Reload,
            _ if !self.pending.is_empty() => Action::Append(self.chunk()),
            Phase::AtEnd => Action::Append(Chunk { records: Vec::new(), position: self.committed.ended() }),
            Phase::NoIterator => Action::GetIterator(self.iterator_start()),
            Phase::Iterator(iterator) => {
                return (self.retry_at_ms.max(self.poll_at_ms), Action::GetRecords(iterator.clone()));
            }
        };
        (self.retry_at_ms, action)
    }

    /// The stored position.
    pub fn committed(&self) -> &ShardPosition {
        &self.committed
    }

    /// The shards that follow this one, if the stream named them at its end.
    pub fn children(&self) -> &[ShardInfo] {
        &self.children
    }

    /// How far the stored records are behind the shard's newest: zero or more, none where unknown.
    pub fn lag_ms(&self) -> Option<i64> {
        self.behind_ms
    }

    /// The failure of the last step, once, and how many there were in a row.
    pub(crate) fn take_failure(&mut self) -> Option<(Problem, u32)> {
        self.problem.take().map(|problem| (problem, self.backoff.failures()))
    }

    /// Whether there was a failure since the last success.
    pub(crate) fn is_failing(&self) -> bool {
        self.backoff.failures() > 0
    }

    /// The gap that was found, once.
    pub fn take_gap(&mut self) -> Option<String> {
        self.gap.take()
    }

    /// An iterator came, or did not.
    pub fn iterator_arrived(&mut self, result: Result<String, ClientError>, now_ms: i64) {
        match result {
            // Not yet a success: an iterator that is refused at once must not be asked for without a pause.
            Ok(iterator) => self.phase = Phase::Iterator(iterator),
            Err(error) if error.kind == ClientErrorKind::NotFound => self.lost(error),
            Err(error) if error.kind == ClientErrorKind::InvalidArgument => {
                self.position_refused(&error, now_ms)
            }
            Err(error) => self.failed(error.message, now_ms),
        }
    }

    /// Records came, or did not. `asked_ms` is when they were asked for.
    pub fn answer_arrived(&mut self, result: Result<Answer, ClientError>, asked_ms: i64, now_ms: i64) {
        match result {
            Ok(answer) => self.take(answer, asked_ms),
            Err(error) => match error.kind {
                ClientErrorKind::ExpiredIterator | ClientErrorKind::InvalidArgument => {
                    self.phase = Phase::NoIterator;
                    self.failed(error.message, now_ms);
                }
                ClientErrorKind::NotFound => self.lost(error),
                _ => self.failed(error.message, now_ms),
            },
        }
    }

    /// The chunk of the last [`Action::Append`] was stored, or failed with a message.
    pub fn appended(&mut self, result: Result<(), String>, now_ms: i64) {
        match result {
            Ok(()) => {
                let chunk_length = self.chunk_length();
                self.committed = match self.pending.drain(..chunk_length).next_back() {
                    Some(record) => ShardPosition::After(record.stored),
                    None => self.committed.ended(),
                };
                self.works();
            }
            Err(message) => {
                self.phase = Phase::Doubtful;
                self.failed(format!("storing records: {message}"), now_ms);
            }
        }
    }

    /// The engine's stored position after a doubtful append: `None` where nothing is stored for the shard.
    pub fn reloaded(&mut self, result: Result<Option<ShardPosition>, String>, now_ms: i64) {
        match result {
            Ok(position) => {
                // What was read and not stored is read again: simpler than finding out which part of it was stored.
                self.pending.clear();
                self.committed = position.unwrap_or(ShardPosition::Oldest);
                self.phase = Phase::NoIterator;
            }
            Err(message) => self.failed(format!("reading the stored position: {message}"), now_ms),
        }
    }

    fn iterator_start(&self) -> IteratorStart {
        match &self.committed {
            ShardPosition::Oldest => IteratorStart::TrimHorizon,
            ShardPosition::At(ms) => IteratorStart::AtTimestamp(*ms),
            ShardPosition::After(stored) => IteratorStart::AfterSequence(stored.sequence.clone()),
            // Not asked for: `next` is finished before.
            ShardPosition::Ended(_) => IteratorStart::TrimHorizon,
        }
    }

    fn chunk(&self) -> Chunk {
        let records: Vec<Record> = self.pending.iter().take(self.chunk_length()).cloned().collect();
        let position = match records.last() {
            Some(record) => ShardPosition::After(record.stored.clone()),
            None => self.committed.clone(),
        };
        Chunk { records, position }
    }

    fn chunk_length(&self) -> usize {
        let mut bytes = 0;
        let fitting = self.pending.iter().take(MAX_BATCH_RECORDS).take_while(|record| {
            bytes += record.data.len();
            bytes <= MAX_BATCH_BYTES
        });
        fitting.count().max(1).min(self.pending.len())
    }

    fn take(&mut self, answer: Answer, asked_ms: i64) {
        // Records that are read and not stored yet are no success: storing them may be what fails again and again.
        if answer.records.is_empty() {
            self.works();
        }
        if let Some(first) = answer.records.first() {
            self.gap = self.resumed_after.take().and_then(|stored| self.gap_between(&stored, first));
        }
        self.pending.extend(answer.records);
        self.behind_ms = answer.behind_ms;
        self.poll_at_ms = asked_ms + POLL_INTERVAL_MS;
        self.phase = match answer.next_iterator {
            Some(iterator) => Phase::Iterator(iterator),
            None => {
                self.children = answer.children;
                Phase::AtEnd
            }
        };
    }

    /// The stored record is older than the stream keeps records, and there are records after it: those between may
    /// have been dropped.
    fn gap_between(&self, stored: &Stored, first: &Record) -> Option<String> {
        let horizon_ms = self.horizon_ms.filter(|&horizon_ms| stored.arrived_ms < horizon_ms)?;
        let late_s = (horizon_ms - stored.arrived_ms) / 1_000;
        let (from, to) = (stored.arrived_ms, first.stored.arrived_ms);
        Some(format!(
            "the last stored record is {late_s} s older than what the stream keeps: records that arrived between \
             {from} and {to} (milliseconds since the epoch) may be lost; raise the stream's retention period"
        ))
    }

    fn position_refused(&mut self, error: &ClientError, now_ms: i64) {
        // The service says so where the stored record is the last one that a closed shard can have.
        if matches!(self.committed, ShardPosition::After(_)) && error.message.contains("max possible") {
            self.phase = Phase::AtEnd;
            return;
        }
        let message = match &self.committed {
            ShardPosition::After(stored) => format!(
                "the stream does not know the last stored record ({}): it was deleted and created anew, or its data \
                 were; nothing is read until you recreate the collection. The service said: {}",
                stored.sequence, error.message
            ),
            ShardPosition::At(_) => format!(
                "the stream refuses the time at which reading is to begin; check that this machine's clock is not \
                 ahead. The service said: {}",
                error.message
            ),
            _ => error.message.clone(),
        };
        let lasting = matches!(self.committed, ShardPosition::After(_));
        self.failed(message, now_ms);
        if lasting {
            self.retry_at_ms = now_ms + MAX_BACKOFF_MS;
            self.problem = self.problem.take().map(|problem| Problem { lasting, ..problem });
        }
    }

    /// The service does not find the stream, the shard, or (some stand-ins say so) the last stored record: the next
    /// listing tells the first two from the last.
    fn lost(&mut self, error: ClientError) {
        self.phase = Phase::Lost;
        let message = match &self.committed {
            ShardPosition::After(stored) => format!(
                "{}. If the stream is there, it does not know the last stored record ({}): its data were lost or it \
                 was created anew; recreate the collection to read it",
                error.message, stored.sequence
            ),
            _ => error.message,
        };
        self.problem = Some(Problem { message, lasting: true });
    }

    fn failed(&mut self, message: String, now_ms: i64) {
        self.retry_at_ms = now_ms + self.backoff.failed();
        self.problem = Some(Problem { message, lasting: false });
    }

    fn works(&mut self) {
        self.backoff.succeeded();
        self.problem = None;
    }
}

/// The id of a record's document: the same record always gets the same one, and no two records of a collection's
/// sources share one. The shard's number and the record's sequence number, after a short hash of the source's id.
pub(crate) fn document_id(source: &str, shard: &str, sequence: &str) -> Arc<str> {
    let number = shard.strip_prefix("shardId-").unwrap_or(shard);
    let trimmed = number.trim_start_matches('0');
    let number = if trimmed.is_empty() { "0" } else { trimmed };
    format!("{:08x}-{number}-{sequence}", crc32fast::hash(source.as_bytes())).into()
}
