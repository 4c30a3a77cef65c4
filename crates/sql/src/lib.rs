//! The language: text -> tokens -> tree -> resolved, typed query. No I/O, no engine.
//!
//! Read in this order: [`lexer`], [`tree`], [`parser`], [`function`], [`resolved`], [`resolver`].

pub mod error;
pub mod function;
pub mod lexer;
pub mod parser;
pub mod resolved;
pub mod resolver;
pub mod span;
pub mod token;
pub mod tree;
pub mod value;

pub use error::{Error, Result};
pub use function::{Arity, Function, Kind};
pub use span::{Location, Span};
pub use value::{Type, Value};
