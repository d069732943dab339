"""What every command needs from the outside, handed over by the composition root."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from trueup.billing.clocks.model import BETWEEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    import typer

    from trueup.db import Database, EmbeddedServer
    from trueup.kernel.clock import Clock, Instant


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


@dataclass(frozen=True, slots=True)
class ClockOfBooks:
    """What time it is in the books of a test clock: where that clock stands."""

    context: Context
    tenant: str

    def now(self) -> Instant:
        # Not above: few commands ask, and the others need not wait for these parts to be read.
        from trueup.billing.clocks.service import standing  # noqa: PLC0415  as said
        from trueup.db import find_tenant  # noqa: PLC0415  likewise

        with self.context.open_database() as db:
            books = find_tenant(db, self.tenant)
            if books is None:
                return self.context.clock.now()
            with db.transaction(tenant_id=books) as tx:
                return standing(tx) or self.context.clock.now()

    def monotonic(self) -> float:
        return self.context.clock.monotonic()


def context_of(ctx: typer.Context) -> Context:
    """The context of a command; in the books of a test clock "now" is that clock's."""
    context = cast("Context", ctx.obj)
    tenant = str(ctx.params.get("tenant") or "")
    if BETWEEN not in tenant:
        return context
    return replace(context, clock=ClockOfBooks(context, tenant))
