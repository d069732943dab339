"""Documents of a case: whole steps of the currency, and totals that are the sum of their lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.unit.billing.simulation.played import event, plan, simulated, subscribe


@pytest.mark.parametrize(
    ("currency", "amount", "line"),
    [
        ("EUR", "10.005", "10.01"),  # half away from zero
        ("JPY", "99.5", "100"),
        ("KWD", "530.9241", "530.924"),
    ],
)
def test_an_item_finer_than_money_is_rounded_on_its_line(
    currency: str, amount: str, line: str
) -> None:
    """B14, B16."""
    ordered = event("2024-01-01", "one_off_invoice", items=[{"code": "a", "amount": amount}])
    result = simulated("plain", {}, [ordered], "2024-01-02", currency=currency).result
    assert result is not None
    (invoice,) = result["invoices"]
    assert [invoice["lines"][0]["amount"], invoice["total"]] == [line, line]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("credit", {}),
        ("coupon", {}),
        ("payment", {"invoice": "2024-01-01"}),
        ("refund", {"invoice": "2024-01-01"}),
        ("adjust_line", {"invoice": "2024-01-01"}),
    ],
)
def test_money_finer_than_its_currency_is_refused(kind: str, more: dict[str, Any]) -> None:
    """B16: there is no half yen to pay."""
    events = [subscribe("2024-01-01", "p"), event("2024-01-02", kind, amount="0.5", **more)]
    outcome = simulated("plain", {"p": plan("100")}, events, "2024-02-01", currency="JPY")
    assert outcome.result is None
    assert "not a whole number of its currency's smallest unit" in str(outcome.why)


def test_an_adjusted_invoice_is_the_sum_of_its_lines() -> None:
    events = [
        subscribe("2024-01-01", "p"),
        event("2024-01-02", "adjust_line", invoice="2024-01-01", amount="30.00"),
    ]
    result = simulated("kb-day", {"p": plan("100.00")}, events, "2024-01-31").result
    assert result is not None
    (invoice,) = result["invoices"]
    amounts = [Decimal(line["amount"]) for line in invoice["lines"]]
    assert amounts == [Decimal(100), Decimal(-30), Decimal(30)]
    assert (invoice["subtotal"], invoice["total"]) == ("70.00", "100.00")
