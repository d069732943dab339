"""Opening balances: what a source's own figures leave unexplained is named and posted.

Documents and money are posted as they come in. At the end of an import the two are laid beside
each other, and what the source calls settled without showing how, or shows without calling it so,
goes to an account of its own. Afterwards the ledger says of each customer what the invoices say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.opening import store
from trueup.ledger import service as ledger

if TYPE_CHECKING:
    from trueup.db import Tx


def post_openings(tx: Tx) -> int:
    """Post what the whole of the imported rows leaves open, and count the new transfers.

    For the end of an import, once all its rows are in; safe to run again.  Afterwards, for each
    customer and currency: `receivable` is what the open invoices have due (total less paid less
    credited), and `customer_credit` is what is left of the credits plus succeeded payments without
    an invoice.  Source: docs/ledger.md.
    """
    return sum(ledger.post_imported_once(tx, facts) for facts in store.openings(tx))
