"""A contract with its books: what was billed, what was used; in local dates of 2024."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.unit.billing.subscriptions.contracts import day

from trueup.billing.dialect.model import Dialect
from trueup.billing.drafting.model import BilledLine, DraftLine, Situation, UsageEvent
from trueup.billing.drafting.rules.assembly import is_credit
from trueup.billing.drafting.rules.due import lines_due, usage_due_at_once
from trueup.kernel.currency import currency

if TYPE_CHECKING:
    from trueup.billing.subscriptions.contract import Contract

EUR = currency("EUR")


@dataclass
class Books:
    """Bills `contract` again and again; each run is booked."""

    contract: Contract
    dialect: Dialect = field(default_factory=Dialect)
    billed: dict[str, tuple[BilledLine, ...]] = field(default_factory=dict)
    usage: list[UsageEvent] = field(default_factory=list)

    def situation(self, on: str) -> Situation:
        usage = tuple(sorted(self.usage, key=lambda e: e.at))
        return Situation(self.contract, self.billed, usage, day(on), EUR, self.dialect)

    def use(self, on: str, qty: str, meter: str = "calls", **more: Any) -> None:
        recorded = day(more.pop("recorded", on))
        self.usage.append(
            UsageEvent(meter, day(on), recorded, Decimal(qty), moment=str(len(self.usage)), **more)
        )

    def run(self, on: str) -> list[str]:
        """What a run on that day bills, as text; booked."""
        return [said(line) for line in self.lines(on)]

    def look(self, on: str) -> list[str]:
        """What usage makes due by itself on that day, as text; booked."""
        at_once, crossed = usage_due_at_once(self.situation(on))
        for line in (*at_once, *crossed):
            self._book(line)
        return [said(line) for line in (*at_once, *crossed)]

    def lines(self, on: str) -> list[DraftLine]:
        lines = lines_due(self.situation(on))
        for line in lines:
            self._book(line)
        return lines

    def _book(self, line: DraftLine) -> None:
        rows = self.billed.get(line.item or "", ())
        if not is_credit(line):
            self.billed[line.item or ""] = (*rows, BilledLine(line, "i", line.amount_micros))
            return
        self.billed[line.item or ""] = tuple(
            replace(
                row,
                left_micros=row.left_micros + line.amount_micros,
                given_back=(*row.given_back, *([line.span] if line.span else [])),
            )
            if row.line.key == line.gives_back
            else row
            for row in rows
        )


def said(line: DraftLine) -> str:
    """`recurring fee 01-01..02-01 10.00`."""
    span = "" if line.span is None else f" {line.span.start:%m-%d}..{line.span.end:%m-%d}"
    return f"{line.kind} {line.component or line.plan}{span} {Decimal(line.amount_micros).scaleb(-6):.2f}"


def by_kind(lines: list[DraftLine]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.kind.value] += line.amount_micros
    return dict(sums)
