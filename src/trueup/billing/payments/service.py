"""Money that moved comes in here: payments, refunds, disputes.

Rows and transfers commit together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.payments import rules
from trueup.billing.payments.model import DISPUTE, PAYMENT, REFUND
from trueup.ledger import service as ledger

if TYPE_CHECKING:
    import pyarrow as pa

    from trueup.db import Tx


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
