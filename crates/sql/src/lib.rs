//! The language: text -> tokens -> tree -> resolved, typed query. No I/O, no engine.
//!
//! Read in this order: [`lexer`], [`tree`], [`parser`], [`function`], [`resolved`], [`resolver`].

pub mod error;
pub mod function;
pub mod resolved;
pub mod span;
pub mod value;

pub use error::{Error, Result};
pub use function::Function;
pub use span::{Location, Span};
pub use value::{Type, Value};
