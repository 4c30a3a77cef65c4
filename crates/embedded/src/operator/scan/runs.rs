//! What a scan looks at: pieces and runs of their documents, without those that cannot matter.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use rockhopper_sql::Type;
use rockhopper_storage::{Piece, Snapshot, Step, ZONE_ROWS};

/// A condition that holds for ints or timestamps of a range only. What the store knows of the ranges of pieces and
/// zones tells which of them cannot have a row that passes.
#[derive(Clone, Debug)]
pub(crate) struct Pruning {
    /// The member.
    pub(crate) path: Vec<Step>,
    /// The least and greatest value that passes.
    pub(crate) range: (i64, i64),
    /// Values outside of it fail instead of not passing: a piece that may have one is read.
    pub(crate) safe: (i64, i64),
}

impl Pruning {
    /// Whether all rows with values in the range pass.
    pub(crate) fn holds_within(&self, (least, greatest): (i64, i64)) -> bool {
        let passes = least >= self.range.0 && greatest <= self.range.1;
        passes && least >= self.safe.0 && greatest <= self.safe.1
    }

    /// Whether every document of a piece has a value.
    pub(crate) fn is_everywhere(&self, piece: &Piece) -> bool {
        let types = piece.types(&self.path);
        !types.may_be_missing() && !types.has(Type::Null)
    }

    /// Whether a row with a value in the range may pass or fail. None: nothing is known.
    fn may_pass(&self, range: Option<(i64, i64)>) -> bool {
        range.is_none_or(|(least, greatest)| {
            let passes = least <= self.range.1 && greatest >= self.range.0;
            passes || least < self.safe.0 || greatest > self.safe.1
        })
    }
}

/// Documents of one piece that are looked at together.
#[derive(Clone, Debug)]
pub(crate) enum Documents {
    /// All from one to another.
    Range(Range<usize>),
    /// These, ascending.
    Rows(Arc<[u32]>),
}

impl Documents {
    /// How many.
    pub(crate) fn len(&self) -> usize {
        match self {
            Documents::Range(range) => range.len(),
            Documents::Rows(rows) => rows.len(),
        }
    }

    /// Those at the given places, which ascend: still a range where they follow each other, as they do in an order of
    /// time.
    pub(super) fn chosen(&self, places: &[u32]) -> Documents {
        match (self, follow_each_other(places)) {
            (Documents::Range(range), Some(run)) => {
                Documents::Range(range.start + run.start..range.start + run.end)
            }
            _ => Documents::Rows(self.at(places).into()),
        }
    }

    /// The documents at the given places among these.
    pub(crate) fn at(&self, places: &[u32]) -> Vec<u32> {
        match self {
            Documents::Range(range) => places.iter().map(|place| place + range.start as u32).collect(),
            Documents::Rows(rows) => places.iter().map(|place| rows[*place as usize]).collect(),
        }
    }
}

/// The run that ascending places are, if they follow each other.
pub(super) fn follow_each_other(places: &[u32]) -> Option<Range<usize>> {
    let (first, last) = (*places.first()? as usize, *places.last()? as usize);
    (last - first + 1 == places.len()).then_some(first..last + 1)
}

/// A part of a scan's work.
#[derive(Debug)]
pub(crate) struct Run {
    /// Which piece.
    pub(crate) piece: usize,
    pub(crate) documents: Documents,
    /// The conditions that all of them are known to meet.
    pub(crate) met: Met,
}

/// Numbers of conditions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Met(u64);

impl Met {
    /// With one more. Those past the 64th are not noted: they are evaluated.
    pub(crate) fn with(self, condition: usize) -> Met {
        Met(self.0 | 1u64.checked_shl(condition as u32).unwrap_or(0))
    }

    /// Those that are in both.
    pub(crate) fn and(self, other: Met) -> Met {
        Met(self.0 & other.0)
    }

    /// Whether a condition is among them.
    pub(crate) fn has(self, condition: usize) -> bool {
        Met::default().with(condition).and(self) != Met::default()
    }
}

/// A run of documents of a piece with the conditions that all of them are known to meet.
pub(crate) type Zone = (Range<usize>, Met);

/// What is left to do.
#[derive(Debug)]
pub(super) enum Task {
    Run(Run),
    /// Runs of a piece that has lists of where its words stand: whether they help is seen when it is its turn.
    Piece {
        piece: usize,
        zones: Vec<Zone>,
    },
}

/// The tasks of a scan, taken one by one by its partitions.
#[derive(Debug)]
pub(crate) struct Tasks {
    queue: Mutex<VecDeque<Task>>,
    /// How many zones there were at the start.
    zones: usize,
}

impl Tasks {
    /// The documents of a snapshot's pieces that pruning by conditions leaves; of all pieces, or those that `wanted`
    /// names. Sealed pieces are tasks as a whole where the scan has a condition on words.
    pub(crate) fn new(
        snapshot: &Snapshot,
        prunings: &[(usize, Pruning)],
        by_word: bool,
        wanted: impl Fn(usize) -> bool,
    ) -> Tasks {
        let mut queue = VecDeque::new();
        let mut zone_count = 0;
        for (number, piece) in snapshot.pieces.iter().enumerate().filter(|(number, _)| wanted(*number)) {
            let zones = zones(piece, prunings);
            zone_count += zones.len();
            if zones.is_empty() {
                continue;
            }
            if by_word && piece.segment().is_some() {
                queue.push_back(Task::Piece { piece: number, zones });
                continue;
            }
            let run = |(zone, met)| Run { piece: number, documents: Documents::Range(zone), met };
            queue.extend(zones.into_iter().map(run).map(Task::Run));
        }
        Tasks { queue: Mutex::new(queue), zones: zone_count }
    }

    /// How many zones they began with.
    pub(crate) fn zones(&self) -> usize {
        self.zones
    }

    pub(super) fn take(&self) -> Option<Task> {
        self.queue().pop_front()
    }

    /// Puts runs before what is left.
    pub(super) fn put(&self, runs: Vec<Run>) {
        let mut queue = self.queue();
        runs.into_iter().rev().for_each(|run| queue.push_front(Task::Run(run)));
    }

    /// Takes all that is left.
    pub(super) fn drain(&self) -> Vec<Task> {
        self.queue().drain(..).collect()
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, VecDeque<Task>> {
        // Nothing panics while it is held.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The zones of a piece that pruning by conditions leaves.
fn zones(piece: &Piece, prunings: &[(usize, Pruning)]) -> Vec<Zone> {
    if !prunings.iter().all(|(_, pruning)| pruning.may_pass(piece.int_range(&pruning.path))) {
        return Vec::new();
    }
    let known: Vec<_> = prunings.iter().map(|(_, pruning)| piece.zones(&pruning.path)).collect();
    let whole: Vec<bool> = prunings.iter().map(|(_, pruning)| pruning.is_everywhere(piece)).collect();
    let met = |zone: usize| {
        let mut met = Met::default();
        for (at, (condition, pruning)) in prunings.iter().enumerate() {
            let Some(range) = known[at].as_ref().and_then(|zones| zones.get(zone)) else { continue };
            if !range.is_some_and(|range| pruning.may_pass(Some(range))) {
                return None;
            }
            if whole[at] && range.is_some_and(|range| pruning.holds_within(range)) {
                met = met.with(*condition);
            }
        }
        Some(met)
    };
    let starts = (0..piece.rows()).step_by(ZONE_ROWS).enumerate();
    starts
        .filter_map(|(zone, start)| Some((start..(start + ZONE_ROWS).min(piece.rows()), met(zone)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Met;

    #[test]
    fn conditions_past_the_last_that_can_be_noted_are_not() {
        let met = Met::default().with(3).with(63).with(64);
        assert_eq!([3, 4, 63, 64].map(|condition| met.has(condition)), [true, false, true, false]);
    }
}
