//! Which rows of a partition a row's frame holds.

use std::cmp::Ordering;
use std::ops::Range;

use rockhopper_sql::{Function, Value};
use rockhopper_values as values;

use super::Inputs;
use crate::error::Failure;

/// A frame whose offsets are known.
#[derive(Debug)]
pub(crate) struct FrameSpec {
    /// ROWS; otherwise RANGE.
    pub(crate) rows: bool,
    pub(crate) start: FrameBound,
    pub(crate) end: FrameBound,
}

/// One end of a frame.
#[derive(Debug)]
pub(crate) enum FrameBound {
    UnboundedPreceding,
    Preceding(Value),
    CurrentRow,
    Following(Value),
    UnboundedFollowing,
}

/// The rows of a partition, and which of them are equal in the order.
pub(super) struct Peers {
    pub(super) partition: Range<usize>,
    /// For each row of the partition, the run of rows it is equal to.
    runs: Vec<Range<usize>>,
    of_row: Vec<usize>,
}

impl Peers {
    pub(super) fn new(inputs: &Inputs, partition: Range<usize>) -> Result<Peers, Failure> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        let mut of_row = Vec::with_capacity(partition.len());
        for row in partition.clone() {
            match runs.last_mut() {
                Some(run) if order(inputs, run.start, row)?.is_eq() => run.end = row + 1,
                _ => runs.push(row..row + 1),
            }
            of_row.push(runs.len() - 1);
        }
        Ok(Peers { partition, runs, of_row })
    }

    /// The rows equal to a row.
    pub(super) fn of(&self, row: usize) -> &Range<usize> {
        &self.runs[self.number(row)]
    }

    /// How many runs of equal rows come before a row's.
    pub(super) fn number(&self, row: usize) -> usize {
        self.of_row[row - self.partition.start]
    }
}

/// The order of two rows of a partition.
fn order(inputs: &Inputs, left: usize, right: usize) -> Result<Ordering, Failure> {
    for (key, _, _) in &inputs.order {
        let (left, right) = (key.value(left)?, key.value(right)?);
        let equal = match (left.is_null(), right.is_null()) {
            (true, true) => true,
            (false, false) => values::order(&left, &right).is_eq(),
            _ => false,
        };
        if !equal {
            return Ok(Ordering::Less);
        }
    }
    Ok(Ordering::Equal)
}

impl FrameSpec {
    /// The rows of the frame of `row`.
    pub(super) fn of(&self, row: usize, peers: &Peers, inputs: &Inputs) -> Result<Range<usize>, Failure> {
        let start = self.edge(&self.start, row, peers, inputs, true)?;
        let end = self.edge(&self.end, row, peers, inputs, false)?;
        Ok(start..end.max(start))
    }

    fn edge(
        &self,
        bound: &FrameBound,
        row: usize,
        peers: &Peers,
        inputs: &Inputs,
        is_start: bool,
    ) -> Result<usize, Failure> {
        let Range { start, end } = peers.partition;
        // The end of a frame is the row after its last.
        let after = usize::from(!is_start);
        Ok(match bound {
            FrameBound::UnboundedPreceding => start,
            FrameBound::UnboundedFollowing => end,
            FrameBound::CurrentRow if self.rows => row + after,
            FrameBound::CurrentRow => {
                if is_start {
                    peers.of(row).start
                } else {
                    peers.of(row).end
                }
            }
            FrameBound::Preceding(count) if self.rows => {
                (row + after).saturating_sub(row_count(count)?).clamp(start, end)
            }
            FrameBound::Following(count) if self.rows => {
                (row + after).saturating_add(row_count(count)?).clamp(start, end)
            }
            FrameBound::Preceding(distance) => range_edge(distance, row, peers, inputs, is_start, true)?,
            FrameBound::Following(distance) => range_edge(distance, row, peers, inputs, is_start, false)?,
        })
    }
}

fn row_count(count: &Value) -> Result<usize, Failure> {
    match count {
        Value::Int(count) if *count >= 0 => Ok(usize::try_from(*count).unwrap_or(usize::MAX)),
        _ => Err(Failure::Expression {
            error_id: "invalid_frame",
            message: "a ROWS frame needs ints that are not negative".to_owned(),
            span: None,
        }),
    }
}

/// The first row (or the one after the last) whose key is within a distance of the row's.
fn range_edge(
    distance: &Value,
    row: usize,
    peers: &Peers,
    inputs: &Inputs,
    is_start: bool,
    preceding: bool,
) -> Result<usize, Failure> {
    let [(keys, descending, _)] = inputs.order.as_slice() else {
        return Err(Failure::Expression {
            error_id: "invalid_frame",
            message: "a RANGE frame with an offset needs exactly one ORDER BY key".to_owned(),
            span: None,
        });
    };
    let own = keys.value(row)?;
    if own.is_null() {
        return Ok(if is_start { peers.of(row).start } else { peers.of(row).end });
    }
    let function = if preceding != *descending { Function::Subtract } else { Function::Add };
    let limit = values::call(function, &[own, distance.clone()])?;
    let Range { start, end } = peers.partition;
    for place in start..end {
        let key = keys.value(place)?;
        if key.is_null() {
            if place < row { continue } else { return Ok(place) }
        }
        let order = if *descending { values::order(&limit, &key) } else { values::order(&key, &limit) };
        // From here on keys are at the limit or past it.
        if order.is_gt() || (is_start && order.is_eq()) {
            return Ok(place);
        }
    }
    Ok(end)
}
