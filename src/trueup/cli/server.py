"""The embedded database server: commands to see, start and stop it."""

from __future__ import annotations

import typer

from trueup.cli.consoles import OUT
from trueup.cli.context import Context, context_of
from trueup.cli.errors import NoEmbeddedServer

app = typer.Typer(
    help="The embedded PostgreSQL that Trueup runs on by default.", no_args_is_help=True
)


@app.command()
def url(ctx: typer.Context) -> None:
    """Print the URL of the database, starting the server if need be; for psql and other tools."""
    typer.echo(_embedded(ctx).start_server().url)


@app.command()
def start(ctx: typer.Context) -> None:
    """Start the server, or attach to the one that runs."""
    _embedded(ctx).start_server()
    OUT.print("The embedded server runs.")


@app.command()
def stop(ctx: typer.Context) -> None:
    """Stop the server if it runs; its data stays."""
    server = _embedded(ctx).find_server()
    if server is None:
        OUT.print("The embedded server was not running.")
        return
    server.stop()
    OUT.print("The embedded server is stopped.")


def _embedded(ctx: typer.Context) -> Context:
    """Raises NoEmbeddedServer."""
    context = context_of(ctx)
    if not context.is_embedded:
        raise NoEmbeddedServer
    return context
