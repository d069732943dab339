"""Nothing is loaded twice: not by a second run, and not under a second name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.acceptance import club
from tests.support.content import content_hash

from trueup.kernel.clock import SystemClock
from trueup.migration.backfill import service as backfill
from trueup.migration.backfill.errors import LoadedUnderAnotherName
from trueup.migration.backfill.unload import unload
from trueup.migration.mapping.pack import open_pack
from trueup.migration.sources.service import extract

if TYPE_CHECKING:
    from pathlib import Path

    from trueup.db import Database


def test_the_same_snapshot_is_refused_under_another_name_until_the_first_is_unloaded(
    db: Database, database_url: str, tenant_id: int, tmp_path: Path
) -> None:
    snapshot = extract(str(club.write_books(tmp_path / "club")), tmp_path / "snapshot")

    def load(name: str) -> backfill.LoadResult:
        return backfill.load(
            backfill.Destination(db, tenant_id, name),
            snapshot,
            open_pack(club.PACK),
            scratch=tmp_path / "scratch",
            clock=SystemClock(),
        )

    first = load("club")
    before = content_hash(database_url)
    with pytest.raises(LoadedUnderAnotherName, match="club"):
        load("society")
    assert load("club").was_finished
    assert content_hash(database_url) == before
    unload(db, tenant_id, "club")
    assert load("society").totals == first.totals
