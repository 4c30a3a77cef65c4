//! JSONBench's five queries, in Rockset SQL and in the peers' dialects.

use std::path::Path;

use rockhopper_client::Query;

use crate::compare::Order;
use crate::peer::Engine;
use crate::suite::{Contender, Statement};

/// One query: name, ours, DuckDB's, ClickHouse's, sort keys, limit. ClickHouse's parts differ by table: `{collection}`.
struct Text {
    name: &'static str,
    ours: &'static str,
    duckdb: &'static str,
    clickhouse: &'static str,
    order: Order,
}

const TEXTS: &[Text] = &[
    Text {
        name: "`SELECT 1`",
        ours: "SELECT 1",
        duckdb: "SELECT 1",
        clickhouse: "SELECT 1",
        order: Order { keys: &[0], limit: None },
    },
    Text {
        name: "Q1 events by collection",
        ours: "SELECT b.commit.collection AS event, count(*) AS n FROM bluesky b GROUP BY b.commit.collection \
               ORDER BY n DESC",
        duckdb: "SELECT \"commit\".collection AS event, count(*) AS n FROM bluesky GROUP BY event ORDER BY n DESC",
        clickhouse: "SELECT {collection} AS event, count() AS n FROM bench.bluesky GROUP BY event ORDER BY n DESC",
        order: Order { keys: &[1], limit: None },
    },
    Text {
        name: "Q2 with people who created",
        ours: "SELECT b.commit.collection AS event, count(*) AS n, count(DISTINCT b.did) AS users FROM bluesky b \
               WHERE b.kind = 'commit' AND b.commit.operation = 'create' GROUP BY b.commit.collection ORDER BY n DESC",
        duckdb: "SELECT \"commit\".collection AS event, count(*) AS n, count(DISTINCT did) AS users FROM bluesky \
                 WHERE kind = 'commit' AND \"commit\".operation = 'create' GROUP BY event ORDER BY n DESC",
        clickhouse: "SELECT {collection} AS event, count() AS n, uniqExact({did}) AS users FROM bench.bluesky \
                     WHERE {kind} = 'commit' AND {operation} = 'create' GROUP BY event ORDER BY n DESC",
        order: Order { keys: &[1], limit: None },
    },
    Text {
        name: "Q3 by hour of the day",
        ours: "SELECT b.commit.collection AS event, EXTRACT(HOUR FROM TIMESTAMP_MICROS(b.time_us)) AS hour_of_day, \
               count(*) AS n FROM bluesky b WHERE b.kind = 'commit' AND b.commit.operation = 'create' \
               AND b.commit.collection IN ('app.bsky.feed.post', 'app.bsky.feed.repost', 'app.bsky.feed.like') \
               GROUP BY event, hour_of_day ORDER BY hour_of_day, event",
        duckdb: "SELECT \"commit\".collection AS event, hour(make_timestamp(time_us)) AS hour_of_day, count(*) AS n \
                 FROM bluesky WHERE kind = 'commit' AND \"commit\".operation = 'create' \
                 AND \"commit\".collection IN ('app.bsky.feed.post', 'app.bsky.feed.repost', 'app.bsky.feed.like') \
                 GROUP BY event, hour_of_day ORDER BY hour_of_day, event",
        clickhouse: "SELECT {collection} AS event, toHour(fromUnixTimestamp64Micro({time_us}, 'UTC')) AS hour_of_day, \
                     count() AS n FROM bench.bluesky WHERE {kind} = 'commit' AND {operation} = 'create' \
                     AND event IN ('app.bsky.feed.post', 'app.bsky.feed.repost', 'app.bsky.feed.like') \
                     GROUP BY event, hour_of_day ORDER BY hour_of_day, event",
        order: Order { keys: &[1, 0], limit: None },
    },
    Text {
        name: "Q4 first posts",
        ours: "SELECT b.did AS user_id, TIMESTAMP_MICROS(min(b.time_us)) AS first_post FROM bluesky b \
               WHERE b.kind = 'commit' AND b.commit.operation = 'create' \
               AND b.commit.collection = 'app.bsky.feed.post' GROUP BY b.did ORDER BY first_post LIMIT 3",
        // DuckDB's `epoch_ms` rounds where the others cut.
        duckdb: "SELECT did AS user_id, epoch_us(min(make_timestamp(time_us))) // 1000 AS first_post FROM bluesky \
                 WHERE kind = 'commit' AND \"commit\".operation = 'create' \
                 AND \"commit\".collection = 'app.bsky.feed.post' GROUP BY user_id ORDER BY first_post LIMIT 3",
        clickhouse: "SELECT {did} AS user_id, toUnixTimestamp64Milli(min(fromUnixTimestamp64Micro({time_us}))) \
                     AS first_post FROM bench.bluesky WHERE {kind} = 'commit' AND {operation} = 'create' \
                     AND {collection} = 'app.bsky.feed.post' GROUP BY user_id ORDER BY first_post LIMIT 3",
        order: Order { keys: &[1], limit: Some(3) },
    },
    Text {
        name: "Q5 longest activity",
        ours: "SELECT b.did AS user_id, UNIX_MILLIS(TIMESTAMP_MICROS(max(b.time_us))) \
               - UNIX_MILLIS(TIMESTAMP_MICROS(min(b.time_us))) AS activity_span FROM bluesky b \
               WHERE b.kind = 'commit' AND b.commit.operation = 'create' \
               AND b.commit.collection = 'app.bsky.feed.post' GROUP BY b.did ORDER BY activity_span DESC LIMIT 3",
        duckdb: "SELECT did AS user_id, date_diff('milliseconds', min(make_timestamp(time_us)), \
                 max(make_timestamp(time_us))) AS activity_span FROM bluesky \
                 WHERE kind = 'commit' AND \"commit\".operation = 'create' \
                 AND \"commit\".collection = 'app.bsky.feed.post' GROUP BY user_id ORDER BY activity_span DESC LIMIT 3",
        clickhouse: "SELECT {did} AS user_id, date_diff('milliseconds', min(fromUnixTimestamp64Micro({time_us})), \
                     max(fromUnixTimestamp64Micro({time_us}))) AS activity_span FROM bench.bluesky \
                     WHERE {kind} = 'commit' AND {operation} = 'create' AND {collection} = 'app.bsky.feed.post' \
                     GROUP BY user_id ORDER BY activity_span DESC LIMIT 3",
        order: Order { keys: &[1], limit: Some(3) },
    },
];

/// A peer's name, engine, statements that load, and what stands for a path of the document.
type Layout = (&'static str, Engine, &'static [&'static str], &'static [(&'static str, &'static str)]);

const LAYOUTS: &[Layout] = &[
    (
        "DuckDB, structs",
        Engine::DuckDb,
        &[
            "CREATE TABLE bluesky AS SELECT * FROM read_json('{path}', format = 'newline_delimited', sample_size = -1)",
        ],
        &[],
    ),
    (
        "ClickHouse, JSON without hints",
        Engine::ClickHouse,
        &[
            "CREATE DATABASE bench",
            "CREATE TABLE bench.bluesky (j JSON) ENGINE = MergeTree ORDER BY tuple()",
            "INSERT INTO bench.bluesky SELECT json FROM file('{path}', 'JSONAsObject', 'json JSON')",
        ],
        &[
            ("{collection}", "j.commit.collection.:String"),
            ("{operation}", "j.commit.operation.:String"),
            ("{kind}", "j.kind.:String"),
            ("{did}", "j.did.:String"),
            ("{time_us}", "j.time_us.:Int64"),
        ],
    ),
    (
        "ClickHouse, JSONBench's table",
        Engine::ClickHouse,
        &[
            "CREATE DATABASE bench",
            "CREATE TABLE bench.bluesky (j JSON(max_dynamic_paths = 0, kind LowCardinality(String), \
             commit.operation LowCardinality(String), commit.collection LowCardinality(String), did String, \
             time_us Int64) CODEC(ZSTD(1))) ENGINE = MergeTree \
             ORDER BY (j.kind, j.commit.operation, j.commit.collection, j.did, fromUnixTimestamp64Micro(j.time_us))",
            "INSERT INTO bench.bluesky SELECT json FROM file('{path}', 'JSONAsObject', 'json JSON')",
        ],
        // A path with a hint that is missing is an empty text there, and null in the other engines.
        &[
            ("{collection} AS event", "nullIf(j.commit.collection, '') AS event"),
            ("{collection}", "j.commit.collection"),
            ("{operation}", "j.commit.operation"),
            ("{kind}", "j.kind"),
            ("{did}", "j.did"),
            ("{time_us}", "j.time_us"),
        ],
    ),
];

/// Our statements, each so many times.
pub fn statements(calls: usize) -> Vec<Statement> {
    let statement = |text: &Text| Statement {
        name: text.name,
        order: text.order,
        calls: vec![Query::new(text.ours); calls],
    };
    TEXTS.iter().map(statement).collect()
}

/// The peers for a data file.
pub fn contenders(path: &Path, calls: usize) -> Vec<Contender> {
    let contender = |&(name, engine, load, parts): &Layout| {
        let sql = |text: &Text| match engine {
            Engine::DuckDb => text.duckdb.to_owned(),
            Engine::ClickHouse => {
                parts.iter().fold(text.clickhouse.to_owned(), |sql, (name, part)| sql.replace(name, part))
            }
        };
        Contender {
            name,
            engine,
            load: load.iter().map(|sql| sql.replace("{path}", &path.to_string_lossy())).collect(),
            calls: TEXTS.iter().map(|text| vec![sql(text); calls]).collect(),
        }
    };
    LAYOUTS.iter().map(contender).collect()
}
