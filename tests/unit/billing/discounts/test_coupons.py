"""Coupons: order, share, split and what is left of them; and the laws that hold for all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.billing.discounts.errors import (
    CouponCurrencyMissing,
    CouponNeedsOneKind,
    CouponUsesOutOfRange,
)
from trueup.billing.discounts.model import (
    Coupon,
    CouponOrder,
    Discount,
    DiscountableLine,
    DiscountConvention,
    DiscountedLines,
    DiscountRounding,
    Leftover,
    PercentBase,
    UseCount,
)
from trueup.billing.discounts.rules.coupons import discount_lines, in_order, restored
from trueup.kernel.currency import currency

EUR, JPY = currency("EUR"), currency("JPY")
CENT = EUR.step_micros
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)

amounts = st.integers(-(10**7), 10**7)
coupons = st.one_of(
    st.builds(
        Coupon,
        code=st.just("share"),
        percent_ppm=st.integers(1, 1_000_000),
        uses=st.none() | st.integers(1, 3),
    ),
    st.builds(
        Coupon,
        code=st.just("amount"),
        amount_micros=st.integers(1, 10**7).map(lambda cents: cents * CENT),
        currency=st.just("EUR"),
        uses=st.none() | st.integers(1, 3),
        plans=st.sampled_from([frozenset(), frozenset({"p"})]),
        items=st.sampled_from([frozenset(), frozenset({"i"})]),
    ),
)
lines_of = st.lists(
    st.builds(
        DiscountableLine,
        amount_micros=amounts.map(lambda cents: cents * CENT),
        plan=st.sampled_from(["p", "q", None]),
        item=st.sampled_from(["i", None]),
    ),
    max_size=6,
)
conventions = st.builds(
    DiscountConvention,
    order=st.sampled_from(CouponOrder),
    percent_base=st.sampled_from(PercentBase),
    rounding_place=st.sampled_from(DiscountRounding),
    leftover=st.sampled_from(Leftover),
    use_count=st.sampled_from(UseCount),
)


def share(percent: int, code: str = "share", **limits: object) -> Coupon:
    return Coupon(code, percent_ppm=percent * 10_000, **limits)


def amount(cents: int, code: str = "amount", **limits: object) -> Coupon:
    return Coupon(code, amount_micros=cents * CENT, currency="EUR", **limits)


def held(*offered: Coupon) -> list[Discount]:
    """Each a day younger than the one before."""
    ages = range(len(offered), 0, -1)
    return [
        Discount.given(c.code, c, NOW - age * DAY) for c, age in zip(offered, ages, strict=True)
    ]


def taken(cents: list[int], discounts: list[Discount], **settings: object) -> DiscountedLines:
    lines = [DiscountableLine(c * CENT, plan=f"p{i}", item=f"i{i}") for i, c in enumerate(cents)]
    convention = DiscountConvention(**settings)
    return discount_lines(lines, discounts, currency=EUR, at=NOW, convention=convention)


def off(outcome: DiscountedLines) -> list[int]:
    return [micros // CENT for micros in outcome.off]


@pytest.mark.parametrize(("cents", "offered", "parts"), [
    ([4900], [share(20)], [980]),                                        # Meteroid: 20 % of 49.00
    ([1999, 6833, 20033], [amount(1000)], [69, 237, 694]),               # Lago: spread by amount
    ([1000, 1000, 1000], [amount(100)], [34, 33, 33]),                   # the earlier line wins the tie
    ([1000], [amount(5000)], [1000]),                                    # never below zero
    ([1000, -400], [share(50)], [500, 0]),                               # what is given back is left alone
    ([1000, -900], [amount(500)], [100, 0]),                             # and lowers what an amount can take
    ([1000, -1500], [amount(500)], [0, 0]),
    ([333, 333], [share(10)], [34, 33]),                                 # 66.6 cents once, not 33.3 twice
    ([0, 0], [share(10)], [0, 0]),
    ([], [share(10)], []),
    ([1000], [], [0]),
])  # fmt: skip
def test_b15_b50_a_discount_is_split_over_its_lines_and_sums(cents, offered, parts):
    outcome = taken(cents, held(*offered))
    assert off(outcome) == parts
    assert outcome.total_micros == sum(outcome.off)


def test_b43_two_shares_of_ten_percent_are_nineteen():
    assert off(taken([10000], held(share(10, "a"), share(10, "b")))) == [1900]
    assert off(
        taken([10000], held(share(10, "a"), share(10, "b")), percent_base=PercentBase.ORIGINAL)
    ) == [2000]


@pytest.mark.parametrize(("order", "codes"), [
    (CouponOrder.SPECIFIC_FIRST, ["item", "plan", "amount", "share"]),   # Lago
    (CouponOrder.OLDEST_FIRST,   ["amount", "share", "plan", "item"]),
    (CouponOrder.PERCENT_FIRST,  ["share", "plan", "amount", "item"]),
    (CouponOrder.AMOUNT_FIRST,   ["amount", "item", "share", "plan"]),
    (CouponOrder.AS_GIVEN,       ["item", "plan", "share", "amount"]),
])  # fmt: skip
def test_b43_the_order_of_coupons_is_a_setting(order, codes):
    oldest_first = held(
        amount(100, "amount"), share(10, "share"), share(10, "plan", plans=frozenset({"p0"})),
        amount(100, "item", items=frozenset({"i0"})),
    )  # fmt: skip
    assert [d.discount_id for d in in_order(oldest_first[::-1], order)] == codes


def test_of_two_coupons_of_one_moment_the_smaller_id_goes_first():
    twins = [Discount.given(name, share(10), NOW) for name in ("b", "a")]
    assert [d.discount_id for d in in_order(twins, CouponOrder.OLDEST_FIRST)] == ["a", "b"]


def test_a_share_before_an_amount_takes_more():
    offered = held(share(10, "s"), amount(1000, "a"))
    assert off(taken([10000], offered, order=CouponOrder.PERCENT_FIRST)) == [2000]
    assert off(taken([10000], offered, order=CouponOrder.AMOUNT_FIRST)) == [1900]


def test_a_share_rounded_on_each_line_can_cost_a_cent():
    each = taken([333, 333], held(share(10)), rounding_place=DiscountRounding.LINE)
    assert off(each) == [33, 33]


@pytest.mark.parametrize(("rounding", "of_five", "of_fifteen"), [
    (ROUND_HALF_UP, 1, 2), (ROUND_HALF_EVEN, 0, 2), (ROUND_DOWN, 0, 1),
])  # fmt: skip
def test_b14_how_a_share_is_rounded_is_a_setting(rounding, of_five, of_fifteen):
    assert off(taken([5], held(share(10)), rounding=rounding)) == [of_five]
    assert off(taken([15], held(share(10)), rounding=rounding)) == [of_fifteen]


@pytest.mark.parametrize(("limits", "parts"), [
    ({"plans": frozenset({"p1"})}, [0, 100]),
    ({"items": frozenset({"i0"})}, [100, 0]),
    ({"plans": frozenset({"p1"}), "items": frozenset({"i0"})}, [100, 100]),  # either lets a line in
    ({"plans": frozenset({"elsewhere"})}, [0, 0]),
])  # fmt: skip
def test_a_coupon_limited_to_plans_or_items_takes_off_nothing_else(limits, parts):
    assert off(taken([1000, 1000], held(share(10, **limits)))) == parts


def test_a_full_line_leaves_its_part_to_the_others():
    """Shares of the original price: what a small line cannot take any more, the large one does."""
    offered = held(amount(400, "a", items=frozenset({"i0"})), share(50, "s"))
    outcome = taken([500, 500], offered, percent_base=PercentBase.ORIGINAL)
    assert off(outcome) == [500, 400]


def test_what_a_line_takes_in_two_rounds_stays_within_its_room():
    offered = held(
        amount(290, "a", items=frozenset({"i0"})),
        amount(180, "b", items=frozenset({"i1"})),
        share(33, "s"),
    )
    outcome = taken([300, 300, 300], offered, percent_base=PercentBase.ORIGINAL)
    assert off(outcome) == [300, 300, 167]


@pytest.mark.parametrize("idle", [
    Discount.given("later", share(10), NOW + DAY),
    Discount("spent", amount(100, uses=1), NOW - DAY, uses_left=1, left_micros=0),
    Discount("used up", share(10, uses=1), NOW - DAY, uses_left=0),
    Discount.given("elsewhere", share(10, items=frozenset({"other"})), NOW - DAY),
], ids=lambda discount: discount.discount_id)  # fmt: skip
def test_a_discount_that_takes_nothing_leaves_the_next_alone(idle):
    outcome = taken([1000], [idle, *held(share(10, "mine"))], order=CouponOrder.AS_GIVEN)
    assert [(use.discount_id, use.amount_micros) for use in outcome.uses] == [("mine", 100 * CENT)]


def test_an_amount_in_another_currency_takes_nothing():
    """B20."""
    yen = Coupon("yen", amount_micros=100 * JPY.step_micros, currency="JPY")
    outcome = taken([1000], held(yen))
    assert off(outcome) == [0]
    assert outcome.uses == ()


@pytest.mark.parametrize(("starts", "ends", "parts"), [
    (NOW, None, [100]),                       # from its first moment
    (NOW + DAY, None, [0]),
    (NOW - DAY, NOW + DAY, [100]),
    (NOW - DAY, NOW, [0]),                    # its end is no longer in it
])  # fmt: skip
def test_a_discount_counts_from_its_start_until_its_end(starts, ends, parts):
    assert off(taken([1000], [Discount.given("d", share(10), starts, ends_at=ends)])) == parts


def test_b43_a_coupon_of_n_invoices_counts_once_per_invoice():
    [discount] = held(share(10, uses=2))
    first = taken([1000, 1000, 1000], [discount]).uses[0]
    assert (first.uses_counted, first.after.uses_left) == (1, 1)
    second = taken([1000], [first.after]).uses[0]
    assert second.after.uses_left == 0
    assert taken([1000], [second.after]).uses == ()


@pytest.mark.parametrize(
    ("use_count", "left"), [(UseCount.WHEN_USED, 2), (UseCount.EVERY_INVOICE, 1)]
)
def test_whether_an_empty_invoice_uses_up_a_coupon_is_a_setting(use_count, left):
    [use] = taken([0], held(share(10, uses=2)), use_count=use_count).uses
    assert use.after.uses_left == left


def test_a_coupon_for_ever_never_ends():
    [use] = taken([1000], held(amount(100))).uses
    assert use.after == held(amount(100))[0]
    assert use.uses_counted == 0


def test_b44_what_is_left_of_an_amount_taken_once_carries_or_expires():
    [discount] = held(amount(1000, uses=1))
    carried = taken([300], [discount]).uses[0].after
    assert (carried.left_micros, carried.uses_left) == (700 * CENT, 1)
    assert off(taken([300], [carried])) == [300]
    last = taken([900], [carried]).uses[0]
    assert (last.amount_micros, last.after.uses_left, last.uses_counted) == (700 * CENT, 0, 1)
    assert off(taken([900], [last.after])) == [0]
    expired = taken([300], [discount], leftover=Leftover.EXPIRES).uses[0].after
    assert off(taken([300], [expired])) == [0]


def test_b44_a_voided_invoice_gives_back_what_it_used_of_a_coupon():
    for convention in (Leftover.CARRIES, Leftover.EXPIRES):
        for coupon in (amount(1000, uses=1), amount(1000, uses=3), share(10, uses=2), amount(1000)):
            [discount] = held(coupon)
            [use] = taken([300], [discount], leftover=convention).uses
            assert restored(use.after, use) == discount


def test_b44_an_older_invoice_can_be_voided_after_a_younger_one_was_billed():
    [discount] = held(amount(1000, uses=1))
    [first] = taken([300], [discount]).uses
    [second] = taken([900], [first.after]).uses
    after = restored(second.after, first)
    assert (after.left_micros, after.uses_left) == (300 * CENT, 1)
    assert off(taken([500], [after])) == [300]


def test_b44_what_is_given_back_is_never_more_than_was_given():
    for coupon in (amount(1000, uses=1), share(10, uses=2)):
        [discount] = held(coupon)
        [use] = taken([300], [discount]).uses
        assert restored(restored(use.after, use), use) == discount


def test_b44_uses_left_of_a_coupon_without_a_number_of_uses_are_given_back():
    """As an import brings it: for two invoices more."""
    discount = Discount("d", share(10), NOW, uses_left=2)
    [use] = taken([1000], [discount]).uses
    assert restored(use.after, use) == discount


def test_b44_a_voided_invoice_that_took_nothing_gives_nothing_back():
    [discount] = held(amount(1000, uses=1))
    [nothing] = taken([0], [discount]).uses
    [all_of_it] = taken([1000], [discount]).uses
    assert restored(all_of_it.after, nothing) == all_of_it.after


@pytest.mark.parametrize(("terms", "refusal"), [
    ({}, CouponNeedsOneKind),
    ({"percent_ppm": 1, "amount_micros": 1, "currency": "EUR"}, CouponNeedsOneKind),
    ({"percent_ppm": 0}, CouponNeedsOneKind),
    ({"percent_ppm": 1_000_001}, CouponNeedsOneKind),
    ({"percent_ppm": -1}, CouponNeedsOneKind),
    ({"amount_micros": 0, "currency": "EUR"}, CouponNeedsOneKind),
    ({"amount_micros": -1, "currency": "EUR"}, CouponNeedsOneKind),
    ({"amount_micros": 1}, CouponCurrencyMissing),
    ({"percent_ppm": 1, "uses": 0}, CouponUsesOutOfRange),
])  # fmt: skip
def test_a_coupon_that_makes_no_sense_is_refused(terms, refusal):
    with pytest.raises(refusal):
        Coupon("odd", **terms)


@pytest.mark.parametrize("ppm", [1, 1_000_000])
def test_a_share_goes_from_a_millionth_to_the_whole(ppm):
    assert Coupon("share", percent_ppm=ppm).is_percent


@given(lines_of, st.lists(coupons, max_size=4), conventions)
def test_b43_no_line_ever_falls_below_zero_and_parts_sum(lines, offered, convention):
    outcome = discount_lines(lines, held(*offered), currency=EUR, at=NOW, convention=convention)
    for line, taken_off in zip(lines, outcome.off, strict=True):
        assert 0 <= taken_off <= max(line.amount_micros, 0)
    assert all(sum(use.parts) == use.amount_micros for use in outcome.uses)
    by_line = zip(*(use.parts for use in outcome.uses), strict=True)
    assert not outcome.uses or tuple(map(sum, by_line)) == outcome.off
    assert outcome.total_micros == sum(outcome.off)


@given(lines_of, st.lists(coupons, max_size=4), conventions, st.randoms(use_true_random=False))
def test_shuffled_discounts_take_the_same(lines, offered, convention, random):
    """Except where the tenant wants the order in which they were given."""
    discounts = [Discount.given(str(i), c, NOW) for i, c in enumerate(offered)]
    shuffled = discounts[:]
    random.shuffle(shuffled)
    if convention.order is CouponOrder.AS_GIVEN:
        shuffled = discounts
    outcomes = [
        discount_lines(lines, some, currency=EUR, at=NOW, convention=convention)
        for some in (discounts, shuffled)
    ]
    assert outcomes[0] == outcomes[1]


@given(lines_of, coupons, conventions)
def test_voiding_restores_what_was_used(lines, coupon, convention):
    [discount] = held(coupon)
    outcome = discount_lines(lines, [discount], currency=EUR, at=NOW, convention=convention)
    for use in outcome.uses:
        assert restored(use.after, use) == discount
