//! Which paths and types documents hold, and how often.

use std::collections::BTreeMap;

use rockhopper_engine::{Error, FieldStatistics, Result};
use rockhopper_sql::{Type, Value};
use rockhopper_values::codec;

use crate::node::{Kind, Values};
use crate::place::Place;
use crate::segment::Wanted;
use crate::snapshot::Snapshot;

/// Paths that are listed at most.
const MAX_DESCRIBED_PATHS: usize = 100_000;
/// What stands for the elements of an array.
const ELEMENTS: &str = "*";

/// One row for each path and type, sorted by both.
///
/// # Errors
///
/// If there are more than [`MAX_DESCRIBED_PATHS`] paths, or a file is damaged that holds fields without columns.
pub(crate) fn describe(snapshot: &Snapshot) -> Result<Vec<FieldStatistics>> {
    let mut root = Count::default();
    let mut paths_left = MAX_DESCRIBED_PATHS;
    for piece in snapshot.pieces.iter() {
        root.place(piece.root(), &mut paths_left)?.ok_or_else(too_many)?;
    }
    let mut rows = Vec::new();
    root.rows(&mut Vec::new(), 0, &mut rows);
    Ok(rows)
}

fn too_many() -> Error {
    Error::ResourceExceeded {
        what: "the description of the collection".to_owned(),
        limit: format!("{MAX_DESCRIBED_PATHS} paths"),
        remedy: "keep data out of the names of fields".to_owned(),
    }
}

/// What was counted at one path.
#[derive(Default)]
struct Count {
    types: BTreeMap<&'static str, u64>,
    members: BTreeMap<String, Count>,
    elements: Option<Box<Count>>,
    element_slots: u64,
}

impl Count {
    /// Counts a place and those below; the inner None says that there are too many paths.
    fn place(&mut self, place: Place<'_>, paths_left: &mut usize) -> Result<Option<()>> {
        place.type_counts().into_iter().for_each(|(found, count)| self.add(found, count as u64));
        if place.has(Kind::Rest) && self.rest(place, paths_left)?.is_none() {
            return Ok(None);
        }
        if let Some(elements) = place.elements() {
            self.element_slots += elements.slots() as u64;
            if self.elements.get_or_insert_default().place(elements, paths_left)?.is_none() {
                return Ok(None);
            }
        }
        for (name, member) in place.members() {
            let Some(count) = self.member(name, paths_left) else { return Ok(None) };
            if count.place(member, paths_left)?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(()))
    }

    /// Counts the members that have no place.
    fn rest(&mut self, place: Place<'_>, paths_left: &mut usize) -> Result<Option<()>> {
        let node = place.load_once(Wanted::Kind(Kind::Rest))?;
        let Some(part) = node.part(Kind::Rest) else { return Ok(Some(())) };
        let Values::Encoded(values) = &part.values else { return Ok(Some(())) };
        let mut rest = Vec::new();
        part.presence.for_each(|_, index| rest.extend(values.value(index).map(codec::decode)));
        Ok(rest.into_iter().flatten().try_for_each(|object| self.members_of(&object, paths_left)))
    }

    fn value(&mut self, value: &Value, paths_left: &mut usize) -> Option<()> {
        self.add(value.type_of(), 1);
        if let Value::Array(values) = value {
            self.element_slots += values.len() as u64;
            let elements = self.elements.get_or_insert_default();
            values.iter().try_for_each(|value| elements.value(value, paths_left))?;
        }
        self.members_of(value, paths_left)
    }

    fn members_of(&mut self, value: &Value, paths_left: &mut usize) -> Option<()> {
        let Value::Object(members) = value else { return Some(()) };
        members.iter().try_for_each(|(name, value)| self.member(name, paths_left)?.value(value, paths_left))
    }

    fn member(&mut self, name: &str, paths_left: &mut usize) -> Option<&mut Count> {
        if !self.members.contains_key(name) {
            *paths_left = paths_left.checked_sub(1)?;
        }
        Some(self.members.entry(name.to_owned()).or_default())
    }

    fn add(&mut self, found: Type, count: u64) {
        *self.types.entry(found.name()).or_default() += count;
    }

    /// `total` is the number of slots that could hold the path.
    fn rows(&self, path: &mut Vec<String>, total: u64, rows: &mut Vec<FieldStatistics>) {
        if !path.is_empty() {
            rows.extend(self.types.iter().map(|(type_name, occurrences)| FieldStatistics {
                path: path.clone(),
                type_name,
                occurrences: *occurrences,
                total,
            }));
        }
        let mut below = |name: &str, count: &Count, total: u64| {
            path.push(name.to_owned());
            count.rows(path, total, rows);
            path.pop();
        };
        if let Some(elements) = &self.elements {
            below(ELEMENTS, elements, self.element_slots);
        }
        let objects = self.types.get(Type::Object.name()).copied().unwrap_or(0);
        for (name, member) in &self.members {
            below(name, member, objects);
        }
    }
}
