"""Drafts in their days of grace follow the usage that comes meanwhile (B28, B49)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pyarrow as pa

from trueup.billing.invoicing import drafts, keeping, reading
from trueup.billing.invoicing.model import InvoiceStatus
from trueup.billing.invoicing.rules.refreshing import again_from, refreshed
from trueup.billing.invoicing.writing import write_bills
from trueup.billing.metering import service as metering
from trueup.billing.metering.model import WINDOW
from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.billing.invoicing.rules.papering import Conventions
    from trueup.db import Database, Tx
    from trueup.kernel.clock import Instant

CHUNK: Final = 500
"""Drafts that are looked at by one query."""
FIRST: Final = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


def refresh_drafts(db: Database, tenant_id: int, until: Instant, agreed: Conventions) -> int:
    """Draft anew what used something since it was drafted, and count it.

    Each in a transaction of its own.  One that is refused now stays as it was drafted: what came
    late is then billed with the next invoice.
    """
    total, after = 0, FIRST
    while True:
        with db.transaction(tenant_id=tenant_id) as tx:
            rows = drafts.drafts_of_usage(tx, until, *after, CHUNK)
            changed = _changed(tx, [row for row in rows if row.subscription_id is not None])
        if not rows:
            return total
        after = rows[-1].finalize_after, rows[-1].invoice_id
        total += sum(_refreshed(db, tenant_id, each, until, agreed) for each in changed)


def _changed(tx: Tx, rows: Sequence[Any]) -> list[UUID]:
    """The drafts of `rows` whose usage has changed since it was read, in order."""
    if not rows:
        return []
    windows = [
        {
            "number": number,
            "subscription_id": row.subscription_id.bytes,
            "ends_on": row.ends_on,
            "known_at": row.drafted_at,
        }
        for number, row in enumerate(rows)
    ]
    found = metering.read_windows(tx, pa.Table.from_pylist(windows, schema=WINDOW))
    numbers = sorted(set(found["number"].to_pylist()))
    return list(dict.fromkeys(rows[number].invoice_id for number in numbers))


def _refreshed(
    db: Database, tenant_id: int, invoice_id: UUID, until: Instant, agreed: Conventions
) -> bool:
    try:
        return db.attempt(lambda tx: refresh(tx, invoice_id, until, agreed), tenant_id=tenant_id)
    except Refusal:
        return False


def refresh(tx: Tx, invoice_id: UUID, until: Instant, agreed: Conventions) -> bool:
    """Draft a draft anew with the usage known by now; whether it still was one.

    Raises what refuses its tax, price or entity now.
    """
    keeping.lock_invoices(tx, [invoice_id])
    row = keeping.find_invoice(tx, str(invoice_id))
    if row is None or row.status != InvoiceStatus.DRAFT:
        return False
    lines = keeping.invoice_lines(tx, invoice_id)
    ids = sorted({line.subscription_id for line in lines if line.subscription_id is not None})
    drafts.hold_subscriptions(tx, ids)
    # It waits for all who check by set: two that did so before would wait for each other.
    drafts.forget_draft(tx, invoice_id)
    tx.check_references_by_set()
    context = reading.context(tx, ids, {}, agreed, again_from(lines))
    bills = refreshed(invoice_id, row.issued_at, lines, context, agreed)
    zones = {s.contract.key: s.zone for s in context.subscriptions.values()}
    discounts = {d.discount_id: d for of in context.discounts.values() for d in of}
    write_bills(tx, bills, zones, discounts, agreed.fx, row.bill_run_id)
    drafts.mark_drafted(tx, invoice_id, until)
    return True
