"""The life of an invoice as a table."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from trueup.billing.invoicing.errors import InvoiceTransition
from trueup.billing.invoicing.model import InvoiceStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAFT = InvoiceStatus.DRAFT
OPEN = InvoiceStatus.OPEN
PAID = InvoiceStatus.PAID
VOID = InvoiceStatus.VOID
UNCOLLECTIBLE = InvoiceStatus.UNCOLLECTIBLE


class Trigger(StrEnum):
    FINALIZE = "finalize"  # numbered and issued
    SETTLE = "settle"  # nothing is due any more
    REOPEN = "reopen"  # money or credit went back
    VOID = "void"
    WRITE_OFF = "write_off"


NEXT: Final[Mapping[tuple[InvoiceStatus, Trigger], InvoiceStatus]] = MappingProxyType(
    {
        (DRAFT, Trigger.FINALIZE): OPEN,
        (DRAFT, Trigger.VOID): VOID,
        (OPEN, Trigger.SETTLE): PAID,
        (OPEN, Trigger.VOID): VOID,
        (OPEN, Trigger.WRITE_OFF): UNCOLLECTIBLE,
        (PAID, Trigger.REOPEN): OPEN,
        (PAID, Trigger.VOID): VOID,  # came to nothing, or was settled by credits alone
        (UNCOLLECTIBLE, Trigger.SETTLE): PAID,
    }
)


def next_status(status: InvoiceStatus, trigger: Trigger) -> InvoiceStatus:
    """Raises InvoiceTransition."""
    if (after := NEXT.get((status, trigger))) is None:
        raise InvoiceTransition(status=status, trigger=trigger)
    return after
