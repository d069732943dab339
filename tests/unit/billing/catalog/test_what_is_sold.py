"""Which version of a charge is sold on a day, and what one customer may be sold it for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from trueup.billing.calendar.model import Interval
from trueup.billing.catalog.errors import ChargeNotOffered, PriceNegative, PriceNotAgreeable
from trueup.billing.catalog.model import Plan, Price, PriceModel
from trueup.billing.catalog.rules import agreed_price, check_plan, check_price, in_force, of_charge

DAY = datetime(2026, 3, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def price(number, charge=None, **said):
    given = {"currency": "EUR", "model": PriceModel.FLAT, "unit_amount_micros": 10_000_000}
    return Price(UUID(int=number), UUID(int=9), charge=charge, **(given | said))


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ([], []),
        ([price(1)], [1]),
        ([price(1), price(2, effective_from=DAY)], [2]),
        ([price(1), price(2, effective_from=DAY + TICK)], [1]),
        ([price(1, effective_from=DAY + TICK)], []),
        ([price(1, currency="USD")], []),
        ([price(1), price(2, is_private=True)], [1]),
        ([price(1), price(2, "seats"), price(3)], [3, 2]),
        ([price(1, phase=0), price(2, phase=1)], [1, 2]),
        ([price(1, meter="calls"), price(2, "calls")], [2]),
    ],
    ids=["none", "the first", "from its instant", "not yet", "none yet", "another currency",
         "agreed with one customer", "each charge", "each phase", "one name"],
)  # fmt: skip
def test_the_newest_version_that_has_begun_is_sold(prices, expected):
    assert [each.price_id.int for each in in_force(prices, "EUR", DAY)] == expected


def test_a_charge_is_named_unless_it_is_the_only_one():
    one, two = price(1), price(2, "seats")
    assert of_charge(iter([one]), None, "pro") is one
    assert of_charge([one, two], "seats", "pro") is two
    assert of_charge([one, two], "base", "pro") is one


@pytest.mark.parametrize(
    ("prices", "code", "offered"),
    [
        ([price(1, "z"), price(2, "a")], None, ["a", "z"]),
        ([price(1, "z"), price(2, "a")], "b", ["a", "z"]),
        ([], None, []),
        ([price(1, phase=0), price(2, phase=1)], "base", ["base"]),
    ],
)
def test_no_charge_is_guessed(prices, code, offered):
    with pytest.raises(ChargeNotOffered) as refused:
        of_charge(prices, code, "pro")
    assert refused.value.fields == {"plan": "pro", "charge": code, "offered": offered}


def test_an_agreed_price_is_the_same_charge_at_another_amount_for_nobody_else():
    listed = price(1, "seats", phase=1, is_prorated=False)
    agreed = agreed_price(listed, 8_000_000, UUID(int=7), DAY)
    expected = price(7, "seats", phase=1, is_prorated=False, unit_amount_micros=8_000_000,
                     effective_from=DAY, is_private=True)  # fmt: skip
    assert agreed == expected


def test_a_price_of_tiers_is_not_agreed_as_one_amount():
    with pytest.raises(PriceNotAgreeable) as refused:
        agreed_price(
            price(1, model=PriceModel.VOLUME, unit_amount_micros=None), 1, UUID(int=7), DAY
        )
    assert refused.value.fields == {"charge": "base", "model": "volume"}


def test_no_price_is_agreed_that_would_pay_the_customer():
    with pytest.raises(PriceNegative, match=r"amount of the charge 'base' .* it is -3\.00"):
        agreed_price(price(1), -3_000_000, UUID(int=7), DAY)


def test_what_a_matrix_says_of_events_is_no_amount():
    cells = [{"price": {"type": "flat", "amount": "1"}, "match": {"zone": ["-5"]}}]
    check_price(price(1, tiers={"model": {"dimensions": ["zone"], "cells": cells}}))
    with pytest.raises(PriceNegative, match="max_spend"):
        check_price(price(1, tiers={"max_spend": -5, "model": {"cells": cells}}))
    cells[0]["price"]["amount"] = "-1"
    with pytest.raises(PriceNegative):
        check_price(price(1, tiers={"model": {"dimensions": ["zone"], "cells": cells}}))


@pytest.mark.parametrize(
    ("said", "term", "amount"),
    [
        ({"unit_amount_micros": -1_500_000}, "amount", "-1.50"),
        ({"minimum_micros": -20_000}, "minimum", "-0.02"),
        ({"tiers": [{"up_to": "5", "unit_micros": "1"}, {"unit_micros": -2_500_000}]}, "unit", "-2.5"),
        ({"tiers": {"model": {"rate_percent": "-0.5"}}}, "rate_percent", "-0.5"),
        ({"tiers": {"model": ({"fixed": -1},)}}, "fixed", "-1"),
    ],
)  # fmt: skip
def test_a_price_below_zero_is_told_in_main_units_by_its_term(said, term, amount):
    with pytest.raises(PriceNegative) as refused:
        check_price(price(1, "seats", **said))
    assert refused.value.fields == {"of": "the charge 'seats'", "term": term, "amount": amount}


@pytest.mark.parametrize("tiers", [None, [], {"model": {"type": "volume", "open": "Infinity", "unit": "0", "is_open": None}}])  # fmt: skip
def test_what_is_no_number_is_no_amount_and_nothing_is_a_price(tiers):
    check_price(price(1, tiers=tiers, unit_amount_micros=0, minimum_micros=0))


@pytest.mark.parametrize(("code", "called"), [("pro", "pro"), (None, "Pro plan")])
def test_the_least_that_a_period_costs_is_not_below_zero(code, called):
    sold = Plan(UUID(int=9), UUID(int=8), "Pro plan", Interval.MONTH, code=code)
    for fine in (None, 0, 5_000_000):
        check_plan(replace(sold, minimum_commitment_micros=fine))
    with pytest.raises(PriceNegative) as refused:
        check_plan(replace(sold, minimum_commitment_micros=-1))
    assert refused.value.fields == {
        "of": f"the plan {called!r}",
        "term": "commitment",
        "amount": "-0.000001",
    }
