//! A path's columns: one node for each path, one part for each type of value that it holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, BinaryArray, StringArray};
use arrow::buffer::{BooleanBuffer, OffsetBuffer, ScalarBuffer};
use rockhopper_sql::Type;
use rockhopper_values::codec;

use crate::path::{PathTypes, Step};
use crate::presence::Presence;

/// What a part holds. The order is that of the parts in a node and their number in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Kind {
    Null = 0,
    Bool = 1,
    Int = 2,
    Float = 3,
    Timestamp = 4,
    String = 5,
    /// Values of the other scalar types, in codec form.
    Typed = 6,
    Object = 7,
    /// Beside `Object`: the members that have no node, as one object in codec form.
    Rest = 8,
    Array = 9,
}

impl Kind {
    /// Every kind, by its number.
    pub(crate) const ALL: [Kind; 10] = [
        Kind::Null,
        Kind::Bool,
        Kind::Int,
        Kind::Float,
        Kind::Timestamp,
        Kind::String,
        Kind::Typed,
        Kind::Object,
        Kind::Rest,
        Kind::Array,
    ];

    /// The share of slots, as a divisor, under which packed values with their slots take less than dense ones.
    pub(crate) fn sparse_below(self) -> usize {
        match self {
            Kind::Null | Kind::Object => 32,
            Kind::Bool => 16,
            _ => 2,
        }
    }
}

/// The values of one kind at one path.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) kind: Kind,
    pub(crate) presence: Presence,
    pub(crate) values: Values,
}

/// Values, dense or packed as the presence beside them says.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    /// `Null` and `Object`: presence is all.
    Marks,
    Bools(BooleanBuffer),
    /// `Int` and `Timestamp`.
    Ints(ScalarBuffer<i64>),
    Floats(ScalarBuffer<f64>),
    /// Strings; if they are dense, absent ones are Arrow nulls.
    Text(StringArray),
    /// Strings as codes into distinct words.
    Words {
        codes: ScalarBuffer<u32>,
        words: StringArray,
    },
    /// Strings that are all canonical integers.
    Digits(ScalarBuffer<i64>),
    /// `Typed` and `Rest`.
    Encoded(BinaryArray),
    Array {
        offsets: OffsetBuffer<i32>,
        elements: Box<Node>,
    },
}

/// The columns at one path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// The size of the row-space: documents, or the elements of an array path.
    pub(crate) slots: usize,
    /// By kind, ascending; none is empty.
    pub(crate) parts: Vec<Part>,
    /// The members of its objects, in the same row-space.
    pub(crate) members: BTreeMap<Arc<str>, Node>,
}

impl Node {
    /// The part of a kind.
    pub(crate) fn part(&self, kind: Kind) -> Option<&Part> {
        self.parts.iter().find(|part| part.kind == kind)
    }

    /// The node of the elements of its arrays.
    pub(crate) fn elements(&self) -> Option<&Node> {
        match &self.part(Kind::Array)?.values {
            Values::Array { elements, .. } => Some(elements),
            _ => None,
        }
    }

    /// The node one step down.
    pub(crate) fn step(&self, step: &Step) -> Option<&Node> {
        match step {
            Step::Member(name) => self.members.get(name),
            Step::Elements => self.elements(),
        }
    }

    /// The number of slots that hold a value.
    pub(crate) fn count(&self) -> usize {
        self.parts.iter().filter(|part| part.kind != Kind::Rest).map(|part| part.presence.count()).sum()
    }

    /// The types of its values.
    pub(crate) fn types(&self) -> PathTypes {
        let mut types = PathTypes::default();
        for part in &self.parts {
            match (&part.values, type_of(part.kind)) {
                (_, Some(seen)) => types.add(seen),
                (Values::Encoded(values), None) if part.kind == Kind::Typed => {
                    part.presence.for_each(|_, index| types.add(codec::type_of(values.value(index))));
                }
                _ => {}
            }
        }
        if self.count() < self.slots {
            types.add(Type::Undefined);
        }
        types
    }

    /// Whether members without a node are kept anywhere in it.
    pub(crate) fn has_rest(&self) -> bool {
        self.part(Kind::Rest).is_some()
            || self.members.values().any(Node::has_rest)
            || self.elements().is_some_and(Node::has_rest)
    }
}

/// The type of every value of a kind; None for kinds of many types.
pub(crate) fn type_of(kind: Kind) -> Option<Type> {
    Some(match kind {
        Kind::Null => Type::Null,
        Kind::Bool => Type::Bool,
        Kind::Int => Type::Int,
        Kind::Float => Type::Float,
        Kind::Timestamp => Type::Timestamp,
        Kind::String => Type::String,
        Kind::Object => Type::Object,
        Kind::Array => Type::Array,
        Kind::Typed | Kind::Rest => return None,
    })
}

impl Values {
    /// The number of values.
    pub(crate) fn len(&self) -> usize {
        match self {
            Values::Marks => 0,
            Values::Bools(values) => values.len(),
            Values::Ints(values) | Values::Digits(values) => values.len(),
            Values::Floats(values) => values.len(),
            Values::Text(values) => values.len(),
            Values::Words { codes, .. } => codes.len(),
            Values::Encoded(values) => values.len(),
            Values::Array { offsets, .. } => offsets.len() - 1,
        }
    }
}
