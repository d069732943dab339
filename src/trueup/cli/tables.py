"""Results as tables for a terminal.

What comes from data is `Text`, or escaped: brackets in it are no markup.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from trueup.kernel.currency import currency
from trueup.kernel.money import Money
from trueup.migration.assessment.model import Severity
from trueup.migration.evidence.rules import BUDGET, NEXT_STEPS, worded
from trueup.migration.evidence.service import PERSONAL_FIELDS
from trueup.migration.evidence.translation import budget_line
from trueup.migration.pages.figures import basis_points
from trueup.migration.pages.masking import masked
from trueup.migration.reconciliation.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import JustifyMethod

    from trueup.migration.assessment.model import Assessment
    from trueup.migration.backfill.model import LoadResult
    from trueup.migration.evidence.model import SetAsideGroup
    from trueup.migration.mapping.dry_run import TriedEntity
    from trueup.migration.reconciliation.compare.model import Comparison
    from trueup.migration.reconciliation.model import Reconciliation
    from trueup.migration.sources.snapshot import Snapshot

MARKS = {
    Severity.BLOCKS: "[bold red]blocks the load[/]",
    Severity.SETS_ASIDE: "[yellow]sets rows aside[/]",
    Severity.REVIEW: "[dim]for your eyes[/]",
}
BUCKETS = ("source", "derived", "loaded", "merged", "excluded", "rejected")
TEXT = frozenset(
    {"", "table", "entity", "where", "what", "content hash", "measure", "currency", "check", "of"}
    | {"verdict", "first", "key", "field", "left", "right", "bucket", "why", "what to do"}
    | {"budget"}
)
WIDTHS = {"bucket": 8}
"""What a column needs on a narrow terminal, so that its words stay whole."""


def snapshot_table(snapshot: Snapshot) -> Table:
    """Rows and hash of each table of a snapshot."""
    table = _table("Snapshot", "table", "rows", "content hash")
    for each in snapshot.tables:
        table.add_row(Text(each.name), f"{each.rows:,}", each.content_hash[:16])
    return table


def findings_table(assessment: Assessment) -> Table | str:
    """Every finding of an assessment, gravest first."""
    if not assessment.findings:
        return "Nothing was found that a load would trip over."
    table = _table("Findings", "", "where", "what", "rows", "money at risk")
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


def bucket_table(result: LoadResult) -> Table:
    """Rows of each entity by the bucket they ended in."""
    table = _table("Load", "entity", "loaded", "merged", "excluded", "rejected")
    for each in result.totals:
        counts = (each.loaded, each.merged, each.excluded, each.rejected)
        table.add_row(each.entity, *(f"{count:,}" if count else "·" for count in counts))
    return table


def aside_table(result: LoadResult) -> Table | str:
    """Why rows were set aside, and what to do about those rejected; nothing if none were."""
    if not result.reasons:
        return ""
    table = _table("Set aside", "entity", "bucket", "why", "field", "rows", "what to do")
    for each in result.reasons:
        bucket = f"[bold red]{each.bucket}[/]" if each.bucket == "rejected" else each.bucket
        reason = each.reason.replace("_", " ")
        why, fix, field = (escape(text or "") for text in (reason, each.fix, each.field))
        table.add_row(each.entity, bucket, why, field, f"{each.rows:,}", fix)
    return table


def tried_table(tried: Iterable[TriedEntity]) -> Table:
    """Where the rows of each entity would end, and how long it took to find out."""
    columns = ("entity", "rows", "loaded", "merged", "excluded", "rejected", "budget", "seconds")
    table = _table("Dry run: nothing is written", *columns)
    for each in tried:
        counts = (each.loaded, each.merged, each.excluded, each.rejected)
        told = "[green]within[/]" if each.is_within_budget else "[bold red]over[/]"
        shown = [f"{count:,}" if count else "·" for count in counts]
        row = (f"{each.rows:,}", *shown, told if each.rejected else "", f"{each.seconds:.1f}")
        table.add_row(each.entity, *row)
    return table


def tried_reasons(tried: Iterable[TriedEntity]) -> Table | str:
    """Why rows would be set aside, with the first of each reason; values are masked."""
    reasons = [reason for each in tried for reason in each.reasons]
    if not reasons:
        return "No row would be set aside."
    names = ("entity", "bucket", "why", "first", "rows", "what to do")
    table = _table("Would be set aside", *names)
    for each in sorted(reasons, key=lambda each: (each.bucket != "rejected", -each.rows)):
        bucket = f"[bold red]{each.bucket}[/]" if each.bucket == "rejected" else each.bucket
        value = masked(each.value, is_personal=each.field in PERSONAL_FIELDS)
        to_do = each.fix if each.bucket == "rejected" else ""
        table.add_row(
            each.entity,
            bucket,
            Text("\n".join(filter(None, (each.reason.replace("_", " "), each.field)))),
            Text("\n".join(filter(None, (masked(each.keys[0], is_personal=False), value)))),
            f"{each.rows:,}",
            Text(to_do or (f"owner: {each.owner}" if each.owner else "")),
        )
    return table


def rejected_line(result: LoadResult) -> str:
    """How many rows are left to repair: they are accounted for, and yet not in the books."""
    rejected = sum(each.rejected for each in result.totals)
    if not rejected:
        return "No row was rejected."
    return (
        f"[bold red]{rejected:,} rows were rejected[/]: the report names the reasons, and the same "
        "`trueup load` again shows what to do about each."
    )


def tie_out(found: Reconciliation) -> Group:
    """The tie-out table: every control total and every check, and the verdict in words."""
    totals = _table("Control totals", "measure", "currency", "source", "target", "difference")
    for total in found.totals:
        difference = total.target_micros - total.source_micros
        totals.add_row(
            total.measure.replace("_", " "),
            total.currency,
            _amount(total.source_micros, total.currency),
            _amount(total.target_micros, total.currency),
            _amount(difference, total.currency) if total.effect.gross_micros else "[green]0[/]",
        )
    return Group(_conservation(found), totals, _failures(found), verdict(found))


def over_budget(found: Reconciliation, groups: Iterable[SetAsideGroup]) -> Group | str:
    """What was rejected beyond the budget, why, and what to do; nothing if all is within it.

    groups: the reasons of rejected rows, of any entity.
    """
    over = [each for each in found.rejections if not each.is_within]
    if not over:
        return ""
    limits = _table("Over the rejection budget", "entity", "rejected", "whole", "share", "allowed")
    for each in over:
        line = budget_line(each)
        limits.add_row(
            each.entity,
            worded(line.rejected),
            worded(line.whole),
            basis_points(line.share_bp),
            basis_points(line.limit_bp),
        )
    entities = {each.entity for each in over}
    reasons = _table("Why", "entity", "why", "field", "first", "rows", "what to do")
    for group in sorted(groups, key=lambda group: -group.rows):
        if group.entity in entities:
            why, keys = Text(group.reason.replace("_", " ")), Text(", ".join(group.keys))
            count = f"{group.rows:,}"
            reasons.add_row(group.entity, why, Text(group.field), keys, count, Text(group.fix))
    return Group(limits, reasons, Text(NEXT_STEPS))


def verdict(found: Reconciliation) -> str:
    """One sentence: whether the books tie out."""
    counts = Counter(check.verdict for check in found.checks)
    passed = f"{counts[Verdict.PASS]:,} of {len(found.checks):,} checks passed"
    if found.ties_out:
        return f"[bold green]The books tie out[/]: {passed}."
    if counts[Verdict.FAIL]:
        breaks = sum(check.breaks for check in found.checks if check.name != BUDGET)
        over = len({each.entity for each in found.rejections if not each.is_within})
        found_words = [f"{breaks:,} breaks"] if breaks else []
        found_words += [f"{over:,} entities over the rejection budget"] if over else []
        return f"[bold red]The books do not tie out[/]: {', '.join((passed, *found_words))}."
    return f"[bold yellow]Inconclusive[/]: {passed}, the others could not be made."


def _conservation(found: Reconciliation) -> Table:
    """Rows of each entity by bucket, as counted in the snapshot and in the target."""
    table = _table("Rows", "entity", *BUCKETS, "unaccounted")
    for entity in dict.fromkeys(cell.entity for cell in found.conservation):
        rows: Counter[str] = Counter()
        for cell in found.conservation:
            if cell.entity == entity:
                rows.update(cell.rows)
        came = rows["source"] + rows["derived"]
        lost = came - sum(rows[each] for each in ("loaded", "merged", "excluded", "rejected"))
        shown = [f"{rows[bucket]:,}" if rows[bucket] else "·" for bucket in BUCKETS]
        table.add_row(entity, *shown, f"[bold red]{lost:,}[/]" if lost else "[green]0[/]")
    return table


def _failures(found: Reconciliation) -> Table | str:
    broken = [
        check
        for check in found.checks
        if check.verdict is not Verdict.PASS and check.name != BUDGET
    ]
    if not broken:
        return ""
    table = _table("What does not tie out", "check", "of", "verdict", "breaks", "first")
    for check in broken:
        first = check.samples[0] if check.samples else None
        said = check.reason or (
            f"{first.source_key} {first.field or ''}: {first.source} / {first.target}"
            if first
            else ""
        )
        breaks = f"{check.breaks:,}"
        table.add_row(check.name, Text(check.subject), check.verdict.value, breaks, Text(said))
    return table


def comparison_tables(found: Comparison) -> Iterator[Table]:
    """Counts of a comparison, then its samples."""
    counts = _table("Comparison", "what", "rows")
    counts.add_row("left", f"{found.left_rows:,}")
    counts.add_row("right", f"{found.right_rows:,}")
    for kind, count in found.counts.items():
        counts.add_row(kind.value, f"{count:,}")
    yield counts
    if found.breaks:
        samples = _table("First differences", "what", "key", "field", "left", "right")
        for each in found.breaks:
            key = Text(", ".join(str(part) for part in each.key))
            for difference in each.differences or (None,):
                row = (difference.field, difference.left, difference.right) if difference else ()
                samples.add_row(each.type.value, key, *(Text(str(value)) for value in row))
        yield samples


def _amount(micros: int, code: str) -> str:
    return Money(micros, currency(code)).format()


def _money(amounts: Iterable[Money]) -> str:
    """One amount a line: side by side, many currencies would take the width of the rest."""
    return "\n".join(str(amount) for amount in amounts)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in columns:
        is_text = name in TEXT
        justify: JustifyMethod = "left" if is_text else "right"
        width = WIDTHS.get(name)
        table.add_column(
            name, justify=justify, no_wrap=not is_text, overflow="fold", min_width=width
        )
    return table
