"""The composition root: reads the environment, wires the parts together, runs the command line."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trueup.app.settings import Settings
from trueup.cli.context import Context
from trueup.cli.edge import run
from trueup.db import Database, EmbeddedServer, migrate
from trueup.kernel.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def main() -> None:
    """Run the command line; the exit status is 0, or that of the error's family."""
    sys.exit(run(sys.argv[1:], wired(os.environ)))


def wired(environment: Mapping[str, str]) -> Context:
    """The parts wired together as `environment` says; nothing is opened or started yet."""
    settings = Settings.from_environment(environment)
    return Context(
        home=settings.home,
        clock=SystemClock(),
        is_embedded=settings.database_url is None,
        open_database=lambda: _database(settings),
        start_server=lambda: EmbeddedServer.ensure(settings.server),
        find_server=lambda: EmbeddedServer.find(settings.server),
    )


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    url = settings.database_url or EmbeddedServer.ensure(settings.server).url
    migrate(url)
    with Database.connect(url) as database:
        yield database
