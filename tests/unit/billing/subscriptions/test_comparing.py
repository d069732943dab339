"""Which of two plans costs more (B32)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.unit.billing.subscriptions.contracts import charge, terms

from trueup.billing.calendar.model import Cadence, Interval
from trueup.billing.rating.derivation import Tier
from trueup.billing.rating.model import FlatPrice, GraduatedPrice, Price
from trueup.billing.subscriptions.rules.comparing import daily_fee, is_downgrade
from trueup.billing.subscriptions.terms import Charge, ChargeKind


def fee(amount: str, unit: Interval, count: int = 1) -> Charge:
    return charge("fee", amount, cadence=Cadence(unit, count))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (fee("10", Interval.MONTH), fee("9.99", Interval.MONTH), True),
        (fee("10", Interval.MONTH), fee("10", Interval.MONTH), False),
        (fee("10", Interval.MONTH), fee("119.99", Interval.YEAR), True),
        (fee("10", Interval.MONTH), fee("120", Interval.YEAR), False),
        (fee("10", Interval.MONTH), fee("29", Interval.QUARTER), True),
        (fee("10", Interval.MONTH), fee("2.29", Interval.WEEK), True),  # a month is 30.4 days
        (fee("10", Interval.MONTH), fee("2.30", Interval.WEEK), False),
    ],
)
def test_a_day_of_each_is_compared(before: Charge, after: Charge, *, expected: bool) -> None:
    assert is_downgrade(terms(before), terms(after)) is expected


def test_usage_and_one_time_fees_do_not_count() -> None:
    rest = (charge("setup", kind=ChargeKind.ONE_OFF), charge("calls", kind=ChargeKind.USAGE))
    assert daily_fee(terms(fee("1", Interval.DAY), *rest)) == 1


def test_a_flat_fee_counts_and_a_price_by_tiers_does_not() -> None:
    flat = Charge(
        "f",
        ChargeKind.RECURRING,
        rest := fee("1", Interval.DAY).timing,
        Price(FlatPrice(Decimal(3))),
        Cadence(Interval.DAY),
    )
    tiers = Price(GraduatedPrice((Tier(None, Decimal(5)),)))
    tiered = Charge("t", ChargeKind.RECURRING, rest, tiers, Cadence(Interval.DAY))
    assert daily_fee(terms(flat, tiered)) == 3


def test_what_is_sold_once_is_spread_over_a_mean_month() -> None:
    once = replace(terms(charge("fee", "30.436875")), cadence=None)  # 146 097 days in 4 800 months
    assert daily_fee(once) == 1
    assert daily_fee(terms(fee("1", Interval.DAY), charge("units", "2", units=Decimal(15)))) == (
        1 + Fraction(30) / Fraction("30.436875")
    )
