"""The end of a service: cancelling it, and taking that back.

Pure: what they answer depends only on what they are given.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trueup.billing.subscriptions.errors import NothingToTakeBack
from trueup.billing.subscriptions.rules.items import cut
from trueup.billing.subscriptions.terms import ChargeKind

if TYPE_CHECKING:
    from trueup.billing.subscriptions.contract import Contract
    from trueup.billing.subscriptions.cycle import Point


def cancel(
    contract: Contract,
    effective: Point,
    *,
    final_bill: Point | None = None,
    keeps_prepaid: bool = False,
    cuts_price: bool = True,
) -> Contract:
    """`contract` without any service from `effective`; may be taken back until then.

    final_bill: when everything is settled, if before `effective`: the last day still counts then.
    keeps_prepaid: what was billed for later time is not given back.
    cuts_price: a last period that the end cuts costs its part; else all of it.
    """
    if contract.cancelled is not None and contract.cancelled <= effective:
        return contract
    ended = closed(contract, effective, usage_until=final_bill or effective)
    items = ended.items
    if not cuts_price:
        items = tuple(
            replace(item, costs_full_last_period=True) if item.end == effective else item
            for item in items
        )
    return replace(
        ended,
        items=items,
        cancelled=effective,
        final_bill=final_bill or effective,
        ordered_items=contract.ordered_items or contract.items,
        keeps_prepaid=keeps_prepaid,
    )


def uncancel(contract: Contract, now: Point) -> Contract:
    """`contract` as it was before a cancellation that has not taken effect; the anchor stays (B35).

    Raises NothingToTakeBack.
    """
    if contract.cancelled is None or contract.cancelled <= now:
        raise NothingToTakeBack(subscription=contract.key)
    return replace(
        contract,
        items=contract.ordered_items,
        cancelled=None,
        final_bill=None,
        ordered_items=(),
        keeps_prepaid=False,
    )


def closed(contract: Contract, effective: Point, *, usage_until: Point | None = None) -> Contract:
    """`contract` with every charge ended at `effective`, usage at `usage_until` if that is said."""
    items = (
        cut(
            item,
            usage_until if usage_until and item.charge.kind is ChargeKind.USAGE else effective,
            by_change=False,
        )
        for item in contract.items
    )
    return replace(contract, items=tuple(items))
