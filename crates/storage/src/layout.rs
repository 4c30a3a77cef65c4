//! Gathered values to finished parts: dense where most slots hold one, packed where few do. One function for each kind:
//! it adds the part to the node unless it is empty, and fails where a column would pass 2 GiB.

use arrow::array::BinaryArray;
use arrow::buffer::{BooleanBuffer, OffsetBuffer, ScalarBuffer};
use rockhopper_engine::{Error, Result};

use crate::blocks::Blocks;
use crate::builder::Column;
use crate::node::{Kind, Node, Part, Values};
use crate::slots::Slots;
use crate::strings::{Strings, StringsLayout, Text};

/// Nulls and objects.
pub(crate) fn marks(kind: Kind, rows: Slots, node: &mut Node) {
    if !rows.is_empty() {
        let presence = rows.presence(node.slots, kind.sparse_below());
        node.parts.push(Part { kind, presence, values: Values::Marks });
    }
}

/// Truth values.
pub(crate) fn bools(column: Column<Vec<bool>>, node: &mut Node) -> Result<()> {
    add(Kind::Bool, column.rows, node, |dense| {
        Ok(Values::Bools(BooleanBuffer::from(spread(column.values, dense))))
    })
}

/// Ints and timestamps.
pub(crate) fn ints(kind: Kind, column: Column<Vec<i64>>, node: &mut Node) -> Result<()> {
    add(kind, column.rows, node, |dense| Ok(Values::Ints(spread(column.values, dense).into())))
}

/// Floats.
pub(crate) fn floats(column: Column<Vec<f64>>, node: &mut Node) -> Result<()> {
    add(Kind::Float, column.rows, node, |dense| Ok(Values::Floats(spread(column.values, dense).into())))
}

/// Strings, in their smallest form.
pub(crate) fn strings(column: Column<Strings>, node: &mut Node) -> Result<()> {
    add(Kind::String, column.rows, node, |dense| {
        Ok(match column.values.finish()? {
            StringsLayout::Digits(values) => Values::Digits(spread(values, dense).into()),
            StringsLayout::Words(codes, words) => Values::Words { codes: spread(codes, dense).into(), words },
            StringsLayout::Text(text) => Values::Text(Blocks::one(text.into_strings(dense)?)),
        })
    })
}

/// Values in codec form.
pub(crate) fn encoded(kind: Kind, column: Column<Text>, node: &mut Node) -> Result<()> {
    add(kind, column.rows, node, |dense| {
        let (offsets, bytes) = column.values.into_buffers(dense)?;
        let array = BinaryArray::try_new(offsets, bytes, None);
        Ok(Values::Encoded(Blocks::one(array.map_err(|error| Error::Internal(error.to_string()))?)))
    })
}

/// Arrays: `column` holds where the elements of each end.
pub(crate) fn arrays(column: Column<Vec<i32>>, node: &mut Node) -> Result<()> {
    add(Kind::Array, column.rows, node, |dense| {
        let mut offsets: Vec<i32> = vec![0];
        match dense {
            None => offsets.extend(column.values),
            Some((rows, slots)) => {
                offsets.reserve(slots);
                for (row, end) in rows.iter().zip(column.values) {
                    let before = offsets[offsets.len() - 1];
                    offsets.resize(row as usize + 1, before);
                    offsets.push(end);
                }
                let last = offsets[offsets.len() - 1];
                offsets.resize(slots + 1, last);
            }
        }
        Ok(Values::Array(OffsetBuffer::new(ScalarBuffer::from(offsets))))
    })
}

/// The slots of packed values and the number of slots, where dense values are wanted.
pub(crate) type Dense<'a> = Option<(&'a Slots, usize)>;

fn add(
    kind: Kind,
    rows: Slots,
    node: &mut Node,
    values: impl FnOnce(Dense<'_>) -> Result<Values>,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let packed = rows.len() * kind.sparse_below() < node.slots;
    let values = values((!packed).then_some((&rows, node.slots)))?;
    let presence = rows.presence(node.slots, kind.sparse_below());
    node.parts.push(Part { kind, presence, values });
    Ok(())
}

/// Values that are dense if they must be.
fn spread<T: Copy + Default>(values: Vec<T>, dense: Dense<'_>) -> Vec<T> {
    match dense {
        Some((rows, slots)) => rows.spread(values, slots),
        None => values,
    }
}
