from __future__ import annotations

import pytest

from trueup.migration.reconciliation.effects import Effects
from trueup.migration.reconciliation.model import MoneyEffect


def added(*amounts):
    effects = Effects()
    for currency, micros in amounts:
        effects.add(currency, micros)
    return effects


def test_plus_and_minus_100_cancel_in_the_net_and_not_in_the_gross():
    assert added(("EUR", 100), ("EUR", -100)).all() == (
        MoneyEffect("EUR", gross_micros=200, net_micros=0, largest_micros=100, up=1, down=1),
    )


def test_currencies_are_never_added_up():
    assert [effect.currency for effect in added(("JPY", 1), ("EUR", 1), ("JPY", 2)).all()] == [
        "EUR",
        "JPY",
    ]


@pytest.mark.parametrize(("currency", "micros"), [(None, 5), ("EUR", None), ("EUR", 0)])
def test_what_has_no_amount_or_no_currency_has_no_effect(currency, micros):
    assert added((currency, micros)).all() == ()


@pytest.mark.parametrize(
    ("up", "down", "is_biased"),
    [
        (9, 0, False),  # nine of one sign are not yet a rule
        (10, 0, True),
        (0, 10, True),
        (10, 1, False),  # one of the other sign speaks against it
        (0, 0, False),
    ],
)
def test_many_differences_of_one_sign_are_biased(up, down, is_biased):
    assert MoneyEffect("EUR", up=up, down=down).is_biased == is_biased
