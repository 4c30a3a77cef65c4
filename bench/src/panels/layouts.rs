//! The peers' tables, and the panels in their dialects.

use std::path::Path;

use crate::peer::Engine;
use crate::suite::Contender;

/// How a peer keeps tweets: what stands for each part of a statement.
struct Layout {
    name: &'static str,
    engine: Engine,
    load: &'static [&'static str],
    table: &'static str,
    /// Milliseconds as an integer.
    ms: &'static str,
    timestamp_ms: &'static str,
    created_at: &'static str,
    text: &'static str,
    screen_name: &'static str,
    followers: &'static str,
    /// The hashtags as a list of texts, to look for one in.
    tags: &'static str,
    /// The list that is unnested, of all tags and of those of `extended_tweet`, and the text of its element `h`.
    tag_list: &'static str,
    extended_list: &'static str,
    element: &'static str,
}

const LAYOUTS: &[Layout] = &[
    Layout {
        name: "DuckDB, whole documents as structs",
        engine: Engine::DuckDb,
        load: &[
            "CREATE TABLE whole AS SELECT * FROM read_json('{path}', format = 'newline_delimited', sample_size = 100000)",
        ],
        table: "whole",
        ms: "CAST(timestamp_ms AS BIGINT)",
        timestamp_ms: "timestamp_ms",
        created_at: "created_at",
        text: "text",
        screen_name: "\"user\".screen_name",
        followers: "\"user\".followers_count",
        tags: "list_transform(entities.hashtags, lambda h: h.text)",
        // Faster than a list of texts, as measured.
        tag_list: "entities.hashtags",
        extended_list: "extended_tweet.entities.hashtags",
        element: "h.text",
    },
    Layout {
        name: "DuckDB, panel columns by time",
        engine: Engine::DuckDb,
        load: &[
            "CREATE TABLE columns AS SELECT CAST(timestamp_ms AS BIGINT) AS ms, timestamp_ms, created_at, text, \
                 \"user\".screen_name AS screen_name, \"user\".followers_count AS followers_count, \
                 list_transform(entities.hashtags, lambda h: h.text) AS tags, \
                 list_transform(extended_tweet.entities.hashtags, lambda h: h.text) AS extended_tags \
                 FROM read_json('{path}', format = 'newline_delimited', columns = {timestamp_ms: 'VARCHAR', \
                 created_at: 'VARCHAR', text: 'VARCHAR', \
                 user: 'STRUCT(screen_name VARCHAR, followers_count BIGINT)', \
                 entities: 'STRUCT(hashtags STRUCT(\"text\" VARCHAR)[])', \
                 extended_tweet: 'STRUCT(entities STRUCT(hashtags STRUCT(\"text\" VARCHAR)[]))'}) ORDER BY ms",
        ],
        table: "columns",
        ms: "ms",
        timestamp_ms: "timestamp_ms",
        created_at: "created_at",
        text: "text",
        screen_name: "screen_name",
        followers: "followers_count",
        tags: "tags",
        tag_list: "tags",
        extended_list: "extended_tags",
        element: "h",
    },
    Layout {
        name: "ClickHouse, whole documents as JSON",
        engine: Engine::ClickHouse,
        load: &[
            "CREATE DATABASE bench",
            "CREATE TABLE bench.whole (j JSON) ENGINE = MergeTree ORDER BY tuple()",
            // Text that looks like a time stays text, as in every other engine.
            "INSERT INTO bench.whole SELECT json FROM file('{path}', 'JSONAsObject', 'json JSON') \
             SETTINGS input_format_try_infer_dates = 0, input_format_try_infer_datetimes = 0",
        ],
        table: "bench.whole",
        ms: "toInt64(j.timestamp_ms.:String)",
        timestamp_ms: "j.timestamp_ms.:String",
        created_at: "j.created_at.:String",
        text: "j.text.:String",
        screen_name: "j.user.screen_name.:String",
        followers: "j.user.followers_count.:Int64",
        tags: "j.entities.hashtags[].text.:String",
        tag_list: "j.entities.hashtags[].text.:String",
        extended_list: "j.extended_tweet.entities.hashtags[].text.:String",
        element: "h",
    },
    Layout {
        name: "ClickHouse, panel columns by time, text index",
        engine: Engine::ClickHouse,
        load: &[
            "CREATE DATABASE bench",
            "CREATE TABLE bench.columns (ms Int64, timestamp_ms String, created_at String, text String, \
             screen_name String, followers_count Int64, tags Array(String), extended_tags Array(String), \
             INDEX tags_index tags TYPE text(tokenizer = 'array')) ENGINE = MergeTree ORDER BY ms",
            "INSERT INTO bench.columns SELECT toInt64(timestamp_ms), timestamp_ms, created_at, text, \
             user.screen_name, user.followers_count, entities.hashtags.text, extended_tweet.entities.hashtags.text \
             FROM file('{path}', 'JSONEachRow', 'timestamp_ms String, created_at String, text String, \
             user Tuple(screen_name String, followers_count Int64), \
             entities Tuple(hashtags Array(Tuple(text String))), \
             extended_tweet Tuple(entities Tuple(hashtags Array(Tuple(text String))))') \
             SETTINGS input_format_skip_unknown_fields = 1, \
             input_format_json_ignore_unknown_keys_in_named_tuple = 1",
            "OPTIMIZE TABLE bench.columns FINAL",
        ],
        table: "bench.columns",
        ms: "ms",
        timestamp_ms: "timestamp_ms",
        created_at: "created_at",
        text: "text",
        screen_name: "screen_name",
        followers: "followers_count",
        tags: "tags",
        tag_list: "tags",
        extended_list: "extended_tags",
        element: "h",
    },
];

/// The statements, in the order of ours. `{unnest}` and `{has}` are the engine's list functions.
const TEXTS: &[&str] = &[
    "SELECT 1",
    "SELECT {timestamp_ms}, {created_at}, {text}, {screen_name} FROM {table} WHERE {ms} > {now} - 60000 \
     ORDER BY {ms} DESC LIMIT 100",
    "SELECT count(*) AS n, lower({element}) AS hashtag FROM (SELECT {unnest}({extended_list}) AS h FROM {table} \
     WHERE {ms} > {now} - 3600000) AS latest GROUP BY hashtag ORDER BY n DESC LIMIT 10",
    "SELECT count(*) FROM {table} WHERE {ms} > {now} - 2000",
    "SELECT {screen_name} AS name, {followers} AS fc FROM {table} WHERE {has}({tags}, '{hashtag}') \
     GROUP BY name, fc ORDER BY fc DESC LIMIT 5",
    "SELECT {element} AS hashtag, count(*) AS n FROM (SELECT {unnest}({tag_list}) AS h FROM {table} \
     WHERE {has}({tags}, '{hashtag}')) AS related WHERE {element} != '{hashtag}' GROUP BY hashtag ORDER BY n DESC LIMIT 10",
    "SELECT {timestamp_ms}, {created_at}, {text}, {screen_name} FROM {table} WHERE {ms} > {now} - 3600000 \
     AND {has}({tags}, '{hashtag}') ORDER BY {ms} DESC LIMIT 100",
    "SELECT {ms} - {ms} % 2000 AS time, count(*) AS n FROM {table} WHERE {ms} >= {bucket} - 3600000 AND {ms} < {bucket} \
     GROUP BY time ORDER BY time",
];

/// The peers for a data file, with a call for each hashtag.
pub fn contenders(path: &Path, now_ms: i64, hashtags: &[String]) -> Vec<Contender> {
    let contender = |layout: &Layout| Contender {
        name: layout.name,
        engine: layout.engine,
        load: layout.load.iter().map(|sql| sql.replace("{path}", &path.to_string_lossy())).collect(),
        calls: TEXTS
            .iter()
            .map(|text| {
                let sql = layout.sql(text, now_ms);
                // The generator's hashtags are letters and digits.
                hashtags.iter().map(|hashtag| sql.replace("{hashtag}", hashtag)).collect()
            })
            .collect(),
    };
    LAYOUTS.iter().map(contender).collect()
}

impl Layout {
    fn sql(&self, text: &str, now_ms: i64) -> String {
        let (unnest, has) = match self.engine {
            Engine::DuckDb => ("unnest", "list_contains"),
            Engine::ClickHouse => ("arrayJoin", "has"),
        };
        let now = now_ms.to_string();
        let bucket = (now_ms - now_ms.rem_euclid(2000)).to_string();
        let parts = [
            ("{table}", self.table),
            ("{ms}", self.ms),
            ("{timestamp_ms}", self.timestamp_ms),
            ("{created_at}", self.created_at),
            ("{text}", self.text),
            ("{screen_name}", self.screen_name),
            ("{followers}", self.followers),
            ("{tags}", self.tags),
            ("{tag_list}", self.tag_list),
            ("{extended_list}", self.extended_list),
            ("{element}", self.element),
            ("{unnest}", unnest),
            ("{has}", has),
            ("{now}", &now),
            ("{bucket}", &bucket),
        ];
        parts.iter().fold(text.to_owned(), |sql, (name, part)| sql.replace(name, part))
    }
}
