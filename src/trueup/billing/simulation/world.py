"""An account in memory: what was agreed, what was used, what was billed.  Nothing is written.

The world only keeps books.  What is owed is decided by `drafting`, what an order means by
`subscriptions`; both are what bills real customers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from trueup.billing.calendar.rules.zones import local_date, midnight
from trueup.billing.dialect.model import CreditForm
from trueup.billing.drafting.model import (
    BilledLine,
    DraftLine,
    InvoiceFacts,
    LineKind,
    Situation,
    UsageEvent,
)
from trueup.billing.drafting.rules.assembly import (
    Surroundings,
    assembled,
    is_credit,
    note_against,
)
from trueup.billing.drafting.rules.due import lines_due, next_due, usage_due_at_once
from trueup.billing.simulation.issued import Issued, Noted
from trueup.billing.simulation.noting import facts_of
from trueup.billing.simulation.settling import settle_open
from trueup.billing.taxes.model import TaxRate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import tzinfo

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.discounts.model import Discount
    from trueup.billing.drafting.model import DraftCreditNote
    from trueup.billing.subscriptions.contract import Contract
    from trueup.billing.subscriptions.cycle import Point
    from trueup.kernel.clock import Instant
    from trueup.kernel.currency import Currency


@dataclass(slots=True)
class World:
    """The books of one account.  Changes as time passes; `copy` before a preview."""

    zone: tzinfo
    currency: Currency
    dialect: Dialect
    rates: tuple[TaxRate, ...] = ()
    cycle_day: int | None = None
    contracts: dict[str, Contract] = field(default_factory=dict)
    billed: dict[str, dict[str, tuple[BilledLine, ...]]] = field(default_factory=dict)
    usage: dict[str, list[UsageEvent]] = field(default_factory=lambda: defaultdict(list))
    discounts: tuple[Discount, ...] = ()
    invoices: list[Issued] = field(default_factory=list)
    notes: list[Noted] = field(default_factory=list)
    credit_micros: int = 0
    paid: dict[str, int] = field(default_factory=dict)
    is_invoicing: bool = True
    giving_back: dict[str, str] = field(default_factory=dict)

    @property
    def quantities_change_next_day(self) -> bool:
        """Whether the day of a new quantity is the old one's; instants have no such day."""
        return self.dialect.quantities_change_next_day and not self.dialect.counts_instants

    def point(self, at: Instant) -> Point:
        """`at` on the axis of the dialect."""
        return at if self.dialect.counts_instants else local_date(at, self.zone)

    def bill(self, at: Instant, label: str, *, is_ahead: bool = False) -> None:
        """Issues what is due at `at` and not billed: an invoice, and notes for credits."""
        if not self.is_invoicing:
            return
        now = self.point(at)
        lines = [
            line
            for contract in self.contracts.values()
            for line in lines_due(self.situation(contract, now, is_ahead=is_ahead))
        ]
        self.issue(lines, at, label)

    def bill_usage(self, key: str, at: Instant, label: str) -> None:
        """Issues what an event of usage makes due by itself: charges in advance, thresholds."""
        if not self.is_invoicing:
            return
        at_once, crossed = usage_due_at_once(self.situation(self.contracts[key], self.point(at)))
        if at_once or crossed:
            self._record([*at_once, *crossed], at, label, kind="threshold" if crossed else None)

    def situation(self, contract: Contract, now: Point, *, is_ahead: bool = False) -> Situation:
        return Situation(
            contract=contract,
            billed=self.billed.get(contract.key, {}),
            usage=tuple(sorted(self.usage[contract.key], key=_by_time)),
            now=now,
            currency=self.currency,
            dialect=self.dialect,
            is_ahead=is_ahead and self.dialect.bills_arrears_ahead,
        )

    def next_due(self, after: Instant) -> Instant | None:
        """When something falls due by itself after `after`; None: never."""
        now = self.point(after)
        points = [p for c in self.contracts.values() if (p := next_due(c, now)) is not None]
        if not points:
            return None
        first = min(points)
        return first if isinstance(first, datetime) else midnight(first, self.zone)

    def issue(self, lines: Sequence[DraftLine], at: Instant, label: str) -> None:
        """Puts `lines` on documents, in the dialect's form, and on the books."""
        if self.dialect.credit_form is CreditForm.CREDIT_NOTE:
            credits_ = [line for line in lines if is_credit(line)]
            lines = [line for line in lines if not is_credit(line)]
            self._note(credits_, label)
        if lines:
            self._record(lines, at, label)

    def _record(
        self,
        lines: Sequence[DraftLine],
        at: Instant,
        label: str,
        *,
        kind: str | None = None,
    ) -> None:
        key = f"{len(self.invoices) + 1}"
        draft = assembled(
            lines,
            Surroundings(
                currency=self.currency,
                dialect=self.dialect,
                at=at,
                discounts=self.discounts,
                rates=self.rates,
                credit_micros=max(self.credit_micros, 0),
            ),
            self._facts_by_line({x.gives_back for x in lines} - {None}),
            self._own_rates(lines),
        )
        after = {d.discount_id: d for d in draft.discounts_after}
        self.discounts = tuple(after.get(d.discount_id, d) for d in self.discounts)
        self.credit_micros += draft.put_aside_micros - draft.credit_micros
        self.invoices.append(Issued(key, label, self.point(at), draft, kind))
        self._book(lines, key)
        settle_open(self, at)

    def _book(self, lines: Sequence[DraftLine], invoice: str) -> None:
        for line in lines:
            if line.contract is None or line.item is None:
                continue
            books = self.billed.setdefault(line.contract, {})
            if is_credit(line):
                self._give_back(books, line)
            else:
                row = BilledLine(line, invoice, line.amount_micros)
                books[line.item] = (*books.get(line.item, ()), row)

    def _give_back(self, books: dict[str, tuple[BilledLine, ...]], line: DraftLine) -> None:
        item = line.item or ""
        books[item] = tuple(
            replace(
                row,
                left_micros=row.left_micros + line.amount_micros,
                given_back=(*row.given_back, *([line.span] if line.span else [])),
            )
            if row.line.key == line.gives_back
            else row
            for row in books[item]
        )

    def _note(self, lines: Sequence[DraftLine], label: str) -> None:
        by_invoice: dict[str, list[DraftLine]] = defaultdict(list)
        owner = self._invoice_by_line()
        for line in lines:
            by_invoice[owner[line.gives_back or ""]].append(line)
        for invoice, credited in by_invoice.items():
            self.note(invoice, credited, label)
            self._book(credited, invoice)

    def note(self, invoice: str, lines: Sequence[DraftLine], label: str) -> DraftCreditNote:
        """Issues a credit note; its total becomes credit of the account."""
        note = note_against(facts_of(self, invoice), lines, self.currency)
        policies = {self.giving_back.get(line.contract or "") for line in lines}
        noted = Noted(label, note)
        if "refund" in policies:
            noted = replace(noted, refund_micros=self._paid_beyond(invoice, note))
        elif "offset" in policies:
            noted = replace(noted, offset_micros=min(self.owed(invoice), note.total_micros))
            self.paid[invoice] = self.paid.get(invoice, 0) + noted.offset_micros
        self.notes.append(noted)
        self.credit_micros += noted.credit_micros
        return note

    def owed(self, invoice: str) -> int:
        """What of an invoice is not paid; credit notes against it aside."""
        held = self.invoice(invoice)
        return max(held.total_micros - self.paid.get(invoice, 0), 0)

    def _paid_beyond(self, invoice: str, note: DraftCreditNote) -> int:
        """What was paid of an invoice above what it comes to after the note."""
        kept = self.invoice(invoice).total_micros - note.total_micros
        return min(max(self.paid.get(invoice, 0) - kept, 0), note.total_micros)

    def lessen(self, lines: Sequence[DraftLine]) -> None:
        """What notes gave back of lines by order cannot be given back again."""
        for line in lines:
            if line.contract is not None and line.item is not None:
                self._give_back(self.billed[line.contract], replace(line, span=None))

    def charged_through(self, contract: Contract) -> Point | None:
        """Until when the fees of a contract are billed; None: not at all."""
        ends = [
            row.line.span.end
            for rows in self.billed.get(contract.key, {}).values()
            for row in rows
            if row.line.kind is LineKind.RECURRING and row.line.span is not None
        ]
        return max(ends, default=None)

    @property
    def balance_micros(self) -> int:
        """What the account owes: documents less payments told of, and less its credit."""
        owed = sum(issued.total_micros for issued in self.invoices)
        return owed - sum(self.paid.values()) - self.credit_micros

    def day_label(self, at: Instant) -> str:
        return local_date(at, self.zone).isoformat()

    def invoice(self, key: str) -> Issued:
        """Keys count invoices from one."""
        return self.invoices[int(key) - 1]

    def invoice_on(self, day: str) -> Issued | None:
        """The invoice a case means by a date, the last of that day; or by the plan it is for."""
        exact = [i for i in self.invoices if i.at == day]
        same = [i for i in self.invoices if i.point.isoformat()[:10] == day[:10]]
        of_plan = [i for i in self.invoices if any(x.plan == day for x in i.draft.lines)]
        wanted = exact or same or of_plan
        return wanted[-1] if wanted else None

    def _invoice_by_line(self) -> dict[str, str]:
        return {line.key: i.key for i in self.invoices for line in i.draft.lines}

    def _facts_by_line(self, given_back: Collection[str | None]) -> dict[str, InvoiceFacts]:
        """Of the lines that are given back, what their invoices say."""
        if not given_back:
            return {}
        owner = {line: key for line, key in self._invoice_by_line().items() if line in given_back}
        facts = {key: facts_of(self, key) for key in set(owner.values())}
        return {line: facts[key] for line, key in owner.items()}

    def _own_rates(self, lines: Sequence[DraftLine]) -> dict[str, tuple[TaxRate, ...]]:
        return {
            line.key: (TaxRate.from_percent(str(line.tax_percent)),)
            for line in lines
            if line.tax_percent is not None
        }


def _by_time(event: UsageEvent) -> tuple[Point, Point]:
    return event.at, event.recorded
