"""The program: reads the environment and runs the command line."""

from __future__ import annotations

import os
import sys
from typing import Final

INTERRUPTED: Final = 130


def main() -> None:
    """Run the command line; the exit status is 0, or that of the error's family."""
    try:
        # Not above: reading all parts takes a second, in which Ctrl-C shall end in a line too.
        from trueup.app.wiring import wired  # noqa: PLC0415  as said
        from trueup.cli.edge import run  # noqa: PLC0415  likewise
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(run(sys.argv[1:], wired(os.environ)))
