"""What a load did with each row, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from trueup.cli.tables.layout import table_of

if TYPE_CHECKING:
    from rich.table import Table

    from trueup.migration.backfill.model import LoadResult


def bucket_table(result: LoadResult) -> Table:
    """Rows of each entity by the bucket they ended in."""
    table = table_of("Load", "entity", "loaded", "merged", "excluded", "rejected")
    for each in result.totals:
        counts = (each.loaded, each.merged, each.excluded, each.rejected)
        table.add_row(each.entity, *(f"{count:,}" if count else "·" for count in counts))
    return table


def aside_table(result: LoadResult) -> Table | str:
    """Why rows were set aside, and what to do about those rejected; nothing if none were."""
    if not result.reasons:
        return ""
    table = table_of("Set aside", "entity", "bucket", "why", "field", "rows", "what to do")
    for each in result.reasons:
        bucket = f"[bold red]{each.bucket}[/]" if each.bucket == "rejected" else each.bucket
        reason = each.reason.replace("_", " ")
        why, fix, field = (escape(text or "") for text in (reason, each.fix, each.field))
        table.add_row(each.entity, bucket, why, field, f"{each.rows:,}", fix)
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
