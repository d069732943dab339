"""Test clocks: copies of customers in books of their own, and their time moved on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trueup.billing.calendar.rules.stepping import day_in_month
from trueup.billing.clocks import service as clocks
from trueup.billing.customers import service as customers
from trueup.billing.invoicing import runs
from trueup.cli import failures
from trueup.cli.books import known_books
from trueup.cli.consoles import ERR
from trueup.cli.context import context_of
from trueup.cli.moments import When, day, instant_of, minute, option
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant
from trueup.cli.progress import BarProgress
from trueup.cli.telling import counted, listing, tell, told, totals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo
    from uuid import UUID

    from rich.console import RenderableType

    from trueup.billing.clocks.model import Forecast, TestClock
    from trueup.db import Database
    from trueup.db.tenants import Books

app = typer.Typer(
    help="Try out time: copies of customers on a clock that you move. Nothing in it is real.",
    no_args_is_help=True,
)
beside_clocks = typer.Typer()  # what is asked of a customer without a clock

Name = Annotated[str, typer.Argument(help="Name of the clock.", show_default=False)]
Customers = Annotated[
    list[str],
    typer.Argument(help="Customers by id, e-mail address or name.", show_default=False),
]


@app.command()
def create(
    ctx: typer.Context,
    name: Name,
    *,
    at: Annotated[
        When | None,
        option("--at", help="Where it stands at first: a day of the issuer's, or an instant; now."),
    ] = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Make a test clock; prints the name of its books, for `--tenant` of every other command.

    The books hold a copy of the catalog and of the legal entities, whose numbers begin with TEST-.
    Attach copies of customers, or make customers in the books.
    """
    context = context_of(ctx)
    with context.open_database() as db:
        books = known_books(db, tenant)
        stands = context.clock.now() if at is None else instant_of(at, _zone(db, books.tenant_id))
        made = clocks.create_clock(db, books.tenant_id, tenant, name, stands)
    tell(_shown(made), made.books, json=json)


@app.command()
def attach(
    ctx: typer.Context,
    name: Name,
    customer: Customers,
    *,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Put copies of customers, as they stand, on a clock; they themselves stay as they are.

    What was billed comes along as history, under numbers that begin with COPY-, and with it
    subscriptions, usage, discounts, credits and the ledger.
    """
    with context_of(ctx).open_database() as db:
        books = known_books(db, tenant)
        clock = clocks.get_clock(db, books.tenant_id, tenant, name)
        rows = clocks.attach(db, books.tenant_id, clock, _named(db, books, customer))
    count = len(set(customer))
    said = f"{count:,} on clock {name} ({counted(rows, 'row')}), in the books {clock.books}."
    tell({"clock": name, "books": clock.books, "customers": count, "rows": rows}, said, json=json)


@app.command()
def advance(
    ctx: typer.Context,
    name: Name,
    *,
    to: Annotated[When, option("--to", help="A day of the issuer's, or an instant; only forward.")],
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Move a clock on and bill what falls due on the way, day by day, by real bill runs.

    Killed, it goes on when it is run again.
    """
    with context_of(ctx).open_database() as db:
        books = known_books(db, tenant)
        clock = clocks.get_clock(db, books.tenant_id, tenant, name)
        where = _zone(db, clock.books_id)
        with BarProgress(ERR) as progress:
            done = clocks.advance(db, clock, instant_of(to, where), progress=progress)
    known = {
        "clock": name,
        "books": clock.books,
        "stands_at": done.stands_at,
        "runs": done.runs,
        "invoices": done.done.invoices,
        "parked": done.parked,
        "still_due": done.still_due,
        "totals": totals(done.done.money),
    }
    tell(
        known,
        f"Clock {name} stands at {minute(done.stands_at, where)}: "
        f"{counted(done.done.invoices, 'invoice')} by {counted(done.runs, 'run')}, "
        f"parked {done.parked:,}.",
        *(f"  {told(micros, code)}" for code, micros in sorted(done.done.money.items())),
        f"See them: trueup bill list --tenant {clock.books}",
        json=json,
    )
    if not done.is_complete:
        raise typer.Exit(failures.INCOMPLETE)


@app.command("list")
def list_clocks(
    ctx: typer.Context, tenant: KnownTenant = DEFAULT_TENANT, *, json: Json = False
) -> None:
    """List test clocks."""
    with context_of(ctx).open_database() as db:
        found = clocks.clocks(db, known_books(db, tenant).tenant_id)
    cells = ((c.name, minute(c.stands_at, None), f"{c.customers:,}", c.books) for c in found)
    names = ("clock", "stands at", "customers", "books")
    known = [_shown(clock) for clock in found]
    tell(known, listing(names, cells, empty="There are no test clocks."), json=json)


@app.command()
def show(
    ctx: typer.Context, name: Name, tenant: KnownTenant = DEFAULT_TENANT, *, json: Json = False
) -> None:
    """Show where a clock stands, and what is in its books."""
    with context_of(ctx).open_database() as db:
        clock = clocks.get_clock(db, known_books(db, tenant).tenant_id, tenant, name)
        where = _zone(db, clock.books_id)
    stands = f"Clock {name} stands at {minute(clock.stands_at, where)}"
    said = [f"{stands}, {counted(clock.customers, 'customer')} in the books {clock.books}."]
    if clock.heading_to is not None:
        to = minute(clock.heading_to, where)
        said.append(f"An advance to {to} is not finished: run it again.")
    tell(_shown(clock), *said, json=json)


@app.command()
def delete(
    ctx: typer.Context, name: Name, *, tenant: KnownTenant = DEFAULT_TENANT, json: Json = False
) -> None:
    """Remove a clock with its books and every copy in them. What they were copied of stays."""
    with context_of(ctx).open_database() as db:
        books = known_books(db, tenant)
        clock = clocks.get_clock(db, books.tenant_id, tenant, name)
        removed = clocks.delete_clock(db, clock)
    said = f"Clock {name} is gone, with {counted(removed, 'row')}."
    tell({"clock": name, "rows": removed}, said, json=json)


@beside_clocks.command()
def forecast(
    ctx: typer.Context,
    customer: Customers,
    *,
    months: Annotated[int, typer.Option(min=1, max=120, help="From now on.")] = 12,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Show the invoices that customers will get if nothing changes; nothing of theirs is written.

    Copies of them are billed in test books, by the code that bills, and the books removed again.
    Usage that has not happened is not billed.
    """
    context = context_of(ctx)
    now = context.clock.now()
    month = now.year * 12 + now.month - 1 + months
    until = datetime.combine(day_in_month(month, now.day), now.timetz())
    with context.open_database() as db:
        books = known_books(db, tenant)
        keys = _named(db, books, customer)
        with BarProgress(ERR) as progress:
            found = clocks.forecast(
                db, books.tenant_id, tenant, keys, now, until, progress=progress
            )
    sums: dict[str, int] = {}
    for row in found.invoices:
        sums[row.currency] = sums.get(row.currency, 0) + row.total_micros
    known = {
        "from": now,
        "until": until,
        "invoices": [_expected(row) for row in found.invoices],
        "totals": totals(sums),
        "parked": found.parked,
        "is_whole": found.is_whole,
    }
    tell(known, *_foreseen(found, sums), json=json)


def _foreseen(found: Forecast, sums: Mapping[str, int]) -> Iterator[RenderableType]:
    cells = (
        (
            day(row.issued_at, row.time_zone),
            row.customer,
            day(row.period_start, row.time_zone),
            day(row.period_end, row.time_zone),
            told(row.total_micros, row.currency),
        )
        for row in found.invoices
    )
    names = ("on", "customer", "from", "until", "total")
    nothing = "There is no invoice before it stops." if found.parked else "Nothing would be billed."
    yield listing(names, cells, empty=nothing)
    for code, micros in sorted(sums.items()):
        yield f"  {told(micros, code)}"
    for row in found.parked:
        since = day(row.next_bill_at, row.time_zone)
        yield f"{row.customer} is not billed from {since} on: {row.sentence}\nfix: {row.fix}"
    if not found.is_whole:
        yield "There are more; ask for fewer customers or months."


def _named(db: Database, books: Books, named: list[str]) -> list[UUID]:
    """Each once, in the order of their names."""
    with db.transaction(tenant_id=books.tenant_id) as tx:
        return [customers.get_customer(tx, name).customer_id for name in sorted(set(named))]


def _zone(db: Database, tenant_id: int) -> tzinfo:
    """Whose days are meant where a day concerns no single customer."""
    with db.transaction(tenant_id=tenant_id) as tx:
        return runs.zone_of_issuer(tx)


def _shown(clock: TestClock) -> dict[str, Any]:
    return {
        "clock": clock.name,
        "books": clock.books,
        "stands_at": clock.stands_at,
        "heading_to": clock.heading_to,
        "customers": clock.customers,
    }


def _expected(row: Any) -> dict[str, Any]:
    """An invoice to be, without the names it had in the test books."""
    return {
        "issued_at": row.issued_at,
        "due_at": row.due_at,
        "customer": row.customer,
        "customer_id": row.customer_id,
        "period_start": row.period_start,
        "period_end": row.period_end,
        "currency": row.currency,
        "total_micros": row.total_micros,
    }
