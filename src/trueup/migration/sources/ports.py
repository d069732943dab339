from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    import pyarrow as pa

    from trueup.migration.sources.model import Kind, SourceTable


Batches: TypeAlias = "Generator[pa.RecordBatch, None, None]"


@dataclass(frozen=True, slots=True)
class Rows:
    """One table's rows as they stand at the source's position.

    batches: may be read once; to be closed before the source when not read to the end.
    count: how many rows the source says there are at the position;
    the reader compares, because a connection that dies can look like the end of the data.
    None: the source is a file whose end is certain.
    """

    schema: pa.Schema
    batches: Batches
    count: int | None


class Source(Protocol):
    """A legacy system, read at one position. Everything it answers is as of that position."""

    @property
    def kind(self) -> Kind: ...

    @property
    def location(self) -> str:
        """Its address without any password."""
        ...

    @property
    def position(self) -> str:
        """The position all tables are read at, in the source's own terms."""
        ...

    @property
    def server_version(self) -> str: ...

    @property
    def fingerprint(self) -> str | None:
        """Equal for equal content, over processes.

        None when the position dies with the connection, so that nothing can be resumed.
        """
        ...

    def tables(self) -> tuple[SourceTable, ...]:
        """Every table that can be extracted, by name, read in one go."""
        ...

    def check_readable(self, tables: Sequence[SourceTable]) -> None:
        """Raise the refusal that reading `tables` would meet, before anything is written."""
        ...

    def rows(self, table: SourceTable) -> Rows:
        """The rows of `table`, in primary key order when there is one.

        Values a column's type cannot carry are not lost: the column comes as text instead.
        Raises the source's refusals for what it cannot read faithfully, SourceLost when it dies.
        """
        ...

    def check_unchanged(self) -> None:
        """Raise SourceChanged when what was read may not be one position."""
        ...
