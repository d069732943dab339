"""Checks VAT numbers against their registry. What comes back is stored by the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.taxes.model import CheckState, NumberCheck
from trueup.billing.taxes.rules.numbers import unchecked, vat_number

if TYPE_CHECKING:
    from trueup.billing.taxes.model import VatNumber
    from trueup.billing.taxes.ports import NumberRegistry


def check_number(
    text: str,
    registry: NumberRegistry,
    *,
    country: str | None = None,
    requester: VatNumber | None = None,
) -> NumberCheck:
    """What `registry` knows of the number in `text`.

    A number of wrong shape or check digits is invalid without being looked up.  A registry that
    does not answer leaves the check pending, to be made again.  country: as `vat_number`.
    """
    before = unchecked(vat_number(text, country=country))
    if before.state is CheckState.INVALID:
        return before
    answer = registry.look_up(before.number, requester=requester)
    state = {True: CheckState.VALID, False: CheckState.INVALID, None: CheckState.PENDING}
    return NumberCheck(before.number, state[answer.is_valid], answer.answered_at, answer.reference)
