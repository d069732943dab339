"""Renewals of a kind as rows: invoices, lines and where each stands, a column at a time.  Pure."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trueup.billing.invoicing.model import InvoiceKind
from trueup.billing.invoicing.rules.rows import (
    ID,
    INSTANT,
    INVOICES,
    LINES,
    PPM,
)
from trueup.billing.subscriptions.cycle import period_at
from trueup.billing.subscriptions.rules.recording import instant_of
from trueup.kernel.ids import SEPARATOR, derived_ids, fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from trueup.billing.invoicing.rules.kinds import ItemLine, Kind, Members, Sheet
    from trueup.billing.subscriptions.cycle import Point
    from trueup.kernel.clock import Instant


RATE_SCALE: Final = -6


def invoice_rows(
    kind: Kind,
    members: Members,
    sheets: Sequence[Sheet],
    sheet_of: np.ndarray[Any, np.dtype[np.int32]],
    tax_fact: bytes | None,
) -> pa.Table:
    count = len(members.ids)
    moment = kind.at.isoformat()
    orders, place = np.unique(members.orders, return_inverse=True)
    prints = [fingerprint("invoice", moment, str(number)) for number in orders.tolist()]
    subtotal = np.array([sheet.subtotal for sheet in sheets], np.int64)[sheet_of]
    tax = np.array([sheet.tax for sheet in sheets], np.int64)[sheet_of]
    starts = [_bound(sheet, kind.zone, is_start=True) for sheet in sheets]
    ends = [_bound(sheet, kind.zone, is_start=False) for sheet in sheets]
    grace = kind.entity.grace_days
    total = subtotal + tax
    nothing = np.zeros(count, np.int64)
    columns = {
        "invoice_id": derived_ids(members.ids, np.array(prints, np.uint64)[place]),
        "customer_id": members.customers,
        "subscription_id": members.ids,
        "legal_entity_id": pa.repeat(pa.scalar(kind.entity.legal_entity_id.bytes, ID), count),
        "currency": pa.repeat(kind.currency, count),
        "subtotal_micros": subtotal,
        "discount_micros": nothing,
        "tax_micros": tax,
        "total_micros": total,
        "credited_micros": nothing,
        "put_aside_micros": nothing,
        "issued_at": pa.repeat(pa.scalar(kind.at, INSTANT), count),
        "due_at": pa.repeat(pa.scalar(kind.at + timedelta(days=kind.net_days), INSTANT), count),
        "period_start": pa.array(starts, INSTANT).take(pa.array(sheet_of)),
        "period_end": pa.array(ends, INSTANT).take(pa.array(sheet_of)),
        "tax_fact_id": pa.repeat(pa.scalar(tax_fact, ID), count),
        "kind": pa.repeat(InvoiceKind.CYCLE.value, count),
        "finalize_after": pa.repeat(
            pa.scalar(kind.at + timedelta(days=grace) if grace else None, INSTANT), count
        ),
        "replaces_invoice_id": pa.nulls(count, ID),
    }
    return pa.table(columns).select(INVOICES.names).cast(INVOICES)


def _bound(sheet: Sheet, where: tzinfo, *, is_start: bool) -> Instant | None:
    spans = [x.line.span for x in sheet.lines if x.line.span is not None]
    if not spans:
        return None
    point = min(s.start for s in spans) if is_start else max(s.end for s in spans)
    return instant_of(point, where)


def line_rows(
    kind: Kind,
    members: Members,
    sheets: Sequence[Sheet],
    sheet_of: np.ndarray[Any, np.dtype[np.int32]],
    invoice_ids: pa.ChunkedArray,
) -> pa.Table:
    """Every line of every invoice: which subscription's, and which line of its sheet."""
    counts = np.array([len(sheet.lines) for sheet in sheets], np.int64)
    firsts = np.cumsum(counts) - counts
    of_each = counts[sheet_of]
    total = int(of_each.sum())
    owner = np.repeat(np.arange(len(sheet_of)), of_each)
    position = np.arange(total) - np.repeat(np.cumsum(of_each) - of_each, of_each)
    template = _templates(kind, sheets).take(pa.array(firsts[sheet_of][owner] + position))
    keys = pa.array([key for keys in members.keys for key in keys.split(SEPARATOR)], pa.string())
    item = template.column("item").to_numpy()
    own_keys = keys.take(pa.array(owner * len(kind.charges) + item))
    line_keys = pc.binary_join_element_wise(own_keys, template.column("suffix"), "")
    owner_ids = members.ids.take(pa.array(owner))
    columns = {
        "line_item_id": derived_ids(owner_ids, _prints(line_keys)),
        "invoice_id": invoice_ids.take(pa.array(owner)),
        "position": pa.array(position.astype(np.int32)),
        "subscription_id": owner_ids,
        "item_key": own_keys,
        "line_key": line_keys,
    }
    for name in LINES.names:
        if name not in columns:
            columns[name] = template.column(name)
    return pa.table(columns).select(LINES.names).cast(LINES)


def _prints(line_keys: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """What turns a subscription's id into a line's, worked out once for each key there is."""
    encoded = line_keys.combine_chunks() if isinstance(line_keys, pa.ChunkedArray) else line_keys
    encoded = encoded.dictionary_encode()
    prints = [fingerprint("line", key) for key in encoded.dictionary.to_pylist()]
    of_each: np.ndarray[Any, np.dtype[np.uint64]] = np.array(prints, np.uint64)[encoded.indices]
    return of_each


def _templates(kind: Kind, sheets: Sequence[Sheet]) -> pa.Table:
    """The lines of all sheets, one after another, as `LINES` without names."""
    rate = sum(r.rate_ppm for r in kind.treatment.rates) if kind.treatment else 0
    rows = [
        _template(kind, x, tax, rate)
        for sheet in sheets
        for x, tax in zip(sheet.lines, sheet.taxes, strict=True)
    ]
    fields = [f for f in LINES if f.name not in {"line_item_id", "invoice_id", "position"}]
    fields += [pa.field("item", pa.int64()), pa.field("suffix", pa.string())]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def _template(kind: Kind, x: ItemLine, tax: int, rate: int) -> dict[str, Any]:
    line, where = x.line, kind.zone
    is_whole = line.full is None or line.full == line.span
    percent = line.tax_percent
    ppm = rate if percent is None else int(percent * (PPM // 100))
    return {
        "item": x.item,
        "suffix": x.suffix,
        "quantity": line.quantity,
        "amount_micros": line.amount_micros,
        "tax_micros": tax,
        "tax_rate": Decimal(ppm).scaleb(RATE_SCALE) if kind.treatment else None,
        "period_start": None if line.span is None else instant_of(line.span.start, where),
        "period_end": None if line.span is None else instant_of(line.span.end, where),
        "kind": line.kind.value,
        "plan": line.plan,
        "charge": line.component,
        "discount_micros": 0,
        "full_start": None if is_whole or line.full is None else instant_of(line.full.start, where),
        "full_end": None if is_whole or line.full is None else instant_of(line.full.end, where),
        "tax_percent": percent,
        "derivation_id": x.derivation,
    }


def standing_rows(
    kind: Kind,
    members: Members,
    sheets: Sequence[Sheet],
    sheet_of: np.ndarray[Any, np.dtype[np.int32]],
    now: Point,
) -> pa.Table:
    count = len(members.ids)
    period = period_at(kind.cycle, now)
    through = [_bound(sheet, kind.zone, is_start=False) for sheet in sheets]
    end = pa.repeat(pa.scalar(instant_of(period.end, kind.zone), INSTANT), count)
    return pa.table(
        {
            "subscription_id": members.ids,
            "current_period_start": pa.repeat(
                pa.scalar(instant_of(period.start, kind.zone), INSTANT), count
            ),
            "current_period_end": end,
            "charged_through_at": pa.array(through, INSTANT).take(pa.array(sheet_of)),
            "next_bill_at": end,
            "last_billed_at": pa.repeat(pa.scalar(kind.at, INSTANT), count),
        }
    )
