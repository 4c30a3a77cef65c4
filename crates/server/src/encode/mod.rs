//! Answers as bytes: JSON in Rockset's shape, or an Arrow IPC stream.

mod cell;
mod ipc;
mod json;

pub use ipc::arrow_stream;
pub use json::{Head, answer_rows, json_body};
