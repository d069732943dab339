"""The program: reads the environment and runs the command line."""

from __future__ import annotations

import os
import sys
from typing import Final

INTERRUPTED: Final = 130

ARROW_POOL: Final = ("ARROW_DEFAULT_MEMORY_POOL", "system")
"""Arrow allocates by the C library: a pool of its own would keep what each thread frees. A load of
a million invoices takes 50 MiB less and a tenth less of our time (ADR 0107)."""


def main() -> None:
    """Run the command line; the exit status is 0, or that of the error's family."""
    os.environ.setdefault(*ARROW_POOL)  # read when Arrow is loaded
    try:
        # Not above: reading all parts takes a second, in which Ctrl-C shall end in a line too.
        from trueup.app.wiring import wired  # noqa: PLC0415  as said
        from trueup.cli.edge import run  # noqa: PLC0415  likewise
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(run(sys.argv[1:], wired(os.environ)))
