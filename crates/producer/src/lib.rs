//! The producer's parts, for its binary and for the benchmark that makes its data with [`generate`].

pub mod args;
pub mod aws;
pub mod batch;
pub mod counts;
pub mod error;
pub mod generate;
pub mod input;
pub mod run;
pub mod send;
pub mod stamp;
pub mod track;
