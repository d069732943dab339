"""A tenant that bills: its legal entity, plans and customers, said in as few words as a test needs."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import pyarrow as pa

from trueup.billing.catalog import service as catalog
from trueup.billing.catalog.model import Interval, Plan, Price, PriceModel
from trueup.billing.customers import service as customers
from trueup.billing.customers.model import NewCustomer
from trueup.billing.dialect.service import keep_dialect
from trueup.billing.invoicing import documents, runs
from trueup.billing.invoicing.model import LegalEntity
from trueup.billing.metering import service as metering
from trueup.billing.metering.model import REPORTED
from trueup.billing.subscriptions import beginning
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.rules.planning import Ordered
from trueup.billing.taxes.model import Seller
from trueup.db.queries import parse_queries
from trueup.kernel.ids import new_id

NAMES = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c9")
EURO = 1_000_000
TABLES = parse_queries(
    """
-- name: invoices
-- Invoices, in the order of numbers.
select invoice_id, customer_id, number, status, currency, subtotal_micros, discount_micros, tax_micros, total_micros, paid_micros,
       credited_micros, issued_at, due_at, period_start, period_end, kind, put_aside_micros
  from billing.invoice order by number nulls last, issued_at

-- name: lines
-- Lines with the numbers of their invoices.
select i.number, l.line_key, l.kind, l.charge, l.amount_micros, l.tax_micros, l.tax_rate, l.discount_micros, l.quantity,
       l.period_start, l.period_end, l.full_start, l.is_void, l.line_item_id, l.subscription_id, d.body::text as body
  from billing.line_item l join billing.invoice i using (tenant_id, invoice_id)
  left join billing.derivation d using (tenant_id, derivation_id)
 order by i.number, l.subscription_id, l.position

-- name: all_lines
-- Lines with what they are for.
select invoice_id, kind, plan, charge, period_start, period_end, amount_micros from billing.line_item

-- name: outbox
-- What the world is told.
select kind, subject_id, payload from events.outbox order by position

-- name: schedule
-- Where subscriptions stand.
select subscription_id, status, next_bill_at, current_period_start, current_period_end, charged_through_at,
       last_billed_at, is_steady, usage_watched_at from billing.subscription order by subscription_id

-- name: unsteady
-- Make every renewal a case for the general rules.
update billing.subscription set is_steady = false

-- name: balances
-- What stands on each kind of account.
select kind, currency, sum(debits_micros - credits_micros)::bigint as balance from ledger.balance group by 1, 2 order by 1

-- name: discount
-- A running discount.
insert into billing.discount (tenant_id, discount_id, subscription_id, coupon_code, percent_bp, periods_remaining)
values (tenancy.current_tenant(), %(id)s, %(subscription)s, 'SPRING', %(percent_bp)s, %(periods)s)

-- name: credit
-- A credit to spend.
insert into billing.credit (tenant_id, credit_id, customer_id, currency, original_micros, remaining_micros, priority, granted_at)
values (tenancy.current_tenant(), %(id)s, %(customer)s, 'EUR', %(micros)s, %(micros)s, 0, '2020-01-01')

-- name: credits
-- Credits and what is left of them.
select original_micros, remaining_micros, reason from billing.credit order by granted_at, credit_id

-- name: notes
-- Credit notes.
select number, amount_micros, tax_micros from billing.credit_note order by number

-- name: country
-- Tell where a customer is, or that nobody knows.
update billing.customer set country = %(country)s where customer_id = %(id)s

-- name: counts
-- How many rows the engine wrote.
select (select count(*) from billing.invoice) as invoices, (select count(*) from billing.line_item) as lines,
       (select count(*) from ledger.transfer) as transfers, (select count(*) from events.outbox) as facts,
       (select count(*) from billing.derivation) as derivations
""",
    origin="worlds",
)


def day(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def moment(text):
    """An instant of UTC; of a day, its first."""
    said = datetime.fromisoformat(text)
    return said if said.tzinfo else said.replace(tzinfo=UTC)


@dataclass
class Ticking:
    """A clock that stands where a test puts it."""

    at: datetime = field(default_factory=lambda: day("2026-01-01"))
    ticks: itertools.count = field(default_factory=lambda: itertools.count(1))

    def now(self):
        return self.at + timedelta(microseconds=next(self.ticks))

    def monotonic(self):
        return 0


@dataclass
class World:
    """One tenant's business.  Everything a test does with it is a method of one word."""

    db: object
    tenant_id: int
    clock: Ticking = field(default_factory=Ticking)

    def id(self, name):
        return uuid5(NAMES, f"{self.tenant_id}/{name}")

    def tx(self):
        return self.db.transaction(tenant_id=self.tenant_id)

    def entity(
        self, *, country="DE", takes_tax=True, grace_days=0, code="de", prefix="INV-", **more
    ):
        with self.tx() as tx:
            is_default = not runs.legal_entities(tx)
            seller = Seller(country, vat_number="DE123456789")
            runs.create_legal_entity(tx, LegalEntity(self.id(code), code, "Acme", seller, takes_tax, prefix, f"CN-{prefix}", 6, grace_days, is_default, **more))  # fmt: skip
        return self

    def plan(self, code, *prices, interval=Interval.MONTH, **terms):
        """prices: keyword arguments of a price version each."""
        with self.tx() as tx:
            catalog.create_product(tx, self.id(f"product {code}"), code)
            plan = Plan(
                self.id(f"plan {code}"),
                self.id(f"product {code}"),
                code,
                interval,
                code=code,
                **terms,
            )
            catalog.create_plan(tx, plan, at=self.clock.now())
            for price in prices:
                given = {"currency": "EUR", "model": PriceModel.FLAT, "is_per_unit": False, "effective_from": day("2020-01-01")} | price  # fmt: skip
                if "euros" in given:
                    given["unit_amount_micros"] = int(Decimal(str(given.pop("euros"))) * EURO)
                catalog.add_price(tx, Price(new_id(self.clock), plan.plan_id, **given))
        return self

    def customer(self, name, *, country="DE", zone="Europe/Berlin", currency="EUR"):
        with self.tx() as tx:
            customers.create_customer(tx, NewCustomer(self.id(name), name, currency, zone, country=country), self.clock.now())  # fmt: skip
        return self

    def start(self, name, customer, plan, at, *, quantity=1, **terms):
        with self.tx() as tx:
            found = catalog.get_plan(tx, plan)
            buyer = customers.get_customer(tx, str(self.id(customer)))
            wanted = beginning.NewSubscription(
                self.id(name), buyer.customer_id, found, catalog.offered(tx, found, buyer.currency, day(at)),
                buyer.currency, buyer.time_zone, day(at) + timedelta(hours=12), Decimal(quantity), **terms,
            )  # fmt: skip
            beginning.start(tx, [wanted], Ordered(day(at) + timedelta(hours=12)))
        return self

    def order(self, name, at, plan):
        """plan: takes the subscription, its dialect and the order."""
        ordered = Ordered(day(at) + timedelta(hours=12))
        with self.tx() as tx:
            return subscriptions.order(
                tx, self.id(name), lambda before, dialect: plan(before, dialect, ordered)
            )

    def use(self, name, quantity, at, *, of="s", recorded=None, meter="calls", **dimensions):
        """Report an event of usage under an id.  recorded: when we learn of it, if later."""
        self.clock.at = moment(recorded or at)
        told = {"event_id": name, "subscription_id": self.id(of).bytes, "meter": meter}
        told |= {"quantity": Decimal(str(quantity)), "occurred_at": moment(at)}
        told |= {"dimensions": json.dumps(dimensions) if dimensions else None}
        reported = pa.Table.from_pylist([told], schema=REPORTED)
        with self.tx() as tx:
            metering.record_usage(tx, reported, source="app", clock=self.clock)
        return self

    def run(self, until, workers=1):
        return runs.run(
            self.db, self.tenant_id, day(until) + timedelta(hours=13), self.clock, workers=workers
        )

    def run_until(self, until):
        self.run(until)
        return self

    def dialect(self, **settings):
        with self.tx() as tx:
            keep_dialect(tx, "house", settings, is_default=True)
        return self

    def rows(self, name):
        with self.tx() as tx:
            return tx.many(getattr(TABLES, name))

    def do(self, name, **values):
        with self.tx() as tx:
            tx.execute(getattr(TABLES, name), **values)
        return self

    def on(self, deed, number, *arguments, **options):
        """A deed of `documents` on the invoice of a number."""
        with self.tx() as tx:
            return deed(tx, documents.get_invoice(tx, number).invoice_id, *arguments, **options)

    def balance(self, kind):
        return sum(row.balance for row in self.rows("balances") if row.kind == kind)


SEATS = {
    "model": PriceModel.GRADUATED,
    "charge": "seats",
    "is_per_unit": True,
    "tiers": [
        {"up_to": "10", "unit_amount_micros": EURO, "flat_amount_micros": 0},
        {"up_to": None, "unit_amount_micros": EURO // 2, "flat_amount_micros": 0},
    ],
}
FEE = {"euros": "12.50"}
