//! Tests of the language from outside: text in, what a user would notice out.

#![allow(clippy::unwrap_used, missing_docs)]

mod syntax;
