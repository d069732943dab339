"""M22, D16: every table of a snapshot is read at one position, whoever writes meanwhile."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from urllib.parse import unquote, urlsplit

import duckdb
import psycopg
import pymysql
import pytest

from trueup.migration.sources.errors import NotTransactional
from trueup.migration.sources.faults import SourceChanged
from trueup.migration.sources.model import TableFilter
from trueup.migration.sources.service import extract

ROWS = 3_000  # more than one fetch of the wire, so that the writer commits while rows flow


class WritingBetweenTables:
    """A progress that writes to the source as each table begins and as rows arrive."""

    def __init__(self, write) -> None:
        self.write = write

    def begin(self, _task, _total):
        self.write()

    def advance(self, _count=1):
        self.write()

    def end(self):
        self.write()


def _postgresql(url):
    connection = psycopg.connect(url, autocommit=True)
    run = connection.execute
    run("create table a (id bigint primary key, v text)")
    run("create table b (id bigint primary key, v text)")
    for table in "ab":
        run(f"insert into {table} select i, 'old' from generate_series(1, {ROWS}) i")
    return connection, run


def _mariadb(url):
    parts = urlsplit(url)
    connection = pymysql.connect(
        host=parts.hostname or "",
        port=parts.port or 0,
        user=parts.username,
        password=unquote(parts.password or ""),
        database=parts.path[1:],
        autocommit=True,
    )

    def run(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)

    run("create table a (id bigint primary key, v text)")
    run("create table b (id bigint primary key, v text)")
    for table in "ab":
        run(f"insert into {table} select seq, 'old' from seq_1_to_{ROWS}")
    return connection, run


def _sqlite(path):
    connection = sqlite3.connect(path, isolation_level=None)
    run = connection.execute
    run("pragma journal_mode = wal")
    run("pragma synchronous = off")
    run("create table a (id bigint primary key, v text)")
    run("create table b (id bigint primary key, v text)")
    for table in "ab":
        run(
            f"insert into {table} with recursive n(i) as (select 1 union all select i + 1 from n"
            f" where i < {ROWS}) select i, 'old' from n"
        )
    return connection, run


@pytest.mark.parametrize("kind", ["postgresql", "mariadb", "sqlite"])
def test_rows_committed_while_tables_are_read_are_not_seen(kind, request, tmp_path):
    """The naive way, one statement a table, would see the writer in the second table only."""
    if kind == "sqlite":
        url = str(tmp_path / "legacy.db")
        connection, run = _sqlite(url)
    elif kind == "mariadb":
        url = request.getfixturevalue("mariadb")()
        connection, run = _mariadb(url)
    else:
        url = request.getfixturevalue("empty_postgres")()
        connection, run = _postgresql(url)

    def write() -> None:
        for table in "ab":
            run(f"insert into {table} select max(id) + 1, 'new' from {table}")
            run(f"update {table} set v = 'new' where id = {ROWS}")
            run(f"delete from {table} where id = 1")

    with closing(connection):
        snapshot = extract(url, tmp_path / "s", progress=WritingBetweenTables(write))
    with duckdb.connect() as reader:
        snapshot.attach(reader)
        for table in "ab":
            seen = reader.execute(
                f"select count(*), min(id), max(id), min(v) from source.{table}"
            ).fetchone()
            assert seen == (ROWS, 1, ROWS, "old")


def test_a_table_without_transactions_is_refused_by_name(mariadb, tmp_path):
    url = mariadb()
    connection, run = _mariadb(url)
    with closing(connection):
        run("create table old_log (id int primary key) engine = MyISAM")
        with pytest.raises(NotTransactional, match=r"old_log \(MyISAM\)"):
            extract(url, tmp_path / "s")
        extract(url, tmp_path / "s", tables=TableFilter(exclude=("old_log",)))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_written_to_while_it_is_read_is_a_fault_to_retry(suffix, tmp_path):
    folder = tmp_path / "legacy"
    folder.mkdir()
    with duckdb.connect() as writer:
        writer.execute(
            f"copy (select i as id, 'x' as v from range(9) t(i)) to '{folder}/a.{suffix}'"
        )

    def write() -> None:
        with (folder / f"a.{suffix}").open("ab") as file:
            file.write(b"77,y\n")

    with pytest.raises(SourceChanged) as raised:
        extract(str(folder), tmp_path / "s", progress=WritingBetweenTables(write))
    assert raised.value.can_retry
    assert not (tmp_path / "s").exists()
