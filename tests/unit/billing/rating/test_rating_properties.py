"""Laws of rating that hold for any price and any quantity (B13, B15, B21, B22, B23)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction as Exact
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trueup.billing.drafting.telling import voice
from trueup.billing.rating.derivation import Converted, Graduated, Prorate, Tier
from trueup.billing.rating.model import (
    BlockPolicy,
    BlockPrice,
    BlockTier,
    GraduatedPrice,
    PackagePrice,
    Position,
    Price,
    RatingConvention,
    Settling,
    UnitPrice,
    Usage,
    VolumePrice,
)
from trueup.billing.rating.rules.execution import exact, read_derivation, write_derivation
from trueup.billing.rating.rules.rating import priced, rate, rated
from trueup.billing.rating.rules.storage import dump_price, parse_price
from trueup.billing.rating.rules.wording import explain
from trueup.kernel.allocation import allocate
from trueup.kernel.currency import currency

D = Decimal
EUR = currency("EUR")


def decimals(largest: int, places: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, largest * 10**places).map(lambda n: D(n).scaleb(-places))


PRICES = decimals(50, 7)
QUANTITIES = decimals(60, 3)


@st.composite
def tiers(draw: Any) -> tuple[Tier, ...]:
    ends = sorted(draw(st.sets(decimals(40, 2).filter(bool), max_size=4)))
    made = [Tier(end, draw(PRICES), draw(PRICES)) for end in (*ends, None)]
    return tuple(made)


@st.composite
def sliceable(draw: Any) -> Price:
    """A price whose slices sum to the whole: each slice pays its own part."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return Price(UnitPrice(draw(PRICES)))
    if kind == 1:
        return Price(GraduatedPrice(draw(tiers())))
    sizes = decimals(9, 1).filter(bool)
    if kind == 2:
        return Price(PackagePrice(draw(PRICES), draw(sizes), draw(QUANTITIES)))
    blocks = [BlockTier(draw(sizes), draw(PRICES), D(draw(st.integers(1, 5)))) for _ in range(2)]
    return Price(BlockPrice((*blocks, BlockTier(draw(sizes), draw(PRICES))), BlockPolicy.ALL_TIERS))


@st.composite
def any_price(draw: Any) -> Price:
    if draw(st.booleans()):
        return Price(VolumePrice(draw(tiers())), min_spend=draw(PRICES))
    return draw(sliceable())  # type: ignore[no-any-return]  # a strategy's draw is untyped


def value(node: Any) -> Exact:
    top, below = exact(node)
    return Exact(top) / Exact(below)


CONVENTIONS = st.builds(
    RatingConvention,
    first_tier_fee_at_zero=st.booleans(),
    package_rounding=st.sampled_from(["up", "down", "half_up", "none"]),
)


@given(sliceable(), st.lists(QUANTITIES, min_size=2, max_size=5), CONVENTIONS)
def test_slices_with_their_prior_quantity_sum_to_the_unsplit_period(price, quantities, convention):
    """B22."""
    total = D(0)
    billed = Exact(0)
    for index, quantity in enumerate(quantities):
        position = (
            Position.FIRST
            if index == 0
            else Position.LAST
            if index == len(quantities) - 1
            else Position.MID
        )
        part = Usage(position, prior_qty=total)
        billed += value(priced(price, quantity, part, convention))
        total += quantity
    assert billed == value(priced(price, total, convention=convention))


@given(tiers(), st.lists(QUANTITIES, min_size=1, max_size=4))
def test_volume_settled_by_each_slice_sums_to_the_unsplit_period(steps, quantities):
    """B22, B23: some slices may be negative, their sum is what the period costs."""
    price = Price(VolumePrice(steps))
    each = RatingConvention(volume_settles=Settling.EACH)
    total, billed = D(0), D(0)
    for quantity in quantities:
        part = Usage(Position.MID, prior_qty=total, previously_billed=billed)
        billed += rate(
            price, quantity, currency=EUR, usage=part, convention=each
        ).amount.micros / D(10**6)
        total += quantity
    assert billed * 10**6 == rate(price, total, currency=EUR).micros


@given(sliceable(), QUANTITIES, QUANTITIES)
def test_more_usage_never_costs_less_where_each_unit_pays_for_itself(price, less, more):
    low, high = sorted((less, more))
    assert value(priced(price, low)) <= value(priced(price, high))


@given(sliceable(), QUANTITIES, QUANTITIES)
def test_what_is_taken_back_is_what_was_charged(price, prior, quantity):
    """B23: usage that falls in a later slice gives back exactly what it cost."""
    charged = value(priced(price, quantity, Usage(Position.MID, prior_qty=prior)))
    back = Usage(Position.MID, prior_qty=prior + quantity)
    assert value(priced(price, -quantity, back)) == -charged


@given(
    any_price(),
    QUANTITIES,
    st.sampled_from(["ROUND_HALF_UP", "ROUND_HALF_EVEN", "ROUND_UP", "ROUND_FLOOR"]),
)
def test_what_was_stored_executes_to_the_same_cent_and_is_told(price, quantity, rounding):
    found = rate(price, quantity, currency=EUR, rounding=rounding)
    stored = read_derivation(write_derivation(found.derivation))
    assert stored == found.derivation
    top, below = exact(stored)
    assert (top * 10**6, below) == (found.micros, 1)
    assert found.micros % EUR.step_micros == 0
    shown = f"{D(found.micros).scaleb(-6):,.2f}"
    assert explain(stored, voice("en-GB", EUR)).endswith(
        shown.replace("-", "-€") if found.micros < 0 else f"€{shown}"
    )


@given(any_price())
def test_a_price_is_stored_and_read_back_equal(price):
    assert parse_price(*dump_price(price)) == price


@given(any_price(), QUANTITIES)
def test_rounding_moves_an_amount_by_half_a_step_at_most(price, quantity):
    """B14."""
    micros = rate(price, quantity, currency=EUR).micros
    assert abs(Exact(micros) - value(priced(price, quantity)) * 10**6) <= Exact(EUR.step_micros, 2)


@given(tiers(), st.integers(0, 10**6), st.integers(1, 9999), st.integers(0, 10**6))
def test_converted_tiers_cost_what_plain_arithmetic_says(steps, quantity, divisor, prior):
    """The same walk over fractions, written a second time."""
    node = Graduated(steps, Converted(D(quantity), D(divisor)), Converted(D(prior), D(divisor)))
    start, end = Exact(prior, divisor), Exact(prior + quantity, divisor)
    expected, lower = Exact(0), Exact(0)
    for index, tier in enumerate(steps):
        upper = end if tier.up_to is None else min(end, Exact(tier.up_to))
        expected += max(Exact(0), upper - max(lower, start)) * Exact(tier.unit)
        is_entered = start <= lower < end if index else prior == 0
        expected += Exact(tier.flat) if is_entered else 0
        lower = lower if tier.up_to is None else Exact(tier.up_to)
    assert value(node) == expected


@given(PRICES, st.lists(st.integers(0, 31), min_size=2, max_size=2).map(sorted))
def test_prorations_of_adjacent_spans_sum_to_the_whole(amount, cuts):
    days = [f"2026-01-{day + 1:02d}" if day < 31 else "2026-02-01" for day in (0, *cuts, 31)]
    period = ("2026-01-01", "2026-02-01")
    parts = [value(Prorate(amount, a, b, period)) for a, b in pairwise(days)]
    assert sum(parts) == Exact(amount)


@given(any_price(), QUANTITIES, st.lists(st.integers(0, 99), min_size=1, max_size=9).filter(any))
def test_an_amount_split_among_parts_is_never_more_nor_less(price, quantity, weights):
    """B15: by largest remainder, ties to the earlier part."""
    amount = rate(price, quantity, currency=EUR).amount
    parts = allocate(amount, weights)
    assert sum(part.micros for part in parts) == amount.micros


@given(any_price(), QUANTITIES)
def test_nothing_in_a_derivation_is_ever_a_float(price, quantity):
    """B13."""
    found = rated(priced(price, quantity), EUR)
    assert type(found.micros) is int
    assert all(type(part) is not float for part in leaves(found.derivation))


def leaves(node: Any) -> list[Any]:
    if hasattr(node, "__struct_fields__"):
        return [leaf for name in node.__struct_fields__ for leaf in leaves(getattr(node, name))]
    if isinstance(node, tuple):
        return [leaf for part in node for leaf in leaves(part)]
    return [node]
