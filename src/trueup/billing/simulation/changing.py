"""Orders about a running subscription: changed, added to, paused, ended, moved to another day.

Each answers when it takes effect.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.model import Grid, Timing
from trueup.billing.calendar.rules.alignment import calendar_aligned
from trueup.billing.dialect.model import Start
from trueup.billing.simulation.errors import NotExpressible
from trueup.billing.simulation.scene import END_OF_TERM, IMMEDIATELY
from trueup.billing.simulation.subscribing import (
    agreed_terms,
    keeping_units,
    trial_end_of,
    with_add_ons,
)
from trueup.billing.simulation.terms import component_charge
from trueup.billing.subscriptions.contract import Settlement
from trueup.billing.subscriptions.cycle import (
    anchored_anew,
    cadence_of,
    latest,
    starting_at,
    with_cadence,
)
from trueup.billing.subscriptions.errors import ServiceEnded
from trueup.billing.subscriptions.rules import ending, pausing, timeline
from trueup.billing.subscriptions.rules.comparing import is_downgrade
from trueup.billing.subscriptions.rules.items import counts_quantity
from trueup.billing.subscriptions.rules.ordering import going_on, is_tried_out, on_cycle_day
from trueup.billing.subscriptions.rules.phases import phase_edges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.billing.simulation.scene import Event, Scene
    from trueup.billing.subscriptions.contract import Contract
    from trueup.billing.subscriptions.cycle import Cycle, Point
    from trueup.billing.subscriptions.terms import Terms
    from trueup.kernel.clock import Instant

DAY: Final = timedelta(days=1)

SETTLEMENTS: Final[Mapping[str, Settlement]] = {
    "prorate": Settlement.PRORATE,
    "now": Settlement.PRORATE,
    "immediate": Settlement.PRORATE,
    "immediately": Settlement.PRORATE,
    "always_invoice": Settlement.PRORATE,
    "create_prorations": Settlement.AT_RENEWAL,
    "next_invoice": Settlement.AT_RENEWAL,
    "next_charge": Settlement.AT_RENEWAL,
    "next_period": Settlement.AT_RENEWAL,
    "next_renewal": Settlement.AT_RENEWAL,
    "at_renewal": Settlement.AT_RENEWAL,
    "renewal": Settlement.AT_RENEWAL,
    "end_of_term": Settlement.AT_RENEWAL,
    "credit_only": Settlement.CREDIT_ONLY,
    "reset": Settlement.RESET,
    "full_and_reset": Settlement.RESET,
    "none": Settlement.NONE,
    "do_not_bill": Settlement.NONE,
}
"""What the word of a case for how a change is settled means."""


def change_plan(scene: Scene, event: Event, at: Instant) -> Point:
    """Raises NotExpressible, and the refusals of `timeline`.

    Who changes the plan goes on: a cancellation that is still to come is taken back.
    """
    contract = going_on(scene.contract(event), scene.effective(event, at))
    dialect = scene.world.dialect
    terms = keeping_units(agreed_terms(scene, event, event["to"]), contract)
    settlement = _settlement(event)
    default = IMMEDIATELY
    if dialect.downgrades_wait and is_downgrade(contract.terms, terms):
        default = END_OF_TERM
    effective = scene.when(event, at, contract, default)
    quantity = Decimal(str(event.get("quantity", contract.quantity)))
    changed = timeline.change_terms(
        replace(contract, quantity=quantity),
        terms,
        effective,
        phase_edges(terms, _origin(scene, event, contract, effective)),
        _cycle_after(scene, event, contract, terms, effective),
        keeps_unchanged=dialect.keeps_unchanged,
        bills_once=dialect.bills_once_on_change,
        trial_end=None if dialect.change_ends_trial else _trial_end(contract, terms, effective),
        settlement=settlement,
    )
    for code in event.get("drops", ()):
        _drop(scene, code, effective)
    if dialect.splits_usage_at_moment:
        _keep_usage_of_day(scene, contract, effective)
    scene.put(with_add_ons(scene, changed, event["to"], effective))
    return effective


def change_quantity(scene: Scene, event: Event, at: Instant) -> Point:
    """Raises the refusals of `timeline`."""
    contract = scene.contract(event)
    quantity = Decimal(str(event["quantity"]))
    waits = scene.world.dialect.decreases_wait and quantity < contract.quantity
    effective = scene.quantity_at(event, at, contract, END_OF_TERM if waits else IMMEDIATELY)
    code = event.get("name", event.get("component")) or _only_units(contract)
    scene.put(timeline.change_quantity(contract, quantity, effective, code=code))
    return effective


def cancel(scene: Scene, event: Event, at: Instant) -> Point:
    """Raises NotExpressible, ServiceEnded."""
    contract = scene.contract(event)
    dialect = scene.world.dialect
    if contract.cancelled is not None and contract.cancelled <= scene.effective(event, at):
        raise ServiceEnded(subscription=contract.key)
    effective = scene.when(event, at, contract, IMMEDIATELY)
    final = None
    if event.get("when", IMMEDIATELY) == IMMEDIATELY and dialect.bills_last_day:
        final, effective = effective, effective + DAY
    policy = event.get("credit_policy", "credit" if dialect.credits_at_end else "skip")
    if policy in {"refund", "offset"}:
        scene.world.giving_back[contract.key] = policy
    for each in scene.with_dependants(contract):
        scene.put(
            ending.cancel(
                each,
                max(effective, each.start),
                final_bill=final,
                keeps_prepaid=policy in {"skip", "none"},
                cuts_price=dialect.end_date_cuts_price,
            )
        )
    return effective if final is None else final


def uncancel(scene: Scene, event: Event, at: Instant) -> None:
    """Raises NothingToTakeBack."""
    scene.put(ending.uncancel(scene.contract(event), scene.world.point(at)))


def pause(scene: Scene, event: Event, at: Instant) -> Point:
    """Raises the refusals of `timeline`."""
    effective = scene.effective(event, at)
    for each in scene.with_dependants(scene.contract(event)):
        scene.put(pausing.pause(each, effective))
    return effective


def resume(scene: Scene, event: Event, at: Instant) -> Point:
    """Raises NothingToResume."""
    effective, is_anew = scene.effective(event, at), scene.world.dialect.anchors_anew
    for each in scene.with_dependants(scene.contract(event)):
        scene.put(pausing.resume(each, effective, anchors_anew=is_anew))
    return effective


def add_on(scene: Scene, event: Event, at: Instant) -> Point:
    """A charge beside those of the plan.  Raises NotExpressible, and the refusals of `timeline`."""
    contract = scene.contract(event)
    effective = scene.when(event, at, contract, IMMEDIATELY)
    name, component = _component(scene, event)
    charge = component_charge(name, component)
    quantity = Decimal(str(event.get("quantity", component.get("units", 1))))
    scene.put(timeline.add_charge(contract, charge, effective, quantity))
    return effective


def remove_add_on(scene: Scene, event: Event, at: Instant) -> Point:
    """Raises NothingToRemove."""
    contract = scene.contract(event)
    effective = scene.when(event, at, contract, IMMEDIATELY)
    scene.put(timeline.remove_charge(contract, event["name"], effective))
    return effective


def set_cycle_day(scene: Scene, event: Event, at: Instant) -> Point:
    """Raises CycleDayImpossible."""
    start: Point = scene.point_or(event, "from", scene.effective(event, at))
    wanted = event.get("subscription", event.get("id", event.get("bundle")))
    for contract in list(scene.world.contracts.values()):
        names = {None, contract.key, contract.terms.plan, contract.bundle}
        if wanted in names and contract.cancelled is None:
            after, first = on_cycle_day(latest(contract.cycle), start, event["day"])
            scene.put(timeline.change_cycle(contract, after, first))
    if wanted is None:
        scene.world.cycle_day = event["day"]
    return start


def _only_units(contract: Contract) -> str | None:
    """The fee that is meant where none counts the quantity, and one has units of its own."""
    fees = {i.charge.code: i.charge for i in contract.items if i.charge.is_per_unit}
    if len(fees) != 1 or any(counts_quantity(charge) for charge in fees.values()):
        return None
    return next(iter(fees))


def _settlement(event: Event) -> Settlement:
    word = event.get("settle", "prorate")
    if word not in SETTLEMENTS:
        raise NotExpressible(what=f"a change of plan settled {word!r}")
    return SETTLEMENTS[word]


def _origin(scene: Scene, event: Event, contract: Contract, effective: Point) -> Point:
    """From where the phases of the new plan are counted."""
    align = str(event.get("align", ""))
    if "change" in align:
        return effective
    if "bundle" in align:
        base = scene.base_of(contract.bundle)
        return contract.origin if base is None else base.origin
    return contract.origin


def _trial_end(contract: Contract, terms: Terms, effective: Point) -> Point | None:
    """A trial counts from the first day, whatever the plan; what is over is over (B34)."""
    end = trial_end_of(terms, contract.start)
    return end if end is not None and end > effective else None


def _cycle_after(
    scene: Scene, event: Event, contract: Contract, terms: Terms, effective: Point
) -> Cycle:
    """The natural periods under the new terms."""
    cycle = contract.cycle
    if scene.world.dialect.change_ends_trial and is_tried_out(contract, effective):
        cycle = starting_at(cycle, effective)
    if event.get("cycle_day") is not None:
        cycle = on_cycle_day(latest(cycle), effective, event["cycle_day"])[0]
    elif scene.world.dialect.anchors_anew:
        cycle = anchored_anew(with_cadence(cycle, terms.cadence or cadence_of(cycle)), effective)
    if _settlement(event) is Settlement.RESET:
        cycle = starting_at(cycle, effective)
    if terms.cadence is None:
        return cycle
    changed = with_cadence(cycle, terms.cadence)
    if scene.world.dialect.new_cadence_starts_anew and terms.cadence != cadence_of(contract.cycle):
        return starting_at(changed, effective)
    if changed == cycle or not isinstance(cycle, Grid):
        return changed
    is_calendar = cycle == calendar_aligned(cycle.cadence, effective)
    if is_calendar and scene.world.dialect.start is not Start.ACCOUNT:
        return calendar_aligned(terms.cadence, effective)
    return changed


def _component(scene: Scene, event: Event) -> tuple[str, dict[str, Any]]:
    """The name and the terms of an added charge: the event's own, or those of the plan it names."""
    name = event.get("name") or event.get("plan", "add-on")
    listed = scene.case.get("add_ons", {}).get(name, {})
    plan = {} if event.get("name") else scene.case.get("plans", {}).get(event.get("plan"), {})
    amount = event.get("amount", listed.get("unit_price", plan.get("amount")))
    if amount is None:
        raise NotExpressible(what=f"the add-on {name!r}, which has no amount")
    return name, {
        "amount": amount,
        "billing": event.get("billing", plan.get("billing", Timing.IN_ADVANCE)),
        "once": event.get("once", False),
        "units": event.get("units", listed.get("units", 1)),
    }


def _keep_usage_of_day(scene: Scene, contract: Contract, effective: Point) -> None:
    """Leaves with the plan that ends what was used of it earlier on the day of the change."""
    events = scene.world.usage[contract.key]
    scene.world.usage[contract.key] = [
        replace(e, plan=contract.terms.plan) if e.at == effective and e.plan is None else e
        for e in events
    ]


def _drop(scene: Scene, code: str, effective: Point) -> None:
    """Ends add-ons that the new plan includes."""
    for key, contract in list(scene.world.contracts.items()):
        if code in {key, contract.terms.plan} and contract.cancelled is None:
            scene.put(ending.cancel(contract, max(effective, contract.start)))
