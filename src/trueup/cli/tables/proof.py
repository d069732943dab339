"""Whether the books tie out, for a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from trueup.cli.tables.layout import table_of
from trueup.kernel.currency import currency
from trueup.kernel.money import Money
from trueup.migration.evidence.rules import BUDGET, NEXT_STEPS, worded
from trueup.migration.evidence.translation import budget_line
from trueup.migration.pages.figures import basis_points
from trueup.migration.reconciliation.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from trueup.migration.evidence.model import SetAsideGroup
    from trueup.migration.reconciliation.model import Reconciliation

BUCKETS = ("source", "derived", "loaded", "merged", "excluded", "rejected")


def tie_out(found: Reconciliation) -> Group:
    """The tie-out table: every control total and every check, and the verdict in words."""
    totals = table_of("Control totals", "measure", "currency", "source", "target", "difference")
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
    limits = table_of(
        "Over the rejection budget", "entity", "rejected", "whole", "share", "allowed"
    )
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
    reasons = table_of("Why", "entity", "why", "field", "first", "rows", "what to do")
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
    table = table_of("Rows", "entity", *BUCKETS, "unaccounted")
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
    table = table_of("What does not tie out", "check", "of", "verdict", "breaks", "first")
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


def _amount(micros: int, code: str) -> str:
    return Money(micros, currency(code)).format()
