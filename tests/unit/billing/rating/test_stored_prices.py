"""What imports wrote stays readable, and every price that can be defined can be stored."""

from __future__ import annotations

from decimal import Decimal

import pytest

from trueup.billing.calendar.model import Timing
from trueup.billing.rating.derivation import CapacityTier, Tier
from trueup.billing.rating.errors import MatrixTie, OpenTierMisplaced, UnreadablePrice
from trueup.billing.rating.model import (
    BlockPolicy,
    BlockPrice,
    BlockTier,
    CapacityPrice,
    Cell,
    Conversion,
    DynamicPrice,
    FlatPrice,
    GraduatedPrice,
    MatrixPrice,
    PackagePrice,
    PercentagePrice,
    Price,
    UnitPrice,
    VolumePrice,
)
from trueup.billing.rating.rules.storage import dump_price, parse_price

D = Decimal
TIERS = (Tier(D(100), D("0.02"), D(1)), Tier(None, D("0.0125")))
STORED_TIERS = (
    '[{"up_to":"100","unit_amount_micros":20000,"flat_amount_micros":1000000},'
    '{"up_to":null,"unit_amount_micros":12500,"flat_amount_micros":0}]'
)


@pytest.mark.parametrize(
    ("columns", "price"),
    [
        (("flat", 9_990_000, None), Price(FlatPrice(D("9.99")))),
        (("per_unit", 1_250, None), Price(UnitPrice(D("0.00125")))),
        (("graduated", None, STORED_TIERS), Price(GraduatedPrice(TIERS))),
        (("volume", None, STORED_TIERS), Price(VolumePrice(TIERS))),
        (
            (
                "package",
                None,
                '[{"up_to":"1000","unit_amount_micros":0,"flat_amount_micros":15000000}]',
            ),
            Price(PackagePrice(D(15), D(1000))),
        ),
    ],
)
def test_what_imports_write_is_read_and_written_the_same(columns, price):
    assert parse_price(*columns) == price
    assert tuple(dump_price(price)) == columns


def test_ends_of_tiers_are_read_as_numbers_too() -> None:
    tiers = '[{"up_to": 100.5, "unit_amount_micros": 1}, {"up_to": null}]'
    price = parse_price("graduated", None, tiers)
    assert price == Price(GraduatedPrice((Tier(D("100.5"), D("0.000001")), Tier(None))))


MATRIX = MatrixPrice(
    ("tier",), (Cell(UnitPrice(D(1)), {"tier": ("gold", "silver")}), Cell(GraduatedPrice(TIERS)))
)


@pytest.mark.parametrize(
    "price",
    [
        Price(FlatPrice(D(5), Timing.IN_ARREARS)),
        Price(UnitPrice(D("0.0000001"))),  # B17: finer than a micro-unit
        Price(UnitPrice(D(1)), D(10), D(20), Conversion(D(1024), "ceiling", 2)),
        Price(GraduatedPrice((Tier(None, flat=D(1), rate_percent=D("1.5")),))),
        Price(GraduatedPrice((Tier(D(1), D("0.0000001")), Tier(None)))),
        Price(VolumePrice((Tier(D(1), flat=D("0.0000001")), Tier(None)))),
        Price(VolumePrice(TIERS), min_spend=D(10)),
        Price(VolumePrice(TIERS), max_spend=D(10)),
        Price(PackagePrice(D(15), D(10), D(5))),
        Price(PercentagePrice(D("1.3"), D(2), 3, D(250), D(1), D(9))),
        Price(
            BlockPrice(
                (BlockTier(D(100), D("2.95"), D(10)), BlockTier(D(1000), D("5.95"))),
                BlockPolicy.TOP_TIER,
            )
        ),
        Price(CapacityPrice((CapacityTier(D(1), {"members": D(10)}), CapacityTier(D(5))))),
        Price(DynamicPrice(D("1.33333"))),
        Price(MATRIX),
    ],
)
def test_a_price_comes_back_from_storage_as_it_was(price):
    stored = dump_price(price)
    assert stored.unit_amount_micros is None
    assert stored.tiers is not None
    assert stored.tiers.startswith("{")
    assert parse_price(*stored) == price


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (("flat", None, None), "neither an amount nor tiers"),
        (("graduated", 5, None), "it needs tiers"),
        (("flat", None, STORED_TIERS), "which it does not use"),
        (("package", None, STORED_TIERS), "a package is one tier"),
        (("package", None, '[{"up_to":null,"flat_amount_micros":1}]'), "a package is one tier"),
        (("package", None, '[{"up_to":"1","unit_amount_micros":1}]'), "a package is one tier"),
        (("graduated", None, '[{"up_to":null,"discount":1}]'), "discount"),
        (("graduated", None, "[{"), ""),
        (("graduated", None, '[{"up_to":null,"unit_amount_micros":1.5}]'), "int"),
        (
            ("volume", None, '{"model":{"model":"per_unit","unit":"1"}}'),
            "terms are those of 'per_unit'",
        ),
        (("magic", None, '{"model":{"model":"magic"}}'), "magic"),
        (("per_unit", None, '{"model":{"model":"per_unit","unit":"1","cap":"2"}}'), "cap"),
    ],
)
def test_a_stored_price_that_is_not_understood_is_refused_not_guessed(columns, why):
    with pytest.raises(UnreadablePrice) as refused:
        parse_price(*columns)
    assert why in refused.value.fields["why"]
    assert refused.value.fields["model"] == columns[0]


def test_a_stored_price_keeps_the_rules_of_its_model() -> None:
    with pytest.raises(OpenTierMisplaced):
        parse_price("graduated", None, '[{"up_to":"10","unit_amount_micros":1}]')
    tie = '{"model":{"model":"matrix","dimensions":[],"cells":[%s,%s]}}'
    cell = '{"price":{"model":"per_unit","unit":"1"}}'
    with pytest.raises(MatrixTie):
        parse_price("matrix", None, tie % (cell, cell))
