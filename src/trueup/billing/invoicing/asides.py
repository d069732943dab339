"""What documents put aside for their customers to spend, as what it was (B19, B57)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID  # noqa: TC003  a field's type

import pyarrow as pa

from trueup.billing.invoicing import keeping
from trueup.billing.invoicing.rules.aside import (
    Source,
    asides,
    below_zero,
    cause_of,
    credit_id,
    money_id,
)
from trueup.billing.invoicing.rules.noting import ID, INSTANT, MICROS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trueup.billing.invoicing.rules.aside import Aside
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

PUT_ASIDE: Final = "a negative invoice"
CREDITS: Final = pa.schema(
    {
        "credit_id": ID,
        "customer_id": ID,
        "currency": pa.string(),
        "original_micros": MICROS,
        "remaining_micros": MICROS,
        "reason": pa.string(),
        "priority": pa.int16(),
        "granted_at": INSTANT,
        "is_goodwill": pa.bool_(),
        "origin": pa.string(),
        "expires_at": INSTANT,
    }
)


class Below(NamedTuple):
    """An invoice below zero, its lines written, and what it puts aside."""

    invoice_id: UUID
    customer_id: UUID
    currency: str
    put_aside_micros: int
    at: Instant


class _Known(NamedTuple):
    """What settled invoices, what gave back of them, and what credits that was put aside as."""

    spent: dict[UUID, list[Any]]
    earlier: dict[UUID, list[UUID]]
    given: dict[UUID, int]


def leave_below_zero(tx: Tx, invoices: Sequence[Below]) -> None:
    """The credits that invoices below zero leave to their customers, in five statements."""
    if not invoices:
        return
    found = _gives_back(tx, [each.invoice_id for each in invoices])
    known = _known(tx, {of for rows in found.values() for of in rows if of is not None})
    rows: list[dict[str, Any]] = []
    for each in invoices:
        sources = [
            Source(
                cause_of(each.invoice_id, of),
                row.gross_micros,
                row.paid_micros,
                known.spent.get(of, []),
                known.earlier[of],
            )
            for of, row in found[each.invoice_id].items()
            if of is not None
        ]
        other = found[each.invoice_id].get(None)
        other_micros = other.gross_micros if other else 0
        micros = each.put_aside_micros
        made = below_zero(each.invoice_id, micros, other_micros, sources, known.given)
        known.given.update({aside.credit_id: aside.amount_micros for aside in made})
        rows += [_row(each, aside, PUT_ASIDE, each.at) for aside in made]
    tx.insert("billing.credit", pa.Table.from_pylist(rows, schema=CREDITS))


def leave_of_note(tx: Tx, invoice: Any, note: tuple[UUID, str], micros: int, at: Instant) -> None:
    """What a note gives back beyond what was due is the customer's to spend, as what it was.

    note: its id, and its number, which is the reason of the credits.
    """
    note_id, number = note
    known = _known(tx, {invoice.invoice_id})
    spent = known.spent.get(invoice.invoice_id, [])
    earlier = [cause for cause in known.earlier[invoice.invoice_id] if cause != note_id]
    made = asides(note_id, micros, invoice.paid_micros, spent, earlier, known.given)
    rows = [_row(invoice, aside, number, at) for aside in made]
    tx.insert("billing.credit", pa.Table.from_pylist(rows, schema=CREDITS))


def ids_of(tx: Tx, below: UUID) -> list[UUID]:
    """The credits that an invoice may have put aside; most of them are not there."""
    sources = [of for of in _gives_back(tx, [below])[below] if of is not None]
    spent = keeping.credits_spent(tx, sources) if sources else {}
    found = [money_id(below)]
    for source in sources:
        found += _names(cause_of(below, source), spent.get(source, []))
    return found


def _gives_back(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, dict[UUID | None, Any]]:
    found: dict[UUID, dict[UUID | None, Any]] = {key: {} for key in ids}
    for row in keeping.gives_back_of(tx, ids):
        found[row.invoice_id][row.of_invoice_id] = row
    return found


def _known(tx: Tx, invoices: Iterable[UUID]) -> _Known:
    ids = sorted(invoices)
    earlier: dict[UUID, list[UUID]] = defaultdict(list)
    if not ids:
        return _Known({}, earlier, {})
    spent = keeping.credits_spent(tx, ids)
    for row in keeping.given_back_of(tx, ids):
        cause = row.credit_note_id or cause_of(row.below_id, row.invoice_id)
        earlier[row.invoice_id].append(cause)
    names = [n for key, of in earlier.items() for e in of for n in _names(e, spent.get(key, []))]
    return _Known(spent, earlier, keeping.granted(tx, names))


def _names(cause: UUID, spent: Sequence[Any]) -> list[UUID]:
    own = (credit_id(cause, each.credit_id) for each in spent)
    return [money_id(cause), credit_id(cause, cause), *own]


def _row(of: Any, made: Aside, reason: str, at: Instant) -> dict[str, Any]:
    return {
        "credit_id": made.credit_id.bytes,
        "customer_id": of.customer_id.bytes,
        "currency": of.currency,
        "original_micros": made.amount_micros,
        "remaining_micros": made.amount_micros,
        "reason": reason,
        "priority": made.priority,
        "granted_at": at,
        "is_goodwill": made.is_goodwill,
        "origin": str(made.origin),
        "expires_at": made.expires_at,
    }
