"""Plain renewals, by kind instead of one by one.  Pure.

Two subscriptions whose next bill is a plain renewal, with the same prices and amounts on the same
day, owe the same lines; only names differ. So the general rules are asked once for each item that
differs, and their answer is written out for everyone it is for. A test holds that the general
rules, asked about each subscription by itself, say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from trueup.billing.calendar.model import Timing
from trueup.billing.drafting.model import BilledLine, DraftLine, LineKind, Situation, UsageEvent
from trueup.billing.drafting.rules.amounts import flat
from trueup.billing.drafting.rules.assembly import Surroundings, assembled
from trueup.billing.drafting.rules.due import lines_due
from trueup.billing.drafting.rules.fees import RECURRING
from trueup.billing.invoicing.errors import DueTooLittle
from trueup.billing.invoicing.model import Papers
from trueup.billing.invoicing.rules.kinds import ItemLine, Kind, Members, Sheet
from trueup.billing.invoicing.rules.renewal_rows import invoice_rows, line_rows, standing_rows
from trueup.billing.invoicing.rules.rows import (
    check_fits,
    fact_text,
    kept_under,
)
from trueup.billing.invoicing.rules.totalling import is_below, own_rates
from trueup.billing.rating.rules.execution import write_derivation
from trueup.billing.subscriptions.contract import Contract, Item
from trueup.billing.subscriptions.cycle import Reach
from trueup.billing.subscriptions.rules.recording import point_of
from trueup.billing.subscriptions.terms import ChargeKind
from trueup.billing.taxes.rules.frozen import frozen_tax
from trueup.kernel.currency import CURRENCIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from trueup.billing.subscriptions.cycle import Point
    from trueup.billing.subscriptions.terms import Charge


OF_USAGE: Final = ChargeKind.USAGE
NAME: Final = "#"


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
    invoices = invoice_rows(
        kind, members, sheets, sheet_of, None if text is None else kept_under(text)
    )
    lines = line_rows(kind, members, sheets, sheet_of, invoices.column("invoice_id"))
    return Papers(invoices, lines, derivations), standing_rows(kind, members, sheets, sheet_of, now)


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
