"""Data that others published, in ../shared beside the project: where it lies and how it is loaded."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql
import pytest
from pymysql.constants import CLIENT

if TYPE_CHECKING:
    from collections.abc import Sequence

DATA: Final = Path(__file__).resolve().parents[3] / "shared" / "data"

needs_published_data: Final[Sequence[pytest.MarkDecorator]] = (
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared is not beside the project"),
)

_OWN_DATABASE: Final = re.compile(
    r"^(drop database|create database|use |\\c ).*$", re.IGNORECASE | re.MULTILINE
)


def chinook_script(dialect: str) -> str:
    """Chinook's dump without the lines that make and enter a database of its own."""
    text = (DATA / "chinook" / f"Chinook_{dialect}.sql").read_text(encoding="utf-8-sig")
    return _OWN_DATABASE.sub("", text)


def chinook_in_sqlite(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(chinook_script("Sqlite"))
    return f"sqlite:///{path}"


def chinook_in_postgresql(url: str) -> str:
    with psycopg.connect(url) as connection:
        connection.execute(chinook_script("PostgreSql"))
    return url


def chinook_in_mariadb(url: str) -> str:
    """In the mode for which the dump was written: a backslash is a backslash."""
    parts = urlsplit(url)
    connection = pymysql.connect(
        host=parts.hostname or "",
        port=parts.port or 0,
        user=parts.username,
        password=unquote(parts.password or ""),
        database=parts.path[1:],
        charset="utf8mb4",
        client_flag=CLIENT.MULTI_STATEMENTS,
        init_command="set sql_mode = 'NO_BACKSLASH_ESCAPES'",
    )
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(chinook_script("MySql"))
        while cursor.nextset():
            pass
        connection.commit()
    return url
