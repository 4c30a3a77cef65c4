//! The semantics of values, as tables of cases and as properties over random values.

#![allow(clippy::unwrap_used)]

mod aggregates;
mod calls;
mod codec;
mod docs;
mod json;
mod notation;
mod parameters;
mod random;
mod tables;
