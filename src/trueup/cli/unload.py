"""The way back: a load is removed as a whole, if somebody says yes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from trueup.cli.books import known_books
from trueup.cli.consoles import ERR, OUT
from trueup.cli.context import context_of
from trueup.cli.errors import NotConfirmed
from trueup.cli.options import DEFAULT_TENANT, KnownTenant
from trueup.migration.stages import loading


def unload(
    name: Annotated[
        str, typer.Option("--name", "-n", help="Name of the legacy system.", show_default=False)
    ],
    tenant: KnownTenant = DEFAULT_TENANT,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    ctx: typer.Context,
) -> None:
    """Remove a load again, as a whole; possible while the source still bills every customer."""
    with context_of(ctx).open_database() as db:
        books = known_books(db, tenant)
        if not yes:
            _confirm(f"Remove all that was loaded from {name!r} into {tenant!r}?")
        removed = loading.unload(books, name)
    OUT.print(f"Removed {removed:,} records of {name!r} from {tenant!r}.", markup=False)


def _confirm(question: str) -> None:
    """Raises NotConfirmed unless the answer is yes; nobody to ask is a no, and so is any word."""
    ERR.print(f"{question} [y/N]: ", end="", markup=False, highlight=False, soft_wrap=True)
    answer = sys.stdin.readline()
    if not sys.stdin.isatty():  # only a terminal shows the line that was typed, and its end
        ERR.print()
    if answer.strip().lower() not in {"y", "yes"}:
        raise NotConfirmed(question=question)
