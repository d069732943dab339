"""The schedule of bill runs: set, shown, removed, and kept by a process that runs for ever."""

from __future__ import annotations

import re
import signal
import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from datetime import time as local_time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from trueup.billing.scheduling import service as scheduling
from trueup.billing.scheduling.model import Daily, Every
from trueup.cli.books import known_books
from trueup.cli.consoles import ERR, OUT
from trueup.cli.context import context_of
from trueup.cli.moments import minute
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant
from trueup.cli.progress import BarProgress
from trueup.cli.telling import as_json, counted, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.billing.invoicing.runs import RunReport
    from trueup.billing.scheduling.model import Schedule
    from trueup.db import Database
    from trueup.kernel.clock import Instant
    from trueup.kernel.errors import Fault

app = typer.Typer(
    name="schedule", help="Keep the schedule: bill runs by themselves, until SIGTERM or Ctrl-C."
)

SPAN: Final = re.compile(r"(\d{1,5})(m|h|d)")
UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
WHOLE: Final = {
    timedelta(days=1): "day",
    timedelta(hours=1): "hour",
    timedelta(minutes=1): "minute",
}
LISTEN_SECONDS: Final = 0.5
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def span(text: str) -> timedelta:
    """`30m`, `1h`, `2d`."""
    if not (read := SPAN.fullmatch(text)):
        raise typer.BadParameter("write a span, such as 30m, 1h or 1d")
    return timedelta(**{UNITS[read[2]]: int(read[1])})


def time_of_day(text: str) -> local_time:
    """`02:00`."""
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  a local time has no zone yet
    except ValueError:
        raise typer.BadParameter("write a time of day, such as 02:00") from None


EveryOption = Annotated[
    timedelta | None,
    typer.Option("--every", parser=span, metavar="SPAN", help="Such as 30m, 1h, 1d; up to 7d."),
]
AtOption = Annotated[
    list[local_time] | None,
    typer.Option("--at", parser=time_of_day, metavar="HH:MM", help="Local time; may be repeated."),
]
ZoneOption = Annotated[str, typer.Option("--zone", help="Of --at, such as Europe/Berlin.")]
WorkersOption = Annotated[int, typer.Option(min=1, max=64, help="Processes that bill at once.")]


@app.callback(invoke_without_command=True)
def keep(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    *,
    every: EveryOption = None,
    at: AtOption = None,
    zone: ZoneOption = "UTC",
    workers: WorkersOption = 1,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Keep the schedule: bill runs by themselves, until SIGTERM or Ctrl-C.

    With --every or --at it is set first. One process keeps it; others stand by and take over.
    After downtime one run makes up for all that were missed, and bills nothing twice. Asked to
    stop, it ends after the chunk that is being billed.
    """
    if ctx.invoked_subcommand is not None:
        return
    context = context_of(ctx)
    with context.open_database() as db, stopping() as stop, BarProgress(ERR) as progress:
        books = known_books(db, tenant)
        if every is not None or at:
            _set(ctx, db, books.tenant_id, _rhythm(every, at, zone), workers)
        watcher = Watcher(is_json=json)
        scheduling.keep_schedule(db, books.tenant_id, context.clock, stop, watcher, progress)
    watcher.say("stopped", "Stopped.")


@app.command("set")
def set_schedule(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    *,
    every: EveryOption = None,
    at: AtOption = None,
    zone: ZoneOption = "UTC",
    workers: WorkersOption = 1,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Set when bill runs begin, in the place of any schedule before."""
    rhythm = _rhythm(every, at, zone)
    with context_of(ctx).open_database() as db:
        schedule = _set(ctx, db, known_books(db, tenant).tenant_id, rhythm, workers)
    tell(_shown(schedule), f"{_told(schedule)}. Keep it: trueup bill schedule", json=json)


@app.command()
def show(ctx: typer.Context, tenant: KnownTenant = DEFAULT_TENANT, *, json: Json = False) -> None:
    """Show the schedule and its next run."""
    with context_of(ctx).open_database() as db:
        books = known_books(db, tenant)
        with db.transaction(tenant_id=books.tenant_id) as tx:
            schedule = scheduling.find_schedule(tx)
    known = None if schedule is None else _shown(schedule)
    said = "There is no schedule." if schedule is None else _told(schedule)
    tell(known, said, json=json)


@app.command()
def remove(ctx: typer.Context, *, tenant: KnownTenant = DEFAULT_TENANT, json: Json = False) -> None:
    """Remove the schedule; a process that keeps it ends."""
    with context_of(ctx).open_database() as db:
        books = known_books(db, tenant)
        with db.transaction(tenant_id=books.tenant_id) as tx:
            was_there = scheduling.remove_schedule(tx)
    tell({"was_there": was_there}, "Removed." if was_there else "There was no schedule.", json=json)


class Watcher:
    """Says what a schedule does, a line each: for people, or as JSON for programs."""

    def __init__(self, *, is_json: bool) -> None:
        self._is_json = is_json
        self._last: tuple[object, ...] = ()

    def standing_by(self) -> None:
        self.say("standing_by", "Another process keeps the schedule; standing by.")

    def waiting(self, until: Instant) -> None:
        self.say("waiting", f"Next run: {minute(until, None)}", next_at=until)

    def ran(self, report: RunReport, following: Instant) -> None:
        text = (
            f"{counted(report.done.invoices, 'invoice')} until {minute(report.until, None)}, "
            f"parked {report.still_parked:,}, still due {report.still_due:,}"
            + (f", usage left out {report.done.left_out:,}" if report.done.left_out else "")
        )
        figures = {
            "bill_run_id": report.run_id,
            "until": report.until,
            "invoices": report.done.invoices,
            "parked": report.still_parked,
            "still_due": report.still_due,
            "left_out": report.done.left_out,
        }
        self.say("ran", text, **figures, next_at=following)

    def failed(self, fault: Fault, retry_seconds: int) -> None:
        text = f"{fault.sentence} Trying again in {retry_seconds} seconds."
        self.say("failed", text, code=fault.code, sentence=fault.sentence)

    def say(self, kind: str, text: str, **fields: Any) -> None:
        """Once, until there is something else to say."""
        said = (kind, tuple(fields.items()))
        if said == self._last:
            return
        self._last = said
        if self._is_json:
            typer.echo(as_json({"event": kind, **fields}, indent=None))
        else:
            OUT.print(text, highlight=False, soft_wrap=True)


class Asked:
    """Whether a signal asked to stop.  A flag and short naps: a handler may take no lock."""

    def __init__(self) -> None:
        self._is_asked = False

    def ask(self, *_signal: object) -> None:
        self._is_asked = True

    def is_asked(self) -> bool:
        return self._is_asked

    def wait(self, seconds: int) -> None:
        end = time.monotonic() + seconds
        while not self._is_asked and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, LISTEN_SECONDS))


@contextmanager
def stopping() -> Iterator[Asked]:
    """SIGTERM and Ctrl-C ask to stop, in the block, instead of ending the process."""
    asked = Asked()
    before = {number: signal.signal(number, asked.ask) for number in SIGNALS}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _rhythm(every: timedelta | None, at: list[local_time] | None, zone: str) -> Every | Daily:
    if (every is None) == (not at):
        raise typer.BadParameter("give either --every or --at")
    return Every(every) if every is not None else Daily(tuple(sorted(set(at or ()))), zone)


def _set(
    ctx: typer.Context, db: Database, tenant_id: int, rhythm: Every | Daily, workers: int
) -> Schedule:
    with db.transaction(tenant_id=tenant_id) as tx:
        return scheduling.set_schedule(tx, rhythm, workers, context_of(ctx).clock.now())


def _told(schedule: Schedule) -> str:
    rhythm = schedule.rhythm
    if isinstance(rhythm, Every):
        said = every_span(rhythm.span)
    else:
        said = f"at {', '.join(f'{at:%H:%M}' for at in rhythm.times)} {rhythm.time_zone}"
    return f"Bill runs {said}, next {minute(schedule.next_at, None)}"


def every_span(span: timedelta) -> str:
    """`every hour`, `every 90 minutes`: in the largest unit of which it is whole."""
    count, unit = next((span // one, name) for one, name in WHOLE.items() if not span % one)
    return f"every {unit}" if count == 1 else f"every {counted(count, unit)}"


def _shown(schedule: Schedule) -> dict[str, Any]:
    rhythm = schedule.rhythm
    if isinstance(rhythm, Every):
        told: dict[str, Any] = {
            "every_minutes": rhythm.span // timedelta(minutes=1),
            "at": None,
            "zone": None,
        }
    else:
        times = [f"{at:%H:%M}" for at in rhythm.times]
        told = {"every_minutes": None, "at": times, "zone": rhythm.time_zone}
    return {**told, "workers": schedule.workers, "next_at": schedule.next_at}
