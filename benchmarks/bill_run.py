"""How fast renewals become invoices, beside a plain copy of the very rows that were written.

    .venv/bin/python benchmarks/bill_run.py                       # 100 000 renewals, two workers
    .venv/bin/python benchmarks/bill_run.py --renewals 1000000    # memory stays flat
    .venv/bin/python benchmarks/bill_run.py --one-customer 30000  # all of one customer

Each subscription has a flat and a graduated item, is taxed, posted to the ledger and announced in
the outbox. The limit: the rows of that run, by plain binary COPY into the same tables of another
database, by as many connections as there were workers.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg
import pyarrow as pa

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from trueup.billing.catalog import service as catalog  # noqa: E402  the root is on the path only now
from trueup.billing.catalog.model import Interval, Plan, Price, PriceModel  # noqa: E402
from trueup.billing.invoicing import issuers, runs  # noqa: E402
from trueup.billing.invoicing.model import LegalEntity  # noqa: E402
from trueup.billing.taxes.model import Seller  # noqa: E402
from trueup.db import Database, EmbeddedServer, create_tenant, migrate  # noqa: E402
from trueup.kernel.clock import SystemClock  # noqa: E402
from trueup.kernel.ids import ids_of_words, new_id  # noqa: E402
from trueup.ledger import service as ledger  # noqa: E402
from trueup.ledger.chart import RECEIVABLE  # noqa: E402

START = datetime(2025, 1, 1, tzinfo=UTC)
BEGAN, DUE, NEXT = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))
WRITTEN = ("billing.invoice", "billing.line_item", "ledger.transfer", "events.outbox")
CLOCK = SystemClock()
LIMIT_UP_TO = 200_000  # renewals; the rows of more do not fit into memory, where the copy has them
TIERS = [
    {"up_to": "10", "unit_amount_micros": 1_000_000, "flat_amount_micros": 0},
    {"up_to": "100", "unit_amount_micros": 800_000, "flat_amount_micros": 0},
    {"up_to": None, "unit_amount_micros": 500_000, "flat_amount_micros": 0},
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--renewals", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--one-customer", type=int, default=0)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="trueup-bench-"))
    server = EmbeddedServer.ensure(folder / "server")
    try:
        migrate(server.url)
        with Database.connect(server.url) as db:
            if arguments.one_customer:
                one_customer(db, server.url, arguments.one_customer)
            else:
                many(db, server.url, arguments.renewals, arguments.workers)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def many(db: Database, url: str, renewals: int, workers: int) -> None:
    tenant_id = world(db, renewals, customers=renewals)
    settle(url)
    seconds, report = measured(db, tenant_id, workers)
    print(f"ours: {report.done.invoices:,} invoices in {seconds:.1f} s")
    print(f"ours: {report.done.invoices / seconds:,.0f} invoices/s, {workers} workers")
    print(f"ours: peak {peak_mib():,.0f} MiB")
    if renewals > LIMIT_UP_TO:
        return
    limit = plain_copy(url, workers)
    print(f"limit: {renewals / limit:,.0f} invoices/s, plain COPY of the same rows")
    print(f"ours / limit: {limit / seconds:.0%}")


def one_customer(db: Database, url: str, subscriptions: int) -> None:
    tenant_id = world(db, subscriptions, customers=1)
    settle(url)
    seconds, report = measured(db, tenant_id, 1)
    print(f"one customer, {subscriptions:,} subscriptions: {seconds:.2f} s (to reach: 3 s)")
    print(f"{report.done.invoices:,} invoices")


def measured(db: Database, tenant_id: int, workers: int) -> tuple[float, runs.RunReport]:
    begun = time.perf_counter()
    report = runs.run(db, tenant_id, DUE, CLOCK, workers=workers)
    seconds = time.perf_counter() - begun
    if not report.is_complete or report.done.parked:
        sys.exit(f"not everything was billed: {report}")
    return seconds, report


def world(db: Database, count: int, *, customers: int) -> int:
    """A tenant with `count` subscriptions that renew on 1 February, billed up to then."""
    tenant_id = create_tenant(db, f"bench {new_id(CLOCK)}")
    with db.transaction(tenant_id=tenant_id) as tx:
        seller = Seller("DE", vat_number="DE123456789")
        issuers.insert_legal_entity(
            tx,
            LegalEntity(new_id(CLOCK), "de", "Acme", seller, True, "INV-", "CN-", is_default=True),
        )
        product, plan = (
            new_id(CLOCK),
            Plan(new_id(CLOCK), new_id(CLOCK), "Pro", Interval.MONTH, code="pro"),
        )
        plan = Plan(plan.plan_id, product, "Pro", Interval.MONTH, code="pro")
        catalog.create_product(tx, product, "Pro")
        catalog.create_plan(tx, plan, at=START)
        fee = Price(
            new_id(CLOCK),
            plan.plan_id,
            "EUR",
            PriceModel.FLAT,
            unit_amount_micros=12_500_000,
            is_per_unit=False,
        )
        seats = Price(
            new_id(CLOCK), plan.plan_id, "EUR", PriceModel.GRADUATED, charge="seats", tiers=TIERS
        )
        catalog.add_price(tx, fee)
        catalog.add_price(tx, seats)
    step = 100_000
    for first in range(0, count, step):
        add(db, tenant_id, plan, (fee, seats), min(step, count - first), customers)
    return tenant_id


def add(
    db: Database, tenant_id: int, plan: Plan, prices: tuple[Price, ...], count: int, customers: int
) -> None:
    owners, subscriptions = ids(1 if customers == 1 else count), ids(count)
    quantities = np.random.default_rng(1).integers(1, 500, count)
    with db.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        tx.insert(
            "billing.customer",
            constant(
                len(owners),
                customer_id=owners,
                name="Ann",
                currency="EUR",
                time_zone="UTC",
                country="DE",
                is_tax_exempt=False,
                status="active",
                created_at=START,
                authority="target",
                origin="native",
            ),
        )
        owner = owners.take(pa.array([0] * count)) if customers == 1 else owners
        # Who renews was billed before: the account is open.
        ledger.open_accounts(
            tx, [RECEIVABLE], constant(len(owners), customer_id=owners, currency="EUR")
        )
        tx.insert(
            "billing.subscription",
            constant(
                count,
                subscription_id=subscriptions,
                customer_id=owner,
                status="active",
                currency="EUR",
                started_at=START,
                current_period_start=BEGAN,
                current_period_end=DUE,
                charged_through_at=DUE,
                cancel_at_period_end=False,
                collection_method="charge_automatically",
                net_days=14,
                plan_id=plan.plan_id.bytes,
                origin="native",
                time_zone="UTC",
                cycle='{"every": [1, "month"], "anchor": [2025, 1, 1]}',
                phases_from=START,
                next_bill_at=DUE,
                last_billed_at=BEGAN,
                is_steady=True,
                orders=1,
                quantity=pa.array(quantities),
            ),
        )
        for position, (price, amounts) in enumerate(
            zip(prices, (np.ones(count, np.int64), quantities), strict=True)
        ):
            tx.insert(
                "billing.subscription_item",
                constant(
                    count,
                    subscription_id=subscriptions,
                    position=position,
                    price_id=price.price_id.bytes,
                    quantity=pa.array(amounts),
                    item_key=f"{price.charge_code}/2025-01-01/{position}",
                    served_from=START,
                ),
            )


def ids(count: int) -> pa.Array:
    """Ids in the order of time, as the application makes them."""
    words = np.empty((count, 2), np.uint64)
    upper = new_id(CLOCK).int >> 64
    words[:, 0] = np.uint64(upper) + (np.arange(count, dtype=np.uint64) << np.uint64(12))
    words[:, 1] = np.random.default_rng(upper & 0xFFFF).integers(
        1 << 62, dtype=np.uint64, size=count
    ) | np.uint64(1 << 63)
    return ids_of_words(words)


def constant(count: int, **columns: object) -> pa.Table:
    """A table of `count` rows; what is no array is the same in each."""
    return pa.table(
        {
            name: value if isinstance(value, pa.Array) else pa.repeat(pa.scalar(value), count)
            for name, value in columns.items()
        }
    )


def peak_mib() -> float:
    """The most memory this process, one of the workers, ever held."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    return int(found[1]) / 1024 if found else 0


def settle(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")


def plain_copy(url: str, workers: int) -> float:
    """Seconds that the same rows take by COPY, in chunks of a thousand invoices."""
    with psycopg.connect(url, autocommit=True) as connection:
        shares = [dumped(connection, table, workers) for table in WRITTEN]
        connection.execute("create database limit_of_copy")
    other = url.replace("/trueup?", "/limit_of_copy?")
    migrate(other)
    parents(url, other)
    settle(other)
    errors: list[BaseException] = []
    threads = [
        threading.Thread(target=copied, args=(other, [s[n] for s in shares], errors))
        for n in range(workers)
    ]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return time.perf_counter() - begun


def dumped(connection: psycopg.Connection, table: str, workers: int) -> list[list[bytes]]:
    """The rows of a table as binary COPY chunks, dealt to the workers."""
    columns = [
        row[0]
        for row in connection.execute(
            "select quote_ident(attname) from pg_attribute where attrelid = %s::regclass"
            " and attnum > 0 and not attisdropped and attidentity = '' order by attnum",
            (table,),
        )
    ]
    names = ", ".join(columns)
    key = {"ledger.transfer": "entry_id", "events.outbox": "subject_id"}.get(table, "invoice_id")
    total = connection.execute(f"select count(distinct {key}) from {table}").fetchone()[0]
    parts = max(total // 1000, 1)
    dealt: list[list[bytes]] = [[] for _ in range(workers)]
    connection.execute(
        "create temp table if not exists part as select invoice_id as key,"
        " ntile(%s) over (order by invoice_id) as part from billing.invoice".replace(
            "%s", str(parts)
        )
    )
    connection.execute("create index if not exists part_idx on part (part)")
    for part in range(1, parts + 1):
        with connection.cursor().copy(
            f"copy (select {', '.join('t.' + c for c in columns)} from {table} t"
            f" join part p on p.key = t.{key} where p.part = {part}) to stdout (format binary)"
        ) as copy:
            dealt[part % workers].append(
                (
                    f"copy {table} ({names}) from stdin (format binary)",
                    b"".join(bytes(block) for block in copy),
                )
            )
    return dealt


def parents(url: str, other: str) -> None:
    """What the rows refer to."""
    for table in (
        "tenancy.tenant",
        "billing.customer",
        "billing.product",
        "billing.plan",
        "billing.legal_entity",
        "billing.derivation",
        "billing.subscription",
        "ledger.account",
    ):
        with (
            psycopg.connect(url) as source,
            psycopg.connect(other) as target,
            source.cursor().copy(f"copy {table} to stdout (format binary)") as out,
            target.cursor().copy(f"copy {table} from stdin (format binary)") as into,
        ):
            for block in out:
                into.write(block)


def copied(url: str, shares: list[list[tuple[str, bytes]]], errors: list[BaseException]) -> None:
    try:
        with psycopg.connect(url) as connection:
            for chunk in zip(*shares, strict=True):
                for statement, rows in chunk:
                    with connection.cursor().copy(statement) as copy:
                        copy.write(rows)
                connection.commit()
    except BaseException as error:  # noqa: BLE001  told by the main thread
        errors.append(error)


if __name__ == "__main__":
    main()
