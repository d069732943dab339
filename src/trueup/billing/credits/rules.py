"""Which credits and applications moved money. Pure, a column at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from trueup.kernel.ids import derived_id
from trueup.ledger.model import Facts
from trueup.ledger.templates import CREDIT_GRANTED, IMPORTED_CREDIT, IMPORTED_CREDIT_APPLICATION

if TYPE_CHECKING:
    from trueup.billing.credits.model import NewCredit
    from trueup.kernel.clock import Instant


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
    schema = {
        "entry_id": pa.binary(16),
        "customer_id": pa.binary(16),
        "currency": pa.string(),
        "effective_at": pa.timestamp("us", "UTC"),
        "amount_micros": pa.int64(),
    }
    return Facts(CREDIT_GRANTED, pa.Table.from_pylist([fact], schema=pa.schema(schema)))


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
