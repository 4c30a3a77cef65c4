//! The rows an expression is evaluated for: a batch, or some rows of one.

use std::cell::RefCell;
use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, UInt32Array};

use crate::error::Failure;

/// The rows an expression is evaluated for.
pub(crate) struct Frame<'a> {
    rows: usize,
    source: Source<'a>,
}

enum Source<'a> {
    Columns(&'a [ArrayRef]),
    Lazy(Lazy<'a>),
    Rows(Rows<'a>),
}

/// Columns that are only loaded when they are read.
struct Lazy<'a> {
    load: &'a dyn Fn(usize) -> Result<ArrayRef, Failure>,
    loaded: RefCell<HashMap<usize, ArrayRef>>,
}

/// Rows of another frame, in any order and number.
struct Rows<'a> {
    parent: &'a Frame<'a>,
    indices: UInt32Array,
    /// The parent's columns that were read so far.
    taken: RefCell<HashMap<usize, ArrayRef>>,
    /// Columns that only this frame has, by number.
    own: HashMap<usize, ArrayRef>,
}

impl<'a> Frame<'a> {
    /// All rows of a batch.
    pub(crate) fn of_batch(batch: &'a RecordBatch) -> Frame<'a> {
        Frame { rows: batch.num_rows(), source: Source::Columns(batch.columns()) }
    }

    /// `rows` rows whose columns `load` gives when they are read.
    pub(crate) fn lazy(rows: usize, load: &'a dyn Fn(usize) -> Result<ArrayRef, Failure>) -> Frame<'a> {
        Frame { rows, source: Source::Lazy(Lazy { load, loaded: RefCell::default() }) }
    }

    /// All rows of some columns.
    pub(crate) fn of_columns(columns: &'a [ArrayRef], rows: usize) -> Frame<'a> {
        Frame { rows, source: Source::Columns(columns) }
    }

    /// Whether reading a column costs nothing.
    pub(crate) fn is_loaded(&self, number: usize) -> bool {
        match &self.source {
            Source::Columns(_) => true,
            Source::Lazy(lazy) => lazy.loaded.borrow().contains_key(&number),
            Source::Rows(rows) => rows.parent.is_loaded(number),
        }
    }

    /// The rows of the parent that `indices` names. A column is only taken when it is read.
    pub(crate) fn select(&'a self, indices: UInt32Array) -> Frame<'a> {
        self.with_columns(indices, HashMap::new())
    }

    /// Like [`Frame::select`], with columns that only the new frame has.
    pub(crate) fn with_columns(&'a self, indices: UInt32Array, own: HashMap<usize, ArrayRef>) -> Frame<'a> {
        let rows = indices.len();
        Frame { rows, source: Source::Rows(Rows { parent: self, indices, taken: RefCell::default(), own }) }
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// A column by its number.
    pub(crate) fn column(&self, number: usize) -> Result<ArrayRef, Failure> {
        match &self.source {
            Source::Columns(columns) => Ok(columns[number].clone()),
            Source::Lazy(lazy) => {
                if let Some(array) = lazy.loaded.borrow().get(&number) {
                    return Ok(array.clone());
                }
                let array = (lazy.load)(number)?;
                lazy.loaded.borrow_mut().insert(number, array.clone());
                Ok(array)
            }
            Source::Rows(rows) => {
                if let Some(own) = rows.own.get(&number) {
                    return Ok(own.clone());
                }
                if let Some(array) = rows.taken.borrow().get(&number) {
                    return Ok(array.clone());
                }
                let array = arrow::compute::take(&rows.parent.column(number)?, &rows.indices, None)?;
                rows.taken.borrow_mut().insert(number, array.clone());
                Ok(array)
            }
        }
    }
}

/// The numbers of the rows for which the mask is true.
pub(crate) fn true_rows(mask: &BooleanArray) -> UInt32Array {
    match mask.nulls() {
        None => mask.values().set_indices_u32().collect::<Vec<_>>().into(),
        Some(nulls) => (mask.values() & nulls.inner()).set_indices_u32().collect::<Vec<_>>().into(),
    }
}
