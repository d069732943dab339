from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.customers.model import CUSTOMER
from trueup.db import load_queries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    import pyarrow as pa

    from trueup.db import Tx

Q = load_queries(__package__)


def link_parents(tx: Tx, links: pa.Table) -> int:
    """Give imported customers their parents; counts those that now have the given one."""
    tx.stage("customer_links", links, like=CUSTOMER.table)
    return tx.execute(Q.link_parents)


def hold_authority(tx: Tx, epochs: Mapping[UUID, int]) -> set[UUID]:
    """Those of the customers in `epochs` that may be billed under their epoch, now locked."""
    rows = tx.many(Q.hold_authority, customers=list(epochs), epochs=list(epochs.values()))
    return {row.customer_id for row in rows}
