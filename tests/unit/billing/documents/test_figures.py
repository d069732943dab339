"""Figures in the customer's form. \xa0 is a space that does not break, \u202f a narrow one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.unit.billing.documents.issued import JANUARY

from trueup.billing.documents.errors import LanguageUnknown
from trueup.billing.documents.figures import figures
from trueup.billing.documents.model import Span
from trueup.kernel.currency import currency
from trueup.kernel.money import Money


@pytest.mark.parametrize(("locale", "code", "amount", "money", "plain"), [
    ("en-US", "USD", "1234567.50", "$1,234,567.50", "1,234,567.50"),
    ("en-GB", "EUR", "-1234.50", "-€1,234.50", "-1,234.50"),
    ("en-IN", "INR", "1234567.00", "₹12,34,567.00", "12,34,567.00"),
    ("de-DE", "EUR", "1234567.50", "1.234.567,50\xa0€", "1.234.567,50"),
    ("de-AT", "EUR", "1234.50", "€\xa01.234,50", "1.234,50"),
    ("de-CH", "CHF", "1234.50", "CHF\xa01’234.50", "1’234.50"),
    ("fr-FR", "EUR", "1234567.50", "1\u202f234\u202f567,50\xa0€", "1\u202f234\u202f567,50"),
    ("es-ES", "EUR", "12345.50", "12.345,50\xa0€", "12.345,50"),
    ("en-US", "JPY", "1234", "¥1,234", "1,234"),  # no decimals
    ("en-US", "KWD", "1.500", "KWD1.500", "1.500"),  # three
    ("en-US", "HUF", "5.50", "HUF5.50", "5.50"),  # two by ISO 4217, though shops use none
    ("ar-AE", "AED", "1234.50", "\u200f1,234.50\xa0د.إ.\u200f", "1,234.50"),
    ("ar-EG", "EGP", "1234.50", "\u200f١٬٢٣٤٫٥٠\xa0ج.م.\u200f", "١٬٢٣٤٫٥٠"),
])  # fmt: skip
def test_money_is_written_as_the_locale_writes_it(locale, code, amount, money, plain):
    value = Money.from_major(amount, currency(code))
    assert figures(locale).money(value).replace("\u200e", "") == money
    assert figures(locale).plain(value) == plain


@pytest.mark.parametrize(("locale", "day", "span"), [
    ("en-US", "February 3, 2026", "Jan 1\u2009–\u200931, 2026"),
    ("en-GB", "3 February 2026", "1–31 Jan 2026"),
    ("de-DE", "3. Februar 2026", "1.–31. Jan. 2026"),
    ("fr-FR", "3 février 2026", "1–31 janv. 2026"),
    ("es-ES", "3 de febrero de 2026", "1–31 ene 2026"),
    ("ar-AE", "3 فبراير 2026", "1–31 يناير 2026"),
    ("ar-EG", "٣ فبراير ٢٠٢٦", "١–٣١ يناير ٢٠٢٦"),
])  # fmt: skip
def test_days_are_written_as_the_locale_writes_them_and_a_span_to_its_last_day(locale, day, span):
    assert figures(locale).day(date(2026, 2, 3)) == day
    assert figures(locale).span(JANUARY) == span


def test_a_span_of_one_day_is_that_day():
    assert figures("en-GB").span(Span(date(2026, 2, 3), date(2026, 2, 4))) == "3 Feb 2026"


@pytest.mark.parametrize(("number", "at_least", "written"), [
    ("0.000025", 2, "0,000025"),  # a price far below a cent loses no digit
    ("29", 2, "29,00"),
    ("12", 0, "12"),
    ("512.500", 0, "512,5"),
    ("184250", 0, "184.250"),
])  # fmt: skip
def test_numbers_are_exact(number, at_least, written):
    assert figures("de-DE").number(Decimal(number), at_least) == written


@pytest.mark.parametrize(("locale", "rate", "written"), [
    ("en-US", "8.875", "8.875%"), ("de-DE", "19", "19\xa0%"), ("fr-FR", "5.5", "5,5\u202f%"), ("ar-EG", "14", "14%"),
])  # fmt: skip
def test_rates_are_percent(locale, rate, written):
    text = (
        figures(locale)
        .percent(Decimal(rate))
        .translate(str.maketrans("٠١٢٣٤٥٦٧٨٩٪", "0123456789%"))
    )
    assert text.replace("\u061c", "").replace("\u200e", "").replace("\xa0", " ").replace(
        "\u202f", " "
    ) == written.replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("locale", ["de-QQ-x", "en-"])
def test_what_is_no_locale_is_refused(locale):
    with pytest.raises(LanguageUnknown):
        figures(locale)


def test_paper_follows_the_country():
    assert [figures(locale).paper for locale in ("en-US", "de-DE", "ar-EG")] == [
        "us-letter",
        "a4",
        "a4",
    ]
