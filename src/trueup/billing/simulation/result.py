"""A world's documents in the schema in which cases state what they expect."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.dialect.model import CreditUse, Shortfall
from trueup.billing.drafting.model import LineKind
from trueup.billing.drafting.rules.usage import is_billed_ahead
from trueup.billing.rating.derivation import Sub
from trueup.billing.rating.rules.execution import write_derivation
from trueup.billing.simulation.errors import NotExpressible
from trueup.kernel.currency import MICROS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.billing.drafting.model import DraftLine
    from trueup.billing.simulation.issued import Issued, Noted
    from trueup.billing.simulation.world import World
    from trueup.billing.subscriptions.cycle import Point
    from trueup.kernel.currency import Currency

Json = dict[str, Any]

MICROS_MAX: Final = 2**63 - 1
"""What a column of money holds."""


def result_of(world: World) -> Json:
    """Invoices, credit notes and what is left on the account, money as texts in main units."""
    ahead = _ahead(world)
    return {
        "invoices": [_invoice(world, issued, ahead) for issued in world.invoices],
        "credit_notes": [_note(world, noted) for noted in world.notes],
        "account_credit": money(world.credit_micros, world.currency),
        "account_balance": money(world.balance_micros, world.currency),
    }


def money(micros: int, currency: Currency) -> str:
    """`12.90`; digits below the currency's step are shown where there are any.

    Raises NotExpressible of more than a bill can hold.
    """
    if abs(micros) > MICROS_MAX:
        raise NotExpressible(what=f"an amount above {MICROS_MAX // MICROS}")
    sign = "-" if micros < 0 else ""
    whole, rest = divmod(abs(micros), MICROS)
    digits = f"{rest:06}"
    kept = max(currency.exponent, len(digits.rstrip("0")))
    return f"{sign}{whole}.{digits[:kept]}" if kept else f"{sign}{whole}"


def _ahead(world: World) -> dict[str, int]:
    """What was billed ahead of the line that closes a window of usage, by that line's key.

    Cases show such a line over all of the window, and what was billed ahead as credit.
    """
    ahead: dict[str, int] = {}
    open_: dict[tuple[str | None, Point], int] = {}
    for line in (line for issued in world.invoices for line in issued.draft.lines):
        if line.kind is not LineKind.USAGE or line.span is None:
            continue
        window = line.item, line.span.start
        if is_billed_ahead(line):
            open_[window] = open_.get(window, 0) + line.amount_micros
        elif window in open_:
            ahead[line.key] = open_.pop(window)
    return ahead


def _invoice(world: World, issued: Issued, ahead: Mapping[str, int]) -> Json:
    draft, currency = issued.draft, world.currency
    lines = [
        _line(_whole(line, ahead.get(line.key)), world, off, tax)
        for line, off, tax in zip(draft.lines, draft.off, draft.taxes, strict=True)
    ]
    lines += _account_lines(world, issued)
    before = sum(ahead.get(line.key, 0) for line in draft.lines)
    lowered = sum(x.amount_micros for x in draft.lines if x.kind is LineKind.ADJUSTMENT)
    shown: Json = {
        "at": issued.at,
        "lines": lines,
        "subtotal": money(draft.subtotal_micros + before + lowered, currency),
        "discount": money(draft.discount_micros, currency),
        "tax": money(draft.tax_micros, currency),
        "credit_applied": money(_applied(world, issued) + before, currency),
        "total": money(issued.total_micros, currency),
    }
    if issued.kind is not None:
        shown["kind"] = issued.kind
        shown["usage_period"] = [min(x["from"] for x in lines), max(x["to"] for x in lines)]
    return shown


def _whole(line: DraftLine, before: int | None) -> DraftLine:
    """A line that closes a window, over all of it."""
    node = line.derivation
    if before is None or not isinstance(node, Sub):
        return line
    return replace(line, amount_micros=line.amount_micros + before, derivation=node.from_)


def _applied(world: World, issued: Issued) -> int:
    if world.dialect.credit_use is not CreditUse.APPLIED:
        return 0
    return issued.draft.credit_micros


def _account_lines(world: World, issued: Issued) -> list[Json]:
    """Movements of the account's credit, where the dialect writes them as lines."""
    moved = 0
    if world.dialect.shortfall is Shortfall.BALANCED:
        moved += issued.draft.put_aside_micros
    if world.dialect.credit_use is CreditUse.LINE:
        moved -= issued.draft.credit_micros
    if not moved:
        return []
    return [
        {
            "kind": LineKind.ACCOUNT_CREDIT.value,
            "from": _day(issued.point),
            "amount": money(moved, world.currency),
        }
    ]


def _note(world: World, noted: Noted) -> Json:
    note, currency = noted.note, world.currency
    shown: Json = {
        "at": noted.at,
        "against": world.invoice(note.invoice).at,
        "lines": [
            _line(line, world, 0, 0)
            | {"amount": money(-line.amount_micros, currency), "kind": "credit"}
            for line in note.lines
        ],
        "subtotal": money(note.net_micros, currency),
        "tax": money(note.tax_micros, currency),
        "total": money(note.total_micros, currency),
        "refund": money(noted.refund_micros, currency),
        "credit": money(noted.credit_micros, currency),
        "offset": money(noted.offset_micros, currency),
    }
    return shown


def _line(line: DraftLine, world: World, off: int, tax: int) -> Json:
    shown: Json = {"kind": line.kind.value}
    if line.plan is not None:
        shown["plan"] = line.plan
    if line.kind is LineKind.ADD_ON:
        shown["plan"] = line.component
    if line.component is not None and line.component != line.plan:
        shown["component"] = line.component
    if line.kind is LineKind.ACCOUNT_CREDIT:
        shown["from"] = line.key.split("/")[1]
    if line.span is not None:
        shown["from"], shown["to"] = _day(line.span.start), _day(line.span.end)
    shown["amount"] = money(line.amount_micros, world.currency)
    shown["basis"] = json.loads(write_derivation(line.derivation))
    if off:
        shown["coupon_share"] = money(off, world.currency)
    if tax:
        shown["tax"] = money(tax, world.currency)
    if line.tax_percent is not None:
        shown["tax_percent"] = f"{line.tax_percent.normalize():f}"
    if line.gives_back is not None:
        shown["repairs"] = True
    return shown


def _day(point: Point) -> str:
    if isinstance(point, datetime):
        return point.isoformat().replace("+00:00", "Z")
    return point.isoformat()
