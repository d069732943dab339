"""A subscription as the engine sees it: which charges are in service from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
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


class Settlement(StrEnum):
    """How a change of plan is settled between the old fees and the new ones (B32)."""

    PRORATE = "prorate"  # the rest of the old is given back, that of the new is charged, at once
    AT_RENEWAL = "at_renewal"  # the same, with the next renewal
    CREDIT_ONLY = "credit_only"  # the rest of the old is given back; the new costs from the renewal
    RESET = "reset"  # the rest of the old is given back; a whole period of the new begins
    NONE = "none"  # nothing: the old stays paid, the new costs from the renewal


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
    keeps_prepaid: what it was billed for time after its end is not given back.
    settles_from: a change before is billed then, with the next renewal; None: at once.
    former_terms: earlier ones with a committed minimum, oldest first.
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
    keeps_prepaid: bool = False
    settles_from: Point | None = None
    former_terms: tuple[Terms, ...] = ()
