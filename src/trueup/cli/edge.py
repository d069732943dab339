"""The edge: one command line in, one exit status out, and what goes wrong in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.cli import failures
from trueup.cli.consoles import ERR
from trueup.cli.errors import FileUnusable
from trueup.cli.interruption import listening
from trueup.cli.main import cli
from trueup.kernel.errors import TrueupError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.cli.context import Context


def run(arguments: Sequence[str], context: Context) -> int:
    """Run one command in the main thread and return its exit status; `trueup --help` lists them.

    Raises nothing: an error of ours is told with its fix, trouble with a file names the file,
    Ctrl-C ends in one line, and what nobody expected is a defect, shown with its traceback.
    """
    with listening() as interruption:
        try:
            status = _called(arguments, context)
        except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001  the edge leaves nothing untold
            return _stopped() if interruption.came else _told(error, json="--json" in arguments)
        return _stopped() if status == failures.INTERRUPTED else status


def _called(arguments: Sequence[str], context: Context) -> int:
    """Typer tells wrong usage by itself, and ends every command by exiting."""
    try:
        cli(args=list(arguments), prog_name="trueup", obj=context)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0


def _told(error: BaseException, *, json: bool) -> int:
    if isinstance(error, OSError):
        error = FileUnusable(error)
    if isinstance(error, TrueupError):
        return failures.show(ERR, error, json=json)
    return failures.show_unexpected(ERR, error)


def _stopped() -> int:
    ERR.print(f"\n{failures.STOPPED}")
    return failures.INTERRUPTED
