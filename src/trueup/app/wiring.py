"""The composition root: wires the parts together as the environment says."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from trueup.app.settings import Settings
from trueup.cli.context import Context
from trueup.db import Database, EmbeddedServer, migrate
from trueup.kernel.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


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
