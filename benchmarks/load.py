"""How fast a legacy billing database becomes books, beside a plain copy and beside pgloader.

    .venv/bin/python benchmarks/load.py                    # 1 000 000 invoices and their relatives
    .venv/bin/python benchmarks/load.py --customers 2000   # a quick look

One run prints, from the same machine, servers and data:

- ours: extract, map and load, with checks, ledger, crosswalk and every row accounted for;
- the limit: the very rows we wrote, copied by plain binary COPY into the same constrained tables;
- pgloader, if it is installed: the same source tables copied as they are, unchecked, unmapped.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.mariadb import MariaDbForTests  # noqa: E402  the root is on the path only now

from trueup.db import Database, EmbeddedServer, create_tenant, migrate  # noqa: E402
from trueup.kernel.progress import SILENT  # noqa: E402
from trueup.migration.sample import service as sample  # noqa: E402

CUSTOMERS = 85_000  # the sample gives each about twelve invoices
PEER_ROWS = 10_000  # pgloader reads this far ahead; with its own 100 000 it runs out of its memory
MEASURED = """
import re, sys
from pathlib import Path
from trueup.app.main import main
try:
    main()
finally:
    # Not getrusage: its peak is inherited from the process that started this one.
    peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
    print("PEAK", peak, file=sys.stderr)
"""
SCHEMAS = ("ledger", "billing", "migration")


@dataclass(frozen=True)
class Measured:
    """rows: written, over all tables.  seconds: by the clock.  peak_mib: of our process."""

    rows: int
    seconds: float
    peak_mib: float | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="trueup-bench-"))
    server = EmbeddedServer.ensure(folder / "server", tcp_port=54_329)
    legacy = MariaDbForTests.start()
    try:
        run(arguments.customers, arguments.seed, folder, server, legacy)
    finally:
        legacy.stop()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def run(
    customers: int, seed: int, folder: Path, server: EmbeddedServer, legacy: MariaDbForTests
) -> None:
    source = legacy.create()
    made = sample.make_legacy(
        source, customers=customers, dirt=sample.DEFAULT_DIRT, seed=seed, progress=SILENT
    )
    source_rows = sum(made.rows.values())
    print(
        f"source: MariaDB, {made.rows['legacy_invoices']:,} invoices, {source_rows:,} rows in all"
    )
    migrate(server.url)
    extract, load = ours(source, folder, server)
    limit = plain_copy(server, folder)
    peer = pgloader(source, server, folder)
    show("ours: extract", source_rows, extract)
    show("ours: map and load", load.rows, load)
    show("limit: plain binary COPY", limit.rows, limit)
    ratio = load.rows / load.seconds / (limit.rows / limit.seconds)
    print(f"load / limit: {ratio:.0%} (to reach: 40 %)")
    total = extract.seconds + load.seconds
    print(f"ours in all: {total:.1f} s")
    if peer:
        show("pgloader, as it is", source_rows, peer)
        print(f"ours / pgloader: {total / peer.seconds:.2f} (to reach: 2.00; aim: below 1.00)")


def show(name: str, rows: int, measured: Measured) -> None:
    peak = f", peak {measured.peak_mib:,.0f} MiB" if measured.peak_mib else ""
    rate = rows / measured.seconds
    print(f"{name:26} {rows:>12,} rows {measured.seconds:8.1f} s {rate:>11,.0f} rows/s{peak}")


def ours(source: str, folder: Path, server: EmbeddedServer) -> tuple[Measured, Measured]:
    """Both stages by the command line, each a process of its own whose memory is its own."""
    work = folder / "work"
    extract = staged(server, "extract", source, "--work", str(work))
    load = staged(server, "load", "--pack", "legacy-001", "--work", str(work), "--tenant", "bench")
    rows = sum(count for _, count in row_counts(server.url))
    return extract, Measured(rows, load.seconds, load.peak_mib)


def staged(server: EmbeddedServer, *arguments: str) -> Measured:
    """Run a command in a process of its own and measure it."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *arguments],
        env={"TRUEUP_DATABASE_URL": server.url, "PATH": "/usr/bin:/bin"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - begun
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stderr}")
    peak_kib = int(done.stderr.rsplit("PEAK", 1)[1])
    return Measured(0, seconds, peak_kib / 1024)


def tables(connection: psycopg.Connection) -> list[str]:
    """Our tables, a table after all it refers to."""
    rows = connection.execute(
        """
        with recursive fk as (
            select distinct conrelid as child, confrelid as parent from pg_constraint
             where contype = 'f' and conrelid <> confrelid
        ), depth(id, level) as (
            select c.oid, 0 from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind = 'r' and n.nspname = any(%s)
            union all
            select fk.child, depth.level + 1 from depth join fk on fk.parent = depth.id
        )
        select id::regclass::text from depth group by id order by max(level), 1
        """,
        [list(SCHEMAS)],
    ).fetchall()
    return [name for (name,) in rows]


def row_counts(url: str) -> list[tuple[str, int]]:
    with psycopg.connect(url) as connection:
        return [
            (name, connection.execute(f"select count(*) from {name}").fetchone()[0])
            for name in tables(connection)
        ]


def plain_copy(server: EmbeddedServer, folder: Path) -> Measured:
    """COPY the loaded rows out, then into a fresh database of the same schema, as its owner."""
    dumps = folder / "dumps"
    dumps.mkdir()
    with psycopg.connect(server.url) as connection:
        names = tables(connection)
        for name in names:
            columns = copied_columns(connection, name)
            copy_out(connection, name, columns, dumps / name)
        tenants = connection.execute("select tenant_id, name from tenancy.tenant").fetchall()
        connection.commit()
        connection.autocommit = True
        connection.execute("create database plain")
    url = server.url.replace("/trueup?", "/plain?")
    migrate(url)
    with Database.connect(url) as database:
        for _, name in tenants:
            create_tenant(database, name)
    begun, rows = time.perf_counter(), 0
    with psycopg.connect(url) as connection:
        for name in names:
            columns = copied_columns(connection, name)
            rows += copy_in(connection, name, columns, dumps / name)
            connection.commit()
    return Measured(rows, time.perf_counter() - begun)


def copied_columns(connection: psycopg.Connection, name: str) -> str:
    rows = connection.execute(
        "select quote_ident(attname) from pg_attribute where attrelid = %s::regclass "
        "and attnum > 0 and not attisdropped and attname <> 'recorded_xid' order by attnum",
        [name],
    ).fetchall()
    return ", ".join(column for (column,) in rows)


def copy_out(connection: psycopg.Connection, name: str, columns: str, file: Path) -> None:
    statement = f"copy {name} ({columns}) to stdout (format binary)"
    with file.open("wb") as out, connection.cursor().copy(statement) as copy:
        for data in copy:
            out.write(data)


def copy_in(connection: psycopg.Connection, name: str, columns: str, file: Path) -> int:
    cursor = connection.cursor()
    statement = f"copy {name} ({columns}) from stdin (format binary)"
    with file.open("rb") as data, cursor.copy(statement) as copy:
        while block := data.read(1 << 20):
            copy.write(block)
    return cursor.rowcount


def pgloader(source: str, server: EmbeddedServer, folder: Path) -> Measured | None:
    """The peer, copying the same tables into a database of its own on the same server."""
    if shutil.which("pgloader") is None:
        print("pgloader is not installed (apt-get install pgloader): no comparison")
        return None
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("create database peer")
    target = str(server.tcp_url).rsplit("/", 1)[0] + "/peer"
    begun = time.perf_counter()
    done = subprocess.run(
        [
            "pgloader",
            *("--with", f"prefetch rows = {PEER_ROWS}"),
            *("--summary", str(folder / "peer.json")),
            source,
            target,
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    seconds = time.perf_counter() - begun
    with psycopg.connect(server.url.replace("/trueup?", "/peer?")) as connection:
        found = connection.execute(
            "select sum(n_live_tup + n_dead_tup) from pg_stat_user_tables"
        ).fetchone()[0]
    if done.returncode or not found:
        print(f"pgloader failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return None
    return Measured(int(found), seconds)


if __name__ == "__main__":
    main()
