//! Ranks drawn by weight, in constant time.

use super::random::Random;

/// Walker's alias table over ranks `0..n`.
#[derive(Clone, Debug)]
pub(crate) struct Ranks {
    /// The chance to keep the slot's own rank.
    keep: Vec<f64>,
    other: Vec<u32>,
}

impl Ranks {
    /// Ranks whose weight falls with a power of the rank.
    pub fn zipf(count: usize, exponent: f64) -> Self {
        Self::weighted((1..=count).map(|rank| (rank as f64).powf(-exponent)).collect())
    }

    /// Ranks with two slopes, as real hashtags have: the second begins at rank `bend`.
    pub fn two_slopes(count: usize, first: f64, bend: usize, second: f64) -> Self {
        let at_bend = (bend as f64).powf(-first);
        let weight = |rank: usize| match rank <= bend {
            true => (rank as f64).powf(-first),
            false => at_bend * (rank as f64 / bend as f64).powf(-second),
        };
        Self::weighted((1..=count).map(weight).collect())
    }

    /// Ranks with these weights.
    pub fn weighted(weights: Vec<f64>) -> Self {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let mut keep: Vec<f64> = weights.iter().map(|weight| weight / mean).collect();
        let mut other: Vec<u32> = (0..weights.len() as u32).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..keep.len()).partition(|&index| keep[index] < 1.0);
        while let (Some(poor), Some(&rich)) = (small.pop(), large.last()) {
            other[poor] = rich as u32;
            keep[rich] -= 1.0 - keep[poor];
            if keep[rich] < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        // Only rounding is left over in either list.
        for index in small.into_iter().chain(large) {
            keep[index] = 1.0;
        }
        Self { keep, other }
    }

    pub fn draw(&self, random: &mut Random) -> usize {
        let slot = random.below(self.keep.len());
        if random.unit() < self.keep[slot] { slot } else { self.other[slot] as usize }
    }
}
