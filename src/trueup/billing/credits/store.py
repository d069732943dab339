from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.billing.credits.model import CREDIT_APPLICATION
from trueup.db import load_queries

if TYPE_CHECKING:
    from uuid import UUID

    import pyarrow as pa

    from trueup.db import Tx

Q = load_queries(__package__)


def applications_with_owner(tx: Tx, applications: pa.Table) -> pa.Table:
    """`applications` as facts, each with the customer and the currency of its credit."""
    tx.stage("imported_credit_applications", applications, like=CREDIT_APPLICATION.table)
    return tx.fetch_arrow(Q.applications_with_owner)


def held(tx: Tx, credit_id: UUID) -> Any:
    """The credit, held until the transaction ends, or None."""
    return tx.maybe(Q.held, credit_id=credit_id)


def take_back(tx: Tx, credit_id: UUID) -> None:
    tx.execute(Q.take_back, credit_id=credit_id)


def listed(tx: Tx, customer_id: UUID | None, limit: int) -> list[Any]:
    return tx.many(Q.listed, customer_id=customer_id, limit=limit)
