//! A node's values as Arrow arrays.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BinaryBuilder, BooleanArray, BooleanBufferBuilder, Float64Array, Int64Array,
    StringArray, StringBuilder, TimestampMicrosecondArray, UInt32Array, new_null_array,
};
use arrow::buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow::datatypes::{ArrowNativeType, DataType, TimeUnit};
use rockhopper_engine::{Error, Result};
use rockhopper_values::codec;

use crate::node::{Kind, Node, Part, Values};
use crate::path::ColumnType;
use crate::place::Place;
use crate::presence::Presence;
use crate::rebuild;
use crate::segment::Wanted;

/// Bytes that one column may have: Arrow's 32-bit offsets.
const MAX_COLUMN_BYTES: usize = i32::MAX as usize;

/// Which slots of a node are wanted, in which order.
#[derive(Clone, Debug)]
pub(crate) enum Selection<'a> {
    Range(Range<usize>),
    Rows(&'a [u32]),
}

impl Selection<'_> {
    /// The number of slots.
    pub(crate) fn len(&self) -> usize {
        match self {
            Selection::Range(range) => range.len(),
            Selection::Rows(rows) => rows.len(),
        }
    }

    /// The slots.
    pub(crate) fn slots(&self) -> Box<dyn Iterator<Item = usize> + '_> {
        match self {
            Selection::Range(range) => Box::new(range.clone()),
            Selection::Rows(rows) => Box::new(rows.iter().map(|row| *row as usize)),
        }
    }
}

impl ColumnType {
    /// The Arrow type.
    pub fn data_type(self) -> DataType {
        match self {
            ColumnType::Bool => DataType::Boolean,
            ColumnType::Int => DataType::Int64,
            ColumnType::Float => DataType::Float64,
            ColumnType::String => DataType::Utf8,
            ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
            ColumnType::Any => DataType::Binary,
        }
    }

    fn kind(self) -> Option<Kind> {
        match self {
            ColumnType::Bool => Some(Kind::Bool),
            ColumnType::Int => Some(Kind::Int),
            ColumnType::Float => Some(Kind::Float),
            ColumnType::String => Some(Kind::String),
            ColumnType::Timestamp => Some(Kind::Timestamp),
            ColumnType::Any => None,
        }
    }
}

/// The wanted slots of a path; `place` is None where the path does not exist.
pub(crate) fn column(
    place: Option<Place<'_>>,
    want: ColumnType,
    selection: &Selection<'_>,
) -> Result<ArrayRef> {
    let wanted = want.kind().map_or(Wanted::All, Wanted::Kind);
    let node = place.map(|place| place.load(wanted, selection)).transpose()?;
    let Some(kind) = want.kind() else { return any(node.as_deref(), selection) };
    let Some(part) = node.as_deref().and_then(|node| node.part(kind)) else {
        return Ok(new_null_array(&want.data_type(), selection.len()));
    };
    Ok(match &part.values {
        Values::Bools(values) => bools(values, &part.presence, selection),
        Values::Ints(values) if kind == Kind::Timestamp => {
            let (values, nulls) = select(values, &part.presence, selection);
            Arc::new(TimestampMicrosecondArray::new(values, nulls).with_timezone("UTC"))
        }
        Values::Ints(values) => {
            let (values, nulls) = select(values, &part.presence, selection);
            Arc::new(Int64Array::new(values, nulls))
        }
        Values::Floats(values) => {
            let (values, nulls) = select(values, &part.presence, selection);
            Arc::new(Float64Array::new(values, nulls))
        }
        _ => strings(part, selection)?,
    })
}

/// Strings as codes into distinct words, where it is kept so.
pub(crate) fn dictionary(
    place: Place<'_>,
    selection: &Selection<'_>,
) -> Result<Option<(UInt32Array, StringArray)>> {
    if !place.has_words() {
        return Ok(None);
    }
    let node = place.load(Wanted::Kind(Kind::String), selection)?;
    let Some(part) = node.part(Kind::String) else { return Ok(None) };
    let Values::Words { codes, words } = &part.values else { return Ok(None) };
    let (codes, nulls) = select(codes, &part.presence, selection);
    Ok(Some((UInt32Array::new(codes, nulls), words.clone())))
}

/// The integers of a string part whose values are all canonical integers.
pub(crate) fn digits(part: &Part, selection: &Selection<'_>) -> Option<Int64Array> {
    let Values::Digits(values) = &part.values else { return None };
    let (values, nulls) = select(values, &part.presence, selection);
    Some(Int64Array::new(values, nulls))
}

/// Values one for each wanted slot, and which of them are there.
fn select<T: ArrowNativeType>(
    values: &ScalarBuffer<T>,
    presence: &Presence,
    selection: &Selection<'_>,
) -> (ScalarBuffer<T>, Option<NullBuffer>) {
    match (selection, presence) {
        (Selection::Range(range), Presence::All(_)) => (values.slice(range.start, range.len()), None),
        (Selection::Range(range), Presence::Bits { bits, .. }) => {
            let bits = bits.slice(range.start, range.len());
            (values.slice(range.start, range.len()), Some(NullBuffer::new(bits)))
        }
        _ => {
            let mut bits = BooleanBufferBuilder::new(selection.len());
            let mut selected = Vec::with_capacity(selection.len());
            for_each_index(presence, selection, |index| {
                bits.append(index.is_some());
                selected.push(index.map_or_else(T::default, |index| values[index]));
            });
            (selected.into(), Some(NullBuffer::new(bits.finish())))
        }
    }
}

fn bools(values: &BooleanBuffer, presence: &Presence, selection: &Selection<'_>) -> ArrayRef {
    if let (Selection::Range(range), false) = (selection, presence.is_packed()) {
        let nulls = presence.nulls().map(|nulls| nulls.slice(range.start, range.len()));
        return Arc::new(BooleanArray::new(values.slice(range.start, range.len()), nulls));
    }
    let mut selected: Vec<Option<bool>> = Vec::with_capacity(selection.len());
    for_each_index(presence, selection, |index| selected.push(index.map(|index| values.value(index))));
    Arc::new(BooleanArray::from(selected))
}

fn strings(part: &Part, selection: &Selection<'_>) -> Result<ArrayRef> {
    let presence = &part.presence;
    if let (Values::Text(text), Selection::Range(range), false) =
        (&part.values, selection, presence.is_packed())
        && let Some(slice) = text.slice(range.clone())
    {
        return Ok(Arc::new(slice));
    }
    let mut builder = StringBuilder::with_capacity(selection.len(), 0);
    let mut bytes = 0;
    let mut overflow = false;
    for_each_index(presence, selection, |index| {
        let Some(index) = index else { return builder.append_null() };
        let digits;
        let text = match &part.values {
            Values::Text(text) => text.value(index).unwrap_or_default(),
            Values::Words { codes, words } => words.value(codes[index] as usize),
            Values::Digits(values) => {
                digits = values[index].to_string();
                &digits
            }
            _ => return builder.append_null(),
        };
        bytes += text.len();
        overflow |= bytes > MAX_COLUMN_BYTES;
        if !overflow {
            builder.append_value(text);
        }
    });
    if overflow { Err(too_large()) } else { Ok(Arc::new(builder.finish())) }
}

fn any(node: Option<&Node>, selection: &Selection<'_>) -> Result<ArrayRef> {
    let mut builder = BinaryBuilder::with_capacity(selection.len(), 0);
    let mut total = 0;
    let mut bytes = Vec::new();
    for slot in selection.slots() {
        bytes.clear();
        match node {
            Some(node) => rebuild::encode(node, slot, &mut bytes),
            None => codec::encode_undefined(&mut bytes),
        }
        total += bytes.len();
        if total > MAX_COLUMN_BYTES {
            return Err(too_large());
        }
        builder.append_value(&bytes);
    }
    let array: BinaryArray = builder.finish();
    Ok(Arc::new(array))
}

/// Calls with where the value of each wanted slot stands. Walks along packed slots where the wanted ones ascend.
fn for_each_index(presence: &Presence, selection: &Selection<'_>, mut visit: impl FnMut(Option<usize>)) {
    let (Presence::Rows { rows, .. }, Selection::Range(range)) = (presence, selection) else {
        return selection.slots().for_each(|slot| visit(presence.index(slot)));
    };
    let mut index = rows.partition_point(|row| (*row as usize) < range.start);
    for slot in range.clone() {
        let found = rows.get(index).is_some_and(|row| *row as usize == slot);
        visit(found.then_some(index));
        index += usize::from(found);
    }
}

fn too_large() -> Error {
    Error::ResourceExceeded {
        what: "one column of one segment".to_owned(),
        limit: "2 GiB".to_owned(),
        remedy: "name the fields you need instead of whole documents".to_owned(),
    }
}
