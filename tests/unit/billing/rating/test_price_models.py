"""What each model asks for, in tables a finance person can check (B17, B21, B22, B24, B26)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from trueup.billing.calendar.model import Timing
from trueup.billing.rating.derivation import CapacityTier, Tier
from trueup.billing.rating.errors import (
    AllowanceNegative,
    ConversionNotDefined,
    EventsMissing,
    MinimumAboveMaximum,
    NoPriceFound,
    OpenTierMisplaced,
    QuantityBeyondTiers,
    QuantityNegative,
    SizeNotPositive,
    TierPricedTwice,
    TiersMissing,
    TiersNotAscending,
)
from trueup.billing.rating.model import (
    STANDARD,
    WHOLE,
    BlockPolicy,
    BlockPrice,
    BlockTier,
    CapacityPrice,
    Conversion,
    DynamicPrice,
    FlatPrice,
    GraduatedPrice,
    PackagePrice,
    PercentagePrice,
    Position,
    Price,
    RatingConvention,
    Settling,
    UnitPrice,
    Usage,
    VolumePrice,
)
from trueup.billing.rating.rules.exact import to_scale
from trueup.billing.rating.rules.execution import exact
from trueup.billing.rating.rules.rating import priced, rate
from trueup.kernel.currency import currency

D = Decimal
SINGLE, FIRST, MID, LAST = Position.SINGLE, Position.FIRST, Position.MID, Position.LAST
NOT_AT_ZERO = RatingConvention(first_tier_fee_at_zero=False)
EACH = RatingConvention(volume_settles=Settling.EACH, minimum_settles=Settling.EACH)
GOES_ON = RatingConvention(last_block_goes_on=True)

GRADUATED = GraduatedPrice(
    (Tier(D(10), D("1.5"), D(20)), Tier(D(20), D("0.5"), D(30)), Tier(None, D("0.001")))
)
VOLUME = VolumePrice((Tier(D(100), D(2), D(10)), Tier(D(200), D(1)), Tier(None, D("0.5"), D(50))))


def cost(model, quantity, usage=WHOLE, convention=STANDARD, **bounds) -> Decimal:
    """The exact cost, asserted to have at most nine decimals."""
    value = exact(priced(Price(model, **bounds), D(quantity), usage, convention))
    return to_scale(value, 9, "ROUND_HALF_UP").normalize()


def slice_of(position, prior="0", billed="0", **more) -> Usage:
    return Usage(position, prior_qty=D(prior), previously_billed=D(billed), **more)


@pytest.mark.parametrize(
    ("timing", "due_with"),
    [(Timing.IN_ADVANCE, {SINGLE, FIRST}), (Timing.IN_ARREARS, {SINGLE, LAST})],
)
@pytest.mark.parametrize("position", list(Position))
def test_a_flat_amount_is_due_once_in_a_period_of_several_slices(timing, due_with, position):
    due = cost(FlatPrice(D(100), timing), "1", Usage(position))
    assert due == (100 if position in due_with else 0)


@pytest.mark.parametrize(
    ("unit", "quantity", "charged"),
    [
        (
            "0.0000001",
            "12345678",
            1_230_000,
        ),  # B17: a price below a micro-unit, rounded at the total
        ("0.004", "1", 0),
        ("0.004", "2", 10_000),
        ("0.005", "1", 10_000),  # B14: half away from zero
        ("-0.005", "1", -10_000),
        ("1", "0.333", 330_000),
    ],
)
def test_a_unit_price_of_any_fineness_is_rounded_at_the_line_only(unit, quantity, charged):
    amount = rate(Price(UnitPrice(D(unit))), D(quantity), currency=currency("EUR"))
    assert amount.micros == charged
    assert amount.amount.micros == charged


@pytest.mark.parametrize(
    ("code", "charged"), [("JPY", 13_000_000), ("EUR", 12_500_000), ("KWD", 12_500_000)]
)
def test_an_amount_is_whole_steps_of_its_currency(code, charged):
    """B16, B17."""
    assert rate(Price(UnitPrice(D("2.5"))), D(5), currency=currency(code)).micros == charged


@pytest.mark.parametrize(
    ("quantity", "convention", "charged"),
    [
        ("0", STANDARD, "20"),  # B21: the first tier's fee at zero usage is explicit
        ("0", NOT_AT_ZERO, "0"),
        ("1", NOT_AT_ZERO, "21.5"),
        ("10", STANDARD, "35"),  # the upper end belongs to the tier
        ("10.5", STANDARD, "65.25"),  # just above it begins the next one
        ("11", STANDARD, "65.5"),
        ("20", STANDARD, "70"),
        ("25", STANDARD, "70.005"),
    ],
)
def test_graduated_tiers_begin_just_above_the_one_before(quantity, convention, charged):
    assert cost(GRADUATED, quantity, convention=convention) == D(charged)


@pytest.mark.parametrize(
    ("usage", "quantity", "convention", "charged"),
    [
        (slice_of(FIRST), "0", STANDARD, "20"),
        (slice_of(FIRST), "0", NOT_AT_ZERO, "0"),
        (slice_of(MID), "4", STANDARD, "6"),  # the fee came with the first slice
        (slice_of(MID), "4", NOT_AT_ZERO, "26"),  # the first use of the period
        (slice_of(MID, "4"), "6", STANDARD, "9"),
        (slice_of(MID, "10"), "0", STANDARD, "0"),  # nothing entered the second tier yet
        (slice_of(MID, "10"), "1", STANDARD, "30.5"),
        (slice_of(LAST, "11"), "1", STANDARD, "0.5"),  # B22: a tier's fee is billed once
        (slice_of(LAST, "9"), "16", STANDARD, "36.505"),
        (slice_of(MID, "12"), "-1", STANDARD, "-0.5"),  # what was used falls: given back (B23)
        (slice_of(MID, "12"), "-4", STANDARD, "-34"),
        (slice_of(MID, "4"), "-4", STANDARD, "-6"),  # the fee at zero stays
        (slice_of(MID, "4"), "-4", NOT_AT_ZERO, "-26"),
    ],
)
def test_graduated_slices_keep_their_cumulative_position(usage, quantity, convention, charged):
    """B22."""
    assert cost(GRADUATED, quantity, usage, convention) == D(charged)


def test_a_graduated_share_of_money_is_graduated_by_its_rate() -> None:
    model = GraduatedPrice(
        (Tier(D(100), flat=D(2), rate_percent=D(5)), Tier(None, rate_percent=D("0.5")))
    )
    assert cost(model, "150") == D("7.25")


@pytest.mark.parametrize(
    ("quantity", "charged"),
    [("0", "10"), ("100", "210"), ("100.5", "100.5"), ("200", "200"), ("201", "150.5")],
)
def test_volume_prices_all_units_at_the_tier_they_reach(quantity, charged):
    """B21: a decimal quantity between two whole ends belongs to the upper tier."""
    assert cost(VOLUME, quantity) == D(charged)


@pytest.mark.parametrize(
    ("usage", "quantity", "convention", "charged"),
    [
        (slice_of(FIRST), "50", STANDARD, "0"),
        (slice_of(MID, "50"), "50", STANDARD, "0"),
        (slice_of(LAST, "100"), "1", STANDARD, "101"),
        (slice_of(FIRST), "100", EACH, "210"),
        (slice_of(MID, "100", "210"), "1", EACH, "-109"),  # B23: a correction, not a price
        (slice_of(LAST, "101", "101"), "0", EACH, "0"),
        (slice_of(LAST), "0", NOT_AT_ZERO, "0"),
    ],
)
def test_volume_is_settled_by_the_last_slice_or_by_each(usage, quantity, convention, charged):
    assert cost(VOLUME, quantity, usage, convention) == D(charged)


def test_top_tier_blocks_are_settled_by_each_slice_like_volume() -> None:
    """B23."""
    model = BlockPrice(BLOCKS, BlockPolicy.TOP_TIER)
    assert cost(model, "2", slice_of(MID, "999", "29.5"), EACH) == D("-17.6")
    assert cost(BlockPrice(BLOCKS), "2", slice_of(MID, "999", "29.5"), EACH) == D("5.95")


def test_repricing_downwards_is_marked_as_a_correction_of_the_period() -> None:
    """B23: the caller writes it on the original period, never as a negative line of this one."""
    usage = slice_of(MID, "100", "210")
    fallen = rate(Price(VOLUME), D(1), currency=currency("EUR"), usage=usage, convention=EACH)
    assert fallen.micros == -109_000_000
    assert fallen.is_correction
    assert not rate(Price(VOLUME), D(1), currency=currency("EUR")).is_correction


@pytest.mark.parametrize(
    ("rounding", "quantity", "free", "prior", "charged"),
    [
        ("up", "0", "0", "0", "0"),
        ("up", "0.0000001", "0", "0", "15"),
        ("up", "10", "0", "0", "15"),
        ("up", "30.0000001", "0", "0", "60"),  # B24: 3.00000001 packages are four
        ("up", "30", "0", "0", "45"),  # and 30 / 10 are three, not 3.0000000000000004
        ("up", "0.3", "0", "0", "15"),
        ("up", "121", "10", "0", "180"),
        ("up", "10", "10", "0", "0"),
        ("up", "5", "0", "7", "15"),  # the second package is begun here
        ("up", "3", "0", "7", "0"),  # within the package begun before
        ("up", "8", "10", "7", "15"),
        ("up", "-5", "0", "12", "-15"),
        ("down", "19", "0", "0", "15"),
        ("half_up", "14", "0", "0", "15"),
        ("half_up", "15", "0", "0", "30"),
        ("none", "15", "0", "0", "22.5"),
        ("none", "15", "5", "0", "15"),
    ],
)
def test_packages_are_counted_on_exact_decimals(rounding, quantity, free, prior, charged):
    model = PackagePrice(D(15), D(10), D(free))
    convention = RatingConvention(package_rounding=rounding)
    assert cost(model, quantity, slice_of(MID, prior), convention) == D(charged)


EVENTS = ("50", "100", "250", "400")


@pytest.mark.parametrize(
    ("model", "events", "charged"),
    [
        (PercentagePrice(D("1.3")), EVENTS, "10.4"),
        (PercentagePrice(D("1.3"), D(2)), EVENTS, "18.4"),
        (PercentagePrice(D("1.3"), D(2), 3, D(250)), EVENTS, "11.15"),  # the amount ends first
        (PercentagePrice(D("1.3"), D(2), 2, D(250)), EVENTS, "12.45"),  # the events end first
        (PercentagePrice(D("1.3"), D(2), 3), EVENTS, "7.2"),
        (PercentagePrice(D("1.3"), D(2), 9), EVENTS, "0"),
        (PercentagePrice(D("1.3"), D(2), 0, D(250)), EVENTS, "11.15"),
        (PercentagePrice(D("1.3"), free_amount=D(900)), EVENTS, "0"),
        (PercentagePrice(D(1), D(5), 3, D(15)), ("10", "10", "10"), "10.15"),
        (PercentagePrice(D(1), D(5), 0, D(10)), ("10",), "5"),  # no free amount is left after it
        (PercentagePrice(D(1), D(1), per_event_min=D("1.75"), per_event_max=D(12)), ("100", "1000", "10000"), "25"),
        (PercentagePrice(D(1), per_event_min=D(2)), ("100", "100", "300"), "7"),
        (PercentagePrice(D(1), per_event_max=D(2)), ("100", "100", "300"), "4"),
        (PercentagePrice(D(1), D(1), 2, per_event_min=D(2)), ("500", "100", "100"), "2"),
        (PercentagePrice(D(1), D(1), 0, D(150), per_event_max=D(9)), ("100", "100", "100"), "3.5"),
        (PercentagePrice(D(1), D(1), 1, D(150), per_event_max=D(9)), ("100", "100", "100"), "3.5"),
        (PercentagePrice(D(1), D(1), 2, D(100), per_event_max=D(9)), ("100", "100"), "3"),
    ],
)  # fmt: skip
def test_percentages_are_computed_event_by_event(model, events, charged):
    """B26."""
    amounts = tuple(D(event) for event in events)
    assert cost(model, str(sum(amounts)), Usage(events=amounts)) == D(charged)


def test_a_free_amount_can_end_with_the_free_events_by_convention() -> None:
    model = PercentagePrice(D(1), D(1), 1, D(150), per_event_max=D(9))
    ends = RatingConvention(free_amount_outlasts_events=False)
    events = Usage(events=(D(100), D(100), D(100)))
    assert cost(model, "300", events, ends) == 4
    later = Usage(MID, prior_qty=D(100), prior_events=1, events=(D(100),))
    assert cost(model, "100", later, ends) == 2
    assert cost(model, "100", later) == D("1.5")


def test_allowances_are_used_up_across_the_slices_of_a_period() -> None:
    model = PercentagePrice(D(1), D(5), 3, D(25))
    first = Usage(FIRST, events=(D(10), D(10)))
    second = Usage(LAST, prior_qty=D(20), prior_events=2, events=(D(10), D(10)))
    assert cost(model, "20", first) == 0
    assert cost(model, "20", second) == D("10.15")


def test_a_price_by_events_is_never_guessed_from_their_sum() -> None:
    """B26."""
    for model in (
        PercentagePrice(D(1), D(1)),
        PercentagePrice(D(1), free_events=1),
        PercentagePrice(D(1), per_event_max=D(1)),
    ):
        with pytest.raises(EventsMissing):
            cost(model, "10")
        assert cost(model, "0") == 0
    assert cost(PercentagePrice(D(1), free_amount=D(4)), "10") == D("0.06")


BLOCKS = (BlockTier(D(100), D("2.95"), D(10)), BlockTier(D(1000), D("5.95"), D(2)))
OPEN_BLOCKS = (BlockTier(D(100), D(10), D(10)), BlockTier(D(100), D(1)))


@pytest.mark.parametrize(
    ("policy", "tiers", "quantity", "convention", "charged"),
    [
        (BlockPolicy.ALL_TIERS, BLOCKS, "0", STANDARD, "0"),
        (BlockPolicy.ALL_TIERS, BLOCKS, "199", STANDARD, "5.9"),
        (BlockPolicy.ALL_TIERS, BLOCKS, "1000", STANDARD, "29.5"),
        (BlockPolicy.ALL_TIERS, BLOCKS, "1001", STANDARD, "35.45"),
        (BlockPolicy.ALL_TIERS, BLOCKS, "3000", STANDARD, "41.4"),
        (BlockPolicy.ALL_TIERS, BLOCKS, "3001", GOES_ON, "47.35"),
        (BlockPolicy.TOP_TIER, BLOCKS, "1000", STANDARD, "29.5"),
        (BlockPolicy.TOP_TIER, BLOCKS, "1001", STANDARD, "11.9"),
        (BlockPolicy.TOP_TIER, BLOCKS, "3001", GOES_ON, "23.8"),
        (BlockPolicy.TOP_TIER, OPEN_BLOCKS, "2000", STANDARD, "20"),
    ],
)
def test_blocks_fill_tier_after_tier_or_all_cost_as_the_top_one(
    policy, tiers, quantity, convention, charged
):
    assert cost(BlockPrice(tiers, policy), quantity, convention=convention) == D(charged)


@pytest.mark.parametrize("policy", list(BlockPolicy))
def test_blocks_that_end_have_no_price_beyond(policy):
    """B25: an unknown price stops the invoice instead of charging nothing."""
    with pytest.raises(QuantityBeyondTiers) as refused:
        cost(BlockPrice(BLOCKS, policy), "3001")
    assert refused.value.fields["largest"] == 3000


def test_blocks_of_a_slice_are_those_it_begins() -> None:
    model = BlockPrice(BLOCKS)
    assert cost(model, "150", slice_of(MID, "950")) == D("5.95")  # within a block, then a new one
    assert cost(model, "1", slice_of(MID, "950")) == 0
    assert cost(model, "-51", slice_of(MID, "1001")) == D("-5.95")  # both tiers are looked at
    assert cost(BlockPrice(BLOCKS, BlockPolicy.TOP_TIER), "1", slice_of(MID, "999")) == 0
    assert cost(BlockPrice(BLOCKS, BlockPolicy.TOP_TIER), "2", slice_of(LAST, "999")) == D("11.9")


CAPACITY = CapacityPrice(
    (
        CapacityTier(D(1), {"members": D(10), "bandwidth": D(100)}),
        CapacityTier(D(5), {"members": D(50), "bandwidth": D(500)}),
    )
)


@pytest.mark.parametrize(
    ("members", "bandwidth", "charged"),
    [("10", "100", 1), ("10", "101", 5), ("11", "1", 5), ("50", "500", 5)],
)
def test_capacity_is_the_first_tier_into_which_every_meter_fits(members, bandwidth, charged):
    quantities = {"members": D(members), "bandwidth": D(bandwidth)}
    assert cost(CAPACITY, "0", Usage(quantities=quantities)) == charged
    assert cost(CAPACITY, "0", Usage(MID, quantities=quantities)) == 0


def test_a_capacity_above_all_tiers_has_no_price() -> None:
    """B25."""
    with pytest.raises(NoPriceFound):
        cost(CAPACITY, "0", Usage(quantities={"members": D(51)}))
    unlimited = CapacityPrice((*CAPACITY.tiers, CapacityTier(D(10))))
    assert cost(unlimited, "0", Usage(quantities={"members": D(51)})) == 10


def test_a_dynamic_price_passes_an_amount_on_with_a_margin() -> None:
    assert cost(DynamicPrice(D("1.33333")), "10") == D("13.3333")


@pytest.mark.parametrize(
    ("usage", "quantity", "charged"),
    [
        (slice_of(SINGLE), "10", "50"),
        (slice_of(SINGLE), "1", "30"),  # the minimum
        (slice_of(SINGLE), "100", "100"),  # the maximum
        (slice_of(FIRST), "1", "5"),  # the minimum is settled at the end
        (slice_of(MID, "18", "90"), "10", "10"),
        (slice_of(MID, "30", "100"), "10", "0"),
        (slice_of(MID, "30", "120"), "10", "0"),  # what is above already is not given back
        (slice_of(LAST, "1", "5"), "1", "25"),
        (slice_of(LAST, "6", "30"), "0", "0"),
        (slice_of(LAST, "6", "40"), "0", "0"),
        (slice_of(SINGLE, discount_percent=D(20)), "10", "40"),
        (slice_of(SINGLE, discount_percent=D(20)), "30", "100"),  # the discount before the maximum
        (slice_of(SINGLE, discount_percent=D(50)), "10", "30"),
    ],
)
def test_spend_is_bounded_over_the_whole_period(usage, quantity, charged):
    bounds = {"min_spend": D(30), "max_spend": D(100)}
    assert cost(UnitPrice(D(5)), quantity, usage, **bounds) == D(charged)


def test_a_minimum_can_be_settled_with_each_slice() -> None:
    assert cost(UnitPrice(D(5)), "1", slice_of(FIRST), EACH, min_spend=D(30)) == 30
    assert cost(UnitPrice(D(5)), "6", slice_of(LAST, "1", "30"), EACH, min_spend=D(30)) == 30


def test_a_minimum_alone_and_a_maximum_alone_leave_the_other_side_open() -> None:
    assert cost(UnitPrice(D(5)), "100", min_spend=D(30)) == 500
    assert cost(UnitPrice(D(5)), "0", max_spend=D(30)) == 0


@pytest.mark.parametrize(
    ("conversion", "usage", "quantity", "charged"),
    [
        (Conversion(D(1024), "ceiling"), slice_of(SINGLE), "1025", "3"),
        (Conversion(D(1024), "floor"), slice_of(SINGLE), "2047", "1.5"),
        (Conversion(D(1000), "half_up", 1), slice_of(SINGLE), "1250", "1.95"),
        (Conversion(D(3)), slice_of(SINGLE), "1", "0.5"),  # no third is lost without a rounding
        (Conversion(D(1024), "ceiling"), slice_of(MID, "1"), "1", "1.5"),  # each slice by itself
    ],
)
def test_metered_units_become_units_of_the_price(conversion, usage, quantity, charged):
    assert cost(UnitPrice(D("1.5")), quantity, usage, conversion=conversion) == D(charged)


def test_tiers_are_walked_in_converted_units() -> None:
    thirds = Conversion(D(3))
    assert cost(GRADUATED, "36", conversion=thirds) == D("66")  # 12 units
    assert cost(GRADUATED, "37", conversion=thirds) == D("66.166666667")
    assert cost(GRADUATED, "6", slice_of(MID, "30"), conversion=thirds) == 31
    assert cost(VOLUME, "301", conversion=thirds) == D("100.333333333")
    assert cost(VOLUME, "300", conversion=thirds) == 210
    assert cost(VOLUME, "1", slice_of(LAST, "300"), conversion=thirds) == D("100.333333333")
    assert cost(VOLUME, "1", slice_of(MID, "300"), conversion=thirds) == 0
    assert cost(GRADUATED, "-6", slice_of(MID, "36"), conversion=thirds) == -31
    begun = Conversion(D(1000), "ceiling")
    assert cost(VOLUME, "99001", slice_of(LAST, "500"), conversion=begun) == 101  # 100 + 1 units


@pytest.mark.parametrize("model", [UnitPrice(D(1)), GRADUATED, VOLUME, PackagePrice(D(1), D(1))])
def test_more_taken_back_than_was_used_is_refused(model):
    with pytest.raises(QuantityNegative) as refused:
        cost(model, "-6", slice_of(MID, "5"))
    assert refused.value.fields["quantity"] == -1


@pytest.mark.parametrize(
    ("build", "refusal"),
    [
        (lambda: GraduatedPrice(()), TiersMissing),
        (lambda: VolumePrice(()), TiersMissing),
        (lambda: BlockPrice(()), TiersMissing),
        (lambda: CapacityPrice(()), TiersMissing),
        (lambda: GraduatedPrice((Tier(D(10)),)), OpenTierMisplaced),  # no open tier
        (lambda: GraduatedPrice((Tier(None), Tier(D(10)))), OpenTierMisplaced),
        (lambda: VolumePrice((Tier(None), Tier(None))), OpenTierMisplaced),
        (lambda: BlockPrice((BlockTier(D(1), D(1)), BlockTier(D(1), D(1)))), OpenTierMisplaced),
        (lambda: GraduatedPrice((Tier(D(10)), Tier(D(10)), Tier(None))), TiersNotAscending),
        (lambda: GraduatedPrice((Tier(D(10)), Tier(D(5)), Tier(None))), TiersNotAscending),
        (lambda: VolumePrice((Tier(D(0)), Tier(None))), TiersNotAscending),
        (lambda: VolumePrice((Tier(None, D(1), rate_percent=D(1)),)), TierPricedTwice),
        (lambda: PackagePrice(D(1), D(0)), SizeNotPositive),
        (lambda: PackagePrice(D(1), D(-1)), SizeNotPositive),
        (lambda: PackagePrice(D(1), D(1), D(-1)), AllowanceNegative),
        (lambda: BlockPrice((BlockTier(D(0), D(1)),)), SizeNotPositive),
        (lambda: BlockPrice((BlockTier(D(1), D(1), D(0)),)), SizeNotPositive),
        (lambda: CapacityPrice((CapacityTier(D(1), {"m": D(-1)}),)), AllowanceNegative),
        (lambda: PercentagePrice(D(1), free_events=-1), AllowanceNegative),
        (lambda: PercentagePrice(D(1), free_amount=D(-1)), AllowanceNegative),
        (
            lambda: PercentagePrice(D(1), per_event_min=D(2), per_event_max=D(1)),
            MinimumAboveMaximum,
        ),
        (lambda: Price(UnitPrice(D(1)), D(2), D(1)), MinimumAboveMaximum),
        (lambda: Price(UnitPrice(D(1)), conversion=Conversion(D(0))), SizeNotPositive),
        (lambda: Price(FlatPrice(D(1)), conversion=Conversion(D(1))), ConversionNotDefined),
    ],
)
def test_a_price_that_could_be_read_in_two_ways_is_refused_when_it_is_defined(build, refusal):
    with pytest.raises(refusal) as refused:
        build()
    assert refused.value.fix


def test_bounds_may_be_equal_and_sizes_any_positive_number() -> None:
    assert cost(UnitPrice(D(1)), "1", min_spend=D(3), max_spend=D(3)) == 3
    assert cost(PackagePrice(D(1), D("0.1")), "1") == 10
