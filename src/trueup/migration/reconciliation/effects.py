"""Adding up what breaks move, currency by currency."""

from __future__ import annotations

from dataclasses import replace

from trueup.migration.reconciliation.model import Break, MoneyEffect


class Effects:
    """Every amount is added, also of breaks beyond the samples."""

    def __init__(self) -> None:
        self._found: dict[str, MoneyEffect] = {}

    def add(self, currency: str | None, amount_micros: int | None) -> None:
        if currency is None or not amount_micros:
            return
        so_far = self._found.get(currency, MoneyEffect(currency))
        self._found[currency] = replace(
            so_far,
            gross_micros=so_far.gross_micros + abs(amount_micros),
            net_micros=so_far.net_micros + amount_micros,
            largest_micros=max(so_far.largest_micros, abs(amount_micros)),
            up=so_far.up + (amount_micros > 0),
            down=so_far.down + (amount_micros < 0),
        )

    def add_break(self, found: Break) -> None:
        self.add(found.currency, found.amount_micros)

    def of(self, currency: str) -> MoneyEffect:
        return self._found.get(currency, MoneyEffect(currency))

    def all(self) -> tuple[MoneyEffect, ...]:
        return tuple(self._found[currency] for currency in sorted(self._found))
