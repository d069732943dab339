"""From a plan and its price versions to the terms a contract runs under."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from tests.unit.billing.subscriptions.sold import METERED, plan, price

from trueup.billing.calendar.model import Cadence, Interval, Timing
from trueup.billing.catalog.model import PriceModel
from trueup.billing.rating.derivation import Tier
from trueup.billing.rating.model import FlatPrice, GraduatedPrice, UnitPrice
from trueup.billing.subscriptions.errors import UsageNotIncludable
from trueup.billing.subscriptions.rules.offers import (
    cadence_of_plan,
    charge_of,
    plan_name,
    price_of,
    terms_of,
)
from trueup.billing.subscriptions.terms import (
    Aggregation,
    ChargeKind,
    IncludedUsage,
    Length,
    LengthUnit,
    PhaseKind,
    Threshold,
)

ONCE = plan(interval=Interval.ONCE)
USAGE = price(1, **METERED)


@pytest.mark.parametrize(
    ("version", "sold", "expected"),
    [
        (price(1), plan(), ChargeKind.RECURRING),
        (price(1), ONCE, ChargeKind.ONE_OFF),
        (USAGE, plan(), ChargeKind.USAGE),
        (USAGE, ONCE, ChargeKind.USAGE),
        (price(1, kind="add_on"), plan(), ChargeKind.ADD_ON),
        (price(1, kind="fixed"), ONCE, ChargeKind.FIXED),
        (price(1, kind="recurring", **METERED), plan(), ChargeKind.RECURRING),
    ],
    ids=["fee", "fee sold once", "usage", "usage sold once", "add-on", "fixed", "said kind wins"],
)
def test_the_kind_of_a_charge_is_what_is_said_or_follows_from_meter_and_plan(
    version, sold, expected
):
    assert charge_of(version, sold).kind is expected


def test_a_fee_that_says_nothing_is_prorated_per_unit_and_in_advance():
    charge = charge_of(price(1, amount="7.5"), plan())
    assert (charge.code, charge.timing, charge.cadence) == ("base", Timing.IN_ADVANCE, None)
    assert (charge.is_prorated, charge.is_per_unit, charge.carries_over) == (True, True, False)
    assert charge.price.model == UnitPrice(Decimal("7.5"))
    assert (charge.aggregation, charge.minimum, charge.tax_percent) == (Aggregation.SUM, None, None)


def test_usage_that_says_nothing_is_whole_and_in_arrears():
    charge = charge_of(USAGE, plan())
    assert (charge.code, charge.meter, charge.timing) == ("calls", "calls", Timing.IN_ARREARS)
    assert (charge.is_prorated, charge.is_per_unit) == (False, False)


def test_what_a_version_says_of_itself_counts():
    said = {
        "charge": "seats",
        "timing": "in_arrears",
        "interval": "quarter",
        "interval_count": 2,
        "aggregation": "max",
        "is_prorated": False,
        "is_per_unit": False,
        "carries_over": True,
        "minimum_micros": 12_500_000,
        "tax_percent": Decimal(7),
    }
    charge = charge_of(price(1, **said), plan())
    assert (charge.code, charge.timing) == ("seats", Timing.IN_ARREARS)
    assert charge.cadence == Cadence(Interval.QUARTER, 2)
    assert charge.aggregation is Aggregation.MAX
    assert (charge.is_prorated, charge.is_per_unit, charge.carries_over) == (False, False, True)
    assert (charge.minimum, charge.tax_percent) == (Decimal("12.5"), Decimal(7))
    assert charge.price.model == FlatPrice(Decimal(10))


@pytest.mark.parametrize("said", [True, False])
def test_usage_may_be_said_to_be_prorated_and_per_unit(said):
    charge = charge_of(price(1, is_prorated=said, is_per_unit=said, **METERED), plan())
    assert (charge.is_prorated, charge.is_per_unit) == (said, said)


@pytest.mark.parametrize("lacks", ["interval", "interval_count"])
def test_half_a_cadence_is_none(lacks):
    whole = {"interval": "week", "interval_count": 2}
    assert charge_of(price(1, **(whole | {lacks: None})), plan()).cadence is None


def test_a_price_by_tiers_stays_one_though_it_is_per_unit():
    tiers = [
        {"up_to": "10", "unit_amount_micros": 2_000_000},
        {"up_to": None, "unit_amount_micros": 1_000_000},
    ]
    version = price(1, amount=None, model=PriceModel.GRADUATED, tiers=tiers)
    expected = GraduatedPrice((Tier(Decimal(10), Decimal(2)), Tier(None, Decimal(1))))
    assert price_of(version, is_per_unit=True).model == expected


@pytest.mark.parametrize(
    ("interval", "count", "expected"),
    [
        (Interval.MONTH, 1, Cadence(Interval.MONTH)),
        (Interval.WEEK, 6, Cadence(Interval.WEEK, 6)),
        (Interval.ONCE, 1, None),
    ],
)
def test_a_plan_recurs_unless_it_is_sold_once(interval, count, expected):
    assert cadence_of_plan(plan(interval=interval, interval_count=count)) == expected


def test_a_plan_is_called_by_its_code_or_else_its_id():
    assert plan_name(plan(code="pro")) == "pro"
    assert plan_name(plan(7, code=None)) == str(UUID(int=7))


def test_a_plan_without_phases_has_one_without_end():
    terms = terms_of(plan(trial_days=14), [price(1), USAGE])
    (phase,) = terms.phases
    assert (phase.kind, phase.length) == (PhaseKind.EVERGREEN, None)
    assert [c.code for c in phase.charges] == ["base"]
    assert [c.code for c in terms.metered] == ["calls"]
    assert (terms.plan, terms.cadence) == ("plan-100", Cadence(Interval.MONTH))
    assert (terms.trial_days, terms.thresholds, terms.minimum_commitment) == (14, (), None)


def test_a_fee_is_of_the_phase_it_names_or_the_last():
    phases = (
        {"kind": "trial", "count": 14, "unit": "days"},
        {"kind": "discount", "count": 2, "unit": "months"},
        {"kind": "evergreen"},
    )
    sold = plan(phases=phases)
    versions = [
        price(1, charge="full"),
        price(2, charge="setup", phase=0),
        price(3, charge="half", phase=1),
        price(4, charge="late", phase=2),
        price(5, phase=0, **METERED),
    ]
    terms = terms_of(sold, iter(versions))
    assert [[c.code for c in phase.charges] for phase in terms.phases] == [
        ["setup"],
        ["half"],
        ["full", "late"],
    ]
    assert [phase.length for phase in terms.phases] == [
        Length(14, LengthUnit.DAYS),
        Length(2, LengthUnit.MONTHS),
        None,
    ]
    assert [c.code for c in terms.metered] == ["calls"]


def test_amounts_of_a_plan_are_in_main_units():
    thresholds = ({"amount": "50.5"}, {"amount": "100", "is_recurring": True})
    terms = terms_of(plan(minimum_commitment_micros=99_990_000, thresholds=thresholds), [])
    assert terms.minimum_commitment == Decimal("99.99")
    assert terms.thresholds == (
        Threshold(Decimal("50.5"), is_recurring=False),
        Threshold(Decimal(100), is_recurring=True),
    )
    assert terms_of(plan(minimum_commitment_micros=0), []).minimum_commitment == 0


@pytest.mark.parametrize(("meter", "quantity", "expected"), [
    ("calls", "100.000000", IncludedUsage("calls", Decimal(100))),     # no zeros of its column
    ("calls", "1000", IncludedUsage("calls", Decimal(1000))),
    (None, "100", None),
    ("calls", None, None),
])  # fmt: skip
def test_a_fee_includes_usage_where_meter_and_quantity_are_said(meter, quantity, expected):
    """B33."""
    version = price(1, included_meter=meter, included_quantity=quantity and Decimal(quantity))
    found = charge_of(version, plan()).included
    assert found == expected
    assert "E" not in str(found and found.quantity)


@pytest.mark.parametrize(("version", "sold", "kind"), [
    (price(1), ONCE, "one_off"),
    (price(1, kind="fixed"), plan(), "fixed"),
    (USAGE, plan(), "usage"),
])  # fmt: skip
def test_only_a_fee_that_recurs_includes_usage(version, sold, kind):
    asked = replace(version, included_meter="calls", included_quantity=Decimal(1))
    with pytest.raises(UsageNotIncludable) as caught:
        charge_of(asked, sold)
    assert caught.value.fields == {"charge": asked.charge_code, "kind": kind}
    assert charge_of(replace(asked, kind="add_on"), sold).included is not None
