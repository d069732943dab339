"""What taxes ask of the outside: a registry of VAT numbers, and whoever knows the rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from trueup.billing.taxes.model import Supply, Treatment, VatNumber
    from trueup.kernel.clock import Instant


@dataclass(frozen=True, slots=True)
class RegistryAnswer:
    """What a registry says of a number.  is_valid: None where it did not answer.

    reference: its proof of having been asked, such as VIES's consultation number.
    """

    is_valid: bool | None
    answered_at: Instant
    reference: str | None = None


class NumberRegistry(Protocol):
    """A register of VAT numbers, such as VIES.

    Never raises for a registry that is away, slow or overloaded: its answer is None (B46).
    """

    def look_up(self, number: VatNumber, *, requester: VatNumber | None) -> RegistryAnswer:
        """What the register says of `number`; asked in the name of `requester` there is a proof."""
        ...


class TaxProvider(Protocol):
    """Whoever knows what tax a supply bears: our tables, or a tax service with local rates.

    Never raises for a service that is away: the treatment is pending, so its invoice waits (B46).
    Of the same supply it says the same, however often it is asked.
    """

    def treat(self, supply: Supply) -> Treatment:
        """Raises UnknownTaxCategory."""
        ...
