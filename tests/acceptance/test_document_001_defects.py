"""Defects D1 to D16 of migration plan 001's data load: rows lost, doubled, or never to be found again.

Each test runs the document's own SQL (`literal`, or `charitable` where an earlier defect would hide
this one) and our load over one legacy database. Source: MIGRATION_RULES 5a.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.acceptance.document_001_legacy import AS_OF, document_rows, insert, make_database
from tests.acceptance.document_001_runs import SOURCE, Books, Ours, make_legacy, run_document
from tests.acceptance.document_001_sql import STEPS

from trueup.kernel.ids import imported_id
from trueup.migration.mapping.errors import UnknownValues
from trueup.migration.mapping.workbench import Workbench
from trueup.migration.sources.service import extract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STATUSES = [
    # source, what the document makes of it, what it is
    (1001, "active", "active", "active"),
    (1002, "trialing", "trialing", "trialing"),
    (1003, "canceled", "cancelled", "cancelled"),
    (1004, "past_due", "active", "past_due"),
    (1005, "unpaid", "active", "unpaid"),
    (1006, "paused", "active", "paused"),
    (1007, "incomplete", "active", "incomplete"),
    (1008, "incomplete_expired", "active", "expired"),
    (1009, "pending", "active", "pending"),
]


@pytest.mark.parametrize(("key", "raw", "documents", "is_really"), STATUSES)
def test_d1_every_status_is_mapped_and_none_becomes_active_by_default(
    charitable: Books, ours: Ours, key: int, raw: str, documents: str, is_really: str
) -> None:
    assert (
        charitable.one(
            f"select status from subscriptions where metadata->>'legacy_subscription_id' = '{key}'"
        )
        == documents
    )
    assert ours.of("subscription", key, "status, source_status") == (is_really, raw)


def test_d1_an_unknown_status_stops_the_load_and_is_named(
    empty_postgres: Callable[[], str], ours: Ours, tmp_path: Path
) -> None:
    rows = document_rows()
    rows["legacy_subscriptions"][0]["status"] = "zombie"
    url = empty_postgres()
    make_database(url, rows)
    with pytest.raises(UnknownValues, match=r"legacy_subscriptions\.status: 'zombie'"):
        Workbench(
            extract(url, tmp_path / "snapshot"),
            ours.pack,
            tenant_id=1,
            source=SOURCE,
            as_of=datetime.fromisoformat(AS_OF),
            scratch=tmp_path / "scratch",
        ).check_fit()


def test_d2_subscriptions_find_their_plan(literal: Books, ours: Ours) -> None:
    assert literal.one("select count(*) from subscriptions") == 0
    assert len(ours.loaded("subscription")) == 14
    assert ours.one("select count(*) from billing.subscription_item") == 14


def test_d3_invoices_keep_their_subscription(literal: Books, ours: Ours) -> None:
    assert literal.one("select count(subscription_id) from invoices") == 0
    assert ours.one("select count(subscription_id) from billing.invoice") == 3


def test_d4_usage_is_loaded_and_accounted_for(literal: Books, ours: Ours) -> None:
    assert literal.one("select count(*) from usage_records") == 0
    assert ours.loaded("usage_event") == ["801", "802", "803"]
    assert ours.aside("usage_event", 804) == ("rejected", "orphan", "subscription_key")


ORPHANS = [
    # entity, table, rows in the source, rows in the document's target, the orphan, what it lacks
    ("payment_method", "payment_methods", 5, 4, 25, "customer_key"),
    ("subscription", "subscriptions", 15, 14, 1016, "customer_key"),
    ("invoice", "invoices", 7, 6, 506, "customer_key"),
    ("payment", "payments", 6, 5, 706, "invoice_key"),  # one of the five is there twice (D7)
    ("usage_event", "usage_records", 4, 2, 804, "subscription_key"),
    ("credit", "credits", 4, 1, 904, "customer_key"),
]


@pytest.mark.parametrize("case", ORPHANS, ids=[case[0] for case in ORPHANS])
def test_d5_an_orphan_is_rejected_by_name(
    charitable: Books, ours: Ours, case: tuple[str, str, int, int, int, str]
) -> None:
    """The document's inner joins drop it, and nothing says so."""
    entity, table, in_source, in_document, key, field = case
    assert charitable.one(f"select count(*) from legacy_{table}") == in_source
    assert charitable.one(f"select count(*) from {table}") == in_document
    assert ours.aside(entity, key) == ("rejected", "orphan", field)


def test_d6_money_on_account_is_a_payment_too(charitable: Books, ours: Ours) -> None:
    assert charitable.one("select count(*) from legacy_payments where invoice_id is null") == 1
    assert charitable.one("select count(*) from payments where invoice_id is null") == 0
    assert ours.of("payment", 702, "invoice_id, amount_micros") == (None, 20_000_000)


def test_d7_a_shared_card_does_not_double_payments(charitable: Books, ours: Ours) -> None:
    """Two customers hold pm_b: joined by the processor's id alone, payment 701 is there twice."""
    assert charitable.one("select count(*) from payments where idempotency_key = 'k1'") == 2
    assert ours.rows(
        "select source_key from migration.crosswalk where entity = 'payment' and source_key = '701'"
    ) == ["701"]
    method = ours.of("payment_method", 22, "payment_method_id")
    assert ours.of("payment", 701, "payment_method_id, method_kind") == (method, "card")
    detached = ours.of("payment_method", 23, "payment_method_id")
    assert ours.of("payment", 705, "payment_method_id") == detached


def test_d8_statuses_are_in_the_targets_words(charitable: Books, ours: Ours) -> None:
    due = "select sum(amount_due - amount_paid) from invoices where status in ('open', 'past_due')"
    owed = "select sum(total_micros - paid_micros) from billing.invoice where status = 'open'"
    assert charitable.one(due) == 2000  # its own balance query misses what is partly paid
    assert ours.one(owed) == 35_000_000
    assert (
        charitable.one("select status from payments where idempotency_key is null") == "processing"
    )
    assert ours.of("payment", 703, "status, source_status") == ("pending", "processing")


def test_d9_a_partly_used_credit_is_worth_what_remains(charitable: Books, ours: Ours) -> None:
    assert charitable.rows("select amount from credits") == [1000]
    assert ours.of("credit", 901, "original_micros, remaining_micros") == (10_000_000, 4_000_000)


def test_d10_spent_expired_and_negative_credits_stay_in_the_books(
    charitable: Books, ours: Ours
) -> None:
    assert charitable.one("select count(*) from credits") == 1
    assert ours.loaded("credit") == ["901", "902", "903"]
    assert ours.of("credit", 903, "remaining_micros") == -5_000_000
    assert ours.of("credit", 902, "expires_at::text") == "2026-06-01 04:00:00+00"
    assert ours.of("credit_application", 951, "amount_micros") == 6_000_000


def test_d11_a_credit_is_spendable_in_one_system_only(charitable: Books, ours: Ours) -> None:
    """The document gives it to the new system while the old one goes on billing."""
    assert charitable.one("select count(*) from credits where applied_to_invoice_id is null") == 1
    assert ours.rows(
        "select distinct authority from billing.credit join billing.customer using (customer_id)"
    ) == ["source"]


def test_d12_usage_follows_the_subscriptions_period_not_the_calendar_month(
    charitable: Books, ours: Ours
) -> None:
    """801 waits for the bill of a period that began last month; 803 was billed and is in this month."""
    assert charitable.rows("select metadata->>'legacy_id' from usage_records order by 1") == [
        "802",
        "803",
    ]
    assert [ours.of("usage_event", key, "is_billed") for key in (801, 802, 803)] == [
        False,
        False,
        True,
    ]


def test_d13_a_second_run_changes_nothing(legacy: str, charitable: Books, ours: Ours) -> None:
    with psycopg.connect(legacy) as again:
        again.execute(b"set search_path = charitable, document, public, pg_catalog")
        again.execute(STEPS["accounts"].encode())
        assert again.execute(
            b"select count(*), count(distinct metadata->>'legacy_id') from accounts"
        ).fetchone() == (14, 7)
        again.rollback()
    assert charitable.one("select count(*) from accounts") == 7
    before = ours.rows("select customer_id from billing.customer order by 1")
    assert ours.load_again().was_finished
    assert ours.rows("select customer_id from billing.customer order by 1") == before
    assert ours.of("customer", 1, "customer_id") == imported_id(
        ours.destination.tenant_id, SOURCE, "customer", "1"
    )


@pytest.mark.usefixtures("charitable")
def test_d14_the_id_map_is_unique_both_ways(legacy: str, ours: Ours) -> None:
    with psycopg.connect(legacy) as editor:
        editor.execute(b"set search_path = charitable, document, public, pg_catalog")
        assert (
            editor.execute(b"""update accounts set metadata = '{"legacy_id": 1}'""").rowcount == 7
        )  # nothing minds
        editor.rollback()
    for column in ("source_key", "target_id"):
        other = {"source_key": "gen_random_uuid()", "target_id": "'another'"}[column]
        columns = {"source_key": f"source_key, {other}", "target_id": f"{other}, target_id"}[column]
        with pytest.raises(psycopg.errors.UniqueViolation):
            ours.connection.execute(
                "insert into migration.crosswalk (tenant_id, load_id, entity, source_key, target_id)"
                f" select tenant_id, load_id, entity, {columns} from migration.crosswalk limit 1".encode()
            )


@pytest.mark.usefixtures("charitable")
def test_d15_one_bad_row_does_not_stop_the_others(legacy: str, ours: Ours) -> None:
    """A unique invoice number, which the target needs, ends the document's step at the first double."""
    with psycopg.connect(legacy) as strict:
        strict.execute(b"set search_path = charitable, document, public, pg_catalog")
        strict.execute(b"delete from invoices; create unique index on invoices (number)")
        insert(strict, "legacy_invoices", [{"id": 599, "invoice_number": "INV-0000501"}])
        with pytest.raises(psycopg.errors.UniqueViolation):
            strict.execute(STEPS["invoices"].encode())
        strict.rollback()
    assert ours.aside("invoice", 505) == ("rejected", "lines_do_not_add_up", "line_items")
    assert len(ours.loaded("invoice")) == 5


class Meanwhile:
    """A progress that lets the legacy system work on once the first table has been read."""

    def __init__(self, url: str) -> None:
        self.url, self.tables = url, 0

    def begin(self, task: str, total: int | None) -> None:  # noqa: ARG002  the port's signature
        self.tables += 1
        if self.tables == 2:
            with psycopg.connect(self.url) as live:
                insert(live, "legacy_customers", [{"id": 90}])
                insert(
                    live,
                    "legacy_invoices",
                    [{"id": 590, "customer_id": 90, "invoice_number": "INV-0000590"}],
                )
                insert(live, "legacy_webhook_events", [{"id": 990}])

    def advance(self, count: int = 1) -> None: ...

    def end(self) -> None: ...


def test_d16_all_tables_are_read_at_one_position(
    empty_postgres: Callable[[], str], tmp_path: Path
) -> None:
    """An invoice made after the accounts step has no account, and the document drops it."""
    url = make_legacy(empty_postgres())
    for naive in run_document(url, "meanwhile", is_charitable=False):
        insert(naive.connection, "legacy_customers", [{"id": 90}])
        insert(naive.connection, "legacy_invoices", [{"id": 590, "customer_id": 90}])
        naive.connection.execute(b"delete from invoices")
        naive.connection.execute(STEPS["invoices"].encode())
        assert naive.rows("select 1 from invoices where metadata->>'legacy_id' = '590'") == []
        naive.connection.execute(
            b"delete from legacy_customers where id = 90; delete from legacy_invoices where id = 590"
        )
    snapshot = extract(url, tmp_path / "snapshot", progress=Meanwhile(url))
    assert {table.name: table.rows for table in snapshot.tables if table.name in ("legacy_customers", "legacy_invoices", "legacy_webhook_events")} == {
        "legacy_customers": 7, "legacy_invoices": 7, "legacy_webhook_events": 1,
    }  # fmt: skip
    with psycopg.connect(url) as live:
        assert live.execute(b"select count(*) from legacy_invoices").fetchone() == (8,)
