//! The generator's tweets, and the hashtags that statements ask for.

use kinesis_producer::generate::{Generator, PANEL_SPAN_MS, Profile};

/// Of tweets, of hashtags that are drawn, of events.
pub const SEED: u64 = 1;
/// A hashtag is drawn from so many of the most frequent ones.
const HASHTAG_RANKS: u64 = 1_000;

/// Tweets of the panel profile, evenly spread over a time that ends at an instant.
#[derive(Clone, Debug)]
pub struct Tweets {
    generator: Generator,
    next: u64,
    count: u64,
    span_ms: i64,
    end_ms: i64,
}

impl Tweets {
    /// So many tweets in the 24 hours up to `end_ms`.
    pub fn of_a_day(count: u64, end_ms: i64) -> Tweets {
        Tweets::over(count, PANEL_SPAN_MS, end_ms)
    }

    /// So many tweets in the `span_ms` up to `end_ms`.
    pub fn over(count: u64, span_ms: i64, end_ms: i64) -> Tweets {
        Tweets { generator: Generator::new(Profile::Panel, SEED), next: 0, count, span_ms, end_ms }
    }

    /// Tweets whose times are given with [`Tweets::write_at`].
    pub fn unending() -> Tweets {
        Tweets::over(u64::MAX, 0, 0)
    }

    /// Appends the next tweet to `out` as one of this time.
    pub fn write_at(&mut self, at_ms: i64, out: &mut Vec<u8>) {
        self.generator.write_post(at_ms, out);
    }

    /// When tweet `index` was posted: milliseconds since 1970.
    pub fn time_ms(&self, index: u64) -> i64 {
        let before_end = i128::from((self.count - index).saturating_sub(1));
        self.end_ms - (before_end * i128::from(self.span_ms) / i128::from(self.count.max(1))) as i64
    }

    /// Appends the next tweet to `out`; false after the last one.
    pub fn write_next(&mut self, out: &mut Vec<u8>) -> bool {
        if self.next == self.count {
            return false;
        }
        self.generator.write_post(self.time_ms(self.next), out);
        self.next += 1;
        true
    }

    /// How many tweets are younger than `age_ms`, at most `limit`.
    pub fn younger_than(&self, age_ms: i64, limit: u64) -> u64 {
        let young = |&back: &u64| self.time_ms(self.count - 1 - back) > self.end_ms - age_ms;
        (0..limit.min(self.count)).take_while(young).count() as u64
    }
}

/// The hashtag of each call: drawn from the most frequent ones, the same for every engine.
pub fn hashtags(calls: usize) -> Vec<String> {
    let generator = Generator::new(Profile::Panel, SEED);
    let mut random = SplitMix(SEED);
    (0..calls).map(|_| generator.hashtag(random.below(HASHTAG_RANKS) as usize + 1).to_owned()).collect()
}

/// SplitMix64 (public domain, Sebastiano Vigna): the same numbers for a seed on every machine.
#[derive(Clone, Debug)]
pub struct SplitMix(pub u64);

impl SplitMix {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `0..limit`; `limit` must not be 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashtags_are_drawn_anew_for_each_call_and_the_same_in_each_run() {
        let drawn = hashtags(100);
        assert_eq!(drawn, hashtags(100));
        let different: std::collections::HashSet<&String> = drawn.iter().collect();
        assert!(different.len() > 80, "{}", different.len());
    }

    #[test]
    fn tweets_end_at_the_present() {
        let mut tweets = Tweets::of_a_day(1_000_000, 1_767_323_045_000);
        assert_eq!(tweets.time_ms(999_999), 1_767_323_045_000);
        assert_eq!((tweets.younger_than(60_000, 100), tweets.younger_than(60_000, 1000)), (100, 695));
        let mut first = Vec::new();
        assert!(tweets.write_next(&mut first) && first.ends_with(b"}"));
    }
}
