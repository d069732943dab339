"""The ledger says what billing says: receivables, customer credit, and debits equal to credits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.migration.reconciliation.effects import Effects
from trueup.migration.reconciliation.model import Break, BreakType, Check, Verdict
from trueup.migration.reconciliation.reading import SAMPLES_MAX
from trueup.migration.reconciliation.target import Q

if TYPE_CHECKING:
    from trueup.db import Query
    from trueup.migration.reconciliation.target import Target

TIES: Final = {
    "receivable": Q.ledger_receivable,
    "customer_credit": Q.ledger_customer_credit,
    "trial_balance": Q.ledger_trial_balance,
}


def check_ledger(target: Target) -> list[Check]:
    """Each tie by customer and currency, or by currency for the trial balance."""
    return [_tie(target, name, query) for name, query in TIES.items()]


def _tie(target: Target, name: str, query: Query) -> Check:
    effects = Effects()
    samples: list[Break] = []
    rows = target.many(query)
    for row in rows:
        found = Break(
            BreakType.LEDGER,
            name,
            row.customer_id,
            "balance_micros",
            str(row.expected_micros),
            str(row.booked_micros),
            row.booked_micros - row.expected_micros,
            row.currency,
        )
        effects.add_break(found)
        if len(samples) < SAMPLES_MAX:
            samples.append(found)
    verdict = Verdict.FAIL if rows else Verdict.PASS
    return Check("ledger", name, verdict, len(rows), tuple(samples), effects.all())
