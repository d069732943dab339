"""Drafts are issued: computed anew from what holds by then, numbered, posted, told (B40, B49).

What counts on an invoice is decided by its own day, with all that is known as it is issued:
coupons, credits, what waits for an invoice, and where and who the customer is (ADR 0108).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from trueup.billing.invoicing import drafts, keeping, reading, store
from trueup.billing.invoicing.asides import Below, leave_below_zero
from trueup.billing.invoicing.errors import DraftEmpty
from trueup.billing.invoicing.model import Document, Parked
from trueup.billing.invoicing.redrafting import (
    FIRST,
    Anew,
    Place,
    draft_anew,
    lines_of,
    subscriptions_of,
    with_other_usage,
)
from trueup.billing.invoicing.rules import noting, posting
from trueup.billing.invoicing.rules.refreshing import one_at_a_time
from trueup.events import service as events
from trueup.ledger import service as ledger
from trueup.ledger.model import Facts
from trueup.ledger.templates import CREDIT_USED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from trueup.db import Tx
    from trueup.kernel.clock import Instant

CHUNK: Final = 500
"""Drafts that are issued in one transaction."""


class Issued(NamedTuple):
    """drafts: how many are issued.  parked: who waits for a person with theirs.

    place: the last one looked at; None: there are no more.
    """

    drafts: int
    parked: tuple[Parked, ...]
    place: Place | None


def issue_due(tx: Tx, until: Instant, after: Place = FIRST) -> Issued:
    """Issue a chunk of drafts after one whose days of grace are over by `until`.

    Of a customer whom another system bills a draft stays one: it numbers, posts and tells nothing.
    What is refused waits for a person, and the others go on.
    """
    rows = drafts.drafts_to_finalize(tx, until, *after, CHUNK)
    if not rows:
        return Issued(0, (), None)
    found = lines_of(tx, [row.invoice_id for row in rows])
    billed = {row.invoice_id: subscriptions_of(found.get(row.invoice_id, ())) for row in rows}
    taken = rows[: len(one_at_a_time(billed))]
    anew = _anew(tx, taken, found, until)
    held = {*anew.refused, *anew.empty}
    ready = [row.invoice_id for row in taken if row.invoice_id not in held]
    _issue(tx, ready)
    drafts.unpark(tx, ready)
    parked = [
        Parked(key, row.customer_id, why.code, why.sentence, why.fix)
        for row in taken
        if (why := anew.refused.get(row.invoice_id)) is not None
        for key in sorted(billed[row.invoice_id])
    ]
    last = Place(taken[-1].finalize_after, taken[-1].invoice_id)
    return Issued(len(ready), tuple(parked), last)


def issue(tx: Tx, invoice_id: UUID, until: Instant) -> None:
    """Issue a draft that is held, now.  Raises what would park it, and DraftEmpty."""
    found = lines_of(tx, [invoice_id])
    anew = _anew(tx, drafts.drafts(tx, [invoice_id]), found, until)
    for refusal in anew.refused.values():
        raise refusal
    if anew.empty:
        raise DraftEmpty(invoice=str(invoice_id))
    _issue(tx, [invoice_id])
    drafts.unpark(tx, [invoice_id])


def _anew(tx: Tx, rows: Sequence[Any], found: Mapping[UUID, Sequence[Any]], until: Instant) -> Anew:
    """What becomes of drafts; one that another system made is issued as it came."""
    ours = {row.invoice_id: found[row.invoice_id] for row in rows if row.drafted_at is not None}
    if not ours:
        return Anew([], [], {})
    used = with_other_usage(tx, drafts.usage_on_drafts(tx, list(ours)))
    return draft_anew(tx, ours, used, until, reading.conventions(tx))


def _issue(tx: Tx, ids: Sequence[UUID]) -> None:
    """Number, post, settle and tell of drafts, as they are."""
    if not ids:
        return
    rows = drafts.drafts(tx, ids)
    spent = noting.credits_for(rows, reading.credits_of(tx, rows))
    table = noting.drafts_table(rows)
    ledger.post(tx, posting.issued(table))
    keeping.apply_credits(tx, spent)
    if spent:
        ledger.post(tx, Facts(CREDIT_USED, noting.applications_table(spent)))
    leave_below_zero(
        tx,
        [
            Below(r.invoice_id, r.customer_id, r.currency, r.put_aside_micros, r.issued_at)
            for r in rows
            if r.put_aside_micros
        ],
    )
    events.publish(tx, posting.announced(table, posting.FINALIZED))
    used: dict[UUID, int] = {}
    for each in spent:
        used[each.invoice_id] = used.get(each.invoice_id, 0) + each.amount_micros
    drafts.finalize_drafts(tx, _numbers(tx, rows), used)


def _numbers(tx: Tx, rows: Sequence[Any]) -> dict[UUID, str]:
    """The next numbers of each legal entity, in the order of `rows`; taken last (B40)."""
    entities = reading.conventions(tx).entity
    numbers: dict[UUID, str] = {}
    for entity_id in sorted({row.legal_entity_id for row in rows}):
        entity = entities(entity_id)
        own = [row for row in rows if row.legal_entity_id == entity_id]
        first, digits = store.take_numbers(
            tx, Document.INVOICE, entity.invoice_prefix, entity.digits, len(own)
        )
        for place, row in enumerate(own):
            numbers[row.invoice_id] = f"{entity.invoice_prefix}{first + place:0{digits}d}"
    return numbers
