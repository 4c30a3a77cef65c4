//! The dashboards' queries: the original demo's six, and the time buckets of *Incoming tweets*.

use rockhopper_client::Query;
use serde_json::json;

use crate::compare::Order;
use crate::suite::Statement;

/// `SELECT 1` comes first: it is what the door itself costs.
pub const FLOOR: usize = 0;
/// The place of Q1, whose number of rows is known.
pub const LIVE_TWEETS: usize = 1;

/// A name, its text, the columns it is ordered by, its limit.
type Text = (&'static str, &'static str, &'static [usize], Option<usize>);

const TEXTS: &[Text] = &[
    ("`SELECT 1`", "SELECT 1", &[0], None),
    (
        "Q1 live tweets",
        "SELECT t.timestamp_ms, t.created_at, t.text, t.user.screen_name FROM tweets t \
         WHERE CAST(timestamp_ms AS INT) > UNIX_MILLIS(:now - minutes(1)) ORDER BY timestamp_ms DESC LIMIT 100",
        &[0],
        Some(100),
    ),
    (
        "Q2 top hashtags",
        "WITH latest AS (SELECT lower(ht.text) AS hashtag FROM tweets t, \
         unnest(t.extended_tweet.entities.hashtags) ht \
         WHERE CAST(t.timestamp_ms AS INT) > UNIX_MILLIS(:now - hours(1))) \
         SELECT count(hashtag) AS tweet_count, hashtag FROM latest GROUP BY hashtag \
         ORDER BY tweet_count DESC LIMIT 10",
        &[0],
        Some(10),
    ),
    (
        "Q3 incoming tweets",
        "SELECT count(*) FROM tweets WHERE cast(timestamp_ms AS INT) > unix_millis(:now - seconds(2))",
        &[0],
        None,
    ),
    (
        "Q4 influencers",
        "SELECT t.user.screen_name, t.user.followers_count AS fc FROM tweets t \
         WHERE :hashtag IN (SELECT hashtags.text FROM unnest(t.entities.hashtags) hashtags) \
         GROUP BY (t.user.screen_name, t.user.followers_count) ORDER BY t.user.followers_count DESC LIMIT 5",
        &[1],
        Some(5),
    ),
    (
        "Q5 related hashtags",
        "SELECT hashtags.text AS hashtag, count(*) AS occurence_count \
         FROM tweets t, unnest(t.entities.hashtags) hashtags \
         WHERE :hashtag IN (SELECT ht.text FROM unnest(t.entities.hashtags) ht) AND hashtags.text != :hashtag \
         GROUP BY hashtags.text ORDER BY occurence_count DESC LIMIT 10",
        &[1],
        Some(10),
    ),
    (
        "Q6 live tweets of a hashtag",
        "SELECT t.timestamp_ms, t.created_at, t.text, t.user.screen_name FROM tweets t \
         WHERE CAST(timestamp_ms AS INT) > UNIX_MILLIS(:now - hours(1)) \
         AND :hashtag IN (SELECT ht.text FROM unnest(t.entities.hashtags) ht) ORDER BY timestamp_ms DESC LIMIT 100",
        &[0],
        Some(100),
    ),
    (
        "Q7 tweets in buckets of 2 s",
        "SELECT TIME_BUCKET(SECONDS(2), TIMESTAMP_MILLIS(CAST(t.timestamp_ms AS INT))) AS time, count(*) AS tweets \
         FROM tweets t \
         WHERE TIMESTAMP_MILLIS(CAST(t.timestamp_ms AS INT)) >= TIME_BUCKET(SECONDS(2), :now - hours(1)) \
         AND TIMESTAMP_MILLIS(CAST(t.timestamp_ms AS INT)) < TIME_BUCKET(SECONDS(2), :now) \
         GROUP BY time ORDER BY time",
        &[0],
        None,
    ),
];

/// The Hashtags view's three panels as the dashboard has them: tags match in any case. With the seven above they make
/// the ten panels of both views.
const ANY_CASE: &[&str] = &[
    "SELECT t.timestamp_ms, t.created_at AS created_at, t.text AS text, t.user.screen_name AS screen_name FROM tweets t \
     WHERE CAST(timestamp_ms AS INT) > UNIX_MILLIS(:now - minutes(1)) \
     AND lower(:hashtag) IN (SELECT lower(ht.text) FROM unnest(t.entities.hashtags) ht) \
     ORDER BY timestamp_ms DESC LIMIT 100",
    "SELECT hashtags.text AS hashtag, count(*) AS occurence_count FROM tweets t, unnest(t.entities.hashtags) hashtags \
     WHERE lower(:hashtag) IN (SELECT lower(ht.text) FROM unnest(t.entities.hashtags) ht) \
     AND lower(hashtags.text) != lower(:hashtag) \
     GROUP BY hashtags.text ORDER BY occurence_count DESC LIMIT 10",
    "SELECT t.user.screen_name, t.user.followers_count AS fc FROM tweets t \
     WHERE lower(:hashtag) IN (SELECT lower(hashtags.text) FROM unnest(t.entities.hashtags) hashtags) \
     GROUP BY (t.user.screen_name, t.user.followers_count) ORDER BY t.user.followers_count DESC LIMIT 5",
];

/// The statements with a call for each hashtag. `now_ms` is the present for all of them: milliseconds since 1970.
pub fn statements(now_ms: i64, hashtags: &[String]) -> Vec<Statement> {
    let statement = |&(name, sql, keys, limit): &Text| Statement {
        name,
        order: Order { keys, limit },
        calls: hashtags.iter().map(|hashtag| query(sql, now_ms, hashtag)).collect(),
    };
    TEXTS.iter().map(statement).collect()
}

/// The ten panels of one refresh of both views.
pub fn ten_panels(now_ms: i64, hashtag: &str) -> Vec<Query> {
    let texts = TEXTS.iter().skip(FLOOR + 1).map(|text| text.1).chain(ANY_CASE.iter().copied());
    texts.map(|sql| query(sql, now_ms, hashtag)).collect()
}

/// Only the parameters that the text names are sent.
fn query(sql: &str, now_ms: i64, hashtag: &str) -> Query {
    let mut query = Query::new(sql);
    if sql.contains(":now") {
        let now = json!({"__rockset_type": "timestamp", "value": now_ms * 1000});
        query = query.parameter("now", "timestamp", now);
    }
    if sql.contains(":hashtag") {
        query = query.parameter("hashtag", "string", hashtag);
    }
    query
}
