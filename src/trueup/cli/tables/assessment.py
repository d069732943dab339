"""What an assessment found, for a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from trueup.cli.tables.layout import table_of
from trueup.migration.assessment.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from trueup.kernel.money import Money
    from trueup.migration.assessment.model import Assessment

MARKS = {
    Severity.BLOCKS: "[bold red]blocks the load[/]",
    Severity.SETS_ASIDE: "[yellow]sets rows aside[/]",
    Severity.REVIEW: "[dim]for your eyes[/]",
}


def findings_table(assessment: Assessment) -> Table | str:
    """Every finding of an assessment, gravest first."""
    if not assessment.findings:
        return "Nothing was found that a load would trip over."
    table = table_of("Findings", "", "where", "what", "rows", "money at risk")
    for finding in assessment.findings:
        where = ".".join((finding.table, ", ".join(finding.columns))).rstrip(".")
        table.add_row(
            MARKS[finding.severity],
            Text(where),
            Text(finding.title),
            f"{finding.count:,}",
            _money(finding.at_risk),
        )
    return table


def assessment_line(assessment: Assessment) -> str:
    """One line: how many findings of each severity."""
    counts = Counter(finding.severity for finding in assessment.findings)
    return ", ".join(f"{counts[severity]} {MARKS[severity]}" for severity in Severity)


def _money(amounts: Iterable[Money]) -> str:
    """One amount a line: side by side, many currencies would take the width of the rest."""
    return "\n".join(str(amount) for amount in amounts)
