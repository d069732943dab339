"""Real databases that others published: the same data in three dialects, and a CSV as exported."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
import psycopg
import pymysql
import pytest
from pymysql.constants import CLIENT

from trueup.migration.sources.model import TableFilter
from trueup.migration.sources.service import extract

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared is not beside the project"),
]
ROWS = {
    "album": 347, "artist": 275, "customer": 59, "employee": 8, "genre": 25, "invoice": 412,
    "invoice_line": 2240, "media_type": 5, "playlist": 18, "playlist_track": 8715, "track": 3503,
}  # fmt: skip


def _script(dialect: str) -> str:
    """The dump without the lines that make and enter a database of its own."""
    text = (DATA / "chinook" / f"Chinook_{dialect}.sql").read_text(encoding="utf-8-sig")
    return re.sub(
        r"^(drop database|create database|use |\\c ).*$",
        "",
        text,
        flags=re.IGNORECASE | re.MULTILINE,
    )


def _into_postgresql(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(_script("PostgreSql"))


def _into_mariadb(url: str) -> None:
    parts = urlsplit(url)
    connection = pymysql.connect(
        host=parts.hostname or "",
        port=parts.port or 0,
        user=parts.username,
        password=unquote(parts.password or ""),
        database=parts.path[1:],
        charset="utf8mb4",
        client_flag=CLIENT.MULTI_STATEMENTS,
    )
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(_script("MySql"))
        while cursor.nextset():
            pass
        connection.commit()


def _into_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(_script("Sqlite"))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _content(snapshot) -> dict[str, list[tuple]]:
    """Every row of every table as text, columns by their name in snake-case, in key order."""
    found = {}
    with duckdb.connect() as connection:
        snapshot.attach(connection)
        for table in snapshot.tables:
            columns = sorted((_snake(column.name), column) for column in table.columns)
            picked = ", ".join(
                f'cast("{column.name}" as timestamp)::varchar'
                if name.endswith("date")  # SQLite keeps a date as text
                else f'"{column.name}"::varchar'
                for name, column in columns
            )
            rows = connection.execute(f'select {picked} from source."{table.name}"').fetchall()
            found[_snake(table.name)] = sorted(rows, key=repr)
    return found


def _differences(one, other) -> set[tuple[str, str, str]]:
    return {
        (table, a, b)
        for table in ROWS
        for left, right in zip(one[table], other[table], strict=True)
        for a, b in zip(left, right, strict=True)
        if a != b
    }


def test_chinook_is_the_same_from_three_dialects(empty_postgres, mariadb, tmp_path):
    postgres_url, mariadb_url, file = empty_postgres(), mariadb(), tmp_path / "chinook.db"
    _into_postgresql(postgres_url)
    _into_mariadb(mariadb_url)
    _into_sqlite(file)
    snapshots = [
        extract(url, tmp_path / name)
        for name, url in (("p", postgres_url), ("m", mariadb_url), ("s", str(file)))
    ]
    for snapshot in snapshots:
        assert {_snake(table.name): table.rows for table in snapshot.tables} == ROWS
    contents = [_content(snapshot) for snapshot in snapshots]
    # PostgreSQL reads N'Edinburgh ' as char(n), whose trailing blanks mean nothing.
    blank = {("customer", "Edinburgh", "Edinburgh "), ("invoice", "Edinburgh", "Edinburgh ")}
    assert _differences(contents[0], contents[2]) == blank
    # The MySQL dump does not escape its backslashes, so MariaDB reads none.
    eaten = _differences(contents[2], contents[1])
    assert {(table, a.replace("\\", ""), b) for table, a, b in eaten} == {
        ("track", b, b) for _, _, b in eaten
    }
    totals = [name for name in snapshots[2].table("Invoice").columns if name.name == "Total"]
    assert totals[0].type == "DECIMAL(10,2)"  # SQLite's doubles are told as the cents they are


def test_telco_churn_arrives_with_its_single_blanks(tmp_path):
    folder = DATA / "telco-churn"
    snapshot = extract(str(folder), tmp_path / "s", tables=TableFilter(include=("Telco*",)))
    table = snapshot.table("Telco-Customer-Churn")
    assert (table.rows, len(table.columns)) == (7043, 21)
    with duckdb.connect() as connection:
        snapshot.attach(connection)
        seen = connection.execute(
            "select count(*) filter (TotalCharges = ' '), count(*) filter (TotalCharges is null),"
            ' sum(MonthlyCharges::decimal(12,2)) from source."Telco-Customer-Churn"'
        ).fetchone()
    assert (seen[0], seen[1], str(seen[2])) == (11, 0, "456116.60")
