"""Bucket sums: what each side publishes about its rows, and which of them differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from trueup.migration.reconciliation.compare.model import Digest
from trueup.migration.reconciliation.compare.statements import buckets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor, Future

    from trueup.migration.reconciliation.compare.model import Side, Span
    from trueup.migration.reconciliation.compare.plan import Grain, Plan, Shape

WORD: Final = 1 << 64


@dataclass(frozen=True, slots=True)
class Sum:
    """One bucket of one side: how many rows, the numbers made of their hashes, their key range.

    Every row's hash is of the whole row, so swapping two values between two rows does not cancel,
    and at least two of the numbers are sums, so a row there twice does not vanish.
    """

    rows: int
    numbers: tuple[int, ...]
    span: Span | None

    def is_same(self, other: Sum) -> bool:
        return (self.rows, self.numbers) == (other.rows, other.numbers)


NOTHING: Final = Sum(rows=0, numbers=(), span=None)


def read_sums(
    plan: Plan, side: Side, shape: Shape, grain: Grain, shares: Sequence[str], pool: Executor
) -> list[Future[dict[int, Sum]]]:
    """Start summing the `shares` of `side`, each on its lane; buckets may lie in more than one."""
    return [
        pool.submit(_share_sums, side, buckets(plan, shape, grain, share), lane)
        for lane, share in enumerate(shares)
    ]


def merged(plan: Plan, parts: Sequence[Future[dict[int, Sum]]]) -> dict[int, Sum]:
    """The sums of all shares together."""
    found: dict[int, Sum] = {}
    for part in parts:
        for number, one in part.result().items():
            other = found.get(number)
            found[number] = one if other is None else _together(plan.digest, one, other)
    return found


def differing(left: Mapping[int, Sum], right: Mapping[int, Sum]) -> dict[int, Span | None]:
    """The buckets that are not the same on both sides, with the range of keys either has there."""
    numbers = left.keys() | right.keys()
    pairs = (
        (number, left.get(number, NOTHING), right.get(number, NOTHING))
        for number in sorted(numbers)
    )
    return {
        number: _widest(one.span, other.span)
        for number, one, other in pairs
        if not one.is_same(other)
    }


def _share_sums(side: Side, sql: str, lane: int) -> dict[int, Sum]:
    return dict(_sum(row) for row in side.connection.rows(sql, lane))


def _sum(row: tuple[Any, ...]) -> tuple[int, Sum]:
    bucket, count, low, high, *numbers = row
    span = None if low is None else (int(low), int(high))
    # Engines add signed or unsigned numbers; both are the same modulo 2^64.
    return int(bucket), Sum(int(count), tuple(int(number) % WORD for number in numbers), span)


def _together(digest: Digest, one: Sum, other: Sum) -> Sum:
    numbers = [(a + b) % WORD for a, b in zip(one.numbers, other.numbers, strict=True)]
    if digest is Digest.CRC:
        numbers[0] = one.numbers[0] ^ other.numbers[0]
    return Sum(one.rows + other.rows, tuple(numbers), _widest(one.span, other.span))


def _widest(one: Span | None, other: Span | None) -> Span | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])
