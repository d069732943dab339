"""Which credit is the customer's own money, and what a pay-out of it moves."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import pyarrow as pa
import pytest

from trueup.billing.credits.model import NewCredit, PayOut, PayoutPart
from trueup.billing.credits.rules import (
    GIFT,
    UNTOLD,
    came_back,
    granted,
    paid_out,
    payout_parts,
    spendable,
    taken_back,
    why_no_money,
)
from trueup.billing.customers.model import Origin
from trueup.billing.discounts.model import CreditUse, SpendableCredit
from trueup.ledger.templates import CREDIT_PAID_OUT

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, FIRST, SECOND = UUID(int=2), UUID(int=11), UUID(int=12)
WANTED = PayOut(ANN, "EUR", "wire 7", AT)
USES = [CreditUse(str(FIRST), 300_000), CreditUse(str(SECOND), 20_000)]
ID, INSTANT = pa.binary(16), pa.timestamp("us", "UTC")


@pytest.mark.parametrize(("is_goodwill", "origin", "why"), [
    (True, Origin.NATIVE, GIFT),
    (True, Origin.IMPORTED, GIFT),
    (False, Origin.IMPORTED, UNTOLD),
    (False, Origin.NATIVE, None),          # paid too much, or given back by a document
])  # fmt: skip
def test_b19_b54_a_gift_is_no_money_and_neither_is_what_a_source_does_not_tell(
    is_goodwill, origin, why
):
    assert why_no_money(SimpleNamespace(is_goodwill=is_goodwill, origin=origin)) == why


@pytest.mark.parametrize("expires_at", [None, datetime(2027, 1, 1, tzinfo=UTC)])
def test_what_is_left_of_a_credit_can_be_spent_until_it_ends(expires_at):
    held = SimpleNamespace(
        credit_id=FIRST,
        original_micros=900_000,
        remaining_micros=300_000,
        currency="EUR",
        priority=4,
        granted_at=AT,
        expires_at=expires_at,
    )
    assert spendable(held) == SpendableCredit(str(FIRST), 300_000, "EUR", 4, AT, expires_at)


def test_a_pay_out_has_a_part_of_each_credit_and_the_same_ones_when_it_is_told_again():
    parts = payout_parts(WANTED, USES)
    assert [(part.credit_id, part.amount_micros) for part in parts] == [
        (FIRST, 300_000),
        (SECOND, 20_000),
    ]
    assert payout_parts(WANTED, USES) == parts
    other = payout_parts(PayOut(ANN, "EUR", "wire 8", AT), USES)
    assert len({part.credit_payout_id for part in (*parts, *other)}) == 4


def test_a_pay_out_moves_each_part_from_the_customers_credit_to_cash_at_its_time():
    parts = [PayoutPart(UUID(int=21), FIRST, 300_000), PayoutPart(UUID(int=22), SECOND, 20_000)]
    facts = paid_out(WANTED, parts)
    moved = {"customer_id": ANN.bytes, "currency": "EUR", "effective_at": AT}
    assert facts.template is CREDIT_PAID_OUT
    assert facts.rows.to_pylist() == [
        moved | {"entry_id": UUID(int=21).bytes, "amount_micros": 300_000},
        moved | {"entry_id": UUID(int=22).bytes, "amount_micros": 20_000},
    ]


def test_a_pay_out_that_came_back_moves_each_part_back_once():
    """Under identities of their own: told again, it is the same entry."""
    parts = [
        SimpleNamespace(
            credit_payout_id=UUID(int=20 + n), customer_id=ANN, currency="EUR", amount_micros=micros
        )
        for n, micros in ((1, 300_000), (2, 20_000))
    ]
    facts = came_back(parts, AT)
    assert facts.template is CREDIT_PAID_OUT
    moved = facts.rows.to_pylist()
    plain = {"customer_id": ANN.bytes, "currency": "EUR", "effective_at": AT}
    assert [{k: v for k, v in row.items() if k != "entry_id"} for row in moved] == [
        plain | {"amount_micros": -300_000},
        plain | {"amount_micros": -20_000},
    ]
    ids = {row["entry_id"] for row in moved}
    assert len(ids - {part.credit_payout_id.bytes for part in parts}) == 2
    assert {row["entry_id"] for row in came_back(parts, AT).rows.to_pylist()} == ids
    assert came_back([], AT).rows.schema == facts.rows.schema


def test_rows_of_credits_keep_their_types_where_nothing_is_said():
    """A batch of credits that never end, or a pay-out without parts, is of no other type."""
    assert granted(NewCredit(FIRST, ANN, "EUR", 900_000, AT)).schema == pa.schema(
        {
            "credit_id": ID,
            "customer_id": ID,
            "currency": pa.string(),
            "original_micros": pa.int64(),
            "remaining_micros": pa.int64(),
            "priority": pa.int16(),
            "granted_at": INSTANT,
            "reason": pa.string(),
            "expires_at": INSTANT,
        }
    )
    held = SimpleNamespace(credit_id=FIRST, customer_id=ANN, currency="EUR", remaining_micros=1)
    assert paid_out(WANTED, []).rows.schema == taken_back(held, AT).rows.schema
