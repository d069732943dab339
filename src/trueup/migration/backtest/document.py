"""A backtest for programs: canonical JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from trueup.kernel.money import Money

if TYPE_CHECKING:
    from trueup.migration.backtest.model import Backtest

FORMAT: Final = 1
"""Grows when a reader of an older document would misread a newer one."""


def to_json(found: Backtest) -> str:
    """One line of JSON, keys sorted, ending in a line feed; the same answer gives the same bytes.

    Amounts are {"currency", "micros"}; micros are text, because they may exceed 2^53.
    """
    document = {
        "format": FORMAT,
        "passes": found.passes,
        "compared": found.compared,
        "same": found.same,
        "explained": found.explained,
        "unexplained": found.unexplained,
        **asdict(found, dict_factory=_record),
    }
    text = json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )
    return text + "\n"


def _record(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(fields)
    if record.keys() == set(Money.__dataclass_fields__):
        return {"currency": record["currency"]["code"], "micros": str(record["micros"])}
    if "effect_micros" in record:
        record["effect_micros"] = str(record["effect_micros"])
        record["differences"] = [each._asdict() for each in record["differences"]]
    return record


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
