"""Documents that are no bill of one period, known by what they say, and named.  Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trueup.billing.subscriptions.cycle import period_at
from trueup.billing.subscriptions.rules.recording import point_of
from trueup.kernel.money import Money
from trueup.migration.backtest.model import Cause, Difference, Finding, Judged, Kind
from trueup.migration.backtest.rules.billing import cycle_in, owed_lines

if TYPE_CHECKING:
    from trueup.migration.backtest.model import Case, Document, Sold


def announces_trial(sold: Sold, document: Document) -> bool:
    """A document of nothing for time before the first bill."""
    is_free = document.total_micros == 0 and all(x.amount_micros == 0 for x in document.lines)
    return (
        is_free
        and sold.trial_end is not None
        and document.period_end is not None
        and document.period_end <= sold.trial_end
    )


def trial_notice(case: Case) -> Judged:
    """We make no document of nothing; if the engine owed something then, nobody knows why."""
    owed = sum(line.amount_micros for line in owed_lines(case))
    cause = Cause.UNEXPLAINED if owed else Cause.TRIAL_NOTICE
    ours = Money(owed, case.sold.currency).format() if owed else "no document"
    theirs = f"a document of {Money(0, case.sold.currency).format()}"
    finding = _bare(Kind.TRIAL, case, cause, owed, Difference("document", theirs, ours))
    return Judged(Kind.TRIAL, case.document.currency, finding)


def spans_periods(case: Case) -> bool:
    document, cycle = case.document, cycle_in(case)
    if document.period_start is None or document.period_end is None:
        return False
    counts, where = case.dialect.counts_instants, case.sold.zone
    start = point_of(document.period_start, where, counts_instants=counts)
    end = point_of(document.period_end, where, counts_instants=counts)
    return period_at(cycle, start).end < end


def carried_over(case: Case) -> Judged:
    """One sum for several periods, beside the sum of their bills; named where it differs."""
    document = case.document
    end = document.period_end or case.at
    lines = owed_lines(replace(case, through=document.period_start, ends_at=end, at=end))
    ours = sum(line.amount_micros for line in lines)
    effect = ours - document.subtotal_micros
    kind = Kind.CARRIED_OVER
    if not effect:
        return Judged(kind, document.currency)
    told = Difference(
        "subtotal",
        Money(document.subtotal_micros, case.sold.currency).format(),
        f"{Money(ours, case.sold.currency).format()} for {len(lines)} periods at today's price",
    )
    return Judged(
        kind, document.currency, _bare(kind, case, Cause.CARRIED_OVER, effect, told), document.lines
    )


def _bare(kind: Kind, case: Case, cause: Cause, effect: int, told: Difference) -> Finding:
    document = case.document
    return Finding(
        kind=kind,
        causes=(cause,),
        currency=document.currency,
        effect_micros=effect,
        subscription_id=document.subscription_id,
        invoice_id=document.invoice_id,
        number=document.number,
        differences=(told,),
    )
