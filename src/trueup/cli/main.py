"""The command line: `trueup --help` shows it all."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Final

import typer

from trueup.cli.deferred import Entry, Overview

PANELS: Final = tomllib.loads((files(__package__) / "commands.toml").read_text("utf-8"))


ENTRIES: Final = {
    name: Entry(panel, **entry) for panel, group in PANELS.items() for name, entry in group.items()
}


class Commands(Overview):
    """Those of commands.toml."""

    entries = ENTRIES


cli = typer.Typer(
    cls=Commands,
    name="trueup",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        "Exit status: 0 done; 1 done, and something is left (books that do not tie out, bills "
        "still due, documents not written); 2 wrong usage; 3 refused; 4 the outside failed (run "
        "it again); 5 a defect; 130 stopped by Ctrl-C. With --json an error is JSON too, on "
        "standard error."
    ),
)


@cli.callback()
def trueup() -> None:
    """Move live billing from one system to another, and prove it to the cent."""
