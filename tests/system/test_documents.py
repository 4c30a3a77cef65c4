"""What becomes of odd documents, through POST and through Kinesis alike: docs/documents.md says the same in words."""

import json
import time

import pytest
import requests
from conftest import Server, wait_until

NESTED = "objects and arrays are nested more than 100 deep"
NO_NUMBER = "a number is not JSON, or no float can hold it"

# What is sent; what is stored, as `SELECT *` shows it without `_id` and `_event_time`, or why it is bad.
DOCUMENTS = {
    "nothing in it": (b"{}", {}),
    "blanks around it": (b' \n{"a" : 1}\t', {"a": 1}),
    "an empty key": (b'{"":1,"a":{"":2}}', {"": 1, "a": {"": 2}}),
    "a key that comes twice": (b'{"a":1,"b":2,"a":{"c":3}}', {"a": {"c": 3}, "b": 2}),
    "a key with dots": (b'{"a.b":1,"a":{"b":2}}', {"a.b": 1, "a": {"b": 2}}),
    "keys with quotes": (b'{"a\\"b":1,"c\'d":2,"e\\\\f":3}', {'a"b': 1, "c'd": 2, "e\\f": 3}),
    "NUL": (b'{"a\\u0000b":"x\\u0000y"}', {"a\0b": "x\0y"}),
    "emoji": ('{"😀":"🎉","pair":"\\ud83d\\ude00"}'.encode(), {"😀": "🎉", "pair": "😀"}),
    "half of a surrogate pair": (b'{"a":"\\ud83d","b":"x\\ude00y"}', {"a": "\ufffd", "b": "x\ufffdy"}),
    "a string of a megabyte": (b'{"a":"' + b"x" * (900 << 10) + b'"}', {"a": "x" * (900 << 10)}),
    "the largest int": (b'{"a":9223372036854775807,"b":-9223372036854775808}',
                        {"a": 9223372036854775807, "b": -9223372036854775808}),
    "past the largest int": (b'{"a":9223372036854775808,"b":18446744073709551616}',
                             {"a": 9223372036854775808.0, "b": 18446744073709551616.0}),
    "the largest float": (b'{"a":1.7976931348623157e308,"b":5e-324,"c":1e-400}',
                          {"a": 1.7976931348623157e308, "b": 5e-324, "c": 0.0}),
    "past the largest float": (b'{"a":1e400}', NO_NUMBER),
    "an exponent without end": (b'{"a":1e99999999999999999999}', NO_NUMBER),
    "400 digits": (b'{"a":' + b"1" * 400 + b"}", NO_NUMBER),
    "zero with a sign": (b'{"a":-0,"b":-0.0}', {"a": 0, "b": -0.0}),
    "nested to the limit": (b'{"a":' * 100 + b"1" + b"}" * 100, json.loads('{"a":' * 100 + "1" + "}" * 100)),
    "nested past the limit": (b'{"a":' * 101 + b"1" + b"}" * 101, NESTED),
    "arrays past the limit": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", NESTED),
    "a key of 4096 bytes": (b'{"' + b"k" * 4096 + b'":1}', {"k" * 4096: 1}),
    "a key of 4097 bytes": (b'{"' + b"k" * 4097 + b'":1}', "a field name has more than 4096 bytes"),
    "an array": (b'[{"a":1}]', "the text is JSON but not an object"),
    "a string": (b'"text"', "the text is JSON but not an object"),
    "a number": (b"5", "the text is JSON but not an object"),
    "null": (b"null", "the text is JSON but not an object"),
    "fields of the store": (b'{"_meta":{"bad":1},"_event_time":"no time","_op":"x"}', {"_op": "x"}),
    "a typed value": (b'{"a":{"__rockset_type":"date","value":"2020-01-01"},"b":{"__rockset_type":"date","value":"x"}}',
                      {"a": {"__rockset_type": "date", "value": "2020-01-01"},
                       "b": {"__rockset_type": "date", "value": "x"}}),
}

# What is no JSON at all: a POST with it is refused as a whole, a record of a stream is kept as a bad document.
NO_JSON = {
    "empty": (b"", "the text is empty"),
    "blanks": (b"  ", "the text is empty"),
    "not UTF-8": (b'{"a":"\xff"}', "the text is not UTF-8 at byte 6"),
    "cut off": (b'{"a":1,', "the text is not JSON"),
    "two documents": (b'{"a":1}{"b":2}', "the text is not JSON"),
    "a comma too many": (b'{"a":1,}', "the text is not JSON"),
    "single quotes": (b"{'a':1}", "the text is not JSON"),
    "NaN": (b'{"a":NaN}', "the text is not JSON"),
    "a zero before the number": (b'{"a":01}', NO_NUMBER),
    "a control character": (b'{"a":"x\ny"}', "the text is not JSON"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory, kinesis):
    server = Server(tmp_path_factory.mktemp("documents"), kinesis.env, ["--segment-rows", "1000"])
    yield server
    assert server.stop() == 0


def post_raw(server, collection, body):
    return server.call("POST", f"/ws/commons/collections/{collection}/docs", body)


def stored(server, collection):
    """The documents as they came, and why the others are bad, by `_id`."""
    found = {}
    for row in server.query(f'SELECT * FROM "{collection}"'):
        meta = row.pop("_meta", None)
        row.pop("_event_time")
        found[row.pop("_id")] = meta["bad"]["reason"] if meta else row
    return found


def same(found, expected):
    if isinstance(expected, str):
        return isinstance(found, str) and found.startswith(expected)
    return json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)


def test_through_post(server):
    server.make_empty_collection("posted")
    answer = post_raw(server, "posted", b'{"data":[' + b",".join(raw for raw, _ in DOCUMENTS.values()) + b"]}")
    assert answer.status_code == 200, answer.text
    found = stored(server, "posted")
    outcomes = answer.json()["data"]
    assert len(outcomes) == len(DOCUMENTS)
    for (name, (_, expected)), outcome in zip(DOCUMENTS.items(), outcomes):
        if isinstance(expected, str):
            assert outcome["status"] == "ERROR" and outcome["_id"] is None, (name, outcome)
            assert outcome["error"].startswith(expected) and outcome["error"].endswith("was not stored"), (name, outcome)
        else:
            assert outcome["status"] == "ADDED" and outcome["error"] is None, (name, outcome)
            assert same(found.pop(outcome["_id"]), expected), name
    assert found == {}, "nothing else is stored"


@pytest.mark.parametrize("raw", [raw for raw, _ in NO_JSON.values() if raw.strip()],
                         ids=[name for name, (raw, _) in NO_JSON.items() if raw.strip()])
def test_a_post_that_is_no_json_is_refused_as_a_whole(server, raw):
    if "refused" not in [one["name"] for one in server.call("GET", "/collections").json()["data"]]:
        server.make_empty_collection("refused")
    answer = post_raw(server, "refused", b'{"data":[{"good":1},' + raw + b"]}")
    assert answer.status_code == 400 and answer.json()["type"] == "INVALIDINPUT", answer.text
    assert "line 1 column" in answer.json()["message"] or "utf-8" in answer.json()["message"], answer.text
    assert server.count("refused") == 0


def test_through_a_stream(server, kinesis):
    stream = kinesis.make_stream("odd", shards=1)
    server.make_collection("odd", stream)
    marked = {"a byte order mark": (b'\xef\xbb\xbf{"a":1}', {"a": 1})}
    sent = {**DOCUMENTS, **NO_JSON, **marked}
    for raw, _ in sent.values():
        kinesis.put(stream, [raw])
    wait_until("all records", lambda: server.count("odd") == len(sent) or server.count("odd"))
    # The order of a shard is that of the records, and of the ids.
    found = list(stored(server, "odd").items())
    found.sort(key=lambda one: int(one[0].rsplit("-", 1)[1]))
    for (name, (_, expected)), (_, document) in zip(sent.items(), found):
        assert same(document, expected), (name, str(document)[:300])
    bad = [expected for _, expected in sent.values() if isinstance(expected, str)]
    status = server.source_status("odd")
    assert (status["total_processed_items"], status["total_parse_errors"]) == (len(sent), len(bad)), status
    assert status["last_parse_error_message"].startswith(bad[-1]), status
    assert server.query('SELECT count(*) AS n FROM odd WHERE _meta.bad IS NOT NULL') == [{"n": len(bad)}]


def test_the_largest_body_and_one_byte_more(server):
    server.make_empty_collection("large")
    frame = b'{"data":[{"a":""}]}'
    for more, status in [(0, 200), (1, 413)]:
        text = b"x" * ((10 << 20) - len(frame) + more)
        answer = post_raw(server, "large", b'{"data":[{"a":"' + text + b'"}]}')
        assert answer.status_code == status, answer.text
    assert "10 MiB" in answer.json()["message"]
    assert server.query("SELECT LENGTH(a) AS n FROM large") == [{"n": (10 << 20) - len(frame)}]
    assert post_raw(server, "large", b"").status_code == 400
    assert post_raw(server, "large", b'{"data":[]}').json()["data"] == []


def memory_mib(server):
    """The most that the server's process ever took."""
    for line in open(f"/proc/{server.process.process.pid}/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024


def test_thousands_of_paths(server):
    server.make_empty_collection("wide")
    assert server.post("wide", [{f"k{n}": n for n in range(10_000)}]).json()["data"][0]["status"] == "ADDED"
    assert server.query("SELECT k0, k9999, k10000 FROM wide") == [{"k0": 0, "k9999": 9999}]
    # A star has a limit, and says what to do.
    answer = server.call("POST", "/queries", {"sql": {"query": "SELECT * FROM wide"}})
    assert answer.status_code == 429 and "name the columns" in answer.json()["message"], answer.text
    before = memory_mib(server)
    server.make_empty_collection("keys")
    for first in range(0, 5000, 1000):
        documents = [{f"k{n}_{at}": n for at in range(20)} for n in range(first, first + 1000)]
        assert server.post("keys", documents).status_code == 200
    wait_until("a segment", lambda: len(list(server.data.rglob("segment-*"))) > 0)
    assert server.query("SELECT count(*) AS n, count(k4999_19) AS last, sum(k17_3) AS s FROM keys") == [
        {"n": 5000, "last": 1, "s": 17}]
    # 100,000 distinct paths: columns for all of them in every piece would take gigabytes.
    assert memory_mib(server) - before < 400, (before, memory_mib(server))


def test_one_path_with_every_type(server):
    server.make_empty_collection("types")
    values = [1, "1", 1.5, True, None, {"b": 1}, [1, "x", {"c": None}], "2024-01-01", {}, [], 2**62, -0.5,
              {"__rockset_type": "date", "value": "2024-01-01"}]
    for again in range(3):
        for value in values:
            assert server.post("types", [{"a": value, "round": again}]).status_code == 200
    def all_of_them():
        rows = server.query("SELECT a, round FROM types")
        return sorted(json.dumps(row.get("a"), sort_keys=True) for row in rows)
    expected = sorted(json.dumps(value, sort_keys=True) for value in values * 3)
    assert all_of_them() == expected
    assert server.query("SELECT count(*) AS n FROM types WHERE a = 1") == [{"n": 3}]
    types = server.query("SELECT TYPEOF(a) AS t, count(*) AS n FROM types GROUP BY t ORDER BY t")
    assert sum(row["n"] for row in types) == 3 * len(values)
    assert {row["t"] for row in types} == {"int", "string", "float", "bool", "null", "object", "array", "date"}, types


NOW_S = int(time.time())
# What `_event_time` says; the time that the document gets, None for that of its arrival.
EVENT_TIMES = {
    "microseconds": (1_700_000_000_000_000, "2023-11-14T22:13:20.000000Z"),
    "milliseconds are taken for microseconds": (1_700_000_000_000, "1970-01-20T16:13:20.000000Z"),
    "before 1970": (-1_000_000, "1969-12-31T23:59:59.000000Z"),
    "text": ("2023-01-01T00:00:00Z", "2023-01-01T00:00:00.000000Z"),
    "text with a zone": ("2023-01-01T02:00:00.5+02:00", "2023-01-01T00:00:00.500000Z"),
    "text with a blank": ("2023-01-01 00:00:00", "2023-01-01T00:00:00.000000Z"),
    "typed": ({"__rockset_type": "timestamp", "value": "2023-01-01T00:00:00Z"}, "2023-01-01T00:00:00.000000Z"),
    "far ahead": ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z"),
    "past the year 9999": (253_402_300_800_000_000, None),
    "past 64 bits": (2**63, None),
    "other text": ("yesterday", None),
    "a float": (1.5, None),
    "a truth value": (True, None),
    "null": (None, None),
    "an object": ({"a": 1}, None),
    "an array": ([1], None),
}


@pytest.mark.parametrize("door", ["post", "stream"])
def test_event_times(server, kinesis, door):
    name = f"times-{door}"
    documents = [{"what": what, "_event_time": value} for what, (value, _) in EVENT_TIMES.items()]
    if door == "post":
        server.make_empty_collection(name)
        assert all(one["status"] == "ADDED" for one in server.post(name, documents).json()["data"])
    else:
        server.make_collection(name, kinesis.make_stream(name, shards=1))
        kinesis.put(name, [json.dumps(document).encode() for document in documents])
        wait_until("all records", lambda: server.count(name) == len(documents) or server.count(name))
        assert server.source_status(name)["total_parse_errors"] == 0
    found = {row["what"]: row["t"] for row in server.query(f'SELECT what, _event_time AS t FROM "{name}"')}
    for what, (_, expected) in EVENT_TIMES.items():
        if expected is None:
            arrived = server.query(f'SELECT UNIX_SECONDS(_event_time) AS s FROM "{name}" WHERE what = :what',
                                   parameters=[{"name": "what", "type": "string", "value": what}])[0]["s"]
            assert abs(arrived - time.time()) < 600, what
        else:
            assert found[what] == expected, what


def test_retention_drops_whole_segments_and_never_a_younger_document(tmp_path):
    """Segments of 1,000 rows; an hour is the shortest retention. Out of order: one of the old segments holds a young
    document and stays as a whole."""
    server = Server(tmp_path, arguments=["--segment-rows", "1000", "--seal-after", "1h"])
    server.make_empty_collection("c", retention_secs=3600)
    hour_us = 3_600_000_000
    now_us = int(time.time() * 1e6)

    def add(kind, ages_us):
        """One segment."""
        segments = len(list(server.data.rglob("segment-*")))
        documents = [{"kind": kind, "_event_time": now_us - ages_us[at % len(ages_us)]} for at in range(1000)]
        assert server.post("c", documents).status_code == 200
        return segments

    kinds = lambda: {row["kind"]: row["n"] for row in server.query("SELECT kind, count(*) AS n FROM c GROUP BY kind")}
    for kind, ages_us in [("young", [0]), ("mixed", [hour_us // 2, 100 * hour_us]), ("ahead", [-1000 * hour_us])]:
        add(kind, ages_us)
        wait_until("sealing", lambda: sum(path.stat().st_size for path in server.data.rglob("log-*")) == 0)
    assert kinds() == {"young": 1000, "mixed": 1000, "ahead": 1000}
    add("late", [2 * hour_us, 50 * hour_us])
    # What is late beyond the retention is dropped as soon as it is sealed, all of it at once.
    seen = set()
    def dropped():
        now = kinds()
        seen.add(now.pop("late", 0))
        assert now == {"young": 1000, "mixed": 1000, "ahead": 1000}, now
        return 0 in seen
    wait_until("the end of what is late", dropped)
    assert seen <= {1000, 0}, seen
    assert server.stop() == 0
    server.start()
    assert kinds() == {"young": 1000, "mixed": 1000, "ahead": 1000}
    assert server.stop() == 0
