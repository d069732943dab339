"""Conventions that subscriptions are billed by, with their settings."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trueup.billing.dialect.presets import PRESETS, TRUEUP
from trueup.billing.dialect.service import dialects
from trueup.cli.books import working
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant
from trueup.cli.telling import listing, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.billing.dialect.model import Dialect

app = typer.Typer(
    help="See the conventions that subscriptions are billed by.", no_args_is_help=True
)


@app.command("list")
def list_dialects(
    ctx: typer.Context, *, tenant: KnownTenant = DEFAULT_TENANT, json: Json = False
) -> None:
    """List dialects and where each differs from Trueup's own; docs/dialects.md explains them."""
    with working(ctx, tenant) as tx:
        known = dialects(tx)
    found = {TRUEUP.name: TRUEUP, **PRESETS, **known.own}
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "is_default": name == known.default.name,
            "is_own": name in known.own,
            "differs": dict(_differs(dialect)),
        }
        for name, dialect in sorted(found.items())
    ]
    cells = (
        (
            f"{row['name']} (default)" if row["is_default"] else row["name"],
            ", ".join(f"{name} {value}" for name, value in row["differs"].items()),
        )
        for row in rows
    )
    tell(rows, listing(("dialect", "differs in"), cells, empty=""), json=json)


@app.command()
def show(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="The tenant's default by default.", show_default=False)
    ] = None,
    *,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Show every setting of a dialect."""
    with working(ctx, tenant) as tx:
        found = dialects(tx).named(name)
    cells = sorted(_settings(asdict(found)))
    tell(asdict(found), listing(("setting", "value"), cells, empty=""), json=json)


def _differs(dialect: Dialect) -> Iterator[tuple[str, str]]:
    """The settings that are not Trueup's own."""
    own = dict(_settings(asdict(TRUEUP)))
    for name, value in _settings(asdict(dialect)):
        if name != "name" and own[name] != value:
            yield name, value


def _settings(values: dict[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """Settings by name, those of a part as `taxes.rounding_place`."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _settings(value, f"{within}{name}.")
        else:
            yield f"{within}{name}", "unlimited" if value is None else str(value)
