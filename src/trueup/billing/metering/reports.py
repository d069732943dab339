"""Usage as files report it, CSV or JSON lines: batches of events with their lines.  Pure.

A file is read as a stream, and what is wrong is said by line, field and value.  Columns and keys
are those of `REPORTED`; a CSV file may also give each dimension a column, `dimension.region`.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pyarrow as pa

from trueup.billing.metering.errors import (
    Problem,
    UsageEventChanged,
    UsageEventMalformed,
    UsageLineRefused,
    UsageOfUnknownSubscription,
)
from trueup.billing.metering.model import REPORTED
from trueup.billing.metering.rules import WANTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trueup.kernel.errors import Refusal

BATCH_EVENTS: Final = 5_000  # larger ones are no faster (benchmarks), and hold their locks longer
DIMENSION: Final = "dimension."
OPTIONAL: Final = "dimensions"
TEXT: Final = pa.schema(
    [(name, pa.binary(16) if name == "subscription_id" else pa.string()) for name in REPORTED.names]
)
SHAPE: Final = "the columns event_id, subscription_id, meter, quantity, occurred_at, and dimensions"
EMPTY: Final = "The file is empty."

Event = dict[str, Any]


class Format(StrEnum):
    CSV = "csv"
    JSON_LINES = "jsonl"


@dataclass(frozen=True, slots=True)
class Reports:
    """A batch.  rows: columns of `REPORTED`, still as text.  lines: of each row, counted from 1."""

    rows: pa.Table
    lines: tuple[int, ...]


def read_reports(
    lines: Iterable[str], form: Format, *, size: int = BATCH_EVENTS
) -> Iterator[Reports]:
    """The events of a file in its order, at most `size` at a time.  Raises UsageLineRefused."""
    events = _csv_events(lines) if form is Format.CSV else _json_events(lines)
    is_empty = True
    while batch := list(islice(events, size)):
        is_empty = False
        yield _reports([line for line, _ in batch], [event for _, event in batch])
    if is_empty and form is Format.JSON_LINES:
        raise _unreadable(1, "", "a JSON object a line", EMPTY)


def located(error: Refusal, reports: Reports) -> Refusal:
    """The refusal of a batch as that of the first line it is about; others as they are."""
    if isinstance(error, UsageEventMalformed):
        return _refused(error.problems, reports.lines)
    if isinstance(error, UsageEventChanged):
        return _at(error, reports, "event_id", set(error.events))
    if isinstance(error, UsageOfUnknownSubscription):
        unknown = {UUID(each).bytes for each in error.subscriptions}
        return _at(error, reports, "subscription_id", unknown)
    return error


def _at(error: Refusal, reports: Reports, field: str, found: set[Any]) -> UsageLineRefused:
    values = reports.rows.column(field).to_pylist()
    # The last: of an id that came twice, the line that changed it.
    row = max(row for row, value in enumerate(values) if value in found)
    value = values[row]
    return UsageLineRefused(
        line=reports.lines[row],
        field=field,
        value=str(UUID(bytes=value)) if isinstance(value, bytes) else value,
        reason=error.sentence,
        fix=error.fix,
    )


def _refused(problems: Iterable[Problem], lines: tuple[int, ...]) -> UsageLineRefused:
    first, *others = problems
    more = f"{len(others)} more values of its batch are malformed." if others else ""
    return UsageLineRefused(
        line=lines[first.row],
        field=first.field,
        value=first.value,
        reason=more,
        fix=f"Give {first.wanted}.",
    )


def _reports(lines: list[int], events: list[Event]) -> Reports:
    problems: list[Problem] = []
    ids: dict[Any, bytes | None] = {}
    for row, event in enumerate(events):
        text = event["subscription_id"]
        if text not in ids:
            ids[text] = _id_bytes(text)
        if ids[text] is None:
            problems.append(Problem(row, "subscription_id", text, WANTED["subscription_id"]))
        event["subscription_id"] = ids[text]
    if problems:
        raise _refused(problems, tuple(lines))
    return Reports(pa.Table.from_pylist(events, schema=TEXT), tuple(lines))


def _id_bytes(text: object) -> bytes | None:
    try:
        return UUID(str(text)).bytes
    except ValueError:
        return None


def _csv_events(lines: Iterable[str]) -> Iterator[tuple[int, Event]]:
    reader = csv.reader(lines, strict=True)
    names: list[str] = []
    try:
        for values in reader:
            if not values:
                continue
            if not names:
                names = values
                _check_header(names, reader.line_num)
                continue
            if len(values) != len(names):
                raise _unreadable(reader.line_num, ",".join(values), f"{len(names)} values")
            yield reader.line_num, _csv_event(dict(zip(names, values, strict=True)))
    except csv.Error as error:
        raise _unreadable(reader.line_num, str(error), "CSV with its quotes closed") from None
    if not names:
        raise _unreadable(1, "", f"a header with {SHAPE}", EMPTY)


def _csv_event(values: dict[str, str]) -> Event:
    """Nothing between two commas is nothing, not an empty text."""
    event: Event = {name: values.get(name) or None for name in REPORTED.names}
    named = {
        name.removeprefix(DIMENSION): value
        for name, value in values.items()
        if name.startswith(DIMENSION) and value
    }
    if named:
        event[OPTIONAL] = json.dumps(named)
    return event


def _json_events(lines: Iterable[str]) -> Iterator[tuple[int, Event]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line, parse_float=Decimal)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise _unreadable(number, line.strip(), "a JSON object a line")
        _check_names(set(found), number, "key")
        yield number, {name: _text(found.get(name)) for name in REPORTED.names}


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict | list | bool):
        return json.dumps(value, ensure_ascii=False, default=_no_text)
    return str(value)


def _no_text(number: Decimal) -> dict[str, str]:
    """Written as a text it would be taken for one."""
    return {"number": str(number)}


def _check_header(names: list[str], line: int) -> None:
    """Of two columns that say the same, none is taken for the one that was meant."""
    apart = {name for name in names if name.startswith(DIMENSION)}
    _check_names(set(names) - apart, line, "column")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _unreadable(line, ", ".join(twice), "each column once")
    if apart and OPTIONAL in names:
        raise _unreadable(
            line,
            ", ".join([OPTIONAL, *sorted(apart)]),
            "dimensions in one column or each in a column of its own",
        )


def _check_names(names: set[str], line: int, kind: str) -> None:
    """A misspelt name is not taken for one that was left out."""
    missing = sorted(set(REPORTED.names) - {OPTIONAL} - names)
    strange = sorted(names - set(REPORTED.names))
    if missing or strange:
        said = [f"the {kind} {n} is missing" for n in missing]
        said += [f"the {kind} {n} is unknown" for n in strange]
        by = ", separated by commas" if len(names) == 1 and ";" in next(iter(names)) else ""
        raise _unreadable(line, ", ".join(said), SHAPE + by)


def _unreadable(line: int, value: str, wanted: str, reason: str = "") -> UsageLineRefused:
    fix = f"Give {wanted}."
    return UsageLineRefused(line=line, field="line", value=value, reason=reason, fix=fix)
