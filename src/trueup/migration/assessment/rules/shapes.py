"""What is known of every table before its rows are read: roles of columns, references, periods."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from trueup.migration.assessment.expectations import Expectations, Role
from trueup.migration.assessment.rules import roles
from trueup.migration.assessment.rules.names import kind_of, shared_prefix, snake, subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.migration.sources.model import Table

AMOUNTS: Final = (Role.AMOUNT_MINOR, Role.AMOUNT_MAIN, Role.AMOUNT_MICROS)
_TIME_ENDING: Final = re.compile(r"_(at|on|date|time)$")
_EXTERNAL: Final = re.compile(
    r"(stripe|paypal|braintree|adyen|gocardless|mollie|chargebee|recurly|external|gateway|psp)_.*"
)
_TOKEN: Final = re.compile(
    r"(.+_)?(id|key|token|hash|digest|fingerprint|reference|signature|checksum|uuid|guid)"
)
_SELF: Final = frozenset({"parent", "merged_into", "survivor", "replaced_by", "duplicate_of"})
# Stems whose words swap to name the end of the span they begin.
_SPANS: Final = (("start", "end"), ("starts", "ends"), ("started", "ended"), ("from", "until"))
_ORDERED: Final = (
    ("created", "closed"),
    ("opened", "closed"),
    ("issued", "due"),
    ("issued", "paid"),
    ("created", "expires"),
    ("started", "trial_end"),
)


@dataclass(frozen=True, slots=True)
class ColumnShape:
    name: str
    type: str
    source_type: str
    roles: frozenset[Role]

    @property
    def is_text(self) -> bool:
        return roles.is_text(self.type)

    @property
    def holds_tokens(self) -> bool:
        """Ids of processors, keys, hashes; JSON, which is full of them."""
        return Role.JSON in self.roles or _TOKEN.fullmatch(snake(self.name)) is not None

    @property
    def is_integer(self) -> bool:
        return roles.is_integer(self.type)

    @property
    def amount_role(self) -> Role | None:
        """In which unit the column counts money; None if it does not."""
        return next((role for role in AMOUNTS if role in self.roles), None)


@dataclass(frozen=True, slots=True)
class Reference:
    """`column` holds a key of `target_table`. is_declared: by the pack, not guessed from names."""

    table: str
    column: str
    target_table: str
    target_column: str
    is_declared: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Two times of one row, the first never after the second. is_period: it also has length."""

    start: str
    end: str
    is_period: bool


@dataclass(frozen=True, slots=True)
class TableShape:
    """key: what names a row: the pack's key, else the primary key, else `id`; may be empty.

    kind: the billing entity it holds; empty when unknown.  currency: of all its amounts, if fixed.
    """

    name: str
    kind: str
    subject: str
    rows: int
    key: tuple[str, ...]
    columns: tuple[ColumnShape, ...]
    currency: str | None

    def column(self, name: str) -> ColumnShape | None:
        return next((column for column in self.columns if column.name == name), None)

    def having(self, role: Role) -> tuple[ColumnShape, ...]:
        return tuple(column for column in self.columns if role in column.roles)

    def first(self, role: Role) -> ColumnShape | None:
        """The column of that role with the plainest name: `currency` before `billing_currency`."""
        return min(self.having(role), key=lambda column: len(column.name), default=None)

    def timed(self, stem: str) -> ColumnShape | None:
        """The time called `stem`, whatever its ending: `closed` finds `closed_date`."""
        times = (*self.having(Role.OCCURRED), *self.having(Role.SCHEDULED))
        return next((column for column in times if time_stem(column.name) == stem), None)

    @property
    def principal(self) -> ColumnShape | None:
        """The amount that a row is about: its total, what remains of it, or its first amount."""
        for role in (Role.TOTAL, Role.REMAINING):
            if found := self.first(role):
                return found
        amounts = [column for column in self.columns if column.amount_role]
        plain = [column for column in amounts if "amount" in snake(column.name)]
        return next(iter(plain or amounts), None)


def time_stem(column: str) -> str:
    return _TIME_ENDING.sub("", snake(column))


def shapes_of(tables: Sequence[Table], expected: Expectations) -> tuple[TableShape, ...]:
    """The shape of each table, in the order given."""
    prefix = shared_prefix([table.name for table in tables])
    return tuple(_shape_of(table, prefix, expected) for table in tables)


def _shape_of(table: Table, prefix: str, expected: Expectations) -> TableShape:
    entity = next((e for e in expected.entities if e.table == table.name), None)
    kind = entity.entity if entity else kind_of(table.name, prefix)
    declared = {(role.column, role.role) for role in expected.roles if role.table == table.name}
    names = [column.name for column in table.columns]
    key = entity.key if entity else table.primary_key
    if not key or not set(key) <= set(names):
        key = tuple(name for name in names if snake(name) == "id")
    declared |= {(name, Role.KEY) for name in key}
    columns = tuple(
        ColumnShape(
            column.name,
            column.type,
            column.source_type,
            roles.roles_of(column.name, column.type, kind)
            | {role for name, role in declared if name == column.name},
        )
        for column in table.columns
    )
    return TableShape(
        name=table.name,
        kind=kind,
        subject=subject(table.name, prefix),
        rows=table.rows,
        key=key,
        columns=columns,
        currency=entity.currency if entity else None,
    )


def references_of(shapes: Sequence[TableShape], expected: Expectations) -> tuple[Reference, ...]:
    """Declared references of tables that are there, then those that names suggest."""
    by_name = {shape.name: shape for shape in shapes}
    declared = tuple(
        Reference(ref.table, ref.column, ref.target_table, ref.target_column, is_declared=True)
        for ref in expected.references
        if _has(by_name, ref.table, ref.column)
        and _has(by_name, ref.target_table, ref.target_column)
    )
    taken = {(ref.table, ref.column) for ref in declared}
    guessed = (
        reference
        for shape in shapes
        for column in shape.columns
        if (shape.name, column.name) not in taken
        if (reference := _guessed(shape, column, shapes))
    )
    return (*declared, *guessed)


def _has(shapes: dict[str, TableShape], table: str, column: str) -> bool:
    return table in shapes and shapes[table].column(column) is not None


def _guessed(
    shape: TableShape, column: ColumnShape, shapes: Sequence[TableShape]
) -> Reference | None:
    """A column `<x>_id` and the table whose row is an `<x>`; the longest name that fits."""
    name = snake(column.name)
    if not name.endswith("_id") or _EXTERNAL.fullmatch(name) or shape.key == (column.name,):
        return None
    stem = name.removesuffix("_id")
    if stem in _SELF:
        candidates = [shape]
    else:
        fitting = [s for s in shapes if stem == s.subject or stem.endswith(f"_{s.subject}")]
        candidates = sorted(fitting, key=lambda s: (-len(s.subject), s.name))
    for target in candidates:
        found = target.column(target.key[0]) if len(target.key) == 1 else None
        if found and found.is_text == column.is_text:
            return Reference(shape.name, column.name, target.name, found.name, is_declared=False)
    return None


def spans_of(shape: TableShape) -> tuple[Span, ...]:
    """Pairs of times whose names say which comes first."""
    times = {
        time_stem(column.name): column.name
        for column in (*shape.having(Role.OCCURRED), *shape.having(Role.SCHEDULED))
    }
    periods = (
        Span(name, times[other], is_period=True)
        for stem, name in times.items()
        for start, end in _SPANS
        if start in stem.split("_")
        if (other := re.sub(rf"(^|_){start}(_|$)", rf"\1{end}\2", stem)) in times
    )
    ordered = (
        Span(times[first], times[second], is_period=False)
        for first, second in _ORDERED
        if first in times and second in times
    )
    return (*periods, *ordered)
