"""Usage that is on no bill: listed, with what a person can do about it."""

from __future__ import annotations

from typing import Any, Final

import typer

from trueup.billing.drafting.model import LeftOutReason
from trueup.billing.invoicing import runs
from trueup.cli.books import working
from trueup.cli.moments import day
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Limit
from trueup.cli.telling import counted, tell

app = typer.Typer()

BY_HAND: Final = "bill it as an amount: trueup pending add CUSTOMER AMOUNT DESCRIPTION"
WHY: Final = {
    LeftOutReason.TOO_LATE: "it came too late",
    LeftOutReason.NOT_SERVED: "not in service then",
    LeftOutReason.UNPRICED: "nothing prices it",
}
FIXES: Final = {
    LeftOutReason.TOO_LATE: f"{BY_HAND}; a larger late_usage_periods of the dialect bills what "
    "comes as late from then on",
    LeftOutReason.NOT_SERVED: f"{BY_HAND}, or tell who reports it that the service was over",
    LeftOutReason.UNPRICED: "add a charge for the meter from when it was used: trueup "
    "subscription add",
}
"""Why usage is on no bill, and what a person can do."""


@app.command()
def left_out(
    ctx: typer.Context,
    *,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List usage that bill runs met and left on no bill: whose, of when, why, and what to do.

    Each event is told once, by the run that met it; the last run's come first.
    """
    with working(ctx, tenant) as tx:
        rows = runs.left_out(tx, limit)
    known = [row._asdict() | {"fix": FIXES[LeftOutReason(row.reason)]} for row in rows]
    said = [left_out_told(row) for row in rows] or ["All usage that runs met is billed."]
    reasons = sorted({LeftOutReason(row.reason) for row in rows})
    tell(known, *said, *(f"{WHY[each]}: {FIXES[each]}" for each in reasons), json=json)


def left_out_told(row: Any) -> str:
    """One meter of a period of a subscription, and why it is on no bill."""
    since, until = (day(at, row.time_zone) for at in (row.starts_at, row.ends_at))
    used = f"{row.quantity.normalize():,f} {row.meter} in {counted(row.events, 'event')}"
    why = WHY[LeftOutReason(row.reason)]
    return f"  {row.customer}  {row.subscription_id}  {used}, used from {since} to {until}: {why}"
