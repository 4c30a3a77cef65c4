//! How the engine holds a column in memory: the native Arrow types, and one binary form for everything else.

use arrow::datatypes::{DataType, TimeUnit};
use rockhopper_sql::{Type, Value};

/// The physical type of a column or expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// `bool` as Boolean.
    Bool,
    /// `int` as Int64.
    Int,
    /// `float` as Float64.
    Float,
    /// `string` as Utf8.
    String,
    /// `timestamp` as Timestamp(us, UTC).
    Timestamp,
    /// `date` as Date32.
    Date,
    /// `datetime` as Timestamp(us).
    DateTime,
    /// `time` as Time64(us).
    Time,
    /// `microsecond_interval` as Duration(us).
    MicrosecondInterval,
    /// `month_interval` as Int64.
    MonthInterval,
    /// Any value, as Binary in the codec's form.
    Any,
}

/// What an Arrow null in a column stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Absent {
    /// There are no Arrow nulls.
    Never,
    /// The explicit null.
    Null,
    /// A missing value.
    Undefined,
}

/// The name of the zone in Arrow's type of a timestamp.
pub(crate) const UTC: &str = "UTC";

impl Kind {
    /// The Arrow type.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Kind::Bool => DataType::Boolean,
            Kind::Int | Kind::MonthInterval => DataType::Int64,
            Kind::Float => DataType::Float64,
            Kind::String => DataType::Utf8,
            Kind::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
            Kind::Date => DataType::Date32,
            Kind::DateTime => DataType::Timestamp(TimeUnit::Microsecond, None),
            Kind::Time => DataType::Time64(TimeUnit::Microsecond),
            Kind::MicrosecondInterval => DataType::Duration(TimeUnit::Microsecond),
            Kind::Any => DataType::Binary,
        }
    }

    /// The kind that holds values of this type and nothing else; [`Kind::Any`] where there is none.
    pub(crate) fn of(value_type: Type) -> Kind {
        match value_type {
            Type::Bool => Kind::Bool,
            Type::Int => Kind::Int,
            Type::Float => Kind::Float,
            Type::String => Kind::String,
            Type::Timestamp => Kind::Timestamp,
            Type::Date => Kind::Date,
            Type::DateTime => Kind::DateTime,
            Type::Time => Kind::Time,
            Type::MicrosecondInterval => Kind::MicrosecondInterval,
            Type::MonthInterval => Kind::MonthInterval,
            Type::Bytes | Type::Array | Type::Object | Type::Null | Type::Undefined => Kind::Any,
        }
    }

    /// The type of the values of a native kind.
    pub(crate) fn value_type(self) -> Option<Type> {
        Some(match self {
            Kind::Bool => Type::Bool,
            Kind::Int => Type::Int,
            Kind::Float => Type::Float,
            Kind::String => Type::String,
            Kind::Timestamp => Type::Timestamp,
            Kind::Date => Type::Date,
            Kind::DateTime => Type::DateTime,
            Kind::Time => Type::Time,
            Kind::MicrosecondInterval => Type::MicrosecondInterval,
            Kind::MonthInterval => Type::MonthInterval,
            Kind::Any => return None,
        })
    }

    /// Whether values are instants or civil dates, which compare with each other.
    pub(crate) fn is_date_family(self) -> bool {
        matches!(self, Kind::Timestamp | Kind::Date | Kind::DateTime)
    }

    /// Whether values are numbers.
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Kind::Int | Kind::Float)
    }
}

impl Absent {
    /// The value an Arrow null stands for.
    pub(crate) fn value(self) -> Value {
        match self {
            Absent::Undefined => Value::Undefined,
            Absent::Null | Absent::Never => Value::Null,
        }
    }

    /// What holds for a column made of rows of both; None where no single meaning does.
    pub(crate) fn union(self, other: Absent) -> Option<Absent> {
        match (self, other) {
            (Absent::Never, absent) | (absent, Absent::Never) => Some(absent),
            (left, right) => (left == right).then_some(left),
        }
    }
}
