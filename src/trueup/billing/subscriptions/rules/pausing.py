"""Service that stops for a while (B38).  Pure: every function returns a new contract."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trueup.billing.subscriptions.contract import Pause
from trueup.billing.subscriptions.cycle import anchored_anew
from trueup.billing.subscriptions.errors import AlreadyPaused, NothingToResume, PausedBeforeStart
from trueup.billing.subscriptions.rules.items import (
    cut,
    is_served_after,
    refuse_ended,
    renewed,
    with_items,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.billing.subscriptions.contract import Contract, Item
    from trueup.billing.subscriptions.cycle import Point


def pause(contract: Contract, effective: Point) -> Contract:
    """`contract` without service from `effective` until it is resumed.

    Raises ServiceEnded, PausedBeforeStart, AlreadyPaused.
    """
    refuse_ended(contract, effective)
    if effective < contract.start:
        start, asked = contract.start.isoformat(), effective.isoformat()
        raise PausedBeforeStart(subscription=contract.key, start=start, asked=asked)
    if contract.pauses and contract.pauses[-1].end is None:
        raise AlreadyPaused(subscription=contract.key)
    return replace(contract, pauses=(*contract.pauses, Pause(effective, None)))


def resume(contract: Contract, effective: Point, *, anchors_anew: bool = False) -> Contract:
    """`contract` in service again from `effective`.

    anchors_anew: quarters and years are counted from the month of the resumption, so that what was
    billed for one of them is given back from the pause on.  Raises NothingToResume.
    """
    if not contract.pauses or contract.pauses[-1].end is not None:
        raise NothingToResume(subscription=contract.key)
    *before, last = contract.pauses
    if effective <= last.start:
        return replace(contract, pauses=tuple(before))
    resumed = replace(contract, pauses=(*before, Pause(last.start, effective)))
    return _anchored_anew(resumed, last.start, effective) if anchors_anew else resumed


def _anchored_anew(contract: Contract, stopped: Point, effective: Point) -> Contract:
    """`contract` with fees of long periods cut at `stopped` and renewed from `effective`."""

    def restarted(items: tuple[Item, ...]) -> tuple[Item, ...]:
        kept: list[Item] = []
        number = len(items)
        for item in items:
            cycle = anchored_anew(item.cycle, effective)
            is_running = item.start < effective and is_served_after(item, effective)
            if cycle == item.cycle or not is_running:
                kept.append(item)
                continue
            fresh = renewed(contract, item, effective, number, quantity=item.quantity)
            kept += [cut(item, stopped, by_change=True), replace(fresh, cycle=cycle)]
            number += 1
        return tuple(kept)

    restarted_contract = with_items(contract, restarted)
    return replace(restarted_contract, cycle=anchored_anew(contract.cycle, effective))


def served(item: Item, pauses: tuple[Pause, ...]) -> Iterator[tuple[Point, Point | None]]:
    """The spans in which `item` is in service, in order; the last may be open."""
    start = item.start
    for gap in pauses:
        if gap.end is not None and gap.end <= start:
            continue
        if item.end is not None and gap.start >= item.end:
            break
        if gap.start > start:
            yield start, gap.start
        if gap.end is None:
            return
        start = max(start, gap.end)
    if item.end is None or start < item.end:
        yield start, item.end
