"""What notes, voids and drafts that are issued move, as facts and lines.  Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pyarrow as pa

from trueup.billing.discounts.rules.credit_order import spend_credits
from trueup.billing.drafting.model import DraftLine, InvoiceFacts, LineKind
from trueup.billing.drafting.rules.amounts import flat, negated
from trueup.billing.drafting.rules.assembly import by_rate, discount_between
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.ids import derived_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trueup.billing.discounts.model import CreditUse, SpendableCredit
    from trueup.kernel.clock import Instant
    from trueup.kernel.currency import Currency

    Row = Any  # a named tuple, as every row

ID, INSTANT, MICROS = pa.binary(16), pa.timestamp("us", "UTC"), pa.int64()
FACTS: Final = {
    "entry_id": ID,
    "customer_id": ID,
    "currency": pa.string(),
    "effective_at": INSTANT,
}


@dataclass(frozen=True, slots=True)
class Application:
    """A part of a credit that settles a part of an invoice.

    is_after_issue: which was issued before; its document does not tell of it.
    """

    application_id: UUID
    credit_id: UUID
    invoice_id: UUID
    customer_id: UUID
    currency: str
    amount_micros: int
    at: Instant
    is_after_issue: bool = False


def facts_table(rows: Sequence[Mapping[str, Any]], *amounts: str) -> pa.Table:
    """Facts as the ledger takes them, with these columns of amounts."""
    schema = pa.schema(FACTS | dict.fromkeys(amounts, MICROS))
    return pa.Table.from_pylist(list(rows), schema=schema)


def of_invoice(row: Row, at: Instant, account_micros: int = 0) -> pa.Table:
    """An invoice as a fact that undoes it or gives it up."""
    fact = {
        "entry_id": row.invoice_id.bytes,
        "customer_id": row.customer_id.bytes,
        "currency": row.currency,
        "effective_at": at,
        "net_micros": row.subtotal_micros - row.discount_micros - account_micros,
        "tax_micros": row.tax_micros,
        "put_aside_micros": row.put_aside_micros,
        "due_micros": row.total_micros - row.paid_micros - row.credited_micros,
    }
    return facts_table([fact], "net_micros", "tax_micros", "put_aside_micros", "due_micros")


def recovered(row: Row, cause: UUID, micros: int, at: Instant) -> pa.Table:
    """So much of an invoice that was given up, claimed again.  cause: what settles it."""
    fact = {
        "entry_id": cause.bytes,
        "customer_id": row.customer_id.bytes,
        "currency": row.currency,
        "effective_at": at,
        "due_micros": -micros,
    }
    return facts_table([fact], "due_micros")


def of_note(  # noqa: PLR0913, PLR0917  a note has this many parts
    note_id: UUID, customer_id: UUID, currency: str, net: int, tax: int, put_aside: int, at: Instant
) -> pa.Table:
    fact = {
        "entry_id": note_id.bytes,
        "customer_id": customer_id.bytes,
        "currency": currency,
        "effective_at": at,
        "net_micros": net,
        "tax_micros": tax,
        "put_aside_micros": put_aside,
    }
    return facts_table([fact], "net_micros", "tax_micros", "put_aside_micros")


def applications_back(rows: Sequence[Row], at: Instant) -> pa.Table:
    """Applications of a void invoice, undone: the customer may spend them again."""
    return _reversed(rows, "undone", at)


def taken_back_again(rows: Sequence[Row], at: Instant) -> pa.Table:
    """What comes back of credits that were taken back: the grant is undone by as much."""
    return _reversed(rows, "taken_back", at)


def _reversed(rows: Sequence[Row], cause: str, at: Instant) -> pa.Table:
    facts = [
        {
            "entry_id": derived_id(row.credit_application_id, cause).bytes,
            "customer_id": row.customer_id.bytes,
            "currency": row.currency,
            "effective_at": at,
            "amount_micros": -row.amount_micros,
        }
        for row in rows
    ]
    return facts_table(facts, "amount_micros")


def applied_anew(
    row: Row, uses: Sequence[CreditUse], earlier: Sequence[Row], at: Instant
) -> list[Application]:
    """What credits settle of an invoice that is issued already.

    earlier: its applications; one credit may settle it in several parts.
    """
    parts = Counter(each.credit_id for each in earlier)
    return [
        Application(
            derived_id(credit, "application", str(row.invoice_id), str(parts[credit])),
            credit,
            row.invoice_id,
            row.customer_id,
            row.currency,
            use.amount_micros,
            at,
            is_after_issue=True,
        )
        for use in uses
        for credit in (UUID(use.credit_id),)
    ]


def applications_table(spent: Sequence[Application]) -> pa.Table:
    facts = [
        {
            "entry_id": each.application_id.bytes,
            "customer_id": each.customer_id.bytes,
            "currency": each.currency,
            "effective_at": each.at,
            "amount_micros": each.amount_micros,
        }
        for each in spent
    ]
    return facts_table(facts, "amount_micros")


def drafts_table(rows: Sequence[Row]) -> pa.Table:
    """Drafts as `posting.issued` and `posting.announced` take invoices."""
    schema = pa.schema(
        {
            "invoice_id": ID,
            "customer_id": ID,
            "currency": pa.string(),
            "issued_at": INSTANT,
            "subtotal_micros": MICROS,
            "discount_micros": MICROS,
            "tax_micros": MICROS,
            "total_micros": MICROS,
            "put_aside_micros": MICROS,
            "account_micros": MICROS,
        }
    )
    plain = [
        {
            name: value.bytes if isinstance(value := getattr(row, name), UUID) else value
            for name in schema.names
        }
        for row in rows
    ]
    return pa.Table.from_pylist(plain, schema=schema)


def credits_for(
    rows: Sequence[Row], held: Mapping[tuple[UUID, str], Sequence[SpendableCredit]]
) -> list[Application]:
    """What credits settle of drafts as they are issued, in order; none is spent twice."""
    left = {credit.credit_id: credit.remaining_micros for of in held.values() for credit in of}
    found = []
    for row in rows:
        usable = [_reduced(c, left) for c in held.get((row.customer_id, row.currency), ())]
        uses = spend_credits(
            usable, row.total_micros, currency=CURRENCIES[row.currency], at=row.issued_at
        )
        for use in uses:
            left[use.credit_id] -= use.amount_micros
            credit = UUID(use.credit_id)
            found.append(
                Application(
                    derived_id(credit, "application", str(row.invoice_id)),
                    credit,
                    row.invoice_id,
                    row.customer_id,
                    row.currency,
                    use.amount_micros,
                    row.issued_at,
                )
            )
    return found


def _reduced(credit: SpendableCredit, left: Mapping[str, int]) -> SpendableCredit:
    return type(credit)(
        credit.credit_id,
        left[credit.credit_id],
        credit.currency,
        credit.priority,
        credit.granted_at,
        credit.expires_at,
    )


def line_name(row: Row) -> str:
    """What a line of an invoice is called in notes against it."""
    if row.line_key is None:
        return str(row.line_item_id)
    return row.line_key if row.subscription_id is None else f"{row.subscription_id}/{row.line_key}"


def facts_of(
    row: Row, lines: Sequence[Row], noted: Sequence[Row], given: Mapping[str, int]
) -> InvoiceFacts:
    """What a note against an invoice needs to know of it.  given: what was given back, by line."""
    return InvoiceFacts(
        invoice=str(row.invoice_id),
        net_micros=row.subtotal_micros - row.discount_micros,
        tax_micros=row.tax_micros,
        off={line_name(line): line.discount_micros for line in lines},
        amounts={line_name(line): line.amount_micros for line in lines},
        noted_net_micros=sum(n.net_micros for n in noted),
        noted_tax_micros=sum(n.tax_micros for n in noted),
        given=given,
        at_rate=by_rate(
            (line_name(x), x.tax_rate, x.amount_micros - x.discount_micros, x.tax_micros)
            for x in lines
        ),
    )


def credits_of(
    lines: Sequence[Row], facts: InvoiceFacts, net_micros: int | None, currency: Currency
) -> list[DraftLine]:
    """Lines that give back `net_micros` of an invoice, the first first; None: all that is left."""
    made, rest = [], net_micros
    for line in lines:
        name = line_name(line)
        before = facts.given.get(name, 0)
        left = line.amount_micros - before
        net_left = left - discount_between(facts, name, before, before + left, currency)
        wanted = left
        if rest is not None and rest < net_left:
            wanted = _gross_of(rest, facts, name, left, currency)
        if wanted <= 0:
            continue
        rest = None if rest is None else rest - min(rest, net_left)
        made.append(
            DraftLine(
                key=f"{name}/note/{facts.noted_net_micros}/{before}",
                kind=LineKind.CREDIT,
                contract=str(line.subscription_id) if line.subscription_id else None,
                item=line.item_key,
                plan=line.plan,
                component=line.charge,
                span=None,
                full=None,
                derivation=negated(flat(wanted)),
                amount_micros=-wanted,
                gives_back=name,
            )
        )
    return made


def _gross_of(net: int, facts: InvoiceFacts, name: str, most: int, currency: Currency) -> int:
    """The least of a line's amount of which `net` is left after its discount; at most `most`."""
    before, step = facts.given.get(name, 0), currency.step_micros
    low, high = 0, most // step
    while low < high:
        middle = (low + high) // 2
        gross = middle * step
        if gross - discount_between(facts, name, before, before + gross, currency) < net:
            low = middle + 1
        else:
            high = middle
    return low * step
