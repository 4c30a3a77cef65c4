//! A piece: an immutable run of documents as columns.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, Int64Array, ListArray};
use rockhopper_engine::{Error, Result};

use crate::column::{Selection, column, digits};
use crate::find::{Found, find};
use crate::list::Lists;
use crate::node::{Kind, Node, Part, Values};
use crate::path::{ColumnType, PathTypes, Step};
use crate::place::Place;
use crate::segment::{SegmentFile, StoredNode, Wanted};
use crate::shred::EVENT_TIME;

/// Rows for which one minimum and maximum is kept.
pub const ZONE_ROWS: usize = 8192;

/// Paths of a piece whose minima and maxima are remembered.
const MAX_ZONED_PATHS: usize = 256;

/// Minimum and maximum of each run of [`ZONE_ROWS`] documents; None for a run without a value.
pub type Zones = Arc<[Option<(i64, i64)>]>;

/// Names a sealed segment and the deletions that are applied to it: what was computed from one stays true for as long
/// as the name is in a snapshot, and no other segment of this process ever gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentId {
    /// Counts the segments that this process opened or wrote.
    pub serial: u64,
    /// Which deletions are applied to it.
    pub deletion_version: u64,
}

/// Where the columns of a piece are.
#[derive(Debug)]
enum Columns {
    Memory(Box<Node>),
    Stored { root: Box<StoredNode>, file: SegmentFile, id: SegmentId },
}

/// An immutable run of documents as columns.
#[derive(Debug)]
pub struct Piece {
    columns: Columns,
    /// Bytes of JSON that its documents came from.
    json_bytes: u64,
    /// What [`Piece::zones`] found, by path.
    zones: Mutex<HashMap<Vec<Step>, Option<Zones>>>,
}

impl Piece {
    /// Its name if it is a sealed segment, whose documents stay together.
    pub fn segment(&self) -> Option<SegmentId> {
        match &self.columns {
            Columns::Memory(_) => None,
            Columns::Stored { id, .. } => Some(*id),
        }
    }

    /// The number of documents.
    pub fn rows(&self) -> usize {
        self.root().slots()
    }

    /// The types seen at a path; after a [`Step::Elements`], among the elements, of which none may be missing where
    /// there are none. Any type where a damaged file hides them.
    pub fn types(&self, path: &[Step]) -> PathTypes {
        let last = path.iter().rposition(|step| *step == Step::Elements);
        let (elements, below) = path.split_at(last.map_or(0, |at| at + 1));
        let space = match self.find(elements) {
            Ok(Some(space)) if space.place().slots() > 0 => space,
            Ok(_) => return PathTypes::default(),
            Err(_) => return PathTypes::any(),
        };
        match find(space.place(), below) {
            Ok(Some(found)) => found.place().types(),
            Ok(None) => PathTypes::none(),
            Err(_) => PathTypes::any(),
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

    /// Whether some value at the path is a string and every string there is the canonical text of an integer.
    pub fn has_shadow_ints(&self, path: &[Step]) -> bool {
        self.digits(path).is_some()
    }

    /// The integers that a string column holds as canonical text, of a range of documents, which must lie within
    /// [`Piece::rows`]; an Arrow null where there is no string. None where [`Piece::has_shadow_ints`] does not hold.
    ///
    /// # Errors
    ///
    /// If the column's file is damaged.
    pub fn shadow_ints(&self, path: &[Step], rows: Range<usize>) -> Result<Option<Int64Array>> {
        self.shadow_ints_of(path, &Selection::Range(rows))
    }

    /// [`Piece::shadow_ints`] of the given documents, in their order, each below [`Piece::rows`].
    ///
    /// # Errors
    ///
    /// If the column's file is damaged.
    pub fn shadow_ints_take(&self, path: &[Step], rows: &[u32]) -> Result<Option<Int64Array>> {
        self.shadow_ints_of(path, &Selection::Rows(rows))
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

    /// Bytes that each path takes in the segment's file, its posting lists apart; nothing where it is not sealed.
    pub fn file_sizes(&self) -> Vec<(String, usize)> {
        let mut sizes = Vec::new();
        if let Columns::Stored { root, .. } = &self.columns {
            root.sizes("", &mut sizes);
        }
        sizes
    }

    /// The least and greatest `_event_time`: microseconds since the epoch. None without documents.
    pub fn event_time_range(&self) -> Option<(i64, i64)> {
        self.int_range(&[Step::member(EVENT_TIME)])
    }

    /// Around the columns of documents that took so many bytes as JSON.
    pub(crate) fn new(root: Node, json_bytes: u64) -> Piece {
        Piece { columns: Columns::Memory(Box::new(root)), json_bytes, zones: Mutex::default() }
    }

    /// Around the columns of a segment file.
    pub(crate) fn sealed(
        root: StoredNode,
        file: SegmentFile,
        json_bytes: u64,
        deletion_version: u64,
    ) -> Piece {
        let id = SegmentId { serial: file.serial, deletion_version };
        let columns = Columns::Stored { root: Box::new(root), file, id };
        Piece { columns, json_bytes, zones: Mutex::default() }
    }

    /// Its columns.
    pub(crate) fn root(&self) -> Place<'_> {
        match &self.columns {
            Columns::Memory(node) => Place::Memory(node),
            Columns::Stored { root, file, .. } => Place::Stored(root, file),
        }
    }

    /// Bytes of JSON that its documents came from.
    pub(crate) fn json_bytes(&self) -> u64 {
        self.json_bytes
    }

    pub(crate) fn find(&self, path: &[Step]) -> Result<Option<Found<'_>>> {
        find(self.root(), path)
    }

    fn digits(&self, path: &[Step]) -> Option<Found<'_>> {
        if has_elements(path) {
            return None;
        }
        self.find(path).ok()?.filter(|found| found.place().has_digits())
    }

    fn shadow_ints_of(&self, path: &[Step], selection: &Selection<'_>) -> Result<Option<Int64Array>> {
        let Some(found) = self.digits(path) else { return Ok(None) };
        let node = found.place().load(Wanted::Kind(Kind::String), selection)?;
        Ok(node.part(Kind::String).and_then(|part| digits(part, selection)))
    }

    fn select(&self, path: &[Step], want: ColumnType, selection: &Selection<'_>) -> Result<ArrayRef> {
        if has_elements(path) {
            let mut lists = self.list_of(&[path.to_vec()], &[want], selection)?;
            return lists.pop().map(|list| Arc::new(list) as ArrayRef).ok_or_else(|| wrong(path));
        }
        let found = self.find(path)?;
        column(found.as_ref().map(Found::place), want, selection)
    }

    fn list_of(
        &self,
        paths: &[Vec<Step>],
        wants: &[ColumnType],
        selection: &Selection<'_>,
    ) -> Result<Vec<ListArray>> {
        let Some(first) = paths.first() else { return Ok(Vec::new()) };
        let (array, _) = split(first);
        let found = self.find(array)?;
        let lists = Lists::new(found.as_ref().map(Found::place), selection)?;
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
        self.find(path).ok()??.place().zones()
    }
}

/// Minima and maxima of a part, if it is one of integers.
pub(crate) fn part_zones(part: &Part) -> Option<Zones> {
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

pub(crate) fn has_elements(path: &[Step]) -> bool {
    path.contains(&Step::Elements)
}

/// The path of the array, and that under its elements.
pub(crate) fn split(path: &[Step]) -> (&[Step], Option<&[Step]>) {
    match path.iter().position(|step| *step == Step::Elements) {
        Some(at) => (&path[..at], Some(&path[at + 1..])),
        None => (path, None),
    }
}

fn wrong(path: &[Step]) -> Error {
    Error::Internal(format!("{path:?} is not a path with one step to elements beside the others"))
}
