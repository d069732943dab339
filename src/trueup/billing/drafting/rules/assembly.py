"""From lines to documents: discounts, then tax, then credit of the account (B42).  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from trueup.billing.dialect.model import CreditUse, Shortfall
from trueup.billing.discounts.model import DiscountableLine
from trueup.billing.discounts.rules.coupons import discount_lines
from trueup.billing.drafting.model import DraftCreditNote, DraftInvoice, LineKind
from trueup.billing.taxes.model import TaxableLine
from trueup.billing.taxes.rules.amounts import tax_lines
from trueup.billing.taxes.rules.crediting import Taxed, tax_to_credit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.discounts.model import Discount
    from trueup.billing.drafting.model import DraftLine, InvoiceFacts
    from trueup.billing.taxes.model import TaxRate
    from trueup.kernel.clock import Instant
    from trueup.kernel.currency import Currency

TWO: Final = 2


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an account brings to an invoice besides its lines.

    rates: taxes of a line that names none of its own, in order.
    credit_micros: what the account holds and may use here.
    """

    currency: Currency
    dialect: Dialect
    at: Instant
    discounts: tuple[Discount, ...] = ()
    rates: tuple[TaxRate, ...] = ()
    credit_micros: int = 0


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
    taken = discount_lines(
        [_discountable(line) for line in lines],
        around.discounts,
        currency=around.currency,
        at=around.at,
        convention=around.dialect.discounts,
    )
    off = _off(lines, taken.off, facts, around.currency)
    taxable = [
        TaxableLine(line.amount_micros - part, rates_of.get(line.key, around.rates))
        for line, part in zip(lines, off, strict=True)
    ]
    taxed = tax_lines(taxable, currency=around.currency, convention=around.dialect.taxes)
    subtotal, discount = sum(line.amount_micros for line in lines), sum(off)
    gross = subtotal - discount + taxed.tax_micros
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
        total_micros=_total(gross, used, around.dialect),
        discounts_after=tuple(use.after for use in taken.uses),
    )


def _discountable(line: DraftLine) -> DiscountableLine:
    """What coupons see of a line: nothing of an amount that was agreed as it is."""
    return DiscountableLine(
        0 if line.description is not None else line.amount_micros, line.plan, line.component
    )


def _total(gross: int, used: int, dialect: Dialect) -> int:
    if gross < 0:
        return 0 if dialect.shortfall is Shortfall.BALANCED else gross
    return gross if dialect.credit_use is CreditUse.SETTLED else gross - used


def _off(
    lines: Sequence[DraftLine],
    taken: Sequence[int],
    facts: Mapping[str, InvoiceFacts],
    currency: Currency,
) -> tuple[int, ...]:
    """The discount of each line; that of a credit goes back with it, negative or zero."""
    given: dict[str, int] = {}
    off = []
    for line, part in zip(lines, taken, strict=True):
        billed = facts.get(line.gives_back or "")
        if line.gives_back is not None:
            part = 0 if billed is None else -_discount_with(billed, line, given, currency)  # noqa: PLW2901  the one that applies
        off.append(part)
    return tuple(off)


def _discount_with(
    facts: InvoiceFacts, line: DraftLine, given: dict[str, int], currency: Currency
) -> int:
    """The part of a billed line's discount that goes back with `line`, in whole steps.

    Counted from the start of the line, so that the parts sum to its discount.  given: what was
    given back before, by line; brought up to date.
    """
    key = line.gives_back or ""
    before = given.get(key, facts.given.get(key, 0))
    given[key] = before - line.amount_micros
    return discount_between(facts, key, before, given[key], currency)


def discount_between(
    facts: InvoiceFacts, key: str, since: int, upto: int, currency: Currency
) -> int:
    """The discount of a line's amount from `since` to `upto`, in whole steps; parts of it sum."""
    off, amount = facts.off.get(key, 0), facts.amounts.get(key, 0)
    first, last = (_steps(_share(off, part, amount), currency) for part in (since, upto))
    return last - first


def note_against(
    facts: InvoiceFacts, lines: Sequence[DraftLine], currency: Currency
) -> DraftCreditNote:
    """The credit note of `lines`, all of which give back lines of one invoice.

    Tax follows the net in the invoice's own proportion, or in that of the lines of the same tax.
    The note that gives back the last of the net takes what is left of the tax, so that notes never
    exceed the invoice (B48); of one without any net left there is nothing to give back.
    """
    left = facts.net_micros - facts.noted_net_micros
    if left <= 0:
        return DraftCreditNote(facts.invoice, tuple(lines), 0, 0)
    given: dict[str, int] = {}
    nets = [-x.amount_micros - _discount_with(facts, x, given, currency) for x in lines]
    net = min(sum(nets), left)
    if net < left and all((line.gives_back or "") in facts.at_rate for line in lines):
        groups = (facts.at_rate[line.gives_back or ""] for line in lines)
        parts = zip(nets, groups, strict=True)
        exact = sum(_share(group.tax_micros, part, group.net_micros) for part, group in parts)
        tax = min(_steps(exact, currency), facts.tax_micros - facts.noted_tax_micros)
    else:
        billed = Taxed(facts.net_micros, facts.tax_micros)
        credited = Taxed(facts.noted_net_micros, facts.noted_tax_micros)
        tax = tax_to_credit(net, billed=billed, credited=credited, currency=currency)
    return DraftCreditNote(facts.invoice, tuple(lines), net, tax)


def by_rate(lines: Iterable[tuple[str, object, int, int]]) -> dict[str, Taxed]:
    """By line, what all lines of its tax come to; empty where there is one tax only.

    lines: each as its key, what tells its tax apart, its net and its tax.
    """
    known = list(lines)
    sums: dict[object, Taxed] = {}
    for _, rate, net, tax in known:
        before = sums.get(rate, Taxed(0, 0))
        sums[rate] = Taxed(before.net_micros + net, before.tax_micros + tax)
    return {} if len(sums) < TWO else {key: sums[rate] for key, rate, _, _ in known}


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
