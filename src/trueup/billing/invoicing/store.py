from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from trueup.billing.invoicing.model import CREDIT_NOTE, Document
from trueup.db import load_queries
from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from trueup.billing.discounts.model import Discount
    from trueup.billing.invoicing.model import LegalEntity, Spent
    from trueup.db import Tx

Q = load_queries(__package__)

ID = pa.binary(16)


def standing_credit_notes(tx: Tx, notes: pa.Table) -> pa.Table:
    """Those of `notes` that stand, as facts, each with the customer of its invoice."""
    tx.stage("imported_credit_notes", notes, like=CREDIT_NOTE.table)
    return tx.fetch_arrow(Q.standing_credit_notes)


def reserve_numbers(tx: Tx) -> int:
    """Move each series above its highest number used; counts the series."""
    return tx.execute(Q.reserve_numbers)


def count_waiting(tx: Tx) -> int:
    """How many items of customers we bill wait for an invoice."""
    return int(tx.one(Q.count_waiting).items)


# ---- what decides about them


def billed_lines(tx: Tx, ids: Sequence[UUID], without: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.billed_lines, ids=list(ids), without=list(without))


def noted_lines(tx: Tx, ids: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.noted_lines, ids=list(ids))


def noted_sums(tx: Tx, invoices: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.noted_sums, ids=list(invoices)) if invoices else []


def discounts(tx: Tx, ids: Sequence[UUID], without: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.discounts, ids=list(ids), without=list(without))


def credits_held(tx: Tx, customers: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.credits, ids=list(customers))


def pending_items(tx: Tx, customers: Sequence[UUID], without: Sequence[UUID]) -> list[Any]:
    """What waits for an invoice, held."""
    return tx.many(Q.pending_items, ids=list(customers), without=list(without))


def buyers(tx: Tx, customers: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.buyers, ids=list(customers))


def tax_identities(tx: Tx, customers: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.tax_identities, ids=list(customers))


# ---- what came of it


def keep_derivations(tx: Tx, bodies: Mapping[bytes, str]) -> None:
    """Keep derivations and tax facts that are not kept yet."""
    if not bodies:
        return
    rows = pa.table(
        {
            "derivation_id": pa.array(list(bodies), ID),
            "body": pa.array(list(bodies.values()), pa.string()),
        }
    )
    tx.stage("new_derivations", rows, like="billing.derivation")
    tx.execute(Q.known_derivations)


def can_lift(tx: Tx) -> bool:
    """Whether lines may be written before the invoices they are on."""
    return bool(tx.one(Q.can_lift).can_lift)


def insert_lines(tx: Tx, lines: pa.Table) -> int:
    """Write lines whose references are known to be there, or to come in this transaction."""
    tx.restage("new_lines", lines, like="billing.line_item")
    with tx.references_known():
        return tx.execute(Q.insert_lines)


def insert_tax_exchanges(tx: Tx, rows: pa.Table) -> int:
    """Write what taxes are in another currency, as `insert_lines` writes lines."""
    tx.restage("new_tax_exchanges", rows, like="billing.tax_exchange")
    with tx.references_known():
        return tx.execute(Q.insert_tax_exchanges)


def stage_invoices(tx: Tx, invoices: pa.Table) -> None:
    """Bring invoices to the database, all but their numbers."""
    place = pa.array(range(invoices.num_rows), pa.int64())
    tx.restage("new_invoices", invoices.append_column("place", place), like="billing.invoice")


def insert_invoices(
    tx: Tx, entities: Sequence[tuple[LegalEntity, int]], run_id: UUID | None
) -> int:
    """Number and write the staged invoices.  entities: with how many numbers of each are needed."""
    taken = []
    # In one order for all: workers that hold a series each never wait for each other's.
    for entity, count in sorted(entities, key=lambda each: each[0].legal_entity_id):
        first, digits = 1, entity.digits
        if count:
            prefix = entity.invoice_prefix
            first, digits = take_numbers(tx, Document.INVOICE, prefix, entity.digits, count)
        taken.append((entity, first, digits))
    with tx.references_known():
        return tx.execute(
            Q.insert_invoices,
            run_id=run_id,
            entities=[entity.legal_entity_id for entity, _, _ in taken],
            firsts=[first for _, first, _ in taken],
            prefixes=[entity.invoice_prefix for entity, _, _ in taken],
            digits=[digits for _, _, digits in taken],
        )


def take_numbers(
    tx: Tx, document: Document, prefix: str, digits: int, count: int
) -> tuple[int, int]:
    """The first of `count` numbers, now taken, and how many digits the series writes."""
    row = tx.one(Q.take_numbers, document=document.value, prefix=prefix, digits=digits, count=count)
    return int(row.first), int(row.digits)


def use_discounts(tx: Tx, after: Sequence[Discount]) -> None:
    if not after:
        return
    rows = pa.table(
        {
            "discount_id": pa.array([d.discount_id for d in after], pa.string()),
            "periods_remaining": pa.array([d.uses_left for d in after], pa.int32()),
            "left_micros": pa.array([d.left_micros for d in after], pa.int64()),
        }
    )
    tx.stage("used_discounts", rows, like="billing.discount")
    tx.execute(Q.use_discounts)


def spend_credits(tx: Tx, spent: Sequence[Spent]) -> None:
    if not spent:
        return
    rows = pa.table(
        {
            "credit_id": pa.array([s.credit_id.bytes for s in spent], ID),
            "amount_micros": pa.array([s.amount_micros for s in spent], pa.int64()),
        }
    )
    tx.stage("spent_credits", rows, like="billing.credit_application")
    tx.execute(Q.spend_credits)


def bill_pending_items(tx: Tx, invoices: Mapping[UUID, UUID]) -> None:
    """Items that are held are on invoices now.  invoices: by item."""
    if not invoices:
        return
    done = tx.execute(Q.bill_pending_items, ids=list(invoices), invoices=list(invoices.values()))
    check(done == len(invoices), "an item that waits is billed once", billed=done)
