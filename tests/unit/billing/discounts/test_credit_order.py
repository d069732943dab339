from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.billing.discounts.model import CreditOrder, CreditUse, SpendableCredit
from trueup.billing.discounts.rules.credit_order import spend_credits
from trueup.kernel.currency import currency

EUR = currency("EUR")
NOW = datetime(2026, 1, 31, tzinfo=UTC)
DAY = timedelta(days=1)

HELD = [
    SpendableCredit("old", 300, "EUR", 5, NOW - 9 * DAY),
    SpendableCredit("soon", 300, "EUR", 5, NOW - 2 * DAY, NOW + DAY),
    SpendableCredit("first", 300, "EUR", 1, NOW - DAY),
    SpendableCredit("later", 300, "EUR", 5, NOW - 3 * DAY, NOW + 5 * DAY),
    SpendableCredit("gone", 300, "EUR", 0, NOW - 9 * DAY, NOW),
    SpendableCredit("ahead", 300, "EUR", 0, NOW + DAY),
    SpendableCredit("empty", 0, "EUR", 0, NOW - 9 * DAY),
    SpendableCredit("dollars", 300, "USD", 0, NOW - 9 * DAY),
]
credits_held = st.lists(
    st.builds(
        SpendableCredit,
        credit_id=st.uuids().map(str),
        remaining_micros=st.integers(0, 1000),
        currency=st.sampled_from(["EUR", "USD"]),
        priority=st.integers(0, 2),
        granted_at=st.integers(-5, 2).map(lambda days: NOW + days * DAY),
        expires_at=st.none() | st.integers(-5, 5).map(lambda days: NOW + days * DAY),
    ),
    max_size=6,
    unique_by=lambda credit: credit.credit_id,
)


@pytest.mark.parametrize(("order", "names"), [
    (CreditOrder.PRIORITY_FIRST, ["first", "soon", "later", "old"]),
    (CreditOrder.EXPIRY_FIRST,   ["soon", "later", "first", "old"]),   # without an end comes last
    (CreditOrder.OLDEST_FIRST,   ["old", "later", "soon", "first"]),
])  # fmt: skip
def test_credits_are_spent_in_the_tenants_order(order, names):
    uses = spend_credits(HELD, 10_000, currency=EUR, at=NOW, order=order)
    assert [use.credit_id for use in uses] == names


def test_the_last_credit_is_spent_in_part():
    uses = spend_credits(HELD, 500, currency=EUR, at=NOW)
    assert uses == (CreditUse("first", 300), CreditUse("soon", 200))


@pytest.mark.parametrize("due", [0, -100])
def test_nothing_due_spends_nothing(due):
    assert spend_credits(HELD, due, currency=EUR, at=NOW) == ()


@given(credits_held, st.integers(-100, 5000), st.sampled_from(CreditOrder))
def test_b20_never_more_than_is_due_nor_than_is_held_nor_in_another_currency(held, due, order):
    uses = spend_credits(held, due, currency=EUR, at=NOW, order=order)
    remaining = {credit.credit_id: credit for credit in held}
    for use in uses:
        credit = remaining[use.credit_id]
        assert 0 < use.amount_micros <= credit.remaining_micros
        assert credit.currency == "EUR"
        assert credit.expires_at is None or credit.expires_at > NOW
        assert credit.granted_at <= NOW
    assert sum(use.amount_micros for use in uses) <= max(due, 0)
    assert uses == spend_credits(held[::-1], due, currency=EUR, at=NOW, order=order)
