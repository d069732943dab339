"""A case's scenario lived through in a database: sold, ordered, reported and billed by services."""

from __future__ import annotations

import json
from decimal import Decimal
from uuid import uuid5

import pyarrow as pa
from tests.service.billing.worlds import NAMES, World

from trueup.billing.catalog import service as catalog
from trueup.billing.catalog.model import Interval, Plan, Price, PriceModel
from trueup.billing.customers import service as customers
from trueup.billing.customers.model import NewCustomer
from trueup.billing.dialect.model import Start
from trueup.billing.invoicing import runs
from trueup.billing.metering import service as metering
from trueup.billing.metering.model import REPORTED
from trueup.billing.rating.rules.storage import dump_price
from trueup.billing.simulation.moments import instant_of, zone_of
from trueup.billing.simulation.terms import terms_of
from trueup.billing.subscriptions import beginning
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.rules import planning
from trueup.kernel.ids import new_id

MICROS = 1_000_000


class Lived:
    """One account of a case.  Events happen at their instants; a run before and after each."""

    def __init__(self, world: World, given, dialect: str) -> None:
        self.world, self.given, self.dialect = world, given, dialect
        self.zone = zone_of(given.get("timezone", "UTC"))
        self.currency = given.get("currency", "EUR")
        self.names = 0
        self.plans = {code: self._sell(code) for code in given["plans"]}
        with world.tx() as tx:
            zone = given.get("timezone", "UTC")
            customers.create_customer(tx, NewCustomer(world.id("ann"), "Ann", self.currency, zone, country="DE"), world.clock.now())  # fmt: skip

    def play(self, until) -> None:
        for event in sorted(self.given["events"], key=lambda e: instant_of(e["at"], self.zone)):
            at = instant_of(event["at"], self.zone)
            self.run(at)
            self.world.clock.at = at
            getattr(self, event["type"])(event, at)
            self.run(at)
        self.run(until)

    def run(self, until) -> None:
        world = self.world
        report = runs.run(world.db, world.tenant_id, until, world.clock)
        assert (report.still_due, report.still_parked, report.done.parked) == (0, 0, 0)

    # ---- what happens

    def subscribe(self, event, at) -> None:
        plan, prices = self.plans[event["plan"]]
        anchor = event.get("anchor")
        wanted = beginning.NewSubscription(
            self.world.id(event.get("id", event["plan"])), self.world.id("ann"), plan, prices, self.currency,
            self.given.get("timezone", "UTC"), at, Decimal(str(event.get("quantity", 1))),
            anchor=Start(anchor) if anchor else None, cycle_day=self.given.get("bill_cycle_day"),
            dialect=self.dialect, may_repeat=True,
        )  # fmt: skip
        with self.world.tx() as tx:
            beginning.start(tx, [wanted], planning.Ordered(at))

    def usage(self, event, _at) -> None:
        used = instant_of(event.get("dated", event["at"]), self.zone)
        rows = []
        for _ in range(event.get("times", 1)):
            self.names += 1
            rows.append(
                {
                    "event_id": f"e{self.names}",
                    "subscription_id": self._using(event["metric"]).bytes,
                    "meter": event["metric"],
                    "quantity": Decimal(str(event["qty"])),
                    "occurred_at": used,
                    "dimensions": json.dumps(event["dimensions"])
                    if "dimensions" in event
                    else None,
                }
            )
        with self.world.tx() as tx:
            table = pa.Table.from_pylist(rows, schema=REPORTED)
            metering.record_usage(tx, table, source="case", clock=self.world.clock)

    def cancel(self, event, at) -> None:
        ends = event.get("when", "immediately") == "end_of_term"
        self._order(event, at, lambda s, d, o: planning.cancel(s, o, d, at_period_end=ends))

    def uncancel(self, event, at) -> None:
        self._order(event, at, lambda s, _, o: planning.uncancel(s, o))

    def pause(self, event, at) -> None:
        self._order(event, at, lambda s, _, o: planning.pause(s, o))

    def resume(self, event, at) -> None:
        self._order(event, at, lambda s, d, o: planning.resume(s, o, d))

    def change_quantity(self, event, at) -> None:
        quantity = Decimal(str(event["quantity"]))
        self._order(event, at, lambda s, d, o: planning.change_quantity(s, quantity, o, d))

    def change_plan(self, event, at) -> None:
        plan, prices = self.plans[event["to"]]
        self._order(event, at, lambda s, d, o: planning.change(s, plan, prices, o, d))

    # ---- with whom

    def _order(self, event, at, plan) -> None:
        with self.world.tx() as tx:
            key = self.world.id(event.get("subscription", self._first()))
            ordered = planning.Ordered(at)
            subscriptions.order(tx, key, lambda before, dialect: plan(before, dialect, ordered))

    def _first(self) -> str:
        event = next(e for e in self.given["events"] if e["type"] == "subscribe")
        return event.get("id", event["plan"])

    def _using(self, meter):
        """The subscription to the plan that has the meter, or had it first."""
        for event in self.given["events"]:
            if event["type"] == "subscribe":
                _, prices = self.plans[event["plan"]]
                if any(meter in (p.meter or "").split("+") for p in prices):
                    return self.world.id(event.get("id", event["plan"]))
        return self.world.id(self._first())

    # ---- what is sold

    def _sell(self, code):
        terms = terms_of(code, self.given["plans"][code])
        cadence = terms.cadence
        commitment = terms.minimum_commitment
        plan = Plan(
            uuid5(NAMES, f"{self.world.tenant_id}/{code}"), uuid5(NAMES, f"{self.world.tenant_id}/p{code}"), code,
            Interval.MONTH if cadence is None else Interval(cadence.unit), 1 if cadence is None else cadence.count,
            terms.trial_days, code,
            None if commitment is None else int(commitment * MICROS),
            [{"amount": str(t.amount), "is_recurring": t.is_recurring} for t in terms.thresholds],
            [_phase(p) for p in terms.phases] if len(terms.phases) > 1 else (),
        )  # fmt: skip
        sold = [(n, c) for n, phase in enumerate(terms.phases) for c in phase.charges]
        prices = [self._price(plan, n, c) for n, c in sold]
        prices += [self._price(plan, None, c) for c in terms.metered]
        with self.world.tx() as tx:
            catalog.create_product(tx, plan.product_id, code)
            catalog.create_plan(tx, plan, at=self.world.clock.now())
            for price in prices:
                catalog.add_price(tx, price)
        return plan, prices

    def _price(self, plan, phase, charge):
        stored = dump_price(charge.price)
        own = charge.cadence
        return Price(
            new_id(self.world.clock), plan.plan_id, self.currency, PriceModel(stored.model), charge.meter,
            stored.unit_amount_micros, None if stored.tiers is None else json.loads(stored.tiers), None, charge.code,
            charge.kind.value, charge.timing.value, phase, None if own is None else own.unit.value,
            None if own is None else own.count, charge.aggregation.value, charge.is_prorated, charge.carries_over,
            charge.is_per_unit, minimum_micros=None if charge.minimum is None else int(charge.minimum * MICROS),
            tax_percent=charge.tax_percent, included_meter=charge.included and charge.included.meter,
            included_quantity=charge.included and charge.included.quantity,
        )  # fmt: skip


def _phase(phase):
    told = {"kind": phase.kind.value}
    return told if phase.length is None else told | {"count": phase.length.count, "unit": phase.length.unit}  # fmt: skip


def simulated(world) -> list:
    """Documents of a world in memory, as `billed` tells those of a database."""
    return sorted(
        (
            issued.point.isoformat()[:10],
            issued.kind or "cycle",
            issued.total_micros,
            tuple(sorted(_of(line) for line in issued.draft.lines if line.amount_micros)),
        )
        for issued in world.invoices
    )


def _of(line):
    span = ("", "") if line.span is None else (str(line.span.start)[:10], str(line.span.end)[:10])
    return (line.kind.value, line.plan, line.component, *span, line.amount_micros)


def billed(lived) -> list:
    """Day, kind, total and lines of each document: kind, plan, charge, span and amount of each."""
    documents = []
    lines = lived.world.rows("all_lines")
    for invoice in lived.world.rows("invoices"):
        own = [
            (x.kind, x.plan, x.charge, _day(x.period_start, lived), _day(x.period_end, lived), x.amount_micros)
            for x in lines
            if x.invoice_id == invoice.invoice_id and x.amount_micros and x.kind != "account_credit"
        ]  # fmt: skip
        total = invoice.total_micros
        documents.append((_day(invoice.issued_at, lived), invoice.kind, total, tuple(sorted(own))))
    return sorted(documents)


def _day(instant, lived) -> str:
    return "" if instant is None else str(instant.astimezone(lived.zone).date())
