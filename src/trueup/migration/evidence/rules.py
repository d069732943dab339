"""Whether the books tie out, from what was measured. No evidence is inconclusive, never good news.

A difference outranks a gap in the evidence: books that are known to differ do not tie out, however
little else was compared.
"""

from __future__ import annotations

from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from trueup.kernel.money import Money, sum_money
from trueup.migration.evidence.model import Judgement, Tally, Verdict
from trueup.migration.pages import figures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from trueup.migration.evidence.model import (
        BudgetLine,
        CheckLine,
        ReportInputs,
        TieOutLine,
        TrialBalanceLine,
    )

REASONS_MAX: Final = 12
"""Reasons that fit on a banner; the breaks themselves follow below it."""

CHECK_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "evidence": "the load itself",
        "tables": "every table accounted for",
        "accounted": "every source row accounted for",
        "conservation": "rows and money conserved",
        "records": "record by record",
        "assured": "values every imported record has",
        "statuses": "status by status",
        "control_total": "control total",
        "next_bill": "next bill date and amount",
        "ledger": "ledger against billing",
        "rejection_budget": "rejected rows within the budget",
    }
)
_PASS, _FAIL = "pass", "fail"
BUDGET: Final = "rejection_budget"
NEXT_STEPS: Final = (
    "Repair the rows at the source and migrate again from a new work folder, or correct the "
    "mapping, unload and load again. What may stay behind, finance states in pack.toml under "
    "[rejection_budget.<entity>] with reason and owner; then only reconcile and report again, for "
    "the load stands."
)
"""What to do about more rejected rows than the budget allows."""


def whole_rows(lines: Iterable[TieOutLine]) -> tuple[TieOutLine, ...]:
    """Lines whose records are rows of the source, not parts of another's row."""
    return tuple(line for line in lines if not line.is_part)


def unexplained(line: TieOutLine) -> Tally:
    """What came less what is in a bucket, in rows and money: zero if it ties out."""
    buckets = (line.loaded, line.merged, line.excluded, line.rejected)
    rows = line.source.rows + line.derived.rows - sum(bucket.rows for bucket in buckets)
    if line.source.amount is None:
        return Tally(rows)
    amount = line.source.amount
    amount = amount + line.derived.amount if line.derived.amount else amount
    for bucket in buckets:
        amount = amount - bucket.amount if bucket.amount else amount
    return Tally(rows, amount)


def judge(inputs: ReportInputs) -> Judgement:
    """The verdict over all evidence, with the reasons that hold, at most REASONS_MAX and a rest."""
    differences = list(_differences(inputs))
    if differences:
        return Judgement(Verdict.DOES_NOT_TIE_OUT, _bounded(differences))
    gaps = list(_gaps(inputs))
    if gaps:
        return Judgement(Verdict.INCONCLUSIVE, _bounded(gaps))
    return Judgement(Verdict.TIES_OUT, tuple(_agreements(inputs)))


def _differences(inputs: ReportInputs) -> Iterator[str]:
    for check in inputs.checks:
        if check.verdict == _FAIL and check.name != BUDGET:
            found = "1 break" if check.breaks == 1 else f"{check.breaks:,} breaks"
            yield f"{_named(check)}: {found}."
    yield from _differing_sums(inputs)
    for line in inputs.budget:
        if not line.is_within:
            yield overspent(line)


def overspent(line: BudgetLine) -> str:
    """One sentence: what is over the budget, and by how much."""
    share, limit = (figures.basis_points(bp) for bp in (line.share_bp, line.limit_bp))
    rejected = worded(line.rejected).removesuffix(" rows").removesuffix(" row")
    parts = f"{rejected} of {worded(line.whole)}"
    return f"{spoken(line.entity)}: {parts} rejected, {share}; the budget allows {limit}."


def worded(amount: Money | int) -> str:
    """Rows or money, each with its unit."""
    return amount.format() if isinstance(amount, Money) else figures.rows(amount)


def _differing_sums(inputs: ReportInputs) -> Iterator[str]:
    """What the figures on the page show by themselves, whatever the checks say of them."""
    failed = {(check.name, check.subject) for check in inputs.checks if check.verdict == _FAIL}
    for line in inputs.tie_out:
        rest = unexplained(line)
        where = " ".join(filter(None, (spoken(line.entity), line.currency)))
        if (rest.rows or (rest.amount and rest.amount.micros)) and (
            ("conservation", line.entity) not in failed
        ):
            yield f"{where}: {rest.rows:,} rows{_of(rest)} are in no bucket."
    for control in inputs.controls:
        differs = control.differing or control.gross.micros or control.source != control.target
        if differs and ("control_total", control.name) not in failed:
            yield f"The control total {spoken(control.name)} differs by {control.gross} gross."
    for code, (debits, credits_) in sides_by_currency(inputs.trial_balance).items():
        if debits != credits_:
            yield f"The ledger's debits and credits in {code} are not equal."


def _of(rest: Tally) -> str:
    return f" and {rest.amount.format()}" if rest.amount else ""


def _gaps(inputs: ReportInputs) -> Iterator[str]:
    if not inputs.checks:
        yield "No check was made."
    if not inputs.tie_out:
        yield "No row was counted."
    for check in inputs.checks:
        if check.verdict != _PASS:
            yield f"{_named(check)}: {check.reason or 'not made'}."
    compared = {coverage.entity: coverage.records for coverage in inputs.coverage}
    for entity in dict.fromkeys(line.entity for line in inputs.tie_out):
        loaded = sum(line.loaded.rows for line in inputs.tie_out if line.entity == entity)
        if (rest := loaded - compared.get(entity, 0)) > 0:
            yield f"{spoken(entity)}: {rest:,} loaded records were not compared."
    if any(line.loaded.amount for line in inputs.tie_out):
        if not inputs.controls:
            yield "No control total was taken."
        if not inputs.trial_balance:
            yield "The ledger's trial balance was not taken."


def _agreements(inputs: ReportInputs) -> Iterator[str]:
    rows = sum(line.source.rows for line in whole_rows(inputs.tie_out))
    yield f"Every one of {rows:,} source rows is loaded, merged, excluded or rejected by name."
    entities = {line.entity for line in inputs.tie_out}
    if beside := [group for group in inputs.set_aside if group.entity not in entities]:
        further = sum(group.rows for group in beside)
        names = ", ".join(group.entity for group in beside)
        yield f"{further:,} rows beside them, all of {names}, were set aside as whole tables."
    records = sum(coverage.records for coverage in inputs.coverage)
    yield f"{records:,} records were compared field by field without a difference."
    if inputs.controls:
        yield f"{len(inputs.controls):,} control totals agree, gross and net, in every currency."
    rejected = sum(line.rejected.rows for line in whole_rows(inputs.tie_out))
    if rejected:
        named = "rejected, within the budget, each with a reason and a fix"
        yield f"{rejected:,} rows were {named}; they are not loaded."


def _named(check: CheckLine) -> str:
    words = CHECK_WORDS.get(check.name, spoken(check.name))
    return f"{spoken(check.subject)}, {words}"


def _bounded(reasons: Sequence[str]) -> tuple[str, ...]:
    rest = len(reasons) - REASONS_MAX
    return (*reasons[:REASONS_MAX], f"And {rest:,} more, below.") if rest > 0 else tuple(reasons)


def spoken(name: str) -> str:
    """An entity, measure or reason as it reads in a sentence: `credit_note` as `Credit note`."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def sides_by_currency(lines: Iterable[TrialBalanceLine]) -> dict[str, tuple[Money, Money]]:
    """Total debits and credits per currency code, sorted by code."""
    debits, credits_ = defaultdict(list), defaultdict(list)
    for line in lines:
        debits[line.debits.currency.code].append(line.debits)
        credits_[line.credits.currency.code].append(line.credits)
    return {code: (sum_money(debits[code]), sum_money(credits_[code])) for code in sorted(debits)}
