//! Several pieces' columns to one's, without parsing anything again.

use std::collections::BTreeMap;
use std::sync::Arc;

use rockhopper_engine::Result;

use crate::builder::{MAX_PATHS, NodeBuilder};
use crate::node::Node;
use crate::reshred::reshred;

/// The documents of several roots, one after another.
pub(crate) fn merge(roots: &[&Node]) -> Result<Node> {
    if path_count(roots) > MAX_PATHS || roots.iter().any(|root| root.has_rest()) {
        return reshred(roots);
    }
    let mut builder = NodeBuilder::default();
    let mut slots = 0;
    for root in roots {
        builder.append(root, slots as u32);
        slots += root.slots;
    }
    builder.finish(slots)
}

/// The number of member paths that all the nodes have together.
fn path_count(nodes: &[&Node]) -> usize {
    let mut members: BTreeMap<&Arc<str>, Vec<&Node>> = BTreeMap::new();
    for node in nodes {
        for (name, member) in &node.members {
            members.entry(name).or_default().push(member);
        }
    }
    let elements: Vec<&Node> = nodes.iter().filter_map(|node| node.elements()).collect();
    let below = if elements.is_empty() { 0 } else { path_count(&elements) };
    below + members.values().map(|same| 1 + path_count(same)).sum::<usize>()
}
