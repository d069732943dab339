"""The types of event a case may have, and what each does to the world.

An event is an order of a person, a fact, or a bill run.  It changes contracts and books only; what
it makes due is billed by the run that follows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.billing.simulation import changing, correcting, reporting
from trueup.billing.simulation.errors import NotExpressible
from trueup.billing.simulation.moments import instant_of
from trueup.billing.simulation.subscribing import subscribe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trueup.billing.simulation.scene import Event, Scene
    from trueup.billing.subscriptions.cycle import Point
    from trueup.kernel.clock import Instant


def happen(scene: Scene, event: Event, at: Instant) -> Point | None:
    """When the event takes effect; None: at once.

    Raises NotExpressible, and the refusals of what the event asks for.
    """
    handler = HANDLERS.get(event["type"])
    if handler is None:
        raise NotExpressible(what=f"an event of the type {event['type']!r}")
    return handler(scene, event, at)


def _bill_run(scene: Scene, event: Event, at: Instant) -> None:
    """What is due by now; or by the day for which the run is asked, dated now."""
    asked = event.get("effective", event.get("until"))
    until = at if asked is None else max(at, instant_of(asked, scene.world.zone))
    scene.world.bill(until, event["at"], is_ahead=True)


HANDLERS: Final[Mapping[str, Callable[[Scene, Event, Instant], Point | None]]] = {
    "subscribe": subscribe,
    "change_plan": changing.change_plan,
    "change_quantity": changing.change_quantity,
    "cancel": changing.cancel,
    "uncancel": changing.uncancel,
    "pause": changing.pause,
    "resume": changing.resume,
    "add_on": changing.add_on,
    "remove_add_on": changing.remove_add_on,
    "set_cycle_day": changing.set_cycle_day,
    "usage": reporting.usage,
    "coupon": reporting.coupon,
    "credit": reporting.credit,
    "payment": reporting.payment,
    "open_account": reporting.open_account,
    "invoicing_off": reporting.invoicing_off,
    "invoicing_on": reporting.invoicing_on,
    "credit_note": correcting.credit_note,
    "one_off_invoice": correcting.one_off_invoice,
    "refund": correcting.refund,
    "adjust_line": correcting.adjust_line,
    "bill_run": _bill_run,
}
