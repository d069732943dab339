"""Bills history again with the engine's own rules and says of every difference why it is there.

Nothing is written: no invoice, no transfer, no number.  Rows pass as streams, one subscription at a
time, so that memory does not grow with history.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Recurrence
from trueup.billing.calendar.rules.stepping import step
from trueup.billing.calendar.rules.zones import midnight, zone
from trueup.billing.subscriptions.terms import Phase, PhaseKind, Terms
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.progress import SILENT
from trueup.migration.backtest import store
from trueup.migration.backtest.errors import NothingToBacktest, WindowBackwards
from trueup.migration.backtest.inference import Sampled, inferred
from trueup.migration.backtest.model import Backtest, Document, History, Sold, Window
from trueup.migration.backtest.rules.judging import judged, judged_alone
from trueup.migration.backtest.source import source_facts
from trueup.migration.backtest.tallying import Tally
from trueup.migration.mapping.pack import open_pack
from trueup.migration.reconciliation.errors import LoadNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo
    from pathlib import Path

    from trueup.billing.catalog.model import Catalog
    from trueup.billing.dialect.model import Dialect
    from trueup.db import Database, Tx
    from trueup.kernel.progress import Progress
    from trueup.migration.sources.snapshot import Snapshot

MONTHS: Final = 3
"""How much of history is billed again unless said.  Source: issue 3, "Proof"."""
DAYS_OF_MONTH: Final = 31


@dataclass(frozen=True, slots=True)
class Books:
    """What was loaded, and from where.  source: the name of the legacy system in the books."""

    db: Database
    tenant_id: int
    source: str
    snapshot: Snapshot
    pack: Path


@dataclass(frozen=True, slots=True)
class Wanted:
    """since, until: days of the source's zone, half-open; None: its last three months of invoices.

    budget: unexplained differences that are allowed.  infers: try the dialect's settings, too.
    """

    since: date | None = None
    until: date | None = None
    budget: int = 0
    infers: bool = False


def backtest(books: Books, wanted: Wanted, *, progress: Progress = SILENT) -> Backtest:
    """Bill the window again under the pack's dialect.

    Raises PackUnreadable, LoadNotFound, WindowBackwards, NothingToBacktest, CheckUnreadable.
    """
    pack = open_pack(books.pack)
    where = zone(pack.source_time_zone)
    tally, sampled = Tally(), Sampled()
    with books.db.transaction(tenant_id=books.tenant_id) as tx:
        load_id = store.find_load(tx, books.source)
        if load_id is None:
            raise LoadNotFound(source=books.source)
        window = _window(tx, wanted, where)
        facts = source_facts(tx, load_id, books.snapshot, pack, books.pack)
        shelf, catalog = store.shelf_of(tx, where)
        reader = store.Reader(tx, window, window.since - _longest_metered(catalog))
        progress.begin("bill again", None, unit="subscriptions")
        for each in reader.histories(shelf, facts):
            progress.advance()
            if isinstance(each, History):
                sampled.offer(each, wanted=wanted.infers)
                for one in judged(each, pack.dialect, window):
                    tally.add(one)
            else:
                _alone(tally, each, pack.dialect, window, where)
        _alone(tally, reader.of_none(), pack.dialect, window, where)
        progress.end()
        found = _result(books, pack.dialect, window, wanted, tally)
        found = _with_keys(tx, found)
    if not found.documents:
        raise NothingToBacktest(since=str(window.since.date()), until=str(window.until.date()))
    if wanted.infers:
        tried = inferred(sampled, pack.dialect, window, progress=progress)
        found = replace(found, inferred=tried)
    return found


def _window(tx: Tx, wanted: Wanted, where: tzinfo) -> Window:
    """The window as instants; by default the three months before the last invoice."""
    last = store.last_issued(tx)
    if last is None:
        raise NothingToBacktest(since=str(wanted.since or "ever"), until=str(wanted.until or "now"))
    now = last + timedelta(seconds=1)
    until = now if wanted.until is None else midnight(wanted.until, where)
    if wanted.since is not None:
        since = midnight(wanted.since, where)
    else:
        day = until.astimezone(where).date()
        anchor = Anchor(day.year, day.month, day.day)
        grid = Grid(Cadence(Interval.MONTH, MONTHS), anchor)
        since = midnight(step(day, grid.cadence, -1), where)
    if since >= until:
        raise WindowBackwards(since=str(since.date()), until=str(until.date()))
    return Window(since, until, now)


def _longest_metered(catalog: Catalog) -> timedelta:
    """The longest period of any metered plan: usage of what the window bills is no older."""
    days = [0]
    for price in catalog.prices.values():
        plan = catalog.plans[price.plan_id]
        if price.meter is not None and plan.interval is not Interval.ONCE:
            cadence = Cadence(plan.interval, plan.interval_count)
            days.append(cadence.months * DAYS_OF_MONTH + cadence.days)
    return timedelta(days=max(days))


def _alone(
    tally: Tally,
    documents: list[Document] | Iterator[Document],
    dialect: Dialect,
    window: Window,
    where: tzinfo,
) -> None:
    for document in documents:
        tally.add(judged_alone(document, _nobody(document, where), dialect, at=window.now))


def _nobody(document: Document, where: tzinfo) -> Sold:
    """A subscription of nothing, for a document that has none."""
    begins = datetime(1970, 1, 1, tzinfo=UTC)
    monthly = Cadence(Interval.MONTH, 1)
    return Sold(
        subscription_id=document.invoice_id,
        customer_id=document.customer_id,
        status="none",
        currency=CURRENCIES[document.currency],
        zone=where,
        terms=Terms("", monthly, (Phase(PhaseKind.EVERGREEN, ()),)),
        cycle=Recurrence(Grid(monthly, Anchor.on(begins.date())), where, time()),
        begins=begins,
        items=(),
    )


def _result(
    books: Books, dialect: Dialect, window: Window, wanted: Wanted, tally: Tally
) -> Backtest:
    return Backtest(
        source=books.source,
        dialect=dialect.name,
        since=window.since,
        until=window.until,
        budget=wanted.budget,
        rates=tally.rate_rows(),
        totals=tally.class_rows(),
        given=tally.given_rows(),
        findings=tally.samples(),
    )


def _with_keys(tx: Tx, found: Backtest) -> Backtest:
    """Findings with what the source calls their subscription."""
    ids = {f.subscription_id for f in found.findings if f.subscription_id is not None}
    keys = store.source_keys(tx, ids)
    findings = (
        replace(f, subscription_key=keys.get(f.subscription_id)) if f.subscription_id else f
        for f in found.findings
    )
    return replace(found, findings=tuple(findings))
