"""When the outside fails: one clear error, nothing that looks whole, and the rerun finishes."""

from __future__ import annotations

import fcntl
import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql
import pytest

from trueup.migration.sources.errors import (
    ExtractRunning,
    SnapshotExists,
    SourceDenied,
    UnknownSource,
)
from trueup.migration.sources.faults import DiskFull, SourceLost, SourceUnreachable
from trueup.migration.sources.service import extract

WIDE = "x" * 200
ROWS = 100_000  # 20 MB: more than the sockets between us and the server can hold


class Striking:
    """A progress that strikes once, when the first rows have arrived."""

    def __init__(self, strike) -> None:
        self.strike = strike

    def begin(self, _task, _total):
        pass

    def advance(self, _count=1):
        strike, self.strike = self.strike, lambda: None
        strike()

    def end(self):
        pass


def _mariadb(url):
    parts = urlsplit(url)
    return pymysql.connect(
        host=parts.hostname or "",
        port=parts.port or 0,
        user=parts.username,
        password=unquote(parts.password or ""),
        database=parts.path[1:],
        autocommit=True,
    )


def test_a_postgresql_that_dies_mid_extract_is_a_fault_and_the_rerun_finishes(
    empty_postgres, tmp_path
):
    url = empty_postgres()
    with psycopg.connect(url) as connection:
        connection.execute(
            f"create table t as select i, '{WIDE}' v from generate_series(1, {ROWS}) i"
        )

    def strike():
        with psycopg.connect(url) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'trueup extract' and datname = current_database()"
            )

    with pytest.raises(SourceLost) as raised:
        extract(url, tmp_path / "s", progress=Striking(strike))
    assert raised.value.can_retry
    assert list(tmp_path.iterdir()) == []
    assert extract(url, tmp_path / "s").table("t").rows == ROWS


def test_a_mariadb_that_dies_mid_extract_is_a_fault_and_the_rerun_finishes(mariadb, tmp_path):
    url = mariadb()
    with closing(_mariadb(url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"create table t as select seq as i, '{WIDE}' v from seq_1_to_{ROWS}")

        def strike():
            cursor.execute(
                "select id from information_schema.processlist"
                " where db = database() and id <> connection_id()"
            )
            for (victim,) in cursor.fetchall():
                cursor.execute(f"kill {victim}")

        with pytest.raises(SourceLost) as raised:
            extract(url, tmp_path / "s", progress=Striking(strike))
        assert raised.value.can_retry
        assert list(tmp_path.iterdir()) == []
        assert extract(url, tmp_path / "s").table("t").rows == ROWS


@pytest.mark.parametrize(
    ("address", "server", "reason"),
    [
        ("postgresql://user:sesame@127.0.0.1:1/legacy", "127.0.0.1:1", "Connection refused"),
        ("mysql://user:sesame@127.0.0.1:1/legacy", "127.0.0.1:1", "Connection refused"),
        ("postgresql:///legacy?password=sesame&host=/nowhere", "/nowhere", "No such file or directory"),
    ],
)  # fmt: skip
def test_a_server_that_does_not_answer_is_a_fault_that_says_where(
    address, server, reason, tmp_path
):
    with pytest.raises(SourceUnreachable) as raised:
        extract(address, tmp_path / "s")
    sentence = raised.value.sentence
    assert sentence.startswith(f"No server answers at {server}, where ")
    assert sentence.endswith(f" should be: {reason}.")
    assert "sesame" not in f"{raised.value} {raised.value.fields}"
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_the_server_does_not_know_is_named_in_few_words(empty_postgres, tmp_path):
    url = urlsplit(empty_postgres())._replace(path="/nobodys").geturl()
    with pytest.raises(UnknownSource, match='"nobodys" does not exist') as raised:
        extract(url, tmp_path / "s")
    assert "search_path" not in raised.value.sentence
    assert "datestyle" not in raised.value.sentence


def test_a_wrong_password_is_refused_without_showing_it(mariadb, tmp_path):
    parts = urlsplit(mariadb())
    url = f"mysql://{parts.username}:sesame@127.0.0.1:{parts.port}{parts.path}"
    with pytest.raises(SourceDenied) as raised:
        extract(url, tmp_path / "s")
    assert "sesame" not in f"{raised.value} {raised.value.fields}"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("oracle://scott:tiger@db/x", "'oracle' is no known scheme"),
        ("mysql://user@host", "names no database"),
        ("csv:{here}/missing", "nothing there"),
        ("{here}/missing", "nothing there"),
        ("{here}", "no CSV and no Parquet"),
        ("{here}/note.txt", "no SQLite, CSV or Parquet file"),
        ("{here}/dump.sql", "run it into a database"),
        ("sqlite:{here}/note.txt", "file is not a database"),
    ],
)
def test_what_is_no_source_is_refused_with_the_reason(url, reason, tmp_path):
    here = tmp_path / "here"
    here.mkdir()
    (here / "dump.sql").write_text("create table t (i int);")
    (here / "note.txt").write_text("not a database at all, and long enough to have a header" * 9)
    with pytest.raises(UnknownSource, match=reason) as raised:
        extract(url.format(here=here), tmp_path / "s")
    assert "tiger" not in str(raised.value)


@pytest.fixture
def legacy(tmp_path):
    """An SQLite file of two tables, the second large enough to be met in its middle."""
    path = tmp_path / "legacy.db"
    with closing(sqlite3.connect(path)) as connection:
        for table, rows in (("a", 10), ("b", 5_000)):
            connection.execute(f"create table {table} (id integer primary key, v text)")
            connection.execute(
                f"insert into {table} with recursive n(i) as (select 1 union all select i + 1"
                f" from n where i < {rows}) select i, hex(randomblob(40)) from n"
            )
        connection.commit()
    return path


@contextmanager
def _files_of_at_most(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_names_the_folder_and_the_need_and_the_rerun_finishes(legacy, tmp_path):
    with _files_of_at_most(20_000), pytest.raises(DiskFull, match="bytes more are needed") as full:
        extract(str(legacy), tmp_path / "s", part_rows=1_000)
    assert str(tmp_path) in full.value.fields["folder"]
    assert full.value.fields["needed"] > 20_000
    assert not (tmp_path / "s").exists()
    assert extract(str(legacy), tmp_path / "s").table("b").rows == 5_000


KILLED = """
import os, sys
from pathlib import Path
from trueup.migration.sources.service import extract

class Dying:
    def begin(self, task, total):
        if task == "extract b":
            os._exit(9)
    def advance(self, count=1): pass
    def end(self): pass

extract(sys.argv[1], Path(sys.argv[2]), progress=Dying())
"""


def _killed_extract(url, to) -> None:
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(url), str(to)], check=False, timeout=120
    )
    assert died.returncode == 9
    assert not to.exists()


def test_a_killed_extract_of_a_file_goes_on_with_what_it_had_not_finished(legacy, tmp_path):
    undisturbed = extract(str(legacy), tmp_path / "undisturbed")
    _killed_extract(legacy, tmp_path / "s")
    kept = next((tmp_path / "s.partial" / "a").iterdir())
    first = kept.stat().st_ino
    resumed = extract(str(legacy), tmp_path / "s")
    assert resumed.table("a").parts[0].path.stat().st_ino == first
    assert [t.content_hash for t in resumed.tables] == [t.content_hash for t in undisturbed.tables]
    assert sorted(p.name for p in (tmp_path / "s").iterdir()) == ["a", "b", "manifest.json"]


def test_a_killed_extract_of_a_file_that_changed_starts_over(legacy, tmp_path):
    _killed_extract(legacy, tmp_path / "s")
    with closing(sqlite3.connect(legacy)) as connection:
        connection.execute("delete from a where id > 3")
        connection.commit()
    assert extract(str(legacy), tmp_path / "s").table("a").rows == 3


def test_a_damaged_part_of_a_killed_extract_is_read_again(legacy, tmp_path):
    _killed_extract(legacy, tmp_path / "s")
    part = next((tmp_path / "s.partial" / "a").iterdir())
    part.write_bytes(part.read_bytes()[:-4])
    snapshot = extract(str(legacy), tmp_path / "s")
    snapshot.verify()
    assert snapshot.table("a").rows == 10


def test_a_killed_extract_of_a_live_database_starts_over(empty_postgres, tmp_path):
    """Its position died with the connection: rows of two positions must never share a snapshot."""
    url = empty_postgres()
    with psycopg.connect(url) as connection:
        for table in "ab":
            connection.execute(f"create table {table} as select i from generate_series(1, 9) i")
    _killed_extract(url, tmp_path / "s")
    with psycopg.connect(url) as connection:
        connection.execute("delete from a where i > 3")
    assert extract(url, tmp_path / "s").table("a").rows == 3


def test_two_extracts_into_one_folder_do_not_mix(legacy, tmp_path):
    partial = tmp_path / "s.partial"
    partial.mkdir()
    descriptor = os.open(partial, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(ExtractRunning):
            extract(str(legacy), tmp_path / "s")
    finally:
        os.close(descriptor)
    extract(str(legacy), tmp_path / "s")


def test_a_folder_that_is_taken_is_never_overwritten(legacy, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")
    with pytest.raises(SnapshotExists, match="no snapshot"):
        extract(str(legacy), tmp_path / "mine")
    extract(str(legacy), tmp_path / "s")
    other = tmp_path / "other.db"
    other.write_bytes(legacy.read_bytes())
    with pytest.raises(SnapshotExists, match=r"a snapshot of .*legacy\.db"):
        extract(str(other), tmp_path / "s")
