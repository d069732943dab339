from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.billing.taxes.rules.apportionment import apportioned
from trueup.billing.taxes.rules.rounding import quotient
from trueup.kernel.errors import Defect

MODES = [
    decimal.ROUND_CEILING,
    decimal.ROUND_DOWN,
    decimal.ROUND_FLOOR,
    decimal.ROUND_HALF_DOWN,
    decimal.ROUND_HALF_EVEN,
    decimal.ROUND_HALF_UP,
    decimal.ROUND_UP,
]


@given(
    st.integers(-(10**6), 10**6), st.sampled_from([1, 2, 4, 5, 8, 10, 100]), st.sampled_from(MODES)
)
def test_b13_b14_integers_round_as_decimals_do(numerator, denominator, rounding):
    exact = Decimal(numerator) / denominator
    assert quotient(numerator, denominator, rounding) == exact.to_integral_value(rounding=rounding)


@pytest.mark.parametrize("rounding", ["half_up", "ROUND_05UP", ""])
def test_a_rounding_that_decimal_does_not_name_is_a_defect(rounding):
    with pytest.raises(Defect):
        quotient(1, 3, rounding)


@pytest.mark.parametrize(("whole", "exact", "parts"), [
    (1, ["1/2", "1/2"], [1, 0]),                 # the earlier index wins the tie
    (3, ["3/2", "3/2"], [2, 1]),
    (2, ["1/3", "2/3", "2/3"], [0, 1, 1]),       # the larger remainders, not the earlier index
    (-1, ["-1/2", "-1/2"], [0, -1]),
    (1, ["7/2", "-5/2"], [4, -3]),               # what is charged and what is given back
    (0, [], []),
])  # fmt: skip
def test_b15_shares_sum_to_the_rounded_whole(whole, exact, parts):
    assert apportioned(whole, [Fraction(share) for share in exact]) == parts


@pytest.mark.parametrize(("whole", "exact"), [(5, ["1/2", "1/2"]), (-1, ["1/2"])])
def test_shares_that_do_not_belong_to_the_whole_are_a_defect(whole, exact):
    with pytest.raises(Defect):
        apportioned(whole, [Fraction(share) for share in exact])
