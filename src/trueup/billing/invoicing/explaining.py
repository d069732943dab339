"""An invoice with the story of each line, computed again: what was billed must come out (B13)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any
from uuid import UUID

from trueup.billing.calendar.rules.zones import local_date
from trueup.billing.dialect.service import dialects
from trueup.billing.drafting.model import LineKind
from trueup.billing.drafting.rules.amounts import flat
from trueup.billing.drafting.telling import Story, TaxShare, tell
from trueup.billing.fx import service as fx
from trueup.billing.fx.rules import exchanged
from trueup.billing.invoicing import documents, keeping
from trueup.billing.invoicing.rules.untaxed import why_untaxed
from trueup.billing.rating.rules.proof import proof_of
from trueup.billing.subscriptions import service as subscriptions
from trueup.kernel.currency import currency
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo
    from decimal import Decimal

    from trueup.billing.dialect.service import Dialects
    from trueup.billing.invoicing.model import Bill
    from trueup.billing.invoicing.previewing import Preview
    from trueup.billing.subscriptions.model import Subscription
    from trueup.db import Tx


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """A line and how it came about.  start, end: days of its subscription.

    holds: its derivation, executed again under its dialect, comes to the amount that was billed.
    """

    name: str
    start: date | None
    end: date | None
    amount_micros: int
    off_micros: int
    tax_micros: int
    story: str | None
    holds: bool
    derivation: str | None


@dataclass(frozen=True, slots=True)
class ExplainedTax:
    """The tax once more in another currency.  holds: by its rate it computes to the same again."""

    currency: str
    tax_micros: int
    base: str
    quote: str
    rate: Decimal
    source: str
    effective_at: datetime
    holds: bool

    @property
    def basis(self) -> str:
        """The rate with its source."""
        return f"1 {self.base} = {self.rate:f} {self.quote}, {self.source}"


@dataclass(frozen=True, slots=True)
class Explained:
    """invoice: its row.  tax_in: None where its tax is told in its own currency alone.

    account_micros: what a line of it put aside as the customer's credit; negative: used of it.
    untaxed: why it bears no tax, in words; None where it does, if at 0 %.
    """

    invoice: Any
    lines: tuple[ExplainedLine, ...]
    tax_fact: str | None
    tax_in: ExplainedTax | None = None
    account_micros: int = 0
    untaxed: str | None = None

    @property
    def net_micros(self) -> int:
        """Before discounts and tax; what moved the customer's credit is no part of it."""
        net: int = self.invoice.subtotal_micros - self.account_micros
        return net

    def as_json(self) -> dict[str, Any]:
        header: dict[str, Any] = self.invoice._asdict()
        return header | {
            "account_micros": self.account_micros,
            "lines": [
                {name: getattr(line, name) for name in ExplainedLine.__slots__}
                for line in self.lines
            ],
            "tax_fact": self.tax_fact,
            "untaxed": self.untaxed,
            "tax_in": None if self.tax_in is None else asdict(self.tax_in),
        }


def explained(tx: Tx, named: str, locale: str) -> Explained:
    """The invoice of a number or id.  Raises InvoiceUnknown, LanguageUnknown."""
    invoice = documents.get_invoice(tx, named)
    rows = keeping.invoice_lines(tx, invoice.invoice_id)
    known = dialects(tx)
    ids = sorted({row.subscription_id for row in rows if row.subscription_id})
    found = {s.record.subscription_id: s for s in subscriptions.find(tx, ids)}
    fact = invoice.tax_fact_id and keeping.find_derivation(tx, invoice.tax_fact_id)
    lines = tuple(
        _line(row, invoice.currency, locale, *_ways(known, found.get(row.subscription_id)))
        for row in rows
    )
    account = sum(row.amount_micros for row in rows if row.kind == LineKind.ACCOUNT_CREDIT)
    decided = None if fact is None else json.loads(fact)
    why = None if invoice.tax_micros else why_untaxed(decided, locale)
    return Explained(invoice, lines, fact, _tax_in(tx, invoice), account, why)


def _tax_in(tx: Tx, invoice: Any) -> ExplainedTax | None:
    row = keeping.find_tax_exchange(tx, invoice.invoice_id)
    if row is None:
        return None
    rate = fx.get_rate(tx, row.fx_rate_id)
    again = exchanged(Money(invoice.tax_micros, currency(invoice.currency)), rate).amount
    holds = again == Money(row.tax_micros, currency(row.currency))
    return ExplainedTax(
        row.currency,
        row.tax_micros,
        rate.base,
        rate.quote,
        rate.rate,
        rate.source,
        rate.effective_at,
        holds,
    )


def _ways(known: Dialects, subscription: Subscription | None) -> tuple[str, tzinfo]:
    """How a line's amount was rounded, and whose days it counts."""
    if subscription is None:
        return known.default.rounding, UTC
    return known.named(subscription.record.dialect).rounding, subscription.zone


def _line(row: Any, code: str, locale: str, rounding: str, where: tzinfo) -> ExplainedLine:
    name = row.description or " ".join(filter(None, (row.plan, row.charge, row.kind)))
    story, holds = None, True
    if row.derivation is not None:
        proof = proof_of(row.derivation, row.amount_micros, currency(code), rounding)
        # A credit is at most what is left of what was billed; then it is less than it computes to.
        holds = proof.holds or row.gives_back is not None
        rate = None if row.tax_rate is None else row.tax_rate * 100
        # What was cut to what was left is told as the amount it is.
        node = proof.derivation if proof.holds else flat(row.amount_micros)
        tax = TaxShare(row.tax_micros, rate)
        kind = LineKind(row.kind)
        told = Story(node, row.amount_micros, kind, row.discount_micros, tax)
        story = tell(told, locale, currency(code))
    return ExplainedLine(
        name,
        _day(row.period_start, where),
        _day(row.period_end, where),
        row.amount_micros,
        row.discount_micros,
        row.tax_micros,
        story,
        holds,
        row.derivation,
    )


def _day(instant: datetime | None, where: tzinfo) -> date | None:
    return None if instant is None else local_date(instant, where)


def untaxed(bill: Bill, locale: str = "en") -> str | None:
    """Why a bill that is not written yet bears no tax; None where it does, or is no invoice."""
    if bill.draft is None or bill.draft.tax_micros:
        return None
    return why_untaxed(bill.tax_fact, locale)


def preview_as_json(shown: Preview) -> dict[str, Any]:
    """A preview for programs."""
    bill = shown.bill
    draft = None if bill is None else bill.draft
    return {
        "parked": None
        if shown.parked is None
        else {
            "code": shown.parked.code,
            "sentence": shown.parked.sentence,
            "fix": shown.parked.fix,
        },
        "next_bill_at": shown.next_bill_at,
        "invoice": None
        if bill is None or draft is None
        else {
            "currency": bill.currency,
            "issued_at": bill.at,
            "due_at": bill.due_at,
            "subtotal_micros": draft.subtotal_micros,
            "discount_micros": draft.discount_micros,
            "tax_micros": draft.tax_micros,
            "untaxed": untaxed(bill),
            "credit_micros": draft.credit_micros,
            "put_aside_micros": draft.put_aside_micros,
            "total_micros": draft.total_micros,
            "lines": [
                {
                    "kind": line.kind.value,
                    "plan": line.plan,
                    "charge": line.component,
                    "description": line.description,
                    "from": None if line.span is None else line.span.start,
                    "until": None if line.span is None else line.span.end,
                    "quantity": line.quantity,
                    "amount_micros": line.amount_micros,
                    "discount_micros": off,
                    "tax_micros": tax,
                }
                for line, off, tax in zip(draft.lines, draft.off, draft.taxes, strict=True)
            ],
        },
        "credit_notes": []
        if bill is None
        else [
            {"invoice": UUID(n.invoice), "net_micros": n.net_micros, "tax_micros": n.tax_micros}
            for n in bill.notes
        ],
    }
