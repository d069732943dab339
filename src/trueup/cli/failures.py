"""How an error reaches a person: one sentence, what to do, and an exit status a script can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.markup import escape

from trueup.kernel.errors import Defect, Fault, Refusal, TrueupError

if TYPE_CHECKING:
    from rich.console import Console

TIES_OUT: Final = 0
DOES_NOT_TIE_OUT: Final = 1
REFUSED: Final = 3
FAILED: Final = 4
BROKEN: Final = 5
INTERRUPTED: Final = 130


def show(console: Console, error: TrueupError) -> int:
    """Print the error and return the exit status of its family."""
    console.print(
        f"[bold red]error[/] [dim]{error.code}[/]  {escape(error.sentence)}", soft_wrap=True
    )
    if error.fix:
        console.print(f"[bold]fix[/]    {escape(error.fix)}", soft_wrap=True)
    if isinstance(error, Refusal):
        return REFUSED
    if isinstance(error, Fault):
        if error.can_retry:
            console.print(
                "       The same command can be run again and continues where it stopped."
            )
        return FAILED
    if isinstance(error, Defect):
        console.print(f"       {escape(str(error))}", soft_wrap=True)
        console.print("       This is a defect of Trueup's: please report it with these lines.")
    return BROKEN
