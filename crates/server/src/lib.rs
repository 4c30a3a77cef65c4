//! The server: Rockset's REST API over an engine, and the `rockhopper` command line.
//!
//! Read in this order: [`app`] (what a running server holds), [`catalog`] (names), [`queries`] (text in, answer
//! out), [`http`] (the only module that speaks HTTP), [`serve`] (start and stop), [`cli`].

pub mod app;
pub mod catalog;
pub mod cli;
mod clock;
mod encode;
mod error;
mod files;
pub mod http;
pub mod key;
mod metrics;
mod queries;
pub mod serve;
mod sources;

pub use app::App;
pub use error::{Error, Result};
