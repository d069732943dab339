"""The composition root: reads the environment, wires the parts together, runs the command line."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from trueup.app.settings import Settings
from trueup.cli import failures
from trueup.cli.context import Context
from trueup.cli.main import cli
from trueup.db import Database, EmbeddedServer, migrate
from trueup.kernel.clock import SystemClock
from trueup.kernel.errors import TrueupError

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> None:
    """Run the command line; the exit status is 0, or that of the error's family."""
    settings = Settings.from_environment(os.environ)
    context = Context(
        home=settings.home,
        clock=SystemClock(),
        open_database=lambda: _database(settings),
        embedded=lambda: _embedded(settings),
    )
    try:
        status = cli(obj=context, standalone_mode=False)
    except TrueupError as error:
        status = failures.show(Console(stderr=True), error)
    except KeyboardInterrupt:
        Console(stderr=True).print("\nStopped. Run the same command again to continue.")
        status = failures.INTERRUPTED
    sys.exit(status if isinstance(status, int) else 0)


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    server = _embedded(settings)
    url = server.url if server else str(settings.database_url)
    migrate(url)
    with Database.connect(url) as database:
        yield database


def _embedded(settings: Settings) -> EmbeddedServer | None:
    if settings.database_url:
        return None
    return EmbeddedServer.ensure(settings.home / "server")
