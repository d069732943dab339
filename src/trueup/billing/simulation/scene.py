"""Who an event of a case speaks of, and when it takes effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from trueup.billing.calendar.model import Timing
from trueup.billing.simulation.errors import (
    NotExpressible,
    PlanNotDescribed,
    PlanOfOtherCurrency,
)
from trueup.billing.simulation.moments import instant_of
from trueup.billing.simulation.terms import terms_of
from trueup.billing.subscriptions.cycle import period_at
from trueup.billing.subscriptions.terms import ChargeKind
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from trueup.billing.simulation.world import World
    from trueup.billing.subscriptions.contract import Contract
    from trueup.billing.subscriptions.cycle import Point
    from trueup.billing.subscriptions.terms import Terms
    from trueup.kernel.clock import Instant

Event: TypeAlias = Mapping[str, Any]
DAY: Final = timedelta(days=1)
IMMEDIATELY: Final = "immediately"
END_OF_TERM: Final = "end_of_term"
START_OF_TERM: Final = "start_of_term"


@dataclass(frozen=True, slots=True)
class Scene:
    """A world and the case that is played in it.  case: its input."""

    world: World
    case: Mapping[str, Any]

    def micros(self, amount: object) -> int:
        """Of a price, which may be finer than money.  Raises MalformedAmount."""
        return Money.from_major(str(amount), self.world.currency).micros

    def whole_micros(self, amount: object) -> int:
        """Of money itself.  Raises MalformedAmount, AmountBelowStep."""
        currency = self.world.currency
        return Money.from_major(str(amount), currency).steps * currency.step_micros

    def decimal(self, value: object) -> Decimal | None:
        return None if value is None else Decimal(str(value))

    # ---- what

    def terms(self, plan: str, override: Any = None) -> Terms:
        """Raises PlanNotDescribed, PlanOfOtherCurrency."""
        plans = self.case.get("plans", {})
        if plan not in plans:
            raise PlanNotDescribed(plan=plan)
        own = self.world.currency.code
        if plans[plan].get("currency", own) != own:
            raise PlanOfOtherCurrency(plan=plan, currency=plans[plan]["currency"], own=own)
        return terms_of(plan, plans[plan], override)

    # ---- when

    def point(self, text: str) -> Point:
        return self.world.point(instant_of(text, self.world.zone))

    def effective(self, event: Event, at: Instant) -> Point:
        if "effective" in event:
            return self.point(event["effective"])
        return self.world.point(at)

    def point_or(self, event: Event, name: str, default: Any) -> Any:
        return default if event.get(name) is None else self.point(event[name])

    def when(self, event: Event, at: Instant, contract: Contract, default: str) -> Point:
        """When an order takes effect.  default: unless the event says."""
        now = self.effective(event, at)
        when = event.get("when", IMMEDIATELY if "effective" in event else default)
        if when == IMMEDIATELY:
            return now
        if when == START_OF_TERM:
            return period_at(contract.cycle, now).start
        if when == END_OF_TERM:
            return self.end_of_term(contract, now)
        return self.point(when)

    def quantity_at(self, event: Event, at: Instant, contract: Contract, default: str) -> Point:
        """As `when`, of a quantity: one that counts at once may leave the day to the old one."""
        effective = self.when(event, at, contract, default)
        leaves_day = self.world.quantities_change_next_day and "effective" not in event
        return effective + DAY if leaves_day and effective == self.world.point(at) else effective

    def end_of_term(self, contract: Contract, now: Point) -> Point:
        """The end of the period that is paid, or running."""
        fees = [
            i
            for i in contract.items
            if i.charge.kind is ChargeKind.RECURRING and (i.end is None or i.end > now)
        ]
        if self.world.dialect.ends_arrears_at_once and all(
            i.charge.timing is Timing.IN_ARREARS for i in fees
        ):
            charged = self.world.charged_through(contract)
            return now if charged is None else max(now, charged)
        running = [i for i in fees if i.start <= now]
        if not running and fees:
            return fees[0].start
        cycle = running[0].cycle if running else contract.cycle
        return period_at(cycle, now).end

    # ---- who

    def contract(self, event: Event) -> Contract:
        """The subscription an event speaks of: by name, by its bundle, or the first base plan."""
        contracts = self.world.contracts
        wanted = event.get("subscription") or event.get("id")
        if wanted is not None:
            named = [c for k, c in contracts.items() if wanted in {k, c.terms.plan}]
            named = named or [c for c in contracts.values() if wanted == c.bundle][:1]
            if not named:
                raise NotExpressible(what=f"an order for {wanted!r}, which nobody subscribed to")
            return next((c for c in reversed(named) if c.cancelled is None), named[-1])
        bundle = event.get("bundle")
        within = [c for c in contracts.values() if bundle is None or c.bundle == bundle]
        bases = [c for c in within if not c.terms.is_add_on]
        if not bases and not within:
            raise NotExpressible(what=f"{event['type']} without a subscription")
        live = [c for c in bases or within if c.cancelled is None]
        return (live or bases or within)[0]

    def contract_using(self, event: Event) -> Contract:
        """The subscription whose meter the usage is for."""
        if "subscription" in event or "id" in event:
            return self.contract(event)
        meter = event.get("metric", "usage")
        used_at = self.point_or(event, "dated", self.point(event["at"]))
        metered = [
            (contract, item)
            for contract in self.world.contracts.values()
            for item in contract.items
            if item.charge.kind is ChargeKind.USAGE
            and meter in (item.charge.meter or meter).split("+")
        ]
        running = [c for c, i in metered if i.end is None or used_at <= i.end]
        return next(iter([*running, *(c for c, _ in metered)]), None) or self.contract(event)

    def base_of(self, bundle: str | None) -> Contract | None:
        same = [c for c in self.world.contracts.values() if c.bundle == bundle]
        return next((c for c in same if not c.terms.is_add_on and c.cancelled is None), None)

    def with_dependants(self, contract: Contract) -> list[Contract]:
        """The contract, and the add-ons of its bundle if it is the base they need."""
        base = self.base_of(contract.bundle)
        if contract.terms.is_add_on or (base is not None and base.key != contract.key):
            return [contract]
        return [contract] + [
            c
            for c in self.world.contracts.values()
            if c.terms.is_add_on and c.bundle == contract.bundle and c.cancelled is None
        ]

    def put(self, contract: Contract) -> None:
        self.world.contracts[contract.key] = contract
