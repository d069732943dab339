"""Adds up comparisons as they pass: counts and money are exact, findings are samples."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from trueup.kernel.currency import CURRENCIES
from trueup.kernel.money import Money
from trueup.migration.backtest.model import (
    Cause,
    ClassTotal,
    Finding,
    GivenTotal,
    Kind,
    Rate,
)
from trueup.migration.pages.masking import masked

if TYPE_CHECKING:
    from trueup.migration.backtest.model import Judged

SAMPLES_MAX: Final = 20
"""Findings kept of each set of causes."""
GIVEN_MAX: Final = 200
"""Descriptions of lines told apart; sources that write a name into each are added together."""
OTHERS: Final = "(other lines)"
COMPARED, SAME, EXPLAINED, UNEXPLAINED = range(4)


@dataclass(slots=True)
class Tally:
    """What was compared so far."""

    rates: dict[tuple[Kind, str], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0])
    )
    counts: Counter[tuple[tuple[Cause, ...], str]] = field(default_factory=Counter)
    net: Counter[tuple[tuple[Cause, ...], str]] = field(default_factory=Counter)
    gross: Counter[tuple[tuple[Cause, ...], str]] = field(default_factory=Counter)
    given: dict[tuple[str, str], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )
    findings: dict[tuple[Cause, ...], list[Finding]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, judged: Judged) -> None:
        rate = self.rates[judged.kind, judged.currency]
        rate[COMPARED] += 1
        for line in judged.given:
            self._give(line.description, judged.currency, line.amount_micros)
        if judged.finding is None:
            rate[SAME] += 1
            return
        rate[EXPLAINED if judged.finding.is_explained else UNEXPLAINED] += 1
        self._find(judged.finding)

    def _find(self, finding: Finding) -> None:
        key = (finding.causes, finding.currency)
        self.counts[key] += 1
        self.net[key] += finding.effect_micros
        self.gross[key] += abs(finding.effect_micros)
        kept = self.findings[finding.causes]
        if len(kept) < SAMPLES_MAX:
            kept.append(finding)

    def _give(self, description: str | None, currency: str, micros: int) -> None:
        name = masked(description, is_personal=False) or "(no description)"
        key = (name, currency)
        if key not in self.given and len(self.given) >= GIVEN_MAX:
            key = (OTHERS, currency)
        self.given[key][0] += 1
        self.given[key][1] += micros

    def rate_rows(self) -> tuple[Rate, ...]:
        """By kind as `Kind` lists them, then by currency."""
        order = list(Kind)
        keys = sorted(self.rates, key=lambda key: (order.index(key[0]), key[1]))
        return tuple(Rate(*key, *self.rates[key]) for key in keys)

    def class_rows(self) -> tuple[ClassTotal, ...]:
        """Unexplained first, then the most frequent; currencies are never added."""
        keys = sorted(
            self.counts,
            key=lambda k: (Cause.UNEXPLAINED not in k[0], -self.counts[k], k[0], k[1]),
        )
        return tuple(
            ClassTotal(
                causes,
                code,
                self.counts[causes, code],
                Money(self.net[causes, code], CURRENCIES[code]),
                Money(self.gross[causes, code], CURRENCIES[code]),
            )
            for causes, code in keys
        )

    def given_rows(self) -> tuple[GivenTotal, ...]:
        return tuple(
            GivenTotal(name, code, count, Money(micros, CURRENCIES[code]))
            for (name, code), (count, micros) in sorted(
                self.given.items(), key=lambda item: (-item[1][0], item[0])
            )
        )

    def samples(self) -> tuple[Finding, ...]:
        """Unexplained first."""
        order = sorted(self.findings, key=lambda causes: (Cause.UNEXPLAINED not in causes, causes))
        return tuple(finding for causes in order for finding in self.findings[causes])
