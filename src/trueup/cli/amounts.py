"""Amounts and instants as people write and read them at the command line."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from trueup.kernel.currency import currency
from trueup.kernel.money import Money

ID_WIDTH: Final = 36  # a UUID as text


def moment(text: str) -> datetime:
    """`2026-02-01` is its first instant in UTC; `2026-02-01T09:30:00+01:00` is that instant."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write a date, such as 2026-02-01, or an instant") from None
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


At = Annotated[
    datetime | None,
    typer.Option(
        "--at",
        parser=moment,
        metavar="WHEN",
        help="From when it counts: a date or an instant; now by default.",
        show_default=False,
    ),
]


def told(micros: int, code: str) -> str:
    """`1,234.50 EUR`."""
    return Money(micros, currency(code)).format()


def micros_of(amount: str, code: str) -> int:
    """Raises MalformedAmount."""
    return Money.from_major(amount, currency(code)).micros


def as_json(value: object) -> str:
    """For programs: instants in ISO 8601, ids and decimals as text."""
    return json.dumps(value, indent=2, default=_plain)


def rows_as_json(rows: list[Any]) -> str:
    return as_json([row._asdict() for row in rows])


def _plain(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
