"""What is sold: plans and the versions of their prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trueup.billing.calendar.model import Timing  # noqa: TC001  typer reads it at run time
from trueup.billing.catalog import service as catalog
from trueup.billing.catalog.model import Plan, Price, PriceModel
from trueup.billing.invoicing import runs
from trueup.billing.rating.errors import UnreadablePrice
from trueup.billing.subscriptions.rules.offers import charge_of
from trueup.billing.subscriptions.terms import Aggregation, ChargeKind  # noqa: TC001  likewise
from trueup.cli.amounts import micros_of
from trueup.cli.books import working
from trueup.cli.context import context_of
from trueup.cli.moments import AtOfIssuer, day, instant_of
from trueup.cli.offers import amounts_of, included_usage, interval_of, thresholds_of
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Tenant
from trueup.cli.pricing import miswritten
from trueup.cli.telling import listing, tell, told
from trueup.kernel.currency import currency
from trueup.kernel.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo


app = typer.Typer(
    help="Make plans and add price versions; what is sold never changes.", no_args_is_help=True
)
Code = Annotated[str, typer.Argument(help="Code or id of the plan.", show_default=False)]


@app.command()
def create(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(help="Short name, such as `pro`.", show_default=False)],
    *,
    name: Annotated[str | None, typer.Option(help="For people; the code by default.")] = None,
    every: Annotated[str, typer.Option(help="`month`, `3 months`, `year`, `week` …")] = "month",
    trial_days: Annotated[int, typer.Option(min=0)] = 0,
    commitment: Annotated[
        str | None, typer.Option(help="The least a period costs, such as `500.00 EUR`.")
    ] = None,
    threshold: Annotated[
        list[str] | None,
        typer.Option(
            help="Usage of so much makes an invoice before its period ends, such as `100.00`; "
            "several times for several."
        ),
    ] = None,
    threshold_every: Annotated[
        str | None, typer.Option(help="And above those, every further amount of usage does.")
    ] = None,
    tenant: Tenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Make a plan; add what it costs by `trueup plan price`."""
    clock = context_of(ctx).clock
    count, interval = interval_of(every)
    amount, _, code_of_money = (commitment or "").partition(" ")
    if commitment and not code_of_money:
        raise typer.BadParameter("write amount and currency, such as `500.00 EUR`")
    with working(ctx, tenant, makes_tenant=True) as tx:
        product = new_id(clock)
        catalog.create_product(tx, product, name or code)
        plan = Plan(
            new_id(clock),
            product,
            name or code,
            interval,
            count,
            trial_days=trial_days,
            code=code,
            minimum_commitment_micros=micros_of(amount, code_of_money, "commitment")
            if commitment
            else None,
            thresholds=thresholds_of(threshold or (), threshold_every),
        )
        catalog.create_plan(tx, plan, at=clock.now())
    tell(_as_json(plan, []), f"Plan {code}: every {every}.", json=json)


@app.command()
def price(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    plan: Code,
    *,
    money: Annotated[str, typer.Option("--currency", help="Such as EUR.")],
    model: Annotated[
        PriceModel, typer.Option(help="How a quantity becomes an amount.")
    ] = PriceModel.FLAT,
    amount: Annotated[
        str | None, typer.Option(help="For a flat or per-unit price, such as 12.50.")
    ] = None,
    tiers: Annotated[
        str | None,
        typer.Option(
            help='JSON: [{"up_to": "10", "unit": "1.00"}, {"up_to": null, "unit": "0.50"}], '
            "or an object of the model's fields as `trueup simulate` writes them, such as "
            '{"rate_percent": "2.5"}. docs/guides/billing.md has one of each model.'
        ),
    ] = None,
    charge: Annotated[
        str | None, typer.Option(help="Which charge of the plan; `base` by default.")
    ] = None,
    meter: Annotated[str | None, typer.Option(help="Usage of this meter, in arrears.")] = None,
    kind: Annotated[
        ChargeKind | None, typer.Option(help="A fee for every period by default, or usage.")
    ] = None,
    timing: Annotated[
        Timing | None, typer.Option(help="Fees in advance by default, usage in arrears.")
    ] = None,
    aggregation: Annotated[
        Aggregation | None, typer.Option(help="How events become a quantity; their sum by default.")
    ] = None,
    minimum: Annotated[str | None, typer.Option(help="The least a period of it costs.")] = None,
    includes: Annotated[
        str | None,
        typer.Option(
            help="Usage that a period of the fee pays for, of each unit where it is per unit, "
            "such as `calls=1000`: used up, it is not given back with unused time."
        ),
    ] = None,
    at: AtOfIssuer = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Add a price version: what is sold from then on; who has the plan keeps what they bought."""
    clock = context_of(ctx).clock
    included_meter, included_quantity = included_usage(includes)
    micros, read = amounts_of(model, amount, tiers, meter, money)
    with working(ctx, tenant) as tx:
        found = catalog.get_plan(tx, plan)
        version = Price(
            price_id=new_id(clock),
            plan_id=found.plan_id,
            currency=currency(money).code,
            model=model,
            meter=meter,
            unit_amount_micros=micros,
            tiers=read,
            effective_from=clock.now() if at is None else instant_of(at, runs.zone_of_issuer(tx)),
            charge=charge,
            kind=kind,
            timing=timing,
            aggregation=aggregation,
            is_per_unit=False if model is PriceModel.FLAT else None,
            minimum_micros=None if minimum is None else micros_of(minimum, money, "minimum"),
            included_meter=included_meter,
            included_quantity=included_quantity,
        )
        _check_sellable(version, found)
        catalog.add_price(tx, version)
    said = f"{plan}: a new price of {version.charge_code} in {money}."
    tell(_version(version), said, json=json)


def _check_sellable(version: Price, plan: Plan) -> None:
    """A price that is none is refused before anybody is sold it.  Raises as `charge_of`."""
    try:
        charge_of(version, plan)
    except UnreadablePrice as problem:
        raise miswritten(version.model, problem.fields["why"]) from problem


@app.command("list")
def list_plans(
    ctx: typer.Context, *, tenant: KnownTenant = DEFAULT_TENANT, json: Json = False
) -> None:
    """List plans with their price versions."""
    with working(ctx, tenant) as tx:
        found = [(plan, catalog.versions(tx, plan)) for plan in catalog.plans(tx)]
        where = runs.zone_of_issuer(tx)
    cells = [cell for plan, prices in found for cell in _cells(plan, prices, where)]
    names = ("plan", "every", "charge", "model", "price", "from")
    known = [_as_json(plan, prices) for plan, prices in found]
    tell(known, listing(names, cells, empty="There are no plans."), json=json)


def _cells(plan: Plan, prices: list[Price], where: tzinfo) -> Iterator[tuple[str, ...]]:
    every = f"{plan.interval_count} {plan.interval}"
    shown = (plan.code or plan.name) + ("" if plan.is_active else " (retired)")
    if not prices:
        yield shown, every, "(no price)", "", "", ""
    for version in prices:
        amount = version.unit_amount_micros
        yield (
            shown,
            every,
            version.charge_code,
            version.model,
            "tiers" if amount is None else told(amount, version.currency),
            day(version.effective_from, where),
        )


@app.command()
def products(
    ctx: typer.Context, *, tenant: KnownTenant = DEFAULT_TENANT, json: Json = False
) -> None:
    """List products, by name, with how many plans each has."""
    with working(ctx, tenant) as tx:
        rows = catalog.products(tx)
    cells = ((row.product_id, row.name, row.plans) for row in rows)
    tell(
        rows, listing(("id", "product", "plans"), cells, empty="There are no products."), json=json
    )


@app.command()
def retire(
    ctx: typer.Context, plan: Code, *, tenant: KnownTenant = DEFAULT_TENANT, json: Json = False
) -> None:
    """Sell a plan no longer; who has it keeps it."""
    with working(ctx, tenant) as tx:
        catalog.retire_plan(tx, catalog.get_plan(tx, plan))
        found = catalog.get_plan(tx, plan)
        prices = catalog.versions(tx, found)
    tell(_as_json(found, prices), f"{plan} is no longer sold.", json=json)


def _as_json(plan: Plan, prices: list[Price]) -> dict[str, Any]:
    return {
        "plan_id": plan.plan_id,
        "product_id": plan.product_id,
        "code": plan.code,
        "name": plan.name,
        "every": [plan.interval_count, plan.interval.value],
        "trial_days": plan.trial_days,
        "is_active": plan.is_active,
        "thresholds": plan.thresholds,
        "prices": [_version(version) for version in prices],
    }


def _version(version: Price) -> dict[str, Any]:
    return {
        "price_id": version.price_id,
        "charge": version.charge_code,
        "currency": version.currency,
        "model": version.model.value,
        "meter": version.meter,
        "unit_amount_micros": version.unit_amount_micros,
        "tiers": version.tiers,
        "minimum_micros": version.minimum_micros,
        "included_meter": version.included_meter,
        "included_quantity": version.included_quantity,
        "is_private": version.is_private,
        "effective_from": version.effective_from,
    }
