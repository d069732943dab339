"""A CSV file is text; a type guessed for it would read money as a float."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trueup.migration.reconciliation.compare.comparison import compare
from trueup.migration.reconciliation.compare.connections.sides import open_side
from trueup.migration.reconciliation.compare.model import BreakType
from trueup.migration.reconciliation.errors import FileUnreadable

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("left", "right", "differing"),
    [
        ("90071992547409.93", "90071992547409.94", 1),  # one and the same double
        ("1.10", "1.1000000000000000001", 1),
        ("1.10", "1.10", 0),
        ("001", "1", 1),
    ],
)
def test_amounts_in_files_are_compared_to_the_last_digit(
    tmp_path: Path, left: str, right: str, differing: int
) -> None:
    for name, amount in (("left", left), ("right", right)):
        (tmp_path / f"{name}.csv").write_text(f"id,amount\n7,{amount}\n")
    with (
        open_side(str(tmp_path / "left.csv")) as one,
        open_side(str(tmp_path / "right.csv")) as other,
    ):
        found = compare(one, other, key=["id"])
    assert found.counts[BreakType.MISMATCH] == differing


@pytest.mark.parametrize("name", ["nowhere.csv", "not_really.parquet"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "not_really.parquet").write_text("text")
    with pytest.raises(FileUnreadable, match=name), open_side(str(tmp_path / name)):
        pass
