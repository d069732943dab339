"""From a stored credit note to the document that gives money back, line by line.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.billing.calendar.rules.zones import local_date
from trueup.billing.documents.errors import DocumentInconsistent, Obstacle
from trueup.billing.documents.model import Document, Kind, Line, Preceding
from trueup.billing.invoicing.rules.document import (
    ONE,
    Stored,
    Telling,
    allowances_of,
    common,
    invoice_document,
    legends,
    line_of,
    span,
    tax_in,
    totals,
    zone_of,
)
from trueup.billing.invoicing.rules.taxed import NO_TAX, Tax, spread_tax, tax_groups, zero

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.kernel.money import Money

    Row = Any  # a named tuple, as every row


def note_document(stored: Stored, note: Row, rows: Sequence[Row], locale: str) -> Document:
    """A credit note against `stored`, in positive amounts.  rows: its lines.

    Raises LanguageUnknown, DocumentInconsistent.
    """
    telling = Telling(locale)
    net, tax = stored.money(note.amount_micros - note.tax_micros), stored.money(note.tax_micros)
    lines = tuple(_note_line(stored, note, row, telling) for row in rows)
    if not lines:
        lines = (_whole_note(stored, note, net, telling),)
    rest = sum((line.net for line in lines), zero(stored.currency)) - net
    allowances = allowances_of(rest, lines, telling)
    number = stored.row.number
    shared = common(stored, locale)
    if rows and note.reason:  # without rows, its one line says it
        shared["notes"] = (note.reason, *stored.letterhead.notes)
    return Document(
        kind=Kind.CREDIT_NOTE,
        number=note.number,
        issued_on=local_date(note.issued_at, stored.zone),
        lines=lines,
        allowances=allowances,
        tax_groups=tax_groups(
            lines, spread_tax(tax, lines), allowances, tax, legends(stored, telling)
        ),
        totals=totals(stored, note.number, lines, allowances, net, tax.micros, 0),
        tax_in=tax_in(stored, tax),
        preceding=Preceding(number, local_date(stored.row.issued_at, stored.zone)),
        **shared,
    )


def _note_line(stored: Stored, note: Row, row: Row, telling: Telling) -> Line:
    """A line of a note is of the tax of the line it gives back."""
    billed = next(
        (
            line
            for line in stored.lines
            if line.line_key == row.gives_back and line.subscription_id == row.subscription_id
        ),
        None,
    )
    if billed is None:
        fix = f"invoice {stored.row.number} has no such line"
        obstacle = Obstacle(f"lines[{row.position}].gives_back", row.gives_back, fix)
        raise DocumentInconsistent(number=note.number, obstacles=[obstacle])
    own = line_of(stored, billed, telling)
    description = own.description
    if row.period_start is not None:
        said = telling.phrases["lead_credit"]
        description = telling.words["lead"].format(lead=said, what=description)
    return Line(
        description=description,
        quantity=ONE,
        unit_price=None,
        net=stored.money(row.amount_micros),
        tax_category=own.tax_category,
        tax_rate=own.tax_rate,
        period=span(row.period_start, row.period_end, zone_of(billed, stored)),
    )


def _whole_note(stored: Stored, note: Row, net: Money, telling: Telling) -> Line:
    """The one line of a note that names none: it corrects an invoice of one tax, or bears none."""
    taxes = {
        Tax(line.tax_category, line.tax_rate)
        for line in invoice_document(stored, telling.locale).lines
    }
    untaxed = [tax for tax in taxes if not tax.rate]
    if len(taxes) > 1 and (note.tax_micros or not untaxed):
        found = ", ".join(sorted(f"{tax.category} {tax.rate} %" for tax in taxes))
        fix = "its invoice has several rates and the note names no line"
        raise DocumentInconsistent(
            number=note.number, obstacles=[Obstacle("tax_groups", found, fix)]
        )
    tax = next(iter(taxes)) if len(taxes) == 1 else untaxed[0]
    if tax.rate and not note.tax_micros:
        tax = NO_TAX  # what is given back without tax says so
    credited = telling.words["credited"].format(number=stored.row.number)
    return Line(
        description=note.reason or credited,
        quantity=ONE,
        unit_price=None,
        net=net,
        tax_category=tax.category,
        tax_rate=tax.rate,
    )
