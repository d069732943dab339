"""DuckDB as a client of another database: one connection, one transaction, rows as Arrow.

The scanner's own table functions are not used: they may spread a table over several connections,
read numeric without a scale as a double, NaN in a numeric as 0 and a zero date as NULL. Each
source states its select list itself and only the transport is DuckDB's.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import unquote, urlsplit

import duckdb
import pyarrow as pa

from trueup.migration.sources.errors import SourceDenied, UnknownSource
from trueup.migration.sources.faults import SourceLost, SourceUnreachable
from trueup.migration.sources.location import location_of, server_of
from trueup.migration.sources.statements import literal, scan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from trueup.migration.sources.ports import Batches

MEMORY_LIMIT: Final = "192MB"
"""For DuckDB's own buffers; rows stream through and are not kept."""

BATCH_ROWS: Final = 10_240
"""Five of DuckDB's vectors: small enough for wide rows, large enough to be cheap."""

DENIED: Final = re.compile(
    r"permission denied|command denied|Access denied|authentication failed|row-level security",
    re.IGNORECASE,
)
SILENT: Final = re.compile(
    r"could not translate host name|No such file or directory|refused|timeout expired|timed out"
    r"|unreachable|No route to host|closed the connection unexpectedly|Is the server running",
    re.IGNORECASE,
)
"""What libpq says when nobody answers; a server that does, says FATAL or ERROR."""

PREAMBLE: Final = re.compile(
    r'^IO Error: Unable to connect to Postgres at ".*?": (?:connection to server .*? failed: )?'
)
"""Before the reason of a failed contact, DuckDB repeats the address with all our settings."""

POSTGRESQL_PORT: Final = 5432


class Scanner:
    """One attached database in one open transaction. query: the function that runs its SQL.

    `attach` raises SourceUnreachable without a server, UnknownSource when the server knows no such
    database, all methods SourceDenied and SourceLost; none of them shows a password.
    """

    def __init__(self, extension: str, query: str, url: str) -> None:
        self.location = location_of(url)
        self._url = url
        self._query = query
        self._connection = duckdb.connect(
            config={"threads": 1, "memory_limit": MEMORY_LIMIT, "arrow_lossless_conversion": True}
        )
        self._connection.execute("set timezone = 'UTC'")
        self._connection.execute(f"load {literal(extension_file(extension))}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A transaction that is still open when its server is gone aborts the whole process when
        # the connection is closed; told to roll back, it fails in a way that can be caught.
        with suppress(duckdb.Error):
            self._connection.rollback()
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
            if SILENT.search(reason):
                server = server_of(self._url, POSTGRESQL_PORT)
                raise SourceUnreachable(
                    location=self.location, server=server, reason=reason
                ) from None
            raise UnknownSource(location=self.location, reason=reason) from None

    def many(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement of the database; for catalogues and counts."""
        with self._translated():
            return self._connection.execute(scan(self._query, statement)).fetchall()

    def stream(self, statement: str) -> tuple[pa.Schema, Batches]:
        """The rows of a statement, streamed, and their schema."""
        with self._translated():
            self._connection.execute(scan(self._query, statement))
            reader = self._connection.to_arrow_reader(BATCH_ROWS)
        schema = _with_truths(reader.schema)
        return schema, self._batches(reader, schema)

    def _batches(self, reader: pa.RecordBatchReader, schema: pa.Schema) -> Batches:
        with self._translated():
            for batch in reader:
                yield batch if schema == reader.schema else _with_plain_truths(batch, schema)

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
        """The first line of an error, without the address, its password struck out."""
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        said = PREAMBLE.sub("", said).removesuffix(".")
        netloc = urlsplit(self._url).netloc.rpartition("@")[0]
        password = netloc.partition(":")[2]
        for form in filter(None, {password, unquote(password)}):
            said = said.replace(form, "***")
        return said


def _with_truths(schema: pa.Schema) -> pa.Schema:
    """The schema with truths as truths: to keep uuid, DuckDB hands them over as small integers."""
    for index, field in enumerate(schema):
        if field.type == pa.bool8():
            schema = schema.set(index, field.with_type(pa.bool_()))
    return schema


def _with_plain_truths(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    arrays = [
        array.storage.cast(pa.bool_()) if array.type == pa.bool8() else array
        for array in batch.columns
    ]
    return pa.record_batch(arrays, schema=schema)


def extension_file(name: str) -> str:
    """The scanner's file in its wheel; by name DuckDB would look for it on the network."""
    package = f"duckdb_extension_{name}"
    folder = resources.files(package) / "extensions" / f"v{duckdb.__version__}"
    return str(folder / f"{name}.duckdb_extension")
