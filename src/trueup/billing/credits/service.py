"""Credits are granted and come in here, and what they were spent on.

Rows and transfers commit together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.billing.credits import rules, store
from trueup.billing.credits.errors import (
    CreditAhead,
    CreditAlike,
    CreditExpired,
    CreditNotGoodwill,
    CreditNotPositive,
    CreditSpent,
    CreditUnknown,
)
from trueup.billing.credits.model import CREDIT, CREDIT_APPLICATION
from trueup.billing.customers.model import Origin
from trueup.kernel.columns import with_constants
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.money import Money
from trueup.ledger import service as ledger

if TYPE_CHECKING:
    from uuid import UUID

    import pyarrow as pa

    from trueup.billing.credits.model import NewCredit
    from trueup.db import Tx
    from trueup.kernel.clock import Instant


def grant(tx: Tx, credit: NewCredit, now: Instant) -> None:
    """Give a customer money to spend on bills, out of goodwill, and post it.

    Invoices in its currency from its day on are settled by it.  Raises, in this order,
    CreditNotPositive, CreditAhead, CreditExpired, CardNumberFound for a reason that holds one.
    """
    if credit.amount_micros <= 0:
        raise CreditNotPositive(amount_micros=credit.amount_micros)
    if credit.granted_at > now:
        raise CreditAhead(granted_at=credit.granted_at)
    if credit.expires_at is not None and credit.expires_at <= credit.granted_at:
        raise CreditExpired(granted_at=credit.granted_at, expires_at=credit.expires_at)
    rows = CREDIT.complete(rules.granted(credit))
    tx.insert(CREDIT.table, with_constants(rows, {"is_goodwill": True}))
    ledger.post(tx, rules.granted_credits(rows))


def check_new(tx: Tx, credit: NewCredit) -> None:
    """Not the same amount, granted to the same customer on the same day.  Raises CreditAlike.

    What was taken back does not count.
    """
    if store.is_granted_alike(tx, credit):
        raise CreditAlike(amount=Money(credit.amount_micros, CURRENCIES[credit.currency]))


def get_credit(tx: Tx, credit_id: UUID) -> Any:
    """The credit, held until the transaction ends.  Raises CreditUnknown."""
    held = store.held(tx, credit_id)
    if held is None:
        raise CreditUnknown(credit=str(credit_id))
    return held


def take_back(tx: Tx, credit_id: UUID, at: Instant) -> Any:
    """Take back what is left of a credit that was given out of goodwill; returns it as it was.

    What it settled stays settled.  Raises, in this order, CreditUnknown, CreditNotGoodwill,
    CreditSpent.
    """
    held = get_credit(tx, credit_id)
    if not held.is_goodwill:
        raise CreditNotGoodwill(credit=str(credit_id))
    if held.remaining_micros <= 0:
        raise CreditSpent(credit=str(credit_id))
    ledger.post(tx, rules.taken_back(held, at))
    store.take_back(tx, credit_id)
    return held


def listed(tx: Tx, customer_id: UUID | None, limit: int) -> list[Any]:
    """Credits of a customer or of all, the newest first, spent ones too."""
    return store.listed(tx, customer_id, limit)


def import_credits(tx: Tx, rows: pa.Table) -> int:
    """Insert credits, as `CREDIT` lists them, post what they granted, and count them.

    `remaining_micros` is the source's word; what neither it nor an application explains is posted
    at the end of the import (`billing.opening`).  Raises Defect, CardNumberFound, ConstraintBroken.
    """
    rows = CREDIT.complete(rows)
    count = tx.insert(CREDIT.table, with_constants(rows, {"origin": Origin.IMPORTED.value}))
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
