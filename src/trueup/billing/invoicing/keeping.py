"""Rows of single documents: found, held, changed."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa

from trueup.billing.customers.model import Origin
from trueup.billing.invoicing.model import Spent
from trueup.billing.invoicing.rules.noting import ID, INSTANT, MICROS
from trueup.billing.invoicing.rules.rows import kept_under
from trueup.billing.invoicing.store import keep_derivations, spend_credits
from trueup.billing.rating.rules.execution import write_derivation
from trueup.db import load_queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trueup.billing.drafting.model import DraftLine
    from trueup.billing.invoicing.model import NewPendingItem
    from trueup.billing.invoicing.rules.noting import Application
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

Q = load_queries(__package__, "keeping.sql")


def find_invoice(tx: Tx, named: str) -> Any:
    """The invoice of a number or id, or None."""
    return tx.maybe(Q.invoice, id=as_id(named), number=named)


def lock_invoices(tx: Tx, ids: Sequence[UUID]) -> list[Any]:
    """Each with its status by then."""
    return tx.many(Q.lock_invoices, ids=list(ids))


def hold_credits(tx: Tx, ids: Sequence[UUID]) -> None:
    tx.many(Q.hold_credits, ids=list(ids))


def invoice_lines(tx: Tx, invoice_id: UUID) -> list[Any]:
    return tx.many(Q.invoice_lines, id=invoice_id)


def find_tax_exchange(tx: Tx, invoice_id: UUID) -> Any:
    """The tax of an invoice in the currency of the tax office, or None."""
    return tx.maybe(Q.tax_exchange, id=invoice_id)


def find_derivation(tx: Tx, derivation_id: UUID) -> str | None:
    row = tx.maybe(Q.derivation, id=derivation_id)
    return None if row is None else str(row.body)


def hangs_on(tx: Tx, invoice_id: UUID, put_aside: Sequence[UUID]) -> dict[str, int]:
    """What keeps an invoice from being void, by what it is; empty: nothing does."""
    row = tx.one(Q.hangs_on, id=invoice_id, put_aside=list(put_aside))
    return {name.replace("_", " "): n for name, n in row._asdict().items() if n}


def void(
    tx: Tx, invoice_id: UUID, at: Instant, put_aside: Sequence[UUID], *, rebills: bool
) -> None:
    """A void invoice, with all that hung on it set back."""
    tx.execute(Q.give_credits_back, id=invoice_id)
    tx.execute(Q.take_credits_back, ids=list(put_aside))
    restore_discounts(tx, [invoice_id])
    tx.execute(Q.void_invoice, id=invoice_id, at=at)
    if rebills:
        tx.execute(Q.rebill, id=invoice_id, at=at)
        tx.execute(Q.void_lines, id=invoice_id)
        release_pending_items(tx, [invoice_id])


def restore_discounts(tx: Tx, invoices: Sequence[UUID]) -> None:
    """Discounts as they were before the invoices."""
    tx.execute(Q.restore_discounts, ids=list(invoices))


def release_pending_items(tx: Tx, invoices: Sequence[UUID]) -> None:
    """What went along with the invoices waits again."""
    tx.execute(Q.release_pending_items, ids=list(invoices))


def write_off(tx: Tx, invoice_id: UUID, at: Instant) -> None:
    tx.execute(Q.write_off, id=invoice_id, at=at)


def credit_invoice(tx: Tx, invoice_id: UUID, micros: int, at: Instant) -> None:
    tx.execute(Q.credit_invoice, id=invoice_id, micros=micros, at=at)


def applications(tx: Tx, invoice_id: UUID) -> list[Any]:
    return tx.many(Q.applications, id=invoice_id)


def given_back(tx: Tx, invoice_id: UUID) -> dict[str, int]:
    """What of the invoice's lines was given back, by line."""
    return {row.gives_back: row.amount_micros for row in tx.many(Q.given_back, id=invoice_id)}


def grant_credit(  # noqa: PLR0913, PLR0917  a row has this many columns
    tx: Tx,
    credit_id: UUID,
    customer_id: UUID,
    currency: str,
    micros: int,
    reason: str,
    at: Instant,
    priority: int = 0,
) -> None:
    tx.execute(
        Q.insert_credit,
        credit_id=credit_id,
        customer_id=customer_id,
        currency=currency,
        micros=micros,
        reason=reason,
        at=at,
        priority=priority,
        is_goodwill=False,
        origin=Origin.NATIVE.value,
        expires_at=None,
    )


def credits_spent(tx: Tx, invoices: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """Credits that settled invoices, by invoice, each with how much, the last spent first."""
    rows = tx.many(Q.credits_spent, ids=list(invoices))
    return {key: list(of) for key, of in groupby(rows, key=attrgetter("invoice_id"))}


def given_back_of(tx: Tx, invoices: Sequence[UUID]) -> list[Any]:
    """Notes against invoices, and invoices below zero that give something back of them."""
    return tx.many(Q.given_back_of, ids=list(invoices))


def gives_back_of(tx: Tx, below: Sequence[UUID]) -> list[Any]:
    """What invoices below zero give back, by invoice and the one that it is of."""
    return tx.many(Q.gives_back_of, ids=list(below))


def granted(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, int]:
    """What credits were put aside with, of those of `ids` that there are."""
    rows = tx.many(Q.granted, ids=list(ids)) if ids else []
    return {row.credit_id: row.original_micros for row in rows}


def insert_note(tx: Tx, values: Mapping[str, Any], lines: Sequence[tuple[DraftLine, Any]]) -> None:
    """A credit note with its lines.  lines: each with its span, as two instants, or None."""
    tx.execute(Q.insert_note, **values)
    bodies = {line.key: write_derivation(line.derivation).decode() for line, _ in lines}
    keep_derivations(tx, {kept_under(body): body for body in bodies.values()})
    rows = [
        {
            "credit_note_id": values["credit_note_id"].bytes,
            "position": position,
            "subscription_id": UUID(line.contract).bytes if line.contract else None,
            "line_key": _own(line, line.key),
            "gives_back": _own(line, line.gives_back or ""),
            "item_key": None if line.item is None else _own(line, line.item),
            "amount_micros": -line.amount_micros,
            "period_start": None if span is None else span[0],
            "period_end": None if span is None else span[1],
            "derivation_id": kept_under(bodies[line.key]),
        }
        for position, (line, span) in enumerate(lines)
    ]
    schema = pa.schema(
        {
            "credit_note_id": ID,
            "position": pa.int32(),
            "subscription_id": ID,
            "line_key": pa.string(),
            "gives_back": pa.string(),
            "item_key": pa.string(),
            "amount_micros": MICROS,
            "period_start": INSTANT,
            "period_end": INSTANT,
            "derivation_id": ID,
        }
    )
    tx.insert("billing.credit_note_line", pa.Table.from_pylist(rows, schema=schema))


def apply_credits(tx: Tx, spent: Sequence[Application]) -> None:
    """Applications of credits to invoices that are there."""
    if not spent:
        return
    rows = pa.table(
        {
            "credit_application_id": pa.array([s.application_id.bytes for s in spent], ID),
            "credit_id": pa.array([s.credit_id.bytes for s in spent], ID),
            "invoice_id": pa.array([s.invoice_id.bytes for s in spent], ID),
            "amount_micros": pa.array([s.amount_micros for s in spent], MICROS),
            "applied_at": pa.array([s.at for s in spent], INSTANT),
            "is_after_issue": pa.array([s.is_after_issue for s in spent], pa.bool_()),
        }
    )
    tx.insert("billing.credit_application", rows)
    spend_credits(tx, [Spent(s.credit_id, s.amount_micros) for s in spent])


def invoices(tx: Tx, customer_id: UUID | None, status: str | None, limit: int) -> list[Any]:
    return tx.many(Q.invoices, customer_id=customer_id, status=status, limit=limit)


def notes(tx: Tx, customer_id: UUID | None, limit: int) -> list[Any]:
    return tx.many(Q.notes, customer_id=customer_id, limit=limit)


def insert_pending_item(tx: Tx, item: NewPendingItem) -> None:
    tx.execute(Q.insert_pending_item, **asdict(item))


def is_pending_alike(tx: Tx, item: NewPendingItem) -> bool:
    """Whether the customer has such an item of that day, billed or not."""
    return tx.maybe(Q.pending_alike, **asdict(item)) is not None


def pending_listed(
    tx: Tx, customer_id: UUID | None, limit: int, *, is_billed_too: bool
) -> list[Any]:
    return tx.many(
        Q.pending_listed, customer_id=customer_id, is_billed_too=is_billed_too, limit=limit
    )


def drop_pending_item(tx: Tx, pending_item_id: UUID) -> bool:
    """Whether there was one to drop."""
    return tx.execute(Q.drop_pending_item, id=pending_item_id) == 1


def as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _own(line: DraftLine, key: str) -> str:
    return key if line.contract is None else key.removeprefix(f"{line.contract}/")
