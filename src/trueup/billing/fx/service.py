"""Rates of exchange on file: added, never changed, read by whoever tells an amount twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.billing.fx import store
from trueup.billing.fx.errors import FxRateConflict
from trueup.billing.fx.rules import Rates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from trueup.billing.fx.model import FxRate
    from trueup.db import Tx


def add_rates(tx: Tx, rates: Sequence[FxRate]) -> int:
    """Put rates on file, all or none, and count those that were not; the same told again is known.

    Raises FxRateConflict where another rate is on file for the same currencies and instant.
    """
    if not rates:
        return 0
    added = store.add_rates(tx, rates)
    if found := store.conflicts(tx):
        raise FxRateConflict(rates=[_told(row) for row in found])
    return added


def rates_of(tx: Tx, codes: Iterable[str]) -> Rates:
    """All rates to or from the currencies of `codes`; one query, none for no currency."""
    wanted = set(codes)
    return Rates(store.rates_of(tx, wanted) if wanted else ())


def get_rate(tx: Tx, fx_rate_id: UUID) -> FxRate:
    """The rate that something on file refers to."""
    return store.find_rate(tx, fx_rate_id)


def listed(tx: Tx, base: str | None, quote: str | None, limit: int) -> list[Any]:
    """Rates for people, the newest first."""
    return store.listed(tx, base, quote, limit)


def _told(row: Any) -> str:
    on = f"{row.effective_at:%Y-%m-%d %H:%M} UTC"
    return f"1 {row.base} = {row.rate.normalize():f} {row.quote} ({row.source}, {on})"
