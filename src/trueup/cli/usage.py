"""Usage: reported by a file, counted once, and shown by day."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from pathlib import Path  # noqa: TC003  typer reads it at run time
from typing import TYPE_CHECKING, Annotated
from uuid import UUID  # noqa: TC003  likewise

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from trueup.billing.metering import service as metering
from trueup.billing.metering.model import Recorded
from trueup.billing.metering.reports import Format, Reports, located, read_reports
from trueup.cli.books import known_books, working
from trueup.cli.consoles import ERR
from trueup.cli.context import context_of
from trueup.cli.errors import FileNotText
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant
from trueup.cli.progress import BarProgress
from trueup.cli.telling import counted, tell
from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.cli.context import Context
    from trueup.db import Row
    from trueup.db.tenants import Books

app = typer.Typer(help="Record usage from a file, and see what was counted.", no_args_is_help=True)

Source = Annotated[
    str | None,
    typer.Option(
        help="Who reports: ids of two sources never meet. Without it the ids go on in the line of "
        "those that were migrated, and what was imported is not counted again.",
        show_default=False,
    ),
]
DAY = ["%Y-%m-%d"]
Since = Annotated[
    datetime | None,
    typer.Option(formats=DAY, help="The first day shown, of the subscription's time zone."),
]
Until = Annotated[
    datetime | None, typer.Option(formats=DAY, help="The day after the last shown, likewise.")
]


@app.command()
def record(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="CSV with a header, or JSON lines: event_id, subscription_id, meter, quantity, "
            "occurred_at, dimensions.",
        ),
    ],
    source: Source = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    *,
    form: Annotated[
        Format | None, typer.Option("--format", help="Seen from the file's name by default.")
    ] = None,
    ctx: typer.Context,
    json: Json = False,
) -> None:
    """Count the usage events of a file, each once for ever; run it again after any failure.

    An event is known by its source and id. Sent again it changes nothing; sent again with another
    content it is refused. Late events count on the day they were used.
    """
    form = form or (Format.CSV if file.suffix.lower() == ".csv" else Format.JSON_LINES)
    context = context_of(ctx)
    with context.open_database() as db:
        done, unpriced = _recorded(known_books(db, tenant), _batches(file, form), source, context)
    said = f"{counted(done.counted, 'event')} counted, {done.repeated:,} counted before."
    known = {"counted": done.counted, "repeated": done.repeated, "unpriced": unpriced}
    tell(known, said, json=json)
    for meter, events in sorted(unpriced.items()):
        ERR.print(
            f"Nothing bills {counted(events, 'event')} of meter {meter!r}: no plan of their "
            "subscriptions prices it.",
            markup=False,
            soft_wrap=True,
        )


def _recorded(
    books: Books, batches: Iterator[Reports], source: str | None, context: Context
) -> tuple[Recorded, Counter[str]]:
    """A transaction a batch: what is counted stays counted, whatever comes after it.

    And how many events nothing bills, by meter.
    """
    fresh = repeated = 0
    unpriced: Counter[str] = Counter()
    with BarProgress(ERR) as progress:
        progress.begin("usage", None, unit="events")
        for batch in batches:
            try:
                with books.db.transaction(tenant_id=books.tenant_id) as tx:
                    done = metering.record_usage(tx, batch.rows, source=source, clock=context.clock)
                    unpriced.update(metering.unpriced_meters(tx) if batch.rows.num_rows else {})
            except Refusal as refusal:
                raise located(refusal, batch) from refusal
            fresh, repeated = fresh + done.counted, repeated + done.repeated
            progress.advance(len(batch.lines))
        progress.end()
    return Recorded(fresh, repeated), unpriced


def _batches(file: Path, form: Format) -> Iterator[Reports]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield from read_reports(lines, form)
    except UnicodeDecodeError as error:
        raise FileNotText(file=str(file), detail=error.reason) from error


@app.command()
def summary(
    subscription: Annotated[UUID, typer.Argument(help="Id of the subscription.")],
    tenant: KnownTenant = DEFAULT_TENANT,
    *,
    since: Since = None,
    until: Until = None,
    ctx: typer.Context,
    json: Json = False,
) -> None:
    """Show what a subscription used, by its own local day, meter and dimensions."""
    with working(ctx, tenant) as tx:
        days = metering.usage_by_day(tx, subscription, starts_on=_day(since), ends_on=_day(until))
    tell({"days": days}, _table(days), json=json)


def _day(given: datetime | None) -> date | None:
    return given and given.date()


def _table(days: list[Row]) -> Table:
    table = Table(title="Usage", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in ("day", "meter", "dimensions"):
        table.add_column(name, overflow="fold")
    for name in ("events", "sum", "largest", "latest"):
        table.add_column(name, justify="right")
    for day in days:
        said = ", ".join(f"{name} {value}" for name, value in sorted(day.dimensions.items()))
        figures = (f"{each.normalize():,f}" for each in (day.quantity, day.largest, day.latest))
        table.add_row(str(day.day), Text(day.meter), Text(said), f"{day.events:,}", *figures)
    return table
