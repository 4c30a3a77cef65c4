//! Every function and operator of the dialect: names, kinds, argument counts and documentation.

/// A function or operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// `count`
    Count,
}
