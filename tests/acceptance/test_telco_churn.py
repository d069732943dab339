"""A file of text without dates, names or currency becomes books that bill nobody who left.

The truth is added up from the published file, by neither DuckDB nor the pack.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.published import DATA, needs_published_data
from tests.support.statements import statement

from trueup.db import Database, create_tenant
from trueup.db.tenants import Books
from trueup.kernel.clock import SystemClock
from trueup.migration.mapping.pack import find_pack
from trueup.migration.reconciliation.model import Verdict
from trueup.migration.stages import assessing, extracting, loading, proving
from trueup.migration.stages.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgres import PostgresForTests

    from trueup.migration.backfill.model import LoadResult
    from trueup.migration.reconciliation.model import Reconciliation

pytestmark = [*needs_published_data]

FOLDER = DATA / "telco-churn"


@dataclass(frozen=True)
class Migrated:
    db: Database
    tenant_id: int
    loaded: LoadResult
    found: Reconciliation

    def rows(self, sql: str) -> list[Any]:
        with self.db.transaction(tenant_id=self.tenant_id) as tx:
            return [tuple(row) for row in tx.many(statement(sql))]


@pytest.fixture(scope="module")
def books(
    postgres: PostgresForTests, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Migrated]:
    workspace, clock = Workspace(tmp_path_factory.mktemp("telco") / "work"), SystemClock()
    pack = find_pack("telco-churn")
    with Database.connect(postgres.clone()) as db:
        into = Books(db, create_tenant(db, "telco"), "telco")
        extracting.extract(str(FOLDER), workspace, clock=clock)
        assessing.assess(workspace, pack=pack, clock=clock)
        loaded = loading.load(into, workspace, pack=pack, name=None, clock=clock)
        found = proving.reconcile(into, workspace, pack=pack, name=None, clock=clock)
        proving.report(into, workspace, pack=pack, clock=clock)
        yield Migrated(db, into.tenant_id, loaded, found)


@pytest.fixture(scope="module")
def published() -> list[dict[str, str]]:
    with (FOLDER / "Telco-Customer-Churn.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def monthly_by(rows: list[dict[str, str]], *columns: str) -> dict[tuple[str, ...], Decimal]:
    """Monthly charges of those who stayed, by the values of `columns`."""
    found: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["Churn"] == "No":
            found[tuple(row[column] for column in columns)] += Decimal(row["MonthlyCharges"])
    return dict(found)


def test_the_telephone_company_ties_out(books):
    assert {check.verdict for check in books.found.checks} == {Verdict.PASS}
    assert books.found.ties_out


def test_every_row_is_loaded_but_the_blank_totals(books, published):
    found = {each.entity: each for each in books.loaded.totals}
    assert {name: each.loaded for name, each in found.items()} == {
        "product": 4, "plan": 12, "price": 3151,
        "customer": 7043, "payment_method": 7043, "subscription": 7043, "invoice": 7032,
    }  # fmt: skip
    assert sum(each.rejected + each.merged for each in found.values()) == 0
    blank = {row["customerID"] for row in published if row["TotalCharges"] == " "}
    aside = books.rows("select source_key, bucket, reason, owner, value from migration.set_aside")
    assert set(aside) == {(key, "excluded", "nothing_charged_yet", "finance", " ") for key in blank}
    assert len(aside) == found["invoice"].excluded == len(blank) == 11
    (why,) = books.loaded.reasons
    assert (why.entity, why.reason, why.field, why.rows) == (
        "invoice", "nothing_charged_yet", "total_charges", 11,
    )  # fmt: skip


def test_who_stayed_is_billed_and_who_left_is_not(books):
    assert books.rows(
        "select c.status as customer, s.status as subscription, count(*) as people, sum(p.unit_amount_micros) / 1000000 as monthly"
        " from billing.subscription s"
        " join billing.customer c using (tenant_id, customer_id)"
        " join billing.subscription_item i using (tenant_id, subscription_id)"
        " join billing.price p using (tenant_id, price_id)"
        " where p.currency = 'USD' and i.quantity = 1 and s.currency = 'USD'"
        " group by 1, 2 order by 1"
    ) == [
        ("active", "active", 5174, Decimal("316985.75")),
        ("closed", "cancelled", 1869, Decimal("139130.85")),
    ]  # fmt: skip


def test_monthly_revenue_comes_out_by_term_and_way_to_pay(books, published):
    terms = {"Month-to-month": "month to month", "One year": "one year", "Two year": "two years"}
    kinds = {
        "Electronic check": ("bank_debit", "send_invoice"),
        "Mailed check": ("check", "send_invoice"),
        "Bank transfer (automatic)": ("bank_transfer", "charge_automatically"),
        "Credit card (automatic)": ("card", "charge_automatically"),
    }
    found = books.rows(
        "select split_part(pl.name, ', ', 2) as term, m.kind, s.collection_method,"
        " sum(p.unit_amount_micros) / 1000000 as monthly"
        " from billing.subscription s"
        " join billing.subscription_item i on i.tenant_id = s.tenant_id and i.subscription_id = s.subscription_id"
        " join billing.price p on p.tenant_id = i.tenant_id and p.price_id = i.price_id"
        " join billing.plan pl on pl.tenant_id = p.tenant_id and pl.plan_id = p.plan_id"
        " join billing.payment_method m on m.tenant_id = s.tenant_id and m.customer_id = s.customer_id"
        " where s.status = 'active' and pl.interval = 'month' group by 1, 2, 3"
    )
    expected = monthly_by(published, "Contract", "PaymentMethod")
    assert {(term, kind, collected): monthly for term, kind, collected, monthly in found} == {
        (terms[contract], *kinds[method]): monthly for (contract, method), monthly in expected.items()
    }  # fmt: skip
    assert sum(expected.values()) == Decimal("316985.75")


def test_each_product_is_the_services_of_its_row(books, published):
    found = books.rows(
        "select pr.name, count(*) from billing.subscription_item"
        " join billing.price using (tenant_id, price_id) join billing.plan using (tenant_id, plan_id)"
        " join billing.product pr using (tenant_id, product_id) group by 1"
    )
    counted = Counter((row["PhoneService"], row["InternetService"]) for row in published)
    assert dict(found) == {
        "telephone": counted["Yes", "No"],
        "DSL": counted["No", "DSL"],
        "telephone and DSL": counted["Yes", "DSL"],
        "telephone and fiber optic": counted["Yes", "Fiber optic"],
    }


def test_the_lifetime_is_an_opening_figure_and_no_payment_is_made_up(books, published):
    found = dict(
        books.rows("select number, total_micros from billing.invoice where status = 'paid'")
    )
    assert found == {
        "OPENING-" + row["customerID"]: int(Decimal(row["TotalCharges"]) * 1_000_000)
        for row in published
        if row["TotalCharges"].strip()
    }
    assert sum(found.values()) == 16_056_168_700_000
    assert books.rows("select count(*) from billing.payment") == [(0,)]
    assert books.rows(
        "select sum(amount_micros) / 1000000 as settled from ledger.transfer"
        " where template = 'imported_settlement'"
    ) == [(Decimal("16056168.70"),)]


def test_tenure_is_kept_as_the_month_a_customer_came(books, published):
    found = books.rows(
        "select x.source_key, (extract(year from span) * 12 + extract(month from span))::integer"
        " from (select customer_id, age(timestamptz '2018-09-01 00:00+00', created_at) as span"
        "         from billing.customer) c"
        " join migration.crosswalk x on x.entity = 'customer' and x.target_id = c.customer_id"
    )
    assert dict(found) == {row["customerID"]: int(row["tenure"]) for row in published}


def test_no_payment_method_holds_what_could_charge_anybody(books):
    assert books.rows(
        "select count(*), count(psp) as psps, count(psp_payment_method_id) + count(fingerprint) as tokens"
        " from billing.payment_method"
    ) == [(7043, 0, 0)]
