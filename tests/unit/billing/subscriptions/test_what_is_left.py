"""What is left with a customer who is closed, as a person is told it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from trueup.billing.subscriptions.rules.closing import left_told


@pytest.mark.parametrize(("left", "told"), [
    ([("subscription", None, 1, 0)], "1 subscription that is not over"),
    ([("subscription", None, 3, 0)], "3 subscriptions that are not over"),
    ([("open", "EUR", 2, 58_000_000)], "2 open invoices (58.00 EUR due)"),
    ([("draft", "JPY", 1, 7_000_000)], "1 draft (7 JPY to be issued)"),
    ([("pending_item", "EUR", 1, 500_000)], "1 pending item (0.50 EUR to be billed)"),
    ([("open", "EUR", 1, 1_000_000), ("credit", "EUR", 1, 5_000_000)],
     "1 open invoice (1.00 EUR due) and 1 credit (5.00 EUR left)"),
    ([("subscription", None, 1, 0), ("open", "USD", 2, 1_000_000), ("credit", "EUR", 2, 5_000_000)],
     "1 subscription that is not over, 2 open invoices (1.00 USD due) and 2 credits (5.00 EUR left)"),
])  # fmt: skip
def test_what_is_left_is_counted_by_kind_with_its_amount(left, told):
    names = ("kind", "currency", "count", "micros")
    rows = [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in left]
    assert left_told(rows) == told
