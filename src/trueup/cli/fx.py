"""Rates of exchange: put on file with source and time, and used for nothing that is not on file."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.billing.fx import service as fx
from trueup.billing.fx.rules import read_file, read_rate
from trueup.billing.invoicing import runs
from trueup.cli.books import working
from trueup.cli.errors import FileNotText
from trueup.cli.moments import minute
from trueup.cli.numbers import TakesNumbers
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Limit, Tenant
from trueup.cli.telling import counted, listing, tell
from trueup.kernel.currency import currency

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from trueup.billing.fx.model import FxRate

app = typer.Typer(help="Rates of exchange, each with its source and time.", no_args_is_help=True)

From = Annotated[str, typer.Argument(help="One of this currency …", show_default=False)]
To = Annotated[str, typer.Argument(help="… is so many of this.", show_default=False)]


@app.command(cls=TakesNumbers)
def add(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    base: From,
    quote: To,
    rate: Annotated[str, typer.Argument(help="Such as 0.9234.", show_default=False)],
    *,
    source: Annotated[str, typer.Option(help="Who published it, such as ECB.")],
    at: Annotated[
        str,
        typer.Option("--at", help="From when: a day of the legal entity's, or an instant."),
    ],
    tenant: Tenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Put a rate on file. It never changes; a better one gets an instant of its own."""
    told = {"from": base, "to": quote, "rate": rate, "source": source, "effective_at": at}
    _add(ctx, tenant, lambda where: [read_rate(told, where)], json=json)


@app.command("import")
def import_rates(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="CSV: from, to, rate, source, effective_at.",
            show_default=False,
        ),
    ],
    *,
    tenant: Tenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Put the rates of a file on file: all of them or none; those that are there stay."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            _add(ctx, tenant, lambda where: read_file(lines, where), json=json)
    except UnicodeDecodeError as error:
        raise FileNotText(file=str(file), detail=error.reason) from None


@app.command("list")
def list_rates(
    ctx: typer.Context,
    *,
    base: Annotated[str | None, typer.Option("--from", help="Only of this currency.")] = None,
    quote: Annotated[str | None, typer.Option("--to", help="Only in this currency.")] = None,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List rates, the newest first."""
    with working(ctx, tenant) as tx:
        rows, where = fx.listed(tx, base, quote, limit), runs.zone_of_issuer(tx)
    cells = (
        (
            minute(row.effective_at, where),
            f"1 {row.base} = {row.rate.normalize():f} {row.quote}",
            row.source,
        )
        for row in rows
    )
    names = ("effective", "rate", "source")
    tell(rows, listing(names, cells, empty="No rate is on file."), json=json)


@app.command("tax-currency")
def tax_currency(
    ctx: typer.Context,
    entity: Annotated[str, typer.Argument(help="Code of the legal entity.", show_default=False)],
    code: Annotated[
        str | None, typer.Argument(help="Of its tax office, such as EUR; left out: none.")
    ] = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    *,
    json: Json = False,
) -> None:
    """Say in which currency a legal entity's tax office reckons.

    Invoices in another currency then tell their tax in it as well, by the rate that is on file for
    their date; without one they are parked. In the EU the law asks for it (Directive 2006/112/EC,
    article 230).
    """
    known = None if code is None else currency(code).code
    with working(ctx, tenant) as tx:
        runs.keep_tax_currency(tx, entity, known)
    told = "their own currency" if known is None else f"{known} too"
    said = f"Invoices of {entity} tell their tax in {told}."
    tell({"entity": entity, "tax_currency": known}, said, json=json)


def _add(
    ctx: typer.Context, tenant: str, read: Callable[[tzinfo], list[FxRate]], *, json: bool
) -> None:
    with working(ctx, tenant, makes_tenant=True) as tx:
        rates = read(runs.zone_of_issuer(tx))
        added = fx.add_rates(tx, rates)
    known = len(rates) - added
    said = f"{counted(added, 'rate')} added, {known:,} known."
    tell({"added": added, "known": known}, said, json=json)
