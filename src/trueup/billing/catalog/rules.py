"""Which version of each charge is sold on a day, or agreed with one customer.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.catalog.errors import ChargeNotOffered, PriceNegative, PriceNotAgreeable
from trueup.kernel.currency import MICROS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from uuid import UUID

    from trueup.billing.catalog.model import Plan, Price

IN_MICROS: Final = "_micros"
TERMS: Final = {"unit_amount": "unit of a tier", "flat_amount": "flat amount of a tier"}
"""What people call what is stored."""
NO_AMOUNTS: Final = frozenset({"match", "dimensions"})
"""What a matrix says of events; `-5` may be the name of a region."""


def in_force(prices: Iterable[Price], currency: str, at: datetime) -> list[Price]:
    """The newest version of each charge and phase that is offered in `currency` at `at`.

    prices: of one plan, oldest first, as the catalog lists them; a version without a start is the
    first.  In the order in which the charges came up.
    """
    newest: dict[tuple[str, int | None], Price] = {}
    for price in prices:
        has_begun = price.effective_from is None or price.effective_from <= at
        if price.currency == currency and has_begun and not price.is_private:
            newest[price.charge_code, price.phase] = price
    return list(newest.values())


def of_charge(prices: Iterable[Price], code: str | None, plan: str) -> Price:
    """The price of one charge among those offered; None: of the only one.

    Raises ChargeNotOffered.
    """
    kept = list(prices)
    meant = [price for price in kept if code in {None, price.charge_code}]
    if len(meant) != 1:
        codes = sorted({price.charge_code for price in kept})
        raise ChargeNotOffered(plan=plan, charge=code, offered=codes)
    return meant[0]


def agreed_price(of: Price, amount_micros: int, price_id: UUID, at: datetime) -> Price:
    """A version of `of` at another amount, agreed with one customer and offered to nobody else.

    amount_micros: of the whole charge or a unit of it, as `of` is priced.  Raises PriceNotAgreeable
    for a price of more than one amount, PriceNegative.
    """
    if of.unit_amount_micros is None:
        raise PriceNotAgreeable(charge=of.charge_code, model=of.model)
    agreed = replace(
        of,
        price_id=price_id,
        unit_amount_micros=amount_micros,
        effective_from=at,
        is_private=True,
    )
    check_price(agreed)
    return agreed


def check_price(price: Price) -> None:
    """Nothing a price is made of is below zero.  Raises PriceNegative.

    Only of what is made here; what another system sold and billed is imported as it is.
    """
    of = f"the charge {price.charge_code!r}"
    _check(of, "amount", price.unit_amount_micros)
    _check(of, "minimum", price.minimum_micros)
    for term, value in _numbers("tiers", price.tiers):
        if value < 0:
            raise PriceNegative(of=of, term=TERMS.get(term, term), amount=f"{value:f}")


def check_plan(plan: Plan) -> None:
    """The least that a period costs is not below zero.  Raises PriceNegative."""
    _check(f"the plan {(plan.code or plan.name)!r}", "commitment", plan.minimum_commitment_micros)


def _check(of: str, term: str, micros: int | None) -> None:
    if micros is not None and micros < 0:
        amount = Decimal(micros) / MICROS
        cents = f"{amount:.2f}"  # finer amounts whole: "-0.00" would not look below zero
        raise PriceNegative(
            of=of, term=term, amount=cents if Decimal(cents) == amount else f"{amount:f}"
        )


def _numbers(name: str, said: Any) -> Iterator[tuple[str, Decimal]]:
    """Every number of a price as it is stored, by its name; micro-units in main units."""
    if isinstance(said, Mapping):
        for key, value in said.items():
            if key not in NO_AMOUNTS:
                yield from _numbers(key, value)
    elif isinstance(said, list | tuple):
        for value in said:
            yield from _numbers(name, value)
    elif (number := _number(said)) is not None:
        is_micros = name.endswith(IN_MICROS)
        yield name.removesuffix(IN_MICROS), number / MICROS if is_micros else number


def _number(said: Any) -> Decimal | None:
    try:
        number = Decimal(str(said))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
