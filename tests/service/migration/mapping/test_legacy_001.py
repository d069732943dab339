"""The pack for document 001's schema against a legacy system with every kind of dirt planted in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from tests.service.migration.mapping.canonical_world import Outcome, map_snapshot

from trueup.kernel.progress import SILENT
from trueup.migration.mapping.errors import UnknownValues
from trueup.migration.mapping.pack import find_pack, open_pack
from trueup.migration.sample.kinds import DEFAULT_DIRT, DIRT
from trueup.migration.sample.model import Engine, SampleSummary
from trueup.migration.sample.model import Outcome as Expected
from trueup.migration.sample.service import make_legacy
from trueup.migration.sources.service import extract

if TYPE_CHECKING:
    from pathlib import Path

CUSTOMERS = 400
AFTER = datetime(2026, 11, 17, tzinfo=UTC)
ENTITY_OF = {
    each.table: each.entity for each in open_pack(find_pack("legacy-001")).entities if each.table
}
ASIDE = {"merged": Expected.MERGED, "excluded": Expected.EXCLUDED, "rejected": Expected.REJECTED}


@pytest.fixture(scope="module", params=["csv", "sqlite"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SampleSummary, Outcome]:
    """CSV gives every value as text, SQLite gives numbers for booleans and text for times."""
    folder = tmp_path_factory.mktemp(request.param)
    address = {"csv": f"csv:{folder}/source", "sqlite": f"sqlite:{folder}/source.db"}[request.param]
    summary = make_legacy(address, customers=CUSTOMERS, dirt=DEFAULT_DIRT, seed=3, progress=SILENT)
    snapshot = extract(address.removeprefix("csv:"), folder / "snapshot", part_rows=4000)
    return summary, map_snapshot(folder, snapshot, open_pack(find_pack("legacy-001")), AFTER)


def _became(outcome: Outcome, table: str, key: int) -> set[Expected]:
    entity, found = ENTITY_OF[table], set()
    if str(key) in outcome.loaded[entity]:
        found.add(Expected.LOADED)
    if aside := outcome.aside.get((entity, str(key))):
        found.add(ASIDE[aside[0]])
    return found


@pytest.mark.parametrize(
    "kind",
    [each for each in DEFAULT_DIRT if Engine.CSV in each.engines],
    ids=lambda kind: kind.name,
)
def test_each_kind_of_dirt_ends_where_it_belongs(made: tuple[SampleSummary, Outcome], kind) -> None:
    summary, outcome = made
    planted = summary.planted[kind.name]
    assert planted.rows
    for row in planted.rows:
        assert kind.outcome in _became(outcome, row.table, row.id), row
    for row in planted.dependents:
        assert Expected.LOADED not in _became(outcome, row.table, row.id), row


def test_nothing_clean_is_set_aside(made: tuple[SampleSummary, Outcome]) -> None:
    summary, outcome = made
    known = {
        (ENTITY_OF[row.table], str(row.id))
        for planted in summary.planted.values()
        for row in (*planted.rows, *planted.dependents)
    }
    assert {key: aside for key, aside in outcome.aside.items() if key not in known} == {}


def test_every_row_of_every_table_is_accounted_for(made: tuple[SampleSummary, Outcome]) -> None:
    summary, outcome = made
    derived = ("custom:", "plan:")  # prices that no row of the source stands for
    for table, entity in ENTITY_OF.items():
        loaded = [key for key in outcome.loaded[entity] if not key.startswith(derived)]
        aside = [key for each, key in outcome.aside if each == entity]
        assert len(loaded) + len(aside) == summary.rows[table], table


def test_what_nobody_mapped_stops_the_load(tmp_path: Path) -> None:
    stopping = [kind for kind in DIRT if kind.outcome is Expected.STOPS]
    make_legacy(f"csv:{tmp_path}/source", customers=100, dirt=stopping, seed=3, progress=SILENT)
    snapshot = extract(f"{tmp_path}/source", tmp_path / "snapshot")
    with pytest.raises(UnknownValues) as refused:
        map_snapshot(tmp_path, snapshot, open_pack(find_pack("legacy-001")))
    assert set(refused.value.fields["unknown"]) == {
        "legacy_plans.billing_interval", "legacy_plans.pricing_model", "legacy_subscriptions.status",
        "legacy_invoices.status", "legacy_payments.status"}  # fmt: skip
