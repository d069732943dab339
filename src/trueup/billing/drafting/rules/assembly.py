"""From lines to documents: discounts, then tax, then credit of the account (B42).  Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trueup.billing.dialect.model import CreditUse, Shortfall
from trueup.billing.discounts.model import DiscountableLine
from trueup.billing.discounts.rules.coupons import discount_lines
from trueup.billing.drafting.model import DraftCreditNote, DraftInvoice, LineKind
from trueup.billing.taxes.model import TaxableLine
from trueup.billing.taxes.rules.amounts import tax_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.discounts.model import Discount
    from trueup.billing.drafting.model import DraftLine, InvoiceFacts
    from trueup.billing.taxes.model import TaxRate
    from trueup.kernel.clock import Instant
    from trueup.kernel.currency import Currency


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an account brings to an invoice besides its lines.

    rates: taxes of a line that names none of its own, in order.
    credit_micros: what the account holds and may use here.
    ahead: what earlier invoices took ahead of a line, by its key; not discounted or taxed again.
    """

    currency: Currency
    dialect: Dialect
    at: Instant
    discounts: tuple[Discount, ...] = ()
    rates: tuple[TaxRate, ...] = ()
    credit_micros: int = 0
    ahead: Mapping[str, int] = field(default_factory=dict)


def assembled(
    lines: Sequence[DraftLine],
    around: Surroundings,
    facts: Mapping[str, InvoiceFacts],
    rates_of: Mapping[str, tuple[TaxRate, ...]],
) -> DraftInvoice:
    """The invoice of `lines`.

    facts: of invoices whose lines are given back, by line key.
    rates_of: taxes of lines that have their own, by line key.
    """
    open_ = [line.amount_micros - around.ahead.get(line.key, 0) for line in lines]
    taken = discount_lines(
        [DiscountableLine(o, x.plan, x.component) for o, x in zip(open_, lines, strict=True)],
        around.discounts,
        currency=around.currency,
        at=around.at,
        convention=around.dialect.discounts,
    )
    off = tuple(
        _discount_given_back(line, facts) if line.gives_back else part
        for line, part in zip(lines, taken.off, strict=True)
    )
    taxable = [
        TaxableLine(micros - part, rates_of.get(line.key, around.rates))
        for line, micros, part in zip(lines, open_, off, strict=True)
    ]
    taxed = tax_lines(taxable, currency=around.currency, convention=around.dialect.taxes)
    subtotal, discount = sum(line.amount_micros for line in lines), sum(off)
    gross = subtotal - discount + taxed.tax_micros - sum(around.ahead.values())
    used = min(gross, around.credit_micros) if gross > 0 else 0
    put_aside = -gross if gross < 0 else 0
    return DraftInvoice(
        lines=tuple(lines),
        off=off,
        taxes=tuple(taxed.line_taxes),
        subtotal_micros=subtotal,
        discount_micros=discount,
        tax_micros=taxed.tax_micros,
        credit_micros=used,
        put_aside_micros=put_aside,
        ahead_micros=sum(around.ahead.values()),
        total_micros=_total(gross, used, around.dialect),
        discounts_after=tuple(use.after for use in taken.uses),
    )


def _total(gross: int, used: int, dialect: Dialect) -> int:
    if gross < 0:
        return 0 if dialect.shortfall is Shortfall.BALANCED else gross
    return gross if dialect.credit_use is CreditUse.SETTLED else gross - used


def _discount_given_back(line: DraftLine, facts: Mapping[str, InvoiceFacts]) -> int:
    """The part of the billed line's discount that goes back with `line`; negative or zero."""
    billed = facts.get(line.gives_back or "")
    if billed is None:
        return 0
    off, amount = billed.off.get(line.gives_back or "", 0), billed.amounts[line.gives_back or ""]
    return -_share(off, -line.amount_micros, amount) if amount else 0


def note_against(
    facts: InvoiceFacts, lines: Sequence[DraftLine], currency: Currency
) -> DraftCreditNote:
    """The credit note of `lines`, all of which give back lines of one invoice.

    Tax follows the net in the invoice's own proportion; the note that gives back the last of the
    net takes what is left of the tax, so that notes never exceed the invoice (B48).
    """
    net = 0
    for line in lines:
        key = line.gives_back or ""
        off = _share(facts.off.get(key, 0), -line.amount_micros, facts.amounts.get(key, 0))
        net += -line.amount_micros - _steps(off, currency)
    net = min(net, facts.net_micros - facts.noted_net_micros)
    if facts.noted_net_micros + net == facts.net_micros:
        tax = facts.tax_micros - facts.noted_tax_micros
    else:
        tax = _steps(_share(facts.tax_micros, net, facts.net_micros), currency)
        tax = min(tax, facts.tax_micros - facts.noted_tax_micros)
    return DraftCreditNote(facts.invoice, tuple(lines), net, tax)


def is_credit(line: DraftLine) -> bool:
    return line.kind is LineKind.CREDIT


def _share(whole: int, part: int, of: int) -> int:
    """`whole` * `part` / `of`, rounded half away from zero to a micro-unit; 0 of nothing."""
    if not of:
        return 0
    numerator = whole * part
    sign = -1 if (numerator < 0) != (of < 0) else 1
    return sign * ((2 * abs(numerator) + abs(of)) // (2 * abs(of)))


def _steps(micros: int, currency: Currency) -> int:
    """`micros` rounded half away from zero to whole steps."""
    step = currency.step_micros
    sign = -1 if micros < 0 else 1
    return sign * ((2 * abs(micros) + step) // (2 * step)) * step
