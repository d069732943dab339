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
    """home: where migrations and the embedded server live.

    open_database: the migrated database of this installation, started if it is embedded.
    embedded: the server if the installation is embedded, else None.
    """

    home: Path
    clock: Clock
    open_database: Callable[[], AbstractContextManager[Database]]
    embedded: Callable[[], EmbeddedServer | None]


def context_of(ctx: typer.Context) -> Context:
    return cast("Context", ctx.obj)
