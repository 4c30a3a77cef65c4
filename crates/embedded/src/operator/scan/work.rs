//! Reading runs of documents: those that pass the conditions, and of them only the columns that are needed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, RecordBatch, RecordBatchOptions, UInt32Array, new_null_array};
use arrow::compute::take;
use arrow::datatypes::{DataType, SchemaRef};
use rockhopper_storage::{ColumnType, Piece, Snapshot, Step, ZONE_ROWS};

use super::runs::{Documents, Met, Run, Task, Tasks, Zone, follow_each_other};
use super::words::{Cell, WordCondition};
use crate::error::Failure;
use crate::partials::Partials;
use crate::program::{Frame, Node, true_rows};

/// Below one row in so many, columns are read for the passing rows only.
const SPARSE: usize = 4;
/// Lists of where words stand are used where they name fewer than one document in so many.
const LISTED_SHARE: usize = 8;

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

/// What a scan reads and hands on.
#[derive(Debug)]
pub(crate) struct ScanPlan {
    pub(crate) columns: Vec<ScanColumn>,
    pub(crate) siblings: Vec<Siblings>,
    pub(crate) conditions: Vec<ScanCondition>,
    pub(crate) sample_percent: Option<f64>,
    /// Where what functions give for a segment's words is kept.
    pub(crate) partials: Option<Arc<Partials>>,
    /// The columns that are handed on; the others serve the conditions.
    pub(crate) output: Vec<usize>,
    pub(crate) schema: SchemaRef,
}

/// A scan's work, which its partitions share.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) tasks: Tasks,
    pub(crate) plan: ScanPlan,
    /// For each condition and piece, its answers for the piece's strings.
    answers: Vec<Vec<Cell>>,
}

/// Documents of a run that pass, and what was read to find them.
pub(crate) struct Passing<'w> {
    work: &'w Work,
    piece: &'w Piece,
    documents: &'w Documents,
    frame: Frame<'w>,
    /// The places of those that pass; None is all.
    places: Option<UInt32Array>,
    lists: RefCell<Lists>,
}

/// The lists that were read of each group of siblings.
type Lists = HashMap<usize, Vec<ListArray>>;

impl Work {
    pub(crate) fn new(snapshot: Arc<Snapshot>, tasks: Tasks, plan: ScanPlan) -> Work {
        let cells = || (0..snapshot.pieces.len()).map(|_| Cell::new()).collect();
        let answers = plan.conditions.iter().map(|_| cells()).collect();
        Work { snapshot, tasks, plan, answers }
    }

    /// Takes the next run.
    pub(crate) fn next(&self) -> Result<Option<Run>, Failure> {
        while let Some(task) = self.tasks.take() {
            match task {
                Task::Run(run) => return Ok(Some(run)),
                Task::Piece { piece, zones } => self.tasks.put(self.runs(piece, zones)?),
            }
        }
        Ok(None)
    }

    /// Takes all runs that are left of the pieces that are wanted.
    pub(crate) fn all(&self, wanted: impl Fn(usize) -> bool) -> Result<Vec<Run>, Failure> {
        let mut runs = Vec::new();
        for task in self.tasks.drain() {
            match task {
                Task::Run(run) if wanted(run.piece) => runs.push(run),
                Task::Piece { piece, zones } if wanted(piece) => runs.extend(self.runs(piece, zones)?),
                Task::Run(_) | Task::Piece { .. } => {}
            }
        }
        Ok(runs)
    }

    /// Calls with the documents of a run that pass, unless there are none.
    pub(crate) fn passing<T>(
        &self,
        run: &Run,
        use_them: impl FnOnce(&Passing) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        let piece = &self.snapshot.pieces[run.piece];
        let read = RefCell::new(HashMap::new());
        let load = |column: usize| self.load(piece, &self.plan.columns[column], &run.documents, &read);
        let frame = Frame::lazy(run.documents.len(), &load);
        let places = self.places(piece, &frame, run)?.filter(|places| places.len() < run.documents.len());
        if places.as_ref().map_or(run.documents.len(), |places| places.len()) == 0 {
            return Ok(None);
        }
        let documents = &run.documents;
        let passing = Passing { work: self, piece, documents, frame, places, lists: RefCell::default() };
        use_them(&passing).map(Some)
    }

    /// The columns that are handed on, of the passing documents of a run.
    pub(crate) fn read(&self, run: &Run) -> Result<Option<RecordBatch>, Failure> {
        self.passing(run, |passing| {
            let columns: Result<Vec<ArrayRef>, Failure> =
                self.plan.output.iter().map(|column| passing.column(*column)).collect();
            let options = RecordBatchOptions::new().with_row_count(Some(passing.len()));
            Ok(RecordBatch::try_new_with_options(self.plan.schema.clone(), columns?, &options)?)
        })
    }

    /// The columns that are handed on, of the given documents of a piece, in their order.
    pub(crate) fn take(&self, piece: usize, rows: Vec<u32>) -> Result<Vec<ArrayRef>, Failure> {
        let documents = Documents::Rows(rows.into());
        let lists = RefCell::default();
        let piece = &self.snapshot.pieces[piece];
        let columns = self.plan.output.iter();
        columns.map(|column| self.load(piece, &self.plan.columns[*column], &documents, &lists)).collect()
    }

    /// The runs of a piece's zones: the documents that its lists of words name if those are few, else all.
    fn runs(&self, number: usize, zones: Vec<Zone>) -> Result<Vec<Run>, Failure> {
        if let Some((condition, rows)) = self.listed(number, &zones)? {
            let met = zones.iter().map(|(_, met)| *met).reduce(Met::and).unwrap_or_default().with(condition);
            let chunks = rows.chunks(ZONE_ROWS).map(|rows| Documents::Rows(rows.into()));
            return Ok(chunks.map(|documents| Run { piece: number, documents, met }).collect());
        }
        let run = |(zone, met)| Run { piece: number, documents: Documents::Range(zone), met };
        Ok(zones.into_iter().map(run).collect())
    }

    /// The documents of a piece that meet one condition, by its lists of where words stand, and which condition that
    /// is: the one that the fewest meet. None where there are no lists or they do not help.
    fn listed(&self, number: usize, zones: &[Zone]) -> Result<Option<(usize, Vec<u32>)>, Failure> {
        let piece = &self.snapshot.pieces[number];
        let mut fewest = zones.iter().map(|(zone, _)| zone.len()).sum::<usize>() / LISTED_SHARE;
        let mut best = None;
        for (at, (condition, answers)) in self.plan.conditions.iter().zip(&self.answers).enumerate() {
            let Some(words) = &condition.words else { continue };
            let Some(codes) = words.codes(piece, &answers[number], self.plan.partials.as_ref())? else {
                continue;
            };
            let mut total = Some(0);
            for code in &codes {
                let len = piece.postings_len(&words.path, *code)?;
                total = total.zip(len).map(|(total, len)| total + len);
            }
            // Documents with several of the words are counted several times, which errs on the safe side.
            if let Some(total) = total.filter(|total| *total <= fewest) {
                fewest = total;
                best = Some((at, &words.path, codes));
            }
        }
        let Some((condition, path, codes)) = best else { return Ok(None) };
        let mut rows = Vec::with_capacity(fewest);
        for code in &codes {
            match piece.postings(path, *code)? {
                Some(list) => rows.extend(list),
                None => return Ok(None),
            }
        }
        if codes.len() > 1 {
            rows.sort_unstable();
            rows.dedup();
        }
        retain_within(&mut rows, zones);
        Ok(Some((condition, rows)))
    }

    /// The places of a run's documents that are sampled and for which all conditions are true; None is all. A condition
    /// is only evaluated for documents that passed those before it, unless it cannot fail.
    fn places(&self, piece: &Piece, frame: &Frame, run: &Run) -> Result<Option<UInt32Array>, Failure> {
        let rows = frame.rows();
        let mut selected = self.plan.sample_percent.map(|percent| sample(rows, percent));
        for (number, (condition, answers)) in self.plan.conditions.iter().zip(&self.answers).enumerate() {
            if run.met.has(number) {
                continue;
            }
            if selected.as_ref().is_some_and(|selected| selected.is_empty()) {
                break;
            }
            // All rows need not be taken out of themselves.
            let some = selected.take().filter(|selected| selected.len() < rows);
            let by_word = match &condition.words {
                Some(words) => words.mask(piece, &run.documents, &answers[run.piece])?,
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
        documents: &Documents,
        lists: &RefCell<Lists>,
    ) -> Result<ArrayRef, Failure> {
        Ok(match column {
            ScanColumn::Leaf(path, want) => match documents {
                Documents::Range(range) => piece.slice(path, *want, range.clone())?,
                Documents::Rows(rows) => piece.take(path, *want, rows)?,
            },
            ScanColumn::ShadowInt(path) => {
                let ints = match documents {
                    Documents::Range(range) => piece.shadow_ints(path, range.clone())?,
                    Documents::Rows(rows) => piece.shadow_ints_take(path, rows)?,
                };
                ints.map_or_else(|| new_null_array(&DataType::Int64, documents.len()), |ints| Arc::new(ints))
            }
            ScanColumn::List(group, member) => {
                let Siblings { paths, wants } = &self.plan.siblings[*group];
                list_of(lists, *group, *member, || match documents {
                    Documents::Range(range) => piece.list_slice(paths, wants, range.clone()),
                    Documents::Rows(rows) => piece.list_take(paths, wants, rows),
                })?
            }
        })
    }
}

impl Passing<'_> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.places.as_ref().map_or(self.documents.len(), |places| places.len())
    }

    /// Their piece.
    pub(crate) fn piece(&self) -> &Piece {
        self.piece
    }

    /// They themselves.
    pub(crate) fn documents(&self) -> Documents {
        match &self.places {
            None => self.documents.clone(),
            Some(places) => self.documents.chosen(places.values()),
        }
    }

    /// A column of them, by its number among those that the scan reads.
    pub(crate) fn column(&self, column: usize) -> Result<ArrayRef, Failure> {
        let Some(places) = &self.places else { return self.frame.column(column) };
        let sparse = !self.frame.is_loaded(column) && places.len() * SPARSE < self.documents.len();
        if !sparse {
            let all = self.frame.column(column)?;
            return Ok(match follow_each_other(places.values()) {
                Some(run) => all.slice(run.start, run.len()),
                None => take(&all, places, None)?,
            });
        }
        self.work.load(self.piece, &self.work.plan.columns[column], &self.documents(), &self.lists)
    }
}

/// Keeps the rows that lie in one of the zones. Both ascend.
fn retain_within(rows: &mut Vec<u32>, zones: &[Zone]) {
    let mut zones = zones.iter().peekable();
    rows.retain(|row| {
        while zones.next_if(|(zone, _)| zone.end <= *row as usize).is_some() {}
        zones.peek().is_some_and(|(zone, _)| zone.contains(&(*row as usize)))
    });
}

/// One of a group of lists, which are read together when the first of them is needed.
fn list_of(
    lists: &RefCell<Lists>,
    group: usize,
    member: usize,
    read: impl FnOnce() -> rockhopper_engine::Result<Vec<ListArray>>,
) -> Result<ArrayRef, Failure> {
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
