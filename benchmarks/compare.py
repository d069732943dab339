"""How fast two tables are compared row by row, beside reladiff and beside a bare scan.

    .venv/bin/python benchmarks/compare.py                  # 5 000 000 rows a side
    .venv/bin/python benchmarks/compare.py --rows 200000    # a quick look

One run makes the same table in two PostgreSQL databases, in MariaDB and as a Parquet file; 50 rows
differ, 20 are missing, 20 are extra. For each pair of sides it prints, from the same data:

- ours: seconds and the peak memory of the comparing process, which runs alone; all 90 are found;
- the limit: both sides scanned at once with one cheap hash a row, the least any comparison reads;
- reladiff: the same pair, all columns, two threads.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import duckdb
import psycopg
import pymysql

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.mariadb import MariaDbForTests  # noqa: E402  the root is on the path only now

from trueup.db import EmbeddedServer  # noqa: E402
from trueup.migration.reconciliation.compare import compare, open_side  # noqa: E402

ROWS = 5_000_000
PORT = 54_331
RUNS = 3  # the best of them: what else runs on the machine only adds
COLUMNS = ("customer_id", "amount", "currency", "status", "created_at")
CHANGED, LOST, ADDED = 50, 20, 20
EXPECTED = {"missing": LOST, "extra": ADDED, "duplicate": 0, "mismatch": CHANGED}

CREATE = """create table item (id bigint primary key, customer_id bigint not null,
    amount bigint not null, currency varchar(3) not null, status varchar(12),
    created_at {instant} not null)"""
# Everything follows from the row's number: two runs make the same bytes.
ROWS_OF = """select i as id, i * 7919 % 100000 as customer_id, i * 104729 % 10000000 as amount,
    (array['EUR', 'USD', 'JPY', 'KWD'])[1 + i % 4] as currency,
    (array['paid', 'open', 'void', 'draft', null])[1 + i % 5] as status,
    timestamptz '2020-01-01 00:00Z' + i * interval '37 second'
        + i % 1000000 * interval '1 microsecond' as created_at
    from generate_series(1::bigint, {rows}) i"""
DIRT = (
    """update item set amount = amount + 1
        where id in (select i * 99991 % {rows} + 1 from generate_series(1::bigint, 50) i)""",
    """delete from item
        where id in (select i * 77773 % {rows} + 1 from generate_series(1::bigint, 20) i)""",
    """insert into item select {rows} + i * 3, 1, 1, 'EUR', 'paid', timestamptz '2024-01-01 00:00Z'
        from generate_series(1::bigint, 20) i""",
)
SCANS = {
    "postgresql": "select count(*), sum(hashtext(id::text)) from item",
    "mysql": "select count(*), sum(crc32(id)) from item",
    "parquet": "select count(*), sum(hash(id)) from data",
}


@dataclass(frozen=True)
class Place:
    """One side. engine: as SCANS names it."""

    name: str
    engine: str
    address: str
    relation: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--no-peer", action="store_true", help="leave reladiff out")
    parser.add_argument("--sides", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.sides:
        print(json.dumps(compared(*arguments.sides)))
        return
    with tempfile.TemporaryDirectory(prefix="trueup-bench-") as folder, ExitStack() as stack:
        left, *others = places(stack, Path(folder), arguments.rows)
        for other in others:
            report(left, other, rows=arguments.rows, has_peer=not arguments.no_peer)


def places(stack: ExitStack, folder: Path, rows: int) -> list[Place]:
    """The damaged PostgreSQL table first, then an undamaged one in each kind of place."""
    folder.chmod(0o755)
    server = EmbeddedServer.ensure(folder / "server", tcp_port=PORT)
    stack.callback(server.stop)
    legacy = MariaDbForTests.start()
    stack.callback(legacy.stop)
    # reladiff reaches a server by host and port only, so both of us do.
    base = str(server.tcp_url).rpartition("/")[0]
    clean, damaged, maria = f"{base}/clean", f"{base}/damaged", legacy.create()
    for name in ("clean", "damaged"):
        run_postgres(server.url, f"create database {name}")
        run_postgres(
            f"{base}/{name}",
            CREATE.format(instant="timestamptz"),
            f"insert into item {ROWS_OF.format(rows=rows)}",
        )
    run_postgres(damaged, *(statement.format(rows=rows) for statement in DIRT))
    for name in (clean, damaged):
        run_postgres(name, "vacuum (analyze) item", "checkpoint")
    parquet = folder / "item.parquet"
    copy_out(clean, parquet)
    fill_mariadb(maria, parquet)
    return [
        Place("PostgreSQL", "postgresql", damaged, "item"),
        Place("PostgreSQL", "postgresql", clean, "item"),
        Place("MariaDB", "mysql", maria, "item"),
        Place("Parquet", "parquet", str(parquet), "data"),
    ]


def run_postgres(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def copy_out(url: str, parquet: Path) -> None:
    """The table as a Parquet file, by way of CSV."""
    text = parquet.with_suffix(".csv")
    with psycopg.connect(url) as connection, text.open("wb") as file:
        connection.execute("set timezone = 'UTC'")
        columns = f"id, {', '.join(COLUMNS[:-1])}, created_at at time zone 'UTC' as created_at"
        query = f"copy (select {columns} from item order by id) to stdout (format csv)"
        with connection.cursor().copy(query.encode()) as copy:
            for block in copy:
                file.write(block)
    with duckdb.connect() as duck:
        duck.execute(
            f"""copy (from read_csv('{text}', header = false, columns = {{'id': 'bigint',
                'customer_id': 'bigint', 'amount': 'bigint', 'currency': 'varchar',
                'status': 'varchar', 'created_at': 'timestamp'}})) to '{parquet}'"""
        )


def fill_mariadb(url: str, parquet: Path) -> None:
    with mariadb(url, local_infile=True) as connection, connection.cursor() as cursor:
        cursor.execute("set global innodb_buffer_pool_size = 1024 * 1024 * 1024")
        cursor.execute("set global local_infile = 1")
        cursor.execute(CREATE.format(instant="datetime(6)"))
        cursor.execute(
            f"""load data local infile '{parquet.with_suffix(".csv")}' into table item
                fields terminated by ',' (id, customer_id, amount, currency, @status, created_at)
                set status = nullif(@status, '')"""
        )
        cursor.execute("analyze table item")


def mariadb(url: str, **options: Any) -> pymysql.connections.Connection[Any]:
    parts = urlsplit(url)
    return pymysql.connect(
        host=parts.hostname,
        port=parts.port or 0,
        user=parts.username,
        password=unquote(parts.password or ""),
        database=parts.path[1:],
        autocommit=True,
        **options,
    )


def report(left: Place, right: Place, *, rows: int, has_peer: bool) -> None:
    limit = min(scanned(left, right) for _ in range(RUNS))
    runs = [in_a_process(left, right) for _ in range(RUNS)]
    ours = min(run["seconds"] for run in runs)
    peak = max(run["peak_mib"] for run in runs)
    if any(run["found"] != EXPECTED for run in runs):
        message = f"not all differences were found: {runs}"
        raise SystemExit(message)
    print(f"\n{left.name} against {right.name}, {rows:,} rows a side, all 90 found")
    lanes = " and ".join(str(count) for count in sorted({tuple(run["lanes"]) for run in runs}))
    print(
        f"  ours      {ours:8.2f} s   {peak:6.0f} MiB   {rows / ours:12,.0f} rows/s"
        f"   statements at once {lanes}"
    )
    print(
        f"  limit     {limit:8.2f} s   both sides scanned at once; ours takes {ours / limit:.1f} x"
    )
    if has_peer and right.engine != "parquet":
        seconds, found = reladiff(left, right)
        print(
            f"  reladiff  {seconds:8.2f} s   found {found}; ours is {seconds / ours:.1f} x faster"
        )


def in_a_process(left: Place, right: Place) -> dict[str, Any]:
    """Compare in a process of its own, whose peak memory is the comparison's."""
    sides = [left.address, left.relation, right.address, right.relation]
    done = subprocess.run(
        [sys.executable, __file__, "--sides", *sides], check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def compared(*sides: str) -> dict[str, Any]:
    started = time.monotonic()
    with ExitStack() as stack:
        left = stack.enter_context(open_side(sides[0], sides[1]))
        right = stack.enter_context(open_side(sides[2], sides[3]))
        # Left is the damaged one: what it lacks is extra on the right, so the sides are turned.
        found = compare(right, left, key=("id",))
    return {
        "seconds": time.monotonic() - started,
        "peak_mib": peak_mib(),
        "found": {kind.value: count for kind, count in found.counts.items()},
        "lanes": found.lanes,
    }


def peak_mib() -> float:
    """Of this program alone: what getrusage tells includes the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def scanned(left: Place, right: Place) -> float:
    started = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(scan, (left, right)))
    return time.monotonic() - started


def scan(place: Place) -> None:
    query = SCANS[place.engine]
    if place.engine == "postgresql":
        with psycopg.connect(place.address) as connection:
            connection.execute(query.encode()).fetchone()
    elif place.engine == "mysql":
        with mariadb(place.address) as legacy, legacy.cursor() as cursor:
            cursor.execute(query)
    else:
        with duckdb.connect() as duck:
            duck.execute(f"create view data as from '{place.address}'")
            duck.execute(query).fetchall()


def reladiff(left: Place, right: Place) -> tuple[float, int]:
    """Seconds, and the rows it reports: each changed row as two."""
    from reladiff import connect_to_table, diff_tables  # noqa: PLC0415  slow to import

    tables = [
        connect_to_table(place.address, place.relation, "id", thread_count=2)
        for place in (left, right)
    ]
    started = time.monotonic()
    found = diff_tables(*tables, extra_columns=COLUMNS, threaded=True, max_threadpool_size=2)
    count = sum(1 for _ in found)  # it works while it is read
    return time.monotonic() - started, count


if __name__ == "__main__":
    main()
