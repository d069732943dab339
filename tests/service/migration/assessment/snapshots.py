"""Small snapshots for the assessment, written as text tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from trueup.migration.sources.model import Kind, Origin
from trueup.migration.sources.snapshot import Snapshot, write_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ORIGIN = Origin(
    kind=Kind.POSTGRESQL,
    location="postgresql://legacy@db.example/legacy",
    position="0/3000060",
    server_version="15.4",
    taken_at="2026-01-15T00:00:00Z",
)


def rows_of(text: str) -> pa.Table:
    """Columns headed `name` or `name:type` (int, time, flag; text if unsaid), parted by `|`.

    An empty place is null; `""` is empty text; a place in quotes keeps its white space.
    """
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    heads, body = lines[0], lines[1:]
    columns = {}
    for place, head in enumerate(heads):
        name, _, type_ = head.partition(":")
        columns[name] = _typed([_value(line[place]) for line in body], type_)
    return pa.table(columns)


def _value(cell: str) -> str | None:
    if cell.startswith('"') and cell.endswith('"') and len(cell) > 1:
        return cell[1:-1]
    return cell or None


def _typed(values: Sequence[str | None], type_: str) -> pa.Array:
    texts = pa.array(values, pa.string())
    target = {"int": pa.int64(), "time": pa.timestamp("us"), "flag": pa.bool_()}.get(type_)
    return texts.cast(target) if target else texts


def snapshot_of(
    path: Path,
    tables: Mapping[str, str | pa.Table],
    *,
    keys: Mapping[str, Sequence[str]] | None = None,
    part_rows: int = 3,
) -> Snapshot:
    """A snapshot of several parts per table, so that row numbers have to be worked out."""
    arrow = {n: rows_of(t) if isinstance(t, str) else t for n, t in tables.items()}
    return write_snapshot(path, arrow, source=ORIGIN, primary_keys=keys, part_rows=part_rows)
