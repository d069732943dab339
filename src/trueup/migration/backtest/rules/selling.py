"""From imported rows to what the engine bills: which periods, which charges, until when.  Pure.

The rows come as the statements of `queries.sql` name them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Recurrence
from trueup.billing.calendar.rules.recurrence import period_containing
from trueup.billing.discounts.model import FOREVER, Coupon, Discount
from trueup.billing.subscriptions.rules.offers import charge_of, plan_name, terms_of
from trueup.billing.subscriptions.rules.recording import exactly
from trueup.kernel.currency import CURRENCIES
from trueup.migration.backtest.model import Document, Line, Sold, SoldItem, Used

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from uuid import UUID

    from trueup.billing.catalog.model import Catalog, Plan, Price
    from trueup.billing.subscriptions.terms import Charge, Terms
    from trueup.kernel.clock import Instant

    Row = Any  # a named tuple, as every row

PPM_IN_BP: Final = 100
EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
PAUSED: Final = "paused"


class Shelf:
    """Everything that is sold, read once: plans, prices and the charges they are.

    catalog: every plan and price of the tenant.  zone: whose clock the source billed by.
    """

    def __init__(self, catalog: Catalog, zone: tzinfo) -> None:
        self.zone = zone
        self._catalog = catalog
        self._charges: dict[UUID, Charge] = {}
        self._terms: dict[UUID, Terms] = {}
        self._versions: dict[tuple[UUID, str], list[Price]] = {}
        for price in catalog.prices.values():
            if price.effective_from is not None:
                self._versions.setdefault((price.plan_id, price.currency), []).append(price)

    def item(self, position: int, price_id: UUID, quantity: Any) -> SoldItem:
        price = self._catalog.prices[price_id]
        return SoldItem(
            position,
            plan_name(self._plan(price)),
            self._charge(price),
            exactly(quantity),
            self._others(price),
        )

    def terms(self, price_id: UUID) -> Terms:
        """The terms of a price's plan, for what is asked of a whole contract."""
        price = self._catalog.prices[price_id]
        if price.plan_id not in self._terms:
            self._terms[price.plan_id] = terms_of(self._plan(price), ())
        return self._terms[price.plan_id]

    def cadence(self, price_id: UUID) -> Cadence | None:
        """How often a price's plan recurs; None: once."""
        plan = self._plan(self._catalog.prices[price_id])
        if plan.interval is Interval.ONCE:
            return None
        return Cadence(plan.interval, plan.interval_count)

    def _plan(self, price: Price) -> Plan:
        return self._catalog.plans[price.plan_id]

    def _charge(self, price: Price) -> Charge:
        if price.price_id not in self._charges:
            self._charges[price.price_id] = charge_of(price, self._plan(price))
        return self._charges[price.price_id]

    def _others(self, price: Price) -> tuple[Charge, ...]:
        """Charges at the plan's other versions, the newest first.

        Prices without a date are one customer's own: another's would explain by chance.
        """
        versions = self._versions.get((price.plan_id, price.currency), [])
        dated = [(v.effective_from or EVER, v) for v in versions if v.price_id != price.price_id]
        dated.sort(key=lambda pair: pair[0], reverse=True)
        return tuple(self._charge(version) for _, version in dated)


def sold(rows: Sequence[Row], shelf: Shelf, discounts: Sequence[Row]) -> Sold | None:
    """The subscription of `rows`, one a price; None where nothing recurs, or nobody knows since.

    rows: of one subscription, by position.  discounts: of it.
    """
    first = rows[0]
    begins = first.trial_end_at or first.started_at or first.current_period_start
    cadence = shelf.cadence(first.price_id)
    if begins is None or cadence is None:
        return None
    return Sold(
        subscription_id=first.subscription_id,
        customer_id=first.customer_id,
        status=first.status,
        currency=CURRENCIES[first.currency],
        zone=shelf.zone,
        terms=shelf.terms(first.price_id),
        cycle=cycle_of(cadence, begins, first, shelf.zone),
        begins=begins,
        items=tuple(shelf.item(row.position, row.price_id, row.quantity) for row in rows),
        trial_end=first.trial_end_at,
        ends_at=ends_at(first),
        end_known_at=first.cancelled_at or first.ended_at or first.paused_at,
        charged_through=first.charged_through_at or first.current_period_end,
        discounts=tuple(discount_of(row) for row in discounts),
    )


def cycle_of(cadence: Cadence, begins: Instant, row: Row, where: tzinfo) -> Recurrence:
    """The periods that begin with the first bill, on the day of the month the source names.

    Where the running period is none of those, the source has moved: the running period decides.
    """
    found = _hung_on(begins, cadence, row.anchor_day, where)
    running = row.current_period_start
    in_trial = row.trial_end_at is not None and (running is None or running < row.trial_end_at)
    if running is None or in_trial or period_containing(found, running).start == running:
        return found
    return _hung_on(running, cadence, row.anchor_day, where)


def _hung_on(
    instant: Instant, cadence: Cadence, anchor_day: int | None, where: tzinfo
) -> Recurrence:
    local = instant.astimezone(where)
    day = anchor_day if cadence.months and anchor_day is not None else local.day
    return Recurrence(Grid(cadence, Anchor(local.year, local.month, day)), where, local.time())


def ends_at(row: Row) -> Instant | None:
    """When the service ends or ended, as far as the source says; a pause has no end yet."""
    agreed = row.current_period_end if row.cancel_at_period_end else row.cancel_at
    paused = row.paused_at if row.status == PAUSED else None
    found: Instant | None = row.ended_at or paused or agreed
    return found


def discount_of(row: Row) -> Discount:
    """A discount as it stands now: `uses_left` says on how many more bills."""
    coupon = Coupon(
        code=row.coupon_code,
        percent_ppm=None if row.percent_bp is None else row.percent_bp * PPM_IN_BP,
        amount_micros=row.amount_micros,
        currency=row.currency,
    )
    return Discount(
        discount_id=str(row.discount_id),
        coupon=coupon,
        starts_at=row.starts_at or EVER,
        ends_at=row.ends_at,
        uses_left=row.periods_remaining,
    )


def in_history(discounts: Sequence[Discount]) -> tuple[Discount, ...]:
    """Discounts as they counted before now: dates bound them, uses left now do not."""
    return tuple(replace(discount, uses_left=FOREVER) for discount in discounts)


def document(rows: Sequence[Row]) -> Document:
    """The invoice of `rows`, one a line in their order."""
    first = rows[0]
    return Document(
        invoice_id=first.invoice_id,
        subscription_id=first.subscription_id,
        customer_id=first.customer_id,
        number=first.number,
        currency=first.currency,
        subtotal_micros=first.subtotal_micros,
        discount_micros=first.discount_micros,
        tax_micros=first.tax_micros,
        total_micros=first.total_micros,
        issued_at=first.issued_at,
        period_start=first.period_start,
        period_end=first.period_end,
        lines=tuple(
            Line(
                row.description,
                row.quantity,
                row.amount_micros,
                row.tax_rate,
                row.line_start or first.period_start,
                row.line_end or first.period_end,
            )
            for row in rows
            if row.amount_micros is not None
        ),
    )


def used(row: Row) -> Used:
    return Used(row.meter, exactly(row.quantity), row.occurred_at, row.is_billed)


def still_counting(discounts: Sequence[Discount]) -> tuple[Discount, ...]:
    """Those that have a use left for another bill."""
    return tuple(discount for discount in discounts if discount.uses_left != 0)
