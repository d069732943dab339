from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.service.migration.mapping.canonical_world import AS_OF, plain_pack

from trueup.migration.mapping.errors import ColumnsMissing
from trueup.migration.mapping.pack import open_pack
from trueup.migration.mapping.workbench import Workbench
from trueup.migration.sources.snapshot import write_snapshot

if TYPE_CHECKING:
    from pathlib import Path

ROWS = pa.table({"source_key": ["a"], "name": ["A"], "is_active": [True]})


def test_columns_that_the_manifest_misspells_are_named_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    plain_pack(folder, ["product"])
    manifest = folder / "pack.toml"
    manifest.write_text(
        manifest.read_text().replace('key = ["source_key"]', 'key = ["sourcekey"]')
        + '\n[map.m]\ntable = "product"\ncolumn = "nmae"\nvalues = { A = "a" }\n'
    )
    snapshot = write_snapshot(tmp_path / "snapshot", {"product": ROWS})
    with (
        Workbench(
            snapshot, open_pack(folder), tenant_id=1, source="s", as_of=AS_OF, scratch=tmp_path
        ) as bench,
        pytest.raises(ColumnsMissing, match=r"product\.nmae, product\.sourcekey"),
    ):
        bench.check_fit()
