"""What a broken disk or directory does: the server refuses by name, or repairs and says so. Never a wrong answer."""

import json
import os
import re
import shutil
import signal
import subprocess
import zlib

import pytest
from conftest import TARGET, Server, free_port, wait_until

COUNT = 2900
# Of these, so many are sealed and merged into segments, and the rest is in the log.
SEALED = 2000
REPAIRED = "cut off an append that a crash left half-written"


def documents(first, count):
    return [{"n": n, "text": f"document {n}", "tags": [f"t{n % 7}"]} for n in range(first, first + count)]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A data directory with segments and a log, as kill -9 leaves it. Copied for each fault."""
    folder = tmp_path_factory.mktemp("stored")
    # Sealing by age is out of the way: what is below the rows of a segment stays in the log.
    server = Server(folder, arguments=["--segment-rows", "1000", "--seal-after", "1h"])
    server.make_empty_collection("c")
    for first in range(0, SEALED, 1000):
        assert server.post("c", documents(first, 1000)).status_code == 200
        wait_until("sealing", lambda: sum(path.stat().st_size for path in server.data.rglob("log-*")) == 0)
    for first in range(SEALED, COUNT, 100):
        assert server.post("c", documents(first, 100)).status_code == 200
    assert server.count("c") == COUNT
    server.stop(signal.SIGKILL)
    return server.data


@pytest.fixture
def data(stored, tmp_path):
    shutil.copytree(stored, tmp_path / "data")
    return tmp_path / "data"


def the_file(data, pattern):
    """The largest file of a kind."""
    return max(data.rglob(pattern), key=lambda path: path.stat().st_size)


def flipped(at):
    """One bit is another, at a share of the file's length."""
    def flip(path):
        content = bytearray(path.read_bytes())
        content[min(int(len(content) * at), len(content) - 1)] ^= 0x10
        path.write_bytes(content)
    return flip


def cut(keep):
    def shorten(path):
        os.truncate(path, int(path.stat().st_size * keep))
    return shorten


def torn(path):
    """As a crash in the middle of an append leaves it: the last frame lacks its end."""
    os.truncate(path, path.stat().st_size - 100)


def with_a_torn_frame_behind(path):
    """As a crash leaves a file that had grown before its bytes were written."""
    with open(path, "ab") as log:
        log.write(b"\0" * 5000)


def of_the_next_format(path):
    """The manifest of a program that is newer than this one, whole and with the right checksum."""
    text = re.sub(r'"format":\d+', '"format":99', json.dumps(json.loads(path.read_bytes())["manifest"], separators=(",", ":")))
    path.write_text(f'{{"crc32":{zlib.crc32(text.encode())},"manifest":{text}}}')


def of_the_next_format_too(path):
    """The names of a program that is newer than this one."""
    names = json.loads(path.read_text())
    names["format_version"] = 99
    path.write_text(json.dumps(names))


def gone(path):
    path.unlink()


# What is done to which file; what the server says; the documents that are there if it starts all the same.
FAULTS = [
    ("segment-*", flipped(0.001), "damaged", None),
    ("segment-*", flipped(0.3), "damaged", None),
    ("segment-*", flipped(0.7), "damaged", None),
    ("segment-*", flipped(1), "damaged", None),
    ("segment-*", cut(0.999), "damaged", None),
    ("segment-*", cut(0.5), "damaged", None),
    ("segment-*", cut(0), "damaged", None),
    ("segment-*", gone, "missing", None),
    ("MANIFEST.json", flipped(0.5), "damaged", None),
    ("MANIFEST.json", cut(0.5), "damaged", None),
    ("MANIFEST.json", gone, "missing", None),
    ("MANIFEST.json", of_the_next_format, "version 99", None),
    ("catalog.json", cut(0.5), "damaged", None),
    ("catalog.json", of_the_next_format_too, "version 99", None),
    ("log-*", flipped(0.02), "damaged", None),
    ("log-*", flipped(0.5), "damaged", None),
    ("log-*", cut(0.5), REPAIRED, range(SEALED, COUNT)),
    ("log-*", torn, REPAIRED, range(COUNT - 100, COUNT)),
    ("log-*", with_a_torn_frame_behind, REPAIRED, range(COUNT, COUNT + 1)),
    ("log-*", flipped(1), REPAIRED, range(COUNT - 100, COUNT)),
]


@pytest.mark.parametrize("pattern, damage, said, left", FAULTS,
                         ids=[f"{fault[0]} {at}" for at, fault in enumerate(FAULTS)])
def test_a_damaged_directory(data, tmp_path, pattern, damage, said, left):
    path = the_file(data, pattern)
    damage(path)
    if left is None:
        text = refused(data) or failed_queries(Server(tmp_path))
        assert path.name in text and said in text, text
        return
    server = Server(tmp_path)
    assert path.name in server.process.text() and said in server.process.text(), server.process.text()
    rows = server.query("SELECT count(*) AS n, count(DISTINCT n) AS d, sum(n) AS s FROM c")[0]
    assert rows["n"] == rows["d"] and rows["n"] in left, rows
    assert rows["s"] == rows["n"] * (rows["n"] - 1) // 2, "the first documents, without a hole"
    # It goes on from there, and what is added is there after the next start.
    assert server.post("c", documents(rows["n"], 10)).status_code == 200
    assert server.stop() == 0
    server.start()
    assert server.count("c") == rows["n"] + 10
    assert server.stop() == 0


def refused(data):
    """What a server says that does not start; nothing where it does."""
    command = [TARGET / "rockhopper", "serve", "--listen", f"127.0.0.1:{free_port()}", "--data-dir", data]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    said = ""
    for line in server.stderr:
        said += line
        if "listening on" in line:
            server.kill()
            server.wait()
            return ""
    assert server.wait() > 0 and "panicked" not in said, said
    return said


# Every column, as values, as words and by what is known of them.
QUESTIONS = {
    "SELECT n, text, tags FROM c ORDER BY n": [dict(document) for document in documents(0, COUNT)],
    "SELECT count(*) AS n FROM c WHERE text = 'document 5'": [{"n": 1}],
    "SELECT t AS t, count(*) AS n FROM c CROSS JOIN UNNEST(c.tags) AS t WHERE t = 't3' GROUP BY t":
        [{"t": "t3", "n": len(range(3, COUNT, 7))}],
    "SELECT count(DISTINCT _id) AS d, count(_event_time) AS t FROM c": [{"d": COUNT, "t": COUNT}],
}


def failed_queries(server):
    """What queries say that read the damaged place. The others give the right answer."""
    said = ""
    for sql, right in QUESTIONS.items():
        for _ in range(2):
            answer = server.call("POST", "/queries", {"sql": {"query": sql}})
            if answer.status_code == 200:
                assert answer.json()["results"] == right, f"a wrong answer to {sql}"
            else:
                assert answer.status_code == 500, answer.text[:500]
                said += answer.json()["message"]
    assert "panicked" not in server.process.text()
    assert server.stop() == 0
    return said


def test_a_second_server_is_told_who_has_the_directory(data, tmp_path):
    server = Server(tmp_path)
    text = refused(data)
    assert f"{data}/engine is in use by process {server.process.process.pid}" in text, text
    assert server.count("c") == COUNT
    assert server.stop() == 0


@pytest.fixture
def mounted(tmp_path):
    """Mounts a small file system of its own; skips where that is not allowed."""
    points = []

    def mount(size, name="data"):
        point = tmp_path / name
        point.mkdir()
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", point], capture_output=True, text=True)
        if made.returncode != 0:
            pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
        points.append(point)
        return point

    yield mount
    for point in points:
        subprocess.run(["umount", "-l", point], check=True)


def test_a_read_only_directory_is_refused_by_name(stored, mounted, tmp_path):
    data = mounted("64m")
    shutil.copytree(stored, data, dirs_exist_ok=True)
    subprocess.run(["mount", "-o", "remount,ro", data], check=True)
    text = refused(data)
    assert str(data) in text and "Read-only file system" in text, text


def fill(server, collection):
    """Posts until there is no room: how many documents were acknowledged, and the answer to the others."""
    acknowledged = 0
    for _ in range(10_000):
        batch = [{"n": acknowledged + at, "text": os.urandom(400).hex()} for at in range(100)]
        answer = server.post(collection, batch)
        if answer.status_code != 200:
            return acknowledged, answer
        acknowledged += len(batch)
    raise AssertionError("the disk never became full")


def says_why(answer, data):
    assert answer.status_code == 503, answer.text
    body = answer.json()
    assert body["type"] == "SERVICEUNAVAILABLE", body
    assert str(data) in body["message"] and "free" in body["message"], body
    return True


def test_a_full_disk_takes_nothing_away_and_is_over_when_there_is_room(mounted, tmp_path):
    data = mounted("24m")
    # What is in the way of the documents, and is taken away again.
    (data / "ballast").write_bytes(bytes(8 << 20))
    server = Server(tmp_path, arguments=["--seal-after", "300ms", "--segment-rows", "2000"])
    server.make_empty_collection("c")
    acknowledged, answer = fill(server, "c")
    assert says_why(answer, data) and "No space left" in answer.json()["message"], answer.text
    assert acknowledged > 1000
    exact = {"n": acknowledged, "d": acknowledged}
    query = "SELECT count(*) AS n, count(DISTINCT n) AS d FROM c"
    assert server.query(query) == [exact]
    # Still full, and still whole after a crash.
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    server.start()
    assert server.query(query) == [exact]
    says_why(server.post("c", [{"n": -1, "text": "y" * 9_000_000}]), data)
    (data / "ballast").unlink()
    wait_until("room", lambda: server.post("c", documents(acknowledged, 10)).status_code == 200)
    assert server.query(query) == [{"n": acknowledged + 10, "d": acknowledged + 10}]
    # Sealing goes on as well.
    wait_until("the sealing of what waited", lambda: not any(server.data.rglob("*.tmp")))
    assert server.stop() == 0
    server.start()
    assert server.count("c") == acknowledged + 10
    assert server.stop() == 0


def test_a_full_disk_stops_a_source_and_room_lets_it_go_on(mounted, tmp_path, kinesis, posts):
    data = mounted("16m")
    server = Server(tmp_path, kinesis.env)
    stream = kinesis.make_stream("full", shards=1)
    server.make_collection("full", stream)
    with open(data / "ballast", "wb", buffering=0) as ballast:
        with pytest.raises(OSError):
            while True:
                ballast.write(bytes(4096))
    numbers = 200
    kinesis.put(stream, [json.dumps({"n": n, "text": "z" * 1000}).encode() for n in range(numbers)])
    status = lambda: server.source_status("full")
    wait_until("the error in the status", lambda: status()["state"] == "ERROR" or status())
    assert "No space left" in status()["message"] and str(data) in status()["message"], status()
    (data / "ballast").unlink()
    wait_until("the documents", lambda: server.count("full") == numbers or status())
    assert server.query('SELECT count(DISTINCT n) AS d FROM "full"') == [{"d": numbers}]
    wait_until("an end of the error", lambda: status()["state"] == "WATCHING" or status())
    assert server.stop() == 0
