"""What is wrong is named where the user looks: in the source's status, and in the panel."""

import json
import subprocess

import pytest
from conftest import TARGET, Server, StandIn, wait_until

GOOD = 500


def test_broken_records_show_in_the_status_and_lose_no_neighbour(kinesis, server):
    stream = kinesis.make_stream("broken", shards=2)
    server.make_collection("broken", stream)
    records = []
    for at in range(GOOD):
        records.append(json.dumps({"n": at}).encode())
        if at % 100 == 0:
            records += [b"{not json", b"[1, 2]", b'"text"', b"\xff\xfe{}", b""][at // 100:at // 100 + 1]
    bad = len(records) - GOOD
    for start in range(0, len(records), 250):
        kinesis.put(stream, records[start:start + 250])
    wait_until("all records", lambda: server.count("broken") == len(records) or server.count("broken"))
    assert server.query("SELECT count(n) AS good, sum(n) AS total FROM broken") == [
        {"good": GOOD, "total": GOOD * (GOOD - 1) // 2}]
    found = server.query("SELECT b._meta.bad AS bad FROM broken b WHERE b._meta.bad IS NOT NULL")
    assert len(found) == bad
    status = server.source_status("broken")
    assert status["total_processed_items"] == len(records)
    assert status["total_parse_errors"] == bad
    assert status["last_parse_error_message"]


def test_the_producer_names_and_skips_what_it_cannot_send(kinesis, server, tmp_path):
    stream = kinesis.make_stream("skipped", shards=1)
    server.make_collection("skipped", stream)
    path = tmp_path / "mixed.ndjson"
    path.write_bytes(b'{"n":1}\nnot json\n{"big":"' + b"x" * (1 << 20) + b'"}\n{"n":2}\n')
    ran = kinesis.producer("run", "--stream", stream, "--source", "replay", path)
    assert "post 2 is skipped" in ran.stderr and "post 3 is skipped" in ran.stderr, ran.stderr
    wait_until("the good ones", lambda: server.count("skipped") == 2 or server.count("skipped"))


@pytest.mark.parametrize("sql, message", [
    ("SELECT count(*) FROM nowhere", 'Collection "nowhere" not found in workspace "commons" (line 1, column 22)'),
    ("SELECT *\nFORM c", "line 2"),
    ("SELECT COUT(*)", "Function `COUT` not found. (line 1, column 8)"),
    ("SELECT $__nothing", "the macro $__nothing does not exist"),
    ("SELECT 1 / 0", "ivision by zero"),
    ("SELECT :missing", "missing"),
])
def test_errors_of_statements_reach_the_panel(standin, sql, message):
    answer = standin.query({"rawSql": sql, "format": "table"})
    assert message in answer["error"]
    assert answer["status"] >= 400
    # The inspector shows the statement all the same.
    assert answer["frames"][0]["schema"]["meta"]["executedQueryString"].endswith(sql if "$__" not in sql else "")


def test_one_bad_query_fails_no_other(standin):
    import requests
    body = {"from": "0", "to": "1000", "queries": [
        {"refId": "A", "rawSql": "SELECT nothing(", "format": "table"},
        {"refId": "B", "rawSql": "SELECT 1 AS one", "format": "table"}]}
    answer = requests.post(f"{standin.url}/api/ds/query", json=body, timeout=30)
    assert answer.status_code == 207
    results = answer.json()["results"]
    assert "error" in results["A"]
    assert results["B"]["frames"][0]["data"]["values"] == [[1]]


def test_a_wrong_key_and_a_server_that_is_down(tmp_path, kinesis):
    server = Server(tmp_path, kinesis.env)
    (tmp_path / "wrong").mkdir()
    (tmp_path / "right").mkdir()
    wrong = StandIn(tmp_path / "wrong", server.url, "not-the-key")
    right = StandIn(tmp_path / "right", server.url, server.key)
    try:
        one = {"rawSql": "SELECT 1", "format": "table"}
        assert right.health()["status"] == "OK"
        assert "key" in wrong.query(one)["error"].lower()
        assert wrong.health()["status"] == "ERROR"
        server.stop()
        answer = right.query(one)
        assert "cannot connect to" in answer["error"] and server.url in answer["error"]
        assert "cannot connect to" in right.health()["message"]
        # And it works again without a restart of anything else.
        server.start()
        assert right.query(one)["frames"][0]["data"]["values"] == [[1]]
    finally:
        wrong.process.stop()
        right.process.stop()
        server.stop()


def test_the_back_end_started_by_hand_says_what_it_is():
    binary = next((TARGET.parent / "release").glob("gpx_rockset_datasource"))
    ran = subprocess.run([binary], capture_output=True, text=True, timeout=20)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert "Grafana starts it by itself" in ran.stderr
