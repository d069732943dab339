from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Key = tuple[str | None, ...]
Values = tuple[str | None, ...]
Span = tuple[int, int]
"""The least and the greatest whole-number key, both included."""


class Engine(StrEnum):
    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    DUCKDB = "duckdb"


class Kind(StrEnum):
    """What a field holds, whatever its engine calls it; each has one canonical text."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    TEXT = "text"
    BYTES = "bytes"
    UUID = "uuid"
    JSON = "json"


class Digest(StrEnum):
    """How a row becomes numbers that can be added up; the cheapest that both sides know is taken.

    NATIVE: PostgreSQL's own 64-bit hash of the row's bytes, with two seeds.  CRC: two checksums of
    the canonical text, multiplied and interleaved.  MD5: the two halves of its digest.
    """

    NATIVE = "native"
    CRC = "crc"
    MD5 = "md5"


class BreakType(StrEnum):
    MISSING = "missing"
    EXTRA = "extra"
    DUPLICATE = "duplicate"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a side.

    type: what the engine calls its type, or MySQL a text's character set: some need no conversion.
    """

    name: str
    kind: Kind
    type: str = ""


class SideConnection(Protocol):
    """A database or file that can run a query; one snapshot for its whole life.

    `rows` and `stream` yield plain tuples.  Raises QueryRefused and SideLost.
    """

    engine: Engine
    version: int
    """Of the server, where a newer one has a cheaper way: 18 for PostgreSQL 18, 1011 for MariaDB
    10.11; else 0."""

    def describe(self, query: str) -> tuple[Column, ...]: ...

    def shares(self, query: str, key: str) -> tuple[str, ...]:
        """Conditions on a whole-number `key` that divide the rows of `query`: at least one.

        The statements with them may run at once, each on the lane of its place among them.
        """
        ...

    def rows(self, sql: str, lane: int = 0) -> list[tuple[object, ...]]: ...

    def stream(self, sql: str, batch_rows: int) -> Iterator[list[tuple[object, ...]]]: ...


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison. query: a SELECT in the dialect of its engine."""

    connection: SideConnection
    query: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one pair of rows. Values are canonical text; None is NULL."""

    field: str
    left: str | None
    right: str | None


@dataclass(frozen=True, slots=True)
class Break:
    """One row that is not the same on both sides.

    left, right: the rows by field, empty where the side has none.  differences: for a mismatch,
    the fields that differ.  left_count, right_count: how many rows each side has of this key.
    """

    type: BreakType
    key: Key
    left: Mapping[str, str | None]
    right: Mapping[str, str | None]
    differences: tuple[Difference, ...] = ()
    left_count: int = 0
    right_count: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found. Counts are exact; `breaks` holds a bounded sample of each type.

    missing: keys that only the left has.  extra: keys that only the right has.
    mismatched: keys on both sides whose rows differ.  duplicate: keys with more than one row on a
    side.  rows_fetched: what had to travel to find that out.  lanes: how many statements summed
    each side at once.
    """

    left_rows: int
    right_rows: int
    counts: Mapping[BreakType, int]
    field_mismatches: Mapping[str, int]
    breaks: tuple[Break, ...]
    buckets: int
    buckets_differing: int
    rows_fetched: int
    lanes: tuple[int, int] = (1, 1)

    @property
    def is_equal(self) -> bool:
        return not any(self.counts.values())
