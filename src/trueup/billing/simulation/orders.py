"""What happens in a case: each kind of event, done to the world.

An event is an order of a person (subscribe, cancel), a fact (usage, payment) or a bill run.  It
changes contracts and books only; what it makes due is billed by the run that follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Timing
from trueup.billing.calendar.rules.alignment import calendar_aligned, next_cycle_day
from trueup.billing.calendar.rules.recurrence import recurrence_from
from trueup.billing.calendar.rules.stepping import step
from trueup.billing.dialect.model import Start
from trueup.billing.discounts.model import ONCE, Coupon, Discount
from trueup.billing.drafting.model import DraftLine, LineKind, UsageEvent
from trueup.billing.drafting.rules.amounts import flat, negated
from trueup.billing.simulation.errors import NotExpressible
from trueup.billing.simulation.moments import instant_of
from trueup.billing.simulation.terms import add_on_charge, component_charge, terms_of
from trueup.billing.subscriptions.cycle import period_at, with_cadence
from trueup.billing.subscriptions.rules import timeline
from trueup.billing.subscriptions.terms import ChargeKind, LengthUnit, PhaseKind
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from trueup.billing.simulation.world import World
    from trueup.billing.subscriptions.contract import Contract, Item
    from trueup.billing.subscriptions.cycle import Cycle, Point
    from trueup.billing.subscriptions.terms import Length, Terms
    from trueup.kernel.clock import Instant

Event: TypeAlias = Mapping[str, Any]
DAY: Final = timedelta(days=1)
IMMEDIATELY, END_OF_TERM, START_OF_TERM = "immediately", "end_of_term", "start_of_term"


@dataclass(slots=True)
class Orders:
    """The events of a case, done one after another to one world."""

    world: World
    case: Mapping[str, Any]

    def do(self, event: Event, at: Instant) -> None:
        """Raises the refusals of `subscriptions`, and NotExpressible."""
        handler = HANDLERS.get(event["type"])
        if handler is None:
            raise NotExpressible(what=f"an event of the type {event['type']!r}")
        handler(self, event, at)

    # ---- orders about subscriptions

    def subscribe(self, event: Event, at: Instant) -> None:
        world = self.world
        start = self._effective(event, at)
        terms = self._terms(event["plan"], event.get("price_override"))
        key = event.get("id") or self._free_key(event["plan"])
        base = self._bundle_base(event)
        origin = start
        if base is not None and terms.is_add_on and self.case.get("phase_alignment") == "bundle":
            origin = base.start
        if event.get("skip_trial"):
            phases = tuple(p for p in terms.phases if p.kind is not PhaseKind.TRIAL)
            terms = replace(terms, phases=phases, trial_days=0)
        starts = phase_starts(terms, origin)
        billing_from = self._point_or(event, "billing_from", start)
        first_fee = _first_fee(terms, starts, start)
        trial_end = start + DAY * terms.trial_days if terms.trial_days else None
        if billing_from > start:
            first_fee = max(first_fee, billing_from)
            trial_end = billing_from
        order = timeline.Order(
            key=key,
            customer=event.get("account", ""),
            terms=terms,
            start=start,
            cycle=self._cycle(event, terms, start, first_fee),
            quantity=Decimal(str(event.get("quantity", 1))),
            phase_starts=starts,
            trial_end=trial_end,
            end=self._point_or(event, "end_date", None),
            end_cuts_price=world.dialect.end_date_cuts_price,
            bundle=event.get("bundle"),
        )
        contract = timeline.open_contract(order)
        world.contracts[key] = self._with_add_ons(contract, event["plan"], start)

    def change_plan(self, event: Event, at: Instant) -> None:
        contract = self._contract(event)
        terms = self._terms(event["to"], event.get("price_override"))
        effective = self._when(event, at, contract)
        origin = effective if event.get("align") == "change" else contract.origin
        cycle = contract.cycle
        if event.get("cycle_day") is not None:
            cycle = _on_day(cycle, effective, event["cycle_day"])
        cycle = self._changed_cycle(cycle, terms, effective)
        dialect = self.world.dialect
        changed = timeline.change_terms(
            contract,
            terms,
            effective,
            phase_starts(terms, origin),
            cycle,
            keeps_unchanged=dialect.keeps_unchanged,
            bills_once=dialect.bills_once_on_change,
        )
        for code in event.get("drops", ()):
            self._drop(code, effective)
        self.world.contracts[contract.key] = self._with_add_ons(changed, event["to"], effective)

    def change_quantity(self, event: Event, at: Instant) -> None:
        contract = self._contract(event)
        effective = self._when(event, at, contract)
        quantity = Decimal(str(event["quantity"]))
        self._put(timeline.change_quantity(contract, quantity, effective))

    def cancel(self, event: Event, at: Instant) -> None:
        contract = self._contract(event)
        effective = self._when(event, at, contract)
        final = None
        if event.get("when", IMMEDIATELY) == IMMEDIATELY and self.world.dialect.bills_last_day:
            final, effective = effective, effective + DAY
        policy = event.get("credit_policy")
        if policy == "skip":
            self.world.waived.add(contract.key)
        if policy == "refund":
            self.world.refunding.add(contract.key)
        for each in self._with_dependants(contract):
            self._put(timeline.cancel(each, max(effective, each.start), final_bill=final))

    def uncancel(self, event: Event, at: Instant) -> None:
        self._put(timeline.uncancel(self._contract(event), self.world.point(at)))

    def pause(self, event: Event, at: Instant) -> None:
        for each in self._with_dependants(self._contract(event)):
            self._put(timeline.pause(each, self._effective(event, at)))

    def resume(self, event: Event, at: Instant) -> None:
        for each in self._with_dependants(self._contract(event)):
            self._put(timeline.resume(each, self._effective(event, at)))

    def add_on(self, event: Event, at: Instant) -> None:
        contract = self._contract(event)
        effective = self._when(event, at, contract)
        name = event.get("name") or event["plan"]
        component = {
            "amount": event["amount"],
            "billing": event.get("billing", Timing.IN_ADVANCE),
            "once": event.get("once", False),
        }
        charge = component_charge(name, component)
        quantity = Decimal(str(event.get("quantity", 1)))
        self._put(timeline.add_charge(contract, charge, effective, quantity))

    def remove_add_on(self, event: Event, at: Instant) -> None:
        contract = self._contract(event)
        self._put(timeline.remove_charge(contract, event["name"], self._when(event, at, contract)))

    def set_cycle_day(self, event: Event, at: Instant) -> None:
        start = self._point_or(event, "from", self._effective(event, at))
        for contract in list(self.world.contracts.values()):
            if "subscription" not in event or event["subscription"] == contract.key:
                self._put(
                    timeline.change_cycle(contract, _on_day(contract.cycle, start, event["day"]))
                )
        if "subscription" not in event:
            self.world.cycle_day = event["day"]

    # ---- facts

    def usage(self, event: Event, at: Instant) -> None:
        world = self.world
        contract = self.contract_using(event)
        used_at = instant_of(event["dated"], world.zone) if "dated" in event else at
        for number in range(event.get("times", 1)):
            world.usage[contract.key].append(
                UsageEvent(
                    meter=event.get("metric", "usage"),
                    at=world.point(used_at),
                    recorded=world.point(at),
                    quantity=Decimal(str(event["qty"])),
                    dimensions=event.get("dimensions", {}),
                    moment=f"{event['qty']}/{number}",
                )
            )

    def coupon(self, event: Event, at: Instant) -> None:
        amount, percent = event.get("amount"), event.get("percent")
        number = len(self.world.discounts)
        coupon = Coupon(
            code=f"coupon-{number}",
            percent_ppm=None if percent is None else int(Decimal(str(percent)) * 10_000),
            amount_micros=None if amount is None else self._micros(amount),
            currency=None if amount is None else self.world.currency.code,
            uses=_uses(event.get("frequency", "once")),
            plans=frozenset(event.get("plans", ())),
            items=frozenset(event.get("charges", ())),
        )
        self.world.discounts += (Discount.given(f"{number:04}", coupon, at),)

    def credit(self, event: Event, at: Instant) -> None:
        del at
        self.world.credit_micros += self._micros(event["amount"])

    def credit_note(self, event: Event, at: Instant) -> None:
        del at
        held = self.world.invoice_on(event["invoice"])
        if held is None:
            raise NotExpressible(what=f"a credit note against no invoice ({event['invoice']})")
        picked = event.get("items")
        lines = [x for x in held.draft.lines if picked is None or x.component in picked]
        net = self._micros(event["net"]) if "net" in event else None
        credits_ = []
        for line in lines:
            amount = line.amount_micros if net is None else min(net, line.amount_micros)
            net = None if net is None else net - amount
            if amount:
                credits_.append(
                    replace(
                        line,
                        key=f"{line.key}/note/{len(self.world.notes)}",
                        kind=LineKind.CREDIT,
                        amount_micros=-amount,
                        derivation=negated(flat(amount)),
                        gives_back=line.key,
                    )
                )
        self.world.note(held.key, credits_, event["at"])

    def one_off_invoice(self, event: Event, at: Instant) -> None:
        lines = [
            DraftLine(
                key=f"one-off/{len(self.world.invoices)}/{number}",
                kind=LineKind.ONE_OFF,
                contract=None,
                item=None,
                plan=item.get("code"),
                component=item.get("code"),
                span=None,
                full=None,
                derivation=flat(self._micros(item["amount"])),
                amount_micros=self._micros(item["amount"]),
            )
            for number, item in enumerate(event["items"])
        ]
        self.world.issue(lines, at, event["at"])

    def payment(self, event: Event, at: Instant) -> None:
        held = self.world.invoice_on(event["invoice"])
        if held is not None:
            self.world.pay(held.key, self._micros(event["amount"]), at)

    def refund(self, event: Event, at: Instant) -> None:
        held = self.world.invoice_on(event["invoice"])
        if held is None:
            return
        paid = self.world.paid.get(held.key, held.total_micros)
        amount = self._micros(event["amount"]) if "amount" in event else paid
        if event.get("adjust_lines"):
            line = adjustment(amount, len(self.world.invoices))
            self.world.adjust(held.key, line)
            self.world.waive_lines(held.key, None if amount >= held.total_micros else amount)
        elif held.key in self.world.paid:
            self.world.pay(held.key, -amount, at)

    def adjust_line(self, event: Event, at: Instant) -> None:
        del at
        held = self.world.invoice_on(event["invoice"])
        if held is not None:
            amount = self._micros(event["amount"]) if "amount" in event else held.total_micros
            self.world.adjust(held.key, adjustment(amount, len(self.world.invoices)))
            self.world.waive_lines(held.key, amount)
            self.world.put_aside(held.key, amount)

    # ---- the biller

    def bill_run(self, event: Event, at: Instant) -> None:
        self.world.bill(at, event["at"], is_ahead=True)

    def invoicing_off(self, event: Event, at: Instant) -> None:
        del event, at
        self.world.is_invoicing = False

    def invoicing_on(self, event: Event, at: Instant) -> None:
        del event, at
        self.world.is_invoicing = True

    def open_account(self, event: Event, at: Instant) -> None:
        del at
        if event.get("bill_cycle_day"):
            self.world.cycle_day = event["bill_cycle_day"]

    # ---- what an event means

    def _terms(self, plan: str, override: Any) -> Terms:
        plans = self.case.get("plans", {})
        if plan not in plans:
            raise NotExpressible(what=f"the plan {plan!r}, which the case does not describe")
        return terms_of(plan, plans[plan], override)

    def _free_key(self, plan: str) -> str:
        taken = self.world.contracts
        return next(k for n in range(len(taken) + 1) if (k := f"{plan}#{n}") not in taken)

    def _effective(self, event: Event, at: Instant) -> Point:
        if "effective" in event:
            return self.world.point(instant_of(event["effective"], self.world.zone))
        return self.world.point(at)

    def _point_or(self, event: Event, name: str, default: Any) -> Any:
        value = event.get(name)
        if value is None:
            return default
        return self.world.point(instant_of(value, self.world.zone))

    def _when(self, event: Event, at: Instant, contract: Contract) -> Point:
        """When an order takes effect."""
        now = self._effective(event, at)
        when = event.get("when", IMMEDIATELY)
        if when == IMMEDIATELY:
            return now
        term = period_at(contract.cycle, now)
        if when == START_OF_TERM:
            return term.start
        if when == END_OF_TERM:
            return self._end_of_term(contract, now)
        return self.world.point(instant_of(when, self.world.zone))

    def _end_of_term(self, contract: Contract, now: Point) -> Point:
        fees = [
            i
            for i in contract.items
            if i.charge.kind is ChargeKind.RECURRING and (i.end is None or i.end > now)
        ]
        if self.world.dialect.ends_arrears_at_once and all(
            i.charge.timing is Timing.IN_ARREARS for i in fees
        ):
            return now
        running = [i for i in fees if i.start <= now]
        if not running and fees:
            return fees[0].start
        cycle = running[0].cycle if running else contract.cycle
        return period_at(cycle, now).end

    def _contract(self, event: Event) -> Contract:
        contracts = self.world.contracts
        wanted = event.get("subscription") or event.get("id")
        if wanted is not None:
            named = [c for k, c in contracts.items() if wanted in {k, c.terms.plan}]
            if named:
                return named[-1]
        bundle = event.get("bundle")
        within = [c for c in contracts.values() if bundle is None or c.bundle == bundle]
        bases = [c for c in within if not c.terms.is_add_on]
        if not bases and not within:
            raise NotExpressible(what=f"{event['type']} without a subscription")
        return (bases or within)[0]

    def contract_using(self, event: Event) -> Contract:
        if "subscription" in event:
            return self._contract(event)
        meter = event.get("metric", "usage")
        for contract in self.world.contracts.values():
            for item in contract.items:
                is_metered = item.charge.kind is ChargeKind.USAGE
                if is_metered and meter in (item.charge.meter or meter).split("+"):
                    return contract
        return self._contract(event)

    def _bundle_base(self, event: Event) -> Contract | None:
        same = [c for c in self.world.contracts.values() if c.bundle == event.get("bundle")]
        return next((c for c in same if not c.terms.is_add_on), None)

    def _with_dependants(self, contract: Contract) -> list[Contract]:
        """The contract, and the add-ons of its bundle if it is the base they need."""
        if contract.terms.is_add_on:
            return [contract]
        return [contract] + [
            c
            for c in self.world.contracts.values()
            if c.terms.is_add_on and c.bundle == contract.bundle and c.cancelled is None
        ]

    def _put(self, contract: Contract) -> None:
        self.world.contracts[contract.key] = contract

    def _drop(self, code: str, effective: Point) -> None:
        for contract in list(self.world.contracts.values()):
            if contract.terms.plan == code and contract.cancelled is None:
                self._put(timeline.cancel(contract, effective))

    def _with_add_ons(self, contract: Contract, plan: str, effective: Point) -> Contract:
        """`contract` with the fixed charges that the case lists for its plan."""
        timing = Timing(self.case.get("add_on_billing", Timing.IN_ADVANCE))
        is_prorated = self.case.get("add_ons_prorated", True)
        for name, add_on in self.case.get("add_ons", {}).items():
            if add_on.get("plan") == plan:
                charge = add_on_charge(
                    name, timing, str(add_on["unit_price"]), is_prorated=is_prorated
                )
                units = Decimal(str(add_on.get("units", 1)))
                old = next(
                    (i for i in contract.items if _same_add_on(i, name) and i.end == effective),
                    None,
                )
                contract = timeline.add_charge(
                    contract, charge, effective, units, replaces=None if old is None else old.key
                )
        return contract

    def _cycle(self, event: Event, terms: Terms, start: Point, first_fee: Point) -> Cycle:
        """The natural periods of a new subscription."""
        world = self.world
        cadence = terms.cadence or self._default_cadence()
        if world.dialect.counts_instants:
            return recurrence_from(cadence, first_fee, world.zone)  # type: ignore[arg-type]  # an instant there
        anchor = event.get("anchor")
        kind = Start(anchor) if anchor else world.dialect.start
        if kind is Start.CALENDAR:
            return calendar_aligned(cadence, start)
        if kind is Start.ANNIVERSARY:
            return Grid(cadence, Anchor.on(start))
        day = event.get("cycle_day") or world.cycle_day
        if cadence.unit in {Interval.DAY, Interval.WEEK}:
            return Grid(cadence, Anchor.on(first_fee))
        if day is None:
            world.cycle_day = first_fee.day
            return Grid(cadence, Anchor.on(first_fee))
        first = next_cycle_day(first_fee, day)
        return Grid(cadence, Anchor(first.year, first.month, day))

    def _changed_cycle(self, cycle: Cycle, terms: Terms, effective: Point) -> Cycle:
        if terms.cadence is None:
            return cycle
        changed = with_cadence(cycle, terms.cadence)
        if changed == cycle or not isinstance(cycle, Grid):
            return changed
        is_calendar = cycle == calendar_aligned(cycle.cadence, effective)
        if is_calendar and self.world.dialect.start is not Start.ACCOUNT:
            return calendar_aligned(terms.cadence, effective)
        return changed

    def _default_cadence(self) -> Cadence:
        """A plan of usage alone recurs as the account does: monthly."""
        return Cadence(Interval.MONTH)

    def _micros(self, amount: str) -> int:
        return Money.from_major(str(amount), self.world.currency).micros


def phase_starts(terms: Terms, origin: Point) -> tuple[Point, ...]:
    """Where each phase starts, the first at `origin`."""
    starts = [origin]
    for phase in terms.phases[:-1]:
        starts.append(starts[-1] if phase.length is None else _after(starts[-1], phase.length))
    return tuple(starts)


def adjustment(micros: int, number: int) -> DraftLine:
    """A line that lowers an issued invoice by `micros`."""
    return DraftLine(
        key=f"adjustment/{number}/{micros}",
        kind=LineKind.ADJUSTMENT,
        contract=None,
        item=None,
        plan=None,
        component=None,
        span=None,
        full=None,
        derivation=negated(flat(micros)),
        amount_micros=-micros,
    )


def _same_add_on(item: Item, name: str) -> bool:
    """Whether the add-on `name` of the new plan is the one of `item`: `y2` takes over `y`."""
    return item.charge.kind is ChargeKind.ADD_ON and item.charge.code == name.rstrip("0123456789")


def _after(start: Point, length: Length) -> Point:
    if length.unit is LengthUnit.DAYS:
        return start + DAY * length.count
    unit = Interval.MONTH if length.unit is LengthUnit.MONTHS else Interval.YEAR
    return step(start, Cadence(unit, length.count), 1)


def _first_fee(terms: Terms, starts: tuple[Point, ...], start: Point) -> Point:
    """From when a recurring fee is due for the first time."""
    for phase, begins in zip(terms.phases, starts, strict=True):
        if any(c.kind is ChargeKind.RECURRING for c in phase.charges):
            return max(begins, start)
    return start


def _on_day(cycle: Cycle, start: Point, day: int) -> Cycle:
    """`cycle` on another day of the month from `start` on."""
    if not isinstance(cycle, Grid):
        raise NotExpressible(what="another cycle day of a subscription prorated by the second")
    first = next_cycle_day(start, day)
    return Grid(cycle.cadence, Anchor(first.year, first.month, day))


def _uses(frequency: str) -> int | None:
    if frequency == "forever":
        return None
    return ONCE if frequency == "once" else int(frequency.split(maxsplit=1)[0])


HANDLERS: Final[Mapping[str, Callable[[Orders, Event, Any], None]]] = {
    name: getattr(Orders, name)
    for name in (
        "subscribe",
        "change_plan",
        "change_quantity",
        "cancel",
        "uncancel",
        "pause",
        "resume",
        "add_on",
        "remove_add_on",
        "set_cycle_day",
        "usage",
        "coupon",
        "credit",
        "credit_note",
        "one_off_invoice",
        "payment",
        "refund",
        "adjust_line",
        "bill_run",
        "invoicing_off",
        "invoicing_on",
        "open_account",
    )
}
