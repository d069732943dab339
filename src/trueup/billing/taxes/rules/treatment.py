"""The whole answer for a customer: rates or why there are none, what the document says, evidence.

Decided once per customer, day and category, then handed to `amounts` for every line.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from trueup.billing.taxes.model import (
    ExemptionEvidence,
    TaxAction,
    TaxReason,
    Treatment,
    VatCategory,
)
from trueup.billing.taxes.rules.location import locate_both
from trueup.billing.taxes.rules.place import collects_in_region, place_of_supply
from trueup.billing.taxes.rules.rate_table import ZERO, find_rate, require_category

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from trueup.billing.taxes.model import (
        Buyer,
        Certificate,
        Place,
        Seller,
        Supply,
        TaxConvention,
        TaxRate,
    )
    from trueup.billing.taxes.rules.location import Location
    from trueup.billing.taxes.rules.rate_table import RateTable

REVERSE_CHARGE_CODE: Final = "VATEX-EU-AE"  # EN 16931, BR-AE-10, code list VATEX
NOT_SUBJECT_CODE: Final = "VATEX-EU-O"  # BR-O-10
HST: Final = "HST"
GST_ALONE: Final = frozenset({"CA-AB", "CA-NT", "CA-NU", "CA-YT"})  # Canada Revenue Agency
REVERSE_CHARGE_LEGEND: Final = (
    "Reverse charge: the recipient accounts for the VAT (Directive 2006/112/EC, Article 196)."
)
NOT_SUBJECT_LEGEND: Final = "Not subject to tax at the place of the seller."
EXEMPT_LEGEND: Final = "Exempt from tax."

# What a person reads and can do about each reason for which an invoice waits.
PENDING: Final[Mapping[TaxReason, tuple[str, str]]] = MappingProxyType(
    {
        TaxReason.LOCATION_UNKNOWN: (
            "The customer's country is not known, so neither is the tax.",
            "Enter it: `trueup customer change … --country DE`.",
        ),
        TaxReason.REGION_UNKNOWN: (
            "The customer's state or province is not known, so neither is the tax.",
            "Enter its two letters: `trueup customer change … --region NY`.",
        ),
        TaxReason.NUMBER_UNCHECKED: (
            "The customer gave a VAT number that has not been looked up.",
            (
                "Have it checked and keep the answer: `trueup customer tax-id … NUMBER --evidence "
                "…`; or let the dialect say what an unchecked number means."
            ),
        ),
        TaxReason.NUMBER_CHECK_PENDING: (
            "The registry of VAT numbers did not answer.",
            (
                "Nothing: it is asked again. If it stays away, confirm the number by hand: "
                "`trueup customer tax-id … NUMBER --evidence …`."
            ),
        ),
        TaxReason.SELLER_NUMBER_MISSING: (
            "A reverse charge needs the VAT numbers of both sides, and the seller's is missing.",
            "Enter it: `trueup bill entity-change CODE --vat-number …`.",
        ),
        TaxReason.CERTIFICATE_MISSING: (
            "The customer is marked exempt, but no certificate covers the place and the day.",
            (
                "Enter one: `trueup customer tax-id … NUMBER --kind exemption_certificate "
                "--country …`; or take the mark off: `trueup customer change … --no-tax-exempt`."
            ),
        ),
        TaxReason.RATE_UNKNOWN: (
            "No table has a rate for the place, the day and the category.",
            "Add the rate to the tenant's own table, or choose a category the country has.",
        ),
        TaxReason.PROVIDER_UNAVAILABLE: (
            "The tax service did not answer.",
            "Nothing: it is asked again. If it stays away, use the tables instead.",
        ),
    }
)


def treat(supply: Supply, *, table: RateTable, convention: TaxConvention) -> Treatment:
    """What tax `supply` bears by `table`, with the evidence.  Never zero for want of knowledge.

    Raises UnknownTaxCategory.  Source: B46, B47.
    """
    require_category(supply.category)
    evidence = _evidence(supply)
    if supply.buyer.is_marked_exempt and convention.exemption_evidence is ExemptionEvidence.MARK:
        return _exempt(TaxReason.MARKED_EXEMPT, supply.buyer.country, evidence)
    home, away = locate_both(supply, table)
    place = place_of_supply(home, away, supply, convention)
    if place.action is TaxAction.PENDING or away is None:
        return pending(place.reason, evidence)
    if place.action is TaxAction.REVERSE_CHARGE:
        return _reverse_charged(supply.seller, place, home, evidence)
    if place.action is TaxAction.NO_CHARGE:
        return _not_subject(place.reason, evidence)
    rates = _rates(supply, home, away, place, table)
    return _charged(supply, place, rates, evidence)


def pending(reason: TaxReason, evidence: dict[str, str]) -> Treatment:
    """A treatment that lets no invoice go out, with what a person can do.  reason: in PENDING."""
    sentence, fix = PENDING[reason]
    return Treatment(
        TaxAction.PENDING,
        reason,
        vat_category=None,
        evidence=evidence,
        sentence=sentence,
        fix=fix,
    )


def _charged(
    supply: Supply, place: Place, rates: tuple[TaxRate, ...] | None, evidence: dict[str, str]
) -> Treatment:
    if rates is None:
        return pending(TaxReason.RATE_UNKNOWN, evidence)
    if not rates:
        return _not_subject(TaxReason.NO_SUCH_TAX, evidence)
    certificate = find_certificate(supply.buyer, rates, supply.on)
    if certificate is not None:
        evidence = {**evidence, "certificate": certificate.certificate_id}
        return _exempt(TaxReason.CERTIFICATE, place.country, evidence)
    if supply.buyer.is_marked_exempt:
        return pending(TaxReason.CERTIFICATE_MISSING, evidence)
    return Treatment(
        TaxAction.CHARGE,
        place.reason,
        VatCategory.ZERO if supply.category == ZERO else VatCategory.STANDARD,
        country=place.country,
        rates=rates,
        evidence=evidence,
    )


def _rates(
    supply: Supply, home: Location, away: Location, place: Place, table: RateTable
) -> tuple[TaxRate, ...] | None:
    """The taxes at `place`, in order of levy: empty if there is none, None if it is unknown."""
    if away.country == "US":
        return _rates_of_state(supply, away, table)
    if away.country == "CA":
        return _rates_of_province(supply, home, away, table)
    at = home if place.country == home.country else away
    rate = find_rate(table, at.country, supply.category, supply.on, at.postal_code)
    return None if rate is None else (rate,)


def _rates_of_state(supply: Supply, away: Location, table: RateTable) -> tuple[TaxRate, ...] | None:
    own = find_rate(table, f"US-{away.region}", supply.category, supply.on)
    if own is None:
        return None
    return (own,) if own.rate_ppm or supply.category == ZERO else ()


def _rates_of_province(
    supply: Supply, home: Location, away: Location, table: RateTable
) -> tuple[TaxRate, ...] | None:
    """HST, or GST and, where the seller collects it, what the province levies beside it."""
    region = f"CA-{away.region}"
    own = find_rate(table, region, supply.category, supply.on)
    if own is not None and own.name == HST:
        return (own,)
    federal = find_rate(table, "CA", supply.category, supply.on)
    if federal is None or (own is None and region not in GST_ALONE):
        return None
    if own is None or not collects_in_region(supply.seller, home, away):
        return (federal,)
    return (federal, own)


def find_certificate(buyer: Buyer, rates: tuple[TaxRate, ...], on: date) -> Certificate | None:
    """A certificate valid on a day for every tax of `rates`, or None."""
    levied = {rate.jurisdiction for rate in rates}
    for certificate in buyer.certificates:
        has_begun = certificate.valid_from is None or certificate.valid_from <= on
        has_ended = certificate.valid_until is not None and certificate.valid_until < on
        where = certificate.jurisdiction
        if has_begun and not has_ended and all(_is_within(place, where) for place in levied):
            return certificate
    return None


def _is_within(jurisdiction: str, whole: str) -> bool:
    return jurisdiction == whole or jurisdiction.startswith(whole + "-")


def _reverse_charged(
    seller: Seller, place: Place, home: Location, evidence: dict[str, str]
) -> Treatment:
    """Zero tax on both numbers and the legend; a seller outside the EU needs no number there."""
    if home.is_in_eu_vat_area and not seller.vat_number:
        return pending(TaxReason.SELLER_NUMBER_MISSING, evidence)
    is_in_eu = home.is_in_eu_vat_area
    return Treatment(
        TaxAction.REVERSE_CHARGE,
        place.reason,
        VatCategory.REVERSE_CHARGE if is_in_eu else VatCategory.NOT_SUBJECT,
        exemption_code=REVERSE_CHARGE_CODE if is_in_eu else NOT_SUBJECT_CODE,
        legend=REVERSE_CHARGE_LEGEND,
        evidence=evidence,
    )


def _not_subject(reason: TaxReason, evidence: dict[str, str]) -> Treatment:
    return Treatment(
        TaxAction.NO_CHARGE,
        reason,
        VatCategory.NOT_SUBJECT,
        exemption_code=NOT_SUBJECT_CODE,
        legend=NOT_SUBJECT_LEGEND,
        evidence=evidence,
    )


def _exempt(reason: TaxReason, country: str | None, evidence: dict[str, str]) -> Treatment:
    return Treatment(
        TaxAction.EXEMPT,
        reason,
        VatCategory.EXEMPT,
        country=country,
        legend=EXEMPT_LEGEND,
        evidence=evidence,
    )


def _evidence(supply: Supply) -> dict[str, str]:
    """What the decision was taken on; keys of what is not known are missing."""
    seller, buyer, check = supply.seller, supply.buyer, supply.buyer.check
    known: dict[str, str | None] = {
        "on": supply.on.isoformat(),
        "category": supply.category,
        "seller_country": seller.country,
        "seller_vat_number": seller.vat_number,
        "buyer_country": buyer.country,
        "buyer_region": buyer.region,
        "buyer_postal_code": buyer.postal_code,
    }
    if check is not None:
        known |= {
            "vat_number": check.number.text,
            "vat_number_state": check.state.value,
            "checked_at": check.checked_at.isoformat() if check.checked_at else None,
            "check_reference": check.reference,
        }
    return {key: value for key, value in known.items() if value is not None}
