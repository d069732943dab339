"""Shares that sum to a rounded whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction


def apportioned(whole: int, exact: Sequence[Fraction]) -> list[int]:
    """Whole numbers that sum to `whole`, each the floor of its exact share or one more.

    Largest remainder, earlier index wins ties.  exact: any signs, and within one of `whole` in sum,
    so `kernel.allocation`, which splits by weights that are not negative, does not fit: an invoice
    may hold lines that give back.  Source: B15.
    """
    floors = [share.numerator // share.denominator for share in exact]
    spare = whole - sum(floors)
    check(
        0 <= spare <= len(floors), "exact shares sum to the whole but for its rounding", is_=whole
    )
    by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for i in by_remainder[:spare]:
        floors[i] += 1
    return floors
