"""The embedded database server: commands to see, start and stop it."""

from __future__ import annotations

import typer
from rich.console import Console

from trueup.cli.context import context_of

app = typer.Typer(
    help="The embedded PostgreSQL that Trueup runs on by default.", no_args_is_help=True
)


@app.command()
def url(ctx: typer.Context) -> None:
    """Print the URL of the database, starting the server if need be; for psql and other tools."""
    server = context_of(ctx).embedded()
    typer.echo(server.url if server else "TRUEUP_DATABASE_URL is set: no embedded server is used.")


@app.command()
def start(ctx: typer.Context) -> None:
    """Start the server, or attach to the one that runs."""
    server = context_of(ctx).embedded()
    Console().print(
        "The embedded server runs." if server else "TRUEUP_DATABASE_URL is set: nothing to start."
    )


@app.command()
def stop(ctx: typer.Context) -> None:
    """Stop the server; its data stays."""
    server = context_of(ctx).embedded()
    if server:
        server.stop()
    Console().print(
        "The embedded server is stopped."
        if server
        else "TRUEUP_DATABASE_URL is set: nothing to stop."
    )
