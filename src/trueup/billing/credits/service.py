"""Credits are granted and come in here, and what they were spent on.

Rows and transfers commit together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.billing.credits import rules, store
from trueup.billing.credits.errors import CreditExpired, CreditNotPositive
from trueup.billing.credits.model import CREDIT, CREDIT_APPLICATION
from trueup.ledger import service as ledger

if TYPE_CHECKING:
    from uuid import UUID

    import pyarrow as pa

    from trueup.billing.credits.model import NewCredit
    from trueup.db import Tx


def grant(tx: Tx, credit: NewCredit) -> None:
    """Give a customer money to spend on bills, out of goodwill, and post it.

    The next invoice in its currency is settled by it.  Raises CreditNotPositive, CreditExpired,
    CardNumberFound for a reason that holds one.
    """
    if credit.amount_micros <= 0:
        raise CreditNotPositive(amount_micros=credit.amount_micros)
    if credit.expires_at is not None and credit.expires_at <= credit.granted_at:
        raise CreditExpired(granted_at=credit.granted_at, expires_at=credit.expires_at)
    rows = rules.granted(credit)
    tx.insert(CREDIT.table, CREDIT.complete(rows))
    ledger.post(tx, rules.granted_credits(rows))


def listed(tx: Tx, customer_id: UUID | None, limit: int) -> list[Any]:
    """Credits of a customer or of all, the newest first, spent ones too."""
    return store.listed(tx, customer_id, limit)


def import_credits(tx: Tx, rows: pa.Table) -> int:
    """Insert credits, as `CREDIT` lists them, post what they granted, and count them.

    `remaining_micros` is the source's word; what neither it nor an application explains is posted
    at the end of the import (`billing.opening`).  Raises Defect, CardNumberFound, ConstraintBroken.
    """
    rows = CREDIT.complete(rows)
    count = tx.insert(CREDIT.table, rows)
    ledger.post_imported(tx, rules.imported_credits(rows))
    return count


def import_credit_applications(tx: Tx, rows: pa.Table) -> int:
    """Insert applications, as `CREDIT_APPLICATION` lists them, post them, and count them.

    Their credits and invoices are there.  Posted against the credit's customer; where the invoice
    is another's, the end of the import sets that right.  Raises as `import_credits`.
    """
    rows = CREDIT_APPLICATION.complete(rows)
    count = tx.insert(CREDIT_APPLICATION.table, rows)
    facts = store.applications_with_owner(tx, rows)
    ledger.post_imported(tx, rules.imported_applications(facts))
    return count
