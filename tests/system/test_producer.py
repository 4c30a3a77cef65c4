"""The producer: streams, counts and its end by signal."""

import re
import signal
import time

from conftest import TARGET, Process, wait_until


def test_a_stream_that_exists_is_fine(kinesis):
    kinesis.make_stream("twice", shards=1)
    again = kinesis.producer("create-stream", "--stream", "twice", "--shards", 1)
    assert "twice" in again.stdout + again.stderr


def test_sigterm_flushes_and_prints_exact_counts(kinesis, server, tmp_path):
    stream = kinesis.make_stream("stopped", shards=1)
    server.make_collection("stopped", stream)
    producer = Process("producer", [TARGET / "kinesis-producer", "run", "--stream", stream, "--source", "synthetic",
                                    "--rate", "200", "--seed", "3"], tmp_path, kinesis.env)
    time.sleep(3)
    assert producer.stop(signal.SIGTERM) == 0, producer.text()
    sent = int(re.search(r"sent=(\d+)", producer.text().splitlines()[-1]).group(1))
    assert 300 < sent < 900
    wait_until("all that was sent", lambda: server.count("stopped") == sent or (server.count("stopped"), sent))


def test_nobody_listens(kinesis, tmp_path):
    kinesis_env = {**kinesis.env, "AWS_ENDPOINT_URL_KINESIS": "http://127.0.0.1:9"}
    producer = Process("producer", [TARGET / "kinesis-producer", "create-stream", "--stream", "x", "--shards", "1"],
                       tmp_path, kinesis_env)
    assert producer.process.wait(60) != 0
    assert "127.0.0.1:9" in producer.text()
