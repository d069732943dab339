"""Reads what subscriptions used, as far back as it may still decide: set queries for any number."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from trueup.billing.dialect.service import is_shipped
from trueup.billing.drafting.rules.included import includes_usage
from trueup.billing.drafting.rules.settled import (
    Carried,
    Known,
    asked_from,
    carried,
    in_advance,
    metered,
)
from trueup.billing.invoicing.rules.reading import days_of, usage_of
from trueup.billing.metering import service as metering
from trueup.billing.metering.model import SPAN, WINDOW
from trueup.billing.subscriptions.cycle import period_at
from trueup.billing.subscriptions.rules.recording import instant_of, point_of
from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from uuid import UUID

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.drafting.model import UsageEvent
    from trueup.billing.invoicing.model import Books
    from trueup.billing.subscriptions.cycle import Point
    from trueup.billing.subscriptions.model import Subscription
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

    Rows = list[dict[str, Any]]


class Wanted(NamedTuple):
    """Usage of a subscription from a point on, and what of it before still counts."""

    since: Point
    carried: Carried
    meters: frozenset[str | None]


def usage(
    tx: Tx,
    found: Mapping[UUID, Subscription],
    books: Mapping[UUID, Books],
    dialect: Callable[[str | None], Dialect],
    again: Mapping[UUID, Instant],
) -> tuple[dict[UUID, tuple[UsageEvent, ...]], dict[UUID, Point]]:
    """What those of `found` used that pay for any, by time, and from when on it is asked for.

    Five queries at most.  again: from when on a bill is to be made anew of what was known.
    """
    paying = [s for s in found.values() if _pays_for_usage(s)]
    if not paying:
        return {}, {}
    wanted = _wanted(tx, paying, books, dialect, again)
    events = _events(tx, paying, wanted)
    days = _days(tx, paying, wanted)
    used = {
        s.record.subscription_id: (
            *days_of(days.get(number, []), wanted[number].carried if number in wanted else None),
            *usage_of(s, events.get(number, [])),
        )
        for number, s in enumerate(paying)
    }
    since = {paying[number].record.subscription_id: each.since for number, each in wanted.items()}
    return used, since


def _pays_for_usage(subscription: Subscription) -> bool:
    contract = subscription.contract
    return bool(metered(contract)) or includes_usage(contract)


def _wanted(
    tx: Tx,
    paying: Sequence[Subscription],
    books: Mapping[UUID, Books],
    dialect: Callable[[str | None], Dialect],
    again: Mapping[UUID, Instant],
) -> dict[int, Wanted]:
    """What is wanted of those, by number, of which not all usage is."""
    ways = {number: _billed_by(s, dialect) for number, s in enumerate(paying)}
    bounded = {number: way for number, way in ways.items() if way is not None}
    if not bounded:
        return {}
    changed = _changed(tx, paying, bounded)
    used = _used(tx, paying, bounded)
    found: dict[int, Wanted] = {}
    for number, way in bounded.items():
        subscription = paying[number]
        record = subscription.record
        at = _point(subscription, record.last_billed_at)
        own = books.get(record.subscription_id)
        known = Known(at, changed.get(number), used.get(number, {}))
        points = [asked_from(subscription.contract, own.billed if own else {}, known) or at]
        if record.subscription_id in again:
            points.append(_point(subscription, again[record.subscription_id]))
        if (late := changed.get(number)) is not None:
            # What is left out is told by whole periods, also of a time that no window is of.
            first = min([*points, late])
            points += [period_at(i.cycle, first).start for i in metered(subscription.contract)]
            points.append(late)
        before, meters = carried(subscription.contract, way)
        found[number] = Wanted(min(points), before, frozenset(meters))
    return found


def _billed_by(
    subscription: Subscription, dialect: Callable[[str | None], Dialect]
) -> Dialect | None:
    """The dialect that it was billed by before, too; None: all of it may have to be asked again."""
    if subscription.record.last_billed_at is None:
        return None
    try:
        found = dialect(subscription.record.dialect)
    except Refusal:
        return None  # who bills it is refused, and says so
    return found if is_shipped(found) else None


def _changed(tx: Tx, paying: Sequence[Subscription], numbers: Iterable[int]) -> dict[int, Point]:
    """From when on usage has changed since it was billed, by number."""
    known = {number: paying[number].record.last_billed_at for number in numbers}
    windows = [_row(n, paying[n], known_at=at) for n, at in known.items()]
    rows = metering.read_changes(tx, pa.Table.from_pylist(windows, schema=WINDOW))
    return {row["number"]: _day(paying[row["number"]], row["day"]) for row in rows.to_pylist()}


def _used(
    tx: Tx, paying: Sequence[Subscription], numbers: Iterable[int]
) -> dict[int, dict[str, list[Point]]]:
    """On which days meters were used of which idle windows are not billed, by number."""
    windows = [
        _row(number, paying[number], meter=meter)
        for number in numbers
        for meter in in_advance(paying[number].contract)
    ]
    found: dict[int, dict[str, list[Point]]] = {}
    for row in _read_days(tx, windows):
        on = _day(paying[row["number"]], row["day"])
        found.setdefault(row["number"], {}).setdefault(row["meter"], []).append(on)
    return found


def _days(tx: Tx, paying: Sequence[Subscription], wanted: Mapping[int, Wanted]) -> dict[int, Rows]:
    """Sums of days before usage is wanted one by one, by number."""
    windows = [
        _row(number, paying[number], meter=meter, ends_on=each.since)
        for number, each in wanted.items()
        if each.carried not in {Carried.NOTHING, Carried.EVENTS}
        for meter in ({None} if None in each.meters else each.meters)
    ]
    return _by_number(_read_days(tx, windows))


def _events(
    tx: Tx, paying: Sequence[Subscription], wanted: Mapping[int, Wanted]
) -> dict[int, Rows]:
    spans = []
    for number, subscription in enumerate(paying):
        each = wanted.get(number)
        since = None
        if each is not None and each.carried is not Carried.EVENTS:
            since = instant_of(each.since, subscription.zone)
        spans.append(_row(number, subscription, starts_at=since))
    return _by_number(
        metering.read_events(tx, pa.Table.from_pylist(spans, schema=SPAN)).to_pylist()
    )


def _read_days(tx: Tx, windows: Rows) -> Rows:
    if not windows:
        return []
    found: Rows = metering.read_days(tx, pa.Table.from_pylist(windows, schema=WINDOW)).to_pylist()
    return found


def _by_number(rows: Rows) -> dict[int, Rows]:
    return {number: list(of) for number, of in groupby(rows, key=itemgetter("number"))}


def _row(number: int, subscription: Subscription, **more: Any) -> dict[str, Any]:
    return {"number": number, "subscription_id": subscription.record.subscription_id.bytes, **more}


def _point(subscription: Subscription, at: Any) -> Point:
    counts = subscription.record.counts_instants
    return point_of(at, subscription.zone, counts_instants=counts)


def _day(subscription: Subscription, on: Any) -> Point:
    """A local day on the axis of the contract."""
    if subscription.record.counts_instants:
        return instant_of(on, subscription.zone)
    return on  # type: ignore[no-any-return]  # a date
