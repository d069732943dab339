"""The command line: `trueup --help` shows it all."""

from __future__ import annotations

import typer

from trueup.cli import (
    backtest,
    billing,
    clocks,
    comparison,
    customers,
    demo,
    documents,
    granting,
    invoices,
    mapping,
    orders,
    payments,
    pending,
    plans,
    sample,
    schedule,
    server,
    simulation,
    stages,
    subscriptions,
    unload,
    usage,
)

cli = typer.Typer(
    name="trueup",
    help="Move live billing from one system to another, and prove it to the cent.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        "Exit status: 0 done and the books tie out, 1 they do not, 2 wrong usage, "
        "3 refused, 4 the outside failed (run it again), 5 a defect, 130 stopped by Ctrl-C."
    ),
)

MIGRATION = "Migration, in this order"
for name, command in (
    ("migrate", stages.migrate),
    ("extract", stages.extract),
    ("assess", stages.assess),
    ("load", stages.load),
    ("reconcile", stages.reconcile),
    ("report", stages.report),
    ("backtest", backtest.backtest),
    ("unload", unload.unload),
):
    cli.command(name, rich_help_panel=MIGRATION)(command)

cli.command("demo", rich_help_panel="To begin with")(demo.demo)
cli.add_typer(sample.app, name="sample", rich_help_panel="To begin with")
cli.command("simulate", rich_help_panel="Billing")(simulation.simulate)
cli.add_typer(plans.app, name="plan", rich_help_panel="Billing")
cli.add_typer(customers.app, name="customer", rich_help_panel="Billing")
orders.add_to(subscriptions.app)
documents.add_to(billing.app)
cli.add_typer(subscriptions.app, name="subscription", rich_help_panel="Billing")
cli.add_typer(granting.coupon_app, name="coupon", rich_help_panel="Billing")
cli.add_typer(granting.app, name="credit", rich_help_panel="Billing")
cli.add_typer(pending.app, name="pending", rich_help_panel="Billing")
billing.app.command("forecast")(clocks.forecast)
billing.app.add_typer(schedule.app, name="schedule")
cli.add_typer(billing.app, name="bill", rich_help_panel="Billing")
cli.add_typer(clocks.app, name="clock", rich_help_panel="Billing")
cli.add_typer(payments.app, name="payment", rich_help_panel="Billing")
cli.add_typer(invoices.app, name="invoice", rich_help_panel="Billing")
cli.add_typer(usage.app, name="usage", rich_help_panel="Billing")
cli.command("compare", rich_help_panel="Tools")(comparison.compare)
cli.add_typer(mapping.app, name="mapping", rich_help_panel="Tools")
cli.add_typer(server.app, name="server", rich_help_panel="Tools")
