"""Which rate on file counts, and what an amount is by it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.billing.fx.errors import FxRateMalformed, FxRateMissing
from trueup.billing.fx.model import FxRate
from trueup.billing.fx.rules import Rates, exchanged, read_file, read_rate
from trueup.kernel.currency import currency
from trueup.kernel.money import Money


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rate(base, quote, value, on="2026-01-05"):
    return FxRate(uuid4(), base, quote, Decimal(value), "ECB", at(on))


FILED = [
    rate("USD", "EUR", "0.90", "2026-01-05"),
    rate("USD", "EUR", "0.91", "2026-01-06"),
    rate("EUR", "USD", "1.10", "2026-01-07"),
    rate("EUR", "USD", "1.20", "2026-02-01"),
    rate("USD", "EUR", "0.80", "2026-02-01"),
    rate("EUR", "JPY", "160.5", "2026-01-05"),
]


@pytest.mark.parametrize(
    ("when", "base", "value"),
    [
        ("2026-01-05", "USD", "0.90"),  # from its very instant
        ("2026-01-05T23:59", "USD", "0.90"),
        ("2026-01-06T12:00", "USD", "0.91"),
        ("2026-01-09", "EUR", "1.10"),  # the newest, though published the other way round
        ("2026-02-03", "USD", "0.80"),  # of two as new the one that multiplies
        ("2026-03-04", "USD", "0.80"),  # the 31st day
    ],
)
def test_the_newest_rate_that_is_effective_counts(when, base, value):
    """B20."""
    found = Rates(FILED).find("USD", "EUR", at(when))
    assert (found.base, found.rate) == (base, Decimal(value))


@pytest.mark.parametrize(
    ("base", "quote", "when"),
    [
        ("USD", "EUR", "2026-01-04T23:59"),  # none is effective yet
        ("USD", "EUR", "2026-03-04T00:01"),  # the last one no longer stands
        ("USD", "JPY", "2026-01-06"),  # none is crossed over the euro
        ("GBP", "EUR", "2026-01-06"),
    ],
)
def test_a_rate_that_is_not_on_file_is_not_guessed(base, quote, when):
    """B20."""
    with pytest.raises(FxRateMissing) as missing:
        Rates(FILED).find(base, quote, at(when))
    assert f"trueup fx add {base} {quote}" in missing.value.fix


@pytest.mark.parametrize(
    ("amount", "code", "by", "expected"),
    [
        ("19.00", "USD", rate("USD", "EUR", "0.9234"), "17.54 EUR"),  # 17.5446
        ("19.00", "USD", rate("EUR", "USD", "1.0823"), "17.56 EUR"),  # 17.5552...
        ("0.05", "USD", rate("USD", "EUR", "0.5"), "0.03 EUR"),  # half goes away from zero
        ("-0.05", "USD", rate("USD", "EUR", "0.5"), "-0.03 EUR"),
        ("1.00", "EUR", rate("EUR", "JPY", "160.5"), "161 JPY"),  # a currency without decimals
        ("1000", "JPY", rate("EUR", "JPY", "160.5"), "6.23 EUR"),
        ("1.255", "KWD", rate("KWD", "EUR", "3"), "3.77 EUR"),  # 3.765
    ],
)
def test_an_amount_is_rounded_once(amount, code, by, expected):
    """B14, B16."""
    assert exchanged(Money.from_major(amount, currency(code)), by).amount.format() == expected


@given(st.integers(-(10**12), 10**12), st.decimals("0.0001", "9999", places=4))
def test_both_ways_round_agree_with_exact_arithmetic(cents, value):
    """B13: no digit is lost before the one rounding, and there is no minus that rounds otherwise."""
    amount = Money.from_minor(cents, currency("USD"))
    direct = exchanged(amount, rate("USD", "EUR", value)).amount
    assert abs(direct.micros - amount.micros * value) <= 5_000
    assert exchanged(-amount, rate("USD", "EUR", value)).amount == -direct
    divided = exchanged(amount, rate("EUR", "USD", value)).amount
    assert abs(divided.micros * value - amount.micros) <= 5_000 * value


def test_what_is_no_rate_is_told_with_every_problem_and_its_line():
    lines = [
        "from,to,rate,source,effective_at",
        "USD,EUR,0.92,ECB,2026-01-05",
        "usd,XXQ,-1,,soon",
        "EUR,EUR,1,ECB,2026-01-05T10:00:00+01:00",
        "USD,EUR,0.1234567890123,ECB,2026-01-05",
    ]
    with pytest.raises(FxRateMalformed) as refused:
        read_file(lines)
    assert refused.value.fields["problems"] == [
        "line 3: 'XXQ' is no currency",
        "line 3: '-1' is no rate",
        "line 3: effective_at 'soon' is no day or instant",
        "line 3: source is empty",
        "line 4: 'EUR' is exchanged into itself",
        "line 5: '0.1234567890123' is no rate",
    ]
    with pytest.raises(FxRateMalformed, match="columns rate"):
        read_file(["from,to,source,effective_at"])


def test_a_rate_is_the_same_however_often_it_is_read():
    written = {"from": "usd", "to": "EUR", "rate": "0.92", "source": "ECB", "effective_at": "2026-01-05"}  # fmt: skip
    assert read_rate(written) == read_rate(written | {"effective_at": "2026-01-05T01:00:00+01:00"})


def test_a_day_is_of_who_issues():
    """Else a bill of Berlin's midnight would come before the rate of its own day (B4)."""
    written = {"from": "USD", "to": "EUR", "rate": "0.92", "source": "ECB", "effective_at": "2026-07-01"}  # fmt: skip
    assert read_rate(written, ZoneInfo("Europe/Berlin")).effective_at == at("2026-06-30T22:00")


def test_a_whole_file_is_read_in_order():
    lines = ["from,to,rate,source,effective_at", "USD,EUR,0.92,ECB,2026-01-05", "eur,jpy,160.5,ECB,2026-01-06"]  # fmt: skip
    read = read_file(lines)
    assert [(r.base, r.quote, r.rate, r.source, r.effective_at) for r in read] == [
        ("USD", "EUR", Decimal("0.92"), "ECB", at("2026-01-05")),
        ("EUR", "JPY", Decimal("160.5"), "ECB", at("2026-01-06")),
    ]


@pytest.mark.parametrize(
    ("rate", "is_read"),
    [
        ("999999999.9", True),
        ("1000000000", False),
        ("0.000000000001", True),
        ("0.0000000000001", False),
        ("0", False),
        ("NaN", False),
        ("Infinity", False),
        ("much", False),
    ],
)
def test_a_rate_is_a_positive_number_that_its_column_holds(rate, is_read):
    written = {"from": "USD", "to": "EUR", "rate": rate, "source": "ECB", "effective_at": "2026-01-05"}  # fmt: skip
    if is_read:
        assert read_rate(written).rate == Decimal(rate)
        return
    with pytest.raises(FxRateMalformed) as refused:
        read_rate(written)
    assert refused.value.fields["problems"] == [f"{rate!r} is no rate"]
