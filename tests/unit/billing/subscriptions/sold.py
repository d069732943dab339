"""Plans, prices and subscriptions in short: a customer in Berlin, in 2026."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from trueup.billing.calendar.model import Interval
from trueup.billing.catalog.model import Catalog, Plan, Price, PriceModel
from trueup.billing.dialect.model import Dialect
from trueup.billing.subscriptions.contract import Contract
from trueup.billing.subscriptions.model import Record, Subscription, SubscriptionStatus
from trueup.billing.subscriptions.rules import ordering, planning, recording
from trueup.billing.subscriptions.rules.offers import charge_of, terms_of
from trueup.billing.subscriptions.rules.planning import Ordered
from trueup.billing.subscriptions.rules.standing import standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.kernel.clock import Instant

BERLIN = ZoneInfo("Europe/Berlin")
TRUEUP = Dialect()
KEY = str(UUID(int=1))


def at(text: str) -> Instant:
    """`03-15` of 2026, the first instant of it in Berlin; or `03-15T09:30` there."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=BERLIN).astimezone(UTC)


def ordered(on: str, effective: str | None = None, by: str | None = "mia") -> Ordered:
    return Ordered(at(on), by, None if effective is None else at(effective))


def plan(number: int = 100, **said: Any) -> Plan:
    given = {"code": f"plan-{number}", "interval": Interval.MONTH, "product_id": UUID(int=9)}
    return Plan(plan_id=UUID(int=number), name="Plan", **(given | said))


def price(number: int, of: int = 100, amount: str | None = "10", **said: Any) -> Price:
    """A flat fee of plan `of`, in main units of the euro."""
    micros = None if amount is None else int(Decimal(amount) * 1_000_000)
    given = {"currency": "EUR", "model": PriceModel.FLAT, "unit_amount_micros": micros}
    return Price(price_id=UUID(int=number), plan_id=UUID(int=of), **(given | said))


METERED = {"model": PriceModel.PER_UNIT, "meter": "calls"}


def begun(
    sold: Plan | None = None,
    prices: Sequence[Price] | None = None,
    *,
    start: str = "03-01",
    now: str = "03-01",
    dialect: Dialect = TRUEUP,
    quantity: str = "1",
    **opening: Any,
) -> Subscription:
    """A subscription as it is once it has begun; nothing is billed of it."""
    sold = sold or plan()
    prices = [price(1000)] if prices is None else prices
    terms = terms_of(sold, prices)
    first = recording.point_of(at(start), BERLIN, counts_instants=dialect.counts_instants)
    contract = ordering.opened(
        ordering.Opening(KEY, "c", terms, first, Decimal(quantity), **opening), dialect, BERLIN
    )
    pairs = [(charge_of(each, sold), each.price_id) for each in prices]
    return stored(contract, planning.prices_of(contract, {}, pairs), sold, now)


def stored(contract: Contract, prices: dict[str, UUID], sold: Plan, now: str) -> Subscription:
    begins = recording.instant_of(contract.start, BERLIN)
    record = Record(
        subscription_id=UUID(int=1),
        customer_id=UUID(int=2),
        plan_id=sold.plan_id,
        status=SubscriptionStatus.PENDING,
        currency="EUR",
        quantity=contract.quantity,
        time_zone="Europe/Berlin",
        started_at=begins,
        phases_from=begins,
        cycle=recording.cycle_row(contract.cycle),
        items=(),
        next_bill_at=begins,
        orders=1,
    )
    made = Subscription(record, contract, BERLIN, prices)
    record = recording.recorded(made, prices)
    return replace(made, record=standing(record, at(now)))


def catalog(plans: Sequence[Plan], prices: Sequence[Price]) -> Catalog:
    return Catalog({p.plan_id: p for p in plans}, {p.price_id: p for p in prices})


def served(subscription: Subscription) -> list[str]:
    """What each row says is served from when to when: `2x base/03-01 03-01..04-01`."""
    return [
        f"{_count(row.quantity)}{row.item_key.split('/')[0]} {_day(row.served_from)}.."
        f"{_day(row.served_until)}"
        for row in subscription.record.items
        if row.served_until is None or row.served_until > row.served_from
    ]


def _count(quantity: Decimal) -> str:
    return "" if quantity == 1 else f"{quantity}x"


def _day(instant: Instant | None) -> str:
    return "" if instant is None else f"{instant.astimezone(BERLIN):%m-%d}"
