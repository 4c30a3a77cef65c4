//! Merging where there are more paths than a piece keeps columns for: the most frequent ones keep theirs.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use rockhopper_engine::Result;
use rockhopper_sql::Value;
use rockhopper_values::codec;

use crate::builder::{Budget, MAX_PATHS, NodeBuilder};
use crate::node::{Kind, Node, Values};
use crate::path::Step;
use crate::rebuild;

/// Paths that are counted to find the most frequent ones; those met later are taken for rare.
const MAX_COUNTED_PATHS: usize = 100_000;

/// The documents of several roots, one after another, with columns for the paths that hold the most values.
pub(crate) fn reshred(roots: &[&Node]) -> Result<Node> {
    let mut census = Census { root: Count::default(), paths_left: MAX_COUNTED_PATHS };
    for root in roots {
        census.root.node(root, &mut census.paths_left);
    }
    let mut builder = NodeBuilder::default();
    let mut budget = Budget::new();
    for path in census.frequent() {
        builder.make(&path, &mut budget);
    }
    let mut slots = 0;
    for root in roots {
        for slot in 0..root.slots {
            builder.push_value(slots, &rebuild::value(root, slot), &mut budget);
            slots += 1;
        }
    }
    builder.finish(slots as usize)
}

impl NodeBuilder {
    /// Makes the nodes of a path as far as the budget allows.
    fn make(&mut self, path: &[Step], budget: &mut Budget) {
        match path {
            [] => {}
            [Step::Elements, rest @ ..] => self.elements.get_or_insert_default().make(rest, budget),
            [Step::Member(name), rest @ ..] => {
                if let Some(member) = self.member(name, budget) {
                    member.make(rest, budget);
                }
            }
        }
    }
}

/// How many values each path holds.
struct Census {
    root: Count,
    paths_left: usize,
}

#[derive(Default)]
struct Count {
    values: usize,
    members: BTreeMap<Arc<str>, Count>,
    elements: Option<Box<Count>>,
}

impl Census {
    /// The paths that get columns, each behind the path it lies under.
    fn frequent(&self) -> Vec<Vec<Step>> {
        let mut ranked = Vec::new();
        self.root.rank(usize::MAX, &mut Vec::new(), &mut ranked);
        ranked.sort_by(|one, other| {
            (Reverse(one.0), one.1.len(), &one.1).cmp(&(Reverse(other.0), other.1.len(), &other.1))
        });
        ranked.into_iter().take(MAX_PATHS).map(|(_, path)| path).collect()
    }
}

impl Count {
    fn node(&mut self, node: &Node, paths_left: &mut usize) {
        self.values += node.count();
        for (name, member) in &node.members {
            if let Some(count) = self.member(name, paths_left) {
                count.node(member, paths_left);
            }
        }
        if let Some(elements) = &node.elements {
            self.elements.get_or_insert_default().node(elements, paths_left);
        }
        if let Some(Values::Encoded(rest)) = node.part(Kind::Rest).map(|part| &part.values) {
            for bytes in rest.iter().filter(|bytes| !bytes.is_empty()) {
                // What does not decode fails when the document is rebuilt.
                if let Ok(Value::Object(members)) = codec::decode(bytes) {
                    self.members_of(&members, paths_left);
                }
            }
        }
    }

    fn value(&mut self, value: &Value, paths_left: &mut usize) {
        self.values += 1;
        match value {
            Value::Object(members) => self.members_of(members, paths_left),
            Value::Array(values) => {
                let elements = self.elements.get_or_insert_default();
                values.iter().for_each(|value| elements.value(value, paths_left));
            }
            _ => {}
        }
    }

    fn members_of(&mut self, members: &[(String, Value)], paths_left: &mut usize) {
        for (name, value) in members {
            if let Some(count) = self.member(name, paths_left) {
                count.value(value, paths_left);
            }
        }
    }

    fn member(&mut self, name: &str, paths_left: &mut usize) -> Option<&mut Count> {
        if !self.members.contains_key(name) {
            *paths_left = paths_left.checked_sub(1)?;
        }
        Some(self.members.entry(Arc::from(name)).or_default())
    }

    /// Lists every member path with its rank, which is never above that of the path it lies under.
    fn rank(&self, above: usize, path: &mut Vec<Step>, ranked: &mut Vec<(usize, Vec<Step>)>) {
        for (name, count) in &self.members {
            let rank = count.values.min(above);
            path.push(Step::Member(Arc::clone(name)));
            ranked.push((rank, path.clone()));
            count.rank(rank, path, ranked);
            path.pop();
        }
        if let Some(elements) = &self.elements {
            path.push(Step::Elements);
            elements.rank(above, path, ranked);
            path.pop();
        }
    }
}
