"""An issued invoice settled by credit that its customer holds by then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.billing.invoicing import documents, keeping
from trueup.billing.invoicing.rules import noting
from trueup.ledger import service as ledger
from trueup.ledger.model import Facts
from trueup.ledger.templates import CREDIT_USED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.billing.discounts.model import CreditUse
    from trueup.db import Tx
    from trueup.kernel.clock import Instant


def settle_by_credit(tx: Tx, invoice: Any, uses: Sequence[CreditUse], at: Instant) -> None:
    """Settle a part of an invoice by credits, and post it; it is paid where nothing is due then.

    invoice: open or given up, and held.  uses: at least one, of credits that are held and have as
    much left; together not more than is due.
    """
    earlier = keeping.applications(tx, invoice.invoice_id)
    spent = noting.applied_anew(invoice, uses, earlier, at)
    keeping.apply_credits(tx, spent)
    ledger.post(tx, Facts(CREDIT_USED, noting.applications_table(spent)))
    for each in spent:
        documents.recover(tx, invoice, each.application_id, each.amount_micros, at)
    micros = sum(each.amount_micros for each in spent)
    keeping.credit_invoice(tx, invoice.invoice_id, micros, at)
