"""What each order makes of a subscription: its service, its state, its next bill, and the order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from tests.unit.billing.subscriptions.sold import (
    METERED,
    TRUEUP,
    at,
    begun,
    ordered,
    plan,
    price,
    served,
)

from trueup.billing.calendar.errors import CycleDayImpossible
from trueup.billing.calendar.model import Interval, Proration, Timing
from trueup.billing.subscriptions.contract import Settlement
from trueup.billing.subscriptions.errors import (
    CancelledBeforeStart,
    ChangedSince,
    ChargeNotServed,
    NothingToRemove,
    NothingToTakeBack,
    PlanHadAlready,
    ServiceEnded,
    TransitionNotAllowed,
)
from trueup.billing.subscriptions.model import OrderKind, SubscriptionStatus
from trueup.billing.subscriptions.rules import planning
from trueup.billing.subscriptions.rules.planning import Ordered

PRO, PRO_FEE = plan(200), price(2000, of=200, amount="20")
EXTRA = price(2001, of=200, amount="5", charge="extra", kind="add_on")
LITE, LITE_FEE = plan(300), price(3000, of=300, amount="5")
WEEKLY = plan(400, interval=Interval.WEEK)
WEEKLY_FEE = price(4000, of=400, amount="5")
AGREED = price(1009, amount="8", is_private=True)
NEW = begun(quantity="2")
LEAVING = planning.cancel(NEW, ordered("03-05", "03-20"), TRUEUP).after
PAUSED = planning.pause(NEW, ordered("03-05")).after
BOTH = planning.add(NEW, PRO, EXTRA, Decimal(3), ordered("03-05")).after


def change(before, ordered_, to=PRO, fee=PRO_FEE, dialect=TRUEUP, **more):
    return planning.change(before, to, [fee], ordered_, dialect, **more)


NOW = ordered("03-10T12:00")
LATER = ordered("03-10T12:00", "04-15")
CASES = {
    # order: what it comes to; kind, terms, rows in service
    "another plan": (
        lambda: change(NEW, NOW),
        OrderKind.CHANGE,
        {"plan": "plan-200", "settlement": "prorate"},
        ["2xbase 03-01..03-10", "2xbase 03-10.."],
    ),
    "another plan later": (
        lambda: change(NEW, LATER),
        OrderKind.CHANGE,
        {"plan": "plan-200", "settlement": "prorate"},
        ["2xbase 03-01..04-15", "2xbase 04-15.."],
    ),
    "another plan without settlement": (
        lambda: change(NEW, NOW, settlement=Settlement.NONE),
        OrderKind.CHANGE,
        {"plan": "plan-200", "settlement": "none"},
        ["2xbase 03-01..04-01", "2xbase 04-01.."],
    ),
    "another quantity": (
        lambda: planning.change_quantity(NEW, Decimal(5), NOW, TRUEUP),
        OrderKind.CHANGE_QUANTITY,
        {"quantity": Decimal(5)},
        ["2xbase 03-01..03-10", "5xbase 03-10.."],
    ),
    "one charge more": (
        lambda: planning.add(NEW, PRO, EXTRA, Decimal(3), LATER),
        OrderKind.ADD,
        {"charge": "extra", "quantity": Decimal(3)},
        ["2xbase 03-01..", "3xextra 04-15.."],
    ),
    "one charge less": (
        lambda: planning.remove(BOTH, "extra", NOW),
        OrderKind.REMOVE,
        {"charge": "extra"},
        ["2xbase 03-01..", "3xextra 03-05..03-10"],
    ),
    "another price": (
        lambda: planning.change_price(NEW, plan(), AGREED, NOW),
        OrderKind.CHANGE_PRICE,
        {"charge": "base", "price": UUID(int=1009)},
        ["2xbase 03-01..03-10", "2xbase 03-10.."],
    ),
    "another day": (
        lambda: planning.change_cycle_day(NEW, 20, NOW),
        OrderKind.CHANGE_CYCLE,
        {"day": 20},
        ["2xbase 03-01.."],
    ),
    "an end at once": (
        lambda: planning.cancel(NEW, NOW, TRUEUP),
        OrderKind.CANCEL,
        {},
        ["2xbase 03-01..03-10"],
    ),
    "an end then": (
        lambda: planning.cancel(NEW, LATER, TRUEUP),
        OrderKind.CANCEL,
        {},
        ["2xbase 03-01..04-15"],
    ),
    "no end": (
        lambda: planning.uncancel(LEAVING, NOW),
        OrderKind.UNCANCEL,
        {},
        ["2xbase 03-01.."],
    ),
    "a pause": (lambda: planning.pause(NEW, NOW), OrderKind.PAUSE, {}, ["2xbase 03-01.."]),
    "a pause later": (lambda: planning.pause(NEW, LATER), OrderKind.PAUSE, {}, ["2xbase 03-01.."]),
    "a resumption": (
        lambda: planning.resume(PAUSED, NOW, TRUEUP),
        OrderKind.RESUME,
        {},
        ["2xbase 03-01.."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_an_order_changes_service_and_is_kept_as_it_was_given(what):
    make, kind, terms, rows = CASES[what]
    after, order = make()
    assert served(after) == rows
    assert (order.kind, dict(order.terms)) == (kind, terms)
    assert (order.ordered_at, order.ordered_by, order.replaced) == (at("03-10T12:00"), "mia", None)
    assert after.record.next_bill_at == at("03-01")
    assert not after.record.is_steady
    assert set(after.prices) == {item.key for item in after.contract.items}


@pytest.mark.parametrize(
    ("what", "counts_from", "orders", "status"),
    [
        ("another plan", "03-10T12:00", 2, "active"),
        ("another plan later", "04-15", 2, "active"),
        ("one charge less", "03-10T12:00", 3, "active"),
        ("an end at once", "03-10", 2, "cancelled"),  # of its local day
        ("an end then", "04-15", 2, "active"),
        ("no end", "03-10T12:00", 3, "active"),
        ("a pause", "03-10T12:00", 2, "paused"),
        ("a pause later", "04-15", 2, "active"),
        ("a resumption", "03-10T12:00", 3, "active"),
    ],
)
def test_an_order_is_numbered_and_says_from_when_it_counts(what, counts_from, orders, status):
    after, order = CASES[what][0]()
    assert order.effective_at == at(counts_from)
    assert (after.record.orders, after.record.status) == (orders, status)


@pytest.mark.parametrize(
    ("next_bill", "ordered_on", "expected"),
    [
        ("03-20", "03-10", "03-10"),  # at once
        ("03-08", "03-10", "03-08"),  # due already
        (None, "03-10", "03-10"),
        (None, "02-10", "03-01"),  # never before its start
    ],
)
def test_an_order_is_billed_at_once_and_never_before_the_start(next_bill, ordered_on, expected):
    due = None if next_bill is None else at(next_bill)
    before = replace(NEW, record=replace(NEW.record, next_bill_at=due))
    after, _ = planning.change_quantity(before, Decimal(3), ordered(ordered_on, "03-15"), TRUEUP)
    assert after.record.next_bill_at == at(expected)


def test_an_order_for_then_counts_from_then():
    assert (LATER.counts_from, LATER.is_now) == (at("04-15"), False)
    assert (NOW.counts_from, NOW.is_now) == (at("03-10T12:00"), True)
    assert ordered("03-10", "03-10").is_now
    assert ordered("03-10", "03-09").is_now
    assert Ordered(at("03-10")).by is None


# ---- another plan


@pytest.mark.parametrize(
    ("to", "fee", "downgrade", "expected"),
    [
        (LITE, LITE_FEE, Settlement.NONE, Settlement.NONE),
        (LITE, LITE_FEE, None, Settlement.RESET),
        (PRO, PRO_FEE, Settlement.NONE, Settlement.RESET),
        (plan(500), price(5000, of=500), Settlement.NONE, Settlement.RESET),  # costs the same
    ],
    ids=["down", "down as any", "up", "level"],
)
def test_a_downgrade_may_be_settled_otherwise(to, fee, downgrade, expected):
    """B32."""
    planned = change(NEW, NOW, to, fee, settlement=Settlement.RESET, downgrade=downgrade)
    assert planned.order.terms["settlement"] == expected


def test_another_plan_has_its_own_price_and_the_old_keeps_its():
    after = change(NEW, NOW).after
    assert after.record.plan_id == UUID(int=200)
    assert [row.price_id.int for row in after.record.items] == [1000, 2000]
    assert [row.is_changed for row in after.record.items] == [True, False]


def test_a_fee_that_goes_on_in_another_plan_is_priced_by_that_plan():
    same = price(5000, of=500)
    keeps = replace(TRUEUP, keeps_unchanged=True)
    after = change(NEW, NOW, plan(500), same, dialect=keeps).after
    assert [row.price_id.int for row in after.record.items] == [5000]


# ---- quantities, charges, prices


def test_a_charge_of_another_rhythm_recurs_as_its_plan_does():
    after = planning.add(NEW, WEEKLY, WEEKLY_FEE, Decimal(1), NOW).after
    assert [row.cycle for row in after.record.items] == [
        None,
        {"every": [1, "week"], "anchor": [2026, 3, 1]},
    ]
    assert [item.plan for item in after.contract.items] == ["plan-100", "plan-400"]
    own = replace(WEEKLY_FEE, interval="year", interval_count=2)
    after = planning.add(NEW, WEEKLY, own, Decimal(1), NOW).after
    assert after.record.items[1].cycle["every"] == [2, "year"]


def test_of_two_charges_of_one_code_only_the_named_plans_is_removed():
    twice = planning.add(NEW, PRO, PRO_FEE, Decimal(1), NOW).after
    after = planning.remove(twice, "base", ordered("03-12"), plan="plan-200").after
    assert served(after) == ["2xbase 03-01..", "base 03-10..03-12"]
    with pytest.raises(NothingToRemove) as refused:
        planning.remove(NEW, "base", NOW, plan="plan-200")
    assert refused.value.fields == {"subscription": NEW.contract.key, "charge": "base"}


def test_an_agreed_price_leaves_the_other_charges_alone():
    after = planning.change_price(BOTH, plan(), AGREED, NOW).after
    assert [row.price_id.int for row in after.record.items] == [1000, 1009, 2001]
    assert [row.quantity for row in after.record.items] == [2, 2, 3]
    keys = [item.key for item in after.contract.items]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "version", [price(7, charge="gone"), price(7, **METERED)], ids=["fee", "usage"]
)
def test_a_charge_that_is_not_served_has_no_other_price(version):
    with pytest.raises(ChargeNotServed) as refused:
        planning.change_price(NEW, plan(), version, NOW)
    assert refused.value.fields["charge"] == version.charge_code


# ---- another day


def test_periods_turn_on_the_next_such_day():
    """B10."""
    cycle = planning.change_cycle_day(NEW, 20, NOW).after.record.cycle
    assert cycle == {
        "before": {"every": [1, "month"], "anchor": [2026, 3, 1]},
        "turns": "2026-03-20",
        "after": {"every": [1, "month"], "anchor": [2026, 3, 20]},
    }
    assert planning.change_cycle_day(NEW, 5, NOW).after.record.cycle["turns"] == "2026-04-05"


def test_weeks_have_no_day_of_the_month():
    weekly = begun(WEEKLY, [WEEKLY_FEE])
    with pytest.raises(CycleDayImpossible) as refused:
        planning.change_cycle_day(weekly, 20, NOW)
    assert refused.value.fields == {"cycle_day": 20, "unit": "week"}


# ---- ends and pauses


def test_an_end_with_the_period_is_where_the_period_ends():
    """B35."""
    after, order = planning.cancel(NEW, NOW, TRUEUP, at_period_end=True)
    assert served(after) == ["2xbase 03-01..04-01"]
    assert order.effective_at == after.record.cancel_at == after.record.final_bill_at == at("04-01")
    assert (after.record.cancelled_at, after.record.ended_at) == (at("03-10T12:00"), None)


def test_the_last_day_counts_only_where_it_ends_at_once():
    whole_day = replace(TRUEUP, bills_last_day=True)
    at_once = planning.cancel(NEW, NOW, whole_day).after
    assert served(at_once) == ["2xbase 03-01..03-11"]
    assert at_once.record.final_bill_at == at("03-10")
    then = planning.cancel(NEW, LATER, whole_day).after
    assert served(then) == ["2xbase 03-01..04-15"]
    with_period = planning.cancel(NEW, NOW, whole_day, at_period_end=True).after
    assert served(with_period) == ["2xbase 03-01..04-01"]


def test_an_end_taken_back_leaves_no_trace_of_it():
    record = planning.uncancel(LEAVING, NOW).after.record
    assert (record.cancel_at, record.cancelled_at, record.final_bill_at) == (None, None, None)
    with pytest.raises(NothingToTakeBack):
        planning.uncancel(NEW, NOW)
    with pytest.raises(NothingToTakeBack):
        planning.uncancel(LEAVING, ordered("03-20"))


def test_a_resumption_before_or_later_changes_no_state():
    later = planning.resume(PAUSED, LATER, TRUEUP).after
    assert later.record.status is SubscriptionStatus.PAUSED
    assert later.record.pauses == ((at("03-05"), at("04-15")),)
    agreed = planning.pause(NEW, LATER).after
    never = planning.resume(agreed, NOW, TRUEUP).after
    assert (never.record.status, never.record.pauses) == (SubscriptionStatus.ACTIVE, ())


def test_a_resumption_counts_quarters_anew_where_the_dialect_does():
    quarterly = plan(interval=Interval.QUARTER)
    paused = planning.pause(begun(quarterly), ordered("03-05")).after
    anew = planning.resume(paused, ordered("04-20"), replace(TRUEUP, anchors_anew=True)).after
    assert anew.record.cycle["anchor"] == [2026, 4, 1]
    assert planning.resume(paused, ordered("04-20"), TRUEUP).after.record.cycle["anchor"] == [
        2026,
        3,
        1,
    ]


def test_by_the_second_an_order_counts_from_its_instant():
    """B6."""
    by_second = replace(TRUEUP, proration=Proration.SECOND)
    new = begun(start="03-01T09:30", now="03-02", dialect=by_second)
    after = planning.change_quantity(new, Decimal(3), NOW, TRUEUP).after
    assert [row.served_from for row in after.record.items] == [at("03-01T09:30"), at("03-10T12:00")]


def test_what_has_not_begun_is_cancelled_at_its_start_or_at_once_and_no_earlier():
    """B35."""
    with pytest.raises(CancelledBeforeStart) as refused:
        planning.cancel(NEW, ordered("03-05", "02-20"), TRUEUP)
    assert (refused.value.fields["start"], refused.value.fields["asked"]) == (
        "2026-03-01",
        "2026-02-20",
    )
    for on in (ordered("03-05", "03-01"), ordered("02-20")):
        assert planning.cancel(NEW, on, TRUEUP).after.contract.cancelled == NEW.contract.start


# ---- refusals


ORDERS = {
    "another plan": change,
    "another quantity": lambda s, on: planning.change_quantity(s, Decimal(3), on, TRUEUP),
    "one charge more": lambda s, on: planning.add(s, PRO, EXTRA, Decimal(1), on),
    "another price": lambda s, on: planning.change_price(s, plan(), AGREED, on),
    "one charge less": lambda s, on: planning.remove(s, "base", on),
    "another day": lambda s, on: planning.change_cycle_day(s, 20, on),
    "a pause": planning.pause,
}


@pytest.mark.parametrize("what", ORDERS)
def test_what_has_ended_takes_no_order(what):
    refusal = NothingToRemove if what == "one charge less" else ServiceEnded
    with pytest.raises(refusal):
        ORDERS[what](LEAVING, ordered("03-20"))


@pytest.mark.parametrize("what", ORDERS)
def test_what_is_unpaid_takes_no_order(what):
    """Nor does it change before money came."""
    unpaid = replace(NEW, record=replace(NEW.record, status=SubscriptionStatus.UNPAID))
    with pytest.raises(TransitionNotAllowed) as refused:
        ORDERS[what](unpaid, NOW)
    assert refused.value.fields["status"] == "unpaid"


@pytest.mark.parametrize("later", ["another plan", "another quantity", "another price"])
@pytest.mark.parametrize("earlier", ["another plan", "another quantity", "another price"])
def test_a_change_that_counts_already_is_not_undone_by_one_dated_before_it(later, earlier):
    """B36: what is agreed for later is replaced; what has taken effect stands."""
    changed = ORDERS[later](NEW, ordered("03-10")).after
    earliest, agreed = ordered("03-20", "03-10"), replace(AGREED, plan_id=UUID(int=200))
    again = dict(ORDERS)
    if later == "another plan":
        again["another plan"] = lambda s, on: change(s, on, LITE, LITE_FEE)
        again["another price"] = lambda s, on: planning.change_price(s, PRO, agreed, on)
    with pytest.raises(ChangedSince) as refused:
        again[earlier](changed, ordered("03-20", "03-05"))
    assert (refused.value.fields["changed"], refused.value.fields["asked"]) == (
        "2026-03-10",
        "2026-03-05",
    )
    assert again[earlier](changed, earliest).order.effective_at == at("03-10")
    ahead = ORDERS[later](NEW, ordered("03-01", "03-10")).after
    assert ORDERS["another plan"](ahead, ordered("03-05")).order.effective_at == at("03-05")


def test_the_plan_it_has_at_the_prices_it_has_is_no_change():
    """What its coupons took off would be charged again; other prices, or an earlier day, are one."""
    has = change(NEW, ordered("03-10")).after
    for on in (ordered("03-20"), ordered("03-20", "04-15")):
        with pytest.raises(PlanHadAlready) as refused:
            change(has, on)
        assert "has this plan already" in refused.value.sentence
    newer = price(2009, of=200, amount="25")
    assert change(has, ordered("03-20"), fee=newer).order.kind is OrderKind.CHANGE
    ahead = change(NEW, ordered("03-01", "04-15")).after
    assert change(ahead, ordered("03-20")).order.effective_at == at("03-20")
    gone = planning.cancel(has, ordered("03-20"), TRUEUP).after
    with pytest.raises(ServiceEnded):
        change(gone, ordered("03-21"))


@pytest.mark.parametrize(("day", "is_refused"), [("03-04", True), ("03-05", False)])
def test_a_pause_that_counts_is_not_undone_by_a_resumption_dated_before_it(day, is_refused):
    """B38: what was given back for it would be charged again."""
    if is_refused:
        with pytest.raises(ChangedSince) as refused:
            planning.resume(PAUSED, ordered("03-10", day), TRUEUP)
        assert refused.value.fields["changed"] == "2026-03-05"
    else:
        assert planning.resume(PAUSED, ordered("03-10", day), TRUEUP).after.record.pauses == ()


# ---- what waits, and what a trial makes of a change


@pytest.mark.parametrize(
    ("effective", "by_second", "from_"),
    [(None, False, "03-11"), ("03-12", False, "03-12"), (None, True, "03-10T09:00")],
)
def test_the_day_of_a_new_quantity_may_be_the_old_ones(effective, by_second, from_):
    """B7: from the next day on, unless the order says; instants have no day to leave."""
    unit = Proration.SECOND if by_second else Proration.DAY
    dialect = replace(TRUEUP, quantities_change_next_day=True, proration=unit)
    before = begun(dialect=dialect)
    _, order = planning.change_quantity(
        before, Decimal(3), ordered("03-10T09:00", effective), dialect
    )
    assert order.effective_at == at(from_)


def test_the_day_of_a_change_of_plan_is_the_new_plans_whatever_quantities_do():
    """B7."""
    dialect = replace(TRUEUP, quantities_change_next_day=True)
    _, order = change(begun(dialect=dialect), ordered("03-10T09:00"), dialect=dialect)
    assert order.effective_at == at("03-10T09:00")


@pytest.mark.parametrize(
    ("to", "effective", "waits", "expected"),
    [
        ((LITE, LITE_FEE), None, True, ["2xbase 03-01..04-01", "2xbase 04-01.."]),
        ((LITE, LITE_FEE), "03-12", True, ["2xbase 03-01..03-12", "2xbase 03-12.."]),
        ((LITE, LITE_FEE), None, False, ["2xbase 03-01..03-10", "2xbase 03-10.."]),
        ((PRO, PRO_FEE), None, True, ["2xbase 03-01..03-10", "2xbase 03-10.."]),
    ],
)
def test_a_cheaper_plan_waits_where_the_dialect_has_it_so(to, effective, waits, expected):
    """B32."""
    dialect = replace(TRUEUP, downgrades_wait=waits)
    after, order = change(NEW, ordered("03-10", effective), *to, dialect=dialect)
    assert served(after) == expected
    assert order.effective_at == at(expected[1].split()[1].removesuffix(".."))


@pytest.mark.parametrize(
    ("units", "waits", "from_"), [(1, True, "04-01"), (1, False, "03-10"), (3, True, "03-10")]
)
def test_fewer_units_wait_where_the_dialect_has_it_so(units, waits, from_):
    """B32."""
    dialect = replace(TRUEUP, decreases_wait=waits)
    after, _ = planning.change_quantity(NEW, Decimal(units), ordered("03-10"), dialect)
    fewer = "" if units == 1 else f"{units}x"
    assert served(after) == [f"2xbase 03-01..{from_}", f"{fewer}base {from_}.."]


@pytest.mark.parametrize(
    ("timing", "at_once", "end"),
    [
        (Timing.IN_ARREARS, True, "03-10"),
        (Timing.IN_ARREARS, False, "04-01"),
        (Timing.IN_ADVANCE, True, "04-01"),
    ],
)
def test_the_end_of_a_term_in_arrears_may_be_now(timing, at_once, end):
    fee = price(1000, timing=timing)
    dialect = replace(TRUEUP, ends_arrears_at_once=at_once)
    after, _ = planning.cancel(begun(prices=[fee]), ordered("03-10"), dialect, at_period_end=True)
    assert after.record.cancel_at == at(end)


@pytest.mark.parametrize(
    ("days", "ends_trial", "until", "fees_from"),
    [
        (20, False, "03-21", "03-21.."),  # it goes on, counted from the first day
        (5, False, "03-10", "03-10.."),  # it was over before
        (0, False, "03-10", "03-10.."),
        (20, True, "03-10", "03-10.."),
    ],
)
def test_a_change_in_a_trial_keeps_what_the_new_plan_has_of_it(days, ends_trial, until, fees_from):
    """B34: nothing is charged while a trial runs, and the record says until when it does."""
    before = begun(plan(trial_days=14))
    before = replace(before, record=replace(before.record, trial_end_at=at("03-15")))
    dialect = replace(TRUEUP, change_ends_trial=ends_trial)
    after, _ = change(before, ordered("03-10"), plan(200, trial_days=days), dialect=dialect)
    assert served(after)[-1] == f"base {fees_from}"
    assert after.record.trial_end_at == at(until)
