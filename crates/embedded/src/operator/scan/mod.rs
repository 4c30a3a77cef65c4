//! Reading a collection: the pieces and runs of rows that may matter, and of those only the columns that do.

mod words;

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{ArrayRef, ListArray, RecordBatch, RecordBatchOptions, UInt32Array, new_null_array};
use arrow::compute::take;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::PlanProperties;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use rockhopper_storage::{ColumnType, Piece, Snapshot, Step, ZONE_ROWS};

use self::words::Cell;
pub(crate) use self::words::WordCondition;
use super::{operator, properties};
use crate::error::Failure;
use crate::program::{Frame, Node, true_rows};

/// Below one row in so many, columns are read for the passing rows only.
const SPARSE: usize = 4;

/// A column that is read.
#[derive(Clone, Debug)]
pub(crate) enum ScanColumn {
    /// A member of the document.
    Leaf(Vec<Step>, ColumnType),
    /// The ints that a member holds as text.
    ShadowInt(Vec<Step>),
    /// A member of an array's elements: which of the scan's groups of siblings, and which of the group.
    List(usize, usize),
}

/// Members of the elements of one array, which are read together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Siblings {
    pub(crate) paths: Vec<Vec<Step>>,
    pub(crate) wants: Vec<ColumnType>,
}

/// A condition on documents.
#[derive(Debug)]
pub(crate) struct ScanCondition {
    /// Over the columns that are read.
    pub(crate) node: Node,
    /// The same for one string, if it reads nothing else.
    pub(crate) words: Option<WordCondition>,
}

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

/// The runs of rows to read, handed out one by one to the partitions of a scan.
#[derive(Debug)]
pub(crate) struct Morsels {
    runs: Vec<(usize, Range<usize>)>,
    next: AtomicUsize,
}

/// Reads a collection.
#[derive(Debug)]
pub(crate) struct Scan {
    work: Arc<Work>,
    properties: Arc<PlanProperties>,
}

#[derive(Debug)]
struct Work {
    snapshot: Arc<Snapshot>,
    morsels: Morsels,
    columns: Vec<ScanColumn>,
    siblings: Vec<Siblings>,
    conditions: Vec<ScanCondition>,
    /// For each condition and piece, its answers for the piece's strings.
    answers: Vec<Vec<Cell>>,
    sample_percent: Option<f64>,
    /// The columns that are handed on.
    output: Vec<usize>,
    schema: SchemaRef,
}

/// What a scan reads and hands on.
#[derive(Debug)]
pub(crate) struct ScanPlan {
    pub(crate) columns: Vec<ScanColumn>,
    pub(crate) siblings: Vec<Siblings>,
    pub(crate) conditions: Vec<ScanCondition>,
    pub(crate) sample_percent: Option<f64>,
    /// The columns that are handed on; the others serve the conditions.
    pub(crate) output: Vec<usize>,
    pub(crate) schema: SchemaRef,
}

impl Morsels {
    /// The runs of rows of a snapshot that pruning leaves.
    pub(crate) fn new(snapshot: &Snapshot, prunings: &[Pruning]) -> Morsels {
        let mut runs = Vec::new();
        for (number, piece) in snapshot.pieces.iter().enumerate() {
            if !prunings.iter().all(|pruning| pruning.may_pass(piece.int_range(&pruning.path))) {
                continue;
            }
            let zones: Vec<_> =
                prunings.iter().map(|pruning| (pruning, piece.zones(&pruning.path))).collect();
            for (zone, start) in (0..piece.rows()).step_by(ZONE_ROWS).enumerate() {
                let may_pass = zones.iter().all(|(pruning, zones)| {
                    zones.as_ref().is_none_or(|zones| {
                        zones
                            .get(zone)
                            .is_none_or(|range| range.is_some_and(|range| pruning.may_pass(Some(range))))
                    })
                });
                if may_pass {
                    runs.push((number, start..(start + ZONE_ROWS).min(piece.rows())));
                }
            }
        }
        Morsels { runs, next: AtomicUsize::new(0) }
    }

    /// How many runs there are.
    pub(crate) fn len(&self) -> usize {
        self.runs.len()
    }

    fn take(&self) -> Option<(usize, Range<usize>)> {
        self.runs.get(self.next.fetch_add(1, Ordering::Relaxed)).cloned()
    }
}

impl Pruning {
    /// Whether a row with a value in the range may pass or fail. None: nothing is known.
    fn may_pass(&self, range: Option<(i64, i64)>) -> bool {
        range.is_none_or(|(least, greatest)| {
            let passes = least <= self.range.1 && greatest >= self.range.0;
            passes || least < self.safe.0 || greatest > self.safe.1
        })
    }
}

impl Scan {
    /// A scan of a snapshot's morsels in so many partitions.
    pub(crate) fn new(snapshot: Arc<Snapshot>, morsels: Morsels, plan: ScanPlan, partitions: usize) -> Scan {
        let properties = properties(plan.schema.clone(), partitions);
        let ScanPlan { columns, siblings, conditions, sample_percent, output, schema } = plan;
        let cells = || (0..snapshot.pieces.len()).map(|_| Cell::new()).collect();
        let answers = conditions.iter().map(|_| cells()).collect();
        let work = Work {
            snapshot,
            morsels,
            columns,
            siblings,
            conditions,
            answers,
            sample_percent,
            output,
            schema,
        };
        Scan { work: Arc::new(work), properties }
    }

    fn describe(&self) -> String {
        format!("{} runs, {} columns", self.work.morsels.len(), self.work.columns.len())
    }

    fn start(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let stream = futures::stream::unfold(self.work.clone(), |work| async move {
            while let Some((piece, rows)) = work.morsels.take() {
                let batch = work.read(piece, rows);
                // The runtime's other tasks, the time-out and a cancellation get their turn.
                tokio::task::yield_now().await;
                match batch {
                    Ok(None) => {}
                    Ok(Some(batch)) => return Some((Ok(batch), work)),
                    Err(failure) => return Some((Err(failure.into()), work)),
                }
            }
            None
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.work.schema.clone(), stream)))
    }
}

impl Work {
    /// The passing rows of a run; None if there are none.
    fn read(&self, number: usize, rows: Range<usize>) -> std::result::Result<Option<RecordBatch>, Failure> {
        let piece = &self.snapshot.pieces[number];
        let lists = RefCell::new(HashMap::new());
        let load = |column: usize| self.load(piece, &self.columns[column], &rows, &lists);
        let frame = Frame::lazy(rows.len(), &load);
        let selected =
            self.passing(number, piece, &frame, &rows)?.filter(|selected| selected.len() < rows.len());
        let row_count = selected.as_ref().map_or(rows.len(), |selected| selected.len());
        if row_count == 0 {
            return Ok(None);
        }
        let taken = RefCell::new(HashMap::new());
        let mut columns = Vec::with_capacity(self.output.len());
        for column in &self.output {
            columns.push(match &selected {
                None => frame.column(*column)?,
                Some(selected) => self.select(piece, *column, &frame, selected, &rows, &taken)?,
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(row_count));
        Ok(Some(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?))
    }

    /// The rows of a run that are sampled and for which all conditions are true; None is all. A condition is only
    /// evaluated for rows that passed those before it, unless it cannot fail.
    fn passing(
        &self,
        number: usize,
        piece: &Piece,
        frame: &Frame,
        rows: &Range<usize>,
    ) -> std::result::Result<Option<UInt32Array>, Failure> {
        let mut selected = self.sample_percent.map(|percent| sample(rows.len(), percent));
        for (condition, answers) in self.conditions.iter().zip(&self.answers) {
            if selected.as_ref().is_some_and(|selected| selected.is_empty()) {
                break;
            }
            // All rows need not be taken out of themselves.
            let some = selected.take().filter(|selected| selected.len() < rows.len());
            let by_word = match &condition.words {
                Some(words) => words.mask(piece, rows, &answers[number])?,
                None => None,
            };
            selected = Some(match (some, by_word) {
                (None, Some(mask)) => true_rows(&mask),
                (None, None) => true_rows(&condition.node.truth(frame)?),
                (Some(selected), Some(mask)) => selected
                    .values()
                    .iter()
                    .copied()
                    .filter(|row| mask.value(*row as usize))
                    .collect::<Vec<_>>()
                    .into(),
                (Some(selected), None) => {
                    let truth = condition.node.truth(&frame.select(selected.clone()))?;
                    true_rows(&truth)
                        .values()
                        .iter()
                        .map(|at| selected.value(*at as usize))
                        .collect::<Vec<_>>()
                        .into()
                }
            });
        }
        Ok(selected)
    }

    fn load(
        &self,
        piece: &Piece,
        column: &ScanColumn,
        rows: &Range<usize>,
        lists: &RefCell<Lists>,
    ) -> std::result::Result<ArrayRef, Failure> {
        Ok(match column {
            ScanColumn::Leaf(path, want) => piece.slice(path, *want, rows.clone())?,
            ScanColumn::ShadowInt(path) => match piece.shadow_int(path) {
                Some(ints) => Arc::new(ints.slice(rows.start, rows.len())),
                None => new_null_array(&DataType::Int64, rows.len()),
            },
            ScanColumn::List(group, member) => {
                let siblings = &self.siblings[*group];
                list_of(lists, *group, *member, || {
                    piece.list_slice(&siblings.paths, &siblings.wants, rows.clone())
                })?
            }
        })
    }

    /// A column of the selected rows of a run.
    fn select(
        &self,
        piece: &Piece,
        column: usize,
        frame: &Frame,
        selected: &UInt32Array,
        rows: &Range<usize>,
        lists: &RefCell<Lists>,
    ) -> std::result::Result<ArrayRef, Failure> {
        let sparse = !frame.is_loaded(column) && selected.len() * SPARSE < rows.len();
        let numbers = || selected.values().iter().map(|row| row + rows.start as u32).collect::<Vec<u32>>();
        match &self.columns[column] {
            ScanColumn::Leaf(path, want) if sparse => Ok(piece.take(path, *want, &numbers())?),
            ScanColumn::List(group, member) if sparse => {
                let siblings = &self.siblings[*group];
                list_of(lists, *group, *member, || {
                    piece.list_take(&siblings.paths, &siblings.wants, &numbers())
                })
            }
            _ => Ok(take(&frame.column(column)?, selected, None)?),
        }
    }
}

/// The lists that were read of each group of siblings.
type Lists = HashMap<usize, Vec<ListArray>>;

/// One of a group of lists, which are read together when the first of them is needed.
fn list_of(
    lists: &RefCell<Lists>,
    group: usize,
    member: usize,
    read: impl FnOnce() -> rockhopper_engine::Result<Vec<ListArray>>,
) -> std::result::Result<ArrayRef, Failure> {
    let mut lists = lists.borrow_mut();
    let group = match lists.entry(group) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(free) => free.insert(read()?),
    };
    let list = group.get(member).cloned();
    Ok(Arc::new(list.ok_or_else(|| Failure::internal("the store gave fewer lists than were asked for"))?))
}

/// Each row with the same probability, independent of the others.
fn sample(rows: usize, percent: f64) -> UInt32Array {
    let mut state = RandomState::new().build_hasher().finish();
    let mut chosen = Vec::new();
    for row in 0..rows as u32 {
        if unit(&mut state) * 100.0 < percent {
            chosen.push(row);
        }
    }
    chosen.into()
}

/// SplitMix64: the next of a sequence of numbers from 0 up to, not including, 1.
fn unit(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

operator!(Scan, "Scan", children: []);
