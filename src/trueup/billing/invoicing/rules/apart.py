"""Invoices of what waits for one, made at a person's word and of nothing else.  Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from trueup.billing.calendar.rules.zones import local_date
from trueup.billing.invoicing.model import Bill, InvoiceKind
from trueup.billing.invoicing.rules.exchanging import check_tax_rate
from trueup.billing.invoicing.rules.papering import after
from trueup.billing.invoicing.rules.pending import in_order, line_of
from trueup.billing.invoicing.rules.totalling import decided, totalled
from trueup.billing.taxes.rules.frozen import frozen_tax
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.ids import derived_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from uuid import UUID

    from trueup.billing.invoicing.model import Context, PendingItem
    from trueup.billing.invoicing.rules.totalling import Conventions
    from trueup.kernel.clock import Instant


class Asked(NamedTuple):
    """Whose items are billed, and as of when.  where: the customer's days.

    word: of this demand alone; what a void invoice let go of may be asked for again at its moment.
    net_days: until the invoice is due.
    """

    word: UUID
    customer_id: UUID
    at: Instant
    where: tzinfo
    net_days: int = 0


def billed_apart(asked: Asked, context: Context, agreed: Conventions) -> list[Bill]:
    """The invoices of everything of a customer that waits: one a currency, entity and dialect.

    An item of a subscription is billed as that subscription is; others as the tenant's default.
    Issued at once: who asks has looked.  Raises TaxPending, EntityMissing, DialectUnknown,
    FxRateMissing.
    """
    groups: dict[tuple[str, str, str], list[PendingItem]] = defaultdict(list)
    for (customer_id, currency), items in context.pending.items():
        for item in items if customer_id == asked.customer_id else ():
            groups[currency, str(item.legal_entity_id), item.dialect or ""].append(item)
    made = []
    for _, together in sorted(groups.items()):
        bill = _bill(asked, in_order(together), context, agreed)
        context = after(context, bill)
        made.append(bill)
    return made


def _bill(
    asked: Asked, items: Sequence[PendingItem], context: Context, agreed: Conventions
) -> Bill:
    first = items[0]
    dialect = agreed.dialect(first.dialect)
    entity = replace(agreed.entity(first.legal_entity_id), grace_days=0)
    on = local_date(asked.at, asked.where)
    treatment = decided(context.buyers[asked.customer_id], entity, on, dialect, agreed)
    names = [str(item.pending_item_id) for item in items]
    subscriptions = {item.subscription_id for item in items}
    bill = Bill(
        invoice_id=derived_id(asked.word, "invoice", *names),
        customer_id=asked.customer_id,
        subscription=first.subscription_id if len(subscriptions) == 1 else None,
        currency=first.currency,
        at=asked.at,
        due_at=asked.at + timedelta(days=asked.net_days),
        entity=entity,
        draft=None,
        treatment=treatment,
        tax_fact=frozen_tax(treatment, dialect.taxes) if treatment else None,
        kind=InvoiceKind.MANUAL,
        pending=tuple(item.pending_item_id for item in items),
    )
    lines = [line_of(item, CURRENCIES[first.currency], dialect) for item in items]
    held = context.credits.get((asked.customer_id, first.currency), ())
    made = totalled(bill, lines, dialect, held)
    check_tax_rate(made, agreed.fx)
    return made
