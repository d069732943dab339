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


def drafts_to_finalize(tx: Tx, until: Instant, limit: int) -> list[UUID]:
    return [row.invoice_id for row in tx.many(Q.drafts_to_finalize, until=until, limit=limit)]


def drafts_of_usage(
    tx: Tx, until: Instant, after_at: Instant, after_id: UUID, limit: int
) -> list[Any]:
    """Up to `limit` drafts after one, a row for each subscription that pays for usage on them."""
    return tx.many(
        Q.drafts_of_usage, until=until, after_at=after_at, after_id=after_id, limit=limit
    )


def hold_subscriptions(tx: Tx, ids: Sequence[UUID]) -> None:
    tx.many(Q.hold_subscriptions, ids=list(ids))


def forget_draft(tx: Tx, invoice_id: UUID) -> None:
    """A draft as if it had not been: what it used and took along is there again."""
    keeping.restore_discounts(tx, invoice_id)
    tx.execute(Q.forget_discount_uses, id=invoice_id)
    keeping.release_pending_items(tx, invoice_id)
    tx.execute(Q.forget_tax_exchange, id=invoice_id)
    tx.execute(Q.forget_draft_lines, id=invoice_id)
    tx.execute(Q.forget_draft, id=invoice_id)


def mark_drafted(tx: Tx, invoice_id: UUID, at: Instant) -> None:
    tx.execute(Q.mark_drafted, id=invoice_id, at=at)


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
