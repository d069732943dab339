"""A report of a real load: a legacy database, its snapshot, the books, the reconciliation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.support.markup import Page

from trueup.db import Database, create_tenant
from trueup.kernel.clock import SystemClock
from trueup.kernel.progress import SILENT
from trueup.migration.backfill import service as backfill
from trueup.migration.evidence.model import ReportInputs, Verdict
from trueup.migration.evidence.rules import judge, whole_rows
from trueup.migration.evidence.service import Books, gather, render_report
from trueup.migration.evidence.translation import provenance_of, reconciliation_from_json
from trueup.migration.mapping.pack import find_pack, open_pack
from trueup.migration.reconciliation.document import result_hash, to_json
from trueup.migration.reconciliation.service import reconcile
from trueup.migration.sample import service as sample
from trueup.migration.sources import service as sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgres import PostgresForTests

    from trueup.migration.reconciliation.model import Reconciliation

CUSTOMERS = 120
WHEN = "2026-01-15T10:00:00Z"


@pytest.fixture(scope="module")
def url(postgres: PostgresForTests) -> str:
    return postgres.clone()


@pytest.fixture(scope="module")
def books(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    folder = tmp_path_factory.mktemp("report")
    legacy = f"sqlite:///{folder / 'legacy.db'}"
    sample.make_legacy(
        legacy, customers=CUSTOMERS, dirt=sample.DEFAULT_DIRT, seed=5, progress=SILENT
    )
    snapshot = sources.extract(legacy, folder / "snapshot", clock=SystemClock())
    pack = find_pack("legacy-001")
    with Database.connect(url) as db:
        tenant_id = create_tenant(db, "acme")
        backfill.load(
            backfill.Destination(db, tenant_id, "legacy"),
            snapshot,
            open_pack(pack),
            scratch=folder / "scratch",
            clock=SystemClock(),
        )
        yield Books(db, tenant_id, snapshot, pack)


@pytest.fixture(scope="module")
def found(books: Books) -> Reconciliation:
    return reconcile(books.db, books.tenant_id, "legacy", books.snapshot, books.pack)


def report_inputs(books: Books, found: Reconciliation) -> ReportInputs:
    provenance = provenance_of(
        books.snapshot,
        found,
        pack="legacy-001 1.0",
        target="tenant acme",
        reconciled_at=WHEN,
        versions=(("Trueup", "0.1.0"),),
        timings=(),
    )
    return gather(books, found, title="Acme", provenance=provenance)


@pytest.fixture(scope="module")
def inputs(books: Books, found: Reconciliation) -> ReportInputs:
    return report_inputs(books, found)


def test_the_verdict_is_that_of_the_reconciliation(
    found: Reconciliation, inputs: ReportInputs
) -> None:
    assert (judge(inputs).verdict is Verdict.TIES_OUT) == found.ties_out, judge(inputs).reasons
    # A dirty source of a hundred customers is over the rejection budget, and nothing else is wrong.
    assert not inputs.breaks
    assert judge(inputs).verdict is Verdict.DOES_NOT_TIE_OUT
    assert all("the budget allows" in each for each in judge(inputs).reasons[:-1])


def test_every_row_of_the_snapshot_is_in_the_tie_out_or_in_a_table_left_behind(
    books: Books, inputs: ReportInputs
) -> None:
    counted = sum(line.source.rows for line in whole_rows(inputs.tie_out))
    of_tables = {table.name: table.rows for table in books.snapshot.tables}
    behind = sum(group.rows for group in inputs.set_aside if group.entity in of_tables)
    assert counted + behind == sum(of_tables.values())


def test_reasons_are_grouped_with_their_rows_and_money(books: Books, inputs: ReportInputs) -> None:
    tables = {table.name for table in books.snapshot.tables}
    of_rows = [group for group in inputs.set_aside if group.entity not in tables]
    whole = whole_rows(inputs.tie_out)
    for bucket in ("merged", "excluded", "rejected"):
        reported = sum(group.rows for group in of_rows if group.bucket == bucket)
        assert reported == sum(getattr(line, bucket).rows for line in whole)
    assert all(group.fix for group in of_rows if group.bucket == "rejected")
    assert all(group.owner for group in of_rows if group.bucket == "excluded")
    assert all(1 <= len(group.keys) <= 3 for group in of_rows)


def test_both_sides_billed_the_same_in_every_month(inputs: ReportInputs) -> None:
    assert len(inputs.billed) > 12
    assert [month for month in inputs.billed if not month.is_same] == []


def test_a_month_that_differs_is_seen(books: Books, found: Reconciliation, url: str) -> None:
    """The source is read afresh, so a change of the books after the load shows."""
    with psycopg.connect(url) as owner:
        owner.execute("alter table billing.invoice disable trigger all")
        moved = owner.execute(
            "update billing.invoice set total_micros = total_micros + 10000, subtotal_micros = subtotal_micros + 10000 where invoice_id ="
            " (select min(invoice_id::text)::uuid from billing.invoice where status = 'paid')"
            " returning to_char(issued_at at time zone 'UTC', 'YYYY-MM')"
        ).fetchone()
        owner.commit()
        try:
            differing = [m.month for m in report_inputs(books, found).billed if not m.is_same]
        finally:
            owner.execute(
                "update billing.invoice set total_micros = total_micros - 10000, subtotal_micros = subtotal_micros - 10000 where invoice_id ="
                " (select min(invoice_id::text)::uuid from billing.invoice where status = 'paid')"
            )
            owner.execute("alter table billing.invoice enable trigger all")
    assert moved is not None
    assert differing == [moved[0]]


def test_the_ledger_stands_in_the_report_in_balance(inputs: ReportInputs) -> None:
    by_currency: dict[str, int] = {}
    for line in inputs.trial_balance:
        code = line.debits.currency.code
        by_currency[code] = by_currency.get(code, 0) + line.debits.micros - line.credits.micros
    assert by_currency
    assert set(by_currency.values()) == {0}


def test_a_kept_reconciliation_reads_back_as_it_was(found: Reconciliation) -> None:
    again = reconciliation_from_json(to_json(found))
    assert again == found
    assert result_hash(again) == result_hash(found)


def test_the_report_of_a_real_load_is_well_formed_and_the_same_every_time(
    inputs: ReportInputs,
) -> None:
    report = render_report(inputs, rendered_at=WHEN)
    page = Page(report.html)
    assert page.problems == []
    assert report == render_report(inputs, rendered_at=WHEN)
    assert "4111" not in page.text
