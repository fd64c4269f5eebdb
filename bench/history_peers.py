"""The same observations and the same questions in DuckDB (on the segments
themselves), in SQLite (the first ten million) and in VictoriaMetrics.

    python3 bench/history_peers.py DATA-DIRECTORY

Prints milliseconds per question as JSON. Needs the package `duckdb`, and
`victoria-metrics` (Debian), which is left out where it is not installed.
"""

import glob
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import duckdb

START_S = 1_735_689_600
DAY_S = 86_400
SQLITE_ROWS = 10_000_000
ROUNDS = 20


def entity(index):
    return f"urn:ngsi-ld:AirQualityObserved:bench-{index:04}"


def milliseconds(ask, rounds=ROUNDS):
    times = []
    for number in range(rounds):
        start = time.perf_counter()
        ask(number)
        times.append((time.perf_counter() - start) * 1e3)
    times.sort()
    return {"median": round(statistics.median(times), 2), "p95": round(times[int(len(times) * 0.95)] if len(times) > 1 else times[0], 2)}


def day_of(number):
    return START_S + number * 7 * DAY_S % (360 * DAY_S)


def segments_of(folder):
    return glob.glob(os.path.join(folder, "**", "history", "*.parquet"), recursive=True)


def with_duckdb(folder):
    base = duckdb.connect()
    base.execute("SET threads = 2; SET TimeZone = 'UTC'")
    files = segments_of(folder)
    source = f"read_parquet({files!r})"
    instant = "to_timestamp(?)"

    def day(number):
        begin = day_of(number)
        return base.execute(
            f"SELECT time, number FROM {source} WHERE entity = ? AND time >= {instant} AND time < {instant} ORDER BY time",
            [entity(number * 13 % 1000), begin, begin + DAY_S],
        ).fetchnumpy()

    def year(number):
        return base.execute(f"SELECT time, number FROM {source} WHERE entity = ? ORDER BY time", [entity(number * 17 % 1000)]).fetchnumpy()

    def hourly(_):
        return base.execute(
            f"SELECT entity, time_bucket(INTERVAL 1 HOUR, time), avg(number) FROM {source}"
            f" WHERE attribute LIKE '%no2' AND time >= {instant} AND time < {instant} GROUP BY ALL ORDER BY ALL",
            [START_S, START_S + 30 * DAY_S],
        ).fetchnumpy()

    def latest(_):
        return base.execute(f"SELECT entity, arg_max(number, time) FROM {source} GROUP BY entity").fetchnumpy()

    def count(_):
        return base.execute(f"SELECT count(*) FROM {source}").fetchone()

    return {
        "day": milliseconds(day),
        "year": milliseconds(year),
        "hourly month of all": milliseconds(hourly, 3),
        "latest of all": milliseconds(latest, 1),
        "count": milliseconds(count, 5),
    }


def with_sqlite(folder, scratch):
    path = os.path.join(scratch, "observations.db")
    base = sqlite3.connect(path)
    base.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
        "CREATE TABLE observation (series INTEGER, time INTEGER, value REAL, PRIMARY KEY (series, time)) WITHOUT ROWID;"
    )
    rows = duckdb.connect().execute(
        "SELECT right(entity, 4)::INT AS series, epoch(time)::BIGINT AS time, number FROM read_parquet($files)"
        " WHERE number IS NOT NULL AND time < to_timestamp($end)",
        {"files": segments_of(folder), "end": START_S + SQLITE_ROWS // 1000 * 315},
    )
    start = time.perf_counter()
    loaded = 0
    while some := rows.fetchmany(100_000):
        base.executemany("INSERT OR REPLACE INTO observation VALUES (?, ?, ?)", some)
        base.commit()
        loaded += len(some)
    seconds = time.perf_counter() - start
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def day(number):
        begin = START_S + number % 30 * DAY_S
        return base.execute(
            "SELECT time, value FROM observation WHERE series = ? AND time >= ? AND time < ?", (number * 13 % 1000, begin, begin + DAY_S)
        ).fetchall()

    def hourly(_):
        return base.execute(
            "SELECT series, time / 3600, avg(value) FROM observation WHERE time < ? GROUP BY 1, 2", (START_S + 30 * DAY_S,)
        ).fetchall()

    def latest(_):
        return base.execute("SELECT series, max(time), value FROM observation GROUP BY series").fetchall()

    def count(_):
        return base.execute("SELECT count(*) FROM observation").fetchone()

    return {
        "rows": loaded,
        "loaded per s": round(loaded / seconds),
        "bytes each": round(os.path.getsize(path) / max(loaded, 1), 2),
        "day": milliseconds(day),
        "hourly month of all": milliseconds(hourly, 2),
        "latest of all": milliseconds(latest, 2),
        "count": milliseconds(count, 3),
    }


def with_victoria(folder, scratch):
    program = shutil.which("victoria-metrics")
    if program is None:
        return None
    address = "127.0.0.1:18428"
    data = os.path.join(scratch, "victoria")
    server = subprocess.Popen(
        [program, f"-storageDataPath={data}", f"-httpListenAddr={address}", "-retentionPeriod=100y", "-search.latencyOffset=0s",
         "-search.maxPointsPerTimeseries=200000", "-search.disableCache"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )

    def get(path, **parameters):
        with urllib.request.urlopen(f"http://{address}{path}?{urllib.parse.urlencode(parameters)}") as answer:
            return answer.read()

    try:
        for _ in range(200):
            try:
                get("/health")
                break
            except OSError:
                time.sleep(0.1)
        base = duckdb.connect()
        files, loaded, seconds = segments_of(folder), 0, 0.0
        for index in range(1000):
            found = base.execute(
                "SELECT epoch_ms(time) AS time, number FROM read_parquet(?) WHERE entity = ? AND number IS NOT NULL", [files, entity(index)]
            ).fetchnumpy()
            line = json.dumps(
                {"metric": {"__name__": "no2", "series": f"{index:04}"}, "values": found["number"].tolist(), "timestamps": found["time"].tolist()}
            ).encode()
            start = time.perf_counter()
            urllib.request.urlopen(urllib.request.Request(f"http://{address}/api/v1/import", data=line)).read()
            seconds += time.perf_counter() - start
            loaded += len(found["time"])
        get("/internal/force_flush")
        size = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(data) for name in names)

        def day(number):
            begin = day_of(number)
            return get("/api/v1/export", **{"match[]": f'no2{{series="{number * 13 % 1000:04}"}}', "start": begin, "end": begin + DAY_S})

        def year(number):
            selector = f'no2{{series="{number * 17 % 1000:04}"}}'
            return get("/api/v1/export", **{"match[]": selector, "start": START_S, "end": START_S + 366 * DAY_S})

        def hourly(_):
            end = START_S + 30 * DAY_S
            return get("/api/v1/query_range", query="avg_over_time(no2[1h])", start=START_S + 3600, end=end, step="1h")

        def latest(_):
            return get("/api/v1/query", query="last_over_time(no2[2d])", time=START_S + 364 * DAY_S)

        def count(_):
            return get("/api/v1/query", query="sum(count_over_time(no2[400d]))", time=START_S + 366 * DAY_S)

        return {
            "rows": loaded,
            "loaded per s": round(loaded / seconds),
            "bytes each": round(size / max(loaded, 1), 2),
            "day": milliseconds(day),
            "year": milliseconds(year),
            "hourly month of all": milliseconds(hourly, 3),
            "latest of all": milliseconds(latest, 5),
            "count": milliseconds(count, 2),
        }
    finally:
        server.terminate()
        server.wait()


def main():
    folder = sys.argv[1]
    scratch = tempfile.mkdtemp(dir=os.path.dirname(os.path.abspath(folder)))
    try:
        result = {"duckdb": with_duckdb(folder), "sqlite": with_sqlite(folder, scratch), "victoria-metrics": with_victoria(folder, scratch)}
    finally:
        shutil.rmtree(scratch)
    json.dump(result, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
