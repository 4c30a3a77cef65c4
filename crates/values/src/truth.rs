//! The truth of any value, as conditions and `STATIC_CAST(x AS bool)` see it.

use rockhopper_sql::Value;

/// Python's truth: zero, empty strings, bytes, arrays and objects, and intervals of no length are false, NaN and every
/// date and time true. Null and undefined have none.
pub fn truth(value: &Value) -> Option<bool> {
    Some(match value {
        Value::Undefined | Value::Null => return None,
        Value::Bool(bool) => *bool,
        Value::Int(int) => *int != 0,
        Value::Float(float) => *float != 0.0,
        Value::String(string) => !string.is_empty(),
        Value::Bytes(bytes) => !bytes.is_empty(),
        Value::Timestamp(_) | Value::Date(_) | Value::DateTime(_) | Value::Time(_) => true,
        Value::MicrosecondInterval(length) | Value::MonthInterval(length) => *length != 0,
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => !members.is_empty(),
    })
}
