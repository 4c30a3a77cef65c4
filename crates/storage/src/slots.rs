//! Ascending slots while they are gathered.

use std::iter::Chain;
use std::ops::Range;

use arrow::array::BooleanBufferBuilder;

use crate::presence::Presence;

/// Ascending slots. Of those at the start that have no gap between them only the number is kept: most paths are in
/// every document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    /// So many slots from 0 on.
    run: u32,
    /// Those behind the first gap.
    rest: Vec<u32>,
}

impl Slots {
    /// Adds a slot behind the others.
    pub(crate) fn push(&mut self, slot: u32) {
        if slot == self.run && self.rest.is_empty() {
            self.run += 1;
        } else {
            self.rest.push(slot);
        }
    }

    /// Adds those that hold a value, `before` slots later than they are.
    pub(crate) fn append(&mut self, presence: &Presence, before: u32) {
        match presence {
            Presence::All(slots) if before == self.run && self.rest.is_empty() => self.run += *slots as u32,
            Presence::All(slots) => self.rest.extend(before..before + *slots as u32),
            Presence::Bits { bits, .. } => {
                bits.set_indices().for_each(|slot| self.push(slot as u32 + before));
            }
            Presence::Rows { rows, .. } => rows.iter().for_each(|row| self.push(row + before)),
        }
    }

    /// The number of slots.
    pub(crate) fn len(&self) -> usize {
        self.run as usize + self.rest.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The slots.
    pub(crate) fn iter(&self) -> Chain<Range<u32>, std::iter::Copied<std::slice::Iter<'_, u32>>> {
        (0..self.run).chain(self.rest.iter().copied())
    }

    /// Takes back the slots from one on; gives the number of those that stay.
    pub(crate) fn cut(&mut self, slot: u32) -> usize {
        while self.rest.last().is_some_and(|last| *last >= slot) {
            self.rest.pop();
        }
        self.run = self.run.min(slot);
        self.len()
    }

    /// Which of so many slots hold a value. `sparse_below` is the share of slots, as a divisor, under which the slots
    /// are kept as such.
    pub(crate) fn presence(self, slots: usize, sparse_below: usize) -> Presence {
        let count = self.len();
        if count == slots {
            return Presence::All(slots);
        }
        if count * sparse_below < slots {
            return Presence::Rows { rows: self.iter().collect(), slots };
        }
        let mut bits = BooleanBufferBuilder::new(slots);
        bits.append_n(self.run as usize, true);
        bits.append_n(slots - self.run as usize, false);
        self.rest.iter().for_each(|row| bits.set_bit(*row as usize, true));
        Presence::Bits { bits: bits.finish(), count }
    }

    /// Dense values of packed ones: defaults stand in the slots that are not there.
    pub(crate) fn spread<T: Copy + Default>(&self, values: Vec<T>, slots: usize) -> Vec<T> {
        if self.len() == slots {
            return values;
        }
        let (first, rest) = values.split_at(self.run as usize);
        let mut spread = Vec::with_capacity(slots);
        spread.extend_from_slice(first);
        spread.resize(slots, T::default());
        self.rest.iter().zip(rest).for_each(|(row, value)| spread[*row as usize] = *value);
        spread
    }
}
