"""Prices of Lago, OpenMeter and vendors' pages, and every amount of six peers that says how it came about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trueup.billing.calendar.model import Timing
from trueup.billing.documents.figures import figures
from trueup.billing.drafting.telling import voice
from trueup.billing.rating.derivation import Tier
from trueup.billing.rating.model import (
    STANDARD,
    Conversion,
    DynamicPrice,
    FlatPrice,
    GraduatedPrice,
    Model,
    PackagePrice,
    Position,
    Price,
    RatingConvention,
    UnitPrice,
    Usage,
    VolumePrice,
)
from trueup.billing.rating.rules.execution import read_derivation, write_derivation
from trueup.billing.rating.rules.rating import rate, rated
from trueup.billing.rating.rules.wording import explain
from trueup.kernel.currency import currency
from trueup.kernel.money import Money

CASES = Path(__file__).resolve().parents[1] / "support" / "cases" / "billing"
EUR = currency("EUR")
# All three peers owe the first tier's flat amount at zero usage and settle volume prices and
# minimum spends with the last slice; so do we.
CONVENTIONS: dict[str, RatingConvention] = {
    "lago-model": STANDARD,
    "openmeter-rating": STANDARD,
    "plain": STANDARD,
}

Json = dict[str, Any]


def cases() -> Iterator[tuple[str, Json]]:
    for path in sorted(CASES.glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            yield path.stem, case


RATINGS = [case for _, case in cases() if case["kind"] == "rating"]


@pytest.mark.parametrize("case", RATINGS, ids=[case["id"] for case in RATINGS])
def test_a_price_of_another_engine_costs_the_same_here(case: Json) -> None:
    given = case["input"]
    price = Price(
        model_of(given),
        min_spend=optional(given, "min_spend"),
        max_spend=optional(given, "max_spend"),
        conversion=conversion_of(given),
    )
    usage = Usage(
        Position(given["position"]),
        prior_qty=Decimal(given["prior_qty"]),
        previously_billed=Decimal(given["previously_billed"]),
        discount_percent=Decimal(given.get("discount_percent", "0")),
    )
    convention = CONVENTIONS[case["convention"]]
    found = rate(price, Decimal(given["qty"]), currency=EUR, usage=usage, convention=convention)
    assert found.amount == Money.from_major(case["expected"]["total"], EUR)
    assert rated(read_derivation(write_derivation(found.derivation)), EUR).amount == found.amount


def model_of(given: Json) -> Model:
    match given["model"]:
        case "flat":
            return FlatPrice(Decimal(given["price"]), Timing(given["term"]))
        case "unit":
            return UnitPrice(Decimal(given["price"]))
        case "graduated":
            return GraduatedPrice(tiers_of(given))
        case "volume":
            return VolumePrice(tiers_of(given))
        case "package":
            return PackagePrice(Decimal(given["price"]), Decimal(given["package_size"]))
        case "dynamic":
            return DynamicPrice(Decimal(given["multiplier"]))
        case unknown:
            raise AssertionError(unknown)


def tiers_of(given: Json) -> tuple[Tier, ...]:
    return msgspec.convert(given["tiers"], tuple[Tier, ...])


def conversion_of(given: Json) -> Conversion | None:
    if "convert" not in given:
        return None
    return Conversion(Decimal(given["convert"]["divide_by"]), given["convert"]["rounding"])


def optional(given: Json, term: str) -> Decimal | None:
    return Decimal(given[term]) if term in given else None


@dataclass(frozen=True)
class Reasoned:
    """An amount of a case and the tree that says how it came about."""

    where: str
    amount: str
    basis: Json


def reasoned() -> Iterator[Reasoned]:
    for file, case in cases():
        expected = case["expected"]
        for document in (*expected.get("invoices", ()), *expected.get("credit_notes", ())):
            where = f"{file} {case['id']} {document.get('at', '')}"
            if "tax_basis" in document and "tax" in document:
                yield Reasoned(f"{where} tax", document["tax"], document["tax_basis"])
            for line in document.get("lines", ()):
                if "basis" in line:
                    yield Reasoned(f"{where} {line['kind']}", line["amount"], line["basis"])


REASONED = list(reasoned())


def test_the_files_give_reasons_for_their_amounts() -> None:
    assert len(REASONED) > 300
    assert len(RATINGS) == 36


@pytest.mark.parametrize("given", REASONED, ids=[case.where for case in REASONED])
def test_the_reason_given_for_an_amount_executes_to_that_amount(given: Reasoned) -> None:
    """Rounded once at the end unless the tree rounds further down; JSON and back changes nothing."""
    node = read_derivation(json.dumps(given.basis))
    found = rated(node, EUR)
    assert found.amount == Money.from_major(given.amount, EUR)
    assert read_derivation(write_derivation(node)) == node
    told = explain(found.derivation, voice("en-GB", EUR))
    assert told.endswith(figures("en-GB").money(found.amount))
