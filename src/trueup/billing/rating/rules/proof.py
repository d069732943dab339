"""Whether a line that was stored comes to the same cent when it is computed again (B13)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP
from typing import TYPE_CHECKING

from trueup.billing.rating.rules.execution import read_derivation
from trueup.billing.rating.rules.rating import rated

if TYPE_CHECKING:
    from trueup.billing.rating.derivation import Node
    from trueup.kernel.currency import Currency


@dataclass(frozen=True, slots=True)
class Proof:
    """What a stored derivation comes to today, beside what was billed; micro-units."""

    derivation: Node
    billed_micros: int
    computed_micros: int

    @property
    def holds(self) -> bool:
        return self.billed_micros == self.computed_micros


def proof_of(
    body: bytes | str, billed_micros: int, currency: Currency, rounding: str = ROUND_HALF_UP
) -> Proof:
    """`body`, a derivation's JSON, executed and rounded once.

    rounding: the mode of `decimal` that the line's dialect names.
    Raises UnreadableDerivation, NoPriceFound, QuantityBeyondTiers.
    """
    derivation = read_derivation(body)
    return Proof(derivation, billed_micros, rated(derivation, currency, rounding).micros)
