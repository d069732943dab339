"""What a plan is sold for, as people write it: intervals, amounts and tiers, included usage."""

from __future__ import annotations

import json as parser
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import typer

from trueup.billing.catalog.model import Interval, PriceModel
from trueup.cli.amounts import QUANTITY_END, QUANTITY_STEP, micros_of
from trueup.cli.pricing import read_price

if TYPE_CHECKING:
    from collections.abc import Sequence


def thresholds_of(amounts: Sequence[str], every: str | None) -> tuple[dict[str, Any], ...]:
    """Amounts of usage that make an invoice, the recurring one last.  Raises BadParameter."""
    plain = tuple({"amount": _above_zero(amount)} for amount in amounts)
    if every is None:
        return plain
    return (*plain, {"amount": _above_zero(every), "is_recurring": True})


def _above_zero(amount: str) -> str:
    try:
        read = Decimal(amount)
    except InvalidOperation:
        read = Decimal(0)
    if not (read.is_finite() and read > 0):
        raise typer.BadParameter(f"{amount!r} is no threshold; write an amount such as `100.00`")
    return f"{read:f}"


def included_usage(text: str | None) -> tuple[str | None, Decimal | None]:
    """`calls=1000` is a thousand of the meter `calls`."""
    if text is None:
        return None, None
    meter, _, said = text.rpartition("=")
    try:
        quantity = Decimal(said)
    except InvalidOperation:
        quantity = Decimal(0)
    is_quantity = quantity.is_finite() and 0 < quantity < QUANTITY_END
    if not (meter and is_quantity and not quantity % QUANTITY_STEP):
        said = f"{text!r} includes nothing; write a meter and how much of it, such as `calls=1000`"
        raise typer.BadParameter(said)
    return meter, quantity


def interval_of(every: str) -> tuple[int, Interval]:
    """`3 months` is three of a month, `year` one of a year."""
    count, _, unit = every.strip().rpartition(" ")
    try:
        interval = Interval(unit.removesuffix("s"))
    except ValueError:
        known = ", ".join(Interval)
        raise typer.BadParameter(f"{every!r} is no interval; use one of {known}") from None
    if count and not (count.isdecimal() and int(count)):
        raise typer.BadParameter(f"{every!r} is no interval; write one such as `3 months`")
    return int(count or 1), interval


def amounts_of(
    model: PriceModel, amount: str | None, tiers: str | None, meter: str | None, money: str
) -> tuple[int | None, Any]:
    """Amount and tiers as the catalog has them.  Raises as `read_price`."""
    if tiers is None:
        return None if amount is None else micros_of(amount, money), None
    if amount is not None:
        raise typer.BadParameter("a price has --amount or --tiers, not both")
    stored = read_price(model, tiers, meter)
    return stored.unit_amount_micros, None if stored.tiers is None else parser.loads(stored.tiers)
