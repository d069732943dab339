from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.db import load_queries

if TYPE_CHECKING:
    from uuid import UUID

    from trueup.billing.payments.model import Received
    from trueup.db import Tx

Q = load_queries(__package__)


def insert_payment(tx: Tx, payment: Received, customer_id: UUID, currency: str) -> bool:
    """Whether it is new: a payment whose key is known is there already."""
    count = tx.execute(
        Q.insert_payment,
        payment_id=payment.payment_id,
        customer_id=customer_id,
        invoice_id=payment.invoice_id,
        method_kind=payment.method_kind,
        currency=currency,
        amount_micros=payment.amount_micros,
        at=payment.at,
        key=payment.key,
    )
    return count == 1


def is_known(tx: Tx, payment: Received) -> bool:
    """Whether a payment with its key is there."""
    return tx.maybe(Q.known, key=payment.key) is not None


def alike_micros(tx: Tx, payment: Received) -> int | None:
    """The amount of one of the same invoice and day, and of the same amount unless that is 0."""
    micros = payment.amount_micros
    found = tx.maybe(Q.alike, invoice_id=payment.invoice_id, micros=micros, at=payment.at)
    return None if found is None else int(found.amount_micros)


def settle(tx: Tx, payment: Received, micros: int) -> None:
    tx.execute(Q.settle, invoice_id=payment.invoice_id, micros=micros, at=payment.at)


def listed(tx: Tx, customer_id: UUID | None, limit: int) -> list[Any]:
    return tx.many(Q.listed, customer_id=customer_id, limit=limit)
