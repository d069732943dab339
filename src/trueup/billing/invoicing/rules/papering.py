"""From what is owed to documents: one a subscription, or one for all that go together.  Pure.

Nothing here reads or writes; the same functions make an invoice and its preview.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from trueup.billing.calendar.rules.zones import local_date
from trueup.billing.dialect.model import CreditForm, CreditUse, Shortfall
from trueup.billing.discounts.rules.credit_order import spend_credits
from trueup.billing.drafting.model import Situation
from trueup.billing.drafting.rules.assembly import Surroundings, assembled, is_credit, note_against
from trueup.billing.drafting.rules.due import lines_due, usage_due_at_once
from trueup.billing.drafting.rules.left_out import left_out
from trueup.billing.invoicing.errors import TaxPending
from trueup.billing.invoicing.model import (
    Bill,
    Books,
    Context,
    InvoiceKind,
    Outcome,
    Parked,
    Spent,
)
from trueup.billing.invoicing.rules.advancing import advanced
from trueup.billing.invoicing.rules.exchanging import check_tax_rate
from trueup.billing.invoicing.rules.pending import going_along, line_of
from trueup.billing.invoicing.rules.rows import check_fits
from trueup.billing.subscriptions.rules.recording import point_of
from trueup.billing.taxes.model import Supply, TaxAction, TaxRate, Treatment
from trueup.billing.taxes.rules.frozen import frozen_tax
from trueup.billing.taxes.rules.treatment import treat
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.errors import Refusal
from trueup.kernel.ids import derived_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.discounts.model import Discount, SpendableCredit
    from trueup.billing.drafting.model import (
        DraftCreditNote,
        DraftInvoice,
        DraftLine,
        InvoiceFacts,
        LeftOut,
    )
    from trueup.billing.fx.rules import Rates
    from trueup.billing.invoicing.model import Due, LegalEntity
    from trueup.billing.subscriptions.model import Record, Subscription
    from trueup.billing.taxes.model import Buyer
    from trueup.billing.taxes.rules.rate_table import RateTable
    from trueup.kernel.clock import Instant
    from trueup.kernel.currency import Currency

NOTHING: Final = Books()
NO_FACTS: Final = MappingProxyType[str, "InvoiceFacts"]({})


class Conventions(NamedTuple):
    """What the tenant has agreed: dialects and legal entities by name, tables of tax, FX rates."""

    dialect: Callable[[str | None], Dialect]
    entity: Callable[[UUID | None], LegalEntity]
    rates: RateTable
    fx: Rates


class Part(NamedTuple):
    """One subscription's share of an invoice, and its usage that is on none."""

    subscription: Subscription
    dialect: Dialect
    lines: list[DraftLine]
    left_out: tuple[LeftOut, ...] = ()


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


def is_below(draft: DraftInvoice, least_micros: int) -> bool:
    """Whether something is due, and less than `least_micros`."""
    gross = draft.subtotal_micros - draft.discount_micros + draft.tax_micros
    return 0 < gross - draft.credit_micros < least_micros


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


def bills_of(
    parts: Sequence[Part], at: Instant, context: Context, agreed: Conventions
) -> Iterator[Bill]:
    """The invoice of `parts`, with notes where the dialect gives credit by notes; none if none.

    What waits for an invoice goes along, and makes none by itself.  A note of nothing is none.
    """
    lines = [line for part in parts for line in part.lines]
    if not lines:
        return
    first = parts[0]
    record, dialect = first.subscription.record, first.dialect
    entity = agreed.entity(record.legal_entity_id)
    facts = _facts(parts, context)
    notes: tuple[tuple[str, list[DraftLine]], ...] = ()
    if dialect.credit_form is CreditForm.CREDIT_NOTE:
        notes = _by_invoice([x for x in lines if is_credit(x)], facts)
        lines = [line for line in lines if not is_credit(line)]
    on = local_date(at, first.subscription.zone)
    treatment = decided(context.buyers[record.customer_id], entity, on, dialect, agreed)
    waiting = context.pending.get((record.customer_id, record.currency), ()) if lines else ()
    own = {part.subscription.record.subscription_id for part in parts}
    along = going_along(waiting, own, on, first.subscription.zone)
    lines += [line_of(item, CURRENCIES[record.currency], dialect) for item in along]
    bill = Bill(
        invoice_id=_invoice_id([part.subscription.record for part in parts], at),
        customer_id=record.customer_id,
        subscription=None if len(parts) > 1 else record.subscription_id,
        currency=record.currency,
        at=at,
        due_at=at + timedelta(days=record.net_days),
        entity=entity,
        draft=None,
        treatment=treatment,
        tax_fact=frozen_tax(treatment, dialect.taxes) if treatment else None,
        notes=tuple(
            note
            for _, credited in notes
            if (note := _note(facts, credited, CURRENCIES[record.currency])).total_micros
        ),
        pending=tuple(item.pending_item_id for item in along),
    )
    if lines:
        bill = _with_lines(bill, lines, parts, context, facts)
        check_tax_rate(bill, agreed.fx)
    if lines or bill.notes:
        yield bill


def _note(
    facts: Mapping[str, InvoiceFacts], credited: Sequence[DraftLine], currency: Currency
) -> DraftCreditNote:
    return note_against(facts[credited[0].gives_back or ""], credited, currency)


def _invoice_id(records: Sequence[Record], at: Instant) -> UUID:
    """A subscription's own; of joint ones that of all of them: more may join later (B39)."""
    first = records[0]
    if not first.is_joint:
        return derived_id(first.subscription_id, "invoice", at.isoformat(), str(first.orders))
    names = sorted(f"{record.subscription_id}/{record.orders}" for record in records)
    return derived_id(first.customer_id, "invoice", at.isoformat(), *names)


def _with_lines(
    bill: Bill,
    lines: Sequence[DraftLine],
    parts: Sequence[Part],
    context: Context,
    facts: Mapping[str, InvoiceFacts],
) -> Bill:
    is_joint = len(parts) > 1
    discounts = tuple(
        _scoped(d, part, lines) if is_joint else d
        for part in parts
        for d in context.discounts.get(part.subscription.record.subscription_id, ())
    )
    shown = [_named_apart(line) for line in lines] if is_joint else lines
    held = context.credits.get((bill.customer_id, bill.currency), ())
    made = totalled(bill, shown, parts[0].dialect, held, discounts, facts)
    draft = made.draft and replace(made.draft, lines=tuple(lines))
    return replace(made, draft=draft)


def totalled(
    bill: Bill,
    lines: Sequence[DraftLine],
    dialect: Dialect,
    held: Sequence[SpendableCredit],
    discounts: tuple[Discount, ...] = (),
    facts: Mapping[str, InvoiceFacts] = NO_FACTS,
) -> Bill:
    """`bill` with `lines`, discounted, taxed, and settled by the credits that are held (B42).

    Raises AmountTooLarge.
    """
    # In its days of grace an invoice settles nothing yet: credits are used when it is issued.
    usable = () if bill.entity.grace_days else held
    currency = CURRENCIES[bill.currency]
    around = Surroundings(
        currency=currency,
        dialect=dialect,
        at=bill.at,
        discounts=discounts,
        rates=bill.treatment.rates if bill.treatment else (),
        credit_micros=sum(c.remaining_micros for c in usable if c.counts_at(bill.at)),
    )
    draft = assembled(lines, around, facts, own_rates(lines, bill.treatment))
    check_fits(draft)
    order = dialect.discounts.credit_order
    spent = spend_credits(usable, draft.credit_micros, currency=currency, at=bill.at, order=order)
    account = 0
    if dialect.shortfall is Shortfall.BALANCED:
        account += draft.put_aside_micros
    if dialect.credit_use is CreditUse.LINE:
        account -= draft.credit_micros
    return replace(
        bill,
        draft=draft,
        spent=tuple(Spent(UUID(use.credit_id), use.amount_micros) for use in spent),
        account_micros=account,
        is_settled_by_line=dialect.credit_use is CreditUse.LINE,
    )


def decided(
    buyer: Buyer, entity: LegalEntity, on: date, dialect: Dialect, agreed: Conventions
) -> Treatment | None:
    """The tax that lines bear; None where the entity takes none.  Raises TaxPending."""
    if not entity.takes_tax:
        return None
    supply = Supply(entity.seller, buyer, on)
    treatment = treat(supply, table=agreed.rates, convention=dialect.taxes)
    if treatment.is_pending:
        raise TaxPending(
            reason=treatment.reason, sentence=treatment.sentence or "", fix=treatment.fix or ""
        )
    return treatment


def own_rates(
    lines: Sequence[DraftLine], treatment: Treatment | None
) -> dict[str, tuple[TaxRate, ...]]:
    """Rates of lines whose charge states its own; where nobody charges tax, it states none."""
    if treatment is None or treatment.action is not TaxAction.CHARGE:
        return {}
    where = treatment.country or ""
    return {
        line.key: (TaxRate.from_percent(f"{line.tax_percent:f}", jurisdiction=where),)
        for line in lines
        if line.tax_percent is not None
    }


def _facts(parts: Sequence[Part], context: Context) -> dict[str, InvoiceFacts]:
    found: dict[str, InvoiceFacts] = {}
    for part in parts:
        books = context.books.get(part.subscription.record.subscription_id, NOTHING)
        found.update(books.facts)
    return found


def _by_invoice(
    lines: Sequence[DraftLine], facts: Mapping[str, InvoiceFacts]
) -> tuple[tuple[str, list[DraftLine]], ...]:
    found: dict[str, list[DraftLine]] = defaultdict(list)
    for line in lines:
        found[facts[line.gives_back or ""].invoice].append(line)
    return tuple(found.items())


def _named_apart(line: DraftLine) -> DraftLine:
    """A line of a joint invoice by a name that only its own subscription's discounts know (B50)."""
    return replace(line, component=f"{line.contract}/{line.component}/{line.plan}")


def _scoped(discount: Discount, part: Part, lines: Sequence[DraftLine]) -> Discount:
    """A discount that is limited to the lines of its own subscription that it covers."""
    coupon, own = discount.coupon, part.subscription.contract.key
    covered = frozenset(
        _named_apart(line).component or ""
        for line in lines
        if line.contract == own
        and (
            not (coupon.plans or coupon.items)
            or line.plan in coupon.plans
            or line.component in coupon.items
        )
    )
    limited = replace(coupon, plans=frozenset(), items=covered or frozenset({own}))
    return replace(discount, coupon=limited)


def _parked(subscription: Subscription, refusal: Refusal) -> Parked:
    record = subscription.record
    return Parked(
        record.subscription_id, record.customer_id, refusal.code, refusal.sentence, refusal.fix
    )
