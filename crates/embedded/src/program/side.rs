//! An operand of an Arrow kernel: a column, or one value for all rows.

use arrow::array::{ArrayRef, Datum, Scalar};

use super::Vector;
use crate::error::Failure;
use crate::kind::Kind;

/// An operand of an Arrow kernel.
pub(super) enum Side {
    Column(ArrayRef),
    One(Scalar<ArrayRef>),
}

impl Side {
    /// A vector of a native kind.
    pub(super) fn of(vector: &Vector, kind: Kind) -> Result<Side, Failure> {
        match vector {
            Vector::Array { array, .. } => Ok(Side::Column(array.clone())),
            other => Ok(Side::One(Scalar::new(other.clone().into_array(kind, 1)?))),
        }
    }

    /// As Arrow's kernels take it.
    pub(super) fn datum(&self) -> &dyn Datum {
        match self {
            Side::Column(array) => array,
            Side::One(scalar) => scalar,
        }
    }
}
