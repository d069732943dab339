"""Scenarios in short: what a case bills, as lines that a person can check."""

from __future__ import annotations

from typing import Any

from trueup.billing.simulation.dialects import dialect_of
from trueup.billing.simulation.scenario import Play, played
from trueup.billing.simulation.service import Outcome, simulate
from trueup.billing.simulation.shape import shaped

Json = dict[str, Any]


def plan(amount: str, interval: str = "month", billing: str = "in_advance", **more: Any) -> Json:
    return {"amount": amount, "interval": interval, "billing": billing, **more}


def with_trial(amount: str, interval: str = "month") -> Json:
    """A plan of two phases, as Kill Bill's: thirty free days, then the fee."""
    return {
        "billing": "in_advance",
        "phases": [
            {"kind": "trial", "days": 30, "fixed": "0"},
            {"kind": "evergreen", "amount": amount, "interval": interval},
        ],
    }


def subscribe(at: str, to: str, **more: Any) -> Json:
    return {"at": at, "type": "subscribe", "plan": to, **more}


def change(at: str, to: str, **more: Any) -> Json:
    return {"at": at, "type": "change_plan", "to": to, **more}


def cancel(at: str, **more: Any) -> Json:
    return {"at": at, "type": "cancel", **more}


def used(at: str, metric: str, qty: str, **more: Any) -> Json:
    return {"at": at, "type": "usage", "metric": metric, "qty": qty, **more}


def event(at: str, kind: str, **more: Any) -> Json:
    return {"at": at, "type": kind, **more}


def case(convention: str, plans: Json, events: list[Json], until: str, **more: Any) -> Json:
    return {
        "id": "test",
        "kind": "scenario",
        "convention": convention,
        "input": {"currency": "EUR", "timezone": "UTC", "plans": plans, "events": events} | more,
        "expected": {"invoices": [{"at": until, "lines": []}]},
    }


def simulated(convention: str, plans: Json, events: list[Json], until: str, **more: Any) -> Outcome:
    return simulate(case(convention, plans, events, until, **more), {})


def play(convention: str, plans: Json, events: list[Json], until: str, **more: Any) -> Play:
    given = case(convention, plans, events, until, **more)
    return played(shaped(given, "test"), dialect_of(convention, {}))


def billed(convention: str, plans: Json, events: list[Json], until: str, **more: Any) -> list[str]:
    """Each line that comes to something: date, kind, what, span, amount; then credit notes."""
    outcome = simulated(convention, plans, events, until, **more)
    assert outcome.result is not None, outcome.why
    return [
        *(_line(x["at"], line) for x in outcome.result["invoices"] for line in _paid(x["lines"])),
        *(
            _line(x["at"], line | {"kind": "note"})
            for x in outcome.result["credit_notes"]
            for line in x["lines"]
        ),
    ]


def _paid(lines: list[Json]) -> list[Json]:
    return [line for line in lines if line["amount"].strip("-0.")]


def _line(at: str, line: Json) -> str:
    span = f"{line['from']}..{line['to']}" if "to" in line else ""
    what = line.get("component", line.get("plan", ""))
    return " ".join(filter(None, [at[:10], line["kind"], what, span, line["amount"]]))


def said(text: str) -> list[str]:
    """The lines of a table, as `billed` writes them."""
    return [" ".join(line.split()) for line in text.strip().splitlines()]
