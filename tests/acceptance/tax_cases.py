"""Tax cases of other engines: each asks our rules the question its system's tests asked.

The files keep the schema and the sources they came with.  A question answers in the shape of the
case's `expected`.  Cases that their collectors dispute are traps: they are read, never scored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from trueup.billing.taxes.model import (
    PPM,
    Buyer,
    CheckState,
    InclusiveRounding,
    NumberCheck,
    NumberShape,
    PriceMode,
    Seller,
    Supply,
    TaxableLine,
    TaxConvention,
    TaxRate,
    Treatment,
    UncheckedNumber,
    VatNumber,
)
from trueup.billing.taxes.rules.amounts import tax_amounts, tax_lines
from trueup.billing.taxes.rules.numbers import unchecked, vat_number
from trueup.billing.taxes.rules.rate_table import find_period, find_rate
from trueup.billing.taxes.rules.treatment import treat
from trueup.billing.taxes.tables import shipped_rates
from trueup.kernel.currency import currency
from trueup.kernel.money import Money

CASES = Path(__file__).resolve().parents[1] / "support" / "cases" / "tax"
EUR = currency("EUR")
LONG_AGO, FAR_AHEAD = date(2007, 1, 1), date(2100, 1, 1)
TODAY = date(2024, 1, 1)

Given = dict[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    given: Given
    expected: Answer


def read_cases(file: str) -> list[Case]:
    """The cases of a file that nobody disputes."""
    text = (CASES / f"{file}.json").read_text(encoding="utf-8")
    return [
        Case(case["id"], case["input"], case["expected"])
        for case in json.loads(text)["cases"]
        if case.get("trust") != "disputed"
    ]


def iso_country(country: str | None) -> str | None:
    """The peers write Greece as its numbers do."""
    return "GR" if country == "EL" else country


# ---- place of supply


def place_answer(given: Given) -> Answer:
    seller = Seller(given["seller_country"], vat_number="given")
    buyer = Buyer(
        given["buyer_country"], is_business=given["buyer_is_business"], check=_check(given)
    )
    # Meteroid: its strict mode charges on a number nobody has looked up, its default trusts it.
    trusted = UncheckedNumber.CHARGE if given.get("strict") else UncheckedNumber.REVERSE_CHARGE
    treatment = _treatment(seller, buyer, given["date"], TaxConvention(unchecked_number=trusted))
    return {"action": treatment.action.value, "rate_of_country": treatment.country}


def _check(given: Given) -> NumberCheck | None:
    state, text = given.get("vat_id_state"), given.get("vat_id")
    if state == "assumed":
        number = VatNumber(given["buyer_country"], "", NumberShape.WELL_FORMED)
        return NumberCheck(number, CheckState.VALID)
    if not text:
        return None
    number = vat_number(text, country=given["buyer_country"])
    # Their confirmed numbers are made up and fail the check digits: the registry's word counts.
    return NumberCheck(number, CheckState.VALID) if state == "confirmed" else unchecked(number)


def _treatment(seller: Seller, buyer: Buyer, on: str, convention: TaxConvention) -> Treatment:
    supply = Supply(seller, buyer, date.fromisoformat(on))
    return treat(supply, table=shipped_rates(), convention=convention)


# ---- numbers


def number_answer(given: Given, expected: Answer) -> Answer:
    shape = vat_number(given["number"], country=given.get("country")).shape
    if "valid" in expected:
        return {"valid": shape is NumberShape.WELL_FORMED}
    return {"format_valid": shape is not NumberShape.MALFORMED}


# ---- rates


def rates_answer(given: Given, on: date) -> Answer:
    """All a country levies on a day.  A rate is written as the file does: 25.5, not 25.50."""
    period = find_period(shipped_rates(), given["country"], on)
    assert period is not None
    return {
        "rates": {name: _percent(ppm) for name, ppm in period.ppm_by_category.items()},
        "exceptions": [
            (place.name, place.postal_codes, _percent(place.rate_ppm))
            for place in period.territories
        ],
    }


def expected_rates(expected: Answer) -> Answer:
    exceptions = [
        (place["name"], place["postcode"], str(place["standard"]))
        for place in expected["exceptions"]
    ]
    return {"rates": expected["rates"], "exceptions": exceptions}


def first_and_last_day(given: Given) -> tuple[date, date]:
    """Of a period; a country without a beginning is asked at the oldest day we bill."""
    start = LONG_AGO if given["from"].startswith("0000") else date.fromisoformat(given["from"])
    end = date.fromisoformat(given["until"]) - timedelta(days=1) if given["until"] else FAR_AHEAD
    return start, end


def standard_rate(country: str, on: str) -> str:
    rate = find_rate(shipped_rates(), country, "standard", date.fromisoformat(on))
    assert rate is not None
    return _percent(rate.rate_ppm)


def _percent(ppm: int) -> str:
    return f"{(Decimal(ppm) * 100 / PPM).normalize():f}"


# ---- amounts


def amount_answer(given: Given) -> Answer:
    if "seller" in given:
        return _across_a_border(given)
    if "gross" in given:
        return _inside_a_price(given)
    mode = PriceMode(given["price_mode"])
    lines = [
        TaxableLine(_micros(line["amount"]), (TaxRate.from_percent(line["rate_percent"]),), mode)
        for line in given["lines"]
    ]
    taxed = tax_lines(lines, currency=EUR, convention=TaxConvention())
    return {"tax": _text(taxed.tax_micros), "total": _text(taxed.gross_micros)}


def _inside_a_price(given: Given) -> Answer:
    taxed = tax_amounts(
        [_micros(given["gross"])],
        (TaxRate.from_percent(given["rate_percent"]),),
        currency=EUR,
        convention=TaxConvention(
            inclusive_rounding=InclusiveRounding(given["rule"].removeprefix("round_"))
        ),
        price_mode=PriceMode.INCLUSIVE,
    )
    return {"net": _text(taxed.net_micros), "tax": _text(taxed.tax_micros)}


def _across_a_border(given: Given) -> Answer:
    """Goods below the threshold follow the rule of services below it: the seller's rate."""
    seller = Seller(given["seller"], is_below_oss_threshold=given["below_micro_threshold"])
    buyer = Buyer(given["buyer"], is_business=given["buyer_is_business"])
    treatment = _treatment(seller, buyer, TODAY.isoformat(), TaxConvention())
    taxed = tax_amounts(
        [_micros(given["amount"])], treatment.rates, currency=EUR, convention=TaxConvention()
    )
    return {"tax": _text(taxed.tax_micros)}


def _micros(amount: str) -> int:
    return Money.from_major(amount, EUR).micros


def _text(micros: int) -> str:
    return f"{Decimal(micros) / PPM:.2f}"
