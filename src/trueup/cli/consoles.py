"""Where commands speak: results on standard output, everything else on standard error."""

from __future__ import annotations

import os
from typing import Final

from rich.console import Console

COLUMNS_OF_A_FILE: Final = 160
"""Width of what no terminal shows; Rich's own 80 squeezes tables until columns are lost."""


def _console(*, is_for_errors: bool) -> Console:
    console = Console(stderr=is_for_errors)
    if not console.is_terminal and not os.environ.get("COLUMNS"):
        console.width = COLUMNS_OF_A_FILE
    return console


OUT: Final = _console(is_for_errors=False)
ERR: Final = _console(is_for_errors=True)
