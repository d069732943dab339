"""Writes what a chunk came to: documents, transfers, facts and next due dates, in one transaction.

Numbers are taken last, just before the documents that carry them: from then to the commit is all
the time that another worker may have to wait (B40).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from trueup.billing.invoicing import drafts, store
from trueup.billing.invoicing.asides import Below, leave_below_zero
from trueup.billing.invoicing.rules import posting
from trueup.billing.invoicing.rules.exchanging import tax_exchanges
from trueup.billing.invoicing.rules.rows import ID, INSTANT, MICROS, papers
from trueup.events import service as events
from trueup.kernel.errors import check
from trueup.kernel.ids import derived_id
from trueup.ledger import service as ledger
from trueup.ledger.model import Facts
from trueup.ledger.templates import CREDIT_USED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import tzinfo

    from trueup.billing.discounts.model import Discount
    from trueup.billing.fx.rules import Rates
    from trueup.billing.invoicing.model import Bill, LegalEntity, Papers
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

DISCOUNT_USES: Final = pa.schema(
    {"invoice_id": ID, "discount_id": ID, "amount_micros": MICROS, "uses_counted": pa.int32()}
)
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
    fx: Rates,
    run_id: UUID | None,
) -> pa.Table:
    """Write `bills` with everything that goes with them; returns the invoices written.

    zones: of each contract.  discounts: as they stood before, by id.
    """
    made = papers(bills, zones)
    store.keep_derivations(tx, made.derivations)
    papered = [bill for bill in bills if bill.draft is not None]
    discount_uses = _use_discounts(tx, papered, discounts)
    applications = _use_credits(tx, [bill for bill in papered if bill.spent])
    entities = {bill.entity.legal_entity_id: bill.entity for bill in papered}
    account = pa.array([bill.account_micros for bill in papered], MICROS)
    written = write_papers(tx, made, account, entities.values(), fx, run_id)
    if applications is not None:
        tx.insert("billing.credit_application", applications)
    leave_below_zero(tx, _below(papered))
    tx.insert("billing.discount_use", discount_uses)
    store.bill_pending_items(tx, {key: bill.invoice_id for bill in papered for key in bill.pending})
    return written


def rewrite_drafts(
    tx: Tx,
    bills: Sequence[Bill],
    zones: Mapping[str, tzinfo],
    discounts: Mapping[str, Discount],
    fx: Rates,
    at: Instant,
) -> None:
    """Write drafts that are there, and emptied, as `bills` are; parameters as `write_bills` has."""
    made = papers(bills, zones)
    store.keep_derivations(tx, made.derivations)
    uses = _use_discounts(tx, bills, discounts)
    entities = {bill.entity.legal_entity_id: bill.entity for bill in bills}
    _insert_parts(tx, made.lines, tax_exchanges(made.invoices, entities.values(), fx))
    store.stage_invoices(tx, made.invoices)
    check(drafts.redraft(tx, at) == len(bills), "a draft that is held stays one", drafts=len(bills))
    tx.insert("billing.discount_use", uses)
    store.bill_pending_items(tx, {key: bill.invoice_id for bill in bills for key in bill.pending})


def write_papers(
    tx: Tx,
    made: Papers,
    account_micros: pa.Array,
    entities: Collection[LegalEntity],
    fx: Rates,
    run_id: UUID | None,
) -> pa.Table:
    """Post, announce, number and insert documents; returns the invoices.  Once in a transaction.

    Their derivations are kept, their subscriptions and customers held.
    account_micros: per invoice, what a line of it moved of the customer's account.
    """
    invoices = made.invoices
    if not invoices.num_rows:
        return invoices
    final = invoices.append_column("account_micros", account_micros)
    final = final.filter(pc.is_null(invoices.column("finalize_after")))
    if final.num_rows:
        ledger.post_many(tx, posting.issued(final))
        events.publish(tx, posting.announced(final, posting.FINALIZED))
    exchanges = tax_exchanges(invoices, entities, fx)
    lines_first = store.can_lift(tx)
    if lines_first:
        _insert_parts(tx, made.lines, exchanges)
    store.stage_invoices(tx, invoices)
    store.insert_invoices(tx, [(e, _count(final, e)) for e in entities], run_id)
    if not lines_first:
        _insert_parts(tx, made.lines, exchanges)
    return invoices


def _insert_parts(tx: Tx, lines: pa.Table, exchanges: pa.Table) -> None:
    store.insert_lines(tx, lines)
    if exchanges.num_rows:
        store.insert_tax_exchanges(tx, exchanges)


def _count(final: pa.Table, entity: LegalEntity) -> int:
    own = pc.equal(final.column("legal_entity_id"), pa.scalar(entity.legal_entity_id.bytes, ID))
    return pc.sum(own).as_py() or 0


def _use_discounts(tx: Tx, bills: Sequence[Bill], before: Mapping[str, Discount]) -> pa.Table:
    """Count discounts down; what each invoice used of them, for after the invoices (B44)."""
    changed, rows = [], []
    for bill in bills:
        for after in bill.draft.discounts_after if bill.draft else ():
            held = before.get(after.discount_id)
            if held is None or _left(held) == _left(after):
                continue
            changed.append(after)
            rows.append(
                {
                    "invoice_id": bill.invoice_id.bytes,
                    "discount_id": UUID(after.discount_id).bytes,
                    "amount_micros": (held.left_micros or 0) - (after.left_micros or 0),
                    "uses_counted": (held.uses_left or 0) - (after.uses_left or 0),
                }
            )
    store.use_discounts(tx, changed)
    return pa.Table.from_pylist(rows, schema=DISCOUNT_USES)


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


def _below(bills: Sequence[Bill]) -> list[Below]:
    """Those that leave credit to their customers (B19), in days of grace once they are issued."""
    return [
        Below(
            bill.invoice_id, bill.customer_id, bill.currency, bill.draft.put_aside_micros, bill.at
        )
        for bill in bills
        if bill.draft is not None and bill.draft.put_aside_micros and not bill.entity.grace_days
    ]
