"""Subscriptions, documents and cases as the tests of a backtest need them: 10.00 EUR a month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Recurrence, Timing
from trueup.billing.dialect.service import read_dialect
from trueup.billing.discounts.model import Coupon, Discount
from trueup.billing.rating.model import FlatPrice, Price, UnitPrice
from trueup.billing.subscriptions.terms import Charge, ChargeKind, Phase, PhaseKind, Terms
from trueup.kernel.currency import CURRENCIES
from trueup.migration.backtest.model import (
    Case,
    Document,
    History,
    Judged,
    Line,
    Sold,
    SoldItem,
    Used,
    Window,
)
from trueup.migration.backtest.rules.judging import judged
from trueup.migration.backtest.rules.selling import EVER

EUR = CURRENCIES["EUR"]
MONTHLY = Cadence(Interval.MONTH)
SUBSCRIPTION, CUSTOMER = UUID(int=1), UUID(int=2)
DIALECT = read_dialect(
    "legacy",
    {"proration": "second", "credits_at_end": False, "taxes": {"rounding_place": "invoice"}},
)
WINDOW = Window(
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 5, 10, tzinfo=UTC),
    datetime(2026, 5, 10, tzinfo=UTC),
)


def at(text: str) -> datetime:
    """`03-15` is that day of 2026 at ten, when everything here begins."""
    if len(text) == len("03-15"):
        text = f"2026-{text}T10:00"
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def micros(amount: str) -> int:
    return int(Decimal(amount) * 1_000_000)


def fee(amount: str = "10", *, is_per_unit: bool = False) -> Charge:
    model = UnitPrice(Decimal(amount)) if is_per_unit else FlatPrice(Decimal(amount))
    return Charge(
        "base", ChargeKind.RECURRING, Timing.IN_ADVANCE, Price(model), is_per_unit=is_per_unit
    )


def usage_fee(unit: str = "0.5") -> Charge:
    return Charge(
        "calls",
        ChargeKind.USAGE,
        Timing.IN_ARREARS,
        Price(UnitPrice(Decimal(unit))),
        meter="calls",
        is_prorated=False,
    )


def item(charge: Charge | None = None, quantity: str = "1", versions: Iterable[Charge] = ()) -> SoldItem:  # fmt: skip
    return SoldItem(1, "plan", charge or fee(), Decimal(quantity), tuple(versions))


def sold(begins: str = "01-15", **facts: Any) -> Sold:
    start = at(begins)
    known: dict[str, Any] = {"items": (item(),), "charged_through": at("05-15"), **facts}
    return Sold(
        subscription_id=SUBSCRIPTION,
        customer_id=CUSTOMER,
        status=known.pop("status", "active"),
        currency=EUR,
        zone=UTC,
        terms=Terms("plan", MONTHLY, (Phase(PhaseKind.EVERGREEN, ()),)),
        cycle=Recurrence(Grid(MONTHLY, Anchor.on(start.date())), UTC, time(start.hour)),
        begins=start,
        **known,
    )


def document(
    start: str = "03-15",
    end: str = "04-15",
    amount: str = "10",
    *,
    others: Iterable[str] = (),
    discount: str = "0",
    tax: str = "0",
    rate: str | None = None,
    issued: str | None = None,
    quantity: str = "1",
) -> Document:
    """One line for the period, and lines of no contract beside it."""
    period = (at(start), at(end))
    the_rate = None if rate is None else Decimal(rate)
    lines = [Line("plan", Decimal(quantity), micros(amount), the_rate, *period)]
    lines += [Line("other", Decimal(1), micros(other), the_rate, *period) for other in others]
    subtotal = sum(line.amount_micros for line in lines)
    return Document(
        invoice_id=UUID(int=9),
        subscription_id=SUBSCRIPTION,
        customer_id=CUSTOMER,
        number="INV-1",
        currency="EUR",
        subtotal_micros=subtotal,
        discount_micros=micros(discount),
        tax_micros=micros(tax),
        total_micros=subtotal - micros(discount) + micros(tax),
        issued_at=at(issued or start),
        period_start=period[0],
        period_end=period[1],
        lines=tuple(lines),
    )


def percent(share: str, **facts: Any) -> Discount:
    coupon = Coupon("C", percent_ppm=int(Decimal(share) * 10_000))
    return replace(Discount("d", coupon, EVER), **facts)


def off(amount: str) -> Discount:
    coupon = Coupon("O", amount_micros=micros(amount), currency="EUR")
    return Discount("o", coupon, EVER)


def used(quantity: str, on: str, *, is_billed: bool = True) -> Used:
    return Used("calls", Decimal(quantity), at(on), is_billed)


def case(
    of: Sold | None = None, bill: Document | None = None, *, through: str = "03-15", **facts: Any
) -> Case:
    bill = bill or document()
    known: dict[str, Any] = {"at": bill.issued_at, "dialect": DIALECT, **facts}
    return Case(sold=of or sold(), document=bill, through=at(through), **known)


def judge(
    of: Sold, *documents: Document, through: str | None = "03-15", **facts: Any
) -> list[Judged]:
    """What comes of a history whose first document follows one that billed `through`."""
    before = None if through is None else at(through)
    return list(judged(History(of, documents, through=before, **facts), DIALECT, WINDOW))


def day(text: str) -> date:
    return date.fromisoformat(text)
