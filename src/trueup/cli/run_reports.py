"""What a bill run came to, and what it parked, for people and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from trueup.cli.left_out import left_out_told
from trueup.cli.moments import day, minute
from trueup.cli.telling import counted, told, totals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from rich.console import RenderableType

    from trueup.billing.invoicing.runs import RunReport


def run_as_json(report: RunReport) -> dict[str, Any]:
    """A run for programs; sums by currency."""
    done = report.done
    return {
        "bill_run_id": report.run_id,
        "until": report.until,
        "due": report.due,
        "billed": done.billed,
        "quiet": done.quiet,
        "parked": report.still_parked,
        "invoices": done.invoices,
        "finalized": report.finalized,
        "refreshed": report.refreshed,
        "still_due": report.still_due,
        "waiting": report.waiting,
        "left_out": done.left_out,
        "credits_ended": report.ended,
        "totals": totals(done.money),
    }


def run_lines(report: RunReport, where: tzinfo) -> Iterator[RenderableType]:
    """A run in words, and what to do about what it left.  where: whose days are told."""
    done = report.done
    yield f"{counted(done.invoices, 'invoice')} until {minute(report.until, where)}"
    for code, micros in sorted(done.money.items()):
        yield f"  {told(micros, code)}"
    if report.refreshed:
        yield f"Following usage that came since: {counted(report.refreshed, 'draft')}"
    if report.finalized:
        yield f"{counted(report.finalized, 'draft')} issued after their days of grace"
    yield (
        f"due at the start {report.due:,}, bills made {done.billed:,}, "
        f"owing nothing {done.quiet:,}, "
        f"parked {report.still_parked:,}, still due {report.still_due:,}"
    )
    if report.still_parked:
        yield "See why: trueup bill parked"
    if report.waiting:
        yield (
            f"waiting for their customers' next invoices {report.waiting:,}: trueup pending list"
        )
    if report.ended:
        yield f"{counted(report.ended, 'credit')} ended unspent, and in the books as such"
    if done.left_out:
        yield f"Usage on no bill: {counted(done.left_out, 'period')} of a meter"
        yield from map(left_out_told, report.left_out)
        yield "See what to do: trueup bill left-out"
    if not report.is_complete:
        yield Text.from_markup(
            "[bold red]Not complete[/]: what is still due is held by another run; run it again."
        )


def parked_told(row: Any) -> Text:
    """Why a subscription was not billed, and what helps."""
    since, due_on = (day(at, row.time_zone) for at in (row.since, row.next_bill_at))
    return Text.assemble(
        (row.code, "bold"),
        f"  {row.customer}  {row.subscription_id}\n  {row.sentence}\n  fix: {row.fix}\n",
        (f"  since {since}, due {due_on}", "dim"),
    )


def past_told(row: Any, where: tzinfo) -> Text:
    """A run of before, finished or not."""
    span = f"{minute(row.started_at, where)}, until {minute(row.until, where)}"
    done = (
        f"due {row.due:,}, billed {row.billed:,}, parked {row.parked:,}, "
        f"invoices {row.invoices:,}, still due {row.still_due:,}"
        + (f", usage left out {row.left_out:,}" if row.left_out else "")
        if row.finished_at is not None
        else "not finished: it runs, or was stopped"
    )
    return Text.assemble((str(row.bill_run_id), "bold"), f"  {span}\n  {done}")
