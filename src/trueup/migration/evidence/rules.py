"""Whether the books tie out, from what was measured. No evidence is inconclusive, never good news.

A difference outranks a gap in the evidence: books that are known to differ do not tie out, however
little else was compared.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from trueup.kernel.money import Money, sum_money
from trueup.migration.evidence.model import Judgement, Tally, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trueup.migration.evidence.model import (
        ReportInputs,
        TieOutLine,
        TrialBalanceLine,
    )


def unexplained(line: TieOutLine) -> Tally:
    """Source less loaded, merged, excluded and rejected, in rows and money: zero if it ties out."""
    buckets = (line.loaded, line.merged, line.excluded, line.rejected)
    rows = line.source.rows - sum(bucket.rows for bucket in buckets)
    if line.source.amount is None:
        return Tally(rows)
    amount = line.source.amount
    for bucket in buckets:
        amount = amount - bucket.amount if bucket.amount else amount
    return Tally(rows, amount)


def judge(inputs: ReportInputs) -> Judgement:
    """The verdict over all evidence, with every reason that holds."""
    differences = tuple(_differences(inputs))
    if differences:
        return Judgement(Verdict.DOES_NOT_TIE_OUT, differences)
    gaps = tuple(_gaps(inputs))
    if gaps:
        return Judgement(Verdict.INCONCLUSIVE, gaps)
    return Judgement(Verdict.TIES_OUT, tuple(_agreements(inputs)))


def _differences(inputs: ReportInputs) -> Iterator[str]:
    found = sum(group.count for group in inputs.breaks)
    if found:
        yield f"{found:,} unexplained differences between source and target records."
    for line in inputs.tie_out:
        rest = unexplained(line)
        where = " ".join(filter(None, (line.entity.replace("_", " "), line.currency)))
        if rest.rows:
            yield f"{rest.rows:,} source rows of {where} are in no bucket."
        if rest.amount and rest.amount.micros:
            yield f"{rest.amount.format()} of {where} are unaccounted for."
    for control in inputs.controls:
        if control.differing or control.gross.micros or control.source != control.target:
            yield f"The control total {control.name} differs by {control.gross.format()} gross."
    for code, (debits, credits_) in sides_by_currency(inputs.trial_balance).items():
        if debits != credits_:
            yield f"The ledger's debits and credits in {code} are not equal."


def _gaps(inputs: ReportInputs) -> Iterator[str]:
    if not inputs.tie_out:
        yield "No row was counted."
    compared = {coverage.entity: coverage.records for coverage in inputs.coverage}
    for entity in dict.fromkeys(line.entity for line in inputs.tie_out):
        loaded = sum(line.loaded.rows for line in inputs.tie_out if line.entity == entity)
        if loaded > compared.get(entity, 0):
            rest = loaded - compared.get(entity, 0)
            yield f"{rest:,} records of {entity.replace('_', ' ')} were not compared."
    if any(line.loaded.amount for line in inputs.tie_out):
        if not inputs.controls:
            yield "No control total was taken."
        if not inputs.trial_balance:
            yield "The ledger's trial balance was not taken."
    for missing in inputs.not_compared:
        if missing.blocks:
            yield f"{missing.what}: {missing.why}"


def _agreements(inputs: ReportInputs) -> Iterator[str]:
    records = sum(coverage.records for coverage in inputs.coverage)
    rows = sum(line.source.rows for line in inputs.tie_out)
    yield f"Every one of {rows:,} source rows is loaded, merged, excluded or rejected by name."
    yield f"{records:,} records were compared field by field without a difference."
    if inputs.controls:
        yield f"{len(inputs.controls):,} control totals agree, gross and net, in every currency."
    rejected = sum(line.rejected.rows for line in inputs.tie_out)
    if rejected:
        yield f"{rejected:,} rows were rejected, each with a reason and a fix; they are not loaded."


def sides_by_currency(lines: Iterable[TrialBalanceLine]) -> dict[str, tuple[Money, Money]]:
    """Total debits and credits per currency code, sorted by code."""
    debits, credits_ = defaultdict(list), defaultdict(list)
    for line in lines:
        debits[line.debits.currency.code].append(line.debits)
        credits_[line.credits.currency.code].append(line.credits)
    return {code: (sum_money(debits[code]), sum_money(credits_[code])) for code in sorted(debits)}
