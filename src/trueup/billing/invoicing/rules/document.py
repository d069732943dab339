"""From stored rows to the document a customer gets: as issued, whatever happened since.  Pure.

Nothing is repaired: rows that do not come to what their header says are refused by `documents`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.rules.zones import local_date, zone
from trueup.billing.catalog.model import BASE
from trueup.billing.documents.errors import DocumentInconsistent, Obstacle
from trueup.billing.documents.model import (
    Address,
    Allowance,
    Document,
    Kind,
    Line,
    Party,
    Span,
    TaxCategory,
    TaxInCurrency,
    Totals,
)
from trueup.billing.documents.wording import language
from trueup.billing.drafting.model import LineKind
from trueup.billing.drafting.telling import LEADS, Story, tell_amount
from trueup.billing.fx.model import FxRate
from trueup.billing.fx.rules import exchanged
from trueup.billing.invoicing.letterhead import brand, payment, seller
from trueup.billing.invoicing.rules.taxed import (
    Tax,
    spread,
    tax_groups,
    tax_of,
    zero,
)
from trueup.billing.invoicing.rules.untaxed import why_exempt
from trueup.billing.invoicing.wording import all_wording
from trueup.billing.rating.derivation import Flat, Unit
from trueup.billing.rating.phrases import all_phrases
from trueup.billing.rating.rules.execution import read_derivation
from trueup.kernel.currency import CURRENCIES, MICRO_DIGITS, MICROS
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from trueup.billing.invoicing.letterhead import Letterhead
    from trueup.billing.invoicing.model import LegalEntity
    from trueup.billing.rating.derivation import Node
    from trueup.kernel.currency import Currency

    Row = Any  # a named tuple, as every row

ONE: Final = Decimal(1)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stored:
    """An issued invoice as kept.  vat_number: the one it was taxed by, else the one on file."""

    row: Row
    lines: Sequence[Row]
    vat_number: str | None
    entity: LegalEntity
    letterhead: Letterhead

    @property
    def currency(self) -> Currency:
        return CURRENCIES[self.row.currency]

    @property
    def zone(self) -> tzinfo:
        return zone(self.row.time_zone)

    def money(self, micros: int) -> Money:
        return Money(micros, self.currency)


@dataclass(frozen=True, slots=True)
class Telling:
    """In whose language.  words: of `wording.toml`; phrases: of `rating`."""

    locale: str

    @property
    def words(self) -> Mapping[str, str]:
        return all_wording()[language(self.locale)]

    @property
    def phrases(self) -> Mapping[str, str]:
        return all_phrases()[language(self.locale)]


def invoice_document(stored: Stored, locale: str) -> Document:
    """The invoice as it was issued.  Raises LanguageUnknown, DocumentInconsistent."""
    row, telling = stored.row, Telling(locale)
    billed = [line for line in stored.lines if line.kind != LineKind.ACCOUNT_CREDIT]
    moved = sum(line.amount_micros for line in stored.lines) - sum(x.amount_micros for x in billed)
    lines = tuple(line_of(stored, line, telling) for line in billed)
    taxes = [line.tax_micros for line in billed]
    if not lines:
        lines, taxes = (_whole(stored, telling),), [row.tax_micros]
    rest = row.discount_micros - sum(line.discount_micros for line in billed)
    allowances = allowances_of(stored.money(rest), lines, telling)
    # A negative total was put on the account when the invoice was issued (B19).
    credit = row.applied_micros - moved - (row.put_aside_micros if row.total_micros < 0 else 0)
    net = stored.money(row.subtotal_micros - row.discount_micros - moved)
    sums = totals(stored, row.number, lines, allowances, net, row.tax_micros, credit)
    is_due = sums.due.micros > 0
    return Document(
        kind=Kind.INVOICE,
        number=row.number,
        issued_on=local_date(row.issued_at, stored.zone),
        due_on=None if row.due_at is None else local_date(row.due_at, stored.zone),
        supplied=span(row.period_start, row.period_end, stored.zone),
        lines=lines,
        allowances=allowances,
        tax_groups=tax_groups(
            lines, taxes, allowances, stored.money(row.tax_micros), legends(stored, telling)
        ),
        totals=sums,
        payment=payment(stored.entity, stored.letterhead, row.number) if is_due else None,
        payment_terms=stored.letterhead.payment_terms,
        tax_in=tax_in(stored, stored.money(row.tax_micros)),
        **common(stored, locale),
    )


def common(stored: Stored, locale: str) -> dict[str, Any]:
    return {
        "currency": stored.currency,
        "locale": locale,
        "seller": seller(stored.entity, stored.letterhead),
        "buyer": buyer(stored.row, stored.vat_number),
        "notes": stored.letterhead.notes,
        "brand": brand(stored.letterhead),
    }


def tax_in(stored: Stored, tax: Money) -> TaxInCurrency | None:
    """`tax` by the rate that the invoice keeps; a note against it takes the same (B48)."""
    row = stored.row
    if row.fx_rate_id is None or not tax.micros:
        return None
    rate = row.rate.normalize()
    kept = FxRate(row.fx_rate_id, row.base, row.quote, rate, row.source, row.effective_at)
    made = exchanged(tax, kept)
    on = local_date(row.effective_at, zone(stored.entity.time_zone))  # as it was put on file
    return TaxInCurrency(made.amount, rate, f"{row.source}, {on.isoformat()}", made.is_inverse)


def buyer(row: Row, vat_number: str | None) -> Party:
    """The customer: a company by its name, with the person as contact."""
    name = row.company or row.name or row.email or ""
    lines = tuple(line for line in (row.address_line1, row.address_line2) if line)
    return Party(
        name=name,
        address=Address(
            lines=lines,
            city=row.city or "",
            country=row.country or "",
            postal_code=row.postal_code or "",
            subdivision=row.region or "",
        ),
        vat_id=vat_number,
        contact=row.name if row.company and row.name and row.name != name else "",
        email=row.email or "",
    )


def totals(  # noqa: PLR0913, PLR0917  what a document adds up
    stored: Stored,
    number: str,
    lines: Sequence[Line],
    allowances: Sequence[Allowance],
    net: Money,
    tax_micros: int,
    credit_micros: int,
) -> Totals:
    """Raises DocumentInconsistent where the lines do not come to the net of the header."""
    nothing = zero(stored.currency)
    sums = sum((line.net for line in lines), nothing)
    off = sum((each.amount for each in allowances), nothing)
    if sums - off != net:
        expected = f"the books say {net} after discounts"
        raise DocumentInconsistent(
            number=number, obstacles=[Obstacle("totals.net", str(sums - off), expected)]
        )
    gross = net + stored.money(tax_micros)
    credit = stored.money(credit_micros)
    return Totals(
        lines=sums,
        allowance=off,
        net=net,
        tax=stored.money(tax_micros),
        gross=gross,
        prepaid=nothing,
        credit_applied=credit,
        due=gross - credit,
    )


def line_of(stored: Stored, row: Row, telling: Telling) -> Line:
    net = stored.money(row.amount_micros - row.discount_micros)
    tax = _taxed(stored, row.tax_rate, net, row.tax_micros, f"lines[{row.position}]")
    off = max(0, row.discount_micros)
    node = _derivation(row)
    quantity, price = _priced(row, node, net.micros + off, stored.currency)
    return Line(
        description=title(row, telling),
        quantity=quantity,
        unit_price=price,
        net=net,
        tax_category=tax.category,
        tax_rate=tax.rate,
        detail=_detail(row, node, stored, telling, is_priced=price is not None),
        discount=stored.money(off) if off else None,
        period=span(row.period_start, row.period_end, zone_of(row, stored)),
    )


def title(row: Row, telling: Telling) -> str:
    """What a line is called: by its source, or by plan, charge and kind."""
    if row.description:
        return str(row.description)
    charge = None if row.charge == BASE and row.plan else row.charge
    names = [name for name in (row.plan, charge) if name]
    what = names[0] if names else ""
    if len(set(names)) > 1:
        what = telling.words["named"].format(plan=row.plan, charge=row.charge)
    lead = LEADS.get(LineKind(row.kind)) if row.kind else None
    if lead is None:
        return what
    said = telling.phrases[lead]
    return telling.words["lead"].format(lead=said, what=what) if what else said


def _priced(
    row: Row, node: Node | None, micros: int, currency: Currency
) -> tuple[Decimal, Decimal | None]:
    """Quantity and unit price, where one price of one quantity makes the amount."""
    quantity, price = row.quantity, None
    if isinstance(node, Unit) and isinstance(node.qty, Decimal):
        quantity, price = node.qty, node.price
    elif isinstance(node, Flat):
        quantity, price = ONE, node.amount
    elif node is None and row.unit_amount_micros is not None:
        price = Decimal(row.unit_amount_micros).scaleb(-MICRO_DIGITS)
    quantity = _short(quantity) if quantity else ONE
    if price is None or abs(quantity * price * MICROS - micros) >= currency.step_micros:
        return quantity, None
    return quantity, price


def _short(quantity: Decimal) -> Decimal:
    whole = quantity.to_integral_value()
    return whole if whole == quantity else quantity.normalize()


def _detail(
    row: Row, node: Node | None, stored: Stored, telling: Telling, *, is_priced: bool
) -> str:
    """How an amount came about, where quantity and price beside it do not say it."""
    if node is None or is_priced:
        return ""
    story = Story(node, row.amount_micros, LineKind(row.kind) if row.kind else None)
    return tell_amount(story, telling.locale, stored.currency, zone_of(row, stored))


def _derivation(row: Row) -> Node | None:
    return None if row.derivation is None else read_derivation(json.dumps(row.derivation))


def zone_of(row: Row, stored: Stored) -> tzinfo:
    return stored.zone if row.time_zone is None else zone(row.time_zone)


def _taxed(stored: Stored, rate: Decimal | None, net: Money, tax: int, path: str) -> Tax:
    found = tax_of(stored.row.tax_fact, rate, net, stored.money(tax))
    if found is None:
        shown = str(stored.money(tax))
        fix = f"no rate of {net} gives this tax; the source has to say which"
        raise DocumentInconsistent(
            number=stored.row.number, obstacles=[Obstacle(f"{path}.tax", shown, fix)]
        )
    return found


def _whole(stored: Stored, telling: Telling) -> Line:
    """The one line of an invoice whose source kept none."""
    row = stored.row
    net = stored.money(row.subtotal_micros)
    taxable = stored.money(row.subtotal_micros - row.discount_micros)
    tax = _taxed(stored, None, taxable, row.tax_micros, "totals")
    return Line(
        description=telling.words["as_invoiced"],
        quantity=ONE,
        unit_price=None,
        net=net,
        tax_category=tax.category,
        tax_rate=tax.rate,
    )


def allowances_of(rest: Money, lines: Sequence[Line], telling: Telling) -> tuple[Allowance, ...]:
    """What was taken off the whole document, over its taxes."""
    if rest.micros <= 0:
        return ()
    return tuple(
        Allowance(telling.words["discount"], amount, tax.category, tax.rate)
        for tax, amount in spread(rest, lines).items()
        if amount.micros
    )


def legends(stored: Stored, telling: Telling) -> Mapping[TaxCategory, str]:
    """Why no tax is charged; the law's own words are those of `documents`."""
    fact = stored.row.tax_fact
    found = {TaxCategory.EXEMPT: why_exempt(fact, telling.locale)}
    if fact is None:
        note = stored.letterhead.no_tax_note
        found[TaxCategory.OUTSIDE_SCOPE] = note or telling.words["no_tax"]
    return MappingProxyType(found)


def span(start: datetime | None, end: datetime | None, where: tzinfo) -> Span | None:
    """Local days from first to last; a span that ends within a day includes it."""
    if start is None or end is None or start >= end:
        return None
    first, last = start.astimezone(where), end.astimezone(where)
    after = last.date() if last.time() == time() else last.date() + DAY
    return _days(first.date(), after)


def _days(first: date, after: date) -> Span:
    return Span(first, max(after, first + DAY))
