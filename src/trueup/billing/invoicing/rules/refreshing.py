"""A draft in its days of grace, drafted anew with what came since (B28, B49).  Pure.

Of its lines only usage of periods that were over, and what is topped up over it, is asked for
again.  A fee stays as it was drafted, for an order that came since is billed by itself; so does
usage of a period that still ran, for what comes of it is billed as it comes.  What waits, discounts
and tax are always those that hold now, for the day of the draft.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.dialect.model import CreditForm
from trueup.billing.drafting.model import BilledLine, LineKind
from trueup.billing.drafting.rules.due import lines_due
from trueup.billing.invoicing.rules.composing import Part, bills_of
from trueup.billing.invoicing.rules.papering import situation
from trueup.billing.invoicing.rules.reading import line_of
from trueup.billing.rating.rules.execution import read_derivation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.drafting.model import DraftLine, Situation
    from trueup.billing.invoicing.model import Bill, Context
    from trueup.billing.invoicing.rules.totalling import Conventions
    from trueup.billing.subscriptions.cycle import Point
    from trueup.billing.subscriptions.model import Subscription
    from trueup.kernel.clock import Instant

    Row = Any  # a named tuple, as every row

BY_USAGE: Final = frozenset({LineKind.USAGE, LineKind.MINIMUM, LineKind.COMMITMENT})


def redrafted(
    invoice_id: UUID,
    at: Instant,
    rows: Sequence[Row],
    context: Context,
    agreed: Conventions,
    *,
    follows_usage: bool = True,
) -> list[Part]:
    """The lines of the draft again; no part of what nothing is left of.

    rows: its lines, in order.  context: of their subscriptions, without the draft.  follows_usage:
    whether usage is asked for again; else all lines stay.
    """
    own: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        if row.item_key is not None:
            own[row.subscription_id].append(row)
    parts = [
        _part(context.subscriptions[key], of, invoice_id, at, context, agreed)
        if follows_usage
        else _as_drafted(context.subscriptions[key], of, agreed)
        for key, of in own.items()
    ]
    return [part for part in parts if part.lines]


def is_as_drafted(rows: Sequence[Row], parts: Sequence[Part]) -> bool:
    """Whether a draft of these rows bills what `parts` do."""
    before = {
        (f"{row.subscription_id}/{row.line_key}", row.amount_micros, row.quantity)
        for row in rows
        if row.item_key is not None
    }
    lines = [line for part in parts for line in part.lines]
    return before == {(line.key, line.amount_micros, line.quantity) for line in lines}


def refreshed(
    invoice_id: UUID, at: Instant, parts: Sequence[Part], context: Context, agreed: Conventions
) -> list[Bill]:
    """The draft of `parts`, or none if nothing is left of it.  Raises as `composing.bills_of`.

    What waits goes along, but nothing that is on another draft: that one may stay as it is.
    """
    free = {
        key: tuple(item for item in of if item.invoice_id in {None, invoice_id})
        for key, of in context.pending.items()
    }
    context = replace(context, pending=free)
    return [replace(bill, invoice_id=invoice_id) for bill in bills_of(parts, at, context, agreed)]


def one_at_a_time(drafts: Mapping[UUID, Collection[UUID]]) -> list[UUID]:
    """Those of `drafts` before the first that bills a subscription which one before it bills, too.

    drafts: by id, in order, the subscriptions on each.  What one bills decides about the next.
    """
    seen: set[UUID] = set()
    taken: list[UUID] = []
    for invoice_id, subscriptions in drafts.items():
        if not seen.isdisjoint(subscriptions):
            break
        seen.update(subscriptions)
        taken.append(invoice_id)
    return taken


def again_from(rows: Sequence[Row]) -> dict[UUID, Instant]:
    """From when on usage on a draft with these lines is asked for again, by subscription."""
    spans = [
        (row.subscription_id, row.period_start)
        for row in rows
        if row.kind == LineKind.USAGE and row.period_start is not None
    ]
    return {key: min(at for own, at in spans if own == key) for key, _ in spans}


def _part(
    subscription: Subscription,
    rows: Sequence[Row],
    invoice_id: UUID,
    at: Instant,
    context: Context,
    agreed: Conventions,
) -> Part:
    dialect = agreed.dialect(subscription.record.dialect)
    case = situation(subscription, at, context, dialect)
    drafted = [_kept(subscription, row) for row in rows]
    kept = [line for line in drafted if not _is_asked_again(line, case.now)]
    due = lines_due(_with(case, kept, str(invoice_id)))
    used = [line for line in due if _is_asked_again(line, case.now)]
    return Part(subscription, _on_lines(dialect), [*kept, *used])


def _as_drafted(subscription: Subscription, rows: Sequence[Row], agreed: Conventions) -> Part:
    dialect = agreed.dialect(subscription.record.dialect)
    return Part(subscription, _on_lines(dialect), [_kept(subscription, row) for row in rows])


def _on_lines(dialect: Dialect) -> Dialect:
    """What a draft gives back stays on it, though notes may have been agreed on since."""
    return replace(dialect, credit_form=CreditForm.LINE)


def _is_asked_again(line: DraftLine, now: Point) -> bool:
    return line.kind in BY_USAGE and line.span is not None and line.span.end <= now


def _kept(subscription: Subscription, row: Row) -> DraftLine:
    line = line_of(subscription, row)
    if row.derivation is None:
        return line
    return replace(line, derivation=read_derivation(row.derivation))


def _with(case: Situation, kept: Sequence[DraftLine], invoice: str) -> Situation:
    """`case` with lines that stay on the draft: minimums count what was billed."""
    billed = dict(case.billed)
    for line in kept:
        if line.gives_back is None and line.item is not None:
            row = BilledLine(line, invoice, line.amount_micros)
            billed[line.item] = (*billed.get(line.item, ()), row)
    return replace(case, billed=billed)
