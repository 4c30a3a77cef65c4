//! One vector from the values of several branches, each for rows of its own.

use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::compute::interleave;
use rockhopper_sql::Value;

use super::Vector;
use crate::error::Failure;
use crate::kind::{Absent, Kind};

/// The values that a branch gives for its rows.
pub(super) struct Part {
    pub(super) values: Vector,
    pub(super) rows: Vec<u32>,
}

/// The parts in the order of their rows. Together they have each of `rows` rows once.
pub(super) fn assemble(mut parts: Vec<Part>, rows: usize) -> Result<Vector, Failure> {
    if let [only] = parts.as_mut_slice()
        && only.rows.len() == rows
    {
        return Ok(std::mem::replace(&mut only.values, Vector::Values(Vec::new())));
    }
    match common(&parts) {
        Some((kind, absent)) => interleaved(&parts, kind, absent, rows),
        None => {
            let mut values = vec![Value::Null; rows];
            for part in &parts {
                for (at, row) in part.rows.iter().enumerate() {
                    values[*row as usize] = part.values.value(at)?;
                }
            }
            Ok(Vector::Values(values))
        }
    }
}

/// The native kind of all parts, and what its Arrow nulls stand for.
fn common(parts: &[Part]) -> Option<(Kind, Absent)> {
    let mut kind = None;
    let mut absent = Absent::Never;
    for part in parts {
        let (own, own_absent) = match &part.values {
            Vector::Array { kind: Kind::Any, .. } | Vector::Values(_) => return None,
            Vector::Array { kind, absent, array } => {
                (Some(*kind), if array.null_count() == 0 { Absent::Never } else { *absent })
            }
            Vector::Constant(Value::Null) => (None, Absent::Null),
            Vector::Constant(Value::Undefined) => (None, Absent::Undefined),
            constant @ Vector::Constant(_) => (Some(constant.kind()?), Absent::Never),
        };
        absent = absent.union(own_absent)?;
        if own.is_some() && kind.is_some() && own != kind {
            return None;
        }
        kind = kind.or(own);
    }
    Some((kind?, absent))
}

fn interleaved(parts: &[Part], kind: Kind, absent: Absent, rows: usize) -> Result<Vector, Failure> {
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(parts.len());
    let mut places = vec![(0, 0); rows];
    for (number, part) in parts.iter().enumerate() {
        let constant = matches!(part.values, Vector::Constant(_));
        arrays.push(match &part.values {
            Vector::Constant(value) if value.is_null() => new_null_array(&kind.data_type(), 1),
            Vector::Constant(_) => part.values.clone().into_array(kind, 1)?,
            values => values.clone().into_array(kind, part.rows.len())?,
        });
        for (at, row) in part.rows.iter().enumerate() {
            places[*row as usize] = (number, if constant { 0 } else { at });
        }
    }
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    Ok(Vector::Array { kind, absent, array: interleave(&arrays, &places)? })
}
