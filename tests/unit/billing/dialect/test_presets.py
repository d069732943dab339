"""The dialects of other engines: settings on which they differ from ours, and the names cases use."""

from __future__ import annotations

from dataclasses import fields

import pytest

from trueup.billing.calendar.model import Proration, Stub
from trueup.billing.dialect.model import CreditForm, Dialect
from trueup.billing.dialect.presets import (
    FLEXPRICE,
    KILL_BILL,
    LAGO,
    METEROID,
    PRESETS,
    STRIPE,
    TRUEUP,
    ZUORA,
)
from trueup.billing.simulation.dialects import dialect_of

PEERS = (KILL_BILL, LAGO, METEROID, FLEXPRICE, STRIPE, ZUORA)


def test_ours_is_what_a_dialect_is_without_settings() -> None:
    assert Dialect() == TRUEUP


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_differs_from_us_in_more_than_its_name(peer: Dialect) -> None:
    differing = {
        f.name for f in fields(Dialect) if getattr(peer, f.name) != getattr(TRUEUP, f.name)
    }
    assert differing > {"name"}


def test_every_setting_is_used_by_one_dialect_at_least() -> None:
    """A convention nobody has is no convention."""
    ours = {f.name for f in fields(Dialect)} - {"rating", "discounts", "rounding"}
    used = {
        name
        for name in ours
        if any(getattr(p, name) != getattr(TRUEUP, name) for p in PRESETS.values())
    }
    assert used == ours


@pytest.mark.parametrize(
    ("name", "proration"),
    [
        ("kb-30", Proration.FIXED_30_DAYS),
        ("kb-day", Proration.DAY),
        ("second", Proration.SECOND),
        ("nobody-knows", Proration.DAY),
    ],
)
def test_a_name_gives_its_dialect_and_an_unknown_one_ours(name: str, proration: Proration) -> None:
    assert dialect_of(name, {}).proration is proration


def test_a_file_may_state_how_its_convention_counts_and_rounds() -> None:
    stated = {"kb-day": {"proration": "fixed_30_days", "rounding": "half_even"}}
    dialect = dialect_of("kb-day", stated)
    assert (dialect.proration, dialect.rounding) == (Proration.FIXED_30_DAYS, "ROUND_HALF_EVEN")
    assert dialect.stub is Stub.COUNTED_FROM_EDGE


def test_only_the_second_counts_instants() -> None:
    assert [p.name for p in PEERS if p.counts_instants] == ["stripe"]


def test_only_lago_gives_back_by_credit_notes() -> None:
    assert [p.name for p in PEERS if p.credit_form is CreditForm.CREDIT_NOTE] == ["lago"]
