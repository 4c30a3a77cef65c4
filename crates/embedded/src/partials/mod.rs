//! Partial results: what an aggregation found in a sealed segment, or in a run of segments, kept for the next refresh.
//!
//! A segment never changes, so what one plan found in it stays true. Kept is the state of the aggregation (DataFusion's
//! partial states as record batches), by the plan and the segments. A refresh then costs the unsealed documents, the
//! segments that lie across a bound of time, and a merge of few states.

mod tree;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use rockhopper_storage::SegmentId;

pub(crate) use tree::{Tree, tree};

use crate::memory::bytes_of;

/// Plans whose partial results are kept. With one more, all are forgotten.
const MAX_PLANS: usize = 10_000;
/// A partial result may take this share of the limit at most.
const MAX_SHARE: usize = 8;

/// What was found in segments, bounded in bytes: what was not used for the longest time goes first.
#[derive(Debug)]
pub(crate) struct Partials {
    limit_bytes: usize,
    /// Held only for moments.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of each plan, by what it computes.
    plans: HashMap<Arc<str>, u64>,
    /// Plans of which a result was too large to be kept.
    too_large: HashSet<u64>,
    next_plan: u64,
    found: HashMap<Place, Found>,
    bytes: usize,
    uses: u64,
}

/// Which partial result: of a plan, by its number, over segments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    plan: u64,
    segments: Arc<[SegmentId]>,
}

#[derive(Debug)]
struct Found {
    batches: Arc<[RecordBatch]>,
    bytes: usize,
    last_use: u64,
}

impl Partials {
    /// At most so many bytes.
    pub(crate) fn new(limit_bytes: usize) -> Partials {
        Partials { limit_bytes, state: Mutex::default() }
    }

    /// The place for what a plan finds in segments. `plan` says all that its result depends on besides them.
    pub(crate) fn plan(&self, plan: &str) -> u64 {
        let mut state = self.state();
        if let Some(number) = state.plans.get(plan) {
            return *number;
        }
        if state.plans.len() >= MAX_PLANS {
            state.plans.clear();
            state.too_large.clear();
            state.found.clear();
            state.bytes = 0;
        }
        state.next_plan += 1;
        let number = state.next_plan;
        state.plans.insert(Arc::from(plan), number);
        number
    }

    /// What was found, if it is kept.
    pub(crate) fn get(&self, place: &Place) -> Option<Arc<[RecordBatch]>> {
        let mut state = self.state();
        state.uses += 1;
        let uses = state.uses;
        let found = state.found.get_mut(place)?;
        found.last_use = uses;
        Some(Arc::clone(&found.batches))
    }

    /// Whether one of a plan's results was too large to be kept: then taking it apart costs more than it saves.
    pub(crate) fn is_too_large(&self, plan: u64) -> bool {
        self.state().too_large.contains(&plan)
    }

    /// Notes that a result of a plan is too large to be kept.
    pub(crate) fn give_up(&self, place: &Place) {
        self.state().too_large.insert(place.plan);
    }

    /// Keeps what was found, unless it is too large.
    pub(crate) fn keep(&self, place: Place, batches: Vec<RecordBatch>) {
        let own = std::mem::size_of::<Place>() + place.segments.len() * std::mem::size_of::<SegmentId>();
        let bytes = own + batches.iter().map(bytes_of).sum::<usize>();
        if bytes > self.max_entry_bytes() {
            return self.give_up(&place);
        }
        let mut state = self.state();
        state.uses += 1;
        let found = Found { batches: batches.into(), bytes, last_use: state.uses };
        state.bytes += bytes;
        if let Some(before) = state.found.insert(place, found) {
            state.bytes -= before.bytes;
        }
        if state.bytes > self.limit_bytes {
            state.forget(self.limit_bytes - self.limit_bytes / MAX_SHARE);
        }
    }

    /// A partial result of more bytes than this is not kept.
    pub(crate) fn max_entry_bytes(&self) -> usize {
        self.limit_bytes / MAX_SHARE
    }

    /// Bytes that are kept.
    pub(crate) fn bytes(&self) -> usize {
        self.state().bytes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic leaves at worst a wrong count of bytes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Forgets what was not used for the longest time until no more than `bytes` are left.
    fn forget(&mut self, bytes: usize) {
        let mut uses: Vec<(u64, usize)> =
            self.found.values().map(|found| (found.last_use, found.bytes)).collect();
        uses.sort_unstable();
        let mut left = self.bytes;
        let mut oldest = 0;
        for (last_use, own) in uses {
            if left <= bytes {
                break;
            }
            (left, oldest) = (left - own, last_use);
        }
        self.found.retain(|_, found| found.last_use > oldest);
        self.bytes = left;
    }
}

impl Place {
    /// Of a plan's number and segments.
    pub(crate) fn new(plan: u64, segments: &[SegmentId]) -> Place {
        Place { plan, segments: segments.into() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{ArrayRef, Int64Array};

    use super::*;

    fn batch(rows: usize) -> RecordBatch {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![7; rows]));
        RecordBatch::try_from_iter([("c", column)]).unwrap()
    }

    fn place(plan: u64, serial: u64) -> Place {
        Place::new(plan, &[SegmentId { serial, deletion_version: 0 }])
    }

    #[test]
    fn what_is_kept_stays_within_the_limit_and_the_oldest_goes_first() {
        let partials = Partials::new(100_000);
        let plan = partials.plan("count");
        assert_eq!(partials.plan("count"), plan);
        for serial in 0..20 {
            partials.keep(place(plan, serial), vec![batch(1000)]);
            assert!(partials.get(&place(plan, 0)).is_some(), "it is used all the time");
            assert!(partials.bytes() <= 100_000);
        }
        assert!(partials.get(&place(plan, 1)).is_none());
        assert!(partials.get(&place(plan, 19)).is_some());
        assert!(partials.get(&place(partials.plan("sum"), 19)).is_none());
    }

    #[test]
    fn what_is_too_large_is_not_kept() {
        let partials = Partials::new(100_000);
        let plan = partials.plan("count");
        partials.keep(place(plan, 1), vec![batch(2000)]);
        assert!(partials.get(&place(plan, 1)).is_none());
        assert_eq!(partials.bytes(), 0);
        assert!(partials.is_too_large(plan));
        assert!(!partials.is_too_large(partials.plan("sum")));
    }

    #[test]
    fn one_plan_too_many_forgets_all() {
        let partials = Partials::new(100_000);
        let plan = partials.plan("first");
        partials.keep(place(plan, 1), vec![batch(1)]);
        for number in 1..MAX_PLANS {
            partials.plan(&number.to_string());
        }
        assert!(partials.get(&place(plan, 1)).is_some());
        partials.plan("one more");
        assert!(partials.get(&place(plan, 1)).is_none());
        assert_eq!(partials.bytes(), 0);
    }
}
