"""How an error reaches a person: one sentence, what to do, and an exit status a script can read."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Final

from rich.markup import escape

from trueup.cli.telling import as_json, refused
from trueup.kernel.errors import Fault, Refusal, TrueupError

if TYPE_CHECKING:
    from rich.console import Console

DONE: Final = 0
INCOMPLETE: Final = 1  # it ended in good order, and something is left: breaks, bills, documents
REFUSED: Final = 3  # 2 is wrong usage, told by Typer before anything is looked up
FAILED: Final = 4
BROKEN: Final = 5
INTERRUPTED: Final = 130

STOPPED: Final = "Stopped; run the same command again to go on where this one ended."
RUN_AGAIN: Final = "The same command can be run again and goes on where it stopped."
REPORT_IT: Final = "This is a defect of Trueup's: please report it with these lines."


def show(console: Console, error: TrueupError, *, json: bool = False) -> int:
    """Print the error, for programs as JSON, and return the exit status of its family."""
    if json:
        console.print(
            as_json({"error": refused(error)}), soft_wrap=True, highlight=False, markup=False
        )
        return _status(error)
    _say(console, f"[bold red]error[/] [dim]{error.code}[/]  {escape(error.sentence)}")
    if error.fix:
        _say(console, f"[bold]fix[/]    {escape(error.fix)}")
    if isinstance(error, Fault) and error.can_retry:
        _say(console, f"       {RUN_AGAIN}")
    status = _status(error)
    if status == BROKEN:
        if str(error) != error.sentence:  # a defect's evidence
            _say(console, f"       {escape(str(error))}")
        _say(console, f"       {REPORT_IT}")
    return status


def _status(error: TrueupError) -> int:
    if isinstance(error, Refusal):
        return REFUSED
    return FAILED if isinstance(error, Fault) else BROKEN


def show_unexpected(console: Console, error: BaseException) -> int:
    """Print an error that is none of ours with its traceback, and return a defect's status."""
    _say(console, escape("".join(traceback.format_exception(error)).rstrip()))
    _say(console, f"[bold red]error[/] [dim]unexpected[/]  {escape(repr(error))}")
    _say(console, f"       {REPORT_IT}")
    return BROKEN


def _say(console: Console, markup: str) -> None:
    console.print(markup, soft_wrap=True, highlight=False)
