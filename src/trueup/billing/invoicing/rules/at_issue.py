"""Who the parties of a document were as it was issued, whatever was mended since (B41).  Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.billing.invoicing.model import LegalEntity
    from trueup.kernel.clock import Instant

    Row = Any  # a named tuple, as every row


def held_at(earlier: Sequence[Row], issued: Instant | None) -> Row | None:
    """Of what was true once, the oldest first, what held at an instant; None: what is true now.

    issued: None is before all that is kept, as of what another system issued.
    """
    return next((row for row in earlier if issued is None or issued < row.held_until), None)


def customer_at(
    row: Row, on_file: str | None, earlier: Sequence[Row], issued: Instant | None
) -> tuple[Row, str | None]:
    """The invoice and the VAT number on file, with its customer as they were at `issued`.

    The days of an invoice stay those as it was issued itself, on a note against it too.
    """
    held, zoned = held_at(earlier, issued), held_at(earlier, row.finalized_at)
    if zoned is not None and row.subscription_id is None:
        row = row._replace(time_zone=zoned.time_zone)
    if held is None:
        return row, on_file
    said = {
        name: value
        for name, value in held._asdict().items()
        if name not in {"customer_id", "held_until", "time_zone", "vat_number"}
    }
    return row._replace(**said), held.vat_number


def entity_at(entity: LegalEntity, earlier: Sequence[Row], issued: Instant | None) -> LegalEntity:
    """A legal entity as it was at `issued`."""
    held = held_at(earlier, issued)
    if held is None:
        return entity
    seller = replace(
        entity.seller,
        country=held.country,
        region=held.region,
        postal_code=held.postal_code,
        vat_number=held.vat_number,
    )
    return replace(entity, name=held.name, seller=seller, time_zone=held.time_zone)
