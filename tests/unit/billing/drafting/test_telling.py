"""A line tells its customer what it is for.  \xa0 is a space that does not break."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from trueup.billing.documents.errors import LanguageUnknown
from trueup.billing.drafting.model import LineKind
from trueup.billing.drafting.telling import Story, TaxShare, tell
from trueup.billing.rating.derivation import (
    Flat,
    Fraction,
    Graduated,
    Max,
    Neg,
    Package,
    PerEvent,
    Prorate,
    Round,
    Sub,
    Sum,
    Tier,
    Unit,
)
from trueup.kernel.currency import currency

D = Decimal
EUR = currency("EUR")
MARCH = ("2026-03-01", "2026-04-01")
UNUSED = Prorate(D(31), "2026-03-17", "2026-04-01", MARCH)
NEW_YORK = ZoneInfo("America/New_York")


def told(locale: str, node, micros: int, kind: LineKind | None = None, **more) -> str:
    return tell(Story(node, micros, kind, **more), locale, EUR).replace("\xa0", " ")


@pytest.mark.parametrize(("locale", "sentence"), [
    ("en", "15 of 31 days (Mar 17\u2009–\u200931, 2026) of €31.00 = €15.00"),
    ("de", "15 von 31 Tagen (17.–31. März 2026) von 31,00 € = 15,00 €"),
    ("fr", "15 sur 31 jours (17–31 mars 2026) de 31,00 € = 15,00 €"),
    ("es", "15 de 31 días (17–31 mar 2026) de 31,00 € = 15,00 €"),
    ("ar", "15 من أصل 31 يومًا (17–31 مارس 2026) من \u200f31.00 € = \u200f15.00 €"),
])  # fmt: skip
def test_a_part_of_a_period_is_told_in_days(locale, sentence):
    assert told(locale, UNUSED, 15_000_000) == sentence


@pytest.mark.parametrize(("kind", "node", "micros", "sentence"), [
    (LineKind.RECURRING, Unit(D("10.5"), D(3)), 31_500_000, "3 × €10.50 = €31.50"),
    # What is given back is named so; a sign before it would say it twice.
    (LineKind.CREDIT, Neg(UNUSED), -15_000_000,
     "Credit for unused time: 15 of 31 days (17–31 Mar 2026) of €31.00 = €15.00"),
    (LineKind.CREDIT, Fraction(D(-31), D(15), D(31)), -15_000_000,
     "Credit for unused time: 15/31 of -€31.00 = -€15.00"),
    (LineKind.MINIMUM, Max((Flat(D(0)), Sub(Round(Flat(D(50)), 2), (Flat(D("12.34")), Flat(D(0)))))), 37_660_000,
     "Short of the minimum: €50.00 − €12.34 = €37.66"),
    (LineKind.MINIMUM, Max((Flat(D(0)), Sub(Flat(D(50)), (Flat(D(60)),)))), 0,
     "Short of the minimum: €50.00 − €60.00, but at least €0.00 = €0.00"),
    (LineKind.COMMITMENT, Max((Flat(D(0)), Sub(Round(UNUSED, 2), (Flat(D(5)),)))), 10_000_000,
     "Short of the agreed commitment: (15 of 31 days (17–31 Mar 2026) of €31.00 = €15.00) − €5.00 = €10.00"),
    (LineKind.ADJUSTMENT, Neg(Flat(D(5))), -5_000_000, "Adjustment: -€5.00"),
    (LineKind.ACCOUNT_CREDIT, Flat(D(-5)), -5_000_000, "Credit of the account: -€5.00"),
    (LineKind.USAGE, Package(D(3), D(1000), D(2500), free=D(500)), 6_000_000,
     "2 × €3.00 for each package of 1,000 (2,500 used, 500 free) = €6.00"),
    (LineKind.USAGE, Graduated((Tier(D(100), D("0.02"), D(5)), Tier(None, D("0.001"))), D(1000)), 7_900_000,
     "100 × €0.02 (up to 100) + €5.00 as a fee (up to 100) + 900 × €0.001 (above 100) = €7.90"),
    (LineKind.USAGE, PerEvent(D(1), ((D(100), 1),)), 1_000_000, "1% of 1 event = €1.00"),
    (LineKind.USAGE, Sum(()), 0, "€0.00"),
])  # fmt: skip
def test_each_kind_of_line_says_what_it_is(kind, node, micros, sentence):
    assert told("en-GB", node, micros, kind) == sentence


def test_an_amount_that_was_rounded_says_so():
    assert told("en-GB", Unit(D("0.333"), D(10)), 3_330_000) == "10 × €0.333 = €3.33"
    assert told("en-GB", Unit(D("0.3333"), D(10)), 3_330_000) == "10 × €0.3333, rounded to €3.33"
    assert told("en-GB", Unit(D("0.3339"), D(10)), 3_330_000) == "10 × €0.3339, rounded to €3.33"


def test_a_credit_that_was_cut_to_what_was_left_says_so():
    """B31: it never gives back more than was billed."""
    assert told("en-GB", Neg(UNUSED), -12_000_000, LineKind.CREDIT) == (
        "Credit for unused time: 15 of 31 days (17–31 Mar 2026) of €31.00, limited to €12.00"
    )


def test_discount_and_tax_of_the_line_follow_its_amount():
    tax = TaxShare(1_710_000, D(19))
    line = {"off_micros": 1_000_000, "tax": tax}
    assert told("en-GB", Unit(D(5), D(2)), 10_000_000, **line) == (
        "2 × €5.00 = €10.00; discount -€1.00; tax 19% of €9.00: €1.71"
    )
    assert told("de-DE", Unit(D(5), D(2)), 10_000_000, **line) == (
        "2 × 5,00 € = 10,00 €; Rabatt -1,00 €; Steuer 19 % von 9,00 €: 1,71 €"
    )
    back = {"off_micros": -1_000_000, "tax": TaxShare(-1_710_000, D(19))}
    assert told("en-GB", Neg(Unit(D(5), D(2))), -10_000_000, LineKind.CREDIT, **back) == (
        "Credit for unused time: 2 × €5.00 = €10.00; discount -€1.00; tax 19% of €9.00: €1.71"
    )
    assert told("en-GB", Flat(D(9)), 9_000_000, tax=TaxShare(800_000)) == "€9.00; tax €0.80"


@pytest.mark.parametrize(("start", "end", "zone", "share"), [
    ("2026-04-16T04:00:00Z", "2026-05-01T04:00:00Z", NEW_YORK, "15 of 30 days (16–30 Apr 2026)"),
    ("2026-04-16T04:00:00Z", "2026-05-01T04:00:00Z", UTC,
     "15 of 30 days (16 Apr 2026, 04:00:00 UTC – 1 May 2026, 04:00:00 UTC)"),
    ("2026-04-30T22:00:00Z", "2026-05-01T04:00:00Z", NEW_YORK,
     "6 of 720 hours (30 Apr 2026, 18:00:00 EDT – 1 May 2026, 00:00:00 EDT)"),
    ("2026-05-01T03:58:00Z", "2026-05-01T04:00:00Z", UTC,
     "2 of 43,200 minutes (1 May 2026, 03:58:00 UTC – 1 May 2026, 04:00:00 UTC)"),
    ("2026-05-01T03:59:59Z", "2026-05-01T04:00:00Z", UTC,
     "1 of 2,592,000 seconds (1 May 2026, 03:59:59 UTC – 1 May 2026, 04:00:00 UTC)"),
])  # fmt: skip
def test_time_is_told_in_the_longest_unit_that_fits_and_in_days_of_the_zone(
    start, end, zone, share
):
    period = ("2026-04-01T04:00:00Z", "2026-05-01T04:00:00Z")
    story = Story(Prorate(D(30), start, end, period), 1_000_000)
    assert tell(story, "en-GB", EUR, zone).startswith(share)


@pytest.mark.parametrize(("days", "words"), [
    (1, "1 من أصل 1 يوم"), (2, "1 من أصل 2 يومين"), (7, "1 من أصل 7 أيام"), (31, "1 من أصل 31 يومًا"), (100, "1 من أصل 100 يوم"),
])  # fmt: skip
def test_a_counted_word_takes_the_form_of_its_number(days, words):
    node = Prorate(D(1), "2026-03-01", "2026-03-02", MARCH, 1, days)
    assert told("ar", node, 0).startswith(words)


def test_a_language_without_phrases_is_refused():
    with pytest.raises(LanguageUnknown):
        told("pl-PL", Flat(D(1)), 1_000_000)
