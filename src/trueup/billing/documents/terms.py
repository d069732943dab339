"""What UBL and CII have in common: codes, figures as XML writes them, and lines as EN sees them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from trueup.billing.documents.model import Kind, PaymentMeans, TaxCategory
from trueup.billing.documents.wording import Word, word
from trueup.kernel.currency import MICRO_DIGITS, MICROS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.billing.documents.model import Document, Line, Party, TaxGroup
    from trueup.kernel.money import Money

PROFILE: Final = "urn:cen.eu:en16931:2017"
TYPE_CODES: Final = MappingProxyType({Kind.INVOICE: "380", Kind.CREDIT_NOTE: "381"})  # UNTDID 1001
CATEGORY_CODES: Final[Mapping[TaxCategory, str]] = MappingProxyType(  # UNTDID 5305
    {
        TaxCategory.STANDARD: "S",
        TaxCategory.ZERO_RATED: "Z",
        TaxCategory.EXEMPT: "E",
        TaxCategory.REVERSE_CHARGE: "AE",
        TaxCategory.EXPORT: "G",
        TaxCategory.OUTSIDE_SCOPE: "O",
    }
)
REASON_CODES: Final[Mapping[TaxCategory, str]] = MappingProxyType(  # CEF VATEX list
    {
        TaxCategory.REVERSE_CHARGE: "VATEX-EU-AE",
        TaxCategory.EXPORT: "VATEX-EU-G",
        TaxCategory.OUTSIDE_SCOPE: "VATEX-EU-O",
    }
)
LEGENDS: Final[Mapping[TaxCategory, Word]] = MappingProxyType(
    {
        TaxCategory.REVERSE_CHARGE: Word.LEGEND_REVERSE_CHARGE,
        TaxCategory.EXPORT: Word.LEGEND_EXPORT,
        TaxCategory.OUTSIDE_SCOPE: Word.LEGEND_OUTSIDE_SCOPE,
    }
)
MEANS_CODES: Final[Mapping[PaymentMeans, str]] = MappingProxyType(  # UNTDID 4461
    {
        PaymentMeans.CREDIT_TRANSFER: "30",
        PaymentMeans.SEPA_CREDIT_TRANSFER: "58",
        PaymentMeans.SEPA_DIRECT_DEBIT: "59",
        PaymentMeans.CARD: "48",
        PaymentMeans.OTHER: "ZZZ",
    }
)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line as EN 16931 wants it: the price is never negative (BR-27), the quantity may be."""

    quantity: Decimal
    price: Decimal
    price_quantity: Decimal | None  # how many units the price is for, where not one (BT-149)


def priced(line: Line) -> PricedLine:
    """`line` with a price that multiplies out to its amount exactly, as far as it has one itself.

    Where no single price made the amount, the whole amount is the price of the whole quantity.
    """
    if line.unit_price is not None:
        sign = -1 if line.unit_price < 0 else 1
        return PricedLine(sign * line.quantity, sign * line.unit_price, None)
    discount = line.discount.micros if line.discount else 0
    micros = line.net.micros + discount
    amount = in_main_units(abs(micros))
    size = abs(line.quantity)
    if micros == 0 or size == 0:
        return PricedLine(Decimal(1 if micros > 0 else -1 if micros < 0 else 0), amount, None)
    return PricedLine(size if micros > 0 else -size, amount, size)


def in_main_units(micros: int) -> Decimal:
    with localcontext(prec=len(str(micros)) + MICRO_DIGITS):
        return Decimal(micros) / MICROS


def amount_text(amount: Money) -> str:
    """`12.50`: the currency's decimals, two at most; finer amounts have been refused before."""
    digits = min(amount.currency.exponent, 2)
    whole, micros = divmod(abs(amount.micros), MICROS)
    fraction = f"{micros:0{MICRO_DIGITS}d}"[:digits]
    sign = "-" if amount.micros < 0 else ""
    return f"{sign}{whole}{'.' if fraction else ''}{fraction}"


def number_text(number: Decimal) -> str:
    """Digits with a point, exact, without an exponent and without zeros at the end."""
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def legend(document: Document, group: TaxGroup) -> str:
    """Why `group` bears no tax: its own words, else the usual ones in the document's language."""
    if group.legend or group.category not in LEGENDS:
        return group.legend
    return word(document.locale, LEGENDS[group.category])


def vat_id(document: Document, party: Party) -> str | None:
    """The party's VAT id, except outside the scope of VAT, where none may stand (BR-O-02)."""
    categories = {group.category for group in document.tax_groups}
    return None if TaxCategory.OUTSIDE_SCOPE in categories else party.vat_id


def rate_text(category: TaxCategory, rate: Decimal) -> str | None:
    """The rate in percent; none at all outside the scope of VAT (BR-O-05)."""
    return None if category is TaxCategory.OUTSIDE_SCOPE else number_text(rate)


def settled(document: Document) -> Money:
    """What was paid before and what credits cover: EN 16931 knows one sum for both (BT-113)."""
    return document.totals.prepaid + document.totals.credit_applied
