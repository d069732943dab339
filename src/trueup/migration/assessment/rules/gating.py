"""Which questions the profiles have answered with no, so that the rows need not be read again."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from trueup.migration.assessment.model import ColumnProfile, Shape
from trueup.migration.assessment.rules.probes.times import YEARS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trueup.migration.assessment.rules.world import Probe

CARD_LEAST: Final = 10**12
"""The smallest number of 13 digits: no card has fewer.  Source: trueup.kernel.cards."""

_NUMBERS: Final = frozenset({Shape.INTEGER, Shape.DECIMAL})


def is_answered(probe: Probe, columns: Mapping[str, ColumnProfile], taken_at: str) -> bool:
    """Whether the profiles of all the probe's columns say that it would find nothing.

    taken_at: of the snapshot, ISO 8601 in UTC.
    """
    if probe.query == "time_in_future":
        return all(_is_past(columns[name], taken_at) for name in probe.columns)
    says_no = _SAYS_NO.get(probe.code)
    return says_no is not None and all(says_no(columns[name]) for name in probe.columns)


def _is_complete(column: ColumnProfile) -> bool:
    return column.nulls == 0 and column.blanks == 0


def _reads_as(*shapes: Shape) -> Callable[[ColumnProfile], bool]:
    return lambda column: column.read_as in (*shapes, Shape.EMPTY) and column.unreadable == 0


def _is_past(column: ColumnProfile, taken_at: str) -> bool:
    """Text compares as time: both are ISO 8601, the year first, a space between date and time."""
    if column.read_as is Shape.EMPTY:
        return True
    return column.read_as is Shape.INSTANT and (column.greatest or "9") < taken_at[:19].replace(
        "T", " "
    )


def _is_plausible(column: ColumnProfile) -> bool:
    if column.read_as is Shape.EMPTY:
        return True
    if column.read_as is not Shape.INSTANT or column.unreadable:
        return False
    years = [(text or "").partition("-")[0] for text in (column.least, column.greatest)]
    return all(year.isdigit() and YEARS[0] <= int(year) <= YEARS[1] for year in years)


def _is_at_least(smallest: int) -> Callable[[ColumnProfile], bool]:
    def says_no(column: ColumnProfile) -> bool:
        least = number_of(column.least) if column.read_as in _NUMBERS else None
        return least is not None and least >= smallest

    return says_no


def number_of(text: str | None) -> Decimal | None:
    """A profile's least or greatest as a number; None if it is none."""
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def _holds_no_card(column: ColumnProfile) -> bool:
    if column.text:
        return column.text.card_like == 0
    greatest = number_of(column.greatest)
    return column.read_as is Shape.EMPTY or (greatest is not None and greatest < CARD_LEAST)


_SAYS_NO: Final[Mapping[str, Callable[[ColumnProfile], bool]]] = MappingProxyType(
    {
        "amount_below_step": _reads_as(Shape.INTEGER),
        "amount_negative": _is_at_least(0),
        "amount_not_positive": _is_at_least(1),
        "amount_unreadable": _reads_as(*_NUMBERS),
        "card_number": _holds_no_card,
        "credit_negative": _is_at_least(0),
        "currency_missing": _is_complete,
        "email_missing": _is_complete,
        "key_missing": _is_complete,
        "number_missing": _is_complete,
        "payment_without_invoice": _is_complete,
        "time_implausible": _is_plausible,
        "time_unreadable": _reads_as(Shape.INSTANT),
    }
)
