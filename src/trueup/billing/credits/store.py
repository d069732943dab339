from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.billing.credits.model import CREDIT_APPLICATION
from trueup.db import load_queries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    import pyarrow as pa

    from trueup.billing.credits.model import NewCredit, PayOut, PayoutPart
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

Q = load_queries(__package__)


def applications_with_owner(tx: Tx, applications: pa.Table) -> pa.Table:
    """`applications` as facts, each with the customer and the currency of its credit."""
    tx.stage("imported_credit_applications", applications, like=CREDIT_APPLICATION.table)
    return tx.fetch_arrow(Q.applications_with_owner)


def held(tx: Tx, credit_id: UUID) -> Any:
    """The credit, held until the transaction ends, or None."""
    return tx.maybe(Q.held, credit_id=credit_id)


def is_granted_alike(tx: Tx, credit: NewCredit) -> bool:
    """Whether the customer holds such a grant of that day."""
    found = tx.maybe(
        Q.granted_alike,
        customer_id=credit.customer_id,
        currency=credit.currency,
        micros=credit.amount_micros,
        at=credit.granted_at,
    )
    return found is not None


def take_back(tx: Tx, credit_id: UUID) -> None:
    tx.execute(Q.take_back, credit_id=credit_id)


def listed(tx: Tx, customer_id: UUID | None, limit: int) -> list[Any]:
    return tx.many(Q.listed, customer_id=customer_id, limit=limit)


def left_of(tx: Tx, customer_id: UUID) -> list[Any]:
    """Credits of a customer with something left, held until the transaction ends."""
    return tx.many(Q.left_of, customer_id=customer_id)


def lower(tx: Tx, parts: Sequence[PayoutPart]) -> None:
    """Take what was paid out from credits that are held."""
    tx.execute(
        Q.lower,
        ids=[part.credit_id for part in parts],
        amounts=[part.amount_micros for part in parts],
    )


def is_applied_alike(tx: Tx, invoice_id: UUID, micros: int, at: Instant) -> bool:
    """Whether so much was applied to the invoice at once, on the same day of its customer's."""
    return tx.maybe(Q.applied_alike, invoice_id=invoice_id, micros=micros, at=at) is not None


def paid_in(tx: Tx, customer_id: UUID, currency: str) -> int:
    """What a customer paid that was not given back in any way; below zero: more was."""
    return int(tx.one(Q.paid_in, customer_id=customer_id, currency=currency).micros)


def is_paid_out(tx: Tx, reference: str) -> bool:
    return tx.maybe(Q.payout_known, reference=reference) is not None


def insert_payouts(tx: Tx, wanted: PayOut, parts: Sequence[PayoutPart]) -> int:
    """Record the parts of a pay-out and count them; none where its reference is known."""
    return tx.execute(
        Q.insert_payouts,
        ids=[part.credit_payout_id for part in parts],
        credits=[part.credit_id for part in parts],
        amounts=[part.amount_micros for part in parts],
        reference=wanted.reference,
        at=wanted.at,
    )


def payout_parts(tx: Tx, reference: str) -> list[Any]:
    """The parts of a pay-out; their credits are held until the transaction ends."""
    return tx.many(Q.payout_parts, reference=reference)


def undo_payouts(tx: Tx, ids: Sequence[UUID], at: Instant) -> int:
    """Record that parts of a pay-out are undone, and count those that were not before."""
    return tx.execute(Q.undo_payouts, ids=list(ids), at=at)


def raise_back(tx: Tx, parts: Sequence[Any]) -> None:
    """Give credits that are held what was paid out of them."""
    tx.execute(
        Q.lower,
        ids=[part.credit_id for part in parts],
        amounts=[-part.amount_micros for part in parts],
    )


def payouts(tx: Tx, customer_id: UUID | None, limit: int) -> list[Any]:
    return tx.many(Q.payouts, customer_id=customer_id, limit=limit)
