from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trueup.db.revisions import SCHEMA, revision_files
from trueup.kernel.errors import Defect

if TYPE_CHECKING:
    from pathlib import Path


def test_our_revisions_are_in_order() -> None:
    assert [path.name[:4] for path in revision_files(SCHEMA / "versions")][:2] == ["0001", "0002"]


@pytest.mark.parametrize(
    "names",
    [
        ["0002_a.pre.sql"],  # a gap at the start
        ["0001_a.pre.sql", "0003_b.pre.sql"],
        ["0001_a.pre.sql", "0001_b.pre.sql"],
        ["0001_a.sql"],  # neither expands nor contracts
        ["1_a.pre.sql"],
    ],
)
def test_a_revision_that_is_misnamed_or_out_of_order_is_a_defect(
    tmp_path: Path, names: list[str]
) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(Defect):
        revision_files(tmp_path)
