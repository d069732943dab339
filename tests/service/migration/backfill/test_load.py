"""What a load of dirty books leaves behind: every row in its bucket, every id twice unique."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from tests.support.content import _rows, _tables

from trueup.billing.customers import service as customers
from trueup.billing.customers.model import Mended
from trueup.db import Database, create_tenant
from trueup.kernel.clock import SystemClock
from trueup.kernel.progress import SILENT
from trueup.migration.backfill import service as backfill
from trueup.migration.backfill.model import LoadResult
from trueup.migration.backfill.unload import unload
from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.pack import find_pack, open_pack
from trueup.migration.sample import service as sample
from trueup.migration.sources.service import extract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.postgres import PostgresForTests

    from trueup.migration.sources.snapshot import Snapshot

CUSTOMERS = 200  # fewer cannot hold every kind of dirt
PACK = open_pack(find_pack("legacy-001"))
DERIVED = -1


@dataclass(frozen=True)
class Loaded:
    """Dirty books, loaded for one tenant; tests only look at them, or clone them."""

    legacy: Path
    snapshot: Snapshot
    result: LoadResult
    postgres: PostgresForTests
    url: str

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(question).fetchall()

    @contextmanager
    def clone(self) -> Iterator[str]:
        name = self.url.rpartition("@/")[2].partition("?")[0]
        url = self.postgres.create(template=name)
        yield url
        self.postgres.drop(url)


def load(db: Database, tenant: str, snapshot: Snapshot, scratch: Path) -> LoadResult:
    return backfill.load(
        backfill.Destination(db, create_tenant(db, tenant), "legacy"),
        snapshot,
        PACK,
        scratch=scratch,
        clock=SystemClock(),
    )


@pytest.fixture(scope="module")
def loaded(
    postgres: PostgresForTests, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    folder = tmp_path_factory.mktemp("dirty")
    legacy = folder / "legacy.db"
    sample.make_legacy(
        str(legacy), customers=CUSTOMERS, dirt=sample.DEFAULT_DIRT, seed=5, progress=SILENT
    )
    snapshot = extract(str(legacy), folder / "snapshot", part_rows=5_000)
    url = postgres.clone()
    with Database.connect(url) as db:
        result = load(db, "acme", snapshot, folder / "scratch")
    yield Loaded(legacy, snapshot, result, postgres, url)
    postgres.drop(url)


def test_every_row_of_every_table_ends_in_exactly_one_bucket(loaded: Loaded) -> None:
    counted = Counter(
        dict(loaded.ask("select source_table, row_count::int from migration.table_set_aside"))
    )
    for entity, rows in loaded.ask(
        f"select entity, sum(loaded + merged + excluded + rejected)::int from migration.checkpoint"
        f" where chunk <> {DERIVED} group by 1"
    ):
        counted[next(each.table for each in PACK.entities if each.entity == entity)] += rows
    assert counted == {table.name: table.rows for table in loaded.snapshot.tables}


def test_a_checkpoint_counts_what_was_written_with_it(loaded: Loaded) -> None:
    wrote = loaded.ask(
        "select entity, 'loaded', count(*) from migration.crosswalk group by 1"
    ) + loaded.ask("select entity, bucket, count(*) from migration.set_aside group by 1, 2")
    counted = [
        (total.entity, bucket, getattr(total, bucket))
        for total in loaded.result.totals
        for bucket in ("loaded", "merged", "excluded", "rejected")
        if getattr(total, bucket)
    ]
    assert sorted(wrote) == sorted(counted)


def test_no_row_is_set_aside_and_loaded(loaded: Loaded) -> None:
    """A row that repeats a loaded one's key is set aside under that key; its position tells them apart."""
    both = loaded.ask(
        "select entity, source_key, reason from migration.set_aside"
        " join migration.crosswalk using (tenant_id, load_id, entity, source_key)"
    )
    assert {reason for _, _, reason in both} == {"exact_duplicate"}, both


def test_the_crosswalk_is_unique_both_ways_and_leads_to_records(loaded: Loaded) -> None:
    ((rows, sources, targets),) = loaded.ask(
        "select count(*), count(distinct (entity, source_key)), count(distinct target_id) from migration.crosswalk"
    )
    assert rows == sources == targets > 0
    for entity, canonical in CANONICAL.items():
        ((records, known),) = loaded.ask(
            f"select count(*), count(x.target_id) from {canonical.target} r left join migration.crosswalk x"
            f" on x.tenant_id = r.tenant_id and x.target_id = r.{entity}_id"
            f" where '{entity}' <> 'line_item' or x.entity = 'line_item'"
        )
        assert records == known, entity
    lost = "select count(*) from migration.crosswalk where source_key is null or source_key = ''"
    assert loaded.ask(lost) == [(0,)]


def test_the_raw_status_is_kept_for_the_way_back(loaded: Loaded) -> None:
    raw = loaded.ask(
        "select distinct source_status from migration.crosswalk where entity = 'invoice'"
    )
    assert {"past_due", "paid", "open", "void"} <= {status for (status,) in raw}


def test_imported_customers_are_billed_by_the_source(loaded: Loaded) -> None:
    assert loaded.ask("select distinct authority from billing.customer") == [("source",)]
    assert loaded.ask("select distinct origin from billing.invoice") == [("imported",)]
    assert loaded.ask("select distinct is_imported from ledger.transfer") == [(True,)]


@pytest.mark.parametrize(
    ("bucket", "named"),
    [
        ("rejected", "field is not null and fix <> ''"),
        ("excluded", "owner <> ''"),
        ("merged", "survivor_key <> ''"),
    ],
)  # fmt: skip
def test_every_row_that_is_set_aside_says_why(bucket: str, named: str, loaded: Loaded) -> None:
    ((rows, explained),) = loaded.ask(
        f"select count(*), count(*) filter (where reason <> '' and {named})"
        f" from migration.set_aside where bucket = '{bucket}'"
    )
    assert rows == explained > 0


def test_what_was_merged_lives_on_in_a_loaded_record(loaded: Loaded) -> None:
    lost = loaded.ask(
        "select a.entity, a.source_key, a.survivor_key from migration.set_aside a"
        " left join migration.crosswalk x using (tenant_id, load_id, entity)"
        " where a.bucket = 'merged' group by 1, 2, 3"
        " having not bool_or(x.source_key = a.survivor_key)"
    )
    assert lost == []


def test_customers_are_linked_to_their_parents(loaded: Loaded) -> None:
    with closing(sqlite3.connect(loaded.legacy)) as legacy:
        parents = {
            (str(child), str(parent))
            for child, parent in legacy.execute(
                "select id, parent_customer_id from legacy_customers where parent_customer_id is not null"
            )
        }
    linked = set(
        loaded.ask(
            "select x.source_key, p.source_key from billing.customer c"
            " join migration.crosswalk x on x.target_id = c.customer_id"
            " join migration.crosswalk p on p.target_id = c.parent_customer_id"
        )
    )
    customers = {
        key
        for (key,) in loaded.ask(
            "select source_key from migration.crosswalk where entity = 'customer'"
        )
    }
    assert linked == {(child, parent) for child, parent in parents if child in customers}
    assert linked


def test_the_books_balance_and_receivables_are_what_customers_owe(loaded: Loaded) -> None:
    assert (
        loaded.ask(
            "select currency from ledger.balance group by 1 having sum(debits_micros) <> sum(credits_micros)"
        )
        == []
    )
    booked = loaded.ask(
        "select customer_id, currency, sum(debits_micros - credits_micros) from ledger.balance"
        " where kind = 'receivable' group by 1, 2 having sum(debits_micros - credits_micros) <> 0"
    )
    owed = loaded.ask(
        "select customer_id, currency, sum(total_micros - paid_micros - credited_micros) from billing.invoice"
        " where status = 'open' group by 1, 2 having sum(total_micros - paid_micros - credited_micros) <> 0"
    )
    assert sorted(booked) == sorted(owed)
    assert owed


def test_the_next_number_of_every_series_lies_above_the_highest_imported_one(
    loaded: Loaded,
) -> None:
    highest: Counter[tuple[str, str]] = Counter()
    for document, column in (
        ("invoice", "billing.invoice"),
        ("credit_note", "billing.credit_note"),
    ):
        for (number,) in loaded.ask(f"select number from {column} where number is not null"):
            found = re.fullmatch(r"(.*?)(\d{1,15})", number.strip())  # some are padded by a space
            assert found, number
            series = (document, found[1])
            highest[series] = max(highest[series], int(found[2]))
    reserved = loaded.ask("select document, prefix, next_number from billing.number_series")
    assert {(document, prefix): number - 1 for document, prefix, number in reserved} == dict(
        highest
    )


# --- the same books, whatever the way ------------------------------------------------------------


def content(url: str) -> dict[str, list[str]]:
    """The rows of every table but the checkpoints, which are one a chunk."""
    with psycopg.connect(url) as connection:
        tables = [name for name in _tables(connection) if name != "migration.checkpoint"]
        return {table: _rows(connection, table) for table in tables}


def test_the_size_of_chunks_makes_no_difference(loaded: Loaded, tmp_path: Path) -> None:
    small = extract(str(loaded.legacy), tmp_path / "snapshot", part_rows=250)
    url = loaded.postgres.clone()
    with Database.connect(url) as db:
        load(db, "acme", small, tmp_path)
    assert content(url) == content(loaded.url)
    loaded.postgres.drop(url)


def test_two_tenants_load_the_same_snapshot_and_do_not_meet(loaded: Loaded, tmp_path: Path) -> None:
    alone = content(loaded.url)
    with loaded.clone() as url, Database.connect(url) as db:
        second = load(db, "globex", loaded.snapshot, tmp_path)
        assert second.totals == loaded.result.totals
        with psycopg.connect(url) as connection:
            for table in _tables(connection):
                per_tenant = connection.execute(
                    f"select count(*) filter (where tenant_id = 1), count(*) filter (where tenant_id = 2) from {table}"
                ).fetchone()
                assert per_tenant is not None
                assert per_tenant[0] == per_tenant[1], table
            shared = "select target_id from migration.crosswalk group by 1 having count(*) > 1"
            assert connection.execute(shared).rowcount == 0
        with db.transaction(tenant_id=2) as tx:  # what is kept of a mend goes with its customer
            customers.mend_customer(tx, customers.at_source(tx, None, 1)[0], Mended(name="Mended"))
        unload(db, 2, "legacy")
        assert content(url) == alone
