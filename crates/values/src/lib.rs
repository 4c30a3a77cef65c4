//! The semantics of single values: comparing, casting, calling functions, aggregating, and their forms as text and bytes.
//!
//! No I/O and no engine: every engine computes with these rules, natively where it can prove that it gives the same.
//!
//! Read in this order: [`compare`](mod@compare), [`truth`](mod@truth), [`cast`](mod@cast), [`call`](mod@call) (one
//! match over all functions, with a module for each chapter of them), [`aggregate`], [`codec`], [`json`],
//! [`parameter`].

pub mod aggregate;
pub mod arrays;
pub mod call;
pub mod cast;
pub mod codec;
pub mod compare;
pub mod datetime;
pub mod error;
pub mod hashes;
pub mod json;
pub mod json_path;
pub mod math;
pub mod objects;
pub mod operators;
pub mod parameter;
pub mod patterns;
pub mod strings;
pub mod truth;
pub mod vectors;

pub use aggregate::Accumulator;
pub use call::call;
pub use cast::cast;
pub use compare::{compare, distinct, equals, order};
pub use error::{Error, Result};
pub use rockhopper_sql::resolved::CastMode;
pub use rockhopper_sql::{Function, Type, Value};
pub use truth::truth;
