"""What a mapping is made of: canonical records, value maps, and the pack that fills them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from trueup.billing.dialect.model import Dialect
    from trueup.migration.sources.model import Names


UNREAD: Final = "unread_"
"""Prefix of the column in which a pack shows what it could not read of a field."""


class Kind(StrEnum):
    """How a canonical field is read; canonical.toml describes each."""

    TEXT = "text"
    TOKEN = "token"  # noqa: S105  an id made by a processor or a program, not a secret
    BOOLEAN = "boolean"
    INTEGER = "integer"
    QUANTITY = "quantity"
    MICROS = "micros"
    CURRENCY = "currency"
    COUNTRY = "country"
    INSTANT = "instant"
    DATE = "date"
    JSON = "json"
    ENUM = "enum"
    REFERENCE = "reference"


class Bucket(StrEnum):
    """Where a source row ends: in exactly one of these."""

    LOADED = "loaded"
    MERGED = "merged"
    EXCLUDED = "excluded"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a canonical record.

    column: where the target keeps it; for a reference the column of the resolved id.
    merges_replays: a record that repeats the value, and all else of an earlier one, is that one.
    entity: for a reference, what it refers to.  values: for an enum, all of them.
    """

    name: str
    kind: Kind
    column: str
    is_required: bool = False
    is_unique: bool = False
    is_whole: bool = False
    is_virtual: bool = False
    merges_replays: bool = False
    has_same_currency: bool = False
    entity: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """Refuses the records for which `refuse_when` (DuckDB SQL over the record) is true."""

    field: str
    reason: str
    refuse_when: str
    fix: str


@dataclass(frozen=True, slots=True)
class Child:
    """Records inside a record: a list of structs in the column `name`, in order of position.

    identified_as: the entity whose ids they get; None if their parent and position identify them.
    """

    name: str
    target: str
    fields: tuple[Field, ...]
    is_optional: bool
    identified_as: str | None


@dataclass(frozen=True, slots=True)
class Canonical:
    """The contract of one entity: what a pack must yield and the load accepts.

    money: the field whose amount is at stake when a record is set aside; with `currency`.
    """

    name: str
    target: str
    fields: tuple[Field, ...]
    checks: tuple[Check, ...] = ()
    children: tuple[Child, ...] = ()
    money: str | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        """What a pack may yield of the record itself: its fields, then the lists inside it."""
        return (*(each.name for each in self.fields), *(each.name for each in self.children))

    @property
    def targets(self) -> tuple[str, ...]:
        """The tables that its records, and the records inside them, go into."""
        return (self.target, *(each.target for each in self.children))

    @property
    def references(self) -> tuple[Field, ...]:
        return tuple(each for each in self.fields if each.kind is Kind.REFERENCE)

    @property
    def has_currency(self) -> bool:
        return any(each.name == "currency" for each in self.fields)

    @property
    def refers_to(self) -> frozenset[str]:
        """The kinds of record that it, or a record inside it, may name; its own among them."""
        inside = (field for child in self.children for field in child.fields)
        return frozenset(each.entity for each in (*self.fields, *inside) if each.entity)

    @property
    def refers_to_itself(self) -> bool:
        return self.name in self.refers_to


@dataclass(frozen=True, slots=True)
class ValueMap:
    """Target value of each value of one source column; total over the values the source holds.

    Null in the source is written as the key `(null)`.
    """

    name: str
    table: str
    column: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TableSetAside:
    """A source table of which no row becomes a record of its own.

    bucket: merged if its rows live on inside other records, excluded if they stay behind.
    owner: who decided that they stay behind; None for merged.
    """

    table: str
    bucket: Bucket
    reason: str
    owner: str | None


@dataclass(frozen=True, slots=True)
class Assumption:
    """What the source does not say and somebody decided, such as the currency of all its amounts.

    A pack's statements, checks and controls read it as `assumed_<name>()`, a text.
    """

    name: str
    value: str
    reason: str
    owner: str


@dataclass(frozen=True, slots=True)
class RejectionLimit:
    """How much of an entity may be rejected before the books do not tie out, in basis points.

    entity: empty for the limit of every entity without one of its own.  rows_bp: of its rows.
    money_bp: of its money, in each currency.  reason, owner: empty only up to the default.
    """

    entity: str
    rows_bp: int
    money_bp: int
    reason: str
    owner: str


@dataclass(frozen=True, slots=True)
class EntityMapping:
    """How one entity is read from the source.

    table: the source table of which each row becomes one record or is set aside; None if every
    record is derived.  sql: one row per row of `table`.  derived_sql: records that no single row
    stands for, such as a product that the source only names inside its plans.
    status, currency: source columns by which rows are accounted for.
    references: source column to the `table.column` it points at, for the assessment.
    """

    entity: str
    table: str | None
    key: tuple[str, ...]
    status: str | None
    currency: str | None
    sql: str | None
    derived_sql: str | None
    references: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pack:
    """A mapping pack: everything the load knows of one legacy system.

    names: those under which it reads the source's tables and columns.
    entities: in load order, a record after all it refers to.  hash: SHA-256 over the pack's files.
    limits: the rejection budget, the limit of every entity first.
    dialect: the conventions by which the legacy system billed; Trueup's own where none are stated.
    macros: DuckDB statements that make what several entities' statements share; None if they share
    nothing.
    """

    name: str
    version: str
    title: str
    path: Path
    source_time_zone: str
    names: Names
    assumptions: tuple[Assumption, ...]
    entities: tuple[EntityMapping, ...]
    maps: tuple[ValueMap, ...]
    tables_set_aside: tuple[TableSetAside, ...]
    limits: tuple[RejectionLimit, ...]
    dialect: Dialect
    macros: str | None
    hash: str

    @property
    def named_columns(self) -> frozenset[str]:
        """Every column that the manifest names, as `table.column`."""
        named = {f"{each.table}.{each.column}" for each in self.maps}
        for each in self.entities:
            columns = (*each.key, each.status, each.currency, *each.references)
            if each.table:
                named |= {f"{each.table}.{column}" for column in columns if column}
                named |= set(each.references.values())
        return frozenset(named)

    def entity(self, name: str) -> EntityMapping:
        return next(each for each in self.entities if each.entity == name)

    def limit(self, entity: str) -> RejectionLimit:
        """The entity's own limit, else that of every entity."""
        own = (each for each in self.limits if each.entity == entity)
        return next(own, self.limits[0])
