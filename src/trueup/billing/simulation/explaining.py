"""Lines of a result in words, as a customer would read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from trueup.billing.calendar.rules.zones import zone
from trueup.billing.drafting.model import LineKind
from trueup.billing.drafting.telling import Story, TaxShare, tell
from trueup.billing.rating.rules.execution import read_derivation
from trueup.kernel.currency import currency
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trueup.billing.simulation.service import Json, Outcome


def explained_lines(lines: Iterable[Json], outcome: Outcome, locale: str) -> list[str]:
    """How each line of a document of `outcome` came about; lines: as `result_of` writes them.

    A line that only moves credit of the account has nothing to tell but its amount.
    Raises LanguageUnknown.
    """
    return [_told(line, outcome, locale) for line in lines]


def _told(line: Json, outcome: Outcome, locale: str) -> str:
    money = currency(outcome.currency)

    def micros(name: str) -> int:
        return Money.from_major(line.get(name, "0"), money).micros

    basis = line.get("basis", {"op": "flat", "amount": line["amount"]})
    kind, amount = LineKind(line["kind"]), micros("amount")
    story = Story(
        derivation=read_derivation(json.dumps(basis)),
        # A note shows what it gives back without a sign.
        amount_micros=-abs(amount) if kind is LineKind.CREDIT else amount,
        kind=kind,
        off_micros=micros("coupon_share"),
        tax=TaxShare(micros("tax")),
    )
    return tell(story, locale, money, zone(outcome.time_zone))
