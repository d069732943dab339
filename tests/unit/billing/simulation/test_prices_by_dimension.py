"""A price may depend on what its events say of themselves: a matrix, or filters (B25)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.billing.simulation.played import plan, simulated, subscribe, used

if TYPE_CHECKING:
    from trueup.billing.simulation.service import Outcome

SENT = (
    ({"tier": "gold", "operator": "north"}, "100"),
    ({"tier": "gold", "operator": "south"}, "10"),
    ({"tier": "basic", "operator": "north"}, "7"),
)


def messages(charge: dict[str, Any]) -> Outcome:
    """A month of messages of account tiers over operators."""
    plans = {"A": plan("0", billing="in_arrears", charges=[{"metric": "messages"} | charge])}
    events = [
        subscribe("2024-01-01", "A", anchor="calendar"),
        *[used("2024-01-10", "messages", qty, dimensions=of) for of, qty in SENT],
    ]
    return simulated("trueup", plans, events, "2024-02-01")


def billed(charge: dict[str, Any]) -> list[str]:
    outcome = messages(charge)
    assert outcome.result is not None, outcome.why
    lines = [line for invoice in outcome.result["invoices"] for line in invoice["lines"]]
    return [line["amount"] for line in lines if line["kind"] == "usage"]


@pytest.mark.parametrize("word", ["cells", "filters"])
@pytest.mark.parametrize("match", ["values", "match", "dimensions", "when", None])
def test_a_matrix_is_account_tiers_by_operators(word: str, match: str | None) -> None:
    """100 at 0.02, 10 at 0.03 and 7 at 0.05."""
    cells = [
        ({"tier": ["gold"], "operator": ["north"]}, "0.02"),
        ({"tier": "gold", "operator": ["south"]}, "0.03"),
        ({"tier": "basic", "operator": ["north", "south"]}, "0.05"),
    ]
    listed = [{**({match: of} if match else of), "price": price} for of, price in cells]
    assert billed({"model": "matrix", word: listed}) == ["2.65"]


def test_a_matrix_has_a_price_for_the_rest() -> None:
    cells = [{"when": {"operator": "south"}, "price": "1.00"}]
    assert billed({"model": "matrix", "price": "0.50", "cells": cells}) == ["63.50"]


def test_a_cell_may_have_a_model_of_its_own() -> None:
    tiers = [{"up_to": "50", "unit": "1.00"}, {"up_to": None, "unit": "0.10"}]
    cells = [
        {"values": {"tier": "gold", "operator": "north"}, "model": "graduated", "tiers": tiers},
        {"values": {}, "price": "0"},
    ]
    assert billed({"model": "matrix", "cells": cells}) == ["55.00"]


@pytest.mark.parametrize("asked", ["north", ["north"]])
def test_filters_of_dimensions_alone_say_which_events_a_charge_is_for(asked: Any) -> None:
    charge = {"model": "unit", "price": "0.50", "filters": {"operator": asked}}
    assert billed(charge) == ["53.50"]


def test_an_event_without_a_price_stops_the_bill() -> None:
    cells = [{"values": {"operator": "north"}, "price": "1.00"}]
    assert "There is no price for operator = south" in (
        messages({"model": "matrix", "cells": cells}).why or ""
    )


def test_a_matrix_without_cells_says_so() -> None:
    why = messages({"model": "matrix", "price": "1.00"}).why
    assert why is not None
    assert why.startswith("a price 'matrix' cannot be simulated: it has no `cells`.")
