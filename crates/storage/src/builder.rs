//! A path's columns while they are gathered.

use std::sync::Arc;

use hashbrown::HashMap;
use rockhopper_engine::Result;
use rockhopper_sql::Value;
use rockhopper_values::codec;

use crate::layout;
use crate::node::{Kind, Node, Part, Values};
use crate::slots::Slots;
use crate::strings::{Strings, Text};

/// Member paths that one piece keeps columns for. The values of further paths are kept in codec form beside the object
/// they belong to, so that documents with keys made of data cost no more than others.
pub const MAX_PATHS: usize = 1000;

/// How many more paths may get columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) paths_left: usize,
}

impl Budget {
    /// That of an empty piece.
    pub(crate) fn new() -> Budget {
        Budget { paths_left: MAX_PATHS }
    }
}

/// Values of one kind with the slots that they stand in, ascending.
#[derive(Default)]
pub(crate) struct Column<T> {
    pub(crate) rows: Slots,
    pub(crate) values: T,
}

/// The columns at one path while they are gathered. Values come in the order of their slots; [`NodeBuilder::truncate`]
/// takes the last slots back.
#[derive(Default)]
pub(crate) struct NodeBuilder {
    pub(crate) nulls: Slots,
    pub(crate) bools: Column<Vec<bool>>,
    pub(crate) ints: Column<Vec<i64>>,
    pub(crate) floats: Column<Vec<f64>>,
    pub(crate) timestamps: Column<Vec<i64>>,
    pub(crate) strings: Column<Strings>,
    pub(crate) typed: Column<Text>,
    pub(crate) objects: Slots,
    pub(crate) rest: Column<Text>,
    pub(crate) arrays: Column<Vec<i32>>,
    pub(crate) elements: Option<Box<NodeBuilder>>,
    pub(crate) element_slots: u32,
    members: Vec<(Arc<str>, Box<NodeBuilder>)>,
    index: HashMap<Arc<str>, usize>,
    /// Where the next member is looked for first: documents of one source have the same members in the same order.
    cursor: usize,
    /// One more than the slot that was filled last; 0 at the start.
    filled: u32,
}

impl NodeBuilder {
    /// Whether the slot holds a value already.
    pub(crate) fn holds(&self, slot: u32) -> bool {
        self.filled == slot + 1
    }

    /// Puts a null.
    pub(crate) fn push_null(&mut self, slot: u32) {
        self.filled = slot + 1;
        self.nulls.push(slot);
    }

    /// Puts a truth value.
    pub(crate) fn push_bool(&mut self, slot: u32, value: bool) {
        self.filled = slot + 1;
        self.bools.rows.push(slot);
        self.bools.values.push(value);
    }

    /// Puts an int.
    pub(crate) fn push_int(&mut self, slot: u32, value: i64) {
        self.filled = slot + 1;
        self.ints.rows.push(slot);
        self.ints.values.push(value);
    }

    /// Puts a float.
    pub(crate) fn push_float(&mut self, slot: u32, value: f64) {
        self.filled = slot + 1;
        self.floats.rows.push(slot);
        self.floats.values.push(value);
    }

    /// Puts a timestamp in microseconds.
    pub(crate) fn push_timestamp(&mut self, slot: u32, value_us: i64) {
        self.filled = slot + 1;
        self.timestamps.rows.push(slot);
        self.timestamps.values.push(value_us);
    }

    /// Puts a string.
    pub(crate) fn push_string(&mut self, slot: u32, value: &str) {
        self.filled = slot + 1;
        self.strings.rows.push(slot);
        self.strings.values.push(value);
    }

    /// Opens an object, whose members follow.
    pub(crate) fn push_object(&mut self, slot: u32) {
        self.filled = slot + 1;
        self.objects.push(slot);
        self.cursor = 0;
    }

    /// Puts the members of the object in the slot that got no node.
    pub(crate) fn push_rest(&mut self, slot: u32, members: Vec<(String, Value)>) {
        let mut bytes = Vec::new();
        codec::encode(&Value::Object(members), &mut bytes);
        self.rest.rows.push(slot);
        self.rest.values.push(&bytes);
    }

    /// Opens an array of so many elements, whose values follow in the slots from the returned one on.
    pub(crate) fn push_array(&mut self, slot: u32, len: usize) -> (u32, &mut NodeBuilder) {
        self.filled = slot + 1;
        self.arrays.rows.push(slot);
        let first = self.element_slots;
        self.element_slots += len as u32;
        self.arrays.values.push(self.element_slots as i32);
        (first, self.elements.get_or_insert_default())
    }

    /// Puts any value.
    pub(crate) fn push_value(&mut self, slot: u32, value: &Value, budget: &mut Budget) {
        match value {
            Value::Undefined => {}
            Value::Null => self.push_null(slot),
            Value::Bool(value) => self.push_bool(slot, *value),
            Value::Int(value) => self.push_int(slot, *value),
            Value::Float(value) => self.push_float(slot, *value),
            Value::String(value) => self.push_string(slot, value),
            Value::Timestamp(value_us) => self.push_timestamp(slot, *value_us),
            Value::Array(values) => {
                let (first, elements) = self.push_array(slot, values.len());
                (first..).zip(values).for_each(|(slot, value)| elements.push_value(slot, value, budget));
            }
            Value::Object(members) => self.push_members(slot, members, budget),
            typed => {
                let mut bytes = Vec::new();
                codec::encode(typed, &mut bytes);
                self.filled = slot + 1;
                self.typed.rows.push(slot);
                self.typed.values.push(&bytes);
            }
        }
    }

    /// The node of a member, made if the budget allows.
    pub(crate) fn member(&mut self, name: &str, budget: &mut Budget) -> Option<&mut NodeBuilder> {
        let expected = self.members.get(self.cursor).is_some_and(|(found, _)| found.as_ref() == name);
        let at = if expected { Some(self.cursor) } else { self.index.get(name).copied() };
        let at = match at {
            Some(at) => at,
            None => {
                budget.paths_left = budget.paths_left.checked_sub(1)?;
                let name: Arc<str> = Arc::from(name);
                self.index.insert(Arc::clone(&name), self.members.len());
                self.members.push((name, Box::default()));
                self.members.len() - 1
            }
        };
        self.cursor = at + 1;
        Some(&mut self.members[at].1)
    }

    /// Takes back what was put in this slot and those after it.
    pub(crate) fn truncate(&mut self, slot: u32) {
        self.filled = 0;
        self.nulls.cut(slot);
        self.objects.cut(slot);
        let kept = self.bools.rows.cut(slot);
        self.bools.values.truncate(kept);
        let kept = self.ints.rows.cut(slot);
        self.ints.values.truncate(kept);
        let kept = self.floats.rows.cut(slot);
        self.floats.values.truncate(kept);
        let kept = self.timestamps.rows.cut(slot);
        self.timestamps.values.truncate(kept);
        let kept = self.strings.rows.cut(slot);
        self.strings.values.truncate(kept);
        let kept = self.typed.rows.cut(slot);
        self.typed.values.truncate(kept);
        let kept = self.rest.rows.cut(slot);
        self.rest.values.truncate(kept);
        let kept = self.arrays.rows.cut(slot);
        self.arrays.values.truncate(kept);
        self.element_slots = self.arrays.values.last().map_or(0, |end| *end as u32);
        if let Some(elements) = &mut self.elements {
            elements.truncate(self.element_slots);
        }
        self.members.iter_mut().for_each(|(_, member)| member.truncate(slot));
    }

    /// Adds a finished node behind what is there: its slots follow the first `slots`. The paths must be within the
    /// budget and the node without rest members: `merge` sees to that.
    pub(crate) fn append(&mut self, node: &Node, slots: u32) {
        if let Some(elements) = &node.elements {
            self.elements.get_or_insert_default().append(elements, self.element_slots);
        }
        for part in &node.parts {
            self.append_part(part, slots);
        }
        for (name, member) in &node.members {
            let mut unlimited = Budget { paths_left: 1 };
            if let Some(own) = self.member(name, &mut unlimited) {
                own.append(member, slots);
            }
        }
    }

    /// The finished columns of `slots` slots. Fails where one would pass 2 GiB.
    pub(crate) fn finish(self, slots: usize) -> Result<Node> {
        let mut node = Node { slots, ..Node::default() };
        layout::marks(Kind::Null, self.nulls, &mut node);
        layout::bools(self.bools, &mut node)?;
        layout::ints(Kind::Int, self.ints, &mut node)?;
        layout::floats(self.floats, &mut node)?;
        layout::ints(Kind::Timestamp, self.timestamps, &mut node)?;
        layout::strings(self.strings, &mut node)?;
        layout::encoded(Kind::Typed, self.typed, &mut node)?;
        layout::marks(Kind::Object, self.objects, &mut node);
        layout::encoded(Kind::Rest, self.rest, &mut node)?;
        layout::arrays(self.arrays, &mut node)?;
        // Elements without arrays are left where every array was taken back again.
        if let (Some(elements), true) = (self.elements, node.part(Kind::Array).is_some()) {
            node.elements = Some(Box::new(elements.finish(self.element_slots as usize)?));
        }
        for (name, member) in self.members {
            let member = member.finish(slots)?;
            // A path of which every value was taken back again holds nothing.
            if !member.parts.is_empty() {
                node.members.insert(name, member);
            }
        }
        Ok(node)
    }

    fn push_members(&mut self, slot: u32, members: &[(String, Value)], budget: &mut Budget) {
        self.push_object(slot);
        let mut rest = Vec::new();
        for (name, value) in members {
            match self.member(name, budget) {
                Some(member) => member.push_value(slot, value, budget),
                None => rest.push((name.clone(), value.clone())),
            }
        }
        if !rest.is_empty() {
            self.push_rest(slot, rest);
        }
    }

    /// Adds a finished part behind what is there, without the elements of arrays.
    pub(crate) fn append_part(&mut self, part: &Part, slots: u32) {
        let presence = &part.presence;
        let rows = match part.kind {
            Kind::Null => &mut self.nulls,
            Kind::Bool => &mut self.bools.rows,
            Kind::Int => &mut self.ints.rows,
            Kind::Float => &mut self.floats.rows,
            Kind::Timestamp => &mut self.timestamps.rows,
            Kind::String => &mut self.strings.rows,
            Kind::Typed => &mut self.typed.rows,
            Kind::Object => &mut self.objects,
            Kind::Rest => &mut self.rest.rows,
            Kind::Array => &mut self.arrays.rows,
        };
        rows.append(presence, slots);
        let indexes = presence.indexes();
        match &part.values {
            Values::Marks => {}
            Values::Bools(values) => {
                let own = &mut self.bools.values;
                indexes.for_each(values.len(), |index| own.push(values.value(index)));
            }
            Values::Ints(values) => {
                let own = if part.kind == Kind::Int { &mut self.ints } else { &mut self.timestamps };
                indexes.copy(values, &mut own.values, |value| value);
            }
            Values::Floats(values) => indexes.copy(values, &mut self.floats.values, |value| value),
            strings @ (Values::Text(_) | Values::Words { .. } | Values::Digits(_)) => {
                self.strings.values.extend(strings, indexes);
            }
            Values::Encoded(values) => {
                let own = if part.kind == Kind::Typed { &mut self.typed } else { &mut self.rest };
                indexes.for_each(values.len(), |index| {
                    own.values.push(values.value(index).unwrap_or_default());
                });
            }
            Values::Array(offsets) => {
                let before = self.element_slots as i32;
                indexes.copy(&offsets[1..], &mut self.arrays.values, |end| before + end);
                self.element_slots += offsets.last().map_or(0, |last| *last as u32);
            }
        }
    }
}
