from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest

from trueup.kernel.progress import SILENT
from trueup.migration.sample import Engine, dirt_named, make_legacy
from trueup.migration.sample.errors import (
    DestinationFailed,
    DestinationTaken,
    SampleTooSmall,
    UnknownDestination,
)

CUSTOMERS = 200
TABLES = (
    "legacy_customers",
    "legacy_discounts",
    "legacy_invoices",
    "legacy_payments",
    "legacy_usage_records",
)


def make(url, *, dirt="default", customers=CUSTOMERS):
    return make_legacy(url, customers=customers, dirt=dirt_named(dirt), seed=11, progress=SILENT)


def said(value):
    """A value as every engine would say it, whatever type its driver gives."""
    match value:
        case None:
            return "~"
        case bool():
            return str(int(value))
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return str(value)
        case int() | float() | Decimal():
            return str(Decimal(str(value)).normalize() + 0)
    return value


def digest(connection, table):
    with closing(connection.cursor()) as cursor:
        cursor.execute(f"select * from {table} order by id")
        rows = sorted("\x1f".join(map(said, row)) for row in cursor.fetchall())
    return sha256("\x1e".join(rows).encode()).hexdigest()


def mysql(url):
    parts = urlsplit(url)
    return closing(
        pymysql.connect(
            host=parts.hostname, port=parts.port, user=parts.username, password=parts.password,
            database=parts.path[1:], charset="utf8mb4",
        )
    )  # fmt: skip


@pytest.mark.mariadb
def test_a_seed_makes_the_same_content_in_every_engine(empty_postgres, mariadb, tmp_path):
    urls = (empty_postgres(), mariadb(), f"sqlite:{tmp_path / 'legacy.sqlite'}")
    for url in urls:
        make(url, dirt="default")
    with (
        psycopg.connect(urls[0]) as postgresql,
        mysql(urls[1]) as maria,
        closing(sqlite3.connect(tmp_path / "legacy.sqlite")) as sqlite,
        closing(maria.cursor()) as cursor,
    ):
        # the one value the others cannot hold, and drivers read as nothing or as text
        cursor.execute("set session sql_mode = ''")
        cursor.execute(
            "update legacy_invoices set voided_date = null where voided_date = '0000-00-00'"
        )
        for table in TABLES:
            digests = {digest(connection, table) for connection in (postgresql, maria, sqlite)}
            assert len(digests) == 1, table


@pytest.mark.mariadb
def test_zero_dates_are_planted_where_they_can_be_said(mariadb, tmp_path):
    url = mariadb()
    summary = make(url, dirt="zero_dates")
    with mysql(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select id from legacy_invoices where cast(voided_date as char) like '0000%' order by id"
        )
        found = [row[0] for row in cursor.fetchall()]

    assert found == [row.id for row in summary.planted["zero_dates"].rows]
    assert len(found) >= 3
    assert summary.left_out == ()
    assert make(str(tmp_path / "files"), dirt="zero_dates").left_out == ("zero_dates",)


def test_the_summary_counts_the_rows_that_are_there(empty_postgres):
    url = empty_postgres()
    summary = make(url)
    with psycopg.connect(url) as connection:
        counted = {
            table: connection.execute(f"select count(*) from {table}").fetchone()[0]
            for table in summary.rows
        }

    assert counted == dict(summary.rows)
    assert summary.engine is Engine.POSTGRESQL
    assert len(counted) == 17


def test_a_password_is_in_no_summary(empty_postgres):
    parts = urlsplit(empty_postgres())
    user = parts.username or "postgres"
    host = parts.netloc.rpartition("@")[2]
    url = parts._replace(netloc=f"{user}:hunter2@{host}").geturl()

    assert "hunter2" not in make(url, dirt="none").location


def test_csv_files_hold_a_header_and_every_row(tmp_path):
    summary = make(f"csv:{tmp_path / 'files'}")
    with (tmp_path / "files" / "legacy_customers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert len(rows) == summary.rows["legacy_customers"]
    assert {"東京", "Köln"} & {row["city"] for row in rows}
    assert len(list((tmp_path / "files").iterdir())) == 17


def test_nothing_is_overwritten(empty_postgres, tmp_path):
    url = empty_postgres()
    make(url, dirt="none")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.csv").write_text("mine")
    (tmp_path / "mine.db").write_text("mine")

    for taken in (url, str(tmp_path / "full"), str(tmp_path / "mine.db")):
        with pytest.raises(DestinationTaken):
            make(taken, dirt="none")
    assert (tmp_path / "mine.db").read_text() == "mine"


@pytest.mark.mariadb
def test_a_mysql_database_that_is_in_use_is_refused(mariadb):
    url = mariadb()
    make(url, dirt="none")

    with pytest.raises(DestinationTaken):
        make(url, dirt="none")


@pytest.mark.mariadb
def test_a_failure_half_way_leaves_no_tables_behind(mariadb):
    """MariaDB commits each `create table` at once: only we can take them back."""
    url = mariadb()

    class Broken:
        def begin(self, task, total, *, unit="rows"):
            pass

        def advance(self, count=1):
            if count > 1_000:
                raise KeyboardInterrupt

        def end(self):
            pass

    with pytest.raises(KeyboardInterrupt):
        make_legacy(url, customers=CUSTOMERS, dirt=(), seed=11, progress=Broken())
    with mysql(url) as connection, connection.cursor() as cursor:
        cursor.execute("show tables")
        assert cursor.fetchall() == ()


def test_an_unreachable_server_is_one_clear_fault():
    with pytest.raises(DestinationFailed) as fault:
        make("postgresql://nobody:hunter2@127.0.0.1:1/none", dirt="none", customers=10)

    assert fault.value.can_retry
    assert "hunter2" not in str(fault.value)


@pytest.mark.parametrize("url", ["", "oracle://host/db", "postgresql://host", "mysql://host/"])
def test_an_address_of_another_kind_is_refused(url):
    with pytest.raises(UnknownDestination):
        make(url)


def test_a_handful_of_customers_is_no_sample(tmp_path):
    with pytest.raises(SampleTooSmall):
        make(str(tmp_path / "files"), customers=9)
