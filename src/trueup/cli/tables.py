"""Results as tables for a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from trueup.migration.assessment.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trueup.kernel.money import Money
    from trueup.migration.assessment.model import Assessment
    from trueup.migration.backfill.model import LoadResult
    from trueup.migration.sources.snapshot import Snapshot

MARKS = {
    Severity.BLOCKS: "[bold red]blocks the load[/]",
    Severity.SETS_ASIDE: "[yellow]sets rows aside[/]",
    Severity.REVIEW: "[dim]for your eyes[/]",
}


def snapshot_table(snapshot: Snapshot) -> Table:
    """Rows and hash of each table of a snapshot."""
    table = _table("Snapshot", "table", "rows", "content hash")
    for each in snapshot.tables:
        table.add_row(each.name, f"{each.rows:,}", each.content_hash[:16])
    return table


def findings_table(assessment: Assessment) -> Table:
    """Every finding of an assessment, gravest first."""
    table = _table("Findings", "", "where", "what", "rows", "money at risk")
    for finding in assessment.findings:
        where = ".".join((finding.table, ", ".join(finding.columns))).rstrip(".")
        table.add_row(
            MARKS[finding.severity],
            where,
            finding.title,
            f"{finding.count:,}",
            _money(finding.at_risk),
        )
    return table


def assessment_line(assessment: Assessment) -> str:
    """One line: how many findings of each severity."""
    counts = Counter(finding.severity for finding in assessment.findings)
    return ", ".join(f"{counts[severity]} {MARKS[severity]}" for severity in Severity)


def bucket_table(result: LoadResult) -> Table:
    """Rows of each entity by the bucket they ended in."""
    table = _table("Load", "entity", "loaded", "merged", "excluded", "rejected")
    for each in result.totals:
        counts = (each.loaded, each.merged, each.excluded, each.rejected)
        table.add_row(each.entity, *(f"{count:,}" if count else "·" for count in counts))
    return table


def _money(amounts: Iterable[Money]) -> str:
    return "  ".join(str(amount) for amount in amounts)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in columns:
        is_text = name in {"", "table", "entity", "where", "what", "content hash"}
        table.add_column(name, justify="left" if is_text else "right", no_wrap=not is_text)
    return table
