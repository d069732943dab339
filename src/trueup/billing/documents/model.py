"""A document as it is issued: complete, frozen, and free of everything that made it.

Whoever builds one has decided every figure; here nothing is calculated, converted or looked up.
Source: EN 16931-1 for what an invoice says; the BT numbers beside fields are its business terms.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from trueup.kernel.errors import check

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from trueup.kernel.currency import Currency
    from trueup.kernel.money import Money

PIECE: Final = "C62"  # "one", the unit of whatever has none, in UN/ECE Recommendation 20


class Kind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Format(StrEnum):
    """What a document can be rendered as; FACTUR_X is the PDF with the CII inside."""

    PDF = "pdf"
    UBL = "ubl"
    CII = "cii"
    FACTUR_X = "factur_x"


class TaxCategory(StrEnum):
    """Why a tax is what it is. Rates other than zero belong to STANDARD, reduced ones too."""

    STANDARD = "standard"
    ZERO_RATED = "zero_rated"
    EXEMPT = "exempt"
    REVERSE_CHARGE = "reverse_charge"
    EXPORT = "export"
    OUTSIDE_SCOPE = "outside_scope"


class PaymentMeans(StrEnum):
    CREDIT_TRANSFER = "credit_transfer"
    SEPA_CREDIT_TRANSFER = "sepa_credit_transfer"
    SEPA_DIRECT_DEBIT = "sepa_direct_debit"
    CARD = "card"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Span:
    """Days of supply, half-open: `end_on` is the first day that no longer belongs to it."""

    start_on: date
    end_on: date

    def __post_init__(self) -> None:
        check(self.start_on < self.end_on, "a span of days is not empty", start_on=self.start_on)


@dataclass(frozen=True, slots=True)
class Address:
    """lines: street and building, as they are written on a letter.  country: ISO 3166-1 alpha-2."""

    lines: tuple[str, ...]
    city: str
    country: str
    postal_code: str = ""
    subdivision: str = ""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where a network delivers e-invoices (BT-34, BT-49). scheme: a code of the CEF EAS list."""

    scheme: str
    address: str


@dataclass(frozen=True, slots=True)
class Party:
    """name: as registered.  vat_id: with its country's prefix.  legal_note: small print (BT-33)."""

    name: str
    address: Address
    vat_id: str | None = None
    tax_number: str | None = None
    legal_id: str | None = None
    trading_name: str = ""
    legal_note: str = ""
    contact: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    mailbox: Mailbox | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """code: UN/ECE Recommendation 20, for machines.  label: in the document's language, or none."""

    code: str = PIECE
    label: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `net` is without tax, after `discount`, which is positive.

    unit_price: exact, below a cent too; None where no single price made the amount (tiers,
    proration), and then none is printed.  tax_rate: percent; 19 is 19 %.
    """

    description: str
    quantity: Decimal
    unit_price: Decimal | None
    net: Money
    tax_category: TaxCategory
    tax_rate: Decimal
    unit: Unit = field(default_factory=Unit)
    detail: str = ""
    discount: Money | None = None
    discount_reason: str = ""
    period: Span | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """A discount on the whole document, within one tax group. amount: positive."""

    reason: str
    amount: Money
    tax_category: TaxCategory
    tax_rate: Decimal


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """What one category at one rate comes to. legend: why no tax is charged, where none is."""

    category: TaxCategory
    rate: Decimal
    taxable: Money
    tax: Money
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """net = lines - allowance;  gross = net + tax;  due = gross - prepaid - credit_applied.

    credit_applied: negative where a gross below zero was put aside as the customer's credit.
    """

    lines: Money
    allowance: Money
    net: Money
    tax: Money
    gross: Money
    prepaid: Money
    credit_applied: Money
    due: Money


@dataclass(frozen=True, slots=True)
class TaxInCurrency:
    """The tax once more in the currency of the seller's tax office (BT-111), at a stated rate.

    rate: units of this currency for one of the document's, or the other way round where
    is_inverse.  source: who published it, and for when.
    """

    tax: Money
    rate: Decimal
    source: str
    is_inverse: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """How it is or was paid. reference: what the payer quotes.  No card number: its last four."""

    means: PaymentMeans
    iban: str = ""
    bic: str = ""
    account_name: str = ""
    reference: str = ""
    card_brand: str = ""
    card_last_four: str = ""
    mandate_reference: str = ""
    creditor_id: str = ""


@dataclass(frozen=True, slots=True)
class Preceding:
    """The document that this one corrects."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class Brand:
    """How the seller looks. accent: #rrggbb.  logo_svg: an SVG picture's text, or empty."""

    accent: str = "#1d4ed8"
    logo_svg: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or a credit note, whose amounts are positive where it gives money back.

    lines: at least one, in the order of the page.  tax_groups: one a category and rate in use.
    locale: the customer's, BCP 47 (`de-AT`); its language decides the words, all of it the form
    of numbers and dates.  All money is in `currency`, in whole steps, except `tax_in`.
    """

    kind: Kind
    number: str
    issued_on: date
    currency: Currency
    locale: str
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    tax_groups: tuple[TaxGroup, ...]
    totals: Totals
    due_on: date | None = None
    supplied: Span | None = None
    allowances: tuple[Allowance, ...] = ()
    tax_in: TaxInCurrency | None = None
    payment: Payment | None = None
    payment_terms: str = ""
    notes: tuple[str, ...] = ()
    preceding: Preceding | None = None
    buyer_reference: str = ""
    order_reference: str = ""
    contract_reference: str = ""
    brand: Brand = field(default_factory=Brand)
