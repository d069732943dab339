"""The report for programs: canonical JSON, and the hash that a signature binds."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from trueup.kernel.money import Money

if TYPE_CHECKING:
    from trueup.migration.evidence.model import Judgement, ReportInputs

FORMAT: Final = 1
"""Grows when a reader of an older document would misread a newer one."""


def report_hash(inputs: ReportInputs, judgement: Judgement) -> str:
    """SHA-256 over the canonical JSON of the report without its timings and this hash.

    Timings vary between runs that found the same; a signature is about what was found.
    """
    document = _document(inputs, judgement)
    document["provenance"].pop("timings")
    return sha256(_canonical(document).encode()).hexdigest()


def to_json(inputs: ReportInputs, judgement: Judgement) -> str:
    """One line of JSON, keys sorted, ending in a line feed.

    Amounts are {"currency", "micros"}; micros are text, because they may exceed 2^53.
    """
    document = _document(inputs, judgement) | {"hash": report_hash(inputs, judgement)}
    return _canonical(document) + "\n"


def _document(inputs: ReportInputs, judgement: Judgement) -> dict[str, Any]:
    report: dict[str, Any] = asdict(inputs, dict_factory=_record)
    return {"format": FORMAT, "judgement": asdict(judgement), **report}


def _canonical(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _record(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(fields)
    if record.keys() == set(Money.__dataclass_fields__):
        return {"currency": record["currency"]["code"], "micros": str(record["micros"])}
    return record
