"""Customers of a legacy system, handed over, are billed as it would have billed them: once.

What is expected is read from the source by the pack's own control of next bills, which neither the
engine nor the loader sees (M36; issue 3, "Proof").
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from tests.support.published import DATA, needs_published_data
from tests.support.statements import statement

from trueup.billing.customers import service as customers
from trueup.billing.dialect.service import keep_dialect
from trueup.billing.invoicing import runs
from trueup.billing.invoicing.model import LegalEntity
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.rules.planning import Ordered
from trueup.billing.taxes.model import Seller
from trueup.db import Database, create_tenant
from trueup.db.tenants import Books
from trueup.kernel.clock import SystemClock
from trueup.kernel.ids import new_id
from trueup.kernel.progress import SILENT
from trueup.migration.backtest.source import source_facts
from trueup.migration.backtest.store import find_load
from trueup.migration.mapping.pack import find_pack, open_pack
from trueup.migration.sample.model import AS_OF
from trueup.migration.sample.service import make_legacy
from trueup.migration.stages import extracting, loading
from trueup.migration.stages.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.postgres import PostgresForTests

    from trueup.billing.invoicing.runs import RunReport
    from trueup.migration.backtest.model import NextBill

CUSTOMERS = 250
CUSTOMERS_MAX = 10_000
SELLER = Seller(
    country="US", region="NY", postal_code="10001", vat_number=None, collects_in=frozenset()
)
HALF_A_STEP = dict.fromkeys(["USD", "EUR", "GBP", "INR", "AED"], 5_000) | {
    "JPY": 500_000,
    "KWD": 500,
}
RUNNING = "select subscription_id from billing.subscription where status in ('active', 'trialing', 'past_due')"
BILLED = """
select l.subscription_id, i.currency, i.issued_at, min(l.period_start) as period_start,
       max(l.period_end) as period_end,
       sum(case when l.kind = 'recurring' then l.amount_micros else 0 end)::bigint as gross_micros,
       sum(case when l.kind = 'recurring' then l.amount_micros - l.discount_micros else 0 end)::bigint as fixed_micros
  from billing.line_item l
  join billing.invoice i on i.tenant_id = l.tenant_id and i.invoice_id = l.invoice_id
 where i.origin = 'native' and l.subscription_id is not null
 group by l.subscription_id, i.invoice_id, i.currency, i.issued_at
 order by l.subscription_id, i.issued_at
"""
DRAFTED = """
select i.subscription_id, i.period_start, i.period_end, l.amount_micros
  from billing.invoice i
  join billing.line_item l on l.tenant_id = i.tenant_id and l.invoice_id = i.invoice_id
 where i.origin = 'imported' and i.status = 'draft' and i.subscription_id is not null
   and l.position = (select min(m.position) from billing.line_item m
                      where m.tenant_id = l.tenant_id and m.invoice_id = l.invoice_id)
"""


@dataclass(frozen=True)
class Source:
    """A legacy system that stands still at a moment; customers are billed here until another."""

    pack: str
    zone: ZoneInfo
    stands_at: datetime
    until: datetime
    least: int

    def day(self, instant: datetime) -> str:
        return instant.astimezone(self.zone).date().isoformat()


NEW_YORK = ZoneInfo("America/New_York")
NOW = AS_OF.replace(tzinfo=NEW_YORK).astimezone(UTC)
SAMPLE = Source("legacy-001", NEW_YORK, NOW, NOW + timedelta(days=25), least=100)
EXPORTED = datetime(2018, 9, 1, tzinfo=UTC)
TELCO = Source("telco-churn", ZoneInfo("UTC"), EXPORTED, EXPORTED + timedelta(days=1), least=5174)


@dataclass(frozen=True)
class HandedOver:
    source: Source
    db: Database
    tenant_id: int
    expected: Mapping[UUID, NextBill]
    running: frozenset[UUID]
    unclear: frozenset[UUID]
    run: RunReport

    def rows(self, sql: str) -> list[Any]:
        with self.db.transaction(tenant_id=self.tenant_id) as tx:
            return list(tx.many(statement(sql)))


@pytest.fixture(
    scope="module",
    params=[SAMPLE, pytest.param(TELCO, marks=list(needs_published_data))],
    ids=lambda source: source.pack,
)
def handed_over(
    request: pytest.FixtureRequest,
    postgres: PostgresForTests,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[HandedOver]:
    source, folder = request.param, tmp_path_factory.mktemp("handed-over")
    address, pack, clock = f"sqlite:{folder}/legacy.db", find_pack(source.pack), SystemClock()
    if source is SAMPLE:
        make_legacy(address, customers=CUSTOMERS, dirt=(), seed=11, progress=SILENT)
    else:
        address = str(DATA / source.pack)
    workspace = Workspace(folder / "work")
    with Database.connect(postgres.clone()) as db:
        books = Books(db, create_tenant(db, "acme"), "acme")
        snapshot = extracting.extract(address, workspace, clock=clock)
        loading.load(books, workspace, pack=pack, name=None, clock=clock)
        with db.transaction(tenant_id=books.tenant_id) as tx:
            load_id = find_load(tx, source.pack) or ""
            facts = source_facts(tx, load_id, snapshot, open_pack(pack), pack)
            running = frozenset(row.subscription_id for row in tx.many(statement(RUNNING)))
            untaxed = LegalEntity(
                new_id(clock), "main", "Example Inc.", SELLER, False, "N-", "NC-", is_default=True
            )
            runs.create_legal_entity(tx, untaxed)
            settings = tomllib.loads((pack / "pack.toml").read_text("utf-8"))["dialect"]
            keep_dialect(tx, source.pack, settings, is_default=True)
            ids = customers.hand_over(tx, customers.at_source(tx, None, CUSTOMERS_MAX))
            ordered = Ordered(source.stands_at)
            taken = subscriptions.hand_over(tx, ids, ordered, time_zone=str(source.zone))
        run = runs.run(db, books.tenant_id, source.until, clock)
        unclear = frozenset(UUID(str(each.fields["subscription"])) for each in taken.unclear)
        yield HandedOver(source, db, books.tenant_id, facts.next_bills or {}, running, unclear, run)


def first_bills(handed_over: HandedOver) -> dict[UUID, Any]:
    first: dict[UUID, Any] = {}
    for row in handed_over.rows(BILLED):
        first.setdefault(row.subscription_id, row)
    return first


def test_only_what_the_source_would_not_bill_cannot_be_handed_over(handed_over: HandedOver) -> None:
    """Those that have not begun: the source does not say when their first period ends."""
    assert handed_over.unclear & set(handed_over.expected) == set()


def test_everything_due_is_billed_and_nothing_is_parked(handed_over: HandedOver) -> None:
    assert handed_over.run.done.parked == 0
    assert handed_over.run.is_complete


def test_each_is_billed_on_the_day_on_which_its_source_would_have(handed_over: HandedOver) -> None:
    """But for metered trials, for which a control names a moment at which nothing is due."""
    day, billed = handed_over.source.day, first_bills(handed_over)
    due = {
        key: bill
        for key, bill in handed_over.expected.items()
        if day(bill.at) < day(handed_over.source.until)
    }
    parted = {
        key: (day(bill.at), day(billed[key].issued_at) if key in billed else "never")
        for key, bill in due.items()
        if (bill.amount_micros or key in billed)
        and (key not in billed or day(billed[key].issued_at) != day(bill.at))
    }
    assert len(set(due) & set(billed)) >= handed_over.source.least
    assert parted == {}


def test_each_is_billed_for_the_period_that_follows(handed_over: HandedOver) -> None:
    """Of a fee the period that begins that day; the drafts of the source end it on the same day."""
    day, billed = handed_over.source.day, first_bills(handed_over)
    for key, bill in handed_over.expected.items():
        if key in billed and billed[key].fixed_micros:
            assert day(billed[key].period_start) == day(bill.at)
    drafts = {
        row.subscription_id: row
        for row in handed_over.rows(DRAFTED)
        if row.subscription_id in billed
    }
    assert {
        key: (day(row.period_start), day(row.period_end), row.amount_micros)
        for key, row in drafts.items()
    } == {
        key: (day(billed[key].period_start), day(billed[key].period_end), billed[key].gross_micros)
        for key in drafts
    }


def test_each_is_billed_the_fixed_fee_that_its_source_would_have(handed_over: HandedOver) -> None:
    """The control counts to a millionth; a bill is rounded to the currency: half a step apart."""
    day, billed = handed_over.source.day, first_bills(handed_over)
    parted = {
        key: (bill.amount_micros, row.fixed_micros)
        for key, bill in handed_over.expected.items()
        if (row := billed.get(key)) is not None
        and day(row.issued_at) == day(bill.at)
        and abs(row.fixed_micros - bill.amount_micros) > HALF_A_STEP[row.currency]
    }
    assert parted == {}


def test_whom_the_source_would_not_bill_is_not_billed(handed_over: HandedOver) -> None:
    """Those that end with their period, although they run and were handed over with the others."""
    silent = handed_over.running - set(handed_over.expected)
    assert bool(silent) is (handed_over.source is SAMPLE)
    assert silent & set(first_bills(handed_over)) == set()


def test_no_period_is_billed_twice(handed_over: HandedOver) -> None:
    again = runs.run(handed_over.db, handed_over.tenant_id, handed_over.source.until, SystemClock())
    assert again.done.invoices == 0
    overlaps = handed_over.rows(
        """
        select a.subscription_id
          from billing.line_item a
          join billing.line_item b on b.subscription_id = a.subscription_id and b.line_item_id <> a.line_item_id
           and b.kind = a.kind and b.item_key = a.item_key and b.period_start < a.period_end and a.period_start < b.period_end
         where a.kind in ('recurring', 'usage')
        """
    )
    assert overlaps == []
