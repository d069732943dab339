"""Contracts in short, in local dates of 2024."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Timing
from trueup.billing.rating.model import Price, UnitPrice
from trueup.billing.subscriptions.rules import pausing, timeline
from trueup.billing.subscriptions.terms import Charge, ChargeKind, Phase, PhaseKind, Terms

if TYPE_CHECKING:
    from trueup.billing.subscriptions.contract import Contract, Item

MONTH = Cadence(Interval.MONTH)
FIRSTS = Grid(MONTH, Anchor(2024, 1, 1))


def day(text: str) -> date:
    """`03-15` of 2024."""
    return date.fromisoformat(f"2024-{text}")


def charge(code: str, amount: str = "10", **more: Any) -> Charge:
    kind = more.pop("kind", ChargeKind.RECURRING)
    timing = more.pop("timing", Timing.IN_ADVANCE)
    return Charge(code, kind, timing, Price(UnitPrice(Decimal(amount))), **more)


def terms(*charges: Charge, plan: str = "plan", **more: Any) -> Terms:
    phase = Phase(PhaseKind.EVERGREEN, charges)
    return Terms(plan=plan, cadence=MONTH, phases=(phase,), **more)


def contract(*charges: Charge, start: str = "01-01", **more: Any) -> Contract:
    on = day(start)
    order = timeline.Order(
        key=more.pop("key", "s"),
        customer="c",
        terms=terms(*(charges or (charge("fee"),))),
        start=on,
        cycle=more.pop("cycle", FIRSTS),
        quantity=Decimal(more.pop("quantity", 1)),
        phase_edges=(on,),
        **more,
    )
    return timeline.open_contract(order)


def spans(contract: Contract, code: str | None = None) -> list[str]:
    """What is in service from when to when: `fee 01-01..02-15`; an empty span is left out."""
    return [
        _said(item, start, end)
        for item in contract.items
        if code in {None, item.charge.code}
        for start, end in pausing.served(item, contract.pauses)
        if end is None or start < end
    ]


def _said(item: Item, start: date, end: date | None) -> str:
    count = "" if item.quantity == 1 else f"{item.quantity}x"
    return f"{count}{item.charge.code} {start:%m-%d}..{'' if end is None else f'{end:%m-%d}'}"
