"""How values read: which shape a column of text has, and how its distribution is labelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from trueup.migration.assessment.expectations import Role
from trueup.migration.assessment.model import Shape
from trueup.migration.assessment.rules import roles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

READ_AS_SHARE: Final = (95, 100)
"""Of 100 written values, how many must read as a shape before the others count as unreadable.
Ours: low enough to see numbers behind some rubbish, high enough to leave codes alone."""

ENUMERATION_MAX: Final = 50
"""Values that people can still read as a list."""


@dataclass(frozen=True, slots=True)
class TextCounts:
    """What was counted in a column of text. written: neither null nor blank."""

    written: int
    blanks: int
    length_min: int
    length_max: int
    padded: int
    damaged: int
    non_ascii: int
    integers: int
    decimals: int
    instants: int
    booleans: int
    card_like: int

    @classmethod
    def from_row(cls, row: Sequence[Any], filled: int) -> TextCounts:
        """row: the measures of `text_measure`, in its order; null where no value counted."""
        blanks, *rest = (int(measure or 0) for measure in row)
        return cls(filled - blanks, blanks, *rest)

    def reading(self, shape: Shape) -> int:
        """How many values read as `shape`."""
        return {
            Shape.INTEGER: self.integers,
            Shape.DECIMAL: self.integers + self.decimals,
            Shape.INSTANT: self.instants,
            Shape.BOOLEAN: self.booleans,
        }.get(shape, self.written)

    def unreadable(self, shape: Shape) -> int:
        return self.written - self.reading(shape)


def shape_of_text(counts: TextCounts) -> Shape:
    """The narrowest shape that nearly all written values have; text otherwise."""
    share, of = READ_AS_SHARE
    for shape in (Shape.INTEGER, Shape.DECIMAL, Shape.INSTANT, Shape.BOOLEAN):
        if counts.reading(shape) * of >= counts.written * share:
            return shape
    return Shape.TEXT


def shape_of_type(type_name: str) -> Shape:
    """By the type alone: what DuckDB could not read differently."""
    if roles.is_integer(type_name):
        return Shape.INTEGER
    if roles.is_numeric(type_name):
        return Shape.DECIMAL
    if roles.is_temporal(type_name):
        return Shape.INSTANT
    return {"BOOLEAN": Shape.BOOLEAN, "JSON": Shape.JSON}.get(type_name.upper(), Shape.OTHER)


def is_enumeration(column_roles: AbstractSet[Role], read_as: Shape, values: int) -> bool:
    """Whether a column's values are worth listing. values: how many there are, null included."""
    if read_as in {Shape.INSTANT, Shape.OTHER, Shape.EMPTY, Shape.JSON}:
        return False
    if column_roles & {Role.EMAIL, Role.KEY}:
        return False
    return 0 < values <= ENUMERATION_MAX


def other_case(values: Sequence[tuple[str | None, int]]) -> int:
    """Rows whose value differs by case only from a more frequent one. values: frequent first."""
    seen: set[str] = set()
    rows_of_others = 0
    for value, rows in values:
        if value is None or not value.strip():
            continue
        rows_of_others += rows if value.lower() in seen else 0
        seen.add(value.lower())
    return rows_of_others


def magnitude_label(sign: int, power: int | None) -> str:
    """`0`, `1-9`, `1 000-9 999`, `below 1`, with a minus before negative ones."""
    if power is None:
        return "0"
    minus = "-" if sign < 0 else ""
    if power < 0:
        return f"{minus}<1"
    low = 10**power
    return f"{minus}{_grouped(low)}-{_grouped(low * 10 - 1)}"


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")
