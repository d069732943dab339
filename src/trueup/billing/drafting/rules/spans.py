"""Arithmetic of half-open spans: what is left of one when others are taken from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.subscriptions.cycle import Cycle, Reach, period_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def without(span: Reach, taken: Iterable[Reach]) -> list[Reach]:
    """`span` without what `taken` covers, in order, never empty parts."""
    left = [span]
    for hole in taken:
        left = [part for whole in left for part in _cut(whole, hole)]
    return left


def at_boundaries(cycle: Cycle, span: Reach) -> Iterator[Reach]:
    """`span` cut where natural periods meet; together the parts are the span."""
    start = span.start
    while start < span.end:
        end = min(period_at(cycle, start).end, span.end)
        yield Reach(start, end)
        start = end


def _cut(span: Reach, hole: Reach) -> Iterator[Reach]:
    if hole.end <= span.start or hole.start >= span.end or hole.start == hole.end:
        yield span
        return
    if span.start < hole.start:
        yield Reach(span.start, hole.start)
    if hole.end < span.end:
        yield Reach(hole.end, span.end)
