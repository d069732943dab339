"""What becomes of an invoice once drafted: issued, void, written off, credited (B40, B41, B48)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from trueup.billing.customers import service as customers
from trueup.billing.drafting.model import LineKind
from trueup.billing.drafting.rules.assembly import note_against
from trueup.billing.invoicing import drafts, issuing, keeping, reading, store
from trueup.billing.invoicing.asides import ids_of, leave_of_note
from trueup.billing.invoicing.errors import (
    CreditAboveInvoice,
    CreditNotAboveZero,
    InvoiceUnknown,
    NothingToCredit,
    VoidForbidden,
)
from trueup.billing.invoicing.model import Document, InvoiceStatus
from trueup.billing.invoicing.rules import noting, posting
from trueup.billing.invoicing.states import Trigger, next_status
from trueup.billing.subscriptions.rules.recording import instant_of
from trueup.events import service as events
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.ids import derived_id
from trueup.kernel.money import Money
from trueup.ledger import service as ledger
from trueup.ledger.model import Facts
from trueup.ledger.templates import (
    CREDIT_GRANTED,
    CREDIT_NOTE,
    CREDIT_USED,
    INVOICE_VOIDED,
    INVOICE_WRITTEN_OFF,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import tzinfo

    from trueup.billing.drafting.model import DraftLine, InvoiceFacts
    from trueup.billing.invoicing.model import Bill
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

OVERPAID: Final = "paid too much"


@dataclass(frozen=True, slots=True)
class Note:
    """A credit note as it was issued.

    settled_micros: what it took off the invoice's due; the rest is the customer's to spend.
    """

    credit_note_id: UUID
    number: str
    currency: str
    net_micros: int
    tax_micros: int
    settled_micros: int

    @property
    def total_micros(self) -> int:
        return self.net_micros + self.tax_micros


def get_invoice(tx: Tx, named: str) -> Any:
    """The invoice of a number or id.  Raises InvoiceUnknown."""
    row = keeping.find_invoice(tx, named)
    if row is None:
        raise InvoiceUnknown(invoice=named)
    return row


def hold_invoice(tx: Tx, invoice_id: UUID) -> Any:
    """The invoice, held until the transaction ends.  Raises InvoiceUnknown."""
    return _held(tx, invoice_id)


def recover(tx: Tx, invoice: Any, cause: UUID, micros: int, at: Instant) -> None:
    """What settles an invoice that was given up is no loss any more.  cause: payment or note."""
    if micros and invoice.status == InvoiceStatus.UNCOLLECTIBLE:
        back = noting.recovered(invoice, cause, micros, at)
        ledger.post(tx, Facts(INVOICE_WRITTEN_OFF, back))


def grant_credit(tx: Tx, cause: UUID, invoice: Any, micros: int, at: Instant) -> None:
    """What a payment of an invoice was too much, to be spent on the next; it is posted already."""
    keeping.grant_credit(
        tx,
        derived_id(cause, "overpaid"),
        invoice.customer_id,
        invoice.currency,
        micros,
        OVERPAID,
        at,
    )


def listed(
    tx: Tx, *, customer_id: UUID | None = None, status: str | None = None, limit: int = 50
) -> list[Any]:
    """Invoices for people, the newest first."""
    return keeping.invoices(tx, customer_id, status, limit)


def notes(tx: Tx, *, customer_id: UUID | None = None, limit: int = 50) -> list[Any]:
    """Credit notes for people, the newest first."""
    return keeping.notes(tx, customer_id, limit)


def finalize(tx: Tx, invoice_id: UUID) -> None:
    """Number and issue a draft now, computed anew from what holds by now (`issuing`).

    Raises, in this order, InvoiceUnknown, AuthorityElsewhere, InvoiceTransition, what would park it
    in a run, DraftEmpty.
    """
    row = _ours(tx, invoice_id)
    next_status(InvoiceStatus(row.status), Trigger.FINALIZE)
    issuing.issue(tx, invoice_id, row.issued_at)


def void(tx: Tx, invoice_id: UUID, at: Instant, *, rebills: bool = False) -> None:
    """Take an invoice back as if it had not been; it keeps the number it has (B40, B41).

    One that credits have settled, or that came to nothing, can be void; they are to spend again,
    but for a credit that was taken back since: what comes back of it is taken back, too.
    A draft has moved nothing and told nobody.
    rebills: what it billed is billed again by the next run; else its time stays without a bill.
    Raises, in this order, InvoiceUnknown, AuthorityElsewhere, InvoiceTransition, VoidForbidden.
    """
    row = _ours(tx, invoice_id)
    next_status(InvoiceStatus(row.status), Trigger.VOID)
    put_aside = ids_of(tx, invoice_id)
    keeping.hold_credits(tx, put_aside)  # so that nobody uses it while it is looked at
    hanging = keeping.hangs_on(tx, invoice_id, put_aside)
    if hanging:
        raise VoidForbidden(invoice=row.number or str(invoice_id), because=hanging)
    if row.status != InvoiceStatus.DRAFT:
        _take_back(tx, row, at)
    else:
        drafts.unpark(tx, [invoice_id])
    keeping.void(tx, invoice_id, at, put_aside, rebills=rebills)


def write_off(tx: Tx, invoice_id: UUID, at: Instant) -> None:
    """Give up on what is due on an invoice.

    Raises, in this order, InvoiceUnknown, AuthorityElsewhere, InvoiceTransition.
    """
    row = _ours(tx, invoice_id)
    next_status(InvoiceStatus(row.status), Trigger.WRITE_OFF)
    ledger.post(tx, Facts(INVOICE_WRITTEN_OFF, noting.of_invoice(row, at)))
    keeping.write_off(tx, invoice_id, at)
    events.publish(tx, posting.told(invoice_id, "invoice.written_off", at, {"number": row.number}))


def credit(
    tx: Tx,
    invoice_id: UUID,
    at: Instant,
    *,
    net_micros: int | None = None,
    charges: Sequence[str] | None = None,
    reason: str | None = None,
) -> Note:
    """Issue a credit note over `net_micros` of an invoice, or over all that is left of it (B48).

    charges: of lines of these charges only.  Tax goes back in the invoice's own proportion; the
    note over the last of it takes the rest.  What the invoice no longer owes is the customer's
    credit.
    Raises, in this order, InvoiceUnknown, AuthorityElsewhere, InvoiceTransition,
    CreditNotAboveZero, CreditAboveInvoice, NothingToCredit.
    """
    row = _ours(tx, invoice_id)
    next_status(InvoiceStatus(row.status), _credited(row))
    every = keeping.invoice_lines(tx, invoice_id)
    lines = [x for x in every if x.amount_micros > 0 and (charges is None or x.charge in charges)]
    given = keeping.given_back(tx, invoice_id)
    facts = noting.facts_of(row, every, store.noted_sums(tx, [invoice_id]), given)
    money = CURRENCIES[row.currency]
    left = facts.net_micros - facts.noted_net_micros
    asked = left if net_micros is None else net_micros
    if net_micros is not None and net_micros <= 0:
        raise CreditNotAboveZero(asked=Money(net_micros, money))
    if asked > left:
        raise CreditAboveInvoice(
            invoice=row.number, left=Money(left, money), asked=Money(asked, money)
        )
    credited = noting.credits_of(lines, facts, net_micros, money)
    if asked <= 0 or not credited:
        raise NothingToCredit(invoice=row.number)
    return write_note(tx, row, facts, [(line, None) for line in credited], at, reason)


def write_note(
    tx: Tx,
    row: Any,
    facts: InvoiceFacts,
    lines: Sequence[tuple[DraftLine, Any]],
    at: Instant,
    reason: str | None,
) -> Note:
    """Number, post and store the note of `lines` against an invoice that is held.

    lines: each with the instants from and to which it gives back, or None.
    """
    draft = note_against(facts, [line for line, _ in lines], CURRENCIES[row.currency])
    due = row.total_micros - row.paid_micros - row.credited_micros
    settled = min(max(due, 0), draft.total_micros)
    number = _note_number(tx, row)
    note_id = derived_id(row.invoice_id, "credit_note", number)
    note = Note(note_id, number, row.currency, draft.net_micros, draft.tax_micros, settled)
    aside = note.total_micros - settled
    moved = noting.of_note(
        note_id, row.customer_id, row.currency, note.net_micros, note.tax_micros, aside, at
    )
    ledger.post(tx, Facts(CREDIT_NOTE, moved))
    recover(tx, row, note_id, settled, at)
    values = {
        "credit_note_id": note_id,
        "invoice_id": row.invoice_id,
        "number": number,
        "currency": row.currency,
        "amount_micros": note.total_micros,
        "tax_micros": note.tax_micros,
        "reason": reason,
        "at": at,
    }
    keeping.insert_note(tx, values, lines)
    keeping.credit_invoice(tx, row.invoice_id, settled, at)
    if aside:
        leave_of_note(tx, row, (note_id, number), aside, at)
    told = {"number": number, "invoice_id": str(row.invoice_id)}
    events.publish(tx, posting.told(note_id, "credit_note.issued", at, told))
    return note


def hold_noted(tx: Tx, invoices: Collection[UUID]) -> dict[UUID, tuple[int, int]]:
    """Hold invoices of which bills give something back, before any number is taken.

    Returns net and tax that notes took by now of each that is not void.  Who notes or voids an
    invoice by hand holds it first, too: neither waits for the other in a circle.
    """
    if not invoices:
        return {}
    ids = sorted(invoices)
    held = keeping.lock_invoices(tx, ids)
    sums = {row.invoice_id: (row.net_micros, row.tax_micros) for row in store.noted_sums(tx, ids)}
    return {
        row.invoice_id: sums.get(row.invoice_id, (0, 0))
        for row in held
        if row.status != InvoiceStatus.VOID
    }


def write_notes(tx: Tx, bill: Bill, facts: Mapping[str, InvoiceFacts], where: tzinfo) -> None:
    """The notes that a bill came to, where the dialect gives credit by notes.

    facts: of every invoice of the subscriptions, by line key.  where: the zone of their days.
    """
    for note in bill.notes:
        if not note.total_micros:
            continue  # what cost nothing gives nothing back
        row = _held(tx, UUID(note.invoice))
        lines = [
            (line, line.span and tuple(instant_of(point, where) for point in line.span))
            for line in note.lines
        ]
        write_note(tx, row, facts[note.lines[0].gives_back or ""], lines, bill.at, None)


def _take_back(tx: Tx, row: Any, at: Instant) -> None:
    """Undo what an issued invoice moved, and tell of it."""
    lines = keeping.invoice_lines(tx, row.invoice_id)
    account = sum(line.amount_micros for line in lines if line.kind == LineKind.ACCOUNT_CREDIT)
    ledger.post(tx, Facts(INVOICE_VOIDED, noting.of_invoice(row, at, account)))
    spent = keeping.applications(tx, row.invoice_id)
    applied = noting.applications_back(spent, at)
    if applied.num_rows:
        ledger.post(tx, Facts(CREDIT_USED, applied))
    if gone := [each for each in spent if each.is_taken_back]:
        ledger.post(tx, Facts(CREDIT_GRANTED, noting.taken_back_again(gone, at)))
    events.publish(tx, posting.told(row.invoice_id, "invoice.voided", at, {"number": row.number}))


def _held(tx: Tx, invoice_id: UUID) -> Any:
    keeping.lock_invoices(tx, [invoice_id])
    return get_invoice(tx, str(invoice_id))


def _ours(tx: Tx, invoice_id: UUID) -> Any:
    """The invoice, held, of a customer whom we bill: another system's is corrected there."""
    # The customer first, as a run does: a document is issued before a mend of them or after it.
    customers.hold_ours(tx, get_invoice(tx, str(invoice_id)).customer_id)
    return _held(tx, invoice_id)


def _credited(row: Any) -> Trigger:
    """What a note is to an invoice: allowed where it could be settled or opened again."""
    return Trigger.REOPEN if row.status == InvoiceStatus.PAID else Trigger.SETTLE


def _note_number(tx: Tx, row: Any) -> str:
    entity = reading.conventions(tx).entity(row.legal_entity_id)
    prefix = entity.credit_note_prefix
    first, digits = store.take_numbers(tx, Document.CREDIT_NOTE, prefix, entity.digits, 1)
    return f"{prefix}{first:0{digits}d}"
