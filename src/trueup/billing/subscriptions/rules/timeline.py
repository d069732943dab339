"""What customers agree to, as spans of service.  Pure: every function returns a new contract.

Orders may take effect in the past, now or later; a later order replaces what an earlier one had
agreed for the time after it, in one step (B36).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from trueup.billing.rating.errors import QuantityNegative
from trueup.billing.subscriptions.contract import Contract, Item, Settlement
from trueup.billing.subscriptions.cycle import Turn, cadence_of, period_at, with_cadence
from trueup.billing.subscriptions.errors import (
    ChargeNotServed,
    EndsBeforeStart,
    NothingToRemove,
)
from trueup.billing.subscriptions.rules.ending import closed
from trueup.billing.subscriptions.rules.items import (
    billed_from,
    counts_quantity,
    cut,
    is_in_service,
    is_served_after,
    items_of,
    refuse_ended,
    renewed,
    same_service,
    with_items,
)
from trueup.billing.subscriptions.terms import ChargeKind

if TYPE_CHECKING:
    from decimal import Decimal

    from trueup.billing.calendar.model import Cadence
    from trueup.billing.subscriptions.cycle import Cycle, Point
    from trueup.billing.subscriptions.terms import Charge, Terms

CREDITED: Final = frozenset({ChargeKind.RECURRING, ChargeKind.ADD_ON})
"""Kinds of fee of which an unused part can be given back."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a new subscription is asked for.

    trial_end: from when recurring fees are due, where the trial is no phase; else None.
    billed_from: another system billed what is before; None: from the start.
    end: when it was agreed to end; None: open.
    end_cuts_price: a last period that the end cuts costs its part; else all of it.
    """

    key: str
    customer: str
    terms: Terms
    start: Point
    cycle: Cycle
    quantity: Decimal
    phase_edges: tuple[Point, ...]
    trial_end: Point | None = None
    billed_from: Point | None = None
    end: Point | None = None
    end_cuts_price: bool = True
    bundle: str | None = None


def open_contract(order: Order) -> Contract:
    """The contract of a new subscription, each phase in service one after another.

    Raises QuantityNegative, EndsBeforeStart.
    """
    if order.quantity < 0:
        raise QuantityNegative(quantity=order.quantity)
    if order.end is not None and order.end <= order.start:
        raise EndsBeforeStart(start=order.start.isoformat(), end=order.end.isoformat())
    contract = Contract(
        key=order.key,
        customer=order.customer,
        terms=order.terms,
        quantity=order.quantity,
        start=order.start,
        origin=order.start,
        cycle=order.cycle,
        items=(),
        bundle=order.bundle,
    )
    opened = items_of(
        contract, order.terms, order.phase_edges, order.start, trial_end=order.trial_end
    )
    if order.billed_from is not None:
        opened = billed_from(opened, order.billed_from)
    contract = replace(contract, items=tuple(opened))
    if order.end is None:
        return contract
    ended = closed(contract, order.end)
    items = tuple(
        replace(item, costs_full_last_period=not order.end_cuts_price) for item in ended.items
    )
    return replace(ended, items=items, cancelled=order.end, ordered_items=contract.items)


def change_terms(  # noqa: PLR0913  what a change of plan is made of
    contract: Contract,
    terms: Terms,
    effective: Point,
    phase_edges: tuple[Point, ...],
    cycle: Cycle,
    *,
    keeps_unchanged: bool = False,
    bills_once: bool = True,
    trial_end: Point | None = None,
    settlement: Settlement = Settlement.PRORATE,
) -> Contract:
    """`contract` under other `terms` from `effective`; what was agreed for later is replaced.

    phase_edges: of the new terms, as `items_of` takes them; they may be before `effective`.
    keeps_unchanged: a fee that is the same in both goes on as one service.
    bills_once: one-time fees of the new terms are charged.
    trial_end: from when recurring fees of the new terms are due, where a trial goes on.
    Raises ServiceEnded.
    """
    refuse_ended(contract, effective)
    renewal = period_at(contract.cycle, effective).end
    waits = settlement in {Settlement.CREDIT_ONLY, Settlement.NONE}
    fees_from = max(renewal, trial_end or renewal) if waits else trial_end
    old_until = renewal if settlement is Settlement.NONE else effective
    opened = items_of(
        replace(contract, cycle=cycle), terms, phase_edges, effective, trial_end=fees_from
    )
    fresh = [i for i in opened if bills_once or i.charge.kind is not ChargeKind.ONE_OFF]
    kept: list[Item] = []
    for item in contract.items:
        successor = same_service(item, fresh, effective) if keeps_unchanged else None
        if successor is not None:
            fresh.remove(successor)
            kept.append(replace(item, plan=successor.plan, end=successor.end))
        else:
            until = old_until if item.charge.kind in CREDITED else effective
            kept.append(cut(item, until, by_change=True))
    return replace(
        contract,
        terms=terms,
        cycle=cycle,
        items=(*kept, *fresh),
        cancelled=None,
        final_bill=None,
        ordered_items=(),
        settles_from=renewal if settlement is Settlement.AT_RENEWAL else None,
        former_terms=_former_terms(contract),
    )


def _former_terms(contract: Contract) -> tuple[Terms, ...]:
    """Those a commitment may still be owed of, once the present ones are left."""
    if contract.terms.minimum_commitment is None:
        return contract.former_terms
    return (*contract.former_terms, contract.terms)


def change_quantity(
    contract: Contract, quantity: Decimal, effective: Point, *, code: str | None = None
) -> Contract:
    """`contract` with `quantity` of every per-unit fee from `effective`; or of the charge `code`.

    Raises QuantityNegative, ServiceEnded.
    """
    if quantity < 0:
        raise QuantityNegative(quantity=quantity)
    refuse_ended(contract, effective)

    def changed(items: tuple[Item, ...]) -> tuple[Item, ...]:
        kept: list[Item] = []
        number = len(items)
        for item in items:
            is_meant = counts_quantity(item.charge) if code is None else item.charge.code == code
            if not is_meant or not is_served_after(item, effective):
                kept.append(item)
                continue
            kept.append(cut(item, effective, by_change=True))
            start = max(item.start, effective)
            kept.append(renewed(contract, item, start, number, quantity=quantity))
            number += 1
        return tuple(kept)

    kept = with_items(contract, changed)
    return kept if code is not None else replace(kept, quantity=quantity)


def change_price(contract: Contract, charge: Charge, effective: Point) -> Contract:
    """`contract` with its charge of this code and plan as `charge` has it, from `effective`.

    Raises ServiceEnded, ChargeNotServed.
    """
    refuse_ended(contract, effective)

    def is_meant(item: Item) -> bool:
        return item.charge.code == charge.code and is_served_after(item, effective)

    if not any(is_meant(item) for item in contract.items):
        raise ChargeNotServed(subscription=contract.key, charge=charge.code)

    def changed(items: tuple[Item, ...]) -> tuple[Item, ...]:
        kept: list[Item] = []
        number = len(items)
        for item in items:
            if not is_meant(item):
                kept.append(item)
                continue
            kept.append(cut(item, effective, by_change=True))
            start = max(item.start, effective)
            fresh = renewed(contract, item, start, number, quantity=item.quantity)
            kept.append(replace(fresh, charge=charge))
            number += 1
        return tuple(kept)

    return with_items(contract, changed)


def add_charge(  # noqa: PLR0913  what a charge is added with
    contract: Contract,
    charge: Charge,
    effective: Point,
    quantity: Decimal,
    *,
    replaces: str | None = None,
    plan: str | None = None,
    cadence: Cadence | None = None,
) -> Contract:
    """`contract` with one charge more from `effective`.  Raises ServiceEnded.

    replaces: the item it takes over, as `Item.replaces`.  plan: whose charge it is, if not of the
    contract's own plan.  cadence: how often it recurs, if not as often as the contract (B9).
    """
    refuse_ended(contract, effective)
    item = Item(
        key=f"{contract.key}/{charge.code}/{effective}/{len(contract.items)}",
        plan=plan or contract.terms.plan,
        charge=charge,
        quantity=quantity,
        start=effective,
        end=None,
        cycle=contract.cycle if cadence is None else with_cadence(contract.cycle, cadence),
        replaces=replaces,
    )
    ended = item if contract.cancelled is None else cut(item, contract.cancelled, by_change=False)
    return replace(
        contract,
        items=(*contract.items, ended),
        ordered_items=(*contract.ordered_items, item) if contract.ordered_items else (),
    )


def remove_charge(
    contract: Contract, code: str, effective: Point, *, plan: str | None = None
) -> Contract:
    """`contract` without the charge `code` from `effective`.  Raises NothingToRemove.

    plan: only the one of this plan, where two have a charge of one code.
    """

    def is_meant(item: Item) -> bool:
        return item.charge.code == code and plan in {None, item.plan}

    if not any(is_in_service(i, code, effective) for i in contract.items if is_meant(i)):
        raise NothingToRemove(subscription=contract.key, charge=code)

    def removed(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(
            cut(item, effective, by_change=True) if is_meant(item) else item for item in items
        )

    return with_items(contract, removed)


def change_cycle(contract: Contract, cycle: Cycle, at: Point | None = None) -> Contract:
    """`contract` on another cycle from `at`, or throughout; what is billed stays billed (B10).

    at: a boundary of `cycle`; fees with a cadence of their own keep it on the new anchor.
    """

    def turned(old: Cycle, new: Cycle) -> Cycle:
        return new if at is None else Turn(old, at, new)

    def moved(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(
            item
            if at is not None and item.end is not None and item.end <= at
            else replace(
                item, cycle=turned(item.cycle, with_cadence(cycle, cadence_of(item.cycle)))
            )
            for item in items
        )

    return replace(with_items(contract, moved), cycle=turned(contract.cycle, cycle))
