"""Every state and every trigger of a subscription: what follows, or that nothing may."""

from __future__ import annotations

import pytest

from trueup.billing.subscriptions.errors import TransitionNotAllowed
from trueup.billing.subscriptions.model import SubscriptionStatus
from trueup.billing.subscriptions.states import NEXT, OVER, Trigger, next_status

# Rows: states. Columns: triggers. A dot: refused.
TABLE = """
            begin   begin_trial convert change     pause  resume end       fall_behind settle give_up expire
pending     active  trialing    .       pending    .      .      expired   .           .      .       .
incomplete  .       .           .       .          .      .      expired   .           active .       expired
trialing    .       .           active  trialing   paused .      cancelled .           .      .       .
active      .       .           .       active     paused .      cancelled past_due    .      .       .
past_due    .       .           .       past_due   paused .      cancelled .           active unpaid  .
unpaid      .       .           .       .          .      .      cancelled .           active .       .
paused      .       .           .       paused     .      active cancelled .           .      .       .
cancelled   .       .           .       .          .      .      .         .           .      .       .
expired     .       .           .       .          .      .      .         .           .      .       .
"""
HEADER, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CASES = [
    (row[0], trigger, after) for row in ROWS for trigger, after in zip(HEADER, row[1:], strict=True)
]


def test_the_table_speaks_of_every_state_and_trigger():
    assert {row[0] for row in ROWS} == set(SubscriptionStatus)
    assert set(HEADER) == set(Trigger)


@pytest.mark.parametrize(("status", "trigger", "after"), CASES)
def test_what_follows(status, trigger, after):
    if after == ".":
        with pytest.raises(TransitionNotAllowed):
            next_status(SubscriptionStatus(status), Trigger(trigger))
    else:
        assert next_status(SubscriptionStatus(status), Trigger(trigger)) == after


def test_what_is_over_has_no_way_out():
    assert {status for status, _ in NEXT}.isdisjoint(OVER)
