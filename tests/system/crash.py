"""Kills the server at random moments under load, from two doors at once, and counts what is lost and what is twice.

`./test` runs a short form (`test_crash.py`), `./test crash` the long one: this file as a program.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import requests
from conftest import TARGET, Kinesis, Server, wait_until

# Small segments, sealed often: the kill then meets log, seal, merge and manifest at work.
ARGUMENTS = ["--seal-after", "200ms", "--segment-rows", "1000"]
STREAM = "crash"
POSTED = "posted"
WRITERS = 3
BATCH = 20
STREAM_RATE = 400
# Between two posts of a writer: the disk is to be busy, not full of what nobody looks at.
WRITER_PAUSE_SECONDS = 0.01
LOAD_SECONDS = (0.05, 1.2)
# So often the server is killed before it answers at all.
KILLED_AT_START = 0.1


@dataclasses.dataclass
class Figures:
    kills: int = 0
    at_start: int = 0
    unfinished: int = 0
    from_stream: int = 0
    acknowledged: int = 0
    doubtful: int = 0
    queries: int = 0
    segments: int = 0
    lost: int = 0
    twice: int = 0

    def line(self):
        return (f"kills={self.kills} at_start={self.at_start} with_unfinished_files={self.unfinished} "
                f"segments_written={self.segments} documents={self.from_stream + self.acknowledged} "
                f"from_stream={self.from_stream} acknowledged={self.acknowledged} doubtful={self.doubtful} "
                f"queries={self.queries} lost={self.lost} twice={self.twice}")


class StreamLoad:
    """Feeds numbered documents to the real producer until it is told to stop."""

    def __init__(self, kinesis, stream, posts, rate):
        self.posts, self.rate, self.sent = posts, rate, 0
        self.stopping = threading.Event()
        self.producer = subprocess.Popen(
            [TARGET / "kinesis-producer", "run", "--stream", stream, "--source", "stdin"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **kinesis.env})
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        start = time.monotonic()
        while not self.stopping.is_set():
            for _ in range(max(1, self.rate // 50)):
                self.producer.stdin.write(json.dumps({**self.posts[self.sent % len(self.posts)], "number": self.sent}) + "\n")
                self.sent += 1
            self.producer.stdin.flush()
            time.sleep(max(0, start + self.sent / self.rate - time.monotonic()))

    def stop(self):
        """Ends the stream; how many documents the producer says it has sent."""
        self.stopping.set()
        self.thread.join()
        output, _ = self.producer.communicate(timeout=120)
        assert self.producer.returncode == 0, output[-2000:]
        return int(re.search(r"sent=(\d+)", output.splitlines()[-1]).group(1))


class Writers:
    """Clients that post batches of numbered documents, one after another, and remember which were acknowledged."""

    def __init__(self, server):
        self.server = server
        self.lock = threading.Lock()
        self.next_batch = 0
        self.acknowledged, self.doubtful, self.seen = set(), set(), set()
        self.queries = 0

    def run_for(self, seconds, then):
        """Writes and reads for a time, then calls `then` while both go on; returns when all have noticed."""
        self.stopping = threading.Event()
        threads = [threading.Thread(target=self.write) for _ in range(WRITERS)] + [threading.Thread(target=self.read)]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        then()
        self.stopping.set()
        for thread in threads:
            thread.join()

    def write(self):
        with requests.Session() as session:
            while not self.stopping.is_set():
                with self.lock:
                    batch, self.next_batch = self.next_batch, self.next_batch + 1
                documents = [{"batch": batch, "number": batch * BATCH + at, "text": "x" * (batch % 300)}
                             for at in range(BATCH)]
                try:
                    answer = self.server.post(POSTED, documents, session=session, timeout=30)
                except requests.RequestException:
                    self.doubtful.add(batch)
                    return
                if answer.status_code == 200:
                    assert all(one["status"] == "ADDED" for one in answer.json()["data"]), answer.text
                    self.acknowledged.add(batch)
                else:
                    self.doubtful.add(batch)
                time.sleep(WRITER_PAUSE_SECONDS)

    def read(self):
        """What a query has shown once must stay."""
        with requests.Session() as session:
            sql = {"sql": {"query": f"SELECT batch FROM {POSTED} ORDER BY _event_time DESC LIMIT 100"}}
            while not self.stopping.is_set():
                try:
                    answer = self.server.call("POST", "/queries", sql, session=session, timeout=30)
                except requests.RequestException:
                    return
                if answer.status_code == 200:
                    self.queries += 1
                    self.seen.update(row["batch"] for row in answer.json()["results"])
                time.sleep(0.02)


class Crash:
    """A server under load that is killed again and again."""

    def __init__(self, folder, kinesis, posts, seed):
        self.moments = random.Random(seed)
        self.figures = Figures()
        kinesis.make_stream(STREAM, shards=3)
        self.server = Server(folder, kinesis.env, ARGUMENTS)
        self.server.make_empty_collection(POSTED)
        self.server.make_collection(STREAM, STREAM)
        self.writers = Writers(self.server)
        self.stream = StreamLoad(kinesis, STREAM, posts, STREAM_RATE)
        # What was shown of each collection, and the batches that are looked at one by one.
        self.shown = {STREAM: 0, POSTED: 0}
        self.floor = 0

    def kill(self):
        """One round of load, a kill, a restart, and a look at what is there."""
        floor = self.writers.next_batch
        self.writers.run_for(self.moments.uniform(*LOAD_SECONDS), self.look_and_kill)
        self.figures.kills += 1
        if any(self.server.data.rglob("*.tmp")) or any(self.server.data.rglob("*.new")):
            self.figures.unfinished += 1
        if self.moments.random() < KILLED_AT_START:
            self.server.launch()
            time.sleep(self.moments.uniform(0.005, 0.15))
            self.server.process.process.kill()
            self.server.process.stop(signal.SIGKILL)
            self.figures.kills += 1
            self.figures.at_start += 1
        self.server.start()
        self.check(self.floor)
        # The round before is looked at once more: its documents may have been merged meanwhile.
        self.floor = floor

    def look_and_kill(self):
        for collection in self.shown:
            self.shown[collection] = max(self.shown[collection], self.server.count(collection))
        self.server.process.process.kill()
        self.server.process.stop(signal.SIGKILL)

    def check(self, floor):
        """Everything acknowledged or shown is there; nothing is there twice, and of no request a part. Batches below
        the floor are only counted."""
        for collection, shown in self.shown.items():
            count = self.server.query(f"SELECT count(*) AS n, count(DISTINCT number) AS d FROM {collection}")[0]
            self.figures.lost += max(0, shown - count["d"])
            self.figures.twice += count["n"] - count["d"]
        rows = self.server.query(f"SELECT batch, count(*) AS n, count(DISTINCT number) AS d FROM {POSTED} "
                                 f"WHERE batch >= {floor} GROUP BY batch")
        found = {row["batch"]: row for row in rows}
        for batch in self.writers.acknowledged | self.writers.seen:
            self.figures.lost += 0 if batch in found or batch < floor else BATCH
        for batch, row in found.items():
            self.figures.twice += row["n"] - row["d"]
            self.figures.lost += BATCH - row["d"]
            assert batch in self.writers.acknowledged | self.writers.doubtful, f"batch {batch} was never sent"
        assert self.figures.lost == 0 and self.figures.twice == 0, self.figures.line()

    def finish(self):
        """Lets the stream end and counts everything."""
        sent = self.stream.stop()
        assert sent == self.stream.sent, "the producer sent all that it was given"
        # What is not sent by the producer cannot come twice; anything stored twice would come within a few polls.
        wait_until("the whole stream", lambda: self.server.count(STREAM) >= sent or self.server.count(STREAM), 120)
        time.sleep(1)
        self.check(floor=0)
        totals = self.server.query(f"SELECT count(*) AS n, count(DISTINCT number) AS d, max(number) AS m FROM {STREAM}")[0]
        self.figures.from_stream = totals["d"]
        self.figures.lost += max(0, sent - totals["d"])
        self.figures.twice += totals["n"] - totals["d"]
        status = self.server.source_status(STREAM)
        assert status["total_processed_items"] == sent and status["total_parse_errors"] == 0, status
        self.figures.acknowledged = len(self.writers.acknowledged) * BATCH
        self.figures.doubtful = len(self.writers.doubtful) * BATCH
        self.figures.queries = self.writers.queries
        names = [path.name for path in self.server.data.rglob("segment-*")]
        self.figures.segments = max((int(re.sub(r"\D", "", name)) for name in names), default=0)
        assert self.server.stop() == 0, self.server.process.text()[-2000:]
        return self.figures


def posts_of(kinesis, count=500, seed=11):
    made = kinesis.producer("generate", "--profile", "stream", "--count", count, "--seed", seed)
    return [json.loads(line) for line in made.stdout.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"{arguments.kills} kills, seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="rockhopper-crash-") as folder:
        folder = pathlib.Path(folder)
        kinesis = Kinesis(folder, on_disk=True)
        try:
            crash = Crash(folder, kinesis, posts_of(kinesis), arguments.seed)
            start = time.monotonic()
            shown = 0
            while crash.figures.kills < arguments.kills:
                crash.kill()
                if crash.figures.kills // 10 > shown:
                    shown = crash.figures.kills // 10
                    print(f"{time.monotonic() - start:6.0f} s  kills={crash.figures.kills} stream={crash.stream.sent} "
                          f"acknowledged={len(crash.writers.acknowledged) * BATCH} lost={crash.figures.lost} "
                          f"twice={crash.figures.twice}", flush=True)
            print(crash.finish().line(), flush=True)
        finally:
            kinesis.process.stop(signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
