"""Drafts in their days of grace follow the usage that comes meanwhile (B28, B49).

A chunk of drafts is a transaction, and any number of workers share them.  Rows of drafts stay where
they are, so that none who bills has to wait for more than the drafts of its own subscriptions.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import pyarrow as pa

from trueup.billing.invoicing import drafts, reading
from trueup.billing.invoicing.rules import papering
from trueup.billing.invoicing.rules.refreshing import (
    again_from,
    is_as_drafted,
    one_at_a_time,
    redrafted,
    refreshed,
)
from trueup.billing.invoicing.writing import rewrite_drafts
from trueup.billing.metering import service as metering
from trueup.billing.metering.model import WINDOW
from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trueup.billing.invoicing.model import Bill, Context
    from trueup.billing.invoicing.rules.papering import Conventions
    from trueup.db import Database, Tx
    from trueup.kernel.clock import Instant

CHUNK: Final = 500
"""Drafts that are looked at, and drafted anew, in one transaction."""


class Place(NamedTuple):
    """A draft in the order of their days of grace."""

    at: Instant
    invoice_id: UUID


FIRST: Final = Place(datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


class Refreshed(NamedTuple):
    """drafts: how many changed.  place: the last one looked at; None: there are no more."""

    drafts: int
    place: Place | None


def refresh_drafts(db: Database, tenant_id: int, until: Instant, agreed: Conventions) -> int:
    """Draft anew what used something since it was drafted, and count what changed by it.

    Drafts that another worker has at hand are left to it; when this returns, it is done with them.
    One that is refused now stays as it was drafted: what came late is then billed with the next
    invoice.
    """
    total, place = 0, FIRST
    while True:
        chunk = partial(refresh, until=until, agreed=agreed, after=place)
        done = db.attempt(chunk, tenant_id=tenant_id)
        total += done.drafts
        if done.place is None:
            db.attempt(drafts.await_refreshing, tenant_id=tenant_id)
            return total
        place = done.place


def refresh(tx: Tx, until: Instant, agreed: Conventions, after: Place = FIRST) -> Refreshed:
    """Draft a chunk of drafts after one anew with the usage known by now."""
    drafts.hold_refreshing(tx)
    rows = drafts.drafts_of_usage(tx, until, *after, CHUNK)
    if not rows:
        return Refreshed(0, None)
    last = Place(rows[-1].finalize_after, rows[-1].invoice_id)
    changed = _changed(tx, [row for row in rows if row.subscription_id is not None])
    if not changed:
        return Refreshed(0, last)
    lines = _lines(tx, changed)
    taken = one_at_a_time({key: _subscriptions(lines[key]) for key in changed})
    if len(taken) < len(changed):
        before = next(row for row in rows if row.invoice_id == taken[-1])
        last = Place(before.finalize_after, before.invoice_id)
    return Refreshed(_refresh(tx, {key: lines[key] for key in taken}, until, agreed), last)


def _changed(tx: Tx, rows: Sequence[Any]) -> list[UUID]:
    """The drafts of `rows` whose usage may have changed since it was read, in order."""
    if not rows:
        return []
    windows = [
        {
            "number": number,
            "subscription_id": row.subscription_id.bytes,
            "ends_on": row.ends_on,
            "known_at": row.drafted_at,
        }
        for number, row in enumerate(rows)
    ]
    found = metering.read_changes(tx, pa.Table.from_pylist(windows, schema=WINDOW))
    numbers = sorted(found["number"].to_pylist())
    return list(dict.fromkeys(rows[number].invoice_id for number in numbers))


def _lines(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    rows = groupby(drafts.draft_lines(tx, ids), key=attrgetter("invoice_id"))
    return {key: list(of) for key, of in rows}


def _subscriptions(lines: Sequence[Any]) -> set[UUID]:
    return {line.subscription_id for line in lines if line.subscription_id is not None}


def _refresh(
    tx: Tx, found: Mapping[UUID, Sequence[Any]], until: Instant, agreed: Conventions
) -> int:
    ids = sorted({key for lines in found.values() for key in _subscriptions(lines)})
    drafts.hold_subscriptions(tx, ids)
    tx.check_references_by_set()
    since = again_from([line for lines in found.values() for line in lines])
    again = reading.Again(list(found), since)
    context = reading.context(tx, ids, {}, agreed, again)
    bills, empty = _bills(found, context, agreed)
    if not bills and not empty:
        return 0
    drafts.forget(tx, [*(bill.invoice_id for bill in bills), *empty])
    drafts.void(tx, empty, until)
    if bills:
        zones = {s.contract.key: s.zone for s in context.subscriptions.values()}
        discounts = {d.discount_id: d for of in context.discounts.values() for d in of}
        rewrite_drafts(tx, bills, zones, discounts, agreed.fx, until)
    return len(bills) + len(empty)


def _bills(
    found: Mapping[UUID, Sequence[Any]], context: Context, agreed: Conventions
) -> tuple[list[Bill], list[UUID]]:
    """Drafts that are not as they were drafted, and those of which nothing is left."""
    bills: list[Bill] = []
    empty: list[UUID] = []
    for invoice_id, lines in found.items():
        at = lines[0].issued_at
        try:
            parts = redrafted(invoice_id, at, lines, context, agreed)
            if is_as_drafted(lines, parts):
                continue
            made = refreshed(invoice_id, at, parts, context, agreed)
        except Refusal:
            continue
        if not made:
            empty.append(invoice_id)
        for bill in made:
            bills.append(bill)
            context = papering.after(context, bill)
    return bills, empty
