"""Who issues invoices, as rows."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final

from trueup.db import load_queries

if TYPE_CHECKING:
    from uuid import UUID

    from trueup.billing.invoicing.model import LegalEntity, MendedEntity
    from trueup.db import Tx

Q = load_queries(__package__, "issuers.sql")
PRINTED: Final = ("name", "country", "region", "postal_code", "vat_number", "time_zone")
"""What documents print of a legal entity, of all that can be mended."""


def legal_entities(tx: Tx) -> list[Any]:
    return tx.many(Q.legal_entities)


def earlier(tx: Tx) -> dict[UUID, list[Any]]:
    """What documents printed of legal entities before they were mended, the oldest first."""
    found: dict[UUID, list[Any]] = {}
    for row in tx.many(Q.earlier_entities):
        found.setdefault(row.legal_entity_id, []).append(row)
    return found


def insert_legal_entity(tx: Tx, entity: LegalEntity) -> None:
    seller = entity.seller
    apart = {"seller", "least_due"}
    values = {f.name: getattr(entity, f.name) for f in fields(entity) if f.name not in apart}
    tx.execute(
        Q.insert_legal_entity,
        **values,
        least_due=json.dumps(dict(entity.least_due)),
        country=seller.country,
        region=seller.region,
        postal_code=seller.postal_code,
        vat_number=seller.vat_number,
        collects_in=json.dumps(sorted(seller.collects_in)),
    )


def has_invoices(tx: Tx, legal_entity_id: UUID) -> bool:
    """Whether it made any, drafts among them."""
    return tx.maybe(Q.has_invoices, id=legal_entity_id) is not None


def keep_tax_currency(tx: Tx, code: str, tax_currency: str | None) -> int:
    return tx.execute(Q.keep_tax_currency, code=code, tax_currency=tax_currency)


def mend_legal_entity(tx: Tx, code: str, mended: MendedEntity) -> bool:
    """Whether there is one of this code.  What its documents printed is kept (B41)."""
    values = asdict(mended)
    tx.many(Q.hold_series, code=code)
    tx.execute(Q.keep_earlier_entity, code=code, **{name: values[name] for name in PRINTED})
    if mended.collects_in is not None:
        values["collects_in"] = json.dumps(sorted(mended.collects_in))
    if mended.least_due is not None:
        values["least_due"] = json.dumps(dict(mended.least_due))
    return tx.execute(Q.mend_legal_entity, code=code, **values) == 1
