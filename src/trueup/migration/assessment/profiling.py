"""Profiles of a table's columns: every row read, in as few passes as the answers allow.

Columns with few values are grouped first and measured by value; the others are measured row by row,
all of them in one pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from trueup.migration.assessment.expectations import Role
from trueup.migration.assessment.model import ColumnProfile, Shape, TextProfile, ValueCount
from trueup.migration.assessment.rules.fragments import card_like, here, seen
from trueup.migration.assessment.rules.reading import (
    TextCounts,
    is_enumeration,
    magnitude_label,
    other_case,
    shape_of_text,
    shape_of_type,
)
from trueup.migration.assessment.statements import statement
from trueup.migration.pages.masking import masked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.migration.assessment.rules.shapes import ColumnShape, TableShape
    from trueup.migration.assessment.store import Reader

GROUPED_VALUES_MAX: Final = 1000
"""Distinct values up to which a column is grouped: exact counts, in memory that does not grow."""

TOP_VALUES: Final = 12
_TEXT_MEASURES: Final = 11


@dataclass(frozen=True, slots=True)
class _Sized:
    """A column before its values are looked at. distinct: estimated."""

    column: ColumnShape
    filled: int
    distinct: int

    @property
    def is_grouped(self) -> bool:
        return self.distinct <= GROUPED_VALUES_MAX


def profile_columns(reader: Reader, shape: TableShape) -> tuple[ColumnProfile, ...]:
    """The profile of each column, in the table's order."""
    if not shape.rows:
        return tuple(_empty(column) for column in shape.columns)
    sized = _sizes(reader, shape)
    wide = [size for size in sized if size.column.is_text and not size.is_grouped]
    texts = dict(zip((s.column.name for s in wide), _wide_texts(reader, shape, wide), strict=True))
    profiles = [_profile(reader, shape, size, texts.get(size.column.name)) for size in sized]
    return tuple(profiles)


def _sizes(reader: Reader, shape: TableShape) -> list[_Sized]:
    measures = ", ".join(statement("size_measure", column=here(c.name)) for c in shape.columns)
    row = reader.rows(shape.name, "sizes", measures=measures, table=seen(shape.name))[0]
    return [
        _Sized(column, filled, distinct)
        for column, filled, distinct in zip(shape.columns, row[0::2], row[1::2], strict=True)
    ]


def _wide_texts(
    reader: Reader, shape: TableShape, sized: Sequence[_Sized]
) -> list[tuple[Any, ...]]:
    if not sized:
        return []
    measures = ", ".join(
        _text_measure(size.column, here(size.column.name), weight="1") for size in sized
    )
    row = reader.rows(shape.name, "sizes", measures=measures, table=seen(shape.name))[0]
    return [row[at : at + _TEXT_MEASURES] for at in range(0, len(row), _TEXT_MEASURES)]


def _profile(
    reader: Reader, shape: TableShape, size: _Sized, wide_text: tuple[Any, ...] | None
) -> ColumnProfile:
    column = size.column
    values = _values(reader, shape, size)
    row = wide_text
    if column.is_text and row is None:
        row = _grouped_text(reader, shape, column)
    counts = TextCounts.from_row(row, size.filled) if row else None
    read_as = _read_as(column, counts, size.filled)
    least, greatest = _range(reader, shape, column, read_as)
    is_exact = size.is_grouped and len(values) <= GROUPED_VALUES_MAX
    distinct = sum(value is not None for value, _ in values) if is_exact else size.distinct
    return ColumnProfile(
        name=column.name,
        source_type=column.source_type,
        type=column.type,
        roles=tuple(sorted(column.roles)),
        nulls=shape.rows - size.filled,
        blanks=counts.blanks if counts else 0,
        distinct=min(distinct, size.filled),
        is_distinct_exact=is_exact,
        read_as=read_as,
        unreadable=counts.unreadable(read_as) if counts else 0,
        least=least,
        greatest=greatest,
        text=_text(counts, other_case(values) if is_exact else None),
        top=_top(column, read_as, values if is_exact else []),
        spread=_spread(reader, shape, column, read_as),
    )


def _values(reader: Reader, shape: TableShape, size: _Sized) -> list[tuple[str | None, int]]:
    if not size.is_grouped:
        return []
    return reader.values(shape, size.column.name, GROUPED_VALUES_MAX + 2)


def _grouped_text(reader: Reader, shape: TableShape, column: ColumnShape) -> tuple[Any, ...]:
    return reader.rows(
        shape.name,
        "grouped_measures",
        measures=_text_measure(column, "here.value", weight="here.rows"),
        table=seen(shape.name),
        column=here(column.name),
    )[0]


def _text_measure(column: ColumnShape, place: str, *, weight: str) -> str:
    return statement("text_measure", column=place, weight=weight, card_like=card_like(column))


def _read_as(column: ColumnShape, counts: TextCounts | None, filled: int) -> Shape:
    if not filled or (counts and not counts.written):
        return Shape.EMPTY
    if Role.JSON in column.roles:
        return Shape.JSON
    return shape_of_text(counts) if counts else shape_of_type(column.type)


def _text(counts: TextCounts | None, other_case_rows: int | None) -> TextProfile | None:
    if counts is None or not counts.written:
        return None
    return TextProfile(
        length_min=counts.length_min,
        length_max=counts.length_max,
        padded=counts.padded,
        damaged=counts.damaged,
        non_ascii=counts.non_ascii,
        other_case=other_case_rows,
        card_like=counts.card_like,
    )


def _top(
    column: ColumnShape, read_as: Shape, values: Sequence[tuple[str | None, int]]
) -> tuple[ValueCount, ...]:
    if Role.JSON in column.roles or not is_enumeration(column.roles, read_as, len(values)):
        return ()
    is_personal = Role.PERSONAL in column.roles
    return tuple(
        ValueCount(masked(value, is_personal=is_personal), rows)
        for value, rows in values[:TOP_VALUES]
    )


def _range(
    reader: Reader, shape: TableShape, column: ColumnShape, read_as: Shape
) -> tuple[str | None, str | None]:
    if Role.PERSONAL in column.roles:
        return None, None
    measured = _measured(column, read_as)
    if measured is None:
        return None, None
    measures = statement("range_measure", column=measured)
    row = reader.rows(shape.name, "sizes", measures=measures, table=seen(shape.name))[0]
    return masked(row[0], is_personal=False), masked(row[1], is_personal=False)


def _measured(column: ColumnShape, read_as: Shape) -> str | None:
    """The column as the number or instant it reads as; None for anything else."""
    name = here(column.name)
    if read_as in {Shape.INTEGER, Shape.DECIMAL}:
        return f"amount_of({name})" if column.is_text else name
    if read_as is Shape.INSTANT:
        return f"instant_of({name})"
    return None


def _spread(
    reader: Reader, shape: TableShape, column: ColumnShape, read_as: Shape
) -> tuple[ValueCount, ...]:
    if Role.PERSONAL in column.roles or _measured(column, read_as) is None:
        return ()
    places = {"table": seen(shape.name), "column": here(column.name)}
    if read_as is Shape.INSTANT:
        years = reader.rows(shape.name, "years", **places)
        return tuple(ValueCount(str(year), rows) for year, rows in years)
    powers = reader.rows(shape.name, "magnitudes", **places)
    return tuple(ValueCount(magnitude_label(sign, power), rows) for sign, power, rows in powers)


def _empty(column: ColumnShape) -> ColumnProfile:
    return ColumnProfile(
        name=column.name,
        source_type=column.source_type,
        type=column.type,
        roles=tuple(sorted(column.roles)),
        nulls=0,
        blanks=0,
        distinct=0,
        is_distinct_exact=True,
        read_as=Shape.EMPTY,
        unreadable=0,
        least=None,
        greatest=None,
        text=None,
        top=(),
        spread=(),
    )
