"""Runs the cases of a file through the billing engine; writes nothing, needs no database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trueup.billing.simulation.dialects import dialect_of
from trueup.billing.simulation.errors import CaseMalformed, NotExpressible
from trueup.billing.simulation.kinds import KINDS
from trueup.billing.simulation.shape import shaped
from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case.  result: shaped as the case's `expected`; None: not expressible.

    currency, time_zone: of its account, where it has one.
    """

    case_id: str
    title: str
    result: Json | None
    why: str | None = None
    currency: str = "EUR"
    time_zone: str = "UTC"

    def as_json(self) -> Json:
        return {
            "id": self.case_id,
            "status": "ok" if self.result is not None else "not_expressible",
            "why": self.why,
            "result": self.result,
        }


def simulate_file(path: Path, case_id: str | None = None) -> Iterator[Outcome]:
    """The outcome of every case of the file, or of one, in the file's order.

    Raises CaseMalformed if the file is no case file or has no such case.
    """
    content = _read(path)
    cases = content["cases"]
    if case_id is not None:
        cases = [case for case in cases if str(case.get("id")) == case_id]
        if not cases:
            raise CaseMalformed(where=str(path), why=f"it has no case {case_id!r}")
    for case in cases:
        yield simulate(case, content.get("conventions") or {})


def simulate(case: Mapping[str, Any], conventions: Mapping[str, Any]) -> Outcome:
    """The outcome of one case under the dialect that its convention names."""
    case_id, title = str(case.get("id", "?")), str(case.get("title", ""))
    kind = str(case.get("kind", "scenario"))
    try:
        if kind not in KINDS:
            raise NotExpressible(what=f"a case of the kind {kind!r}")
        clean = shaped(case, f"Case {case_id}")
        dialect = dialect_of(clean.get("convention"), conventions)
        result, given = KINDS[kind](clean, dialect), clean.get("input", {})
        currency, zone = given.get("currency", "EUR"), given.get("timezone", "UTC")
        return Outcome(case_id, title, result, currency=currency, time_zone=zone)
    except Refusal as refusal:
        return Outcome(case_id, title, None, f"{refusal.sentence} {refusal.fix}")


def _read(path: Path) -> Json:
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=str)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CaseMalformed(where=str(path), why=str(error)) from error
    if not isinstance(content, dict) or not isinstance(content.get("cases"), list):
        raise CaseMalformed(where=str(path), why="it has no list `cases`")
    for number, case in enumerate(content["cases"]):
        if not isinstance(case, dict):
            raise CaseMalformed(where=str(path), why=f"cases[{number}] is no object")
    stated = content.get("conventions") or {}
    if not isinstance(stated, dict) or not all(isinstance(c, dict) for c in stated.values()):
        raise CaseMalformed(where=str(path), why="its `conventions` are no objects by name")
    return content
