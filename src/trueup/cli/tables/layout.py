"""What tables in a terminal have in common.

What comes from data is `Text`, or escaped: brackets in it are no markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

if TYPE_CHECKING:
    from rich.console import JustifyMethod

TEXT = frozenset(
    {"", "table", "entity", "where", "what", "content hash", "measure", "currency", "check", "of"}
    | {"verdict", "first", "key", "field", "left", "right", "bucket", "why", "what to do"}
    | {"budget"}
)
WIDTHS = {"bucket": 8}
"""What a column needs on a narrow terminal, so that its words stay whole."""


def table_of(title: str, *columns: str) -> Table:
    """An empty table. columns: those named in `TEXT` are words, all others figures."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in columns:
        is_text = name in TEXT
        justify: JustifyMethod = "left" if is_text else "right"
        width = WIDTHS.get(name)
        table.add_column(
            name, justify=justify, no_wrap=not is_text, overflow="fold", min_width=width
        )
    return table
