//! `x IN (SELECT h.f FROM UNNEST(array) h ..)` and `EXISTS (..)`: a predicate over the elements of each row's array.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder, Int64Array, UInt32Array};
use rockhopper_sql::Span;

use super::{Frame, Node, Vector, explode};
use crate::error::Failure;

/// A predicate over the elements of each row's array.
#[derive(Debug)]
pub(super) struct ArrayAny {
    pub(super) array: Source,
    /// The number of the element's position among the predicate's columns.
    pub(super) ordinality: Option<usize>,
    pub(super) predicate: Box<Node>,
    /// Null counts as false.
    pub(super) exists: bool,
    pub(super) span: Span,
}

/// Where the elements come from.
#[derive(Debug)]
pub(super) enum Source {
    /// List columns of the input with equal offsets: (the list, the number of its values for the predicate).
    Lists(Vec<(usize, usize)>),
    /// Any expression, and the number of the whole element for the predicate.
    Values(Box<Node>, usize),
}

impl ArrayAny {
    pub(super) fn eval(&self, frame: &Frame) -> Result<Vector, Failure> {
        let (counts, mut columns) = match &self.array {
            Source::Lists(lists) => flatten(lists, frame)?,
            Source::Values(array, number) => {
                let elements = explode(&array.eval(frame)?, frame.rows(), array.span)?;
                (elements.counts, HashMap::from([(*number, elements.values)]))
            }
        };
        if let Some(number) = self.ordinality {
            columns.insert(number, ordinals(&counts));
        }
        let inner = frame.with_columns(parents(&counts), columns);
        let found = if inner.rows() == 0 {
            BooleanArray::from(Vec::<bool>::new())
        } else {
            self.predicate.truth(&inner).map_err(|failure| failure.at(self.span))?
        };
        Ok(Vector::bools(self.reduce(&counts, &found)))
    }

    fn reduce(&self, counts: &[u32], found: &BooleanArray) -> BooleanArray {
        let mut builder = BooleanBuilder::with_capacity(counts.len());
        let mut at = 0;
        for count in counts {
            let elements = at..at + *count as usize;
            at = elements.end;
            let any_true = elements.clone().any(|element| found.is_valid(element) && found.value(element));
            let any_null = !any_true && elements.clone().any(|element| found.is_null(element));
            builder.append_option(if any_null && !self.exists { None } else { Some(any_true) });
        }
        builder.finish()
    }
}

/// How many elements each row has, and the elements' columns.
fn flatten(lists: &[(usize, usize)], frame: &Frame) -> Result<(Vec<u32>, HashMap<usize, ArrayRef>), Failure> {
    let mut counts = Vec::new();
    let mut columns = HashMap::with_capacity(lists.len());
    for (list, number) in lists {
        let array = frame.column(*list)?;
        let array = array.as_list::<i32>();
        let offsets = array.value_offsets();
        if counts.is_empty() {
            counts = offsets.windows(2).map(|pair| (pair[1] - pair[0]) as u32).collect();
        }
        let (first, last) = (offsets[0] as usize, offsets[array.len()] as usize);
        columns.insert(*number, array.values().slice(first, last - first));
    }
    Ok((counts, columns))
}

/// For each element the row it comes from.
pub(crate) fn parents(counts: &[u32]) -> UInt32Array {
    let total: usize = counts.iter().map(|count| *count as usize).sum();
    let mut parents = Vec::with_capacity(total);
    for (row, count) in counts.iter().enumerate() {
        parents.extend(std::iter::repeat_n(row as u32, *count as usize));
    }
    parents.into()
}

/// For each element its position in its array, from 1.
fn ordinals(counts: &[u32]) -> ArrayRef {
    let ordinals: Vec<i64> = counts.iter().flat_map(|count| 1..=i64::from(*count)).collect();
    std::sync::Arc::new(Int64Array::from(ordinals))
}
