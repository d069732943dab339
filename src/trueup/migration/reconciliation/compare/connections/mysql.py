"""A MariaDB or MySQL database as one side, read in one read-only state.

A statement uses one core there, so sums are shared between two connections where both can be shown
to read the same state. Nothing is locked for that and no right is needed: the state is the same if
nothing was committed between the beginnings of the two transactions.
"""

from __future__ import annotations

import re
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final, Self, cast
from urllib.parse import unquote, urlsplit

import pymysql
from pymysql.charset import charset_by_id
from pymysql.constants import FIELD_TYPE
from pymysql.cursors import SSCursor

from trueup.migration.reconciliation.compare import statements
from trueup.migration.reconciliation.compare.model import Column, Engine, Kind
from trueup.migration.reconciliation.errors import QueryRefused, SideLost

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BINARY: Final = 63  # the character set of columns that hold bytes, not text
PORT: Final = 3306
CONNECT_SECONDS: Final = 10
QUIET_TRIES: Final = 5
QUIET_SECONDS: Final = 0.01
"""A commit takes its number some microseconds before others see it; this is many times as long."""

KINDS: Final = {
    FIELD_TYPE.TINY: Kind.INTEGER,
    FIELD_TYPE.SHORT: Kind.INTEGER,
    FIELD_TYPE.INT24: Kind.INTEGER,
    FIELD_TYPE.LONG: Kind.INTEGER,
    FIELD_TYPE.LONGLONG: Kind.INTEGER,
    FIELD_TYPE.YEAR: Kind.INTEGER,
    FIELD_TYPE.DECIMAL: Kind.DECIMAL,
    FIELD_TYPE.NEWDECIMAL: Kind.DECIMAL,
    FIELD_TYPE.FLOAT: Kind.FLOAT,
    FIELD_TYPE.DOUBLE: Kind.FLOAT,
    FIELD_TYPE.DATE: Kind.DATE,
    FIELD_TYPE.NEWDATE: Kind.DATE,
    FIELD_TYPE.TIME: Kind.TIME,
    FIELD_TYPE.DATETIME: Kind.TIMESTAMP,
    FIELD_TYPE.TIMESTAMP: Kind.TIMESTAMP,
    FIELD_TYPE.JSON: Kind.JSON,
}

MARIADB: Final = re.compile(r"(\d+)\.(\d+)\.\d+-MariaDB")

FROM_INDEX: Final = "Select tables optimized away"

TEMPLATES: Final = statements.TEMPLATES[Engine.MYSQL]


class MysqlConnection:
    """Connections to one server, all in the same state of it; the first is enough."""

    engine = Engine.MYSQL

    def __init__(self, lanes: Sequence[pymysql.connections.Connection[Any]]) -> None:
        self._lanes = lanes
        self.version = _version(_told(lanes[0]))

    @classmethod
    @contextmanager
    def open(cls, url: str) -> Iterator[Self]:
        """url: mysql://user:password@host:port/database.  Raises SideLost if it cannot connect."""
        first = _connected(url)
        with closing(first), closing(_connected(url)) as second:
            with _refusals():
                are_alike = _begin_alike(first, second)
            yield cls((first, second) if are_alike else (first,))

    def describe(self, query: str) -> tuple[Column, ...]:
        with _refusals(), self._lanes[0].cursor() as cursor:
            cursor.execute(TEMPLATES.as_stored.sql)
            cursor.execute(statements.described(self.engine, query))
            fields = cursor._result.fields  # noqa: SLF001  the driver shows the character set nowhere else
            cursor.execute(TEMPLATES.as_asked.sql)
            return tuple(_column(field) for field in fields)

    def shares(self, query: str, key: str) -> tuple[str, ...]:
        """The halves of the range of an indexed key: each lane then reads its half and no more."""
        if len(self._lanes) == 1:
            return (statements.EVERY_ROW,)
        pieces = {"key": key, "query": statements.bare(query)}
        explained = self.rows(TEMPLATES.ends_explained.sql.format(**pieces))
        if len(explained) > 1 or explained[0][-1] != FROM_INDEX:
            return (statements.EVERY_ROW,)
        ((low, high),) = self.rows(TEMPLATES.ends.sql.format(**pieces))
        if low is None:
            return (statements.EVERY_ROW,)
        middle = (int(cast("int", low)) + int(cast("int", high))) // 2
        return (f"({key} <= {middle} or {key} is null)", f"{key} > {middle}")

    def rows(self, sql: str, lane: int = 0) -> list[tuple[object, ...]]:
        with _refusals(), self._lanes[lane].cursor() as cursor:
            cursor.execute(sql)
            return [_texts(row) for row in cursor.fetchall()]

    def stream(self, sql: str, batch_rows: int) -> Iterator[list[tuple[object, ...]]]:
        with _refusals(), self._lanes[0].cursor(SSCursor) as cursor:
            cursor.execute(sql)
            while rows := cursor.fetchmany(batch_rows):
                yield [_texts(row) for row in rows]


def _connected(url: str) -> pymysql.connections.Connection[Any]:
    parts = urlsplit(url)
    try:
        connection = pymysql.connect(
            host=parts.hostname or "localhost",
            port=parts.port or PORT,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.lstrip("/")),
            charset="utf8mb4",
            connect_timeout=CONNECT_SECONDS,
            autocommit=True,
        )
        with connection.cursor() as cursor:
            for statement in (TEMPLATES.settings, TEMPLATES.isolation):
                cursor.execute(statement.sql)
    except pymysql.err.OperationalError as error:
        raise SideLost(f"cannot reach {parts.hostname}: {error.args[-1]}") from error
    return connection


def _begin_alike(first: Any, second: Any) -> bool:
    """Open a snapshot on both; whether they are known to be of the same state.

    The first has one in any case.  A server where there is always somebody writing never answers
    yes, nor does MySQL, which does not tell.
    """
    for _ in range(QUIET_TRIES):
        before = _commits(first)
        if before is None:
            break
        time.sleep(QUIET_SECONDS)
        _begin(first)
        _begin(second)
        if _commits(first) == before:
            return True
    _begin(first)
    return False


def _begin(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TEMPLATES.snapshot.sql)


def _commits(connection: Any) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(TEMPLATES.commits.sql)
        found = cursor.fetchone()
    return None if found is None else str(found[-1])


def _told(connection: Any) -> str:
    """What the server says it is, when it greets."""
    return str(connection.get_server_info())


def _version(told: str) -> int:
    """1011 for MariaDB 10.11; 0 for MySQL, whose numbers mean something else."""
    found = MARIADB.search(told)
    return int(found[1]) * 100 + int(found[2]) if found else 0


def _column(field: Any) -> Column:
    kind = KINDS.get(field.type_code)
    if kind is None:
        is_text = field.charsetnr != BINARY
        kind = Kind.TEXT if is_text else Kind.BYTES
    return Column(field.name, kind, _character_set(field.charsetnr))


def _character_set(number: int) -> str:
    """Its name; empty for those the driver does not know: their texts are converted."""
    try:
        name = str(charset_by_id(number).name)  # type: ignore[attr-defined]  # the stubs forget it
    except KeyError:
        return ""
    return "utf8mb3" if name == "utf8" else name


def _texts(row: Sequence[object]) -> tuple[object, ...]:
    """Canonical texts travel as bytes; what is no UTF-8 is kept, and compared, byte for byte."""
    return tuple(
        value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        for value in row
    )


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except pymysql.err.ProgrammingError as error:
        raise QueryRefused(engine="MariaDB", reason=str(error.args[-1])) from error
    except pymysql.err.OperationalError as error:
        raise SideLost(f"MariaDB broke off: {error.args[-1]}") from error
    except pymysql.err.MySQLError as error:
        raise QueryRefused(engine="MariaDB", reason=str(error.args[-1])) from error
