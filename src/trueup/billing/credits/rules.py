"""Which credits, applications and pay-outs move money, and which credit is money. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pyarrow as pa

from trueup.billing.credits.model import PayoutPart
from trueup.billing.customers.model import Origin
from trueup.billing.discounts.model import SpendableCredit
from trueup.kernel.ids import derived_id
from trueup.ledger.model import Facts
from trueup.ledger.templates import (
    CREDIT_GRANTED,
    CREDIT_PAID_OUT,
    IMPORTED_CREDIT,
    IMPORTED_CREDIT_APPLICATION,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.billing.credits.model import NewCredit, PayOut
    from trueup.billing.discounts.model import CreditUse
    from trueup.kernel.clock import Instant

GIFT: Final = "was given out of goodwill and is no money of the customer's"
UNTOLD: Final = "came from another system, which does not say that it is the customer's money"
FACTS: Final = pa.schema(
    {
        "entry_id": pa.binary(16),
        "customer_id": pa.binary(16),
        "currency": pa.string(),
        "effective_at": pa.timestamp("us", "UTC"),
        "amount_micros": pa.int64(),
    }
)


def granted(credit: NewCredit) -> pa.Table:
    """A credit with nothing of it spent, as a row."""
    instant, amount = pa.timestamp("us", "UTC"), [credit.amount_micros]
    return pa.table(
        {
            "credit_id": pa.array([credit.credit_id.bytes], pa.binary(16)),
            "customer_id": pa.array([credit.customer_id.bytes], pa.binary(16)),
            "currency": pa.array([credit.currency], pa.string()),
            "original_micros": pa.array(amount, pa.int64()),
            "remaining_micros": pa.array(amount, pa.int64()),
            "priority": pa.array([credit.priority], pa.int16()),
            "granted_at": pa.array([credit.granted_at], instant),
            "reason": pa.array([credit.reason], pa.string()),
            "expires_at": pa.array([credit.expires_at], instant),
        }
    )


def taken_back(held: Any, at: Instant) -> Facts:
    """What is left of a credit, given back to revenue."""
    fact = {
        "entry_id": derived_id(held.credit_id, "taken_back").bytes,
        "customer_id": held.customer_id.bytes,
        "currency": held.currency,
        "effective_at": at,
        "amount_micros": -held.remaining_micros,
    }
    return Facts(CREDIT_GRANTED, pa.Table.from_pylist([fact], schema=FACTS))


def why_no_money(credit: Any) -> str | None:
    """Why a credit cannot be paid out; None where it is the customer's own money.

    That is what was paid too much, or given back by a document of ours (B19, B54).
    """
    if credit.is_goodwill:
        return GIFT
    return UNTOLD if credit.origin == Origin.IMPORTED else None


def spendable(credit: Any) -> SpendableCredit:
    return SpendableCredit(
        str(credit.credit_id),
        credit.remaining_micros,
        credit.currency,
        credit.priority,
        credit.granted_at,
        credit.expires_at,
    )


def payout_parts(wanted: PayOut, uses: Sequence[CreditUse]) -> list[PayoutPart]:
    """The parts of a pay-out, by its reference: the same pay-out has the same parts."""
    return [
        PayoutPart(
            derived_id(UUID(use.credit_id), "payout", wanted.reference),
            UUID(use.credit_id),
            use.amount_micros,
        )
        for use in uses
    ]


def paid_out(wanted: PayOut, parts: Sequence[PayoutPart]) -> Facts:
    """What a pay-out moves: of the customer's credit, out of cash."""
    facts = [
        {
            "entry_id": part.credit_payout_id.bytes,
            "customer_id": wanted.customer_id.bytes,
            "currency": wanted.currency,
            "effective_at": wanted.at,
            "amount_micros": part.amount_micros,
        }
        for part in parts
    ]
    return Facts(CREDIT_PAID_OUT, pa.Table.from_pylist(facts, schema=FACTS))


def came_back(parts: Sequence[Any], at: Instant) -> Facts:
    """What a pay-out that is undone moves back: of cash, to the customer's credit."""
    facts = [
        {
            "entry_id": derived_id(part.credit_payout_id, "undone").bytes,
            "customer_id": part.customer_id.bytes,
            "currency": part.currency,
            "effective_at": at,
            "amount_micros": -part.amount_micros,
        }
        for part in parts
    ]
    return Facts(CREDIT_PAID_OUT, pa.Table.from_pylist(facts, schema=FACTS))


def granted_credits(rows: pa.Table) -> Facts:
    """What credits of ours gave, in full."""
    facts = rows.select(["customer_id", "currency"])
    facts = facts.append_column("entry_id", rows.column("credit_id"))
    facts = facts.append_column("effective_at", rows.column("granted_at"))
    return Facts(
        CREDIT_GRANTED, facts.append_column("amount_micros", rows.column("original_micros"))
    )


def imported_credits(rows: pa.Table) -> Facts:
    """What each credit granted, in full: applications and shrinkage take it down afterwards."""
    facts = pa.table(
        {
            "entry_id": rows.column("credit_id"),
            "customer_id": rows.column("customer_id"),
            "currency": rows.column("currency"),
            "effective_at": rows.column("granted_at"),
            "original_micros": rows.column("original_micros"),
        }
    )
    return Facts(IMPORTED_CREDIT, facts)


def imported_applications(facts: pa.Table) -> Facts:
    """What each application spent.  facts: with customer and currency of the credit."""
    return Facts(IMPORTED_CREDIT_APPLICATION, facts)
