"""Which imported credits and applications moved money. Pure, a column at a time."""

from __future__ import annotations

import pyarrow as pa

from trueup.ledger.model import Facts
from trueup.ledger.templates import IMPORTED_CREDIT, IMPORTED_CREDIT_APPLICATION


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
