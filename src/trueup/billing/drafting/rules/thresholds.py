"""Usage that is invoiced before its period ends, each time it crosses a threshold.  Pure.

Such an invoice is money taken ahead: the period's own invoice bills all of its usage and counts
what was taken ahead as paid.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trueup.billing.drafting.model import DraftLine, LineKind
from trueup.billing.drafting.rules.amounts import rounded, taken_ahead, usage_price
from trueup.billing.drafting.rules.usage import used_in
from trueup.billing.subscriptions.cycle import period_at
from trueup.billing.subscriptions.terms import ChargeKind
from trueup.kernel.currency import MICROS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from trueup.billing.drafting.model import Situation
    from trueup.billing.subscriptions.terms import Threshold


def threshold_lines(case: Situation, ahead_micros: int) -> list[DraftLine]:
    """Lines that take usage up to now ahead, where it has crossed a threshold since the last time.

    ahead_micros: what was taken ahead of the running period.
    """
    thresholds = case.contract.terms.thresholds
    if not thresholds:
        return []
    open_lines = _running(case)
    settled = ahead_micros + sum(
        b.line.amount_micros
        for rows in case.billed.values()
        for b in rows
        if b.line.kind is LineKind.USAGE
    )
    used = settled - ahead_micros + sum(line.amount_micros for line in open_lines)
    if _crossed(thresholds, used) <= _crossed(thresholds, settled):
        return []
    return _less(open_lines, ahead_micros)


def _running(case: Situation) -> list[DraftLine]:
    lines: list[DraftLine] = []
    for item in case.contract.items:
        is_running = item.start <= case.now and (item.end is None or case.now < item.end)
        if item.charge.kind is not ChargeKind.USAGE or not is_running:
            continue
        natural = period_at(item.cycle, case.now)
        window = natural._replace(start=max(natural.start, item.start))
        used = used_in(case, item, window)
        derivation = usage_price(item, used, window, natural, case.dialect)
        lines.append(
            DraftLine(
                key=f"{item.key}/ahead/{window.start.isoformat()}/{used.quantity}",
                kind=LineKind.USAGE,
                contract=case.contract.key,
                item=item.key,
                plan=item.plan,
                component=item.charge.code,
                span=None,
                full=None,
                derivation=derivation,
                amount_micros=rounded(derivation, case.currency, case.dialect),
                quantity=used.quantity,
                tax_percent=item.charge.tax_percent,
            )
        )
    return lines


def _less(lines: Sequence[DraftLine], ahead_micros: int) -> list[DraftLine]:
    """`lines` less what was taken ahead, from the first on."""
    left, rest = ahead_micros, []
    for line in lines:
        part = min(left, line.amount_micros)
        left -= part
        if line.amount_micros > part:
            derivation = taken_ahead(line.derivation, part)
            rest.append(
                replace(line, derivation=derivation, amount_micros=line.amount_micros - part)
            )
    return rest


def _crossed(thresholds: Sequence[Threshold], micros: int) -> int:
    """How many thresholds `micros` of usage has reached."""
    plain = sorted(_micros(t.amount) for t in thresholds if not t.is_recurring)
    crossed = sum(1 for at in plain if at <= micros)
    every = next((_micros(t.amount) for t in thresholds if t.is_recurring), None)
    last = plain[-1] if plain else 0
    if every and micros >= last:
        crossed += (micros - last) // every
    return crossed


def _micros(amount: Decimal) -> int:
    return int(amount * MICROS)
