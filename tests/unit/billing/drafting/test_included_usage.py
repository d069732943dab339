"""Usage that a fee includes: used up, it is not given back with unused time (B33).

A month of a fee costs 31.00 and includes 100 calls, January has 31 days.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.billing.drafting.books import EUR, Books
from tests.unit.billing.subscriptions.contracts import FIRSTS, charge, contract, day, terms

from trueup.billing.calendar.model import Timing
from trueup.billing.drafting.model import LineKind
from trueup.billing.drafting.telling import Story, tell
from trueup.billing.rating.rules.execution import read_derivation, write_derivation
from trueup.billing.rating.rules.rating import rated
from trueup.billing.subscriptions.rules import ending, pausing, timeline
from trueup.billing.subscriptions.terms import ChargeKind, IncludedUsage

CALLS = IncludedUsage("calls", Decimal(100))
FEE = charge("fee", "31", included=CALLS)


def books(*charges, **more) -> Books:
    return Books(contract(*(charges or (FEE,)), **more))


def cancelled(on: str, used, **more) -> list[str]:
    """What a cancellation on a day gives back of the month, after so much use on each day."""
    kept = books(**more)
    kept.run("01-01")
    for used_on, quantity in used:
        kept.use(used_on, quantity)
    kept.contract = ending.cancel(kept.contract, day(on))
    return kept.run(on)


def moved(before, fee, plan: str, on: str):
    """`before` in a plan of another fee from that day on."""
    at = day(on)
    return timeline.change_terms(before, terms(fee, plan=plan), at, (at,), FIRSTS)


@pytest.mark.parametrize(("on", "used", "given_back"), [
    ("01-21", [], "-11.00"),                                # by time: 11 of 31 days
    ("01-21", [("01-02", "10")], "-11.00"),                 # 90 of 100 are left: time is less
    ("01-21", [("01-02", "64")], "-11.00"),                 # 36 left of 31.00 are 11.16
    ("01-21", [("01-02", "80")], "-6.20"),                  # 20 of 100 calls of 31.00
    ("01-21", [("01-02", "60"), ("01-20", "20")], "-6.20"),
    ("01-21", [("01-02", "100")], "0.00"),                  # all of it
    ("01-21", [("01-02", "250")], "0.00"),                  # more than it: never below nothing
    ("01-02", [("01-01", "100")], "0.00"),                  # used up on the first day
    ("01-21", [("01-21", "80")], "-6.20"),                  # on the day of the end, before it
    ("01-21", [("01-02", "90"), ("01-03", "-30")], "-11.00"),  # a correction
    ("01-21", [("01-02", "-5")], "-11.00"),                 # less than nothing is nothing used
    ("01-01", [("01-01", "100")], "0.00"),                  # bought, used up and cancelled in a day
    ("01-01", [("01-01", "25")], "-23.25"),
])  # fmt: skip
def test_what_is_used_up_is_not_given_back(on, used, given_back):
    """B33."""
    assert cancelled(on, used) == [f"credit fee {on}..02-01 {given_back}"]


def test_of_a_fee_without_included_usage_time_alone_decides():
    kept = books(charge("fee", "31"))
    kept.run("01-01")
    kept.use("01-02", "1000")
    kept.contract = ending.cancel(kept.contract, day("01-21"))
    assert kept.run("01-21") == ["credit fee 01-21..02-01 -11.00"]


def test_another_meter_and_another_period_use_nothing_up():
    kept = books()
    kept.use("01-05", "100")
    kept.run("02-01")
    kept.use("02-05", "100", meter="lookups")
    kept.contract = ending.cancel(kept.contract, day("02-15"))
    assert kept.run("02-15") == ["credit fee 02-15..03-01 -16.03"]  # 15 of 29 days


def test_several_meters_may_be_added_up():
    both = IncludedUsage("calls+lookups", Decimal(100))
    kept = books(charge("fee", "31", included=both))
    kept.run("01-01")
    kept.use("01-02", "50")
    kept.use("01-02", "30", meter="lookups")
    kept.contract = ending.cancel(kept.contract, day("01-21"))
    assert kept.run("01-21") == ["credit fee 01-21..02-01 -6.20"]


def test_a_part_of_a_period_includes_its_part():
    """From the 17th on 15.00 pay for 15 of 31 of 100 calls, which are 48.387097."""
    kept = books(start="01-17")
    kept.run("01-17")
    kept.use("01-18", "40")
    kept.contract = ending.cancel(kept.contract, day("01-20"))
    assert kept.run("01-20") == ["credit fee 01-20..02-01 -2.60"]


def test_each_unit_of_a_quantity_includes_its_own():
    """B33: ten seats include 1 000 calls; a thousand used, and nine seats are not given back."""
    seats = replace(FEE, is_per_unit=True)
    for used, given_back in (("1000", "0.00"), ("900", "-31.00"), ("500", "-110.00")):
        kept = books(seats, quantity=10)
        kept.run("01-01")
        kept.use("01-02", used)
        kept.contract = timeline.change_quantity(kept.contract, Decimal(1), day("01-21"))
        assert kept.run("01-21") == [
            f"credit fee 01-21..02-01 {given_back}",
            "recurring fee 01-21..02-01 11.00",
        ]


def test_a_plan_that_follows_has_its_own():
    """B33: what the first used up, on the day of the change too, is not held against the second."""
    kept = books()
    kept.run("01-01")
    kept.use("01-02", "50")
    kept.use("01-11", "30")
    small = charge("fee", "3.10", included=IncludedUsage("calls", Decimal(31)))
    kept.contract = moved(kept.contract, small, "small", "01-11")
    assert kept.run("01-11") == [
        "credit fee 01-11..02-01 -6.20",
        "recurring fee 01-11..02-01 2.10",
    ]
    kept.contract = ending.cancel(kept.contract, day("01-21"))
    assert kept.run("01-21") == ["credit fee 01-21..02-01 -1.10"]


def test_what_the_first_plan_has_no_room_for_falls_to_the_one_that_follows():
    """B33: who upgrades, uses up the new plan on that day and goes is given back nothing of it."""
    kept = books()
    kept.run("01-01")
    large = charge("fee", "310", included=IncludedUsage("calls", Decimal(1000)))
    kept.contract = moved(kept.contract, large, "large", "01-11")
    kept.use("01-11", "2000")
    kept.run("01-11")
    kept.contract = ending.cancel(kept.contract, day("01-12"))
    assert kept.run("01-12") == ["credit fee 01-12..02-01 0.00"]


def test_a_run_that_comes_late_counts_no_usage_of_the_plan_that_follows():
    kept = books()
    kept.run("01-01")
    small = charge("fee", "3.10", included=CALLS)
    kept.contract = moved(kept.contract, small, "small", "01-21")
    kept.use("01-22", "90")
    assert kept.run("01-25")[0] == "credit fee 01-21..02-01 -11.00"


def test_two_fees_of_one_meter_are_used_up_one_after_the_other():
    """120 calls are the plan's 100 and 20 of the pack's 50."""
    pack = charge(
        "pack", "31", kind=ChargeKind.ADD_ON, included=IncludedUsage("calls", Decimal(50))
    )
    kept = books(FEE, pack)
    kept.run("01-01")
    kept.use("01-05", "120")
    kept.contract = timeline.remove_charge(kept.contract, "pack", day("01-11"))
    assert kept.run("01-11") == ["credit pack 01-11..02-01 -18.60"]  # 30 of 50; time: 21.00
    kept.contract = ending.cancel(kept.contract, day("01-11"))
    assert kept.run("01-11") == ["credit fee 01-11..02-01 0.00"]


def test_all_credits_of_a_line_together_stay_within_what_is_left():
    """B31, B33: 20 of 100 calls are 6.20; a pause of 5 days took 5.00 of them."""
    kept = books()
    kept.run("01-01")
    kept.use("01-02", "80")
    kept.contract = pausing.pause(kept.contract, day("01-06"))
    kept.contract = pausing.resume(kept.contract, day("01-11"))
    assert kept.run("01-11") == ["credit fee 01-06..01-11 -5.00"]
    kept.contract = ending.cancel(kept.contract, day("01-21"))
    assert kept.run("01-21") == ["credit fee 01-21..02-01 -1.20"]
    assert kept.run("01-21") == []


def test_usage_after_an_end_in_the_past_is_of_what_was_billed():
    """B33: it was used all the same."""
    kept = books()
    kept.run("01-01")
    kept.use("01-15", "100")
    kept.contract = ending.cancel(kept.contract, day("01-11"))
    assert kept.run("01-20") == ["credit fee 01-11..02-01 0.00"]


def test_a_fee_in_arrears_has_nothing_to_give_back():
    kept = books(replace(FEE, timing=Timing.IN_ARREARS))
    kept.use("01-02", "100")
    kept.contract = ending.cancel(kept.contract, day("01-21"))
    assert kept.run("01-21") == ["recurring fee 01-01..01-21 20.00"]


SENTENCES = {
    "en": "Credit for unused time: the lowest of 11 of 31 days (Jan 21\u2009–\u200931, 2024) of €31.00, "
    "20 of 100 calls (unused) of €31.00 = €6.20",
    "de": "Gutschrift für nicht genutzte Zeit: der niedrigste Betrag aus 11 von 31 Tagen (21.–31. Jan. 2024) "
    "von 31,00 €, 20 von 100 calls (nicht genutzt) von 31,00 € = 6,20 €",
    "fr": "Avoir pour la période non utilisée : le moins élevé de 11 sur 31 jours (21–31 janv. 2024) de 31,00 €, "
    "20 sur 100 calls (non utilisés) de 31,00 € = 6,20 €",
    "es": "Abono por el tiempo no utilizado: el menor de 11 de 31 días (21–31 ene 2024) de 31,00 €, "
    "20 de 100 calls (sin usar) de 31,00 € = 6,20 €",
    "ar": "رصيد مقابل المدة غير المستخدمة: الأدنى من 11 من أصل 31 يومًا (21–31 يناير 2024) من \u200f31.00 €، "
    "20 من أصل 100 calls (غير مستخدمة) من \u200f31.00 € = \u200f6.20 €",
}  # fmt: skip


@pytest.mark.parametrize("locale", SENTENCES)
def test_the_credit_says_what_is_left_and_comes_to_the_same_cent_again(locale):
    """B33."""
    kept = books()
    kept.run("01-01")
    kept.use("01-02", "80")
    kept.contract = ending.cancel(kept.contract, day("01-21"))
    (line,) = kept.lines("01-21")
    stored = read_derivation(write_derivation(line.derivation))
    assert rated(stored, EUR).micros == line.amount_micros == -6_200_000
    told = tell(Story(stored, line.amount_micros, LineKind.CREDIT), locale, EUR)
    assert told.replace("\xa0", " ").replace("\u202f", " ") == SENTENCES[locale]


DAYS = st.integers(1, 31).map(lambda n: f"01-{n:02}")


@settings(deadline=None, max_examples=60)
@given(
    used=st.lists(st.tuples(DAYS, st.integers(-50, 300).map(str)), max_size=6),
    on=DAYS,
    more=st.integers(0, 200),
)
def test_using_more_never_gives_back_more(used, on, more):
    """B33: nor ever more than the time, or less than nothing."""

    def given_back(events) -> Decimal:
        return -Decimal(cancelled(on, events)[0].rpartition(" ")[2])

    less = given_back([*used, ("01-01", str(more))])
    assert 0 <= less <= given_back(used) <= given_back([])
