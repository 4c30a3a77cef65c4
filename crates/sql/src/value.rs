//! The values of Rockset SQL: one Rust type for every value a field, literal or parameter can hold.

use std::fmt;

/// A value. `Null` and `Undefined` (a missing member) stay different.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value: a missing member, an index out of range.
    Undefined,
    /// The explicit null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed 64-bit integer.
    Int(i64),
    /// A 64-bit float.
    Float(f64),
    /// Text.
    String(String),
    /// Raw bytes.
    Bytes(Vec<u8>),
    /// An instant: microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// A civil date: days since 1970-01-01.
    Date(i32),
    /// A civil date and time: microseconds since 1970-01-01T00:00:00.
    DateTime(i64),
    /// A civil time of day: microseconds since midnight.
    Time(i64),
    /// A length of time in microseconds.
    MicrosecondInterval(i64),
    /// A length of time in calendar months.
    MonthInterval(i64),
    /// An array; its elements may be of different types.
    Array(Vec<Value>),
    /// An object; names are unique. Two objects with the same members in another order are equal by SQL.
    Object(Vec<(String, Value)>),
}

/// The types of Rockset SQL, by the names that `TYPEOF` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// A missing value.
    Undefined,
    /// The explicit null.
    Null,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `string`
    String,
    /// `bytes`
    Bytes,
    /// `timestamp`
    Timestamp,
    /// `date`
    Date,
    /// `datetime`
    DateTime,
    /// `time`
    Time,
    /// `microsecond_interval`
    MicrosecondInterval,
    /// `month_interval`
    MonthInterval,
    /// `array`
    Array,
    /// `object`
    Object,
}

impl Type {
    /// The name that `TYPEOF` and `DESCRIBE` print.
    pub fn name(self) -> &'static str {
        match self {
            Type::Undefined => "undefined",
            Type::Null => "null",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Float => "float",
            Type::String => "string",
            Type::Bytes => "bytes",
            Type::Timestamp => "timestamp",
            Type::Date => "date",
            Type::DateTime => "datetime",
            Type::Time => "time",
            Type::MicrosecondInterval => "microsecond_interval",
            Type::MonthInterval => "month_interval",
            Type::Array => "array",
            Type::Object => "object",
        }
    }

    /// The type that a name or one of its aliases stands for, in any case.
    pub fn from_name(name: &str) -> Option<Type> {
        Some(match name.to_ascii_lowercase().as_str() {
            "undefined" => Type::Undefined,
            "null" | "null_type" => Type::Null,
            "bool" | "boolean" => Type::Bool,
            "int" | "integer" | "int64" | "bigint" => Type::Int,
            "float" | "double" | "double precision" => Type::Float,
            "string" | "char" | "varchar" | "text" => Type::String,
            "bytes" | "binary" | "varbinary" => Type::Bytes,
            "timestamp" => Type::Timestamp,
            "date" => Type::Date,
            "datetime" => Type::DateTime,
            "time" => Type::Time,
            "microsecond_interval" => Type::MicrosecondInterval,
            "month_interval" => Type::MonthInterval,
            "array" => Type::Array,
            "object" | "map" => Type::Object,
            _ => return None,
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl Value {
    /// The value's type.
    pub fn type_of(&self) -> Type {
        match self {
            Value::Undefined => Type::Undefined,
            Value::Null => Type::Null,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Float(_) => Type::Float,
            Value::String(_) => Type::String,
            Value::Bytes(_) => Type::Bytes,
            Value::Timestamp(_) => Type::Timestamp,
            Value::Date(_) => Type::Date,
            Value::DateTime(_) => Type::DateTime,
            Value::Time(_) => Type::Time,
            Value::MicrosecondInterval(_) => Type::MicrosecondInterval,
            Value::MonthInterval(_) => Type::MonthInterval,
            Value::Array(_) => Type::Array,
            Value::Object(_) => Type::Object,
        }
    }

    /// Whether the value is null or undefined, which nearly every rule treats alike.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null | Value::Undefined)
    }
}
