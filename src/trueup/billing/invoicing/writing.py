"""Writes what a chunk came to: documents, transfers, facts and the next due dates, in one transaction.

Numbers are taken last, just before the documents that carry them: from then to the commit is all the
time that another worker may have to wait (B40).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from trueup.billing.invoicing import store
from trueup.billing.invoicing.model import Document, InvoiceStatus
from trueup.billing.invoicing.rules import posting
from trueup.billing.invoicing.rules.rows import ID, INSTANT, MICROS, papers
from trueup.events import service as events
from trueup.kernel.columns import with_constants
from trueup.kernel.ids import derived_id
from trueup.ledger import service as ledger
from trueup.ledger.model import Facts
from trueup.ledger.templates import CREDIT_USED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo
    from uuid import UUID

    from trueup.billing.discounts.model import Discount
    from trueup.billing.invoicing.model import Bill, LegalEntity, Papers
    from trueup.db import Tx

NATIVE: Final = "native"
PUT_ASIDE: Final = "a negative invoice"
APPLICATIONS: Final = pa.schema(
    {
        "credit_application_id": ID,
        "credit_id": ID,
        "invoice_id": ID,
        "amount_micros": MICROS,
        "applied_at": INSTANT,
    }
)


def write_bills(
    tx: Tx,
    bills: Sequence[Bill],
    zones: Mapping[str, tzinfo],
    discounts: Mapping[str, Discount],
    run_id: UUID | None,
) -> pa.Table:
    """Write `bills` with everything that goes with them; returns the invoices written.

    zones: of each contract.  discounts: as they stood before, by id.
    """
    made = papers(bills, zones)
    store.keep_derivations(tx, made.derivations)
    drafts = [bill for bill in bills if bill.draft is not None]
    _use_discounts(tx, drafts, discounts)
    applications = _use_credits(tx, [bill for bill in drafts if bill.spent])
    _put_aside(tx, drafts)
    entities = {bill.entity.legal_entity_id: bill.entity for bill in drafts}
    account = pa.array([bill.account_micros for bill in drafts], MICROS)
    written = write_papers(tx, made, account, entities.values(), run_id)
    if applications is not None:
        tx.insert("billing.credit_application", applications)
    return written


def write_papers(
    tx: Tx,
    made: Papers,
    account_micros: pa.Array,
    entities: Iterable[LegalEntity],
    run_id: UUID | None,
) -> pa.Table:
    """Post, announce, number and insert documents; returns the invoices with their numbers.

    Their derivations are kept already.  account_micros: per invoice, what a line of it moved of the
    customer's account.
    """
    invoices = made.invoices
    if not invoices.num_rows:
        return invoices
    invoices = invoices.append_column("account_micros", account_micros)
    is_final = pc.is_null(invoices.column("finalize_after"))
    final = invoices.filter(is_final)
    ledger.post(tx, posting.issued(final))
    numbered = [_numbered(tx, final, entity) for entity in entities]
    drafts = invoices.filter(pc.invert(is_final))
    kept = [*numbered, _drafted(drafts)] if drafts.num_rows else numbered
    every = pa.concat_tables([rows for rows in kept if rows.num_rows])
    every = with_constants(every, {"origin": NATIVE})
    if run_id is not None:
        every = every.append_column(
            "bill_run_id", pa.repeat(pa.scalar(run_id.bytes, ID), every.num_rows)
        )
    issued = pa.concat_tables(numbered)
    if issued.num_rows:
        events.publish(tx, posting.announced(issued, posting.FINALIZED))
    tx.insert("billing.invoice", every.drop_columns(["account_micros"]))
    tx.insert("billing.line_item", made.lines)
    return every


def _numbered(tx: Tx, final: pa.Table, entity: LegalEntity) -> pa.Table:
    """The final invoices of one entity with numbers, in the order they came."""
    own = final.filter(
        pc.equal(final.column("legal_entity_id"), pa.scalar(entity.legal_entity_id.bytes, ID))
    )
    count = own.num_rows
    status = _status(own)
    own = own.append_column("status", status)
    own = own.append_column(
        "paid_at",
        pc.if_else(pc.equal(status, InvoiceStatus.PAID.value), own.column("issued_at"), None),
    )
    own = own.append_column("paid_micros", pa.repeat(pa.scalar(0, MICROS), count))
    if not count:
        return own.append_column("number", pa.array([], pa.string()))
    prefix = entity.invoice_prefix
    first, digits = store.take_numbers(tx, Document.INVOICE, prefix, entity.digits, count)
    numbers = pc.cast(pa.array(range(first, first + count), MICROS), pa.string())
    number = pc.binary_join_element_wise(prefix, pc.utf8_lpad(numbers, digits, "0"), "")
    return own.append_column("number", number)


def _status(invoices: pa.Table) -> pa.Array:
    """Paid where nothing is due, else open."""
    is_settled = pc.equal(invoices.column("total_micros"), invoices.column("credited_micros"))
    return pc.if_else(is_settled, InvoiceStatus.PAID.value, InvoiceStatus.OPEN.value)


def _drafted(drafts: pa.Table) -> pa.Table:
    """Invoices in their days of grace: no number, no date, nothing posted."""
    count = drafts.num_rows
    drafts = drafts.append_column("status", pa.repeat(InvoiceStatus.DRAFT.value, count))
    drafts = drafts.append_column("paid_at", pa.nulls(count, INSTANT))
    drafts = drafts.append_column("paid_micros", pa.repeat(pa.scalar(0, MICROS), count))
    return drafts.append_column("number", pa.nulls(count, pa.string()))


def _use_discounts(tx: Tx, bills: Sequence[Bill], before: Mapping[str, Discount]) -> None:
    after = [d for bill in bills if bill.draft for d in bill.draft.discounts_after]
    changed = [
        d for d in after if before.get(d.discount_id) and _left(before[d.discount_id]) != _left(d)
    ]
    store.use_discounts(tx, changed)


def _left(discount: Discount) -> tuple[int | None, int | None]:
    return discount.uses_left, discount.left_micros


def _use_credits(tx: Tx, bills: Sequence[Bill]) -> pa.Table | None:
    """Spend credits on the invoices of `bills`; the applications that show it, for after those."""
    if not bills:
        return None
    store.spend_credits(tx, [spent for bill in bills for spent in bill.spent])
    rows = [
        {
            "credit_application_id": derived_id(
                spent.credit_id, "application", str(bill.invoice_id)
            ).bytes,
            "credit_id": spent.credit_id.bytes,
            "invoice_id": bill.invoice_id.bytes,
            "amount_micros": spent.amount_micros,
            "applied_at": bill.at,
            "customer_id": bill.customer_id.bytes,
            "currency": bill.currency,
        }
        for bill in bills
        for spent in bill.spent
    ]
    schema = APPLICATIONS.append(pa.field("customer_id", ID)).append(
        pa.field("currency", pa.string())
    )
    table = pa.Table.from_pylist(rows, schema=schema)
    facts = table.rename_columns(
        {"credit_application_id": "entry_id", "applied_at": "effective_at"}
    )
    ledger.post(tx, Facts(CREDIT_USED, facts))
    return table.select(APPLICATIONS.names)


def _put_aside(tx: Tx, bills: Sequence[Bill]) -> None:
    """Credits that invoices below zero leave to their customers (B19)."""
    rows = [
        {
            "credit_id": derived_id(bill.invoice_id, "put_aside").bytes,
            "customer_id": bill.customer_id.bytes,
            "currency": bill.currency,
            "original_micros": bill.draft.put_aside_micros,
            "remaining_micros": bill.draft.put_aside_micros,
            "reason": PUT_ASIDE,
            "priority": 0,
            "granted_at": bill.at,
        }
        for bill in bills
        if bill.draft is not None and bill.draft.put_aside_micros and not bill.entity.grace_days
    ]
    if rows:
        schema = pa.schema(
            {
                "credit_id": ID,
                "customer_id": ID,
                "currency": pa.string(),
                "original_micros": MICROS,
                "remaining_micros": MICROS,
                "reason": pa.string(),
                "priority": pa.int16(),
                "granted_at": INSTANT,
            }
        )
        tx.insert("billing.credit", pa.Table.from_pylist(rows, schema=schema))
