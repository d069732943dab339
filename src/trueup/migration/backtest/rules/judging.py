"""All bills of one subscription again, one after another, and the periods between them.  Pure.

The source's own documents say how far each bill before had billed; so one wrong bill is one
difference, and the next starts from where the source stood.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from trueup.billing.subscriptions.rules.recording import instant_of
from trueup.kernel.money import Money
from trueup.migration.backtest.model import (
    Case,
    Cause,
    Difference,
    Document,
    Finding,
    History,
    Judged,
    Kind,
    Sold,
    Used,
    Window,
)
from trueup.migration.backtest.rules import explaining
from trueup.migration.backtest.rules.billing import (
    Again,
    billed_again,
    due_at,
    given_alone,
    is_metered,
    owed_lines,
)
from trueup.migration.backtest.rules.comparing import agrees, differences, effect_of
from trueup.migration.backtest.rules.foretelling import against_control
from trueup.migration.backtest.rules.oddities import (
    announces_trial,
    carried_over,
    spans_periods,
    trial_notice,
)
from trueup.migration.backtest.rules.selling import PAUSED, in_history, still_counting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.drafting.model import DraftLine
    from trueup.kernel.clock import Instant

SILENT = frozenset({"pending", "incomplete", "expired", "trialing"})
"""Statuses in which the source bills nothing by itself."""
A_DAY = timedelta(days=1)
LIVE = frozenset({"active", "trialing", "past_due"})
"""Statuses that have a next bill."""


@dataclass(slots=True)
class _Walk:
    """Where a subscription stands while its documents are gone through."""

    history: History
    dialect: Dialect
    window: Window
    through: Instant | None
    explains: bool = True
    missing: int = field(init=False)

    def __post_init__(self) -> None:
        self.missing = self.history.sold.set_aside.get("invoice", 0)


def judged(
    history: History, dialect: Dialect, window: Window, *, explains: bool = True
) -> Iterator[Judged]:
    """Every comparison of a subscription: its documents, what has none, and what comes next.

    explains: look for the cause of differences; without it they are UNEXPLAINED.
    """
    walk = _Walk(history, dialect, window, history.through, explains)
    for document in history.documents:
        yield from _of_document(walk, document)
    yield from _left_at_the_end(walk)
    if explains:
        yield from _to_come(walk)


def judged_alone(document: Document, sold: Sold, dialect: Dialect, *, at: Instant) -> Judged:
    """A document of no subscription: lines as they are, the rest made again.

    sold: whose currency and zone it is made in; nothing of it is charged.
    """
    case = Case(sold, document, dialect, document.issued_at or at, None, is_dated=False)
    again = given_alone(case)
    kind = Kind.DRAFT if document.issued_at is None else Kind.MANUAL
    finding = None if agrees(case, again) else _finding(kind, case, again, ())
    if finding is not None:
        finding = replace(finding, causes=explaining.explained(case, given_alone))
    return Judged(kind, document.currency, finding, document.lines)


def _of_document(walk: _Walk, document: Document) -> Iterator[Judged]:
    sold = walk.history.sold
    if document.period_start is None or document.period_end is None:
        yield judged_alone(document, sold, walk.dialect, at=walk.window.until)
        return
    case = _case(walk, document)
    if announces_trial(sold, document):
        yield trial_notice(case)
        return
    if spans_periods(case):
        yield carried_over(case)
    else:
        again = billed_again(case)
        yield from _unbilled(walk, case, again.earlier)
        yield _compared(case, again, _kind(sold, again), explains=walk.explains)
    walk.through = max(walk.through or document.period_end, document.period_end)


def _case(walk: _Walk, document: Document) -> Case:
    history = walk.history
    at = document.issued_at or document.period_start or walk.window.until
    known = history.sold.end_known_at
    return Case(
        sold=history.sold,
        document=document,
        dialect=walk.dialect,
        at=at,
        through=walk.through,
        usage=_usage_of(history.usage, walk.through, document),
        discounts=in_history(history.sold.discounts),
        # What was agreed later was not known when this was billed.
        ends_at=history.sold.ends_at if known is not None and known <= at else None,
    )


def _usage_of(
    usage: Sequence[Used], through: Instant | None, document: Document
) -> tuple[Used, ...]:
    """What was used since the bill before and until the end of this one."""
    start, end = document.period_start, document.period_end
    if start is None or end is None:
        return ()
    first = start if through is None else min(through, start)
    return tuple(each for each in usage if first <= each.occurred_at < end)


def _kind(sold: Sold, again: Again) -> Kind:
    if is_metered(sold):
        return Kind.USAGE_WITH_LINES if again.given else Kind.USAGE
    return Kind.RENEWAL_WITH_LINES if again.given else Kind.RENEWAL


def _compared(case: Case, again: Again, kind: Kind, *, explains: bool = True) -> Judged:
    if agrees(case, again):
        return Judged(kind, case.document.currency, None, again.given)
    causes = explaining.explained(case) if explains else (Cause.UNEXPLAINED,)
    return Judged(kind, case.document.currency, _finding(kind, case, again, causes), again.given)


def _finding(kind: Kind, case: Case, again: Again, causes: tuple[Cause, ...]) -> Finding:
    return Finding(
        kind=kind,
        causes=causes,
        currency=case.document.currency,
        effect_micros=effect_of(case, again),
        subscription_id=case.document.subscription_id,
        invoice_id=case.document.invoice_id,
        number=case.document.number,
        differences=tuple(differences(case, again)),
    )


# ---- periods without a document


def _unbilled(walk: _Walk, case: Case, lines: Sequence[DraftLine]) -> Iterator[Judged]:
    """Periods in service that nobody billed; one for each document that the load set aside."""
    for line in lines:
        if not line.amount_micros or line.span is None:
            continue
        if instant_of(line.span.start, case.sold.zone) < walk.window.since:
            continue
        if _is_of_today(walk, case, line):
            continue
        cause = _why_unbilled(walk, case, line)
        period = f"{line.span.start.isoformat()} to {line.span.end.isoformat()}"
        amount = Money(line.amount_micros, case.sold.currency).format()
        told = Difference("document", f"none for {period}", amount)
        found = Finding(
            kind=Kind.UNBILLED,
            causes=(cause,),
            currency=case.sold.currency.code,
            effect_micros=line.amount_micros,
            subscription_id=case.sold.subscription_id,
            invoice_id=None,
            number=None,
            differences=(told,),
        )
        yield Judged(Kind.UNBILLED, case.sold.currency.code, found)


def _why_unbilled(walk: _Walk, case: Case, line: DraftLine) -> Cause:
    begins = instant_of(line.span.start, case.sold.zone) if line.span else None
    through = case.sold.charged_through
    says_so = begins is not None and through is not None and begins >= through
    if walk.missing and not says_so:
        walk.missing -= 1
        return Cause.MISSING_INVOICE
    if _is_unbilled_usage(walk, case, line):
        return Cause.UNBILLED_USAGE
    return Cause.SOURCE_BEHIND if says_so else Cause.UNEXPLAINED


def _is_of_today(walk: _Walk, case: Case, line: DraftLine) -> bool:
    """Whether it fell due on the last day of the window: the source may yet bill it."""
    due = due_at(case, [line])
    return due is not None and due > walk.window.ends - A_DAY


def _is_unbilled_usage(walk: _Walk, case: Case, line: DraftLine) -> bool:
    """Whether the period is free with the usage alone that the source billed."""
    kept = tuple(each for each in walk.history.usage if each.is_billed)
    again = owed_lines(replace(case, usage=kept))
    found = next((each for each in again if each.key == line.key), None)
    return found is None or not found.amount_micros


def _left_at_the_end(walk: _Walk) -> Iterator[Judged]:
    """What was due before the window ended, and stands on no document of it."""
    sold = walk.history.sold
    if sold.status in SILENT:
        return
    ends_at = sold.ends_at
    if sold.status == PAUSED and ends_at is not None:
        # What was billed when service paused is not given back, and nothing follows.
        ends_at = max(ends_at, walk.through or ends_at)
    nothing = _no_document(sold, walk.window)
    case = Case(
        sold=sold,
        document=nothing,
        dialect=walk.dialect,
        at=walk.window.ends,
        through=walk.through,
        usage=walk.history.usage,
        ends_at=ends_at,
    )
    if walk.through is not None and ends_at is not None and ends_at <= walk.through:
        return
    yield from _unbilled(walk, case, owed_lines(case))


def _no_document(sold: Sold, window: Window) -> Document:
    return Document(
        invoice_id=sold.subscription_id,
        subscription_id=sold.subscription_id,
        customer_id=sold.customer_id,
        number=None,
        currency=sold.currency.code,
        subtotal_micros=0,
        discount_micros=0,
        tax_micros=0,
        total_micros=0,
        issued_at=window.until,
        period_start=None,
        period_end=None,
        lines=(),
    )


# ---- what comes next


def _to_come(walk: _Walk) -> Iterator[Judged]:
    """The drafts that the source has prepared, and the next bill that it announces."""
    for draft in walk.history.drafts:
        if draft.period_start is None:
            yield judged_alone(draft, walk.history.sold, walk.dialect, at=walk.window.now)
            continue
        case = _from_now_on(walk, draft)
        due = draft.period_end if is_metered(case.sold) else draft.period_start
        case = replace(case, at=due or case.at)
        again = billed_again(case)
        yield _compared(case, again, Kind.DRAFT)
    sold, control = walk.history.sold, walk.history.control
    if not isinstance(control, bool) and sold.status in LIVE:
        case = _from_now_on(walk, _no_document(sold, walk.window))
        if (judgement := against_control(case, control)) is not None:
            yield judgement


def _from_now_on(walk: _Walk, document: Document) -> Case:
    """The case of a bill to come: what is agreed by now counts, and discounts with uses left."""
    sold = walk.history.sold
    through = sold.begins if sold.status == "trialing" else sold.charged_through
    return Case(
        sold=sold,
        document=document,
        dialect=walk.dialect,
        at=walk.window.now,
        through=through,
        discounts=still_counting(sold.discounts),
        ends_at=sold.ends_at,
    )
