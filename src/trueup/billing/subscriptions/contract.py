"""A subscription as the engine sees it: which charges are in service from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from trueup.billing.subscriptions.cycle import Cycle, Point
    from trueup.billing.subscriptions.terms import Charge, Terms


@dataclass(frozen=True, slots=True)
class Item:
    """One charge in service over `[start, end)`; identity of every line it is billed by.

    key: unique within the account and the same whenever the same history is replayed (B39).
    quantity: what a per-unit fee is multiplied by.
    grid: its natural periods.
    replaces: key of the item that it takes over: what that one was billed ahead counts for it.
    costs_full_last_period: a last period that its end cuts is not prorated.
    is_closed_by_change: its end came of a change of plan or quantity, not of a cancellation.
    """

    key: str
    plan: str
    charge: Charge
    quantity: Decimal
    start: Point
    end: Point | None
    cycle: Cycle
    is_closed_by_change: bool = False
    costs_full_last_period: bool = False
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """No service over `[start, end)`."""

    start: Point
    end: Point | None


@dataclass(frozen=True, slots=True)
class Contract:
    """A subscription's terms and everything that was agreed about it since, as spans of service.

    origin: where its phases are counted from.
    items: past, running and agreed for later; in the order they were agreed.
    ordered_items: the items before a cancellation that has not taken effect, to take it back.
    cancelled: when it ends or ended; None while nothing is agreed.
    final_bill: when all of it is settled.
    """

    key: str
    customer: str
    terms: Terms
    quantity: Decimal
    start: Point
    origin: Point
    cycle: Cycle
    items: tuple[Item, ...]
    bundle: str | None = None
    pauses: tuple[Pause, ...] = ()
    cancelled: Point | None = None
    final_bill: Point | None = None
    ordered_items: tuple[Item, ...] = ()
