"""One invoice of the lines of one subscription, or of all that go together (B39).  Pure.

A joint invoice keeps the discounts of each subscription to its own lines (B50).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from trueup.billing.calendar.rules.zones import local_date
from trueup.billing.dialect.model import CreditForm
from trueup.billing.drafting.rules.assembly import is_credit, note_against
from trueup.billing.invoicing.model import (
    Bill,
    Books,
    Context,
)
from trueup.billing.invoicing.rules.exchanging import check_tax_rate
from trueup.billing.invoicing.rules.pending import going_along, line_of
from trueup.billing.invoicing.rules.totalling import Conventions, decided, totalled
from trueup.billing.taxes.rules.frozen import frozen_tax
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.ids import derived_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.discounts.model import Discount
    from trueup.billing.drafting.model import (
        DraftCreditNote,
        DraftLine,
        InvoiceFacts,
        LeftOut,
    )
    from trueup.billing.subscriptions.model import Record, Subscription
    from trueup.kernel.clock import Instant
    from trueup.kernel.currency import Currency


NOTHING: Final = Books()


class Part(NamedTuple):
    """One subscription's share of an invoice, and its usage that is on none."""

    subscription: Subscription
    dialect: Dialect
    lines: list[DraftLine]
    left_out: tuple[LeftOut, ...] = ()


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
