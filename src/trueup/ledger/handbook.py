"""Writes the chart of accounts and the entry templates into docs/ledger.md, from the code.

`python -m trueup.ledger.handbook docs/ledger.md` rewrites what stands between the page's markers.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from trueup.kernel.errors import check
from trueup.ledger.chart import CHART
from trueup.ledger.model import Side
from trueup.ledger.templates import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.ledger.model import Leg


def rewritten(page: str) -> str:
    """`page` with its generated parts as the code has them.  Raises Defect if one is missing."""
    for name, lines in (("chart", chart_lines()), ("templates", template_lines())):
        opening, closing = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
        pattern = re.compile(f"({re.escape(opening)}\n).*?({re.escape(closing)})", re.DOTALL)
        body = "\n".join(lines)
        page, count = pattern.subn(lambda m, body=body: f"{m[1]}{body}\n{m[2]}", page)  # type: ignore[misc]  # a default binds the loop's value
        check(count == 1, "the page has one place for each generated part", part=name)
    return page


def chart_lines() -> Iterator[str]:
    yield "| account | grows on | one for each | holds |"
    yield "|---|---|---|---|"
    for kind in CHART:
        owner = "customer and currency" if kind.is_per_customer else "currency"
        side = "debit" if kind.normal_side is Side.DEBIT else "credit"
        yield f"| `{kind.name}` | {side} | {owner} | {kind.meaning} |"


def template_lines() -> Iterator[str]:
    yield "| template | the fact | debit | credit | amount |"
    yield "|---|---|---|---|---|"
    for template in TEMPLATES:
        for number, leg in enumerate(template.legs):
            name = f"`{template.name}` | {template.meaning}" if number == 0 else " | "
            yield f"| {name} | {_sides(leg)} | `{leg.amount}` |"


def _sides(leg: Leg) -> str:
    debit, credit = f"`{leg.debit.name}`", f"`{leg.credit.name}`"
    if leg.debit_customer == leg.credit_customer:
        return f"{debit} | {credit}"
    return f"{debit} of `{leg.debit_customer}` | {credit} of `{leg.credit_customer}`"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(rewritten(target.read_text(encoding="utf-8")), encoding="utf-8")
