"""The assessment for people: one self-contained page for the operator who decides what to fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from trueup.kernel.currency import currency
from trueup.migration.assessment.model import Severity
from trueup.migration.pages.render import render_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.kernel.money import Money
    from trueup.migration.assessment.model import (
        Assessment,
        ColumnProfile,
        Finding,
        SeverityTotal,
        TableProfile,
    )

TONES: Final = {Severity.BLOCKS: "bad", Severity.SETS_ASIDE: "warn", Severity.REVIEW: "calm"}
WORDS: Final = {
    Severity.BLOCKS: "Blocks the load",
    Severity.SETS_ASIDE: "Sets rows aside",
    Severity.REVIEW: "For your eyes",
}


@dataclass(frozen=True, slots=True)
class RiskRow:
    """Money named by findings in one currency. None: nothing of that severity."""

    code: str
    name: str
    blocks: Money | None
    sets_aside: Money | None
    review: Money | None


@dataclass(frozen=True, slots=True)
class TableRow:
    """A table of the inventory. findings: their number by severity, gravest first."""

    table: TableProfile
    findings: tuple[int, ...]


def render_assessment(assessment: Assessment, *, rendered_at: str) -> str:
    """One HTML page with everything in it; needs no network and runs no script.

    rendered_at: ISO 8601 in UTC, printed on the page; the same instant gives the same bytes.
    """
    totals = {total.severity: total for total in assessment.totals}
    return render_page(
        "trueup.migration.assessment",
        "assessment.html",
        assessment=assessment,
        blocks=totals[Severity.BLOCKS],
        sets_aside=totals[Severity.SETS_ASIDE],
        review=totals[Severity.REVIEW],
        risk=risk_by_currency(assessment.totals),
        inventory=inventory_of(assessment),
        row_count=sum(table.rows for table in assessment.tables),
        tones=TONES,
        words=WORDS,
        remarks=remarks_of,
        rendered_at=rendered_at,
    )


def risk_by_currency(totals: Sequence[SeverityTotal]) -> tuple[RiskRow, ...]:
    """One row per currency that any finding touches, by code; never summed across."""
    amounts = {
        (money.currency.code, total.severity): money for total in totals for money in total.at_risk
    }
    return tuple(
        RiskRow(
            code=code,
            name=currency(code).name,
            blocks=amounts.get((code, Severity.BLOCKS)),
            sets_aside=amounts.get((code, Severity.SETS_ASIDE)),
            review=amounts.get((code, Severity.REVIEW)),
        )
        for code in sorted({code for code, _ in amounts})
    )


def inventory_of(assessment: Assessment) -> tuple[TableRow, ...]:
    return tuple(
        TableRow(table, tuple(_count(assessment.findings, table, s) for s in Severity))
        for table in assessment.tables
    )


def _count(findings: Sequence[Finding], table: TableProfile, severity: Severity) -> int:
    return sum(f.severity is severity and f.table == table.name for f in findings)


def remarks_of(column: ColumnProfile) -> tuple[str, ...]:
    """What stands out in a column's profile, in words; empty when nothing does."""
    remarks = []
    if column.unreadable:
        remarks.append(f"{column.unreadable:,} read as no {column.read_as}")
    if text := column.text:
        counted = (
            (text.padded, "padded"),
            (text.damaged, "damaged"),
            (text.other_case or 0, "in another case"),
        )
        remarks += [f"{number:,} {what}" for number, what in counted if number]
    return tuple(remarks)
