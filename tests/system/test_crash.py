"""A server that is killed at any moment loses nothing and stores nothing twice."""

import json
import random
import signal
import threading
import time

from conftest import Server, wait_until

COUNT = 6_000
KILLS = 4


def test_killed_in_the_middle(tmp_path, kinesis, posts):
    stream = kinesis.make_stream("crash")
    path = tmp_path / "posts.ndjson"
    documents = posts(COUNT, seed=11)
    for at, document in enumerate(documents):
        document["number"] = at
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    server = Server(tmp_path, kinesis.env)
    server.make_collection("crash", stream)
    writer = threading.Thread(target=kinesis.producer, args=("run", "--stream", stream, "--source", "replay", path))
    writer.start()
    moments = random.Random(5)
    seen = 0
    for _ in range(KILLS):
        time.sleep(moments.uniform(0.5, 2.0))
        # What a query has shown once is still there after the kill.
        before = server.count("crash")
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
        server.start()
        after = server.count("crash")
        assert after >= before >= seen
        seen = after
    writer.join()
    wait_until("all posts", lambda: server.count("crash") >= COUNT or server.count("crash"))
    # Anything stored twice would come within a few polls.
    time.sleep(2)
    assert server.query("SELECT count(*) AS n, count(DISTINCT number) AS d, max(number) AS m FROM crash") == [
        {"n": COUNT, "d": COUNT, "m": COUNT - 1}]
    assert server.source_status("crash")["total_processed_items"] == COUNT
    assert server.stop() == 0
