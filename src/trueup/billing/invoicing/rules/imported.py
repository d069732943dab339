"""Which imported documents move money, and by how much. Pure, a column at a time.

The argument for these rules, and for what they leave to `billing.opening`, is in docs/ledger.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from trueup.billing.invoicing.model import InvoiceStatus
from trueup.ledger.model import Facts
from trueup.ledger.templates import IMPORTED_CREDIT_NOTE, IMPORTED_INVOICE, IMPORTED_WRITE_OFF

if TYPE_CHECKING:
    from collections.abc import Iterable

LIVE: Final = frozenset({InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE})
"""Statuses of an invoice that claims money: a draft does not yet, a void one not any more."""


def imported_invoices(invoices: pa.Table) -> Facts:
    """What the live ones of `invoices` claim: net of discount, and tax, when they were issued."""
    live = _of_status(invoices, LIVE)
    net = pc.subtract_checked(live.column("subtotal_micros"), live.column("discount_micros"))
    rows = _facts(live, live.column("issued_at"), net_micros=net, tax_micros=live["tax_micros"])
    return Facts(IMPORTED_INVOICE, rows)


def imported_write_offs(invoices: pa.Table) -> Facts:
    """What was due on the uncollectible ones of `invoices`, when they were given up or issued."""
    lost = _of_status(invoices, [InvoiceStatus.UNCOLLECTIBLE])
    settled = pc.add_checked(lost.column("paid_micros"), lost.column("credited_micros"))
    due = pc.subtract_checked(lost.column("total_micros"), settled)
    given_up_at = pc.coalesce(lost.column("voided_at"), lost.column("issued_at"))
    return Facts(IMPORTED_WRITE_OFF, _facts(lost, given_up_at, due_micros=due))


def imported_credit_notes(notes: pa.Table) -> Facts:
    """What standing credit notes take back.  notes: with the `customer_id` of their invoice."""
    net = pc.subtract_checked(notes.column("amount_micros"), notes.column("tax_micros"))
    rows = notes.append_column("net_micros", net)
    return Facts(IMPORTED_CREDIT_NOTE, rows)


def are_lines_of(lines: pa.Table, invoices: pa.Table) -> bool:
    """Whether each of `lines` is of one of `invoices`; so it is of none at all."""
    ids = invoices.column("invoice_id").cast(pa.binary())
    named = lines.column("invoice_id").cast(pa.binary())
    return bool(pc.all(pc.is_in(named, ids)).as_py() or not lines.num_rows)


def _of_status(invoices: pa.Table, statuses: Iterable[InvoiceStatus]) -> pa.Table:
    values = pa.array([status.value for status in statuses], pa.string())
    return invoices.filter(pc.is_in(invoices.column("status").cast(pa.string()), values))


def _facts(
    invoices: pa.Table, effective_at: pa.ChunkedArray, **amounts: pa.ChunkedArray
) -> pa.Table:
    return pa.table(
        {
            "entry_id": invoices.column("invoice_id"),
            "customer_id": invoices.column("customer_id"),
            "currency": invoices.column("currency"),
            "effective_at": effective_at,
        }
        | amounts
    )
