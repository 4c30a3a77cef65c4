//! How segments are put together: in a tree whose shape depends on the segments alone, so that a new segment at the end,
//! or an old one that goes, leaves nearly all of it as it was.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// A node closes after a member whose hash ends in so many more zero bits for each level: about four members a node.
const BITS_PER_LEVEL: u32 = 2;
/// So few nodes are not put together any further.
const FEW: usize = 4;
const MAX_LEVELS: u32 = 12;

/// A segment, or several that are put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tree<T> {
    Leaf(T),
    Node(Vec<Tree<T>>),
}

impl<T> Tree<T> {
    /// The segments, in order.
    pub(crate) fn leaves<'t>(&'t self, found: &mut Vec<&'t T>) {
        match self {
            Tree::Leaf(leaf) => found.push(leaf),
            Tree::Node(members) => members.iter().for_each(|member| member.leaves(found)),
        }
    }
}

/// The tree of segments in order; `key` names a segment. None if there are no segments. Its root changes with each
/// segment, and has so many members as the logarithm of their number.
pub(crate) fn tree<T>(segments: Vec<T>, key: impl Fn(&T) -> u64) -> Option<Tree<T>> {
    let mut trees = trees(segments, key);
    if trees.len() > 1 { Some(Tree::Node(trees)) } else { trees.pop() }
}

/// The members of the root.
fn trees<T>(segments: Vec<T>, key: impl Fn(&T) -> u64) -> Vec<Tree<T>> {
    let hash = |segment: &T| BuildHasherDefault::<DefaultHasher>::default().hash_one(key(segment));
    // Beside each tree the hash of its last segment.
    let mut nodes: Vec<(u64, Tree<T>)> =
        segments.into_iter().map(|segment| (hash(&segment), Tree::Leaf(segment))).collect();
    // Trees behind the last node that is closed, those of lower levels last.
    let mut behind = Vec::new();
    for level in 1..=MAX_LEVELS {
        if nodes.len() <= FEW {
            break;
        }
        let mut closed = Vec::new();
        let mut open = Vec::new();
        for (hash, tree) in nodes {
            open.push(tree);
            if hash.trailing_zeros() >= BITS_PER_LEVEL * level {
                let members = std::mem::take(&mut open);
                let single = members.len() == 1;
                let tree = if single { members.into_iter().next() } else { Some(Tree::Node(members)) };
                closed.extend(tree.map(|tree| (hash, tree)));
            }
        }
        open.append(&mut behind);
        behind = open;
        nodes = closed;
    }
    nodes.into_iter().map(|(_, tree)| tree).chain(behind).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn of(serials: std::ops::Range<u64>) -> Vec<Tree<u64>> {
        trees(serials.collect(), |serial| *serial)
    }

    /// Every node of several segments, by its segments.
    fn nodes(trees: &[Tree<u64>], found: &mut BTreeSet<Vec<u64>>) {
        for tree in trees {
            if let Tree::Node(members) = tree {
                let mut leaves = Vec::new();
                tree.leaves(&mut leaves);
                found.insert(leaves.into_iter().copied().collect());
                nodes(members, found);
            }
        }
    }

    #[test]
    fn all_segments_are_in_order_in_few_trees() {
        for count in [0, 1, 4, 5, 50, 1000, 20_000] {
            let trees = of(0..count);
            let mut leaves = Vec::new();
            trees.iter().for_each(|tree| tree.leaves(&mut leaves));
            assert!(leaves.into_iter().copied().eq(0..count));
            assert!(trees.len() <= 60, "{count} segments: {} trees", trees.len());
        }
    }

    #[test]
    fn one_segment_more_and_one_less_change_few_nodes() {
        let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
        nodes(&of(0..1000), &mut before);
        nodes(&of(1..1001), &mut after);
        let new = after.difference(&before).count();
        assert!(new <= 12, "{new} new nodes of {}", after.len());
    }
}
