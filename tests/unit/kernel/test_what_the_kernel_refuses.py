"""Refusals and defects of the kernel whole: what people read, and the evidence beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from trueup.kernel.allocation import allocate
from trueup.kernel.currency import currency
from trueup.kernel.errors import Defect, Fault, Refusal, TrueupError
from trueup.kernel.ids import parse_public_id, public_id
from trueup.kernel.money import Money, sum_money
from trueup.kernel.period import Period

EUR, JPY = currency("EUR"), currency("JPY")
ONE = Money.from_minor(1, EUR)
MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(("refused", "sentence", "fix", "fields"), [
    (lambda: currency("EURO"), "'EURO' is not an active ISO 4217 currency.",
        "Use the three capital letters of an active currency, such as EUR.", {"currency": "EURO"}),
    (lambda: ONE + Money.from_minor(1, JPY), "An amount in EUR and one in JPY cannot be added or compared.",
        "Keep one total per currency.", {"left": "EUR", "right": "JPY"}),
    (lambda: Money.from_major("1,50", EUR), "'1,50' is not an amount of EUR with at most 6 decimals.",
        "Write digits with a point, such as 12.50, without signs of currency or grouping.", {"amount": "1,50", "currency": "EUR"}),
    (lambda: Money(1, EUR).steps, "0.000001 EUR is not a whole number of its currency's smallest unit.",
        "Give it with at most 2 decimals.", {"amount": "0.000001 EUR", "decimals": 2}),
    (lambda: Period(JUNE, MAY), "A period that starts at 2026-06-01T00:00:00+00:00 cannot end at 2026-05-01T00:00:00+00:00.",
        "Give an end after the start.", {"start": JUNE, "end": MAY}),
    (lambda: parse_public_id("cus", "inv_1"), "'inv_1' is not an id that starts with cus_.",
        "Use the id exactly as it was given: cus_ and 26 characters.", {"text": "inv_1", "prefix": "cus"}),
])  # fmt: skip
def test_a_refusal_names_the_value_and_the_way_out(refused, sentence, fix, fields):
    with pytest.raises(Refusal) as caught:
        refused()
    assert (str(caught.value), caught.value.fix, caught.value.fields) == (sentence, fix, fields)


@pytest.mark.parametrize(("broken", "evidence"), [
    (lambda: Money(1.0, EUR), "an amount is an integer of micro-units (is_=1.0)"),
    (lambda: Money.from_minor(1.5, EUR), "minor units are an integer (is_=1.5)"),
    (lambda: Money.from_major(1.5, EUR), "an amount is a Decimal or text (is_=1.5)"),
    (lambda: ONE.times(Decimal("NaN"), rounding="ROUND_UP"), "a factor is an integer or a finite Decimal (is_=Decimal('NaN'))"),
    (lambda: sum_money([]), "a sum of no amounts has no currency"),
    (lambda: allocate(ONE, [0, 0]), "weights are non-negative, not all zero (is_=[0, 0])"),
    (lambda: Period(MAY.replace(tzinfo=None), JUNE), "a period is made of instants with a time zone (start=datetime.datetime(2026, 5, 1, 0, 0))"),
    (lambda: public_id("Inv", UUID(int=1)), "a prefix is lower-case letters (prefix='Inv')"),
])  # fmt: skip
def test_a_defect_keeps_the_evidence(broken, evidence):
    with pytest.raises(Defect) as caught:
        broken()
    assert str(caught.value) == evidence


def test_an_error_without_a_way_out_has_an_empty_one():
    assert (TrueupError("no").fix, Fault("down").fix, Defect("broke").fix) == ("", "", "")
