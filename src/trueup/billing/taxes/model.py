"""What taxes are made of: rates, places, the evidence for both, and the conventions of a tenant.

Amounts are integers of micro-units, whole steps of their currency; a rate is `rate_ppm`, millionths
of the price: 200 000 is 20 %.  Countries are ISO 3166 codes: Greece is GR, only its numbers say EL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from trueup.billing.taxes.errors import MalformedTaxRate

if TYPE_CHECKING:
    from datetime import date, datetime

PPM: Final = 1_000_000
PERCENT_IN_PPM: Final = 10_000
STANDARD: Final = "standard"
_PERCENT: Final = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}0*)?")


class TaxRounding(StrEnum):
    """Where tax is rounded to the currency's step (B45)."""

    LINE = "line"  # each tax on each line
    CATEGORY = "category"  # each tax once, on the sum of its lines: EN 16931, BR-CO-17
    INVOICE = "invoice"  # all taxes once, on their exact sum


class PriceMode(StrEnum):
    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"


class InclusiveRounding(StrEnum):
    """Which part of an inclusive price is rounded; the other is what is left."""

    TAX = "tax"
    NET = "net"


class UncheckedNumber(StrEnum):
    """What a well-formed VAT number does that nobody has looked up yet."""

    PENDING = "pending"
    REVERSE_CHARGE = "reverse_charge"
    CHARGE = "charge"


class ExemptionEvidence(StrEnum):
    """What makes a customer exempt: the mark on the customer, or a certificate valid that day."""

    CERTIFICATE = "certificate"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class TaxConvention:
    """Where engines differ.  rounding: a mode of `decimal`.  Source: B14, B45, B46."""

    rounding_place: TaxRounding = TaxRounding.CATEGORY
    rounding: str = ROUND_HALF_UP
    inclusive_rounding: InclusiveRounding = InclusiveRounding.TAX
    unchecked_number: UncheckedNumber = UncheckedNumber.PENDING
    exemption_evidence: ExemptionEvidence = ExemptionEvidence.CERTIFICATE


class VatCategory(StrEnum):
    """The code of EN 16931 (BT-118, BT-151) that says why a rate applies."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    NOT_SUBJECT = "O"


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One tax on one price.

    jurisdiction: who levies it: `DE`, `US-CA`, `CA-QC`.  is_compound: levied on the price plus the
    taxes listed before it.
    """

    name: str
    jurisdiction: str
    rate_ppm: int
    category: str = STANDARD
    is_compound: bool = False

    @classmethod
    def from_percent(cls, percent: str, *, name: str = "VAT", jurisdiction: str = "") -> TaxRate:
        """percent: `8.875` is 8.875 %, at most four decimals.  Raises MalformedTaxRate."""
        return cls(name, jurisdiction, ppm_of_percent(percent))


def ppm_of_percent(percent: str) -> int:
    """`percent` as millionths of the price: `8.875` is 88 750.  Raises MalformedTaxRate."""
    if not _PERCENT.fullmatch(percent) or Decimal(percent) > 1000:  # noqa: PLR2004  the sentence says it
        raise MalformedTaxRate(percent=percent)
    return int(Decimal(percent) * PERCENT_IN_PPM)


# ---- amounts


@dataclass(frozen=True, slots=True)
class TaxableLine:
    """A line after its discounts (B42).  amount_micros: whole steps; negative is given back.

    rates: in the order in which compound taxes build on each other; none is no tax.
    """

    amount_micros: int
    rates: tuple[TaxRate, ...]
    price_mode: PriceMode = PriceMode.EXCLUSIVE


@dataclass(frozen=True, slots=True)
class TaxSubtotal:
    """One tax of an invoice.  taxable_micros: the net amount it was taken on."""

    rate: TaxRate
    taxable_micros: int
    tax_micros: int


@dataclass(frozen=True, slots=True)
class TaxedLines:
    """The taxes of an invoice's lines.

    line_nets, line_taxes: as the lines came; parts: per line, the tax of each of its rates.
    subtotals: a tax each, in order of first appearance.  `line_taxes` sum to `tax_micros`, and so
    do the subtotals and all parts; nets and taxes sum to the gross.
    """

    line_nets: tuple[int, ...]
    parts: tuple[tuple[int, ...], ...]
    line_taxes: tuple[int, ...]
    subtotals: tuple[TaxSubtotal, ...]
    net_micros: int
    tax_micros: int

    @property
    def gross_micros(self) -> int:
        return self.net_micros + self.tax_micros


# ---- identity


class NumberShape(StrEnum):
    """What a VAT number is without asking anybody."""

    MALFORMED = "malformed"
    WRONG_CHECK_DIGITS = "wrong_check_digits"
    WELL_FORMED = "well_formed"


@dataclass(frozen=True, slots=True)
class VatNumber:
    """A VAT number.  prefix: as its registry writes it (EL, XI); body: capitals and digits only."""

    prefix: str
    body: str
    shape: NumberShape

    @property
    def text(self) -> str:
        return self.prefix + self.body

    @property
    def country(self) -> str:
        """Whose number it is, by ISO 3166."""
        return {"EL": "GR", "XI": "GB"}.get(self.prefix, self.prefix)


class CheckState(StrEnum):
    """What is known of a number: nobody asked, its registry's answer, or that it did not answer."""

    UNCHECKED = "unchecked"
    VALID = "valid"
    INVALID = "invalid"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """A number and what is known of it.

    checked_at, reference: when its registry was asked, and the proof it gave; None if it was not.
    """

    number: VatNumber
    state: CheckState
    checked_at: datetime | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of exemption.

    jurisdiction: `US-TX`, or a country for all of it.  valid_until: the last day; None is open.
    """

    certificate_id: str
    jurisdiction: str
    valid_from: date | None = None
    valid_until: date | None = None


# ---- place


@dataclass(frozen=True, slots=True)
class Seller:
    """Who supplies.

    collects_in: where else it must collect: `EU` (one-stop shop of a seller outside), `US-NY`,
    `CA-BC`, `GB`.  Its own country and region always count.
    is_below_oss_threshold: sells less than 10 000 EUR a year to consumers of other member states
    and has not opted out of its own country's rate.
    """

    country: str
    region: str | None = None
    postal_code: str | None = None
    vat_number: str | None = None
    collects_in: frozenset[str] = frozenset()
    is_below_oss_threshold: bool = False


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who is supplied.  country: None is unknown.  check: None where no number was given."""

    country: str | None
    region: str | None = None
    postal_code: str | None = None
    is_business: bool = False
    check: NumberCheck | None = None
    is_marked_exempt: bool = False
    certificates: tuple[Certificate, ...] = ()


@dataclass(frozen=True, slots=True)
class Supply:
    """An electronic service supplied on a day.  category: of the rate, as the tables say."""

    seller: Seller
    buyer: Buyer
    on: date
    category: str = STANDARD


class TaxAction(StrEnum):
    CHARGE = "charge"
    REVERSE_CHARGE = "reverse_charge"
    NO_CHARGE = "no_charge"
    EXEMPT = "exempt"
    PENDING = "pending"


class TaxReason(StrEnum):
    """Why an action was taken; stored on the invoice with it."""

    DOMESTIC = "domestic"
    CONSUMER_ABROAD = "consumer_abroad"
    SELLER_RATE_BEFORE_2015 = "seller_rate_before_2015"
    SELLER_RATE_BELOW_THRESHOLD = "seller_rate_below_threshold"
    BUSINESS_ABROAD = "business_abroad"
    OUTSIDE_TAX_AREA = "outside_tax_area"
    NOT_REGISTERED = "not_registered"
    NO_SUCH_TAX = "no_such_tax"
    CERTIFICATE = "certificate"
    MARKED_EXEMPT = "marked_exempt"
    LOCATION_UNKNOWN = "location_unknown"
    REGION_UNKNOWN = "region_unknown"
    NUMBER_UNCHECKED = "number_unchecked"
    NUMBER_CHECK_PENDING = "number_check_pending"
    SELLER_NUMBER_MISSING = "seller_number_missing"
    CERTIFICATE_MISSING = "certificate_missing"
    RATE_UNKNOWN = "rate_unknown"
    PROVIDER_UNAVAILABLE = "provider_unavailable"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a supply is taxed and what happens there.  country: None where nobody charges."""

    action: TaxAction
    reason: TaxReason
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Treatment:
    """What tax a customer's lines bear; decided once per customer, day and category.

    rates: for CHARGE, in order of levy; none otherwise.  vat_category: None while pending.
    sentence, fix: for a person, where the action is PENDING.  exemption_code, legend: what the
    document must say instead of a tax.
    """

    action: TaxAction
    reason: TaxReason
    vat_category: VatCategory | None
    country: str | None = None
    rates: tuple[TaxRate, ...] = ()
    exemption_code: str | None = None
    legend: str | None = None
    evidence: dict[str, str] = field(default_factory=dict)
    sentence: str | None = None
    fix: str | None = None

    @property
    def is_pending(self) -> bool:
        return self.action is TaxAction.PENDING
