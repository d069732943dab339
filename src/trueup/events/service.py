"""Facts leave through here, in the transaction that makes them true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.events.model import FACT

if TYPE_CHECKING:
    import pyarrow as pa

    from trueup.db import Tx


def publish(tx: Tx, facts: pa.Table) -> int:
    """Put `facts`, as `FACT` lists them, into the outbox, and count them.

    event_id: follows from the fact.  Raises ConstraintBroken for one that is there already.
    """
    return tx.insert(FACT.table, FACT.complete(facts))
