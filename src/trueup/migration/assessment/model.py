from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trueup.kernel.money import Money
    from trueup.migration.assessment.expectations import Role


class Severity(StrEnum):
    """What a finding does to the load, worst first."""

    BLOCKS = "blocks"
    SETS_ASIDE = "sets_aside"
    REVIEW = "review"


class Shape(StrEnum):
    """How a column's values read, whatever type the source gave them."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    INSTANT = "instant"
    BOOLEAN = "boolean"
    JSON = "json"
    OTHER = "other"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class ValueCount:
    """value: as the source has it, masked where it could name a person; None is null."""

    value: str | None
    rows: int


@dataclass(frozen=True, slots=True)
class TextProfile:
    """Of the values that are neither null nor blank.

    padded: with white space at an end.  other_case: beyond the first spelling of a value that
    differs by case only; None where there are too many values to compare.
    damaged: with control characters, replacement characters or twice-encoded letters.
    card_like: with digits enough for a card number; a finding says which are one.
    """

    length_min: int
    length_max: int
    padded: int
    damaged: int
    non_ascii: int
    other_case: int | None
    card_like: int


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column of one table, every row read.

    distinct: exact only if `is_distinct_exact`; else a HyperLogLog estimate, some per cent off.
    read_as: what at least 95 of 100 filled values read as; `unreadable` counts the others.
    least, greatest: of numbers and instants only, as text.
    top: most frequent first, at most 12, only where the column is an enumeration.
    spread: numbers by order of magnitude, instants by year, in that order.
    """

    name: str
    source_type: str
    type: str
    roles: tuple[Role, ...]
    nulls: int
    blanks: int
    distinct: int
    is_distinct_exact: bool
    read_as: Shape
    unreadable: int
    least: str | None
    greatest: str | None
    text: TextProfile | None
    top: tuple[ValueCount, ...]
    spread: tuple[ValueCount, ...]


@dataclass(frozen=True, slots=True)
class TableProfile:
    """kind: the billing entity it seems to hold, or empty.  claimed_by: entities of the pack."""

    name: str
    rows: int
    bytes: int
    content_hash: str
    primary_key: tuple[str, ...]
    kind: str
    claimed_by: tuple[str, ...]
    exclusion: str
    columns: tuple[ColumnProfile, ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One observed value and what the pack makes of it; None: the pack does not know it."""

    value: str | None
    rows: int
    meaning: str | None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All values of one status column. name: of the pack's map; empty: no map covers the column."""

    name: str
    table: str
    column: str
    meanings: tuple[Meaning, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """row: position in the snapshot's table, from 0; None where the example is a group of rows.

    key: the row's primary key as text, parts joined by `, `; masked like every shown value.
    """

    row: int | None
    key: str
    shown: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of trouble in one place. count: rows, or groups where its examples are groups.

    at_risk: gross (sum of absolute amounts, M24), one amount per currency, by currency code.
    rows_without_currency: rows with an amount whose currency is unknown; they are in no sum.
    """

    code: str
    severity: Severity
    table: str
    columns: tuple[str, ...]
    count: int
    examples: tuple[Example, ...]
    at_risk: tuple[Money, ...]
    rows_without_currency: int
    title: str
    effect: str
    action: str


@dataclass(frozen=True, slots=True)
class SeverityTotal:
    """rows: distinct rows of the snapshot named by at least one finding of this severity.

    at_risk: each row's principal amount once, however many findings name it.
    """

    severity: Severity
    findings: int
    rows: int
    at_risk: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What stands in a snapshot. findings: gravest first; tables: by name.

    taken_at: when the snapshot was taken, ISO 8601 in UTC; "the future" begins there.
    """

    snapshot_hash: str
    source_kind: str
    source_location: str
    source_position: str
    taken_at: str
    pack: str
    tables: tuple[TableProfile, ...]
    vocabularies: tuple[Vocabulary, ...]
    findings: tuple[Finding, ...]
    totals: tuple[SeverityTotal, ...]
