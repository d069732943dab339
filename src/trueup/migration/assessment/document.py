"""The assessment for programs: canonical JSON, described in the slice's README."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from trueup.kernel.money import Money

if TYPE_CHECKING:
    from trueup.migration.assessment.model import Assessment

FORMAT: Final = 1
"""Grows when a reader of an older document would misread a newer one."""


def to_json(assessment: Assessment) -> str:
    """One line of JSON, keys sorted, ending in a line feed; equal assessments give equal bytes.

    Amounts are {"currency", "micros"}; micros are text, because they may exceed 2^53.
    """
    document = {"format": FORMAT, **asdict(assessment, dict_factory=_record)}
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


def _record(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(fields)
    if record.keys() == set(Money.__dataclass_fields__):
        return {"currency": record["currency"]["code"], "micros": str(record["micros"])}
    return record
