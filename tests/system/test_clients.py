"""Rockset's public clients, unmodified: they make the collection and query it."""

import json
import subprocess

from conftest import ROOT, wait_until

SQL = 'SELECT count(*) FROM "{}" WHERE n > :least'


def test_python_client(kinesis, server, tmp_path):
    from rockset import Client, Q
    stream = kinesis.make_stream("python", shards=2)
    path = tmp_path / "posts.ndjson"
    path.write_text("".join(json.dumps({"n": n, "user": {"name": f"u{n}"}}) + "\n" for n in range(100)))
    kinesis.producer("run", "--stream", stream, "--source", "replay", path)

    client = Client(api_key=server.key, api_server=server.url)
    integration = client.Integration.Kinesis.create(
        "python-integration", aws_access_key_id="test", aws_secret_access_key="test") \
        if hasattr(client.Integration, "Kinesis") else None
    if integration is None:
        server.call("POST", "/integrations", {"name": "python-integration", "kinesis": {
            "aws_access_key": {"aws_access_key_id": "test", "aws_secret_access_key": "test"}}})
        integration = client.Integration.retrieve("python-integration")
    source = client.Source.kinesis(stream_name=stream, integration=integration)
    collection = client.Collection.create("python-demo", sources=[source])
    assert collection.name == "python-demo"
    assert "python-demo" in [each.name for each in client.Collection.list()]
    wait_until("all posts", lambda: server.count("python-demo") == 100 or server.count("python-demo"))

    query = Q(SQL.format("python-demo"))
    query.P["least"] = 49
    assert client.sql(query).results() == [{"?count": 50}]
    named = client.sql(Q('SELECT t.user.name FROM "python-demo" t WHERE t.n = 7')).results()
    assert named == [{"name": "u7"}]
    collection = client.Collection.retrieve("python-demo")
    assert collection.describe()["data"]["status"] in ("CREATED", "READY")
    assert collection.add_docs([{"n": 1000}])[0]["status"] == "ADDED"
    wait_until("the document", lambda: server.count("python-demo") == 101)
    collection.drop()


def test_node_client(kinesis, server, tmp_path):
    stream = kinesis.make_stream("node", shards=2)
    path = tmp_path / "posts.ndjson"
    path.write_text("".join(json.dumps({"n": n}) + "\n" for n in range(100)))
    kinesis.producer("run", "--stream", stream, "--source", "replay", path)
    ran = subprocess.run(
        ["node", ROOT / "tests/system/node_client.cjs", server.url, server.key, stream],
        capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == [{"?count": 50}]
