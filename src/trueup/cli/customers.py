"""Customers: made, looked at, set right; and what identifies them to a tax office."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  typer reads it at run time
from typing import Annotated

import typer
from rich.text import Text

from trueup.billing.customers import service as customers
from trueup.billing.customers.model import Mended, NewCustomer, NewTaxIdentity, TaxIdentityKind
from trueup.billing.documents.figures import read_locale
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.rules.closing import left_told
from trueup.billing.taxes import service as taxes
from trueup.cli.books import working
from trueup.cli.consoles import ERR
from trueup.cli.context import context_of
from trueup.cli.customer_records import others_told, record_lines, record_of
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Limit, Tenant
from trueup.cli.telling import listing, tell
from trueup.kernel.currency import currency
from trueup.kernel.ids import new_id

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


def _spoken(locale: str | None) -> str | None:
    """A locale in which documents can be written, as it was given.  Raises LanguageUnknown."""
    if locale is not None:
        read_locale(locale)
    return locale


Locale = Annotated[
    str | None,
    typer.Option(
        callback=_spoken,
        help="Language and format of their documents, a locale of en, de, fr, es or ar such as "
        "de-AT; English by default.",
    ),
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
        str | None,
        typer.Option(help="With its prefix; more by `trueup customer tax-id`."),
    ] = None,
    tax_exempt: Annotated[bool, typer.Option("--tax-exempt", help="Marked as exempt.")] = False,
    tenant: Tenant = DEFAULT_TENANT,
    json: Json = False,
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
        alike = customers.alike(tx, made)
        if vat_number is not None:
            number = NewTaxIdentity(new_id(clock), identity, TaxIdentityKind.VAT, vat_number)
            taxes.keep_tax_identity(tx, number)
        known = record_of(tx, identity)
    tell(known | {"alike": alike}, str(identity), json=json)
    if alike and not json:  # not among the results: scripts read the id
        ERR.print(Text(others_told(alike)), soft_wrap=True)


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
    json: Json = False,
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
        known = record_of(tx, found.customer_id)
    tell(known, f"{known['name']} is changed.", json=json)


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
    json: Json = False,
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
        taxes.keep_tax_identity(tx, kept)
        known = record_of(tx, found.customer_id)
    tell(known, f"Kept {value} ({kind}).", json=json)


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
        known = record_of(tx, found.customer_id)
    tell(known, *record_lines(known), json=json)


@app.command()
def close(
    ctx: typer.Context,
    customer: Named,
    *,
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="With invoices, pending items or credit left; they stay."),
    ] = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Close a customer whose subscriptions are over and with whom all is settled."""
    now = context_of(ctx).clock.now()
    with working(ctx, tenant) as tx:
        found = customers.get_customer(tx, customer)
        left = subscriptions.close_customer(tx, found.customer_id, now, is_left=anyway)
        known = record_of(tx, found.customer_id)
    stays = f"; what stays: {left_told(left)}" if left else ""
    tell(known | {"left": left}, f"{known['name']} is closed{stays}.", json=json)


@app.command()
def reopen(
    ctx: typer.Context, customer: Named, *, tenant: KnownTenant = DEFAULT_TENANT, json: Json = False
) -> None:
    """Open a closed customer again."""
    with working(ctx, tenant) as tx:
        found = customers.get_customer(tx, customer)
        customers.reopen_customer(tx, found.customer_id)
        known = record_of(tx, found.customer_id)
    tell(known, f"{known['name']} is active.", json=json)


@app.command("list")
def list_customers(
    ctx: typer.Context,
    *,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List customers, the newest first."""
    with working(ctx, tenant) as tx:
        rows = customers.listed(tx, limit)
    cells = (
        (
            row.customer_id,
            row.name if row.status == "active" else f"{row.name} (closed)",
            row.email,
            row.currency,
            row.country,
        )
        for row in rows
    )
    names = ("customer id", "name", "e-mail", "", "")
    tell(rows, listing(names, cells, empty="There are no customers."), json=json)
