"""Whatever was agreed: a plain renewal drafted by kind is the one that the general rules draft.

Random plans, prices, currencies, quantities, zones, days, taxes, conventions and usage; compared are
invoices and lines as rows, with their derivations, and where the subscription stands afterwards.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from uuid import UUID

import numpy as np
import pyarrow as pa
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trueup.billing.calendar.model import Interval
from trueup.billing.calendar.rules.zones import local_date, zone
from trueup.billing.catalog.model import Catalog, Plan, Price, PriceModel
from trueup.billing.dialect.model import Dialect
from trueup.billing.drafting.model import BilledLine, UsageEvent
from trueup.billing.fx.rules import Rates
from trueup.billing.invoicing.model import Books, Context, Due, LegalEntity
from trueup.billing.invoicing.renewals import Renewals
from trueup.billing.invoicing.rules.kinds import Members
from trueup.billing.invoicing.rules.papering import papered
from trueup.billing.invoicing.rules.renewal_usage import with_usage
from trueup.billing.invoicing.rules.renewing import Memory, renewed
from trueup.billing.invoicing.rules.rows import papers
from trueup.billing.invoicing.rules.totalling import Conventions
from trueup.billing.rating.rules.proof import proof_of
from trueup.billing.subscriptions import beginning
from trueup.billing.subscriptions.rules.offers import charge_of, terms_of
from trueup.billing.subscriptions.rules.planning import Ordered
from trueup.billing.subscriptions.rules.recording import exactly, point_of, subscription_of
from trueup.billing.subscriptions.terms import Aggregation
from trueup.billing.taxes.model import Buyer, Seller, TaxConvention
from trueup.billing.taxes.tables import shipped_rates
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.ids import SEPARATOR

NOW = datetime(2026, 1, 1, tzinfo=UTC)
US, ANN, PLAN = UUID(int=1), UUID(int=2), UUID(int=3)
ENTITY = LegalEntity(UUID(int=4), "de", "Acme", Seller("DE", vat_number="DE123456789"), True, "I-", "C-", is_default=True)  # fmt: skip
FINAL = LegalEntity(UUID(int=5), "us", "Acme", Seller("US"), False, "U-", "D-", grace_days=3)
DIALECTS = {
    "own": Dialect(),
    "down": Dialect(name="down", rounding="ROUND_DOWN"),
    "even": Dialect(name="even", rounding="ROUND_HALF_EVEN", taxes=TaxConvention()),
}
BUYERS = (Buyer("DE"), Buyer("FR"), Buyer("AT", is_business=True), Buyer("US", region="NY"))
MICROS = st.integers(min_value=0, max_value=300_000_000)  # below a cent, too
RATES = st.sampled_from((None, None, Decimal(7), Decimal("2.5")))


@st.composite
def charges(draw):
    """One price version, of any model and kind that can be plain."""
    how = draw(st.sampled_from(("flat", "per_unit", "graduated", "volume", "package", "usage")))
    terms = {"tax_percent": draw(RATES), "timing": draw(st.sampled_from((None, "in_arrears")))}
    if how == "usage":
        terms = {"tax_percent": draw(RATES), "meter": "calls"}
        terms["aggregation"] = draw(st.sampled_from(("sum", "max")))
        how = draw(st.sampled_from(("per_unit", "graduated", "volume")))
    if how in {"flat", "per_unit"}:
        return terms | {"model": PriceModel(how), "unit_amount_micros": draw(MICROS)}
    if how == "package":
        tiers = [{"up_to": str(draw(st.integers(1, 9))), "flat_amount_micros": draw(MICROS)}]
        return terms | {"model": PriceModel.PACKAGE, "tiers": tiers}
    tiers = [
        {"up_to": str(draw(st.integers(1, 20))), "unit_amount_micros": draw(MICROS), "flat_amount_micros": draw(MICROS)},
        {"up_to": None, "unit_amount_micros": draw(MICROS), "flat_amount_micros": 0},
    ]  # fmt: skip
    return terms | {"model": PriceModel(how), "tiers": tiers}


@st.composite
def agreements(draw):
    """What was sold to whom under which conventions, and what is used in the period that is billed."""
    return SimpleNamespace(
        charges=draw(st.lists(charges(), min_size=1, max_size=3)),
        currency=draw(st.sampled_from(("EUR", "JPY", "KWD", "USD"))),
        interval=draw(st.sampled_from((Interval.MONTH, Interval.MONTH, Interval.WEEK, Interval.YEAR))),
        count=draw(st.integers(1, 3)),
        quantity=draw(st.sampled_from((Decimal(0), Decimal(1), Decimal(7), Decimal("2.5"), Decimal(133)))),
        zone=draw(st.sampled_from(("UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"))),
        start=draw(st.dates(date(2024, 1, 1), date(2026, 3, 31))),
        dialect=draw(st.sampled_from(tuple(DIALECTS))),
        entity=draw(st.sampled_from((ENTITY, FINAL))),
        buyer=draw(st.sampled_from(BUYERS)),
        net_days=draw(st.integers(0, 30)),
        used=draw(st.lists(st.decimals(0, 500, places=3), max_size=4)),
    )  # fmt: skip


def begun(agreed):
    """The subscription as an order makes it, kept and read again as the database would."""
    plan = Plan(PLAN, UUID(int=6), "Pro", agreed.interval, agreed.count, code="pro")
    prices = [
        Price(UUID(int=100 + n), PLAN, agreed.currency, charge=f"c{n}", **terms)
        for n, terms in enumerate(agreed.charges)
    ]
    first = datetime.combine(agreed.start, time(12), zone(agreed.zone))
    wanted = beginning.NewSubscription(
        US, ANN, plan, prices, agreed.currency, agreed.zone, first, agreed.quantity,
        dialect=agreed.dialect, net_days=agreed.net_days,
    )  # fmt: skip
    made = beginning._begun(wanted, DIALECTS[agreed.dialect], Ordered(NOW))
    catalog = Catalog({PLAN: plan}, {price.price_id: price for price in prices})
    return made.record, catalog


def conventions(agreed):
    return Conventions(DIALECTS.__getitem__, lambda _: agreed.entity, shipped_rates(), Rates())


def by_the_general_rules(agreed, record, catalog, lines, usage):
    """The bill of a moment, given the lines billed before."""
    subscription = subscription_of(record, catalog, {})
    billed = {}
    for line in lines:
        if line.item is not None:
            billed.setdefault(line.item, []).append(BilledLine(line, "before", line.amount_micros))
    books = Books({key: tuple(of) for key, of in billed.items()}, {})
    context = Context(
        subscriptions={US: subscription},
        books={US: books},
        usage={US: usage},
        discounts={},
        credits={},
        buyers={ANN: agreed.buyer},
    )
    return papered([Due(US, ANN, record.next_bill_at)], context, conventions(agreed))


def by_kind(agreed, record, catalog, usage):
    renewals = Renewals(conventions(agreed))
    prices = [item.price_id for item in record.items]
    for price in prices:
        charge = charge_of(catalog.prices[price], catalog.plans[PLAN])
        renewals._charges[price] = (price, charge, "pro")
    renewals._terms[PLAN] = terms_of(catalog.plans[PLAN], ())
    row = SimpleNamespace(
        time_zone=record.time_zone, dialect=record.dialect, legal_entity_id=None,
        currency=record.currency, next_bill_at=record.next_bill_at, cycle=record.cycle,
        current_period_start=record.current_period_start, net_days=record.net_days,
        prices=prices, plan_id=PLAN,
    )  # fmt: skip
    sold = [renewals._charges[price][1] for price in prices]
    amounts = " ".join(
        "" if charge.meter else f"{exactly(item.quantity):f}"
        for item, charge in zip(record.items, sold, strict=True)
    )
    members = Members(
        ids=pa.array([US.bytes], pa.binary(16)),
        customers=pa.array([ANN.bytes], pa.binary(16)),
        orders=np.array([record.orders], np.int32),
        amounts=[with_usage(amounts, sold, _added_up(sold, usage))],
        keys=[SEPARATOR.join(item.item_key for item in record.items)],
    )
    return renewed(renewals._kind(row, agreed.buyer), members, Memory())


def _added_up(sold, usage):
    quantities = [event.quantity for event in usage] or [Decimal(0)]
    return {
        n: max(quantities) if charge.aggregation is Aggregation.MAX else sum(quantities, Decimal(0))
        for n, charge in enumerate(sold)
        if charge.meter
    }


@given(agreements())
@settings(deadline=None, max_examples=150)
def test_a_renewal_by_kind_is_that_of_the_general_rules(agreed):
    """B39, B14, B17, B45: rows, tax, totals, derivations, and what comes next."""
    record, catalog = begun(agreed)
    first = by_the_general_rules(agreed, record, catalog, (), ())
    assume(not first.parked)  # tax that is not known, say, is parked either way
    billed = [line for bill in first.bills if bill.draft for line in bill.draft.lines]
    (record,) = first.advanced
    assume(record.is_steady)
    where = zone(agreed.zone)
    begins = point_of(record.current_period_start, where, counts_instants=False)
    usage = tuple(
        UsageEvent("calls", begins + timedelta(days=n), begins + timedelta(days=n), exactly(used), moment=str(n))
        for n, used in enumerate(agreed.used)
    )  # fmt: skip
    general = by_the_general_rules(agreed, record, catalog, billed, usage)
    assert general.parked == ()
    fast, moved = by_kind(agreed, record, catalog, usage)
    slow = papers(general.bills, {str(US): where})
    assert fast.invoices.to_pylist() == slow.invoices.to_pylist()
    assert fast.lines.to_pylist() == slow.lines.to_pylist()
    assert fast.derivations == slow.derivations
    (after,) = general.advanced
    assert after.is_steady
    assert moved.to_pylist() == [
        {name: _plain(getattr(after, name)) for name in moved.column_names}
    ]
    _computes_again(agreed, slow)


def _plain(value):
    return value.bytes if isinstance(value, UUID) else value


def _computes_again(agreed, made):
    """B13: each stored derivation executes to the stored amount, whole steps of the currency."""
    money = CURRENCIES[agreed.currency]
    proves = partial(proof_of, currency=money, rounding=DIALECTS[agreed.dialect].rounding)
    for line in made.lines.to_pylist():
        amount = line["amount_micros"]
        assert amount % money.step_micros == 0
        assert proves(made.derivations[line["derivation_id"]], amount).holds
    for head in made.invoices.to_pylist():
        assert head["tax_micros"] % money.step_micros == 0
        assert local_date(head["issued_at"], zone(agreed.zone)) >= agreed.start
