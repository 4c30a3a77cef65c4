//! Which hashtags a post has: a popularity by rank, and in streams some that trend for a minute.

use super::random::Random;
use super::ranks::Ranks;
use super::words::{SYLLABLES, TAGS};

/// So many tags exist.
const TAG_COUNT: usize = 50_000;
/// The rank of `music` in the panel profile; in the stream profile it is the first.
const PANEL_MUSIC_RANK: usize = 12;
/// So many tags trend at a time.
const TREND_COUNT: usize = 4;
/// Of 100 tags, so many are trending ones.
const TREND_PERCENT: usize = 12;
/// A trend is at its height after this time, and is over after [`TREND_LIFE_MS`] at most.
const TREND_RISE_MS: f64 = 15_000.0;
const TREND_LIFE_MS: i64 = 180_000;

#[derive(Clone, Debug)]
pub(crate) struct Tags {
    names: Vec<String>,
    ranks: Ranks,
    trends: Vec<Trend>,
}

#[derive(Clone, Debug)]
struct Trend {
    tag: usize,
    began_ms: i64,
    life_ms: i64,
}

impl Tags {
    /// The distribution that the engine was measured with: Zipf, without trends.
    pub fn panel() -> Self {
        let mut names = names();
        names[..PANEL_MUSIC_RANK].rotate_left(1);
        Self { names, ranks: Ranks::zipf(TAG_COUNT, 1.05), trends: Vec::new() }
    }

    /// As real streams have it: two slopes, and trends.
    pub fn stream() -> Self {
        let trend = Trend { tag: 0, began_ms: i64::MIN / 2, life_ms: 0 };
        let ranks = Ranks::two_slopes(TAG_COUNT, 0.87, 25_000, 1.5);
        Self { names: names(), ranks, trends: vec![trend; TREND_COUNT] }
    }

    /// Draws a tag for a post of this time.
    pub fn draw(&mut self, at_ms: i64, random: &mut Random) -> usize {
        if !self.trends.is_empty() && random.percent(TREND_PERCENT) {
            let slot = random.below(self.trends.len());
            let trend = self.trend(slot, at_ms, random);
            let age_ms = (at_ms - trend.began_ms) as f64;
            let left = 1.0 - age_ms / trend.life_ms as f64;
            if random.unit() < (age_ms / TREND_RISE_MS).min(left) {
                return trend.tag;
            }
        }
        self.ranks.draw(random)
    }

    pub fn name(&self, tag: usize) -> &str {
        &self.names[tag]
    }

    /// The trend of a slot; a new one where the last is over.
    fn trend(&mut self, slot: usize, at_ms: i64, random: &mut Random) -> &Trend {
        let trend = &mut self.trends[slot];
        if !(0..trend.life_ms).contains(&at_ms.saturating_sub(trend.began_ms)) {
            let life_ms = TREND_LIFE_MS / 3 + random.below(TREND_LIFE_MS as usize * 2 / 3) as i64;
            *trend = Trend { tag: 100 + random.below(5_000), began_ms: at_ms, life_ms };
        }
        trend
    }
}

/// The tags by rank: known words first, then made-up ones. No two are the same.
fn names() -> Vec<String> {
    let made_up = (0..TAG_COUNT - TAGS.len()).map(|number| {
        let base = SYLLABLES.len();
        let (mut rest, mut name) = (number, String::new());
        for _ in 0..4 {
            name.push_str(SYLLABLES[rest % base]);
            rest /= base;
        }
        // The number makes it unique whatever the syllables run together to.
        name + &number.to_string()
    });
    TAGS.iter().map(|&tag| tag.to_owned()).chain(made_up).collect()
}
