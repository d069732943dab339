"""Credits come in here, and what they were spent on. Rows and transfers commit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.credits import rules, store
from trueup.billing.credits.model import CREDIT, CREDIT_APPLICATION
from trueup.ledger import service as ledger

if TYPE_CHECKING:
    import pyarrow as pa

    from trueup.db import Tx


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
