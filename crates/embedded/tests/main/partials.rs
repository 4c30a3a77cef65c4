//! The answer does not depend on how it was found: in memory or sealed, with partial results or without, the first time
//! or again. Random queries over documents of mixed types.

use std::fmt::Write;

use rockhopper_embedded::EmbeddedOptions;
use rockhopper_sql::Value;
use rockhopper_sql::resolved::Parameter;

use crate::support::{Harness, NOW_US, text};

const SEGMENTS: u64 = 6;
const SEGMENT_DOCUMENTS: u64 = 3_000;
const TAIL_DOCUMENTS: u64 = 700;
const QUERIES: u64 = 400;

/// A sequence of numbers that is the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// Small numbers come often.
fn tag(random: &mut Random) -> String {
    let limit = 1 + random.below(60);
    format!("Tag{}", random.below(limit))
}

fn document(number: u64, random: &mut Random) -> String {
    let ms = NOW_US as u64 / 1000 - 3_600_000
        + number * 3_600_000 / (SEGMENTS * SEGMENT_DOCUMENTS + TAIL_DOCUMENTS);
    let mut json =
        format!(r#"{{"ms": "{ms}", "n": {number}, "lang": "{}""#, random.pick(&["en", "de", "fr", "ja"]));
    match random.below(10) {
        0 => {}
        1 => json.push_str(r#", "user": null"#),
        _ => {
            let (name, fans) = (random.below(400), random.below(50) * 100);
            let _ = write!(json, r#", "user": {{"name": "user{name}", "fans": {fans}}}"#);
        }
    }
    let score = random.below(7);
    // Mixed in some segments only.
    match (number / SEGMENT_DOCUMENTS, score) {
        (0 | 3, 0) => json.push_str(r#", "score": "high""#),
        (2, 1) => json.push_str(r#", "score": 1.5"#),
        (_, 2) => json.push_str(r#", "score": null"#),
        (_, 3) => {}
        (_, score) => drop(write!(json, r#", "score": {score}"#)),
    }
    if random.below(8) > 0 {
        let tags: Vec<String> = (0..random.below(4))
            .map(|at| match random.below(20) {
                0 => format!(r#"{{"at": {at}}}"#),
                _ => format!(r#"{{"text": "{}", "at": {at}}}"#, tag(random)),
            })
            .collect();
        let _ = write!(json, r#", "tags": [{}]"#, tags.join(", "));
    }
    json + "}"
}

fn query(random: &mut Random) -> String {
    let unnested = random.below(2) == 0;
    let from = if unnested { "t, UNNEST(t.tags) h" } else { "t" };
    let mut conditions = Vec::new();
    if random.below(2) == 0 {
        let bound = random.pick(&["50", "30", "20", "3"]);
        conditions.push(format!("CAST(t.ms AS INT) > UNIX_MILLIS(current_timestamp() - minutes({bound}))"));
    }
    if random.below(3) == 0 {
        conditions.push(random.pick(&["t.n < 11000", "t.n >= 2999", "t.n BETWEEN 3000 AND 8999"]).to_owned());
    }
    match random.below(6) {
        0 => conditions.push(format!("'{}' IN (SELECT x.text FROM UNNEST(t.tags) x)", tag(random))),
        1 => conditions.push("lower(:tag) IN (SELECT lower(x.text) FROM UNNEST(t.tags) x)".to_owned()),
        2 => conditions
            .push(random.pick(&["t.lang = 'en'", "t.score > 3", "t.user.fans IS NOT NULL"]).to_owned()),
        _ => {}
    }
    if unnested && random.below(2) == 0 {
        conditions.push(random.pick(&["h.text != 'Tag1'", "h.at > 0", "h.text LIKE 'Tag1%'"]).to_owned());
    }
    let filter =
        if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
    let mut groups = vec!["t.lang", "t.user.name", "t.score", "t.user.fans", "t.n / 1000", "lower(t.lang)"];
    if unnested {
        groups.extend(["h.text", "lower(h.text)", "h.at"]);
    }
    if random.below(6) == 0 {
        let columns = "t.n, t.user.name, t.score, t.tags";
        let order =
            random.pick(&["t.ms DESC", "t.ms", "t.user.fans DESC, t.n", "t.score DESC", "t.lang, t.n DESC"]);
        // Of documents that are equal in the order the one that came first is first; elements need an order of their own.
        let ties = if unnested { ", t.n, h.at" } else { "" };
        let limit = 1 + random.below(40);
        return format!("SELECT {columns} FROM {from} {filter} ORDER BY {order}{ties} LIMIT {limit}");
    }
    let mut aggregates = vec![
        "count(*)",
        "count(t.score)",
        "count(DISTINCT t.user.name)",
        "sum(t.n)",
        "min(t.user.name)",
        "max(t.score)",
        "avg(t.user.fans)",
        "count(*) FILTER (WHERE t.n > 5000)",
        "max(t.ms)",
    ];
    if unnested {
        aggregates.extend(["count(h.text)", "max(h.text)", "count(DISTINCT h.text)"]);
    }
    let aggregate = random.pick(&aggregates);
    if random.below(6) == 0 {
        return format!("SELECT {aggregate} AS a, count(*) AS c FROM {from} {filter}");
    }
    let group = random.pick(&groups);
    let second = random.pick(&groups);
    let (select, by) = match random.below(3) {
        0 if second != group => (format!("{group} AS g, {second} AS g2"), format!("{group}, {second}")),
        _ => (format!("{group} AS g"), group.to_owned()),
    };
    let order = random.pick(&[
        "",
        "ORDER BY a DESC LIMIT 7",
        "ORDER BY a DESC, g LIMIT 3",
        "ORDER BY g LIMIT 9",
        "ORDER BY g DESC LIMIT 3",
        "ORDER BY a, g LIMIT 100",
    ]);
    let aggregate = if random.below(4) == 0 { String::new() } else { format!(", {aggregate} AS a") };
    let order = if aggregate.is_empty() && order.contains('a') { "ORDER BY g DESC LIMIT 5" } else { order };
    format!("SELECT {select}{aggregate} FROM {from} {filter} GROUP BY {by} {order}")
}

async fn answers(harness: &Harness, queries: &[String]) -> Vec<Vec<String>> {
    let tag = Parameter { name: "tag".to_owned(), value: Value::String("TAG3".to_owned()) };
    let mut answers = Vec::new();
    for sql in queries {
        let mut lines = match harness.query(sql, std::slice::from_ref(&tag)).await {
            Ok(answer) => text(&answer),
            Err(wrong) => vec![format!("error {} {}", wrong.error_id, wrong.message)],
        };
        if !sql.contains("ORDER BY") {
            lines[1..].sort();
        }
        answers.push(lines);
    }
    answers
}

fn compare(what: &str, queries: &[String], expected: &[Vec<String>], found: &[Vec<String>]) {
    for ((sql, expected), found) in queries.iter().zip(expected).zip(found) {
        assert_eq!(expected, found, "{what}: {sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_do_not_depend_on_how_they_were_found() {
    let mut random = Random(0x5EED);
    let documents: Vec<String> = (0..SEGMENTS * SEGMENT_DOCUMENTS + TAIL_DOCUMENTS)
        .map(|number| document(number, &mut random))
        .collect();
    let queries: Vec<String> = (0..QUERIES).map(|_| query(&mut random)).collect();
    let (mut unsealed, mut sealed) = (Harness::new(), Harness::new());
    for harness in [&mut unsealed, &mut sealed] {
        harness.create("t").await;
    }
    for chunk in documents.chunks(SEGMENT_DOCUMENTS as usize) {
        let lines: Vec<&str> = chunk.iter().map(String::as_str).collect();
        unsealed.append("t", &lines).await;
        sealed.append("t", &lines).await;
        if chunk.len() as u64 == SEGMENT_DOCUMENTS {
            sealed.seal().await;
        }
    }
    let expected = answers(&unsealed, &queries).await;
    let errors = expected.iter().filter(|lines| lines[0].starts_with("error")).count();
    assert!(errors * 10 < queries.len(), "{errors} queries fail");
    compare("cold", &queries, &expected, &answers(&sealed, &queries).await);
    compare("again", &queries, &expected, &answers(&sealed, &queries).await);
    let kept = sealed.engine_memory("partial_results");
    assert!(kept > 0, "partial results were kept");
    for limit_bytes in [0, 40_000] {
        let small = |options: &mut EmbeddedOptions| options.partial_results_bytes = limit_bytes;
        sealed.reopen_with(small).await;
        compare(&format!("{limit_bytes} bytes"), &queries, &expected, &answers(&sealed, &queries).await);
        compare("and again", &queries, &expected, &answers(&sealed, &queries).await);
        assert!(sealed.engine_memory("partial_results") <= limit_bytes as u64);
    }
    // What comes later is in the answers too.
    let mut random = Random(77);
    let later: Vec<String> = (0..500).map(|number| document(number, &mut random)).collect();
    let later: Vec<&str> = later.iter().map(String::as_str).collect();
    sealed.reopen_with(|_| {}).await;
    answers(&sealed, &queries).await;
    unsealed.append("t", &later).await;
    sealed.append("t", &later).await;
    compare("later", &queries, &answers(&unsealed, &queries).await, &answers(&sealed, &queries).await);
}
