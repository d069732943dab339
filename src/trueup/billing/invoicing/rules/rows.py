"""From bills to rows, a column at a time.  Pure.

A line keeps its derivation under the hash of what it says, so that a hundred thousand renewals of
one price keep one derivation.
"""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pyarrow as pa

from trueup.billing.drafting.model import LeftOutReason, LineKind
from trueup.billing.drafting.rules.amounts import flat
from trueup.billing.invoicing.errors import AmountTooLarge
from trueup.billing.invoicing.model import InvoiceStatus, Papers
from trueup.billing.rating.rules.execution import write_derivation
from trueup.billing.subscriptions.rules.recording import instant_of
from trueup.kernel.ids import derived_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo

    from trueup.billing.drafting.model import DraftInvoice, DraftLine, LeftOut
    from trueup.billing.invoicing.model import Bill
    from trueup.billing.subscriptions.cycle import Reach

ID, INSTANT, MICROS = pa.binary(16), pa.timestamp("us", "UTC"), pa.int64()
RATE: Final = pa.decimal128(9, 6)
MOMENT: Final = timedelta(microseconds=1)
INVOICES: Final = pa.schema(
    {
        "invoice_id": ID,
        "customer_id": ID,
        "subscription_id": ID,
        "legal_entity_id": ID,
        "currency": pa.string(),
        "subtotal_micros": MICROS,
        "discount_micros": MICROS,
        "tax_micros": MICROS,
        "total_micros": MICROS,
        "credited_micros": MICROS,
        "put_aside_micros": MICROS,
        "issued_at": INSTANT,
        "due_at": INSTANT,
        "period_start": INSTANT,
        "period_end": INSTANT,
        "tax_fact_id": ID,
        "kind": pa.string(),
        "finalize_after": INSTANT,
        "replaces_invoice_id": ID,
    }
)
LEFT_OUT: Final = pa.schema(
    {
        "subscription_id": ID,
        "meter": pa.string(),
        "reason": pa.string(),
        "starts_at": INSTANT,
        "ends_at": INSTANT,
        "events": pa.int64(),
        "quantity": pa.decimal128(38, 6),
    }
)
LINES: Final = pa.schema(
    {
        "line_item_id": ID,
        "invoice_id": ID,
        "position": pa.int32(),
        "description": pa.string(),
        "quantity": pa.decimal128(20, 6),
        "amount_micros": MICROS,
        "tax_micros": MICROS,
        "tax_rate": RATE,
        "period_start": INSTANT,
        "period_end": INSTANT,
        "subscription_id": ID,
        "item_key": pa.string(),
        "line_key": pa.string(),
        "kind": pa.string(),
        "plan": pa.string(),
        "charge": pa.string(),
        "discount_micros": MICROS,
        "full_start": INSTANT,
        "full_end": INSTANT,
        "gives_back": pa.string(),
        "tax_percent": RATE,
        "derivation_id": ID,
    }
)
PPM: Final = 1_000_000
LARGEST: Final = 2**63 - 1
MOST: Final = 10**14
"""Of a quantity; as columns have them."""
OPEN, PAID, DRAFT = InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.DRAFT


def papers(bills: Sequence[Bill], zones: Mapping[str, tzinfo]) -> Papers:
    """The rows of `bills` that have lines.  zones: of each contract, by key."""
    kept: dict[bytes, str] = {}
    invoices, lines = [], []
    for bill in bills:
        if bill.draft is None:
            continue
        mine = list(_lines(bill, bill.draft, zones, kept))
        invoices.append(_invoice(bill, bill.draft, mine, kept))
        lines += mine
    return Papers(
        pa.Table.from_pylist(invoices, schema=INVOICES),
        pa.Table.from_pylist(lines, schema=LINES),
        kept,
    )


def check_fits(draft: DraftInvoice) -> None:
    """Raises AmountTooLarge for a figure that has no place in a row."""
    total = abs(draft.subtotal_micros) + abs(draft.discount_micros) + abs(draft.tax_micros)
    amounts = (abs(line.amount_micros) for line in draft.lines)
    quantities = (abs(line.quantity) for line in draft.lines if line.quantity is not None)
    if max([total, *amounts]) > LARGEST or max(quantities, default=0) >= MOST:
        raise AmountTooLarge


def kept_under(text: str) -> bytes:
    """The id of a derivation or tax fact: the hash of what it says."""
    return sha256(text.encode()).digest()[:16]


def fact_text(fact: Mapping[str, Any]) -> str:
    return json.dumps(fact, sort_keys=True, separators=(",", ":"))


def line_id(owner: UUID, line_key: str) -> UUID:
    """The identity of a line: it follows from what the line is for (B39).

    owner: its subscription, or the customer where it is of none.
    """
    return derived_id(owner, "line", line_key)


def _invoice(
    bill: Bill, draft: DraftInvoice, lines: Sequence[dict[str, Any]], kept: dict[bytes, str]
) -> dict[str, Any]:
    subtotal = draft.subtotal_micros + bill.account_micros
    total = subtotal - draft.discount_micros + draft.tax_micros
    credited = 0 if bill.is_settled_by_line else draft.credit_micros
    starts = [x["period_start"] for x in lines if x["period_start"] and not x["gives_back"]]
    ends = [x["period_end"] for x in lines if x["period_end"] and not x["gives_back"]]
    grace = bill.entity.grace_days
    return {
        "invoice_id": bill.invoice_id.bytes,
        "customer_id": bill.customer_id.bytes,
        "subscription_id": None if bill.subscription is None else bill.subscription.bytes,
        "legal_entity_id": bill.entity.legal_entity_id.bytes,
        "currency": bill.currency,
        "subtotal_micros": subtotal,
        "discount_micros": draft.discount_micros,
        "tax_micros": draft.tax_micros,
        "total_micros": total,
        "credited_micros": credited if total >= 0 else total,
        "put_aside_micros": draft.put_aside_micros,
        "issued_at": bill.at,
        "due_at": bill.due_at,
        "period_start": min(starts, default=None),
        "period_end": max(ends, default=None),
        "tax_fact_id": None if bill.tax_fact is None else _keep(kept, fact_text(bill.tax_fact)),
        "kind": bill.kind.value,
        "finalize_after": bill.at + timedelta(days=grace) if grace else None,
        "replaces_invoice_id": None,
    }


def _lines(
    bill: Bill, draft: DraftInvoice, zones: Mapping[str, tzinfo], kept: dict[bytes, str]
) -> Iterable[dict[str, Any]]:
    rate = sum(r.rate_ppm for r in bill.treatment.rates) if bill.treatment else 0
    rows = zip(draft.lines, draft.off, draft.taxes, strict=True)
    for position, (line, off, tax) in enumerate(rows):
        yield _line(bill, position, line, off, tax, rate, zones, kept)
    if bill.account_micros:
        yield _account_line(bill, len(draft.lines), kept)


def _line(  # noqa: PLR0913, PLR0917  one row has this many parts
    bill: Bill,
    position: int,
    line: DraftLine,
    off: int,
    tax: int,
    rate: int,
    zones: Mapping[str, tzinfo],
    kept: dict[bytes, str],
) -> dict[str, Any]:
    own = f"{line.contract}/"
    key = line.key.removeprefix(own)
    where = zones.get(line.contract or "", UTC)  # what is for no time needs no zone
    contract = None if line.contract is None else UUID(line.contract)
    is_whole = line.full is None or line.full == line.span
    percent = line.tax_percent
    ppm = rate if percent is None else int(percent * (PPM // 100))
    return {
        "line_item_id": line_id(contract or bill.customer_id, key).bytes,
        "invoice_id": bill.invoice_id.bytes,
        "position": position,
        "description": line.description,
        "quantity": line.quantity,
        "amount_micros": line.amount_micros,
        "tax_micros": tax,
        "tax_rate": Decimal(ppm).scaleb(-6) if bill.treatment else None,
        "period_start": _start(line.span, where),
        "period_end": _end(line.span, where),
        "subscription_id": None if contract is None else contract.bytes,
        "item_key": None if line.item is None else line.item.removeprefix(own),
        "line_key": key,
        "kind": line.kind.value,
        "plan": line.plan,
        "charge": line.component,
        "discount_micros": off,
        "full_start": None if is_whole else _start(line.full, where),
        "full_end": None if is_whole else _end(line.full, where),
        "gives_back": None if line.gives_back is None else line.gives_back.removeprefix(own),
        "tax_percent": percent,
        "derivation_id": _keep(kept, write_derivation(line.derivation).decode()),
    }


def _account_line(bill: Bill, position: int, kept: dict[bytes, str]) -> dict[str, Any]:
    """What the customer's credit gains or settles here, where the dialect writes it as a line."""
    body = write_derivation(flat(bill.account_micros)).decode()
    return dict.fromkeys(LINES.names) | {
        "line_item_id": derived_id(bill.invoice_id, "account_credit").bytes,
        "invoice_id": bill.invoice_id.bytes,
        "position": position,
        "amount_micros": bill.account_micros,
        "tax_micros": 0,
        "kind": LineKind.ACCOUNT_CREDIT.value,
        "discount_micros": 0,
        "derivation_id": _keep(kept, body),
    }


def _keep(kept: dict[bytes, str], text: str) -> bytes:
    key = kept_under(text)
    kept[key] = text
    return key


def _start(span: Reach | None, where: tzinfo) -> Any:
    return None if span is None else instant_of(span.start, where)


def _end(span: Reach | None, where: tzinfo) -> Any:
    return None if span is None else instant_of(span.end, where)


def left_out_rows(left_out: Sequence[LeftOut], zones: Mapping[str, tzinfo]) -> pa.Table:
    """As `LEFT_OUT`.  zones: of each contract."""
    rows = [
        {
            "subscription_id": UUID(each.contract).bytes,
            "meter": each.meter,
            "reason": each.reason.value,
            "starts_at": instant_of(each.span.start, zones[each.contract]),
            "ends_at": instant_of(each.span.end, zones[each.contract]),
            "events": each.events,
            "quantity": each.quantity,
        }
        for each in left_out
    ]
    return pa.Table.from_pylist(rows, schema=LEFT_OUT)


def unpriced_rows(used: Sequence[Any], told: Mapping[tuple[UUID, str], Any]) -> pa.Table:
    """As `LEFT_OUT`, of `metering.unpriced_since`: what is in no row yet, from first to last use.

    told: events and quantity in the rows of earlier runs, by subscription and meter.
    """
    rows = []
    for row in used:
        before = told.get((row.subscription_id, row.meter))
        events = row.events - (before.events if before else 0)
        if events <= 0:
            continue
        is_fresh = events == row.fresh_events  # else some of it showed late
        rows.append(
            {
                "subscription_id": row.subscription_id.bytes,
                "meter": row.meter,
                "reason": LeftOutReason.UNPRICED.value,
                "starts_at": row.fresh_starts_at if is_fresh else row.starts_at,
                "ends_at": (row.fresh_ends_at if is_fresh else row.ends_at) + MOMENT,
                "events": events,
                "quantity": row.quantity - (before.quantity if before else 0),
            }
        )
    return pa.Table.from_pylist(rows, schema=LEFT_OUT)
