"""The real binaries, started for the tests: Kinesis, server, producer, and the plugin behind the stand-in."""

import atexit
import base64
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest
import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
STREAM_WAIT_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, condition, seconds=STREAM_WAIT_SECONDS, pause=0.1):
    """Polls until the condition is true; its last value is in the message if it never is."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value is True:
            return
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}; last: {value}"
        time.sleep(pause)


class Process:
    """A process with its log; ends with the tests at the latest, also where one failed before it stopped it."""

    def __init__(self, name, command, folder, env=None):
        self.log_path = folder / f"{name}.log"
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})},
        )
        atexit.register(self.process.kill)

    def stop(self, how=signal.SIGTERM, seconds=20):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not stop within {seconds} s: {self.text()[-2000:]}")
        finally:
            self.log.close()

    def text(self):
        return self.log_path.read_text(errors="replace")


class Kinesis:
    """The local Kinesis, and the producer that writes to it. `on_disk` is the one that `./start` uses: it keeps its
    streams in a folder, so they may be long."""

    def __init__(self, folder, on_disk=False):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            "AWS_ENDPOINT_URL_KINESIS": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-west-2",
        }
        if on_disk:
            script = ROOT / "scripts/kinesis/serve.cjs"
            self.process = Process("kinesis", ["node", script, self.port, folder / "streams"], folder)
        else:
            package = ROOT / "scripts/kinesis/node_modules/kinesis-local"
            self.process = Process("kinesis", ["node", package / "main.js"], folder, {
                "KINESIS_MOCK_CERT_PATH": str(package / "server.json"),
                "KINESIS_MOCK_PLAIN_PORT": str(self.port),
                "KINESIS_MOCK_TLS_PORT": str(free_port()),
                "SHARD_LIMIT": "500",
                "LOG_LEVEL": "ERROR",
            })
        wait_until("Kinesis", self.answers)

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError as error:
            return str(error)

    def producer(self, *arguments, check=True, **options):
        """Runs kinesis-producer to its end."""
        return subprocess.run(
            [TARGET / "kinesis-producer", *map(str, arguments)], env={**os.environ, **self.env}, check=check,
            capture_output=True, text=True, timeout=300, **options,
        )

    def make_stream(self, name, shards=5):
        self.producer("create-stream", "--stream", name, "--shards", shards)
        return name

    def put(self, stream, records):
        """Raw records, past the producer, which would not send them: the Kinesis protocol by hand."""
        body = {"StreamName": stream, "Records": [
            {"Data": base64.b64encode(record).decode(), "PartitionKey": str(at)} for at, record in enumerate(records)]}
        answer = requests.post(self.url, json=body, headers={
            "X-Amz-Target": "Kinesis_20131202.PutRecords", "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-west-2/kinesis/aws4_request, "
                             "SignedHeaders=host;x-amz-date, Signature=0", "X-Amz-Date": "20260101T000000Z"}, timeout=60)
        assert answer.status_code == 200, answer.text
        assert answer.json()["FailedRecordCount"] == 0


class Server:
    """A `rockhopper serve` on a data folder of its own. May be killed and started again."""

    def __init__(self, folder, env=None, arguments=(), data=None):
        self.folder, self.env, self.arguments = folder, env or {}, arguments
        self.data = data or folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self.launch()
        wait_until("the server", self.answers, pause=0.02)
        self.key = (self.data / "api-key").read_text().strip()

    def launch(self):
        """Starts the process and does not wait until it answers."""
        self.process = Process("server", [
            TARGET / "rockhopper", "serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", self.data,
            *self.arguments,
        ], self.folder, self.env)

    def answers(self):
        if self.process.process.poll() is not None:
            raise AssertionError(f"the server ended: {self.process.text()[-2000:]}")
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).status_code == 200
        except requests.ConnectionError as error:
            return str(error)

    def stop(self, how=signal.SIGTERM):
        return self.process.stop(how)

    def call(self, method, path, body=None, key=None, session=requests, timeout=60):
        """A request to the REST API. A body in bytes is sent as it is."""
        headers = {"Authorization": f"ApiKey {key or self.key}"}
        content = {"data": body} if isinstance(body, bytes) else {"json": body}
        return session.request(method, self.url + "/v1/orgs/self" + path, headers=headers, timeout=timeout, **content)

    def query(self, sql, **more):
        """The rows of a query."""
        answer = self.call("POST", "/queries", {"sql": {"query": sql, **more}})
        assert answer.status_code == 200, answer.text
        return answer.json()["results"]

    def count(self, collection):
        return self.query(f'SELECT count(*) AS n FROM "{collection}"')[0]["n"]

    def make_empty_collection(self, name, **more):
        """A collection that is fed by POST only."""
        answer = self.call("POST", "/ws/commons/collections", {"name": name, **more})
        assert answer.status_code == 200, answer.text
        return name

    def post(self, name, documents, **more):
        """Adds documents: the answer, whatever it is."""
        return self.call("POST", f"/ws/commons/collections/{name}/docs", {"data": documents}, **more)

    def make_collection(self, name, stream):
        """A collection fed by a stream, made over the REST API."""
        integration = {"name": f"for-{name}", "kinesis": {
            "aws_access_key": {"aws_access_key_id": "test", "aws_secret_access_key": "test"}}}
        answer = self.call("POST", "/integrations", integration)
        assert answer.status_code == 200, answer.text
        source = {"integration_name": f"for-{name}", "kinesis": {"stream_name": stream},
                  "format_params": {"json": True}}
        answer = self.call("POST", "/ws/commons/collections", {"name": name, "sources": [source]})
        assert answer.status_code == 200, answer.text
        return name

    def source_status(self, name):
        return self.call("GET", f"/ws/commons/collections/{name}").json()["data"]["sources"][0]["status"]


class StandIn:
    """The plugin's real back end behind the stand-in for Grafana."""

    def __init__(self, folder, server_url, key, page=None):
        key_file = folder / "standin-key"
        key_file.write_text(key)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [TARGET / "grafana-standin", "serve", "--plugin", ROOT / "dist", "--url", server_url,
                   "--api-key-file", key_file, "--listen", f"127.0.0.1:{port}"]
        self.process = Process("standin", command + (["--page", page] if page else []), folder)
        wait_until("the stand-in", self.answers)

    def answers(self):
        if self.process.process.poll() is not None:
            raise AssertionError(f"the stand-in ended: {self.process.text()[-2000:]}")
        try:
            requests.get(self.url, timeout=1)
            return True
        except requests.ConnectionError as error:
            return str(error)

    def query(self, target, from_ms=None, to_ms=None):
        """The answer of one panel query, as Grafana's HTTP API gives it."""
        now_ms = int(time.time() * 1000)
        body = {"queries": [{"refId": "A", **target}], "from": str(from_ms or now_ms - 300_000), "to": str(to_ms or now_ms)}
        answer = requests.post(f"{self.url}/api/ds/query", json=body, timeout=60)
        assert answer.status_code in (200, 207), answer.text
        return answer.json()["results"][target.get("refId", "A")]

    def rows(self, target, **range_ms):
        """The rows of the first frame."""
        answer = self.query(target, **range_ms)
        assert "error" not in answer, answer["error"]
        return list(zip(*answer["frames"][0]["data"]["values"]))

    def health(self):
        return requests.get(f"{self.url}/api/datasources/uid/rockset-standin/health", timeout=30).json()


def panels(name, **variables):
    """The targets of a dashboard's panels by title, its variables put in as Grafana does."""
    dashboard = json.loads((ROOT / "dashboards" / f"{name}.json").read_text())
    targets = {}
    for panel in dashboard["panels"]:
        text = json.dumps(panel["targets"][0])
        for variable, value in variables.items():
            text = text.replace("${" + variable + "}", value)
        targets[panel["title"]] = json.loads(text)
    return targets


@pytest.fixture(scope="session")
def kinesis(tmp_path_factory):
    kinesis = Kinesis(tmp_path_factory.mktemp("kinesis"))
    yield kinesis
    kinesis.process.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def server(tmp_path_factory, kinesis):
    server = Server(tmp_path_factory.mktemp("server"), kinesis.env)
    yield server
    assert server.stop() == 0, server.process.text()[-2000:]


@pytest.fixture(scope="module")
def standin(tmp_path_factory, server):
    standin = StandIn(tmp_path_factory.mktemp("standin"), server.url, server.key)
    yield standin
    assert standin.process.stop() == 0, standin.process.text()[-2000:]


@pytest.fixture(scope="session")
def posts(kinesis):
    """Makes posts: (count, seed) -> a list of documents, always the same for a seed."""
    def make(count, seed):
        made = kinesis.producer("generate", "--profile", "stream", "--count", count, "--seed", seed)
        return [json.loads(line) for line in made.stdout.splitlines()]
    return make
