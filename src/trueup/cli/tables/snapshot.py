"""What an extract took, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from trueup.cli.tables.layout import table_of

if TYPE_CHECKING:
    from rich.table import Table

    from trueup.migration.sources.snapshot import Snapshot


def snapshot_table(snapshot: Snapshot) -> Table:
    """Rows and hash of each table of a snapshot."""
    table = table_of("Snapshot", "table", "rows", "content hash")
    for each in snapshot.tables:
        table.add_row(Text(each.name), f"{each.rows:,}", each.content_hash[:16])
    return table
