"""The books themselves: accounts, what stands on them, and the transfers that put it there."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID  # noqa: TC003  typer reads it at run time

import typer
from rich.text import Text

from trueup.billing.customers import service as customers
from trueup.billing.invoicing import runs
from trueup.cli.books import owner_of, working
from trueup.cli.moments import When, day, instant_of, option
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Limit, OfCustomer
from trueup.cli.telling import listing, tell, told
from trueup.kernel.currency import currency
from trueup.ledger import service as ledger
from trueup.ledger.model import Side, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, tzinfo

    from rich.console import RenderableType

    from trueup.db import Tx
    from trueup.ledger.model import AccountLine, TrialLine

app = typer.Typer(
    help="See the accounts of the ledger, their balances and every entry.", no_args_is_help=True
)


def kind_of(text: str) -> str:
    """A name of the chart of accounts."""
    if text not in ledger.KINDS:
        raise typer.BadParameter(f"{text!r} is no account; name one of {', '.join(ledger.KINDS)}")
    return text


OfAccount = Annotated[
    str | None,
    typer.Option(
        "--account", parser=kind_of, metavar="NAME", help="Only these, such as receivable."
    ),
]
OfCurrency = Annotated[str | None, typer.Option("--currency", help="Only of this one.")]
Until = Annotated[
    When | None,
    option(
        "--until",
        help="What counts before then: a day of the legal entity's time zone (its first instant), "
        "or an instant with its offset; all by default.",
    ),
]
Since = Annotated[
    When | None, option("--since", help="What counts from then on: as --until; all by default.")
]


@app.command()
def accounts(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    *,
    account: OfAccount = None,
    customer: OfCustomer = None,
    money: OfCurrency = None,
    until: Until = None,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List accounts with what stands on them, as the chart has them; our own before customers'."""
    with working(ctx, tenant) as tx:
        lines = ledger.accounts(tx, _wanted(tx, account, customer, money, until), limit)
        names = _names(tx, [line.customer_id for line in lines])
    known = [
        asdict(line) | _of(line) | {"customer": _name(names, line.customer_id)} for line in lines
    ]
    cells = (
        (
            line.kind,
            _name(names, line.customer_id),
            *(told(m, line.currency) for m in (line.debits_micros, line.credits_micros)),
            told(_balance(line), line.currency),
        )
        for line in lines
    )
    head = ("account", "customer", "debits", "credits", "balance")
    tell(known, listing(head, cells, empty="No account is open."), json=json)


@app.command()
def balance(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    *,
    account: OfAccount = None,
    customer: OfCustomer = None,
    money: OfCurrency = None,
    until: Until = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Sum the accounts of each kind, by currency: of all of them debits equal credits."""
    with working(ctx, tenant) as tx:
        wanted = _wanted(tx, account, customer, money, until)
        lines = ledger.sums(tx, wanted)
    cells = (
        (
            line.kind,
            *(told(m, line.currency) for m in (line.debits_micros, line.credits_micros)),
            told(_balance(line), line.currency),
        )
        for line in lines
    )
    table = listing(("account", "debits", "credits", "balance"), cells, empty="Nothing has moved.")
    is_whole = wanted.kind is None and wanted.customer_id is None
    said = _equal(lines) if is_whole else ()
    tell([asdict(line) | _of(line) for line in lines], table, *said, json=json)


@app.command()
def entries(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    *,
    account: OfAccount = None,
    customer: OfCustomer = None,
    money: OfCurrency = None,
    entry: Annotated[
        UUID | None, typer.Option(help="Only of this fact: the id of an invoice, a payment, …")
    ] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List transfers, the last to count first: what each fact debited and credited."""
    with working(ctx, tenant) as tx:
        where = runs.zone_of_issuer(tx)
        wanted = _wanted(tx, account, customer, money, until)
        begins = None if since is None else instant_of(since, where)
        rows = ledger.entries(tx, wanted, entry_id=entry, since=begins, limit=limit)
        names = _names(tx, [i for r in rows for i in (r.debit_customer_id, r.credit_customer_id)])
    said = [_entry(row, names, where) for row in rows] or [Text("Nothing has moved.")]
    tell(rows, *said, json=json)


def _entry(row: Any, names: Mapping[UUID, str], where: tzinfo) -> Text:
    debit = _side(row.debit, _name(names, row.debit_customer_id))
    credit = _side(row.credit, _name(names, row.credit_customer_id))
    amount = told(row.amount_micros, row.currency)
    return Text.assemble(
        (row.template, "bold"),
        f"  {day(row.effective_at, where)}  {amount}: debit {debit}, credit {credit}\n",
        (f"  {row.entry_id}", "dim"),
    )


def _wanted(
    tx: Tx, account: str | None, customer: str | None, money: str | None, until: When | None
) -> Wanted:
    """Raises CustomerUnknown, CustomerAmbiguous, UnknownCurrency, TimeZoneUnknown."""
    before: datetime | None = None if until is None else instant_of(until, runs.zone_of_issuer(tx))
    return Wanted(account, owner_of(tx, customer), money and currency(money).code, before)


def _names(tx: Tx, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    return customers.names(tx, sorted({each for each in ids if each is not None}))


def _name(names: Mapping[UUID, str], customer_id: UUID | None) -> str | None:
    return None if customer_id is None else names[customer_id]


def _side(kind: str, name: str | None) -> str:
    return kind if name is None else f"{kind} of {name}"


def _balance(line: AccountLine | TrialLine) -> int:
    """On the side on which such accounts grow."""
    moved = line.debits_micros - line.credits_micros
    return moved if ledger.KINDS[line.kind].normal_side is Side.DEBIT else -moved


def _of(line: AccountLine | TrialLine) -> dict[str, Any]:
    side = ledger.KINDS[line.kind].normal_side.value
    return {"balance_micros": _balance(line), "normal_side": side}


def _equal(lines: Iterable[TrialLine]) -> Iterator[RenderableType]:
    """What both sides come to, by currency; the ledger has looked that they are equal."""
    debits: dict[str, int] = {}
    for line in lines:
        debits[line.currency] = debits.get(line.currency, 0) + line.debits_micros
    for code, micros in debits.items():
        yield f"{code}: debits equal credits, {told(micros, code)} each"
