"""Bill runs from outside: begun, shared among workers, checked at the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.rules.zones import zone
from trueup.billing.customers import service as customers
from trueup.billing.invoicing import breakage, issuers, issuing, queue, store
from trueup.billing.invoicing import left_out as unbilled
from trueup.billing.invoicing.errors import (
    EntityIssued,
    EntityKnown,
    EntityUnknown,
)
from trueup.billing.invoicing.model import Tally
from trueup.billing.invoicing.redrafting import FIRST, Place
from trueup.billing.invoicing.rules.reading import EVER
from trueup.billing.invoicing.rules.rows import unpriced_rows
from trueup.billing.invoicing.workers import work_in_processes, worker_of
from trueup.billing.metering import service as metering
from trueup.billing.taxes import service as taxes
from trueup.kernel.ids import new_id
from trueup.kernel.progress import SILENT

if TYPE_CHECKING:
    from datetime import tzinfo
    from uuid import UUID

    from trueup.billing.invoicing.model import LegalEntity, MendedEntity
    from trueup.db import Database, Tx
    from trueup.kernel.clock import Clock, Instant
    from trueup.kernel.progress import Progress


TOLD: Final = 20
"""Rows of usage on no bill that a run tells by itself; `left_out` lists all."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run found due and what became of it.

    still_due: due, not parked, and yet not billed; held by another run, or a defect.
    waiting: items of customers we bill whose next invoice has not come yet.
    left_out: usage that it met and that is on no bill, the first of `done.left_out` rows.
    ended: credits of which it posted what is left, for they ended; or posted it back.
    """

    run_id: UUID
    until: Instant
    due: int
    done: Tally
    still_due: int
    still_parked: int
    finalized: int = 0
    waiting: int = 0
    left_out: tuple[Any, ...] = ()
    ended: int = 0

    @property
    def refreshed(self) -> int:
        """Drafts in their days of grace that usage changed (B28)."""
        return self.done.refreshed

    @property
    def is_complete(self) -> bool:
        """Whether everything that was due is billed, quiet or parked with a reason."""
        return self.still_due == 0


def run(
    db: Database,
    tenant_id: int,
    until: Instant,
    clock: Clock,
    *,
    workers: int = 1,
    progress: Progress = SILENT,
) -> RunReport:
    """Bill everything that is due by `until`, each period by itself and in order (B11).

    workers: processes, this one among them.  Safe beside other runs, and again after it
    was killed.  At its end what is due is compared with what was billed.  What is over and used
    something that was recorded since its last bill is due once more (B28).
    Raises EntityMissing for a tenant without a legal entity, and WorkerDied.
    """
    run_id = new_id(clock)
    opening = partial(_opened, run_id=run_id, until=until, clock=clock)
    due, met = db.attempt(opening, tenant_id=tenant_id)
    progress.begin("bill run", due, unit="subscriptions")

    def advance(chunk: Tally) -> None:
        progress.advance(chunk.due)

    own = worker_of(db, tenant_id, run_id, until, clock)
    done = met.plus(work_in_processes(db, tenant_id, own, count=workers, done=advance))
    progress.end()
    finalized, held = _finalized(db, tenant_id, run_id, until, clock)
    ended = _ended(db, tenant_id, run_id, min(until, clock.now()))
    with db.transaction(tenant_id=tenant_id) as tx:
        left, parked = queue.count_due(tx, run_id, until)
        still_due = left - parked
        queue.close_run(tx, run_id, clock.now(), done, still_due)
        waiting = store.count_waiting(tx)
        told = tuple(unbilled.left_out(tx, run_id, TOLD)) if done.left_out else ()
    parked += held
    return RunReport(run_id, until, due, done, still_due, parked, finalized, waiting, told, ended)


def _opened(tx: Tx, run_id: UUID, until: Instant, clock: Clock) -> tuple[int, Tally]:
    """How many are due, what is over and used something among them, and what it told by now.

    Usage without a price is told less what earlier runs told of it: of runs that begin at once the
    later one waits, and finds what the first has told.
    """
    queue.hold_opening(tx)
    last = queue.last_run(tx)
    since = EVER if last.began_at is None or last.is_ahead else last.began_at
    if last.began_at is not None:
        queue.bill_once_more(tx, metering.used_without_bill(tx, since))
    due, _ = queue.count_due(tx, None, until)
    queue.open_run(tx, run_id, until, clock.now(), due)
    used = metering.unpriced_since(tx, since)
    told = unbilled.told_unpriced(tx, [row.subscription_id for row in used])
    return due, Tally(left_out=unbilled.leave_out(tx, unpriced_rows(used, told), run_id))


def _finalized(
    db: Database, tenant_id: int, run_id: UUID, until: Instant, clock: Clock
) -> tuple[int, int]:
    """Issue the drafts whose days of grace are over, some hundred at a time.

    Returns how many are issued, and how many subscriptions wait for a person with theirs.
    """
    total, held, place = 0, 0, FIRST
    while True:
        chunk = partial(_issued, run_id=run_id, until=until, clock=clock, after=place)
        issued = db.attempt(chunk, tenant_id=tenant_id)
        total, held = total + issued.drafts, held + len(issued.parked)
        if issued.place is None:
            return total, held
        place = issued.place


def _issued(tx: Tx, run_id: UUID, until: Instant, clock: Clock, after: Place) -> issuing.Issued:
    queue.plan_for_chunks(tx)
    issued = issuing.issue_due(tx, until, after)
    queue.park_drafts(tx, issued.parked, run_id, clock.now())
    return issued


def _ended(db: Database, tenant_id: int, run_id: UUID, at: Instant) -> int:
    """Post what is left of credits that ended by `at`; what they could settle is billed."""
    total, place = 0, breakage.FIRST
    while True:
        chunk = partial(breakage.post_ended, run_id=run_id, at=at, after=place)
        ended = db.attempt(chunk, tenant_id=tenant_id)
        total += ended.credits
        if ended.place is None:
            return total
        place = ended.place


def create_legal_entity(tx: Tx, entity: LegalEntity) -> None:
    """Make who issues invoices.

    Raises, in this order, TimeZoneUnknown, CountryMisspelt, VatNumberMalformed, EntityKnown for a
    code that is taken, and ConstraintBroken for a prefix.
    """
    zone(entity.time_zone)
    customers.check_country(entity.seller.country)
    if entity.seller.vat_number is not None:
        taxes.check_form(entity.seller.vat_number, entity.seller.country)
    if any(row.code == entity.code for row in issuers.legal_entities(tx)):
        raise EntityKnown(entity=entity.code)
    issuers.insert_legal_entity(tx, entity)


def keep_tax_currency(tx: Tx, code: str, tax_currency: str | None) -> None:
    """From now on the entity's invoices tell their tax in this currency too; None: in no other.

    What is issued stays.  Raises EntityUnknown.
    """
    if not issuers.keep_tax_currency(tx, code, tax_currency):
        raise EntityUnknown(code=code)


def mend_legal_entity(tx: Tx, code: str, mended: MendedEntity) -> None:
    """Set what is given of a legal entity right; documents issued before stay as they are.

    Its country, and a VAT number that it has, are set right only until it makes an invoice.
    Raises, in this order, TimeZoneUnknown, EntityUnknown, CountryMisspelt, VatNumberMalformed,
    EntityIssued.
    """
    if mended.time_zone is not None:
        zone(mended.time_zone)
    held = next((row for row in issuers.legal_entities(tx) if row.code == code), None)
    if held is None:
        raise EntityUnknown(code=code)
    if mended.country is not None or mended.vat_number is not None:
        _check_identity(tx, held, mended)
    issuers.mend_legal_entity(tx, code, mended)


def _check_identity(tx: Tx, held: Any, mended: MendedEntity) -> None:
    """Raises CountryMisspelt, VatNumberMalformed, EntityIssued."""
    customers.check_country(mended.country)
    number = held.vat_number if mended.vat_number is None else mended.vat_number
    if number is not None:
        taxes.check_form(number, mended.country or held.country)
    fields = (
        ("country", held.country, mended.country),
        ("VAT number", held.vat_number, mended.vat_number),
    )
    for field, now, wanted in fields:
        is_another = None not in {now, wanted} and now != wanted
        if is_another and issuers.has_invoices(tx, held.legal_entity_id):
            raise EntityIssued(entity=held.code, field=field, now=now)


def legal_entities(tx: Tx) -> list[Any]:
    """Who issues invoices, by code."""
    return issuers.legal_entities(tx)


def zone_of_issuer(tx: Tx) -> tzinfo:
    """Whose days dates mean that concern no single customer: the default legal entity's; or UTC."""
    default = next((row for row in issuers.legal_entities(tx) if row.is_default), None)
    return UTC if default is None else zone(default.time_zone)


def due(tx: Tx, until: Instant, limit: int = 50) -> list[Any]:
    """What owes something by `until`, the longest first."""
    return queue.due(tx, until, limit)


def past_runs(tx: Tx, limit: int = 20) -> list[Any]:
    """Bill runs, the newest first."""
    return queue.runs(tx, limit)


def left_out(tx: Tx, limit: int = 100) -> list[Any]:
    """Usage that runs met and left on no bill, the last run's first: whose, of when, and why."""
    return unbilled.left_out(tx, None, limit)


def parked(tx: Tx, limit: int = 100) -> list[Any]:
    """What waits for a person, the longest first: reason and fix."""
    return queue.parked(tx, limit)
