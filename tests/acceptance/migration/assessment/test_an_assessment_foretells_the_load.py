"""Source: issue 2, "Assess": each finding says what it will do to the load. Here the load is asked.

What the assessment says will be set aside is compared with what a real load sets aside, row by row,
on a legacy database with every named kind of dirt.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from trueup.db import Database, create_tenant
from trueup.kernel.clock import SystemClock
from trueup.kernel.progress import SILENT
from trueup.migration.assessment.model import Severity
from trueup.migration.assessment.service import assess
from trueup.migration.backfill import service as backfill
from trueup.migration.mapping.pack import find_pack, open_pack
from trueup.migration.sample import service as sample
from trueup.migration.sources import service as sources
from trueup.migration.stages.expectations import expectations_of

if TYPE_CHECKING:
    from tests.support.postgres import PostgresForTests

    from trueup.migration.sources.snapshot import Snapshot

CUSTOMERS = 250
CHINOOK = Path(__file__).parents[5] / "shared" / "data" / "chinook" / "Chinook_Sqlite.sql"

FOLLOWS = ("_rejected", "_excluded")
"""Reasons that follow from another row's fate."""

DECIDED = {"merged_customer", "test_customer", "erased_person", "replay"}
"""Reasons of the pack: rows that are sound, and stay behind or are merged by decision."""


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("foretell")
    legacy = f"sqlite:///{folder / 'legacy.db'}"
    sample.make_legacy(
        legacy, customers=CUSTOMERS, dirt=sample.DEFAULT_DIRT, seed=17, progress=SILENT
    )
    return sources.extract(legacy, folder / "snapshot", clock=SystemClock())


def test_every_row_that_the_load_rejects_was_named_before(
    snapshot: Snapshot, postgres: PostgresForTests, tmp_path: Path
) -> None:
    pack = open_pack(find_pack("legacy-001"))
    found = assess(snapshot, expectations=expectations_of(pack, snapshot))
    named = {
        (finding.table, example.key)
        for finding in found.findings
        if finding.severity is Severity.SETS_ASIDE
        for example in finding.examples
    }
    url = postgres.clone()
    with Database.connect(url) as db:
        backfill.load(
            backfill.Destination(db, create_tenant(db, "acme"), "legacy"),
            snapshot,
            pack,
            scratch=tmp_path,
            clock=SystemClock(),
        )
    tables = {each.entity: each.table for each in pack.entities}
    with psycopg.connect(url) as connection:
        aside = connection.execute("select entity, source_key, reason from migration.set_aside")
        reasons = {(tables[entity], key): reason for entity, key, reason in aside}
    own = {row for row, reason in reasons.items() if not reason.endswith(FOLLOWS)}
    assert len(own) > 50
    missed = {row: reasons[row] for row in own - named if reasons[row] not in DECIDED}
    assert missed == {}
    assert named - set(reasons) == set(), "named to be set aside, yet loaded"


@pytest.mark.shared_data
@pytest.mark.skipif(not CHINOOK.exists(), reason="../shared is not beside the project")
def test_a_schema_nobody_described_is_assessed_by_its_names(tmp_path: Path) -> None:
    """Chinook: 11 tables in CamelCase, clean but for white space in seven invoices' city."""
    with closing(sqlite3.connect(tmp_path / "chinook.db")) as connection:
        connection.executescript(CHINOOK.read_text(encoding="utf-8-sig"))
    source = f"sqlite:///{tmp_path / 'chinook.db'}"
    snapshot = sources.extract(source, tmp_path / "snapshot", clock=SystemClock())
    found = assess(snapshot)
    kinds = {table.name: table.kind for table in found.tables if table.kind}
    assert kinds == {"Customer": "customer", "Employee": "person", "Invoice": "invoice"}
    rows = {table.name: table.rows for table in found.tables}
    assert (rows["Invoice"], rows["InvoiceLine"], rows["Track"]) == (412, 2240, 3503)
    assert {(f.code, f.table, f.columns, f.count) for f in found.findings} == {
        ("value_padded", "Invoice", ("BillingCity",), 7),
        ("value_padded", "Customer", ("City",), 1),
    }
