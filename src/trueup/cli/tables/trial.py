"""What a dry run foretells, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from trueup.cli.tables.layout import table_of
from trueup.migration.evidence.service import PERSONAL_FIELDS
from trueup.migration.pages.masking import masked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from trueup.migration.mapping.dry_run import TriedEntity


def tried_table(tried: Iterable[TriedEntity]) -> Table:
    """Where the rows of each entity would end, and how long it took to find out."""
    columns = ("entity", "rows", "loaded", "merged", "excluded", "rejected", "budget", "seconds")
    table = table_of("Dry run: nothing is written", *columns)
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
    table = table_of("Would be set aside", *names)
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
