"""What a comparison of two tables found, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from trueup.cli.tables.layout import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from trueup.migration.reconciliation.compare.model import Comparison


def comparison_tables(found: Comparison) -> Iterator[Table]:
    """Counts of a comparison, then its samples."""
    counts = table_of("Comparison", "what", "rows")
    counts.add_row("left", f"{found.left_rows:,}")
    counts.add_row("right", f"{found.right_rows:,}")
    for kind, count in found.counts.items():
        counts.add_row(kind.value, f"{count:,}")
    yield counts
    if found.breaks:
        samples = table_of("First differences", "what", "key", "field", "left", "right")
        for each in found.breaks:
            key = Text(", ".join(str(part) for part in each.key))
            for difference in each.differences or (None,):
                row = (difference.field, difference.left, difference.right) if difference else ()
                samples.add_row(each.type.value, key, *(Text(str(value)) for value in row))
        yield samples
