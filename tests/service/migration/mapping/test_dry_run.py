"""What a dry run foretells is what the load does: it is the same mapping, on all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trueup.kernel.clock import SystemClock
from trueup.kernel.progress import SILENT
from trueup.migration.backfill.service import Destination, load
from trueup.migration.mapping.dry_run import check_shapes, dry_run
from trueup.migration.mapping.errors import UnknownValues
from trueup.migration.mapping.pack import find_pack, open_pack
from trueup.migration.sample import service as sample
from trueup.migration.sources.service import extract
from trueup.migration.sources.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from trueup.db import Database

PACK = open_pack(find_pack("legacy-001"))
CLOCK = SystemClock()


def snapshot_of(folder: Path, *, dirt: str) -> Snapshot:
    legacy = f"sqlite:///{folder / 'legacy.db'}"
    kinds = sample.dirt_named(dirt)
    sample.make_legacy(legacy, customers=60, dirt=kinds, seed=3, progress=SILENT)
    return extract(legacy, folder / "snapshot", clock=CLOCK)


def test_a_dry_run_foretells_the_load_to_the_row(
    db: Database, tenant_id: int, tmp_path: Path
) -> None:
    snapshot = snapshot_of(tmp_path, dirt="default")
    tried = dry_run(snapshot, PACK, scratch=tmp_path / "dry", clock=CLOCK)
    assert not list((tmp_path / "dry").iterdir())
    loaded = load(
        Destination(db, tenant_id, PACK.name),
        snapshot,
        PACK,
        scratch=tmp_path / "scratch",
        clock=CLOCK,
    )
    assert {(t.entity, t.loaded, t.merged, t.excluded, t.rejected) for t in tried} == {
        (t.entity, t.loaded, t.merged, t.excluded, t.rejected) for t in loaded.totals
    }
    told = [reason for each in tried for reason in each.reasons]
    foretold: dict[tuple[str, str, str, str], int] = {}
    for each in told:  # a load's reasons are not parted by owner
        key = (each.entity, each.bucket, each.reason, each.field)
        foretold[key] = foretold.get(key, 0) + each.rows
    assert foretold == {
        (r.entity, r.bucket, r.reason, r.field or ""): r.rows for r in loaded.reasons
    }
    assert all(1 <= len(each.keys) <= min(3, each.rows) for each in told)
    assert all(each.fix for each in told if each.bucket == "rejected")
    assert not all(each.is_within_budget for each in tried)


def test_unknown_words_are_named_before_a_row_is_mapped(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, dirt="unknown_invoice_statuses")
    for attempt in (dry_run, check_shapes):
        with pytest.raises(UnknownValues, match="legacy_invoices"):
            attempt(snapshot, PACK, scratch=tmp_path / "dry", clock=CLOCK)
