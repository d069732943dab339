"""From rows to what the rules of billing speak of.  Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.rules.zones import into_day
from trueup.billing.discounts.model import ONCE, Coupon, Discount, SpendableCredit
from trueup.billing.drafting.model import (
    NO_TIME,
    BilledLine,
    DraftLine,
    InvoiceFacts,
    LineKind,
    UsageEvent,
)
from trueup.billing.drafting.rules.amounts import flat
from trueup.billing.drafting.rules.assembly import by_rate
from trueup.billing.invoicing.model import Books, LegalEntity
from trueup.billing.subscriptions.cycle import Reach
from trueup.billing.subscriptions.rules.recording import exactly, point_of
from trueup.billing.subscriptions.terms import Aggregation
from trueup.billing.taxes.model import (
    Buyer,
    Certificate,
    CheckState,
    NumberCheck,
    NumberShape,
    Seller,
)
from trueup.billing.taxes.rules.numbers import unchecked, vat_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from trueup.billing.drafting.rules.settled import Carried
    from trueup.billing.subscriptions.model import Subscription

    Row = Any  # a named tuple, as every row

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
PPM_IN_BP: Final = 100


def books_of(
    subscription: Subscription,
    lines: Sequence[Row],
    notes: Sequence[Row],
    noted: Mapping[UUID, Row],
) -> Books:
    """What stands of the subscription's invoices.

    lines, notes: of this subscription, oldest first.  noted: what notes took of each invoice.
    """
    rows = {row.line_key: line_of(subscription, row) for row in lines if row.item_key is not None}
    given: dict[str, list[tuple[int, Reach | None]]] = defaultdict(list)
    for row in lines:
        if row.gives_back is not None:
            given[row.gives_back].append((-row.amount_micros, _span(subscription, row)))
    for row in notes:
        given[row.gives_back].append((row.amount_micros, _span(subscription, row)))
    billed: dict[str, list[BilledLine]] = defaultdict(list)
    for row in lines:
        if row.item_key is None or row.gives_back is not None:
            continue
        line = rows[row.line_key]
        taken = given[row.line_key]
        # A void invoice that is not billed again claims nothing: there is nothing to give back.
        left = 0 if row.is_void else line.amount_micros - sum(amount for amount, _ in taken)
        billed[line.item or ""].append(
            BilledLine(
                line,
                str(row.invoice_id),
                left,
                tuple(span for _, span in taken if span is not None),
            )
        )
    sums = {key: sum(amount for amount, _ in taken) for key, taken in given.items()}
    facts = _facts(subscription, lines, noted, sums)
    return Books({key: tuple(of) for key, of in billed.items()}, facts)


def usage_of(
    subscription: Subscription, events: Sequence[Mapping[str, Any]]
) -> tuple[UsageEvent, ...]:
    """Usage on the axis of the contract; events: of this subscription as `metering` reads them."""
    where, counts = subscription.zone, subscription.record.counts_instants
    # Only levels that stand ask for the time of day, and only where days are what is counted.
    asks_time = not counts and any(
        i.charge.aggregation is Aggregation.TIME_WEIGHTED for i in subscription.contract.items
    )
    return tuple(
        UsageEvent(
            meter=event["meter"],
            at=point_of(event["occurred_at"], where, counts_instants=counts),
            recorded=point_of(event["recorded_at"], where, counts_instants=counts),
            quantity=exactly(event["quantity"]),
            dimensions=json.loads(event["dimensions"]) if event["dimensions"] else {},
            moment=event["usage_event_id"].hex(),
            into_day=into_day(event["occurred_at"], where) if asks_time else NO_TIME,
        )
        for event in events
    )


def days_of(days: Sequence[Mapping[str, Any]], told: Carried | None) -> tuple[UsageEvent, ...]:
    """Days of usage on the axis of a contract that counts days, each told by its `told`."""
    return tuple(
        UsageEvent(
            meter=day["meter"],
            at=day["day"],
            recorded=day["day"],
            quantity=exactly(day[told]),
            dimensions=json.loads(day["dimensions"]),
        )
        for day in days
        if told is not None
    )


def discount_of(row: Row) -> Discount:
    limits = row.limits or {}
    uses = ONCE if row.is_once else row.periods_remaining
    return Discount(
        discount_id=str(row.discount_id),
        coupon=Coupon(
            code=row.coupon_code,
            percent_ppm=None if row.percent_bp is None else row.percent_bp * PPM_IN_BP,
            amount_micros=row.amount_micros,
            currency=row.currency,
            uses=uses,
            plans=frozenset(limits.get("plans", ())),
            items=frozenset(limits.get("charges", ())),
        ),
        starts_at=row.starts_at or EVER,
        ends_at=row.ends_at,
        uses_left=row.periods_remaining,
        left_micros=row.left_micros,
    )


def credit_of(row: Row) -> SpendableCredit:
    return SpendableCredit(
        credit_id=str(row.credit_id),
        remaining_micros=row.remaining_micros,
        currency=row.currency,
        priority=row.priority,
        granted_at=row.granted_at,
        expires_at=row.expires_at,
    )


def buyer_of(row: Row, identities: Iterable[Row]) -> Buyer:
    """Who is supplied, with the best tax number on file and every certificate."""
    checks, certificates = [], []
    for identity in identities:
        if identity.kind == "exemption_certificate":
            certificates.append(
                Certificate(
                    certificate_id=identity.value,
                    jurisdiction=identity.country or row.country or "",
                    valid_until=identity.valid_until,
                )
            )
        elif identity.kind == "vat":
            checks.append(_check(identity))
    best = next((c for c in checks if c.state is CheckState.VALID), checks[0] if checks else None)
    return Buyer(
        country=row.country,
        region=row.region,
        postal_code=row.postal_code,
        is_business=row.is_business or bool(checks),
        check=best,
        is_marked_exempt=row.is_tax_exempt,
        certificates=tuple(certificates),
    )


def entity_of(row: Row) -> LegalEntity:
    return LegalEntity(
        legal_entity_id=row.legal_entity_id,
        code=row.code,
        name=row.name,
        seller=Seller(
            country=row.country,
            region=row.region,
            postal_code=row.postal_code,
            vat_number=row.vat_number,
            collects_in=frozenset(row.collects_in),
        ),
        takes_tax=row.takes_tax,
        invoice_prefix=row.invoice_prefix,
        credit_note_prefix=row.credit_note_prefix,
        digits=row.digits,
        grace_days=row.grace_days,
        is_default=row.is_default,
        time_zone=row.time_zone,
        tax_currency=row.tax_currency,
        least_due=row.least_due,
    )


def _check(identity: Row) -> NumberCheck:
    """A number whose registry has answered keeps the answer's reference as evidence."""
    check = unchecked(vat_number(identity.value, country=identity.country))
    if identity.evidence and check.number.shape is NumberShape.WELL_FORMED:
        return NumberCheck(check.number, CheckState.VALID, reference=identity.evidence)
    return check


def line_of(subscription: Subscription, row: Row) -> DraftLine:
    """A line as it was billed; its derivation is its amount."""
    own = f"{subscription.contract.key}/"
    span = _span(subscription, row)
    full = span
    if row.full_start is not None:
        full = _reach(subscription, row.full_start, row.full_end)
    return DraftLine(
        key=own + row.line_key,
        kind=LineKind(row.kind),
        contract=subscription.contract.key,
        item=own + row.item_key,
        plan=row.plan,
        component=row.charge,
        span=span,
        full=full,
        derivation=flat(row.amount_micros),
        amount_micros=row.amount_micros,
        quantity=None if row.quantity is None else exactly(row.quantity),
        gives_back=None if row.gives_back is None else own + row.gives_back,
        tax_percent=None if row.tax_percent is None else Decimal(row.tax_percent),
    )


def _facts(
    subscription: Subscription,
    lines: Sequence[Row],
    noted: Mapping[UUID, Row],
    given: Mapping[str, int],
) -> dict[str, InvoiceFacts]:
    own = f"{subscription.contract.key}/"
    by_invoice: dict[UUID, list[Row]] = defaultdict(list)
    for row in lines:
        by_invoice[row.invoice_id].append(row)
    found: dict[str, InvoiceFacts] = {}
    for invoice_id, rows in by_invoice.items():
        taken = noted.get(invoice_id)
        facts = InvoiceFacts(
            invoice=str(invoice_id),
            net_micros=rows[0].net_micros,
            tax_micros=rows[0].tax_micros,
            off={own + row.line_key: row.discount_micros for row in rows},
            amounts={own + row.line_key: row.amount_micros for row in rows},
            noted_net_micros=taken.net_micros if taken else 0,
            noted_tax_micros=taken.tax_micros if taken else 0,
            given={own + row.line_key: given.get(row.line_key, 0) for row in rows},
            at_rate=by_rate(
                (
                    own + row.line_key,
                    row.tax_rate,
                    row.amount_micros - row.discount_micros,
                    row.line_tax_micros,
                )
                for row in rows
            ),
        )
        found.update(dict.fromkeys(facts.amounts, facts))
    return found


def _span(subscription: Subscription, row: Row) -> Reach | None:
    if row.period_start is None:
        return None
    return _reach(subscription, row.period_start, row.period_end)


def _reach(subscription: Subscription, start: datetime, end: datetime) -> Reach:
    counts = subscription.record.counts_instants
    where = subscription.zone
    return Reach(
        point_of(start, where, counts_instants=counts), point_of(end, where, counts_instants=counts)
    )
