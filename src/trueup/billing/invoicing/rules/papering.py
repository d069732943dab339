"""From what is due to bills, and where each subscription stands afterwards.  Pure.

Nothing here reads or writes; the same functions make an invoice and its preview.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from trueup.billing.drafting.model import Situation
from trueup.billing.drafting.rules.due import lines_due, usage_due_at_once
from trueup.billing.drafting.rules.left_out import left_out
from trueup.billing.invoicing.model import (
    Bill,
    Context,
    InvoiceKind,
    Outcome,
    Parked,
)
from trueup.billing.invoicing.rules.advancing import advanced
from trueup.billing.invoicing.rules.composing import NOTHING, Part, bills_of
from trueup.billing.invoicing.rules.totalling import Conventions, is_below
from trueup.billing.subscriptions.rules.recording import point_of
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.errors import Refusal
from trueup.kernel.ids import derived_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.drafting.model import (
        DraftLine,
        LeftOut,
    )
    from trueup.billing.invoicing.model import Due
    from trueup.billing.subscriptions.model import Record, Subscription
    from trueup.kernel.clock import Instant


def papered(due: Sequence[Due], context: Context, agreed: Conventions) -> Outcome:
    """What `due` owe, each as of its own moment, and where they stand afterwards.

    A subscription that cannot be billed is parked, and with it those on the same invoice; the
    others go on.
    """
    bills: list[Bill] = []
    moved: list[Record] = []
    parked: list[Parked] = []
    unbilled: list[LeftOut] = []
    for together in sorted(_groups(due, context), key=lambda group: group[0].at):
        subscriptions = [context.subscriptions[each.subscription_id] for each in together]
        at = together[0].at
        try:
            parts = [_part(s, at, context, agreed) for s in subscriptions]
            made = list(bills_of(parts, at, context, agreed))
        except Refusal as refusal:
            parked += [_parked(s, refusal) for s in subscriptions]
            continue
        stand = [advanced(p.subscription, at, p.lines, p.dialect) for p in parts]
        if any(map(_is_too_little, made)) and all(record.next_bill_at for record in stand):
            made = [_without_invoice(bill) for bill in made if bill.notes]
            stand = [_owing(p, at) for p in parts]
        bills += made
        for bill in made:
            context = after(context, bill)
        moved += stand
        unbilled += [each for part in parts for each in part.left_out]
    return Outcome(tuple(bills), tuple(moved), tuple(parked), tuple(unbilled))


def _is_too_little(bill: Bill) -> bool:
    """Whether less would be due than is collected: then it waits for the next bill (B18)."""
    least, draft = bill.entity.least_due.get(bill.currency), bill.draft
    return bool(least) and draft is not None and is_below(draft, least or 0)


def _without_invoice(bill: Bill) -> Bill:
    return replace(bill, draft=None, spent=(), pending=(), account_micros=0)


def _owing(part: Part, at: Instant) -> Record:
    """Where a subscription stands whose bill of `at` waits: it owes all of it at the next.

    Nor is the usage of that bill known: the next looks at all that changed since the one before.
    """
    moved = advanced(part.subscription, at, (), part.dialect)
    before = part.subscription.record.last_billed_at
    return replace(moved, is_steady=False, last_billed_at=before)


def after(context: Context, bill: Bill) -> Context:
    """`context` for the bills after `bill`: what it spent and took along is there no more."""
    if not bill.spent and not bill.pending:
        return context
    key = (bill.customer_id, bill.currency)
    spent = {str(use.credit_id): use.amount_micros for use in bill.spent}
    held = tuple(
        replace(c, remaining_micros=c.remaining_micros - spent.get(c.credit_id, 0))
        for c in context.credits.get(key, ())
    )
    waiting = tuple(
        i for i in context.pending.get(key, ()) if i.pending_item_id not in bill.pending
    )
    return replace(
        context,
        credits={**context.credits, key: tuple(c for c in held if c.remaining_micros)},
        pending={**context.pending, key: waiting},
    )


def giving_back(bill: Bill) -> list[DraftLine]:
    """Lines that give something back of what was billed before, on its invoice and in its notes.

    Of a void invoice nothing is left: the line that says so is none.
    """
    billed = bill.draft.lines if bill.draft else ()
    noted = (line for note in bill.notes for line in note.lines)
    return [line for line in (*billed, *noted) if line.gives_back and line.amount_micros]


def watched(ids: Sequence[UUID], at: Instant, context: Context, agreed: Conventions) -> Outcome:
    """What usage makes due of some subscriptions by itself: as it happens, and by thresholds.

    Who owes something stays where it stands, and has an invoice of its own.
    """
    bills: list[Bill] = []
    parked: list[Parked] = []
    for subscription_id in ids:
        subscription = context.subscriptions[subscription_id]
        try:
            made = [
                bill
                for bill in _by_usage(subscription, at, context, agreed)
                if not _is_too_little(bill)  # the period's own bill has it
            ]
        except Refusal as refusal:
            parked.append(_parked(subscription, refusal))
            continue
        bills += made
        for bill in made:
            context = after(context, bill)
    return Outcome(tuple(bills), (), tuple(parked))


def _by_usage(
    subscription: Subscription, at: Instant, context: Context, agreed: Conventions
) -> list[Bill]:
    dialect = agreed.dialect(subscription.record.dialect)
    at_once, crossed = usage_due_at_once(situation(subscription, at, context, dialect))
    lines = [*at_once, *crossed]
    if not lines:
        return []
    kind = InvoiceKind.THRESHOLD if crossed else InvoiceKind.CYCLE
    record = subscription.record
    # Of its lines, not of its moment: the same run may be asked again when more was used. And of
    # the orders: a void invoice that is billed again frees the keys of its lines, never its own id.
    name = derived_id(record.subscription_id, kind, lines[0].key, str(record.orders))
    return [
        replace(bill, invoice_id=name, kind=kind)
        for bill in bills_of([Part(subscription, dialect, lines)], at, context, agreed)
    ]


def situation(
    subscription: Subscription, at: Instant, context: Context, dialect: Dialect
) -> Situation:
    """What decides about one subscription at a moment."""
    record = subscription.record
    books = context.books.get(record.subscription_id, NOTHING)
    now = point_of(at, subscription.zone, counts_instants=record.counts_instants)
    used = context.usage.get(record.subscription_id, ())
    return Situation(
        contract=subscription.contract,
        billed=books.billed,
        # A bill of a moment that is past knows what was used by then, whenever it was reported.
        usage=tuple(event for event in used if event.at <= now),
        now=now,
        currency=CURRENCIES[record.currency],
        dialect=dialect,
        asked_from=context.asked_from.get(record.subscription_id),
    )


def _groups(due: Sequence[Due], context: Context) -> Iterator[list[Due]]:
    """Subscriptions that share an invoice: joint, of one customer, due at once, in one currency."""

    def key(each: Due) -> tuple[str, ...]:
        record = context.subscriptions[each.subscription_id].record
        if not record.is_joint:
            return (str(each.subscription_id),)
        entity = str(record.legal_entity_id)
        return (str(each.customer_id), each.at.isoformat(), record.currency, entity)

    for _, group in groupby(sorted(due, key=key), key=key):
        yield list(group)


def _part(subscription: Subscription, at: Instant, context: Context, agreed: Conventions) -> Part:
    dialect = agreed.dialect(subscription.record.dialect)
    case = situation(subscription, at, context, dialect)
    return Part(subscription, dialect, lines_due(case), left_out(case))


def _parked(subscription: Subscription, refusal: Refusal) -> Parked:
    record = subscription.record
    return Parked(
        record.subscription_id, record.customer_id, refusal.code, refusal.sentence, refusal.fix
    )
