"""The next bill of a subscription, against what a control of the source says of it.  Pure.

Source: M36; issue 3, "Proof": handed over at its next period, it is billed as by the source.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trueup.kernel.currency import MICRO_DIGITS
from trueup.kernel.money import Money
from trueup.migration.backtest.model import Cause, Difference, Finding, Judged, Kind
from trueup.migration.backtest.rules.billing import invoice_of, next_bill, owed_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.billing.drafting.model import DraftLine
    from trueup.kernel.clock import Instant
    from trueup.migration.backtest.model import Case, NextBill

NEVER = "never"


def against_control(case: Case, control: NextBill | None) -> Judged | None:
    """Our next bill of `case` beside the control's; None where neither expects one.

    control: None: the source expects none.
    """
    coming = next_bill(case)
    if coming is None and control is None:
        return None
    code = case.sold.currency.code
    due = coming[0] if coming else None
    ours = _fixed(case, coming)
    differing = tuple(_differences(case, control, due, ours))
    if not differing:
        return Judged(Kind.NEXT_BILL, code)
    finding = Finding(
        kind=Kind.NEXT_BILL,
        causes=(_cause(case, control, coming),),
        currency=code,
        effect_micros=ours - (control.amount_micros if control else 0),
        subscription_id=case.sold.subscription_id,
        invoice_id=None,
        number=None,
        differences=differing,
    )
    return Judged(Kind.NEXT_BILL, code, finding)


def _differences(
    case: Case, control: NextBill | None, due: Instant | None, ours: int
) -> Iterator[Difference]:
    if control is None or due is None or is_parted(case, due, control.at):
        theirs = control.at.isoformat() if control else NEVER
        yield Difference("due", theirs, due.isoformat() if due else NEVER)
    if control is not None and due is not None and control.amount_micros != ours:
        currency = case.sold.currency
        theirs = Money(control.amount_micros, currency).format()
        yield Difference("amount", theirs, Money(ours, currency).format())


def _cause(
    case: Case, control: NextBill | None, coming: tuple[Instant, list[DraftLine]] | None
) -> Cause:
    """Under what the two agree: amounts to a millionth, or a moment at which nothing is owed."""
    if control is None:
        return Cause.UNEXPLAINED
    if coming is not None and not is_parted(case, coming[0], control.at):
        finest = replace(case.sold.currency, exponent=MICRO_DIGITS)
        exact = replace(case, sold=replace(case.sold, currency=finest))
        if _fixed(exact, next_bill(exact)) == control.amount_micros:
            return Cause.CONTROL_PRECISION
    if not control.amount_micros and not owed_lines(replace(case, at=control.at)):
        return Cause.NOTHING_DUE
    return Cause.UNEXPLAINED


def _fixed(case: Case, coming: tuple[Instant, list[DraftLine]] | None) -> int:
    """Fixed fees of the next bill less discounts: what the control counts."""
    if coming is None:
        return 0
    due, lines = coming
    sold = case.sold
    metered = {f"{sold.subscription_id}/{i.position}" for i in sold.items if i.charge.meter}
    made = invoice_of(replace(case, at=due), [line for line in lines if line.item not in metered])
    return made.subtotal_micros - made.discount_micros


def is_parted(case: Case, ours: Instant, theirs: Instant) -> bool:
    """Whether they are different moments, as far as the dialect tells moments apart."""
    if case.dialect.counts_instants:
        return ours != theirs
    where = case.sold.zone
    return ours.astimezone(where).date() != theirs.astimezone(where).date()
