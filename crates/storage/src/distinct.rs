//! The distinct ones of many values, where that makes a segment smaller.

use std::hash::{BuildHasher, Hash};

use arrow::datatypes::Utf8Type;
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::blocks::Blocks;
use crate::presence::Presence;

/// So many values are looked at before it is decided whether a column repeats itself.
const TRIAL_VALUES: usize = 65_536;
/// A column repeats itself if of the values on trial at most one of so many is new.
const MIN_REPEATS: usize = 2;
/// Codes need two bytes at most: more distinct integers than this are kept as they are.
const MAX_DISTINCT_INTEGERS: usize = 65_536;
/// Integers within a range of so many bits are small without codes.
const MIN_INTEGER_BITS: u32 = 17;

/// Codes, and the words that they stand for.
pub(crate) type Coded<'a> = (Vec<u32>, Vec<&'a [u8]>);

/// Distinct values by hash.
struct Distinct<T> {
    values: Vec<T>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl<T: Hash + Eq + Copy> Distinct<T> {
    fn new() -> Distinct<T> {
        Distinct { values: Vec::new(), table: HashTable::new(), hasher: DefaultHashBuilder::default() }
    }

    fn code(&mut self, value: T) -> u32 {
        let Distinct { values, table, hasher } = self;
        let entry = table.entry(
            hasher.hash_one(value),
            |code| values[*code as usize] == value,
            |code| hasher.hash_one(values[*code as usize]),
        );
        *entry
            .or_insert_with(|| {
                values.push(value);
                values.len() as u32 - 1
            })
            .get()
    }

    /// A code for each value; None as soon as too few of them repeat.
    fn codes(&mut self, values: impl Iterator<Item = T>, max_distinct: usize) -> Option<Vec<u32>> {
        let mut codes = Vec::with_capacity(values.size_hint().0);
        for value in values {
            codes.push(self.code(value));
            let on_trial = codes.len() == TRIAL_VALUES;
            if self.values.len() > max_distinct || (on_trial && !self.repeats(codes.len())) {
                return None;
            }
        }
        self.repeats(codes.len()).then_some(codes)
    }

    fn repeats(&self, count: usize) -> bool {
        self.values.len() * MIN_REPEATS <= count
    }
}

/// Codes and distinct words of strings that repeat themselves though they were not kept as words: the pieces that they
/// come from were too small to tell.
pub(crate) fn words<'a>(text: &'a Blocks<Utf8Type>, presence: &Presence) -> Option<Coded<'a>> {
    let text = text.whole()?;
    let mut distinct: Distinct<&[u8]> = Distinct::new();
    let mut present = Vec::with_capacity(presence.count());
    presence.for_each(|_, index| present.push(index));
    let codes = distinct.codes(present.iter().map(|index| text.value(*index).as_bytes()), usize::MAX)?;
    let codes = if presence.is_packed() || present.len() == presence.slots() {
        codes
    } else {
        let mut dense = vec![0; presence.slots()];
        present.iter().zip(codes).for_each(|(index, code)| dense[*index] = code);
        dense
    };
    Some((codes, distinct.values))
}

/// Codes and distinct values, ascending, of integers that are large and repeat themselves.
pub(crate) fn integers(values: &[i64]) -> Option<(Vec<u32>, Vec<i64>)> {
    let (least, greatest) = (values.iter().min()?, values.iter().max()?);
    let bits = u64::BITS - (greatest.wrapping_sub(*least) as u64).leading_zeros();
    let ascends = values.windows(2).take(TRIAL_VALUES).all(|pair| pair[0] <= pair[1]);
    if bits < MIN_INTEGER_BITS || ascends {
        return None;
    }
    let mut distinct = Distinct::new();
    let codes = distinct.codes(values.iter().copied(), MAX_DISTINCT_INTEGERS)?;
    let order = ranks(&distinct.values);
    let codes = codes.iter().map(|code| order[*code as usize]).collect();
    distinct.values.sort_unstable();
    Some((codes, distinct.values))
}

/// Words in their order, and the codes of the same strings in it. Words that no code stands for stay.
pub(crate) fn sorted<'a>(codes: &[u32], words: &[&'a [u8]]) -> Coded<'a> {
    let ranks = ranks(words);
    let codes = codes.iter().map(|code| ranks.get(*code as usize).copied().unwrap_or(0)).collect();
    let mut words = words.to_vec();
    words.sort_unstable();
    (codes, words)
}

/// The place of each value among all, in order.
fn ranks<T: Ord>(values: &[T]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_unstable_by(|one, other| values[*one as usize].cmp(&values[*other as usize]));
    let mut ranks = vec![0; values.len()];
    (0..).zip(order).for_each(|(rank, code)| ranks[code as usize] = rank);
    ranks
}
