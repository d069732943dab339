"""Customers: made, looked at, set right; and what identifies them to a tax office."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  typer reads it at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from trueup.billing.customers import service as customers
from trueup.billing.customers.model import Mended, NewCustomer, NewTaxIdentity, TaxIdentityKind
from trueup.cli.amounts import ID_WIDTH, as_json, rows_as_json
from trueup.cli.books import working
from trueup.cli.consoles import OUT
from trueup.cli.context import context_of
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Tenant
from trueup.kernel.currency import currency
from trueup.kernel.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator

app = typer.Typer(help="Make customers, look at them, set them right.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(help="Id, e-mail address or name.", show_default=False)]
WHERE = "Where they are: where tax is due, and what stands on their documents"
Country = Annotated[
    str | None, typer.Option(help="Two letters, such as DE.", rich_help_panel=WHERE)
]
Region = Annotated[
    str | None, typer.Option(help="State or province, such as NY.", rich_help_panel=WHERE)
]
PostalCode = Annotated[str | None, typer.Option(rich_help_panel=WHERE)]
City = Annotated[str | None, typer.Option(rich_help_panel=WHERE)]
Line1 = Annotated[
    str | None, typer.Option("--address", help="Street and number.", rich_help_panel=WHERE)
]
Line2 = Annotated[
    str | None, typer.Option("--address-2", help="Second line.", rich_help_panel=WHERE)
]
Company = Annotated[str | None, typer.Option(help="Of a business.")]
Email = Annotated[str | None, typer.Option(help="They can be named by it.")]
Locale = Annotated[
    str | None,
    typer.Option(help="Language and format of their documents, such as de-AT; English by default."),
]


@app.command()
def create(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="As on their documents.", show_default=False)],
    *,
    money: Annotated[str, typer.Option("--currency", help="Such as EUR.")],
    country: Country = None,
    region: Region = None,
    postal_code: PostalCode = None,
    city: City = None,
    address: Line1 = None,
    address_2: Line2 = None,
    company: Company = None,
    email: Email = None,
    locale: Locale = None,
    time_zone: Annotated[
        str, typer.Option(help="Whose days are counted, such as Europe/Berlin.")
    ] = "UTC",
    vat_number: Annotated[
        str | None, typer.Option(help="More by `trueup customer tax-id`.")
    ] = None,
    tax_exempt: Annotated[bool, typer.Option("--tax-exempt", help="Marked as exempt.")] = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Make a customer whom this platform bills; prints the id."""
    clock = context_of(ctx).clock
    identity = new_id(clock)
    made = NewCustomer(
        customer_id=identity,
        name=name,
        currency=currency(money).code,
        time_zone=time_zone,
        email=email,
        company=company,
        locale=locale,
        country=country,
        region=region,
        postal_code=postal_code,
        is_tax_exempt=tax_exempt,
        address_line1=address,
        address_line2=address_2,
        city=city,
    )
    with working(ctx, tenant, makes_tenant=True) as tx:
        customers.create_customer(tx, made, clock.now())
        if vat_number is not None:
            number = NewTaxIdentity(new_id(clock), identity, TaxIdentityKind.VAT, vat_number)
            customers.keep_tax_identity(tx, number)
    typer.echo(str(identity))


@app.command()
def change(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    customer: Named,
    *,
    name: Annotated[str | None, typer.Option()] = None,
    country: Country = None,
    region: Region = None,
    postal_code: PostalCode = None,
    city: City = None,
    address: Line1 = None,
    address_2: Line2 = None,
    company: Company = None,
    email: Email = None,
    locale: Locale = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Of subscriptions begun from now on.")
    ] = None,
    tax_exempt: Annotated[bool | None, typer.Option("--tax-exempt/--no-tax-exempt")] = None,
    tenant: KnownTenant = DEFAULT_TENANT,
) -> None:
    """Set a customer right; what is not named stays. The next run tries again what was parked."""
    mended = Mended(
        name=name,
        email=email,
        company=company,
        locale=locale,
        time_zone=time_zone,
        address_line1=address,
        address_line2=address_2,
        city=city,
        region=region,
        postal_code=postal_code,
        country=country,
        is_tax_exempt=tax_exempt,
    )
    if mended == Mended():
        raise typer.BadParameter("name something to change")
    with working(ctx, tenant) as tx:
        found = customers.get_customer(tx, customer)
        customers.mend_customer(tx, found.customer_id, mended)
    OUT.print("Changed.")


@app.command("tax-id")
def tax_id(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    customer: Named,
    value: Annotated[str, typer.Argument(help="The number.", show_default=False)],
    *,
    kind: Annotated[TaxIdentityKind, typer.Option(help="What it is.")] = TaxIdentityKind.VAT,
    country: Annotated[
        str | None,
        typer.Option(help="Whose it is; a certificate's place, such as US-TX. Theirs by default."),
    ] = None,
    valid_until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The last day it counts, of the customer's."),
    ] = None,
    evidence: Annotated[
        str | None,
        typer.Option(help="Reference of the registry's answer. Without it a number is unchecked."),
    ] = None,
    tenant: KnownTenant = DEFAULT_TENANT,
) -> None:
    """Keep a tax number or a certificate of exemption; the next bill is taxed by it."""
    with working(ctx, tenant) as tx:
        found = customers.get_customer(tx, customer)
        kept = NewTaxIdentity(
            tax_identity_id=new_id(context_of(ctx).clock),
            customer_id=found.customer_id,
            kind=kind,
            value=value,
            country=country,
            valid_until=valid_until and valid_until.date(),
            evidence=evidence,
        )
        customers.keep_tax_identity(tx, kept)
    OUT.print(Text(f"Kept {value} ({kind})."))


@app.command()
def show(
    ctx: typer.Context,
    customer: Named,
    *,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Show a customer's record and tax numbers."""
    with working(ctx, tenant) as tx:
        found = customers.get_customer(tx, customer)
        record, identities = customers.shown(tx, found.customer_id)
    if json:
        numbers = [row._asdict() for row in identities]
        typer.echo(as_json(record._asdict() | {"tax_identities": numbers}))
        return
    for label, value in _lines(record):
        OUT.print(Text.assemble((f"  {label:14}", "dim"), value))
    for row in identities:
        checked = "checked" if row.evidence else "unchecked"
        until = "" if row.valid_until is None else f", until {row.valid_until}"
        OUT.print(Text.assemble((f"  {row.kind:14}", "dim"), f"{row.value}  {checked}{until}"))


def _lines(record: Any) -> Iterator[tuple[str, str]]:
    """What is known of a customer, by what it is called."""
    town = " ".join(part for part in (record.postal_code, record.city, record.region) if part)
    parts = (record.address_line1, record.address_line2, town, record.country)
    known = {
        "id": str(record.customer_id),
        "name": record.name,
        "company": record.company,
        "e-mail": record.email,
        "address": ", ".join(part for part in parts if part),
        "currency": record.currency,
        "time zone": record.time_zone,
        "locale": record.locale,
        "tax exempt": "yes" if record.is_tax_exempt else None,
        "status": record.status,
        "billed by": "this platform" if record.authority == "target" else "its source",
    }
    yield from ((label, value) for label, value in known.items() if value)


@app.command("list")
def list_customers(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List customers, the newest first."""
    with working(ctx, tenant) as tx:
        rows = customers.listed(tx, limit)
    if json:
        typer.echo(rows_as_json(rows))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("customer", "name", "e-mail", "", ""):
        table.add_column(name, min_width=ID_WIDTH if name == "customer" else None)
    for row in rows:
        table.add_row(
            str(row.customer_id),
            Text(row.name or ""),
            Text(row.email or ""),
            row.currency,
            row.country,
        )
    OUT.print(table)
