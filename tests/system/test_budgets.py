"""Limits of memory and time, cancellation, the queue and its fairness, as a client meets them."""

import concurrent.futures
import os
import threading
import time

import pytest
import requests
from conftest import Server, wait_until

ROWS = 100_000
MEMORY = ["--memory-limit", "48MiB", "--query-memory-limit", "32MiB"]
RUNNING, WAITING = 8, 100


def filled(folder, arguments=()):
    server = Server(folder, arguments=arguments)
    server.make_empty_collection("big")
    for first in range(0, ROWS, 10_000):
        documents = [{"n": n, "g": n % 10, "s": f"text number {n} " + "x" * 40, "a": [n, n + 1, n + 2]}
                     for n in range(first, first + 10_000)]
        assert server.post("big", documents).status_code == 200
    return server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = filled(tmp_path_factory.mktemp("budgets"))
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A server with little memory for queries."""
    server = filled(tmp_path_factory.mktemp("small"), MEMORY)
    yield server
    assert server.stop() == 0


def run(server, sql, session=requests, **more):
    return server.call("POST", "/queries", {"sql": {"query": sql}, **more}, session=session)


def running(server):
    return server.call("GET", "/queries").json()["data"]


def cpu_seconds(server):
    """What the server's process has used so far."""
    fields = open(f"/proc/{server.process.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_idle(server):
    """Whether the server does nothing, or how much of a core it takes."""
    before = cpu_seconds(server)
    time.sleep(0.25)
    share = (cpu_seconds(server) - before) / 0.25
    return share <= 0.2 or share


# More than 32 MiB each.
HUNGRY = {
    "groups": "SELECT count(*) FROM big GROUP BY CONCAT(s, s, s, s, s, s, s)",
    "sort": "SELECT s, CONCAT(s, s, s, s, s) AS t FROM big ORDER BY t, n",
    "first rows": f"SELECT n FROM big ORDER BY {', '.join(60 * ['s'])}, n LIMIT 10000",
    "rows": "SELECT CONCAT(s, s, s, s, s, s, s) AS t FROM big",
    "join": "SELECT count(*) FROM big x JOIN big y ON CONCAT(x.s, x.s, x.s, x.s, x.s) = CONCAT(y.s, y.s, y.s, y.s, y.s)",
    "window": "SELECT max(r) FROM (SELECT ROW_NUMBER() OVER (PARTITION BY g ORDER BY s) AS r, s FROM big) t",
    "aggregate of arrays": "SELECT ARRAY_AGG(CONCAT(s, s, s, s, s, s, s)) FROM big",
}


@pytest.mark.parametrize("sql", HUNGRY.values(), ids=HUNGRY)
def test_a_query_past_its_memory_is_refused_and_gives_it_back(small, sql):
    # More often than all of the memory would last if it were not given back.
    for _ in range(4):
        answer = run(small, sql)
        assert answer.status_code == 429, answer.text[:500]
        body = answer.json()
        assert body["type"] == "RESOURCEEXCEEDED" and "memory" in body["message"], body
        assert "raise" in body["message"], "the message says what to do"
    # Most of the memory of all queries: it fits only if the refused ones hold none.
    fits = run(small, "SELECT count(*) AS n FROM (SELECT s FROM big GROUP BY s) t")
    assert fits.status_code == 200 and fits.json()["results"] == [{"n": ROWS}], fits.text


# Each runs for minutes if it is let.
LONG = {
    "nested loops": "SELECT count(*) FROM big a, big b WHERE a.n * b.n = -1",
    "cross join": "SELECT count(*) FROM big a, big b, big c",
    "hash join of few keys": "SELECT sum(a.n + b.n) FROM big a JOIN big b ON a.g = b.g",
    "outer join with a condition": "SELECT count(*) FROM big a LEFT JOIN big b ON a.n + b.n < 0",
    "outer hash join with a condition": "SELECT count(*) FROM big a LEFT JOIN big b ON a.g = b.g AND a.n + b.n < 0",
    "sort of a join": "SELECT a.n FROM big a, big b ORDER BY a.n + b.n LIMIT 5",
    "groups of a join": "SELECT a.g, max(b.s) FROM big a, big b GROUP BY a.g",
    "distinct of a join": "SELECT count(DISTINCT a.g + b.g) FROM big a, big b",
    "window over long frames":
        "SELECT max(w) FROM (SELECT max(s) OVER (ORDER BY n ROWS BETWEEN 20000 PRECEDING AND CURRENT ROW) AS w FROM big) t",
    "window over a join":
        "SELECT max(r) FROM (SELECT sum(a.n) OVER (ORDER BY b.n ROWS BETWEEN 5000 PRECEDING AND 5000 FOLLOWING) AS r FROM (SELECT n FROM big LIMIT 500) a, (SELECT n FROM big LIMIT 500) b) t",
    "elements of elements": "SELECT count(*) FROM big" + "".join(f" CROSS JOIN UNNEST(big.a) AS {name}" for name in "efghijklmno"),
    "long arrays": "SELECT count(*) FROM big CROSS JOIN UNNEST(SEQUENCE(1, 100000) AS element)",
    "union of joins": "SELECT count(*) FROM (SELECT a.n FROM big a, big b UNION SELECT b.n FROM big a, big b) t",
    "regular expression": "SELECT count(*) FROM big a, big b WHERE REGEXP_LIKE(CONCAT(a.s, b.s), '(x+x+)+y')",
    "subquery": "SELECT count(*) FROM big WHERE n IN (SELECT a.n FROM big a, big b WHERE a.n + b.n < 0)",
}


def by_closing(server, sql):
    """The client goes away."""
    with pytest.raises(requests.Timeout):
        server.call("POST", "/queries", {"sql": {"query": sql}}, timeout=0.7)


def by_request(server, sql):
    """Another request cancels it: what the first one is answered."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        asked = pool.submit(run, server, sql)
        wait_until("the query", lambda: len(running(server)) == 1)
        time.sleep(0.5)
        assert not asked.done(), asked.result().text[:500]
        query_id = running(server)[0]["query_id"]
        cancelled = server.call("DELETE", f"/queries/{query_id}")
        assert cancelled.json()["data"]["status"] == "CANCELLED", cancelled.text
        answer = asked.result(timeout=10)
    assert answer.status_code == 409 and answer.json()["type"] == "QUERY_CANCELLED", answer.text
    assert server.call("GET", f"/queries/{query_id}").json()["data"]["status"] == "CANCELLED"


def by_time(server, sql):
    """Its own limit."""
    answer = run(server, sql, timeout_ms=500)
    assert answer.status_code == 408 and answer.json()["type"] == "QUERY_TIMEOUT", answer.text[:500]


STOPS = [by_closing, by_request, by_time]


@pytest.mark.parametrize("stop, sql", [(STOPS[at % 3], sql) for at, sql in enumerate(LONG.values())], ids=LONG)
def test_a_query_that_is_stopped_works_no_more(server, stop, sql):
    stop(server, sql)
    wait_until("an empty list of queries", lambda: running(server) == [] or running(server), 5)
    wait_until("an idle server", lambda: is_idle(server), 10)


def holders(server, pool, count, agent):
    """Queries that keep their places until they are cancelled."""
    def hold():
        headers = {"Authorization": f"ApiKey {server.key}", "User-Agent": agent}
        return requests.post(f"{server.url}/v1/orgs/self/queries", headers=headers, timeout=60,
                             json={"sql": {"query": LONG["nested loops"]}})
    return [pool.submit(hold) for _ in range(count)]


def cancel_all(server):
    for query in running(server):
        server.call("DELETE", f"/queries/{query['query_id']}")


def test_a_query_waits_for_its_turn_and_says_how_long(server):
    with concurrent.futures.ThreadPoolExecutor(max_workers=RUNNING + 1) as pool:
        assert server.call("POST", "/queries", {"sql": {"query": "SELECT 1"}}).json()["stats"]["throttled_time_micros"] == 0
        held = holders(server, pool, RUNNING, "holder")
        wait_until("the holders", lambda: len(running(server)) == RUNNING or running(server))
        waiter = pool.submit(run, server, "SELECT count(*) AS n FROM big")
        wait_until("the one that waits", lambda: len(running(server)) == RUNNING + 1)
        time.sleep(0.5)
        assert not waiter.done()
        server.call("DELETE", f"/queries/{running(server)[0]['query_id']}")
        answer = waiter.result(timeout=30).json()
        assert answer["results"] == [{"n": ROWS}]
        assert answer["stats"]["throttled_time_micros"] >= 400_000, answer["stats"]
        ended = server.call("GET", f"/queries/{answer['query_id']}").json()["data"]
        assert ended["stats"]["throttled_time_ms"] >= 400, ended
        cancel_all(server)
        assert all(future.result(timeout=30).status_code == 409 for future in held)


def test_one_query_too_many_is_refused_at_once(server):
    with concurrent.futures.ThreadPoolExecutor(max_workers=RUNNING + WAITING + 1) as pool:
        held = holders(server, pool, RUNNING + WAITING, "holder")
        wait_until("a full queue", lambda: len(running(server)) == RUNNING + WAITING or len(running(server)))
        refused = holders(server, pool, 1, "holder")[0].result(timeout=30)
        assert refused.status_code == 429 and refused.headers["retry-after"], refused.text
        body = refused.json()
        assert body["type"] == "RESOURCEEXCEEDED", body
        assert f"{WAITING} waiting behind {RUNNING} running" in body["message"] and "try again" in body["message"], body
        # Nobody else's is refused: the longest line makes room.
        other = holders(server, pool, 1, "other")[0]
        wait_until("room", lambda: sum(future.done() for future in held) == 1)
        assert not other.done()
        while not all(future.done() for future in [*held, other]):
            cancel_all(server)
            time.sleep(0.05)
    assert sorted({future.result().status_code for future in held}) == [409, 429]


def test_a_client_with_many_queries_does_not_starve_one_with_few(server):
    """A hundred at a time against one at a time: the one gets every other turn, so it waits for a few queries, not for a
    hundred."""
    stopping = threading.Event()
    waits_us = {"many": [], "few": []}

    def ask(agent, sql):
        with requests.Session() as session:
            session.headers["User-Agent"] = agent
            while not stopping.is_set():
                answer = run(server, sql, session=session)
                if answer.status_code == 200:
                    waits_us[agent].append(answer.json()["stats"]["throttled_time_micros"])
                elif not stopping.is_set():
                    # The queue is full; whoever waits with fewer is not the one who has to go.
                    assert (answer.status_code, agent) == (429, "many"), answer.text
                    time.sleep(0.5)

    # So slow that a hundred threads can keep the line long on any machine.
    slow = "SELECT count(*) FROM (SELECT n FROM big LIMIT 2000) a, big b WHERE a.n * b.n = -1"
    many = RUNNING + WAITING
    half = RUNNING + WAITING // 2
    with concurrent.futures.ThreadPoolExecutor(max_workers=many + 1) as pool:
        try:
            asked = [pool.submit(ask, "many", slow) for _ in range(many)]
            wait_until("a long line", lambda: len(running(server)) >= half or len(running(server)))
            waits_us["many"].clear()
            asked.append(pool.submit(ask, "few", "SELECT 1"))
            turns = lambda: min(map(len, waits_us.values())) >= 10 or {agent: len(waits) for agent, waits in waits_us.items()}
            wait_until("the turns", turns, 120)
        finally:
            # The pool waits for its threads, also where the test has failed.
            stopping.set()
        while not all(future.done() for future in asked):
            cancel_all(server)
            time.sleep(0.05)
        for future in asked:
            future.result()
    middle = {agent: sorted(waits)[len(waits) // 2] for agent, waits in waits_us.items()}
    # First come, first served would make them wait alike.
    assert middle["few"] * 5 < middle["many"], middle
