//! Which slots of a row-space hold a value.

use arrow::array::BooleanBufferBuilder;
use arrow::buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};

/// Which slots hold a value. The values beside it are dense (one for each slot) for `All` and `Bits`, and packed (one
/// for each present slot) for `Rows`, so that a rare path costs nothing in the documents that lack it.
#[derive(Clone, Debug)]
pub(crate) enum Presence {
    /// Every one of this many.
    All(usize),
    /// A bit for each.
    Bits {
        /// Set where there is a value.
        bits: BooleanBuffer,
        /// The number of set bits.
        count: usize,
    },
    /// The slots that hold one, ascending.
    Rows {
        /// The slots.
        rows: ScalarBuffer<u32>,
        /// The number of slots there are.
        slots: usize,
    },
}

/// Which values of a column count.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Indexes<'a> {
    All,
    Some(&'a BooleanBuffer),
}

impl Indexes<'_> {
    /// Adds the values that count to others.
    pub(crate) fn copy<T: Copy, U>(self, values: &[T], into: &mut Vec<U>, convert: impl Fn(T) -> U) {
        match self {
            Indexes::All => into.extend(values.iter().map(|value| convert(*value))),
            Indexes::Some(bits) => into.extend(bits.set_indices().map(|index| convert(values[index]))),
        }
    }

    /// Calls with the index of each value that counts, of so many.
    pub(crate) fn for_each(self, count: usize, visit: impl FnMut(usize)) {
        match self {
            Indexes::All => (0..count).for_each(visit),
            Indexes::Some(bits) => bits.set_indices().for_each(visit),
        }
    }
}

impl Presence {
    /// The number of slots.
    pub(crate) fn slots(&self) -> usize {
        match self {
            Presence::All(slots) | Presence::Rows { slots, .. } => *slots,
            Presence::Bits { bits, .. } => bits.len(),
        }
    }

    /// The number of slots that hold a value.
    pub(crate) fn count(&self) -> usize {
        match self {
            Presence::All(slots) => *slots,
            Presence::Bits { count, .. } => *count,
            Presence::Rows { rows, .. } => rows.len(),
        }
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Presence::All(_) => 0,
            Presence::Bits { bits, .. } => bits.len().div_ceil(8),
            Presence::Rows { rows, .. } => 4 * rows.len(),
        }
    }

    /// Where the value of a slot stands among the values.
    pub(crate) fn index(&self, slot: usize) -> Option<usize> {
        match self {
            Presence::All(slots) => (slot < *slots).then_some(slot),
            Presence::Bits { bits, .. } => bits.value(slot).then_some(slot),
            Presence::Rows { rows, .. } => rows.binary_search(&(slot as u32)).ok(),
        }
    }

    /// Whether the values are packed.
    pub(crate) fn is_packed(&self) -> bool {
        matches!(self, Presence::Rows { .. })
    }

    /// The number of values kept beside it.
    pub(crate) fn value_count(&self) -> usize {
        if self.is_packed() { self.count() } else { self.slots() }
    }

    /// Where the values of a dense or packed column stand, ascending, without those of slots that hold none.
    pub(crate) fn indexes(&self) -> Indexes<'_> {
        match self {
            Presence::Bits { bits, .. } => Indexes::Some(bits),
            _ => Indexes::All,
        }
    }

    /// Calls with slot and index of every value, ascending.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(usize, usize)) {
        match self {
            Presence::All(slots) => (0..*slots).for_each(|slot| visit(slot, slot)),
            Presence::Bits { bits, .. } => bits.set_indices().for_each(|slot| visit(slot, slot)),
            Presence::Rows { rows, .. } => {
                rows.iter().enumerate().for_each(|(index, slot)| visit(*slot as usize, index))
            }
        }
    }

    /// The validity of an Arrow array with one value for each slot.
    pub(crate) fn nulls(&self) -> Option<NullBuffer> {
        match self {
            Presence::All(_) => None,
            Presence::Bits { bits, .. } => Some(NullBuffer::new(bits.clone())),
            Presence::Rows { rows, slots } => {
                let mut bits = BooleanBufferBuilder::new(*slots);
                bits.append_n(*slots, false);
                rows.iter().for_each(|row| bits.set_bit(*row as usize, true));
                Some(NullBuffer::new(bits.finish()))
            }
        }
    }
}
