"""The most precise cell wins, ties are refused when the price is defined, no cell is loud (B25)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from trueup.billing.drafting.telling import voice
from trueup.billing.rating.derivation import Unit
from trueup.billing.rating.errors import MatrixDimensionUnknown, MatrixTie, NoPriceFound
from trueup.billing.rating.model import (
    Cell,
    MatrixPrice,
    Position,
    Price,
    RatingConvention,
    Settling,
    Tier,
    UnitPrice,
    Usage,
    VolumePrice,
)
from trueup.billing.rating.rules.rating import priced, rate
from trueup.billing.rating.rules.wording import explain
from trueup.kernel.currency import currency

D = Decimal
EUR = currency("EUR")
DIMENSIONS = ("tier", "operator", "region")


def cell(price: int, **match: str) -> Cell:
    return Cell(
        UnitPrice(D(price)), {name: tuple(values.split()) for name, values in match.items()}
    )


def matrix(*cells: Cell) -> Price:
    return Price(MatrixPrice(DIMENSIONS, cells))


def charged(price: Price, **dimensions: str) -> int:
    """Main units for one unit."""
    return rate(price, D(1), currency=EUR, usage=Usage(dimensions=dimensions)).micros // 1_000_000


TELECOM = matrix(
    cell(9),
    cell(8, tier="gold"),
    cell(7, tier="silver", operator="mtn airtel"),
    cell(6, tier="gold", operator="mtn"),
    cell(5, tier="gold", operator="mtn", region="north"),
)


@pytest.mark.parametrize(
    ("dimensions", "price"),
    [
        ({}, 9),
        ({"tier": "bronze"}, 9),
        ({"tier": "gold"}, 8),
        ({"tier": "gold", "operator": "airtel"}, 8),
        ({"tier": "silver", "operator": "airtel"}, 7),
        ({"tier": "silver", "operator": "glo"}, 9),
        ({"tier": "gold", "operator": "mtn"}, 6),
        ({"tier": "gold", "operator": "mtn", "region": "south"}, 6),
        ({"tier": "gold", "operator": "mtn", "region": "north"}, 5),
        ({"tier": "gold", "colour": "red"}, 8),  # a dimension that the matrix does not have
    ],
)
def test_the_cell_that_names_most_dimensions_wins(dimensions, price):
    assert charged(TELECOM, **dimensions) == price


def test_an_event_without_a_price_is_refused_by_name() -> None:
    """B25: a line at zero would be silence."""
    price = matrix(cell(6, tier="gold", operator="mtn"))
    with pytest.raises(NoPriceFound) as refused:
        charged(price, tier="gold", operator="glo", colour="red")
    assert refused.value.fields == {"dimensions": {"tier": "gold", "operator": "glo"}}
    assert refused.value.sentence == "There is no price for operator = glo, tier = gold."
    with pytest.raises(NoPriceFound) as refused:
        charged(price)
    assert refused.value.sentence == "There is no price for an event without dimensions."


@pytest.mark.parametrize(
    ("cells", "tie"),
    [
        ((cell(1), cell(2)), {}),
        ((cell(1, tier="gold"), cell(2, tier="silver gold")), {"tier": "gold"}),
        ((cell(1, tier="gold"), cell(2, operator="mtn")), {"tier": "gold", "operator": "mtn"}),
        (
            (cell(1, tier="gold", operator="mtn"), cell(2, tier="gold", region="north")),
            {"tier": "gold", "operator": "mtn", "region": "north"},
        ),
        (
            (
                cell(1, tier="gold"),
                cell(2, operator="mtn glo"),
                cell(3, tier="gold", operator="mtn"),
            ),
            {"tier": "gold", "operator": "glo"},  # only one of the two crossings is decided
        ),
    ],
)
def test_two_cells_of_equal_precision_for_one_event_are_refused(cells, tie):
    with pytest.raises(MatrixTie) as refused:
        matrix(*cells)
    assert refused.value.fields == {"dimensions": tie}


@pytest.mark.parametrize(
    "cells",
    [
        (cell(1, tier="gold"), cell(2, operator="mtn"), cell(3, tier="gold", operator="mtn")),
        (
            cell(1, tier="gold", operator="mtn"),
            cell(2, tier="silver", region="north"),
        ),  # never both
        (cell(1, tier="gold"), cell(2, tier="silver")),
    ],
)
def test_a_tie_that_no_event_can_meet_or_a_finer_cell_decides_is_none(cells):
    assert matrix(*cells)


def test_a_cell_cannot_ask_for_a_dimension_the_matrix_has_not() -> None:
    with pytest.raises(MatrixDimensionUnknown) as refused:
        matrix(cell(1, colour="red"))
    assert refused.value.fields == {"dimension": "colour", "known": DIMENSIONS}


def test_a_cell_prices_by_any_model_under_the_rules_of_slices() -> None:
    price = matrix(Cell(VolumePrice((Tier(None, D(2), D(5)),)), {"tier": ("gold",)}))
    usage = Usage(Position.LAST, prior_qty=D(10), dimensions={"tier": "gold"})
    found = rate(price, D(1), currency=EUR, usage=usage)
    assert found.micros == 27_000_000
    assert (
        explain(found.derivation, voice("en-GB", EUR))
        == "11\xa0×\xa0€2.00 (above 0) + €5.00 as a fee (above 0) (price for tier gold) = €27.00"
    )


def test_a_volume_cell_is_settled_by_each_slice_as_a_volume_price_is() -> None:
    """B23."""
    price = matrix(Cell(VolumePrice((Tier(D(10), D(2)), Tier(None, D(1))))))
    each = RatingConvention(volume_settles=Settling.EACH)
    usage = Usage(Position.MID, prior_qty=D(10), previously_billed=D(20))
    assert rate(price, D(1), currency=EUR, usage=usage, convention=each).micros == -9_000_000
    assert priced(matrix(cell(3)), D(1), usage, each).x == Unit(D(3), D(1))


def test_a_matrix_of_thousands_of_cells_is_looked_up_not_searched() -> None:
    cells = tuple(cell(n, tier=f"t{n % 50}", operator=f"o{n}") for n in range(5000))
    assert charged(matrix(*cells), tier="t7", operator="o4957") == 4957
