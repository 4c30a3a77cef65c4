//! The value of a window function for each row of a partition, from the first to the last.

use std::ops::Range;

use rockhopper_sql::{Function, Value};
use rockhopper_values as values;

use super::frame::Peers;
use super::{Call, FrameBound, Inputs};
use crate::error::Failure;

/// A window function on its way through a partition.
pub(super) struct Run<'a> {
    call: &'a Call,
    inputs: &'a Inputs,
    peers: Peers,
    /// The aggregate over the rows of the frame so far, where frames only grow.
    growing: Option<(values::Accumulator, Range<usize>)>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        call: &'a Call,
        inputs: &'a Inputs,
        partition: Range<usize>,
    ) -> Result<Run<'a>, Failure> {
        let start = partition.start;
        let peers = Peers::new(inputs, partition)?;
        let is_aggregate = call.function.kind() == rockhopper_sql::function::Kind::Aggregate;
        let growing = match call.frame.start {
            FrameBound::UnboundedPreceding if is_aggregate => {
                Some((values::Accumulator::new(call.function)?, start..start))
            }
            _ => None,
        };
        Ok(Run { call, inputs, peers, growing })
    }

    /// The value for the next row.
    pub(super) fn value(&mut self, row: usize) -> Result<Value, Failure> {
        let Range { start, end } = self.peers.partition;
        let count = end - start;
        let rank = self.peers.of(row).start - start;
        Ok(match self.call.function {
            Function::RowNumber => int(row - start + 1),
            Function::Rank => int(rank + 1),
            Function::DenseRank => int(self.peers.number(row) + 1),
            // One row: 0 / 0 is NaN, as Rockset has it.
            Function::PercentRank => Value::Float(rank as f64 / (count - 1) as f64),
            Function::CumeDist => Value::Float((self.peers.of(row).end - start) as f64 / count as f64),
            Function::Ntile => self.ntile(row - start, count, row)?,
            Function::Lag => self.shifted(row, true)?,
            Function::Lead => self.shifted(row, false)?,
            Function::FirstValue | Function::LastValue | Function::NthValue => self.in_frame(row)?,
            _ => self.aggregate(row)?,
        })
    }

    fn argument(&self, number: usize, row: usize) -> Result<Option<Value>, Failure> {
        self.inputs.arguments.get(number).map(|values| values.value(row)).transpose()
    }

    fn ntile(&self, place: usize, count: usize, row: usize) -> Result<Value, Failure> {
        let parts = match self.argument(0, row)? {
            Some(Value::Int(parts)) if parts > 0 => parts as usize,
            _ => return Err(invalid("NTILE needs an int above 0")),
        };
        let (size, larger) = (count / parts, count % parts);
        let in_larger = larger * (size + 1);
        let part =
            if place < in_larger { place / (size + 1) } else { larger + (place - in_larger) / size.max(1) };
        Ok(int(part + 1))
    }

    fn shifted(&self, row: usize, back: bool) -> Result<Value, Failure> {
        let offset = match self.argument(1, row)? {
            None => 1,
            Some(Value::Int(offset)) if offset >= 0 => usize::try_from(offset).unwrap_or(usize::MAX),
            Some(_) => return Err(invalid("LAG and LEAD need an offset that is an int and not negative")),
        };
        let place = if back { row.checked_sub(offset) } else { row.checked_add(offset) };
        match place.filter(|place| self.peers.partition.contains(place)) {
            Some(place) => Ok(self.argument(0, place)?.unwrap_or(Value::Null)),
            None => Ok(self.argument(2, row)?.unwrap_or(Value::Null)),
        }
    }

    fn in_frame(&self, row: usize) -> Result<Value, Failure> {
        let mut frame = self.call.frame.of(row, &self.peers, self.inputs)?;
        let place = match self.call.function {
            Function::FirstValue => frame.next(),
            Function::LastValue => frame.next_back(),
            _ => match self.argument(1, row)? {
                Some(Value::Int(place)) if place > 0 => {
                    frame.nth(usize::try_from(place - 1).unwrap_or(usize::MAX))
                }
                _ => return Err(invalid("NTH_VALUE needs an int above 0")),
            },
        };
        match place {
            Some(place) => Ok(self.argument(0, place)?.unwrap_or(Value::Null)),
            None => Ok(Value::Null),
        }
    }

    fn aggregate(&mut self, row: usize) -> Result<Value, Failure> {
        let frame = self.call.frame.of(row, &self.peers, self.inputs)?;
        let (mut accumulator, from) = match self.growing.take() {
            Some((accumulator, seen)) => (accumulator, seen.end),
            None => (values::Accumulator::new(self.call.function)?, frame.start),
        };
        for place in from..frame.end {
            if self.inputs.passes.as_ref().is_none_or(|passes| passes[place]) {
                let mut arguments = Vec::with_capacity(self.inputs.arguments.len());
                for values in &self.inputs.arguments {
                    arguments.push(values.value(place)?);
                }
                accumulator.update(&arguments)?;
            }
        }
        let found = accumulator.finish()?;
        if matches!(self.call.frame.start, FrameBound::UnboundedPreceding) {
            self.growing = Some((accumulator, frame.start..frame.end.max(from)));
        }
        Ok(found)
    }
}

fn int(count: usize) -> Value {
    Value::Int(count as i64)
}

fn invalid(message: &str) -> Failure {
    Failure::Expression { error_id: "invalid_argument", message: message.to_owned(), span: None }
}
