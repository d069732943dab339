"""What the text at the head of a CSV file says of its dialect: pure, over rows already split."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from typing import Final

CANDIDATES: Final = (",", ";", "\t", "|")
"""Delimiters that are tried, the likelier first; of two that fit equally the first wins."""

DATA: Final = re.compile(
    r"\s*|[-+]?[\d.,\s]*\d|\d{4}-\d\d-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}.*|null|true|false",
    re.IGNORECASE,
)
"""A cell that is a value and no name: nothing, a number, a date, a truth."""

MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(head: bytes, given: str | None) -> str:
    """The codec of a file that begins with `head`: its byte order mark's, else the given, UTF-8."""
    marked = next((codec for mark, codec in MARKS if head.startswith(mark)), None)
    return marked or given or "utf-8"


def rows_of(sample: str, delimiter: str, quote: str, *, is_whole: bool) -> list[list[str]]:
    """The rows of `sample`, blank lines left out. is_whole: else its last row is cut and left out.

    Never raises: a sample that cannot be split gives the rows before the trouble.
    """
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, quotechar=quote)
    rows: list[list[str]] = []
    try:
        rows.extend(row for row in reader if row)
    except csv.Error:
        return rows
    return rows if is_whole else rows[:-1]


def found_delimiter(sample: str, quote: str, *, is_whole: bool) -> str | None:
    """The delimiter that splits the first row and agrees best with the others; None if none does.

    Best is the largest share of rows as wide as the first, then the widest.
    """
    scored = [
        (score, -number, delimiter)
        for number, delimiter in enumerate(CANDIDATES)
        if (score := _score(rows_of(sample, delimiter, quote, is_whole=is_whole)))
    ]
    return max(scored)[2] if scored else None


def is_header(row: list[str]) -> bool:
    """Whether every cell can be a name: none is empty, a number, a date or a truth."""
    return not any(DATA.fullmatch(cell) for cell in row)


def repeated(names: list[str]) -> list[str]:
    """The names that occur twice, letter case aside, as written."""
    counts = Counter(name.lower() for name in names)
    return [name for name in names if counts[name.lower()] > 1]


def _score(rows: list[list[str]]) -> tuple[float, int] | None:
    if not rows or len(rows[0]) == 1:
        return None
    width = len(rows[0])
    return sum(len(row) == width for row in rows) / len(rows), width
