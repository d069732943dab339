"""Finds card numbers in text: none may be stored, logged or passed on (HOUSE, last section).

A card number is 13 to 19 digits, single spaces or hyphens between them allowed, whose first digits
and length belong to an issuer of payment cards (ISO/IEC 7812) and whose last digit is the Luhn
check of the others. Digits that touch no other digit: the tail of a longer number is not one.

A token of a processor is random letters and digits; one in two thousand holds such a run by
chance. In tokens a run therefore counts only if it touches no letter either.
"""

from __future__ import annotations

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from trueup.kernel.errors import Refusal

_RUN: Final = re.compile(r"[0-9](?:[ -]?[0-9]){12,}")
_ALONE: Final = re.compile(rf"(?<![0-9A-Za-z_]){_RUN.pattern}(?![0-9A-Za-z_])")
_LENGTH_MAX: Final = 19
_ISSUED: Final = re.compile(
    "4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa
    "|5[1-5][0-9]{14}|2[2-7][0-9]{14}"  # Mastercard; 22 also Mir
    "|3[47][0-9]{13}"  # American Express
    "|3[0689][0-9]{12,17}|35[0-9]{14,17}"  # Diners, JCB
    "|5[06-8][0-9]{11,17}|6[0-9]{12,18}"  # Maestro, Discover, UnionPay, RuPay
)
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


class CardNumberFound(Refusal):
    """A card number in a column of text; the number itself is not repeated."""

    code = "card_number_found"

    def __init__(self, *, table: str, column: str, rows: int) -> None:
        super().__init__(
            f"{rows} values of {table}.{column} hold a card number.",
            fix="Remove the numbers at the source; keep the processor's token and the last four.",
            table=table,
            column=column,
            rows=rows,
        )


def contains_card_number(text: str, *, is_token: bool = False) -> bool:
    """Whether `text` holds a card number anywhere. is_token: a processor's id, not prose."""
    runs = _ALONE if is_token else _RUN
    return any(_holds_one(run.group()) for run in runs.finditer(text))


def contain_card_numbers(
    texts: pa.Array | pa.ChunkedArray, *, is_token: bool = False
) -> pa.BooleanArray:
    """`contains_card_number` of each value of a text column; a null holds none.

    Cheap where nothing looks like one: a single pass of Arrow's regular expressions.
    """
    looks_like_one = pc.match_substring_regex(texts, _RUN.pattern).fill_null(fill_value=False)
    if not pc.any(looks_like_one).as_py():
        return pa.repeat(pa.scalar(value=False), len(texts))
    return pa.array(
        looks and contains_card_number(text, is_token=is_token)
        for looks, text in zip(looks_like_one.to_pylist(), texts.to_pylist(), strict=True)
    )


def _holds_one(run: str) -> bool:
    """Whether neighbouring groups of digits in `run` make up a card number.

    Groups, because a date before the number (`2024-01-31 4111 1111 1111 1111`) joins its run.
    """
    groups = re.split("[ -]", run)
    for first in range(len(groups)):
        digits = ""
        for group in groups[first : first + _LENGTH_MAX]:
            digits += group
            if len(digits) > _LENGTH_MAX:
                break
            if _ISSUED.fullmatch(digits) and _passes_luhn(digits):
                return True
    return False


def _passes_luhn(digits: str) -> bool:
    total = sum(map(int, digits[-1::-2]))
    return (total + sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])) % 10 == 0
