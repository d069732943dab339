"""What no usage event may lack, and the identity that counts it once.  Pure, a column at a time."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trueup.billing.metering.errors import Problem, UsageEventMalformed, UsageSourceMalformed
from trueup.billing.metering.model import REPORTED
from trueup.kernel.errors import check
from trueup.kernel.ids import SEPARATOR, ids_of_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.kernel.clock import Instant

WANTED: Final = {
    "event_id": "an id of 1 to 200 characters that its source never gives to another event",
    "subscription_id": "the id of a subscription",
    "meter": "the name of a meter, 1 to 200 characters",
    "quantity": "a number below 10^14 with at most six decimals",
    "occurred_at": "the instant at which it was used, with its zone: 2026-01-31T09:30:00+01:00",
    "dimensions": "a JSON object of texts, or nothing",
}
TOO_EARLY: Final = "an instant of 2000 or later; seconds are no milliseconds"
TOO_LATE: Final = "an instant at most a day ahead of now; milliseconds are no seconds"
# A mark that no text has keeps keys of two sources apart; what cannot be seen cannot be mended.
TEXT_SHAPE: Final = r"^[^\x00-\x1f\x7f]{1,200}$"
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)  # seconds taken for milliseconds lie before
AHEAD_MAX: Final = timedelta(days=1)  # clocks of reporters err; units of time err by more
PROBLEMS_MAX: Final = 100
WIDE: Final = pa.decimal128(38, 6)
HASH_BYTES: Final = 10
MICROS_PER_MILLI: Final = 1_000
VERSION_8: Final = (np.uint64(0xFFFF_FFFF_FFFF_0FFF), np.uint64(0x8000))
VARIANT: Final = (np.uint64(0x3FFF_FFFF_FFFF_FFFF), np.uint64(1 << 63))


def checked(rows: pa.Table, now: Instant) -> pa.Table:
    """`rows` as REPORTED, dimensions in one way of writing them; only they may be missing.

    rows: columns of REPORTED in types that can become theirs without loss.
    Raises UsageEventMalformed with what is wrong, at most a hundred problems, by row.
    """
    problems: list[Problem] = []
    columns = [_typed(rows, field, problems) for field in REPORTED]
    if not problems:
        problems = _unfit(dict(zip(REPORTED.names, columns, strict=True)), now)
    if not problems:
        columns[-1] = _canonical(columns[-1], problems)
    if problems:
        problems = sorted(problems, key=lambda each: each.row)[:PROBLEMS_MAX]
        event_id = rows.column("event_id")[problems[0].row].as_py()
        raise UsageEventMalformed(problems=problems, event_id=event_id)
    return pa.Table.from_arrays(columns, schema=REPORTED)


def _typed(rows: pa.Table, field: pa.Field, problems: list[Problem]) -> pa.ChunkedArray:
    """A column in its type; what cannot be is added to `problems`."""
    column, name = rows.column(field.name), field.name
    if column.null_count and name in WANTED and name != "dimensions":
        problems += _problems(name, column, pc.is_null(column))
    try:
        return _cast(column, field.type)
    except pa.ArrowInvalid:  # some value does not fit: say which
        unfit = [not _fits(column.slice(row, 1), field.type) for row in range(len(column))]
        problems += _problems(name, column, pa.array(unfit))
        return pa.chunked_array([pa.nulls(len(column), field.type)])


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    check(not pa.types.is_floating(column.type), "usage is reported exactly", type=column.type)
    if pa.types.is_integer(column.type) and pa.types.is_decimal(kind):
        column = column.cast(WIDE)  # Arrow looks at the type of an integer, not at its value
    return column.cast(kind)


def _fits(value: pa.ChunkedArray, kind: pa.DataType) -> bool:
    try:
        _cast(value, kind)
    except pa.ArrowInvalid:
        return False
    return True


def _unfit(columns: dict[str, pa.ChunkedArray], now: Instant) -> list[Problem]:
    """Values of the right type that mean nothing."""
    at = columns["occurred_at"]
    tomorrow = pa.scalar(now + AHEAD_MAX, at.type)
    early = pc.less(at, pa.scalar(EARLIEST, at.type))
    found = _problems("occurred_at", at, early, TOO_EARLY)
    found += _problems("occurred_at", at, pc.greater(at, tomorrow), TOO_LATE)
    for name in ("event_id", "meter"):
        strange = pc.invert(pc.match_substring_regex(columns[name], TEXT_SHAPE))
        found += _problems(name, columns[name], strange)
    return found


def _problems(
    name: str, column: pa.ChunkedArray, mask: Any, wanted: str | None = None
) -> list[Problem]:
    found = pc.indices_nonzero(mask).to_pylist()[:PROBLEMS_MAX]
    return [Problem(row, name, column[row].as_py(), wanted or WANTED[name]) for row in found]


def _canonical(dimensions: pa.ChunkedArray, problems: list[Problem]) -> pa.ChunkedArray:
    """The same dimensions with their keys in order, so that equal ones are equal texts."""
    if dimensions.null_count == len(dimensions):
        return dimensions
    coded = dimensions.combine_chunks().dictionary_encode()
    said = coded.dictionary.to_pylist()
    written = [canonical_dimensions(each) for each in said]
    if bad := [each for each, now in zip(said, written, strict=True) if now is None]:
        mask = pc.is_in(dimensions, pa.array(bad, pa.string()))
        problems += _problems("dimensions", dimensions, mask)
    texts = pa.array([each or None for each in written], pa.string())
    return pa.chunked_array([texts.take(coded.indices)])


@lru_cache(maxsize=10_000)
def canonical_dimensions(text: str) -> str | None:
    """`text` with its keys in order, empty for none at all; None if it is no object of texts."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        return None
    return json.dumps(found, sort_keys=True, ensure_ascii=False) if found else ""


def check_source(source: str | None) -> None:
    """Raises UsageSourceMalformed for a name that could not keep its ids apart from another's."""
    if source is not None and not re.fullmatch(TEXT_SHAPE, source):
        raise UsageSourceMalformed(source=source)


def identified(rows: pa.Table, source: str | None) -> pa.Table:
    """`rows` with the key that counts each event once, and an id that sorts by when it was used.

    The key is what makes an event itself (B29); the id only keeps neighbours in time together on
    disk, so that recording is as fast on the billionth event as on the first.
    """
    keys = rows.column("event_id")
    if source is not None:
        keys = pc.binary_join_element_wise(source, keys, SEPARATOR)
    return (
        rows.drop_columns(["event_id"])
        .append_column("usage_event_id", _ids(keys, rows.column("occurred_at")))
        .append_column("idempotency_key", keys)
    )


def _ids(keys: pa.ChunkedArray, occurred_at: pa.ChunkedArray) -> pa.Array:
    """UUIDs of version 8 (RFC 9562): milliseconds as in version 7, then the hash of the key."""
    hashes = b"".join(
        blake2b(key.encode(), digest_size=HASH_BYTES).digest() for key in keys.to_pylist()
    )
    tails = np.frombuffer(hashes, np.dtype([("high", ">u2"), ("low", ">u8")]))
    millis = occurred_at.cast(pa.int64()).to_numpy() // MICROS_PER_MILLI
    words = np.empty((len(keys), 2), np.uint64)
    words[:, 0] = (millis.astype(np.uint64) << np.uint64(16)) | tails["high"].astype(np.uint64)
    words[:, 1] = tails["low"]
    for half, (mask, bits) in enumerate((VERSION_8, VARIANT)):
        words[:, half] = (words[:, half] & mask) | bits
    return ids_of_words(words)


def without_repeats(rows: pa.Table) -> tuple[pa.Table, list[str]]:
    """`rows` with each key once, in any order, and the keys that came with different content."""
    keys = rows.column("idempotency_key")
    kinds = pc.count_distinct(keys).as_py()
    if kinds == rows.num_rows:
        return rows, []
    once = rows.group_by(rows.schema.names, use_threads=False).aggregate([])
    if once.num_rows == kinds:
        return once, []
    return once, list(_more_than_once(once.column("idempotency_key")))


def _more_than_once(keys: pa.ChunkedArray) -> Iterator[str]:
    for each in pc.value_counts(keys).to_pylist():
        if each["counts"] > 1:
            yield each["values"]


def event_ids(keys: list[str]) -> list[str]:
    """The reporters' own ids, in order, of keys that `identified` made."""
    return sorted(key.rpartition(SEPARATOR)[2] for key in keys)
