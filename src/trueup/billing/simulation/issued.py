"""Documents of a simulation, as they were issued."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trueup.billing.drafting.model import DraftCreditNote, DraftInvoice
    from trueup.billing.subscriptions.cycle import Point


@dataclass(frozen=True, slots=True)
class Issued:
    """An invoice as issued.  at: as the case says it; kind: what made it, where not the cycle."""

    key: str
    at: str
    point: Point
    draft: DraftInvoice
    kind: str | None = None
    adjusted_micros: int = 0

    @property
    def total_micros(self) -> int:
        return self.draft.total_micros - self.adjusted_micros


@dataclass(frozen=True, slots=True)
class Noted:
    """A credit note as issued.  refund: paid out; offset: taken off what its invoice is owed."""

    at: str
    note: DraftCreditNote
    refund_micros: int = 0
    offset_micros: int = 0

    @property
    def credit_micros(self) -> int:
        return self.note.total_micros - self.refund_micros - self.offset_micros
