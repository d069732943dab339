"""What programs read of a case: names, order and spelling of the fields of a result."""

from __future__ import annotations

from tests.unit.billing.simulation.played import event, plan, simulated, subscribe, used

PLANS = {
    "P": plan(
        "31",
        billing="in_arrears",
        tax_percent="19.0",
        charges=[{"metric": "m", "model": "unit", "price": "2"}],
        usage_thresholds=[{"amount": "10"}],
    )
}


def test_documents_have_all_fields_in_one_order_and_money_as_text() -> None:
    events = [
        subscribe("2024-04-01", "P", anchor="calendar"),
        used("2024-04-10", "m", "6"),
        event("2024-05-02", "credit_note", invoice="2024-05-01", net="1.00"),
    ]
    result = simulated("lago-day", PLANS, events, "2024-05-02").result
    assert result is not None
    assert list(result) == ["invoices", "credit_notes", "account_credit", "account_balance"]
    crossed, closing = result["invoices"]
    sums = ["subtotal", "discount", "tax", "credit_applied", "total"]
    assert list(crossed) == ["at", "lines", *sums, "kind", "usage_period"]
    assert list(closing) == ["at", "lines", *sums]
    assert (crossed["kind"], crossed["usage_period"]) == ("threshold", ["2024-04-01", "2024-05-01"])
    assert [closing[name] for name in sums] == ["43.00", "0.00", "5.89", "12.00", "36.89"]
    fee = next(line for line in closing["lines"] if line["kind"] == "recurring")
    assert list(fee) == ["kind", "plan", "from", "to", "amount", "basis", "tax", "tax_percent"]
    assert (fee["amount"], fee["tax_percent"]) == ("31.00", "19")
    (note,) = result["credit_notes"]
    assert list(note) == ["at", "against", "lines", "subtotal", "tax", "total", "refund", "credit", "offset"]  # fmt: skip
    assert [note[n] for n in ("subtotal", "tax", "total")] == ["1.00", "0.19", "1.19"]
