"""The backtest for people: one self-contained page. What it says is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from trueup.kernel.currency import currency
from trueup.kernel.money import Money
from trueup.migration.backtest.model import FORWARD, Kind
from trueup.migration.backtest.wording import KINDS, advised, spoken
from trueup.migration.pages.render import render_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trueup.migration.backtest.model import Backtest, Cause, ClassTotal, Finding, Rate, Setting


@dataclass(frozen=True, slots=True)
class KindRow:
    """How many of a kind agree, over all currencies: counts only, never money."""

    name: str
    compared: int
    same: int
    explained: int
    unexplained: int


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """Differences of one cause: totals by currency, and some of them."""

    name: str
    advice: str
    is_explained: bool
    count: int
    totals: tuple[ClassTotal, ...]
    findings: tuple[tuple[Finding, Money], ...]


def render(found: Backtest, *, rendered_at: str) -> str:
    """One HTML page with everything in it; needs no network and runs no script."""
    past = [rate for rate in found.rates if rate.kind not in FORWARD]
    return render_page(
        "trueup.migration.backtest",
        "backtest.html",
        found=found,
        history=kind_rows(past),
        future=kind_rows([rate for rate in found.rates if rate.kind in FORWARD]),
        past_compared=sum(rate.compared for rate in past),
        past_same=sum(rate.same for rate in past),
        by_currency=currency_rows(found.rates),
        groups=cause_groups(found),
        settings=settings_of(found.inferred),
        since=found.since.isoformat(),
        until=found.until.isoformat(),
        rendered_at=rendered_at,
    )


def kind_rows(rates: Iterable[Rate]) -> tuple[KindRow, ...]:
    """One row a kind, in the order of `Kind`."""
    ordered = sorted(rates, key=lambda rate: list(Kind).index(rate.kind))
    return tuple(
        _summed(KINDS[kind], list(of_kind))
        for kind, of_kind in groupby(ordered, key=lambda rate: rate.kind)
    )


def currency_rows(rates: Iterable[Rate]) -> tuple[KindRow, ...]:
    """One row a currency, by code."""
    ordered = sorted(rates, key=lambda rate: rate.currency)
    return tuple(
        _summed(code, list(of_code))
        for code, of_code in groupby(ordered, key=lambda rate: rate.currency)
    )


def _summed(name: str, rates: Sequence[Rate]) -> KindRow:
    return KindRow(
        name,
        sum(rate.compared for rate in rates),
        sum(rate.same for rate in rates),
        sum(rate.explained for rate in rates),
        sum(rate.unexplained for rate in rates),
    )


def cause_groups(found: Backtest) -> tuple[CauseGroup, ...]:
    """Differences by their causes, in the order of the totals: unexplained first."""
    by_causes: dict[tuple[Cause, ...], list[ClassTotal]] = {}
    for total in found.totals:
        by_causes.setdefault(total.causes, []).append(total)
    return tuple(
        CauseGroup(
            name=spoken(causes),
            advice=advised(causes),
            is_explained=all(cause.value != "unexplained" for cause in causes),
            count=sum(total.count for total in totals),
            totals=tuple(totals),
            findings=tuple(
                (f, Money(f.effect_micros, currency(f.currency)))
                for f in found.findings
                if f.causes == causes
            ),
        )
        for causes, totals in by_causes.items()
    )


def settings_of(inferred: Sequence[Setting]) -> tuple[tuple[str, tuple[Setting, ...]], ...]:
    return tuple(
        (name, tuple(values)) for name, values in groupby(inferred, key=lambda each: each.setting)
    )
