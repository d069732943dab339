"""Test clocks: copies of customers in books of their own, billed by the code that bills.

Test books are a tenant, so what keeps tenants apart keeps a test from what is real: its numbers,
its ledger, its revenue, its runs.  Every command works on them by the name of their tenant.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from trueup.billing.clocks import store
from trueup.billing.clocks.errors import (
    ClockHeadingElsewhere,
    ClockMoving,
    ClockNameTaken,
    ClockNameUnfit,
    ClockOfTestBooks,
    ClockOnlyForward,
    ClockUnknown,
    CustomerOnClock,
)
from trueup.billing.clocks.model import BETWEEN, Advance, Forecast
from trueup.billing.invoicing import documents, runs
from trueup.billing.invoicing.model import Tally
from trueup.db.errors import AccessDenied
from trueup.db.tenants import TenantNameTaken, add_tenant
from trueup.kernel.clock import StandingClock
from trueup.kernel.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from uuid import UUID

    from trueup.billing.clocks.model import TestClock
    from trueup.db import Database, Tx
    from trueup.kernel.clock import Instant
    from trueup.kernel.progress import Progress

NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,40}")
DAY: Final = timedelta(days=1)
ROWS_TO_TELL: Final = 1_000  # of fewer any plan is good, and telling takes a second
MOVING: Final = "test clock"
COPIED: Final = "COPY-"
FORECAST_MAX: Final = 10_000
"""Invoices told of one forecast, the last ones."""
GRANT: Final = "as a superuser: grant set on parameter session_replication_role to the login"
LEFT: Final = {
    "payment_method": "tokens of cards; a test charges nobody",
    "number_series": "a test has series of its own",
    "bill_run": "runs are of the books they bill",
    "usage_left_out": "what a run told is of the books it billed",
    "parked": "what is parked is tried again",
    "bill_schedule": "a clock is moved by hand",
    "test_clock": "a clock is of one set of books",
}
"""Tables of billing that a copy does not take, and why."""


def create_clock(db: Database, tenant_id: int, tenant: str, name: str, at: Instant) -> TestClock:
    """Make a test clock that stands at `at`, with books that hold the tenant's catalog.

    Raises ClockNameUnfit, ClockOfTestBooks, ClockNameTaken.
    """
    if not NAME.fullmatch(name):
        raise ClockNameUnfit(clock=name)
    try:
        with db.owner_transaction() as tx:
            if store.is_test(tx, tenant_id):
                raise ClockOfTestBooks(tenant=tenant)
            books = add_tenant(tx, f"{tenant}{BETWEEN}{name}")
            # The clock first: it is by the clock that series know they are a test's.
            store.insert_clock(tx, books, tenant_id, at)
            store.copy_catalog(tx, tenant_id, books)
    except TenantNameTaken:
        raise ClockNameTaken(clock=name) from None
    return get_clock(db, tenant_id, tenant, name)


def clocks(db: Database, tenant_id: int) -> list[TestClock]:
    """The clocks of a tenant, by name."""
    with db.owner_transaction() as tx:
        return store.clocks(tx, tenant_id)


def get_clock(db: Database, tenant_id: int, tenant: str, name: str) -> TestClock:
    """Raises ClockUnknown."""
    with db.owner_transaction() as tx:
        found = store.clocks(tx, tenant_id, f"{tenant}{BETWEEN}{name}")
    if not found:
        raise ClockUnknown(clock=name, tenant=tenant)
    return found[0]


def standing(tx: Tx) -> Instant | None:
    """What time it is in these books; None in real ones, where it is now."""
    return store.stand(tx)


def attach(db: Database, tenant_id: int, clock: TestClock, customers: Sequence[UUID]) -> int:
    """Put copies of customers, as they stand, on a clock, and count the rows of the copies.

    What was billed comes along as history, numbered `COPY-…`; the customers themselves are read
    and never changed.  Raises CustomerOnClock.
    """
    with db.owner_transaction() as tx:
        store.freeze(tx)
        if there := store.on_clock(tx, clock.books_id, customers):
            raise CustomerOnClock(customer=str(there))
        store.copy_catalog(tx, tenant_id, clock.books_id)
        rows = store.copy_customers(tx, tenant_id, clock.books_id, customers)
    if rows >= ROWS_TO_TELL:
        with db.owner_transaction() as tx:
            store.tell_planner(tx)
    return rows


def advance(db: Database, clock: TestClock, to: Instant, *, progress: Progress = SILENT) -> Advance:
    """Move a clock on, billing all that falls due on the way, day by day, by real bill runs.

    Killed, it goes on when it is called again.  It ends early only where something due is held by
    another run.  Raises ClockMoving, ClockOnlyForward, ClockHeadingElsewhere.
    """
    with db.lease(MOVING, tenant_id=clock.books_id) as lease:
        if lease is None:
            raise ClockMoving(clock=clock.name)
        with db.transaction(tenant_id=clock.books_id) as tx:
            now = store.stand(tx) or clock.stands_at
            _check_way(clock, now, to, runs.zone_of_issuer(tx))
            store.head(tx, to)
        return _advanced(db, clock, now, to, progress)


def _check_way(clock: TestClock, now: Instant, to: Instant, where: tzinfo) -> None:
    """Refusals tell instants in the zone `where`, in which days of the clock are given."""
    if to < now:
        raise ClockOnlyForward(stands_at=now.astimezone(where), to=to.astimezone(where))
    if clock.heading_to is not None and clock.heading_to > to:
        raise ClockHeadingElsewhere(heading_to=clock.heading_to.astimezone(where))


def _advanced(
    db: Database, clock: TestClock, start: Instant, to: Instant, progress: Progress
) -> Advance:
    books, at, done, count = clock.books_id, start, Tally(), 0
    progress.begin(f"clock {clock.name}", (to - start).days, unit="days")
    # Ends: a run leaves nothing due by its moment that is not parked, so each step is a later day.
    while True:
        before = at
        with db.transaction(tenant_id=books) as tx:
            due = store.next_due(tx, to)
            at = to if due is None else min(to, max(at, _end_of_day(due)))
            store.move(tx, at)
        report = runs.run(db, books, at, StandingClock(at))
        progress.advance((at - before).days)
        done, count = done.plus(report.done), count + 1
        if at == to or not report.is_complete:
            break
    progress.end()
    if report.is_complete:
        with db.transaction(tenant_id=books) as tx:
            store.arrive(tx)
    return Advance(at, to, count, done, report.still_parked, report.still_due)


def _end_of_day(instant: Instant) -> Instant:
    return datetime.combine(instant.date() + DAY, time(), UTC)


def delete_clock(db: Database, clock: TestClock) -> int:
    """Remove a clock and its books, with every copy in them; counts the rows.

    Raises ClockMoving, and AccessDenied where the login may not remove facts.
    """
    with db.lease(MOVING, tenant_id=clock.books_id) as lease:
        if lease is None:
            raise ClockMoving(clock=clock.name)
        with db.owner_transaction() as tx:
            _check_removable(tx)
            return store.remove_books(tx, clock.books_id)


def forecast(  # noqa: PLR0913  who, until when, and the names of the books it is made in
    db: Database,
    tenant_id: int,
    tenant: str,
    customers: Sequence[UUID],
    at: Instant,
    until: Instant,
    *,
    progress: Progress = SILENT,
) -> Forecast:
    """What bill runs up to `until` would make of customers as they stand, if nothing changes.

    Billed in test books of its own, which are removed again; the tenant's books are only read.
    Raises AccessDenied where the login may not remove facts.
    """
    with db.owner_transaction() as tx:
        _check_removable(tx)
    clock = create_clock(db, tenant_id, tenant, f"forecast-{uuid4().hex[:12]}", at)
    try:
        attach(db, tenant_id, clock, customers)
        advance(db, clock, until, progress=progress)
        with db.transaction(tenant_id=clock.books_id) as tx:
            found = documents.listed(tx, limit=FORECAST_MAX + 1)
            parked = runs.parked(tx)
    finally:
        delete_clock(db, clock)
    made = [row for row in reversed(found) if not (row.number or "").startswith(COPIED)]
    return Forecast(tuple(made[-FORECAST_MAX:]), tuple(parked), len(made) <= FORECAST_MAX)


def _check_removable(tx: Tx) -> None:
    if not store.can_remove(tx):
        raise AccessDenied("the login may not remove facts as a whole", fix=GRANT)
