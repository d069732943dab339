"""What credits and payments made here move, to the micro-unit."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import pytest

from trueup.billing.credits.model import NewCredit
from trueup.billing.credits.rules import granted, granted_credits, taken_back
from trueup.billing.payments.model import Received
from trueup.billing.payments.rules import recorded_payment
from trueup.kernel.ids import derived_id
from trueup.ledger.templates import CREDIT_GRANTED, PAYMENT_RECORDED

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)
ANN, ID = UUID(int=2), UUID(int=1)
CREDIT = NewCredit(ID, ANN, "EUR", 5_000_000, AT, "sorry", 3, LATER)


def test_a_credit_begins_with_nothing_of_it_spent():
    assert granted(CREDIT).to_pylist() == [
        {
            "credit_id": ID.bytes,
            "customer_id": ANN.bytes,
            "currency": "EUR",
            "original_micros": 5_000_000,
            "remaining_micros": 5_000_000,
            "priority": 3,
            "granted_at": AT,
            "reason": "sorry",
            "expires_at": LATER,
        }
    ]


def test_a_credit_granted_moves_all_of_it_when_it_was_granted():
    facts = granted_credits(granted(CREDIT))
    assert facts.template is CREDIT_GRANTED
    assert facts.rows.to_pylist() == [
        {
            "customer_id": ANN.bytes,
            "currency": "EUR",
            "entry_id": ID.bytes,
            "effective_at": AT,
            "amount_micros": 5_000_000,
        }
    ]


def test_a_credit_taken_back_moves_what_is_left_the_other_way():
    held = SimpleNamespace(
        credit_id=ID, customer_id=ANN, currency="EUR", remaining_micros=1_200_000
    )
    facts = taken_back(held, LATER)
    assert facts.template is CREDIT_GRANTED
    assert facts.rows.to_pylist() == [
        {
            "entry_id": derived_id(ID, "taken_back").bytes,
            "customer_id": ANN.bytes,
            "currency": "EUR",
            "effective_at": LATER,
            "amount_micros": -1_200_000,
        }
    ]


@pytest.mark.parametrize(
    ("allocated", "on_account"), [(10_000_000, 0), (7_500_000, 2_500_000), (0, 10_000_000)]
)
def test_what_a_payment_is_more_than_due_is_on_account(allocated, on_account):
    received = Received(
        payment_id=ID, invoice_id=UUID(int=3), amount_micros=10_000_000, at=AT, key="k"
    )
    invoice = SimpleNamespace(customer_id=ANN, currency="EUR")
    facts = recorded_payment(received, invoice, allocated)
    assert facts.template is PAYMENT_RECORDED
    assert facts.rows.to_pylist() == [
        {
            "entry_id": ID.bytes,
            "customer_id": ANN.bytes,
            "currency": "EUR",
            "effective_at": AT,
            "allocated_micros": allocated,
            "on_account_micros": on_account,
        }
    ]
