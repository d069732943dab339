"""Which settings of a dialect explain history best: each value is tried, the others as they are.

A first, simple form: one setting after another, on a bounded sample of subscriptions.
Source: BILLING_RULES, Beyond 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.model import Proration
from trueup.billing.discounts.model import DiscountRounding
from trueup.billing.taxes.model import TaxRounding
from trueup.kernel.progress import SILENT
from trueup.migration.backtest.model import FORWARD, History, Setting, Window
from trueup.migration.backtest.rules.judging import judged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from trueup.billing.dialect.model import Dialect
    from trueup.kernel.progress import Progress

    Set = Callable[[Dialect, Any], Dialect]

SUBSCRIPTIONS_MAX: Final = 400
EVERY: Final = 5
"""Every fifth subscription is tried until there are enough: ids are spread evenly."""
ROUNDINGS: Final = (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN, ROUND_UP)


@dataclass(slots=True)
class Sampled:
    """Histories that are billed under every value; at most SUBSCRIPTIONS_MAX with documents."""

    histories: list[History] = field(default_factory=list)
    seen: int = 0

    def offer(self, history: History, *, wanted: bool) -> None:
        if not wanted or not history.documents or len(self.histories) >= SUBSCRIPTIONS_MAX:
            return
        if self.seen % EVERY == 0:
            self.histories.append(history)
        self.seen += 1


def inferred(
    sampled: Sampled, dialect: Dialect, window: Window, *, progress: Progress = SILENT
) -> tuple[Setting, ...]:
    """How many bills agree under each value of each setting; the best is kept for the next one.

    Of values that explain as much, the dialect's own is chosen, else the first.
    """
    progress.begin("infer", sum(len(values) for _, values, _ in SETTINGS), unit="settings")
    best, found = dialect, list[Setting]()
    for name, values, put in SETTINGS:
        tried: list[tuple[Dialect, Setting]] = []
        for value in values:
            other = put(best, value)
            same, compared = _score(sampled, other, window)
            ours = put(dialect, value) == dialect
            tried.append((other, Setting(name, str(value), same, compared, False, ours)))
            progress.advance()
        chosen = max(tried, key=lambda pair: (pair[1].same, pair[1].is_ours))
        best = chosen[0]
        found += [replace(s, is_chosen=s is chosen[1]) for _, s in tried]
    progress.end()
    return tuple(found)


def _score(sampled: Sampled, dialect: Dialect, window: Window) -> tuple[int, int]:
    same = compared = 0
    for history in sampled.histories:
        for one in judged(history, dialect, window, explains=False):
            if one.kind not in FORWARD:
                compared += 1
                same += one.finding is None
    return same, compared


def _proration(dialect: Dialect, value: Proration) -> Dialect:
    return replace(dialect, proration=value)


def _rounding(dialect: Dialect, value: str) -> Dialect:
    return replace(dialect, rounding=value)


def _tax_place(dialect: Dialect, value: TaxRounding) -> Dialect:
    return replace(dialect, taxes=replace(dialect.taxes, rounding_place=value))


def _tax_rounding(dialect: Dialect, value: str) -> Dialect:
    return replace(dialect, taxes=replace(dialect.taxes, rounding=value))


def _discount_place(dialect: Dialect, value: DiscountRounding) -> Dialect:
    return replace(dialect, discounts=replace(dialect.discounts, rounding_place=value))


def _discount_rounding(dialect: Dialect, value: str) -> Dialect:
    return replace(dialect, discounts=replace(dialect.discounts, rounding=value))


SETTINGS: Final[Sequence[tuple[str, Sequence[Any], Set]]] = (
    ("proration", tuple(Proration), _proration),
    ("rounding", ROUNDINGS, _rounding),
    ("discounts.rounding_place", tuple(DiscountRounding), _discount_place),
    ("discounts.rounding", ROUNDINGS, _discount_rounding),
    ("taxes.rounding_place", tuple(TaxRounding), _tax_place),
    ("taxes.rounding", ROUNDINGS, _tax_rounding),
)
