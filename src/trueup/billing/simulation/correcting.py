"""What is corrected on invoices, and invoices for nothing but what they list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.drafting.model import DraftLine, LineKind
from trueup.billing.drafting.rules.amounts import flat, negated, rounded
from trueup.billing.simulation.errors import MoreThanOpen, NotExpressible
from trueup.billing.simulation.noting import noted_of
from trueup.billing.simulation.settling import adjust, adjustable, pay, put_aside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.billing.simulation.issued import Issued
    from trueup.billing.simulation.scene import Event, Scene
    from trueup.kernel.clock import Instant

ALL_LINES: Final = "all"
BESIDE_THE_FEE: Final = frozenset(
    {LineKind.USAGE, LineKind.MINIMUM, LineKind.COMMITMENT, LineKind.ADD_ON}
)
"""Lines that the name of a plan does not mean."""


def one_off_invoice(scene: Scene, event: Event, at: Instant) -> None:
    """An invoice for a list of items."""
    number = len(scene.world.invoices)
    lines = [
        _one_off(scene, item, f"one-off/{number}/{n}") for n, item in enumerate(event["items"])
    ]
    scene.world.issue(lines, at, event["at"])


def credit_note(scene: Scene, event: Event, at: Instant) -> None:
    """A note against an invoice: of all its lines, of some, or of a net amount of them.

    Raises NotExpressible, MoreThanOpen.
    """
    del at
    held = _invoice(scene, event)
    asked = _asked(scene, event)
    lines = [x for x in held.draft.lines if asked is None or _named(x, asked) is not None]
    net = scene.whole_micros(event["net"]) if "net" in event else None
    credits_ = []
    for line in lines:
        left = line.amount_micros - noted_of(scene.world, line.key)
        own = None if asked is None else asked[_named(line, asked) or ""]
        most = left if own is None else min(own, left)
        amount = most if net is None else min(net, most)
        net = None if net is None else net - amount
        if amount > 0:
            credits_.append(_credit(line, amount, f"{line.key}/note/{len(scene.world.notes)}"))
    if net or not credits_:
        raise MoreThanOpen(what="credit note", asked=net or 0, most=0)
    scene.world.note(held.key, credits_, event["at"])
    scene.world.lessen(credits_)


def refund(scene: Scene, event: Event, at: Instant) -> None:
    """Money paid out: all that was paid, unless an amount is said.

    With adjusted lines the invoice comes to less, too: by their amounts, or by what is paid out.
    An invoice of which no payment was told counts as paid.  Raises MoreThanOpen.
    """
    world = scene.world
    held = _invoice(scene, event)
    lines = event.get("adjust_lines")
    paid = world.paid.setdefault(held.key, held.total_micros)
    amount = scene.whole_micros(event["amount"]) if "amount" in event else paid
    if lines:
        listed = _listed(scene, lines)
        most = min(amount, adjustable(world, held.key))
        adjust(world, held.key, most if listed is None else listed)
    pay(world, held.key, -amount, at)


def adjust_line(scene: Scene, event: Event, at: Instant) -> None:
    """A line of an invoice lowered; what was paid for it stays with the account.

    Raises NotExpressible, MoreThanOpen.
    """
    held = _invoice(scene, event)
    most = adjustable(scene.world, held.key)
    amount = scene.whole_micros(event["amount"]) if "amount" in event else most
    adjust(scene.world, held.key, amount)
    put_aside(scene.world, held.key, amount, at)


def _invoice(scene: Scene, event: Event) -> Issued:
    held = scene.world.invoice_on(event["invoice"])
    if held is None:
        raise NotExpressible(what=f"a {event['type']} of no invoice ({event['invoice']})")
    return held


def _asked(scene: Scene, event: Event) -> dict[str, int | None] | None:
    """The items a note is about, each with its amount if it says one; None: all."""
    items = event.get("items")
    if items is None or items == "all":
        return None
    asked: dict[str, int | None] = {}
    for item in items:
        if isinstance(item, dict):
            name = item.get("code", item.get("item", item.get("plan", item.get("kind"))))
            asked[str(name)] = scene.whole_micros(item["amount"]) if "amount" in item else None
        else:
            asked[str(item)] = None
    return asked


def _named(line: DraftLine, asked: dict[str, int | None]) -> str | None:
    """By which of the names asked for `line` is meant."""
    by_plan = None if line.kind in BESIDE_THE_FEE else line.plan
    names = (line.component, by_plan, line.kind.value)
    return next((name for name in names if name is not None and name in asked), None)


def _listed(scene: Scene, lines: Any) -> int | None:
    """The sum of adjusted lines that state amounts; None: they do not."""
    amounts = list(_amounts(lines))
    return sum(scene.whole_micros(a) for a in amounts) if amounts else None


def _amounts(lines: Any) -> Iterator[object]:
    if isinstance(lines, list):
        for line in lines:
            yield from _amounts(line)
    elif isinstance(lines, dict):
        yield from [lines["amount"]] if "amount" in lines else lines.values()
    elif isinstance(lines, str) and lines != ALL_LINES:
        yield lines


def _one_off(scene: Scene, item: dict[str, Any], key: str) -> DraftLine:
    code = item.get("code", item.get("description"))
    price = flat(scene.micros(item["amount"]))
    return DraftLine(
        key=key,
        kind=LineKind.ONE_OFF,
        contract=None,
        item=None,
        plan=code,
        component=code,
        span=None,
        full=None,
        derivation=price,
        amount_micros=rounded(price, scene.world.currency, scene.world.dialect),
        tax_percent=scene.decimal(item.get("tax_percent")),
    )


def _credit(line: DraftLine, micros: int, key: str) -> DraftLine:
    return replace(
        line,
        key=key,
        kind=LineKind.CREDIT,
        amount_micros=-micros,
        derivation=negated(flat(micros)),
        gives_back=line.key,
    )
