"""How prices that look at more than a quantity are asked, and what part of a billed line is given."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.unit.billing.drafting.books import Books
from tests.unit.billing.subscriptions.contracts import FIRSTS, charge, contract, day

from trueup.billing.calendar.model import Proration
from trueup.billing.dialect.model import Dialect
from trueup.billing.drafting.model import BilledLine, DraftLine, LineKind
from trueup.billing.drafting.rules.amounts import flat, share_of_billed
from trueup.billing.drafting.telling import voice
from trueup.billing.rating.derivation import CapacityTier
from trueup.billing.rating.model import (
    CapacityPrice,
    Cell,
    MatrixPrice,
    PercentagePrice,
    Price,
    UnitPrice,
)
from trueup.billing.rating.rules.execution import exact
from trueup.billing.rating.rules.wording import explain
from trueup.billing.subscriptions.cycle import Reach
from trueup.billing.subscriptions.terms import ChargeKind
from trueup.kernel.currency import currency

CENT = 10_000


def used(price: Price, *usage: tuple[str, str, dict[str, str]]) -> list[str]:
    """What January costs at `price`, billed on 1 February."""
    metered = replace(charge("calls", kind=ChargeKind.USAGE, meter="calls"), price=price, is_prorated=False)  # fmt: skip
    books = Books(contract(metered))
    for on, quantity, dimensions in usage:
        books.use(on, quantity, dimensions=dimensions)
    return [said.rpartition(" ")[2] for said in books.run("02-01")]


def test_a_share_is_taken_of_each_event_by_itself() -> None:
    """B26: one per cent of each and at least 0.30: 0.30 and 2.00, not 2.10 of the sum."""
    price = Price(PercentagePrice(rate_percent=Decimal(1), per_event_min=Decimal("0.3")))
    assert used(price, ("01-05", "10", {}), ("01-06", "200", {})) == ["2.30"]


def test_a_capacity_nobody_used_costs_nothing() -> None:
    """The smallest tier is for whoever uses anything at all."""
    tiers = (
        CapacityTier(limits={"calls": Decimal(100)}, price=Decimal(5)),
        CapacityTier(limits={}, price=Decimal(9)),
    )
    price = Price(CapacityPrice(tiers=tiers))
    assert used(price, ("01-05", "1", {})) == ["5.00"]
    assert used(price, ("01-05", "101", {})) == ["9.00"]
    assert used(price) == []


def line(span: tuple[str, str] | None, full: tuple[str, str] | None, cents: int) -> BilledLine:
    reaches = [part and Reach(*map(day, part)) for part in (span, full)]
    made = DraftLine("k", LineKind.RECURRING, None, None, None, None, *reaches, flat(0), cents * CENT)  # fmt: skip
    return BilledLine(made, "i", cents * CENT)


@pytest.mark.parametrize(("what", "span", "full", "unused", "unit", "part"), [
    ("half of it", ("01-01", "01-11"), ("01-01", "02-01"), ("01-06", "01-11"), Proration.DAY, Fraction(1, 2)),
    ("all of it", ("01-01", "02-01"), ("01-01", "02-01"), ("01-01", "02-01"), Proration.DAY, Fraction(1)),
    ("of no time: all", None, None, ("01-06", "01-11"), Proration.DAY, Fraction(1)),
    ("of no period: all", ("01-01", "01-11"), None, ("01-06", "01-11"), Proration.DAY, Fraction(1)),
    ("of a day that weighs nothing", ("01-31", "02-01"), ("01-01", "02-01"), ("01-31", "02-01"), Proration.FIXED_30_DAYS, Fraction(0)),
])  # fmt: skip
def test_what_is_given_back_is_a_part_of_what_was_billed(
    what, span, full, unused, unit, part
) -> None:
    """B31: by the time the line was for; in months of 30 days the 31st is for nothing."""
    node = share_of_billed(line(span, full, 900), FIRSTS, Reach(*map(day, unused)), Dialect(proration=unit))  # fmt: skip
    assert Fraction(*map(Fraction, exact(node))) == 9 * part, what


@pytest.mark.parametrize(("span", "unused", "unit", "said"), [
    (("01-10", "02-01"), ("01-13", "02-01"), Proration.DAY, "19 of 22 days (13 – 31 Jan 2024) of €22.00"),
    (("01-10", "02-01"), ("01-13", "02-01"), Proration.FIXED_30_DAYS, "18 of 21 days (13 – 31 Jan 2024) of €22.00"),
    (("01-10", "02-01"), ("01-13", "02-01"), Proration.ACTUAL_360, "19 of 22 days (13 – 31 Jan 2024) of €22.00"),
])  # fmt: skip
def test_what_is_given_back_is_told_in_the_days_it_was_counted_in(span, unused, unit, said) -> None:
    node = share_of_billed(line(span, ("01-01", "02-01"), 2200), FIRSTS, Reach(*map(day, unused)), Dialect(proration=unit))  # fmt: skip
    told = explain(node, voice("en-GB", currency("EUR")))
    assert re.sub("[\u2009\u2013 ]+", " ", told) == re.sub("[\u2009\u2013 ]+", " ", said)


def test_each_combination_is_priced_as_the_matrix_says() -> None:
    """B25: what names no region, or one without a price of its own, costs the same everywhere."""
    cells = (
        Cell(UnitPrice(Decimal(1))),
        Cell(UnitPrice(Decimal(3)), {"region": ("eu",)}),
    )
    price = Price(MatrixPrice(("region",), cells))
    here, there = {"region": "eu"}, {"region": "us"}
    assert used(price, ("01-05", "2", here), ("01-06", "4", {})) == ["10.00"]
    assert used(price, ("01-05", "2", here), ("01-06", "5", there), ("01-07", "1", here)) == ["14.00"]  # fmt: skip
    assert used(price) == []
