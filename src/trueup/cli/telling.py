"""How a command tells what it did: to people in words and tables, to programs as JSON.

The JSON of all commands has one form.  A key is named as the column it comes from, and stays; money
is `{"amount": "12.50", "currency": "EUR"}`, an instant ISO 8601 with its offset, a number that is
no count is text; what is not known is null.
"""

from __future__ import annotations

import json as parser
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from trueup.cli.consoles import OUT
from trueup.kernel.currency import currency
from trueup.kernel.errors import TrueupError, check
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from rich.console import RenderableType

ID_WIDTH: Final = 36  # a UUID as text
MICROS: Final = "_micros"
AMOUNTS: Final = frozenset(
    {
        "amount",
        "balance",
        "credits",
        "debits",
        "due",
        "left",
        "net",
        "off",
        "price",
        "quantity",
        "tax",
        "total",
    }
)
IDS: Final = frozenset({"id", "item", "subscription", "customer id"})


def tell(value: object, *people: RenderableType, json: bool) -> None:
    """Print `value` for programs, or each of `people` for a person; text is no markup."""
    if json:
        typer.echo(as_json(value))
        return
    for each in people:
        OUT.print(Text(each) if isinstance(each, str) else each, soft_wrap=isinstance(each, str))


def listing(
    names: Iterable[str], rows: Iterable[Iterable[object]], *, empty: str
) -> RenderableType:
    """A table of what is listed, or `empty` where nothing is; ids are never cut short."""
    kept = [list(row) for row in rows]
    if not kept:
        return empty
    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(
            name,
            justify="right" if name in AMOUNTS else "left",
            min_width=ID_WIDTH if name in IDS else None,
            overflow="fold",
        )
    for row in kept:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    return table


def told(micros: int, code: str) -> str:
    """`1,234.50 EUR`."""
    return Money(micros, currency(code)).format()


def counted(count: int, one: str) -> str:
    """`1 rate`, `2,000 rates`: of a noun whose plural takes an s."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def as_json(value: object, indent: int | None = 2) -> str:
    """As the module says; rows, dictionaries and lists of them.  indent: None is one line."""
    return parser.dumps(_plain(value, None), indent=indent, default=str)


def refused(refusal: TrueupError) -> dict[str, Any]:
    """A refusal for programs, with what it is about."""
    has_currency = "currency" in refusal.fields
    about = {
        name: value
        for name, value in refusal.fields.items()
        if has_currency or not name.endswith(MICROS)
    }
    known = {"code": refusal.code, "sentence": refusal.sentence, "fix": refusal.fix}
    return known | {"fields": about}


def totals(money: Mapping[str, int]) -> list[dict[str, Any]]:
    """Sums by currency, never summed across (B20)."""
    return [{"currency": code, "total_micros": micros} for code, micros in sorted(money.items())]


def _plain(value: Any, code: str | None) -> Any:
    """code: the currency of amounts within, unless they name another."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        code = value.get("currency") or code
        return dict(_entry(str(name), each, code) for name, each in value.items())
    if isinstance(value, set | frozenset):
        value = sorted(value)
    if isinstance(value, list | tuple):
        return [_plain(each, code) for each in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value) if isinstance(value, UUID | Path) else value


def _entry(name: str, value: Any, code: str | None) -> tuple[str, Any]:
    if not name.endswith(MICROS):
        return name, _plain(value, code)
    named = name.removesuffix(MICROS)
    if value is None:
        return named, None
    check(code is not None, "an amount is told with its currency", amount=name)
    return named, {"amount": _digits(value, str(code)), "currency": code}


def _digits(micros: int, code: str) -> str:
    return told(micros, code).removesuffix(f" {code}").replace(",", "")
