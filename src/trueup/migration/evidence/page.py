"""The report for people: how its sections are laid out. What it says is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from trueup.kernel.currency import currency
from trueup.kernel.money import Money
from trueup.migration.evidence.model import (
    BilledMonth,
    ReportInputs,
    StatusCell,
    StatusMatrix,
    Tally,
    TieOutLine,
    TrialBalanceLine,
    Verdict,
)
from trueup.migration.evidence.rules import (
    CHECK_WORDS,
    NEXT_STEPS,
    sides_by_currency,
    spoken,
    unexplained,
    worded,
)
from trueup.migration.pages.render import render_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.migration.evidence.model import Judgement

BREAKS_SHOWN: Final = 50
"""Breaks of one group that are printed; the count beside them is exact.  Source: issue 2."""

HEADLINES: Final = {
    Verdict.TIES_OUT: ("good", "The books tie out"),
    Verdict.DOES_NOT_TIE_OUT: ("bad", "The books do not tie out"),
    Verdict.INCONCLUSIVE: ("warn", "Inconclusive: not enough was compared"),
}
NONE: Final = "(none)"


@dataclass(frozen=True, slots=True)
class TieOutRow:
    """A line with what remains unexplained, and whether its entity begins here."""

    line: TieOutLine
    rest: Tally
    is_first: bool
    lines_of_entity: int

    @property
    def is_settled(self) -> bool:
        return self.rest.rows == 0 and not (self.rest.amount and self.rest.amount.micros)


@dataclass(frozen=True, slots=True)
class EntityBuckets:
    """Where the rows of an entity went, over all its currencies. missing: in no bucket."""

    entity: str
    source: int
    derived: int
    loaded: int
    merged: int
    excluded: int
    rejected: int
    missing: int
    is_part: bool


@dataclass(frozen=True, slots=True)
class BilledSeries:
    """One currency by month, as points of a chart in whole main units and as exact amounts."""

    code: str
    name: str
    points: tuple[tuple[str, int, int], ...]
    months: tuple[BilledMonth, ...]
    source: Money
    target: Money


@dataclass(frozen=True, slots=True)
class MatrixGrid:
    """A status matrix as a grid. rows[i][j]: None where neither side has a record."""

    entity: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    rows: tuple[tuple[StatusCell | None, ...], ...]
    total: int


def render(inputs: ReportInputs, judgement: Judgement, digest: str, *, rendered_at: str) -> str:
    """One HTML page with everything in it; needs no network and runs no script."""
    tone, headline = HEADLINES[judgement.verdict]
    buckets = buckets_of(inputs.tie_out)
    whole = [entity for entity in buckets if not entity.is_part]
    return render_page(
        "trueup.migration.evidence",
        "report.html",
        inputs=inputs,
        judgement=judgement,
        digest=digest,
        tone=tone,
        headline=headline,
        tie_out=tie_out_rows(inputs.tie_out),
        buckets=buckets,
        source_rows=sum(entity.source for entity in whole),
        loaded_rows=sum(entity.loaded - entity.derived for entity in whole),
        rejected_rows=sum(entity.rejected for entity in whole),
        aside_rows=sum(entity.merged + entity.excluded for entity in whole),
        break_count=sum(group.count for group in inputs.breaks),
        breaks_shown=BREAKS_SHOWN,
        check_words=CHECK_WORDS,
        spoken=spoken,
        worded=worded,
        next_steps=NEXT_STEPS,
        has_derived=any(line.derived.rows for line in inputs.tie_out),
        billed=billed_series(inputs.billed),
        matrices=tuple(grid_of(matrix) for matrix in inputs.matrices),
        trial=trial_of(inputs.trial_balance),
        rendered_at=rendered_at,
    )


def tie_out_rows(lines: Sequence[TieOutLine]) -> tuple[TieOutRow, ...]:
    """Lines in their order, entity by entity."""
    return tuple(
        TieOutRow(line, unexplained(line), is_first=place == 0, lines_of_entity=len(group))
        for _, lines_of_entity in groupby(lines, key=lambda line: line.entity)
        for group in [list(lines_of_entity)]
        for place, line in enumerate(group)
    )


def buckets_of(lines: Sequence[TieOutLine]) -> tuple[EntityBuckets, ...]:
    return tuple(
        EntityBuckets(
            entity=entity,
            source=sum(line.source.rows for line in group),
            derived=sum(line.derived.rows for line in group),
            loaded=sum(line.loaded.rows for line in group),
            merged=sum(line.merged.rows for line in group),
            excluded=sum(line.excluded.rows for line in group),
            rejected=sum(line.rejected.rows for line in group),
            missing=sum(abs(unexplained(line).rows) for line in group),
            is_part=any(line.is_part for line in group),
        )
        for entity, of_entity in groupby(lines, key=lambda line: line.entity)
        for group in [list(of_entity)]
    )


def billed_series(months: Sequence[BilledMonth]) -> tuple[BilledSeries, ...]:
    """One series per currency by code, months in order; bars never go below zero."""
    by_code: dict[str, list[BilledMonth]] = {}
    for month in sorted(months, key=lambda each: (each.source.currency.code, each.month)):
        by_code.setdefault(month.source.currency.code, []).append(month)
    return tuple(
        BilledSeries(
            code=code,
            name=currency(code).name,
            points=tuple((m.month, _drawn(m.source), _drawn(m.target)) for m in series),
            months=tuple(series),
            source=_total([month.source for month in series]),
            target=_total([month.target for month in series]),
        )
        for code, series in by_code.items()
    )


def _drawn(amount: Money) -> int:
    """Micro-units, for a length on the page; a credit month is drawn as nothing."""
    return max(amount.micros, 0)


def _total(amounts: Sequence[Money]) -> Money:
    return Money(sum(amount.micros for amount in amounts), amounts[0].currency)


def grid_of(matrix: StatusMatrix) -> MatrixGrid:
    """Statuses by name, (none) last: a record that one side lacks."""
    cells = {
        (cell.source_status or NONE, cell.target_status or NONE): cell for cell in matrix.cells
    }
    sources = _by_name({source for source, _ in cells})
    targets = _by_name({target for _, target in cells})
    return MatrixGrid(
        entity=matrix.entity,
        sources=sources,
        targets=targets,
        rows=tuple(tuple(cells.get((source, target)) for target in targets) for source in sources),
        total=sum(cell.target_rows for cell in cells.values()),
    )


def _by_name(statuses: set[str]) -> tuple[str, ...]:
    return tuple(sorted(statuses, key=lambda status: (status == NONE, status)))


def trial_of(
    lines: Sequence[TrialBalanceLine],
) -> tuple[tuple[str, tuple[TrialBalanceLine, ...], Money, Money], ...]:
    """Per currency by code: its lines by account, total debits, total credits."""
    return tuple(
        (
            code,
            tuple(
                sorted(
                    (line for line in lines if line.debits.currency.code == code),
                    key=lambda line: line.account,
                )
            ),
            debits,
            credits_,
        )
        for code, (debits, credits_) in sides_by_currency(lines).items()
    )
