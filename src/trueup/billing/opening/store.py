from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from trueup.db import load_queries
from trueup.ledger.model import Facts
from trueup.ledger.templates import (
    IMPORTED_CREDIT_ADJUSTMENT,
    IMPORTED_SETTLEMENT,
    IMPORTED_SETTLEMENT_BY_OTHER,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trueup.db import Row, Tx

Q = load_queries(__package__)

BATCH_ROWS: Final = 20_000  # some megabytes: bounded, however many gaps a source has
QUERIES: Final = (
    (IMPORTED_SETTLEMENT_BY_OTHER, Q.settlements_by_other),
    (IMPORTED_SETTLEMENT, Q.settlement_gaps),
    (IMPORTED_CREDIT_ADJUSTMENT, Q.credit_shrinkage),
)


def openings(tx: Tx) -> Iterator[Facts]:
    """What the imported rows leave to be posted, in batches; none where the source was exact."""
    tx.one(Q.plan_for_many)
    for template, query in QUERIES:
        for rows in tx.stream(query, batch_rows=BATCH_ROWS):
            yield Facts(template, _to_table(rows))


def _to_table(rows: Sequence[Row]) -> pa.Table:
    columns = dict(zip(rows[0]._fields, zip(*rows, strict=True), strict=True))
    return pa.table({name: pa.array(values) for name, values in columns.items()})
