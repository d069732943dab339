"""Calendar cases of other engines: each asks our rules the question its system's tests asked.

The files keep the schema and the sources they came with.  A question answers in the shape of the
case's `expected`; what is not asserted there is not compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from trueup.billing.calendar.model import (
    BillingPeriod,
    Cadence,
    Grid,
    Interval,
    Proration,
    Schedule,
    Span,
    Stub,
    Timing,
)
from trueup.billing.calendar.rules import recurrence, stepping
from trueup.billing.calendar.rules.alignment import (
    anniversary,
    calendar_aligned,
    cycle_day_in_month,
    next_cycle_day,
)
from trueup.billing.calendar.rules.billing import due_periods
from trueup.billing.calendar.rules.proration import days_30, share, share_of_month
from trueup.billing.calendar.rules.stepping import step
from trueup.billing.calendar.rules.zones import (
    day_windows,
    days_begun,
    days_between,
    local_date,
    zone,
)

CASES = Path(__file__).resolve().parents[1] / "support" / "cases" / "calendar"
UNITS = {"D": Interval.DAY, "W": Interval.WEEK, "M": Interval.MONTH, "Y": Interval.YEAR}
ZUORA = {
    "actual": Proration.DAY,
    "actual_360": Proration.ACTUAL_360,
    "strict_30_360": Proration.FIXED_30_DAYS,
}
NINE_DIGITS = Decimal("1e-9")

Given = dict[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    file: str
    id: str
    kind: str
    given: Given
    expected: Answer
    anchored_alternative: str | None


def read_cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            if case.get("trust") == "disputed":
                continue
            yield Case(
                path.stem,
                case["id"],
                case["kind"],
                case["input"],
                case["expected"],
                case.get("anchored_alternative"),
            )


def verdict(case: Case, stub: Stub) -> str:
    """`agrees`, the name of a convention by which it differs, or `wrong` with what we say."""
    answer = QUESTIONS[case.kind](case.given | {"stub": stub, "asserted": case.expected})
    if answer == {key: case.expected[key] for key in answer}:
        return "agrees"
    if case.anchored_alternative and fractions_of(answer)[:1] == [
        Fraction(case.anchored_alternative)
    ]:
        return "differs: stub measured against the anchored period"
    return f"wrong: {answer}"


def fractions_of(answer: Answer) -> list[Fraction]:
    return [Fraction(item["days"], item["of_days"]) for item in answer.get("items", [])]


def cadence_of(interval: str) -> Cadence:
    count, unit = re.fullmatch(r"P(\d+)([DWMY])", interval).groups()
    return Cadence(UNITS[unit], int(count))


def day(text: str) -> date:
    return date.fromisoformat(text)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def proration(given: Given) -> Answer:
    items = [
        {
            "from": billed.span.start.isoformat(),
            "to": billed.span.end.isoformat(),
            "days": portion.numerator,
            "of_days": portion.denominator,
        }
        for billed in due(given)
        for portion in [
            share(billed.span, billed.full, cadence_of(given["interval"]), Proration.DAY)
        ]
    ]
    cycles = sum(nine_digits(Fraction(item["days"], item["of_days"])) for item in items)
    return {"items": items, "cycles_sum": f"{cycles:.9f}"}


def periods(given: Given) -> Answer:
    spans = [billed.span for billed in due(given)]
    return {"items": [{"from": str(start), "to": str(end)} for start, end in spans]}


def due(given: Given) -> list[BillingPeriod]:
    cadence, start = cadence_of(given["interval"]), day(given["start"])
    grid = anniversary(cadence, start, given["bill_cycle_day"] if cadence.months else None)
    schedule = Schedule(grid, start, day(given["end"]) if given["end"] else None, given["stub"])
    return due_periods(schedule, day(given["run_on"]), Timing(given["billing"]))


def nine_digits(part: Fraction) -> Decimal:
    exact = Decimal(part.numerator) / Decimal(part.denominator)
    return exact.quantize(NINE_DIGITS, ROUND_HALF_UP)


def date_stepped(given: Given) -> Answer:
    return {"date": str(step(day(given["start"]), cadence_of(given["interval"]), given["count"]))}


def whole_periods(given: Given) -> Answer:
    cadence = cadence_of(given["interval"])
    return {"count": stepping.whole_periods(cadence, day(given["start"]), day(given["end"]))}


def recurrence_of(given: Given) -> recurrence.Recurrence:
    where = zone(given.get("timezone", "UTC"))
    return recurrence.recurrence_from(cadence_of(given["interval"]), moment(given["anchor"]), where)


def period_at(given: Given) -> Answer:
    found = recurrence.period_containing(recurrence_of(given), moment(given["at"]))
    return {"period": [found.start.isoformat(), found.end.isoformat()]}


def previous(given: Given) -> Answer:
    found = recurrence.previous_boundary(
        recurrence_of(given),
        moment(given["at"]),
        inclusive=given.get("boundary") == "inclusive",
    )
    return {"previous": found.isoformat()}


def following(given: Given) -> Answer:
    found = recurrence.next_boundary(
        recurrence_of(given),
        moment(given["at"]),
        inclusive=given.get("boundary") == "inclusive",
    )
    return {"next": found.isoformat()}


def cycle_day(given: Given) -> Answer:
    return {"cycle_day": local_date(moment(given["at"]), zone(given["timezone"])).day}


def aligned(given: Given) -> Answer:
    """A proposed date is moved to the cycle day of its own month; days and weeks have none."""
    proposed = day(given["proposed"])
    if cadence_of(given["interval"]).months:
        proposed = cycle_day_in_month(proposed, given["cycle_day"])
    return {"date": str(proposed)}


def aligned_onwards(given: Given) -> Answer:
    """The next cycle day; for days and weeks the next boundary of the grid of the original."""
    proposed, cadence = day(given["proposed"]), cadence_of(given["interval"])
    if cadence.months:
        return {"date": str(next_cycle_day(proposed, given["cycle_day"]))}
    original = day(given["original"])
    grid = anniversary(cadence, original)
    return {
        "date": str(
            stepping.next_boundary(grid, max(proposed, original), inclusive=proposed > original)
        )
    }


def days_of_30(given: Given) -> Answer:
    return {"days": days_30(day(given["start"]), day(given["end"]))}


def stub_of_30(given: Given) -> Answer:
    part, month = Span(day(given["start"]), day(given["end"])), Cadence(Interval.MONTH)
    full = Span(step(part.end, month, -1), part.end)
    portion = share(part, full, month, Proration.FIXED_30_DAYS)
    return {"fraction": str(nine_digits(portion.fraction))}


def local_days_between(given: Given) -> Answer:
    count = days_between if given["count"] == "end day not counted" else days_begun
    return {"days": count(moment(given["start"]), moment(given["end"]), zone(given["timezone"]))}


def windows(given: Given) -> Answer:
    where, span = zone(given["timezone"]), Span(day(given["from"]), day(given["to"]))
    found = day_windows(span, where)
    hour = given["one_event_per_day_at"].removesuffix(" local")
    events = [
        datetime.fromisoformat(f"{span.start + timedelta(days=n)}T{hour}").replace(tzinfo=where)
        for n in range(span.days)
    ]
    counts = {sum(window.contains(event) for event in events) for window in found}
    return {
        "windows": len(found),
        "bounds_utc": [[window.start.isoformat(), window.end.isoformat()] for window in found],
        "events_per_window": counts.pop() if len(counts) == 1 else counts,
    }


def billing_day(given: Given) -> Answer:
    """A biller at each point of the clock: it bills what is due on the local date, once."""
    where = zone(given["timezone"])
    start = local_date(moment(given["subscribed_at"]), where)
    cadence = cadence_of(given["interval"])
    align: Callable[[Cadence, date], Grid] = (
        calendar_aligned if given["anchor"] == "calendar" else anniversary
    )
    schedule = Schedule(align(cadence, start), start)
    clock = [(point, local_date(moment(point), where)) for point in given["clock"]]
    before = clock[0][1] - timedelta(days=1)
    through = max(
        (billed.span.end for billed in due_periods(schedule, before, Timing(given["billing"]))),
        default=start,
    )
    invoices = {}
    for point, on in clock:
        found = due_periods(schedule, on, Timing(given["billing"]), after=through)
        if found:
            through, invoices[point] = found[-1].span.end, on
    return billing_days_found(invoices, given["asserted"])


def billing_days_found(invoices: dict[str, date], expected: Answer) -> Answer:
    answer: Answer = {}
    if "no_invoice_at" in expected:
        answer["no_invoice_at"] = [p for p in expected["no_invoice_at"] if p not in invoices]
    if (over := expected.get("exactly_one_invoice_over")) is not None:
        made = [point for point in over if point in invoices]
        answer["exactly_one_invoice_over"] = over if len(made) == 1 else made
        answer["invoice_local_date"] = ", ".join(str(invoices[point]) for point in made)
    if "invoice_on" in expected:
        answer["invoice_on"] = [str(on) for on in invoices.values()]
    return {key: found for key, found in answer.items() if key in expected}


def fraction_of_month(given: Given) -> Answer:
    part = Span(day(given["start"]), day(given["end_inclusive"]) + timedelta(days=1))
    portion = share_of_month(part, ZUORA[given["method"]])
    return {"fraction": f"{portion.numerator}/{portion.denominator}"}


QUESTIONS: dict[str, Callable[[Given], Answer]] = {
    "align_align": aligned,
    "align_next": aligned_onwards,
    "billing_day": billing_day,
    "cycle_day": cycle_day,
    "day_windows": windows,
    "days_30": days_of_30,
    "fraction": fraction_of_month,
    "local_days_between": local_days_between,
    "next": following,
    "period_at": period_at,
    "periods": periods,
    "previous": previous,
    "proration": proration,
    "step": date_stepped,
    "stub_30": stub_of_30,
    "whole_periods": whole_periods,
}
