"""Where a bill made again and the document of the source part.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.money import Money
from trueup.migration.backtest.model import Difference
from trueup.migration.backtest.rules.billing import reach_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.billing.subscriptions.cycle import Reach
    from trueup.kernel.currency import Currency
    from trueup.migration.backtest.model import Case
    from trueup.migration.backtest.rules.billing import Again, Pair

NOTHING = "nothing"


def agrees(case: Case, again: Again) -> bool:
    """Whether nothing differs; the cheap question, asked of every document."""
    return next(differences(case, again), None) is None


def differences(case: Case, again: Again) -> Iterator[Difference]:
    """Period and amount of each line of the contract, then discount, tax, total and day."""
    currency = case.sold.currency
    for pair in again.pairs:
        yield from _of_pair(case, pair, currency)
    document, draft = case.document, again.draft
    for name, theirs, ours in (
        ("discount", document.discount_micros, draft.discount_micros),
        ("tax", document.tax_micros, draft.tax_micros),
        ("total", document.total_micros, total_of(again)),
    ):
        if theirs != ours:
            yield Difference(name, _money(theirs, currency), _money(ours, currency))
    yield from _of_day(case, again)


def total_of(again: Again) -> int:
    """What the document would say: lines less discount plus tax, before credit of the account."""
    draft = again.draft
    return draft.subtotal_micros - draft.discount_micros + draft.tax_micros


def effect_of(case: Case, again: Again) -> int:
    """What we would have billed less what the source billed."""
    return total_of(again) - case.document.total_micros


def _of_pair(case: Case, pair: Pair, currency: Currency) -> Iterator[Difference]:
    if pair.ours is None or pair.theirs is None:
        theirs = _money(pair.theirs.amount_micros, currency) if pair.theirs else NOTHING
        ours = _money(pair.ours.amount_micros, currency) if pair.ours else NOTHING
        yield Difference("line", theirs, ours)
        return
    reach = reach_of(case, pair.theirs)
    if reach is not None and reach != pair.ours.span:
        yield Difference("period", _reach(reach), _reach(pair.ours.span))
    if pair.ours.amount_micros != pair.theirs.amount_micros:
        yield Difference(
            "amount",
            _money(pair.theirs.amount_micros, currency),
            _money(pair.ours.amount_micros, currency),
        )


def _of_day(case: Case, again: Again) -> Iterator[Difference]:
    issued = case.document.issued_at
    if not case.is_dated or issued is None or again.due_at is None:
        return
    theirs = issued.astimezone(case.sold.zone).date()
    ours = again.due_at.astimezone(case.sold.zone).date()
    if theirs != ours:
        yield Difference("day", theirs.isoformat(), ours.isoformat())


def _reach(reach: Reach | None) -> str:
    return NOTHING if reach is None else f"{reach.start.isoformat()} to {reach.end.isoformat()}"


def _money(micros: int, currency: Currency) -> str:
    return Money(micros, currency).format()
