"""Kind `scenario`: events in time order, the biller running by itself in between."""

from __future__ import annotations

import copy
from collections import defaultdict
from datetime import timedelta, timezone
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.model import Cadence, Interval
from trueup.billing.calendar.rules.stepping import step
from trueup.billing.calendar.rules.zones import local_date
from trueup.billing.simulation.errors import NotExpressible, PlanNotDescribed
from trueup.billing.simulation.events import happen
from trueup.billing.simulation.moments import day_of, has_time, instant_of, zone_of
from trueup.billing.simulation.result import result_of
from trueup.billing.simulation.scene import Scene
from trueup.billing.simulation.world import World
from trueup.billing.taxes.model import TaxRate
from trueup.kernel.currency import currency
from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from trueup.billing.dialect.model import Dialect
    from trueup.kernel.clock import Instant

    Json = dict[str, Any]

WITHOUT_RUN: Final = frozenset(
    {
        "usage",
        "coupon",
        "credit",
        "credit_note",
        "one_off_invoice",
        "payment",
        "refund",
        "adjust_line",
        "bill_run",
        "open_account",
        "invoicing_off",
    }
)
USAGE: Final = "usage"
COUPON: Final = "coupon"
CHANGE: Final = "change_plan"
CHANGE_QUANTITY: Final = "change_quantity"
USE_ALONE: Final = frozenset({"usage", "coupon", "credit"})
"""Events of a case that says what was used and leaves out who subscribed."""
DAY: Final = timedelta(days=1)
LOOK_AHEAD: Final = timedelta(days=400)
RUNS_MAX: Final = 5000


def scenario(case: Mapping[str, Any], dialect: Dialect) -> Json:
    """The documents that the events of the case lead to, until the last date it speaks of.

    Raises CaseMalformed, NotExpressible.
    """
    return result_of(played(case, dialect).world)


def played(case: Mapping[str, Any], dialect: Dialect) -> Play:
    """The case's account after all of its events.  Raises as `scenario`."""
    given = implied(case["input"])
    zone = zone_of(given.get("timezone", "UTC"))
    if dialect.keeps_utc_offset:
        zone = _offset_when_opened(given, zone)
    tax = given.get("tax")
    world = World(
        zone=zone,
        currency=currency(given.get("currency", "EUR")),
        dialect=dialect,
        rates=() if not tax else (TaxRate.from_percent(str(tax["rate_percent"])),),
        cycle_day=given.get("bill_cycle_day"),
    )
    play = Play(world, given, until=_until(case, given, zone))
    play.run()
    return play


def _offset_when_opened(given: Mapping[str, Any], zone: tzinfo) -> tzinfo:
    """The zone without its changes of clocks: as it was when the account was opened (B5)."""
    said = [e["at"] for e in given["events"] if e["type"] == "open_account"]
    said += [e["at"] for e in given["events"]]
    offset = instant_of(said[0], zone).astimezone(zone).utcoffset()
    return zone if offset is None else timezone(offset)


def orders_of(
    events: Sequence[tuple[Instant, Json]],
) -> Iterator[tuple[Instant, str, list[Json]]]:
    """Events of one kind at one instant, which are one order: billed together.

    Coupons come first, so that they count for what is ordered at their instant.  A plan and a
    quantity change together; a second change of the plan is an order of its own.
    """
    changes: dict[tuple[Instant, object], int] = defaultdict(int)
    keyed = []
    for at, event in events:
        kind = CHANGE if event["type"] in {CHANGE, CHANGE_QUANTITY} else event["type"]
        whose = (at, event.get("subscription", event.get("id", event.get("bundle"))))
        changes[whose] += event["type"] == CHANGE
        number = max(changes[whose] - 1, 0) if kind == CHANGE else 0
        keyed.append(((at, kind != COUPON), kind, number, event))
    keyed.sort(key=lambda entry: entry[0])
    for ((at, _), kind, _), group in groupby(keyed, key=lambda entry: entry[:3]):
        yield at, kind, [event for *_, event in group]


class Play:
    """Time passing: events in their order, and the biller at every moment something falls due."""

    def __init__(self, world: World, given: Mapping[str, Any], *, until: Instant) -> None:
        self.world = world
        self.scene = Scene(world, given)
        self.until = until
        self.clock = [(instant_of(at, world.zone), at) for at in given.get("clock", ())]
        events = [(instant_of(e["at"], world.zone), e) for e in given.get("events", ())]
        self.events = sorted(events, key=lambda pair: pair[0])
        self.now: Instant | None = None
        self.period_label = given.get("label")
        self.is_consolidated = given.get("consolidate", False)

    def run(self) -> None:
        orders = list(orders_of(self.events))
        for number, (at, kind, events) in enumerate(orders):
            if kind != USAGE or not self._ends_now(events, at):
                self.pass_time(at)
            makes_due = [self.do(event, at) for event in events]
            if kind in WITHOUT_RUN or not any(makes_due):
                continue
            if not (self.is_consolidated and self._follows_today(orders[number + 1 :], at)):
                self.world.bill(self.billed_at(events, at), self.label(events[-1]["at"]))
        self.pass_time(self.until)

    def _ends_now(self, events: Sequence[Json], at: Instant) -> bool:
        """Whether usage is of a service's last day, which is billed with that day."""
        now = self.world.point(at)
        return self.world.dialect.counts_usage_of_last_day and any(
            contract.final_bill == now
            for contract in self.world.contracts.values()
            if any("dated" not in event and not event.get("refused") for event in events)
        )

    def _follows_today(self, orders: Sequence[tuple[Instant, str, Any]], at: Instant) -> bool:
        """Whether another order of the same local day is still to come."""
        today = local_date(at, self.world.zone)
        return any(
            kind not in WITHOUT_RUN and local_date(later, self.world.zone) == today
            for later, kind, _ in orders
        )

    def do(self, event: Json, at: Instant) -> bool:
        """Lets the event happen; whether it makes anything due now."""
        if event.get("preview"):
            happen(Scene(copy.deepcopy(self.world), self.scene.case), event, at)
            return False
        if event.get("refused") and self._refuses(event, at):
            return False
        effective = happen(self.scene, event, at)
        if event["type"] == USAGE:
            key = self.scene.contract_using(event).key
            self.world.bill_usage(key, at, self.label(event["at"]))
        return effective is None or effective <= self.world.point(self.billed_at([event], at))

    def billed_at(self, order: Sequence[Json], at: Instant) -> Instant:
        """When an order is billed: after its day, where a quantity leaves that to the old one."""
        has_quantity = any(event["type"] == CHANGE_QUANTITY for event in order)
        return at + DAY if has_quantity and self.world.quantities_change_next_day else at

    def _refuses(self, event: Json, at: Instant) -> bool:
        """Whether the engine says no; tried on a copy, so that a refused order leaves no trace.

        A plan that nobody describes is one that cannot be ordered.
        """
        try:
            happen(Scene(copy.deepcopy(self.world), self.scene.case), event, at)
        except PlanNotDescribed:
            return True
        except NotExpressible:
            raise
        except Refusal:
            return True
        return False

    def pass_time(self, until: Instant) -> None:
        """Runs the biller at each moment from the last one to `until` at which something is due."""
        if self.clock:
            while self.clock and self.clock[0][0] <= until:
                at, label = self.clock.pop(0)
                self.world.bill(at, label)
            self.now = until
            return
        for _ in range(RUNS_MAX):
            due = self.world.next_due(self.now) if self.now is not None else None
            if due is None or due > until:
                self.now = until
                return
            self.now = due
            self.world.bill(due, self.period_label or self.world.day_label(due))
        raise NotExpressible(what=f"more than {RUNS_MAX} bills between two events")

    def label(self, at: str) -> str:
        """How documents of that moment are dated."""
        if has_time(at) and self.world.dialect.dates_by_local_day:
            return self.world.day_label(instant_of(at, self.world.zone))
        return at


def implied(given: Mapping[str, Any]) -> Json:
    """The input with what it leaves out: a subscription from the month of its first usage."""
    events = [dict(e) for e in given.get("events", ())]
    if any(e["type"] not in USE_ALONE for e in events):
        return dict(given) | {"events": events}
    plans = given.get("plans", {})
    first = next((e["at"] for e in events if e["at"][:1].isdigit()), "2020-01-15")
    start = f"{first[:8]}01"
    for event in events:
        if not event["at"][:1].isdigit():
            event["at"] = first
    opened = [{"at": start, "type": "subscribe", "plan": p, "anchor": "calendar"} for p in plans]
    return dict(given) | {
        "events": opened + events,
        "until": month_after(start),
        "label": "period_end",
    }


def month_after(day: str) -> str:
    """The same day of the next month."""
    return step(day_of(day), Cadence(Interval.MONTH), 1).isoformat()


def _until(case: Mapping[str, Any], given: Mapping[str, Any], zone: tzinfo) -> Instant:
    """The last date of which the case speaks; without expectations, a year and a month on.

    That no invoice is expected is one, too.
    """
    if "until" in given:
        return instant_of(given["until"], zone)
    said = [e["at"] for e in given["events"]]
    said += list(given.get("clock", ()))
    expected = case.get("expected", {})
    documents = [*expected.get("invoices", ()), *expected.get("credit_notes", ())]
    dated = [d["at"] for d in documents if d.get("at", "")[:1].isdigit()]
    last = max(instant_of(at, zone) for at in [*said, *dated])
    if dated or "invoices" in expected:
        return last
    return last + LOOK_AHEAD
