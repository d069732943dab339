"""What every command needs from the outside, handed over by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    import typer

    from trueup.db import Database, EmbeddedServer
    from trueup.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class Context:
    """home: where the demo and the embedded server live.

    open_database: the migrated database of this installation, started if it is embedded.
    start_server, find_server: the embedded server, started if need be, or only if it runs; neither
    is called when the installation is not embedded.
    """

    home: Path
    clock: Clock
    is_embedded: bool
    open_database: Callable[[], AbstractContextManager[Database]]
    start_server: Callable[[], EmbeddedServer]
    find_server: Callable[[], EmbeddedServer | None]


def context_of(ctx: typer.Context) -> Context:
    return cast("Context", ctx.obj)
