//! What can go wrong when a value is computed.

use rockhopper_sql::{Function, Type, Value};

/// The result of a computation on values.
pub type Result<T> = std::result::Result<T, Error>;

/// A computation that has no value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Rockset's `error_id`: the lower-case snake_case name of the cause.
    pub error_id: &'static str,
    /// What is wrong and, where there is a remedy, what to do.
    pub message: String,
}

impl Error {
    /// An error with its id and text.
    pub fn new(error_id: &'static str, message: impl Into<String>) -> Error {
        Error { error_id, message: message.into() }
    }

    /// The function does not take arguments of these types.
    pub fn no_overload(function: Function, arguments: &[Value]) -> Error {
        let types: Vec<&str> = arguments.iter().map(|argument| argument.type_of().name()).collect();
        Error::new(
            "no_valid_overload",
            format!(
                "No valid overload found for function `{}` with arguments ({})",
                function.name(),
                types.join(", ")
            ),
        )
    }

    /// The types are right, a value is not.
    pub fn invalid_argument(message: impl Into<String>) -> Error {
        Error::new("invalid_argument", message)
    }

    /// A result passes the range of its type.
    pub fn overflow(function: Function, to: Type) -> Error {
        Error::new("numeric_overflow", format!("The result of `{}` does not fit type {to}", function.name()))
    }

    /// A division whose divisor is the int 0.
    pub fn division_by_zero() -> Error {
        Error::new("division_by_zero", "Division by zero; guard it with NULLIF(divisor, 0)")
    }

    /// A date or time outside of what its type holds.
    pub fn out_of_range(what: impl std::fmt::Display) -> Error {
        Error::new("numeric_overflow", format!("{what} is out of range"))
    }
}
