//! From a path to its node.

use std::borrow::Cow;

use rockhopper_engine::{Error, Result};
use rockhopper_values::codec;

use crate::builder::{Budget, NodeBuilder};
use crate::node::{Kind, Node, Values};
use crate::path::Step;

/// The node of a path; None where no value is. A path that got no node of its own is gathered from the rest members.
pub(crate) fn find<'a>(node: &'a Node, path: &[Step]) -> Result<Option<Cow<'a, Node>>> {
    let mut current = node;
    for (at, step) in path.iter().enumerate() {
        match (current.step(step), step) {
            (Some(next), _) => current = next,
            (None, Step::Member(name)) if current.part(Kind::Rest).is_some() => {
                let lifted = lift(current, name)?;
                return Ok(find(&lifted, &path[at + 1..])?.map(|found| Cow::Owned(found.into_owned())));
            }
            (None, _) => return Ok(None),
        }
    }
    Ok(Some(Cow::Borrowed(current)))
}

/// The columns of one member that is kept among the rest.
fn lift(node: &Node, name: &str) -> Result<Node> {
    let mut builder = NodeBuilder::default();
    let mut budget = Budget::new();
    if let Some((part, Values::Encoded(values))) = node.part(Kind::Rest).map(|part| (part, &part.values)) {
        let mut failed = None;
        part.presence.for_each(|slot, index| {
            let Some(bytes) = codec::member(values.value(index), name) else { return };
            match codec::decode(bytes) {
                Ok(value) => builder.push_value(slot as u32, &value, &mut budget),
                Err(error) => failed = Some(error),
            }
        });
        if let Some(error) = failed {
            return Err(Error::Internal(format!("field {name}: {error}")));
        }
    }
    builder.finish(node.slots)
}
