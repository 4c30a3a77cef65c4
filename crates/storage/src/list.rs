//! Arrays of a path as Arrow lists.

use std::sync::Arc;

use arrow::array::{Array, ListArray, StringArray};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::Field;
use rockhopper_engine::{Error, Result};

use crate::column::{Selection, column, dictionary};
use crate::find::find;
use crate::node::{Kind, Node, Values};
use crate::path::{ColumnType, Step};
use crate::presence::Presence;

/// The lists of one array path for the wanted documents, before their leaves are read.
pub(crate) struct Lists<'a> {
    elements: Option<&'a Node>,
    /// The slots of the elements.
    wanted: Wanted,
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
}

enum Wanted {
    Range(std::ops::Range<usize>),
    Rows(Vec<u32>),
}

impl<'a> Lists<'a> {
    /// The lists at a node; none of the documents has one where the node is None.
    pub(crate) fn new(node: Option<&'a Node>, selection: &Selection<'_>) -> Lists<'a> {
        let part = node.and_then(|node| node.part(Kind::Array));
        let Some((part, Values::Array { offsets, elements })) = part.map(|part| (part, &part.values)) else {
            return Lists {
                elements: None,
                wanted: Wanted::Range(0..0),
                offsets: OffsetBuffer::new_zeroed(selection.len()),
                nulls: Some(NullBuffer::new_null(selection.len())),
            };
        };
        if let (Selection::Range(range), Presence::All(_)) = (selection, &part.presence) {
            // Every document has an array: the offsets are there already.
            let offsets = &offsets[range.start..=range.end];
            let (start, end) = (offsets[0], offsets[range.len()]);
            let ends: Vec<i32> = offsets.iter().map(|offset| offset - start).collect();
            return Lists {
                elements: Some(elements),
                wanted: Wanted::Range(start as usize..end as usize),
                offsets: OffsetBuffer::new(ScalarBuffer::from(ends)),
                nulls: None,
            };
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
        let wanted = if is_range { Wanted::Range(start..end) } else { Wanted::Rows(rows) };
        let all = present.iter().all(|present| *present);
        Lists {
            elements: Some(elements),
            wanted,
            offsets: OffsetBuffer::new(ScalarBuffer::from(ends)),
            nulls: (!all).then(|| NullBuffer::from(present)),
        }
    }

    /// The lists of one leaf's codes, and its distinct values, where it is kept so.
    pub(crate) fn dictionary(&self, path: &[Step]) -> Option<(ListArray, StringArray)> {
        let node = find(self.elements?, path).ok()??;
        let (codes, words) = dictionary(node.part(Kind::String)?, &self.selection())?;
        let field = Arc::new(Field::new_list_field(codes.data_type().clone(), true));
        let lists = ListArray::try_new(field, self.offsets.clone(), Arc::new(codes), self.nulls.clone());
        Some((lists.ok()?, words))
    }

    fn selection(&self) -> Selection<'_> {
        match &self.wanted {
            Wanted::Range(range) => Selection::Range(range.clone()),
            Wanted::Rows(rows) => Selection::Rows(rows),
        }
    }

    /// The lists of one leaf under the elements.
    pub(crate) fn leaf(&self, path: &[Step], want: ColumnType) -> Result<ListArray> {
        let node = self.elements.map(|elements| find(elements, path)).transpose()?.flatten();
        let values = column(node.as_deref(), want, &self.selection())?;
        let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
        ListArray::try_new(field, self.offsets.clone(), values, self.nulls.clone())
            .map_err(|error| Error::Internal(error.to_string()))
    }
}
