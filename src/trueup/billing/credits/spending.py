"""Credit spent at a person's word: applied to an invoice, or paid out.

What bill runs spend by themselves, they spend as they issue an invoice (`billing.invoicing`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from trueup.billing.credits import rules, store
from trueup.billing.credits.errors import (
    CreditAboveDue,
    CreditAppliedAlike,
    CreditNotMoney,
    CreditShort,
    CreditSpent,
    CreditUnfit,
    NothingToPayOut,
    NothingToSpend,
    NotPaidIn,
    PayOutKnown,
    PayOutUndone,
    PayOutUnknown,
    SpendingNotPositive,
)
from trueup.billing.credits.model import Applied
from trueup.billing.customers import service as customers
from trueup.billing.discounts.rules.credit_order import spend_credits
from trueup.billing.invoicing import documents as invoicing
from trueup.billing.invoicing import reading
from trueup.billing.invoicing.model import InvoiceStatus
from trueup.billing.invoicing.settling import settle_by_credit
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.money import Money
from trueup.ledger import service as ledger

if TYPE_CHECKING:
    from uuid import UUID

    from trueup.billing.credits.model import PayOut, PayoutPart
    from trueup.billing.discounts.model import SpendableCredit
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

TAKES_CREDIT: Final = frozenset({InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE})


def apply(
    tx: Tx, invoice_id: UUID, at: Instant, micros: int | None = None, *, again: bool = False
) -> Applied:
    """Settle an issued invoice by its customer's credit: `micros` of it, or all that can be (B42).

    Credits in its currency that count at `at`, the smaller priority first, then what ends sooner,
    then the older.  again: one more of the same amount on the same day is meant.
    Raises, in this order, InvoiceUnknown, CreditUnfit, AuthorityElsewhere, SpendingNotPositive,
    CreditAppliedAlike, CreditAboveDue, NothingToSpend, CreditShort.
    """
    invoice = invoicing.hold_invoice(tx, invoice_id)
    name = invoice.number or str(invoice_id)
    due = invoice.total_micros - invoice.paid_micros - invoice.credited_micros
    if invoice.status not in TAKES_CREDIT or due <= 0:
        raise CreditUnfit(invoice=name, status=invoice.status)
    customers.get_ours(tx, invoice.customer_id)
    if micros is not None:
        _check_asked(tx, invoice, micros, due, at, again=again)
    wanted, money = due if micros is None else micros, CURRENCIES[invoice.currency]
    held = reading.credits_of(tx, [invoice]).get((invoice.customer_id, invoice.currency), ())
    uses = spend_credits(held, wanted, currency=money, at=at)
    spent = sum(use.amount_micros for use in uses)
    if not spent:
        raise NothingToSpend(invoice=name, currency=money.code)
    if micros is not None and spent < micros:
        raise CreditShort(left=Money(spent, money), asked=Money(micros, money))
    settle_by_credit(tx, invoice, uses, at)
    return Applied(invoice_id, invoice.number, money.code, spent, due - spent, uses)


def pay_out(tx: Tx, wanted: PayOut) -> list[PayoutPart]:
    """Record that credit which is the customer's own money was paid back to them, and post it.

    Returns what of it was of which credit: at least one, in the order in which credit is spent.
    Never more than is left of it, nor than the customer paid and was not given back (B57).
    Raises, in this order, PayOutKnown, AuthorityElsewhere, SpendingNotPositive, CreditSpent,
    CreditNotMoney, NothingToPayOut, CreditShort, NotPaidIn.
    """
    if store.is_paid_out(tx, wanted.reference):
        raise PayOutKnown(reference=wanted.reference)
    customer, money = customers.get_ours(tx, wanted.customer_id), CURRENCIES[wanted.currency]
    if wanted.amount_micros is not None and wanted.amount_micros <= 0:
        raise SpendingNotPositive(amount=Money(wanted.amount_micros, money))
    own = _payable(tx, wanted)
    if not own:
        raise NothingToPayOut(customer=customer.name, currency=money.code)
    micros = _most(tx, wanted, sum(credit.remaining_micros for credit in own), customer.name)
    parts = rules.payout_parts(wanted, spend_credits(own, micros, currency=money, at=wanted.at))
    if store.insert_payouts(tx, wanted, parts) < len(parts):  # another one, a moment ago
        raise PayOutKnown(reference=wanted.reference)
    store.lower(tx, parts)
    ledger.post(tx, rules.paid_out(wanted, parts))
    return parts


def take_back_pay_out(tx: Tx, reference: str, at: Instant) -> list[Any]:
    """Undo a pay-out that did not leave, or came back; returns its parts.

    The customer has the credit again, to spend or to be paid out under another reference; both
    facts stay in the books.  Raises, in this order, PayOutUnknown, PayOutUndone,
    AuthorityElsewhere.
    """
    parts = store.payout_parts(tx, reference)
    if not parts:
        raise PayOutUnknown(reference=reference)
    if store.undo_payouts(tx, [part.credit_payout_id for part in parts], at) < len(parts):
        raise PayOutUndone(reference=reference)
    customers.get_ours(tx, parts[0].customer_id)
    store.raise_back(tx, parts)
    ledger.post(tx, rules.came_back(parts, at))
    return parts


def payouts(tx: Tx, customer_id: UUID | None, limit: int) -> list[Any]:
    """What was paid out, the newest first, of one customer or all."""
    return store.payouts(tx, customer_id, limit)


def _check_asked(tx: Tx, invoice: Any, micros: int, due: int, at: Instant, *, again: bool) -> None:
    name, money = invoice.number, CURRENCIES[invoice.currency]
    if micros <= 0:
        raise SpendingNotPositive(amount=Money(micros, money))
    if not again and store.is_applied_alike(tx, invoice.invoice_id, micros, at):
        raise CreditAppliedAlike(invoice=name, amount=Money(micros, money))
    if micros > due:
        raise CreditAboveDue(invoice=name, due=Money(due, money), asked=Money(micros, money))


def _payable(tx: Tx, wanted: PayOut) -> list[SpendableCredit]:
    """Credits that may be paid out, as they are spent; all of the customer's are held."""
    held = store.left_of(tx, wanted.customer_id)
    if wanted.credit_id is not None:
        held = [each for each in held if each.credit_id == wanted.credit_id]
        if not held:
            raise CreditSpent(credit=str(wanted.credit_id))
        if (why := rules.why_no_money(held[0])) is not None:
            raise CreditNotMoney(credit=str(wanted.credit_id), why=why)
    own = [rules.spendable(each) for each in held if rules.why_no_money(each) is None]
    return [each for each in own if each.currency == wanted.currency and each.counts_at(wanted.at)]


def _most(tx: Tx, wanted: PayOut, left_micros: int, name: str) -> int:
    """What is asked for, or the most that can be.  Raises CreditShort, NotPaidIn."""
    money, asked = CURRENCIES[wanted.currency], wanted.amount_micros
    left, paid_in = Money(left_micros, money), store.paid_in(tx, wanted.customer_id, money.code)
    if asked is not None and asked > left_micros:
        raise CreditShort(left=left, asked=Money(asked, money))
    if paid_in <= 0 or paid_in < (asked or 0):
        meant = left if asked is None else Money(asked, money)
        raise NotPaidIn(customer=name, left=Money(paid_in, money), asked=meant)
    return min(left_micros, paid_in) if asked is None else asked
