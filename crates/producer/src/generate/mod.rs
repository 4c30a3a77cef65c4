//! Posts in the shape of Twitter's v1.1 stream, made up: the same ones for the same seed and times.

mod body;
mod panel;
mod random;
mod ranks;
mod stream;
mod tags;
#[cfg(test)]
mod tests;
mod time;
mod user;
mod words;

use clap::ValueEnum;
use random::Random;
use tags::Tags;
pub use time::CreatedAt;
use user::Users;

/// The panel profile spreads its posts over this time.
pub const PANEL_SPAN_MS: i64 = 24 * 3_600_000;
/// The stream profile makes so many posts a second where their times are made up too.
pub const STREAM_POSTS_PER_S: i64 = 100;

/// Which kind of posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Like a real stream on music, facebook and apple: whole posts of about 2 kB, tags that trend, types that
    /// differ from post to post and fields that appear while it runs.
    Stream,
    /// Like the data that the engine is measured with: about 870 bytes a post, 50,000 tags by Zipf(1.05), `music` at
    /// rank 12, 45 % with `extended_tweet`, a `score` of three types, 24 hours of event time.
    Panel,
}

/// Makes posts.
#[derive(Clone, Debug)]
pub struct Generator {
    profile: Profile,
    random: Random,
    tags: Tags,
    users: Users,
    created_at: CreatedAt,
    count: u64,
}

/// What a post is made of: shared by both profiles.
struct Draft {
    id: u64,
    at_ms: i64,
    ordinal: u64,
    tags: Vec<usize>,
}

impl Generator {
    /// A generator whose posts depend on nothing but profile, seed and the times handed in.
    pub fn new(profile: Profile, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let users = Users::new(&mut random);
        let tags = match profile {
            Profile::Stream => Tags::stream(),
            Profile::Panel => Tags::panel(),
        };
        Self { profile, random, tags, users, created_at: CreatedAt::default(), count: 0 }
    }

    /// Appends the next post, a JSON object without a line break, to `out`. `at_ms` is its time: milliseconds since
    /// the epoch.
    pub fn write_post(&mut self, at_ms: i64, out: &mut Vec<u8>) {
        let tag_count = match self.profile {
            // More posts have tags than on Twitter as a whole (13 %): those of a tracked topic do.
            Profile::Stream => self.random.weighted(&[55, 22, 12, 6, 3, 2]),
            Profile::Panel => self.random.weighted(&[25, 30, 25, 14, 6]),
        };
        let mut tags = Vec::with_capacity(tag_count);
        while tags.len() < tag_count {
            let tag = self.tags.draw(at_ms, &mut self.random);
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        self.count += 1;
        let draft = Draft { id: snowflake(at_ms, self.count), at_ms, ordinal: self.count, tags };
        match self.profile {
            Profile::Stream => self.write_stream_post(&draft, out),
            Profile::Panel => self.write_panel_post(&draft, out),
        }
    }

    /// The hashtag of a rank by how often it is drawn; 1 is the most frequent. Trends aside.
    ///
    /// # Panics
    /// There is no such rank: there are 50,000.
    pub fn hashtag(&self, rank: usize) -> &str {
        self.tags.name(rank - 1)
    }

    /// The time of post `index` of `count` that end at `end_ms`, in milliseconds since the epoch: evenly spread over
    /// the profile's time.
    pub fn time_of(profile: Profile, index: u64, count: u64, end_ms: i64) -> i64 {
        let before_end = (count - index).saturating_sub(1) as i128;
        let back_ms = match profile {
            Profile::Stream => before_end * 1000 / i128::from(STREAM_POSTS_PER_S),
            Profile::Panel => before_end * i128::from(PANEL_SPAN_MS) / i128::from(count.max(1)),
        };
        end_ms - back_ms as i64
    }
}

/// An id as Twitter made them: time, then a number. Unique for 4 million posts of one millisecond.
fn snowflake(at_ms: i64, count: u64) -> u64 {
    const TWITTER_EPOCH_MS: i64 = 1_288_834_974_657;
    const NUMBER_BITS: u32 = 22;
    (((at_ms - TWITTER_EPOCH_MS).max(0) as u64) << NUMBER_BITS) | (count & ((1 << NUMBER_BITS) - 1))
}
