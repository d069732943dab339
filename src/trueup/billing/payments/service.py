"""Money that moved comes in here: payments, refunds, disputes.

Rows and transfers commit together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.billing.invoicing import documents as invoicing
from trueup.billing.invoicing.model import InvoiceStatus
from trueup.billing.payments import rules, store
from trueup.billing.payments.errors import (
    PaymentAlike,
    PaymentKnown,
    PaymentNotPositive,
    PaymentUnfit,
)
from trueup.billing.payments.model import DISPUTE, PAYMENT, REFUND
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.money import Money
from trueup.ledger import service as ledger

if TYPE_CHECKING:
    from uuid import UUID

    import pyarrow as pa

    from trueup.billing.payments.model import Received
    from trueup.db import Tx


def record_payment(tx: Tx, payment: Received) -> int:
    """Record money that came in for an invoice; returns what was too much, in micro-units.

    What is more than is due becomes the customer's credit (B54).  Raises, in this order,
    InvoiceUnknown, PaymentKnown, PaymentUnfit, PaymentNotPositive: who asks again what became of a
    payment hears that it is known, not that the invoice is paid by it.
    """
    invoice = invoicing.hold_invoice(tx, payment.invoice_id)
    if store.is_known(tx, payment):
        raise PaymentKnown(reference=payment.key)
    if invoice.status not in {InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE}:
        raise PaymentUnfit(invoice=invoice.number or str(invoice.invoice_id), status=invoice.status)
    if payment.amount_micros <= 0:
        amount = Money(payment.amount_micros, CURRENCIES[invoice.currency])
        raise PaymentNotPositive(amount=amount.format())
    if not store.insert_payment(tx, payment, invoice.customer_id, invoice.currency):
        raise PaymentKnown(reference=payment.key)
    due = invoice.total_micros - invoice.paid_micros - invoice.credited_micros
    allocated = min(payment.amount_micros, max(due, 0))
    rest: int = payment.amount_micros - allocated
    ledger.post(tx, rules.recorded_payment(payment, invoice, allocated))
    invoicing.recover(tx, invoice, payment.payment_id, allocated, payment.at)
    store.settle(tx, payment, allocated)
    if rest:
        invoicing.grant_credit(tx, payment.payment_id, invoice, rest, payment.at)
    return rest


def check_new(tx: Tx, payment: Received) -> None:
    """Not the same amount for the same invoice on the same day.  Raises PaymentAlike.

    For payments without a reference, which alone could tell them apart.  A payment of nothing is
    one of all that was due, given again: any payment of that day is like it.
    """
    invoice = invoicing.hold_invoice(tx, payment.invoice_id)
    if (micros := store.alike_micros(tx, payment)) is not None:
        amount = Money(micros, CURRENCIES[invoice.currency])
        raise PaymentAlike(
            invoice=invoice.number or str(invoice.invoice_id), amount=amount.format()
        )


def listed(tx: Tx, *, customer_id: UUID | None = None, limit: int = 50) -> list[Any]:
    """Payments for people, the newest first, those that failed too."""
    return store.listed(tx, customer_id, limit)


def import_payments(tx: Tx, rows: pa.Table) -> int:
    """Insert payments, as `PAYMENT` lists them, post those that succeeded, and count them.

    A payment is posted against its own customer; where its invoice is another's, the end of the
    import sets that right (`billing.opening`).  Raises Defect, CardNumberFound, ConstraintBroken.
    """
    rows = PAYMENT.complete(rows)
    count = tx.insert(PAYMENT.table, rows)
    ledger.post_imported(tx, rules.imported_payments(rows))
    return count


def import_refunds(tx: Tx, rows: pa.Table) -> int:
    """Insert refunds, as `REFUND` lists them, post those that succeeded, and count them.

    Raises as `import_payments`.
    """
    rows = REFUND.complete(rows)
    count = tx.insert(REFUND.table, rows)
    ledger.post_imported(tx, rules.imported_refunds(rows))
    return count


def import_disputes(tx: Tx, rows: pa.Table) -> int:
    """Insert disputes, as `DISPUTE` lists them, post those that hold our money, and count them.

    Raises as `import_payments`.
    """
    rows = DISPUTE.complete(rows)
    count = tx.insert(DISPUTE.table, rows)
    ledger.post_imported(tx, rules.imported_disputes(rows))
    return count
