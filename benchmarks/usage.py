"""How fast reported usage becomes summaries, each event counted once, beside a plain copy.

    .venv/bin/python benchmarks/usage.py                    # 600 000 events, two writers
    .venv/bin/python benchmarks/usage.py --events 100000    # a quick look

One run prints, from the same machine, server and rows:

- ours: batches in process, checked, counted once by source and id, summed by the customer's day;
  a tenth of what is sent was sent before, half of it by the other writer;
- the limit: the very rows that were counted, by plain binary COPY into the same table on as many
  connections, with its foreign key and without.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import psycopg
import pyarrow as pa

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.service.billing.rows import (  # noqa: E402  the root is on the path only now
    rows,
)

from trueup.billing.customers import service as customers  # noqa: E402
from trueup.billing.customers.model import CUSTOMER  # noqa: E402
from trueup.billing.metering.model import QUANTITY, REPORTED  # noqa: E402
from trueup.billing.metering.service import record_usage  # noqa: E402
from trueup.billing.subscriptions import service as subscriptions  # noqa: E402
from trueup.billing.subscriptions.model import SUBSCRIPTION, SUBSCRIPTION_ITEM  # noqa: E402
from trueup.db import Database, EmbeddedServer, create_tenant, migrate  # noqa: E402
from trueup.kernel.clock import SystemClock  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TARGET = 60_000
BATCH = 5_000
REPEATS = 0.1
ROUNDS = 3
DAYS = 3  # the events of a run lie in as many days: a backlog that is caught up with
BEGIN = np.datetime64("2026-01-01T00:00:00", "us")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=600_000)
    parser.add_argument("--subscriptions", type=int, default=10_000)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="trueup-bench-"))
    server = EmbeddedServer.ensure(folder / "server")
    try:
        migrate(server.url)
        with Database.connect(server.url) as database:
            run(database, server.url, folder, arguments)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def run(database: Database, url: str, folder: Path, arguments: argparse.Namespace) -> None:
    tenant = create_tenant(database, "bench")
    subscribe(database, tenant, arguments.subscriptions)
    batches = reported(arguments.events, arguments.subscriptions, arguments.seed)
    sent = sum(batch.num_rows for batch in batches)
    rounds = in_rounds(batches)
    record(database, tenant, rounds[0], arguments.writers)  # warms up
    ours, before = [], counted(url)
    for each in rounds[1:]:
        seconds = record(database, tenant, each, arguments.writers)
        after = counted(url)
        ours.append((after[0] - before[0], seconds))
        before = after
    check_counts(before, batches)
    print(
        f"{sent:,} events sent in batches of {BATCH:,} by {arguments.writers} writers, "
        f"{REPEATS:.0%} of them repeats; {before[2]:,} summaries; best of {ROUNDS} rounds"
    )
    best = show("ours: counted once, summed", ours)
    print(f"to reach: {TARGET:,} a second")
    files = copied_out(url, folder, arguments.writers)
    for name, is_checked in (("plain COPY", True), ("plain COPY, no foreign key", False)):
        copies = [copied_in(url, files, is_checked=is_checked) for _ in range(ROUNDS)]
        print(f"  ours / limit: {best / show(name, copies):.0%}")


def in_rounds(batches: Sequence[pa.Table]) -> list[Sequence[pa.Table]]:
    """A twentieth to warm up, then equal rounds."""
    first = max(1, len(batches) // 20)
    ends = [first + (len(batches) - first) * n // ROUNDS for n in range(ROUNDS + 1)]
    return [batches[:first], *(batches[low:high] for low, high in pairwise(ends))]


def show(name: str, runs: Sequence[tuple[int, float]]) -> float:
    """Events a second of the best of `runs`: what else the machine does only ever slows one."""
    events, seconds = max(runs, key=lambda run: run[0] / run[1])
    print(f"{name:28} {events:>10,} events {seconds:7.2f} s {events / seconds:>10,.0f} events/s")
    return events / seconds


def ident(number: int, kind: int) -> bytes:
    return UUID(int=kind << 96 | number).bytes


def subscribe(database: Database, tenant: int, count: int) -> None:
    """Customers in several zones with a subscription each."""
    ids = [(ident(n, 1), ident(n, 2)) for n in range(count)]
    with database.transaction(tenant_id=tenant) as tx:
        customers.import_customers(
            tx,
            rows(
                CUSTOMER,
                *(
                    {"customer_id": c, "name": f"c{n}", "time_zone": ZONES[n % len(ZONES)]}
                    for n, (c, _) in enumerate(ids)
                ),
            ),
        )
        subscriptions.import_subscriptions(
            tx,
            rows(SUBSCRIPTION, *({"subscription_id": s, "customer_id": c} for c, s in ids)),
            rows(SUBSCRIPTION_ITEM),
        )
    with database.owner_transaction() as tx:
        tx._connection.execute("analyze")  # noqa: SLF001  as autovacuum would by then


def reported(events: int, subscriptions: int, seed: int) -> list[pa.Table]:
    """Batches as they are sent: random ids, in time, half of them by the busiest eighth."""
    random = np.random.default_rng(seed)
    who = (subscriptions * random.random(events) ** 3).astype(int)
    ids = np.array([ident(n, 2) for n in range(subscriptions)], "V16")[who]
    raw = random.bytes(16 * events)
    span = np.timedelta64(DAYS * 86_400_000_000, "us")
    table = pa.table(
        {
            "event_id": [str(UUID(bytes=raw[at : at + 16])) for at in range(0, len(raw), 16)],
            "subscription_id": pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(16), events, [None, pa.py_buffer(ids.tobytes())]
            ),
            "meter": pa.array(["api_calls", "gigabytes"]).take(who % 2),
            "quantity": pa.array(random.integers(1, 100, size=events).astype(np.int32)).cast(
                QUANTITY
            ),
            "occurred_at": pa.array(BEGIN + (span * np.arange(events)) // events).cast(
                pa.timestamp("us", "UTC")
            ),
            "dimensions": pa.array(['{"region": "eu"}', '{"region": "us"}', None]).take(who % 3),
        },
        schema=REPORTED,
    )
    fresh = round(BATCH * (1 - REPEATS))
    return [
        pa.concat_tables(
            [
                table.slice(start, fresh),
                # Sent again after a time-out: what a writer still holds is not sent by the other.
                table.take(random.integers(max(start - 4 * fresh, 1), size=BATCH - fresh)),
            ]
        )
        for start in range(0, events, fresh)
    ]


def record(database: Database, tenant: int, batches: Sequence[pa.Table], writers: int) -> float:
    """Seconds until the last batch is committed, each writer taking the next one."""
    todo, lock = iter(batches), threading.Lock()

    def write() -> None:
        clock = SystemClock()
        while True:
            with lock:
                batch = next(todo, None)
            if batch is None:
                return
            with database.transaction(tenant_id=tenant) as tx:
                record_usage(tx, batch, source="reporter", clock=clock)

    return timed(write, writers)


def timed(work: Callable[[], None], writers: int) -> float:
    begun = time.perf_counter()
    with ThreadPoolExecutor(writers) as pool:
        for each in [pool.submit(work) for _ in range(writers)]:
            each.result()
    return time.perf_counter() - begun


def counted(url: str) -> tuple[int, int, int]:
    """Events, events in summaries, summaries."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select (select count(*) from billing.usage_event), sum(events)::bigint, count(*) "
            "from billing.usage_summary"
        ).fetchone()


def check_counts(found: tuple[int, int, int], batches: Sequence[pa.Table]) -> None:
    ids = pa.concat_tables(batches).column("event_id")
    wanted = len(ids.unique())
    if found[:2] != (wanted, wanted):
        sys.exit(f"{wanted} events were sent, {found[0]} counted, {found[1]} summed")


def copied_out(url: str, folder: Path, parts: int) -> list[Path]:
    """The rows that were counted, as each writer would copy them."""
    files = [folder / f"part{number}" for number in range(parts)]
    with psycopg.connect(url) as connection:
        pages = connection.execute(
            "select pg_relation_size('billing.usage_event') / 8192"
        ).fetchone()[0]
        for number, file in enumerate(files):
            low, high = (pages * n // parts for n in (number, number + 1))
            statement = (
                "copy (select * from billing.usage_event where "
                f"ctid >= '({low},0)' and ctid < '({high},0)') to stdout (format binary)"
            )
            with file.open("wb") as out, connection.cursor().copy(statement) as copy:
                for data in copy:
                    out.write(data)
    return files


def copied_in(url: str, files: Sequence[Path], *, is_checked: bool) -> tuple[int, float]:
    """Rows and seconds of plain COPY into the emptied table."""
    with psycopg.connect(url) as connection:
        connection.execute("truncate billing.usage_event")
    todo, copied = iter(files), []

    def copy() -> None:
        file = next(todo)
        with psycopg.connect(url) as connection:
            if not is_checked:
                connection.execute("set session_replication_role = replica")
            cursor = connection.cursor()
            statement = "copy billing.usage_event from stdin (format binary)"
            with file.open("rb") as data, cursor.copy(statement) as into:
                while block := data.read(1 << 20):
                    into.write(block)
            copied.append(cursor.rowcount)

    seconds = timed(copy, len(files))
    return sum(copied), seconds


if __name__ == "__main__":
    main()
