"""Bucket sums: what each side publishes about its rows, and which of them differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from trueup.migration.reconciliation.compare.statements import buckets, lanes_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor, Future

    from trueup.migration.reconciliation.compare.model import Side
    from trueup.migration.reconciliation.compare.plan import Plan, Shape

HALF: Final = 1 << 64

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sum:
    """One bucket of one side: how many rows, the 128-bit sum of their hashes, their key range.

    The sum is additive, not XOR: a row there twice does not vanish; and each row's hash is of the
    whole row, so swapping two values between two rows does not cancel.
    """

    rows: int
    first: int
    second: int
    span: Span | None

    def is_same(self, other: Sum) -> bool:
        return (self.rows, self.first, self.second) == (other.rows, other.first, other.second)


NOTHING: Final = Sum(rows=0, first=0, second=0, span=None)


def read_sums(plan: Plan, side: Side, shape: Shape, pool: Executor) -> list[Future[dict[int, Sum]]]:
    """Start summing `side`, on as many lanes as help; the lanes' buckets do not overlap."""
    lanes = min(lanes_of(plan, shape), side.connection.lanes)
    return [pool.submit(_lane_sums, plan, side, shape, lane) for lane in range(lanes)]


def merged(parts: list[Future[dict[int, Sum]]]) -> dict[int, Sum]:
    return {bucket: found for part in parts for bucket, found in part.result().items()}


def differing(left: Mapping[int, Sum], right: Mapping[int, Sum]) -> dict[int, Span | None]:
    """The buckets that are not the same on both sides, with the range of keys either has there."""
    numbers = left.keys() | right.keys()
    pairs = {number: (left.get(number, NOTHING), right.get(number, NOTHING)) for number in numbers}
    return {
        number: _widest(one.span, other.span)
        for number, (one, other) in sorted(pairs.items())
        if not one.is_same(other)
    }


def _lane_sums(plan: Plan, side: Side, shape: Shape, lane: int) -> dict[int, Sum]:
    found = side.connection.rows(buckets(plan, shape, lane), lane)
    return dict(_sum(row) for row in found)


def _sum(row: tuple[Any, ...]) -> tuple[int, Sum]:
    bucket, count, low, high, first, second = row
    span = None if low is None else (int(low), int(high))
    # Engines add signed or unsigned halves; both are the same number modulo 2^64.
    return int(bucket), Sum(int(count), int(first) % HALF, int(second) % HALF, span)


def _widest(one: Span | None, other: Span | None) -> Span | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])
