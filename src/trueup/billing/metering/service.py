"""Usage comes in here, reported as it happens or recorded by another system before, and is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from trueup.billing.metering import store
from trueup.billing.metering.errors import UsageEventChanged, UsageOfUnknownSubscription
from trueup.billing.metering.model import SPAN, USAGE_EVENT, WINDOW, Recorded
from trueup.billing.metering.rules import (
    check_source,
    checked,
    event_ids,
    identified,
    without_repeats,
)

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from trueup.db import Row, Tx
    from trueup.kernel.clock import Clock, Instant


def record_usage(tx: Tx, rows: pa.Table, *, source: str | None, clock: Clock) -> Recorded:
    """Count reported usage once, for ever, and keep the summaries of its days.

    rows: as `REPORTED`; some thousands, and one batch a transaction: batches that race wait for
    each other in one order only then.
    source: who reports; ids of two sources never meet.  None: those who reported to the system
    that was migrated, whose ids go on in the same line, so that nothing imported is counted again.
    Late events are placed by when they were used (B28).  An id sent again with the same content
    changes nothing; with other content the whole batch is refused (B29), as for an unknown
    subscription.  Raises UsageSourceMalformed, UsageEventMalformed, UsageEventChanged,
    UsageOfUnknownSubscription.
    """
    check_source(source)
    if not rows.num_rows:
        return Recorded(0, 0)
    now = clock.now()
    once, changed = without_repeats(identified(checked(rows, now), source))
    if changed:
        raise UsageEventChanged(events=event_ids(changed))
    store.stage(tx, once)
    done = store.record(tx, now)
    if done.unknown:
        raise UsageOfUnknownSubscription(subscriptions=done.unknown)
    if done.known and (changed := store.changed_events(tx, done.known)):
        raise UsageEventChanged(events=event_ids(changed))
    return Recorded(done.counted, rows.num_rows - done.counted)


def unpriced_meters(tx: Tx) -> dict[str, int]:
    """Events of the batch recorded last in `tx` that no charge of their subscription bills.

    By meter.  They are counted, and billed once a charge prices their meter for their time.
    """
    return store.unpriced_meters(tx)


def unpriced_since(tx: Tx, since: Instant) -> list[Row]:
    """Meters without a price that were used, as we learnt since a moment, by who is billed by us.

    By subscription and meter: `events` and `quantity` of all time; `starts_at` and `ends_at`, the
    first and last use of what was recorded since then or, for a batch that shows late, within an
    hour before; the same and `fresh_events` of what was recorded since then alone.
    """
    return store.unpriced_since(tx, since)


def used_without_bill(tx: Tx, since: Instant) -> list[tuple[UUID, Instant]]:
    """Subscriptions of which no bill is to come and that used something since their last one.

    Each with when that was recorded.  since: events recorded before were looked at.
    """
    rows = store.used_without_bill(tx, since)
    return [(row.subscription_id, row.recorded_at) for row in rows]


def rebuild_summaries(tx: Tx) -> int:
    """Sum the tenant's events anew and count the summaries; batches wait meanwhile.

    At the end of an import, which writes events alone, and whenever a zone was changed.  It writes
    what counting them one by one would have written.
    """
    return store.rebuild_summaries(tx)


def read_windows(tx: Tx, windows: pa.Table) -> pa.Table:
    """What each window used, from the summaries of its days, in one statement for all of them.

    windows: as `WINDOW`.  Returns, by number, meter and dimensions: `events` (count), `quantity`
    (sum), `largest`, `latest` with `latest_at`, and `changed_at`, when the last of it was recorded.
    A window without usage has no row; one that was known, and has not changed since, has none
    either: late usage shows as a closed window that comes back (B28).  It may come back unchanged.
    """
    return store.read_windows(tx, windows.select(WINDOW.names).cast(WINDOW))


def read_days(tx: Tx, windows: pa.Table) -> pa.Table:
    """What each window used, day by day.

    windows: as `WINDOW`, without `known_at`.  Returns number, meter, day, dimensions, `quantity`
    (sum), `largest`, `latest` with `latest_at`, by number and the time of the last event.
    """
    return store.read_days(tx, windows.select(WINDOW.names).cast(WINDOW))


def read_changes(tx: Tx, windows: pa.Table) -> pa.Table:
    """Number and first `day` of each window that has changed since it was known, of any meter.

    windows: as `WINDOW`, each known, without meters.
    """
    return store.read_changes(tx, windows.select(WINDOW.names).cast(WINDOW))


def read_events(tx: Tx, spans: pa.Table) -> pa.Table:
    """The events of each span, for prices and aggregations that look at every one (B26, B27).

    spans: as `SPAN`.  Returns number, usage_event_id, meter, occurred_at, its local `day`,
    recorded_at, quantity and dimensions, by number and time; without what another system billed.
    """
    return store.read_events(tx, spans.select(SPAN.names).cast(SPAN))


def usage_by_day(
    tx: Tx, subscription_id: UUID, *, starts_on: date | None = None, ends_on: date | None = None
) -> list[Row]:
    """Day, meter, dimensions, events, quantity, largest and latest, in order of day and meter.

    Raises UsageOfUnknownSubscription.
    """
    if not store.is_known(tx, subscription_id):
        raise UsageOfUnknownSubscription(subscriptions=[str(subscription_id)])
    return store.days_of(tx, subscription_id, starts_on, ends_on)


def import_usage_events(tx: Tx, rows: pa.Table) -> int:
    """Insert usage that another system recorded, as `USAGE_EVENT` lists it, and count it.

    What that system billed comes as billed and is never billed again; the rest counts once
    `rebuild_summaries` has run.  Raises Defect, ConstraintBroken.
    """
    rows = USAGE_EVENT.complete(rows)
    # A subscription's events are read together; beside each other they are written faster, too.
    keys = pa.table(
        {
            "subscription_id": rows.column("subscription_id").cast(pa.binary()),
            "occurred_at": rows.column("occurred_at"),
        }
    )
    beside = pc.sort_indices(keys, [(name, "ascending") for name in keys.column_names])
    return tx.insert(USAGE_EVENT.table, rows.take(beside))
