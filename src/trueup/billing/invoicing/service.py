"""Documents come in here: invoices with their lines, credit notes, and what waits for an invoice.

An imported document keeps its number, dates, tax and lines, and never changes. Its rows and its
transfers commit together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.customers.model import Origin
from trueup.billing.invoicing import store
from trueup.billing.invoicing.model import CREDIT_NOTE, INVOICE, LINE_ITEM, PENDING_ITEM
from trueup.billing.invoicing.rules import imported as rules
from trueup.kernel.columns import with_constants
from trueup.ledger import service as ledger

if TYPE_CHECKING:
    import pyarrow as pa

    from trueup.db import Tx


def import_invoices(tx: Tx, invoices: pa.Table, line_items: pa.Table) -> int:
    """Insert invoices with their lines, post what they claim, and count the invoices.

    Columns as `INVOICE` and `LINE_ITEM` list them.  `line_items`: of these invoices; may be empty
    where the source keeps lines apart (`import_line_items`).  An invoice that is not a draft has a
    number and `issued_at`.  Raises Defect, CardNumberFound, ConstraintBroken.
    """
    invoices = INVOICE.complete(invoices)
    line_items = LINE_ITEM.complete(line_items)
    origin = {"origin": Origin.IMPORTED.value}
    count = tx.insert(INVOICE.table, with_constants(invoices, origin))
    if rules.are_lines_of(line_items, invoices):
        with tx.references_known():
            tx.insert(LINE_ITEM.table, line_items)
    else:
        tx.insert(LINE_ITEM.table, line_items)
    ledger.post_imported(tx, rules.imported_invoices(invoices), rules.imported_write_offs(invoices))
    return count


def import_line_items(tx: Tx, rows: pa.Table) -> int:
    """Insert lines of invoices that are there, as `LINE_ITEM` lists them.

    Raises as `import_invoices`.
    """
    rows = LINE_ITEM.complete(rows)
    return tx.insert(LINE_ITEM.table, rows)


def import_credit_notes(tx: Tx, rows: pa.Table) -> int:
    """Insert credit notes, as `CREDIT_NOTE` lists them, post what they take back, and count them.

    Their invoices are there.  Raises as `import_invoices`.
    """
    rows = CREDIT_NOTE.complete(rows)
    count = tx.insert(CREDIT_NOTE.table, rows)
    ledger.post_imported(tx, rules.imported_credit_notes(store.standing_credit_notes(tx, rows)))
    return count


def import_pending_items(tx: Tx, rows: pa.Table) -> int:
    """Insert what waits for the next invoice, as `PENDING_ITEM` lists it.

    Posts nothing: it is owed once it is invoiced.  Raises as `import_invoices`.
    """
    rows = PENDING_ITEM.complete(rows)
    return tx.insert(PENDING_ITEM.table, rows)


def reserve_numbers(tx: Tx) -> int:
    """Set each number series above every number used so far, and count the series.

    For the end of an import: the first invoice we issue continues the source's series, gapless and
    without repeating a number.  Safe to run again: a series never moves back.
    """
    return store.reserve_numbers(tx)
