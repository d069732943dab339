"""Chinook's three dialects become the same books, and the books say what the shop sold.

The truth is added up from the published script, by neither DuckDB nor the pack.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.content import content_hash
from tests.support.published import (
    chinook_in_mariadb,
    chinook_in_postgresql,
    chinook_in_sqlite,
    chinook_script,
    needs_published_data,
)
from tests.support.statements import statement

from trueup.db import Database, create_tenant
from trueup.db.tenants import Books
from trueup.kernel.clock import SystemClock
from trueup.migration.mapping.pack import find_pack
from trueup.migration.reconciliation.model import Verdict
from trueup.migration.stages import assessing, extracting, loading, proving
from trueup.migration.stages.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.postgres import PostgresForTests

    from trueup.migration.backfill.model import LoadResult
    from trueup.migration.reconciliation.model import Reconciliation

pytestmark = [*needs_published_data]

DIALECTS = ("sqlite", "postgresql", "mariadb")


@dataclass(frozen=True)
class Migrated:
    url: str
    tenant_id: int
    loaded: LoadResult
    found: Reconciliation

    def rows(self, sql: str) -> list[Any]:
        with Database.connect(self.url) as db, db.transaction(tenant_id=self.tenant_id) as tx:
            return [tuple(row) for row in tx.many(statement(sql))]


@pytest.fixture(scope="module")
def migrated(
    postgres: PostgresForTests,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], Migrated]:
    """Migrates a dialect when a test first asks for it."""

    @cache
    def migrate(dialect: str) -> Migrated:
        folder = tmp_path_factory.mktemp(dialect)
        return _migrate(_source(dialect, folder, request), postgres.clone(), folder)

    return migrate


def _source(dialect: str, folder: Path, request: pytest.FixtureRequest) -> str:
    if dialect == "sqlite":
        return chinook_in_sqlite(folder / "chinook.db")
    if dialect == "postgresql":
        return chinook_in_postgresql(request.getfixturevalue("empty_postgres")())
    return chinook_in_mariadb(request.getfixturevalue("mariadb")())


def _migrate(source: str, url: str, folder: Path) -> Migrated:
    workspace, pack, clock = Workspace(folder / "work"), find_pack("chinook"), SystemClock()
    with Database.connect(url) as db:
        books = Books(db, create_tenant(db, "chinook"), "chinook")
        extracting.extract(source, workspace, clock=clock)
        assessing.assess(workspace, pack=pack, clock=clock)
        loaded = loading.load(books, workspace, pack=pack, name=None, clock=clock)
        found = proving.reconcile(books, workspace, pack=pack, name=None, clock=clock)
        proving.report(books, workspace, pack=pack, clock=clock)
        return Migrated(url, books.tenant_id, loaded, found)


@pytest.fixture(scope="module")
def truth() -> Callable[[str], dict[Any, Decimal]]:
    """Sums of what was sold, in whole cents, by any expression over the published tables."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(chinook_script("Sqlite"))

    def sums(by: str) -> dict[Any, Decimal]:
        with closing(connection.cursor()) as cursor:
            cursor.execute(
                f"select {by}, sum(cast(round(l.UnitPrice * 100) as integer) * l.Quantity)"
                " from InvoiceLine l join Invoice i using (InvoiceId) join Customer c using (CustomerId)"
                " group by 1"
            )
            return {key: Decimal(cents) / 100 for key, cents in cursor}

    return sums


@pytest.mark.parametrize("dialect", DIALECTS)
def test_chinook_ties_out(migrated, dialect):
    found = migrated(dialect).found
    assert {check.verdict for check in found.checks} == {Verdict.PASS}
    assert found.ties_out


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_row_of_chinook_is_loaded(migrated, dialect):
    found = {each.entity: each for each in migrated(dialect).loaded.totals}
    assert {name: each.loaded for name, each in found.items()} == {
        "product": 3503, "plan": 3503, "price": 3503,
        "customer": 59, "invoice": 412, "line_item": 2240,
    }  # fmt: skip
    assert all(each.merged == each.excluded == each.rejected == 0 for each in found.values())


def test_three_dialects_make_the_same_books(migrated):
    assert len({content_hash(migrated(dialect).url) for dialect in DIALECTS}) == 1


@pytest.mark.parametrize(
    ("of_source", "of_target"),
    [
        ("'all'", "'all'"),
        ("c.CustomerId", "x.source_key::integer"),
        ("cast(strftime('%Y', i.InvoiceDate) as integer)", "extract(year from i.issued_at)::integer"),
        ("i.InvoiceId", "i.number::integer"),
    ],
    ids=["all", "by customer", "by year", "by invoice"],
)  # fmt: skip
@pytest.mark.parametrize(
    "amount", ["i.total_micros", "(select sum(l.amount_micros) from billing.line_item l where l.invoice_id = i.invoice_id)"]
)  # fmt: skip
def test_what_was_sold_comes_out(migrated, truth, of_source, of_target, amount):
    """By the headers and by the lines, which agree on every invoice."""
    expected = truth(of_source)
    found = migrated("sqlite").rows(
        f"select {of_target} as key, sum({amount}) / 1000000 as sold from billing.invoice i"
        " join migration.crosswalk x on x.entity = 'customer' and x.target_id = i.customer_id"
        " where i.currency = 'USD' group by 1"
    )
    assert dict(found) == expected
    assert sum(expected.values()) == Decimal("2328.60")


def test_each_country_is_the_code_of_its_name(migrated, truth):
    by_name = truth("c.Country")
    by_code = dict(
        migrated("sqlite").rows(
            "select c.country, sum(i.total_micros) / 1000000 from billing.invoice i"
            " join billing.customer c using (tenant_id, customer_id) group by 1"
        )
    )
    assert sorted(by_code.values()) == sorted(by_name.values())
    assert len(by_code) == len(by_name) == 24
    names = {"US": "USA", "CA": "Canada", "CZ": "Czech Republic", "GB": "United Kingdom"}
    assert {code: by_code[code] for code in names} == {
        code: by_name[name] for code, name in names.items()
    }


def test_sales_over_the_counter_are_paid_and_no_payment_is_made_up(migrated):
    books = migrated("sqlite")
    assert books.rows(
        "select status, paid_micros = total_micros as is_whole, paid_at = issued_at as is_at_once, count(*)"
        " from billing.invoice group by 1, 2, 3"
    ) == [("paid", True, True, 412)]
    assert books.rows("select count(*) from billing.payment") == [(0,)]
    assert books.rows(
        "select template, sum(amount_micros) / 1000000 from ledger.transfer"
        " where template = 'imported_settlement' group by 1"
    ) == [("imported_settlement", Decimal("2328.60"))]


def test_names_arrive_as_they_are_written(migrated):
    """Names and addresses beyond ASCII, and gaps that stay gaps."""
    books = migrated("mariadb")
    assert books.rows(
        "select name, company, address_line1, city, region, postal_code from billing.customer"
        " join migration.crosswalk on target_id = customer_id where source_key in ('1', '2') order by 1"
    ) == [
        ("Leonie Köhler", None, "Theodor-Heuss-Straße 34", "Stuttgart", None, "70174"),
        (
            "Luís Gonçalves", "Embraer - Empresa Brasileira de Aeronáutica S.A.",
            "Av. Brigadeiro Faria Lima, 2170", "São José dos Campos", "SP", "12227-000",
        ),
    ]  # fmt: skip
    assert books.rows(
        "select count(*) - count(company) as companies, count(*) - count(postal_code) as codes,"
        " count(*) - count(phone) as phones from billing.customer"
    ) == [(49, 4, 1)]
