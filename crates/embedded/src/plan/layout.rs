//! What the columns of a plan node hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use rockhopper_sql::resolved::ColumnId;

use crate::kind::{Absent, Kind};

/// Names of members, from outside to inside.
pub(crate) type Path = Arc<[Arc<str>]>;

/// What a physical column holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    /// A column of the resolved query.
    Column(ColumnId),
    /// A member of a document or array element; the empty path is all of it.
    Leaf(ColumnId, Path),
    /// The ints that a document's member holds as text.
    ShadowInt(ColumnId, Path),
    /// For each document, a member of all elements of an array. The id is the element's.
    List(ColumnId, Path),
    /// For each document, how many elements an array has, as a list of whatever costs least.
    Offsets(ColumnId),
    /// How many equal rows a row stands for. Where it is wanted, a node may hand on rows that are equal in all other
    /// columns once, with their number; one that lacks the column hands on each row.
    Count,
    /// What only the node that made it uses.
    Hidden(usize),
}

/// Columns that a node has to hand on.
pub(crate) type Keys = BTreeSet<Key>;

/// One physical column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slot {
    pub(crate) key: Key,
    pub(crate) kind: Kind,
    pub(crate) absent: Absent,
}

/// The columns of a plan node, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) slots: Vec<Slot>,
}

impl Key {
    /// Whether the other key's values can be taken out of this one's: it is the same, or a member of it.
    pub(crate) fn holds(&self, other: &Key) -> bool {
        match (self, other) {
            (Key::Leaf(own, part), Key::Leaf(root, path)) => own == root && path.starts_with(part),
            _ => self == other,
        }
    }

    /// Whether the Arrow column is a list.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self, Key::List(..) | Key::Offsets(_))
    }
}

impl Slot {
    /// The Arrow type.
    pub(crate) fn data_type(&self) -> DataType {
        if self.key.is_list() {
            DataType::List(Arc::new(Field::new_list_field(self.kind.data_type(), true)))
        } else {
            self.kind.data_type()
        }
    }
}

impl Layout {
    /// The number of the column that holds `key`.
    pub(crate) fn find(&self, key: &Key) -> Option<usize> {
        self.slots.iter().position(|slot| slot.key == *key)
    }

    /// The Arrow schema. Columns are named by number, so names are unique.
    pub(crate) fn schema(&self) -> SchemaRef {
        let field = |(number, slot): (usize, &Slot)| Field::new(format!("c{number}"), slot.data_type(), true);
        Arc::new(Schema::new(self.slots.iter().enumerate().map(field).collect::<Vec<_>>()))
    }
}
