"""Drafts in their days of grace follow the usage that comes meanwhile (B28, B49).

A chunk of drafts is a transaction, and any number of workers share them.  Rows of drafts stay where
they are, so that none who bills has to wait for more than the drafts of its own subscriptions.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from trueup.billing.invoicing import drafts
from trueup.billing.invoicing.redrafting import (
    FIRST,
    Place,
    lines_of,
    refresh_used,
    subscriptions_of,
    with_other_usage,
)
from trueup.billing.invoicing.rules.refreshing import one_at_a_time

if TYPE_CHECKING:
    from trueup.billing.invoicing.rules.totalling import Conventions
    from trueup.db import Database, Tx
    from trueup.kernel.clock import Instant

CHUNK: Final = 500
"""Drafts that are looked at, and drafted anew, in one transaction."""


class Refreshed(NamedTuple):
    """drafts: how many changed.  place: the last one looked at; None: there are no more."""

    drafts: int
    place: Place | None


def refresh_drafts(db: Database, tenant_id: int, until: Instant, agreed: Conventions) -> int:
    """Draft anew what used something since it was drafted, and count what changed by it.

    Drafts that another worker has at hand are left to it; when this returns, it is done with them.
    One that is refused now stays as it was drafted, until it is issued (`issuing`).
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
    changed = with_other_usage(tx, rows)
    if not changed:
        return Refreshed(0, last)
    lines = lines_of(tx, changed)
    taken = one_at_a_time({key: subscriptions_of(lines[key]) for key in changed})
    if len(taken) < len(changed):
        before = next(row for row in rows if row.invoice_id == taken[-1])
        last = Place(before.finalize_after, before.invoice_id)
    anew = refresh_used(tx, {key: lines[key] for key in taken}, until, agreed)
    return Refreshed(len(anew.written) + len(anew.empty), last)
