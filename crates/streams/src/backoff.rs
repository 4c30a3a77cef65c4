//! How long to wait after a failure.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// The first wait, before jitter.
const FIRST_BACKOFF_MS: i64 = 200;
/// No wait is longer.
pub const MAX_BACKOFF_MS: i64 = 10_000;

/// Exponential back-off with full jitter over the upper half of each step.
#[derive(Debug)]
pub struct Backoff {
    failures: u32,
    random: SmallRng,
}

impl Backoff {
    /// A back-off without failures. The seed makes the jitter repeatable in tests.
    pub fn new(seed: u64) -> Self {
        Self { failures: 0, random: SmallRng::seed_from_u64(seed) }
    }

    /// Counts a failure: how long to wait before the next try, in milliseconds, at most [`MAX_BACKOFF_MS`].
    pub fn failed(&mut self) -> i64 {
        let step_ms = (FIRST_BACKOFF_MS << self.failures.min(10)).min(MAX_BACKOFF_MS);
        self.failures = self.failures.saturating_add(1);
        self.random.random_range(step_ms / 2..=step_ms)
    }

    /// Forgets the failures.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Failures since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_the_limit_and_starts_over() {
        let mut backoff = Backoff::new(1);
        let waits: Vec<i64> = (0..40).map(|_| backoff.failed()).collect();
        assert!((100..=200).contains(&waits[0]));
        assert!(waits.iter().all(|&wait_ms| wait_ms <= MAX_BACKOFF_MS));
        assert!(waits[39] >= MAX_BACKOFF_MS / 2);
        backoff.succeeded();
        assert!(backoff.failed() <= 200);
    }
}
