"""What somebody expects of a source before it is read: the assessment's whole knowledge of a pack.

A mapping pack is translated into `Expectations` by whoever owns packs; the assessment stands below
the mapping and never reads one. `NOTHING_EXPECTED` assesses any schema by its names alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NULL: Final = "(null)"
"""How a map names a null of the source."""


class Role(StrEnum):
    """What a column means to billing. A column may play several roles."""

    KEY = "key"
    STATUS = "status"
    CURRENCY = "currency"
    AMOUNT_MINOR = "amount_minor"  # the currency's smallest unit, such as cents
    AMOUNT_MAIN = "amount_main"  # the currency's main unit, with decimals
    AMOUNT_MICROS = "amount_micros"
    SUBTOTAL = "subtotal"
    DISCOUNT = "discount"
    TAX = "tax"
    TOTAL = "total"
    PAID = "paid"
    CREDITED = "credited"
    REMAINING = "remaining"  # what is left of a credit
    EMAIL = "email"
    PERSONAL = "personal"  # shown masked, never in full
    OCCURRED = "occurred"  # when something happened: not in the future
    SCHEDULED = "scheduled"  # when something is due: may lie ahead
    NUMBER = "number"  # a document's number in a series
    DEFAULT_FLAG = "default_flag"  # at most one true for each customer
    TEST_FLAG = "test_flag"
    JSON = "json"
    LINES = "lines"  # a JSON list of an invoice's lines


@dataclass(frozen=True, slots=True)
class ExpectedEntity:
    """One canonical entity and where it lies.

    entity: the canonical name, such as invoice.  key: columns, at least one.
    columns: those the pack reads; one that the snapshot lacks blocks the load.
    also_reads: further tables the entity is made from; they count as claimed.
    currency: of every amount of the table, where the table has no column that says.
    """

    entity: str
    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...] = ()
    also_reads: tuple[str, ...] = ()
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class ExpectedReference:
    table: str
    column: str
    target_table: str
    target_column: str


@dataclass(frozen=True, slots=True)
class ExpectedVocabulary:
    """A map that must be total. meanings: raw value to canonical value, matched exactly (M30).

    Null in the source is the raw value `(null)`.
    """

    name: str
    table: str
    column: str
    meanings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ExpectedRole:
    """A column's meaning where its name does not tell."""

    table: str
    column: str
    role: Role


@dataclass(frozen=True, slots=True)
class ExcludedTable:
    table: str
    reason: str
    owner: str


@dataclass(frozen=True, slots=True)
class Expectations:
    """pack: its name; empty when nothing is expected."""

    pack: str = ""
    entities: tuple[ExpectedEntity, ...] = ()
    references: tuple[ExpectedReference, ...] = ()
    vocabularies: tuple[ExpectedVocabulary, ...] = ()
    roles: tuple[ExpectedRole, ...] = ()
    excluded_tables: tuple[ExcludedTable, ...] = ()

    @property
    def claimed_tables(self) -> frozenset[str]:
        """Tables an entity is made from or that are excluded by name."""
        read = {name for entity in self.entities for name in (entity.table, *entity.also_reads)}
        return frozenset(read | {excluded.table for excluded in self.excluded_tables})


NOTHING_EXPECTED: Final = Expectations()
