"""Kind `rating`: one price applied to one slice of a period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.model import Timing
from trueup.billing.rating.model import FlatPrice, Position, Price, Usage
from trueup.billing.rating.rules.exact import EXACT, to_scale
from trueup.billing.rating.rules.execution import exact
from trueup.billing.rating.rules.rating import priced
from trueup.billing.simulation.prices import number, rated_price

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.billing.dialect.model import Dialect

CENTS: Final = 2
UNROUNDED: Final = frozenset({"lago-model"})
"""Conventions whose figures are those before rounding."""
UNROUNDED_SCALE: Final = 12


def rating(case: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """The total of the slice in main units.  Raises NotExpressible and the refusals of `rating`."""
    given = case["input"]
    usage = Usage(
        position=Position(given.get("position", "single")),
        prior_qty=number(given.get("prior_qty", 0)),
        previously_billed=number(given.get("previously_billed", 0)),
        discount_percent=number(given.get("discount_percent", 0)),
    )
    node = priced(_price(given), number(given.get("qty", 0)), usage, dialect.rating)
    scale = UNROUNDED_SCALE if case.get("convention") in UNROUNDED else CENTS
    total = to_scale(exact(node), scale, dialect.rounding)
    return {"total": f"{total.normalize(EXACT):f}", "lines": []}


def _price(given: Mapping[str, Any]) -> Price:
    price = rated_price(given)
    if isinstance(price.model, FlatPrice):
        timing = Timing(given.get("term", Timing.IN_ADVANCE))
        return Price(FlatPrice(price.model.amount, timing), price.min_spend, price.max_spend)
    return price
