"""Comparing two sides: sums per bucket on both at once, then the rows of what differs.

Each side is asked a fixed number of times, at any size and with any number of differences: for its
sums, for finer sums of the buckets that differ if they are few and an index leads to them, and for
the rows of what differs still, in bucket order, so that the client holds one bucket.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, cast

from trueup.kernel.errors import check
from trueup.kernel.progress import SILENT
from trueup.migration.reconciliation.compare import statements
from trueup.migration.reconciliation.compare.buckets import differing, merged, read_sums
from trueup.migration.reconciliation.compare.model import Break, BreakType, Comparison
from trueup.migration.reconciliation.compare.pairing import breaks_of
from trueup.migration.reconciliation.compare.plan import COARSE, FINE, Shape, plan_comparison

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from trueup.kernel.progress import Progress
    from trueup.migration.reconciliation.compare.buckets import Sum
    from trueup.migration.reconciliation.compare.model import Side, Span, Values
    from trueup.migration.reconciliation.compare.plan import Grain, Plan

    Sums = Mapping[int, Sum]
    Wanted = Mapping[int, Span | None]

SAMPLES_MAX: Final = 10  # STYLE G: at most ten samples per kind
BATCH_ROWS: Final = 5_000
THREADS: Final = 6  # two sides, at most two lanes each, and what is read ahead


def compare(
    left: Side,
    right: Side,
    *,
    key: Sequence[str],
    samples_max: int = SAMPLES_MAX,
    visit: Callable[[Break], None] | None = None,
    progress: Progress = SILENT,
) -> Comparison:
    """Every row that is not the same on both sides, found by key, whatever holds the sides.

    key: fields that identify a row on both sides.  visit: called with every break, in order of
    bucket and key, also beyond the samples.  A key repeated alike on both sides is not a
    difference: see `repeated_keys`.  Raises SidesDisagree, KeyNotFound, TypesDiffer, QueryRefused,
    SideLost.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        sides = (left, right)
        shapes = list(pool.map(_shape, sides))
        asked = _Asked(plan_comparison(shapes[0], shapes[1], key), sides, pool)
        progress.begin("compare sums", None)
        shares = tuple(pool.map(asked.shares, (0, 1)))
        sums = asked.sums(COARSE, shares)
        coarse = differing(*sums)
        grain, wanted = asked.narrowed(coarse)
        progress.end()
        tally = _Tally(samples_max, visit)
        if wanted:
            progress.begin("compare rows", len(wanted))
            streams = [_Buckets(asked.ahead(side, grain, wanted)) for side in (0, 1)]
            for bucket in wanted:
                tally.add(asked.plan, streams[0].take(bucket), streams[1].take(bucket))
                progress.advance()
            progress.end()
    lanes = (len(shares[0]), len(shares[1]))
    return _comparison(sums, len(coarse), tally, lanes)


def repeated_keys(side: Side, *, key: Sequence[str]) -> list[tuple[tuple[str | None, ...], int]]:
    """The keys that more than one row of `side` has, with how many; no order."""
    shape = _shape(side)
    plan = plan_comparison(shape, shape, key)
    found = side.connection.rows(statements.repeated_keys(plan, plan.left))
    return [(cast("Values", row[:-1]), int(cast("Any", row[-1]))) for row in found]


class _Asked:
    """Both sides, and what they are asked: 0 is the left one, 1 the right one."""

    def __init__(self, plan: Plan, sides: tuple[Side, Side], pool: ThreadPoolExecutor) -> None:
        self.plan = plan
        self._sides = sides
        self._shapes = (plan.left, plan.right)
        self._pool = pool

    def shares(self, side: int) -> tuple[str, ...]:
        if not self.plan.has_integer_key:
            return (statements.EVERY_ROW,)
        shape = self._shapes[side]
        key = statements.key_of(shape)
        return self._sides[side].connection.shares(shape.query, key)

    def sums(self, grain: Grain, shares: Sequence[Sequence[str]]) -> tuple[Sums, Sums]:
        left, right = (
            read_sums(self.plan, side, shape, grain, shared, self._pool)
            for side, shape, shared in zip(self._sides, self._shapes, shares, strict=True)
        )
        return merged(self.plan, left), merged(self.plan, right)

    def narrowed(self, wanted: Wanted) -> tuple[Grain, Wanted]:
        """The buckets that differ, finer ones if that leaves less to fetch for little work."""
        spans = statements.spans_of(self.plan, COARSE, wanted)
        if not spans:
            return COARSE, wanted
        sums = self.sums(FINE, [(statements.within(shape, spans),) for shape in self._shapes])
        finer = differing(*sums)
        can_read = bool(statements.spans_of(self.plan, FINE, finer))
        return (FINE, finer) if can_read else (COARSE, wanted)

    def ahead(self, side: int, grain: Grain, wanted: Wanted) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of the `wanted` buckets; the next are being read while some are compared."""
        sql = statements.rows(self.plan, self._shapes[side], grain, wanted)
        batches = self._sides[side].connection.stream(sql, BATCH_ROWS)
        reading = self._pool.submit(next, batches, None)

        def read() -> Iterator[list[tuple[Any, ...]]]:
            pending = reading
            while (batch := pending.result()) is not None:
                pending = self._pool.submit(next, batches, None)
                yield batch

        return read()


class _Tally:
    """Counts every break and keeps the first few of each type."""

    def __init__(self, samples_max: int, visit: Callable[[Break], None] | None) -> None:
        self._samples_max = samples_max
        self._visit = visit
        self.counts = Counter(dict.fromkeys(BreakType, 0))
        self.fields: Counter[str] = Counter()
        self.samples: list[Break] = []
        self.rows = 0

    def add(self, plan: Plan, left: list[Values], right: list[Values]) -> None:
        self.rows += len(left) + len(right)
        for found in breaks_of(plan, left, right):
            self.counts[found.type] += 1
            self.fields.update(difference.field for difference in found.differences)
            if self.counts[found.type] <= self._samples_max:
                self.samples.append(found)
            if self._visit:
                self._visit(found)


class _Buckets:
    """A stream of rows in bucket order, taken one bucket at a time."""

    def __init__(self, batches: Iterator[list[tuple[Any, ...]]]) -> None:
        self._rows = (row for batch in batches for row in batch)
        self._next: tuple[Any, ...] | None = next(self._rows, None)

    def take(self, bucket: int) -> list[Values]:
        """The rows of `bucket`; buckets are asked for in ascending order, each once."""
        taken: list[Values] = []
        while self._next is not None and int(self._next[0]) <= bucket:
            check(int(self._next[0]) == bucket, "rows come in bucket order", bucket=bucket)
            taken.append(self._next[1:])
            self._next = next(self._rows, None)
        return taken


def _shape(side: Side) -> Shape:
    connection = side.connection
    columns = connection.describe(side.query)
    return Shape(connection.engine, side.query, columns, connection.version)


def _comparison(
    sums: tuple[Sums, Sums], buckets_differing: int, tally: _Tally, lanes: tuple[int, int]
) -> Comparison:
    left, right = sums
    return Comparison(
        left_rows=sum(bucket.rows for bucket in left.values()),
        right_rows=sum(bucket.rows for bucket in right.values()),
        counts=dict(tally.counts),
        field_mismatches=dict(sorted(tally.fields.items())),
        breaks=tuple(tally.samples),
        buckets=len(left.keys() | right.keys()),
        buckets_differing=buckets_differing,
        rows_fetched=tally.rows,
        lanes=lanes,
    )
