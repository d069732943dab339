from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from trueup.billing.fx.model import FxRate
from trueup.db import load_queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from trueup.db import Tx

Q: Final = load_queries(__package__)


def add_rates(tx: Tx, rates: Sequence[FxRate]) -> int:
    """Put rates on file, and count the new ones."""
    rows = pa.table(
        {
            "fx_rate_id": pa.array([r.fx_rate_id.bytes for r in rates], pa.binary(16)),
            "base": [r.base for r in rates],
            "quote": [r.quote for r in rates],
            "rate": [f"{r.rate:f}" for r in rates],
            "source": [r.source for r in rates],
            "effective_at": pa.array([r.effective_at for r in rates], pa.timestamp("us", "UTC")),
        }
    )
    tx.stage("new_fx_rates", rows, like="billing.fx_rate")
    return tx.execute(Q.add_rates)


def conflicts(tx: Tx) -> list[Any]:
    """What is on file otherwise than the rates just added say."""
    return tx.many(Q.conflicts)


def rates_of(tx: Tx, codes: Iterable[str]) -> list[FxRate]:
    return [_rate_of(row) for row in tx.many(Q.rates_of, codes=sorted(codes))]


def find_rate(tx: Tx, fx_rate_id: UUID) -> FxRate:
    return _rate_of(tx.one(Q.rate, id=fx_rate_id))


def _rate_of(row: Any) -> FxRate:
    rate = row.rate.normalize()  # the column's scale says nothing
    return FxRate(row.fx_rate_id, row.base, row.quote, rate, row.source, row.effective_at)


def listed(tx: Tx, base: str | None, quote: str | None, limit: int) -> list[Any]:
    return tx.many(Q.listed, base=base, quote=quote, limit=limit)
