"""Kind `import`: a subscription that ran elsewhere, taken over with its dates.

What the system before it billed is not billed again: the contract counts its periods from the real
start and is billed from the next one, or from the date that was agreed.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval
from trueup.billing.calendar.rules.stepping import index_at, period_containing, step
from trueup.billing.simulation.errors import CaseMalformed
from trueup.billing.simulation.moments import day_of
from trueup.billing.simulation.scenario import scenario
from trueup.billing.simulation.terms import terms_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.billing.dialect.model import Dialect

    Json = dict[str, Any]

MONTHLY: Final = {"amount": "1.00", "interval": "month", "billing": "in_advance"}
DAY: Final = timedelta(days=1)


def imported(case: Mapping[str, Any], dialect: Dialect) -> Json:
    """The state a subscription arrives in, or what it is billed from its agreed date on.

    Raises CaseMalformed, NotExpressible.
    """
    given = case["input"]
    if "start" in given:
        _need(case, "plan", "now")
        return _running(given)
    _need(case, "recorded", *(() if given.get("bundles") else ("billing_from",)))
    return _taken_over(case, given, dialect)


def _need(case: Mapping[str, Any], *names: str) -> None:
    missing = [name for name in names if name not in case["input"]]
    if missing:
        raise CaseMalformed(
            where=f"Case {case.get('id')}", why=f"input: it lacks {', '.join(missing)}"
        )


def _running(given: Mapping[str, Any]) -> Json:
    """The state, period and count of whole periods on the day it is entered."""
    start, now = day_of(given["start"]), day_of(given["now"])
    if start > now:
        return {"refused": True, "why": "a subscription that has not started is no import"}
    free_days = int(given.get("trial_days", given["plan"].get("trial_days", 0)))
    trial_end = start + DAY * int(given.get("paid_trial_days", free_days))
    is_free = "paid_trial_days" not in given and free_days > 0
    # Who pays from the end of a free trial counts periods from there; a paid one is none (B34).
    first = trial_end if is_free else start
    grid = Grid(_cadence(given["plan"]), Anchor.on(first))
    end = day_of(given["end_date"]) if given.get("end_date") else None
    if is_free and now < trial_end:
        return _trying(start, trial_end)
    if end is not None and end <= now:
        last = period_containing(grid, end - DAY)
        return {
            "state": "completed",
            "cycle": index_at(grid, end - DAY),
            "period": [last.start.isoformat(), end.isoformat()],
            "period_end": end.isoformat(),
            "bill_run_now": "no invoice",
            "invoices": [],
        }
    period = period_containing(grid, now)
    # A renewal of the day itself is not past: whoever takes over bills it.
    renews_now = period.start == now > first
    if renews_now:
        period = period_containing(grid, now - DAY)
    shown: Json = {
        "state": "trial" if now < trial_end else "active",
        "cycle": index_at(grid, period.start),
        "period": [period.start.isoformat(), period.end.isoformat()],
        "next": "renewal",
        "bill_run_now": "one invoice" if renews_now else "no invoice",
        "invoices": [],
    }
    if given.get("past_invoices") != "skip":
        shown.pop("bill_run_now")
    return shown


def _trying(start: date, end: date) -> Json:
    """A free trial that is not over: its period is the trial, and nothing is billed before."""
    return {
        "state": "trial",
        "cycle": 0,
        "period": [start.isoformat(), end.isoformat()],
        "next": "trial_end",
        "bill_run_now": "no invoice",
        "invoices": [],
    }


def _cadence(plan: Mapping[str, Any]) -> Cadence:
    return terms_of("imported", plan).cadence or Cadence(Interval.MONTH)


def _taken_over(case: Mapping[str, Any], given: Mapping[str, Any], dialect: Dialect) -> Json:
    bundles = given.get("bundles") or [given]
    recorded = given["recorded"]
    plan = given.get("plan", MONTHLY)
    events: list[Json] = [
        {
            "at": recorded,
            "type": "subscribe",
            "plan": "imported",
            "id": f"imported#{number}",
            "bundle": f"{number}",
            "effective": given.get("access_from", recorded),
            "billing_from": bundle["billing_from"],
        }
        for number, bundle in enumerate(bundles)
    ]
    if given.get("cancelled_for"):
        when = given["cancelled_for"]
        events.append({"at": recorded, "type": "cancel", "when": when})
    last = max(day_of(bundle["billing_from"]) for bundle in bundles)
    world = {
        **{key: given[key] for key in ("currency", "timezone", "bill_cycle_day") if key in given},
        "plans": {"imported": plan},
        "events": events,
        "until": _until(case, last, plan),
    }
    result = scenario({"input": world}, dialect)
    result["invoice_dates"] = [i["at"] for i in result["invoices"]]
    access = given.get("access_from", recorded)
    shown = "active at once" if access <= recorded else f"active on {access}"
    if given.get("cancelled_for"):
        shown += f", cancelled on {given['cancelled_for']}"
    return result | {"access": shown}


def _until(case: Mapping[str, Any], last: date, plan: Mapping[str, Any]) -> str:
    """The last date the case speaks of, or a period after the last start of billing."""
    expected = case.get("expected", {})
    dates: list[str] = [
        *expected.get("invoice_dates", ()),
        *(i["at"] for i in expected.get("invoices", ())),
    ]
    after = step(last, _cadence(plan), 1).isoformat()
    return max(dates or [after])
