from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.db import load_queries

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    import pyarrow as pa

    from trueup.db import Row, Tx
    from trueup.kernel.clock import Instant

Q = load_queries(__package__)


def stage(tx: Tx, rows: pa.Table) -> None:
    """Hold the tenant's summaries and everything that can be referred to, then stage `rows`."""
    tx.check_references_by_set()
    tx.one(Q.hold_summaries)
    tx.restage("usage_in", rows, like="billing.usage_event")


def record(tx: Tx, recorded_at: Instant) -> Row:
    """Count what is staged: `counted` events; keys already `known`; `unknown` subscriptions.

    No foreign key is needed: what has no subscription is not written.
    """
    with tx.references_known():
        return tx.one(Q.record_usage, recorded_at=recorded_at)


def unpriced_meters(tx: Tx) -> dict[str, int]:
    return {row.meter: row.events for row in tx.many(Q.unpriced_meters)}


def unpriced_since(tx: Tx, since: Instant) -> list[Row]:
    return tx.many(Q.unpriced_since, since=since)


def used_without_bill(tx: Tx, since: Instant) -> list[Row]:
    return tx.many(Q.used_without_bill, since=since)


def changed_events(tx: Tx, keys: list[str]) -> list[str]:
    return [row.idempotency_key for row in tx.many(Q.changed_events, keys=keys)]


def rebuild_summaries(tx: Tx) -> int:
    tx.one(Q.seize_summaries)
    tx.execute(Q.clear_summaries)
    return tx.execute(Q.rebuild_summaries)


def read_windows(tx: Tx, windows: pa.Table) -> pa.Table:
    tx.stage("usage_windows", windows, like="billing.usage_summary")
    return tx.fetch_arrow(Q.read_windows)


def read_days(tx: Tx, windows: pa.Table) -> pa.Table:
    tx.stage("usage_windows", windows, like="billing.usage_summary")
    return tx.fetch_arrow(Q.read_days)


def read_changes(tx: Tx, windows: pa.Table) -> pa.Table:
    tx.stage("usage_windows", windows, like="billing.usage_summary")
    return tx.fetch_arrow(Q.read_changes)


def read_events(tx: Tx, spans: pa.Table) -> pa.Table:
    tx.stage("usage_spans", spans, like="billing.usage_summary")
    return tx.fetch_arrow(Q.read_events)


def days_of(
    tx: Tx, subscription_id: UUID, starts_on: date | None, ends_on: date | None
) -> list[Row]:
    return tx.many(
        Q.days_of_subscription,
        subscription_id=subscription_id,
        starts_on=starts_on,
        ends_on=ends_on,
    )


def is_known(tx: Tx, subscription_id: UUID) -> bool:
    return bool(tx.one(Q.subscription_is_known, subscription_id=subscription_id).is_known)
