"""What stands on the page: every figure and word of a document as text, in reading order.

The template only places what is here; it neither counts nor translates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from unicodedata import category

from trueup.billing.documents import terms
from trueup.billing.documents.figures import Figures, figures, read_locale
from trueup.billing.documents.model import Kind, PaymentMeans, TaxCategory
from trueup.billing.documents.wording import Word, language, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trueup.billing.documents.model import Document, Line, Party, TaxGroup

_CATEGORY_WORDS: Final = {category: Word(f"category_{category}") for category in TaxCategory}
_MEANS_WORDS: Final = {means: Word(f"pay_{means}") for means in PaymentMeans}
_IBAN_GROUP: Final = 4
_NO_RATE: Final = "\u2013"  # a dash
_FIGURE_COLUMNS: Final = (Word.QUANTITY, Word.UNIT_PRICE, Word.DISCOUNT, Word.TAX, Word.AMOUNT)
_LABEL_POINTS: Final = 6
# No character of ours is wider, in tenths of a point at the template's 9 points, semi-bold.
_SLIM_TENTHS: Final = 32
_USUAL_TENTHS: Final = 56
_WIDE_TENTHS: Final = 90
_BEYOND_TENTHS: Final = 100_000
_SLIM: Final = frozenset(" \u00a0\u202f.,:;!'\u2019()[]\u00b7fijl")
_USUAL: Final = frozenset(
    "abcdeghknopqrstuvxyz0123456789$\u20ac\u00a3+-\u2212\u2013/I|\u00e4\u00e9\u00f6\u00fc"
)
_WITHOUT_WIDTH: Final = frozenset({"Cf", "Mn"})  # marks of direction, marks on letters
# Heads of columns have 7.5 points, details of a line 8, of the 9.
_HEAD_SIZE: Final = (75, 90)
_DETAIL_SIZE: Final = (80, 90)


@dataclass(frozen=True, slots=True)
class Entry:
    """A label and what it says. is_code: a run of letters and digits, left to right everywhere."""

    label: str
    text: str
    is_code: bool = False


def page_view(document: Document) -> dict[str, Any]:
    """Everything the template needs, ready for JSON.  Raises LanguageUnknown."""
    shown = figures(document.locale)
    has_discount = any(line.discount and line.discount.micros for line in document.lines)
    columns = _columns(document)
    lines = [_line(document, line, shown) for line in document.lines]
    totals = list(_totals(document, shown))
    names = [name for name in _FIGURE_COLUMNS if has_discount or name != Word.DISCOUNT]
    payment = list(_payment(document))
    below = totals if shown.is_right_to_left else []
    return {
        "language": language(document.locale),
        "region": shown.locale.territory,
        "direction": "rtl" if shown.is_right_to_left else "ltr",
        "paper": shown.paper,
        "digits": shown.digits,
        "accent": document.brand.accent,
        "logo": document.brand.logo_svg,
        "title": word(document.locale, Word(document.kind)),
        "number": document.number,
        "seller": _party(document, document.seller, _word(document, Word.FROM)),
        "buyer": _party(document, document.buyer, _word(document, Word(f"to_{document.kind}"))),
        "facts": _shown(_facts(document, shown)),
        "due": _due(document, shown),
        "columns": columns,
        "widths": _widths(columns, lines, below, names),
        "has_discount": has_discount,
        "lines": lines,
        "totals": _shown(totals),
        "legends": _legends(document, shown),
        "payment": _shown(payment),
        "label_width": max((len(entry.label) for entry in payment), default=0) * _LABEL_POINTS,
        "payment_title": _word(document, Word.PAYMENT),
        "notes": list(document.notes),
        "contact_title": _word(document, Word.CONTACT),
        "notes_title": _word(document, Word.NOTES),
        "footer": _footer(document),
        "page": _word(document, Word.PAGE),
    }


def _shown(entries: Iterable[Entry]) -> list[dict[str, str | bool]]:
    return [
        {"label": entry.label, "text": entry.text, "is_code": entry.is_code} for entry in entries
    ]


def _word(document: Document, name: Word, **values: str) -> str:
    return word(document.locale, name, **values)


def _entry(
    document: Document, name: Word, text: str | None, *, is_code: bool = False
) -> list[Entry]:
    return [Entry(_word(document, name), text, is_code)] if text else []


def _party(document: Document, party: Party, heading: str) -> dict[str, Any]:
    ids = [
        *_entry(document, Word.VAT_ID, party.vat_id, is_code=True),
        *_entry(document, Word.TAX_NUMBER, party.tax_number, is_code=True),
        *_entry(document, Word.LEGAL_ID, party.legal_id, is_code=True),
    ]
    return {
        "heading": heading,
        "name": party.name,
        "lines": [*filter(None, [party.trading_name, *_letter_lines(document, party)])],
        "ids": _shown(ids),
        "contact": [text for text in (party.contact,) if text],
        "codes": [text for text in (party.email, party.phone, party.website) if text],
    }


def _letter_lines(document: Document, party: Party) -> Iterator[str]:
    """The address as an envelope has it: the country in the reader's language comes last."""
    address = party.address
    yield from address.lines
    place = f"{address.postal_code} {address.city}".strip()
    if address.subdivision:
        place = f"{address.city}, {address.subdivision} {address.postal_code}".strip()
    yield place
    territories = read_locale(language(document.locale)).territories
    yield territories.get(address.country, address.country)


def _facts(document: Document, shown: Figures) -> Iterator[Entry]:
    yield Entry(_word(document, Word(f"number_{document.kind}")), document.number, is_code=True)
    yield Entry(_word(document, Word.ISSUED), shown.short_day(document.issued_on))
    if document.due_on:
        yield Entry(_word(document, Word.DUE), shown.short_day(document.due_on))
    if document.supplied:
        yield Entry(_word(document, Word.SUPPLIED), shown.span(document.supplied))
    if document.preceding:
        date = shown.short_day(document.preceding.issued_on)
        of = _word(document, Word.CORRECTS_OF, number=document.preceding.number, date=date)
        yield Entry(_word(document, Word.CORRECTS), of)
    yield from _entry(document, Word.BUYER_REFERENCE, document.buyer_reference, is_code=True)
    yield from _entry(document, Word.ORDER_REFERENCE, document.order_reference, is_code=True)
    yield from _entry(document, Word.CONTRACT_REFERENCE, document.contract_reference, is_code=True)


def _due(document: Document, shown: Figures) -> dict[str, str]:
    is_invoice = document.kind is Kind.INVOICE
    label = _word(document, Word.AMOUNT_DUE if is_invoice else Word.AMOUNT_CREDITED)
    when = ""
    if is_invoice and document.due_on and document.totals.due.micros > 0:
        when = _word(document, Word.DUE_BY, date=shown.day(document.due_on))
    return {"label": label, "text": shown.money(document.totals.due), "when": when}


def _columns(document: Document) -> dict[str, str]:
    names = (Word.DESCRIPTION, Word.QUANTITY, Word.UNIT_PRICE, Word.DISCOUNT, Word.TAX)
    amount = f"{_word(document, Word.AMOUNT)} ({document.currency.code})"
    return {str(name): _word(document, name) for name in names} | {"amount": amount}


def _line(document: Document, line: Line, shown: Figures) -> dict[str, Any]:
    price = line.unit_price
    exponent = document.currency.exponent
    has_discount = line.discount is not None and line.discount.micros != 0
    reason = line.discount_reason if has_discount else ""
    period = shown.span(line.period) if line.period else ""
    details = [text for text in (line.detail, period, reason) if text]
    return {
        "description": line.description,
        "details": details,
        "reach": _reach(line.description, details),
        "quantity": f"{shown.number(line.quantity)} {line.unit.label}".strip(),
        "unit_price": "" if price is None else shown.number(price, exponent),
        "discount": shown.plain(-line.discount) if line.discount and has_discount else "",
        "tax": _rate(line.tax_category, shown, line),
        "amount": shown.plain(line.net),
    }


def _widths(
    columns: dict[str, str], lines: list[dict[str, Any]], totals: list[Entry], names: list[Word]
) -> list[int]:
    """The widths of the columns called `names` in tenths of a point: their longest text fits.

    The last takes the `totals` too.  Measured by typst, columns would cost a sixth of the time.
    """
    below = {names[-1]: [entry.text for entry in totals]}
    return [
        max(
            _width(columns[name], _HEAD_SIZE),
            *(_width(text) for text in [*(line[name] for line in lines), *below.get(name, [])]),
        )
        for name in names
    ]


def _reach(name: str, details: list[str]) -> int:
    """How far a line's description reaches at most, in tenths of a point, were none of it to wrap.

    A text that brings a break of its own reaches beyond any page.
    """
    if any(len(text.splitlines()) > 1 for text in (name, *details)):
        return _BEYOND_TENTHS
    return max([_width(name), *(_width(text, _DETAIL_SIZE) for text in details)])


def _width(text: str, size: tuple[int, int] = (1, 1)) -> int:
    """The most that `text` takes on one line, in tenths of a point; size: a part of 9 points."""
    part, whole = size
    return sum(map(_tenths, text)) * part // whole + 1


@cache
def _tenths(character: str) -> int:
    if category(character) in _WITHOUT_WIDTH:
        return 0
    if character in _SLIM:
        return _SLIM_TENTHS
    return _USUAL_TENTHS if character in _USUAL else _WIDE_TENTHS


def _rate(category: TaxCategory, shown: Figures, line: Line) -> str:
    return _NO_RATE if category is TaxCategory.OUTSIDE_SCOPE else shown.percent(line.tax_rate)


def _totals(document: Document, shown: Figures) -> Iterator[Entry]:
    """Down to the amount with tax and what was settled; the amount due follows by itself."""
    totals = document.totals
    if document.allowances:
        yield Entry(_word(document, Word.LINES_TOTAL), shown.money(totals.lines))
    for allowance in document.allowances:
        label = allowance.reason or _word(document, Word.DISCOUNT)
        yield Entry(label, shown.money(-allowance.amount))
    yield Entry(_word(document, Word.NET_TOTAL), shown.money(totals.net))
    for group in document.tax_groups:
        yield Entry(_tax_label(document, group, shown), shown.money(group.tax))
    yield Entry(_word(document, Word.GROSS_TOTAL), shown.money(totals.gross))
    is_put_aside = totals.credit_applied.micros < 0
    credit = Word.CREDIT_PUT_ASIDE if is_put_aside else Word.CREDIT_APPLIED
    for name, amount in ((Word.PREPAID, totals.prepaid), (credit, totals.credit_applied)):
        if amount.micros:
            yield Entry(_word(document, name), shown.money(-amount))


def _tax_label(document: Document, group: TaxGroup, shown: Figures) -> str:
    category = _word(document, _CATEGORY_WORDS[group.category], rate=shown.percent(group.rate))
    if len(document.tax_groups) == 1:
        return category
    return _word(document, Word.TAX_LINE, category=category, amount=shown.money(group.taxable))


def _legends(document: Document, shown: Figures) -> list[str]:
    legends = [terms.legend(document, group) for group in document.tax_groups]
    if document.tax_in:
        tax, rate = document.tax_in.tax, document.tax_in.rate
        label = _word(document, Word.TAX_IN, currency=tax.currency.code)
        pair = document.currency.code, tax.currency.code
        base, quote = reversed(pair) if document.tax_in.is_inverse else pair
        basis = _word(
            document,
            Word.TAX_IN_RATE,
            **{"from": base, "to": quote},
            rate=shown.number(rate),
            source=document.tax_in.source,
        )
        legends.append(f"{label}: {shown.money(tax)} ({basis})")
    return [legend for legend in legends if legend]


def _payment(document: Document) -> Iterator[Entry]:
    payment = document.payment
    if payment is not None:
        means = _word(document, _MEANS_WORDS[payment.means])
        yield Entry(_word(document, Word.PAYMENT_METHOD), means)
        if payment.card_last_four:
            values = {"brand": payment.card_brand, "digits": payment.card_last_four}
            ending = _word(document, Word.CARD_ENDING, **values).strip()
            yield Entry(_word(document, Word.PAY_CARD), ending)
        yield from _entry(document, Word.ACCOUNT_NAME, payment.account_name)
        yield from _entry(document, Word.IBAN, _grouped(payment.iban), is_code=True)
        yield from _entry(document, Word.BIC, payment.bic, is_code=True)
        yield from _entry(document, Word.REFERENCE, payment.reference, is_code=True)
        yield from _entry(document, Word.MANDATE, payment.mandate_reference, is_code=True)
        yield from _entry(document, Word.CREDITOR, payment.creditor_id, is_code=True)
    yield from _entry(document, Word.PAYMENT_TERMS, document.payment_terms)


def _grouped(iban: str) -> str:
    """In fours, as ISO 13616 prints it."""
    digits = iban.replace(" ", "")
    return " ".join(digits[at : at + _IBAN_GROUP] for at in range(0, len(digits), _IBAN_GROUP))


def _footer(document: Document) -> list[str]:
    seller = document.seller
    return [text for text in (seller.name, seller.legal_note) if text]
