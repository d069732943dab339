"""Which windows of usage plain renewals ask for, and what comes back means (B27, B28)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.billing.invoicing.subscribers import BERLIN, UNTAXED, at
from tests.unit.billing.subscriptions.contracts import FIRSTS, charge, day, terms

from trueup.billing.calendar.model import Timing
from trueup.billing.dialect.model import Dialect
from trueup.billing.drafting.model import UsageEvent
from trueup.billing.drafting.rules.measuring import too_late_from, within_horizon
from trueup.billing.invoicing.rules.kinds import Kind
from trueup.billing.invoicing.rules.renewal_usage import (
    Metered,
    Slot,
    Used,
    metered,
    used,
    windows_of,
    with_usage,
)
from trueup.billing.metering.model import WINDOW
from trueup.billing.subscriptions.terms import Aggregation, ChargeKind

USAGE = {"kind": ChargeKind.USAGE, "timing": Timing.IN_ARREARS}
FEE = charge("fee")
CALLS = charge("calls", "1", **USAGE, meter="calls")
DATA = charge("data", "1", **USAGE, meter="up+down")
PEAK = charge("peak", "1", **USAGE, meter="in+out", aggregation=Aggregation.MAX)
A, B = bytes(15) + b"a", bytes(15) + b"b"
KNOWN = datetime(2024, 2, 1, 3, tzinfo=UTC)
FEBRUARY = {"first": day("02-01"), "last": day("03-01"), "known_at": KNOWN}


def renewal(*charges, dialect) -> Kind:
    """February's, of Berlin."""
    return Kind(
        currency="EUR", at=at("03-01"), before=at("02-01"), zone=BERLIN, cycle=FIRSTS, dialect=dialect,
        entity=UNTAXED, net_days=0, charges=tuple((UUID(int=n), c, "plan") for n, c in enumerate(charges)),
        terms=terms(), treatment=None,
    )  # fmt: skip


def kind(number: int, subscriptions, *charges) -> Metered:
    return Metered(number, subscriptions, charges, **FEBRUARY)


def found(*rows: tuple[int, str, str], changed: str = "03-01") -> pa.Table:
    """Windows that came back: number, sum and largest; the last of each was recorded on a day."""
    return pa.table(
        {
            "changed_at": pa.array([at(changed) for _ in rows], pa.timestamp("us", "UTC")),
            "number": pa.array([n for n, _, _ in rows], pa.int32()),
            "quantity": pa.array([Decimal(q) for _, q, _ in rows], pa.decimal128(20, 6)),
            "largest": pa.array([Decimal(x) for _, _, x in rows], pa.decimal128(20, 6)),
        }
    )


@pytest.mark.parametrize(("horizon", "too_late"), [
    (None, None), (0, at("03-01")), (1, at("04-01")), (2, at("05-01")),
])  # fmt: skip
def test_a_kind_counts_the_local_days_of_the_period_that_ends(horizon, too_late):
    """B4: midnight of Berlin is the day before in UTC.  B28: until when its usage is in time."""
    agreed = renewal(CALLS, FEE, dialect=Dialect(late_usage_periods=horizon))
    found = metered(7, SimpleNamespace(known_at=KNOWN), agreed, [A, B])
    assert found == Metered(7, [A, B], [CALLS, FEE], **FEBRUARY, too_late=too_late)


def test_each_meter_of_each_charge_is_asked_for_its_period_and_all_of_them_for_what_was_late():
    table, slots = windows_of([kind(3, [A, B], FEE, CALLS, DATA), kind(4, [A], CALLS)])
    assert table.schema == WINDOW
    first, last = FEBRUARY["first"], FEBRUARY["last"]
    asked = [
        (None, None, first, KNOWN), ("calls", first, last, None), ("up", first, last, None), ("down", first, last, None),
    ]  # fmt: skip
    members = [A] * 4 + [B] * 4 + [A] * 2
    expected = [*asked, *asked, *asked[:2]]
    assert table.to_pylist() == [
        {"number": n, "subscription_id": s, "meter": m, "starts_on": a, "ends_on": b, "known_at": k}
        for n, (s, (m, a, b, k)) in enumerate(zip(members, expected, strict=True))
    ]
    each = [None, 1, 2, 2]
    assert slots == [
        *(Slot(3, member, number) for member in (0, 1) for number in each),
        Slot(4, 0, None),
        Slot(4, 0, 0),
    ]


def test_what_comes_back_adds_up_by_charge_or_is_the_largest_of_it():
    """B27."""
    kinds = [kind(0, [A, B], FEE, DATA, PEAK)]
    _, slots = windows_of(kinds)
    # late, up, down, in, out; for each of two
    back = found((1, "5", "4"), (2, "7", "6"), (3, "50", "20"), (4, "60", "19"), (7, "1", "1"), (9, "3", "2"))  # fmt: skip
    assert used(kinds, slots, back) == Used({(0, 0): {1: 12, 2: 20}, (0, 1): {1: 1, 2: 2}}, frozenset())  # fmt: skip


def test_the_larger_of_two_meters_counts_whichever_comes_first():
    kinds = [kind(0, [A], PEAK)]
    _, slots = windows_of(kinds)
    for one, other in (("2", "9"), ("9", "2")):
        assert used(kinds, slots, found((1, "0", one), (2, "0", other))).amounts == {(0, 0): {0: 9}}


def test_a_period_that_was_billed_and_changed_since_is_late():
    """B28: its subscription is no plain renewal then."""
    kinds = [kind(5, [A, B], CALLS), kind(6, [A], CALLS)]
    _, slots = windows_of(kinds)
    back = used(kinds, slots, found((2, "1", "1"), (3, "4", "4")))
    assert back == Used({(5, 1): {0: 4}}, frozenset({(5, 1)}))


@pytest.mark.parametrize(
    ("recorded", "is_late"), [("03-31", False), ("04-01", True), ("07-01", True)]
)
def test_usage_recorded_beyond_the_horizon_is_left_to_the_general_rules(recorded, is_late):
    """B28: by a run that catches up."""
    asked = metered(
        0,
        SimpleNamespace(known_at=KNOWN),
        renewal(CALLS, dialect=Dialect(late_usage_periods=1)),
        [A, B],
    )
    _, slots = windows_of([asked])
    back = used([asked], slots, found((1, "5", "5"), changed=recorded))
    assert back == (Used({}, frozenset({(0, 0)})) if is_late else Used({(0, 0): {0: 5}}, frozenset()))  # fmt: skip


@given(
    st.dates(date(2024, 2, 1), date(2024, 2, 29)),
    st.dates(date(2024, 2, 1), date(2024, 12, 31)),
    st.sampled_from((None, 0, 1, 2, 7)),
)
def test_a_renewal_by_kind_holds_usage_for_late_as_the_general_rules_do(used_on, recorded, horizon):
    """B28: of the period that ends, each event that they would not measure, and no other."""
    event = UsageEvent("calls", used_on, max(recorded, used_on), Decimal(1))
    late = too_late_from(FIRSTS, date(2024, 2, 1), horizon)
    assert within_horizon(event, FIRSTS, horizon) == (late is None or event.recorded < late)


@pytest.mark.parametrize(("amounts", "charges", "quantities", "expected"), [
    ("1 0", [FEE, CALLS], {1: Decimal("12.500000")}, "1 12.5"),
    ("1 0", [FEE, CALLS], {}, "1 0"),
    ("0 3 0", [CALLS, FEE, PEAK], {0: Decimal("100.000000"), 2: Decimal("0.000001")}, "100 3 0.000001"),
    ("2", [FEE], {}, "2"),
    ("1 0", [FEE, CALLS], {1: Decimal("0.000000")}, "1 0"),
])  # fmt: skip
def test_the_amounts_of_a_renewal_say_what_was_used_where_it_decides(
    amounts, charges, quantities, expected
):
    assert with_usage(amounts, charges, quantities) == expected


@given(st.lists(st.decimals("0", "99999", places=6), min_size=1, max_size=6))
def test_equal_quantities_are_written_alike_whatever_their_zeros(quantities):
    """So that renewals that used as much are billed as one."""
    for quantity in quantities:
        texts = {with_usage("0", [CALLS], {0: q}) for q in (quantity, quantity.normalize())}
        assert len(texts) == 1
        (text,) = texts
        assert Decimal(text) == quantity
        assert "E" not in text
