//! Several pieces' columns to one's, without parsing anything again.

use std::collections::BTreeMap;
use std::sync::Arc;

use rockhopper_engine::Result;

use crate::builder::{MAX_PATHS, NodeBuilder};
use crate::node::Node;
use crate::place::Place;
use crate::reshred::reshred;
use crate::segment::Wanted;

/// The documents of several pieces, one after another.
pub(crate) fn merge(roots: &[Place<'_>]) -> Result<Node> {
    let nodes = roots.iter().map(|root| root.load_once(Wanted::All)).collect::<Result<Vec<_>>>()?;
    let nodes: Vec<&Node> = nodes.iter().map(|node| node.as_ref()).collect();
    if must_reshred(roots) {
        return reshred(&nodes);
    }
    let mut builder = NodeBuilder::default();
    let mut slots = 0;
    for node in nodes {
        builder.append(node, slots as u32);
        slots += node.slots;
    }
    builder.finish(slots)
}

/// Whether there are more paths than one piece keeps columns for, so that it must be found anew which ones get them.
pub(crate) fn must_reshred(roots: &[Place<'_>]) -> bool {
    path_count(roots) > MAX_PATHS || roots.iter().any(|root| root.has_rest())
}

/// The number of member paths that all the places have together.
fn path_count(places: &[Place<'_>]) -> usize {
    let mut members: BTreeMap<&Arc<str>, Vec<Place<'_>>> = BTreeMap::new();
    for place in places {
        for (name, member) in place.members() {
            members.entry(name).or_default().push(member);
        }
    }
    let elements: Vec<Place<'_>> = places.iter().filter_map(|place| place.elements()).collect();
    let below = if elements.is_empty() { 0 } else { path_count(&elements) };
    below + members.values().map(|same| 1 + path_count(same)).sum::<usize>()
}
