"""Issued invoices and credit notes as documents: read as sets, told in a customer's language.

What is rendered is the document as it was issued; payments and notes that came later are not on it,
nor is what was mended of its parties since (B41).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from trueup.billing.customers import service as customers
from trueup.billing.documents.wording import LANGUAGES
from trueup.billing.invoicing import issuers, queue
from trueup.billing.invoicing.errors import EntityMissing, InvoiceUnknown
from trueup.billing.invoicing.letterhead import Letterhead, letterhead_of
from trueup.billing.invoicing.model import InvoiceStatus
from trueup.billing.invoicing.refusals import CreditNoteUnknown, InvoiceNotIssued, NoBillRun
from trueup.billing.invoicing.rules.at_issue import customer_at, entity_at
from trueup.billing.invoicing.rules.document import (
    Stored,
    invoice_document,
)
from trueup.billing.invoicing.rules.noted import note_document
from trueup.billing.invoicing.rules.reading import entity_of
from trueup.db import load_queries
from trueup.kernel.errors import Defect, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from trueup.billing.documents.model import Document
    from trueup.billing.invoicing.model import LegalEntity
    from trueup.db import Tx

Q = load_queries(__package__, "issued.sql")

NO_LETTERHEADS: Final[Mapping[str, Letterhead]] = {}
PAGE: Final = 200
"""Invoices read at once."""
FIRST: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Built:
    """A document, or why there is none."""

    invoice_id: UUID
    number: str
    document: Document | None
    refusal: Refusal | None = None

    @property
    def why(self) -> Refusal:
        """Why there is no document.  Only where there is none."""
        if self.refusal is None:
            raise Defect("a document is built, or refused with a reason", number=self.number)
        return self.refusal


def invoice(
    tx: Tx,
    number: str,
    *,
    language: str | None = None,
    letterheads: Mapping[str, Letterhead] = NO_LETTERHEADS,
) -> Document:
    """The issued invoice of that number.  language: a locale; None: its customer's or seller's.

    Raises InvoiceUnknown, InvoiceNotIssued, EntityMissing, LanguageUnknown, DocumentInconsistent.
    """
    stored = _stored(tx, [_issued_id(tx, number)], letterheads)[0]
    return invoice_document(stored, language or locale_of(stored))


def credit_note(
    tx: Tx,
    number: str,
    *,
    language: str | None = None,
    letterheads: Mapping[str, Letterhead] = NO_LETTERHEADS,
) -> Document:
    """The credit note of that number, if it stands.  Raises CreditNoteUnknown, and as `invoice`."""
    found = tx.maybe(Q.find_note, number=number)
    if found is None:
        raise CreditNoteUnknown(number=number)
    note = tx.one(Q.notes, ids=[found.credit_note_id])
    rows = tx.many(Q.note_lines, ids=[found.credit_note_id])
    stored = _stored(tx, [found.invoice_id], letterheads, note)[0]
    return note_document(stored, note, rows, language or locale_of(stored))


def document(
    tx: Tx,
    number: str,
    *,
    language: str | None = None,
    letterheads: Mapping[str, Letterhead] = NO_LETTERHEADS,
) -> Document:
    """The invoice or the credit note of that number.  Raises as `invoice`."""
    if tx.maybe(Q.find_note, number=number) and not tx.maybe(Q.find_invoice, number=number):
        return credit_note(tx, number, language=language, letterheads=letterheads)
    return invoice(tx, number, language=language, letterheads=letterheads)


def newest_run(tx: Tx) -> UUID:
    """The bill run that began last.  Raises NoBillRun."""
    found = queue.runs(tx, 1)
    if not found:
        raise NoBillRun
    run_id: UUID = found[0].bill_run_id
    return run_id


def count_of_run(tx: Tx, run_id: UUID) -> int:
    """How many issued invoices a bill run has."""
    return int(tx.one(Q.run_exists, run_id=run_id).invoices)


def page_of_run(
    tx: Tx,
    run_id: UUID,
    after: UUID = FIRST,
    *,
    language: str | None = None,
    letterheads: Mapping[str, Letterhead] = NO_LETTERHEADS,
) -> list[Built]:
    """The next invoices of a bill run, by id; one that cannot be built is told, not raised."""
    ids = [
        row.invoice_id for row in tx.many(Q.invoices_of_run, run_id=run_id, after=after, limit=PAGE)
    ]
    if not ids:
        return []
    return [_built(stored, language) for stored in _stored(tx, ids, letterheads)]


def locale_of(stored: Stored) -> str:
    """The customer's locale, if documents know its language; else the seller's."""
    return _known_locale(stored.row.locale) or stored.letterhead.locale


def _known_locale(locale: str | None) -> str | None:
    if locale is None or locale.replace("_", "-").split("-")[0].lower() not in LANGUAGES:
        return None
    return locale


def _built(stored: Stored, language: str | None) -> Built:
    row = stored.row
    try:
        document = invoice_document(stored, language or locale_of(stored))
    except Refusal as refusal:
        return Built(row.invoice_id, row.number, None, refusal)
    return Built(row.invoice_id, row.number, document)


def _issued_id(tx: Tx, number: str) -> UUID:
    found = tx.maybe(Q.find_invoice, number=number)
    if found is None:
        raise InvoiceUnknown(invoice=number)
    if found.status in {InvoiceStatus.DRAFT, InvoiceStatus.VOID}:
        raise InvoiceNotIssued(number=number, status=found.status)
    invoice_id: UUID = found.invoice_id
    return invoice_id


def _stored(
    tx: Tx, ids: Sequence[UUID], letterheads: Mapping[str, Letterhead], note: Any = None
) -> list[Stored]:
    """Invoices with their lines, in the order of their ids; six queries for any number.

    The parties are as they were when each was issued; or `note`, the credit note of which it is.
    """
    entities = {row.legal_entity_id: entity_of(row) for row in issuers.legal_entities(tx)}
    entities_before = issuers.earlier(tx)
    rows = tx.many(Q.invoices, ids=list(ids))
    lines = _grouped(tx.many(Q.lines, ids=list(ids)))
    buyers = {row.customer_id for row in rows}
    numbers, before = customers.vat_numbers(tx, buyers), customers.earlier(tx, buyers)
    found = []
    for live in rows:
        issued = live.finalized_at if note is None else note.recorded_at
        row, number = customer_at(
            live, numbers.get(live.customer_id), before.get(live.customer_id, ()), issued
        )
        entity = _entity(entities, row.legal_entity_id)
        # Whose an imported invoice was its source did not say: the default entity is as it is now.
        if row.legal_entity_id is not None:
            entity = entity_at(entity, entities_before.get(entity.legal_entity_id, ()), issued)
        found.append(
            Stored(
                row=row,
                lines=lines[row.invoice_id],
                vat_number=_vat_number(row, number),
                entity=entity,
                letterhead=letterhead_of(entity, letterheads),
            )
        )
    return found


def _entity(entities: Mapping[UUID, LegalEntity], wanted: UUID | None) -> LegalEntity:
    """An imported invoice is the default entity's.  Raises EntityMissing."""
    found = (
        next((each for each in entities.values() if each.is_default), None)
        if wanted is None
        else entities.get(wanted)
    )
    if found is None:
        raise EntityMissing
    return found


def _vat_number(row: Any, on_file: str | None) -> str | None:
    """The number an invoice was taxed by stays on it; without one, the customer's."""
    taxed: str | None = ((row.tax_fact or {}).get("evidence") or {}).get("vat_number")
    number = taxed or on_file
    return None if number is None else "".join(filter(str.isalnum, number)).upper()


def _grouped(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.invoice_id].append(row)
    return found
