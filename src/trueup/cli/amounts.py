"""Amounts and numbers as people write and read them at the command line."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

import typer

from trueup.kernel.currency import currency
from trueup.kernel.money import Money

ID_WIDTH: Final = 36  # a UUID as text


def decimal(text: str) -> Decimal:
    """A plain number; what is no finite one is wrong usage."""
    try:
        read = Decimal(text)
    except InvalidOperation:
        read = Decimal("NaN")
    if not read.is_finite():
        raise typer.BadParameter("write a number, such as 25")
    return read


def told(micros: int, code: str) -> str:
    """`1,234.50 EUR`."""
    return Money(micros, currency(code)).format()


def micros_of(amount: str, code: str) -> int:
    """Raises MalformedAmount."""
    return Money.from_major(amount, currency(code)).micros


def as_json(value: object, indent: int | None = 2) -> str:
    """For programs: instants in ISO 8601, ids and decimals as text.  indent: None is one line."""
    return json.dumps(value, indent=indent, default=_plain)


def rows_as_json(rows: list[Any]) -> str:
    return as_json([row._asdict() for row in rows])


def _plain(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
