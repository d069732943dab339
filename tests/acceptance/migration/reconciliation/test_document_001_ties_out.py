"""The two readings of document 001's schema agree, whatever the source holds (M33).

`entities/` and `checks/` were written apart. Where they read one odd row differently, a field breaks.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from trueup.db import Query
from trueup.kernel.clock import SystemClock
from trueup.kernel.progress import SILENT
from trueup.migration.backfill.service import Destination, load
from trueup.migration.mapping.pack import find_pack, open_pack
from trueup.migration.reconciliation.model import Verdict
from trueup.migration.reconciliation.service import reconcile
from trueup.migration.reconciliation.target import CONTROLS
from trueup.migration.sample import service as sample
from trueup.migration.sources.service import extract

if TYPE_CHECKING:
    from collections.abc import Callable

    from trueup.db import Database
    from trueup.migration.reconciliation.model import Reconciliation

    Tie = Callable[[str], Reconciliation]

CUSTOMERS = 150
METERED_BILLS = """
select b.next_bill_at, s.charged_through_at, s.current_period_end, s.cancel_at_period_end
  from ({next_bill}) b
  join migration.crosswalk c on c.entity = 'subscription' and c.source_key = b.source_key
  join billing.subscription s on s.subscription_id = c.target_id
  join billing.subscription_item i on i.subscription_id = s.subscription_id
  join billing.price p on p.price_id = i.price_id
 where p.meter is not null and s.status in ('active', 'past_due') and s.cancel_at is null
"""
ODD_ROWS = Path(__file__).with_name("odd_rows.sql")


@pytest.fixture
def tie(db: Database, tenant_id: int, tmp_path: Path) -> Tie:
    """Extracts, loads and reconciles the legacy system at an address."""

    def run(address: str) -> Reconciliation:
        snapshot = extract(address, tmp_path / "snapshot", clock=SystemClock())
        pack = find_pack("legacy-001")
        load(
            Destination(db, tenant_id, "old billing"),
            snapshot,
            open_pack(pack),
            scratch=tmp_path / "scratch",
            clock=SystemClock(),
        )
        return reconcile(db, tenant_id, "old billing", snapshot, pack)

    return run


def make(address: str, *, seed: int) -> str:
    sample.make_legacy(
        address, customers=CUSTOMERS, dirt=sample.DEFAULT_DIRT, seed=seed, progress=SILENT
    )
    return address


def not_passed(result: Reconciliation) -> list[object]:
    """But for the rejection budget: of so few rows each kind of dirt is more than one in a hundred."""
    return [
        (check.name, check.subject, check.reason, check.samples)
        for check in result.checks
        if check.verdict is not Verdict.PASS and check.name != "rejection_budget"
    ]


@pytest.mark.parametrize("engine", ["sqlite", "csv", "postgresql", "mariadb"])
def test_a_dirty_source_ties_out_from_every_engine(
    engine: str, tie: Tie, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Booleans, decimals and times arrive in four ways; an engine may hold what another cannot."""
    addresses = {
        "sqlite": f"sqlite:///{tmp_path / 'legacy.db'}",
        "csv": f"csv://{tmp_path / 'csv'}",
    }
    fixtures = {"postgresql": "empty_postgres", "mariadb": "mariadb"}
    address = addresses.get(engine) or request.getfixturevalue(fixtures[engine])()
    assert not not_passed(tie(make(address, seed=23)))


def test_odd_rows_are_read_alike_twice(tie: Tie, tmp_path: Path) -> None:
    address = make(f"sqlite:///{tmp_path / 'legacy.db'}", seed=17)
    with closing(sqlite3.connect(tmp_path / "legacy.db")) as connection:
        connection.executescript(ODD_ROWS.read_text("utf-8"))
    result = tie(address)
    assert not not_passed(result)
    # The file does what it is for: prices that stand for no row were made, and one was refused.
    prices = [cell.rows for cell in result.conservation if cell.entity == "price"]
    assert sum(rows["derived"] for rows in prices) > 0
    assert sum(rows["source"] for rows in prices) < sum(
        rows["loaded"] + rows["rejected"] for rows in prices
    )


def test_usage_is_billed_next_at_the_end_of_its_period(
    tie: Tie, db: Database, tenant_id: int, tmp_path: Path
) -> None:
    """It is charged through where its last bill ended: a next bill there is one sent already (M36)."""
    result = tie(make(f"sqlite:///{tmp_path / 'legacy.db'}", seed=29))
    (found,) = (check for check in result.checks if check.name == "next_bill")
    assert found.verdict is Verdict.PASS
    next_bill = CONTROLS.next_bill.sql.replace("%(load_id)s", f"'{result.load_id}'")
    with db.transaction(tenant_id=tenant_id) as tx:
        metered = tx.many(Query("metered_bills", "", METERED_BILLS.format(next_bill=next_bill)))
    assert any(row.charged_through_at < row.current_period_end for row in metered)
    assert [row for row in metered if row.next_bill_at != row.current_period_end] == []
    assert any(row.cancel_at_period_end for row in metered)
