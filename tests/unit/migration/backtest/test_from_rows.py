"""From imported rows to subscriptions, documents, discounts and use."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from tests.unit.migration.backtest.histories import CUSTOMER, SUBSCRIPTION, at, micros

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Recurrence
from trueup.billing.catalog.model import Catalog, Plan, Price, PriceModel
from trueup.billing.discounts.model import Coupon, Discount
from trueup.billing.rating.model import FlatPrice, UnitPrice
from trueup.kernel.currency import CURRENCIES
from trueup.migration.backtest.model import Document, Line, Used
from trueup.migration.backtest.rules.selling import (
    EVER,
    Shelf,
    discount_of,
    document,
    sold,
    used,
)

PLAN, ONCE, OTHER = (
    Plan(UUID(int=10 + n), UUID(int=1), f"plan {n}", interval, count, code=f"plan-{n}")
    for n, (interval, count) in enumerate([
        (Interval.MONTH, 3), (Interval.ONCE, 1), (Interval.MONTH, 1),
    ])
)  # fmt: skip
BERLIN = ZoneInfo("Europe/Berlin")


def price(number: int, amount: str, *, plan: Plan = PLAN, **facts: Any) -> Price:
    known = {"currency": "EUR", "effective_from": None, **facts}
    return Price(
        UUID(int=number),
        plan.plan_id,
        model=PriceModel.FLAT,
        unit_amount_micros=micros(amount),
        **known,
    )


NOW = price(1, "12", effective_from=at("02-01"))
CATALOG = Catalog(
    {plan.plan_id: plan for plan in (PLAN, ONCE, OTHER)},
    {
        each.price_id: each
        for each in (
            price(2, "10", effective_from=at("01-01")),
            NOW,
            price(3, "14", effective_from=at("03-01")),
            price(4, "9"),  # one customer's own
            price(5, "11", currency="USD", effective_from=at("01-01")),
            price(6, "8", plan=OTHER, effective_from=at("01-01")),
            price(7, "50", plan=ONCE),
            price(8, "2", is_per_unit=False),
        )
    },
)


def row(**facts: Any) -> Any:
    known = {
        "subscription_id": SUBSCRIPTION, "customer_id": CUSTOMER, "status": "active", "currency": "EUR",
        "started_at": at("01-15"), "trial_end_at": None, "current_period_start": None,
        "current_period_end": None, "charged_through_at": None, "anchor_day": None,
        "cancel_at_period_end": False, "cancel_at": None, "cancelled_at": None, "ended_at": None,
        "paused_at": None, "position": 1, "price_id": NOW.price_id, "quantity": Decimal("1.000"),
    }  # fmt: skip
    return SimpleNamespace(**known | facts)


def one_sold(*rows: Any, discounts: Any = ()) -> Any:
    return sold(rows or (row(),), Shelf(CATALOG, BERLIN), discounts)


def test_a_subscription_is_what_its_rows_say() -> None:
    found = one_sold(row(status="past_due"), row(position=2, price_id=UUID(int=8), quantity=Decimal("2.500")))  # fmt: skip
    assert (found.subscription_id, found.customer_id, found.status) == (SUBSCRIPTION, CUSTOMER, "past_due")  # fmt: skip
    assert (found.currency, found.zone, found.begins) == (CURRENCIES["EUR"], BERLIN, at("01-15"))
    assert found.cycle == Recurrence(
        Grid(Cadence(Interval.MONTH, 3), Anchor(2026, 1, 15)), BERLIN, at("2026-01-15T11:00").time()
    )
    assert found.terms.plan == "plan-0"
    assert [(i.position, i.plan, i.quantity, i.charge.price.model) for i in found.items] == [
        (1, "plan-0", Decimal(1), UnitPrice(Decimal(12))),
        (2, "plan-0", Decimal("2.5"), FlatPrice(Decimal(2))),
    ]


def test_a_plans_other_versions_are_dated_of_its_currency_and_newest_first() -> None:
    """One customer's own price, another currency and another plan would explain by chance."""
    (found,) = one_sold().items
    assert [version.price.model.unit for version in found.versions] == [14, 10]
    (own,) = one_sold(row(price_id=UUID(int=4))).items
    assert [version.price.model.unit for version in own.versions] == [14, 12, 10]


@pytest.mark.parametrize(("what", "facts", "begins"), [
    ("it started", {}, at("01-15")),
    ("its trial ended", {"trial_end_at": at("02-01")}, at("02-01")),
    ("its running period, where nobody knows", {"started_at": None, "current_period_start": at("03-15")}, at("03-15")),
    ("nobody knows", {"started_at": None}, None),
    ("it is sold once", {"price_id": UUID(int=7)}, None),
])  # fmt: skip
def test_a_subscription_is_billed_from_when(what, facts, begins) -> None:
    found = one_sold(row(**facts))
    assert (found and found.begins) == begins, what


@pytest.mark.parametrize(("facts", "known"), [
    ({}, None),
    ({"paused_at": at("03-03")}, at("03-03")),
    ({"paused_at": at("03-03"), "ended_at": at("03-02")}, at("03-02")),
    ({"paused_at": at("03-03"), "ended_at": at("03-02"), "cancelled_at": at("03-01")}, at("03-01")),
])  # fmt: skip
def test_an_end_is_known_since_somebody_cancelled(facts, known) -> None:
    assert one_sold(row(**facts)).end_known_at == known


def test_ends_trials_and_what_is_charged_come_along() -> None:
    found = one_sold(row(trial_end_at=at("02-01"), ended_at=at("04-01"), current_period_end=at("04-15")))  # fmt: skip
    assert (found.trial_end, found.ends_at, found.charged_through) == (
        at("02-01"),
        at("04-01"),
        at("04-15"),
    )
    assert one_sold(row(charged_through_at=at("05-15"), current_period_end=at("04-15"))).charged_through == at("05-15")  # fmt: skip


DISCOUNT = SimpleNamespace(
    discount_id=UUID(int=5), coupon_code="SPRING", percent_bp=1250, amount_micros=None, currency=None,
    starts_at=at("02-01"), ends_at=at("06-01"), periods_remaining=2,
)  # fmt: skip


def test_a_discount_is_what_its_row_says() -> None:
    expected = Discount(str(UUID(int=5)), Coupon("SPRING", percent_ppm=125_000), at("02-01"), at("06-01"), uses_left=2)  # fmt: skip
    assert discount_of(DISCOUNT) == expected
    assert one_sold(row(), discounts=[DISCOUNT]).discounts == (expected,)
    of_amount = discount_of(SimpleNamespace(**vars(DISCOUNT) | {"percent_bp": None, "amount_micros": 3_000_000, "currency": "EUR", "starts_at": None}))  # fmt: skip
    assert of_amount == replace(expected, coupon=Coupon("SPRING", amount_micros=3_000_000, currency="EUR"), starts_at=EVER)  # fmt: skip
    assert at("1970-01-01T00:00") == EVER
    assert EVER.tzinfo is UTC


def line_row(**facts: Any) -> Any:
    known = {
        "invoice_id": UUID(int=9), "subscription_id": SUBSCRIPTION, "customer_id": CUSTOMER, "number": "INV-1",
        "currency": "EUR", "subtotal_micros": 10, "discount_micros": 1, "tax_micros": 2, "total_micros": 11,
        "issued_at": at("03-15"), "period_start": at("03-15"), "period_end": at("04-15"),
        "description": "plan", "quantity": Decimal(1), "amount_micros": 10, "tax_rate": Decimal("0.2"),
        "line_start": None, "line_end": None,
    }  # fmt: skip
    return SimpleNamespace(**known | facts)


def test_an_invoice_is_its_lines_in_the_period_of_each_or_of_all() -> None:
    own = line_row(description="usage", quantity=None, amount_micros=4, tax_rate=None, line_start=at("02-15"), line_end=at("03-15"))  # fmt: skip
    assert document([line_row(), own]) == Document(
        invoice_id=UUID(int=9),
        subscription_id=SUBSCRIPTION,
        customer_id=CUSTOMER,
        number="INV-1",
        currency="EUR",
        subtotal_micros=10,
        discount_micros=1,
        tax_micros=2,
        total_micros=11,
        issued_at=at("03-15"),
        period_start=at("03-15"),
        period_end=at("04-15"),
        lines=(
            Line("plan", Decimal(1), 10, Decimal("0.2"), at("03-15"), at("04-15")),
            Line("usage", None, 4, None, at("02-15"), at("03-15")),
        ),
    )


def test_an_invoice_without_lines_is_one_row_without_an_amount() -> None:
    assert document([line_row(amount_micros=None, quantity=None, description=None)]).lines == ()


def test_use_is_what_its_row_says_exactly() -> None:
    report = SimpleNamespace(meter="calls", quantity=Decimal("2.5000"), occurred_at=at("03-20"), is_billed=True)  # fmt: skip
    assert used(report) == Used("calls", Decimal("2.5"), at("03-20"), is_billed=True)
    assert str(used(report).quantity) == "2.5"
