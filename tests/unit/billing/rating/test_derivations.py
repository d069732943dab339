"""A derivation is data: it executes, survives storage and tells itself to a customer."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from trueup.billing.drafting.telling import voice
from trueup.billing.rating.derivation import (
    NOTHING,
    Capacity,
    CapacityTier,
    Choice,
    Converted,
    Dynamic,
    Flat,
    Fraction,
    Graduated,
    Max,
    Min,
    Neg,
    Package,
    Percent,
    PerEvent,
    Prorate,
    Round,
    Sub,
    Sum,
    Tier,
    Unit,
    Volume,
)
from trueup.billing.rating.errors import NoPriceFound, QuantityBeyondTiers, UnreadableDerivation
from trueup.billing.rating.model import RatedAmount
from trueup.billing.rating.rules.execution import exact, read_derivation, write_derivation
from trueup.billing.rating.rules.rating import rated, shortfall
from trueup.billing.rating.rules.wording import explain
from trueup.kernel.currency import currency
from trueup.kernel.errors import Defect

D = Decimal
EUR = currency("EUR")
BRITISH = voice("en-GB", EUR)
MARCH = ("2024-03-01", "2024-04-01")
TIERS = (
    Tier(D(10), D("1.5"), D(20)),
    Tier(D(20), D("0.125")),
    Tier(None, flat=D(1), rate_percent=D(2)),
)
MEMBERS = (CapacityTier(D(5), {"members": D(50), "api": D(1)}), CapacityTier(D(9)))

# fmt: off
TOLD = [  # derivation, amount, the sentence before the amount (None: the amount says it all)
    (Flat(D("1234.5")), "1234.50", None),
    (Flat(D("-5")), "-5.00", None),
    (Prorate(D(31), "2024-03-15", "2024-04-01", MARCH), "17.00", "17 of 31 days (15–31 Mar 2024) of €31.00 ="),
    (Prorate(D(10), "2024-03-15", "2024-04-01", MARCH), "5.48", "17 of 31 days (15–31 Mar 2024) of €10.00, rounded to"),
    (Prorate(D(30), "2024-03-15", "2024-04-01", MARCH, 16, 30), "16.00", "16 of 30 days (15–31 Mar 2024) of €30.00 ="),
    (Prorate(D(20), "2024-04-16T00:00:00Z", "2024-05-01T00:00:00Z", ("2024-04-01T00:00:00Z", "2024-05-01T00:00:00Z")), "10.00",
     "15 of 30 days (16–30 Apr 2024) of €20.00 ="),
    (Prorate(D(3), "2024-04-01T00:00:00.000001Z", "2024-04-01T00:00:00.000003Z", ("2024-04-01T00:00:00Z", "2024-04-01T00:00:00.000004Z")), "1.50",
     "1/2 (1 Apr 2024, 00:00:00 UTC – 1 Apr 2024, 00:00:00 UTC) of €3.00 ="),
    (Prorate(Unit(D(2), D(5)), "2024-03-01", "2024-04-01", MARCH), "10.00", "31 of 31 days (1–31 Mar 2024) of 5 × €2.00 ="),
    (Fraction(D(10), D("19.99"), D("288.65")), "0.69", "19.99/288.65 of €10.00, rounded to"),
    (Fraction(Sum((Flat(D(1)), Flat(D(2)))), D(1), D(3)), "1.00", "1/3 of (€1.00 + €2.00) ="),
    (Unit(D("0.00125"), D("12000")), "15.00", "12,000 × €0.00125 ="),
    (Unit(D(3), Converted(D(2500), D(1000), "ceiling")), "9.00", "3 (from 2,500 / 1,000) × €3.00 ="),
    (Unit(D(3), Converted(D(2500), D(1000))), "7.50", "(2,500 / 1,000) × €3.00 ="),
    (Dynamic(D(10), D("1.33333")), "13.33", "€10.00 × 1.33333, rounded to"),
    (Package(D(15), D(10), D(21)), "45.00", "3 × €15.00 for each package of 10 (21 used) ="),
    (Package(D(15), D(10), D(21), D(5), D(9), "up"), "30.00", "2 × €15.00 for each package of 10 (21 used, 5 free, 9 before) ="),
    (Package(D(15), D(10), D(21), rounding="none"), "31.50", "21/10 × €15.00 for each package of 10 (21 used) ="),
    (Graduated(TIERS, D(0)), "20.00", "€20.00 as a fee (up to 10) ="),
    (Graduated(TIERS, D(0), first_flat=False), "0.00", None),
    (Graduated(TIERS, D(5), D(7)), "4.75", "3 × €1.50 (up to 10) + 2 × €0.125 (above 10, up to 20) ="),
    (Graduated(TIERS, D(120)), "39.25", ("10 × €1.50 (up to 10) + €20.00 as a fee (up to 10) + 10 × €0.125 (above 10, up to 20)"
     " + 2% of 100 (above 20) + €1.00 as a fee (above 20) =")),
    (Graduated(TIERS, Converted(D(8), D(3)), first_flat=False), "4.00", "8/3 × €1.50 (up to 10) ="),
    (Volume(TIERS, D(20)), "2.50", "20 × €0.125 (above 10, up to 20) ="),
    (Volume(TIERS, D(10)), "35.00", "10 × €1.50 (up to 10) + €20.00 as a fee (up to 10) ="),
    (Volume(TIERS, D(10), flat_due=False), "15.00", "10 × €1.50 (up to 10) ="),
    (Volume(TIERS, D(20), D(8)), "1.00", "8 × €0.125 (above 10, up to 20) ="),
    (Volume(TIERS, D(11), prior=D(9)), "2.50", "20 × €0.125 (above 10, up to 20) ="),
    (Capacity(MEMBERS, {"members": D(50)}), "5.00", "€5.00 (up to 50 members, up to 1 api) ="),
    (Capacity(MEMBERS, {"members": D(51)}), "9.00", "€9.00 (without limit) ="),
    (Percent(D("7.25"), D(100)), "7.25", "7.25% of €100.00 ="),
    (Percent(D(10), Neg(Flat(D(5)))), "-0.50", "10% of (-€5.00) ="),
    (PerEvent(D(1), ((D(100), 2), (D(500), 1))), "7.00", "1% of each of 3 events ="),
    (PerEvent(D(1), ((D(100), 2),), D(1), D("2.5"), D(3), 1, D(0)), "2.50",
     "1% of each of 2 events, €1.00 for each, at least €2.50 each, at most €3.00 each, the first 1 free ="),
    (PerEvent(D(1), ((D(100), 2),), free_amount=D(150)), "0.50", "1% of each of 2 events, the first €150.00 free ="),
    (Sum((Flat(D(1)), Neg(Flat(D(2))))), "-1.00", "€1.00 + (-€2.00) ="),
    (Sub(Flat(D(9)), (Flat(D(2)), Percent(D(50), D(2)))), "6.00", "€9.00 − €2.00 − 50% of €2.00 ="),
    (Neg(Sub(Flat(D(9)), (Flat(D(2)),))), "-7.00", "−(€9.00 − €2.00) ="),
    (Sum((Round(Flat(D("0.005")), 2), Round(Flat(D("0.005")), 2, "half_even"))), "0.01",
     "(€0.005, rounded to €0.01) + (€0.005, rounded to €0.00) ="),
    (Max((Flat(D(1)), Fraction(D(4), D(1), D(3)))), "1.33", "1/3 of €4.00, but at least €1.00, rounded to"),
    (Min((Flat(D(1)), Fraction(D(2), D(1), D(3)))), "0.67", "1/3 of €2.00, but at most €1.00, rounded to"),
    (Choice({"operator": "mtn", "tier": "gold"}, Unit(D(1), D(2))), "2.00", "2 × €1.00 (price for operator mtn, tier gold) ="),
    (Choice({}, Unit(D(1), D(2))), "2.00", "2 × €1.00 ="),
]
# fmt: on


@pytest.mark.parametrize(
    ("node", "amount", "sentence"), TOLD, ids=[type(row[0]).__name__ for row in TOLD]
)
def test_a_derivation_executes_is_stored_and_is_told(node, amount, sentence):
    found = rated(node, EUR)
    assert found.micros == D(amount) * 1_000_000
    stored = write_derivation(found.derivation)
    assert read_derivation(stored) == found.derivation
    assert exact(read_derivation(stored)) == (D(amount), 1)
    shown = f"€{abs(D(amount)):,}"
    shown = f"-{shown}" if D(amount) < 0 else shown
    told = explain(found.derivation, BRITISH).replace("\xa0", " ")
    assert told == (f"{sentence} {shown}" if sentence else shown)


def test_every_kind_of_step_is_in_the_table() -> None:
    kinds = {type(node) for node, _, _ in TOLD} | {Round}
    assert {kind.__struct_config__.tag for kind in kinds} == set(
        json.loads(json.dumps(sorted(ALL)))
    )


ALL = {
    "flat", "prorate", "fraction", "unit", "dynamic", "package", "graduated", "volume", "capacity",
    "percent", "per_event", "sum", "sub", "neg", "round", "max", "min", "choice",
}  # fmt: skip


def test_numbers_are_stored_as_text_and_defaults_not_at_all() -> None:
    """B13: a reader that takes JSON numbers for floats would lose digits."""
    stored = json.loads(write_derivation(Round(Graduated(TIERS, D("1e-7")), 2)))
    assert stored == {
        "op": "round",
        "scale": 2,
        "x": {
            "op": "graduated",
            "qty": "1E-7",
            "tiers": [
                {"up_to": "10", "unit": "1.5", "flat": "20"},
                {"up_to": "20", "unit": "0.125"},
                {"up_to": None, "flat": "1", "rate_percent": "2"},
            ],
        },
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "truncated"),
        ('{"op":"guess"}', "guess"),
        ('{"op":"flat"}', "amount"),
        ('{"op":"flat","amount":"many"}', "decimal"),
        ('{"op":"unit","price":"1","qty":"1","surcharge":"2"}', "surcharge"),
    ],
)
def test_a_derivation_that_is_not_understood_is_refused(text, why):
    with pytest.raises(UnreadableDerivation) as refused:
        read_derivation(text)
    assert why in refused.value.fields["why"]


def test_an_unknown_rounding_is_refused_when_it_is_executed() -> None:
    with pytest.raises(UnreadableDerivation, match="'nearest' is no rounding"):
        exact(Round(Flat(D(1)), 2, "nearest"))


@pytest.mark.parametrize(
    "node",
    [
        Fraction(D(1), D(1), D(0)),
        Prorate(D(1), "2024-03-01", "2024-03-02", ("2024-03-01", "2024-03-01")),
    ],
)
def test_a_share_of_nothing_is_a_defect(node):
    with pytest.raises(Defect):
        exact(node)


def test_a_quantity_beyond_stored_tiers_is_refused_not_cut_off() -> None:
    """B25."""
    closed = (Tier(D(10), D(1)),)
    for node in (Graduated(closed, D(11)), Volume(closed, D(11))):
        with pytest.raises(QuantityBeyondTiers) as refused:
            exact(node)
        assert refused.value.fields == {"quantity": 11, "largest": 10}
    with pytest.raises(NoPriceFound) as none:
        exact(Capacity(MEMBERS[:1], {"members": D(60)}))
    assert none.value.fields == {"dimensions": {"members": "60"}}


def test_what_is_missing_of_a_commitment_is_never_negative() -> None:
    least = Prorate(D(100), "2024-03-01", "2024-03-16", ("2024-03-01", "2024-03-31"))
    assert rated(shortfall(least, [Flat(D(30)), Flat(D(5))]), EUR).micros == 15_000_000
    assert rated(shortfall(least, [Flat(D(60))]), EUR).micros == 0
    assert rated(shortfall(least, []), EUR).micros == 50_000_000


@pytest.mark.parametrize(
    ("code", "mode", "micros", "sentence"),
    [
        ("EUR", "ROUND_HALF_UP", 130_000, "€0.125, rounded to €0.13"),
        ("EUR", "ROUND_HALF_EVEN", 120_000, "€0.125, rounded to €0.12"),
        ("JPY", "ROUND_CEILING", 1_000_000, "JP¥0.125, rounded to JP¥1"),
        ("KWD", "ROUND_DOWN", 125_000, "KWD0.125"),
    ],
)
def test_an_amount_is_rounded_to_the_step_of_its_currency_by_the_rule_named(
    code, mode, micros, sentence
):
    """B14, B16."""
    found = rated(Flat(D("0.125")), currency(code), mode)
    assert isinstance(found, RatedAmount)
    assert found.micros == micros
    assert found.amount.currency is currency(code)
    assert explain(found.derivation, voice("en-GB", currency(code))) == sentence


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [
        ("de-DE", "20\xa0×\xa00,125\xa0€ (über 10 bis 20) = 2,50\xa0€"),
        ("fr-FR", "20\xa0×\xa00,125\xa0€ (au-delà de 10, jusqu’à 20) = 2,50\xa0€"),
        ("es-ES", "20\xa0×\xa00,125\xa0€ (más de 10, hasta 20) = 2,50\xa0€"),
        ("ar-EG", "٢٠\xa0×\xa0\u200f٠٫١٢٥\xa0€ (أكثر من ١٠ وحتى ٢٠) = \u200f٢٫٥٠\xa0€"),
    ],
)
def test_another_language_is_another_table_of_phrases(locale, sentence):
    assert explain(Round(Volume(TIERS, D(20)), 2), voice(locale, EUR)) == sentence


def test_nothing_is_told_as_nothing() -> None:
    assert explain(NOTHING, BRITISH) == "€0.00"
