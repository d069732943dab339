"""Rows of drafts: those in their days of grace, drafted anew or issued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.billing.invoicing import keeping
from trueup.db import load_queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from trueup.db import Tx
    from trueup.kernel.clock import Instant

Q = load_queries(__package__, "drafts.sql")


def hold_refreshing(tx: Tx) -> None:
    """Have those who bill wait until this transaction, which drafts anew, is over."""
    tx.one(Q.hold_refreshing)


def await_refreshing(tx: Tx) -> None:
    """Wait for all who draft anew by now."""
    tx.one(Q.await_refreshing)


def drafts_of_usage(
    tx: Tx, until: Instant, after_at: Instant, after_id: UUID, limit: int
) -> list[Any]:
    """Up to `limit` drafts after one, a row for each subscription that pays for usage on them.

    They are held; those that another worker holds are its own.
    """
    return tx.many(
        Q.drafts_of_usage, until=until, after_at=after_at, after_id=after_id, limit=limit
    )


def draft_lines(tx: Tx, ids: Sequence[UUID]) -> list[Any]:
    """The lines of some drafts, by draft, in order."""
    return tx.many(Q.draft_lines, ids=list(ids))


def hold_subscriptions(tx: Tx, ids: Sequence[UUID]) -> None:
    tx.many(Q.hold_subscriptions, ids=list(ids))


def forget(tx: Tx, ids: Sequence[UUID]) -> None:
    """What drafts billed, used and took along is there again; the drafts stay, and are empty."""
    keeping.restore_discounts(tx, ids)
    tx.execute(Q.forget_discount_uses, ids=list(ids))
    keeping.release_pending_items(tx, ids)
    tx.execute(Q.forget_tax_exchange, ids=list(ids))
    tx.execute(Q.forget_draft_lines, ids=list(ids))


def redraft(tx: Tx, at: Instant) -> int:
    """Drafts are as the staged invoices say."""
    return tx.execute(Q.redraft, at=at)


def void(tx: Tx, ids: Sequence[UUID], at: Instant) -> None:
    """Nothing is left of these drafts."""
    tx.execute(Q.void_drafts, ids=list(ids), at=at)


def usage_on_drafts(tx: Tx, ids: Sequence[UUID]) -> list[Any]:
    """What drafts knew of usage when they were drafted, a row a subscription that pays for it."""
    return tx.many(Q.usage_on_drafts, ids=list(ids))


def drafts_to_finalize(
    tx: Tx, until: Instant, after_at: Instant, after_id: UUID, limit: int
) -> list[Any]:
    """Up to `limit` drafts after one whose days of grace are over, now held."""
    return tx.many(
        Q.drafts_to_finalize, until=until, after_at=after_at, after_id=after_id, limit=limit
    )


def unpark(tx: Tx, ids: Sequence[UUID]) -> None:
    """Nobody has to look at these drafts any more."""
    tx.execute(Q.unpark_drafts, ids=list(ids))


def drafts(tx: Tx, ids: Sequence[UUID]) -> list[Any]:
    """Drafts in the order in which they are numbered."""
    return tx.many(Q.drafts, ids=list(ids))


def finalize_drafts(tx: Tx, numbers: Mapping[UUID, str], credited: Mapping[UUID, int]) -> int:
    return tx.execute(
        Q.finalize_drafts,
        ids=list(numbers),
        numbers=list(numbers.values()),
        credited=[credited.get(key, 0) for key in numbers],
    )
