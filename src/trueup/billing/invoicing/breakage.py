"""Credit that ended unspent, posted once what was due by then is billed (B19, B42, B59).

What is left of a credit stays on it: a bill of a day before its end may spend it still, and a void
invoice may give it back.  So a run posts by how much the books differ from what is left, and the
next run follows what has changed since (ADR 0110).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

import pyarrow as pa

from trueup.billing.invoicing.rules.noting import FACTS, ID, MICROS
from trueup.db import load_queries
from trueup.kernel.ids import derived_id
from trueup.ledger import service as ledger
from trueup.ledger.model import Facts
from trueup.ledger.templates import CREDIT_ENDED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from trueup.db import Tx
    from trueup.kernel.clock import Instant

Q = load_queries(__package__, "breakage.sql")

CHUNK: Final = 1000
"""Credits that are looked at in one transaction."""
BREAKAGE: Final = pa.schema(
    {"credit_breakage_id": ID, "credit_id": ID, "bill_run_id": ID, "amount_micros": MICROS}
)
POSTED: Final = pa.schema(FACTS | {"amount_micros": MICROS})


class Place(NamedTuple):
    """A credit in the order in which they end."""

    at: Instant
    credit_id: UUID


FIRST: Final = Place(datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


class Ended(NamedTuple):
    """credits: how many were posted.  place: the last one; None: there are no more."""

    credits: int
    place: Place | None


def post_ended(tx: Tx, run_id: UUID, at: Instant, after: Place = FIRST) -> Ended:
    """Post what is left of a chunk of credits that ended by `at`, each as of its end.

    A run looks at each credit once, in order.
    """
    rows = tx.many(Q.claim_ended, at=at, after_at=after.at, after_id=after.credit_id, limit=CHUNK)
    if not rows:
        return Ended(0, None)
    tx.stage("new_credit_breakage", _breakage(rows, run_id), like="billing.credit_breakage")
    tx.execute(Q.keep_breakage)
    tx.execute(Q.break_credits)
    ledger.post(tx, Facts(CREDIT_ENDED, _facts(rows, run_id)))
    return Ended(len(rows), Place(rows[-1].expires_at, rows[-1].credit_id))


def _name(credit_id: UUID, run_id: UUID) -> bytes:
    return derived_id(credit_id, "ended", str(run_id)).bytes


def _breakage(rows: Sequence[Any], run_id: UUID) -> pa.Table:
    made = [
        {
            "credit_breakage_id": _name(row.credit_id, run_id),
            "credit_id": row.credit_id.bytes,
            "bill_run_id": run_id.bytes,
            "amount_micros": row.amount_micros,
        }
        for row in rows
    ]
    return pa.Table.from_pylist(made, schema=BREAKAGE)


def _facts(rows: Sequence[Any], run_id: UUID) -> pa.Table:
    made = [
        {
            "entry_id": _name(row.credit_id, run_id),
            "customer_id": row.customer_id.bytes,
            "currency": row.currency,
            "effective_at": row.effective_at,
            "amount_micros": row.amount_micros,
        }
        for row in rows
    ]
    return pa.Table.from_pylist(made, schema=POSTED)
