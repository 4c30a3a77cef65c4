//! How long the panels take on a million posts. Run by hand:
//! `cargo test --release -p rockhopper-embedded measure -- --ignored --nocapture`

use std::time::Instant;

use crate::support::{Harness, NOW_US};

const POSTS: u64 = 1_000_000;
const BATCH_POSTS: u64 = 10_000;
const RUNS: usize = 9;
const DAY_MS: u64 = 86_400_000;

const PANELS: [(&str, &str); 9] = [
    (
        "newest posts",
        "SELECT t.timestamp_ms, t.created_at, t.text, t.user.screen_name FROM t
         WHERE CAST(timestamp_ms AS INT) > UNIX_MILLIS(current_timestamp() - minutes(1))
         ORDER BY timestamp_ms DESC LIMIT 100",
    ),
    (
        "top hashtags of an hour",
        "WITH h AS (SELECT lower(ht.text) AS hashtag FROM t, unnest(t.entities.hashtags) ht
         WHERE CAST(t.timestamp_ms AS INT) > UNIX_MILLIS(current_timestamp() - hours(1)))
         SELECT count(hashtag) AS n, hashtag FROM h GROUP BY hashtag ORDER BY n DESC LIMIT 10",
    ),
    (
        "posts of two seconds",
        "SELECT count(*) FROM t WHERE CAST(timestamp_ms AS INT) > UNIX_MILLIS(current_timestamp() - seconds(2))",
    ),
    (
        "influencers",
        "SELECT t.user.screen_name, t.user.followers_count AS fc FROM t
         WHERE 'tag12' IN (SELECT lower(h.text) FROM unnest(t.entities.hashtags) h)
         GROUP BY (t.user.screen_name, t.user.followers_count) ORDER BY t.user.followers_count DESC LIMIT 5",
    ),
    (
        "related hashtags",
        "SELECT g.text, count(*) AS n FROM t, unnest(t.entities.hashtags) g
         WHERE 'tag12' IN (SELECT lower(h.text) FROM unnest(t.entities.hashtags) h) AND lower(g.text) != 'tag12'
         GROUP BY g.text ORDER BY n DESC LIMIT 10",
    ),
    (
        "newest posts with a tag",
        "SELECT t.text, t.user.screen_name FROM t
         WHERE CAST(timestamp_ms AS INT) > UNIX_MILLIS(current_timestamp() - hours(1))
           AND 'tag12' IN (SELECT lower(h.text) FROM unnest(t.entities.hashtags) h)
         ORDER BY timestamp_ms DESC LIMIT 100",
    ),
    ("count of all", "SELECT count(*) FROM t"),
    ("groups of a day", "SELECT t.lang, count(*), avg(t.user.followers_count) FROM t GROUP BY t.lang"),
    ("nothing", "SELECT 1"),
];

#[test]
#[ignore = "takes minutes"]
fn panels_on_a_million_posts() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut harness = Harness::new();
        harness.create("t").await;
        let start = Instant::now();
        for first in (0..POSTS).step_by(BATCH_POSTS as usize) {
            let posts: Vec<String> = (first..first + BATCH_POSTS).map(post).collect();
            harness.append("t", &posts.iter().map(String::as_str).collect::<Vec<_>>()).await;
        }
        println!("{POSTS} posts made and stored in {:?}", start.elapsed());
        for (name, sql) in PANELS {
            let mut times = Vec::with_capacity(RUNS);
            let mut rows = 0;
            for _ in 0..RUNS {
                let start = Instant::now();
                rows = harness.query(sql, &[]).await.unwrap().row_count();
                times.push(start.elapsed());
            }
            times.sort();
            println!("{name:24} {:>10.2?} median, {:>10.2?} best, {rows} rows", times[RUNS / 2], times[0]);
        }
    });
}

/// A post; the last is as old as the clock of the tests.
fn post(number: u64) -> String {
    let mut random = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut next = |below: u64| {
        random ^= random >> 29;
        random = random.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (random >> 33) % below
    };
    let time_ms = NOW_US as u64 / 1_000 - DAY_MS + number * DAY_MS / POSTS;
    let tags: Vec<String> = (0..next(4))
        .map(|_| {
            // Small numbers come often.
            let tag = next(50_000) / (1 + next(5_000));
            format!(r#"{{"text":"Tag{tag}","indices":[1,2]}}"#)
        })
        .collect();
    format!(
        r#"{{"timestamp_ms":"{time_ms}","created_at":"Fri Jan 02 03:04:05 +0000 2026","id":{number},"lang":"l{}","text":"the text of post {number} with {} words","user":{{"screen_name":"user{}","followers_count":{},"verified":false}},"entities":{{"hashtags":[{}],"urls":[]}}}}"#,
        next(20),
        next(100),
        next(100_000),
        next(1_000_000),
        tags.join(",")
    )
}
