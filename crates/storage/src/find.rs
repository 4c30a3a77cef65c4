//! From a path to its place.

use rockhopper_engine::{Error, Result};
use rockhopper_values::codec;

use crate::builder::{Budget, NodeBuilder};
use crate::column::Selection;
use crate::node::{Kind, Node, Values};
use crate::path::Step;
use crate::place::Place;
use crate::segment::Wanted;

/// What was found under a path.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    /// A place in a piece.
    There(Place<'a>),
    /// A path that has no place of its own: its columns, gathered from the rest members.
    Lifted(Box<Node>),
}

impl Found<'_> {
    /// The place.
    pub(crate) fn place(&self) -> Place<'_> {
        match self {
            Found::There(place) => *place,
            Found::Lifted(node) => Place::Memory(node),
        }
    }

    /// Found in columns that were gathered, which it outlives.
    fn into_lifted<'a>(self) -> Found<'a> {
        match self {
            Found::Lifted(node) => Found::Lifted(node),
            Found::There(Place::Memory(node)) => Found::Lifted(Box::new(node.clone())),
            // What was gathered is in memory.
            Found::There(Place::Stored(node, _)) => {
                Found::Lifted(Box::new(Node { slots: node.slots, ..Node::default() }))
            }
        }
    }
}

/// What is under a path; None where no value is.
pub(crate) fn find<'a>(place: Place<'a>, path: &[Step]) -> Result<Option<Found<'a>>> {
    let mut current = place;
    for (at, step) in path.iter().enumerate() {
        match (current.step(step), step) {
            (Some(next), _) => current = next,
            (None, Step::Member(name)) if current.has(Kind::Rest) => {
                let lifted = lift(current, name)?;
                return Ok(find(Place::Memory(&lifted), &path[at + 1..])?.map(Found::into_lifted));
            }
            (None, _) => return Ok(None),
        }
    }
    Ok(Some(Found::There(current)))
}

/// The columns of one member that is kept among the rest.
fn lift(place: Place<'_>, name: &str) -> Result<Node> {
    let mut builder = NodeBuilder::default();
    let mut budget = Budget::new();
    let slots = place.slots();
    let node = place.load(Wanted::Kind(Kind::Rest), &Selection::Range(0..slots))?;
    if let Some((part, Values::Encoded(values))) = node.part(Kind::Rest).map(|part| (part, &part.values)) {
        let mut failed = None;
        part.presence.for_each(|slot, index| {
            let Some(bytes) = values.value(index).and_then(|bytes| codec::member(bytes, name)) else {
                return;
            };
            match codec::decode(bytes) {
                Ok(value) => builder.push_value(slot as u32, &value, &mut budget),
                Err(error) => failed = Some(error),
            }
        });
        if let Some(error) = failed {
            return Err(Error::Internal(format!("field {name}: {error}")));
        }
    }
    builder.finish(slots)
}
