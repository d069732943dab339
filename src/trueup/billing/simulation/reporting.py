"""Facts an account learns of: usage, coupons, credit, payments, and how it is billed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.rules.zones import into_day
from trueup.billing.discounts.model import ONCE, Coupon, Discount
from trueup.billing.drafting.model import NO_TIME, UsageEvent
from trueup.billing.simulation.errors import CaseMalformed, NotExpressible
from trueup.billing.simulation.figures import is_usable
from trueup.billing.simulation.moments import has_time, instant_of
from trueup.billing.simulation.settling import pay, settle_open
from trueup.billing.subscriptions.terms import Aggregation, ChargeKind

if TYPE_CHECKING:
    from trueup.billing.simulation.scene import Event, Scene
    from trueup.billing.subscriptions.contract import Contract
    from trueup.kernel.clock import Instant

FOREVER: Final = "forever"
ONE_TIME: Final = "once"


def usage(scene: Scene, event: Event, at: Instant) -> None:
    """As many events as the case says, recorded now, used when it is dated.

    Raises CaseMalformed of a quantity that is no number, unless the meter counts names.
    """
    world = scene.world
    dated = event.get("dated", event["at"])
    used_at = instant_of(dated, world.zone) if "dated" in event else at
    contract = scene.contract_using(event)
    events = world.usage[contract.key]
    tells_time = has_time(dated) and not world.dialect.counts_instants
    meter = _meter(scene, contract, event.get("metric"))
    quantity, name = _quantity(str(event["qty"]), contract, meter)
    for _ in range(event.get("times", 1)):
        events.append(
            UsageEvent(
                meter=meter or "usage",
                at=world.point(used_at),
                recorded=world.point(at),
                quantity=quantity,
                dimensions={k: str(v) for k, v in event.get("dimensions", {}).items()},
                moment=str(len(events)) if name is None else name,
                into_day=into_day(used_at, world.zone) if tells_time else NO_TIME,
            )
        )


def _meter(scene: Scene, contract: Contract, metric: str | None) -> str | None:
    """Of usage that no meter is named after: the only allowance, if it names no meter."""
    counted = {i.charge.meter for i in contract.items if i.charge.kind is ChargeKind.USAGE}
    plan = scene.case.get("plans", {}).get(contract.terms.plan, {})
    allowances = {
        name
        for name, part in plan.get("components", {}).items()
        if "overage_price" in part and "metric" not in part
    }
    is_only = metric not in counted and len(allowances) == 1 and counted == allowances
    return next(iter(allowances)) if is_only else metric


def _quantity(text: str, contract: Contract, meter: str | None) -> tuple[Decimal, str | None]:
    """A number; or one of the thing that is named, where a meter counts those."""
    figure = _figure(text)
    if figure is not None:
        return figure, None
    counted = {
        item.charge.aggregation
        for item in contract.items
        if item.charge.kind is ChargeKind.USAGE and item.charge.meter == meter
    }
    if not counted or not counted <= {Aggregation.UNIQUE, Aggregation.COUNT}:
        raise CaseMalformed(where="an event of usage", why=f"{text!r} is no number to add up")
    return Decimal(1), text


def _figure(text: str) -> Decimal | None:
    try:
        figure = Decimal(text)
    except InvalidOperation:
        return None
    return figure if is_usable(figure) else None


def coupon(scene: Scene, event: Event, at: Instant) -> None:
    """A coupon of the account, from now on, limited as the case says."""
    amount, percent = event.get("amount"), event.get("percent")
    frequency = str(event.get("frequency", ONE_TIME))
    world = scene.world
    number = len(world.discounts)
    given = Coupon(
        code=f"coupon-{number}",
        percent_ppm=None if percent is None else int(Decimal(str(percent)) * 10_000),
        amount_micros=None if amount is None else scene.whole_micros(amount),
        currency=None if amount is None else world.currency.code,
        uses=_uses(frequency),
        plans=frozenset(_texts(event.get("plans", ()))),
        items=frozenset(_texts(event.get("charges", ()))),
    )
    discount = Discount.given(f"{number:04}", given, at)
    if frequency != ONE_TIME:
        # So much on each of the invoices, be it one: what that leaves is not for the next.
        discount = replace(discount, left_micros=None)
    world.discounts += (discount,)


def credit(scene: Scene, event: Event, at: Instant) -> None:
    """Credit given to the account; what is known to be unpaid takes of it, if the dialect says."""
    scene.world.credit_micros += scene.whole_micros(event["amount"])
    settle_open(scene.world, at)


def payment(scene: Scene, event: Event, at: Instant) -> None:
    """So much for an invoice, or all that is open of it.  Raises NotExpressible without one.

    A payment that names no invoice is for those that are open, the oldest first.
    """
    if "invoice" not in event:
        _pay_what_is_open(scene, event, at)
        return
    held = scene.world.invoice_on(event["invoice"])
    if held is None:
        raise NotExpressible(what=f"a payment of no invoice ({event['invoice']})")
    amount = event.get("amount")
    paid = scene.world.owed(held.key) if amount is None else scene.whole_micros(amount)
    pay(scene.world, held.key, paid, at)


def _pay_what_is_open(scene: Scene, event: Event, at: Instant) -> None:
    """What is left after the last of them is credit of the account."""
    left = scene.whole_micros(event["amount"]) if "amount" in event else None
    for held in list(scene.world.invoices):
        owed = scene.world.owed(held.key)
        part = owed if left is None else min(left, owed)
        if part:
            pay(scene.world, held.key, part, at)
            left = None if left is None else left - part
    scene.world.credit_micros += left or 0


def open_account(scene: Scene, event: Event, at: Instant) -> None:
    """The account's own day of the month, if it has one."""
    del at
    if event.get("bill_cycle_day"):
        scene.world.cycle_day = event["bill_cycle_day"]


def invoicing_off(scene: Scene, event: Event, at: Instant) -> None:
    del event, at
    scene.world.is_invoicing = False


def invoicing_on(scene: Scene, event: Event, at: Instant) -> None:
    del event, at
    scene.world.is_invoicing = True


def _uses(frequency: str) -> int | None:
    """How many invoices a coupon is for; None: all."""
    if frequency == FOREVER:
        return None
    count = frequency.split(maxsplit=1)[0]
    if frequency == ONE_TIME:
        return ONCE
    if not count.isdigit():
        raise NotExpressible(what=f"a coupon of the frequency {frequency!r}")
    return int(count)


def _texts(given: object) -> list[str]:
    """A list of names, or one name."""
    return [given] if isinstance(given, str) else [str(name) for name in given]  # type: ignore[attr-defined]  # JSON
