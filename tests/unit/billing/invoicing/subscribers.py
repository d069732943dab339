"""Subscribers of a seller in Hamburg as the rules of invoicing see them: midnights of Berlin in 2024."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from tests.unit.billing.subscriptions.contracts import charge, contract, day

from trueup.billing.calendar.rules.zones import midnight, zone
from trueup.billing.dialect.model import Dialect
from trueup.billing.discounts.model import Coupon, Discount, SpendableCredit
from trueup.billing.drafting.model import BilledLine, DraftLine, InvoiceFacts, UsageEvent
from trueup.billing.fx.model import FxRate
from trueup.billing.fx.rules import Rates
from trueup.billing.invoicing.errors import EntityMissing
from trueup.billing.invoicing.model import (
    Bill,
    Books,
    Context,
    Due,
    LegalEntity,
    Outcome,
    PendingItem,
)
from trueup.billing.invoicing.rules.totalling import Conventions
from trueup.billing.subscriptions.model import Record, Subscription, SubscriptionStatus
from trueup.billing.subscriptions.rules.recording import cycle_row
from trueup.billing.subscriptions.terms import Charge
from trueup.billing.taxes.model import Buyer, Seller
from trueup.billing.taxes.tables import shipped_rates

BERLIN = zone("Europe/Berlin")
EURO = 1_000_000
CENT = 10_000
CUSTOMER = UUID(int=0xC)
SELLER = Seller("DE", postal_code="20457", vat_number="DE136695976")
UNTAXED = LegalEntity(UUID(int=0xE), "de", "Nordlicht", SELLER, takes_tax=False, invoice_prefix="RE-", credit_note_prefix="GS-")  # fmt: skip
TAXED = replace(UNTAXED, takes_tax=True)
GERMAN = Buyer("DE")


def at(text: str) -> datetime:
    """The midnight at which a local day begins: `03-15` of 2024."""
    return midnight(day(text), BERLIN)


def ident(number: int) -> UUID:
    return UUID(int=0x5000 + number)


def key(number: int = 1) -> str:
    return str(ident(number))


def subscribed(
    *charges: Charge, number: int = 1, start: str = "01-01", contracted: Any = None, **record: Any
) -> Subscription:
    """A subscription to `charges`, or to a contract that is there; 10 EUR a month in advance."""
    agreed = contracted or contract(*(charges or (charge("fee"),)), start=start, key=key(number))
    plain: dict[str, Any] = {
        "subscription_id": ident(number), "customer_id": CUSTOMER, "plan_id": UUID(int=0xA), "status": SubscriptionStatus.ACTIVE,
        "currency": "EUR", "quantity": agreed.quantity, "time_zone": "Europe/Berlin", "started_at": at(start),
        "phases_from": at(start), "cycle": cycle_row(agreed.cycle), "items": (),
    }  # fmt: skip
    return Subscription(Record(**(plain | record)), agreed, BERLIN, {})


def due(subscription: Subscription, on: str) -> Due:
    record = subscription.record
    return Due(record.subscription_id, record.customer_id, at(on))


def context(*subscriptions: Subscription, buyer: Buyer = GERMAN, **more: Any) -> Context:
    plain: dict[str, Any] = {
        "subscriptions": {s.record.subscription_id: s for s in subscriptions},
        "books": {},
        "usage": {},
        "discounts": {},
        "credits": {},
        "buyers": {s.record.customer_id: buyer for s in subscriptions} | {CUSTOMER: buyer},
    }
    return Context(**(plain | more))


def agreed(
    dialect: Dialect | None = None,
    *entities: LegalEntity,
    fx: Sequence[FxRate] = (),
    **dialects: Dialect,
) -> Conventions:
    """One dialect for all who name none; the first entity for all who name none: one without tax."""
    known = {entity.legal_entity_id: entity for entity in entities}

    def entity_of(name: UUID | None) -> LegalEntity:
        if name is None:
            return entities[0] if entities else UNTAXED
        if name not in known:
            raise EntityMissing(entity=str(name))
        return known[name]

    standard = dialect or Dialect()
    return Conventions(
        lambda name: standard if name is None else dialects[name],
        entity_of,
        shipped_rates(),
        Rates(fx),
    )


def booked(
    subscription: Subscription, bill: Bill, *, given_back: Mapping[str, int] | None = None
) -> Books:
    """What stands of a subscription once `bill` was written."""
    draft = bill.draft
    assert draft is not None
    own = [line for line in draft.lines if line.contract == subscription.contract.key]
    billed: dict[str, tuple[BilledLine, ...]] = {}
    for line in own:
        before = billed.get(line.item or "", ())
        row = BilledLine(line, str(bill.invoice_id), line.amount_micros)
        billed[line.item or ""] = (*before, row)
    facts = InvoiceFacts(
        str(bill.invoice_id),
        draft.subtotal_micros - draft.discount_micros,
        draft.tax_micros,
        off={x.key: off for x, off in zip(draft.lines, draft.off, strict=True)},
        amounts={x.key: x.amount_micros for x in draft.lines},
        given=given_back or {},
    )
    return Books(billed, dict.fromkeys(facts.amounts, facts))


def used(on: str, quantity: str, meter: str = "calls", **more: Any) -> UsageEvent:
    recorded = day(more.pop("recorded", on))
    return UsageEvent(meter, day(on), recorded, Decimal(quantity), **more)


def waiting(number: int, cents: int, **more: Any) -> PendingItem:
    """An item of the customer that waits for an invoice of anything."""
    plain: dict[str, Any] = {
        "pending_item_id": UUID(int=0x9000 + number), "customer_id": CUSTOMER, "subscription_id": None, "goes_with": None,
        "legal_entity_id": None, "dialect": None, "description": f"item {number}", "currency": "EUR",
        "amount_micros": cents * CENT, "occurred_at": None,
    }  # fmt: skip
    return PendingItem(**(plain | more))


def said(line: DraftLine) -> str:
    """`recurring fee 01-01..02-01 10.00`."""
    span = "" if line.span is None else f" {line.span.start:%m-%d}..{line.span.end:%m-%d}"
    name = line.component or line.description or line.plan
    return f"{line.kind} {name}{span} {Decimal(line.amount_micros).scaleb(-6):.2f}"


def told(outcome: Outcome) -> list[list[str]]:
    """The lines of each invoice."""
    return [lines_of(bill) for bill in outcome.bills]


def lines_of(bill: Bill) -> list[str]:
    return [] if bill.draft is None else [said(line) for line in bill.draft.lines]


def figures(bill: Bill) -> list[int]:
    """Subtotal, discount, tax, credit used, put aside, total; in cents."""
    draft = bill.draft
    assert draft is not None
    micros = (
        draft.subtotal_micros, draft.discount_micros, draft.tax_micros,
        draft.credit_micros, draft.put_aside_micros, draft.total_micros,
    )  # fmt: skip
    assert not any(m % CENT for m in micros)
    return [m // CENT for m in micros]


def credit(number: int, cents: int, **more: Any) -> SpendableCredit:
    plain: dict[str, Any] = {"currency": "EUR", "priority": 0, "granted_at": at("01-01")}
    return SpendableCredit(str(UUID(int=number)), cents * CENT, **(plain | more))


def off(percent: int, name: str = "d", **more: Any) -> Discount:
    return Discount.given(name, Coupon(name, percent_ppm=percent * 10_000, **more), at("01-01"))


def only(outcome: Any) -> Any:
    (bill,) = outcome.bills
    return bill


def row(plain: Mapping[str, Any], **said_of_it: Any) -> SimpleNamespace:
    """A stored row; a column that there is not is refused."""
    assert set(said_of_it) <= set(plain)
    return SimpleNamespace(**(plain | said_of_it))


def rows(plain: Mapping[str, Any], *changed: Mapping[str, Any]) -> Sequence[SimpleNamespace]:
    return [row(plain, **each) for each in changed]
