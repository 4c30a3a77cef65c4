//! Text to tokens to tree.

mod cases;
mod limits;
mod mutations;
mod show;
mod spans;
mod tokens;
