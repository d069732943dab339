"""Geometry of the charts: plain numbers, drawn by templates as inline SVG.

Lengths are in the units of the chart's own box. A value that is not zero is never drawn as nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

VISIBLE_MIN: Final = 2.0
"""Width below which a part could not be seen."""

_NICE: Final = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar. tone: a class of the style sheet, never a colour."""

    label: str
    value: int
    tone: str
    at: float
    width: float


@dataclass(frozen=True, slots=True)
class Column:
    """One place on the x axis: the column's height and where the other side's mark lies."""

    label: str
    is_labelled: bool
    value: int
    other: int
    at: float
    width: float
    top: float
    height: float
    mark: float
    differs: bool


@dataclass(frozen=True, slots=True)
class Tick:
    value: int
    at: float


@dataclass(frozen=True, slots=True)
class ColumnChart:
    width: float
    height: float
    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A bar of a small distribution."""

    label: str
    value: int
    at: float
    width: float
    height: float


def segments_of(
    parts: Sequence[tuple[str, int, str]], *, width: float, whole: int | None = None
) -> tuple[Segment, ...]:
    """Parts side by side on one bar; zero parts are left out.

    parts: (label, value, tone), values not negative.  whole: what the full width stands for; the
    sum of the parts unless said.  Parts too small to see take from the largest.
    """
    present = [part for part in parts if part[1]]
    total = whole or sum(value for _, value, _ in present)
    widths = [max(width * value / total, VISIBLE_MIN) for _, value, _ in present]
    surplus = sum(widths) - width
    if surplus > 0:
        widths[widths.index(max(widths))] -= surplus
    segments, at = [], 0.0
    for (label, value, tone), wide in zip(present, widths, strict=True):
        segments.append(Segment(label, value, tone, round(at, 2), round(wide, 2)))
        at += wide
    return tuple(segments)


def points_of(
    values: Sequence[tuple[str, int]], *, width: float, height: float
) -> tuple[Point, ...]:
    """A small distribution: one bar a value, the largest as high as the box."""
    largest = max((value for _, value in values), default=0)
    if not largest:
        return ()
    step = min(width / len(values), height)
    return tuple(
        Point(
            label,
            value,
            at=round(place * step, 2),
            width=round(max(step - 1, 1), 2),
            height=round(max(height * value / largest, VISIBLE_MIN if value else 0), 2),
        )
        for place, (label, value) in enumerate(values)
    )


def columns_of(
    points: Sequence[tuple[str, int, int]], *, width: float, height: float
) -> ColumnChart:
    """Two values at each place: one as a column, the other as a mark across it.

    points: (label, value, other), at least one, in the order of the axis; values not negative.
    """
    ticks = ticks_to(max(max(value, other) for _, value, other in points))
    top = ticks[-1] or 1
    step = width / len(points)
    labelled = max(1, -(-len(points) // 12))

    def height_of(value: int) -> float:
        return round(height * value / top, 2)

    columns = tuple(
        Column(
            label,
            is_labelled=place % labelled == 0,
            value=value,
            other=other,
            at=round(place * step + step * 0.15, 2),
            width=round(step * 0.7, 2),
            top=round(height - height_of(value), 2),
            height=height_of(value),
            mark=round(height - height_of(other), 2),
            differs=value != other,
        )
        for place, (label, value, other) in enumerate(points)
    )
    axis = tuple(Tick(tick, round(height - height_of(tick), 2)) for tick in ticks)
    return ColumnChart(width, height, columns, axis)


def ticks_to(largest: int) -> tuple[int, ...]:
    """Round numbers from 0 up to at least `largest`, about four steps."""
    if largest <= 0:
        return (0,)
    rough = Decimal(largest) / _TICKS
    power = Decimal(10) ** rough.adjusted()
    step = next(nice * power for nice in _NICE if nice * power >= rough)
    step = max(step, Decimal(1)).to_integral_value(rounding=ROUND_CEILING)
    steps = (Decimal(largest) / step).to_integral_value(rounding=ROUND_CEILING)
    return tuple(int(step * place) for place in range(int(steps) + 1))
