//! What a caller asks a piece for: paths, column types, and the types that were seen at a path.

use std::sync::Arc;

use rockhopper_sql::Type;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A member of an object.
    Member(Arc<str>),
    /// The elements of an array.
    Elements,
}

impl Step {
    /// The step to a member.
    pub fn member(name: &str) -> Step {
        Step::Member(Arc::from(name))
    }
}

/// The physical form of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// Arrow `Boolean`.
    Bool,
    /// Arrow `Int64`.
    Int,
    /// Arrow `Float64`.
    Float,
    /// Arrow `Utf8`.
    String,
    /// Arrow `Timestamp(Microsecond, "UTC")`.
    Timestamp,
    /// Arrow `Binary`: the codec form of any value. Never an Arrow null: null and undefined are encoded.
    Any,
}

/// The types of value that were seen at a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathTypes {
    seen: u32,
    missing: bool,
}

impl PathTypes {
    /// The types of a path that holds no value anywhere.
    pub fn none() -> PathTypes {
        PathTypes { seen: 0, missing: true }
    }

    /// Those of a path that may hold anything.
    pub(crate) fn any() -> PathTypes {
        PathTypes { seen: !bit(Type::Undefined), missing: true }
    }

    /// Whether a value of the type was seen. For [`Type::Undefined`] the same as [`PathTypes::may_be_missing`].
    pub fn has(&self, wanted: Type) -> bool {
        if wanted == Type::Undefined { self.missing } else { self.seen & bit(wanted) != 0 }
    }

    /// Whether no value was seen, not even null.
    pub fn is_empty(&self) -> bool {
        self.seen == 0
    }

    /// Whether some document (or element, after [`Step::Elements`]) lacks the path.
    pub fn may_be_missing(&self) -> bool {
        self.missing
    }

    /// The native column type that holds every value exactly, with the type that an Arrow null in it stands for:
    /// [`Type::Undefined`] if there are no explicit nulls, [`Type::Null`] if there are and no value is missing.
    /// None where only [`ColumnType::Any`] is exact.
    pub fn only(&self) -> Option<(ColumnType, Type)> {
        let has_null = self.has(Type::Null);
        if has_null && self.missing {
            return None;
        }
        let absent = if has_null { Type::Null } else { Type::Undefined };
        let values = self.seen & !bit(Type::Null);
        NATIVE.iter().find(|(native, _)| values == bit(*native)).map(|(_, column)| (*column, absent))
    }

    /// What was seen in either of two places.
    pub fn union(self, other: PathTypes) -> PathTypes {
        PathTypes { seen: self.seen | other.seen, missing: self.missing || other.missing }
    }

    /// Whether every value is an array, null or missing: what `UNNEST` takes without an error.
    pub fn only_arrays(&self) -> bool {
        self.seen & !(bit(Type::Array) | bit(Type::Null)) == 0
    }

    /// Notes a type; [`Type::Undefined`] notes a missing value.
    pub(crate) fn add(&mut self, seen: Type) {
        if seen == Type::Undefined {
            self.missing = true;
        } else {
            self.seen |= bit(seen);
        }
    }
}

const NATIVE: [(Type, ColumnType); 5] = [
    (Type::Bool, ColumnType::Bool),
    (Type::Int, ColumnType::Int),
    (Type::Float, ColumnType::Float),
    (Type::String, ColumnType::String),
    (Type::Timestamp, ColumnType::Timestamp),
];

fn bit(seen: Type) -> u32 {
    1 << seen as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(types: &[Type]) -> PathTypes {
        let mut seen = PathTypes::default();
        types.iter().for_each(|one| seen.add(*one));
        seen
    }

    #[test]
    fn a_native_column_is_offered_only_where_it_is_exact() {
        use Type::*;
        assert_eq!(of(&[Int]).only(), Some((ColumnType::Int, Undefined)));
        assert_eq!(of(&[Int, Undefined]).only(), Some((ColumnType::Int, Undefined)));
        assert_eq!(of(&[String, Null]).only(), Some((ColumnType::String, Null)));
        assert_eq!(of(&[String, Null, Undefined]).only(), None);
        assert_eq!(of(&[Int, Float]).only(), None);
        assert_eq!(of(&[Object]).only(), None);
        assert_eq!(of(&[Null]).only(), None);
        assert_eq!(of(&[Int]).union(PathTypes::none()).only(), Some((ColumnType::Int, Undefined)));
        assert_eq!(of(&[Null]).union(PathTypes::none()).only(), None);
    }

    #[test]
    fn only_arrays_and_nothing_can_be_unnested() {
        assert!(of(&[Type::Array, Type::Null, Type::Undefined]).only_arrays());
        assert!(!of(&[Type::Array, Type::Int]).only_arrays());
    }
}
