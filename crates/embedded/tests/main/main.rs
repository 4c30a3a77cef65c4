//! The engine as its callers see it: documents in, SQL in, rows or errors out.
#![allow(clippy::unwrap_used)]

mod limits;
mod measure;
mod slt;
mod support;
