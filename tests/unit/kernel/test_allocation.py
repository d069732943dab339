from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.kernel.allocation import allocate
from trueup.kernel.currency import currency
from trueup.kernel.errors import Defect
from trueup.kernel.money import AmountBelowStep, Money

EUR = currency("EUR")
units = st.sampled_from([EUR, currency("JPY"), currency("KWD")])
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any)


@pytest.mark.parametrize(("cents", "shares", "parts"), [
    (100, (1, 1, 1), (34, 33, 33)),        # the earlier index wins the tie
    (101, (1, 1, 1), (34, 34, 33)),
    (-100, (1, 1, 1), (-33, -33, -34)),    # two steps up from three floors of -34
    (100, (0, 1, 0), (0, 100, 0)),
    (5, (50, 30, 20), (3, 1, 1)),          # 2.5, 1.5, 1: the first .5 wins
    (1, (1, 2), (0, 1)),                   # the larger remainder wins, not the earlier index
    (0, (1, 2), (0, 0)),
])  # fmt: skip
def test_the_largest_remainder_takes_the_spare_step(cents, shares, parts):
    split = allocate(Money.from_minor(cents, EUR), shares)
    assert tuple(part.steps for part in split) == parts


@pytest.mark.parametrize("shares", [(), (0, 0), (1, -1), (2, -1)])
def test_weights_that_split_nothing_are_a_defect(shares):
    with pytest.raises(Defect):
        allocate(Money.from_minor(100, EUR), shares)


def test_an_amount_below_the_step_cannot_be_split():
    with pytest.raises(AmountBelowStep):
        allocate(Money(1, EUR), (1, 1))


@given(st.integers(-(10**12), 10**12), units, weights)
def test_the_parts_always_sum_to_the_whole(steps, unit, shares):
    amount = Money.from_minor(steps, unit)
    split = allocate(amount, shares)
    assert sum(part.micros for part in split) == amount.micros
    assert len(split) == len(shares)
    for part, share in zip(split, shares, strict=True):
        assert abs(part.steps - Fraction(steps * share, sum(shares))) < 1
        assert share or part.steps == 0
