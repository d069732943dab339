from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from trueup.migration.sources.errors import (
    SnapshotNotFound,
    SnapshotTampered,
    SnapshotUnreadable,
    TableNotFound,
)
from trueup.migration.sources.model import Kind, Origin
from trueup.migration.sources.parts import folder_of
from trueup.migration.sources.snapshot import Snapshot, write_snapshot

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = Origin(
    kind=Kind.PARQUET,
    location="/data/legacy",
    position="sha256 00",
    server_version="none",
    taken_at="2026-11-21T10:00:00Z",
)
INVOICES = pa.table({"id": pa.array(range(7), pa.int64()), "total": [f"{i}.00" for i in range(7)]})
NONE = pa.table({"id": pa.array([], pa.int64())})


def snapshot(path: Path, **tables: pa.Table) -> Snapshot:
    return write_snapshot(
        path,
        tables or {"invoice": INVOICES},
        source=ORIGIN,
        primary_keys={"invoice": ["id"]},
        part_rows=3,
    )


def test_a_snapshot_reads_back_as_it_was_written(tmp_path):
    written = snapshot(tmp_path / "s", invoice=INVOICES, note=NONE)
    opened = Snapshot.open(tmp_path / "s")
    assert opened == written
    assert [(t.name, t.rows, t.primary_key) for t in opened.tables] == [
        ("invoice", 7, ("id",)),
        ("note", 0, ()),
    ]
    assert [(p.path.name, p.first_row, p.rows) for p in opened.table("invoice").parts] == [
        ("part-00000.parquet", 0, 3),
        ("part-00001.parquet", 3, 3),
        ("part-00002.parquet", 6, 1),
    ]
    assert [(c.name, c.type) for c in opened.table("invoice").columns] == [
        ("id", "BIGINT"),
        ("total", "VARCHAR"),
    ]
    opened.verify()


def test_a_snapshot_attaches_as_views_in_row_order(tmp_path):
    opened = snapshot(tmp_path / "it's", **{'in"voice': INVOICES, "note": NONE})
    with duckdb.connect() as connection:
        opened.attach(connection, schema="legacy")
        rows = connection.execute('select id from legacy."in""voice"').fetchall()
        assert rows == [(i,) for i in range(7)]
        assert connection.execute("select count(*) from legacy.note").fetchall() == [(0,)]


def test_the_same_rows_hash_the_same_however_they_were_batched(tmp_path):
    """A source answers in batches of its own size; that must not look like other content."""
    whole = snapshot(tmp_path / "a", invoice=INVOICES)
    pieces = pa.concat_tables([INVOICES.slice(0, 1), INVOICES.slice(1, 4), INVOICES.slice(5)])
    assert snapshot(tmp_path / "b", invoice=pieces).hash == whole.hash


def test_wide_rows_make_shorter_parts_wherever_the_batches_end(tmp_path):
    """A part is held in memory whole; ten thousand scanned contracts must not be."""
    wide = pa.table({"id": range(5_000), "scan": ["x" * 1_300] * 5_000})
    batches = pa.concat_tables([wide.slice(0, 1_777), wide.slice(1_777, 9), wide.slice(1_786)])
    whole = write_snapshot(tmp_path / "a", {"contract": wide}).table("contract")
    assert [part.rows for part in whole.parts] == [4_000, 1_000]
    cut = write_snapshot(tmp_path / "b", {"contract": batches}).table("contract")
    assert cut.content_hash == whole.content_hash


def test_other_rows_hash_otherwise(tmp_path):
    swapped = INVOICES.take([1, 0, 2, 3, 4, 5, 6])
    first = snapshot(tmp_path / "a").table("invoice").content_hash
    assert snapshot(tmp_path / "b", invoice=swapped).table("invoice").content_hash != first


def test_a_changed_part_is_named(tmp_path):
    opened = snapshot(tmp_path / "s")
    victim = opened.table("invoice").parts[1].path
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    with pytest.raises(SnapshotTampered, match="part-00001"):
        opened.verify()


def test_a_missing_part_is_named(tmp_path):
    opened = snapshot(tmp_path / "s")
    opened.table("invoice").parts[2].path.unlink()
    with pytest.raises(SnapshotTampered, match="part-00002"):
        opened.verify()


def test_a_folder_without_manifest_is_no_snapshot(tmp_path):
    with pytest.raises(SnapshotNotFound):
        Snapshot.open(tmp_path)
    with pytest.raises(SnapshotNotFound):
        Snapshot.open(tmp_path / "missing")


def test_an_unknown_table_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(TableNotFound, match="invoice"):
        snapshot(tmp_path / "s").table("Invoice")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda m: m | {"format": 2}, "format 2"),
        (lambda m: m | {"source": m["source"] | {"position": "later"}}, "does not match its hash"),
        (lambda m: {k: v for k, v in m.items() if k != "hash"}, "hash"),
        (lambda m: m | {"tables": "none"}, "tables"),
    ],
)
def test_an_edited_manifest_is_refused(tmp_path, change, reason):
    snapshot(tmp_path / "s")
    file = tmp_path / "s" / "manifest.json"
    file.write_text(json.dumps(change(json.loads(file.read_text()))))
    with pytest.raises(SnapshotUnreadable, match=reason):
        Snapshot.open(tmp_path / "s")


def test_a_manifest_that_is_not_json_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(SnapshotUnreadable):
        Snapshot.open(tmp_path)


@pytest.mark.parametrize(
    ("table", "folder"),
    [
        ("legacy_invoices", "legacy_invoices"),
        ("manifest.json", "manifest%2Ejson"),
        ("..", "%2E%2E"),
        ("a/b", "a%2Fb"),
        ("Straße", "Stra%C3%9Fe"),
    ],
)
def test_a_table_gets_a_folder_of_its_own(table, folder):
    assert folder_of(table) == folder
