"""One connection to MariaDB or MySQL, and a fast way to take a large result off its wire.

PyMySQL talks the protocol; only the rows of a streamed result are taken from its buffer here,
because its own reading makes two objects a packet and one call a field: 25 s for what takes 6 s
this way. The text protocol sends a row as length-prefixed fields, a row a packet.
"""

from __future__ import annotations

import re
import struct
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

import pymysql
from pymysql.cursors import Cursor, SSCursor

from trueup.kernel.errors import check
from trueup.migration.sources.errors import SourceDenied, UnknownSource
from trueup.migration.sources.faults import SourceLost, SourceUnreachable
from trueup.migration.sources.location import location_of, server_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

Fields: TypeAlias = list[bytes | None]
"""The fields of some rows, one row after the other; None is NULL."""

CONNECT_SECONDS: Final = 15
READ_SECONDS: Final = 3600
"""A server may take long before its first row, but not for ever."""

CHUNK_BYTES: Final = 1 << 18
HOLD_ROWS: Final = 10_000
HOLD_BYTES: Final = 16 << 20
"""Rows are handed on when either is reached, so that wide rows stay in memory too."""

DENIED: Final = frozenset({1044, 1045, 1142, 1143, 1227, 1370, 1698})
"""Error codes of the server that mean: this user may not."""

SILENT: Final = frozenset({2002, 2003, 2005, 2006, 2013})
"""Error codes of the driver that mean: nobody answers."""

WHY: Final = re.compile(r"\((?:\[Errno -?\d+\] )?([^()]+)\)$")
"""The system's own words, in brackets at the end of what the driver says."""

MYSQL_PORT: Final = 3306

NULL, TWO_BYTES, THREE_BYTES, EIGHT_BYTES, ERROR = 0xFB, 0xFC, 0xFD, 0xFE, 0xFF
"""First bytes of a field: NULL, or how many bytes its length takes. Of a packet: an error."""

END_BYTES: Final = 9
PACKET_BYTES: Final = 0xFFFFFF
"""A packet of this size goes on in the next one."""

_U16 = struct.Struct("<H").unpack_from
_U32 = struct.Struct("<I").unpack_from
_U64 = struct.Struct("<Q").unpack_from


class Wire:
    """An open connection. Every method raises SourceDenied or SourceLost, without a password."""

    def __init__(self, connection: pymysql.Connection[Cursor], location: str) -> None:
        self._connection = connection
        self.location = location
        self._is_mid_result = False

    def execute(self, statement: str) -> None:
        self.many(statement)

    def many(self, statement: str) -> list[tuple[Any, ...]]:
        """All rows of a statement; for catalogues and counts."""
        check(not self._is_mid_result, "a result was left in its middle; the wire holds its rest")
        with self._translated(), self._connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def stream(self, statement: str, width: int) -> Iterator[Fields]:
        """The fields of all rows, `width` a row, some rows at a time, as they arrive."""
        with self._translated():
            cursor = SSCursor(self._connection)
            cursor.execute(statement)
            self._is_mid_result = True
            try:
                yield from _fields(_buffer_of(self._connection), width)
                self._is_mid_result = False
            finally:
                _mark_as_read(cursor)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (pymysql.MySQLError, OSError) as error:
            reason = _said(error)
            if error.args and error.args[0] in DENIED:
                raise SourceDenied(location=self.location, reason=reason) from None
            raise SourceLost(location=self.location, reason=reason) from None


@contextmanager
def connected(url: str) -> Iterator[Wire]:
    """Connect.  Raises SourceDenied, SourceUnreachable; UnknownSource without a database."""
    location = location_of(url)
    try:
        connection = pymysql.connect(**arguments_of(url))
    except pymysql.MySQLError as error:
        if error.args and error.args[0] in DENIED:
            raise SourceDenied(location=location, reason=_said(error)) from None
        if error.args and error.args[0] in SILENT:
            server = server_of(url, MYSQL_PORT)
            said = WHY.search(_said(error))
            reason = said[1] if said else _said(error)
            raise SourceUnreachable(location=location, server=server, reason=reason) from None
        raise UnknownSource(location=location, reason=_said(error)) from None
    with closing(connection):
        yield Wire(connection, location)


def arguments_of(url: str) -> dict[str, Any]:
    """The driver's arguments. Raises UnknownSource for an address without a database."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    database = unquote(parts.path.strip("/"))
    if not database:
        raise UnknownSource(location=location_of(url), reason="it names no database")
    return {
        "host": parts.hostname or "localhost",
        "port": parts.port or MYSQL_PORT,
        "user": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password or ""),
        "database": database,
        "unix_socket": query.get("unix_socket"),
        "ssl_ca": query.get("ssl_ca"),
        "charset": "utf8mb4",
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS,
        "autocommit": True,
    }


def _buffer_of(connection: Any) -> BufferedReader:
    buffer: BufferedReader = connection._rfile  # noqa: SLF001  see the module's first lines
    return buffer


def _mark_as_read(cursor: Any) -> None:
    """Tell the driver that there is no more to read, or it would wait for what we have taken."""
    cursor._result.unbuffered_active = False  # noqa: SLF001  see the module's first lines
    cursor._result.connection = None  # noqa: SLF001  likewise


def _fields(wire: BufferedReader, width: int) -> Iterator[Fields]:
    """Cut what arrives on `wire` into packets and those into fields, until the end packet."""
    held: Fields = []
    held_bytes = 0
    buffer = b""
    while True:
        chunk = wire.read1(CHUNK_BYTES)
        if not chunk:
            raise pymysql.OperationalError(2013, "the connection was closed in the middle of a row")
        buffer += chunk
        start, is_end = _cut_packets(buffer, held)
        held_bytes += start
        buffer = buffer[start:]
        if is_end:
            yield held
            return
        if held_bytes >= HOLD_BYTES or len(held) >= HOLD_ROWS * width:
            yield held
            held, held_bytes = [], 0


def _cut_packets(buffer: bytes, held: Fields) -> tuple[int, bool]:
    """Append the fields of every whole packet in `buffer` to `held`.

    Returns where the first packet that is not whole begins, and whether the end was met.
    """
    start, size = 0, len(buffer)
    while start + 4 <= size:
        length = _U32(buffer, start)[0] & 0xFFFFFF
        first, end = start + 4, start + 4 + length
        if end > size:
            break
        if length == PACKET_BYTES:
            row, end = _joined_row(buffer, start)
            if not row:
                break
            _cut_fields(row, 0, len(row), held)
            start = end
            continue
        if buffer[first] == EIGHT_BYTES and length < END_BYTES:
            return end, True
        if buffer[first] == ERROR:
            pymysql.err.raise_mysql_exception(buffer[first:end])
        _cut_fields(buffer, first, end, held)
        start = end
    return start, False


def _joined_row(buffer: bytes, start: int) -> tuple[bytes, int]:
    """A row that takes several packets, and where it ends; empty while it is not whole."""
    pieces = []
    while start + 4 <= len(buffer):
        length = _U32(buffer, start)[0] & 0xFFFFFF
        end = start + 4 + length
        pieces.append(buffer[start + 4 : end])
        if length < PACKET_BYTES:
            return (b"".join(pieces), end) if end <= len(buffer) else (b"", start)
        start = end
    return b"", start


def _cut_fields(buffer: bytes, position: int, end: int, held: Fields) -> None:
    """Append the fields of one row. The hot loop: short fields, the usual case, come first."""
    add = held.append
    while position < end:
        head = buffer[position]
        if head < NULL:
            position += 1
            length = head
        elif head == NULL:
            add(None)
            position += 1
            continue
        elif head == TWO_BYTES:
            length = _U16(buffer, position + 1)[0]
            position += 3
        elif head == THREE_BYTES:
            length = _U32(buffer, position + 1)[0] & 0xFFFFFF
            position += 4
        else:
            length = _U64(buffer, position + 1)[0]
            position += 9
        add(buffer[position : position + length])
        position += length


def _said(error: Exception) -> str:
    """What the server or the driver says, without its code; neither ever repeats a password."""
    return str(error.args[-1] if error.args else error).splitlines()[0]
