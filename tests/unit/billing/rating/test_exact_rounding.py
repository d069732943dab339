"""Nothing is rounded but where it is said, and there by the named rule (B13, B14, B17)."""

from __future__ import annotations

from decimal import Decimal, Inexact

import pytest

from trueup.billing.rating.rules.exact import EXACT, MODES, added, is_below, times, to_scale
from trueup.kernel.errors import Defect

D = Decimal

# fmt: off
ROUNDED = [  # value        half_up  half_even half_down  up     down   floor  ceiling
    ("0.005",               "0.01",  "0.00",   "0.00",  "0.01", "0.00", "0.00", "0.01"),
    ("-0.005",             "-0.01",  "0.00",   "0.00", "-0.01", "0.00","-0.01", "0.00"),
    ("0.015",               "0.02",  "0.02",   "0.01",  "0.02", "0.01", "0.01", "0.02"),
    ("-0.015",             "-0.02", "-0.02",  "-0.01", "-0.02","-0.01","-0.02","-0.01"),
    ("0.0251",              "0.03",  "0.03",   "0.03",  "0.03", "0.02", "0.02", "0.03"),
    ("0.0249",              "0.02",  "0.02",   "0.02",  "0.03", "0.02", "0.02", "0.03"),
    ("-0.0249",            "-0.02", "-0.02",  "-0.02", "-0.03","-0.02","-0.03","-0.02"),
    ("7",                   "7",     "7",      "7",     "7",    "7",    "7",    "7"),
]
# fmt: on


@pytest.mark.parametrize("row", ROUNDED, ids=[row[0] for row in ROUNDED])
@pytest.mark.parametrize("below", ["1", "3", "0.07"])
def test_each_rounding_does_what_its_name_says_also_of_a_share(row, below):
    """B14. A share is a value over a denominator; its rounding must not differ from a number's."""
    value, expected = row[0], row[1:]
    share = (EXACT.multiply(D(value), D(below)), D(below))
    for word, rounded in zip(MODES, expected, strict=True):
        assert to_scale(share, 2, MODES[word]) == D(rounded), word


@pytest.mark.parametrize(
    ("top", "below", "scale", "rounded"),
    [
        ("10", "3", 2, "3.33"),
        ("20", "3", 2, "6.67"),
        ("-20", "3", 2, "-6.67"),
        ("20", "3", 0, "7"),
        ("1250", "1", -2, "1300"),
        ("3750", "3", -2, "1300"),  # half away from zero, to the hundred
        ("1", "7", 9, "0.142857143"),
        ("123456789.5", "1", 8, "123456789.5"),
    ],
)
def test_a_share_that_never_ends_is_rounded_from_its_exact_value(top, below, scale, rounded):
    assert to_scale((D(top), D(below)), scale, MODES["half_up"]) == D(rounded)


def test_a_product_of_any_length_stays_exact() -> None:
    """B17: the default context of decimals would round after 28 digits, silently."""
    long = D("1.00000000000000000000000000000000000001")
    assert times((long, D(1)), (long, D(1))) == (
        D("1.0000000000000000000000000000000000000200000000000000000000000000000000000001"),
        D(1),
    )


def test_a_quotient_without_end_is_trapped_instead_of_rounded() -> None:
    """B13, B14: whoever divides must say where the result is rounded."""
    with pytest.raises(Inexact):
        EXACT.divide(D(1), D(3))


def test_values_over_other_denominators_add_and_compare_exactly() -> None:
    assert added((D(1), D(3)), (D(1), D(6))) == (D(9), D(18))
    assert added((D(1), D(3)), (D(1), D(3))) == (D(2), D(3))
    assert is_below((D(1), D(3)), (D("0.3334"), D(1)))
    assert not is_below((D(1), D(3)), (D("0.3333"), D(1)))
    assert not is_below((D(2), D(6)), (D(1), D(3)))
    assert is_below((D(1), D(3)), (D(2), D(3)))


@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_what_is_no_number_is_never_rounded_to_one(value):
    with pytest.raises(Defect):
        to_scale((D(value), D(1)), 2, MODES["half_up"])
