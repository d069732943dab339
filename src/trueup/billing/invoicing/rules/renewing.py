"""Plain renewals, by kind instead of one by one.  Pure.

Two subscriptions whose next bill is a plain renewal, with the same prices and amounts on the same
day, owe the same lines; only names differ. So the general rules are asked once for each item that
differs, and their answer is written out for everyone it is for. A test holds that the general
rules, asked about each subscription by itself, say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trueup.billing.calendar.model import Timing
from trueup.billing.drafting.model import BilledLine, DraftLine, LineKind, Situation, UsageEvent
from trueup.billing.drafting.rules.amounts import flat
from trueup.billing.drafting.rules.assembly import Surroundings, assembled
from trueup.billing.drafting.rules.due import lines_due
from trueup.billing.drafting.rules.fees import RECURRING
from trueup.billing.invoicing.errors import DueTooLittle
from trueup.billing.invoicing.model import InvoiceKind, Papers
from trueup.billing.invoicing.rules.papering import is_below, own_rates
from trueup.billing.invoicing.rules.rows import (
    ID,
    INSTANT,
    INVOICES,
    LINES,
    PPM,
    check_fits,
    fact_text,
    kept_under,
)
from trueup.billing.rating.rules.execution import write_derivation
from trueup.billing.subscriptions.contract import Contract, Item
from trueup.billing.subscriptions.cycle import Reach, period_at
from trueup.billing.subscriptions.rules.recording import instant_of, point_of
from trueup.billing.subscriptions.terms import ChargeKind
from trueup.billing.taxes.rules.frozen import frozen_tax
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.ids import SEPARATOR, derived_ids, fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from uuid import UUID

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.invoicing.model import LegalEntity
    from trueup.billing.subscriptions.cycle import Cycle, Point
    from trueup.billing.subscriptions.terms import Charge, Terms
    from trueup.billing.taxes.model import Treatment
    from trueup.kernel.clock import Instant

OF_USAGE: Final = ChargeKind.USAGE
NAME: Final = "#"
RATE_SCALE: Final = -6


class Kind(NamedTuple):
    """What all subscriptions of one kind of renewal have in common.

    at: when they are due; before: the start of the period that ends then.
    charges: of their items, in order.
    """

    currency: str
    at: Instant
    before: Instant
    zone: tzinfo
    cycle: Cycle
    dialect: Dialect
    entity: LegalEntity
    net_days: int
    charges: tuple[tuple[UUID, Charge, str], ...]
    terms: Terms
    treatment: Treatment | None


class Members(NamedTuple):
    """The subscriptions of a kind, side by side.

    ids, customers: 16 bytes each.  amounts: of all their items, parted by a blank.
    keys: the same, parted by SEPARATOR.
    """

    ids: pa.Array
    customers: pa.Array
    orders: np.ndarray[Any, np.dtype[np.int32]]
    amounts: list[str]
    keys: list[str]


class ItemLine(NamedTuple):
    """A line of one item, without names.  suffix: what follows the item's key in its own."""

    item: int
    suffix: str
    line: DraftLine
    derivation: bytes


class Sheet(NamedTuple):
    """An invoice of a kind, without names."""

    lines: tuple[ItemLine, ...]
    taxes: tuple[int, ...]
    subtotal: int
    tax: int


@dataclass(slots=True)
class Memory:
    """What the general rules have said; the same question is not asked twice.

    bodies: derivations by their ids.
    """

    items: dict[tuple[Any, ...], tuple[tuple[str, DraftLine, bytes], ...]] = field(
        default_factory=dict
    )
    bodies: dict[bytes, str] = field(default_factory=dict)


def renewed(kind: Kind, members: Members, memory: Memory) -> tuple[Papers, pa.Table]:
    """The invoices of all `members`, and where each of them stands afterwards.

    The second table is as `RENEWED`.  Raises the refusals of rating.
    """
    where = kind.zone
    now = point_of(kind.at, where, counts_instants=False)
    before = point_of(kind.before, where, counts_instants=False)
    asked: dict[str, int] = {}
    sheet_of = np.fromiter(
        (asked.setdefault(amounts, len(asked)) for amounts in members.amounts),
        np.int32,
        len(members.amounts),
    )
    sheets = [_sheet(kind, amounts.split(" "), now, before, memory) for amounts in asked]
    fact = frozen_tax(kind.treatment, kind.dialect.taxes) if kind.treatment else None
    text = None if fact is None else fact_text(fact)
    derivations = {x.derivation: memory.bodies[x.derivation] for s in sheets for x in s.lines}
    if text is not None:
        derivations[kept_under(text)] = text
    invoices = _invoices(
        kind, members, sheets, sheet_of, None if text is None else kept_under(text)
    )
    lines = _lines(kind, members, sheets, sheet_of, invoices.column("invoice_id"))
    return Papers(invoices, lines, derivations), _advanced(kind, members, sheets, sheet_of, now)


def _sheet(kind: Kind, amounts: Sequence[str], now: Point, before: Point, memory: Memory) -> Sheet:
    """What the general rules make of one kind's items at these amounts."""
    found = [
        ItemLine(number, suffix, line, derivation)
        for number, amount in enumerate(amounts)
        for suffix, line, derivation in _item_lines(kind, number, amount, now, before, memory)
    ]
    ordered = [x for x in found if x.line.kind is not LineKind.USAGE]
    ordered += [x for x in found if x.line.kind is LineKind.USAGE]
    # Items are drafted apart, each under the same name: here they need names of their own.
    drafts = [replace(x.line, key=f"{x.item}/{x.line.key}") for x in ordered]
    treatment = kind.treatment
    around = Surroundings(
        currency=CURRENCIES[kind.currency],
        dialect=kind.dialect,
        at=kind.at,
        rates=treatment.rates if treatment else (),
    )
    draft = assembled(drafts, around, {}, own_rates(drafts, treatment))
    check_fits(draft)
    if is_below(draft, kind.entity.least_due.get(kind.currency, 0)):
        raise DueTooLittle
    return Sheet(tuple(ordered), draft.taxes, draft.subtotal_micros, draft.tax_micros)


def _item_lines(
    kind: Kind, number: int, amount: str, now: Point, before: Point, memory: Memory
) -> tuple[tuple[str, DraftLine, bytes], ...]:
    """The lines of one item as the general rules draft them, for a contract of that item alone."""
    price_id, charge, plan = kind.charges[number]
    key = (price_id, amount, kind.cycle, now, before, kind.currency, kind.dialect.name)
    if (known := memory.items.get(key)) is not None:
        return known
    quantity = Decimal(amount)
    is_usage = charge.kind is OF_USAGE
    item = Item(
        key=NAME,
        plan=plan,
        charge=charge,
        quantity=Decimal(1) if is_usage else quantity,
        start=before,
        end=None,
        cycle=kind.cycle,
    )
    contract = Contract(
        key=NAME,
        customer=NAME,
        terms=kind.terms,
        quantity=Decimal(1),
        start=before,
        origin=before,
        cycle=kind.cycle,
        items=(item,),
    )
    case = Situation(
        contract=contract,
        billed=_billed_before(item, before, now),
        usage=_used(charge, quantity, before) if is_usage else (),
        now=now,
        currency=CURRENCIES[kind.currency],
        dialect=kind.dialect,
    )
    lines = []
    for line in lines_due(case):
        body = write_derivation(line.derivation)
        derivation = kept_under(body.decode())
        memory.bodies[derivation] = body.decode()
        lines.append((line.key.removeprefix(NAME), line, derivation))
    memory.items[key] = tuple(lines)
    return memory.items[key]


def _billed_before(item: Item, before: Point, now: Point) -> dict[str, tuple[BilledLine, ...]]:
    """Fees in advance are billed up to `now`: the period that ends then is paid for."""
    if item.charge.timing is not Timing.IN_ADVANCE:
        return {}
    span = Reach(before, now)
    line = DraftLine(
        key=f"{NAME}/before",
        kind=RECURRING[item.charge.kind],
        contract=NAME,
        item=NAME,
        plan=item.plan,
        component=item.charge.code,
        span=span,
        full=span,
        derivation=flat(0),
        amount_micros=0,
    )
    return {NAME: (BilledLine(line, NAME, 0),)}


def _used(charge: Charge, quantity: Decimal, before: Point) -> tuple[UsageEvent, ...]:
    """What was used, as one event: sums and maxima of it are those of all of them."""
    if not quantity:
        return ()
    meter = (charge.meter or "").split("+")[0]
    return (UsageEvent(meter=meter, at=before, recorded=before, quantity=quantity),)


def _invoices(
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


def _lines(
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


def _advanced(
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
