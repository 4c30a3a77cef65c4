//! A path's columns: one node for each path, one part for each type of value that it holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, StringArray};
use arrow::buffer::{BooleanBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{BinaryType, Utf8Type};
use rockhopper_sql::Type;
use rockhopper_values::codec;

use crate::blocks::Blocks;
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
    Text(Blocks<Utf8Type>),
    /// Strings as codes into distinct words.
    Words {
        codes: ScalarBuffer<u32>,
        words: StringArray,
    },
    /// Strings that are all canonical integers.
    Digits(ScalarBuffer<i64>),
    /// `Typed` and `Rest`.
    Encoded(Blocks<BinaryType>),
    /// Where the elements of each array begin, and those of the last one end.
    Array(OffsetBuffer<i32>),
}

/// The columns at one path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// The size of the row-space: documents, or the elements of an array path.
    pub(crate) slots: usize,
    /// By kind, ascending; none is empty.
    pub(crate) parts: Vec<Part>,
    /// The elements of its arrays.
    pub(crate) elements: Option<Box<Node>>,
    /// The members of its objects, in the same row-space.
    pub(crate) members: BTreeMap<Arc<str>, Node>,
}

impl Node {
    /// The part of a kind.
    pub(crate) fn part(&self, kind: Kind) -> Option<&Part> {
        self.parts.iter().find(|part| part.kind == kind)
    }

    /// The number of slots that hold a value.
    pub(crate) fn count(&self) -> usize {
        self.parts.iter().filter(|part| part.kind != Kind::Rest).map(|part| part.presence.count()).sum()
    }

    /// About how much memory its columns take.
    pub(crate) fn bytes(&self) -> usize {
        let parts: usize = self.parts.iter().map(|part| part.presence.bytes() + part.values.bytes()).sum();
        let elements = self.elements.as_ref().map_or(0, |elements| elements.bytes());
        parts + elements + self.members.values().map(Node::bytes).sum::<usize>()
    }

    /// Of values in codec form, how many there are of each type.
    pub(crate) fn typed_counts(&self) -> Vec<(Type, usize)> {
        let mut counts: Vec<(Type, usize)> = Vec::new();
        let Some(part) = self.part(Kind::Typed) else { return counts };
        let Values::Encoded(values) = &part.values else { return counts };
        part.presence.for_each(|_, index| {
            let Some(found) = values.value(index).map(codec::type_of) else { return };
            match counts.iter_mut().find(|(known, _)| *known == found) {
                Some((_, count)) => *count += 1,
                None => counts.push((found, 1)),
            }
        });
        counts
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
            Values::Array(offsets) => offsets.len() - 1,
        }
    }

    /// About how much memory they take.
    pub(crate) fn bytes(&self) -> usize {
        let texts = |count: usize, bytes: usize| 4 * (count + 1) + bytes;
        match self {
            Values::Marks => 0,
            Values::Bools(values) => values.len().div_ceil(8),
            Values::Ints(values) | Values::Digits(values) => 8 * values.len(),
            Values::Floats(values) => 8 * values.len(),
            Values::Text(text) => texts(text.len(), text.byte_count()),
            Values::Words { codes, words } => 4 * codes.len() + texts(words.len(), words.values().len()),
            Values::Encoded(values) => texts(values.len(), values.byte_count()),
            Values::Array(offsets) => 4 * offsets.len(),
        }
    }
}
