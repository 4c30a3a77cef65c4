"""DuckDB as a peer: reads commands as JSON lines, answers with seconds and rows as JSON lines."""

import json
import sys
import time

import duckdb

# The members that panels read, typed. Everything else of the document is kept too, as DuckDB finds it.
TWEET = {
    "timestamp_ms": "VARCHAR",
    "created_at": "VARCHAR",
    "text": "VARCHAR",
    "user": "STRUCT(screen_name VARCHAR, followers_count BIGINT)",
    "entities": 'STRUCT(hashtags STRUCT("text" VARCHAR)[])',
    "extended_tweet": 'STRUCT(entities STRUCT(hashtags STRUCT("text" VARCHAR)[]))',
}


def load(database, path, rows):
    """`whole`: all members as structs; `columns`: six hand-picked columns, in order of time."""
    started = time.perf_counter()
    database.execute(f"""CREATE TABLE whole AS SELECT * FROM read_json('{path}', format='newline_delimited',
        sample_size={min(rows, 100_000)}, ignore_errors=true)""")
    whole_seconds = time.perf_counter() - started
    started = time.perf_counter()
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in TWEET.items())
    database.execute(f"""CREATE TABLE columns AS SELECT CAST(timestamp_ms AS BIGINT) AS ms, timestamp_ms, created_at,
        text, "user".screen_name AS screen_name, "user".followers_count AS followers_count,
        list_transform(entities.hashtags, lambda h: h.text) AS tags,
        list_transform(extended_tweet.entities.hashtags, lambda h: h.text) AS extended_tags
        FROM read_json('{path}', format='newline_delimited', columns={{{columns}}}) ORDER BY ms""")
    columns_seconds = time.perf_counter() - started
    count = database.execute("SELECT (SELECT count(*) FROM whole), (SELECT count(*) FROM columns)").fetchone()
    return {"whole_seconds": whole_seconds, "columns_seconds": columns_seconds, "count": count}


def main(folder, threads):
    database = duckdb.connect(f"{folder}/peer.duckdb", config={"threads": threads})
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "load":
            answer = load(database, command["path"], command["rows"])
        else:
            started = time.perf_counter()
            rows = database.execute(command["sql"]).fetchall()
            answer = {"seconds": time.perf_counter() - started, "rows": rows}
        print(json.dumps(answer, default=str), flush=True)


main(sys.argv[1], int(sys.argv[2]))
