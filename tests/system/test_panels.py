"""10,000 known posts through the Kinesis protocol: every panel's frames equal what DuckDB computes from the file."""

import json
import time

import duckdb
import pytest
from conftest import panels, wait_until

COLLECTION = "twitter-kinesis-demo"
COUNT = 10_000
HOUR_MS = 3_600_000
TWEET = {
    "timestamp_ms": "VARCHAR",
    "created_at": "VARCHAR",
    "text": "VARCHAR",
    "user": "STRUCT(screen_name VARCHAR, followers_count BIGINT)",
    "entities": 'STRUCT(hashtags STRUCT("text" VARCHAR)[])',
    "extended_tweet": 'STRUCT(entities STRUCT(hashtags STRUCT("text" VARCHAR)[]))',
}
HAS_TAG = "list_contains(list_transform(entities.hashtags, lambda h: lower(h.text)), lower('{tag}'))"


@pytest.fixture(scope="module")
def base_ms():
    """The present, at the start of a two-second bucket."""
    return int(time.time()) // 2 * 2000


@pytest.fixture(scope="module")
def database(tmp_path_factory, kinesis, server, posts, base_ms):
    """The posts in the collection, and in DuckDB.

    One half lies two hours back, the other in the future: so every "last minute" and "last hour" holds exactly the
    second half, whenever the query runs. Times differ, so that orders by time are the same everywhere.
    """
    documents = posts(COUNT, seed=7)
    for at, document in enumerate(documents):
        old = at < COUNT // 2
        document["timestamp_ms"] = str(base_ms - 2 * HOUR_MS + 7 * at if old else base_ms + HOUR_MS + 7 * at)
    path = tmp_path_factory.mktemp("posts") / "posts.ndjson"
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    stream = kinesis.make_stream("panels")
    server.make_collection(COLLECTION, stream)
    kinesis.producer("run", "--stream", stream, "--source", "replay", path)
    wait_until("all posts", lambda: server.count(COLLECTION) == COUNT or server.count(COLLECTION))
    database = duckdb.connect()
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in TWEET.items())
    database.execute(f"""CREATE TABLE tweets AS SELECT *, CAST(timestamp_ms AS BIGINT) AS ms
                         FROM read_json('{path}', format='newline_delimited', columns={{{columns}}})""")
    assert database.execute("SELECT count(*) FROM tweets").fetchall() == [(COUNT,)]
    return database


@pytest.fixture(scope="module")
def tag(database):
    """A hashtag with enough posts in both halves."""
    found = database.execute("""SELECT h.text FROM (SELECT unnest(entities.hashtags) AS h FROM tweets)
                                GROUP BY ALL ORDER BY count(*) DESC LIMIT 1""").fetchall()
    return found[0][0]


def equal_but_for_ties(ours, theirs, key):
    """The same keys in the same order, and the same rows wherever the key is not the last one (a tie at the cut)."""
    assert [key(row) for row in ours] == [key(row) for row in theirs]
    last = key(ours[-1])
    assert {row for row in ours if key(row) != last} == {row for row in theirs if key(row) != last}
    assert len(ours) == len(set(ours))


def test_live_tweets(standin, database):
    ours = standin.rows(panels("tweets")["Live Tweets"])
    theirs = database.execute(f"""SELECT timestamp_ms, created_at, text, "user".screen_name FROM tweets
        WHERE ms > epoch_ms(now()) - 60000 ORDER BY timestamp_ms DESC LIMIT 100""").fetchall()
    assert len(ours) == 100
    assert ours == theirs


def test_top_hashtags(standin, database):
    ours = standin.rows(panels("tweets")["Top Hashtags"])
    theirs = database.execute("""SELECT count(*) AS n, lower(h.text) FROM
        (SELECT unnest(extended_tweet.entities.hashtags) AS h FROM tweets WHERE ms > epoch_ms(now()) - 3600000)
        GROUP BY ALL ORDER BY n DESC LIMIT 10""").fetchall()
    assert len(ours) == 10
    equal_but_for_ties(ours, theirs, key=lambda row: row[0])


def test_incoming_tweets(standin, database):
    answer = standin.query(panels("tweets")["Incoming Tweets"])
    frame = answer["frames"][0]
    assert [field["name"] for field in frame["schema"]["fields"]] == ["?count"]
    assert frame["data"]["values"] == [[COUNT // 2]]


def test_incoming_tweets_over_time(standin, database, base_ms):
    start_ms, end_ms = base_ms - 2 * HOUR_MS, base_ms - 2 * HOUR_MS + 7 * (COUNT // 2)
    answer = standin.query(panels("tweets")["Incoming Tweets over time"], from_ms=start_ms, to_ms=end_ms)
    frame = answer["frames"][0]
    assert frame["schema"]["meta"]["type"] == "timeseries-wide"
    # The bucket that the end of the range cuts is left out.
    theirs = database.execute(f"""SELECT ms // 2000 * 2000 AS bucket, count(*) FROM tweets
        WHERE ms >= {start_ms} AND ms < {end_ms // 2000 * 2000} GROUP BY bucket ORDER BY bucket""").fetchall()
    assert len(theirs) > 5
    assert list(zip(*frame["data"]["values"])) == theirs


def test_live_tweets_of_a_hashtag(standin, database, tag):
    ours = standin.rows(panels("hashtags", hashtag=tag)["Live Tweets: #$hashtag"])
    theirs = database.execute(f"""SELECT timestamp_ms, created_at, text, "user".screen_name FROM tweets
        WHERE ms > epoch_ms(now()) - 60000 AND {HAS_TAG.format(tag=tag)} ORDER BY timestamp_ms DESC LIMIT 100""").fetchall()
    assert ours
    assert ours == theirs


def test_related_hashtags(standin, database, tag):
    ours = standin.rows(panels("hashtags", hashtag=tag)["Related Hashtags: #$hashtag"])
    theirs = database.execute(f"""SELECT h.text, count(*) AS n FROM
        (SELECT unnest(entities.hashtags) AS h FROM tweets WHERE {HAS_TAG.format(tag=tag)})
        WHERE lower(h.text) != lower('{tag}') GROUP BY ALL ORDER BY n DESC LIMIT 10""").fetchall()
    assert ours
    equal_but_for_ties(ours, theirs, key=lambda row: row[1])


def test_influencers(standin, database, tag):
    ours = standin.rows(panels("hashtags", hashtag=tag.upper())["Influencers: #$hashtag"])
    theirs = database.execute(f"""SELECT "user".screen_name AS name, "user".followers_count AS fc FROM tweets
        WHERE {HAS_TAG.format(tag=tag)} GROUP BY ALL ORDER BY fc DESC LIMIT 5""").fetchall()
    assert len(ours) == 5
    equal_but_for_ties(ours, theirs, key=lambda row: row[1])


def test_the_statements_of_the_original_demo_run_as_written(server, database, tag):
    """The forms of the first dashboards: case-sensitive tags, string comparison, default names."""
    has = f"'{tag}' IN (SELECT ht.text FROM unnest(t.entities.hashtags) ht)"
    related = server.query(f"""SELECT hashtags.text AS hashtag, count(*) AS occurence_count
        FROM "twitter-kinesis-demo" t, unnest(t.entities.hashtags) hashtags
        WHERE {has} AND hashtags.text != '{tag}'
        GROUP BY hashtags.text ORDER BY occurence_count DESC LIMIT 10;""")
    theirs = database.execute(f"""SELECT h.text, count(*) AS n FROM (SELECT unnest(entities.hashtags) AS h FROM tweets
        WHERE list_contains(list_transform(entities.hashtags, lambda h: h.text), '{tag}'))
        WHERE h.text != '{tag}' GROUP BY ALL ORDER BY n DESC LIMIT 10""").fetchall()
    equal_but_for_ties([(row["hashtag"], row["occurence_count"]) for row in related], theirs, key=lambda row: row[1])
    newest = server.query('SELECT max(CAST(timestamp_ms AS INT)) FROM "twitter-kinesis-demo" WHERE CAST(timestamp_ms AS INT)')
    assert newest == [{"?max": database.execute("SELECT max(ms) FROM tweets").fetchone()[0]}]
    half = database.execute("SELECT timestamp_ms FROM tweets ORDER BY ms LIMIT 1 OFFSET 2500").fetchone()[0]
    later = server.query(f"""SELECT count(*) FROM "twitter-kinesis-demo" t WHERE timestamp_ms > '{half}'""")
    assert later == [{"?count": COUNT - 2501}]
