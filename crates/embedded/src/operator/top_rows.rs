//! The first rows in an order, straight from a collection: of all other rows only the keys are read, and zones that
//! cannot hold one of the first are not read at all.

use std::any::Any;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::{
    ArrayRef, AsArray, BinaryArray, Int64Array, RecordBatch, RecordBatchOptions, UInt32Array, new_null_array,
};
use arrow::compute::{SortOptions, interleave};
use arrow::datatypes::{DataType, Int64Type, UInt32Type};
use arrow::row::{RowConverter, SortField};
use datafusion::error::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, PlanProperties};
use rockhopper_storage::{ColumnType, SegmentId, Step, ZONE_ROWS};
use tokio::task::JoinSet;

use super::map::{Column, Form};
use super::{Documents, Passing, Run, Scan, Work, operator, properties};
use crate::error::Failure;
use crate::kind::Kind;
use crate::partials::{Partials, Place};
use crate::program::{Frame, Node};

/// Orders of more rows than this are left to a sort, whose memory is counted.
pub(crate) const MAX_TOP_ROWS: usize = 10_000;
/// A further thread is worth it for so many runs.
const RUNS_PER_THREAD: usize = 4;

/// What rows are ordered by.
#[derive(Debug)]
pub(crate) struct TopKey {
    pub(crate) value: TopValue,
    pub(crate) options: SortOptions,
}

/// Where a key comes from.
#[derive(Debug)]
pub(crate) enum TopValue {
    /// Ints or timestamps of a member of the document, whose range the store knows.
    Member(Vec<Step>, ColumnType),
    /// The ints that a member holds as text, for texts that sort as their ints do.
    ShadowInt(Vec<Step>),
    /// An expression over the scan's columns that cannot fail.
    Computed(Node),
}

/// The first rows of a collection in an order.
#[derive(Debug)]
pub(crate) struct TopRows {
    scan: Arc<dyn ExecutionPlan>,
    shared: Arc<Shared>,
    threads: usize,
    properties: Arc<PlanProperties>,
}

#[derive(Debug)]
struct Shared {
    work: Arc<Work>,
    keys: Vec<TopKey>,
    limit: usize,
    kept: Option<KeptTops>,
}

/// The first rows of sealed segments, each by itself, as they are kept for the next refresh.
#[derive(Debug)]
pub(crate) struct KeptTops {
    pub(crate) partials: Arc<Partials>,
    /// The number of what is computed.
    pub(crate) plan: u64,
    /// The segments by their number among the pieces.
    pub(crate) segments: BTreeMap<usize, SegmentId>,
}

/// One of the first rows so far. Of equal keys the row that came first is first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: Box<[u8]>,
    piece: usize,
    row: u32,
}

/// The first rows so far, at most `limit`.
struct Top {
    limit: usize,
    /// The last of them is on top.
    heap: BinaryHeap<Entry>,
    /// Counts the entries.
    memory: MemoryReservation,
}

/// A run with the least and greatest first key in it, as far as they are known.
type Bounded = (Run, Option<(i64, i64)>);

impl TopRows {
    /// The first `limit` rows of a scan, which must be at most [`MAX_TOP_ROWS`]; None if the plan is no scan.
    pub(crate) fn new(
        plan: &Arc<dyn ExecutionPlan>,
        keys: Vec<TopKey>,
        limit: usize,
        threads: usize,
        kept: Option<KeptTops>,
    ) -> Option<TopRows> {
        let scan = (plan.as_ref() as &dyn Any).downcast_ref::<Scan>()?;
        let work = Arc::clone(scan.work());
        let properties = properties(plan.schema(), 1);
        Some(TopRows {
            scan: Arc::clone(plan),
            shared: Arc::new(Shared { work, keys, limit, kept }),
            threads,
            properties,
        })
    }

    fn describe(&self) -> String {
        format!("{} rows by {} keys", self.shared.limit, self.shared.keys.len())
    }

    fn start(&self, _: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (shared, threads) = (Arc::clone(&self.shared), self.threads);
        let memory = MemoryConsumer::new("the first rows").register(context.memory_pool());
        let rows = async move { Ok(find(shared, memory, threads).await?) };
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.scan.schema(), futures::stream::once(rows))))
    }
}

async fn find(
    shared: Arc<Shared>,
    memory: MemoryReservation,
    threads: usize,
) -> std::result::Result<RecordBatch, Failure> {
    let mut top = Top::new(shared.limit, &memory);
    let known = shared.known();
    for (piece, batches) in &known {
        for batch in batches.iter() {
            top.add_all(entries_of(batch, *piece))?;
        }
    }
    let mut rest = Vec::new();
    let mut by_segment: BTreeMap<usize, Vec<Run>> = BTreeMap::new();
    for run in shared.work.all(|piece| !known.contains_key(&piece))? {
        match shared.place(run.piece) {
            Some(_) => by_segment.entry(run.piece).or_default().push(run),
            None => rest.push(run),
        }
    }
    for (piece, runs) in by_segment {
        let found = first_of(&shared, runs, &memory, threads).await?;
        if let Some((kept, place)) = shared.kept.as_ref().zip(shared.place(piece)) {
            kept.partials.keep(place, vec![batch_of(&found)?]);
        }
        top.add_all(found)?;
    }
    top.add_all(first_of(&shared, rest, &memory, threads).await?)?;
    shared.rows(&top.heap.into_sorted_vec())
}

/// The first rows of some runs, in order.
async fn first_of(
    shared: &Arc<Shared>,
    runs: Vec<Run>,
    memory: &MemoryReservation,
    threads: usize,
) -> std::result::Result<Vec<Entry>, Failure> {
    let runs = Arc::new(shared.bounded(runs));
    let threads = threads.min(runs.len().div_ceil(RUNS_PER_THREAD)).max(1);
    let top = Arc::new(Mutex::new(Top::new(shared.limit, memory)));
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 1..threads {
        workers.spawn(look(Arc::clone(shared), Arc::clone(&runs), Arc::clone(&next), Arc::clone(&top)));
    }
    look(Arc::clone(shared), runs, next, Arc::clone(&top)).await?;
    while let Some(ended) = workers.join_next().await {
        ended.map_err(|error| Failure::internal(format!("a part of a query ended early: {error}")))??;
    }
    let heap = std::mem::take(&mut locked(&top).heap);
    Ok(heap.into_sorted_vec())
}

/// The form in which the first rows of a segment are kept: their keys and their places in it.
fn batch_of(entries: &[Entry]) -> std::result::Result<RecordBatch, Failure> {
    let keys: ArrayRef = Arc::new(BinaryArray::from_iter_values(entries.iter().map(|entry| &entry.key)));
    let rows: ArrayRef = Arc::new(UInt32Array::from_iter_values(entries.iter().map(|entry| entry.row)));
    Ok(RecordBatch::try_from_iter([("key", keys), ("row", rows)])?)
}

fn entries_of(batch: &RecordBatch, piece: usize) -> Vec<Entry> {
    let (keys, rows) = (batch.column(0).as_binary::<i32>(), batch.column(1).as_primitive::<UInt32Type>());
    let entry = |(key, row): (Option<&[u8]>, &u32)| Some(Entry { key: key?.into(), piece, row: *row });
    keys.iter().zip(rows.values()).filter_map(entry).collect()
}

impl Top {
    /// None yet; they are counted as `memory` is.
    fn new(limit: usize, memory: &MemoryReservation) -> Top {
        Top { limit, heap: BinaryHeap::new(), memory: memory.new_empty() }
    }

    /// Adds rows that are the first of others.
    fn add_all(&mut self, entries: Vec<Entry>) -> std::result::Result<(), Failure> {
        entries.into_iter().try_for_each(|entry| self.add(entry))
    }

    /// Adds a row, and takes the last one out if it is one too many.
    fn add(&mut self, entry: Entry) -> std::result::Result<(), Failure> {
        self.memory.try_grow(entry.bytes())?;
        self.heap.push(entry);
        if self.heap.len() > self.limit {
            self.memory.shrink(self.heap.pop().map_or(0, |last| last.bytes()));
        }
        Ok(())
    }

    /// Whether a row with the key is not among the first.
    fn is_behind(&self, key: &[u8]) -> bool {
        self.heap.len() >= self.limit && self.heap.peek().is_none_or(|last| *key > *last.key)
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        std::mem::size_of::<Entry>() + self.key.len()
    }
}

/// Looks at runs until none is left.
async fn look(
    shared: Arc<Shared>,
    runs: Arc<Vec<Bounded>>,
    next: Arc<AtomicUsize>,
    top: Arc<Mutex<Top>>,
) -> std::result::Result<(), Failure> {
    // Each worker has its own; their rows compare with each other's.
    let mut converter = None;
    while let Some((run, bounds)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
        let last = shared.last_key(&locked(&top), &mut converter)?;
        if shared.is_behind(*bounds, last) {
            continue;
        }
        shared.work.passing(run, |passing| shared.keep(passing, run, &mut converter, &top))?;
        // The runtime's other tasks, the time-out and a cancellation get their turn.
        tokio::task::yield_now().await;
    }
    Ok(())
}

fn locked(top: &Mutex<Top>) -> MutexGuard<'_, Top> {
    // Entries go in one by one, so a panic leaves it whole.
    top.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Where the first rows of a piece are kept, if they are.
    fn place(&self, piece: usize) -> Option<Place> {
        let kept = self.kept.as_ref()?;
        Some(Place::new(kept.plan, &[*kept.segments.get(&piece)?]))
    }

    /// What is kept, by the pieces' numbers.
    fn known(&self) -> BTreeMap<usize, Arc<[RecordBatch]>> {
        let Some(kept) = &self.kept else { return BTreeMap::new() };
        let known = |piece: &usize| Some((*piece, kept.partials.get(&self.place(*piece)?)?));
        kept.segments.keys().filter_map(known).collect()
    }

    /// Runs with their bounds, those first in which the first rows are to be expected.
    fn bounded(&self, runs: Vec<Run>) -> Vec<Bounded> {
        let mut runs: Vec<Bounded> = runs
            .into_iter()
            .map(|run| {
                let bounds = self.bounds(&run);
                (run, bounds)
            })
            .collect();
        match self.keys.first() {
            Some(TopKey { options, .. }) if options.descending => {
                runs.sort_by_key(|(_, bounds)| std::cmp::Reverse(bounds.map_or(i64::MIN, |(_, most)| most)));
            }
            Some(_) => runs.sort_by_key(|(_, bounds)| bounds.map_or(i64::MAX, |(least, _)| least)),
            None => {}
        }
        runs
    }

    fn bounds(&self, run: &Run) -> Option<(i64, i64)> {
        let (TopValue::Member(path, _) | TopValue::ShadowInt(path)) = &self.keys.first()?.value else {
            return None;
        };
        let zones = self.work.snapshot.pieces[run.piece].zones(path)?;
        let (first, last) = match &run.documents {
            Documents::Range(range) => (range.start, range.end.checked_sub(1)?),
            Documents::Rows(rows) => (*rows.first()? as usize, *rows.last()? as usize),
        };
        let within = zones.get(first / ZONE_ROWS..=last / ZONE_ROWS)?;
        within.iter().flatten().copied().reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
    }

    /// The first key of the last row so far, once there are enough rows and if it is an int.
    fn last_key(
        &self,
        top: &Top,
        converter: &mut Option<RowConverter>,
    ) -> std::result::Result<Option<i64>, Failure> {
        let (Some(converter), Some(last)) = (converter, top.heap.peek()) else { return Ok(None) };
        if top.heap.len() < self.limit || matches!(self.keys[0].value, TopValue::Computed(_)) {
            return Ok(None);
        }
        let parser = converter.parser();
        let columns = converter.convert_rows([parser.parse(&last.key)])?;
        let ints = arrow::compute::cast(&columns[0], &DataType::Int64)?;
        Ok(ints.as_primitive::<Int64Type>().iter().next().flatten())
    }

    /// Whether all keys within the bounds come behind the last one.
    fn is_behind(&self, bounds: Option<(i64, i64)>, last: Option<i64>) -> bool {
        let (Some((least, most)), Some(last)) = (bounds, last) else { return false };
        match self.keys[0].options {
            SortOptions { nulls_first: true, .. } => false,
            SortOptions { descending: true, .. } => most < last,
            SortOptions { descending: false, .. } => least > last,
        }
    }

    /// Keeps the rows of a run that are among the first.
    fn keep(
        &self,
        passing: &Passing,
        run: &Run,
        converter: &mut Option<RowConverter>,
        top: &Mutex<Top>,
    ) -> std::result::Result<(), Failure> {
        let columns: std::result::Result<Vec<ArrayRef>, Failure> =
            self.keys.iter().map(|key| self.key(key, passing)).collect();
        let columns = columns?;
        let converter = match converter {
            Some(converter) => converter,
            None => {
                let field = |(column, key): (&ArrayRef, &TopKey)| {
                    SortField::new_with_options(column.data_type().clone(), key.options)
                };
                converter.insert(RowConverter::new(columns.iter().zip(&self.keys).map(field).collect())?)
            }
        };
        let keys = converter.convert_columns(&columns)?;
        let documents = passing.documents();
        let mut top = locked(top);
        for (place, key) in keys.iter().enumerate() {
            if !top.is_behind(key.data()) {
                let row = documents.at(&[place as u32])[0];
                top.add(Entry { key: key.data().into(), piece: run.piece, row })?;
            }
        }
        Ok(())
    }

    fn key(&self, key: &TopKey, passing: &Passing) -> std::result::Result<ArrayRef, Failure> {
        match &key.value {
            TopValue::Member(path, want) => Ok(match passing.documents() {
                Documents::Range(range) => passing.piece().slice(path, *want, range)?,
                Documents::Rows(rows) => passing.piece().take(path, *want, &rows)?,
            }),
            TopValue::ShadowInt(path) => {
                let ints = match passing.documents() {
                    Documents::Range(range) => passing.piece().shadow_ints(path, range)?,
                    Documents::Rows(rows) => passing.piece().shadow_ints_take(path, &rows)?,
                };
                let none = || new_null_array(&DataType::Int64, passing.len());
                Ok(ints.map_or_else(none, |ints: Int64Array| Arc::new(ints)))
            }
            TopValue::Computed(node) => {
                let load = |column: usize| passing.column(self.work.plan.output[column]);
                let form = if node.kind == Kind::Any { Form::Ordered } else { Form::Plain };
                Column::in_form(node, form, &Frame::lazy(passing.len(), &load))
            }
        }
    }

    /// The columns of the found rows, in their order.
    fn rows(&self, entries: &[Entry]) -> std::result::Result<RecordBatch, Failure> {
        let mut by_piece: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        entries.iter().for_each(|entry| by_piece.entry(entry.piece).or_default().push(entry.row));
        let mut taken: Vec<Vec<ArrayRef>> = Vec::with_capacity(by_piece.len());
        for (piece, rows) in &mut by_piece {
            // The store reads each block of a column once for rows that ascend.
            rows.sort_unstable();
            taken.push(self.work.take(*piece, rows.clone())?);
        }
        let pieces: Vec<usize> = by_piece.keys().copied().collect();
        let place = |entry: &Entry| {
            let piece = pieces.partition_point(|piece| *piece < entry.piece);
            let row = by_piece[&entry.piece].partition_point(|row| *row < entry.row);
            (piece, row)
        };
        let places: Vec<(usize, usize)> = entries.iter().map(place).collect();
        let schema = self.work.plan.schema.clone();
        let mut columns = Vec::with_capacity(schema.fields().len());
        for number in 0..schema.fields().len() {
            let arrays: Vec<&dyn arrow::array::Array> =
                taken.iter().map(|columns| columns[number].as_ref()).collect();
            columns.push(match arrays.is_empty() {
                true => new_null_array(schema.field(number).data_type(), 0),
                false => interleave(&arrays, &places)?,
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(entries.len()));
        Ok(RecordBatch::try_new_with_options(schema, columns, &options)?)
    }
}

operator!(TopRows, "TopRows", children: [scan]);
