"""A bill run: chunks of due subscriptions are claimed, billed and committed until none is left.

Any number of workers, of any number of processes, may do this at once; a chunk is a transaction.
Killed anywhere, what was committed is billed and what was not is still due (B39).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

from trueup.billing.invoicing import documents, queue, reading
from trueup.billing.invoicing.left_out import leave_out
from trueup.billing.invoicing.model import Tally
from trueup.billing.invoicing.refreshing import refresh_drafts
from trueup.billing.invoicing.renewals import CHUNK as RENEWALS
from trueup.billing.invoicing.renewals import Renewals
from trueup.billing.invoicing.rules.papering import giving_back, papered, watched
from trueup.billing.invoicing.rules.rows import left_out_rows
from trueup.billing.invoicing.writing import write_bills
from trueup.db.errors import RUN_AGAIN, TransactionConflict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from trueup.billing.invoicing.model import Bill, Context, Due, Outcome
    from trueup.billing.invoicing.rules.totalling import Conventions
    from trueup.billing.subscriptions.terms import Charge
    from trueup.db import Database, Tx
    from trueup.kernel.clock import Clock, Instant

CHUNK: Final = 500
"""Subscriptions that are billed by the general rules in one transaction."""
CUSTOMERS: Final = 20
"""Customers on joint invoices in one transaction; one may have thousands of subscriptions."""


FIRST: Final = UUID(int=0)


def IGNORE(_chunk: Tally) -> None:  # noqa: N802  a default, like a constant
    """Nobody asks."""


@dataclass(slots=True)
class Worker:
    """One of any number that share a run.

    charges: prices read so far; a price never changes.  watched: up to where it has looked at those
    whom usage may bill by itself; looking: the same, once what it does is committed.
    """

    run_id: UUID
    until: Instant
    agreed: Conventions
    clock: Clock
    charges: dict[UUID, Charge] = field(default_factory=dict)
    renewals: Renewals = field(init=False)
    has_steady: bool = True
    watched: UUID = FIRST
    looking: UUID = FIRST

    def __post_init__(self) -> None:
        self.renewals = Renewals(self.agreed)

    def next_chunk(self, tx: Tx) -> Tally | None:
        """Claim a chunk, bill it and say what came of it; None where nothing is due any more."""
        queue.plan_for_chunks(tx)
        self.renewals.forget()
        self.looking = self.watched
        if self.has_steady:
            rows = queue.claim_steady(tx, self.run_id, self.until, RENEWALS)
            if rows:
                return self.renewals.bill(tx, rows, self.run_id)
            self.has_steady = False
        due = queue.claim(tx, self.run_id, self.until, CHUNK)
        due = due or queue.claim_joint(tx, self.run_id, self.until, CUSTOMERS)
        if not due:
            return self.watch(tx)
        # What was caught up may be steady now, and due again.
        self.has_steady = True
        return self.bill(tx, due)

    def remember(self) -> None:
        """The last chunk is committed: what was kept for the next ones counts."""
        self.renewals.remember()
        self.watched = self.looking

    def bill(self, tx: Tx, due: Sequence[Due]) -> Tally:
        """Bill subscriptions that are held."""
        tx.check_references_by_set()
        context = reading.context(
            tx, [each.subscription_id for each in due], self.charges, self.agreed
        )
        return self._written(tx, papered(due, context, self.agreed), context)

    def watch(self, tx: Tx) -> Tally | None:
        """Bill what usage made due by itself, of the next chunk of those of whom it may."""
        rows = queue.claim_watched(tx, self.run_id, self.until, self.watched, CHUNK)
        if not rows:
            return None
        self.looking = rows[-1].subscription_id
        ids = reading.with_new_usage(tx, rows)
        if not ids:
            return Tally()
        tx.check_references_by_set()
        context = reading.context(tx, ids, self.charges, self.agreed)
        outcome = watched(ids, self.until, context, self.agreed)
        done = self._written(tx, outcome, context)
        parked = {each.subscription_id for each in outcome.parked}
        queue.watched(tx, [key for key in ids if key not in parked], self.until)
        return done

    def _written(self, tx: Tx, outcome: Outcome, context: Context) -> Tally:
        self._hold_noted(tx, outcome.bills, context)
        zones = {s.contract.key: s.zone for s in context.subscriptions.values()}
        discounts = {d.discount_id: d for of in context.discounts.values() for d in of}
        invoices = write_bills(tx, outcome.bills, zones, discounts, self.agreed.fx, self.run_id)
        for bill in outcome.bills:
            if bill.notes:
                self._note(tx, bill, context)
        queue.advance(tx, queue.records(outcome.advanced))
        if outcome.advanced:
            queue.unpark(tx)
        queue.park(tx, outcome.parked, self.run_id, self.clock.now())
        left_out = leave_out(tx, left_out_rows(outcome.left_out, zones), self.run_id)
        return replace(tally(outcome, invoices), left_out=left_out)

    def _hold_noted(self, tx: Tx, bills: Sequence[Bill], context: Context) -> None:
        """Hold what bills give something back of, as it was read.  Raises TransactionConflict."""
        known = {
            UUID(facts.invoice): (facts.noted_net_micros, facts.noted_tax_micros)
            for bill in bills
            for line in giving_back(bill)
            for facts in (context.books[UUID(line.contract)].facts[line.gives_back or ""],)
        }
        noted = documents.hold_noted(tx, known)
        for invoice, sums in known.items():
            if sums != noted.get(invoice):
                sentence = f"invoice {invoice} was credited or voided by somebody else meanwhile"
                raise TransactionConflict(sentence, fix=RUN_AGAIN)

    def _note(self, tx: Tx, bill: Bill, context: Context) -> None:
        keys = {UUID(line.contract) for note in bill.notes for line in note.lines if line.contract}
        facts = {line: f for key in keys for line, f in context.books[key].facts.items()}
        documents.write_notes(tx, bill, facts, context.subscriptions[min(keys)].zone)


def work(
    db: Database, tenant_id: int, worker: Worker, done: Callable[[Tally], None] = IGNORE
) -> Tally:
    """Refresh drafts, then bill chunk after chunk until nothing is due.

    Each chunk is committed, then told to `done`; so are, first, the drafts that were refreshed.

    A chunk that a deadlock undid is claimed again; whoever it stood in the way of has gone on.
    """
    # Before anything else is billed: what came late would else be on the next invoice.
    total = Tally(refreshed=refresh_drafts(db, tenant_id, worker.until, worker.agreed))
    if total.refreshed:
        done(total)
    while True:
        chunk = db.attempt(worker.next_chunk, tenant_id=tenant_id)
        worker.remember()
        if chunk is None:
            return total
        done(chunk)
        total = total.plus(chunk)


def tally(outcome: Outcome, invoices: pa.Table) -> Tally:
    money: dict[str, int] = {}
    if invoices.num_rows:
        for currency, micros in zip(
            invoices.column("currency").to_pylist(),
            invoices.column("total_micros").to_pylist(),
            strict=True,
        ):
            money[currency] = money.get(currency, 0) + micros
    return Tally(
        due=len(outcome.advanced) + len(outcome.parked),
        billed=min(len(outcome.advanced), len(outcome.bills)),
        quiet=max(len(outcome.advanced) - len(outcome.bills), 0),
        parked=len(outcome.parked),
        invoices=invoices.num_rows,
        money=money,
    )
