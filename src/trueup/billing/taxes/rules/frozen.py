"""The tax fact an invoice keeps for ever: what was decided, on what evidence, rounded how (B46).

A record of plain texts, fit for a JSON column. Read back it is the treatment and the convention
that were used, so a line's tax can be taken again and comes to the same cent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from trueup.billing.taxes.model import (
    ExemptionEvidence,
    InclusiveRounding,
    TaxAction,
    TaxConvention,
    TaxRate,
    TaxReason,
    TaxRounding,
    Treatment,
    UncheckedNumber,
    VatCategory,
)
from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT: Final = 1


def frozen_tax(treatment: Treatment, convention: TaxConvention) -> dict[str, Any]:
    """`treatment` and `convention` as an invoice keeps them.

    Raises Defect for a treatment that is pending: its invoice cannot be final.
    """
    check(not treatment.is_pending, "a pending tax is on no final invoice", reason=treatment.reason)
    return {
        "format": FORMAT,
        "action": treatment.action.value,
        "reason": treatment.reason.value,
        "vat_category": treatment.vat_category,
        "country": treatment.country,
        "rates": [_rate_record(rate) for rate in treatment.rates],
        "exemption_code": treatment.exemption_code,
        "legend": treatment.legend,
        "evidence": dict(treatment.evidence),
        "convention": {
            "rounding_place": convention.rounding_place.value,
            "rounding": convention.rounding,
            "inclusive_rounding": convention.inclusive_rounding.value,
            "unchecked_number": convention.unchecked_number.value,
            "exemption_evidence": convention.exemption_evidence.value,
        },
    }


def thawed_tax(record: Mapping[str, Any]) -> tuple[Treatment, TaxConvention]:
    """What `frozen_tax` wrote, read again.  Raises KeyError where a part is missing."""
    category, words = record["vat_category"], record["convention"]
    treatment = Treatment(
        action=TaxAction(record["action"]),
        reason=TaxReason(record["reason"]),
        vat_category=VatCategory(category),
        country=record["country"],
        rates=tuple(TaxRate(**rate) for rate in record["rates"]),
        exemption_code=record["exemption_code"],
        legend=record["legend"],
        evidence=dict(record["evidence"]),
    )
    convention = TaxConvention(
        rounding_place=TaxRounding(words["rounding_place"]),
        rounding=words["rounding"],
        inclusive_rounding=InclusiveRounding(words["inclusive_rounding"]),
        unchecked_number=UncheckedNumber(words["unchecked_number"]),
        exemption_evidence=ExemptionEvidence(words["exemption_evidence"]),
    )
    return treatment, convention


def _rate_record(rate: TaxRate) -> dict[str, Any]:
    return {
        "name": rate.name,
        "jurisdiction": rate.jurisdiction,
        "rate_ppm": rate.rate_ppm,
        "category": rate.category,
        "is_compound": rate.is_compound,
    }
