"""One suite for every kind of source: what `ports.Source` promises and `extract` builds on it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pymysql
import pytest

from trueup.migration.sources.errors import (
    NoTables,
    SchemaDrift,
    SnapshotExists,
    TablesNotInSource,
)
from trueup.migration.sources.model import SourceConfig, TableFilter
from trueup.migration.sources.opening import open_source
from trueup.migration.sources.service import extract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KINDS = ("postgresql", "mariadb", "sqlite", "csv", "parquet")
CUSTOMERS = [(1, "Ada", ""), (2, "Grace", None), (3, "Łukasz, \"the\" 'first'", "two\nlines")]
INVOICES = [(number, number % 3 + 1, f"{number}.05") for number in range(1, 8)]
SCHEMA = """
create table customer (id integer primary key, name varchar(80) not null, note varchar(200));
create table invoice (id bigint primary key, customer_id bigint, total decimal(12,2));
create table empty_one (id bigint primary key, remark varchar(20));
"""


@dataclass
class Legacy:
    """A legacy system of one kind that holds CUSTOMERS, INVOICES and a table without rows."""

    kind: str
    url: str
    add_column: Callable[[], None]
    """Give the customer a column `vip`."""
    password: str = ""


@pytest.fixture(params=KINDS)
def legacy(request, tmp_path) -> Legacy:
    folder = tmp_path / "legacy"
    folder.mkdir()
    if request.param == "postgresql":
        return _postgresql(request.getfixturevalue("empty_postgres")())
    if request.param == "mariadb":
        return _mariadb(request.getfixturevalue("mariadb")())
    return {"sqlite": _sqlite, "csv": _csv, "parquet": _parquet}[request.param](folder)


def _postgresql(url: str) -> Legacy:
    def run(statement: str, rows=()) -> None:
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            if rows:
                cursor.executemany(statement, rows)
            else:
                cursor.execute(statement)

    run(SCHEMA)
    run("insert into customer values (%s, %s, %s)", CUSTOMERS)
    run("insert into invoice values (%s, %s, %s)", INVOICES)
    return Legacy("postgresql", url, lambda: run("alter table customer add column vip boolean"))


def _mariadb(url: str) -> Legacy:
    parts = urlsplit(url)

    def run(statement: str, rows=()) -> None:
        with (
            closing(
                pymysql.connect(
                    host=parts.hostname or "",
                    port=parts.port or 0,
                    user=parts.username,
                    password=unquote(parts.password or ""),
                    database=parts.path[1:],
                    charset="utf8mb4",
                    autocommit=True,
                )
            ) as connection,
            connection.cursor() as cursor,
        ):
            if rows:
                cursor.executemany(statement, rows)
            else:
                cursor.execute(statement)

    for statement in filter(str.strip, SCHEMA.split(";")):
        run(statement)
    run("insert into customer values (%s, %s, %s)", CUSTOMERS)
    run("insert into invoice values (%s, %s, %s)", INVOICES)
    add = "alter table customer add column vip boolean"
    return Legacy("mysql", url, lambda: run(add), parts.password or "")


def _sqlite(folder: Path) -> Legacy:
    path = folder / "legacy.db"

    def run(statement: str, rows=()) -> None:
        with closing(sqlite3.connect(path)) as connection:
            if rows:
                connection.executemany(statement, rows)
            else:
                connection.executescript(statement)
            connection.commit()

    run(SCHEMA)
    run("insert into customer values (?, ?, ?)", CUSTOMERS)
    run("insert into invoice values (?, ?, ?)", INVOICES)
    return Legacy("sqlite", str(path), lambda: run("alter table customer add column vip boolean"))


def _csv(folder: Path) -> Legacy:
    def cell(value: object) -> str:
        return "" if value is None else '"' + str(value).replace('"', '""') + '"'

    def write(name: str, columns: list[str], rows) -> None:
        lines = [",".join(columns), *(",".join(map(cell, row)) for row in rows)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")

    write("customer", ["id", "name", "note"], CUSTOMERS)
    write("invoice", ["id", "customer_id", "total"], INVOICES)
    write("empty_one", ["id", "remark"], [])
    vip = [(*row, "yes") for row in CUSTOMERS]
    return Legacy("csv", str(folder), lambda: write("customer", ["id", "name", "note", "vip"], vip))


def _parquet(folder: Path) -> Legacy:
    def write(name: str, columns: list[str], rows) -> None:
        arrays = [pa.array(column) for column in zip(*rows, strict=True)]
        pq.write_table(pa.table(arrays, names=columns), folder / f"{name}.parquet")

    write("customer", ["id", "name", "note"], CUSTOMERS)
    write("invoice", ["id", "customer_id", "total"], INVOICES)
    none = pa.table({"id": pa.array([], pa.int64()), "remark": pa.array([], pa.string())})
    pq.write_table(none, folder / "empty_one.parquet")
    vip = [(*row, True) for row in CUSTOMERS]
    return Legacy(
        "parquet", str(folder), lambda: write("customer", ["id", "name", "note", "vip"], vip)
    )


def texts(snapshot, table: str) -> list[tuple]:
    """The rows as text, in row order: what all kinds of sources can agree on."""
    with duckdb.connect() as connection:
        snapshot.attach(connection)
        return connection.execute(f"select columns(*)::varchar from source.{table}").fetchall()


class Watching:
    def __init__(self) -> None:
        self.told: list[tuple] = []

    def begin(self, task: str, total: int | None) -> None:
        self.told.append((task, total, 0))

    def advance(self, count: int = 1) -> None:
        task, total, done = self.told[-1]
        self.told[-1] = (task, total, done + count)

    def end(self) -> None:
        pass


def test_every_value_of_every_row_arrives(legacy, tmp_path):
    snapshot = extract(legacy.url, tmp_path / "s")
    assert texts(snapshot, "customer") == [
        (str(number), name, note) for number, name, note in CUSTOMERS
    ]
    assert texts(snapshot, "invoice") == [tuple(map(str, row)) for row in INVOICES]
    snapshot.verify()


def test_a_table_without_rows_keeps_its_columns(legacy, tmp_path):
    table = extract(legacy.url, tmp_path / "s").table("empty_one")
    assert (table.rows, [c.name for c in table.columns]) == (0, ["id", "remark"])


def test_the_origin_says_where_and_at_what_position_and_holds_no_password(legacy, tmp_path):
    source = extract(legacy.url, tmp_path / "s").source
    assert source.kind == legacy.kind
    assert source.position
    assert source.server_version
    assert source.taken_at.endswith("Z")
    if legacy.password:
        assert legacy.password not in (tmp_path / "s" / "manifest.json").read_text()


def test_an_unchanged_source_gives_the_same_content_hashes(legacy, tmp_path):
    first = extract(legacy.url, tmp_path / "a")
    second = extract(legacy.url, tmp_path / "b")
    hashes = [[table.content_hash for table in snapshot.tables] for snapshot in (first, second)]
    assert hashes[0] == hashes[1]


def test_rows_are_cut_into_parts_in_order(legacy, tmp_path):
    snapshot = extract(legacy.url, tmp_path / "s", part_rows=3)
    parts = snapshot.table("invoice").parts
    assert [(part.first_row, part.rows) for part in parts] == [(0, 3), (3, 3), (6, 1)]
    assert [row[0] for row in texts(snapshot, "invoice")] == [str(row[0]) for row in INVOICES]


def test_a_second_extract_keeps_the_finished_snapshot(legacy, tmp_path):
    first = extract(legacy.url, tmp_path / "s")
    legacy.add_column()
    watching = Watching()
    assert extract(legacy.url, tmp_path / "s", progress=watching) == first
    assert "kept" in watching.told[0][0]
    with pytest.raises(SnapshotExists):
        extract(legacy.url, tmp_path / "s", if_exists="refuse")


def test_progress_counts_the_rows_of_each_table(legacy, tmp_path):
    watching = Watching()
    extract(legacy.url, tmp_path / "s", progress=watching)
    assert [(task, done) for task, _, done in watching.told] == [
        ("extract customer", 3),
        ("extract empty_one", 0),
        ("extract invoice", 7),
    ]


def test_tables_are_chosen_by_globs(legacy, tmp_path):
    wanted = TableFilter(include=("*o*",), exclude=("empty_*",))
    snapshot = extract(legacy.url, tmp_path / "s", tables=wanted)
    assert [table.name for table in snapshot.tables] == ["customer", "invoice"]


def test_a_misspelt_table_does_not_go_missing_in_silence(legacy, tmp_path):
    with pytest.raises(TablesNotInSource, match=r"invoices.*invoice"):
        extract(legacy.url, tmp_path / "s", tables=TableFilter(include=("customer", "invoices")))
    assert not (tmp_path / "s").exists()


def test_nothing_left_to_extract_is_refused(legacy, tmp_path):
    with pytest.raises(NoTables):
        extract(legacy.url, tmp_path / "s", tables=TableFilter(exclude=("*",)))


def test_a_changed_schema_halts_with_the_difference(legacy, tmp_path):
    extract(legacy.url, tmp_path / "before")
    extract(legacy.url, tmp_path / "same", expect=tmp_path / "before")
    legacy.add_column()
    with pytest.raises(SchemaDrift, match=r"column customer\.vip was added"):
        extract(legacy.url, tmp_path / "after", expect=tmp_path / "before")
    assert not (tmp_path / "after").exists()


def test_a_source_reads_its_tables_in_any_order(legacy):
    with open_source(SourceConfig(legacy.url)) as source:
        for table in reversed(source.tables()):
            rows = source.rows(table)
            assert rows.schema.names == [column.name for column in table.columns]
            assert sum(batch.num_rows for batch in rows.batches) in {0, 3, 7}
        source.check_unchanged()
