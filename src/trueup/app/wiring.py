"""The composition root: wires the parts together as the environment says.

The database is read when a command first asks for it: `trueup --help` does without.
"""
# ruff: noqa: PLC0415  as just said

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from trueup.app.settings import Settings
from trueup.cli.context import Context
from trueup.kernel.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trueup.db import Database, EmbeddedServer


def wired(environment: Mapping[str, str]) -> Context:
    """The parts wired together as `environment` says; nothing is opened or started yet."""
    settings = Settings.from_environment(environment)
    return Context(
        home=settings.home,
        clock=SystemClock(),
        is_embedded=settings.database_url is None,
        open_database=lambda: _database(settings),
        start_server=lambda: _server(settings),
        find_server=lambda: _running_server(settings),
    )


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    from trueup.db import Database, migrate

    url = settings.database_url or _server(settings).url
    migrate(url)
    with Database.connect(url) as database:
        yield database


def _server(settings: Settings) -> EmbeddedServer:
    from trueup.db import EmbeddedServer

    return EmbeddedServer.ensure(settings.server)


def _running_server(settings: Settings) -> EmbeddedServer | None:
    from trueup.db import EmbeddedServer

    return EmbeddedServer.find(settings.server)
