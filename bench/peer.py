"""One peer engine in a process of its own: statements as JSON lines in, milliseconds and rows as JSON lines out.

Arguments: duckdb or clickhouse, a folder for the engine's files, threads. The clock runs from the statement's text until
its answer is in this process; turning the answer into JSON for the benchmark is not timed.
"""

import json
import sys
import time


def duckdb(folder, threads):
    import duckdb

    database = duckdb.connect(f"{folder}/duckdb", config={"threads": threads, "temp_directory": f"{folder}/spill"})
    return duckdb.__version__, lambda sql: database.execute(sql).fetchall(), lambda answer: answer


def clickhouse(folder, threads):
    import chdb

    database = chdb.connect(f"{folder}/clickhouse")
    database.query(f"SET max_threads = {threads}")

    def rows(answer):
        return [json.loads(line) for line in str(answer).splitlines() if line]

    return chdb.engine_version, lambda sql: database.query(sql, "JSONCompactEachRow"), rows


def main(engine, folder, threads):
    try:
        version, run, rows = {"duckdb": duckdb, "clickhouse": clickhouse}[engine](folder, int(threads))
    except ImportError as error:
        print(json.dumps({"missing": f"{sys.executable}: {error}"}), flush=True)
        return
    print(json.dumps({"version": version}), flush=True)
    for line in sys.stdin:
        try:
            started = time.perf_counter()
            result = run(json.loads(line)["sql"])
            ms = (time.perf_counter() - started) * 1000
            answer = {"ms": ms, "rows": rows(result)}
        except Exception as error:  # Whatever the engine says is the benchmark's to report.
            answer = {"error": str(error)}
        print(json.dumps(answer, default=str), flush=True)


main(*sys.argv[1:])
