"""Billing cases of other engines: what each expects, held against what our engine makes of it.

The files keep the schema and the sources they came with.  Each case runs under the dialect that
its convention names.  A difference is a sentence that names the date, the field and both figures;
those that stem from a convention are listed below, word for word, with the rule we follow instead.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trueup.billing.simulation.service import simulate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CASES = Path(__file__).resolve().parents[1] / "support" / "cases" / "billing"
CENT = Decimal("0.01")

Json = dict[str, Any]


class Verdict(StrEnum):
    AGREES = "agrees"
    DIFFERS = "differs by a named convention"
    WRONG = "wrong"
    NOT_EXPRESSIBLE = "not expressible"


@dataclass(frozen=True, slots=True)
class Case:
    """peer: who is the source.  content: the case.  conventions: those its file states."""

    file: str
    peer: str
    content: Json
    conventions: Json

    @property
    def id(self) -> str:
        return str(self.content["id"])


@dataclass(frozen=True, slots=True)
class Named:
    """A difference that stays.  rule: what we do instead; differences: all that it changes."""

    rule: str
    differences: tuple[str, ...]


NAMED = {
    "kbit-18": Named(
        rule="Credit of the account is used on the next invoice. The peer used it on an unpaid"
        " one at once; that it was unpaid is no part of the input.",
        differences=(
            "2013-09-01: the line account_credit of -258.06 is not expected",
            "2013-09-01: total 0.00 instead of 258.06",
        ),
    ),
    "lago-034": Named(
        rule="A credit note is written when it is ordered. The case orders none.",
        differences=(
            "2023-10-20: no credit note of total 23.16",
            "2023-10-21: no credit note of total 79.15",
            "2023-10-22: no credit note of total 232.07",
        ),
    ),
    "lago-131": Named(
        rule="Tax is taken at a stated rate. The case states none and expects 20 %.",
        differences=(
            "period_end: tax 0.00 instead of 2.03",
            "period_end: total 10.15 instead of 12.18",
        ),
    ),
    "lago-134": Named(
        rule="Tax is taken at a stated rate. The case states none and expects 20 %.",
        differences=(
            "period_end: tax 0.00 instead of 5.00",
            "period_end: total 25.00 instead of 30.00",
        ),
    ),
}
"""By case: the differences that follow from a convention, and nothing else."""


def read_cases() -> Iterator[Case]:
    """All cases of all files, in their order."""
    for path in sorted(CASES.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=str)
        for case in content["cases"]:
            yield Case(path.stem, content["peer"], case, content["conventions"])


def verdict(case: Case) -> tuple[Verdict, list[str]]:
    """How our engine answers, and in what it differs."""
    outcome = simulate(case.content, case.conventions)
    if outcome.result is None:
        return Verdict.NOT_EXPRESSIBLE, [outcome.why or ""]
    found = list(differences(case.content, outcome.result))
    if not found:
        return Verdict.AGREES, []
    named = NAMED.get(case.id)
    is_named = named is not None and found == list(named.differences)
    return (Verdict.DIFFERS if is_named else Verdict.WRONG), found


def differences(case: Json, result: Json) -> Iterator[str]:
    """What the case asserts and the result does not say, each as a sentence."""
    expected = case["expected"]
    if case["kind"] == "scenario":
        yield from _of_invoices(expected.get("invoices", ()), result["invoices"])
        yield from _of_notes(expected.get("credit_notes", ()), result["credit_notes"])
        yield from _of_account(case["input"], result)
    elif case["kind"] == "rating":
        if Decimal(expected["total"]) != Decimal(result["total"]).quantize(_step(expected)):
            yield f"total {result['total']} instead of {expected['total']}"
    else:
        yield from _of_facts(expected, result)


def _step(expected: Json) -> Decimal:
    return Decimal(1).scaleb(int(Decimal(str(expected["total"])).as_tuple().exponent))


# ---- invoices: by date, each date's lines and sums together


def _of_invoices(expected: Iterable[Json], found: Iterable[Json]) -> Iterator[str]:
    ours = _by_day(found)
    for day, wanted in _by_day(expected).items():
        here = ours.get(day, [])
        yield from _of_lines(day, wanted, here)
        for field in ("subtotal", "discount", "tax", "credit_applied", "total"):
            asserted = [invoice[field] for invoice in wanted if field in invoice]
            if len(asserted) == len(wanted):
                want = sum(map(_money, asserted))
                have = sum(_money(invoice[field]) for invoice in here)
                if want != have:
                    yield f"{day}: {field} {have:.2f} instead of {want:.2f}"


def _of_lines(day: str, wanted: list[Json], here: list[Json]) -> Iterator[str]:
    left = list(_lines(here))
    for line in _lines(wanted):
        match = next((x for x in left if _is_same(line, x)), None)
        if match is None:
            yield f"{day}: no line {_said(line)}"
        else:
            left.remove(match)
    if not any(invoice.get("partial") for invoice in wanted):
        for line in left:
            yield f"{day}: the line {_said(line)} is not expected"


def _lines(invoices: Iterable[Json]) -> Iterator[Json]:
    """Lines that come to something; engines differ in which lines of zero they write."""
    for invoice in invoices:
        yield from (line for line in invoice["lines"] if _money(line["amount"]))


def _is_same(wanted: Json, ours: Json) -> bool:
    asserted = [k for k in ("plan", "from", "to", "component") if k in wanted]
    return (
        wanted["kind"] == ours["kind"]
        and _money(wanted["amount"]) == _money(ours["amount"])
        and all(wanted[key] == ours.get(key) for key in asserted)
    )


def _said(line: Json) -> str:
    span = f" [{line['from']}, {line['to']})" if "to" in line else ""
    plan = f" {line['plan']}" if "plan" in line else ""
    return f"{line['kind']}{plan}{span} of {line['amount']}"


def _by_day(documents: Iterable[Json]) -> dict[str, list[Json]]:
    days: dict[str, list[Json]] = defaultdict(list)
    for document in documents:
        at = str(document["at"])
        days[at[:10]].append(document)
    return days


# ---- what else a case asserts


def _of_notes(expected: Iterable[Json], found: Iterable[Json]) -> Iterator[str]:
    left = list(found)
    for note in expected:
        asserted = [k for k in ("subtotal", "tax", "total", "refund", "credit") if k in note]
        match = next(
            (
                x
                for x in left
                if x["at"][:10] == note["at"][:10]
                and all(_money(x[key]) == _money(note[key]) for key in asserted)
            ),
            None,
        )
        if match is None:
            yield f"{note['at']}: no credit note of total {note['total']}"
        else:
            left.remove(match)


def _of_account(given: Json, result: Json) -> Iterator[str]:
    for asked, answer in (
        ("account_credit_expected", "account_credit"),
        ("account_balance_expected", "account_balance"),
    ):
        if asked in given and _money(given[asked]) != _money(result[answer]):
            yield f"{answer} {result[answer]} instead of {given[asked]}"


def _of_facts(expected: Json, result: Json) -> Iterator[str]:
    """Of imports and fractions: states, dates and counts."""
    for name, want in expected.items():
        if name == "invoices":
            yield from _of_invoices(want, result["invoices"])
        elif name == "cycle_greater_than":
            if result["cycle"] <= want:
                yield f"cycle {result['cycle']}, which is not above {want}"
        elif name == "invoice_dates":
            if result[name][: len(want)] != want:
                yield f"{name} {result[name]} instead of {want}"
        elif result.get(name) != want:
            yield f"{name} {result.get(name)} instead of {want}"


def _money(amount: object) -> Decimal:
    return Decimal(str(amount))


# ---- the report


def report() -> str:
    """A table: per file, how many cases of each verdict."""
    counts: dict[tuple[str, str], dict[Verdict, int]] = defaultdict(
        lambda: dict.fromkeys(Verdict, 0)
    )
    for case in read_cases():
        counts[case.file, case.peer][verdict(case)[0]] += 1
    width = max(len(file) for file, _ in counts)
    rows = [f"{'file':{width}}  " + "  ".join(v.value for v in Verdict) + "  peer"]
    for (file, peer), by_verdict in counts.items():
        cells = "  ".join(f"{by_verdict[v]:{len(v.value)}}" for v in Verdict)
        rows.append(f"{file:{width}}  {cells}  {peer}")
    return "\n".join(rows)
