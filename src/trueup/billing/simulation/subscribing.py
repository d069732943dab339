"""A new subscription: its terms, its natural periods, where its phases start."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Recurrence, Timing
from trueup.billing.calendar.rules.alignment import anniversary, calendar_aligned
from trueup.billing.calendar.rules.recurrence import recurrence_from
from trueup.billing.calendar.rules.zones import local_date
from trueup.billing.dialect.model import Start
from trueup.billing.simulation.terms import add_on_charge
from trueup.billing.subscriptions.errors import SubscriptionLive
from trueup.billing.subscriptions.rules import timeline
from trueup.billing.subscriptions.rules.phases import first_fee_of, phase_edges
from trueup.billing.subscriptions.terms import ChargeKind, PhaseKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from trueup.billing.simulation.scene import Event, Scene
    from trueup.billing.simulation.world import World
    from trueup.billing.subscriptions.contract import Contract, Item
    from trueup.billing.subscriptions.cycle import Cycle, Point
    from trueup.billing.subscriptions.terms import Charge, Terms
    from trueup.kernel.clock import Instant

DAY: Final = timedelta(days=1)
MONTHLY: Final = Cadence(Interval.MONTH)
"""A plan of usage alone recurs monthly."""


def subscribe(scene: Scene, event: Event, at: Instant) -> Point:
    """From when it is in service or billed.

    Raises NotExpressible, SubscriptionLive, and the refusals of `timeline`.
    """
    world = scene.world
    billing_from = scene.point_or(event, "billing_from", None)
    start = scene.effective(event, at)
    if billing_from is not None:
        start = min(start, billing_from)
    terms = agreed_terms(scene, event, event["plan"])
    key = event.get("id") or _free_key(world, event["plan"])
    if key in world.contracts and world.contracts[key].cancelled is None:
        raise SubscriptionLive(plan=event["plan"], subscription=key)
    edges = phase_edges(terms, _origin(scene, event, terms, start))
    trial_end = trial_end_of(terms, _tried_from(world, event, start))
    first_fee = max(first_fee_of(terms, edges, start), trial_end or start, billing_from or start)
    order = timeline.Order(
        key=key,
        customer=event.get("account", ""),
        terms=terms,
        start=start,
        cycle=_cycle(world, event, terms, start, first_fee),
        quantity=Decimal(str(event.get("quantity", 1))),
        phase_edges=edges,
        trial_end=trial_end,
        billed_from=billing_from,
        end=_end(scene, event),
        end_cuts_price=world.dialect.end_date_cuts_price,
        bundle=event.get("bundle"),
    )
    contract = timeline.open_contract(order)
    scene.put(with_add_ons(scene, contract, event["plan"], start))
    return start


def trial_end_of(terms: Terms, start: Point) -> Point | None:
    """When a trial that is no phase ends, counted from the subscription's first day."""
    return start + DAY * terms.trial_days if terms.trial_days else None


def _tried_from(world: World, event: Event, start: Point) -> Point:
    """From when a trial counts: the first time, where the dialect tries nobody out twice (B34)."""
    if not world.dialect.tries_out_once:
        return start
    before = [
        c.start
        for c in world.contracts.values()
        if c.terms.plan == event["plan"]
        and c.cancelled is not None
        and (c.final_bill or c.cancelled) <= start
    ]
    return min([*before, start])


def with_add_ons(scene: Scene, contract: Contract, plan: str, effective: Point) -> Contract:
    """`contract` with the fixed charges that the case lists for its plan."""
    timing = Timing(scene.case.get("add_on_billing", Timing.IN_ADVANCE))
    is_prorated = scene.case.get("add_ons_prorated", True)
    for name, add_on in scene.case.get("add_ons", {}).items():
        if add_on.get("plan") != plan:
            continue
        charge = add_on_charge(name, timing, str(add_on["unit_price"]), is_prorated=is_prorated)
        old = next((i for i in contract.items if _takes_over(name, i, effective)), None)
        contract = timeline.add_charge(
            contract,
            charge,
            effective,
            Decimal(str(add_on.get("units", 1))),
            replaces=None if old is None else old.key,
        )
    return contract


def agreed_terms(scene: Scene, event: Event, plan: str) -> Terms:
    """The terms of `plan`, with the prices and the trial that the order agrees on."""
    terms = scene.terms(plan, event.get("price_override"))
    if "trial_days" in event:
        terms = replace(terms, trial_days=event["trial_days"])
    if "quantity" in event:
        terms = _with_units(terms, lambda _: None)
    if event.get("skip_trial"):
        phases = tuple(p for p in terms.phases if p.kind is not PhaseKind.TRIAL)
        return replace(terms, phases=phases or terms.phases, trial_days=0)
    return terms


def keeping_units(terms: Terms, contract: Contract) -> Terms:
    """`terms` for as many units as were ordered, where that is not what the plan said."""
    fees = [i for i in contract.items if i.charge.is_per_unit and not i.is_closed_by_change]
    ordered = {
        i.charge.code: i.quantity if i.quantity != contract.quantity or i.charge.units else None
        for i in fees
        if i.charge.units != i.quantity
    }
    return _with_units(terms, lambda charge: ordered.get(charge.code, charge.units))


def _with_units(terms: Terms, units_of: Callable[[Charge], Decimal | None]) -> Terms:
    """`terms` with other units of fees per unit; None: as many as the subscription's quantity."""

    def counted(charge: Charge) -> Charge:
        return replace(charge, units=units_of(charge)) if charge.is_per_unit else charge

    phases = tuple(replace(p, charges=tuple(map(counted, p.charges))) for p in terms.phases)
    return replace(terms, phases=phases)


def _origin(scene: Scene, event: Event, terms: Terms, start: Point) -> Point:
    """From where phases are counted: an add-on's from its bundle's start, where the case says."""
    base = scene.base_of(event.get("bundle"))
    counts_bundle = scene.case.get("phase_alignment") == "bundle"
    return base.start if base is not None and terms.is_add_on and counts_bundle else start


def _end(scene: Scene, event: Event) -> Point | None:
    end: Point | None = scene.point_or(event, "end_date", None)
    if end is not None and scene.world.dialect.bills_last_day:
        return end + DAY
    return end


def _cycle(world: World, event: Event, terms: Terms, start: Point, first_fee: Point) -> Cycle:
    """The natural periods of a new subscription."""
    cadence = terms.cadence or MONTHLY
    dialect = world.dialect
    anchored = first_fee if dialect.trial_moves_anchor else start
    anchor = event.get("anchor")
    kind = Start(anchor) if anchor else dialect.start
    is_own = anchor is not None and dialect.start is Start.ACCOUNT
    if isinstance(anchored, datetime):
        if kind is Start.CALENDAR:
            return Recurrence(
                calendar_aligned(cadence, local_date(anchored, world.zone)), world.zone
            )
        return recurrence_from(cadence, anchored, world.zone)
    if kind is Start.CALENDAR:
        return calendar_aligned(cadence, start)
    if kind is Start.ANNIVERSARY:
        day = event.get("cycle_day") or (None if is_own else world.cycle_day)
        return anniversary(cadence, anchored, day if cadence.months else None)
    return _account_cycle(world, event, cadence, first_fee)


def _account_cycle(world: World, event: Event, cadence: Cadence, first_fee: Point) -> Cycle:
    """On the account's day in the month of the first fee, which sets it where it has none."""
    own = Grid(cadence, Anchor.on(first_fee))
    if not cadence.months:
        return own
    day = event.get("cycle_day") or world.cycle_day
    if day is None:
        world.cycle_day = first_fee.day
        return own
    return anniversary(cadence, first_fee, day)


def _free_key(world: World, plan: str) -> str:
    taken = world.contracts
    return next(k for n in range(len(taken) + 1) if (k := f"{plan}#{n}") not in taken)


def _takes_over(name: str, item: Item, effective: Point) -> bool:
    """Whether the add-on `name` of the new plan is the one of `item`: `y2` takes over `y`."""
    is_same = item.charge.code.rstrip("0123456789") == name.rstrip("0123456789")
    return item.charge.kind is ChargeKind.ADD_ON and is_same and item.end == effective
