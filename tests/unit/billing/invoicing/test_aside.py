"""What an invoice below zero puts aside: the kinds sum to it, and no goodwill becomes money (B19, B57)."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from trueup.billing.invoicing.rules.aside import Source, below_zero, money_id

BELOW, GIFT, MONEY = UUID(int=1), UUID(int=2), UUID(int=3)


def spent(credit_id, micros, *, is_goodwill):
    return SimpleNamespace(
        credit_id=credit_id,
        amount_micros=micros,
        is_goodwill=is_goodwill,
        origin="native",
        priority=0,
        expires_at=None,
    )


def source(number, gross, *, paid=0, gift=0, money=0, earlier=()):
    uses = [spent(GIFT, gift, is_goodwill=True), spent(MONEY, money, is_goodwill=False)]
    return Source(UUID(int=number), gross, paid, [each for each in uses if each.amount_micros], earlier)  # fmt: skip


def kinds(made):
    """Money and goodwill."""
    goodwill = sum(each.amount_micros for each in made if each.is_goodwill)
    return sum(each.amount_micros for each in made) - goodwill, goodwill


@pytest.mark.parametrize(
    ("micros", "other", "sources", "expected"),
    [
        (10, 0, [source(10, 10, gift=10)], (0, 10)),
        (10, 0, [source(10, 10, paid=4, gift=6)], (4, 6)),
        (6, 0, [source(10, 10, paid=4, gift=6)], (4, 2)),  # what it charges takes goodwill first
        (3, 0, [source(10, 10, paid=4, gift=6)], (3, 0)),
        (10, 0, [source(10, 10, money=7, gift=3)], (7, 3)),  # paid too much once, and money again
        (10, 4, [source(10, 8, gift=8)], (4, 6)),
        (12, 0, [source(10, 6, gift=6), source(11, 8, paid=8)], (8, 4)),
        (5, 5, [], (5, 0)),
    ],
)
def test_what_is_put_aside_is_money_as_far_as_money_settled_it(micros, other, sources, expected):
    assert kinds(below_zero(BELOW, micros, other, sources, {})) == expected


def test_what_was_given_back_as_money_before_is_not_money_twice():
    earlier = UUID(int=77)
    again = source(10, 10, paid=4, gift=6, earlier=[earlier])
    assert kinds(below_zero(BELOW, 5, 0, [again], {money_id(earlier): 3})) == (1, 4)


@drawn(
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=4),
    st.integers(0, 20),
    st.integers(0, 40),
)
def test_the_kinds_sum_to_what_is_put_aside_and_no_goodwill_becomes_money(parts, other, charged):
    """parts: of each invoice what money and what goodwill settled; all of it is given back."""
    sources = [source(10 + n, paid + gift, paid=paid, gift=gift) for n, (paid, gift) in enumerate(parts)]  # fmt: skip
    back = sum(paid + gift for paid, gift in parts) + other
    micros = max(back - charged, 0)
    made = below_zero(BELOW, micros, other, sources, {})
    money, goodwill = kinds(made)
    assert money + goodwill == micros
    assert money <= sum(paid for paid, _ in parts) + other
    assert all(each.amount_micros > 0 for each in made)
    assert len({each.credit_id for each in made}) == len(made)
