"""The snapshot as checks read it: every row under the number that the load knows it by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from trueup.migration.reconciliation.comparable import ENTITIES
from trueup.migration.reconciliation.pack import CheckPack, Declared
from trueup.migration.reconciliation.reading import R, SourceReading
from trueup.migration.sources.model import Names
from trueup.migration.sources.snapshot import write_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 11
PACK = CheckPack(
    path=Path("nowhere"),
    time_zone="UTC",
    names=Names.AS_WRITTEN,
    assumptions={},
    entities={"product": Declared("product", "s_product", None)},
    maps=(),
    tables=frozenset({"s_product"}),
    macros=None,
)
PRODUCTS = (
    "select id as source_key, row_number, id as name, true as is_active from source.s_product"
)
DERIVED = "select 'made' as source_key, null as row_number, 'made' as name, true as is_active"


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[SourceReading]:
    """A table in parts of three rows, whose ids are the rows' positions."""
    products = pa.table({"id": [str(number) for number in range(ROWS)]})
    snapshot = write_snapshot(tmp_path / "snapshot", {"s_product": products}, part_rows=3)
    with SourceReading.open(snapshot, PACK) as opened:
        yield opened


def buckets(reading: SourceReading) -> list[tuple[object, ...]]:
    """Origin, bucket and rows of the products."""
    read = reading.rows(
        R.buckets,
        entity="product",
        accounted="product",
        currency="cast(null as varchar)",
        money="null",
    )
    return sorted((origin, bucket or "kept", count) for _, _, origin, bucket, count, _ in read)


def test_a_row_is_numbered_by_its_position_over_all_parts(reading: SourceReading) -> None:
    reading.read(ENTITIES["product"], PRODUCTS)
    reading.accept()
    reading.add_aside([("product", 10, "10", "rejected", "because")])
    kept = reading.connection.rows(reading.kept(ENTITIES["product"], with_status=False))
    assert sorted(int(str(key)) for key, *_ in kept) == list(range(10))


def test_a_derived_record_is_set_aside_by_its_key(reading: SourceReading) -> None:
    """It stands for no row, so the load numbers it below zero, and no position can find it."""
    reading.add_aside([("product", -1, "made", "rejected", "because")])
    reading.accept()
    reading.read(ENTITIES["product"], f"{PRODUCTS} union all {DERIVED}")
    assert buckets(reading) == [("derived", "rejected", 1), ("source", "kept", ROWS)]
    assert not reading.rows(R.unknown_aside, entity="product", table="s_product", limit="1")


def test_a_derived_record_that_nobody_read_was_not_set_aside_rightly(
    reading: SourceReading,
) -> None:
    reading.add_aside([("product", -1, "another", "rejected", "because")])
    reading.accept()
    reading.read(ENTITIES["product"], f"{PRODUCTS} union all {DERIVED}")
    assert buckets(reading) == [("derived", "kept", 1), ("source", "kept", ROWS)]
    assert reading.rows(R.unknown_aside, entity="product", table="s_product", limit="1")
