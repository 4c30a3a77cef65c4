//! Arrays of a path as Arrow lists.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanBufferBuilder, ListArray, StringArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::Field;
use rockhopper_engine::{Error, Result};

use crate::column::{Selection, column, dictionary};
use crate::find::{Found, find};
use crate::node::{Kind, Part, Values};
use crate::path::{ColumnType, Step};
use crate::place::Place;
use crate::presence::Presence;
use crate::segment::Wanted;

/// The lists of one array path for the wanted documents, before their leaves are read.
pub(crate) struct Lists<'a> {
    elements: Option<Place<'a>>,
    wanted: Elements,
}

/// The elements of the wanted slots of an array part.
pub(crate) struct Elements {
    /// Their slots.
    pub(crate) slots: Slots,
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
}

/// Which elements are wanted.
pub(crate) enum Slots {
    Range(Range<usize>),
    Rows(Vec<u32>),
}

impl Slots {
    /// The same as a selection.
    pub(crate) fn selection(&self) -> Selection<'_> {
        match self {
            Slots::Range(range) => Selection::Range(range.clone()),
            Slots::Rows(rows) => Selection::Rows(rows),
        }
    }
}

/// The elements of the wanted slots of an array part.
pub(crate) fn elements_of(part: &Part, selection: &Selection<'_>) -> Elements {
    let Values::Array(offsets) = &part.values else { return no_elements(selection) };
    if let (Selection::Range(range), Presence::All(_)) = (selection, &part.presence) {
        // Every document has an array: the offsets are there already.
        let offsets = &offsets[range.start..=range.end];
        let (start, end) = (offsets[0], offsets[range.len()]);
        let ends: Vec<i32> = offsets.iter().map(|offset| offset - start).collect();
        let slots = Slots::Range(start as usize..end as usize);
        return Elements { slots, offsets: OffsetBuffer::new(ScalarBuffer::from(ends)), nulls: None };
    }
    if let (Selection::Range(range), Presence::Rows { rows, .. }) = (selection, &part.presence) {
        return packed_elements(offsets, rows, range.clone());
    }
    let mut ends = Vec::with_capacity(selection.len() + 1);
    ends.push(0);
    let mut present = Vec::with_capacity(selection.len());
    let mut total = 0;
    let mut rows: Vec<u32> = Vec::new();
    let mut range: Option<(usize, usize)> = None;
    let is_range = matches!(selection, Selection::Range(_));
    for slot in selection.slots() {
        let found = part.presence.index(slot);
        present.push(found.is_some());
        if let Some(index) = found {
            let (start, end) = (offsets[index], offsets[index + 1]);
            total += end - start;
            // The elements of ascending documents follow each other.
            if is_range {
                range = Some((range.map_or(start as usize, |(first, _)| first), end as usize));
            } else {
                rows.extend(start as u32..end as u32);
            }
        }
        ends.push(total);
    }
    let (start, end) = range.unwrap_or((0, 0));
    let slots = if is_range { Slots::Range(start..end) } else { Slots::Rows(rows) };
    let all = present.iter().all(|present| *present);
    Elements {
        slots,
        offsets: OffsetBuffer::new(ScalarBuffer::from(ends)),
        nulls: (!all).then(|| NullBuffer::from(present)),
    }
}

/// The elements of a range of slots, which follow each other.
fn elements_between(part: &Part, range: Range<usize>) -> Range<usize> {
    let Values::Array(offsets) = &part.values else { return 0..0 };
    let place = |slot: usize| match &part.presence {
        Presence::Rows { rows, .. } => rows.partition_point(|row| (*row as usize) < slot),
        Presence::All(_) | Presence::Bits { .. } => slot,
    };
    offsets[place(range.start)] as usize..offsets[place(range.end)] as usize
}

/// The elements of a range of slots of which those in `rows` have an array: one walk along both.
fn packed_elements(offsets: &[i32], rows: &[u32], range: Range<usize>) -> Elements {
    let first = rows.partition_point(|row| (*row as usize) < range.start);
    let last = first + rows[first..].partition_point(|row| (*row as usize) < range.end);
    let base = offsets[first];
    let mut ends: Vec<i32> = Vec::with_capacity(range.len() + 1);
    ends.push(0);
    let mut present = BooleanBufferBuilder::new(range.len());
    present.append_n(range.len(), false);
    let mut end = 0;
    for (row, own_end) in rows[first..last].iter().zip(&offsets[first + 1..]) {
        let place = *row as usize - range.start;
        ends.resize(place + 1, end);
        end = own_end - base;
        ends.push(end);
        present.set_bit(place, true);
    }
    ends.resize(range.len() + 1, end);
    Elements {
        slots: Slots::Range(base as usize..(base + end) as usize),
        offsets: OffsetBuffer::new(ScalarBuffer::from(ends)),
        nulls: Some(NullBuffer::new(present.finish())),
    }
}

fn no_elements(selection: &Selection<'_>) -> Elements {
    Elements {
        slots: Slots::Range(0..0),
        offsets: OffsetBuffer::new_zeroed(selection.len()),
        nulls: Some(NullBuffer::new_null(selection.len())),
    }
}

impl<'a> Lists<'a> {
    /// The lists at a place; none of the documents has one where that is None.
    pub(crate) fn new(place: Option<Place<'a>>, selection: &Selection<'_>) -> Result<Lists<'a>> {
        let array = place.map(|place| place.load(Wanted::Kind(Kind::Array), selection)).transpose()?;
        let part = array.as_deref().and_then(|node| node.part(Kind::Array));
        let wanted = part.map_or_else(|| no_elements(selection), |part| elements_of(part, selection));
        Ok(Lists { elements: place.and_then(Place::elements), wanted })
    }

    /// The elements of a range of documents for [`Lists::codes`]: in which lists they are is not looked at.
    pub(crate) fn of_elements(place: Option<Place<'a>>, rows: Range<usize>) -> Result<Lists<'a>> {
        let selection = Selection::Range(rows.clone());
        let array = place.map(|place| place.load(Wanted::Kind(Kind::Array), &selection)).transpose()?;
        let part = array.as_deref().and_then(|node| node.part(Kind::Array));
        let slots = Slots::Range(part.map_or(0..0, |part| elements_between(part, rows)));
        let wanted = Elements { slots, offsets: OffsetBuffer::new_empty(), nulls: None };
        Ok(Lists { elements: place.and_then(Place::elements), wanted })
    }

    /// One leaf's codes for all the elements, and its distinct values, where it is kept so.
    pub(crate) fn codes(&self, path: &[Step]) -> Result<Option<(UInt32Array, StringArray)>> {
        let Some(elements) = self.elements else { return Ok(None) };
        let Some(found) = find(elements, path)? else { return Ok(None) };
        dictionary(found.place(), &self.wanted.slots.selection())
    }

    /// The lists of one leaf's codes, and its distinct values, where it is kept so.
    pub(crate) fn dictionary(&self, path: &[Step]) -> Result<Option<(ListArray, StringArray)>> {
        let Some((codes, words)) = self.codes(path)? else { return Ok(None) };
        Ok(Some((self.list(Arc::new(codes))?, words)))
    }

    /// The lists of one leaf under the elements.
    pub(crate) fn leaf(&self, path: &[Step], want: ColumnType) -> Result<ListArray> {
        let found = self.elements.map(|elements| find(elements, path)).transpose()?.flatten();
        let place = found.as_ref().map(Found::place);
        self.list(column(place, want, &self.wanted.slots.selection())?)
    }

    fn list(&self, values: ArrayRef) -> Result<ListArray> {
        let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
        let Elements { offsets, nulls, .. } = &self.wanted;
        ListArray::try_new(field, offsets.clone(), values, nulls.clone())
            .map_err(|error| Error::Internal(error.to_string()))
    }
}
