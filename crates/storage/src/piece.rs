//! A piece: an immutable run of documents as columns.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, Int64Array, ListArray, StringArray, UInt32Array};
use rockhopper_engine::{Error, Result};

use crate::column::{Selection, column, dictionary, digits};
use crate::find::find;
use crate::list::Lists;
use crate::node::{Kind, Node, Part, Values};
use crate::path::{ColumnType, PathTypes, Step};
use crate::shred::EVENT_TIME;

/// Rows for which one minimum and maximum is kept.
pub const ZONE_ROWS: usize = 8192;

/// Paths of a piece whose minima and maxima are remembered.
const MAX_ZONED_PATHS: usize = 256;

/// Minimum and maximum of each run of [`ZONE_ROWS`] documents; None for a run without a value.
pub type Zones = Arc<[Option<(i64, i64)>]>;

/// An immutable run of documents as columns.
#[derive(Debug)]
pub struct Piece {
    root: Node,
    /// Bytes of JSON that its documents came from.
    json_bytes: u64,
    /// What [`Piece::zones`] found, by path.
    zones: Mutex<HashMap<Vec<Step>, Option<Zones>>>,
}

impl Piece {
    /// The number of documents.
    pub fn rows(&self) -> usize {
        self.root.slots
    }

    /// The types seen at a path; after a [`Step::Elements`], among the elements, of which none may be missing where
    /// there are none.
    pub fn types(&self, path: &[Step]) -> PathTypes {
        let last = path.iter().rposition(|step| *step == Step::Elements);
        let (elements, below) = path.split_at(last.map_or(0, |at| at + 1));
        let Ok(Some(space)) = self.find(elements).map(|node| node.filter(|node| node.slots > 0)) else {
            return PathTypes::default();
        };
        match find(&space, below) {
            Ok(Some(node)) => node.types(),
            _ => PathTypes::none(),
        }
    }

    /// The types seen at the part of a path before its first [`Step::Elements`]: what would be unnested. Only where
    /// [`PathTypes::only_arrays`] holds can no document make an `UNNEST` of it fail.
    pub fn array_types(&self, path: &[Step]) -> PathTypes {
        let (array, _) = split(path);
        self.types(array)
    }

    /// The values at a path, one for each document.
    ///
    /// Without [`Step::Elements`]: native types with an Arrow null where the value is absent or of another type;
    /// [`ColumnType::Any`] with every value exactly, whole objects and arrays rebuilt. The empty path is the whole
    /// document. With one [`Step::Elements`]: a [`ListArray`] as [`Piece::list`] makes it.
    ///
    /// # Errors
    ///
    /// If the path has more than one [`Step::Elements`], or the column would pass 2 GiB.
    pub fn column(&self, path: &[Step], want: ColumnType) -> Result<ArrayRef> {
        self.select(path, want, &Selection::Range(0..self.rows()))
    }

    /// [`Piece::column`] of a range of documents, which must lie within [`Piece::rows`].
    pub fn slice(&self, path: &[Step], want: ColumnType, rows: Range<usize>) -> Result<ArrayRef> {
        self.select(path, want, &Selection::Range(rows))
    }

    /// [`Piece::column`] of the given documents, in their order, each below [`Piece::rows`].
    pub fn take(&self, path: &[Step], want: ColumnType, rows: &[u32]) -> Result<ArrayRef> {
        self.select(path, want, &Selection::Rows(rows))
    }

    /// Sibling leaves of one array, each path with exactly one [`Step::Elements`] after the same prefix. All lists
    /// have equal offsets; a list is null where the document has no array there. Missing members are Arrow nulls
    /// (undefined in [`ColumnType::Any`]).
    ///
    /// # Errors
    ///
    /// If the paths are not siblings, or a column would pass 2 GiB.
    pub fn list(&self, paths: &[Vec<Step>], wants: &[ColumnType]) -> Result<Vec<ListArray>> {
        self.list_of(paths, wants, &Selection::Range(0..self.rows()))
    }

    /// [`Piece::list`] of a range of documents, which must lie within [`Piece::rows`].
    pub fn list_slice(
        &self,
        paths: &[Vec<Step>],
        wants: &[ColumnType],
        rows: Range<usize>,
    ) -> Result<Vec<ListArray>> {
        self.list_of(paths, wants, &Selection::Range(rows))
    }

    /// [`Piece::list`] of the given documents, in their order, each below [`Piece::rows`].
    pub fn list_take(
        &self,
        paths: &[Vec<Step>],
        wants: &[ColumnType],
        rows: &[u32],
    ) -> Result<Vec<ListArray>> {
        self.list_of(paths, wants, &Selection::Rows(rows))
    }

    /// A string column as codes into its distinct values, where it is kept so: codes are Arrow nulls where the value
    /// is absent or no string. One code for each document or, with one [`Step::Elements`], for each element of all
    /// documents in their order. Some word may have no code.
    pub fn dictionary(&self, path: &[Step]) -> Option<(UInt32Array, StringArray)> {
        let node = self.find(path).ok()??;
        dictionary(node.part(Kind::String)?, &Selection::Range(0..node.slots))
    }

    /// [`Piece::dictionary`] of a range of documents, which must lie within [`Piece::rows`]. None after
    /// [`Step::Elements`].
    pub fn dictionary_slice(&self, path: &[Step], rows: Range<usize>) -> Option<(UInt32Array, StringArray)> {
        if has_elements(path) {
            return None;
        }
        let node = self.find(path).ok()??;
        dictionary(node.part(Kind::String)?, &Selection::Range(rows))
    }

    /// [`Piece::dictionary`] of a leaf of an array as lists of codes, one for each document of a range, which must lie
    /// within [`Piece::rows`].
    pub fn list_dictionary(&self, path: &[Step], rows: Range<usize>) -> Option<(ListArray, StringArray)> {
        let (array, leaf) = split(path);
        let leaf = leaf.filter(|leaf| !has_elements(leaf))?;
        let node = self.find(array).ok()?;
        Lists::new(node.as_deref(), &Selection::Range(rows)).dictionary(leaf)
    }

    /// The integers that a string column holds as canonical text. None if the path has no strings or some string is
    /// no canonical integer; an Arrow null where there is no string.
    pub fn shadow_int(&self, path: &[Step]) -> Option<Arc<Int64Array>> {
        let node = self.find(path).ok()??;
        if node.slots != self.rows() || has_elements(path) {
            return None;
        }
        digits(node.part(Kind::String)?).map(Arc::new)
    }

    /// Minimum and maximum at a path whose values are all ints, all canonical integer strings or all timestamps (in
    /// microseconds), null and missing aside. None where that is not so, or there is no value.
    pub fn int_range(&self, path: &[Step]) -> Option<(i64, i64)> {
        self.zones(path)?.iter().flatten().copied().reduce(widen)
    }

    /// [`Piece::int_range`] for each run of [`ZONE_ROWS`] documents: the inner None is a run without a value.
    pub fn zones(&self, path: &[Step]) -> Option<Zones> {
        let mut known = self.zones.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(zones) = known.get(path) {
            return zones.clone();
        }
        let zones = self.find_zones(path);
        if known.len() < MAX_ZONED_PATHS {
            known.insert(path.to_vec(), zones.clone());
        }
        zones
    }

    /// The least and greatest `_event_time`: microseconds since the epoch. None without documents.
    pub fn event_time_range(&self) -> Option<(i64, i64)> {
        self.int_range(&[Step::member(EVENT_TIME)])
    }

    /// Around the columns of documents that took so many bytes as JSON.
    pub(crate) fn new(root: Node, json_bytes: u64) -> Piece {
        Piece { root, json_bytes, zones: Mutex::default() }
    }

    /// Its columns.
    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    /// Bytes of JSON that its documents came from.
    pub(crate) fn json_bytes(&self) -> u64 {
        self.json_bytes
    }

    fn find(&self, path: &[Step]) -> Result<Option<Cow<'_, Node>>> {
        find(&self.root, path)
    }

    fn select(&self, path: &[Step], want: ColumnType, selection: &Selection<'_>) -> Result<ArrayRef> {
        if has_elements(path) {
            let mut lists = self.list_of(&[path.to_vec()], &[want], selection)?;
            return lists.pop().map(|list| Arc::new(list) as ArrayRef).ok_or_else(|| wrong(path));
        }
        column(self.find(path)?.as_deref(), want, selection)
    }

    fn list_of(
        &self,
        paths: &[Vec<Step>],
        wants: &[ColumnType],
        selection: &Selection<'_>,
    ) -> Result<Vec<ListArray>> {
        let Some(first) = paths.first() else { return Ok(Vec::new()) };
        let (array, _) = split(first);
        let node = self.find(array)?;
        let lists = Lists::new(node.as_deref(), selection);
        paths
            .iter()
            .zip(wants)
            .map(|(path, want)| match split(path) {
                (prefix, Some(leaf)) if prefix == array && !has_elements(leaf) => lists.leaf(leaf, *want),
                _ => Err(wrong(path)),
            })
            .collect()
    }

    fn find_zones(&self, path: &[Step]) -> Option<Zones> {
        if has_elements(path) {
            return None;
        }
        let node = self.find(path).ok()??;
        let mut parts = node.parts.iter().filter(|part| part.kind != Kind::Null);
        let (Some(part), None) = (parts.next(), parts.next()) else { return None };
        part_zones(part)
    }
}

fn part_zones(part: &Part) -> Option<Zones> {
    let (Values::Ints(values) | Values::Digits(values)) = &part.values else { return None };
    let mut zones = vec![None; part.presence.slots().div_ceil(ZONE_ROWS)];
    part.presence.for_each(|slot, index| {
        let value = values[index];
        let zone: &mut Option<(i64, i64)> = &mut zones[slot / ZONE_ROWS];
        *zone = Some(zone.map_or((value, value), |range| widen(range, (value, value))));
    });
    Some(zones.into())
}

fn widen(one: (i64, i64), other: (i64, i64)) -> (i64, i64) {
    (one.0.min(other.0), one.1.max(other.1))
}

fn has_elements(path: &[Step]) -> bool {
    path.contains(&Step::Elements)
}

/// The path of the array, and that under its elements.
fn split(path: &[Step]) -> (&[Step], Option<&[Step]>) {
    match path.iter().position(|step| *step == Step::Elements) {
        Some(at) => (&path[..at], Some(&path[at + 1..])),
        None => (path, None),
    }
}

fn wrong(path: &[Step]) -> Error {
    Error::Internal(format!("{path:?} is not a path with one step to elements beside the others"))
}
