from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.kernel.money import Money


def allocate(amount: Money, weights: Sequence[int]) -> tuple[Money, ...]:
    """Split by weight to the currency's smallest step: largest remainder, earlier index wins ties.

    weights: non-negative, not all zero.  The parts always sum to `amount`; a part of weight zero
    is zero.  A negative amount splits too.  Raises AmountBelowStep if `amount` is not whole steps.
    Source: BILLING_RULES B15; docs/money.md.
    """
    total, steps = sum(weights), amount.steps
    check(total > 0 and min(weights) >= 0, "weights are non-negative, not all zero", is_=weights)
    parts = [divmod(steps * weight, total) for weight in weights]
    spare = steps - sum(floor for floor, _ in parts)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-parts[i][1], i))
    topped_up = set(by_remainder[:spare])
    return tuple(amount.of_steps(floor + (i in topped_up)) for i, (floor, _) in enumerate(parts))
