//! Who posts: some often, most seldom; followers by a lognormal distribution with a heavy tail.

use super::random::Random;
use super::ranks::Ranks;
use super::words::{FIRST_NAMES, LAST_NAMES, PLACES, SYLLABLES};

/// So many people post.
const USER_COUNT: usize = 20_000;
/// Half of the users have fewer followers.
const MEDIAN_FOLLOWERS: f64 = 250.0;
/// One of so many users is famous.
const FAMOUS_ONE_IN: usize = 150;

#[derive(Clone, Debug)]
pub(crate) struct Users {
    users: Vec<User>,
    activity: Ranks,
}

#[derive(Clone, Debug)]
pub(crate) struct User {
    pub id: u64,
    pub name: String,
    pub screen_name: String,
    /// JSON: a string, or null.
    pub location: String,
    pub followers: u64,
    pub friends: u64,
    pub statuses: u64,
    pub verified: bool,
}

impl Users {
    pub fn new(random: &mut Random) -> Self {
        let users = (0..USER_COUNT).map(|number| User::new(number, random)).collect();
        Self { users, activity: Ranks::zipf(USER_COUNT, 0.6) }
    }

    pub fn draw(&self, random: &mut Random) -> &User {
        &self.users[self.activity.draw(random)]
    }
}

impl User {
    fn new(number: usize, random: &mut Random) -> Self {
        let famous = random.below(FAMOUS_ONE_IN) == 0;
        let followers = match famous {
            // Pareto with exponent 1.3 from 20,000 on.
            true => (20_000.0 * (1.0 - random.unit()).powf(-1.0 / 1.3)).min(80_000_000.0),
            false => MEDIAN_FOLLOWERS * (1.4 * random.normal()).exp(),
        };
        let syllables: String = (0..2 + random.below(2)).map(|_| random.pick(SYLLABLES)).collect();
        let location = match random.percent(65) {
            true => format!("\"{}\"", random.pick(PLACES)),
            false => "null".to_owned(),
        };
        Self {
            id: 10_000_000 + random.below(4_000_000_000) as u64 * USER_COUNT as u64 + number as u64,
            name: format!("{} {}", random.pick(FIRST_NAMES), random.pick(LAST_NAMES)),
            screen_name: format!("{syllables}_{number}"),
            location,
            followers: followers as u64,
            friends: (MEDIAN_FOLLOWERS * random.normal().exp()) as u64,
            statuses: (3_000.0 * (1.5 * random.normal()).exp()) as u64,
            verified: famous,
        }
    }
}
