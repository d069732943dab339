"""DuckDB as a client of another database: one connection, one transaction, rows as Arrow.

The scanner's own table functions are not used: they may spread a table over several connections,
read numeric without a scale as a double, NaN in a numeric as 0 and a zero date as NULL. Each
source states its select list itself and only the transport is DuckDB's.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import unquote, urlsplit, urlunsplit

import duckdb

from trueup.migration.sources.errors import SourceDenied, SourceLost, UnknownSource
from trueup.migration.sources.statements import literal, scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    import pyarrow as pa

MEMORY_LIMIT: Final = "192MB"
"""For DuckDB's own buffers; rows stream through and are not kept."""

BATCH_ROWS: Final = 10_240
"""Five of DuckDB's vectors: small enough for wide rows, large enough to be cheap."""

DENIED: Final = re.compile(
    r"permission denied|command denied|Access denied|authentication failed|row-level security",
    re.IGNORECASE,
)


def location_of(url: str) -> str:
    """`url` without its password and without its query, which may hold one too."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    netloc = f"{name}@{host}" if name else host
    socket = re.search(r"(?:^|&)host=([^&]+)", parts.query)
    query = f"host={socket[1]}" if socket and not host else ""
    return urlunsplit((parts.scheme, netloc, parts.path, query, ""))


@dataclass(frozen=True, slots=True)
class Transport:
    """A scanner of DuckDB. query: its function that runs SQL of the database.

    stream_options: arguments by which a result is passed on as it comes and never collected.
    """

    extension: str
    query: str
    stream_options: str = ""


class Scanner:
    """One attached database in one open transaction.

    Every method raises UnknownSource when the first contact fails for want of a server, then
    SourceDenied or SourceLost; none of them shows a password.
    """

    def __init__(self, transport: Transport, url: str) -> None:
        self.location = location_of(url)
        self._url = url
        self._transport = transport
        self._connection = duckdb.connect(
            config={"threads": 1, "memory_limit": MEMORY_LIMIT, "arrow_lossless_conversion": True}
        )
        self._connection.execute("set timezone = 'UTC'")
        self._connection.execute(f"load {literal(extension_file(transport.extension))}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def attach(self, address: str, options: str) -> None:
        """Connect and begin. address: as the scanner wants it.  options: of DuckDB's attach."""
        try:
            self._connection.execute(f"attach {literal(address)} as source ({options})")
            self._connection.execute("begin transaction")
        except duckdb.Error as error:
            reason = self._said(error)
            if DENIED.search(reason):
                raise SourceDenied(location=self.location, reason=reason) from None
            raise UnknownSource(location=self.location, reason=reason) from None

    def configure(self, settings: Mapping[str, str]) -> None:
        """Set DuckDB's settings of the extension; names and values are our own constants."""
        for name, value in settings.items():
            self._connection.execute(f"set {name} = {value}")

    def call(self, function: str, statement: str) -> None:
        """Run a statement that answers nothing, by the scanner's `function` for it."""
        with self._translated():
            self._connection.execute(f"call {function}('source', {literal(statement)})")

    def many(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement of the database; for catalogues and counts."""
        with self._translated():
            return self._connection.execute(scan(self._transport.query, statement)).fetchall()

    def stream(self, statement: str, fields: str = "*") -> pa.RecordBatchReader:
        """The rows of a statement, streamed. fields: DuckDB's reading of its columns."""
        with self._translated():
            way = self._transport
            self._connection.execute(scan(way.query, statement, fields, way.stream_options))
            return self._connection.to_arrow_reader(BATCH_ROWS)

    def batches(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        with self._translated():
            yield from reader

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.Error, OSError) as error:
            reason = self._said(error)
            if DENIED.search(reason):
                raise SourceDenied(location=self.location, reason=reason) from None
            raise SourceLost(location=self.location, reason=reason) from None

    def _said(self, error: Exception) -> str:
        """The first line of an error, its password struck out."""
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        netloc = urlsplit(self._url).netloc.rpartition("@")[0]
        password = netloc.partition(":")[2]
        for form in filter(None, {password, unquote(password)}):
            said = said.replace(form, "***")
        return said


def extension_file(name: str) -> str:
    """The scanner's file in its wheel; by name DuckDB would look for it on the network."""
    package = f"duckdb_extension_{name}"
    folder = resources.files(package) / "extensions" / f"v{duckdb.__version__}"
    return str(folder / f"{name}.duckdb_extension")
