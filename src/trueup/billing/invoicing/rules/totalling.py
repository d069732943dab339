"""What lines come to: taxed as decided, discounted, and settled by credits that are held.  Pure."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from trueup.billing.dialect.model import CreditUse, Shortfall
from trueup.billing.discounts.rules.credit_order import spend_credits
from trueup.billing.drafting.rules.assembly import Surroundings, assembled
from trueup.billing.invoicing.errors import TaxPending
from trueup.billing.invoicing.model import (
    Bill,
    Spent,
)
from trueup.billing.invoicing.rules.rows import check_fits
from trueup.billing.taxes.model import Supply, TaxAction, TaxRate, Treatment
from trueup.billing.taxes.rules.treatment import treat
from trueup.kernel.currency import CURRENCIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.discounts.model import Discount, SpendableCredit
    from trueup.billing.drafting.model import (
        DraftInvoice,
        DraftLine,
        InvoiceFacts,
    )
    from trueup.billing.fx.rules import Rates
    from trueup.billing.invoicing.model import LegalEntity
    from trueup.billing.taxes.model import Buyer
    from trueup.billing.taxes.rules.rate_table import RateTable


NO_FACTS: Final = MappingProxyType[str, "InvoiceFacts"]({})


class Conventions(NamedTuple):
    """What the tenant has agreed: dialects and legal entities by name, tables of tax, FX rates."""

    dialect: Callable[[str | None], Dialect]
    entity: Callable[[UUID | None], LegalEntity]
    rates: RateTable
    fx: Rates


def is_below(draft: DraftInvoice, least_micros: int) -> bool:
    """Whether something is due, and less than `least_micros`."""
    gross = draft.subtotal_micros - draft.discount_micros + draft.tax_micros
    return 0 < gross - draft.credit_micros < least_micros


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
